/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Record numbers and nonces that were seen under keys, and whether one comes back.
 */
#ifndef CIPSEC_INTEROP_SEEN_H
#define CIPSEC_INTEROP_SEEN_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct seen_in - what a number belongs to
 * @flow: association, and which key pair of it if there were several
 * @direction: 0 or 1
 * @kind: of the number
 */
struct seen_in {
	uint32_t flow;
	uint8_t direction;
	uint8_t kind;
};

enum { SEEN_NUMBER, SEEN_NONCE };

enum seen_verdict {
	SEEN_NEW,
	/* the very same record: the network may do that, not the sender */
	SEEN_SAME,
	/* the number, with other content: a key stream used twice */
	SEEN_REPEATED,
};

enum seen_verdict seen(const struct seen_in *in, uint64_t number,
		       const void *record, size_t len);

#endif
