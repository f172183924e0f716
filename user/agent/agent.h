/* SPDX-License-Identifier: GPL-2.0-only */
/* The agent as a whole: what its parts share. */
#ifndef CIPSEC_AGENT_H
#define CIPSEC_AGENT_H

#include <stdint.h>
#include <stdio.h>

#include <systemd/sd-event.h>

#include <cipsec.h>

#include "cookie.h"
#include "settings.h"

struct assoc;
struct listener;

/**
 * struct agent - one a network namespace
 * @set: settings in force
 * @kernel: owner of the associations
 * @loop: everything happens in it
 * @listeners: unconnected sockets, one a local address
 * @assocs: associations and handshakes, newest first
 * @bind_timer: a connection waits for its association's predecessor
 * @cookie: secrets behind the cookies
 * @key_log: where secrets are written to, or NULL
 * @handshakes: of clients that run now
 * @unlisted: datagrams on our ports of addresses that may not connect
 * @unlisted_logged: when they were last reported, milliseconds
 * @crowded_logged: when it was last reported that there are too many handshakes
 * @stopping: a signal told so
 */
struct agent {
	struct settings *set;
	struct cipsec *kernel;
	sd_event *loop;
	struct listener *listeners;
	struct assoc *assocs;
	sd_event_source *bind_timer;
	struct cipsec_cookie cookie;
	FILE *key_log;
	unsigned int handshakes;
	uint64_t unlisted;
	uint64_t unlisted_logged;
	uint64_t crowded_logged;
	bool stopping;
};

/* milliseconds of CLOCK_MONOTONIC */
uint64_t agent_now(void);

/*
 * Makes @source fire in @ms milliseconds, creating it when it is NULL; one that
 * exists keeps its function. Negative: never.
 */
int agent_timer(struct agent *agent, sd_event_source **source, int ms,
		sd_event_time_handler_t fn, void *arg);

#endif
