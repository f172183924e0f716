// SPDX-License-Identifier: GPL-2.0-only
/*
 * The same from two processors at once.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../io/wire.h"
#include "bed.h"

#define RACERS		2
#define RECORDS		400

/**
 * struct racer - one of two threads
 * @bed: its own copy, for it has sockets of its own
 * @records, @len: what both inject
 * @cpu: where
 */
struct racer {
	struct bed bed;
	const uint8_t (*records)[128];
	size_t len;
	int cpu;
	pthread_barrier_t *barrier;
};

static void settle_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu % sysconf(_SC_NPROCESSORS_ONLN), &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void *inject_all(void *arg)
{
	struct racer *racer = arg;
	int i;

	settle_on(racer->cpu);
	for (i = 0; i < RECORDS; i++) {
		pthread_barrier_wait(racer->barrier);
		link_inject(&racer->bed, &racer->bed.link, racer->records[i],
			    racer->len);
	}
	return NULL;
}

static void *send_all(void *arg)
{
	struct racer *racer = arg;
	uint8_t io[128];
	size_t len;
	int i;

	settle_on(racer->cpu);
	for (i = 0; i < RECORDS; i++) {
		pthread_barrier_wait(racer->barrier);
		len = io_make(io, ID_PRODUCED, &i, sizeof(i));
		if (program_send(&racer->bed, io, len))
			bed_fail(&racer->bed, "sending: %m");
	}
	return NULL;
}

static void race(struct bed *bed, struct racer racers[RACERS],
		 void *(*run)(void *arg))
{
	pthread_t threads[RACERS];
	pthread_barrier_t barrier;
	int i;

	pthread_barrier_init(&barrier, NULL, RACERS);
	for (i = 0; i < RACERS; i++) {
		racers[i].bed = *bed;
		racers[i].cpu = i;
		racers[i].barrier = &barrier;
		bed_enter(SIDE_A);
		racers[i].bed.wire = wire_open("va");
		racers[i].bed.program = bed_socket(SIDE_B, 46000 + i);
		if (pthread_create(&threads[i], NULL, run, &racers[i]))
			exit(1);
	}
	for (i = 0; i < RACERS; i++) {
		pthread_join(threads[i], NULL);
		close(racers[i].bed.wire);
		close(racers[i].bed.program);
		bed_check(bed, !racers[i].bed.failed);
	}
	pthread_barrier_destroy(&barrier);
	bed_enter(SIDE_B);
}

static void record_that_arrives_twice_at_once_is_opened_once(struct bed *bed)
{
	static uint8_t records[RECORDS][128];
	struct racer racers[RACERS];
	int i;

	if (!bed_check(bed, !bed_open(bed)))
		return;
	bed_mark(bed);
	for (i = 0; i < RECORDS; i++)
		racers[0].len = link_seal_good(bed, &bed->link, records[i]);
	for (i = 0; i < RACERS; i++) {
		racers[i].records = (const uint8_t (*)[128])records;
		racers[i].len = racers[0].len;
	}
	race(bed, racers, inject_all);
	bed_want(bed, CIPSEC_A_STAT_RX_OPENED, RECORDS);
	bed_want(bed, CIPSEC_A_STAT_RX_REPLAY, RECORDS * (RACERS - 1));
	bed_judge(bed);
}

static void two_processors_never_take_one_number(struct bed *bed)
{
	bool seen[RACERS * RECORDS] = { };
	struct racer racers[RACERS] = { };
	struct records_plan plan;
	uint8_t got[256];
	uint64_t n;
	int i;

	if (!bed_check(bed, !bed_open(bed)))
		return;
	bed_mark(bed);
	race(bed, racers, send_all);
	for (i = 0; i < RACERS * RECORDS; i++) {
		if (!bed_check(bed, link_take(&bed->link, &plan, got) > 0))
			break;
		n = plan.number - CIPSEC_RECORD_RESERVE;
		if (!bed_check(bed, n < LENGTH(seen) && !seen[n]))
			break;
		seen[n] = true;
	}
	bed_want(bed, CIPSEC_A_STAT_TX_SEALED, RACERS * RECORDS);
	bed_judge(bed);
}

const struct test race_tests[] = {
	TEST_SLOW(record_that_arrives_twice_at_once_is_opened_once, SUITE_ALL),
	TEST_SLOW(two_processors_never_take_one_number, SUITE_ALL),
	{ }
};
