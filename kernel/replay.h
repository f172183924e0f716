/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Anti-replay window: the ring of RFC 6479 over 48 bit record numbers.
 *
 * Used in two steps (RFC 6347 4.1.2.6): cipsec_replay_check() before the record
 * is opened, so that a flood of old records costs no decryption, and
 * cipsec_replay_commit() after its authentication, which alone moves the window.
 *
 * Pure: compiles in user space too, see portable.h.
 */
#ifndef _CIPSEC_REPLAY_H
#define _CIPSEC_REPLAY_H

#include "portable.h"

#define CIPSEC_REPLAY_BITS	1024
#define CIPSEC_REPLAY_WORDS	(CIPSEC_REPLAY_BITS / BITS_PER_LONG)
/* One word is being cleared while the window moves into it */
#define CIPSEC_REPLAY_WINDOW	(CIPSEC_REPLAY_BITS - BITS_PER_LONG)

/**
 * struct cipsec_replay - numbers received
 * @highest: highest number accepted
 * @ring: bit n % CIPSEC_REPLAY_BITS set: n was accepted
 */
struct cipsec_replay {
	u64 highest;
	unsigned long ring[CIPSEC_REPLAY_WORDS];
};

enum cipsec_replay_verdict {
	CIPSEC_REPLAY_OK,
	CIPSEC_REPLAY_SEEN,	/* received before */
	CIPSEC_REPLAY_OLD,	/* below the window */
};

static inline unsigned int cipsec_replay_word(u64 n)
{
	return n / BITS_PER_LONG & (CIPSEC_REPLAY_WORDS - 1);
}

static inline unsigned long cipsec_replay_bit(u64 n)
{
	return 1UL << (n & (BITS_PER_LONG - 1));
}

/**
 * cipsec_replay_init() - begin an epoch
 * @r: window
 *
 * Number 0 counts as received: it was the peer's Finished.
 */
static inline void cipsec_replay_init(struct cipsec_replay *r)
{
	memset(r, 0, sizeof(*r));
	r->ring[0] = 1;
}

/**
 * cipsec_replay_check() - may a record with this number be opened?
 * @r: window
 * @n: record number
 *
 * Context: any; without a lock the answer is a guess that
 * cipsec_replay_commit() makes good.
 */
static inline enum cipsec_replay_verdict
cipsec_replay_check(const struct cipsec_replay *r, u64 n)
{
	u64 highest = READ_ONCE(r->highest);

	if (n > highest)
		return CIPSEC_REPLAY_OK;
	if (highest - n >= CIPSEC_REPLAY_WINDOW)
		return CIPSEC_REPLAY_OLD;
	if (READ_ONCE(r->ring[cipsec_replay_word(n)]) & cipsec_replay_bit(n))
		return CIPSEC_REPLAY_SEEN;
	return CIPSEC_REPLAY_OK;
}

/**
 * cipsec_replay_commit() - an authenticated record has this number
 * @r: window
 * @n: record number
 *
 * Context: the caller serialises all calls for @r.
 */
static inline enum cipsec_replay_verdict
cipsec_replay_commit(struct cipsec_replay *r, u64 n)
{
	unsigned int word = cipsec_replay_word(n);
	u64 top, gap;

	if (n > r->highest) {
		top = r->highest / BITS_PER_LONG;
		gap = n / BITS_PER_LONG - top;
		if (gap > CIPSEC_REPLAY_WORDS)
			gap = CIPSEC_REPLAY_WORDS;
		for (; gap; gap--)
			WRITE_ONCE(r->ring[++top & (CIPSEC_REPLAY_WORDS - 1)], 0);
		WRITE_ONCE(r->highest, n);
	} else if (r->highest - n >= CIPSEC_REPLAY_WINDOW) {
		return CIPSEC_REPLAY_OLD;
	}
	if (r->ring[word] & cipsec_replay_bit(n))
		return CIPSEC_REPLAY_SEEN;
	WRITE_ONCE(r->ring[word], r->ring[word] | cipsec_replay_bit(n));
	return CIPSEC_REPLAY_OK;
}

#endif /* _CIPSEC_REPLAY_H */
