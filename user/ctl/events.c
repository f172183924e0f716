// SPDX-License-Identifier: GPL-2.0-only
/*
 * events: what happens, as it happens.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "ctl.h"

/* The wall clock, with its zone: only people and log files read it. */
static void stamp(char buf[40])
{
	struct timespec ts;
	struct tm tm;
	size_t len;

	clock_gettime(CLOCK_REALTIME, &ts);
	localtime_r(&ts.tv_sec, &tm);
	len = strftime(buf, 40, "%FT%T", &tm);
	len += (size_t)snprintf(buf + len, 40 - len, ".%03ld",
				ts.tv_nsec / 1000000);
	strftime(buf + len, 40 - len, "%z", &tm);
}

static void print_json(const struct ctl *ctl, const struct cipsec_event *event)
{
	char when[40];
	json_t *json;

	stamp(when);
	json = json_pack("{s:s, s:s, s:I}", "time", when, "type",
			 CTL_NAME(cipsec_event_type_names, event->type),
			 "seq", (json_int_t)event->seq);
	if (event->has_assoc)
		json_object_set_new(json, "assoc",
				    ctl_assoc_json(&event->assoc));
	if (event->has_conn)
		json_object_set_new(json, "conn", ctl_conn_json(&event->conn));
	if (event->has_policy)
		json_object_set_new(json, "policy",
				    ctl_policy_json(&event->policy));
	if (event->type == CIPSEC_EVENT_MTU)
		json_object_set_new(json, "size", json_integer(event->size));
	ctl_print_json(ctl, json);
}

static void print_assoc(const struct cipsec_assoc *assoc)
{
	char local[CIPSEC_ENDPOINT_STRLEN], remote[CIPSEC_ENDPOINT_STRLEN];
	char *peer = ctl_peer_name(assoc);

	printf(" association %" PRIu32 " %s %s <-> %s", assoc->id, peer,
	       cipsec_endpoint_print(&assoc->local, local),
	       cipsec_endpoint_print(&assoc->remote, remote));
	if (assoc->keyed)
		printf(" %s", cipsec_suite_name(assoc->suite) ?: "?");
	if (assoc->reason)
		printf(" (%s)", CTL_NAME(cipsec_reason_names, assoc->reason));
	free(peer);
}

static void print_conn(const struct cipsec_conn *conn)
{
	printf(" connection %" PRIu32 " of association %" PRIu32, conn->id,
	       conn->assoc);
	if (conn->flags & CIPSEC_CONN_F_ANY)
		printf(" any id");
	else
		printf(" produces 0x%08" PRIx32 " consumes 0x%08" PRIx32,
		       conn->produced, conn->consumed);
	if (conn->reason)
		printf(" (%s)", CTL_NAME(cipsec_reason_names, conn->reason));
}

static void print_text(const struct cipsec_event *event)
{
	char when[40], *prefix;

	stamp(when);
	printf("%s %" PRIu64 " %s", when, event->seq,
	       CTL_NAME(cipsec_event_type_names, event->type));
	if (event->has_assoc)
		print_assoc(&event->assoc);
	if (event->has_conn)
		print_conn(&event->conn);
	if (event->has_policy) {
		prefix = ctl_policy_prefix(&event->policy);
		printf(" %s %s", prefix,
		       CTL_NAME(cipsec_verb_names, event->policy.verb));
		free(prefix);
	}
	if (event->type == CIPSEC_EVENT_MTU)
		printf(": at most %" PRIu32 " bytes fit", event->size);
	putchar('\n');
}

static void print_event(const struct cipsec_event *event, void *arg)
{
	const struct ctl *ctl = arg;

	if (ctl->json)
		print_json(ctl, event);
	else
		print_text(event);
}

int ctl_events(struct ctl *ctl)
{
	struct pollfd pfd = { .fd = cipsec_fd(ctl->h), .events = POLLIN };
	int err;

	/* One line an event, also when it is JSON. */
	ctl->watching = true;
	setvbuf(stdout, NULL, _IOLBF, 0);

	err = cipsec_subscribe(ctl->h, print_event, ctl);
	while (err >= 0) {
		if (poll(&pfd, 1, -1) < 0)
			return -errno;

		err = cipsec_dispatch(ctl->h);
		if (err == -ENOBUFS) {
			fprintf(stderr, "cipsecctl: events were lost, see the gap in their numbers: run `cipsecctl show assoc'\n");
			err = 0;
		}
	}
	return err;
}
