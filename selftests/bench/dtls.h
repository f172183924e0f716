/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CIPSEC_BENCH_DTLS_H
#define CIPSEC_BENCH_DTLS_H

#include <gnutls/gnutls.h>

#include "bench.h"

/*
 * What malloc() finds depends on what a handshake left behind, and so does the
 * cost of GnuTLS's records, by up to 2 %: one association is not enough.
 */
#define DTLS_ROUNDS	5

/* Both ends of a DTLS 1.2 association, after a handshake in this process. */
struct dtls_pair {
	gnutls_certificate_credentials_t cred;
	gnutls_session_t client;
	gnutls_session_t server;
	int fd_client;
	int fd_server;
};

int dtls_open(struct dtls_pair *pair, const struct bench_suite *suite);
ssize_t dtls_send(gnutls_session_t session, const void *buf, size_t len);
ssize_t dtls_recv(gnutls_session_t session, void *buf, size_t len);
void dtls_close(struct dtls_pair *pair);

#endif /* CIPSEC_BENCH_DTLS_H */
