/* SPDX-License-Identifier: GPL-2.0-only */
/* Authorities and certificates, made for a test in a directory of its own. */
#ifndef UNIT_PKI_H
#define UNIT_PKI_H

#include <stdbool.h>
#include <time.h>

/**
 * struct pki_spec - what a certificate is made of
 * @name: of the files NAME.pem and NAME.key, and the CN (after O=unit)
 * @issuer: name of an authority made before, NULL for self-signed
 * @from, @until: validity relative to now, seconds; both 0 for a day
 * @purpose: extended key usage OID, NULL for none
 * @dns: subject alternative name, or NULL
 * @usage: key usage, 0 for none
 * @ca: an authority
 * @rsa: an RSA key instead of P-256
 */
struct pki_spec {
	const char *name;
	const char *issuer;
	long from;
	long until;
	const char *purpose;
	const char *dns;
	unsigned int usage;
	bool ca;
	bool rsa;
};

/* makes a temporary directory; names below are in it */
void pki_begin(void);

/* removes it with all that is in it */
void pki_end(void);

void pki_make(const struct pki_spec *spec);

/* revocation list NAME of @issuer with one certificate in it */
void pki_revoke(const char *name, const char *issuer, const char *victim);

/* "DIR/name.suffix", in one of a few static buffers */
const char *pki_file(const char *name, const char *suffix);

#endif
