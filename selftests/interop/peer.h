/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A DTLS 1.2 endpoint of somebody else's making, with cyclic I/O as its application
 * data. peer.c is what they share; each library's file implements the functions.
 */
#ifndef CIPSEC_INTEROP_PEER_H
#define CIPSEC_INTEROP_PEER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PEER_MTU	1400

/**
 * struct peer - the endpoint
 * @server: role
 * @suite: IANA number
 * @cert, @key, @ca: PEM files; no @cert: none is sent
 * @old: DTLS 1.0
 * @fd: connected socket, non-blocking
 * @local, @remote: its endpoints
 * @alert: number of the last alert received, -1 for none
 * @closed: close_notify was received
 * @renegotiating: it was asked for and not answered yet
 * @error: why the library gave up
 */
struct peer {
	bool server;
	uint16_t suite;
	const char *cert;
	const char *key;
	const char *ca;
	bool old;
	int fd;
	struct sockaddr_in local;
	struct sockaddr_in remote;
	int alert;
	bool closed;
	bool renegotiating;
	char error[256];
};

/* what a library has to be able to do; one of them is linked */

extern const char *const tls_name;

/* @fd is connected; 0 or -1 with @error */
int tls_open(struct peer *peer);

/* 1 done, 0 not yet, -1 failed */
int tls_handshake(struct peer *peer);

/* milliseconds until tls_expired() shall be called, negative for never */
int tls_timeout(struct peer *peer);
void tls_expired(struct peer *peer);

/* one record; 0 or -1 */
int tls_send(struct peer *peer, const void *data, size_t len);

/* bytes of a record, 0 when there is none, -1 at the end of the association */
ssize_t tls_recv(struct peer *peer, void *buf, size_t room);

void tls_close(struct peer *peer);

/* false where the library has no such thing */
bool tls_renegotiate(struct peer *peer);
bool tls_fatal_alert(struct peer *peer);

__attribute__((format(printf, 2, 3)))
void peer_error(struct peer *peer, const char *fmt, ...);

#endif
