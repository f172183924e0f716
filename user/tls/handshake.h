/* SPDX-License-Identifier: GPL-2.0-only */
/**
 * @file handshake.h
 * A DTLS 1.2 handshake as a state machine between two queues of datagrams.
 *
 * It never touches a socket, a clock of its own or the kernel: the caller
 * feeds datagrams, runs it, sends what it made, and runs it again when
 * cipsec_handshake_timeout() says so. A server's last flight stays in the queue
 * until cipsec_handshake_release(): the peer must not be told to send I/O
 * before the kernel can open it (design 4.3).
 *
 * After it is done it lives on only to resend that flight when the peer's
 * repeats. The application's records never pass through it.
 */
#ifndef CIPSEC_TLS_HANDSHAKE_H
#define CIPSEC_TLS_HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gnutls/dtls.h>
#include <gnutls/gnutls.h>

#include <cipsec.h>

#include "credential.h"
#include "identity.h"
#include "record.h"

/* times the last flight is sent again after the handshake */
#define CIPSEC_HANDSHAKE_RESENDS	16

struct cipsec_handshake;

/**
 * struct cipsec_handshake_spec - what a handshake is made of
 * @role: this side
 * @cred: own certificate and whom it trusts; must outlive the handshake
 * @identities, @n_identities: rules for the peer's certificate; likewise
 * @suites, @n_suites: allowed cipher suites, best first
 * @mtu: largest datagram to make, bytes of UDP payload
 * @timeout: milliseconds after which it fails
 * @prestate: of the cookie exchange, for a server (RFC 6347 4.2.1)
 * @keylog: called with each line of a key log, or NULL
 * @keylog_arg: what gnutls_session_get_ptr() gives in @keylog
 */
struct cipsec_handshake_spec {
	enum cipsec_role role;
	const struct cipsec_credential *cred;
	const struct cipsec_identity *identities;
	size_t n_identities;
	const uint16_t *suites;
	size_t n_suites;
	unsigned int mtu;
	unsigned int timeout;
	gnutls_dtls_prestate_st *prestate;
	gnutls_keylog_func keylog;
	void *keylog_arg;
};

/**
 * struct cipsec_handshake_peer - who answered, known once it is done
 * @subject: of the certificate, RFC 4514
 * @identity: SHA-256 of the public key (SubjectPublicKeyInfo)
 * @fingerprint: SHA-256 of the certificate
 * @suite: negotiated cipher suite, IANA number
 * @ems: the master secret is bound to the handshake (RFC 7627)
 */
struct cipsec_handshake_peer {
	char subject[256];
	uint8_t identity[CIPSEC_HASH_LEN];
	uint8_t fingerprint[CIPSEC_HASH_LEN];
	uint16_t suite;
	bool ems;
};

/**
 * cipsec_handshake_new() - begin a handshake
 *
 * Return: 0; -EINVAL when GnuTLS refuses the suites; -ENOMEM
 */
int cipsec_handshake_new(struct cipsec_handshake **out,
			 const struct cipsec_handshake_spec *spec);

/** cipsec_handshake_free() - end it and wipe what it knew; NULL is allowed */
void cipsec_handshake_free(struct cipsec_handshake *hs);

/**
 * cipsec_handshake_feed() - give it a datagram that arrived
 *
 * Only records of the handshake are looked at: types 20 and 22, and alerts
 * in clear before it is done. Type 23 never.
 *
 * Return: 0 when something was taken, then run it; -ENOMSG when not;
 * -ENOBUFS when too much waits already
 */
int cipsec_handshake_feed(struct cipsec_handshake *hs, const void *data,
			  size_t len);

/**
 * cipsec_handshake_run() - go on as far as possible
 *
 * Once done it answers repeated flights only.
 *
 * Return: 1 when done; 0 when it waits for the peer or the timer;
 * -EPROTO when it failed, and cipsec_handshake_error() says why. An alert
 * for the peer may be in the queue then
 */
int cipsec_handshake_run(struct cipsec_handshake *hs);

/**
 * cipsec_handshake_timeout() - when to run it again if nothing arrives
 *
 * Return: milliseconds from now, negative for never
 */
int cipsec_handshake_timeout(struct cipsec_handshake *hs);

/**
 * cipsec_handshake_next() - take the next datagram to be sent
 * @buf, @room: where to
 *
 * Return: its length; 0 when there is none that may leave
 */
size_t cipsec_handshake_next(struct cipsec_handshake *hs, void *buf,
			     size_t room);

/** cipsec_handshake_release() - let a server's last flight leave */
void cipsec_handshake_release(struct cipsec_handshake *hs);

/**
 * cipsec_handshake_keys() - copy the negotiated keys
 * @key: suite, epoch and both directions are filled in; the caller wipes it
 *
 * Once, right after the handshake is done: the peer's window starts there.
 *
 * Return: 0; -EINVAL when it is not done; -EPROTO when GnuTLS reports keys
 * or record numbers that this program does not expect
 */
int cipsec_handshake_keys(struct cipsec_handshake *hs,
			  struct cipsec_key *key);

/** cipsec_handshake_peer() - who answered; NULL before it is done */
const struct cipsec_handshake_peer *
cipsec_handshake_peer(const struct cipsec_handshake *hs);

/** cipsec_handshake_subject() - the peer's subject as far as it was seen */
const char *cipsec_handshake_subject(const struct cipsec_handshake *hs);

/** cipsec_handshake_error() - why it failed and what to do, one sentence */
const char *cipsec_handshake_error(const struct cipsec_handshake *hs);

/** cipsec_handshake_renegotiation() - has the peer asked for it since? */
bool cipsec_handshake_renegotiation(struct cipsec_handshake *hs);

#endif
