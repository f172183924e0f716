/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an agent leaves with the kernel's objects for its successor: lines
 * `key=value`, the first of which is `v=1`. An unknown version is not
 * understood, unknown keys are skipped.
 */
#ifndef CIPSEC_AGENT_NOTE_H
#define CIPSEC_AGENT_NOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/**
 * struct note - an association's or a connection's
 * @peer: name of the [peer]
 * @subject: of its certificate
 * @connection: name of the [connection], for a connection
 * @made: when, seconds since 1970, for people only
 */
struct note {
	char peer[64];
	char subject[256];
	char connection[64];
	time_t made;
};

/* returns the length, at most @room */
size_t note_write(const struct note *note, char *buf, size_t room);

/* false when it is not one that this agent understands */
bool note_read(struct note *note, const uint8_t *data, size_t len);

#endif
