// SPDX-License-Identifier: GPL-2.0-only
/* Cipher suites as rows of a table. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "suite.h"

static const struct cipsec_tls_suite suites[] = {
	/* RFC 5289 3.2 */
	{ 0xc02b, "+ECDHE-ECDSA:+AES-128-GCM:+AEAD", GNUTLS_KX_ECDHE_ECDSA,
	  GNUTLS_CIPHER_AES_128_GCM, GNUTLS_MAC_AEAD, 16, 0, 4 },
	{ 0xc02c, "+ECDHE-ECDSA:+AES-256-GCM:+AEAD", GNUTLS_KX_ECDHE_ECDSA,
	  GNUTLS_CIPHER_AES_256_GCM, GNUTLS_MAC_AEAD, 32, 0, 4 },
	/* RFC 8422 6: integrity only */
	{ 0xc006, "+ECDHE-ECDSA:+NULL:+SHA1", GNUTLS_KX_ECDHE_ECDSA,
	  GNUTLS_CIPHER_NULL, GNUTLS_MAC_SHA1, 0, 20, 0 },
};

#define N_SUITES	(sizeof(suites) / sizeof(suites[0]))

const struct cipsec_tls_suite *cipsec_tls_suite_find(uint16_t number)
{
	size_t i;

	for (i = 0; i < N_SUITES; i++)
		if (suites[i].number == number)
			return &suites[i];
	return NULL;
}

const struct cipsec_tls_suite *
cipsec_tls_suite_negotiated(gnutls_session_t session)
{
	size_t i;

	for (i = 0; i < N_SUITES; i++)
		if (suites[i].kx == gnutls_kx_get(session) &&
		    suites[i].cipher == gnutls_cipher_get(session) &&
		    suites[i].mac == gnutls_mac_get(session))
			return &suites[i];
	return NULL;
}

int cipsec_tls_suite_priority(const uint16_t *list, size_t n,
			      char buf[CIPSEC_PRIORITY_LEN])
{
	static const char base[] =
		"NONE:+VERS-DTLS1.2:+CTYPE-X509:+COMP-NULL:+GROUP-SECP256R1:"
		"+GROUP-SECP384R1:+SIGN-ALL:%SERVER_PRECEDENCE";
	const struct cipsec_tls_suite *suite;
	size_t i, at = sizeof(base) - 1;
	int len;

	memcpy(buf, base, sizeof(base));
	for (i = 0; i < n; i++) {
		suite = cipsec_tls_suite_find(list[i]);
		if (!suite)
			return -EOPNOTSUPP;
		len = snprintf(buf + at, CIPSEC_PRIORITY_LEN - at, ":%s",
			       suite->priority);
		at += (size_t)len;
		if (at >= CIPSEC_PRIORITY_LEN)
			return -ENOSPC;
	}
	return 0;
}
