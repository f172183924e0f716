/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CIPSEC_SUITE_H
#define _CIPSEC_SUITE_H

#include <linux/types.h>

/* Largest sum of what precedes and follows the data over all suites */
#define CIPSEC_SUITE_GROWTH_MAX	96

/**
 * enum cipsec_cipher - how a suite's records are protected
 * @CIPSEC_CIPHER_GCM: AES-GCM, RFC 5288
 * @CIPSEC_CIPHER_HMAC: authenticated only, RFC 4492 and RFC 5246 6.2.3.1
 */
enum cipsec_cipher {
	CIPSEC_CIPHER_GCM,
	CIPSEC_CIPHER_HMAC,
};

/**
 * struct cipsec_suite - a cipher suite
 * @id: IANA number
 * @name: IANA name
 * @cipher: how records are protected
 * @alg: name of the kernel's algorithm
 * @enc_key: bytes of the encryption key
 * @mac_key: bytes of the MAC key
 * @salt: bytes of the implicit part of the nonce
 * @front: bytes of a record before the data: header and explicit nonce
 * @tail: bytes of a record after the data: tag or MAC
 */
struct cipsec_suite {
	u16 id;
	const char *name;
	enum cipsec_cipher cipher;
	const char *alg;
	u8 enc_key;
	u8 mac_key;
	u8 salt;
	u8 front;
	u8 tail;
};

const struct cipsec_suite *cipsec_suite_find(u16 id);

#endif /* _CIPSEC_SUITE_H */
