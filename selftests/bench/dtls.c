// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <gnutls/dtls.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <string.h>

#include "dtls.h"

#define DTLS_PORT	2221
#define DTLS_BASE	"NONE:+VERS-DTLS1.2:+CTYPE-X509:+COMP-NULL:" \
			"+GROUP-SECP256R1:+SIGN-ALL:+ECDHE-ECDSA:"

/* Fixed, as the random numbers are: 2024-01-01 to 2049-01-01. */
#define CERT_FROM	1704067200
#define CERT_UNTIL	2493072000

const struct bench_suite suite_aes_128_gcm = {
	.name		= "AES_128_GCM",
	.iana_name	= "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
	.priority	= DTLS_BASE "+AES-128-GCM:+AEAD",
	.iana		= 0xc02b,
	.enc_key	= 16,
	.salt		= 4,
};

const struct bench_suite suite_aes_256_gcm = {
	.name		= "AES_256_GCM",
	.iana_name	= "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
	.priority	= DTLS_BASE "+AES-256-GCM:+AEAD",
	.iana		= 0xc02c,
	.enc_key	= 32,
	.salt		= 4,
};

const struct bench_suite suite_null_sha = {
	.name		= "NULL_SHA",
	.iana_name	= "TLS_ECDHE_ECDSA_WITH_NULL_SHA",
	.priority	= DTLS_BASE "+NULL:+SHA1",
	.iana		= 0xc006,
	.mac_key	= 20,
	.readable	= true,
};

static int dtls_error(const char *what, int ret)
{
	fprintf(stderr, "bench: %s: %s\n", what, gnutls_strerror(ret));
	return -EPROTO;
}

/* A certificate of its own that both ends hold, and that both ends trust. */
static int make_credentials(gnutls_certificate_credentials_t *cred)
{
	gnutls_x509_privkey_t key = NULL;
	gnutls_x509_crt_t crt = NULL;
	const char *name = "CN=bench";
	const char *err_at;
	unsigned int bits;
	int ret;

	ret = gnutls_certificate_allocate_credentials(cred);
	if (ret < 0)
		return ret;
	ret = gnutls_x509_privkey_init(&key);
	if (ret < 0)
		return ret;
	ret = gnutls_x509_crt_init(&crt);
	if (ret < 0)
		goto free_key;

	bits = GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1);
	ret = gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA, bits, 0);
	if (ret < 0)
		goto free_crt;

	gnutls_x509_crt_set_version(crt, 3);
	gnutls_x509_crt_set_serial(crt, "\x01", 1);
	gnutls_x509_crt_set_activation_time(crt, CERT_FROM);
	gnutls_x509_crt_set_expiration_time(crt, CERT_UNTIL);
	gnutls_x509_crt_set_dn(crt, name, &err_at);
	gnutls_x509_crt_set_key(crt, key);
	ret = gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0);
	if (ret < 0)
		goto free_crt;

	ret = gnutls_certificate_set_x509_key(*cred, &crt, 1, key);
	if (ret < 0)
		goto free_crt;
	ret = gnutls_certificate_set_x509_trust(*cred, &crt, 1);

free_crt:
	gnutls_x509_crt_deinit(crt);
free_key:
	gnutls_x509_privkey_deinit(key);
	return ret;
}

static int make_session(gnutls_session_t *session, unsigned int role, int fd,
			const struct bench_suite *suite,
			gnutls_certificate_credentials_t cred)
{
	int ret;

	ret = gnutls_init(session, role | GNUTLS_DATAGRAM | GNUTLS_NONBLOCK);
	if (ret < 0)
		return ret;
	ret = gnutls_priority_set_direct(*session, suite->priority, NULL);
	if (ret < 0)
		return ret;
	ret = gnutls_credentials_set(*session, GNUTLS_CRD_CERTIFICATE, cred);
	if (ret < 0)
		return ret;

	if (role == GNUTLS_SERVER)
		gnutls_certificate_server_set_request(*session,
						      GNUTLS_CERT_REQUIRE);
	gnutls_session_set_verify_cert(*session, NULL, 0);
	gnutls_dtls_set_mtu(*session, BENCH_SIZE_MAX);
	gnutls_transport_set_int(*session, fd);
	return 0;
}

/* Takes turns until both ends are done. Nothing is lost on this way. */
static int shake_hands(struct dtls_pair *pair)
{
	int client = GNUTLS_E_AGAIN;
	int server = GNUTLS_E_AGAIN;
	int turns;

	for (turns = 0; turns < 64 && (client || server); turns++) {
		if (client)
			client = gnutls_handshake(pair->client);
		if (client && gnutls_error_is_fatal(client))
			return client;
		if (server)
			server = gnutls_handshake(pair->server);
		if (server && gnutls_error_is_fatal(server))
			return server;
	}
	return client ? client : server;
}

int dtls_open(struct dtls_pair *pair, const struct bench_suite *suite)
{
	const char *negotiated;
	int err;
	int ret;

	*pair = (struct dtls_pair){ .fd_client = -1, .fd_server = -1 };

	pair->fd_client = net_socket(SIDE_A, BENCH_ADDR_A, 0);
	if (pair->fd_client < 0)
		return pair->fd_client;
	pair->fd_server = net_socket(SIDE_B, BENCH_ADDR_B, DTLS_PORT);
	if (pair->fd_server < 0)
		return pair->fd_server;
	err = net_connect(pair->fd_client, BENCH_ADDR_B, DTLS_PORT);
	if (err)
		return err;
	err = net_connect(pair->fd_server, BENCH_ADDR_A,
			  net_port(pair->fd_client));
	if (err)
		return err;

	ret = make_credentials(&pair->cred);
	if (ret < 0)
		return dtls_error("credentials", ret);
	ret = make_session(&pair->client, GNUTLS_CLIENT, pair->fd_client, suite,
			   pair->cred);
	if (ret < 0)
		return dtls_error("client", ret);
	ret = make_session(&pair->server, GNUTLS_SERVER, pair->fd_server, suite,
			   pair->cred);
	if (ret < 0)
		return dtls_error("server", ret);
	ret = shake_hands(pair);
	if (ret < 0)
		return dtls_error("handshake", ret);

	negotiated = gnutls_ciphersuite_get(pair->client);
	if (!negotiated || strcmp(negotiated, suite->iana_name)) {
		fprintf(stderr, "bench: negotiated %s instead of %s\n",
			negotiated ? negotiated : "nothing", suite->iana_name);
		return -EPROTO;
	}
	return 0;
}

ssize_t dtls_send(gnutls_session_t session, const void *buf, size_t len)
{
	ssize_t n = gnutls_record_send(session, buf, len);

	return n < 0 ? dtls_error("send", (int)n) : n;
}

ssize_t dtls_recv(gnutls_session_t session, void *buf, size_t len)
{
	ssize_t n = gnutls_record_recv(session, buf, len);

	return n < 0 ? dtls_error("receive", (int)n) : n;
}

void dtls_close(struct dtls_pair *pair)
{
	if (pair->client)
		gnutls_deinit(pair->client);
	if (pair->server)
		gnutls_deinit(pair->server);
	if (pair->cred)
		gnutls_certificate_free_credentials(pair->cred);
	net_close(&pair->fd_client);
	net_close(&pair->fd_server);
	*pair = (struct dtls_pair){ .fd_client = -1, .fd_server = -1 };
}

/* A program that was changed to speak DTLS itself. */
static struct dtls_pair pair;

static int gnutls_path_open(const struct bench_row *row)
{
	return dtls_open(&pair, row->suite);
}

static ssize_t gnutls_path_send(const void *buf, size_t len)
{
	return dtls_send(pair.client, buf, len);
}

static ssize_t gnutls_path_recv(void *buf, size_t len)
{
	return dtls_recv(pair.server, buf, len);
}

static void gnutls_path_close(void)
{
	dtls_close(&pair);
}

const struct bench_path path_gnutls = {
	.name	= "gnutls",
	.open	= gnutls_path_open,
	.send	= gnutls_path_send,
	.recv	= gnutls_path_recv,
	.close	= gnutls_path_close,
	.rounds	= DTLS_ROUNDS,
};
