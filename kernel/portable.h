/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The pure headers (record.h, cpf.h, replay.h) compile in the kernel and, for
 * unit tests and fuzzing, in user space. This is all they need from either.
 */
#ifndef _CIPSEC_PORTABLE_H
#define _CIPSEC_PORTABLE_H

#ifdef __KERNEL__

#include <linux/types.h>
#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include "compat/compat.h"

#else /* !__KERNEL__ */

#include <assert.h>
#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <linux/types.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#define BITS_PER_LONG		(8 * (unsigned int)sizeof(long))
#define READ_ONCE(x)		(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v)	(*(volatile __typeof__(x) *)&(x) = (v))
#define __packed		__attribute__((packed))
#define likely(x)		__builtin_expect(!!(x), 1)
#define unlikely(x)		__builtin_expect(!!(x), 0)
#define cpu_to_be16(x)		htobe16(x)
#define cpu_to_be64(x)		htobe64(x)
#define be16_to_cpu(x)		be16toh(x)
#define be64_to_cpu(x)		be64toh(x)

static inline u16 get_unaligned_le16(const void *p)
{
	u16 v;

	memcpy(&v, p, sizeof(v));
	return le16toh(v);
}

static inline u32 get_unaligned_le32(const void *p)
{
	u32 v;

	memcpy(&v, p, sizeof(v));
	return le32toh(v);
}

#endif /* __KERNEL__ */

#endif /* _CIPSEC_PORTABLE_H */
