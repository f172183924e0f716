/* SPDX-License-Identifier: GPL-2.0-only */
/* This host's certificate and key, and whom it trusts. */
#ifndef CIPSEC_TLS_CREDENTIAL_H
#define CIPSEC_TLS_CREDENTIAL_H

#include <stdbool.h>
#include <time.h>

#include <gnutls/gnutls.h>

/**
 * struct cipsec_credential_files - where they are
 * @certificate: PEM, own certificate first, then the chain
 * @key: PEM, readable by its owner only
 * @trust: PEM bundle of trust anchors
 * @crl: PEM revocation lists, or NULL
 * @check_expiration: refuse expired certificates, own and the peers'
 * @client, @server: handshake roles the own certificate must be good for
 */
struct cipsec_credential_files {
	const char *certificate;
	const char *key;
	const char *trust;
	const char *crl;
	bool check_expiration;
	bool client;
	bool server;
};

/* which of the files a failure is about */
enum cipsec_credential_part {
	CIPSEC_CREDENTIAL_CERTIFICATE,
	CIPSEC_CREDENTIAL_KEY,
	CIPSEC_CREDENTIAL_TRUST,
	CIPSEC_CREDENTIAL_CRL,
};

/**
 * struct cipsec_credential_error - why a credential cannot be used
 * @part: the file
 * @text: what is wrong with it and what to do
 */
struct cipsec_credential_error {
	enum cipsec_credential_part part;
	char text[384];
};

/**
 * struct cipsec_credential - loaded and checked
 * @gnutls: for a session
 * @check_expiration: as in the files
 * @subject: of the own certificate, RFC 4514
 * @expires: of the own certificate
 */
struct cipsec_credential {
	gnutls_certificate_credentials_t gnutls;
	bool check_expiration;
	char subject[256];
	time_t expires;
};

/**
 * cipsec_credential_load() - load and check all of it, or nothing
 *
 * Checked: files readable, key private to its owner, key belongs to the
 * certificate, an EC key (the suites are ECDHE_ECDSA), validity against
 * cipsec_credential_time(), key usage digitalSignature, and extended key
 * usage for the roles (RFC 5280 4.2.1.3, 4.2.1.12; an absent one allows all).
 *
 * Return: 0; -EINVAL with @error filled in
 */
int cipsec_credential_load(struct cipsec_credential **out,
			   const struct cipsec_credential_files *files,
			   struct cipsec_credential_error *error);

void cipsec_credential_free(struct cipsec_credential *cred);

/*
 * The time that certificates are held against: never before this program was
 * built, so that a clock that starts in 1970 does not refuse everybody.
 */
time_t cipsec_credential_time(time_t *t);

#endif
