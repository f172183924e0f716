// SPDX-License-Identifier: GPL-2.0-only
/*
 * In place of the C library's getrandom(), for GnuTLS too: the same numbers in
 * each run. They decide how long a signature is, that decides what the heap looks
 * like, and that decides by up to 2 % what GnuTLS's malloc() costs a record.
 */
#include <stdint.h>
#include <sys/random.h>

ssize_t getrandom(void *buf, size_t len, unsigned int flags)
{
	static uint64_t state = 0x9e3779b97f4a7c15;
	uint8_t *out = buf;
	size_t i;

	(void)flags;
	for (i = 0; i < len; i++) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		out[i] = state >> 32;
	}
	return (ssize_t)len;
}
