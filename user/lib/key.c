// SPDX-License-Identifier: LGPL-2.1-or-later
/* Keys on their way into the kernel. */
#include <errno.h>

#include <netlink/errno.h>

#include "handle.h"

static int put_dir(struct nl_msg *msg, int type,
		   const struct cipsec_dir_key *dir)
{
	struct nlattr *nest = nla_nest_start(msg, type);
	int err = 0;

	if (!nest)
		return -NLE_NOMEM;
	if (dir->enc_len)
		err = nla_put(msg, CIPSEC_A_DIR_ENC_KEY, (int)dir->enc_len,
			      dir->enc);
	if (!err && dir->mac_len)
		err = nla_put(msg, CIPSEC_A_DIR_MAC_KEY, (int)dir->mac_len,
			      dir->mac);
	if (!err && dir->salt_len)
		err = nla_put(msg, CIPSEC_A_DIR_SALT, (int)dir->salt_len,
			      dir->salt);
	nla_nest_end(msg, nest);
	return err;
}

static int put_key(struct nl_msg *msg, const struct cipsec_key *key)
{
	int err;

	err = nla_put_u32(msg, CIPSEC_A_KEY_ASSOC, key->assoc);
	if (!err)
		err = nla_put_u16(msg, CIPSEC_A_KEY_SUITE, key->suite);
	if (!err && key->epoch)
		err = nla_put_u16(msg, CIPSEC_A_KEY_EPOCH, key->epoch);
	if (!err)
		err = put_dir(msg, CIPSEC_A_KEY_TX, &key->tx);
	if (!err)
		err = put_dir(msg, CIPSEC_A_KEY_RX, &key->rx);
	if (!err && key->tx_start)
		err = nla_put_u64(msg, CIPSEC_A_KEY_TX_START, key->tx_start);
	if (!err && key->hold >= 0)
		err = nla_put_u32(msg, CIPSEC_A_KEY_HOLD,
				  (uint32_t)key->hold);
	if (!err && key->reserve >= 0)
		err = nla_put_u32(msg, CIPSEC_A_KEY_RESERVE,
				  (uint32_t)key->reserve);
	if (!err && key->limit_records)
		err = nla_put_u64(msg, CIPSEC_A_KEY_LIMIT_RECORDS,
				  key->limit_records);
	if (!err && key->limit_auth)
		err = nla_put_u64(msg, CIPSEC_A_KEY_LIMIT_AUTH,
				  key->limit_auth);
	return err;
}

int cipsec_key_new(struct cipsec *h, const struct cipsec_key *key)
{
	struct nl_msg *msg;
	int err = 0;

	if (key->tx.enc_len > sizeof(key->tx.enc) ||
	    key->tx.mac_len > sizeof(key->tx.mac) ||
	    key->tx.salt_len > sizeof(key->tx.salt) ||
	    key->rx.enc_len > sizeof(key->rx.enc) ||
	    key->rx.mac_len > sizeof(key->rx.mac) ||
	    key->rx.salt_len > sizeof(key->rx.salt))
		return cipsec_fail(h, -EINVAL,
				   "installing keys: a length is too large");
	msg = cipsec_request(h, CIPSEC_CMD_KEY_NEW, 0);
	if (msg)
		err = put_key(msg, key);
	return cipsec_transact(h, msg, err, "installing keys", NULL);
}
