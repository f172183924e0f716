// SPDX-License-Identifier: LGPL-2.1-or-later
/* Records of the owner: alerts, and data that is not I/O. */
#include <errno.h>

#include "handle.h"

static int fill_number(struct nlattr **attrs, void *arg)
{
	uint64_t *number = arg;

	if (number)
		*number = cipsec_attr_uint(attrs[CIPSEC_A_RECORD_NUMBER]);
	return 0;
}

int cipsec_record_tx(struct cipsec *h, uint32_t assoc, uint8_t type,
		     const void *data, size_t len, uint64_t *number)
{
	struct cipsec_reply reply = { CIPSEC_A_RECORD_MAX, fill_number,
				      number };
	struct nl_msg *msg;
	int err = 0;

	if (!len || len > CIPSEC_RECORD_DATA_MAX)
		return cipsec_fail(h, -EMSGSIZE,
				   "sending a record: %zu bytes, must be 1 to %d",
				   len, CIPSEC_RECORD_DATA_MAX);
	msg = cipsec_request(h, CIPSEC_CMD_RECORD_TX, 0);
	if (msg)
		err = nla_put_u32(msg, CIPSEC_A_RECORD_ASSOC, assoc);
	if (msg && !err)
		err = nla_put_u8(msg, CIPSEC_A_RECORD_TYPE, type);
	if (msg && !err)
		err = nla_put(msg, CIPSEC_A_RECORD_DATA, (int)len, data);
	return cipsec_transact(h, msg, err, "sending a record", &reply);
}
