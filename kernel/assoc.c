// SPDX-License-Identifier: GPL-2.0-only
/* Associations: made, keyed, replaced, orphaned, adopted, removed. */
#include <linux/jiffies.h>
#include <linux/rculist.h>
#include <linux/slab.h>

#include "assoc.h"
#include "conn.h"
#include "event.h"

#define CIPSEC_ORPHAN_DEFAULT_MS	3600000

static struct hlist_head *cipsec_assoc_bucket(const struct cipsec_net *cn,
					      __be32 laddr, __be32 raddr,
					      __be16 lport, __be16 rport)
{
	return &cn->t->assocs[cipsec_hash(cn, (__force u32)laddr,
					  (__force u32)raddr,
					  (__force u32)lport << 16 |
					  (__force u32)rport)];
}

/**
 * cipsec_assoc_find() - association of a datagram on the wire
 * @cn: active namespace
 * @laddr: this host's address
 * @raddr: the peer's address
 * @lport: this host's port
 * @rport: the peer's port
 *
 * Context: RCU read side or cipsec_net.lock.
 */
struct cipsec_assoc *cipsec_assoc_find(const struct cipsec_net *cn,
				       __be32 laddr, __be32 raddr,
				       __be16 lport, __be16 rport)
{
	struct cipsec_assoc *assoc;

	hlist_for_each_entry_rcu(assoc,
				 cipsec_assoc_bucket(cn, laddr, raddr, lport,
						     rport), node,
				 lockdep_is_held(&cn->lock))
		if (assoc->ep.raddr == raddr && assoc->ep.rport == rport &&
		    assoc->ep.lport == lport && assoc->ep.laddr == laddr)
			return assoc;
	return NULL;
}

/**
 * cipsec_assoc_get() - association by id
 * @cn: namespace
 * @id: its id
 * @extack: takes the reason of a failure
 *
 * Context: cipsec_net.lock.
 * Return: the association or ERR_PTR(-ENOENT).
 */
struct cipsec_assoc *cipsec_assoc_get(struct cipsec_net *cn, u32 id,
				      struct netlink_ext_ack *extack)
{
	struct cipsec_assoc *assoc;

	lockdep_assert_held(&cn->lock);
	assoc = xa_load(&cn->assocs, id);
	if (!assoc) {
		NL_SET_ERR_MSG(extack,
			       "no association with this id: it was removed, or belongs to another namespace");
		return ERR_PTR(-ENOENT);
	}
	return assoc;
}

/**
 * cipsec_assoc_state() - how far an association has come
 * @assoc: association
 *
 * Context: RCU read side or cipsec_net.lock.
 */
enum cipsec_assoc_state cipsec_assoc_state(const struct cipsec_assoc *assoc)
{
	const struct cipsec_key_pair *keys;
	enum cipsec_assoc_state state;

	rcu_read_lock();
	keys = rcu_dereference(assoc->keys);
	if (!keys)
		state = assoc->wiped ? CIPSEC_ASSOC_STATE_WIPED :
				       CIPSEC_ASSOC_STATE_NEW;
	else
		state = READ_ONCE(keys->confirmed) ?
			CIPSEC_ASSOC_STATE_CONFIRMED : CIPSEC_ASSOC_STATE_KEYED;
	rcu_read_unlock();
	return state;
}

/**
 * cipsec_assoc_count_pair() - associations between two addresses
 * @cn: namespace
 * @laddr: this host's address
 * @raddr: the peer's address
 *
 * One that waits to replace another is not counted beside it.
 *
 * Context: cipsec_net.lock.
 */
unsigned int cipsec_assoc_count_pair(struct cipsec_net *cn, __be32 laddr,
				     __be32 raddr)
{
	struct cipsec_assoc *assoc;
	unsigned int n = 0;
	unsigned long id;

	lockdep_assert_held(&cn->lock);
	xa_for_each(&cn->assocs, id, assoc)
		n += assoc->hashed && assoc->ep.laddr == laddr &&
		     assoc->ep.raddr == raddr;
	return n;
}

static struct cipsec_assoc *cipsec_assoc_any_of_pair(struct cipsec_net *cn,
						     const struct cipsec_endpoints *ep)
{
	struct cipsec_assoc *assoc;
	unsigned long id;

	if (!cn->anys)
		return NULL;
	xa_for_each(&cn->assocs, id, assoc)
		if (assoc->ep.laddr == ep->laddr &&
		    assoc->ep.raddr == ep->raddr &&
		    rcu_access_pointer(assoc->any))
			return assoc;
	return NULL;
}

static int cipsec_assoc_may_exist(struct cipsec_net *cn,
				  const struct cipsec_endpoints *ep,
				  u32 replaces, struct netlink_ext_ack *extack)
{
	struct cipsec_assoc *old;

	if (replaces) {
		old = cipsec_assoc_get(cn, replaces, extack);
		if (IS_ERR(old))
			return PTR_ERR(old);
		if (memcmp(&old->ep, ep, sizeof(*ep)) || !old->hashed) {
			NL_SET_ERR_MSG(extack,
				       "replaces: that association is not the one on the socket's endpoints");
			return -EINVAL;
		}
		return 0;
	}
	if (cipsec_assoc_find(cn, ep->laddr, ep->raddr, ep->lport, ep->rport)) {
		NL_SET_ERR_MSG(extack,
			       "socket: an association on these endpoints exists; name it in replaces");
		return -EEXIST;
	}
	if (cipsec_assoc_any_of_pair(cn, ep)) {
		NL_SET_ERR_MSG(extack,
			       "socket: an association with this peer has a connection for any id, which must be the only one; give it ids or remove it");
		return -EBUSY;
	}
	return 0;
}

/**
 * cipsec_assoc_new() - make an association without keys
 * @cn: active namespace
 * @ep: endpoints
 * @owner: netlink port id of its agent
 * @role: side of the handshake
 * @replaces: id of the association to take over from, or 0
 * @identity: the authenticated peer
 * @identity_len: its bytes, at most CIPSEC_IDENTITY_MAX
 * @extack: takes the reason of a failure
 *
 * Context: cipsec_net.lock.
 * Return: the association or ERR_PTR().
 */
struct cipsec_assoc *cipsec_assoc_new(struct cipsec_net *cn,
				      const struct cipsec_endpoints *ep,
				      u32 owner, u8 role, u32 replaces,
				      const u8 *identity, u8 identity_len,
				      struct netlink_ext_ack *extack)
{
	struct cipsec_assoc *assoc;
	int err;

	lockdep_assert_held(&cn->lock);
	err = cipsec_assoc_may_exist(cn, ep, replaces, extack);
	if (err)
		return ERR_PTR(err);
	if (cn->n_assocs >= CIPSEC_ASSOCS_MAX) {
		NL_SET_ERR_MSG(extack,
			       "this namespace has all the associations it may have");
		return ERR_PTR(-ENOSPC);
	}
	assoc = kzalloc(sizeof(*assoc), GFP_KERNEL_ACCOUNT);
	if (!assoc)
		return ERR_PTR(-ENOMEM);
	assoc->cn = cn;
	assoc->ep = *ep;
	assoc->owner = owner;
	assoc->role = role;
	assoc->replaces = replaces;
	assoc->identity_len = identity_len;
	memcpy(assoc->identity, identity, identity_len);
	assoc->created = jiffies;
	assoc->token_time = jiffies;
	assoc->mtu_time = jiffies - HZ;
	assoc->guard_time = jiffies - HZ;
	assoc->orphan_timeout = msecs_to_jiffies(CIPSEC_ORPHAN_DEFAULT_MS);
	INIT_LIST_HEAD(&assoc->conns);

	err = xa_alloc_cyclic(&cn->assocs, &assoc->id, assoc,
			      XA_LIMIT(1, INT_MAX), &cn->next_assoc,
			      GFP_KERNEL_ACCOUNT);
	if (err < 0) {
		kfree(assoc);
		return ERR_PTR(err);
	}
	cn->n_assocs++;
	if (!replaces) {
		assoc->hashed = true;
		hlist_add_head_rcu(&assoc->node,
				   cipsec_assoc_bucket(cn, ep->laddr, ep->raddr,
						       ep->lport, ep->rport));
	}
	return assoc;
}

/**
 * cipsec_assoc_set_data() - leave opaque data with an association
 * @assoc: association
 * @data: bytes
 * @len: how many
 *
 * Context: cipsec_net.lock.
 * Return: 0 or -ENOMEM.
 */
int cipsec_assoc_set_data(struct cipsec_assoc *assoc, const u8 *data,
			  unsigned int len)
{
	struct cipsec_blob *blob, *old;

	blob = kmalloc(struct_size(blob, data, len), GFP_KERNEL_ACCOUNT);
	if (!blob)
		return -ENOMEM;
	blob->len = len;
	memcpy(blob->data, data, len);
	old = rcu_replace_pointer(assoc->owner_data, blob,
				  lockdep_is_held(&assoc->cn->lock));
	if (old)
		kfree_rcu(old, rcu);
	return 0;
}

/* Take the endpoints over from the association that @assoc replaces. */
static int cipsec_assoc_swap_in(struct cipsec_assoc *assoc)
{
	struct cipsec_net *cn = assoc->cn;
	struct cipsec_assoc *old;
	int err;

	old = cipsec_assoc_get(cn, assoc->replaces, NULL);
	if (IS_ERR(old))
		return PTR_ERR(old);
	/* Another identity inherits nothing. */
	if (old->identity_len && old->identity_len == assoc->identity_len &&
	    !memcmp(old->identity, assoc->identity, old->identity_len)) {
		err = cipsec_conn_move_all(old, assoc);
		if (err)
			return err;
	}
	hlist_replace_rcu(&old->node, &assoc->node);
	old->hashed = false;
	assoc->hashed = true;
	assoc->replaces = 0;
	cipsec_assoc_del(old, CIPSEC_REASON_REPLACED);
	return 0;
}

/**
 * cipsec_assoc_may_key() - can an association take keys?
 * @assoc: association
 * @extack: takes the reason of a failure
 *
 * Context: cipsec_net.lock.
 * Return: 0, -EEXIST when it has, or had, keys, -ENOENT when the association
 * that it shall replace is gone.
 */
int cipsec_assoc_may_key(const struct cipsec_assoc *assoc,
			 struct netlink_ext_ack *extack)
{
	lockdep_assert_held(&assoc->cn->lock);
	if (rcu_access_pointer(assoc->keys) || assoc->wiped) {
		NL_SET_ERR_MSG(extack,
			       "assoc: it has had its keys; new keys need a new handshake and a new association");
		return -EEXIST;
	}
	if (assoc->replaces)
		return PTR_ERR_OR_ZERO(cipsec_assoc_get(assoc->cn,
							assoc->replaces,
							extack));
	return 0;
}

/**
 * cipsec_assoc_key() - give an association its keys
 * @assoc: association for which cipsec_assoc_may_key() said yes
 * @keys: key pair, which the association owns from here on when 0 is returned
 *
 * Context: cipsec_net.lock.
 * Return: 0 or -ENOMEM.
 */
int cipsec_assoc_key(struct cipsec_assoc *assoc, struct cipsec_key_pair *keys)
{
	int err;

	lockdep_assert_held(&assoc->cn->lock);
	/* Keys first: once swapped in, the association must be able to serve. */
	rcu_assign_pointer(assoc->keys, keys);
	if (assoc->replaces) {
		err = cipsec_assoc_swap_in(assoc);
		if (err) {
			/* Never visible to readers: not hashed. */
			RCU_INIT_POINTER(assoc->keys, NULL);
			return err;
		}
	}
	cipsec_event_assoc(assoc, CIPSEC_EVENT_ASSOC_KEYED);
	return 0;
}

/**
 * cipsec_assoc_adopt() - a new agent answers for an orphan
 * @assoc: association without owner
 * @owner: netlink port id of the agent
 *
 * Context: cipsec_net.lock.
 */
void cipsec_assoc_adopt(struct cipsec_assoc *assoc, u32 owner)
{
	WRITE_ONCE(assoc->owner, owner);
	cipsec_event_assoc(assoc, CIPSEC_EVENT_ASSOC_ADOPTED);
}

static void cipsec_assoc_free_rcu(struct rcu_head *rcu)
{
	struct cipsec_assoc *assoc = container_of(rcu, struct cipsec_assoc, rcu);

	kfree(rcu_dereference_raw(assoc->owner_data));
	kfree(assoc);
}

/**
 * cipsec_assoc_del() - remove an association and its connections
 * @assoc: association
 * @reason: why
 *
 * Context: cipsec_net.lock.
 */
void cipsec_assoc_del(struct cipsec_assoc *assoc, enum cipsec_reason reason)
{
	struct cipsec_event ev = {
		.type = CIPSEC_EVENT_ASSOC_DEL,
		.assoc = assoc,
		.reason = reason,
	};
	struct cipsec_net *cn = assoc->cn;
	struct cipsec_conn *conn, *next;

	lockdep_assert_held(&cn->lock);
	list_for_each_entry_safe(conn, next, &assoc->conns, list)
		cipsec_conn_del(conn, CIPSEC_REASON_ASSOC_GONE);
	if (assoc->hashed)
		hlist_del_rcu(&assoc->node);
	/* While it can still say what it has counted. */
	cipsec_event_raise(cn, &ev);
	cipsec_key_pair_free(rcu_replace_pointer(assoc->keys, NULL, true));
	xa_erase(&cn->assocs, assoc->id);
	cn->n_assocs--;
	call_rcu(&assoc->rcu, cipsec_assoc_free_rcu);
}

/**
 * cipsec_assoc_del_all() - remove all associations of a namespace
 * @cn: namespace
 * @reason: why
 *
 * Context: cipsec_net.lock.
 */
void cipsec_assoc_del_all(struct cipsec_net *cn, enum cipsec_reason reason)
{
	struct cipsec_assoc *assoc;
	unsigned long id;

	xa_for_each(&cn->assocs, id, assoc)
		cipsec_assoc_del(assoc, reason);
}

/**
 * cipsec_assoc_wipe_all() - destroy all keys of a namespace
 * @cn: namespace
 *
 * For a machine that suspends, or whose copy wakes up elsewhere: the same keys
 * must not go on from the same numbers twice.
 *
 * Context: cipsec_net.lock.
 */
void cipsec_assoc_wipe_all(struct cipsec_net *cn)
{
	struct cipsec_key_pair *keys;
	struct cipsec_assoc *assoc;
	unsigned long id;

	lockdep_assert_held(&cn->lock);
	xa_for_each(&cn->assocs, id, assoc) {
		keys = rcu_replace_pointer(assoc->keys, NULL, true);
		if (!keys)
			continue;
		assoc->wiped = true;
		cipsec_key_pair_free(keys);
		cipsec_event_assoc(assoc, CIPSEC_EVENT_KEYS_WIPED);
	}
}

static void cipsec_assoc_reap_schedule(struct cipsec_net *cn)
{
	struct cipsec_assoc *assoc;
	unsigned long id, next = 0;
	bool any = false;

	xa_for_each(&cn->assocs, id, assoc) {
		if (assoc->owner)
			continue;
		if (!any || time_before(assoc->orphan_until, next))
			next = assoc->orphan_until;
		any = true;
	}
	if (any)
		mod_delayed_work(system_power_efficient_wq, &cn->reap,
				 time_after(next, jiffies) ? next - jiffies : 0);
}

/**
 * cipsec_assoc_owner_gone() - an agent's socket closed
 * @cn: namespace
 * @owner: its netlink port id
 *
 * Context: process.
 */
void cipsec_assoc_owner_gone(struct cipsec_net *cn, u32 owner)
{
	struct cipsec_assoc *assoc;
	unsigned long id;

	mutex_lock(&cn->lock);
	xa_for_each(&cn->assocs, id, assoc) {
		if (assoc->owner != owner)
			continue;
		if (!rcu_access_pointer(assoc->keys)) {
			cipsec_assoc_del(assoc, CIPSEC_REASON_OWNER_GONE);
			continue;
		}
		WRITE_ONCE(assoc->owner, 0);
		assoc->orphan_until = jiffies + assoc->orphan_timeout;
		cipsec_event_assoc(assoc, CIPSEC_EVENT_ASSOC_ORPHANED);
	}
	cipsec_assoc_reap_schedule(cn);
	mutex_unlock(&cn->lock);
}

/**
 * cipsec_assoc_reap() - remove orphans whose time is over
 * @work: cipsec_net.reap
 *
 * Context: process.
 */
void cipsec_assoc_reap(struct work_struct *work)
{
	struct cipsec_net *cn = container_of(to_delayed_work(work),
					     struct cipsec_net, reap);
	struct cipsec_assoc *assoc;
	unsigned long id;

	mutex_lock(&cn->lock);
	xa_for_each(&cn->assocs, id, assoc)
		if (!assoc->owner &&
		    time_after_eq(jiffies, assoc->orphan_until))
			cipsec_assoc_del(assoc, CIPSEC_REASON_ORPHAN_TIMEOUT);
	cipsec_assoc_reap_schedule(cn);
	mutex_unlock(&cn->lock);
}
