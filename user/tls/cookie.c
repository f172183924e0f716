// SPDX-License-Identifier: GPL-2.0-only
/* HelloVerifyRequest with a secret that changes. */
#include <errno.h>
#include <string.h>

#include <gnutls/crypto.h>

#include "cookie.h"

static void wipe(gnutls_datum_t *secret)
{
	if (!secret->data)
		return;
	gnutls_memset(secret->data, 0, secret->size);
	gnutls_free(secret->data);
	secret->data = NULL;
}

void cipsec_cookie_clear(struct cipsec_cookie *cookie)
{
	wipe(&cookie->now);
	wipe(&cookie->before);
}

static int rotate(struct cipsec_cookie *cookie, uint64_t ms)
{
	if (cookie->now.data && ms - cookie->made < CIPSEC_COOKIE_ROTATE)
		return 0;
	wipe(&cookie->before);
	/* one that nobody has seen for two turns is not kept for a third */
	if (cookie->now.data && ms - cookie->made < 2 * CIPSEC_COOKIE_ROTATE)
		cookie->before = cookie->now;
	else
		wipe(&cookie->now);
	cookie->now.data = NULL;
	if (gnutls_key_generate(&cookie->now, GNUTLS_COOKIE_KEY_SIZE))
		return -ENOMEM;
	cookie->made = ms;
	return 0;
}

int cipsec_cookie_check(struct cipsec_cookie *cookie, const void *client,
			size_t client_len, const void *hello, size_t hello_len,
			uint64_t ms, gnutls_dtls_prestate_st *prestate)
{
	int ret;

	ret = rotate(cookie, ms);
	if (ret)
		return ret;
	memset(prestate, 0, sizeof(*prestate));
	ret = gnutls_dtls_cookie_verify(&cookie->now, (void *)client,
					client_len, (void *)hello, hello_len,
					prestate);
	if (ret == GNUTLS_E_BAD_COOKIE && cookie->before.data)
		ret = gnutls_dtls_cookie_verify(&cookie->before,
						(void *)client, client_len,
						(void *)hello, hello_len,
						prestate);
	if (!ret)
		return 0;
	return ret == GNUTLS_E_BAD_COOKIE ? -EAGAIN : -EBADMSG;
}

struct reply {
	unsigned char *buf;
	size_t room;
	size_t len;
};

static ssize_t push(gnutls_transport_ptr_t arg, const void *data, size_t len)
{
	struct reply *reply = arg;

	if (len > reply->room) {
		errno = EMSGSIZE;
		return -1;
	}
	memcpy(reply->buf, data, len);
	reply->len = len;
	return (ssize_t)len;
}

int cipsec_cookie_send(struct cipsec_cookie *cookie, const void *client,
		       size_t client_len, gnutls_dtls_prestate_st *prestate,
		       void *buf, size_t *len)
{
	struct reply reply = { buf, *len, 0 };
	int ret;

	ret = gnutls_dtls_cookie_send(&cookie->now, (void *)client, client_len,
				      prestate, &reply, push);
	*len = reply.len;
	return ret < 0 || !reply.len ? -EIO : 0;
}
