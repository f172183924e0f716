// SPDX-License-Identifier: GPL-2.0-only
/* The agent's walk through the records of a datagram, before GnuTLS sees them. */
#include <stdlib.h>

#include "../../user/tls/record.h"

static void promise(bool kept)
{
	if (!kept)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	struct cipsec_record_view rec;
	const uint8_t *at = copy, *random;
	size_t left = len, sum = 0;

	if (!copy)
		return 0;
	memcpy(copy, data, len);
	while (cipsec_record_next(&rec, &at, &left)) {
		promise(rec.len >= CIPSEC_RECORD_HEADER && rec.data >= copy);
		promise(rec.data + rec.len <= copy + len);
		sum += rec.len;
	}
	promise(sum + left == len);
	if (cipsec_record_is_hello(copy, len, &random))
		promise(random >= copy &&
			random + CIPSEC_HELLO_RANDOM <= copy + len);
	free(copy);
	return 0;
}
