/* SPDX-License-Identifier: GPL-2.0-only */
/* Cookies: a client proves that it receives at its address (RFC 6347 4.2.1). */
#ifndef CIPSEC_TLS_COOKIE_H
#define CIPSEC_TLS_COOKIE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gnutls/dtls.h>

/* milliseconds that a secret makes cookies; it is good for as long again */
#define CIPSEC_COOKIE_ROTATE	60000

/**
 * struct cipsec_cookie - the secrets behind the cookies
 * @now, @before: the secret in use and the one before it
 * @made: when @now was made, milliseconds of CLOCK_MONOTONIC
 */
struct cipsec_cookie {
	gnutls_datum_t now;
	gnutls_datum_t before;
	uint64_t made;
};

/* wipes the secrets */
void cipsec_cookie_clear(struct cipsec_cookie *cookie);

/**
 * cipsec_cookie_check() - does a ClientHello bear a cookie of ours?
 * @client, @client_len: what the cookie is bound to: both endpoints
 * @hello, @hello_len: the datagram
 * @ms: now, CLOCK_MONOTONIC
 * @prestate: for the session that goes on with this ClientHello, and for
 *   cipsec_cookie_send() when there was none
 *
 * Return: 0 when it does; -EAGAIN when it is a ClientHello without or with an
 * outdated cookie; -EBADMSG when it is not a ClientHello; -ENOMEM
 */
int cipsec_cookie_check(struct cipsec_cookie *cookie, const void *client,
			size_t client_len, const void *hello, size_t hello_len,
			uint64_t ms, gnutls_dtls_prestate_st *prestate);

/**
 * cipsec_cookie_send() - make a HelloVerifyRequest
 * @prestate: as cipsec_cookie_check() left it
 * @buf, @len: where to, room in and length out
 *
 * Return: 0; -EIO
 */
int cipsec_cookie_send(struct cipsec_cookie *cookie, const void *client,
		       size_t client_len, gnutls_dtls_prestate_st *prestate,
		       void *buf, size_t *len);

#endif
