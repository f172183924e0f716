// SPDX-License-Identifier: GPL-2.0-only
/* Certificates, key, trust anchors: loaded and checked as a whole. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gnutls/abstract.h>
#include <gnutls/x509.h>

#include "credential.h"

/* chains and bundles larger than this are a mistake */
#define FILE_MAX	(4 * 1024 * 1024)

#define ID_LEN		32

/* everything that is loaded on the way, and freed whatever happens */
struct load {
	const struct cipsec_credential_files *files;
	struct cipsec_credential_error *error;
	gnutls_x509_crt_t *chain;
	unsigned int chain_len;
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t *trust;
	unsigned int trust_len;
};

/* seconds since 1970, from the Makefile */
#ifndef CIPSEC_BUILD_TIME
#define CIPSEC_BUILD_TIME	0
#endif

time_t cipsec_credential_time(time_t *t)
{
	time_t now = time(NULL);
	struct timespec up;

	/* it must not stand still: GnuTLS may time handshakes with it */
	if (now < CIPSEC_BUILD_TIME && !clock_gettime(CLOCK_MONOTONIC, &up))
		now = CIPSEC_BUILD_TIME + up.tv_sec;
	if (t)
		*t = now;
	return now;
}

__attribute__((format(printf, 3, 4)))
static int fail(struct load *ld, enum cipsec_credential_part part,
		const char *fmt, ...)
{
	va_list args;

	ld->error->part = part;
	va_start(args, fmt);
	vsnprintf(ld->error->text, sizeof(ld->error->text), fmt, args);
	va_end(args);
	return -EINVAL;
}

/* reads a whole file; the caller wipes and frees it */
static int read_file(struct load *ld, enum cipsec_credential_part part,
		     const char *name, gnutls_datum_t *out)
{
	struct stat st;
	ssize_t got;
	size_t at = 0;
	int fd, err;

	fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return fail(ld, part, "%s: cannot be read: %s", name,
			    strerror(errno));
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		err = fail(ld, part, "%s: is not a file", name);
		goto close;
	}
	if (part == CIPSEC_CREDENTIAL_KEY && (st.st_mode & 077)) {
		err = fail(ld, part, "%s: others may read it (mode %04o): chmod 600 %s",
			   name, (unsigned int)(st.st_mode & 07777), name);
		goto close;
	}
	if (!st.st_size || st.st_size > FILE_MAX) {
		err = fail(ld, part, "%s: is empty or larger than 4 MiB",
			   name);
		goto close;
	}
	out->size = (unsigned int)st.st_size;
	out->data = calloc(1, (size_t)out->size + 1);
	if (!out->data) {
		err = fail(ld, part, "%s: no memory", name);
		goto close;
	}
	while (at < out->size) {
		got = read(fd, out->data + at, out->size - at);
		if (got <= 0)
			break;
		at += (size_t)got;
	}
	out->size = (unsigned int)at;
	err = 0;
close:
	close(fd);
	return err;
}

static void drop_file(gnutls_datum_t *file)
{
	if (!file->data)
		return;
	explicit_bzero(file->data, file->size);
	free(file->data);
	file->data = NULL;
}

static int load_certificate(struct load *ld)
{
	const enum cipsec_credential_part part = CIPSEC_CREDENTIAL_CERTIFICATE;
	const char *name = ld->files->certificate;
	gnutls_datum_t pem = { 0 };
	int err, ret;

	err = read_file(ld, part, name, &pem);
	if (err)
		return err;
	ret = gnutls_x509_crt_list_import2(&ld->chain, &ld->chain_len, &pem,
					   GNUTLS_X509_FMT_PEM, 0);
	drop_file(&pem);
	if (ret < 0)
		return fail(ld, part, "%s: no PEM certificate in it (%s): name a file with the device's certificate first, then its issuers",
			    name, gnutls_strerror(ret));
	return 0;
}

static int load_key(struct load *ld)
{
	const enum cipsec_credential_part part = CIPSEC_CREDENTIAL_KEY;
	uint8_t mine[ID_LEN], its[ID_LEN];
	const char *name = ld->files->key;
	size_t mine_len = ID_LEN, its_len = ID_LEN;
	gnutls_datum_t pem = { 0 };
	int err, ret;

	err = read_file(ld, part, name, &pem);
	if (err)
		return err;
	ret = gnutls_x509_privkey_init(&ld->key);
	if (!ret)
		ret = gnutls_x509_privkey_import2(ld->key, &pem,
						  GNUTLS_X509_FMT_PEM, NULL,
						  0);
	drop_file(&pem);
	if (ret == GNUTLS_E_DECRYPTION_FAILED)
		return fail(ld, part, "%s: is encrypted: the agent starts unattended and needs it without a password",
			    name);
	if (ret < 0)
		return fail(ld, part, "%s: no PEM private key in it (%s)",
			    name, gnutls_strerror(ret));
	if (gnutls_x509_privkey_get_pk_algorithm(ld->key) != GNUTLS_PK_ECDSA)
		return fail(ld, part, "%s: is not an EC key, and the cipher suites need one: make one with `certtool --generate-privkey --key-type ecdsa --curve secp256r1`",
			    name);

	if (gnutls_x509_privkey_get_key_id(ld->key, GNUTLS_KEYID_USE_SHA256,
					   mine, &mine_len) ||
	    gnutls_x509_crt_get_key_id(ld->chain[0], GNUTLS_KEYID_USE_SHA256,
				       its, &its_len) ||
	    mine_len != its_len || memcmp(mine, its, mine_len) != 0)
		return fail(ld, part, "%s: does not belong to the first certificate of %s: name the key that the certificate was issued for",
			    name, ld->files->certificate);
	return 0;
}

static bool has_purpose(gnutls_x509_crt_t crt, const char *wanted)
{
	unsigned int i, critical;
	char oid[128];
	size_t len;
	int ret;

	for (i = 0;; i++) {
		len = sizeof(oid);
		ret = gnutls_x509_crt_get_key_purpose_oid(crt, i, oid, &len,
							  &critical);
		/* RFC 5280 4.2.1.12: without the extension all are allowed */
		if (ret == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
			return !i;
		if (ret < 0)
			return false;
		if (!strcmp(oid, wanted) ||
		    !strcmp(oid, GNUTLS_KP_ANY))
			return true;
	}
}

static int check_certificate(struct load *ld)
{
	const enum cipsec_credential_part part = CIPSEC_CREDENTIAL_CERTIFICATE;
	time_t now = cipsec_credential_time(NULL), from, until;
	const char *name = ld->files->certificate;
	gnutls_x509_crt_t crt = ld->chain[0];
	char day[32] = "";
	unsigned int usage;
	struct tm tm;
	int ret;

	from = gnutls_x509_crt_get_activation_time(crt);
	until = gnutls_x509_crt_get_expiration_time(crt);
	if (ld->files->check_expiration && now > until) {
		strftime(day, sizeof(day), "%F", gmtime_r(&until, &tm));
		return fail(ld, part, "%s: expired %s: renew it or set check-expiration = no",
			    name, day);
	}
	if (ld->files->check_expiration && now < from) {
		strftime(day, sizeof(day), "%F %T", gmtime_r(&from, &tm));
		return fail(ld, part, "%s: is not valid before %s UTC: set the clock or set check-expiration = no",
			    name, day);
	}
	ret = gnutls_x509_crt_get_key_usage(crt, &usage, NULL);
	if (!ret && !(usage & GNUTLS_KEY_DIGITAL_SIGNATURE))
		return fail(ld, part, "%s: its key usage lacks digitalSignature: have it issued with that usage",
			    name);
	if (ld->files->client && !has_purpose(crt, GNUTLS_KP_TLS_WWW_CLIENT))
		return fail(ld, part, "%s: its extended key usage lacks clientAuth, and a peer has initiate = yes: have it issued for clientAuth too, or without extended key usage",
			    name);
	if (ld->files->server && !has_purpose(crt, GNUTLS_KP_TLS_WWW_SERVER))
		return fail(ld, part, "%s: its extended key usage lacks serverAuth, and peers connect to this host: have it issued for serverAuth too, or without extended key usage",
			    name);
	return 0;
}

static int load_trust(struct load *ld, gnutls_certificate_credentials_t cred)
{
	const enum cipsec_credential_part part = CIPSEC_CREDENTIAL_TRUST;
	const char *name = ld->files->trust;
	gnutls_datum_t pem = { 0 };
	int err, ret;

	err = read_file(ld, part, name, &pem);
	if (err)
		return err;
	ret = gnutls_x509_crt_list_import2(&ld->trust, &ld->trust_len, &pem,
					   GNUTLS_X509_FMT_PEM, 0);
	drop_file(&pem);
	if (ret < 0)
		return fail(ld, part, "%s: no PEM certificate in it (%s): name a file with the certificates of the authorities that issued the peers'",
			    name, gnutls_strerror(ret));
	ret = gnutls_certificate_set_x509_trust(cred, ld->trust,
						(int)ld->trust_len);
	if (ret < 0)
		return fail(ld, part, "%s: %s", name, gnutls_strerror(ret));
	return 0;
}

static int load_crl(struct load *ld, gnutls_certificate_credentials_t cred)
{
	const enum cipsec_credential_part part = CIPSEC_CREDENTIAL_CRL;
	const char *name = ld->files->crl;
	gnutls_datum_t pem = { 0 };
	int err, ret;

	if (!name)
		return 0;
	err = read_file(ld, part, name, &pem);
	if (err)
		return err;
	ret = gnutls_certificate_set_x509_crl_mem(cred, &pem,
						  GNUTLS_X509_FMT_PEM);
	drop_file(&pem);
	if (ret < 1)
		return fail(ld, part, "%s: no PEM revocation list of a trusted issuer in it (%s)",
			    name, gnutls_strerror(ret));
	return 0;
}

static void load_end(struct load *ld)
{
	unsigned int i;

	for (i = 0; i < ld->chain_len; i++)
		gnutls_x509_crt_deinit(ld->chain[i]);
	gnutls_free(ld->chain);
	for (i = 0; i < ld->trust_len; i++)
		gnutls_x509_crt_deinit(ld->trust[i]);
	gnutls_free(ld->trust);
	gnutls_x509_privkey_deinit(ld->key);
}

static int load_all(struct load *ld, struct cipsec_credential *cred)
{
	size_t len = sizeof(cred->subject);
	unsigned int flags;
	int err, ret;

	err = load_certificate(ld);
	if (!err)
		err = load_key(ld);
	if (!err)
		err = check_certificate(ld);
	if (err)
		return err;
	ret = gnutls_certificate_allocate_credentials(&cred->gnutls);
	if (ret)
		return fail(ld, CIPSEC_CREDENTIAL_CERTIFICATE, "%s",
			    gnutls_strerror(ret));
	err = load_trust(ld, cred->gnutls);
	if (!err)
		err = load_crl(ld, cred->gnutls);
	if (err)
		return err;
	ret = gnutls_certificate_set_x509_key(cred->gnutls, ld->chain,
					      (int)ld->chain_len, ld->key);
	if (ret < 0)
		return fail(ld, CIPSEC_CREDENTIAL_CERTIFICATE,
			    "%s: cannot be used with %s: %s",
			    ld->files->certificate, ld->files->key,
			    gnutls_strerror(ret));

	cred->check_expiration = ld->files->check_expiration;
	flags = cred->check_expiration ? 0 :
		GNUTLS_VERIFY_DISABLE_TIME_CHECKS |
		GNUTLS_VERIFY_DISABLE_TRUSTED_TIME_CHECKS;
	gnutls_certificate_set_verify_flags(cred->gnutls, flags);
	cred->expires = gnutls_x509_crt_get_expiration_time(ld->chain[0]);
	if (gnutls_x509_crt_get_dn(ld->chain[0], cred->subject, &len))
		snprintf(cred->subject, sizeof(cred->subject), "?");
	return 0;
}

int cipsec_credential_load(struct cipsec_credential **out,
			   const struct cipsec_credential_files *files,
			   struct cipsec_credential_error *error)
{
	struct load ld = { .files = files, .error = error };
	struct cipsec_credential *cred;
	int err;

	*out = NULL;
	/*
	 * What the peers' certificates are held against as well. GnuTLS 3.8.9
	 * takes the time of its DTLS timers from there too, in whole seconds:
	 * a price to pay only where the clock is wrong.
	 */
	if (time(NULL) < CIPSEC_BUILD_TIME)
		gnutls_global_set_time_function(cipsec_credential_time);
	cred = calloc(1, sizeof(*cred));
	if (!cred)
		return fail(&ld, CIPSEC_CREDENTIAL_CERTIFICATE, "no memory");
	err = load_all(&ld, cred);
	load_end(&ld);
	if (err) {
		cipsec_credential_free(cred);
		return err;
	}
	*out = cred;
	return 0;
}

void cipsec_credential_free(struct cipsec_credential *cred)
{
	if (!cred)
		return;
	if (cred->gnutls)
		gnutls_certificate_free_credentials(cred->gnutls);
	free(cred);
}
