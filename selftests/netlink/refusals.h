/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CIPSEC_SELFTEST_REFUSALS_H
#define CIPSEC_SELFTEST_REFUSALS_H

#include "objects.h"
#include "tap.h"

#define PEER	"127.0.0.2"
#define OTHER	"127.0.0.3"

/**
 * struct refusals - what the tests work with
 * @tap: results
 * @link: in the test's own namespace
 * @fd: UDP socket that each association takes its endpoints from
 * @port: of the peer that @fd was connected to last
 * @answer: the last one
 */
struct refusals {
	struct tap tap;
	struct link link;
	int fd;
	uint16_t port;
	struct answer answer;
};

/*
 * The last answer is this errno, with a sentence. Either the sentence has @word in
 * it or the answer points to the attribute @attr: one of them names the field.
 */
void refused(struct refusals *r, const char *what, int err, const char *word, uint16_t attr);

/* The last answer is: done. */
void accepted(struct refusals *r, const char *what);

/* A namespace without policies and associations, and a socket in it */
void begin_empty(struct refusals *r);

/* A new association with the next port of a peer; @r->answer tells. */
uint32_t next_assoc(struct refusals *r, const char *peer);

void refuse_keys(struct refusals *r);
void refuse_policies(struct refusals *r);
void refuse_associations(struct refusals *r);
void refuse_connections(struct refusals *r);
void refuse_messages(struct refusals *r);

#endif
