/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CIPSEC_HOOK_H
#define _CIPSEC_HOOK_H

struct cipsec_net;

int cipsec_hook_register(struct cipsec_net *cn);
void cipsec_hook_unregister(struct cipsec_net *cn);

#endif /* _CIPSEC_HOOK_H */
