/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CIPSEC_CONN_H
#define _CIPSEC_CONN_H

#include "assoc.h"

/**
 * struct cipsec_conn_config - what a connection is made from
 * @flags: enum cipsec_conn_flag
 * @consumed: connection id of datagrams received
 * @produced: connection id of datagrams sent
 * @transport: class 0 or 1
 * @tx_lport: port the program sends from, 0 for any
 * @tx_rport: port the program sends to
 * @rx_rport: source port the program sees
 * @rx_lport: port the program receives on
 * @tx_size: largest I/O data sent, 0 for any
 * @rx_size: largest I/O data received, 0 for any
 *
 * Two application tuples, one a direction: a real originator sends from an
 * ephemeral port and receives on 2222.
 */
struct cipsec_conn_config {
	u32 flags;
	u32 consumed;
	u32 produced;
	u8 transport;
	__be16 tx_lport;
	__be16 tx_rport;
	__be16 rx_rport;
	__be16 rx_lport;
	u16 tx_size;
	u16 rx_size;
};

/**
 * struct cipsec_conn - a CIP connection of class 0 or 1, bound to an association
 * @tx_node: in cipsec_tables.conns_tx
 * @rx_node: in cipsec_tables.conns_rx
 * @id_node: in cipsec_tables.conns_id
 * @assoc: association it is bound to
 * @cfg: what it was made from
 * @id: name in the namespace
 * @owner_data: opaque, or NULL
 * @tx_packets: datagrams sealed
 * @rx_packets: datagrams delivered
 * @last_rx: jiffies of the last one
 * @list: in cipsec_assoc.conns
 * @rcu: frees it after a grace period
 *
 * Immutable but for the counters; written under cipsec_net.lock, read under RCU.
 */
struct cipsec_conn {
	struct hlist_node tx_node;
	struct hlist_node rx_node;
	struct hlist_node id_node;
	struct cipsec_assoc *assoc;
	struct cipsec_conn_config cfg;
	u32 id;
	struct cipsec_blob *owner_data;
	atomic64_t tx_packets;
	atomic64_t rx_packets;
	unsigned long last_rx;
	struct list_head list;
	struct rcu_head rcu;
};

static inline bool cipsec_conn_is_any(const struct cipsec_conn *conn)
{
	return conn->cfg.flags & CIPSEC_CONN_F_ANY;
}

struct cipsec_conn *cipsec_conn_find_tx(const struct cipsec_net *cn,
					__be32 laddr, __be32 raddr,
					u32 produced);
struct cipsec_conn *cipsec_conn_find_rx(const struct cipsec_assoc *assoc,
					u32 consumed);
bool cipsec_conn_id_bound(const struct cipsec_net *cn, u32 consumed);

struct cipsec_conn *cipsec_conn_get(struct cipsec_net *cn, u32 id,
				    struct netlink_ext_ack *extack);
struct cipsec_conn *cipsec_conn_new(struct cipsec_assoc *assoc,
				    const struct cipsec_conn_config *cfg,
				    const u8 *data, unsigned int data_len,
				    struct netlink_ext_ack *extack);
void cipsec_conn_del(struct cipsec_conn *conn, enum cipsec_reason reason);
int cipsec_conn_move_all(struct cipsec_assoc *from, struct cipsec_assoc *to);

#endif /* _CIPSEC_CONN_H */
