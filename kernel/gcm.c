// SPDX-License-Identifier: GPL-2.0-only
/*
 * AES-GCM without SIMD, for the moments when the kernel may not use it: a
 * softirq that interrupted a user of the FPU in the kernel.
 *
 * Waiting is impossible there and dropping would lose I/O. The kernel's generic
 * gcm(aes) would serve, but keeps a 4 KiB table a key. This one keeps nothing a
 * key: AES of the kernel's library, which is constant time but for its S-box
 * that it prefetches, and a GHASH without tables or secret branches. It is some
 * fifty times slower than SIMD and bounded by the size of a datagram.
 */
#include <crypto/algapi.h>
#include <linux/string.h>

#include "compat/compat.h"
#include "gcm.h"

/* An element of GF(2^128), bit 0 the most significant (NIST SP 800-38D 6.3) */
struct cipsec_gf128 {
	u64 hi;
	u64 lo;
};

/* SP 800-38D algorithm 1, masks instead of branches */
static void cipsec_gf128_mul(struct cipsec_gf128 *x,
			     const struct cipsec_gf128 *h)
{
	struct cipsec_gf128 v = *h, z = {};
	u64 word, mask;
	int i;

	for (i = 0; i < 128; i++) {
		word = i < 64 ? x->hi << i : x->lo << (i - 64);
		mask = -(word >> 63);
		z.hi ^= v.hi & mask;
		z.lo ^= v.lo & mask;
		mask = -(v.lo & 1);
		v.lo = v.lo >> 1 | v.hi << 63;
		v.hi = v.hi >> 1 ^ (0xe1ULL << 56 & mask);
	}
	*x = z;
}

static void cipsec_ghash_block(struct cipsec_gf128 *y,
			       const struct cipsec_gf128 *h, const u8 *block)
{
	y->hi ^= get_unaligned_be64(block);
	y->lo ^= get_unaligned_be64(block + 8);
	cipsec_gf128_mul(y, h);
}

static void cipsec_ghash(struct cipsec_gf128 *y, const struct cipsec_gf128 *h,
			 const u8 *data, unsigned int len)
{
	u8 last[AES_BLOCK_SIZE] = {};

	for (; len >= AES_BLOCK_SIZE; len -= AES_BLOCK_SIZE) {
		cipsec_ghash_block(y, h, data);
		data += AES_BLOCK_SIZE;
	}
	if (len) {
		memcpy(last, data, len);
		cipsec_ghash_block(y, h, last);
	}
}

static void cipsec_gcm_tag(const struct crypto_aes_ctx *aes, const u8 *iv,
			   const u8 *aad, unsigned int aad_len, const u8 *data,
			   unsigned int len, u8 *tag)
{
	struct cipsec_gf128 h, y = {};
	u8 block[AES_BLOCK_SIZE] = {};

	aes_encrypt(aes, block, block);
	h.hi = get_unaligned_be64(block);
	h.lo = get_unaligned_be64(block + 8);

	cipsec_ghash(&y, &h, aad, aad_len);
	cipsec_ghash(&y, &h, data, len);
	put_unaligned_be64((u64)aad_len * 8, block);
	put_unaligned_be64((u64)len * 8, block + 8);
	cipsec_ghash_block(&y, &h, block);

	memcpy(block, iv, CIPSEC_GCM_IV);
	put_unaligned_be32(1, block + CIPSEC_GCM_IV);
	aes_encrypt(aes, block, block);
	put_unaligned_be64(y.hi ^ get_unaligned_be64(block), tag);
	put_unaligned_be64(y.lo ^ get_unaligned_be64(block + 8), tag + 8);

	memzero_explicit(&h, sizeof(h));
	memzero_explicit(&y, sizeof(y));
	memzero_explicit(block, sizeof(block));
}

static void cipsec_gcm_ctr(const struct crypto_aes_ctx *aes, const u8 *iv,
			   u8 *data, unsigned int len)
{
	u8 ctr[AES_BLOCK_SIZE], pad[AES_BLOCK_SIZE];
	unsigned int n;
	u32 i;

	memcpy(ctr, iv, CIPSEC_GCM_IV);
	for (i = 2; len; i++) {
		put_unaligned_be32(i, ctr + CIPSEC_GCM_IV);
		aes_encrypt(aes, pad, ctr);
		n = min_t(unsigned int, len, AES_BLOCK_SIZE);
		crypto_xor(data, pad, n);
		data += n;
		len -= n;
	}
	memzero_explicit(pad, sizeof(pad));
}

/**
 * cipsec_gcm_encrypt() - AES-GCM in place, NIST SP 800-38D 7.1
 * @aes: expanded key
 * @iv: CIPSEC_GCM_IV bytes
 * @aad: additional data
 * @aad_len: its bytes
 * @data: plaintext in, ciphertext out
 * @len: its bytes
 * @tag: takes CIPSEC_GCM_TAG bytes
 *
 * Context: any.
 */
void cipsec_gcm_encrypt(const struct crypto_aes_ctx *aes, const u8 *iv,
			const u8 *aad, unsigned int aad_len, u8 *data,
			unsigned int len, u8 *tag)
{
	cipsec_gcm_ctr(aes, iv, data, len);
	cipsec_gcm_tag(aes, iv, aad, aad_len, data, len, tag);
}

/**
 * cipsec_gcm_decrypt() - AES-GCM in place, NIST SP 800-38D 7.2
 * @aes: expanded key
 * @iv: CIPSEC_GCM_IV bytes
 * @aad: additional data
 * @aad_len: its bytes
 * @data: ciphertext in, plaintext out; untouched on failure
 * @len: its bytes
 * @tag: CIPSEC_GCM_TAG bytes to be compared
 *
 * Context: any.
 * Return: 0 or -EBADMSG.
 */
int cipsec_gcm_decrypt(const struct crypto_aes_ctx *aes, const u8 *iv,
		       const u8 *aad, unsigned int aad_len, u8 *data,
		       unsigned int len, const u8 *tag)
{
	u8 want[CIPSEC_GCM_TAG];
	int err = 0;

	cipsec_gcm_tag(aes, iv, aad, aad_len, data, len, want);
	if (crypto_memneq(want, tag, CIPSEC_GCM_TAG))
		err = -EBADMSG;
	else
		cipsec_gcm_ctr(aes, iv, data, len);
	memzero_explicit(want, sizeof(want));
	return err;
}

/**
 * cipsec_gcm_selftest() - known answer, before the module serves
 *
 * Test case 4 of "The Galois/Counter Mode of Operation" (McGrew, Viega).
 *
 * Return: 0 or -EBADMSG.
 */
int __init cipsec_gcm_selftest(void)
{
	static const u8 key[16] __initconst = {
		0xfe, 0xff, 0xe9, 0x92, 0x86, 0x65, 0x73, 0x1c,
		0x6d, 0x6a, 0x8f, 0x94, 0x67, 0x30, 0x83, 0x08,
	};
	static const u8 iv[CIPSEC_GCM_IV] __initconst = {
		0xca, 0xfe, 0xba, 0xbe, 0xfa, 0xce, 0xdb, 0xad,
		0xde, 0xca, 0xf8, 0x88,
	};
	static const u8 aad[20] __initconst = {
		0xfe, 0xed, 0xfa, 0xce, 0xde, 0xad, 0xbe, 0xef,
		0xfe, 0xed, 0xfa, 0xce, 0xde, 0xad, 0xbe, 0xef,
		0xab, 0xad, 0xda, 0xd2,
	};
	static const u8 plain[60] __initconst = {
		0xd9, 0x31, 0x32, 0x25, 0xf8, 0x84, 0x06, 0xe5,
		0xa5, 0x59, 0x09, 0xc5, 0xaf, 0xf5, 0x26, 0x9a,
		0x86, 0xa7, 0xa9, 0x53, 0x15, 0x34, 0xf7, 0xda,
		0x2e, 0x4c, 0x30, 0x3d, 0x8a, 0x31, 0x8a, 0x72,
		0x1c, 0x3c, 0x0c, 0x95, 0x95, 0x68, 0x09, 0x53,
		0x2f, 0xcf, 0x0e, 0x24, 0x49, 0xa6, 0xb5, 0x25,
		0xb1, 0x6a, 0xed, 0xf5, 0xaa, 0x0d, 0xe6, 0x57,
		0xba, 0x63, 0x7b, 0x39,
	};
	static const u8 tag[CIPSEC_GCM_TAG] __initconst = {
		0x5b, 0xc9, 0x4f, 0xbc, 0x32, 0x21, 0xa5, 0xdb,
		0x94, 0xfa, 0xe9, 0x5a, 0xe7, 0x12, 0x1a, 0x47,
	};
	struct crypto_aes_ctx aes;
	u8 data[60], got[CIPSEC_GCM_TAG];
	int err;

	memcpy(data, plain, sizeof(data));
	err = aes_expandkey(&aes, key, sizeof(key));
	if (err)
		return err;
	cipsec_gcm_encrypt(&aes, iv, aad, sizeof(aad), data, sizeof(data), got);
	if (memcmp(got, tag, sizeof(tag)))
		return -EBADMSG;
	err = cipsec_gcm_decrypt(&aes, iv, aad, sizeof(aad), data, sizeof(data),
				 tag);
	if (err || memcmp(data, plain, sizeof(plain)))
		return -EBADMSG;
	/* Control: a flipped bit must not verify. */
	data[0] ^= 1;
	if (!cipsec_gcm_decrypt(&aes, iv, aad, sizeof(aad), data, sizeof(data),
				tag))
		return -EBADMSG;
	return 0;
}
