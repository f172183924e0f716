/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Results in TAP. A result is the sum of single checks, of which there must be one
 * at least: what looked at nothing has shown nothing.
 */
#ifndef CIPSEC_SELFTEST_TAP_H
#define CIPSEC_SELFTEST_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

/**
 * struct tap - the result that is being found
 * @checks: made for it
 * @bad: of them
 * @failed: results that were bad
 */
struct tap {
	unsigned int checks;
	unsigned int bad;
	unsigned int failed;
};

static inline bool __attribute__((format(printf, 3, 4)))
tap_check(struct tap *tap, bool is_good, const char *fmt, ...)
{
	va_list args;

	tap->checks++;
	if (is_good)
		return true;
	tap->bad++;
	va_start(args, fmt);
	fputs("# ", stdout);
	vprintf(fmt, args);
	putchar('\n');
	va_end(args);
	return false;
}

static inline void tap_result(struct tap *tap, const char *name)
{
	bool is_good = tap->checks && !tap->bad;

	printf("%s - %s\n", is_good ? "ok" : "not ok", name);
	fflush(stdout);
	tap->failed += !is_good;
	tap->checks = 0;
	tap->bad = 0;
}

#endif
