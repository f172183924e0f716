// SPDX-License-Identifier: GPL-2.0-only
/*
 * Datagrams in clear, both ways.
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

#define OTHER_PORT	5000

static const struct tuple io_from_a = {
	ADDR_A, ADDR_B, CIPSEC_PORT_IO, CIPSEC_PORT_IO
};

static const struct tuple io_from_unlisted = {
	ADDR_UNLISTED, ADDR_B, CIPSEC_PORT_IO, CIPSEC_PORT_IO
};

static void clear_io_under_require_is_dropped_and_counted(struct bed *bed)
{
	static const struct tuple ephemeral = {
		ADDR_A, ADDR_B, 50123, CIPSEC_PORT_IO
	};
	static const struct tuple other_port = {
		ADDR_A, ADDR_B, 50123, OTHER_PORT
	};
	uint8_t io[128];
	size_t len;

	if (!bed_check(bed, !bed_open(bed)))
		return;
	bed_mark(bed);
	len = io_make(io, ID_UNBOUND, "evil", 4);
	bed_inject(bed, &io_from_a, io, len);
	bed_inject(bed, &ephemeral, io, len);
	bed_inject(bed, &other_port, io, len);
	len = io_make_00a1(io, ID_UNBOUND, "evil", 4);
	bed_inject(bed, &io_from_a, io, len);
	/* whatever it is */
	bed_inject(bed, &io_from_a, "evil", 4);
	bed_inject(bed, &io_from_a, "", 0);
	bed_want(bed, CIPSEC_A_STAT_RX_CLEAR_REFUSED, 6);
	bed_judge(bed);

	/* The policy did it. */
	bed_check(bed, !bed_policy(bed, ADDR_A, 32, CIPSEC_VERB_TRUST, 0));
	bed_mark(bed);
	len = io_make(io, ID_UNBOUND, "evil", 4);
	bed_inject(bed, &io_from_a, io, len);
	bed_want(bed, CIPSEC_A_STAT_RX_PLAIN, 1);
	bed->clear = 1;
	bed_judge(bed);
}

static void bound_id_in_clear_is_dropped_and_counted_whoever_sends_it(struct bed *bed)
{
	uint8_t io[128];
	size_t len;

	if (!bed_check(bed, !bed_open(bed)))
		return;
	bed_mark(bed);
	len = io_make(io, ID_CONSUMED, "evil", 4);
	bed_inject(bed, &io_from_a, io, len);
	bed_inject(bed, &io_from_unlisted, io, len);
	len = io_make_00a1(io, ID_CONSUMED_0, "evil", 4);
	bed_inject(bed, &io_from_unlisted, io, len);
	bed_want(bed, CIPSEC_A_STAT_RX_CLEAR_BOUND, 3);
	/* Those who are not listed are trusted with their own ids. */
	len = io_make(io, ID_UNBOUND, "else", 4);
	bed_inject(bed, &io_from_unlisted, io, len);
	bed_want(bed, CIPSEC_A_STAT_RX_PLAIN, 1);
	bed->clear = 1;
	bed_judge(bed);
}

static void clear_datagram_to_the_agent_is_dropped_and_counted(struct bed *bed)
{
	static const struct tuple tuples[] = {
		{ ADDR_A, ADDR_B, PEER_PORT, CIPSEC_PORT_SECURE },
		{ ADDR_A, ADDR_B, CIPSEC_PORT_IO, CIPSEC_PORT_SECURE },
		{ ADDR_A, ADDR_B, CIPSEC_PORT_SECURE, CIPSEC_PORT_SECURE },
		{ ADDR_UNLISTED, ADDR_B, 50123, CIPSEC_PORT_SECURE },
	};
	uint8_t buf[128];
	size_t len, i;

	if (!bed_check(bed, !bed_open(bed)))
		return;
	bed_mark(bed);
	for (i = 0; i < LENGTH(tuples); i++) {
		len = ucmm_make(buf);
		bed_inject(bed, &tuples[i], buf, len);
		len = io_make(buf, ID_CONSUMED, "evil", 4);
		bed_inject(bed, &tuples[i], buf, len);
		bed_inject(bed, &tuples[i], "evil", 4);
		bed_inject(bed, &tuples[i], "", 0);
	}
	bed_want(bed, CIPSEC_A_STAT_RX_CLEAR_PORT, 4 * LENGTH(tuples));
	bed_judge_only(bed);
	bed_check(bed, recv(bed->link.agent, buf, sizeof(buf), MSG_DONTWAIT) < 0);
	bed_judge(bed);
}

static void clear_unconnected_message_is_dropped_and_counted(struct bed *bed)
{
	static const struct tuple other_port = {
		ADDR_A, ADDR_B, 50123, OTHER_PORT
	};
	int other = bed_socket(SIDE_B, OTHER_PORT);
	uint8_t buf[128];
	size_t len;

	if (!bed_check(bed, !bed_open(bed)))
		goto out;
	bed_mark(bed);
	len = ucmm_make(buf);
	bed_inject(bed, &io_from_a, buf, len);
	bed_inject(bed, &other_port, buf, len);
	bed_want(bed, CIPSEC_A_STAT_RX_CLEAR_REFUSED, 2);
	/* What is no CIP is not looked at. */
	bed_inject(bed, &other_port, "time", 4);
	bed_judge(bed);
	bed_check(bed, recv(other, buf, sizeof(buf), MSG_DONTWAIT) == 4);
	bed_check(bed, recv(other, buf, sizeof(buf), MSG_DONTWAIT) < 0);
out:
	close(other);
}

static void denied_address_is_refused_both_ways(struct bed *bed)
{
	static const struct tuple hello_from_unlisted = {
		ADDR_UNLISTED, ADDR_B, 50123, CIPSEC_PORT_SECURE
	};
	static const uint8_t hello[] = {
		22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0,
	};
	uint8_t io[128];
	size_t len;

	if (!bed_check(bed, !bed_open(bed)) ||
	    !bed_check(bed, !bed_policy(bed, ADDR_UNLISTED, 32, CIPSEC_VERB_DENY,
					0)))
		return;
	bed_mark(bed);
	len = io_make(io, ID_UNBOUND, "evil", 4);
	bed_inject(bed, &io_from_unlisted, io, len);
	bed_inject(bed, &hello_from_unlisted, hello, sizeof(hello));
	bed_want(bed, CIPSEC_A_STAT_RX_DENIED, 2);
	bed_check(bed, program_send_from(bed->program, ADDR_UNLISTED,
					 CIPSEC_PORT_IO, io, len) == -EPERM);
	bed_want(bed, CIPSEC_A_STAT_TX_DENIED, 1);
	bed_judge(bed);
}

static void program_cannot_send_in_clear_under_require(struct bed *bed)
{
	uint8_t buf[128], got[128];
	int peer = bed_socket(SIDE_A, CIPSEC_PORT_IO);
	size_t len;

	if (!bed_check(bed, !bed_open(bed)))
		goto out;
	bed_mark(bed);
	len = io_make(buf, ID_UNBOUND, "secret", 6);
	bed_check(bed, program_send(bed, buf, len) == -EPERM);
	len = ucmm_make(buf);
	bed_check(bed, program_send(bed, buf, len) == -EPERM);
	bed_check(bed, program_send(bed, "secret", 6) == -EPERM);
	bed_want(bed, CIPSEC_A_STAT_TX_CLEAR_REFUSED, 3);
	bed_judge(bed);
	bed_check(bed, recv(peer, got, sizeof(got), MSG_DONTWAIT) < 0);

	bed_check(bed, !bed_policy(bed, ADDR_A, 32, CIPSEC_VERB_TRUST, 0));
	bed_mark(bed);
	len = io_make(buf, ID_UNBOUND, "public", 6);
	bed_check(bed, !program_send(bed, buf, len));
	bed_want(bed, CIPSEC_A_STAT_TX_PLAIN, 1);
	bed_judge(bed);
	bed_check(bed, recv(peer, got, sizeof(got), 0) == (ssize_t)len &&
		  !memcmp(got, buf, len));
out:
	close(peer);
}

/* One datagram after the other in one buffer of the kernel, if veth passes it on. */
static int send_as_one(int fd, const char *addr, uint16_t port, const void *data,
		       size_t len, int segment)
{
	int err;

	setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof(segment));
	err = program_send_from(fd, addr, port, data, len);
	segment = 0;
	setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof(segment));
	return err;
}

/* The first of an aggregate says nothing of those behind it. */
static void aggregate_smuggles_no_clear_io_in(struct bed *bed)
{
	int unlisted = bed_socket_unlisted(CIPSEC_PORT_IO);
	int peer = bed_socket(SIDE_A, 50123);
	int other = bed_socket(SIDE_B, OTHER_PORT);
	uint8_t batch[256], got[256];
	size_t one;

	if (!bed_check(bed, !bed_open(bed)))
		goto out;
	bed_mark(bed);
	one = io_make(batch, ID_UNBOUND, "12345678", 8);
	io_make(batch + one, ID_CONSUMED, "evil5678", 8);
	bed_check(bed, !send_as_one(unlisted, ADDR_B, CIPSEC_PORT_IO, batch,
				    2 * one, one));
	/* on the port that another program moved its I/O to */
	memset(batch, 't', one);
	bed_check(bed, !send_as_one(unlisted, ADDR_B, OTHER_PORT, batch, 2 * one,
				    one));
	bed_check(bed, !send_as_one(peer, ADDR_B, OTHER_PORT, batch, 2 * one, one));
	bed_want(bed, CIPSEC_A_STAT_RX_CLEAR_BOUND, 3);
	io_make(batch + one, ID_UNBOUND, "evil5678", 8);
	bed_check(bed, !send_as_one(peer, ADDR_B, OTHER_PORT, batch, 2 * one, one));
	/* an end that is shorter, and only just tells what it is */
	ucmm_make(batch + one);
	bed_check(bed, !send_as_one(peer, ADDR_B, OTHER_PORT, batch, one + 10, one));
	bed_want(bed, CIPSEC_A_STAT_RX_CLEAR_REFUSED, 2);
	/* Aggregates of others are left alone. */
	memset(batch, 't', 2 * one);
	bed_check(bed, !send_as_one(peer, ADDR_B, OTHER_PORT, batch, 2 * one, one));
	/* and those of whom the policy trusts */
	io_make(batch, ID_UNBOUND, "else5678", 8);
	io_make(batch + one, ID_UNBOUND, "else5678", 8);
	bed_check(bed, !send_as_one(unlisted, ADDR_B, CIPSEC_PORT_IO, batch,
				    2 * one, one));
	bed_want(bed, CIPSEC_A_STAT_RX_PLAIN, 1);
	bed->clear = 2;
	bed_judge(bed);
	bed_check(bed, recv(other, got, sizeof(got), MSG_DONTWAIT) == (ssize_t)one);
	bed_check(bed, recv(other, got, sizeof(got), MSG_DONTWAIT) == (ssize_t)one);
	bed_check(bed, recv(other, got, sizeof(got), MSG_DONTWAIT) < 0);
out:
	close(unlisted);
	close(peer);
	close(other);
}

static void aggregate_smuggles_no_clear_io_out(struct bed *bed)
{
	int peer = bed_socket(SIDE_A, OTHER_PORT);
	int program = bed_socket(SIDE_B, OTHER_PORT);
	uint8_t batch[256], got[256];
	size_t one;

	if (!bed_check(bed, !bed_open(bed)))
		goto out;
	bed_mark(bed);
	one = io_make(batch, ID_UNBOUND, "12345678", 8);
	memset(batch, 't', one);
	io_make(batch + one, ID_UNBOUND, "secret78", 8);
	bed_check(bed, send_as_one(program, ADDR_A, OTHER_PORT, batch, 2 * one,
				   one) == -EPERM);
	/* behind what looks like somebody else's DTLS */
	memcpy(batch, "\x17\xfe\xfd", 3);
	bed_check(bed, send_as_one(program, ADDR_A, OTHER_PORT, batch, 2 * one,
				   one) == -EPERM);
	bed_want(bed, CIPSEC_A_STAT_TX_CLEAR_REFUSED, 2);
	memset(batch, 't', 2 * one);
	bed_check(bed, !send_as_one(program, ADDR_A, OTHER_PORT, batch, 2 * one,
				    one));
	bed_judge(bed);
	bed_check(bed, recv(peer, got, sizeof(got), MSG_DONTWAIT) == (ssize_t)one);
	bed_check(bed, recv(peer, got, sizeof(got), MSG_DONTWAIT) == (ssize_t)one);
	bed_check(bed, recv(peer, got, sizeof(got), MSG_DONTWAIT) < 0);
out:
	close(peer);
	close(program);
}

const struct test clear_tests[] = {
	TEST(clear_io_under_require_is_dropped_and_counted, SUITE_ALL),
	TEST(bound_id_in_clear_is_dropped_and_counted_whoever_sends_it, SUITE_ALL),
	TEST(clear_datagram_to_the_agent_is_dropped_and_counted, SUITE_ALL),
	TEST(clear_unconnected_message_is_dropped_and_counted, SUITE_ALL),
	TEST(denied_address_is_refused_both_ways, SUITE_ONE),
	TEST(program_cannot_send_in_clear_under_require, SUITE_ONE),
	TEST(aggregate_smuggles_no_clear_io_in, SUITE_ONE),
	TEST(aggregate_smuggles_no_clear_io_out, SUITE_ONE),
	{ }
};
