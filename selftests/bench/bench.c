// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs in a guest whose clock ticks once an instruction (scripts/vm --icount):
 * there a nanosecond is an instruction, and what happens in between (timer
 * interrupts, nothing else) happens at the same instruction each time.
 *
 * Prints one line of JSON a row and size.
 */
#define _GNU_SOURCE
#include <endian.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cpf.h"

#define WARM_UP		200
#define MARKER_SIZE	16

static const struct bench_row rows[] = {
	{ &path_plain, NULL, 1 },
	{ &path_plain, NULL, 1, .unconnected = true },
	{ &path_gnutls, &suite_aes_128_gcm, 1 },
	{ &path_gnutls, &suite_aes_256_gcm, 1 },
	{ &path_gnutls, &suite_null_sha, 1 },
	{ &path_relay, &suite_aes_128_gcm, 1 },
	{ &path_relay, &suite_null_sha, 1 },
	{ &path_relay_processes, &suite_aes_128_gcm, 1 },
	{ &path_relay_processes, &suite_null_sha, 1 },
	{ &path_idle, NULL, 1 },
	{ &path_trust, NULL, 1 },
	{ &path_cipsec, &suite_aes_128_gcm, 1 },
	{ &path_cipsec, &suite_aes_256_gcm, 1 },
	{ &path_cipsec, &suite_null_sha, 1 },
	{ &path_cipsec, &suite_aes_128_gcm, 1, .unconnected = true },
	{ &path_cipsec, &suite_aes_128_gcm, 1000 },
};

struct cost {
	double e2e;
	double tx;
};

static unsigned int count = 5000;
static uint8_t sent[BENCH_SIZE_MAX];
static uint8_t received[BENCH_SIZE_MAX];
static char remarks[256];

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

/* Work that was put off (RCU, timers) is done now; waiting costs nothing. */
static void settle(void)
{
	sleep(3);
}

/* Does a million times two instructions take as long as it must? */
static int check_clock(void)
{
	unsigned long loops = 1000000;
	double start = now();
	double took;

#if defined(__x86_64__)
	asm volatile("1: dec %0; jnz 1b" : "+r" (loops) : : "cc");
#elif defined(__aarch64__)
	asm volatile("1: subs %0, %0, #1; b.ne 1b" : "+r" (loops) : : "cc");
#else
#error "needs a loop of two instructions"
#endif
	took = now() - start;
	if (took < 1.99e6 || took > 2.05e6) {
		fprintf(stderr, "bench: 2000000 instructions took %.0f ns: no instruction clock here (scripts/vm --icount)\n",
			took);
		return -EINVAL;
	}
	return 0;
}

/* Every datagram whole, byte for byte; @wire sees them, if there is one. */
static int warm_up(const struct bench_row *row, size_t size, struct wire *wire)
{
	const struct cpf_io *io = (const void *)sent;
	unsigned int i;
	ssize_t n;

	for (i = 0; i < WARM_UP; i++) {
		program_fill(sent, size, BENCH_CONN_ID + i % row->conns, i + 1);
		n = row->path->send(sent, size);
		if (n != (ssize_t)size) {
			fprintf(stderr, "bench: sent %zd of %zu bytes\n", n,
				size);
			return -EIO;
		}
		memset(received, 0, sizeof(received));
		n = row->path->recv(received, sizeof(received));
		if (n != (ssize_t)size || memcmp(sent, received, size)) {
			fprintf(stderr, "bench: datagram %u came as %zd bytes, not as sent\n",
				i, n);
			return -EIO;
		}
		if (wire)
			wire_look(wire, io->data, MARKER_SIZE);
	}
	return 0;
}

static int timed(const struct bench_row *row, size_t size, unsigned int n,
		 bool receive, double *cost)
{
	struct cpf_io *io = (void *)sent;
	double start = now();
	uint32_t conn = 0;
	unsigned int i;

	for (i = 0; i < n; i++) {
		io->conn_id = htole32(BENCH_CONN_ID + conn);
		io->number = htole32(WARM_UP + i);
		if (++conn == row->conns)
			conn = 0;
		if (row->path->send(sent, size) != (ssize_t)size)
			return -EIO;
		if (receive && row->path->recv(received, sizeof(received)) !=
			       (ssize_t)size)
			return -EIO;
	}
	*cost = (now() - start) / n;
	return 0;
}

static int measure(const struct bench_row *row, size_t size, unsigned int n,
		   struct cost *cost)
{
	int err;

	settle();
	if (row->path->begin)
		row->path->begin();
	err = timed(row, size, n, true, &cost->e2e);
	if (err || row->path->no_split)
		return err;

	err = net_drop(true);
	if (err)
		return err;
	settle();
	err = timed(row, size, n, false, &cost->tx);
	return net_drop(false) ? -EIO : err;
}

/* The absence of clear text counts only where a tap would have shown it. */
static int check_wire(const struct bench_row *row, const struct wire *wire)
{
	bool protected = row->suite;
	bool readable = !protected || row->suite->readable;

	if (wire->datagrams == WARM_UP &&
	    wire->records == (protected ? WARM_UP : 0) &&
	    wire->clear == (protected ? 0 : WARM_UP) &&
	    wire->readable == (readable ? WARM_UP : 0))
		return 0;

	fprintf(stderr, "bench: wire: of %u datagrams %u are records, %u begin in clear, %u show their data\n",
		wire->datagrams, wire->records, wire->clear, wire->readable);
	return -EPROTO;
}

static void print_row(const struct bench_row *row, size_t size,
		      unsigned int rounds, const struct cost *cost,
		      const struct wire *wire)
{
	printf("{\"path\": \"%s\"", row->path->name);
	if (row->suite)
		printf(", \"suite\": \"%s\"", row->suite->name);
	printf(", \"receiver\": \"%s\", \"connections\": %u, \"size\": %zu",
	       row->unconnected ? "unconnected" : "connected", row->conns,
	       size);
	printf(", \"n\": %u, \"associations\": %u, \"e2e\": %.1f",
	       count, rounds, cost->e2e);
	if (!row->path->no_split)
		printf(", \"tx\": %.1f, \"rx\": %.1f", cost->tx,
		       cost->e2e - cost->tx);
	printf(", \"verified\": %u, \"wire\": {\"datagrams\": %u, \"records\": %u, \"clear\": %u, \"readable\": %u}",
	       2 * WARM_UP * rounds, wire->datagrams, wire->records, wire->clear,
	       wire->readable);
	printf("%s}\n", remarks);
	fflush(stdout);
}

/* One association, from its beginning to its end. */
static int run_round(const struct bench_row *row, size_t size, unsigned int n,
		     struct wire *wire, struct cost *cost)
{
	int err;

	err = row->path->open(row);
	if (err)
		goto close_path;

	err = wire_open(wire);
	if (!err)
		err = warm_up(row, size, wire);
	wire_close(wire);
	if (!err)
		err = check_wire(row, wire);
	/* Once more without the tap, which makes the kernel copy. */
	if (!err)
		err = warm_up(row, size, NULL);
	if (!err)
		err = measure(row, size, n, cost);
	remarks[0] = '\0';
	if (!err && row->path->describe)
		row->path->describe(remarks, sizeof(remarks));

close_path:
	row->path->close();
	return err;
}

static int run_size(const struct bench_row *row, size_t size)
{
	unsigned int rounds = row->path->rounds ? row->path->rounds : 1;
	struct cost mean = {};
	struct cost cost = {};
	struct wire wire;
	unsigned int i;
	int err;

	for (i = 0; i < rounds; i++) {
		err = run_round(row, size, count / rounds, &wire, &cost);
		if (err) {
			fprintf(stderr, "bench: %s %s, %zu bytes: %s\n",
				row->path->name,
				row->suite ? row->suite->name : "", size,
				strerror(-err));
			return err;
		}
		mean.e2e += cost.e2e / rounds;
		mean.tx += cost.tx / rounds;
	}
	print_row(row, size, rounds, &mean, &wire);
	return 0;
}

/* A place to stop at, between two datagrams: the profiler looks for its name. */
__attribute__((noinline, used)) void bench_marker(void)
{
	asm volatile("");
}

static void print_maps(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512];

	while (maps && fgets(line, sizeof(line), maps))
		fputs(line, stdout);
	if (maps)
		fclose(maps);
}

/* Never ends: the profiler does, when it has seen its datagram. */
static int profile(const struct bench_row *row, size_t size)
{
	int err;

	err = row->path->open(row);
	if (!err)
		err = warm_up(row, size, NULL);
	settle();
	print_maps();
	printf("ready %p\n", (void *)bench_marker);
	fflush(stdout);
	while (!err) {
		bench_marker();
		if (row->path->send(sent, size) != (ssize_t)size ||
		    row->path->recv(received, sizeof(received)) !=
			    (ssize_t)size)
			err = -EIO;
	}
	row->path->close();
	return err;
}

struct wanted {
	const char *path;
	const char *suite;
	bool module;
};

static bool is_wanted(const struct bench_row *row, const struct wanted *wanted)
{
	if (row->path->needs_module != wanted->module)
		return false;
	if (wanted->path && strcmp(row->path->name, wanted->path))
		return false;
	return !wanted->suite ||
	       (row->suite && !strcmp(row->suite->name, wanted->suite));
}

static int usage(void)
{
	fprintf(stderr, "usage: bench [--module] [--count N] [--path NAME] [--suite NAME] [--profile] SIZE...\n");
	return 2;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "module", no_argument, NULL, 'm' },
		{ "count", required_argument, NULL, 'n' },
		{ "path", required_argument, NULL, 'p' },
		{ "suite", required_argument, NULL, 's' },
		{ "profile", no_argument, NULL, 'P' },
		{},
	};
	struct wanted wanted = {};
	bool profiled = false;
	size_t i;
	int failures = 0;
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (opt == 'm')
			wanted.module = true;
		else if (opt == 'n')
			count = (unsigned int)strtoul(optarg, NULL, 0);
		else if (opt == 'p')
			wanted.path = optarg;
		else if (opt == 's')
			wanted.suite = optarg;
		else if (opt == 'P')
			profiled = true;
		else
			return usage();
	}
	if (optind == argc || !count)
		return usage();

	if (net_open()) {
		fprintf(stderr, "bench: no namespaces cipsec-a and cipsec-b\n");
		return 1;
	}
	if (check_clock())
		return 1;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (!is_wanted(&rows[i], &wanted))
			continue;
		if (profiled)
			return profile(&rows[i], strtoul(argv[optind], NULL, 0));
		for (opt = optind; opt < argc; opt++)
			failures += !!run_size(&rows[i],
					       strtoul(argv[opt], NULL, 0));
	}
	return !!failures;
}
