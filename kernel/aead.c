// SPDX-License-Identifier: GPL-2.0-only
/*
 * AEAD suites: AES-GCM (RFC 5288).
 *
 * On x86 the public gcm(aes) may hand a record to another thread whenever SIMD
 * is unusable, and a hook cannot wait. So the internal synchronous algorithm is
 * taken directly, guarded by crypto_simd_usable(), and gcm.c serves otherwise.
 * The mask names ASYNC since cryptd offers internal algorithms too.
 */
#include <asm/simd.h>
#include <crypto/internal/simd.h>
#include <linux/kmod.h>
#include <linux/module.h>
#include <linux/static_key.h>

#include "compat/compat.h"
#include "gcm.h"
#include "key.h"
#include "record.h"

static DEFINE_STATIC_KEY_FALSE(no_simd);

static int no_simd_set(const char *val, const struct kernel_param *kp)
{
	bool on;
	int err;

	err = kstrtobool(val, &on);
	if (err)
		return err;
	if (on)
		static_branch_enable(&no_simd);
	else
		static_branch_disable(&no_simd);
	return 0;
}

static int no_simd_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%d\n", static_key_enabled(&no_simd));
}

static const struct kernel_param_ops no_simd_ops = {
	.set = no_simd_set,
	.get = no_simd_get,
};

module_param_cb(no_simd, &no_simd_ops, NULL, 0644);
MODULE_PARM_DESC(no_simd, "protect records without SIMD, as if it were unusable (for tests)");

static struct crypto_aead *cipsec_aead_alloc(const char *alg, bool *simd)
{
	char internal[CRYPTO_MAX_ALG_NAME];
	struct crypto_aead *aead;
	int i;

	snprintf(internal, sizeof(internal), "__%s", alg);
	*simd = true;
	for (i = 0; i < 2; i++) {
		aead = crypto_alloc_aead(internal, CRYPTO_ALG_INTERNAL,
					 CRYPTO_ALG_INTERNAL | CRYPTO_ALG_ASYNC);
		if (!IS_ERR(aead) || !IS_ENABLED(CONFIG_X86_64) || i)
			break;
		/* Internal algorithms have no module alias. */
		request_module("aesni_intel");
	}
	if (!IS_ERR(aead))
		return aead;
	*simd = false;
	return crypto_alloc_aead(alg, 0, CRYPTO_ALG_ASYNC);
}

/**
 * cipsec_aead_init() - make the key of an AEAD suite
 * @key: zeroed, with its suite set
 * @kb: key block, lengths checked
 * @extack: takes the reason of a failure
 *
 * Context: process.
 * Return: 0 or -errno, then cipsec_aead_destroy() is due all the same.
 */
int cipsec_aead_init(struct cipsec_key *key, const struct cipsec_key_block *kb,
		     struct netlink_ext_ack *extack)
{
	struct crypto_aead *aead;
	int err;

	aead = cipsec_aead_alloc(key->suite->alg, &key->simd);
	if (IS_ERR(aead)) {
		NL_SET_ERR_MSG(extack,
			       "the kernel has no synchronous gcm(aes): load the modules gcm and aesni_intel");
		return PTR_ERR(aead);
	}
	key->aead = aead;
	if (sizeof(struct aead_request) + crypto_aead_reqsize(aead) >
	    CIPSEC_REQUEST_MAX) {
		NL_SET_ERR_MSG(extack,
			       "the kernel's gcm(aes) needs more memory a request than cipsec keeps");
		return -ENOBUFS;
	}
	err = crypto_aead_setauthsize(aead, key->suite->tail);
	if (!err)
		err = crypto_aead_setkey(aead, kb->enc_key, kb->enc_key_len);
	if (err) {
		NL_SET_ERR_MSG(extack, "the kernel's gcm(aes) refused the key");
		return err;
	}
	memcpy(key->salt, kb->salt, kb->salt_len);
	if (key->simd)
		memcpy(key->raw, kb->enc_key, kb->enc_key_len);
	return 0;
}

/**
 * cipsec_aead_destroy() - undo cipsec_aead_init()
 * @key: key; the caller wipes its memory
 *
 * Context: process.
 */
void cipsec_aead_destroy(struct cipsec_key *key)
{
	if (key->aead)
		crypto_free_aead(key->aead);
}

static bool cipsec_aead_fast(const struct cipsec_key *key)
{
	if (!key->simd)
		return true;
	if (static_branch_unlikely(&no_simd))
		return false;
	return crypto_simd_usable();
}

/* The transform, guarded; a[] are 13 bytes of additional data, then the data. */
static int cipsec_aead_crypt(const struct cipsec_key *key,
			     struct cipsec_scratch *s, u8 *a, unsigned int len,
			     bool encrypt, bool *slow)
{
	struct aead_request *req = &s->aead;
	unsigned int ad = sizeof(struct cipsec_record_pseudo);
	unsigned int tag = key->suite->tail;
	int err;

	if (likely(cipsec_aead_fast(key))) {
		sg_set_buf(&s->sg, a, ad + len + tag);
		aead_request_set_tfm(req, key->aead);
		aead_request_set_callback(req, 0, NULL, NULL);
		aead_request_set_ad(req, ad);
		aead_request_set_crypt(req, &s->sg, &s->sg,
				       encrypt ? len : len + tag, s->iv);
		err = encrypt ? crypto_aead_encrypt(req) :
				crypto_aead_decrypt(req);
		/* ASYNC was excluded: an algorithm that queues is broken. */
		WARN_ONCE(err == -EINPROGRESS || err == -EBUSY,
			  "cipsec: a synchronous cipher queued a record\n");
		return err;
	}

	*slow = true;
	err = aes_expandkey(&s->aes, key->raw, key->suite->enc_key);
	if (err)
		return err;
	if (encrypt)
		cipsec_gcm_encrypt(&s->aes, s->iv, a, ad, a + ad, len,
				   a + ad + len);
	else
		err = cipsec_gcm_decrypt(&s->aes, s->iv, a, ad, a + ad, len,
					 a + ad + len);
	memzero_explicit(&s->aes, sizeof(s->aes));
	return err;
}

/* The pseudo header lies in the 13 bytes before the data: nonce, rest of header */
static struct cipsec_record_pseudo *cipsec_aead_pseudo(const struct cipsec_key *key,
						       u8 *rec)
{
	return (void *)(rec + key->suite->front -
			sizeof(struct cipsec_record_pseudo));
}

/* See cipsec_record_seal(). */
int cipsec_aead_seal(const struct cipsec_key *key, u8 *rec, u8 type,
		     u64 number, unsigned int len, bool *slow)
{
	struct cipsec_record_pseudo *ps = cipsec_aead_pseudo(key, rec);
	struct cipsec_record_hdr *h = (void *)rec;
	struct cipsec_scratch *s = cipsec_scratch_get();
	int err;

	ps->number = cpu_to_be64(number);
	ps->type = type;
	ps->version = cpu_to_be16(CIPSEC_DTLS_1_2);
	ps->length = cpu_to_be16(len);
	/* RFC 5288 3: salt, then a nonce never used before: the record number */
	memcpy(s->iv, key->salt, 4);
	put_unaligned_be64(number, s->iv + 4);

	err = cipsec_aead_crypt(key, s, (u8 *)ps, len, true, slow);

	h->type = type;
	h->version = cpu_to_be16(CIPSEC_DTLS_1_2);
	h->number = cpu_to_be64(number);
	h->length = cpu_to_be16(8 + len + key->suite->tail);
	put_unaligned_be64(number, rec + sizeof(*h));
	return err;
}

/* See cipsec_record_open(). */
int cipsec_aead_open(const struct cipsec_key *key, u8 *rec, unsigned int len,
		     bool *slow)
{
	struct cipsec_record_pseudo *ps = cipsec_aead_pseudo(key, rec);
	const struct cipsec_record_hdr *h = (const void *)rec;
	struct cipsec_scratch *s = cipsec_scratch_get();
	__be64 number = h->number;
	u8 type = h->type;

	memcpy(s->iv, key->salt, 4);
	/* The wire's nonce, which need not be the record number: OpenSSL */
	memcpy(s->iv + 4, rec + sizeof(*h), 8);
	ps->number = number;
	ps->type = type;
	/* As received, so that a changed one does not authenticate */
	ps->version = h->version;
	ps->length = cpu_to_be16(len);
	return cipsec_aead_crypt(key, s, (u8 *)ps, len, false, slow);
}
