/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What all attacks need: a host to attack, its peer, and a way to put datagrams of
 * any origin on the wire between them.
 *
 *      namespace A                               namespace B
 *   .-------------------.                 .-----------------------------.
 *   | the peer:         |                 | the program: UDP 2222       |
 *   |   records.c and   | va           vb | the agent: UDP 2221, keys   |
 *   |   a UDP socket    |-----------------| cipsec.ko: require 10.78.0.1|
 *   | the attacker:     |                 |            trust the rest   |
 *   |   a packet socket |                 '-----------------------------'
 *   '-------------------'                    10.78.0.2
 *      10.78.0.1
 *
 * A test says what it will do to the counters, does it, and has it judged:
 *
 *	bed_mark(bed);
 *	bed_want(bed, CIPSEC_A_STAT_RX_BAD_MAC, 1);
 *	bed_inject(bed, &tuple, record, len);
 *	bed_judge(bed);
 *
 * Each datagram moves one counter, so all others must stand still. Judging also
 * compares what the program received and what the association remembers, and ends
 * with a good record, which must pass: the control of every refusal.
 */
#ifndef CIPSEC_ATTACK_BED_H
#define CIPSEC_ATTACK_BED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <cipsec.h>

#include "../fixture/records.h"

#define ADDR_A		"10.78.0.1"
#define ADDR_B		"10.78.0.2"
/* on the same wire, in no policy of its own */
#define ADDR_UNLISTED	"10.78.0.9"

#define PEER_PORT	40001

/* Connection ids as B has them. Class 0 goes without a sequence number. */
#define ID_CONSUMED	0x11110001
#define ID_PRODUCED	0x22220001
#define ID_CONSUMED_0	0x11110002
#define ID_PRODUCED_0	0x22220002
#define ID_UNBOUND	0x77770001

#define NUMBER_MAX	CIPSEC_RECORD_MAX
#define DATAGRAM_MAX	65507

#define LENGTH(a)	(sizeof(a) / sizeof((a)[0]))

enum bed_side { SIDE_A, SIDE_B, SIDES };

/**
 * struct tuple - where a datagram comes from and goes to
 * @sport, @dport: host byte order
 */
struct tuple {
	const char *saddr;
	const char *daddr;
	uint16_t sport;
	uint16_t dport;
};

/**
 * struct link - an association of B, and what its peer knows of it
 * @id: association
 * @agent: socket of B's agent
 * @peer: socket of the peer
 * @port: the peer's port
 * @rx: what the peer seals with
 * @tx: what B seals with
 * @next: record number that the peer uses next
 */
struct link {
	uint32_t id;
	int agent;
	int peer;
	uint16_t port;
	struct records_key rx;
	struct records_key tx;
	uint64_t next;
};

/**
 * struct bed - one test's surroundings
 * @suite: cipher suite, IANA number
 * @is_long: as many datagrams as it takes
 * @is_reduced: few, on a slow kernel
 * @h: handle of B's agent
 * @program: socket of B's program, port 2222
 * @wire: the attacker's packet socket
 * @link: the association under attack
 * @before, @wanted: counters at the mark, and by how much they shall move
 * @at_mark: the association at the mark
 * @clear: datagrams in clear that the program shall receive
 * @got_good, @got_clear: what it has received
 * @serial: number of the next good datagram
 * @first_serial: that of the first one after the mark
 * @events: how often each type of event came since the mark
 * @event_size: what the last one said
 * @records: records that the agent received since the mark
 * @record: the last of them
 * @record_data: its first bytes
 * @judgements: a test without any has shown nothing
 * @failed: something was not as it shall be
 */
struct bed {
	uint16_t suite;
	bool is_long;
	bool is_reduced;
	struct cipsec *h;
	int program;
	int wire;
	struct link link;
	uint64_t before[CIPSEC_A_STAT_PAD];
	uint64_t wanted[CIPSEC_A_STAT_PAD];
	struct cipsec_assoc at_mark;
	unsigned int clear;
	unsigned int got_good;
	unsigned int got_clear;
	uint32_t serial;
	uint32_t first_serial;
	unsigned int events[32];
	uint32_t event_size;
	unsigned int records;
	struct cipsec_record record;
	uint8_t record_data[64];
	unsigned int judgements;
	bool failed;
};

#define bed_check(bed, cond) ({						\
	bool __is = (cond);						\
	if (!__is)							\
		bed_fail(bed, "%s:%d: %s", __func__, __LINE__, #cond);	\
	__is; })

void bed_fail(struct bed *bed, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* ---- Making and ending ---------------------------------------------------- */

int bed_namespaces(const char *a, const char *b);
int bed_enter(enum bed_side side);
int bed_socket(enum bed_side side, uint16_t port);
/* A's second address, which is not listed. */
int bed_socket_unlisted(uint16_t port);

/* Without an association, for tests that make a special one. */
int bed_open_bare(struct bed *bed);
int bed_open(struct bed *bed);
void bed_close(struct bed *bed);

int bed_policy(struct bed *bed, const char *addr, uint8_t prefix_len,
	       uint8_t verb, uint32_t flags);
/* Keys of no use elsewhere: each link has its own seed. */
struct cipsec_key bed_key_settings(const struct bed *bed);
int link_open(struct bed *bed, struct link *link, uint16_t port,
	      const struct cipsec_key *settings);
void link_close(struct bed *bed, struct link *link);
int link_bind(struct bed *bed, const struct link *link,
	      const struct cipsec_conn *conn);
struct tuple link_tuple(const struct link *link);

/* ---- Datagrams -------------------------------------------------------------- */

/* I/O of class 1: CPF with a sequenced address item. Return: its length */
size_t io_make(uint8_t *buf, uint32_t id, const void *data, size_t len);
/* Class 0 of some stacks: a connected address item. */
size_t io_make_00a1(uint8_t *buf, uint32_t id, const void *data, size_t len);
/* An unconnected message, item 0x8003. */
size_t ucmm_make(uint8_t *buf);
/* I/O for the program that bears the mark of those it may receive. */
size_t io_make_good(struct bed *bed, uint8_t *buf, uint32_t id, size_t len);

/* Sealed by the peer with its next number, or @number. Return: length */
size_t link_seal(struct link *link, uint8_t *rec, uint8_t type,
		 const void *data, size_t len);
size_t link_seal_as(struct link *link, uint8_t *rec, uint8_t type,
		    uint64_t number, const void *data, size_t len);
/* A record of good I/O. */
size_t link_seal_good(struct bed *bed, struct link *link, uint8_t *rec);
size_t link_seal_good_as(struct bed *bed, struct link *link, uint8_t *rec,
			 uint64_t number);

void bed_inject(struct bed *bed, const struct tuple *tuple, const void *data,
		size_t len);
/* From B's end of the wire, for A's. */
void bed_inject_back(struct bed *bed, const struct tuple *tuple,
		     const void *data, size_t len);
void link_inject(struct bed *bed, const struct link *link, const void *data,
		 size_t len);

/* The record that B sent next, opened. Return: plaintext's length or -errno */
ssize_t link_take(struct link *link, struct records_plan *plan, uint8_t *data);

/* B's program sends. Return: 0 or -errno */
int program_send(struct bed *bed, const void *data, size_t len);
int program_send_from(int fd, const char *addr, uint16_t port, const void *data,
		      size_t len);

/* ---- Judging ------------------------------------------------------------------ */

void bed_mark(struct bed *bed);
void bed_want(struct bed *bed, unsigned int counter, uint64_t n);
/* Of the counters, the program, the association; with and without the control */
void bed_judge(struct bed *bed);
void bed_judge_only(struct bed *bed);
/* Wait for an event since the mark. */
bool bed_event(struct bed *bed, unsigned int type);
void bed_dispatch(struct bed *bed);
void bed_sleep(unsigned int milliseconds);

/*
 * What Documentation/counters.rst promises of a datagram on the wire's tuple that
 * the peer did not seal, while no number above @highest was received and all of
 * those up to it were.
 */
unsigned int way_of_forgery(const struct bed *bed, const uint8_t *data,
			    size_t len, uint64_t highest);

/* ---- Tests --------------------------------------------------------------------- */

enum suites {
	SUITE_ONE	= 1,	/* does not depend on the cipher */
	SUITE_AEAD	= 2,
	SUITE_ALL	= 4,
};

/**
 * struct test - a sentence, and how to prove it
 * @name: the sentence
 * @run: proves it
 * @suites: with which cipher suites
 * @is_slow_too: once more without SIMD
 */
struct test {
	const char *name;
	void (*run)(struct bed *bed);
	enum suites suites;
	bool is_slow_too;
};

#define TEST(fn, suites)	{ #fn, fn, suites, false }
#define TEST_SLOW(fn, suites)	{ #fn, fn, suites, true }

extern const struct test forge_tests[];
extern const struct test shape_tests[];
extern const struct test clear_tests[];
extern const struct test flood_tests[];
extern const struct test seal_tests[];
extern const struct test guard_tests[];
extern const struct test memory_tests[];
extern const struct test race_tests[];
extern const struct test far_tests[];

int set_no_simd(bool on);

#endif
