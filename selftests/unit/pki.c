// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gnutls/x509.h>

#include "pki.h"

static char dir[64];

static void must(int ret, const char *what)
{
	if (ret >= 0)
		return;
	fprintf(stderr, "pki: %s: %s\n", what, gnutls_strerror(ret));
	exit(1);
}

void pki_begin(void)
{
	snprintf(dir, sizeof(dir), "/tmp/cipsec-unit-XXXXXX");
	if (!mkdtemp(dir))
		exit(1);
}

void pki_end(void)
{
	struct dirent *entry;
	char name[512];
	DIR *d = opendir(dir);

	while (d && (entry = readdir(d))) {
		snprintf(name, sizeof(name), "%s/%s", dir, entry->d_name);
		unlink(name);
	}
	if (d)
		closedir(d);
	rmdir(dir);
}

const char *pki_file(const char *name, const char *suffix)
{
	static char names[8][128];
	static int at;

	at = (at + 1) % 8;
	snprintf(names[at], sizeof(names[at]), "%s/%s.%s", dir, name, suffix);
	return names[at];
}

static void write_file(const char *name, const void *data, size_t len)
{
	FILE *file;

	unlink(name);
	file = fopen(name, "w");
	if (!file || fwrite(data, 1, len, file) != len || fclose(file) ||
	    chmod(name, 0600))
		exit(1);
}

static gnutls_datum_t read_file(const char *name)
{
	gnutls_datum_t data;

	must(gnutls_load_file(name, &data), name);
	return data;
}

static gnutls_x509_crt_t load_crt(const char *name)
{
	gnutls_datum_t pem = read_file(pki_file(name, "pem"));
	gnutls_x509_crt_t crt;

	must(gnutls_x509_crt_init(&crt), "crt");
	must(gnutls_x509_crt_import(crt, &pem, GNUTLS_X509_FMT_PEM), name);
	gnutls_free(pem.data);
	return crt;
}

static gnutls_x509_privkey_t load_key(const char *name)
{
	gnutls_datum_t pem = read_file(pki_file(name, "key"));
	gnutls_x509_privkey_t key;

	must(gnutls_x509_privkey_init(&key), "key");
	must(gnutls_x509_privkey_import(key, &pem, GNUTLS_X509_FMT_PEM), name);
	gnutls_free(pem.data);
	return key;
}

static void set_names(gnutls_x509_crt_t crt, const struct pki_spec *spec)
{
	must(gnutls_x509_crt_set_dn_by_oid(crt,
					   GNUTLS_OID_X520_ORGANIZATION_NAME,
					   0, "unit", 4), "O");
	must(gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0,
					   spec->name,
					   (unsigned int)strlen(spec->name)),
	     "CN");
	if (spec->dns)
		must(gnutls_x509_crt_set_subject_alt_name(crt,
							  GNUTLS_SAN_DNSNAME,
							  spec->dns,
							  (unsigned int)
							  strlen(spec->dns),
							  0), "SAN");
}

void pki_make(const struct pki_spec *spec)
{
	static unsigned char serial;
	time_t now = time(NULL);
	gnutls_x509_privkey_t key, issuer_key = NULL;
	gnutls_x509_crt_t crt, issuer = NULL;
	gnutls_datum_t out;
	unsigned int bits;

	must(gnutls_x509_privkey_init(&key), "key");
	bits = spec->rsa ? 2048 :
	       GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1);
	must(gnutls_x509_privkey_generate(key, spec->rsa ? GNUTLS_PK_RSA :
					  GNUTLS_PK_ECDSA, bits, 0), "key");
	must(gnutls_x509_crt_init(&crt), "crt");
	must(gnutls_x509_crt_set_version(crt, 3), "version");
	serial++;
	must(gnutls_x509_crt_set_serial(crt, &serial, 1), "serial");
	set_names(crt, spec);
	must(gnutls_x509_crt_set_activation_time(crt, now + (spec->until ?
							     spec->from :
							     -3600)), "from");
	must(gnutls_x509_crt_set_expiration_time(crt, now + (spec->until ?
							     spec->until :
							     86400)), "until");
	must(gnutls_x509_crt_set_key(crt, key), "set key");
	must(gnutls_x509_crt_set_basic_constraints(crt, spec->ca, -1), "ca");
	if (spec->usage)
		must(gnutls_x509_crt_set_key_usage(crt, spec->usage), "usage");
	if (spec->purpose)
		must(gnutls_x509_crt_set_key_purpose_oid(crt, spec->purpose,
							 0), "purpose");
	if (spec->issuer) {
		issuer = load_crt(spec->issuer);
		issuer_key = load_key(spec->issuer);
	}
	must(gnutls_x509_crt_sign2(crt, issuer ? issuer : crt,
				   issuer_key ? issuer_key : key,
				   GNUTLS_DIG_SHA256, 0), "sign");
	must(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &out), "out");
	write_file(pki_file(spec->name, "pem"), out.data, out.size);
	gnutls_free(out.data);
	must(gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &out),
	     "out");
	write_file(pki_file(spec->name, "key"), out.data, out.size);
	gnutls_free(out.data);
	if (issuer) {
		gnutls_x509_crt_deinit(issuer);
		gnutls_x509_privkey_deinit(issuer_key);
	}
	gnutls_x509_crt_deinit(crt);
	gnutls_x509_privkey_deinit(key);
}

void pki_revoke(const char *name, const char *issuer, const char *victim)
{
	gnutls_x509_crt_t ca = load_crt(issuer), crt = load_crt(victim);
	gnutls_x509_privkey_t key = load_key(issuer);
	time_t now = time(NULL);
	gnutls_x509_crl_t crl;
	gnutls_datum_t out;

	must(gnutls_x509_crl_init(&crl), "crl");
	must(gnutls_x509_crl_set_version(crl, 2), "version");
	must(gnutls_x509_crl_set_crt(crl, crt, now - 60), "revoke");
	must(gnutls_x509_crl_set_this_update(crl, now - 60), "this update");
	must(gnutls_x509_crl_set_next_update(crl, now + 86400), "next update");
	must(gnutls_x509_crl_set_number(crl, "\x01", 1), "number");
	must(gnutls_x509_crl_sign2(crl, ca, key, GNUTLS_DIG_SHA256, 0),
	     "sign");
	must(gnutls_x509_crl_export2(crl, GNUTLS_X509_FMT_PEM, &out), "out");
	write_file(pki_file(name, "pem"), out.data, out.size);
	gnutls_free(out.data);
	gnutls_x509_crl_deinit(crl);
	gnutls_x509_crt_deinit(ca);
	gnutls_x509_crt_deinit(crt);
	gnutls_x509_privkey_deinit(key);
}
