// SPDX-License-Identifier: LGPL-2.1-or-later
/* Addresses and suites as people write them. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cipsec.h"

/* the suites of CIP Security and those that cipsec adds (design: suites) */
static const struct {
	uint16_t number;
	const char *name;
} suites[] = {
	{ 0x003b, "TLS_RSA_WITH_NULL_SHA256" },
	{ 0x003c, "TLS_RSA_WITH_AES_128_CBC_SHA256" },
	{ 0x003d, "TLS_RSA_WITH_AES_256_CBC_SHA256" },
	{ 0xc006, "TLS_ECDHE_ECDSA_WITH_NULL_SHA" },
	{ 0xc023, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256" },
	{ 0xc024, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384" },
	{ 0xc02b, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" },
	{ 0xc02c, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384" },
	{ 0xc037, "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256" },
	{ 0xc03a, "TLS_ECDHE_PSK_WITH_NULL_SHA256" },
	{ 0xc0ac, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM" },
	{ 0xc0ae, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8" },
	{ 0xcca9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256" },
	{ 0xccac, "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256" },
};

const char *cipsec_suite_name(uint16_t suite)
{
	size_t i;

	for (i = 0; i < sizeof(suites) / sizeof(suites[0]); i++)
		if (suites[i].number == suite)
			return suites[i].name;
	return NULL;
}

uint16_t cipsec_suite_number(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(suites) / sizeof(suites[0]); i++)
		if (!strcmp(suites[i].name, name))
			return suites[i].number;
	return 0;
}

int cipsec_addr_parse(struct cipsec_addr *addr, const char *text)
{
	memset(addr, 0, sizeof(*addr));
	if (inet_pton(AF_INET, text, addr->bytes) == 1)
		addr->len = 4;
	else if (inet_pton(AF_INET6, text, addr->bytes) == 1)
		addr->len = 16;
	else
		return -EINVAL;
	return 0;
}

char *cipsec_addr_print(const struct cipsec_addr *addr,
			char buf[CIPSEC_ADDR_STRLEN])
{
	if (!addr->len || !inet_ntop(addr->len == 4 ? AF_INET : AF_INET6,
				     addr->bytes, buf, CIPSEC_ADDR_STRLEN))
		snprintf(buf, CIPSEC_ADDR_STRLEN, "-");
	return buf;
}

char *cipsec_endpoint_print(const struct cipsec_endpoint *end,
			    char buf[CIPSEC_ENDPOINT_STRLEN])
{
	char addr[CIPSEC_ADDR_STRLEN];

	snprintf(buf, CIPSEC_ENDPOINT_STRLEN,
		 end->addr.len == 16 ? "[%s]:%u" : "%s:%u",
		 cipsec_addr_print(&end->addr, addr), end->port);
	return buf;
}

bool cipsec_addr_equal(const struct cipsec_addr *a,
		       const struct cipsec_addr *b)
{
	return a->len == b->len && !memcmp(a->bytes, b->bytes, a->len);
}
