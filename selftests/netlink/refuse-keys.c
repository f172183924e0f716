// SPDX-License-Identifier: GPL-2.0-only
/* Keys that do not fit, come too late, or were used before. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "refusals.h"

static struct request req;

static void ask_keys(struct refusals *r, const struct keys *keys)
{
	keys_request(&r->link, &req, keys);
	request_ask(&r->link, &req, &r->answer);
}

/* One part of one direction made longer, shorter, absent or superfluous */
static void one_length(struct refusals *r, struct keys *keys, size_t *len, size_t max,
		       const char *word, uint16_t attr)
{
	size_t right = *len, n = right == ABSENT ? 0 : right;
	const size_t wrong[] = { n + 1, n ? n - 1 : 2, n ? ABSENT : 1, 0 };
	char what[64];
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		/* An empty one is as good as none. */
		if (!n && !wrong[i])
			continue;
		*len = wrong[i];
		ask_keys(r, keys);
		snprintf(what, sizeof(what), "suite %04x: %s of %zd bytes", keys->suite, word,
			 (ssize_t)*len);
		/* Longer than any suite's is the parser's to refuse. */
		refused(r, what, *len != ABSENT && *len > max ? -ERANGE : -EINVAL, word, attr);
	}
	*len = right;
}

static void each_length(struct refusals *r, struct keys *keys, struct part *part)
{
	one_length(r, keys, &part->enc_len, 32, "enc-key", CIPSEC_A_DIR_ENC_KEY);
	one_length(r, keys, &part->mac_len, 48, "mac-key", CIPSEC_A_DIR_MAC_KEY);
	one_length(r, keys, &part->salt_len, 12, "salt", CIPSEC_A_DIR_SALT);
}

static void lengths(struct refusals *r)
{
	struct keys keys;
	size_t i;

	for (i = 0; i < 3; i++) {
		keys_make(&keys, next_assoc(r, PEER), suites[i]);
		each_length(r, &keys, &keys.tx);
		each_length(r, &keys, &keys.rx);
		ask_keys(r, &keys);
		accepted(r, "right lengths");
	}
	tap_result(&r->tap, "each_wrong_length_of_a_key_is_refused_and_named");
}

static void unknown_suites(struct refusals *r)
{
	const uint16_t unknown[] = { 0x0000, 0x0001, 0x1301, 0xc02a, 0xffff };
	struct keys keys;
	size_t i;

	keys_make(&keys, next_assoc(r, PEER), 0xc02b);
	for (i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		keys.suite = unknown[i];
		ask_keys(r, &keys);
		refused(r, "unknown suite", -EOPNOTSUPP, "suite", CIPSEC_A_KEY_SUITE);
	}
	keys.suite = 0xc02b;
	ask_keys(r, &keys);
	accepted(r, "a known one");
	tap_result(&r->tap, "unknown_suite_is_refused");
}

static void missing_association(struct refusals *r)
{
	struct keys keys;

	keys_make(&keys, 4711, 0xc02b);
	ask_keys(r, &keys);
	refused(r, "an id that never was", -ENOENT, "association", 0);
	keys.assoc = next_assoc(r, PEER);
	assoc_del(&r->link, keys.assoc, &r->answer);
	accepted(r, "deleting it");
	ask_keys(r, &keys);
	refused(r, "an id that was", -ENOENT, "association", 0);
	keys.assoc = next_assoc(r, PEER);
	ask_keys(r, &keys);
	accepted(r, "the same keys for one that is");
	tap_result(&r->tap, "key_for_a_missing_association_is_refused");
}

static void second_key(struct refusals *r)
{
	uint32_t assoc = next_assoc(r, PEER);
	struct keys keys;

	keys_make(&keys, assoc, 0xc02b);
	ask_keys(r, &keys);
	accepted(r, "the first");
	keys_make(&keys, assoc, 0xc02b);
	ask_keys(r, &keys);
	refused(r, "the second", -EEXIST, "keys", 0);
	/* What was refused was never used. */
	keys.assoc = next_assoc(r, PEER);
	ask_keys(r, &keys);
	accepted(r, "the second, for another association");
	tap_result(&r->tap, "second_key_of_an_association_is_refused");
}

static void same_key(struct refusals *r)
{
	struct keys keys;
	uint32_t first;
	size_t i;

	for (i = 0; i < 3; i++) {
		first = next_assoc(r, PEER);
		keys_make(&keys, first, suites[i]);
		ask_keys(r, &keys);
		accepted(r, "the first time");
		keys.assoc = next_assoc(r, PEER);
		ask_keys(r, &keys);
		refused(r, "beside the first", -EKEYREJECTED, "tx", 0);
		assoc_del(&r->link, first, &r->answer);
		accepted(r, "deleting the first");
		ask_keys(r, &keys);
		refused(r, "after the first", -EKEYREJECTED, "tx", 0);
		/* A nonce is salt and number: another salt, no repetition. */
		keys.tx.bytes[i == 2 ? 0 : 48] ^= 1;
		ask_keys(r, &keys);
		accepted(r, "with one bit changed");
	}
	tap_result(&r->tap, "same_key_is_refused_in_each_later_association");

	keys_make(&keys, next_assoc(r, PEER), 0xc02b);
	ask_keys(r, &keys);
	accepted(r, "the first time");
	begin_empty(r);
	keys.assoc = next_assoc(r, PEER);
	ask_keys(r, &keys);
	refused(r, "in another namespace", -EKEYREJECTED, "tx", 0);
	tap_result(&r->tap, "same_key_is_refused_in_another_namespace");
}

/* Optional attributes out of their range */
static void ranges(struct refusals *r)
{
	static const struct {
		uint16_t attr;
		size_t size;
		uint64_t bad;
	} rows[] = {
		{ CIPSEC_A_KEY_ASSOC, 4, 0 },
		{ CIPSEC_A_KEY_EPOCH, 2, 0 },
		{ CIPSEC_A_KEY_TX_START, 8, 1023 },
		{ CIPSEC_A_KEY_TX_START, 8, 1ULL << 48 },
		{ CIPSEC_A_KEY_HOLD, 4, 60001 },
		{ CIPSEC_A_KEY_RESERVE, 4, 600001 },
		{ CIPSEC_A_KEY_LIMIT_RECORDS, 8, 1ULL << 48 },
	};
	struct keys keys;
	size_t i;

	keys_make(&keys, next_assoc(r, PEER), 0xc02b);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		keys_request(&r->link, &req, &keys);
		request_put(&req, rows[i].attr, &rows[i].bad, rows[i].size);
		request_ask(&r->link, &req, &r->answer);
		refused(r, "out of range", -ERANGE, NULL, rows[i].attr);
	}
	keys_request(&r->link, &req, &keys);
	request_put_u64(&req, CIPSEC_A_KEY_TX_START, 1024);
	request_put_u16(&req, CIPSEC_A_KEY_EPOCH, 1);
	request_ask(&r->link, &req, &r->answer);
	accepted(r, "at the edge of the range");
	tap_result(&r->tap, "numbers_out_of_range_are_refused_and_pointed_to");
}

void refuse_keys(struct refusals *r)
{
	begin_empty(r);
	lengths(r);
	unknown_suites(r);
	missing_association(r);
	second_key(r);
	ranges(r);
	same_key(r);
}
