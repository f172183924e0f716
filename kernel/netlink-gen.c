// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)
/* made by scripts/netlink-gen from Documentation/netlink/specs/cipsec.yaml; do not edit */

#include "netlink-gen.h"

static struct netlink_range_validation cipsec_key_tx_start_range = {
	.min = 1024,
	.max = 281474976710655ULL,
};

static struct netlink_range_validation cipsec_key_hold_range = {
	.max = 60000,
};

static struct netlink_range_validation cipsec_key_reserve_range = {
	.max = 600000,
};

static struct netlink_range_validation cipsec_key_limit_records_range = {
	.max = 281474976710655ULL,
};

const struct nla_policy cipsec_dir_nl_policy[CIPSEC_A_DIR_SALT + 1] = {
	[CIPSEC_A_DIR_ENC_KEY] = { .type = NLA_BINARY, .len = 32 },
	[CIPSEC_A_DIR_MAC_KEY] = { .type = NLA_BINARY, .len = 48 },
	[CIPSEC_A_DIR_SALT] = { .type = NLA_BINARY, .len = 12 },
};

const struct nla_policy cipsec_key_new_nl_policy[CIPSEC_A_KEY_LIMIT_AUTH + 1] = {
	[CIPSEC_A_KEY_ASSOC] = NLA_POLICY_MIN(NLA_U32, 1),
	[CIPSEC_A_KEY_SUITE] = { .type = NLA_U16 },
	[CIPSEC_A_KEY_EPOCH] = NLA_POLICY_MIN(NLA_U16, 1),
	[CIPSEC_A_KEY_TX] = NLA_POLICY_NESTED(cipsec_dir_nl_policy),
	[CIPSEC_A_KEY_RX] = NLA_POLICY_NESTED(cipsec_dir_nl_policy),
	[CIPSEC_A_KEY_TX_START] = NLA_POLICY_FULL_RANGE(NLA_U64, &cipsec_key_tx_start_range),
	[CIPSEC_A_KEY_HOLD] = NLA_POLICY_FULL_RANGE(NLA_U32, &cipsec_key_hold_range),
	[CIPSEC_A_KEY_RESERVE] = NLA_POLICY_FULL_RANGE(NLA_U32, &cipsec_key_reserve_range),
	[CIPSEC_A_KEY_LIMIT_RECORDS] = NLA_POLICY_FULL_RANGE(NLA_U64, &cipsec_key_limit_records_range),
	[CIPSEC_A_KEY_LIMIT_AUTH] = { .type = NLA_U64 },
};

static const struct nla_policy cipsec_policy_set_nl_policy[CIPSEC_A_POLICY_FLAGS + 1] = {
	[CIPSEC_A_POLICY_ADDR] = NLA_POLICY_RANGE(NLA_BINARY, 4, 16),
	[CIPSEC_A_POLICY_PREFIX_LEN] = NLA_POLICY_MAX(NLA_U8, 128),
	[CIPSEC_A_POLICY_VERB] = NLA_POLICY_RANGE(NLA_U8, 1, 3),
	[CIPSEC_A_POLICY_FLAGS] = NLA_POLICY_MASK(NLA_U32, 0x3),
};

static const struct nla_policy cipsec_policy_del_nl_policy[CIPSEC_A_POLICY_PREFIX_LEN + 1] = {
	[CIPSEC_A_POLICY_ADDR] = NLA_POLICY_RANGE(NLA_BINARY, 4, 16),
	[CIPSEC_A_POLICY_PREFIX_LEN] = NLA_POLICY_MAX(NLA_U8, 128),
};

static const struct nla_policy cipsec_assoc_new_nl_policy[CIPSEC_A_ASSOC_ORPHAN_TIMEOUT + 1] = {
	[CIPSEC_A_ASSOC_ROLE] = NLA_POLICY_RANGE(NLA_U8, 1, 2),
	[CIPSEC_A_ASSOC_SOCKET] = { .type = NLA_S32 },
	[CIPSEC_A_ASSOC_IDENTITY] = NLA_POLICY_RANGE(NLA_BINARY, 1, 64),
	[CIPSEC_A_ASSOC_OWNER_DATA] = { .type = NLA_BINARY, .len = 1024 },
	[CIPSEC_A_ASSOC_REPLACES] = NLA_POLICY_MIN(NLA_U32, 1),
	[CIPSEC_A_ASSOC_ORPHAN_TIMEOUT] = NLA_POLICY_MIN(NLA_U32, 1),
};

static const struct nla_policy cipsec_assoc_set_nl_policy[CIPSEC_A_ASSOC_ADOPT + 1] = {
	[CIPSEC_A_ASSOC_ID] = NLA_POLICY_MIN(NLA_U32, 1),
	[CIPSEC_A_ASSOC_OWNER_DATA] = { .type = NLA_BINARY, .len = 1024 },
	[CIPSEC_A_ASSOC_ORPHAN_TIMEOUT] = NLA_POLICY_MIN(NLA_U32, 1),
	[CIPSEC_A_ASSOC_ADOPT] = { .type = NLA_FLAG },
};

static const struct nla_policy cipsec_assoc_del_nl_policy[CIPSEC_A_ASSOC_ID + 1] = {
	[CIPSEC_A_ASSOC_ID] = NLA_POLICY_MIN(NLA_U32, 1),
};

static const struct nla_policy cipsec_assoc_get_nl_policy[CIPSEC_A_ASSOC_ID + 1] = {
	[CIPSEC_A_ASSOC_ID] = NLA_POLICY_MIN(NLA_U32, 1),
};

static const struct nla_policy cipsec_conn_new_nl_policy[CIPSEC_A_CONN_OWNER_DATA + 1] = {
	[CIPSEC_A_CONN_ASSOC] = NLA_POLICY_MIN(NLA_U32, 1),
	[CIPSEC_A_CONN_FLAGS] = NLA_POLICY_MASK(NLA_U32, 0x1),
	[CIPSEC_A_CONN_CONSUMED] = { .type = NLA_U32 },
	[CIPSEC_A_CONN_PRODUCED] = { .type = NLA_U32 },
	[CIPSEC_A_CONN_TRANSPORT] = NLA_POLICY_MAX(NLA_U8, 1),
	[CIPSEC_A_CONN_TX_LOCAL_PORT] = { .type = NLA_U16 },
	[CIPSEC_A_CONN_TX_REMOTE_PORT] = NLA_POLICY_MIN(NLA_U16, 1),
	[CIPSEC_A_CONN_RX_REMOTE_PORT] = NLA_POLICY_MIN(NLA_U16, 1),
	[CIPSEC_A_CONN_RX_LOCAL_PORT] = NLA_POLICY_MIN(NLA_U16, 1),
	[CIPSEC_A_CONN_TX_SIZE] = { .type = NLA_U16 },
	[CIPSEC_A_CONN_RX_SIZE] = { .type = NLA_U16 },
	[CIPSEC_A_CONN_OWNER_DATA] = { .type = NLA_BINARY, .len = 1024 },
};

static const struct nla_policy cipsec_conn_del_nl_policy[CIPSEC_A_CONN_ID + 1] = {
	[CIPSEC_A_CONN_ID] = NLA_POLICY_MIN(NLA_U32, 1),
};

static const struct nla_policy cipsec_conn_get_nl_policy[CIPSEC_A_CONN_ID + 1] = {
	[CIPSEC_A_CONN_ID] = NLA_POLICY_MIN(NLA_U32, 1),
};

static const struct nla_policy cipsec_record_tx_nl_policy[CIPSEC_A_RECORD_DATA + 1] = {
	[CIPSEC_A_RECORD_ASSOC] = NLA_POLICY_MIN(NLA_U32, 1),
	[CIPSEC_A_RECORD_TYPE] = NLA_POLICY_RANGE(NLA_U8, 21, 23),
	[CIPSEC_A_RECORD_DATA] = NLA_POLICY_RANGE(NLA_BINARY, 1, 16384),
};

const struct genl_ops cipsec_nl_ops[13] = {
	{
		.cmd = CIPSEC_CMD_KEY_NEW,
		.doit = cipsec_nl_key_new_doit,
		.flags = GENL_ADMIN_PERM,
	},
	{
		.cmd = CIPSEC_CMD_POLICY_SET,
		.policy = cipsec_policy_set_nl_policy,
		.maxattr = CIPSEC_A_POLICY_FLAGS,
		.doit = cipsec_nl_policy_set_doit,
		.flags = GENL_ADMIN_PERM,
	},
	{
		.cmd = CIPSEC_CMD_POLICY_DEL,
		.policy = cipsec_policy_del_nl_policy,
		.maxattr = CIPSEC_A_POLICY_PREFIX_LEN,
		.doit = cipsec_nl_policy_del_doit,
		.flags = GENL_ADMIN_PERM,
	},
	{
		.cmd = CIPSEC_CMD_POLICY_GET,
		.dumpit = cipsec_nl_policy_get_dumpit,
		.flags = GENL_ADMIN_PERM,
	},
	{
		.cmd = CIPSEC_CMD_ASSOC_NEW,
		.policy = cipsec_assoc_new_nl_policy,
		.maxattr = CIPSEC_A_ASSOC_ORPHAN_TIMEOUT,
		.doit = cipsec_nl_assoc_new_doit,
		.flags = GENL_ADMIN_PERM,
	},
	{
		.cmd = CIPSEC_CMD_ASSOC_SET,
		.policy = cipsec_assoc_set_nl_policy,
		.maxattr = CIPSEC_A_ASSOC_ADOPT,
		.doit = cipsec_nl_assoc_set_doit,
		.flags = GENL_ADMIN_PERM,
	},
	{
		.cmd = CIPSEC_CMD_ASSOC_DEL,
		.policy = cipsec_assoc_del_nl_policy,
		.maxattr = CIPSEC_A_ASSOC_ID,
		.doit = cipsec_nl_assoc_del_doit,
		.flags = GENL_ADMIN_PERM,
	},
	{
		.cmd = CIPSEC_CMD_ASSOC_GET,
		.policy = cipsec_assoc_get_nl_policy,
		.maxattr = CIPSEC_A_ASSOC_ID,
		.doit = cipsec_nl_assoc_get_doit,
		.dumpit = cipsec_nl_assoc_get_dumpit,
		.flags = GENL_ADMIN_PERM,
	},
	{
		.cmd = CIPSEC_CMD_CONN_NEW,
		.policy = cipsec_conn_new_nl_policy,
		.maxattr = CIPSEC_A_CONN_OWNER_DATA,
		.doit = cipsec_nl_conn_new_doit,
		.flags = GENL_ADMIN_PERM,
	},
	{
		.cmd = CIPSEC_CMD_CONN_DEL,
		.policy = cipsec_conn_del_nl_policy,
		.maxattr = CIPSEC_A_CONN_ID,
		.doit = cipsec_nl_conn_del_doit,
		.flags = GENL_ADMIN_PERM,
	},
	{
		.cmd = CIPSEC_CMD_CONN_GET,
		.policy = cipsec_conn_get_nl_policy,
		.maxattr = CIPSEC_A_CONN_ID,
		.doit = cipsec_nl_conn_get_doit,
		.dumpit = cipsec_nl_conn_get_dumpit,
		.flags = GENL_ADMIN_PERM,
	},
	{
		.cmd = CIPSEC_CMD_RECORD_TX,
		.policy = cipsec_record_tx_nl_policy,
		.maxattr = CIPSEC_A_RECORD_DATA,
		.doit = cipsec_nl_record_tx_doit,
		.flags = GENL_ADMIN_PERM,
	},
	{
		.cmd = CIPSEC_CMD_STATS_GET,
		.doit = cipsec_nl_stats_get_doit,
		.flags = GENL_ADMIN_PERM,
	},
};

const struct genl_multicast_group cipsec_nl_mcgrps[1] = {
	[CIPSEC_NLGRP_EVENTS] = {
		.name = CIPSEC_MCGRP_EVENTS,
#ifdef GENL_MCAST_CAP_NET_ADMIN
		.flags = GENL_MCAST_CAP_NET_ADMIN,
#endif
	},
};
