/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cipsecctl: what its commands share.
 */
#ifndef CIPSEC_CTL_H
#define CIPSEC_CTL_H

#include <jansson.h>
#include <stdbool.h>

#include "cipsec.h"

/* exit status; explained in cipsecctl(8) */
enum {
	CTL_OK,
	CTL_FAILED,
	CTL_USAGE,
	CTL_NO_MODULE,
	CTL_NO_PERMISSION,
};

/**
 * struct ctl - one run
 * @h: handle of this network namespace
 * @json: print JSON
 * @all: also what is zero
 * @verbose: also what it means
 * @watching: the same will be printed again, in the same place
 */
struct ctl {
	struct cipsec *h;
	bool json;
	bool all;
	bool verbose;
	bool watching;
};

/* Each prints its subject; 0 or -errno, for which cipsec_error() has a sentence. */
int ctl_status(struct ctl *ctl);
int ctl_show_assoc(struct ctl *ctl);
int ctl_show_conn(struct ctl *ctl);
int ctl_show_policy(struct ctl *ctl);
int ctl_show_stats(struct ctl *ctl);
int ctl_events(struct ctl *ctl);

/* objects as JSON, also used by the events */
json_t *ctl_assoc_json(const struct cipsec_assoc *assoc);
json_t *ctl_conn_json(const struct cipsec_conn *conn);
json_t *ctl_policy_json(const struct cipsec_policy *policy);
char *ctl_policy_prefix(const struct cipsec_policy *policy);
bool ctl_stat_is_drop(unsigned int stat);

/* peer.c: what the agent says of an object */
json_t *ctl_note_json(const uint8_t *data, size_t len);
char *ctl_note(const uint8_t *data, size_t len, const char *key);
char *ctl_peer_name(const struct cipsec_assoc *assoc);

/* print.c */
void ctl_print_json(const struct ctl *ctl, json_t *json);
char *ctl_age(uint64_t msec);
char *ctl_bytes(uint64_t bytes);
const char *ctl_name(const char *const *names, size_t count, unsigned int i);
char *ctl_format(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

#define CTL_NAME(names, i) \
	ctl_name((names), sizeof(names) / sizeof((names)[0]), (i))

#endif
