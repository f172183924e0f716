// SPDX-License-Identifier: GPL-2.0-only
/*
 * The agent's own socket: handshake records of its own range, and nothing else,
 * whoever holds the port.
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

#define RECORD_LEN	(RECORDS_HDR_LEN + 4)

/* A record that nobody sealed; the kernel looks at its header alone. */
static void make(uint8_t rec[RECORD_LEN], uint8_t type, uint16_t epoch,
		 uint64_t number)
{
	int i;

	memset(rec, 0, RECORD_LEN);
	rec[0] = type;
	rec[1] = 0xfe;
	rec[2] = 0xfd;
	rec[3] = epoch >> 8;
	rec[4] = epoch;
	for (i = 0; i < 6; i++)
		rec[5 + i] = number >> (40 - 8 * i);
	rec[12] = RECORD_LEN - RECORDS_HDR_LEN;
}

static int agent_send(struct bed *bed, uint8_t type, uint16_t epoch,
		      uint64_t number)
{
	uint8_t rec[RECORD_LEN];

	make(rec, type, epoch, number);
	return send(bed->link.agent, rec, sizeof(rec), 0) < 0 ? -errno : 0;
}

static unsigned int arrived(struct bed *bed)
{
	unsigned int n = 0;
	uint8_t byte;

	while (recv(bed->link.peer, &byte, 1, MSG_DONTWAIT) >= 0)
		n++;
	return n;
}

static void agent_sends_numbers_of_its_range_only(struct bed *bed)
{
	if (!bed_check(bed, !bed_open(bed)))
		return;
	bed_mark(bed);
	bed_check(bed, !agent_send(bed, 22, 0, 0));
	bed_check(bed, !agent_send(bed, 22, 0, CIPSEC_RECORD_RESERVE + 5));
	bed_check(bed, !agent_send(bed, 20, 0, 1));
	bed_check(bed, !agent_send(bed, 22, 1, 0));
	bed_check(bed, !agent_send(bed, 22, 1, CIPSEC_RECORD_RESERVE - 1));
	bed_want(bed, CIPSEC_A_STAT_TX_HANDSHAKE, 5);
	bed_check(bed, agent_send(bed, 22, 1, CIPSEC_RECORD_RESERVE) == -EPERM);
	bed_check(bed, agent_send(bed, 22, 1, NUMBER_MAX) == -EPERM);
	bed_check(bed, agent_send(bed, 20, 1, CIPSEC_RECORD_RESERVE) == -EPERM);
	bed_check(bed, agent_send(bed, 22, 2, 0) == -EPERM);
	bed_want(bed, CIPSEC_A_STAT_TX_NONCE_GUARD, 4);
	bed_check(bed, bed_event(bed, CIPSEC_EVENT_NONCE_GUARD));
	bed_judge_only(bed);
	bed_check(bed, arrived(bed) == 5);
	bed_judge(bed);
}

static void agents_range_closes_with_the_peers_first_record(struct bed *bed)
{
	if (!bed_check(bed, !bed_open(bed)))
		return;
	bed_mark(bed);
	bed_check(bed, !agent_send(bed, 22, 1, 0));
	bed_want(bed, CIPSEC_A_STAT_TX_HANDSHAKE, 1);
	/* ends with a good record */
	bed_judge(bed);
	bed_mark(bed);
	bed_check(bed, agent_send(bed, 22, 1, 1) == -EPERM);
	bed_want(bed, CIPSEC_A_STAT_TX_NONCE_GUARD, 1);
	bed_check(bed, bed_event(bed, CIPSEC_EVENT_NONCE_GUARD));
	/* A new handshake of the same peer begins in the clear epoch. */
	bed_check(bed, !agent_send(bed, 22, 0, 1));
	bed_want(bed, CIPSEC_A_STAT_TX_HANDSHAKE, 1);
	bed_judge_only(bed);
	bed_check(bed, arrived(bed) == 1);
	bed_judge(bed);
}

/* Past a change of cipher the keys are those of the next association. */
static void agent_shakes_hands_anew_within_its_range_only(struct bed *bed)
{
	uint8_t buf[2 * RECORD_LEN];

	if (!bed_check(bed, !bed_open(bed)))
		return;
	bed_mark(bed);
	bed_check(bed, !agent_send(bed, 22, 0, 0));
	bed_want(bed, CIPSEC_A_STAT_TX_HANDSHAKE, 1);
	bed_judge(bed);
	bed_mark(bed);
	make(buf, 20, 0, 3);
	make(buf + RECORD_LEN, 22, 1, 0);
	bed_check(bed, send(bed->link.agent, buf, sizeof(buf), 0) > 0);
	bed_want(bed, CIPSEC_A_STAT_TX_HANDSHAKE, 1);
	make(buf + RECORD_LEN, 22, 1, CIPSEC_RECORD_RESERVE);
	bed_check(bed, send(bed->link.agent, buf, sizeof(buf), 0) < 0);
	make(buf + RECORD_LEN, 21, 1, CIPSEC_RECORD_RESERVE);
	bed_check(bed, send(bed->link.agent, buf, sizeof(buf), 0) < 0);
	bed_want(bed, CIPSEC_A_STAT_TX_NONCE_GUARD, 2);
	make(buf + RECORD_LEN, 23, 1, 0);
	bed_check(bed, send(bed->link.agent, buf, sizeof(buf), 0) < 0);
	bed_want(bed, CIPSEC_A_STAT_TX_AGENT_DATA, 1);
	bed_judge_only(bed);
	bed_check(bed, arrived(bed) == 1);
	bed_judge(bed);
}

static void agents_range_closes_in_time(struct bed *bed)
{
	struct cipsec_key settings = bed_key_settings(bed);

	settings.reserve = 1000;
	if (!bed_check(bed, !bed_open_bare(bed)) ||
	    !bed_check(bed, !link_open(bed, &bed->link, PEER_PORT, &settings)))
		return;
	bed_mark(bed);
	bed_check(bed, !agent_send(bed, 22, 1, 0));
	bed_want(bed, CIPSEC_A_STAT_TX_HANDSHAKE, 1);
	bed_sleep(1200);
	bed_check(bed, agent_send(bed, 22, 1, 1) == -EPERM);
	bed_want(bed, CIPSEC_A_STAT_TX_NONCE_GUARD, 1);
	bed_check(bed, bed_event(bed, CIPSEC_EVENT_NONCE_GUARD));
	bed_judge_only(bed);
	bed_check(bed, arrived(bed) == 1);
}

static void agent_cannot_send_data(struct bed *bed)
{
	int segment = RECORD_LEN;
	uint8_t buf[2 * RECORD_LEN];
	size_t len;

	if (!bed_check(bed, !bed_open(bed)))
		return;
	bed_mark(bed);
	bed_check(bed, agent_send(bed, 23, 1, 0) == -EPERM);
	bed_check(bed, agent_send(bed, 23, 0, 0) == -EPERM);
	bed_check(bed, agent_send(bed, 21, 1, 0) == -EPERM);
	bed_check(bed, agent_send(bed, 24, 0, 0) == -EPERM);
	len = ucmm_make(buf);
	bed_check(bed, send(bed->link.agent, buf, len, 0) < 0 && errno == EPERM);
	bed_check(bed, send(bed->link.agent, "text", 4, 0) < 0 && errno == EPERM);
	bed_check(bed, send(bed->link.agent, "", 0, 0) < 0 && errno == EPERM);
	/* behind a handshake record */
	make(buf, 22, 0, 0);
	make(buf + RECORD_LEN, 23, 1, 5);
	bed_check(bed, send(bed->link.agent, buf, sizeof(buf), 0) < 0 &&
		  errno == EPERM);
	bed_want(bed, CIPSEC_A_STAT_TX_AGENT_DATA, 8);
	/* cut off from one by the network card */
	make(buf, 22, 0, 0);
	buf[12] += RECORD_LEN;
	bed_check(bed, !setsockopt(bed->link.agent, IPPROTO_UDP, UDP_SEGMENT,
				   &segment, sizeof(segment)));
	bed_check(bed, send(bed->link.agent, buf, sizeof(buf), 0) < 0 &&
		  errno == EINVAL);
	bed_want(bed, CIPSEC_A_STAT_TX_GSO, 1);
	bed_check(bed, !agent_send(bed, 21, 0, 0));
	bed_want(bed, CIPSEC_A_STAT_TX_HANDSHAKE, 1);
	bed_judge_only(bed);
	bed_check(bed, arrived(bed) == 1);
	bed_judge(bed);
}

/* Both the well-known port and a client's ephemeral one. */
static void try_as_squatter(struct bed *bed, int squatter)
{
	uint8_t rec[256], buf[64], got[256];
	size_t len, n;

	bed_mark(bed);
	n = ucmm_make(buf);
	bed_check(bed, program_send_from(squatter, ADDR_A, bed->link.port, buf,
					 n) == -EPERM);
	make(buf, 23, 1, CIPSEC_RECORD_RESERVE);
	bed_check(bed, program_send_from(squatter, ADDR_A, bed->link.port, buf,
					 RECORD_LEN) == -EPERM);
	bed_check(bed, program_send_from(squatter, ADDR_UNLISTED, bed->link.port,
					 buf, RECORD_LEN) == -EPERM);
	bed_check(bed, program_send_from(squatter, ADDR_A, CIPSEC_PORT_IO, "x",
					 1) == -EPERM);
	bed_want(bed, CIPSEC_A_STAT_TX_AGENT_DATA, 4);
	/* The key of this would be the association's. */
	make(buf, 22, 1, CIPSEC_RECORD_RESERVE + 1);
	bed_check(bed, program_send_from(squatter, ADDR_A, bed->link.port, buf,
					 RECORD_LEN) == -EPERM);
	bed_want(bed, CIPSEC_A_STAT_TX_NONCE_GUARD, 1);
	make(buf, 22, 0, 0);
	bed_check(bed, !program_send_from(squatter, ADDR_A, bed->link.port, buf,
					  RECORD_LEN));
	bed_want(bed, CIPSEC_A_STAT_TX_HANDSHAKE, 1);

	n = ucmm_make(buf);
	link_inject(bed, &bed->link, buf, n);
	bed_want(bed, CIPSEC_A_STAT_RX_CLEAR_PORT, 1);
	len = link_seal(&bed->link, rec, 23, buf, n);
	link_inject(bed, &bed->link, rec, len);
	bed_want(bed, CIPSEC_A_STAT_RX_NO_OWNER, 1);
	len = link_seal_good(bed, &bed->link, rec);
	link_inject(bed, &bed->link, rec, len);
	bed_want(bed, CIPSEC_A_STAT_RX_OPENED, 1);
	make(buf, 22, 0, 0);
	link_inject(bed, &bed->link, buf, RECORD_LEN);
	bed_want(bed, CIPSEC_A_STAT_RX_HANDSHAKE, 1);
	bed_judge_only(bed);
	bed_check(bed, recv(squatter, got, sizeof(got), MSG_DONTWAIT) ==
		  RECORD_LEN && !memcmp(got, buf, RECORD_LEN));
	bed_check(bed, recv(squatter, got, sizeof(got), MSG_DONTWAIT) < 0);
	bed_check(bed, arrived(bed) == 1);
}

static void port_of_a_dead_agent_is_worth_nothing(struct bed *bed)
{
	uint8_t io[128];
	int squatter;
	size_t len;

	if (!bed_check(bed, !bed_open(bed)))
		return;
	close(bed->link.agent);
	bed->link.agent = -1;
	cipsec_close(bed->h);
	bed_enter(SIDE_B);
	if (!bed_check(bed, !cipsec_open(&bed->h)))
		return;
	squatter = bed_socket(SIDE_B, CIPSEC_PORT_SECURE);
	if (!bed_check(bed, squatter >= 0))
		return;
	try_as_squatter(bed, squatter);
	/* The program's I/O goes on. */
	bed_mark(bed);
	len = io_make(io, ID_PRODUCED, "data", 4);
	bed_check(bed, !program_send(bed, io, len));
	bed_want(bed, CIPSEC_A_STAT_TX_SEALED, 1);
	bed_judge(bed);
	close(squatter);
}

const struct test guard_tests[] = {
	TEST(agent_sends_numbers_of_its_range_only, SUITE_ONE),
	TEST(agents_range_closes_with_the_peers_first_record, SUITE_ONE),
	TEST(agent_shakes_hands_anew_within_its_range_only, SUITE_ONE),
	TEST(agents_range_closes_in_time, SUITE_ONE),
	TEST(agent_cannot_send_data, SUITE_ONE),
	TEST(port_of_a_dead_agent_is_worth_nothing, SUITE_ALL),
	{ }
};
