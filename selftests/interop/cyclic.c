// SPDX-License-Identifier: GPL-2.0-only
/* CPF datagrams with an answer in them, and the sums of an exchange. */
#include <endian.h>
#include <string.h>
#include <time.h>

#include "cyclic.h"

/* CPF: two items, a sequenced address (0x8002) and connected data (0x00B1) */
struct cpf {
	uint16_t items;
	uint16_t addr_type;
	uint16_t addr_len;
	uint32_t id;
	uint32_t seq;
	uint16_t data_type;
	uint16_t data_len;
	/* class 1 leads with a sequence count */
	uint16_t count;
	uint8_t data[];
} __attribute__((packed));

_Static_assert(sizeof(struct cpf) == 20, "CPF");

uint64_t cyclic_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* Sizes that no two neighbours share, from none to what fits. */
static size_t data_len(uint32_t seq)
{
	return (seq * 37u) % (CYCLIC_MAX - sizeof(struct cpf));
}

static size_t fill(uint32_t id, uint32_t seq, uint8_t buf[CYCLIC_MAX])
{
	struct cpf *cpf = (void *)buf;
	size_t len = data_len(seq), i;
	uint32_t state = id ^ (seq * 2654435761u) ^ 1;

	cpf->items = htole16(2);
	cpf->addr_type = htole16(0x8002);
	cpf->addr_len = htole16(8);
	cpf->id = htole32(id);
	cpf->seq = htole32(seq);
	cpf->data_type = htole16(0x00b1);
	cpf->data_len = htole16((uint16_t)(len + sizeof(cpf->count)));
	cpf->count = htole16((uint16_t)seq);
	for (i = 0; i < len; i++) {
		state ^= state << 13;
		state ^= state >> 17;
		state ^= state << 5;
		cpf->data[i] = (uint8_t)state;
	}
	return sizeof(*cpf) + len;
}

size_t cyclic_make(struct cyclic *io, uint8_t buf[CYCLIC_MAX])
{
	return fill(io->produce, ++io->next, buf);
}

void cyclic_sent(struct cyclic *io, int err)
{
	if (err) {
		io->refused++;
		io->error = -err;
		return;
	}
	io->sent++;
	if (!io->first_sent)
		io->first_sent = io->next;
}

void cyclic_check(struct cyclic *io, const uint8_t *data, size_t len)
{
	const struct cpf *cpf = (const void *)data;
	uint64_t now = cyclic_now();
	uint8_t right[CYCLIC_MAX];
	uint32_t seq;
	uint8_t bit;

	if (!io->received++)
		io->first_ms = now;
	else if (now - io->last_ms > io->gap_ms)
		io->gap_ms = now - io->last_ms;
	io->last_ms = now;

	seq = len < sizeof(*cpf) ? 0 : le32toh(cpf->seq);
	if (!seq || seq >= CYCLIC_SEEN ||
	    len != fill(io->consume, seq, right) || memcmp(data, right, len)) {
		io->corrupt++;
		return;
	}
	bit = (uint8_t)(1u << seq % 8);
	if (io->seen[seq / 8] & bit) {
		io->duplicate++;
		return;
	}
	io->seen[seq / 8] |= bit;
	io->verified++;
	if (seq < io->highest)
		io->reordered++;
	else
		io->highest = seq;
	if (!io->lowest || seq < io->lowest)
		io->lowest = seq;
}

size_t cyclic_split(const uint8_t *data, size_t len)
{
	const struct cpf *cpf = (const void *)data;
	size_t whole;

	if (len < sizeof(*cpf))
		return 0;
	whole = sizeof(*cpf) - sizeof(cpf->count) + le16toh(cpf->data_len);
	return whole <= len ? whole : 0;
}

void cyclic_print(const struct cyclic *io, FILE *to)
{
	uint32_t lost = 0;

	if (io->verified)
		lost = io->highest - io->lowest + 1 - io->verified;
	fprintf(to, "\"sent\": %u, \"refused\": %u, \"error\": \"%s\", ",
		io->sent, io->refused,
		io->error ? strerrorname_np(io->error) : "");
	fprintf(to, "\"first_sent\": %u, \"received\": %u, \"verified\": %u, ",
		io->first_sent, io->received, io->verified);
	fprintf(to, "\"corrupt\": %u, \"duplicate\": %u, \"reordered\": %u, ",
		io->corrupt, io->duplicate, io->reordered);
	fprintf(to, "\"lost\": %u, \"lowest\": %u, \"highest\": %u, ", lost,
		io->lowest, io->highest);
	fprintf(to, "\"gap_ms\": %llu", (unsigned long long)io->gap_ms);
}
