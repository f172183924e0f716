// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module at both ends. From the first of these tests on, A's records are no
 * longer a plain socket's: the module looks at A's datagrams, too. So they come last.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../io/wire.h"
#include "bed.h"

/**
 * struct far - the peer's side by the module, too
 * @h: handle of A's agent
 * @assoc: association of A
 * @program: socket of A's program
 */
struct far {
	struct cipsec *h;
	uint32_t assoc;
	int program;
};

static int far_open(struct bed *bed, struct far *far)
{
	const struct cipsec_policy trust = {
		.addr = { .len = 4 },
		.verb = CIPSEC_VERB_TRUST,
	};
	struct cipsec_assoc_new spec = {
		.role = CIPSEC_ROLE_CLIENT,
		.socket = bed->link.peer,
	};
	struct cipsec_conn conn = {
		.consumed = ID_PRODUCED,
		.produced = ID_CONSUMED,
		.transport = 1,
	};
	struct cipsec_key key = bed_key_settings(bed);
	struct cipsec_assoc assoc;
	int err;

	far->program = bed_socket(SIDE_A, CIPSEC_PORT_IO);
	bed_enter(SIDE_A);
	err = cipsec_open(&far->h);
	if (!err)
		err = cipsec_policy_set(far->h, &trust);
	if (!err)
		err = cipsec_assoc_new(far->h, &spec, &assoc);
	if (err)
		goto out;
	far->assoc = assoc.id;
	key.assoc = assoc.id;
	key.tx = bed->link.rx.block;
	key.rx = bed->link.tx.block;
	err = cipsec_key_new(far->h, &key);
	conn.assoc = assoc.id;
	if (!err)
		err = cipsec_conn_new(far->h, &conn, NULL);
out:
	if (err)
		bed_fail(bed, "%s", cipsec_error(far->h));
	bed_enter(SIDE_B);
	return err;
}

static void far_close(struct far *far)
{
	if (far->assoc)
		cipsec_assoc_del(far->h, far->assoc);
	if (far->h)
		cipsec_policy_flush(far->h);
	cipsec_close(far->h);
	if (far->program >= 0)
		close(far->program);
}

static void send_to_far(struct bed *bed, struct far *far, size_t len)
{
	static uint8_t data[20000], io[20000], got[20000];
	size_t n, i;

	for (i = 0; i < len; i++)
		data[i] = i * 11;
	n = io_make(io, ID_PRODUCED, data, len);
	bed_check(bed, !program_send(bed, io, n));
	bed_check(bed, recv(far->program, got, sizeof(got), 0) == (ssize_t)n &&
		  !memcmp(got, io, n));
}

static void fragmented_records_arrive_from_end_to_end(struct bed *bed)
{
	static const size_t sizes[] = { 10, 1430, 1450, 1500, 3000, 16000 };
	struct far far = { .program = -1 };
	size_t i;

	if (!bed_check(bed, !bed_open(bed)) ||
	    !bed_check(bed, !bed_policy(bed, ADDR_A, 32, CIPSEC_VERB_REQUIRE,
					CIPSEC_POLICY_F_ALLOW_FRAG)) ||
	    !bed_check(bed, !far_open(bed, &far)))
		goto out;
	bed_mark(bed);
	for (i = 0; i < LENGTH(sizes); i++)
		send_to_far(bed, &far, sizes[i]);
	bed_want(bed, CIPSEC_A_STAT_TX_SEALED, LENGTH(sizes));
	bed_judge_only(bed);
out:
	far_close(&far);
}

/* Records as B has put them on the wire, in order. */
static size_t capture(struct bed *bed, uint8_t *rec, size_t size)
{
	static uint8_t frame[WIRE_FRAME_MAX];
	struct wire_udp udp;
	int waited;
	ssize_t n;

	for (waited = 0; waited < 100; waited++) {
		n = wire_receive(bed->wire, frame);
		if (n < 0) {
			bed_sleep(10);
			continue;
		}
		if (wire_udp_parse(&udp, frame, n) &&
		    udp.sport == CIPSEC_PORT_SECURE && udp.len <= size) {
			memcpy(rec, udp.data, udp.len);
			return udp.len;
		}
	}
	bed_fail(bed, "no record on the wire");
	return 0;
}

/*
 * Records that B seals without SIMD, held back on the wire until A opens them with
 * it, and the other way round.
 */
static void slow_and_fast_understand_each_other(struct bed *bed)
{
	struct tuple back = { ADDR_B, ADDR_A, CIPSEC_PORT_SECURE, PEER_PORT };
	uint8_t io[2][20][64], rec[2][20][128], got[128];
	struct far far = { .program = -1 };
	size_t io_len = 0, rec_len[2] = { };
	int slow, i;

	if (!bed_check(bed, !bed_open(bed)))
		return;
	bed_mark(bed);
	for (slow = 0; slow < 2; slow++) {
		bed_check(bed, !set_no_simd(slow));
		for (i = 0; i < 20; i++) {
			io_len = io_make(io[slow][i], ID_PRODUCED, &i, sizeof(i));
			bed_check(bed, !program_send(bed, io[slow][i], io_len));
			rec_len[slow] = capture(bed, rec[slow][i],
						sizeof(rec[slow][i]));
		}
	}
	bed_want(bed, CIPSEC_A_STAT_TX_SEALED, 40);
	bed_judge_only(bed);

	if (far_open(bed, &far))
		goto out;
	for (slow = 0; slow < 2; slow++) {
		bed_check(bed, !set_no_simd(!slow));
		for (i = 0; i < 20; i++) {
			bed_inject_back(bed, &back, rec[slow][i], rec_len[slow]);
			bed_check(bed, recv(far.program, got, sizeof(got), 0) ==
				  (ssize_t)io_len &&
				  !memcmp(got, io[slow][i], io_len));
		}
	}
out:
	set_no_simd(false);
	far_close(&far);
}

const struct test far_tests[] = {
	TEST(fragmented_records_arrive_from_end_to_end, SUITE_ALL),
	TEST(slow_and_fast_understand_each_other, SUITE_AEAD),
	{ }
};
