// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suites that authenticate only: MAC(pseudo header | data), RFC 5246 6.2.3.1,
 * keyed by HMAC (RFC 2104).
 *
 * The pseudo header is as long as the record header, so it is laid in its place
 * and one contiguous range is digested. The kernel's drivers choose SIMD or not
 * by themselves, synchronously.
 */
#include <crypto/algapi.h>

#include "key.h"
#include "record.h"

/**
 * cipsec_hmac_init() - make the key of a suite that authenticates only
 * @key: zeroed, with its suite set
 * @kb: key block, lengths checked
 * @extack: takes the reason of a failure
 *
 * Context: process.
 * Return: 0 or -errno, then cipsec_hmac_destroy() is due all the same.
 */
int cipsec_hmac_init(struct cipsec_key *key, const struct cipsec_key_block *kb,
		     struct netlink_ext_ack *extack)
{
	struct crypto_shash *shash;
	int err;

	shash = crypto_alloc_shash(key->suite->alg, 0, 0);
	if (IS_ERR(shash)) {
		NL_SET_ERR_MSG(extack,
			       "the kernel has no hmac of the suite's hash");
		return PTR_ERR(shash);
	}
	key->shash = shash;
	if (sizeof(struct shash_desc) + crypto_shash_descsize(shash) >
	    CIPSEC_REQUEST_MAX ||
	    crypto_shash_digestsize(shash) != key->suite->tail) {
		NL_SET_ERR_MSG(extack,
			       "the kernel's hmac is not of the size that cipsec expects");
		return -ENOBUFS;
	}
	err = crypto_shash_setkey(shash, kb->mac_key, kb->mac_key_len);
	if (err)
		NL_SET_ERR_MSG(extack, "the kernel's hmac refused the key");
	return err;
}

/**
 * cipsec_hmac_destroy() - undo cipsec_hmac_init()
 * @key: key; the caller wipes its memory
 *
 * Context: process.
 */
void cipsec_hmac_destroy(struct cipsec_key *key)
{
	if (key->shash)
		crypto_free_shash(key->shash);
}

static int cipsec_hmac_digest(const struct cipsec_key *key,
			      struct cipsec_scratch *s, u8 *rec, u8 type,
			      __be16 version, __be64 number, unsigned int len,
			      u8 *mac)
{
	struct cipsec_record_pseudo *ps = (void *)rec;

	BUILD_BUG_ON(sizeof(*ps) != sizeof(struct cipsec_record_hdr));
	ps->number = number;
	ps->type = type;
	ps->version = version;
	ps->length = cpu_to_be16(len);
	s->shash.tfm = key->shash;
	return crypto_shash_digest(&s->shash, rec, sizeof(*ps) + len, mac);
}

/* See cipsec_record_seal(). */
int cipsec_hmac_seal(const struct cipsec_key *key, u8 *rec, u8 type,
		     u64 number, unsigned int len)
{
	struct cipsec_record_hdr *h = (void *)rec;
	struct cipsec_scratch *s = cipsec_scratch_get();
	int err;

	err = cipsec_hmac_digest(key, s, rec, type, cpu_to_be16(CIPSEC_DTLS_1_2),
				 cpu_to_be64(number), len,
				 rec + sizeof(*h) + len);
	h->type = type;
	h->version = cpu_to_be16(CIPSEC_DTLS_1_2);
	h->number = cpu_to_be64(number);
	h->length = cpu_to_be16(len + key->suite->tail);
	return err;
}

/* See cipsec_record_open(). */
int cipsec_hmac_open(const struct cipsec_key *key, u8 *rec, unsigned int len)
{
	const struct cipsec_record_hdr *h = (const void *)rec;
	struct cipsec_scratch *s = cipsec_scratch_get();
	int err;

	/* As received, so that a changed version does not authenticate */
	err = cipsec_hmac_digest(key, s, rec, h->type, h->version, h->number,
				 len, s->mac);
	if (!err && crypto_memneq(s->mac, rec + sizeof(*h) + len,
				  key->suite->tail))
		err = -EBADMSG;
	return err;
}
