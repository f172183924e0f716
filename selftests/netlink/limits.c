// SPDX-License-Identifier: GPL-2.0-only
/*
 * As many objects as a namespace may have: the next is refused, a list has each of
 * them once, and one less makes room for one more.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "objects.h"
#include "tap.h"

/* kernel/net.h */
#define ASSOCS		16384
#define CONNS		65536
#define POLICIES	4096

#define LOCAL_PORT	22000
#define PORTS		8192

static struct tap tap;
static struct link nl;

/**
 * struct census - objects that a list has
 * @by_addr: told apart by their address, else by their id; both come first
 * @seen: how often, by id
 * @size: of @seen
 * @strangers: of them none was expected
 */
struct census {
	bool by_addr;
	uint8_t *seen;
	size_t size;
	size_t strangers;
};

static void count(const struct nlattr *attrs, size_t len, void *arg)
{
	const struct nlattr *a;
	struct census *census = arg;
	uint32_t id;

	a = attr_find(attrs, len, CIPSEC_A_POLICY_ADDR);
	id = attr_u32(a);
	if (census->by_addr)
		id = ntohl(id) & 0xffffff;
	if (id < census->size)
		census->seen[id] += census->seen[id] < 255;
	else
		census->strangers++;
}

static void is_complete(const char *what, uint8_t cmd, uint32_t n, uint32_t gone)
{
	bool by_addr = cmd == CIPSEC_CMD_POLICY_GET;
	uint32_t first = by_addr ? 0 : 1, i, wrong = 0;
	struct census census = { .by_addr = by_addr, .size = first + n };
	int ret;

	census.seen = calloc(census.size + 1, 1);
	if (!census.seen)
		err(1, "census");
	ret = request_list(&nl, cmd, count, &census);
	for (i = first; i < census.size; i++)
		wrong += census.seen[i] != (i != gone);
	tap_check(&tap, !ret && !census.strangers && !wrong,
		  "list of %s: %d, %u of %u not there once, %zu strangers", what, ret, wrong,
		  n, census.strangers);
	free(census.seen);
}

static bool is_full(const struct answer *answer, const char *what)
{
	return tap_check(&tap, answer->err == -ENOSPC && strstr(answer->sentence, what),
			 "%s: %s (%s)", what, strerror(-answer->err), answer->sentence);
}

static uint32_t add_assoc(int fd, uint32_t i, struct answer *answer)
{
	char peer[INET_ADDRSTRLEN];

	snprintf(peer, sizeof(peer), "127.0.1.%u", 1 + i / PORTS);
	udp_connect(fd, peer, 1024 + i % PORTS);
	return assoc_new(&nl, fd, answer);
}

static void associations(int fd)
{
	struct answer answer;
	uint32_t i, id;

	for (i = 0; i < ASSOCS; i++) {
		id = add_assoc(fd, i, &answer);
		if (id != i + 1) {
			tap_check(&tap, false, "association %u has id %u: %s", i + 1, id,
				  strerror(-answer.err));
			break;
		}
	}
	add_assoc(fd, ASSOCS, &answer);
	is_full(&answer, "associations");
	is_complete("associations", CIPSEC_CMD_ASSOC_GET, ASSOCS, 0);
	assoc_del(&nl, ASSOCS / 2, &answer);
	is_complete("associations less one", CIPSEC_CMD_ASSOC_GET, ASSOCS, ASSOCS / 2);
	tap_check(&tap, add_assoc(fd, ASSOCS, &answer) == ASSOCS + 1, "no room again");
	tap_result(&tap, "associations_are_limited_and_listed_in_full");
}

static void connections(void)
{
	struct answer answer;
	uint32_t i, id;

	for (i = 0; i < CONNS; i++) {
		id = conn_new(&nl, 1 + i % 1000, (uint64_t)i << 32 | i, &answer);
		if (id != i + 1) {
			tap_check(&tap, false, "connection %u has id %u: %s", i + 1, id,
				  strerror(-answer.err));
			break;
		}
	}
	conn_new(&nl, 1, (uint64_t)CONNS << 32 | CONNS, &answer);
	is_full(&answer, "connections");
	is_complete("connections", CIPSEC_CMD_CONN_GET, CONNS, 0);
	conn_del(&nl, CONNS / 2, &answer);
	is_complete("connections less one", CIPSEC_CMD_CONN_GET, CONNS,
		    CONNS / 2);
	id = conn_new(&nl, 1, (uint64_t)CONNS << 32 | CONNS, &answer);
	tap_check(&tap, id == CONNS + 1, "no room again: %s", strerror(-answer.err));
	tap_result(&tap, "connections_are_limited_and_listed_in_full");
}

static void add_policy(uint32_t i, struct answer *answer)
{
	char addr[INET_ADDRSTRLEN];

	snprintf(addr, sizeof(addr), "%u.0.%u.%u", i ? 10 : 0, i / 256, i % 256);
	policy_set(&nl, addr, i ? 32 : 0, CIPSEC_VERB_TRUST, answer);
}

static void policies(void)
{
	struct answer answer;
	uint32_t i;

	for (i = 0; i < POLICIES; i++) {
		add_policy(i, &answer);
		if (answer.err) {
			tap_check(&tap, false, "policy %u: %s", i, strerror(-answer.err));
			break;
		}
	}
	add_policy(POLICIES, &answer);
	is_full(&answer, "policies");
	add_policy(POLICIES / 2, &answer);
	tap_check(&tap, !answer.err, "changing one: %s", strerror(-answer.err));
	is_complete("policies", CIPSEC_CMD_POLICY_GET, POLICIES,
		    POLICIES);
	policy_flush(&nl);
	is_complete("no policies", CIPSEC_CMD_POLICY_GET, 0, 0);
	add_policy(0, &answer);
	tap_check(&tap, !answer.err, "no room again: %s", strerror(-answer.err));
	tap_result(&tap, "policies_are_limited_and_listed_in_full");
}

int main(void)
{
	fresh_namespace();
	link_open(&nl);
	policies();
	associations(udp_socket("127.0.1.1", LOCAL_PORT, 1024));
	connections();
	return tap.failed != 0;
}
