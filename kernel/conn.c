// SPDX-License-Identifier: GPL-2.0-only
/*
 * CIP connections and what they are bound to.
 *
 * Outgoing datagrams are found by (local address, remote address, produced id),
 * incoming ones by (association, consumed id): two peers may use the same id.
 */
#include <linux/rculist.h>
#include <linux/slab.h>

#include "conn.h"
#include "event.h"

static struct hlist_head *cipsec_conn_tx_bucket(const struct cipsec_net *cn,
						__be32 laddr, __be32 raddr,
						u32 produced)
{
	return &cn->t->conns_tx[cipsec_hash(cn, (__force u32)laddr,
					    (__force u32)raddr, produced)];
}

static struct hlist_head *cipsec_conn_rx_bucket(const struct cipsec_net *cn,
						u32 assoc, u32 consumed)
{
	return &cn->t->conns_rx[cipsec_hash(cn, assoc, consumed, 0)];
}

static struct hlist_head *cipsec_conn_id_bucket(const struct cipsec_net *cn,
						u32 consumed)
{
	return &cn->t->conns_id[cipsec_hash(cn, consumed, 0, 0)];
}

static struct cipsec_conn *cipsec_conn_walk_tx(const struct cipsec_net *cn,
					       __be32 laddr, __be32 raddr,
					       u32 produced, u32 flags)
{
	struct cipsec_conn *conn;

	hlist_for_each_entry_rcu(conn,
				 cipsec_conn_tx_bucket(cn, laddr, raddr,
						       produced), tx_node,
				 lockdep_is_held(&cn->lock))
		if (conn->cfg.produced == produced &&
		    conn->assoc->ep.raddr == raddr &&
		    conn->assoc->ep.laddr == laddr && conn->cfg.flags == flags)
			return conn;
	return NULL;
}

/**
 * cipsec_conn_find_tx() - connection of a datagram that a program sends
 * @cn: active namespace
 * @laddr: its source address
 * @raddr: its destination
 * @produced: its connection id
 *
 * Context: RCU read side.
 */
struct cipsec_conn *cipsec_conn_find_tx(const struct cipsec_net *cn,
					__be32 laddr, __be32 raddr,
					u32 produced)
{
	struct cipsec_conn *conn;

	conn = cipsec_conn_walk_tx(cn, laddr, raddr, produced, 0);
	if (!conn && READ_ONCE(cn->anys))
		conn = cipsec_conn_walk_tx(cn, laddr, raddr, 0,
					   CIPSEC_CONN_F_ANY);
	return conn;
}

/**
 * cipsec_conn_find_rx() - connection of an opened datagram
 * @assoc: association it came in
 * @consumed: its connection id
 *
 * Context: RCU read side.
 */
struct cipsec_conn *cipsec_conn_find_rx(const struct cipsec_assoc *assoc,
					u32 consumed)
{
	struct cipsec_net *cn = assoc->cn;
	struct cipsec_conn *conn;

	hlist_for_each_entry_rcu(conn,
				 cipsec_conn_rx_bucket(cn, assoc->id, consumed),
				 rx_node, lockdep_is_held(&cn->lock))
		if (conn->assoc == assoc && conn->cfg.consumed == consumed &&
		    !cipsec_conn_is_any(conn))
			return conn;
	return rcu_dereference_check(assoc->any, lockdep_is_held(&cn->lock));
}

/**
 * cipsec_conn_id_bound() - is a consumed id bound to any association?
 * @cn: active namespace
 * @consumed: connection id of a datagram in clear
 *
 * Context: RCU read side.
 */
bool cipsec_conn_id_bound(const struct cipsec_net *cn, u32 consumed)
{
	struct cipsec_conn *conn;

	hlist_for_each_entry_rcu(conn, cipsec_conn_id_bucket(cn, consumed),
				 id_node)
		if (conn->cfg.consumed == consumed && !cipsec_conn_is_any(conn))
			return true;
	return false;
}

/**
 * cipsec_conn_get() - connection by id
 * @cn: namespace
 * @id: its id
 * @extack: takes the reason of a failure
 *
 * Context: cipsec_net.lock.
 * Return: the connection or ERR_PTR(-ENOENT).
 */
struct cipsec_conn *cipsec_conn_get(struct cipsec_net *cn, u32 id,
				    struct netlink_ext_ack *extack)
{
	struct cipsec_conn *conn = xa_load(&cn->conns, id);

	if (!conn) {
		NL_SET_ERR_MSG(extack,
			       "no connection with this id: it was removed, or belongs to another namespace");
		return ERR_PTR(-ENOENT);
	}
	return conn;
}

static int cipsec_conn_may_exist(struct cipsec_assoc *assoc,
				 const struct cipsec_conn_config *cfg,
				 struct netlink_ext_ack *extack)
{
	struct cipsec_net *cn = assoc->cn;
	struct cipsec_conn *conn;

	/* It may inherit some, and must not stand in the way until then. */
	if (!assoc->hashed) {
		NL_SET_ERR_MSG(extack,
			       "assoc: it waits to replace another; install its keys first");
		return -EBUSY;
	}
	if (cfg->flags & CIPSEC_CONN_F_ANY) {
		if (cipsec_assoc_count_pair(cn, assoc->ep.laddr,
					    assoc->ep.raddr) > 1) {
			NL_SET_ERR_MSG(extack,
				       "flags: any needs a peer with one association only; name the ids");
			return -EBUSY;
		}
		if (!list_empty(&assoc->conns)) {
			NL_SET_ERR_MSG(extack,
				       "flags: any must be the only connection of its association");
			return -EEXIST;
		}
		return 0;
	}
	if (rcu_access_pointer(assoc->any)) {
		NL_SET_ERR_MSG(extack,
			       "assoc: it has a connection for any id; remove that first");
		return -EEXIST;
	}
	conn = cipsec_conn_walk_tx(cn, assoc->ep.laddr, assoc->ep.raddr,
				   cfg->produced, 0);
	if (conn) {
		NL_SET_ERR_MSG(extack,
			       "produced: this id is taken by another connection to the same address");
		return -EEXIST;
	}
	conn = cipsec_conn_find_rx(assoc, cfg->consumed);
	if (conn) {
		NL_SET_ERR_MSG(extack,
			       "consumed: this id is taken in this association");
		return -EEXIST;
	}
	return 0;
}

static void cipsec_conn_link(struct cipsec_conn *conn)
{
	const struct cipsec_conn_config *cfg = &conn->cfg;
	struct cipsec_assoc *assoc = conn->assoc;
	struct cipsec_net *cn = assoc->cn;

	list_add_tail(&conn->list, &assoc->conns);
	assoc->n_conns++;
	if (cipsec_conn_is_any(conn)) {
		WRITE_ONCE(cn->anys, cn->anys + 1);
		rcu_assign_pointer(assoc->any, conn);
	} else {
		hlist_add_head_rcu(&conn->id_node,
				   cipsec_conn_id_bucket(cn, cfg->consumed));
		hlist_add_head_rcu(&conn->rx_node,
				   cipsec_conn_rx_bucket(cn, assoc->id,
							 cfg->consumed));
	}
	hlist_add_head_rcu(&conn->tx_node,
			   cipsec_conn_tx_bucket(cn, assoc->ep.laddr,
						 assoc->ep.raddr,
						 cfg->produced));
}

static void cipsec_conn_unlink(struct cipsec_conn *conn)
{
	struct cipsec_assoc *assoc = conn->assoc;
	struct cipsec_net *cn = assoc->cn;

	hlist_del_rcu(&conn->tx_node);
	if (cipsec_conn_is_any(conn)) {
		WRITE_ONCE(cn->anys, cn->anys - 1);
		RCU_INIT_POINTER(assoc->any, NULL);
	} else {
		hlist_del_rcu(&conn->rx_node);
		hlist_del_rcu(&conn->id_node);
	}
	assoc->n_conns--;
	list_del(&conn->list);
}

/**
 * cipsec_conn_new() - bind a connection to an association
 * @assoc: association
 * @cfg: ids, ports, sizes
 * @data: opaque data of the agent
 * @data_len: its bytes
 * @extack: takes the reason of a failure
 *
 * Context: cipsec_net.lock.
 * Return: the connection or ERR_PTR().
 */
struct cipsec_conn *cipsec_conn_new(struct cipsec_assoc *assoc,
				    const struct cipsec_conn_config *cfg,
				    const u8 *data, unsigned int data_len,
				    struct netlink_ext_ack *extack)
{
	struct cipsec_event ev = { .type = CIPSEC_EVENT_CONN_NEW };
	struct cipsec_net *cn = assoc->cn;
	struct cipsec_conn *conn;
	int err;

	lockdep_assert_held(&cn->lock);
	err = cipsec_conn_may_exist(assoc, cfg, extack);
	if (err)
		return ERR_PTR(err);
	if (cn->n_conns >= CIPSEC_CONNS_MAX) {
		NL_SET_ERR_MSG(extack,
			       "this namespace has all the connections it may have");
		return ERR_PTR(-ENOSPC);
	}
	conn = kzalloc(sizeof(*conn), GFP_KERNEL_ACCOUNT);
	if (!conn)
		return ERR_PTR(-ENOMEM);
	conn->assoc = assoc;
	conn->cfg = *cfg;
	err = -ENOMEM;
	if (data_len) {
		conn->owner_data = kmalloc(struct_size(conn->owner_data, data,
						       data_len),
					   GFP_KERNEL_ACCOUNT);
		if (!conn->owner_data)
			goto err_free;
		conn->owner_data->len = data_len;
		memcpy(conn->owner_data->data, data, data_len);
	}
	err = xa_alloc_cyclic(&cn->conns, &conn->id, conn, XA_LIMIT(1, INT_MAX),
			      &cn->next_conn, GFP_KERNEL_ACCOUNT);
	if (err < 0)
		goto err_free;
	cn->n_conns++;
	cipsec_conn_link(conn);
	ev.assoc = assoc;
	ev.conn = conn;
	cipsec_event_raise(cn, &ev);
	return conn;

err_free:
	kfree(conn->owner_data);
	kfree(conn);
	return ERR_PTR(err);
}

static void cipsec_conn_free_rcu(struct rcu_head *rcu)
{
	struct cipsec_conn *conn = container_of(rcu, struct cipsec_conn, rcu);

	kfree(conn->owner_data);
	kfree(conn);
}

/**
 * cipsec_conn_del() - unbind a connection
 * @conn: connection
 * @reason: why
 *
 * Context: cipsec_net.lock.
 */
void cipsec_conn_del(struct cipsec_conn *conn, enum cipsec_reason reason)
{
	struct cipsec_event ev = {
		.type = CIPSEC_EVENT_CONN_DEL,
		.assoc = conn->assoc,
		.conn = conn,
		.reason = reason,
	};
	struct cipsec_net *cn = conn->assoc->cn;

	lockdep_assert_held(&cn->lock);
	cipsec_conn_unlink(conn);
	cipsec_event_raise(cn, &ev);
	xa_erase(&cn->conns, conn->id);
	cn->n_conns--;
	call_rcu(&conn->rcu, cipsec_conn_free_rcu);
}

/**
 * cipsec_conn_move_all() - a new association of the same peer inherits
 * @from: association that is being replaced
 * @to: the one that takes over
 *
 * Each connection is copied, and the copy linked before the original is
 * unlinked, so that no datagram finds neither.
 *
 * Context: cipsec_net.lock.
 * Return: 0, or -ENOMEM with nothing moved.
 */
int cipsec_conn_move_all(struct cipsec_assoc *from, struct cipsec_assoc *to)
{
	struct cipsec_conn *conn, *copy, *next;
	LIST_HEAD(copies);

	list_for_each_entry(conn, &from->conns, list) {
		copy = kmemdup(conn, sizeof(*conn), GFP_KERNEL_ACCOUNT);
		if (!copy)
			goto err_free;
		copy->assoc = to;
		list_add_tail(&copy->list, &copies);
	}
	list_for_each_entry_safe(copy, next, &copies, list) {
		conn = list_first_entry(&from->conns, struct cipsec_conn, list);
		list_del(&copy->list);
		cipsec_conn_link(copy);
		cipsec_conn_unlink(conn);
		xa_store(&from->cn->conns, copy->id, copy, GFP_KERNEL);
		/* The copy has the data now. */
		kfree_rcu(conn, rcu);
	}
	return 0;

err_free:
	list_for_each_entry_safe(copy, next, &copies, list)
		kfree(copy);
	return -ENOMEM;
}
