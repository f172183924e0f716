/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CIPSEC_NETLINK_H
#define _CIPSEC_NETLINK_H

int cipsec_nl_init(void);
void cipsec_nl_exit(void);

#endif /* _CIPSEC_NETLINK_H */
