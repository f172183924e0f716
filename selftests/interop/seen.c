// SPDX-License-Identifier: GPL-2.0-only
/* A hash table that only grows. */
#include <stdlib.h>

#include "seen.h"

#define BUCKETS		(1 << 16)

struct entry {
	struct entry *next;
	struct seen_in in;
	uint64_t number;
	uint64_t hash;
};

static struct entry *table[BUCKETS];

/* FNV-1a */
static uint64_t hash_of(uint64_t hash, const void *data, size_t len)
{
	const uint8_t *p = data;

	while (len--)
		hash = (hash ^ *p++) * 0x100000001b3ull;
	return hash;
}

enum seen_verdict seen(const struct seen_in *in, uint64_t number,
		       const void *record, size_t len)
{
	const uint64_t basis = 0xcbf29ce484222325ull;
	uint64_t content = hash_of(basis, record, len);
	struct entry **at, *e;
	uint64_t place;

	place = hash_of(basis, &number, sizeof(number)) + in->flow * 31 +
		in->direction * 2 + in->kind;
	at = &table[(place ^ place >> 32) % BUCKETS];
	for (e = *at; e; e = e->next)
		if (e->number == number && e->in.flow == in->flow &&
		    e->in.direction == in->direction && e->in.kind == in->kind)
			return e->hash == content ? SEEN_SAME : SEEN_REPEATED;
	e = malloc(sizeof(*e));
	if (!e)
		abort();
	e->in = *in;
	e->number = number;
	e->hash = content;
	e->next = *at;
	*at = e;
	return SEEN_NEW;
}
