/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CIPSEC_ASSOC_H
#define _CIPSEC_ASSOC_H

#include <linux/cipsec.h>
#include <linux/netlink.h>
#include <linux/rcupdate.h>

#include "key.h"
#include "net.h"

struct cipsec_conn;

/**
 * struct cipsec_endpoints - a UDP tuple on the wire, network byte order
 * @laddr: this host's address
 * @raddr: the peer's address
 * @lport: this host's port
 * @rport: the peer's port
 */
struct cipsec_endpoints {
	__be32 laddr;
	__be32 raddr;
	__be16 lport;
	__be16 rport;
};

/**
 * struct cipsec_blob - bytes that an agent left, opaque to the kernel
 * @rcu: frees it after a grace period
 * @len: bytes of @data
 * @data: the bytes
 */
struct cipsec_blob {
	struct rcu_head rcu;
	unsigned int len;
	u8 data[];
};

/**
 * struct cipsec_assoc - one DTLS association between two UDP endpoints
 * @node: in cipsec_tables.assocs, unless it waits for its keys to replace another
 * @ep: endpoints
 * @id: name in the namespace
 * @keys: key pair; NULL before KEY_NEW and after a wipe
 * @any: the connection that stands for every id, or NULL
 * @owner: netlink port id of the agent, 0 when orphaned
 * @owner_data: opaque
 * @cn: namespace
 * @role: side of the handshake
 * @wiped: keys were destroyed
 * @hashed: @node is in the table
 * @conns: connections bound, under cipsec_net.lock
 * @n_conns: length of @conns
 * @replaces: id of the association that this one takes over from, or 0
 * @orphan_timeout: jiffies it outlives its owner
 * @orphan_until: jiffies when it goes, while @owner is 0
 * @created: jiffies
 * @identity_len: bytes of @identity
 * @identity: the authenticated peer
 * @tokens: RECORD_RX messages that may be sent now
 * @token_time: jiffies when @tokens was filled
 * @mtu_time: jiffies of the last MTU event
 * @guard_time: jiffies of the last nonce-guard event
 * @rcu: frees it after a grace period
 *
 * Written under cipsec_net.lock but for @tokens ... @guard_time, which the data
 * path writes without a lock and which tolerate it. Read under RCU.
 *
 * Who may still hold one that was removed: the hooks inside their RCU section;
 * nobody else. Connections that point to it are removed first.
 */
struct cipsec_assoc {
	struct hlist_node node;
	struct cipsec_endpoints ep;
	u32 id;
	struct cipsec_key_pair __rcu *keys;
	struct cipsec_conn __rcu *any;
	u32 owner;
	struct cipsec_blob __rcu *owner_data;
	struct cipsec_net *cn;
	u8 role;
	bool wiped;
	bool hashed;

	struct list_head conns;
	unsigned int n_conns;
	u32 replaces;
	unsigned long orphan_timeout;
	unsigned long orphan_until;
	unsigned long created;
	u8 identity_len;
	u8 identity[CIPSEC_IDENTITY_MAX];

	atomic_t tokens;
	unsigned long token_time;
	unsigned long mtu_time;
	unsigned long guard_time;
	struct rcu_head rcu;
};

struct cipsec_assoc *cipsec_assoc_find(const struct cipsec_net *cn,
				       __be32 laddr, __be32 raddr,
				       __be16 lport, __be16 rport);
struct cipsec_assoc *cipsec_assoc_get(struct cipsec_net *cn, u32 id,
				      struct netlink_ext_ack *extack);
struct cipsec_assoc *cipsec_assoc_new(struct cipsec_net *cn,
				      const struct cipsec_endpoints *ep,
				      u32 owner, u8 role, u32 replaces,
				      const u8 *identity, u8 identity_len,
				      struct netlink_ext_ack *extack);
int cipsec_assoc_may_key(const struct cipsec_assoc *assoc,
			 struct netlink_ext_ack *extack);
int cipsec_assoc_key(struct cipsec_assoc *assoc, struct cipsec_key_pair *keys);
int cipsec_assoc_set_data(struct cipsec_assoc *assoc, const u8 *data,
			  unsigned int len);
void cipsec_assoc_adopt(struct cipsec_assoc *assoc, u32 owner);
void cipsec_assoc_del(struct cipsec_assoc *assoc, enum cipsec_reason reason);
void cipsec_assoc_owner_gone(struct cipsec_net *cn, u32 owner);
void cipsec_assoc_wipe_all(struct cipsec_net *cn);
void cipsec_assoc_del_all(struct cipsec_net *cn, enum cipsec_reason reason);
void cipsec_assoc_reap(struct work_struct *work);
unsigned int cipsec_assoc_count_pair(struct cipsec_net *cn, __be32 laddr,
				     __be32 raddr);
enum cipsec_assoc_state cipsec_assoc_state(const struct cipsec_assoc *assoc);

#endif /* _CIPSEC_ASSOC_H */
