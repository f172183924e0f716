/* SPDX-License-Identifier: GPL-2.0-only */
/* DTLS 1.2 records as far as the agent looks at them (RFC 6347 4.1). */
#ifndef CIPSEC_TLS_RECORD_H
#define CIPSEC_TLS_RECORD_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* content types, RFC 5246 6.2.1 */
enum {
	CIPSEC_RECORD_CCS = 20,
	CIPSEC_RECORD_ALERT = 21,
	CIPSEC_RECORD_HANDSHAKE = 22,
	CIPSEC_RECORD_DATA = 23,
};

/* handshake types, RFC 5246 7.4; 0 is HelloRequest */
#define CIPSEC_HANDSHAKE_CLIENT_HELLO	1

#define CIPSEC_RECORD_HEADER	13
#define CIPSEC_HELLO_RANDOM	32

/* one record of a datagram; @data has the header too */
struct cipsec_record_view {
	uint8_t type;
	uint16_t epoch;
	uint64_t number;
	const uint8_t *data;
	size_t len;
};

/*
 * Takes the next record from the front of what is left of a datagram.
 * Returns false at its end and when the rest is not a record.
 */
static inline bool cipsec_record_next(struct cipsec_record_view *rec,
				      const uint8_t **at, size_t *left)
{
	const uint8_t *p = *at;
	uint64_t seq;
	uint16_t len;

	/* DTLS 1.0 (fe ff) too: a first ClientHello may bear it, 4.2.1 */
	if (*left < CIPSEC_RECORD_HEADER || p[1] != 0xfe ||
	    (p[2] != 0xfd && p[2] != 0xff))
		return false;
	memcpy(&seq, p + 3, sizeof(seq));
	memcpy(&len, p + 11, sizeof(len));
	seq = be64toh(seq);
	rec->type = p[0];
	rec->epoch = (uint16_t)(seq >> 48);
	rec->number = seq & 0xffffffffffffULL;
	rec->data = p;
	rec->len = CIPSEC_RECORD_HEADER + (size_t)be16toh(len);
	if (rec->len > *left)
		return false;
	*at += rec->len;
	*left -= rec->len;
	return true;
}

/*
 * Is the datagram a ClientHello in clear? @random then points to the 32 bytes
 * that tell one attempt from another: the second ClientHello, the one with the
 * cookie, repeats them (RFC 6347 4.2.1).
 */
static inline bool cipsec_record_is_hello(const uint8_t *data, size_t len,
					  const uint8_t **random)
{
	/* handshake header of 12 bytes, version of 2 */
	const size_t at = CIPSEC_RECORD_HEADER + 12 + 2;
	struct cipsec_record_view rec;
	const uint8_t *p = data;

	if (!cipsec_record_next(&rec, &p, &len) ||
	    rec.type != CIPSEC_RECORD_HANDSHAKE || rec.epoch ||
	    rec.len < at + CIPSEC_HELLO_RANDOM ||
	    data[CIPSEC_RECORD_HEADER] != 1 ||
	    /* a later fragment has no random */
	    data[CIPSEC_RECORD_HEADER + 6] || data[CIPSEC_RECORD_HEADER + 7] ||
	    data[CIPSEC_RECORD_HEADER + 8])
		return false;
	*random = data + at;
	return true;
}

#endif
