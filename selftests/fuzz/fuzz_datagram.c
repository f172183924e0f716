// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's first look at a datagram from the network. Every
 * answer is checked against what it promises to the code that follows.
 */
#include <stdlib.h>

#include "cpf.h"
#include "record.h"
#include "replay.h"

static void promise(bool kept)
{
	if (!kept)
		abort();
}

static void check_io(const uint8_t *data, unsigned int len)
{
	unsigned int off = cipsec_cpf_io_offset(data, len);
	int size;

	cipsec_cpf_is_ucmm(data, len);
	if (!off)
		return;
	promise(len >= 10);
	cipsec_cpf_io_id(data);
	size = cipsec_cpf_io_size(data, len, off);
	promise(size < 0 || (unsigned int)size + off + 4 == len);
	promise(!cipsec_is_record(data, len));
}

static void check_record(const uint8_t *data, unsigned int len)
{
	const struct cipsec_record_hdr *h = (const void *)data;

	if (!cipsec_is_record(data, len))
		return;
	promise(len >= sizeof(*h));
	promise(cipsec_record_seq(h) <= CIPSEC_SEQ_MASK);
	if (cipsec_record_is_handshake(h))
		promise(h->type != CIPSEC_TYPE_APPLICATION_DATA);
}

/* No number is accepted twice, whatever order they come in. */
static void check_replay(const uint8_t *data, unsigned int len)
{
	static uint8_t seen[1 << 16];
	struct cipsec_replay window;
	unsigned int i;
	uint16_t n;

	memset(seen, 0, sizeof(seen));
	seen[0] = 1;
	cipsec_replay_init(&window);
	for (i = 0; i + 2 <= len; i += 2) {
		n = get_unaligned_le16(data + i);
		if (cipsec_replay_check(&window, n) != CIPSEC_REPLAY_OK)
			continue;
		promise(cipsec_replay_commit(&window, n) == CIPSEC_REPLAY_OK);
		promise(!seen[n]);
		seen[n] = 1;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	/* exactly as long as it is, so that one byte too far is seen */
	uint8_t *copy = malloc(len ? len : 1);

	if (!copy)
		return 0;
	memcpy(copy, data, len);
	check_io(copy, len);
	check_record(copy, len);
	check_replay(copy, len);
	free(copy);
	return 0;
}
