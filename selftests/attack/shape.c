// SPDX-License-Identifier: GPL-2.0-only
/*
 * Datagrams of a wrong shape, and records that are the peer's but not for the
 * program.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "bed.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT	103
#endif

static const uint8_t hello[] = {
	22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0,
};

static void set_length(uint8_t *rec, size_t datagram)
{
	size_t len = datagram - RECORDS_HDR_LEN;

	rec[11] = len >> 8;
	rec[12] = len;
}

static void truncation_at_every_length_is_refused_and_counted(struct bed *bed)
{
	uint8_t rec[256], fit[256];
	size_t len, n;

	if (!bed_check(bed, !bed_open(bed)))
		return;
	bed_mark(bed);
	len = link_seal_good(bed, &bed->link, rec);
	for (n = 0; n < len; n++) {
		bed_want(bed, way_of_forgery(bed, rec, n, 0), 1);
		link_inject(bed, &bed->link, rec, n);
		if (n < RECORDS_HDR_LEN)
			continue;
		/* The header may say so, too. */
		memcpy(fit, rec, n);
		set_length(fit, n);
		bed_want(bed, way_of_forgery(bed, fit, n, 0), 1);
		link_inject(bed, &bed->link, fit, n);
	}
	bed_judge(bed);
}

static void record_with_a_tail_is_refused_and_counted(struct bed *bed)
{
	uint8_t rec[256] = { };
	size_t len;

	if (!bed_check(bed, !bed_open(bed)))
		return;
	bed_mark(bed);
	bed_want(bed, CIPSEC_A_STAT_RX_MULTI, 2);
	bed_want(bed, CIPSEC_A_STAT_RX_BAD_MAC, 1);
	len = link_seal_good(bed, &bed->link, rec);
	link_inject(bed, &bed->link, rec, len + 1);
	link_inject(bed, &bed->link, rec, len + 13);
	set_length(rec, len + 1);
	link_inject(bed, &bed->link, rec, len + 1);
	bed_judge(bed);
}

static void two_records_in_a_datagram_are_refused_and_counted(struct bed *bed)
{
	uint8_t both[512];
	size_t len, one;

	if (!bed_check(bed, !bed_open(bed)))
		return;
	bed_mark(bed);
	/* application data twice */
	one = link_seal_good(bed, &bed->link, both);
	len = one + link_seal_good(bed, &bed->link, both + one);
	link_inject(bed, &bed->link, both, len);
	/* behind a handshake, where the agent would find it */
	memcpy(both, hello, sizeof(hello));
	len = sizeof(hello) + link_seal_good(bed, &bed->link, both + sizeof(hello));
	link_inject(bed, &bed->link, both, len);
	/* before one */
	one = link_seal_good(bed, &bed->link, both);
	memcpy(both + one, hello, sizeof(hello));
	link_inject(bed, &bed->link, both, one + sizeof(hello));
	bed_want(bed, CIPSEC_A_STAT_RX_MULTI, 3);
	/* nothing that is a record behind a handshake */
	memcpy(both, hello, sizeof(hello));
	memset(both + sizeof(hello), 0xff, 20);
	link_inject(bed, &bed->link, both, sizeof(hello) + 20);
	link_inject(bed, &bed->link, both, sizeof(hello) + 5);
	bed_want(bed, CIPSEC_A_STAT_RX_MALFORMED, 2);
	/* Two handshake records are a flight. */
	memcpy(both + sizeof(hello), hello, sizeof(hello));
	link_inject(bed, &bed->link, both, 2 * sizeof(hello));
	bed_want(bed, CIPSEC_A_STAT_RX_HANDSHAKE, 1);
	bed_judge_only(bed);
	bed_check(bed, recv(bed->link.agent, both, sizeof(both), MSG_DONTWAIT) ==
		  2 * sizeof(hello));
	bed_check(bed, recv(bed->link.agent, both, sizeof(both), MSG_DONTWAIT) < 0);
	bed_judge(bed);
}

/* By a socket of the peer: larger than the MTU, it comes in fragments. */
static void oversize_record_is_refused_and_counted(struct bed *bed)
{
	static uint8_t io[DATAGRAM_MAX], rec[DATAGRAM_MAX + 64];
	size_t len;

	if (!bed_check(bed, !bed_open(bed)))
		return;
	bed_mark(bed);
	len = io_make_good(bed, io, ID_CONSUMED, CIPSEC_RECORD_DATA_MAX - 18);
	len = link_seal(&bed->link, rec, 23, io, len);
	bed_check(bed, send(bed->link.peer, rec, len, 0) == (ssize_t)len);
	bed_want(bed, CIPSEC_A_STAT_RX_OPENED, 1);
	bed_judge_only(bed);

	bed_mark(bed);
	len = io_make_good(bed, io, ID_CONSUMED, CIPSEC_RECORD_DATA_MAX - 17);
	len = link_seal(&bed->link, rec, 23, io, len);
	bed_check(bed, send(bed->link.peer, rec, len, 0) == (ssize_t)len);
	len = io_make_good(bed, io, ID_CONSUMED, 65000);
	len = link_seal(&bed->link, rec, 23, io, len);
	bed_check(bed, send(bed->link.peer, rec, len, 0) == (ssize_t)len);
	bed_want(bed, CIPSEC_A_STAT_RX_MALFORMED, 2);
	bed_judge(bed);
}

static void empty_record_goes_to_the_owner(struct bed *bed)
{
	uint8_t rec[256];
	size_t len;

	if (!bed_check(bed, !bed_open(bed)))
		return;
	bed_mark(bed);
	bed_want(bed, CIPSEC_A_STAT_RX_TO_OWNER, 1);
	bed_want(bed, CIPSEC_A_STAT_RX_BAD_MAC, 1);
	len = link_seal_as(&bed->link, rec, 23, 1, "", 0);
	rec[len - 1] ^= 1;
	link_inject(bed, &bed->link, rec, len);
	rec[len - 1] ^= 1;
	link_inject(bed, &bed->link, rec, len);
	bed_judge_only(bed);
	bed_check(bed, bed->records == 1 && !bed->record.len);
	bed_judge(bed);
}

static void opened_io_of_an_unbound_id_is_dropped_and_counted(struct bed *bed)
{
	uint8_t rec[256], io[128];
	size_t len;

	if (!bed_check(bed, !bed_open(bed)))
		return;
	bed_mark(bed);
	bed_want(bed, CIPSEC_A_STAT_RX_UNBOUND, 2);
	len = io_make_good(bed, io, ID_UNBOUND, 32);
	len = link_seal(&bed->link, rec, 23, io, len);
	link_inject(bed, &bed->link, rec, len);
	/* the other direction's id */
	len = io_make_good(bed, io, ID_PRODUCED, 32);
	len = link_seal(&bed->link, rec, 23, io, len);
	link_inject(bed, &bed->link, rec, len);
	bed_judge(bed);
	bed_check(bed, !bed->records);
}

static void opened_io_of_a_wrong_size_is_dropped_and_counted(struct bed *bed)
{
	const struct cipsec_conn conn = {
		.consumed = 0x33330002,
		.produced = 0x44440002,
		.transport = 1,
		.rx_size = 40,
	};
	uint8_t rec[256], io[128];
	size_t len;

	if (!bed_check(bed, !bed_open(bed)) ||
	    !bed_check(bed, !link_bind(bed, &bed->link, &conn)))
		return;
	bed_mark(bed);
	bed_want(bed, CIPSEC_A_STAT_RX_OPENED, 1);
	bed_want(bed, CIPSEC_A_STAT_RX_SIZE, 4);
	len = io_make_good(bed, io, conn.consumed, 40);
	len = link_seal(&bed->link, rec, 23, io, len);
	link_inject(bed, &bed->link, rec, len);
	len = io_make_good(bed, io, conn.consumed, 41);
	len = link_seal(&bed->link, rec, 23, io, len);
	link_inject(bed, &bed->link, rec, len);
	/* An item that ends elsewhere than the datagram, or is another. */
	len = io_make_good(bed, io, ID_CONSUMED, 32);
	io[16]++;
	len = link_seal(&bed->link, rec, 23, io, len);
	link_inject(bed, &bed->link, rec, len);
	len = io_make_good(bed, io, ID_CONSUMED, 32);
	io[14] = 0xb2;
	len = link_seal(&bed->link, rec, 23, io, len);
	link_inject(bed, &bed->link, rec, len);
	len = link_seal(&bed->link, rec, 23, io, 14);
	link_inject(bed, &bed->link, rec, len);
	bed_judge(bed);
}

static void class_0_io_reaches_the_program_with_either_address_item(struct bed *bed)
{
	uint8_t rec[256], io[128], data[16];
	size_t len;

	if (!bed_check(bed, !bed_open(bed)))
		return;
	bed_mark(bed);
	bed_want(bed, CIPSEC_A_STAT_RX_OPENED, 2);
	bed_want(bed, CIPSEC_A_STAT_RX_UNBOUND, 1);
	len = io_make_good(bed, io, ID_CONSUMED_0, 32);
	len = link_seal(&bed->link, rec, 23, io, len);
	link_inject(bed, &bed->link, rec, len);

	memset(data, 0, sizeof(data));
	memcpy(data, "GOOD", 4);
	memcpy(data + 4, &bed->serial, 4);
	bed->serial++;
	len = io_make_00a1(io, ID_CONSUMED_0, data, sizeof(data));
	len = link_seal(&bed->link, rec, 23, io, len);
	link_inject(bed, &bed->link, rec, len);
	len = io_make_00a1(io, ID_UNBOUND, data, sizeof(data));
	len = link_seal(&bed->link, rec, 23, io, len);
	link_inject(bed, &bed->link, rec, len);
	bed_judge(bed);
}

static void unconnected_message_goes_to_the_owner_alone(struct bed *bed)
{
	uint8_t rec[256], ucmm[64];
	size_t len, ucmm_len;

	if (!bed_check(bed, !bed_open(bed)))
		return;
	bed_mark(bed);
	bed_want(bed, CIPSEC_A_STAT_RX_TO_OWNER, 1);
	ucmm_len = ucmm_make(ucmm);
	len = link_seal(&bed->link, rec, 23, ucmm, ucmm_len);
	link_inject(bed, &bed->link, rec, len);
	bed_judge_only(bed);
	bed_check(bed, bed->records == 1 && bed->record.type == 23 &&
		  bed->record.number == 1 && bed->record.len == ucmm_len &&
		  !memcmp(bed->record.data, ucmm, ucmm_len));
	bed_check(bed, recv(bed->link.agent, rec, sizeof(rec), MSG_DONTWAIT) < 0);
	bed_check(bed, bed->events[CIPSEC_EVENT_ASSOC_CONFIRMED] == 1);
	bed_judge(bed);
}

/**
 * struct limit - what a flood may do
 * @few, @rest: counters of those within the limit and of the others
 * @rate: those within it, a second
 * @n: all of them
 * @began: when
 */
struct limit {
	unsigned int few;
	unsigned int rest;
	uint64_t rate;
	uint64_t n;
	struct timespec began;
};

/* How many move which counter depends on when a second ends: not more than this. */
static void account(struct bed *bed, const struct limit *limit)
{
	uint64_t now[CIPSEC_A_STAT_PAD], passed, seconds;
	struct timespec end;
	unsigned int waited;

	clock_gettime(CLOCK_MONOTONIC, &end);
	for (waited = 0; waited < 100; waited++) {
		if (cipsec_stats_get(bed->h, now))
			return;
		passed = now[limit->few] - bed->before[limit->few];
		if (passed + now[limit->rest] - bed->before[limit->rest] >= limit->n)
			break;
		bed_sleep(20);
	}
	bed_want(bed, limit->few, passed);
	bed_want(bed, limit->rest, limit->n - passed);
	/* two seconds that have begun, and the whole ones between */
	seconds = end.tv_sec - limit->began.tv_sec + 2;
	bed_check(bed, passed >= limit->rate);
	bed_check(bed, passed <= limit->rate * seconds);
	bed_check(bed, passed < limit->n);
}

static void flood_of_the_peer_does_not_drown_the_owner(struct bed *bed)
{
	struct limit limit = {
		.few = CIPSEC_A_STAT_RX_TO_OWNER,
		.rest = CIPSEC_A_STAT_RX_OWNER_FULL,
		.rate = 256,
		.n = 2000,
	};
	static uint8_t records[2000][96];
	size_t len = 0, ucmm_len, i;
	uint8_t ucmm[64];

	if (!bed_check(bed, !bed_open(bed)))
		return;
	ucmm_len = ucmm_make(ucmm);
	for (i = 0; i < limit.n; i++)
		len = link_seal(&bed->link, records[i], 23, ucmm, ucmm_len);
	bed_mark(bed);
	clock_gettime(CLOCK_MONOTONIC, &limit.began);
	for (i = 0; i < limit.n; i++) {
		link_inject(bed, &bed->link, records[i], len);
		/* The agent reads: it is not its queue that is full. */
		if (i % 64 == 63)
			bed_dispatch(bed);
	}
	account(bed, &limit);
	bed_judge_only(bed);
	bed_check(bed, bed->records == bed->wanted[CIPSEC_A_STAT_RX_TO_OWNER]);
	bed_judge(bed);
}

static void flood_of_handshakes_is_limited_and_counted(struct bed *bed)
{
	struct limit limit = {
		.few = CIPSEC_A_STAT_RX_HANDSHAKE,
		.rest = CIPSEC_A_STAT_RX_RATE,
		.rate = 64,
		.n = 400,
	};
	size_t i;

	if (!bed_check(bed, !bed_open(bed)))
		return;
	/* Others of this second are over. */
	bed_sleep(1100);
	bed_mark(bed);
	clock_gettime(CLOCK_MONOTONIC, &limit.began);
	for (i = 0; i < limit.n; i++)
		link_inject(bed, &bed->link, hello, sizeof(hello));
	account(bed, &limit);
	bed_judge(bed);
	/* The limit is that of a second. */
	bed_sleep(1100);
	bed_mark(bed);
	bed_want(bed, CIPSEC_A_STAT_RX_HANDSHAKE, 1);
	link_inject(bed, &bed->link, hello, sizeof(hello));
	bed_judge(bed);
}

static void orphan_opens_io_and_drops_what_the_agent_should_have(struct bed *bed)
{
	uint8_t rec[256], ucmm[64];
	size_t len, ucmm_len;

	if (!bed_check(bed, !bed_open(bed)))
		return;
	cipsec_close(bed->h);
	bed_enter(SIDE_B);
	if (!bed_check(bed, !cipsec_open(&bed->h)))
		return;
	bed_mark(bed);
	bed_check(bed, bed->at_mark.orphaned);
	bed_want(bed, CIPSEC_A_STAT_RX_NO_OWNER, 2);
	ucmm_len = ucmm_make(ucmm);
	len = link_seal(&bed->link, rec, 23, ucmm, ucmm_len);
	link_inject(bed, &bed->link, rec, len);
	len = link_seal(&bed->link, rec, 21, "\1", 2);
	link_inject(bed, &bed->link, rec, len);
	bed_judge(bed);
}

static void record_before_the_keys_is_dropped_and_counted(struct bed *bed)
{
	const struct cipsec_conn conn = {
		.consumed = ID_CONSUMED,
		.produced = ID_PRODUCED,
		.transport = 1,
	};
	const struct cipsec_key none = { .suite = 0 };
	uint8_t rec[256], io[128];
	size_t len;

	if (!bed_check(bed, !bed_open_bare(bed)) ||
	    !bed_check(bed, !link_open(bed, &bed->link, PEER_PORT, &none)) ||
	    !bed_check(bed, !link_bind(bed, &bed->link, &conn)))
		return;
	bed_mark(bed);
	bed_want(bed, CIPSEC_A_STAT_RX_NO_KEY, 1);
	bed_want(bed, CIPSEC_A_STAT_TX_NO_KEY, 1);
	bed_want(bed, CIPSEC_A_STAT_RX_HANDSHAKE, 1);
	records_key_derive(&bed->link.rx, bed->suite, "any",
			   CIPSEC_ROLE_CLIENT);
	len = link_seal_good(bed, &bed->link, rec);
	link_inject(bed, &bed->link, rec, len);
	len = io_make(io, ID_PRODUCED, "clear", 6);
	bed_check(bed, program_send(bed, io, len) == -ENOKEY);
	link_inject(bed, &bed->link, hello, sizeof(hello));
	bed_judge_only(bed);
	bed_check(bed, recv(bed->link.agent, rec, sizeof(rec), MSG_DONTWAIT) ==
		  sizeof(hello));
	bed_check(bed, recv(bed->link.agent, rec, sizeof(rec), MSG_DONTWAIT) < 0);
}

/* veth passes the aggregate on, as a switch of virtual machines does. */
static void aggregated_records_are_dropped_and_counted(struct bed *bed)
{
	uint8_t batch[1024];
	size_t len = 0, one = 0;
	int segment, i;

	if (!bed_check(bed, !bed_open(bed)))
		return;
	bed_mark(bed);
	for (i = 0; i < 3; i++) {
		one = link_seal_good(bed, &bed->link, batch + len);
		len += one;
	}
	segment = (int)one;
	if (!bed_check(bed, !setsockopt(bed->link.peer, IPPROTO_UDP, UDP_SEGMENT,
					&segment, sizeof(segment))))
		return;
	bed_check(bed, send(bed->link.peer, batch, len, 0) == (ssize_t)len);
	bed_want(bed, CIPSEC_A_STAT_RX_GSO, 1);
	bed_judge_only(bed);

	/* The same three, one by one, are good. */
	bed_mark(bed);
	bed->first_serial = 0;
	bed_want(bed, CIPSEC_A_STAT_RX_OPENED, 3);
	segment = 0;
	setsockopt(bed->link.peer, IPPROTO_UDP, UDP_SEGMENT, &segment,
		   sizeof(segment));
	for (i = 0; i < 3; i++)
		bed_check(bed, send(bed->link.peer, batch + i * one, one, 0) ==
			  (ssize_t)one);
	bed_judge_only(bed);
}

/* What the agent's socket would be given is looked at, not what it is a part of. */
static void aggregate_smuggles_no_record_past_the_handshake(struct bed *bed)
{
	uint8_t batch[512], got[256];
	int segment = 0;
	size_t one;

	if (!bed_check(bed, !bed_open(bed)))
		return;
	/* The record of application data is the body of a handshake record. */
	bed_mark(bed);
	one = link_seal_good(bed, &bed->link, batch + sizeof(batch) / 2);
	memset(batch, 0, one);
	memcpy(batch, hello, RECORDS_HDR_LEN);
	set_length(batch, 2 * one);
	memcpy(batch + one, batch + sizeof(batch) / 2, one);
	segment = (int)one;
	setsockopt(bed->link.peer, IPPROTO_UDP, UDP_SEGMENT, &segment,
		   sizeof(segment));
	bed_check(bed, send(bed->link.peer, batch, 2 * one, 0) ==
		  (ssize_t)(2 * one));
	bed_want(bed, CIPSEC_A_STAT_RX_MALFORMED, 1);
	/* A flight of equal parts is a flight. */
	segment = sizeof(hello);
	setsockopt(bed->link.peer, IPPROTO_UDP, UDP_SEGMENT, &segment,
		   sizeof(segment));
	memcpy(batch, hello, sizeof(hello));
	memcpy(batch + sizeof(hello), hello, sizeof(hello));
	bed_check(bed, send(bed->link.peer, batch, 2 * sizeof(hello), 0) ==
		  2 * sizeof(hello));
	bed_want(bed, CIPSEC_A_STAT_RX_HANDSHAKE, 1);
	bed_judge_only(bed);
	bed_check(bed, recv(bed->link.agent, got, sizeof(got), MSG_DONTWAIT) ==
		  sizeof(hello));
	bed_check(bed, recv(bed->link.agent, got, sizeof(got), MSG_DONTWAIT) ==
		  sizeof(hello));
	bed_check(bed, recv(bed->link.agent, got, sizeof(got), MSG_DONTWAIT) < 0);
	bed_judge(bed);
}

const struct test shape_tests[] = {
	TEST(truncation_at_every_length_is_refused_and_counted, SUITE_ALL),
	TEST(record_with_a_tail_is_refused_and_counted, SUITE_ALL),
	TEST(two_records_in_a_datagram_are_refused_and_counted, SUITE_ALL),
	TEST_SLOW(oversize_record_is_refused_and_counted, SUITE_ALL),
	TEST_SLOW(empty_record_goes_to_the_owner, SUITE_ALL),
	TEST(opened_io_of_an_unbound_id_is_dropped_and_counted, SUITE_ALL),
	TEST(opened_io_of_a_wrong_size_is_dropped_and_counted, SUITE_ALL),
	TEST(class_0_io_reaches_the_program_with_either_address_item, SUITE_ALL),
	TEST(unconnected_message_goes_to_the_owner_alone, SUITE_ALL),
	TEST(flood_of_the_peer_does_not_drown_the_owner, SUITE_ONE),
	TEST(flood_of_handshakes_is_limited_and_counted, SUITE_ONE),
	TEST(orphan_opens_io_and_drops_what_the_agent_should_have, SUITE_ONE),
	TEST(record_before_the_keys_is_dropped_and_counted, SUITE_ONE),
	TEST(aggregated_records_are_dropped_and_counted, SUITE_ALL),
	TEST(aggregate_smuggles_no_record_past_the_handshake, SUITE_ONE),
	{ }
};
