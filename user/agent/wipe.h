/* SPDX-License-Identifier: GPL-2.0-only */
/* The C library's allocator under the names that stay when it is replaced. */
#ifndef CIPSEC_AGENT_WIPE_H
#define CIPSEC_AGENT_WIPE_H

#include <stddef.h>

void *__libc_malloc(size_t size);
void __libc_free(void *old);

#endif
