/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The class 0/1 I/O datagrams of a capture file, by direction.
 *
 * Which way a datagram goes is told by its ports, as real stacks use them: T->O
 * goes from 2222 to 2222, O->T goes to 2222 from any other port.
 */
#ifndef CIPSEC_IO_CAPTURE_H
#define CIPSEC_IO_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum io_direction { O2T, T2O };

/**
 * struct io_datagram - one UDP payload
 * @usec: when, counted from the first I/O datagram of the capture
 * @len: its length
 * @data: its bytes, in the memory of the capture
 */
struct io_datagram {
	uint64_t usec;
	size_t len;
	const uint8_t *data;
};

struct io_flow {
	struct io_datagram *datagrams;
	size_t count;
};

struct io_capture {
	uint8_t *file;
	struct io_flow flow[2];
};

/**
 * struct io_cpf - what the Common Packet Format says of an I/O datagram
 * @id: connection id
 * @unsequenced: the address item has no sequence number (0x00A1)
 * @data: the connected data, @len bytes; a class 1 sequence count leads it
 */
struct io_cpf {
	uint32_t id;
	bool unsequenced;
	const uint8_t *data;
	size_t len;
};

int io_capture_read(struct io_capture *cap, const char *name);
void io_capture_free(struct io_capture *cap);

bool io_cpf_parse(struct io_cpf *cpf, const uint8_t *bytes, size_t len);

#endif
