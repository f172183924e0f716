// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who else holds a datagram's memory, and which code protects it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../io/wire.h"
#include "bed.h"

#define SECRET	"this is what the machine does next"

static uint64_t beside(struct bed *bed, unsigned int counter)
{
	uint64_t now[CIPSEC_A_STAT_PAD];

	if (!bed_check(bed, !cipsec_stats_get(bed->h, now)))
		return 0;
	return now[counter] - bed->before[counter];
}

/**
 * struct seen - what a tap saw
 * @clear: frames that hold the secret
 * @same: frames that hold the record as it was sent
 * @records: frames that hold a record
 */
struct seen {
	unsigned int clear;
	unsigned int same;
	unsigned int records;
};

static void look(struct seen *seen, int tap, const uint8_t *rec, size_t len)
{
	static uint8_t frame[WIRE_FRAME_MAX];
	struct wire_udp udp;
	ssize_t n;

	*seen = (struct seen){ };
	while ((n = wire_receive(tap, frame)) >= 0) {
		seen->clear += !!memmem(frame, n, SECRET, strlen(SECRET));
		seen->same += rec && memmem(frame, n, rec, len);
		seen->records += wire_udp_parse(&udp, frame, n) &&
				 wire_record(udp.data, udp.len);
	}
}

/* It holds a clone of what the module opens in place. */
static void tap_on_the_interface_sees_records_only(struct bed *bed)
{
	bool is_secret = bed->suite != 0xc006;
	uint8_t rec[256], io[128];
	struct tuple unlisted = {
		ADDR_UNLISTED, ADDR_B, CIPSEC_PORT_IO, CIPSEC_PORT_IO
	};
	struct seen seen;
	size_t len, n;
	int tap;

	if (!bed_check(bed, !bed_open(bed)))
		return;
	bed_enter(SIDE_B);
	tap = wire_open("vb");
	if (!bed_check(bed, tap >= 0))
		return;
	/* Without a tap nothing is copied: see the control below. */
	bed_mark(bed);
	n = io_make(io, ID_CONSUMED, SECRET, strlen(SECRET));
	len = link_seal(&bed->link, rec, 23, io, n);
	link_inject(bed, &bed->link, rec, len);
	bed_check(bed, recv(bed->program, io, sizeof(io), 0) == (ssize_t)n &&
		  memmem(io, n, SECRET, strlen(SECRET)));
	look(&seen, tap, rec, len);
	bed_check(bed, seen.records == 1 && seen.same == 1);
	bed_check(bed, seen.clear == !is_secret);
	bed_check(bed, beside(bed, CIPSEC_A_STAT_COPIED) == 1);

	/* and of what the program sends */
	n = io_make(io, ID_PRODUCED, SECRET, strlen(SECRET));
	bed_check(bed, !program_send(bed, io, n));
	look(&seen, tap, NULL, 0);
	bed_check(bed, seen.records == 1);
	bed_check(bed, seen.clear == !is_secret);

	/* What is in clear, it sees. */
	n = io_make(io, ID_UNBOUND, SECRET, strlen(SECRET));
	bed_inject(bed, &unlisted, io, n);
	bed_check(bed, recv(bed->program, io, sizeof(io), 0) == (ssize_t)n);
	look(&seen, tap, NULL, 0);
	bed_check(bed, seen.clear == 1 && !seen.records);
	close(tap);

	bed_mark(bed);
	bed_want(bed, CIPSEC_A_STAT_RX_OPENED, 1);
	len = link_seal_good(bed, &bed->link, rec);
	link_inject(bed, &bed->link, rec, len);
	bed_judge_only(bed);
	bed_check(bed, !beside(bed, CIPSEC_A_STAT_COPIED));
	bed_judge(bed);
}

/* ---- Without SIMD ------------------------------------------------------------- */

/* Send through B both ways; all of it counts, or none of it. */
static void exchange(struct bed *bed, bool is_slow)
{
	uint8_t io[128], rec[256], got[256];
	struct records_plan plan;
	size_t len, n;
	int i;

	bed_check(bed, !set_no_simd(is_slow));
	bed_mark(bed);
	for (i = 0; i < 10; i++) {
		len = link_seal_good(bed, &bed->link, rec);
		link_inject(bed, &bed->link, rec, len);
		n = io_make(io, ID_PRODUCED, &i, sizeof(i));
		bed_check(bed, !program_send(bed, io, n));
		bed_check(bed, link_take(&bed->link, &plan, got) == (ssize_t)n &&
			  !memcmp(got, io, n));
	}
	len = link_seal_good(bed, &bed->link, rec);
	rec[len - 1] ^= 1;
	link_inject(bed, &bed->link, rec, len);
	bed_want(bed, CIPSEC_A_STAT_RX_OPENED, 10);
	bed_want(bed, CIPSEC_A_STAT_TX_SEALED, 10);
	bed_want(bed, CIPSEC_A_STAT_RX_BAD_MAC, 1);
	bed_judge_only(bed);
	n = beside(bed, CIPSEC_A_STAT_SLOW_CRYPTO);
	if (n != (is_slow ? 21 : 0))
		bed_fail(bed, "SlowCrypto has moved by %zu, not by %d", n,
			 is_slow ? 21 : 0);
}

static void records_without_simd_are_counted_and_the_same(struct bed *bed)
{
	struct cipsec_assoc assoc;

	if (!bed_check(bed, !bed_open(bed)) ||
	    !bed_check(bed, !cipsec_assoc_get(bed->h, bed->link.id, &assoc)))
		return;
	bed_check(bed, assoc.accel);
	exchange(bed, false);
	exchange(bed, true);
	exchange(bed, false);
}

const struct test memory_tests[] = {
	TEST(tap_on_the_interface_sees_records_only, SUITE_ALL),
	TEST(records_without_simd_are_counted_and_the_same, SUITE_AEAD),
	{ }
};
