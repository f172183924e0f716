/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between the kernels that cipsec builds for, and nothing else.
 *
 * A difference is found by what the headers offer, never by a version number:
 * stable kernels take features back.
 */
#ifndef _CIPSEC_COMPAT_H
#define _CIPSEC_COMPAT_H

/* 6.12 moved it */
#ifdef CIPSEC_HAVE_LINUX_UNALIGNED_H
#include <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

#endif /* _CIPSEC_COMPAT_H */
