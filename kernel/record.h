/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DTLS 1.2 records on the wire (RFC 6347 4.1) and what goes into their MAC.
 *
 * Pure: compiles in user space too, see portable.h.
 */
#ifndef _CIPSEC_RECORD_H
#define _CIPSEC_RECORD_H

#include "portable.h"

#define CIPSEC_DTLS_1_0		0xfeff	/* ClientHello and HelloVerifyRequest only */
#define CIPSEC_DTLS_1_2		0xfefd

/* RFC 5246 6.2.1, RFC 6520; 19 and 26 are of RFC 9146 and RFC 9147 */
enum cipsec_content_type {
	CIPSEC_TYPE_CHANGE_CIPHER_SPEC	= 20,
	CIPSEC_TYPE_ALERT		= 21,
	CIPSEC_TYPE_HANDSHAKE		= 22,
	CIPSEC_TYPE_APPLICATION_DATA	= 23,
	CIPSEC_TYPE_HEARTBEAT		= 24,
	CIPSEC_TYPE_ACK			= 26,
};

/**
 * struct cipsec_record_hdr - header of a DTLSCiphertext, RFC 6347 4.3.1
 * @type: content type
 * @version: CIPSEC_DTLS_1_2 for all that is protected
 * @number: epoch in the upper 16 bits, sequence number in the lower 48
 * @length: bytes that follow the header
 */
struct cipsec_record_hdr {
	u8 type;
	__be16 version;
	__be64 number;
	__be16 length;
} __packed;

/**
 * struct cipsec_record_pseudo - what is authenticated beside the data
 *
 * The additional data of AEAD suites (RFC 5246 6.2.3.3) and the head of the
 * MAC's input (6.2.3.1). It has the size of the record header and other order,
 * so it is laid down where the header or the nonce goes, before the data, and
 * one contiguous range is protected; the header is written over it later.
 * @length is that of the plaintext.
 */
struct cipsec_record_pseudo {
	__be64 number;
	u8 type;
	__be16 version;
	__be16 length;
} __packed;

#define CIPSEC_RECORD_HDR_LEN	13

static_assert(sizeof(struct cipsec_record_hdr) == CIPSEC_RECORD_HDR_LEN);
static_assert(sizeof(struct cipsec_record_pseudo) == CIPSEC_RECORD_HDR_LEN);

#define CIPSEC_SEQ_BITS		48
#define CIPSEC_SEQ_MASK		((1ULL << CIPSEC_SEQ_BITS) - 1)

static inline u16 cipsec_record_epoch(const struct cipsec_record_hdr *h)
{
	return be64_to_cpu(h->number) >> CIPSEC_SEQ_BITS;
}

static inline u64 cipsec_record_seq(const struct cipsec_record_hdr *h)
{
	return be64_to_cpu(h->number) & CIPSEC_SEQ_MASK;
}

/**
 * cipsec_is_record() - does a datagram begin with a DTLS record?
 * @p: payload of the datagram
 * @len: bytes readable at @p
 *
 * Unambiguous against CPF, whose first two bytes are a small little-endian
 * count: a version of 0xfexx would be more items than a datagram can hold.
 */
static inline bool cipsec_is_record(const u8 *p, unsigned int len)
{
	return len >= CIPSEC_RECORD_HDR_LEN && p[0] >= 20 && p[0] <= 26 &&
	       p[1] == 0xfe && (p[2] == 0xfd || p[2] == 0xff);
}

/**
 * cipsec_record_is_handshake() - is the record the TLS library's business?
 * @h: record header
 *
 * Handshake and ChangeCipherSpec of any epoch, and alerts in clear. All else is
 * protected and the kernel's.
 */
static inline bool cipsec_record_is_handshake(const struct cipsec_record_hdr *h)
{
	return h->type == CIPSEC_TYPE_HANDSHAKE ||
	       h->type == CIPSEC_TYPE_CHANGE_CIPHER_SPEC ||
	       (h->type == CIPSEC_TYPE_ALERT && !cipsec_record_epoch(h));
}

#endif /* _CIPSEC_RECORD_H */
