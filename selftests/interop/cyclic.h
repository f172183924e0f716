/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cyclic class 1 I/O that can be verified from what arrives alone: the data of a
 * datagram follows from its connection id and its sequence number.
 */
#ifndef CIPSEC_INTEROP_CYCLIC_H
#define CIPSEC_INTEROP_CYCLIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define CYCLIC_MAX	512

/* longest run of sequence numbers that is looked at */
#define CYCLIC_SEEN	(1 << 17)

/**
 * struct cyclic - both directions of a connection, and what became of them
 * @produce, @consume: connection ids
 * @next: sequence number of the next datagram to be made, less one
 * @sent: datagrams that the system took
 * @refused: datagrams that it did not take
 * @error: why not, the last time
 * @first_sent: sequence number of the first that it took, 0 for none
 * @received: datagrams that came, whatever they were
 * @verified: of those, right to the last byte, and the first of their number
 * @corrupt: not made by cyclic_make() with the id consumed
 * @duplicate: right, but the number was there before
 * @reordered: right, but after a later one
 * @lowest, @highest: sequence numbers that came, 0 for none
 * @first_ms, @last_ms: when, and @gap_ms the longest pause between two
 * @seen: by sequence number
 */
struct cyclic {
	uint32_t produce;
	uint32_t consume;
	uint32_t next;
	uint32_t sent;
	uint32_t refused;
	int error;
	uint32_t first_sent;
	uint32_t received;
	uint32_t verified;
	uint32_t corrupt;
	uint32_t duplicate;
	uint32_t reordered;
	uint32_t lowest;
	uint32_t highest;
	uint64_t first_ms;
	uint64_t last_ms;
	uint64_t gap_ms;
	uint8_t seen[CYCLIC_SEEN / 8];
};

/* milliseconds of CLOCK_MONOTONIC */
uint64_t cyclic_now(void);

/* makes the next datagram of @produce; returns its length */
size_t cyclic_make(struct cyclic *io, uint8_t buf[CYCLIC_MAX]);

/* the datagram made last was taken, or refused with -errno */
void cyclic_sent(struct cyclic *io, int err);

/* a datagram came */
void cyclic_check(struct cyclic *io, const uint8_t *data, size_t len);

/* length of the datagram that a stream of them begins with; 0 for none */
size_t cyclic_split(const uint8_t *data, size_t len);

/* the counts, as members of a JSON object, without its braces */
void cyclic_print(const struct cyclic *io, FILE *to);

#endif
