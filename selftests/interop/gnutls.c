// SPDX-License-Identifier: GPL-2.0-only
/* A peer with GnuTLS, used as its manual says and not as the agent does. */
#include <gnutls/dtls.h>
#include <gnutls/gnutls.h>

#include "peer.h"

const char *const tls_name = "GnuTLS";

static gnutls_certificate_credentials_t cred;
static gnutls_session_t session;

static const char *priority(uint16_t suite)
{
#define BASE "NONE:+VERS-DTLS1.2:+CTYPE-X509:+COMP-NULL:+GROUP-ALL:+SIGN-ALL:+ECDHE-ECDSA:"
	switch (suite) {
	case 0xc02b:
		return BASE "+AES-128-GCM:+AEAD";
	case 0xc02c:
		return BASE "+AES-256-GCM:+AEAD";
	case 0xc006:
		return BASE "+NULL:+SHA1";
	default:
		return "NONE";
	}
}

static int explain(struct peer *peer, const char *what, int ret)
{
	if (ret == GNUTLS_E_FATAL_ALERT_RECEIVED ||
	    ret == GNUTLS_E_WARNING_ALERT_RECEIVED)
		peer->alert = (int)gnutls_alert_get(session);
	peer_error(peer, "%s: %s", what, gnutls_strerror(ret));
	return -1;
}

int tls_open(struct peer *peer)
{
	unsigned int role = peer->server ? GNUTLS_SERVER : GNUTLS_CLIENT;
	int ret;

	gnutls_certificate_allocate_credentials(&cred);
	ret = gnutls_certificate_set_x509_trust_file(cred, peer->ca,
						     GNUTLS_X509_FMT_PEM);
	if (ret > 0 && peer->cert)
		ret = gnutls_certificate_set_x509_key_file(cred, peer->cert,
							   peer->key,
							   GNUTLS_X509_FMT_PEM);
	if (ret < 0)
		return explain(peer, "credentials", ret);
	ret = gnutls_init(&session, role | GNUTLS_DATAGRAM | GNUTLS_NONBLOCK);
	if (!ret)
		ret = gnutls_priority_set_direct(session, priority(peer->suite),
						 NULL);
	if (ret)
		return explain(peer, "open", ret);
	gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, cred);
	gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUIRE);
	gnutls_session_set_verify_cert(session, NULL, 0);
	gnutls_transport_set_int(session, peer->fd);
	gnutls_dtls_set_mtu(session, PEER_MTU);
	return 0;
}

int tls_handshake(struct peer *peer)
{
	int ret = gnutls_handshake(session);

	if (!ret)
		return 1;
	if (ret == GNUTLS_E_WARNING_ALERT_RECEIVED)
		peer->alert = (int)gnutls_alert_get(session);
	/* what ICMP says of an agent that is not there yet */
	if (!gnutls_error_is_fatal(ret) || ret == GNUTLS_E_PULL_ERROR ||
	    ret == GNUTLS_E_PUSH_ERROR)
		return 0;
	if (ret != GNUTLS_E_FATAL_ALERT_RECEIVED)
		gnutls_alert_send_appropriate(session, ret);
	return explain(peer, "handshake", ret);
}

int tls_timeout(struct peer *peer)
{
	return (int)gnutls_dtls_get_timeout(session);
}

/* it looks at its clock by itself */
void tls_expired(struct peer *peer)
{
}

int tls_send(struct peer *peer, const void *data, size_t len)
{
	return gnutls_record_send(session, data, len) == (ssize_t)len ? 0 : -1;
}

/* false when the association has ended */
static bool renegotiate_on(struct peer *peer)
{
	int ret = gnutls_handshake(session);

	if (ret == GNUTLS_E_WARNING_ALERT_RECEIVED) {
		peer->alert = (int)gnutls_alert_get(session);
		peer->renegotiating = false;
		return true;
	}
	if (!ret)
		peer_error(peer, "renegotiated");
	return ret && !gnutls_error_is_fatal(ret);
}

ssize_t tls_recv(struct peer *peer, void *buf, size_t room)
{
	ssize_t ret;

	if (peer->renegotiating && !peer->server && !renegotiate_on(peer))
		return -1;
	ret = gnutls_record_recv(session, buf, room);
	if (ret > 0)
		return ret;
	if (!ret) {
		peer->closed = true;
		return -1;
	}
	if (ret == GNUTLS_E_WARNING_ALERT_RECEIVED) {
		peer->alert = (int)gnutls_alert_get(session);
		return 0;
	}
	if (!gnutls_error_is_fatal((int)ret) || ret == GNUTLS_E_PULL_ERROR)
		return 0;
	return explain(peer, "read", (int)ret);
}

void tls_close(struct peer *peer)
{
	gnutls_bye(session, GNUTLS_SHUT_WR);
}

bool tls_renegotiate(struct peer *peer)
{
	peer->renegotiating = true;
	/* a server asks by HelloRequest, a client by ClientHello */
	return peer->server ? !gnutls_rehandshake(session) :
			      renegotiate_on(peer);
}

bool tls_fatal_alert(struct peer *peer)
{
	return !gnutls_alert_send(session, GNUTLS_AL_FATAL,
				  GNUTLS_A_INTERNAL_ERROR);
}
