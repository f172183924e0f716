// SPDX-License-Identifier: GPL-2.0-only
/* The kernel's replay window against a model that remembers every number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../kernel/replay.h"

#define NUMBERS		(1 << 16)

/* what RFC 6347 4.1.2.6 asks for, without a ring */
struct model {
	u64 highest;
	bool seen[NUMBERS];
};

static struct model model;
static struct cipsec_replay window;

static void start(void **state)
{
	memset(&model, 0, sizeof(model));
	model.seen[0] = true;
	cipsec_replay_init(&window);
}

static enum cipsec_replay_verdict expected(u64 n)
{
	if (n > model.highest)
		return CIPSEC_REPLAY_OK;
	if (model.highest - n >= CIPSEC_REPLAY_WINDOW)
		return CIPSEC_REPLAY_OLD;
	return model.seen[n] ? CIPSEC_REPLAY_SEEN : CIPSEC_REPLAY_OK;
}

static void receive(u64 n)
{
	enum cipsec_replay_verdict want = expected(n);

	assert_int_equal(cipsec_replay_check(&window, n), want);
	assert_int_equal(cipsec_replay_commit(&window, n), want);
	if (want != CIPSEC_REPLAY_OK)
		return;
	model.seen[n] = true;
	if (n > model.highest)
		model.highest = n;
}

static void number_0_counts_as_received(void **state)
{
	start(state);
	assert_int_equal(cipsec_replay_check(&window, 0), CIPSEC_REPLAY_SEEN);
	assert_int_equal(cipsec_replay_commit(&window, 0), CIPSEC_REPLAY_SEEN);
	receive(1);
	receive(0);
}

static void each_number_is_accepted_once_in_order(void **state)
{
	u64 n;

	start(state);
	for (n = 0; n < NUMBERS; n++) {
		receive(n);
		receive(n);
	}
}

static void each_number_of_the_window_is_accepted_backwards(void **state)
{
	u64 n;

	start(state);
	receive(5000);
	for (n = 5000; n + 1200 > 5000; n--)
		receive(n);
}

static void a_check_moves_nothing(void **state)
{
	struct cipsec_replay before;

	start(state);
	receive(100);
	before = window;
	assert_int_equal(cipsec_replay_check(&window, 40000),
			 CIPSEC_REPLAY_OK);
	assert_memory_equal(&before, &window, sizeof(window));
}

static void jumps_of_every_length_agree_with_the_model(void **state)
{
	u64 gap, n, back;

	for (gap = 1; gap < 2300; gap++) {
		start(state);
		for (n = 0; n < 40; n++)
			receive(1000 + n);
		receive(1039 + gap);
		for (back = 0; back < 1200 && back <= 1039 + gap; back += 7)
			receive(1039 + gap - back);
	}
}

static void random_orders_agree_with_the_model(void **state)
{
	u64 base = 0, n;
	int round, i;

	srandom(7);
	for (round = 0; round < 40; round++) {
		start(state);
		base = 0;
		for (i = 0; i < 20000 && base < NUMBERS - 3000; i++) {
			base += (u64)random() % 5;
			if (!(random() % 200))
				base += (u64)random() % 2000;
			n = base + (u64)random() % 900;
			receive(n);
		}
	}
}

static void the_last_number_of_an_epoch_is_accepted_once(void **state)
{
	const u64 last = 0xffffffffffffULL;

	cipsec_replay_init(&window);
	assert_int_equal(cipsec_replay_commit(&window, last - 1),
			 CIPSEC_REPLAY_OK);
	assert_int_equal(cipsec_replay_commit(&window, last),
			 CIPSEC_REPLAY_OK);
	assert_int_equal(cipsec_replay_commit(&window, last),
			 CIPSEC_REPLAY_SEEN);
	assert_int_equal(cipsec_replay_commit(&window, last - 1),
			 CIPSEC_REPLAY_SEEN);
	assert_int_equal(cipsec_replay_commit(&window, 5), CIPSEC_REPLAY_OLD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(number_0_counts_as_received),
		cmocka_unit_test(each_number_is_accepted_once_in_order),
		cmocka_unit_test(each_number_of_the_window_is_accepted_backwards),
		cmocka_unit_test(a_check_moves_nothing),
		cmocka_unit_test(jumps_of_every_length_agree_with_the_model),
		cmocka_unit_test(random_orders_agree_with_the_model),
		cmocka_unit_test(the_last_number_of_an_epoch_is_accepted_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
