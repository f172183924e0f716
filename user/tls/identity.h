/* SPDX-License-Identifier: GPL-2.0-only */
/* Who a peer may be: rules on its certificate. */
#ifndef CIPSEC_TLS_IDENTITY_H
#define CIPSEC_TLS_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gnutls/x509.h>

/* SHA-256 */
#define CIPSEC_HASH_LEN	32

enum cipsec_identity_kind {
	/* any certificate that the trust anchors vouch for */
	CIPSEC_IDENTITY_ANY_TRUSTED,
	/* the whole subject, RFC 4514, in either order of its parts */
	CIPSEC_IDENTITY_SUBJECT,
	/* a subject alternative name: DNS name, address or URI */
	CIPSEC_IDENTITY_SAN,
	/* SHA-256 of the certificate */
	CIPSEC_IDENTITY_FINGERPRINT,
};

/**
 * struct cipsec_identity - a rule
 * @kind: what is compared
 * @text: the subject or name, for those kinds
 * @hash: the fingerprint, for that kind
 */
struct cipsec_identity {
	enum cipsec_identity_kind kind;
	char *text;
	uint8_t hash[CIPSEC_HASH_LEN];
};

/**
 * cipsec_identity_parse() - read a rule
 * @text: `any-trusted`, `subject:...`, `san:...` or `fingerprint:sha256:...`
 *
 * Return: 0; -EINVAL; -ENOMEM
 */
int cipsec_identity_parse(struct cipsec_identity *rule, const char *text);

/* frees what a rule holds */
void cipsec_identity_clear(struct cipsec_identity *rule);

/* does the certificate keep one of the rules? */
bool cipsec_identity_matches(const struct cipsec_identity *rules, size_t n,
			     gnutls_x509_crt_t crt);

#endif
