/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames as a third party on the wire has them: UDP over IPv4 and the DTLS record
 * header (RFC 6347 4.1), read and written through a packet socket.
 */
#ifndef CIPSEC_IO_WIRE_H
#define CIPSEC_IO_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define WIRE_FRAME_MAX	65600

enum dtls_type {
	DTLS_CHANGE_CIPHER_SPEC	= 20,
	DTLS_ALERT		= 21,
	DTLS_HANDSHAKE		= 22,
	DTLS_APPLICATION	= 23,
};

struct dtls_header {
	uint8_t type;
	uint8_t version[2];
	uint8_t epoch[2];
	uint8_t number[6];
	uint8_t length[2];
} __attribute__((packed));

_Static_assert(sizeof(struct dtls_header) == 13, "RFC 6347 4.1");

/**
 * struct wire_udp - a UDP datagram within a frame
 * @saddr: source, network byte order
 * @daddr: destination, network byte order
 * @sport: host byte order
 * @dport: host byte order
 * @data: payload
 * @len: bytes of it
 */
struct wire_udp {
	uint32_t saddr;
	uint32_t daddr;
	uint16_t sport;
	uint16_t dport;
	uint8_t *data;
	size_t len;
};

int wire_open(const char *interface);
ssize_t wire_receive(int fd, uint8_t frame[WIRE_FRAME_MAX]);
unsigned int wire_missed(int fd);

bool wire_udp_parse(struct wire_udp *udp, uint8_t *frame, size_t len);
size_t wire_udp_rewrite(uint8_t *frame, const struct wire_udp *udp);

const struct dtls_header *wire_record(const uint8_t *data, size_t len);
unsigned int wire_epoch(const struct dtls_header *head);
unsigned int wire_length(const struct dtls_header *head);
uint64_t wire_number(const struct dtls_header *head);
void wire_set_number(struct dtls_header *head, uint64_t number);

#endif
