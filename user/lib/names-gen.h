/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* made by scripts/netlink-gen from Documentation/netlink/specs/cipsec.yaml; do not edit */

#ifndef CIPSEC_NAMES_GEN_H
#define CIPSEC_NAMES_GEN_H

#include <stdbool.h>
#include <linux/cipsec.h>

/* what a remote address may do; NULL where a number has no name */
extern const char *const cipsec_verb_names[4];

/* side of the DTLS handshake; NULL where a number has no name */
extern const char *const cipsec_role_names[3];

/* how far an association has come; NULL where a number has no name */
extern const char *const cipsec_assoc_state_names[4];

/* what happened; NULL where a number has no name */
extern const char *const cipsec_event_type_names[17];

/* why an object went away; NULL where a number has no name */
extern const char *const cipsec_reason_names[7];

/**
 * struct cipsec_stat_name - a counter
 * @name: as /proc/net/cipsec_stat prints it
 * @doc: what moved it, one sentence
 * @way: every datagram moves exactly one of these; else counted beside
 */
struct cipsec_stat_name {
	const char *name;
	const char *doc;
	bool way;
};

/* by counter attribute, 1..CIPSEC_A_STAT_PAD - 1 */
extern const struct cipsec_stat_name cipsec_stat_names[CIPSEC_A_STAT_PAD];

#endif
