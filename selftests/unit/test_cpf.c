// SPDX-License-Identifier: GPL-2.0-only
/* How the kernel tells datagrams apart: CPF I/O, 0x8003, DTLS records. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../kernel/cpf.h"
#include "../../kernel/record.h"

static const u8 class_1[] = {
	2, 0, 0x02, 0x80, 8, 0, 0x78, 0x56, 0x34, 0x12, 9, 0, 0, 0,
	0xb1, 0, 4, 0, 1, 0, 0xaa, 0xbb,
};

static const u8 class_0[] = {
	2, 0, 0xa1, 0, 4, 0, 0x78, 0x56, 0x34, 0x12,
	0xb1, 0, 2, 0, 0xaa, 0xbb,
};

/* Forward_Open over DTLS: an empty address item, then 0x8003 */
static const u8 ucmm[] = {
	2, 0, 0x03, 0x80, 4, 0, 1, 2, 3, 4, 0xb2, 0, 1, 0, 0x54,
};

static void both_address_items_are_io(void **state)
{
	assert_int_equal(cipsec_cpf_io_offset(class_1, sizeof(class_1)), 14);
	assert_int_equal(cipsec_cpf_io_id(class_1), 0x12345678);
	assert_int_equal(cipsec_cpf_io_size(class_1, sizeof(class_1), 14), 4);
	assert_int_equal(cipsec_cpf_io_offset(class_0, sizeof(class_0)), 10);
	assert_int_equal(cipsec_cpf_io_id(class_0), 0x12345678);
	assert_int_equal(cipsec_cpf_io_size(class_0, sizeof(class_0), 10), 2);
}

static void each_wrong_byte_of_the_frame_is_noticed(void **state)
{
	/* the bytes that are not id, sequence number or data */
	static const u8 fixed[] = { 0, 1, 2, 3, 4, 5, 14, 15, 16, 17 };
	u8 data[sizeof(class_1)];
	unsigned int off;
	size_t i;

	for (i = 0; i < sizeof(fixed); i++) {
		memcpy(data, class_1, sizeof(data));
		data[fixed[i]] ^= 0x40;
		off = cipsec_cpf_io_offset(data, sizeof(data));
		assert_true(!off || cipsec_cpf_io_size(data, sizeof(data),
						       off) < 0);
	}
}

/* memory that ends where the datagram does: reading on is a fault (valgrind) */
static u8 *exact(const u8 *data, size_t len)
{
	u8 *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, data, len);
	return copy;
}

static void no_truncation_is_io(void **state)
{
	unsigned int off, len;
	u8 *data;

	for (len = 0; len < sizeof(class_1); len++) {
		data = exact(class_1, len);
		off = cipsec_cpf_io_offset(data, len);
		assert_true(!off || cipsec_cpf_io_size(data, len, off) < 0);
		free(data);
	}
	for (len = 0; len < sizeof(class_0); len++) {
		data = exact(class_0, len);
		off = cipsec_cpf_io_offset(data, len);
		assert_true(!off || cipsec_cpf_io_size(data, len, off) < 0);
		free(data);
	}
}

static void unconnected_messages_are_told_from_io(void **state)
{
	assert_true(cipsec_cpf_is_ucmm(ucmm, sizeof(ucmm)));
	assert_false(cipsec_cpf_is_ucmm(class_1, sizeof(class_1)));
	assert_false(cipsec_cpf_is_ucmm(class_0, sizeof(class_0)));
	assert_int_equal(cipsec_cpf_io_offset(ucmm, sizeof(ucmm)), 0);
}

static void random_bytes_never_are_two_things_at_once(void **state)
{
	unsigned int len, i;
	u8 data[64], *copy;
	long round;

	srandom(11);
	for (round = 0; round < 300000; round++) {
		len = (unsigned int)random() % sizeof(data);
		for (i = 0; i < len; i++)
			data[i] = (u8)random();
		/* most of them with a likely beginning */
		if (len > 6 && random() % 4)
			memcpy(data, round & 1 ? class_1 : ucmm, 5);
		copy = exact(data, len);
		if (cipsec_is_record(copy, len)) {
			assert_false(cipsec_cpf_io_offset(copy, len));
			assert_false(cipsec_cpf_is_ucmm(copy, len));
		}
		free(copy);
	}
}

static void records_are_told_by_their_first_bytes(void **state)
{
	u8 rec[13] = { 23, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 4, 0, 0, 30 };
	struct cipsec_record_hdr hdr;

	assert_true(cipsec_is_record(rec, sizeof(rec)));
	assert_false(cipsec_is_record(rec, sizeof(rec) - 1));
	memcpy(&hdr, rec, sizeof(hdr));
	assert_int_equal(cipsec_record_epoch(&hdr), 1);
	assert_int_equal(cipsec_record_seq(&hdr), 1024);
	assert_false(cipsec_record_is_handshake(&hdr));
	rec[1] = 0x03;
	assert_false(cipsec_is_record(rec, sizeof(rec)));
}

static void alerts_are_the_agents_only_in_clear(void **state)
{
	struct cipsec_record_hdr hdr = { .type = CIPSEC_TYPE_ALERT };

	assert_true(cipsec_record_is_handshake(&hdr));
	hdr.number = cpu_to_be64(1ULL << CIPSEC_SEQ_BITS);
	assert_false(cipsec_record_is_handshake(&hdr));
	hdr.type = CIPSEC_TYPE_HANDSHAKE;
	assert_true(cipsec_record_is_handshake(&hdr));
	hdr.type = CIPSEC_TYPE_HEARTBEAT;
	hdr.number = 0;
	assert_false(cipsec_record_is_handshake(&hdr));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_address_items_are_io),
		cmocka_unit_test(each_wrong_byte_of_the_frame_is_noticed),
		cmocka_unit_test(no_truncation_is_io),
		cmocka_unit_test(unconnected_messages_are_told_from_io),
		cmocka_unit_test(random_bytes_never_are_two_things_at_once),
		cmocka_unit_test(records_are_told_by_their_first_bytes),
		cmocka_unit_test(alerts_are_the_agents_only_in_clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
