// SPDX-License-Identifier: GPL-2.0-only
/* A peer with OpenSSL. */
#include <string.h>
#include <sys/time.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "peer.h"

const char *const tls_name = "OpenSSL";

static SSL_CTX *ctx;
static SSL *ssl;

static const struct {
	uint16_t number;
	const char *name;
} suites[] = {
	{ 0xc02b, "ECDHE-ECDSA-AES128-GCM-SHA256:@SECLEVEL=0" },
	{ 0xc02c, "ECDHE-ECDSA-AES256-GCM-SHA384:@SECLEVEL=0" },
	{ 0xc006, "ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0" },
	{ 0xc023, "ECDHE-ECDSA-AES128-SHA256:@SECLEVEL=0" },
	{ 0xc009, "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0" },
};

static const char *suite_name(uint16_t number)
{
	size_t i;

	for (i = 0; i < sizeof(suites) / sizeof(suites[0]); i++)
		if (suites[i].number == number)
			return suites[i].name;
	return NULL;
}

static void explain(struct peer *peer, const char *what)
{
	unsigned long err = ERR_get_error();

	peer_error(peer, "%s: %s", what,
		   err ? ERR_reason_error_string(err) : "no reason");
	ERR_clear_error();
}

static void on_info(const SSL *from, int where, int value)
{
	struct peer *peer = SSL_get_app_data(from);

	/* level in the high byte, description in the low one */
	if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT)
		peer->alert = value & 0xff;
}

/* A cookie that is the same for all: what matters here is the exchange. */
static int make_cookie(SSL *for_whom, unsigned char *cookie, unsigned int *len)
{
	*len = 16;
	memset(cookie, 0x5a, *len);
	return 1;
}

static int check_cookie(SSL *of, const unsigned char *cookie, unsigned int len)
{
	return len == 16 && cookie[0] == 0x5a;
}

static int open_context(struct peer *peer)
{
	int version = peer->old ? DTLS1_VERSION : DTLS1_2_VERSION;

	ctx = SSL_CTX_new(DTLS_method());
	if (!ctx || !suite_name(peer->suite) ||
	    !SSL_CTX_set_cipher_list(ctx, suite_name(peer->suite)) ||
	    !SSL_CTX_set_min_proto_version(ctx, version) ||
	    !SSL_CTX_set_max_proto_version(ctx, version) ||
	    !SSL_CTX_load_verify_locations(ctx, peer->ca, NULL))
		return -1;
	if (peer->cert &&
	    (SSL_CTX_use_certificate_chain_file(ctx, peer->cert) != 1 ||
	     SSL_CTX_use_PrivateKey_file(ctx, peer->key, SSL_FILETYPE_PEM) != 1))
		return -1;
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER |
			   SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	SSL_CTX_set_info_callback(ctx, on_info);
	SSL_CTX_set_cookie_generate_cb(ctx, make_cookie);
	SSL_CTX_set_cookie_verify_cb(ctx, check_cookie);
	return 0;
}

int tls_open(struct peer *peer)
{
	BIO *bio;

	if (open_context(peer))
		goto fail;
	ssl = SSL_new(ctx);
	bio = BIO_new_dgram(peer->fd, BIO_NOCLOSE);
	if (!ssl || !bio)
		goto fail;
	BIO_ctrl(bio, BIO_CTRL_DGRAM_SET_CONNECTED, 0, &peer->remote);
	SSL_set_bio(ssl, bio, bio);
	SSL_set_app_data(ssl, peer);
	SSL_set_options(ssl, SSL_OP_NO_QUERY_MTU);
	DTLS_set_link_mtu(ssl, PEER_MTU);
	if (peer->server) {
		SSL_set_options(ssl, SSL_OP_COOKIE_EXCHANGE);
		SSL_set_accept_state(ssl);
	} else {
		SSL_set_connect_state(ssl);
	}
	return 0;
fail:
	explain(peer, "open");
	return -1;
}

int tls_handshake(struct peer *peer)
{
	int ret = SSL_do_handshake(ssl);

	if (ret == 1)
		return 1;
	ret = SSL_get_error(ssl, ret);
	if (ret == SSL_ERROR_WANT_READ || ret == SSL_ERROR_WANT_WRITE)
		return 0;
	/* what ICMP says of an agent that is not there yet */
	if (ret == SSL_ERROR_SYSCALL)
		return 0;
	explain(peer, "handshake");
	return -1;
}

int tls_timeout(struct peer *peer)
{
	struct timeval left;

	if (DTLSv1_get_timeout(ssl, &left) != 1)
		return -1;
	return (int)(left.tv_sec * 1000 + (left.tv_usec + 999) / 1000);
}

void tls_expired(struct peer *peer)
{
	DTLSv1_handle_timeout(ssl);
}

int tls_send(struct peer *peer, const void *data, size_t len)
{
	return SSL_write(ssl, data, (int)len) == (int)len ? 0 : -1;
}

ssize_t tls_recv(struct peer *peer, void *buf, size_t room)
{
	int ret = SSL_read(ssl, buf, (int)room);

	if (ret > 0)
		return ret;
	switch (SSL_get_error(ssl, ret)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
	case SSL_ERROR_SYSCALL:
		return 0;
	case SSL_ERROR_ZERO_RETURN:
		peer->closed = true;
		return -1;
	default:
		explain(peer, "read");
		return -1;
	}
}

void tls_close(struct peer *peer)
{
	SSL_shutdown(ssl);
}

bool tls_renegotiate(struct peer *peer)
{
	peer->renegotiating = true;
	if (SSL_renegotiate(ssl) != 1)
		return false;
	SSL_do_handshake(ssl);
	return true;
}

bool tls_fatal_alert(struct peer *peer)
{
	return false;
}
