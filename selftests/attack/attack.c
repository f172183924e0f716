// SPDX-License-Identifier: GPL-2.0-only
/*
 * Everything that an attacker on the wire can do to an association, and everything
 * that a program beside it can. What is sent is counted, datagram by datagram.
 *
 * usage: attack [--only TEXT] NAMESPACE-A NAMESPACE-B
 * CIPSEC_LONG and CIPSEC_REDUCED in the environment make it longer and shorter.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bed.h"

static const struct suite {
	uint16_t id;
	const char *name;
	bool is_aead;
} suites[] = {
	{ 0xc02b, "c02b", true },
	{ 0xc02c, "c02c", true },
	{ 0xc006, "c006", false },
};

static const struct test *const all_tests[] = {
	forge_tests, shape_tests, clear_tests, flood_tests, seal_tests,
	guard_tests, memory_tests, race_tests, NULL
};

static const struct test *const last_tests[] = { far_tests, NULL };

static const char *only = "";
static unsigned int number;
static unsigned int failures;

static bool is_wanted(const struct test *test, const struct suite *suite,
		      bool is_slow)
{
	if (!strstr(test->name, only))
		return false;
	/* The longer key goes the same ways as the shorter one. */
	if (suite->id == 0xc02c && getenv("CIPSEC_REDUCED"))
		return false;
	if (is_slow && !(test->is_slow_too && suite->is_aead))
		return false;
	switch (test->suites) {
	case SUITE_ONE:
		return suite == suites;
	case SUITE_AEAD:
		return suite->is_aead;
	case SUITE_ALL:
		return true;
	}
	return false;
}

static void run(const struct test *test, const struct suite *suite, bool is_slow)
{
	struct bed bed = {
		.suite = suite->id,
		.is_long = getenv("CIPSEC_LONG"),
		.is_reduced = getenv("CIPSEC_REDUCED"),
		.program = -1,
		.wire = -1,
	};

	test->run(&bed);
	bed_close(&bed);
	if (!bed.judgements)
		bed_fail(&bed, "it has judged nothing");
	failures += bed.failed;
	printf("%sok %u - %s (%s%s)\n", bed.failed ? "not " : "", ++number,
	       test->name, suite->name, is_slow ? ", without SIMD" : "");
	fflush(stdout);
}

/* Count them, or run them. */
static unsigned int each(const struct test *const *tables, bool is_run,
			 bool is_slow)
{
	const struct test *const *table, *test;
	unsigned int count = 0;
	size_t s;

	for (s = 0; s < LENGTH(suites); s++)
		for (table = tables; *table; table++)
			for (test = *table; test->name; test++) {
				if (!is_wanted(test, &suites[s], is_slow))
					continue;
				count++;
				if (is_run)
					run(test, &suites[s], is_slow);
			}
	return count;
}

int main(int argc, char **argv)
{
	if (argc == 5 && !strcmp(argv[1], "--only")) {
		only = argv[2];
		argc -= 2;
		argv += 2;
	}
	if (argc != 3 || bed_namespaces(argv[1], argv[2])) {
		fprintf(stderr, "usage: attack [--only TEXT] NAMESPACE-A NAMESPACE-B\n");
		return 2;
	}
	printf("TAP version 13\n1..%u\n", each(all_tests, false, false) +
	       each(all_tests, false, true) + each(last_tests, false, false));
	each(all_tests, true, false);
	/* A result that is missing is a failure. */
	if (!set_no_simd(true))
		each(all_tests, true, true);
	set_no_simd(false);
	each(last_tests, true, false);
	return failures ? 1 : 0;
}
