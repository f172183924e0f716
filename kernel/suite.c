// SPDX-License-Identifier: GPL-2.0-only
/* The cipher suites, one row each. */
#include <linux/kernel.h>

#include "suite.h"
#include "record.h"

static const struct cipsec_suite suites[] = {
	{
		.id = 0xc006, .name = "TLS_ECDHE_ECDSA_WITH_NULL_SHA",
		.cipher = CIPSEC_CIPHER_HMAC, .alg = "hmac(sha1)",
		.mac_key = 20,
		.front = CIPSEC_RECORD_HDR_LEN, .tail = 20,
	}, {
		.id = 0xc02b, .name = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
		.cipher = CIPSEC_CIPHER_GCM, .alg = "gcm(aes)",
		.enc_key = 16, .salt = 4,
		.front = CIPSEC_RECORD_HDR_LEN + 8, .tail = 16,
	}, {
		.id = 0xc02c, .name = "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
		.cipher = CIPSEC_CIPHER_GCM, .alg = "gcm(aes)",
		.enc_key = 32, .salt = 4,
		.front = CIPSEC_RECORD_HDR_LEN + 8, .tail = 16,
	},
};

/**
 * cipsec_suite_find() - look a cipher suite up
 * @id: IANA number
 *
 * Return: the suite, or NULL when it is not supported.
 */
const struct cipsec_suite *cipsec_suite_find(u16 id)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(suites); i++)
		if (suites[i].id == id)
			return &suites[i];
	return NULL;
}
