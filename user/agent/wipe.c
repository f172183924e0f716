// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory is wiped when it is freed.
 *
 * gnutls_deinit() frees record keys, hash states and flights without wiping
 * them all, and nettle and gmp free their numbers as they are. Whoever reads
 * this process's memory later shall not find a key of the I/O, so free() and
 * realloc() of the C library are replaced for the whole program. What was on
 * the stack is the business of stack.c.
 */
#include <malloc.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "wipe.h"

void free(void *old)
{
	if (!old)
		return;
	explicit_bzero(old, malloc_usable_size(old));
	__libc_free(old);
}

void *realloc(void *old, size_t size)
{
	size_t had;
	void *new;

	if (!old)
		return __libc_malloc(size);
	had = malloc_usable_size(old);
	if (!size) {
		free(old);
		return NULL;
	}
	/* in place, unless it grows: the C library would leave a copy */
	if (size <= had)
		return old;
	new = __libc_malloc(size);
	if (!new)
		return NULL;
	memcpy(new, old, had);
	free(old);
	return new;
}
