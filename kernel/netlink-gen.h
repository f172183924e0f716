/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* made by scripts/netlink-gen from Documentation/netlink/specs/cipsec.yaml; do not edit */

#ifndef _CIPSEC_NETLINK_GEN_H
#define _CIPSEC_NETLINK_GEN_H

#include <net/netlink.h>
#include <net/genetlink.h>
#include <linux/cipsec.h>

extern const struct nla_policy cipsec_dir_nl_policy[CIPSEC_A_DIR_SALT + 1];
extern const struct nla_policy cipsec_key_new_nl_policy[CIPSEC_A_KEY_LIMIT_AUTH + 1];
int cipsec_nl_key_new_doit(struct sk_buff *skb, struct genl_info *info);
int cipsec_nl_policy_set_doit(struct sk_buff *skb, struct genl_info *info);
int cipsec_nl_policy_del_doit(struct sk_buff *skb, struct genl_info *info);
int cipsec_nl_policy_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int cipsec_nl_assoc_new_doit(struct sk_buff *skb, struct genl_info *info);
int cipsec_nl_assoc_set_doit(struct sk_buff *skb, struct genl_info *info);
int cipsec_nl_assoc_del_doit(struct sk_buff *skb, struct genl_info *info);
int cipsec_nl_assoc_get_doit(struct sk_buff *skb, struct genl_info *info);
int cipsec_nl_assoc_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int cipsec_nl_conn_new_doit(struct sk_buff *skb, struct genl_info *info);
int cipsec_nl_conn_del_doit(struct sk_buff *skb, struct genl_info *info);
int cipsec_nl_conn_get_doit(struct sk_buff *skb, struct genl_info *info);
int cipsec_nl_conn_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int cipsec_nl_record_tx_doit(struct sk_buff *skb, struct genl_info *info);
int cipsec_nl_stats_get_doit(struct sk_buff *skb, struct genl_info *info);

extern const struct genl_ops cipsec_nl_ops[13];

enum {
	CIPSEC_NLGRP_EVENTS,
};

extern const struct genl_multicast_group cipsec_nl_mcgrps[1];

#endif /* _CIPSEC_NETLINK_GEN_H */
