// SPDX-License-Identifier: GPL-2.0-only
/* A peer with Mbed TLS. */
#include <arpa/inet.h>
#include <string.h>

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_cookie.h>
#include <mbedtls/timing.h>
#include <mbedtls/version.h>

#include "peer.h"

const char *const tls_name = "Mbed TLS";

static mbedtls_net_context net;
static mbedtls_entropy_context entropy;
static mbedtls_ctr_drbg_context drbg;
static mbedtls_ssl_config conf;
static mbedtls_ssl_context ssl;
static mbedtls_ssl_cookie_ctx cookie;
static mbedtls_timing_delay_context timer;
static mbedtls_x509_crt ca, own;
static mbedtls_pk_context key;
static int suites[2];
static bool up;

static int explain(struct peer *peer, const char *what, int ret)
{
	char text[128];

	mbedtls_strerror(ret, text, sizeof(text));
	peer_error(peer, "%s: %s", what, text);
	return -1;
}

static int load(const struct peer *peer)
{
	int ret;

	ret = mbedtls_x509_crt_parse_file(&ca, peer->ca);
	if (ret || !peer->cert)
		return ret;
	ret = mbedtls_x509_crt_parse_file(&own, peer->cert);
	if (ret)
		return ret;
#if MBEDTLS_VERSION_MAJOR >= 3
	ret = mbedtls_pk_parse_keyfile(&key, peer->key, NULL,
				       mbedtls_ctr_drbg_random, &drbg);
#else
	ret = mbedtls_pk_parse_keyfile(&key, peer->key, NULL);
#endif
	return ret ? ret : mbedtls_ssl_conf_own_cert(&conf, &own, &key);
}

static void init(void)
{
	mbedtls_entropy_init(&entropy);
	mbedtls_ctr_drbg_init(&drbg);
	mbedtls_ssl_config_init(&conf);
	mbedtls_ssl_init(&ssl);
	mbedtls_ssl_cookie_init(&cookie);
	mbedtls_x509_crt_init(&ca);
	mbedtls_x509_crt_init(&own);
	mbedtls_pk_init(&key);
}

int tls_open(struct peer *peer)
{
	int ret, role = peer->server ? MBEDTLS_SSL_IS_SERVER :
				       MBEDTLS_SSL_IS_CLIENT;

	init();
	net.fd = peer->fd;
	suites[0] = peer->suite;
	ret = mbedtls_ctr_drbg_seed(&drbg, mbedtls_entropy_func, &entropy,
				    NULL, 0);
	if (!ret)
		ret = mbedtls_ssl_config_defaults(&conf, role,
						  MBEDTLS_SSL_TRANSPORT_DATAGRAM,
						  MBEDTLS_SSL_PRESET_DEFAULT);
	if (!ret)
		ret = load(peer);
	if (ret)
		return explain(peer, "credentials", ret);
	mbedtls_ssl_conf_rng(&conf, mbedtls_ctr_drbg_random, &drbg);
	mbedtls_ssl_conf_ca_chain(&conf, &ca, NULL);
	mbedtls_ssl_conf_authmode(&conf, MBEDTLS_SSL_VERIFY_REQUIRED);
	mbedtls_ssl_conf_ciphersuites(&conf, suites);
	ret = mbedtls_ssl_cookie_setup(&cookie, mbedtls_ctr_drbg_random, &drbg);
	if (!ret)
		mbedtls_ssl_conf_dtls_cookies(&conf, mbedtls_ssl_cookie_write,
					      mbedtls_ssl_cookie_check,
					      &cookie);
	if (!ret)
		ret = mbedtls_ssl_setup(&ssl, &conf);
	if (ret)
		return explain(peer, "open", ret);
	mbedtls_ssl_set_bio(&ssl, &net, mbedtls_net_send, mbedtls_net_recv,
			    NULL);
	mbedtls_ssl_set_timer_cb(&ssl, &timer, mbedtls_timing_set_delay,
				 mbedtls_timing_get_delay);
	mbedtls_ssl_set_mtu(&ssl, PEER_MTU);
	if (peer->server)
		mbedtls_ssl_set_client_transport_id(&ssl,
						    (void *)&peer->remote,
						    sizeof(peer->remote));
	else
		/* certificates here name hosts by subject, not by DNS */
		mbedtls_ssl_set_hostname(&ssl, NULL);
	return 0;
}

static bool waits(int ret)
{
	/* what ICMP says of an agent that is not there yet is a reset to it */
	return ret == MBEDTLS_ERR_SSL_WANT_READ ||
	       ret == MBEDTLS_ERR_SSL_WANT_WRITE ||
	       ret == MBEDTLS_ERR_NET_CONN_RESET ||
	       ret == MBEDTLS_ERR_NET_RECV_FAILED;
}

int tls_handshake(struct peer *peer)
{
	int ret = mbedtls_ssl_handshake(&ssl);

	up = !ret;
	if (up)
		return 1;
	if (ret == MBEDTLS_ERR_SSL_HELLO_VERIFY_REQUIRED) {
		mbedtls_ssl_session_reset(&ssl);
		mbedtls_ssl_set_client_transport_id(&ssl,
						    (void *)&peer->remote,
						    sizeof(peer->remote));
		return 0;
	}
	return waits(ret) ? 0 : explain(peer, "handshake", ret);
}

/* it looks at its clock when it is called */
int tls_timeout(struct peer *peer)
{
	return up ? -1 : 50;
}

void tls_expired(struct peer *peer)
{
}

int tls_send(struct peer *peer, const void *data, size_t len)
{
	return mbedtls_ssl_write(&ssl, data, len) == (int)len ? 0 : -1;
}

ssize_t tls_recv(struct peer *peer, void *buf, size_t room)
{
	int ret = mbedtls_ssl_read(&ssl, buf, room);

	if (ret > 0)
		return ret;
	if (!ret || waits(ret))
		return 0;
	if (ret == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) {
		peer->closed = true;
		return -1;
	}
	return explain(peer, "read", ret);
}

void tls_close(struct peer *peer)
{
	mbedtls_ssl_close_notify(&ssl);
}

bool tls_renegotiate(struct peer *peer)
{
	return false;
}

bool tls_fatal_alert(struct peer *peer)
{
	return !mbedtls_ssl_send_alert_message(&ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL,
					       MBEDTLS_SSL_ALERT_MSG_INTERNAL_ERROR);
}
