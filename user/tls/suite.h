/* SPDX-License-Identifier: GPL-2.0-only */
/* The cipher suites that the agent negotiates: one row each. */
#ifndef CIPSEC_TLS_SUITE_H
#define CIPSEC_TLS_SUITE_H

#include <stddef.h>
#include <stdint.h>

#include <gnutls/gnutls.h>

/**
 * struct cipsec_tls_suite - a cipher suite as GnuTLS negotiates it
 * @number: IANA number
 * @priority: what to append to the priority string
 * @kx, @cipher, @mac: what a session that negotiated it reports
 * @enc_len, @mac_len, @salt_len: bytes of a direction's key block
 */
struct cipsec_tls_suite {
	uint16_t number;
	const char *priority;
	gnutls_kx_algorithm_t kx;
	gnutls_cipher_algorithm_t cipher;
	gnutls_mac_algorithm_t mac;
	uint8_t enc_len;
	uint8_t mac_len;
	uint8_t salt_len;
};

/* longest priority string of a list of suites */
#define CIPSEC_PRIORITY_LEN	512

/* the row of an IANA number, NULL when there is none */
const struct cipsec_tls_suite *cipsec_tls_suite_find(uint16_t number);

/* the row of what a session negotiated, NULL when there is none */
const struct cipsec_tls_suite *
cipsec_tls_suite_negotiated(gnutls_session_t session);

/**
 * cipsec_tls_suite_priority() - priority string of a list, best suite first
 * @suites, @n: IANA numbers
 * @buf: the string
 *
 * A string is a product of key exchange, cipher and MAC and may allow more
 * than was meant: compare what was negotiated with the list.
 *
 * Return: 0; -EOPNOTSUPP for a number without a row; -ENOSPC
 */
int cipsec_tls_suite_priority(const uint16_t *suites, size_t n,
			      char buf[CIPSEC_PRIORITY_LEN]);

#endif
