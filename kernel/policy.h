/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CIPSEC_POLICY_H
#define _CIPSEC_POLICY_H

#include "net.h"

struct netlink_ext_ack;

/**
 * struct cipsec_policy - what a range of remote addresses may do
 * @node: in cipsec_tables.policies
 * @addr: remote address, masked
 * @plen: prefix length
 * @verb: enum cipsec_verb
 * @flags: enum cipsec_policy_flag
 * @rcu: frees it after a grace period
 *
 * Immutable; a change replaces it.
 */
struct cipsec_policy {
	struct hlist_node node;
	__be32 addr;
	u8 plen;
	u8 verb;
	u32 flags;
	struct rcu_head rcu;
};

const struct cipsec_policy *cipsec_policy_find(const struct cipsec_net *cn,
					       __be32 raddr);
int cipsec_policy_set(struct cipsec_net *cn, __be32 addr, u8 plen, u8 verb,
		      u32 flags, struct netlink_ext_ack *extack);
int cipsec_policy_del(struct cipsec_net *cn, __be32 addr, u8 plen,
		      struct netlink_ext_ack *extack);
void cipsec_policy_flush(struct cipsec_net *cn);

#endif /* _CIPSEC_POLICY_H */
