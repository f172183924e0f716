// SPDX-License-Identifier: GPL-2.0-only
/*
 * What B's program sends, as the peer gets it: records that another implementation
 * opens, numbers that never come twice, and nothing where nothing may be sent.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bed.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT	103
#endif

#define MTU		1500
#define IP_UDP		28

static const struct cipsec_conn usual_conn = {
	.consumed = ID_CONSUMED,
	.produced = ID_PRODUCED,
	.transport = 1,
};

static int open_with(struct bed *bed, const struct cipsec_key *settings)
{
	int err = bed_open_bare(bed);

	if (!err)
		err = link_open(bed, &bed->link, PEER_PORT, settings);
	if (!err)
		err = link_bind(bed, &bed->link, &usual_conn);
	return err;
}

static size_t growth(const struct bed *bed)
{
	const struct records_suite *suite = records_suite_find(bed->suite);

	return (size_t)suite->front + suite->tail;
}

/* The peer has got exactly this, sealed with this number. */
static void take(struct bed *bed, const void *data, size_t len, uint64_t number)
{
	static uint8_t got[DATAGRAM_MAX];
	struct records_plan plan;
	ssize_t n = link_take(&bed->link, &plan, got);

	if (n != (ssize_t)len || memcmp(got, data, len))
		bed_fail(bed, "record %ju: opened %zd of %zu bytes",
			 (uintmax_t)number, n, len);
	else if (plan.type != 23 || plan.epoch != 1 || plan.number != number)
		bed_fail(bed, "record of type %u, epoch %u, number %ju, not %ju",
			 plan.type, plan.epoch, (uintmax_t)plan.number,
			 (uintmax_t)number);
}

static void nothing_more(struct bed *bed)
{
	uint8_t byte;

	bed_check(bed, recv(bed->link.peer, &byte, 1, MSG_DONTWAIT) < 0);
}

static void sealed_io_is_opened_by_another_implementation(struct bed *bed)
{
	static const size_t sizes[] = { 1, 2, 15, 16, 17, 64, 100, 500, 1400 };
	uint8_t io[1500], data[1400];
	uint64_t number = CIPSEC_RECORD_RESERVE;
	size_t len, i, j;

	if (!bed_check(bed, !bed_open(bed)))
		return;
	for (i = 0; i < sizeof(data); i++)
		data[i] = i * 7;
	bed_mark(bed);
	for (j = 0; j < 5; j++)
		for (i = 0; i < LENGTH(sizes); i++) {
			len = j == 3 ? io_make_00a1(io, ID_PRODUCED_0, data, sizes[i]) :
			      io_make(io, j & 1 ? ID_PRODUCED : ID_PRODUCED_0,
				      data, sizes[i]);
			bed_check(bed, !program_send(bed, io, len));
			take(bed, io, len, number++);
		}
	bed_want(bed, CIPSEC_A_STAT_TX_SEALED, 5 * LENGTH(sizes));
	bed_judge(bed);
	nothing_more(bed);
}

/* Records of the agent take their numbers from the same well. */
static void no_number_is_used_twice(struct bed *bed)
{
	uint8_t io[128], got[256];
	struct records_plan plan;
	uint64_t number;
	size_t len;
	int i;

	if (!bed_check(bed, !bed_open(bed)))
		return;
	bed_mark(bed);
	for (i = 0; i < 100; i++) {
		number = CIPSEC_RECORD_RESERVE + i;
		if (i % 3) {
			len = io_make(io, ID_PRODUCED, &i, sizeof(i));
			bed_check(bed, !program_send(bed, io, len));
			bed_want(bed, CIPSEC_A_STAT_TX_SEALED, 1);
			take(bed, io, len, number);
			continue;
		}
		bed_check(bed, !cipsec_record_tx(bed->h, bed->link.id,
						 i & 1 ? 21 : 23, &i, 2,
						 &number));
		bed_want(bed, CIPSEC_A_STAT_TX_RECORD, 1);
		bed_check(bed, number == CIPSEC_RECORD_RESERVE + (uint64_t)i);
		bed_check(bed, link_take(&bed->link, &plan, got) == 2);
		bed_check(bed, plan.number == number &&
			  plan.type == (i & 1 ? 21 : 23) && !memcmp(got, &i, 2));
	}
	bed_judge(bed);
}

static void io_of_a_wrong_size_is_refused_and_counted(struct bed *bed)
{
	const struct cipsec_conn conn = {
		.consumed = 0x33330003,
		.produced = 0x44440003,
		.transport = 1,
		.tx_size = 40,
	};
	uint8_t io[128], data[64] = { };
	size_t len;

	if (!bed_check(bed, !bed_open(bed)) ||
	    !bed_check(bed, !link_bind(bed, &bed->link, &conn)))
		return;
	bed_mark(bed);
	len = io_make(io, conn.produced, data, 41);
	bed_check(bed, program_send(bed, io, len) == -EMSGSIZE);
	len = io_make(io, conn.produced, data, 40);
	io[16]--;
	bed_check(bed, program_send(bed, io, len) == -EMSGSIZE);
	bed_check(bed, program_send(bed, io, 14) == -EMSGSIZE);
	bed_want(bed, CIPSEC_A_STAT_TX_SIZE, 3);
	len = io_make(io, conn.produced, data, 40);
	bed_check(bed, !program_send(bed, io, len));
	bed_want(bed, CIPSEC_A_STAT_TX_SEALED, 1);
	take(bed, io, len, CIPSEC_RECORD_RESERVE);
	nothing_more(bed);
	bed_judge(bed);
}

static void io_on_wrong_ports_is_refused_and_counted(struct bed *bed)
{
	const struct cipsec_conn conn = {
		.consumed = 0x33330004,
		.produced = 0x44440004,
		.transport = 1,
		.tx_local_port = 45000,
		.tx_remote_port = 45001,
	};
	uint8_t io[128];
	int right = bed_socket(SIDE_B, 45000);
	size_t len;

	if (!bed_check(bed, !bed_open(bed)) ||
	    !bed_check(bed, !link_bind(bed, &bed->link, &conn)))
		goto out;
	bed_mark(bed);
	len = io_make(io, conn.produced, "data", 4);
	bed_check(bed, program_send_from(bed->program, ADDR_A, 45001, io, len) ==
		  -EPERM);
	bed_check(bed, program_send_from(right, ADDR_A, CIPSEC_PORT_IO, io, len) ==
		  -EPERM);
	bed_check(bed, program_send_from(right, ADDR_A, 44999, io, len) == -EPERM);
	bed_want(bed, CIPSEC_A_STAT_TX_PORT, 3);
	bed_check(bed, !program_send_from(right, ADDR_A, 45001, io, len));
	take(bed, io, len, CIPSEC_RECORD_RESERVE);
	/* where any local port will do */
	len = io_make(io, ID_PRODUCED, "data", 4);
	bed_check(bed, !program_send_from(right, ADDR_A, CIPSEC_PORT_IO, io, len));
	take(bed, io, len, CIPSEC_RECORD_RESERVE + 1);
	bed_want(bed, CIPSEC_A_STAT_TX_SEALED, 2);
	nothing_more(bed);
	bed_judge(bed);
out:
	close(right);
}

static void io_beyond_the_mtu_is_refused_with_the_size_that_fits(struct bed *bed)
{
	static uint8_t io[2048], data[2048];
	size_t fits, len;

	if (!bed_check(bed, !bed_open(bed)))
		return;
	fits = MTU - IP_UDP - growth(bed);
	bed_mark(bed);
	len = io_make(io, ID_PRODUCED, data, fits + 1 - 18);
	bed_check(bed, program_send(bed, io, len) == -EMSGSIZE);
	bed_want(bed, CIPSEC_A_STAT_TX_MTU, 1);
	bed_check(bed, bed_event(bed, CIPSEC_EVENT_MTU));
	bed_check(bed, bed->event_size == fits);
	len = io_make(io, ID_PRODUCED, data, fits - 18);
	bed_check(bed, !program_send(bed, io, len));
	bed_want(bed, CIPSEC_A_STAT_TX_SEALED, 1);
	take(bed, io, len, CIPSEC_RECORD_RESERVE);
	nothing_more(bed);
	bed_judge(bed);
}

static void allowed_fragments_carry_what_the_mtu_does_not(struct bed *bed)
{
	static const size_t sizes[] = { 1450, 1472, 1473, 3000, 16000 };
	static uint8_t io[20000], data[20000];
	size_t len, i;

	if (!bed_check(bed, !bed_open(bed)) ||
	    !bed_check(bed, !bed_policy(bed, ADDR_A, 32, CIPSEC_VERB_REQUIRE,
					CIPSEC_POLICY_F_ALLOW_FRAG)))
		return;
	bed_mark(bed);
	len = io_make(io, ID_PRODUCED, data, sizes[0] - 18);
	bed_check(bed, !program_send(bed, io, len));
	bed_want(bed, CIPSEC_A_STAT_TX_SEALED, 1);
	take(bed, io, len, CIPSEC_RECORD_RESERVE);
	bed_judge_only(bed);
	bed_check(bed, !bed->events[CIPSEC_EVENT_MTU]);

	/* and what the program's own socket would have had fragmented */
	for (i = 1; i < LENGTH(sizes); i++) {
		bed_mark(bed);
		len = io_make(io, ID_PRODUCED, data, sizes[i] - 18);
		bed_check(bed, !program_send(bed, io, len));
		bed_want(bed, CIPSEC_A_STAT_TX_SEALED, 1);
		take(bed, io, len, CIPSEC_RECORD_RESERVE + i);
		bed_judge_only(bed);
	}
	bed_judge(bed);
}

static void io_waits_for_the_peers_first_record(struct bed *bed)
{
	struct cipsec_key settings = bed_key_settings(bed);
	uint8_t io[128], rec[256];
	size_t len, rec_len;

	settings.hold = 60000;
	if (!bed_check(bed, !open_with(bed, &settings)))
		return;
	bed_mark(bed);
	len = io_make(io, ID_PRODUCED, "data", 4);
	bed_check(bed, program_send(bed, io, len) == -ENOKEY);
	/* A forgery proves nothing. */
	rec_len = link_seal_good_as(bed, &bed->link, rec, 1);
	rec[rec_len - 1] ^= 1;
	link_inject(bed, &bed->link, rec, rec_len);
	bed_want(bed, CIPSEC_A_STAT_RX_BAD_MAC, 1);
	bed_check(bed, program_send(bed, io, len) == -ENOKEY);
	bed_want(bed, CIPSEC_A_STAT_TX_HELD, 2);
	nothing_more(bed);
	bed_judge(bed);
	bed_mark(bed);
	bed_check(bed, !program_send(bed, io, len));
	bed_want(bed, CIPSEC_A_STAT_TX_SEALED, 1);
	/* Those refused have used no number. */
	take(bed, io, len, CIPSEC_RECORD_RESERVE);
	bed_judge(bed);
}

static void io_waits_no_longer_than_told(struct bed *bed)
{
	struct cipsec_key settings = bed_key_settings(bed);
	uint8_t io[128];
	size_t len;

	settings.hold = 1000;
	if (!bed_check(bed, !open_with(bed, &settings)))
		return;
	bed_mark(bed);
	len = io_make(io, ID_PRODUCED, "data", 4);
	bed_check(bed, program_send(bed, io, len) == -ENOKEY);
	bed_want(bed, CIPSEC_A_STAT_TX_HELD, 1);
	bed_sleep(1200);
	bed_check(bed, !program_send(bed, io, len));
	bed_want(bed, CIPSEC_A_STAT_TX_SEALED, 1);
	take(bed, io, len, CIPSEC_RECORD_RESERVE);
	bed_judge(bed);
}

static void numbers_end_and_never_begin_again(struct bed *bed)
{
	struct cipsec_key settings = bed_key_settings(bed);
	struct cipsec_assoc assoc;
	uint8_t io[128];
	size_t len;
	int i;

	settings.tx_start = NUMBER_MAX - 2;
	if (!bed_check(bed, !open_with(bed, &settings)))
		return;
	bed_mark(bed);
	len = io_make(io, ID_PRODUCED, "data", 4);
	for (i = 0; i < 3; i++) {
		bed_check(bed, !program_send(bed, io, len));
		take(bed, io, len, NUMBER_MAX - 2 + i);
	}
	bed_want(bed, CIPSEC_A_STAT_TX_SEALED, 3);
	bed_check(bed, !bed->events[CIPSEC_EVENT_EXHAUSTED]);
	for (i = 0; i < 20; i++)
		bed_check(bed, program_send(bed, io, len) == -ENOKEY);
	bed_check(bed, cipsec_record_tx(bed->h, bed->link.id, 23, "x", 1, NULL) ==
		  -ENOKEY);
	bed_want(bed, CIPSEC_A_STAT_TX_EXHAUSTED, 21);
	bed_check(bed, bed_event(bed, CIPSEC_EVENT_EXHAUSTED));
	nothing_more(bed);
	/* It still receives. */
	bed_judge(bed);
	bed_check(bed, !cipsec_assoc_get(bed->h, bed->link.id, &assoc));
	bed_check(bed, assoc.tx_next == NUMBER_MAX + 1 && assoc.tx_packets == 3);
}

static void exhaustion_raises_one_event(struct bed *bed)
{
	struct cipsec_key settings = bed_key_settings(bed);
	uint8_t io[128];
	size_t len;
	int i;

	settings.tx_start = NUMBER_MAX;
	if (!bed_check(bed, !open_with(bed, &settings)))
		return;
	bed_mark(bed);
	len = io_make(io, ID_PRODUCED, "data", 4);
	bed_check(bed, !program_send(bed, io, len));
	for (i = 0; i < 50; i++)
		bed_check(bed, program_send(bed, io, len) == -ENOKEY);
	bed_want(bed, CIPSEC_A_STAT_TX_SEALED, 1);
	bed_want(bed, CIPSEC_A_STAT_TX_EXHAUSTED, 50);
	bed_judge_only(bed);
	bed_check(bed, bed->events[CIPSEC_EVENT_EXHAUSTED] == 1);
	bed_judge(bed);
}

static void limit_of_records_raises_one_event_and_stops_nothing(struct bed *bed)
{
	struct cipsec_key settings = bed_key_settings(bed);
	uint8_t io[128];
	size_t len;
	int i;

	settings.limit_records = CIPSEC_RECORD_RESERVE + 5;
	if (!bed_check(bed, !open_with(bed, &settings)))
		return;
	bed_mark(bed);
	len = io_make(io, ID_PRODUCED, "data", 4);
	for (i = 0; i < 5; i++) {
		bed_check(bed, !program_send(bed, io, len));
		take(bed, io, len, CIPSEC_RECORD_RESERVE + i);
	}
	bed_dispatch(bed);
	bed_check(bed, !bed->events[CIPSEC_EVENT_LIMIT_RECORDS]);
	for (; i < 20; i++) {
		bed_check(bed, !program_send(bed, io, len));
		take(bed, io, len, CIPSEC_RECORD_RESERVE + i);
	}
	bed_want(bed, CIPSEC_A_STAT_TX_SEALED, 20);
	bed_check(bed, bed_event(bed, CIPSEC_EVENT_LIMIT_RECORDS));
	bed_judge_only(bed);
	bed_check(bed, bed->events[CIPSEC_EVENT_LIMIT_RECORDS] == 1);
	bed_judge(bed);
}

static void segmented_datagrams_are_refused_and_counted(struct bed *bed)
{
	uint8_t batch[256];
	int segment = 0, i;
	size_t len = 0;

	if (!bed_check(bed, !bed_open(bed)))
		return;
	bed_mark(bed);
	for (i = 0; i < 3; i++) {
		segment = (int)io_make(batch + len, ID_PRODUCED, "12345678", 8);
		len += segment;
	}
	setsockopt(bed->program, IPPROTO_UDP, UDP_SEGMENT, &segment,
		   sizeof(segment));
	bed_check(bed, program_send(bed, batch, len) == -EINVAL);
	bed_want(bed, CIPSEC_A_STAT_TX_GSO, 1);
	nothing_more(bed);
	segment = 0;
	setsockopt(bed->program, IPPROTO_UDP, UDP_SEGMENT, &segment,
		   sizeof(segment));
	bed_check(bed, !program_send(bed, batch, len / 3));
	take(bed, batch, len / 3, CIPSEC_RECORD_RESERVE);
	bed_want(bed, CIPSEC_A_STAT_TX_SEALED, 1);
	bed_judge(bed);
}

const struct test seal_tests[] = {
	TEST_SLOW(sealed_io_is_opened_by_another_implementation, SUITE_ALL),
	TEST_SLOW(no_number_is_used_twice, SUITE_ALL),
	TEST(io_of_a_wrong_size_is_refused_and_counted, SUITE_ONE),
	TEST(io_on_wrong_ports_is_refused_and_counted, SUITE_ONE),
	TEST(io_beyond_the_mtu_is_refused_with_the_size_that_fits, SUITE_ALL),
	TEST_SLOW(allowed_fragments_carry_what_the_mtu_does_not, SUITE_ALL),
	TEST(io_waits_for_the_peers_first_record, SUITE_ONE),
	TEST(io_waits_no_longer_than_told, SUITE_ONE),
	TEST(numbers_end_and_never_begin_again, SUITE_ALL),
	TEST(exhaustion_raises_one_event, SUITE_ONE),
	TEST(limit_of_records_raises_one_event_and_stops_nothing, SUITE_ONE),
	TEST(segmented_datagrams_are_refused_and_counted, SUITE_ONE),
	{ }
};
