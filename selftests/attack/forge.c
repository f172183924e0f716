// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records that the peer did not seal, or not now, or not for this association.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "bed.h"

static void good_record_reaches_the_program_as_it_was_sent(struct bed *bed)
{
	uint8_t io[128], rec[256], got[256];
	socklen_t addr_len = sizeof(struct sockaddr_in);
	struct sockaddr_in from;
	size_t len, io_len;
	ssize_t got_len;

	if (!bed_check(bed, !bed_open(bed)))
		return;
	bed_mark(bed);
	io_len = io_make_good(bed, io, ID_CONSUMED, 32);
	len = link_seal(&bed->link, rec, 23, io, io_len);
	link_inject(bed, &bed->link, rec, len);
	got_len = recvfrom(bed->program, got, sizeof(got), 0,
			   (struct sockaddr *)&from, &addr_len);
	bed_check(bed, got_len == (ssize_t)io_len && !memcmp(got, io, io_len));
	bed_check(bed, from.sin_port == htons(CIPSEC_PORT_IO));
	bed_check(bed, from.sin_addr.s_addr == inet_addr(ADDR_A));
	/* It is read. */
	bed->serial = bed->first_serial;
	bed_mark(bed);
	bed_want(bed, CIPSEC_A_STAT_RX_REPLAY, 1);
	link_inject(bed, &bed->link, rec, len);
	bed_judge(bed);
	bed_check(bed, bed->at_mark.state == CIPSEC_ASSOC_STATE_CONFIRMED);
}

static void replayed_record_is_dropped_and_counted(struct bed *bed)
{
	uint8_t rec[256], late[256];
	size_t len, late_len;
	int i;

	if (!bed_check(bed, !bed_open(bed)))
		return;
	bed_mark(bed);
	bed_want(bed, CIPSEC_A_STAT_RX_OPENED, 3);
	bed_want(bed, CIPSEC_A_STAT_RX_REPLAY, 40);
	/* The second overtakes the first on the way: that is no replay. */
	late_len = link_seal_good(bed, &bed->link, late);
	len = link_seal_good(bed, &bed->link, rec);
	link_inject(bed, &bed->link, rec, len);
	link_inject(bed, &bed->link, late, late_len);
	for (i = 0; i < 20; i++)
		link_inject(bed, &bed->link, rec, len);
	len = link_seal_good(bed, &bed->link, rec);
	link_inject(bed, &bed->link, rec, len);
	for (i = 0; i < 20; i++)
		link_inject(bed, &bed->link, i & 1 ? rec : late, len);
	bed_judge(bed);
}

static void record_below_the_window_is_dropped_and_counted(struct bed *bed)
{
	uint8_t rec[256];
	uint64_t n;
	size_t len;

	if (!bed_check(bed, !bed_open(bed)))
		return;
	bed_mark(bed);
	bed_want(bed, CIPSEC_A_STAT_RX_OPENED, 2);
	bed_want(bed, CIPSEC_A_STAT_RX_OLD, 20);
	len = link_seal_good_as(bed, &bed->link, rec, 5000);
	link_inject(bed, &bed->link, rec, len);
	/* Never received, and good but for their age */
	for (n = 0; n < 20; n++) {
		len = link_seal_good_as(bed, &bed->link, rec,
					n < 10 ? 1 + n : 5000 - 960 + 10 - n);
		link_inject(bed, &bed->link, rec, len);
	}
	len = link_seal_good_as(bed, &bed->link, rec, 5000 - 959);
	link_inject(bed, &bed->link, rec, len);
	bed_judge(bed);
}

static void forged_record_is_dropped_and_counted(struct bed *bed)
{
	uint8_t rec[256];
	size_t len;
	int i;

	if (!bed_check(bed, !bed_open(bed)))
		return;
	bed_mark(bed);
	bed_want(bed, CIPSEC_A_STAT_RX_BAD_MAC, 20);
	for (i = 0; i < 20; i++) {
		len = link_seal_good_as(bed, &bed->link, rec, 1 + i);
		rec[len - 1] ^= 1 << i % 8;
		link_inject(bed, &bed->link, rec, len);
	}
	/* The numbers that were forged are still the peer's. */
	bed_judge(bed);
	bed_check(bed, bed->link.next == 2);
}

static void forged_record_with_a_huge_number_moves_no_window(struct bed *bed)
{
	static const uint64_t numbers[] = {
		1ull << 32, 1ull << 40, NUMBER_MAX - 1, NUMBER_MAX,
	};
	uint8_t rec[256];
	size_t len, i;

	if (!bed_check(bed, !bed_open(bed)))
		return;
	bed_mark(bed);
	bed_want(bed, CIPSEC_A_STAT_RX_BAD_MAC, LENGTH(numbers));
	for (i = 0; i < LENGTH(numbers); i++) {
		len = link_seal_good_as(bed, &bed->link, rec, numbers[i]);
		rec[len - 1] ^= 0x80;
		link_inject(bed, &bed->link, rec, len);
	}
	bed_judge(bed);
	bed_check(bed, bed->link.next == 2);
}

/* The far end of the numbers: the last one is as good as any, and ends them. */
static void last_record_number_is_accepted_once(struct bed *bed)
{
	uint8_t rec[256];
	size_t len;

	if (!bed_check(bed, !bed_open(bed)))
		return;
	bed_mark(bed);
	bed_want(bed, CIPSEC_A_STAT_RX_OPENED, 2);
	bed_want(bed, CIPSEC_A_STAT_RX_REPLAY, 1);
	bed_want(bed, CIPSEC_A_STAT_RX_OLD, 1);
	len = link_seal_good_as(bed, &bed->link, rec, NUMBER_MAX);
	link_inject(bed, &bed->link, rec, len);
	link_inject(bed, &bed->link, rec, len);
	len = link_seal_good_as(bed, &bed->link, rec, 7);
	link_inject(bed, &bed->link, rec, len);
	len = link_seal_good_as(bed, &bed->link, rec, NUMBER_MAX - 5);
	link_inject(bed, &bed->link, rec, len);
	bed_judge_only(bed);
}

static void record_number_0_is_a_replay(struct bed *bed)
{
	uint8_t rec[256];
	size_t len;

	if (!bed_check(bed, !bed_open(bed)))
		return;
	bed_mark(bed);
	bed_want(bed, CIPSEC_A_STAT_RX_REPLAY, 1);
	len = link_seal_good_as(bed, &bed->link, rec, 0);
	link_inject(bed, &bed->link, rec, len);
	bed_judge(bed);
}

static void flipped_bit_at_every_position_is_refused_and_counted(struct bed *bed)
{
	uint8_t rec[256], flipped[256];
	unsigned int step = bed->is_reduced ? 11 : 1;
	unsigned int bit;
	size_t len;

	if (!bed_check(bed, !bed_open(bed)))
		return;
	bed_mark(bed);
	/* No number of the neighbourhood is taken. */
	len = link_seal_good_as(bed, &bed->link, rec, 0x5a5a5a5a5a5a);
	for (bit = 0; bit < 8 * len; bit += step) {
		memcpy(flipped, rec, len);
		flipped[bit / 8] ^= 1 << bit % 8;
		bed_want(bed, way_of_forgery(bed, flipped, len, 0), 1);
		link_inject(bed, &bed->link, flipped, len);
	}
	bed_judge(bed);
	/* What was flipped was good. */
	bed_mark(bed);
	bed->first_serial = 0;
	bed_want(bed, CIPSEC_A_STAT_RX_OPENED, 1);
	link_inject(bed, &bed->link, rec, len);
	bed_judge_only(bed);
}

static void wrong_epoch_is_dropped_and_counted(struct bed *bed)
{
	static const uint16_t epochs[] = { 0, 2, 3, 0x100, 0xffff };
	struct records_plan plan = { .type = 23, .number = 5 };
	uint8_t rec[256], io[128];
	ssize_t len;
	size_t i;

	if (!bed_check(bed, !bed_open(bed)))
		return;
	bed_mark(bed);
	bed_want(bed, CIPSEC_A_STAT_RX_EPOCH, LENGTH(epochs));
	for (i = 0; i < LENGTH(epochs); i++) {
		plan.epoch = epochs[i];
		plan.data = io;
		plan.len = io_make_good(bed, io, ID_CONSUMED, 32);
		len = records_seal(&bed->link.rx, &plan, rec);
		link_inject(bed, &bed->link, rec, len);
	}
	bed_judge(bed);
}

/* The type was changed on the way. */
static void every_other_type_is_refused_and_counted(struct bed *bed)
{
	uint8_t rec[256];
	unsigned int type;
	size_t len;

	if (!bed_check(bed, !bed_open(bed)))
		return;
	bed_mark(bed);
	for (type = 0; type < 256; type++) {
		if (type == 23)
			continue;
		len = link_seal_good_as(bed, &bed->link, rec, 1 + type);
		rec[0] = type;
		bed_want(bed, way_of_forgery(bed, rec, len, 0), 1);
		link_inject(bed, &bed->link, rec, len);
	}
	bed_judge(bed);
	/* Now that the peer is confirmed, its handshakes are told, not passed on. */
	bed_mark(bed);
	len = link_seal_good(bed, &bed->link, rec);
	for (type = 20; type < 27; type++) {
		if (type == 23)
			continue;
		rec[0] = type;
		bed_want(bed, way_of_forgery(bed, rec, len, 1), 1);
		link_inject(bed, &bed->link, rec, len);
	}
	bed_check(bed, bed->wanted[CIPSEC_A_STAT_RX_BAD_MAC] == 2);
	bed_judge(bed);
}

/* The peer itself sealed it so, which only an alert may be. */
static void sealed_record_of_every_other_type_is_no_io(struct bed *bed)
{
	uint8_t rec[256], io[128];
	unsigned int type;
	size_t len;

	if (!bed_check(bed, !bed_open(bed)))
		return;
	bed_mark(bed);
	for (type = 0; type < 256; type++) {
		if (type == 23)
			continue;
		len = io_make_good(bed, io, ID_CONSUMED, 32);
		len = link_seal(&bed->link, rec, type, io, len);
		bed_want(bed, type == 21 ? CIPSEC_A_STAT_RX_TO_OWNER :
			 way_of_forgery(bed, rec, len, 0), 1);
		link_inject(bed, &bed->link, rec, len);
	}
	bed_judge_only(bed);
	bed_check(bed, bed->records == 1 && bed->record.type == 21);
	bed_judge(bed);
}

/* RFC 5246 7.4.1.1; the agent has no TLS state any more to tell it from a forgery. */
static void handshake_of_a_confirmed_peer_goes_to_the_owner(struct bed *bed)
{
	static const uint8_t client_hello[] = { 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0 };
	uint8_t rec[256];
	size_t len;

	if (!bed_check(bed, !bed_open(bed)))
		return;
	bed_mark(bed);
	len = link_seal_good(bed, &bed->link, rec);
	link_inject(bed, &bed->link, rec, len);
	bed_want(bed, CIPSEC_A_STAT_RX_OPENED, 1);
	bed_judge(bed);
	bed_mark(bed);
	len = link_seal(&bed->link, rec, 22, client_hello, sizeof(client_hello));
	link_inject(bed, &bed->link, rec, len);
	rec[len - 1] ^= 1;
	rec[10]++;
	link_inject(bed, &bed->link, rec, len);
	bed_want(bed, CIPSEC_A_STAT_RX_TO_OWNER, 1);
	bed_want(bed, CIPSEC_A_STAT_RX_BAD_MAC, 1);
	bed_judge_only(bed);
	bed_check(bed, bed->records == 1 && bed->record.type == 22 &&
		  bed->record.len == sizeof(client_hello));
	bed_check(bed, recv(bed->link.agent, rec, sizeof(rec), MSG_DONTWAIT) < 0);
	bed_judge(bed);

	/* A number that was there before begins another handshake: the agent's. */
	bed_mark(bed);
	len = link_seal_as(&bed->link, rec, 22, 1, client_hello,
			   sizeof(client_hello));
	link_inject(bed, &bed->link, rec, len);
	bed_want(bed, CIPSEC_A_STAT_RX_HANDSHAKE, 1);
	bed_judge_only(bed);
	bed_check(bed, !bed->records);
	bed_check(bed, recv(bed->link.agent, rec, sizeof(rec), MSG_DONTWAIT) ==
		  (ssize_t)len);
	bed_judge(bed);
}

static void record_from_another_address_is_dropped_and_counted(struct bed *bed)
{
	static const struct tuple tuples[] = {
		{ ADDR_UNLISTED, ADDR_B, PEER_PORT, CIPSEC_PORT_SECURE },
		{ ADDR_A, ADDR_B, PEER_PORT + 1, CIPSEC_PORT_SECURE },
		{ ADDR_A, ADDR_B, CIPSEC_PORT_SECURE, CIPSEC_PORT_SECURE },
		{ ADDR_A, ADDR_B, CIPSEC_PORT_IO, CIPSEC_PORT_SECURE },
	};
	uint8_t rec[256];
	size_t len, i;

	if (!bed_check(bed, !bed_open(bed)))
		return;
	bed_mark(bed);
	bed_want(bed, CIPSEC_A_STAT_RX_NO_ASSOC, LENGTH(tuples));
	len = link_seal_good(bed, &bed->link, rec);
	for (i = 0; i < LENGTH(tuples); i++)
		bed_inject(bed, &tuples[i], rec, len);
	bed_judge(bed);
}

static void record_to_the_program_itself_is_refused_and_counted(struct bed *bed)
{
	static const struct tuple tuple = {
		ADDR_A, ADDR_B, PEER_PORT, CIPSEC_PORT_IO
	};
	uint8_t rec[256];
	size_t len;

	if (!bed_check(bed, !bed_open(bed)))
		return;
	bed_mark(bed);
	bed_want(bed, CIPSEC_A_STAT_RX_CLEAR_REFUSED, 1);
	len = link_seal_good(bed, &bed->link, rec);
	bed_inject(bed, &tuple, rec, len);
	bed_judge(bed);
}

static void record_of_another_association_is_dropped_and_counted(struct bed *bed)
{
	const struct cipsec_conn conn = {
		.consumed = 0x33330001,
		.produced = 0x44440001,
		.transport = 1,
	};
	struct link other = { .agent = -1, .peer = -1 };
	uint8_t rec[256], io[128];
	size_t len;

	if (!bed_check(bed, !bed_open(bed)))
		return;
	if (!bed_check(bed, !link_open(bed, &other, PEER_PORT + 7, NULL)) ||
	    !bed_check(bed, !link_bind(bed, &other, &conn)))
		goto out;

	/* Its key is the other's. */
	bed_mark(bed);
	bed_want(bed, CIPSEC_A_STAT_RX_BAD_MAC, 1);
	len = link_seal_good_as(bed, &other, rec, 9);
	link_inject(bed, &bed->link, rec, len);
	bed_judge(bed);

	/* A peer may not speak for a connection of its other association. */
	bed_mark(bed);
	bed->at_mark.keyed = false;
	bed_want(bed, CIPSEC_A_STAT_RX_UNBOUND, 1);
	bed_want(bed, CIPSEC_A_STAT_RX_OPENED, 1);
	len = link_seal_good(bed, &other, rec);
	link_inject(bed, &other, rec, len);
	len = io_make_good(bed, io, conn.consumed, 32);
	len = link_seal(&other, rec, 23, io, len);
	link_inject(bed, &other, rec, len);
	bed_judge(bed);
out:
	link_close(bed, &other);
}

/* Nonces of OpenSSL are random; RFC 5288 3 leaves them to the sender. */
static void random_explicit_nonces_are_accepted(struct bed *bed)
{
	uint8_t rec[256], io[128], nonce[8];
	struct records_plan plan = {
		.type = 23,
		.epoch = 1,
		.nonce = nonce,
		.data = io,
	};
	unsigned int i, j;
	ssize_t len;

	if (!bed_check(bed, !bed_open(bed)))
		return;
	bed_mark(bed);
	bed_want(bed, CIPSEC_A_STAT_RX_OPENED, 50);
	bed_want(bed, CIPSEC_A_STAT_RX_REPLAY, 50);
	for (i = 0; i < 50; i++) {
		for (j = 0; j < sizeof(nonce); j++)
			nonce[j] = 0x9e * (i + 1) + 0x3b * j;
		plan.len = io_make_good(bed, io, ID_CONSUMED, 32);
		plan.number = bed->link.next++;
		len = records_seal(&bed->link.rx, &plan, rec);
		link_inject(bed, &bed->link, rec, len);
		/* The number decides what a replay is, not the nonce. */
		nonce[0] ^= 0xff;
		len = records_seal(&bed->link.rx, &plan, rec);
		link_inject(bed, &bed->link, rec, len);
	}
	bed_judge(bed);
}

static void limit_of_forgeries_raises_an_event_and_stops_nothing(struct bed *bed)
{
	struct cipsec_key settings = bed_key_settings(bed);
	const struct cipsec_conn conn = {
		.consumed = ID_CONSUMED,
		.produced = ID_PRODUCED,
		.transport = 1,
	};
	uint8_t rec[256];
	size_t len;
	int i;

	settings.limit_auth = 5;
	if (!bed_check(bed, !bed_open_bare(bed)) ||
	    !bed_check(bed, !link_open(bed, &bed->link, PEER_PORT, &settings)) ||
	    !bed_check(bed, !link_bind(bed, &bed->link, &conn)))
		return;
	bed_mark(bed);
	len = link_seal_good(bed, &bed->link, rec);
	rec[len - 1] ^= 1;
	for (i = 0; i < 4; i++)
		link_inject(bed, &bed->link, rec, len);
	bed_want(bed, CIPSEC_A_STAT_RX_BAD_MAC, 4);
	bed_judge_only(bed);
	bed_check(bed, !bed->events[CIPSEC_EVENT_LIMIT_AUTH]);
	for (i = 0; i < 20; i++)
		link_inject(bed, &bed->link, rec, len);
	bed_want(bed, CIPSEC_A_STAT_RX_BAD_MAC, 20);
	bed_check(bed, bed_event(bed, CIPSEC_EVENT_LIMIT_AUTH));
	bed_judge_only(bed);
	bed_check(bed, bed->events[CIPSEC_EVENT_LIMIT_AUTH] == 1);
	bed_judge(bed);
}

const struct test forge_tests[] = {
	TEST_SLOW(good_record_reaches_the_program_as_it_was_sent, SUITE_ALL),
	TEST_SLOW(replayed_record_is_dropped_and_counted, SUITE_ALL),
	TEST_SLOW(record_below_the_window_is_dropped_and_counted, SUITE_ALL),
	TEST_SLOW(forged_record_is_dropped_and_counted, SUITE_ALL),
	TEST_SLOW(forged_record_with_a_huge_number_moves_no_window, SUITE_ALL),
	TEST(last_record_number_is_accepted_once, SUITE_ALL),
	TEST(record_number_0_is_a_replay, SUITE_ALL),
	TEST_SLOW(flipped_bit_at_every_position_is_refused_and_counted, SUITE_ALL),
	TEST(wrong_epoch_is_dropped_and_counted, SUITE_ALL),
	TEST(every_other_type_is_refused_and_counted, SUITE_ALL),
	TEST(sealed_record_of_every_other_type_is_no_io, SUITE_ALL),
	TEST(handshake_of_a_confirmed_peer_goes_to_the_owner, SUITE_ALL),
	TEST(record_from_another_address_is_dropped_and_counted, SUITE_ALL),
	TEST(record_to_the_program_itself_is_refused_and_counted, SUITE_ALL),
	TEST(record_of_another_association_is_dropped_and_counted, SUITE_ALL),
	TEST_SLOW(random_explicit_nonces_are_accepted, SUITE_AEAD),
	TEST(limit_of_forgeries_raises_an_event_and_stops_nothing, SUITE_ALL),
	{ }
};
