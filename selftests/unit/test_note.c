// SPDX-License-Identifier: GPL-2.0-only
/* What an agent leaves for its successor. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cipsec.h>

#include "note.h"

static void a_note_is_read_as_it_was_written(void **state)
{
	struct note out, note = {
		.peer = "line 3", .connection = "io",
		.subject = "O=Plant,CN=drive=3", .made = 1790000000,
	};
	char buf[CIPSEC_OWNER_DATA_MAX];
	size_t len;

	len = note_write(&note, buf, sizeof(buf));
	assert_true(note_read(&out, (uint8_t *)buf, len));
	assert_memory_equal(&note, &out, sizeof(note));
}

static void a_subject_cannot_write_lines_of_its_own(void **state)
{
	struct note out, note = {
		.peer = "drive", .subject = "CN=x\npeer=master",
	};
	char buf[CIPSEC_OWNER_DATA_MAX];
	size_t len;

	len = note_write(&note, buf, sizeof(buf));
	assert_true(note_read(&out, (uint8_t *)buf, len));
	assert_string_equal(out.peer, "drive");
	assert_string_equal(out.subject, "CN=x peer=master");
}

static void what_is_not_a_note_is_refused(void **state)
{
	static const char *const texts[] = {
		"", "v=2\npeer=x\n", "peer=x\nv=1\n", "v=1\n", "\xff\xfe",
		"v=1\npeer\n", "v=1\nother=x\n",
	};
	struct note note;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_false(note_read(&note, (const uint8_t *)texts[i],
				       strlen(texts[i])));
}

static void unknown_keys_are_skipped(void **state)
{
	static const char text[] = "v=1\nfuture=1\npeer=x\nmore=\n";
	struct note note;

	assert_true(note_read(&note, (const uint8_t *)text, strlen(text)));
	assert_string_equal(note.peer, "x");
}

static void no_room_loses_whole_lines_only(void **state)
{
	struct note out, note = { .peer = "drive", .subject = "CN=drive" };
	char buf[64];
	size_t room, len;

	for (room = 0; room < sizeof(buf); room++) {
		len = note_write(&note, buf, room);
		assert_true(len <= room);
		if (note_read(&out, (uint8_t *)buf, len))
			assert_string_equal(out.peer, "drive");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_note_is_read_as_it_was_written),
		cmocka_unit_test(a_subject_cannot_write_lines_of_its_own),
		cmocka_unit_test(what_is_not_a_note_is_refused),
		cmocka_unit_test(unknown_keys_are_skipped),
		cmocka_unit_test(no_room_loses_whole_lines_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
