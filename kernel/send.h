/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CIPSEC_SEND_H
#define _CIPSEC_SEND_H

#include <linux/netlink.h>

struct cipsec_assoc;

int cipsec_send_record(struct cipsec_assoc *assoc, u8 type, const u8 *data,
		       unsigned int len, u64 *number,
		       struct netlink_ext_ack *extack);

#endif /* _CIPSEC_SEND_H */
