// SPDX-License-Identifier: GPL-2.0-only
/* Rules on a peer's certificate. */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "identity.h"

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* hex with or without colons */
static int parse_hash(uint8_t hash[CIPSEC_HASH_LEN], const char *text)
{
	int high, low;
	size_t i;

	for (i = 0; i < CIPSEC_HASH_LEN; i++) {
		if (i && *text == ':')
			text++;
		high = hex_digit(text[0]);
		low = high < 0 ? -1 : hex_digit(text[1]);
		if (low < 0)
			return -EINVAL;
		hash[i] = (uint8_t)(high << 4 | low);
		text += 2;
	}
	return *text ? -EINVAL : 0;
}

int cipsec_identity_parse(struct cipsec_identity *rule, const char *text)
{
	static const char subject[] = "subject:", san[] = "san:";
	static const char print[] = "fingerprint:sha256:";

	memset(rule, 0, sizeof(*rule));
	if (!strcmp(text, "any-trusted"))
		return 0;
	if (!strncmp(text, print, sizeof(print) - 1)) {
		rule->kind = CIPSEC_IDENTITY_FINGERPRINT;
		return parse_hash(rule->hash, text + sizeof(print) - 1);
	}
	if (!strncmp(text, subject, sizeof(subject) - 1)) {
		rule->kind = CIPSEC_IDENTITY_SUBJECT;
		text += sizeof(subject) - 1;
		if (!strchr(text, '='))
			return -EINVAL;
	} else if (!strncmp(text, san, sizeof(san) - 1)) {
		rule->kind = CIPSEC_IDENTITY_SAN;
		text += sizeof(san) - 1;
	} else {
		return -EINVAL;
	}
	while (*text == ' ')
		text++;
	if (!*text)
		return -EINVAL;
	rule->text = strdup(text);
	return rule->text ? 0 : -ENOMEM;
}

void cipsec_identity_clear(struct cipsec_identity *rule)
{
	free(rule->text);
	rule->text = NULL;
}

static bool subject_matches(const char *text, gnutls_x509_crt_t crt)
{
	unsigned int flags[] = { 0, GNUTLS_X509_DN_FLAG_COMPAT };
	gnutls_datum_t dn = { 0 };
	bool same = false;
	size_t i;

	/* RFC 4514 prints the last part first, many tools the first one */
	for (i = 0; i < 2 && !same; i++) {
		if (gnutls_x509_crt_get_dn3(crt, &dn, flags[i]))
			return false;
		same = !strcmp(text, (const char *)dn.data);
		gnutls_free(dn.data);
		dn.data = NULL;
	}
	return same;
}

static bool name_matches(const char *text, unsigned int type,
			 const uint8_t *name, size_t len)
{
	char addr[INET6_ADDRSTRLEN];
	int family;

	switch (type) {
	case GNUTLS_SAN_DNSNAME:
		return strlen(text) == len &&
		       !strncasecmp(text, (const char *)name, len);
	case GNUTLS_SAN_URI:
		return strlen(text) == len && !memcmp(text, name, len);
	case GNUTLS_SAN_IPADDRESS:
		family = len == 4 ? AF_INET : AF_INET6;
		if (len != 4 && len != 16)
			return false;
		return inet_ntop(family, name, addr, sizeof(addr)) &&
		       !strcmp(text, addr);
	default:
		return false;
	}
}

static bool san_matches(const char *text, gnutls_x509_crt_t crt)
{
	unsigned int i, type;
	uint8_t name[512];
	size_t len;
	int ret;

	for (i = 0;; i++) {
		len = sizeof(name);
		ret = gnutls_x509_crt_get_subject_alt_name2(crt, i, name, &len,
							    &type, NULL);
		if (ret == GNUTLS_E_SHORT_MEMORY_BUFFER)
			continue;
		if (ret < 0)
			return false;
		/* some versions count a terminating zero of text */
		if (type != GNUTLS_SAN_IPADDRESS && len && !name[len - 1])
			len--;
		if (name_matches(text, type, name, len))
			return true;
	}
}

static bool fingerprint_matches(const uint8_t *hash, gnutls_x509_crt_t crt)
{
	uint8_t print[CIPSEC_HASH_LEN];
	size_t len = sizeof(print);

	return !gnutls_x509_crt_get_fingerprint(crt, GNUTLS_DIG_SHA256, print,
						&len) &&
	       len == sizeof(print) && !memcmp(hash, print, len);
}

bool cipsec_identity_matches(const struct cipsec_identity *rules, size_t n,
			     gnutls_x509_crt_t crt)
{
	size_t i;

	for (i = 0; i < n; i++) {
		switch (rules[i].kind) {
		case CIPSEC_IDENTITY_ANY_TRUSTED:
			return true;
		case CIPSEC_IDENTITY_SUBJECT:
			if (subject_matches(rules[i].text, crt))
				return true;
			break;
		case CIPSEC_IDENTITY_SAN:
			if (san_matches(rules[i].text, crt))
				return true;
			break;
		case CIPSEC_IDENTITY_FINGERPRINT:
			if (fingerprint_matches(rules[i].hash, crt))
				return true;
			break;
		}
	}
	return false;
}
