// SPDX-License-Identifier: GPL-2.0-only
/* A peer with wolfSSL. */
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#include "cyclic.h"
#include "peer.h"

const char *const tls_name = "wolfSSL";

static WOLFSSL_CTX *ctx;
static WOLFSSL *ssl;
static uint64_t due;

static const char *suite_name(uint16_t number)
{
	switch (number) {
	case 0xc02b:
		return "ECDHE-ECDSA-AES128-GCM-SHA256";
	case 0xc02c:
		return "ECDHE-ECDSA-AES256-GCM-SHA384";
	case 0xc006:
		return "ECDHE-ECDSA-NULL-SHA";
	default:
		return "";
	}
}

static int explain(struct peer *peer, const char *what, int err)
{
	char text[WOLFSSL_MAX_ERROR_SZ];
	WOLFSSL_ALERT_HISTORY history;

	if (ssl && wolfSSL_get_alert_history(ssl, &history) == SSL_SUCCESS)
		peer->alert = history.last_rx.code;
	peer_error(peer, "%s: %s", what,
		   wolfSSL_ERR_error_string((unsigned long)err, text));
	return -1;
}

static bool waits(int err)
{
	return err == SSL_ERROR_WANT_READ || err == SSL_ERROR_WANT_WRITE;
}

static void rearm(void)
{
	due = cyclic_now() +
	      1000ull * (unsigned int)wolfSSL_dtls_get_current_timeout(ssl);
}

int tls_open(struct peer *peer)
{
	wolfSSL_Init();
	ctx = wolfSSL_CTX_new(peer->server ? wolfDTLSv1_2_server_method() :
					     wolfDTLSv1_2_client_method());
	if (!ctx ||
	    wolfSSL_CTX_set_cipher_list(ctx, suite_name(peer->suite)) !=
	    SSL_SUCCESS ||
	    wolfSSL_CTX_load_verify_locations(ctx, peer->ca, NULL) !=
	    SSL_SUCCESS)
		return explain(peer, "open", 0);
	if (peer->cert &&
	    (wolfSSL_CTX_use_certificate_chain_file(ctx, peer->cert) !=
	     SSL_SUCCESS ||
	     wolfSSL_CTX_use_PrivateKey_file(ctx, peer->key,
					     SSL_FILETYPE_PEM) != SSL_SUCCESS))
		return explain(peer, "certificate", 0);
	wolfSSL_CTX_set_verify(ctx, SSL_VERIFY_PEER |
			       SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	ssl = wolfSSL_new(ctx);
	if (!ssl)
		return explain(peer, "open", 0);
	wolfSSL_dtls_set_using_nonblock(ssl, 1);
	wolfSSL_dtls_set_peer(ssl, &peer->remote, sizeof(peer->remote));
	wolfSSL_set_fd(ssl, peer->fd);
	wolfSSL_dtls_set_timeout_init(ssl, 1);
	rearm();
	return 0;
}

int tls_handshake(struct peer *peer)
{
	int ret, err;

	ret = peer->server ? wolfSSL_accept(ssl) : wolfSSL_connect(ssl);
	if (ret == SSL_SUCCESS) {
		due = 0;
		return 1;
	}
	err = wolfSSL_get_error(ssl, ret);
	if (waits(err))
		return 0;
	return explain(peer, "handshake", err);
}

int tls_timeout(struct peer *peer)
{
	uint64_t now = cyclic_now();

	if (!due)
		return -1;
	return due > now ? (int)(due - now) : 0;
}

void tls_expired(struct peer *peer)
{
	wolfSSL_dtls_got_timeout(ssl);
	rearm();
}

int tls_send(struct peer *peer, const void *data, size_t len)
{
	return wolfSSL_write(ssl, data, (int)len) == (int)len ? 0 : -1;
}

ssize_t tls_recv(struct peer *peer, void *buf, size_t room)
{
	int ret = wolfSSL_read(ssl, buf, (int)room), err;

	if (ret > 0)
		return ret;
	err = wolfSSL_get_error(ssl, ret);
	if (waits(err))
		return 0;
	if (err == SSL_ERROR_ZERO_RETURN) {
		peer->closed = true;
		return -1;
	}
	return explain(peer, "read", err);
}

void tls_close(struct peer *peer)
{
	wolfSSL_shutdown(ssl);
}

bool tls_renegotiate(struct peer *peer)
{
	return false;
}

bool tls_fatal_alert(struct peer *peer)
{
	return false;
}
