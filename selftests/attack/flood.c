// SPDX-License-Identifier: GPL-2.0-only
/*
 * Datagrams of no meaning, most of them almost records.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bed.h"

/* xorshift64*: the same datagrams in every run. */
static uint64_t state = 0x9e3779b97f4a7c15;

static uint64_t random_number(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1d;
}

static size_t random_bytes(uint8_t *buf, size_t max)
{
	size_t len = random_number() % max, i;

	for (i = 0; i < len; i++)
		buf[i] = random_number();
	return len;
}

/* Of a protected type, of the keys' epoch, sometimes of a length that fits. */
static void dress_as_record(uint8_t *buf, size_t len)
{
	static const uint8_t types[] = { 21, 22, 23, 23, 23, 23, 24, 26 };

	if (len < RECORDS_HDR_LEN)
		return;
	buf[0] = types[random_number() % sizeof(types)];
	buf[1] = 0xfe;
	buf[2] = 0xfd;
	if (random_number() % 4) {
		buf[3] = 0;
		buf[4] = 1;
	}
	if (random_number() % 4) {
		buf[11] = (len - RECORDS_HDR_LEN) >> 8;
		buf[12] = len - RECORDS_HDR_LEN;
	}
}

static void dress_as_cpf(uint8_t *buf, size_t len)
{
	static const uint8_t head[] = { 2, 0, 2, 0x80, 8, 0 };
	uint32_t id = ID_CONSUMED;

	if (len < sizeof(head) + sizeof(id))
		return;
	memcpy(buf, head, sizeof(head));
	if (random_number() & 1)
		memcpy(buf + sizeof(head), &id, sizeof(id));
}

static void inject_random(struct bed *bed)
{
	static const struct tuple tuples[] = {
		{ ADDR_A, ADDR_B, PEER_PORT, CIPSEC_PORT_SECURE },
		{ ADDR_A, ADDR_B, PEER_PORT, CIPSEC_PORT_SECURE },
		{ ADDR_A, ADDR_B, CIPSEC_PORT_IO, CIPSEC_PORT_IO },
		{ ADDR_A, ADDR_B, 50123, CIPSEC_PORT_SECURE },
		{ ADDR_UNLISTED, ADDR_B, 50123, CIPSEC_PORT_SECURE },
	};
	uint8_t buf[200];
	size_t len = random_bytes(buf, sizeof(buf));

	switch (random_number() % 4) {
	case 0:
		break;
	case 1:
		dress_as_cpf(buf, len);
		break;
	default:
		dress_as_record(buf, len);
	}
	bed_inject(bed, &tuples[random_number() % LENGTH(tuples)], buf, len);
}

/* What may happen to them, and what did: their sum is their number. */
static void account(struct bed *bed, uint64_t sent)
{
	static const unsigned int refused[] = {
		CIPSEC_A_STAT_RX_CLEAR_PORT, CIPSEC_A_STAT_RX_CLEAR_REFUSED,
		CIPSEC_A_STAT_RX_CLEAR_BOUND, CIPSEC_A_STAT_RX_MALFORMED,
		CIPSEC_A_STAT_RX_MULTI, CIPSEC_A_STAT_RX_EPOCH,
		CIPSEC_A_STAT_RX_TYPE, CIPSEC_A_STAT_RX_NO_ASSOC,
		CIPSEC_A_STAT_RX_BAD_MAC, CIPSEC_A_STAT_RX_REPLAY,
		CIPSEC_A_STAT_RX_OLD, CIPSEC_A_STAT_RX_RATE,
		CIPSEC_A_STAT_RX_HANDSHAKE,
	};
	uint64_t now[CIPSEC_A_STAT_PAD] = { }, sum = 0;
	unsigned int waited;
	size_t i;

	for (waited = 0; waited < 500 && sum < sent; waited++) {
		if (waited)
			bed_sleep(10);
		if (!bed_check(bed, !cipsec_stats_get(bed->h, now)))
			return;
		for (sum = 0, i = 0; i < LENGTH(refused); i++)
			sum += now[refused[i]] - bed->before[refused[i]];
	}
	if (sum != sent)
		bed_fail(bed, "%" PRIu64 " datagrams moved the counters of refusal by %" PRIu64,
			 sent, sum);
	for (i = 0; i < LENGTH(refused); i++)
		bed_want(bed, refused[i],
			 now[refused[i]] - bed->before[refused[i]]);
	bed_check(bed, bed->wanted[CIPSEC_A_STAT_RX_BAD_MAC] > sent / 100);
	bed_check(bed, bed->wanted[CIPSEC_A_STAT_RX_CLEAR_PORT] > sent / 100);
	bed_check(bed, bed->wanted[CIPSEC_A_STAT_RX_CLEAR_REFUSED] > sent / 100);
}

static void random_datagrams_are_refused_and_counted_one_by_one(struct bed *bed)
{
	unsigned int n = bed->is_long ? 100000 : bed->is_reduced ? 1000 : 5000;
	unsigned int i;

	if (!bed_check(bed, !bed_open(bed)))
		return;
	bed_mark(bed);
	for (i = 0; i < n; i++)
		inject_random(bed);
	printf("# %u datagrams\n", n);
	account(bed, n);
	bed_judge(bed);
	/* The second's handshakes are used up. */
	bed_sleep(1100);
}

const struct test flood_tests[] = {
	TEST_SLOW(random_datagrams_are_refused_and_counted_one_by_one, SUITE_ALL),
	{ }
};
