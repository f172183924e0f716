/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CIPSEC_AGENT_PROCESS_H
#define CIPSEC_AGENT_PROCESS_H

/*
 * Before the first secret is read: no core dump, no debugger without
 * privilege, nothing swapped out, no capability but CAP_NET_ADMIN.
 */
void process_harden(void);

#endif
