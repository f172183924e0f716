/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CIPSEC_GCM_H
#define _CIPSEC_GCM_H

#include <crypto/aes.h>

#define CIPSEC_GCM_TAG	16
#define CIPSEC_GCM_IV	12

void cipsec_gcm_encrypt(const struct crypto_aes_ctx *aes, const u8 *iv,
			const u8 *aad, unsigned int aad_len, u8 *data,
			unsigned int len, u8 *tag);
int cipsec_gcm_decrypt(const struct crypto_aes_ctx *aes, const u8 *iv,
		       const u8 *aad, unsigned int aad_len, u8 *data,
		       unsigned int len, const u8 *tag);
int cipsec_gcm_selftest(void);

#endif /* _CIPSEC_GCM_H */
