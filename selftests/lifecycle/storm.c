// SPDX-License-Identifier: GPL-2.0-only
/*
 * Several processes that ask for everything at once and at random, among them what
 * the others have just made.
 *
 * usage: storm PROCESSES SECONDS [SEED]
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../netlink/objects.h"
#include "../netlink/tap.h"

#define PEERS		4
#define PORTS		8
#define IDS		64
#define LOCAL_PORT	24000

/**
 * struct seen - what the processes have in common
 * @assoc: highest id of an association
 * @conn: highest id of a connection
 */
struct seen {
	uint32_t assoc;
	uint32_t conn;
};

/**
 * struct actor - a process
 * @link: its requests; owner of some associations
 * @fd: UDP socket
 * @random: state
 * @seen: ids that all of them know
 * @bare: association of its own without keys, or 0
 */
struct actor {
	struct link link;
	int fd;
	uint64_t random;
	struct seen *seen;
	uint32_t bare;
};

static struct request req;

static uint32_t roll(struct actor *a, uint32_t sides)
{
	a->random ^= a->random << 13;
	a->random ^= a->random >> 7;
	a->random ^= a->random << 17;
	return (a->random >> 24) % sides;
}

/* An id of late */
static uint32_t recent(struct actor *a, const uint32_t *highest)
{
	uint32_t back = roll(a, 12), top = __atomic_load_n(highest, __ATOMIC_RELAXED);

	return top > back ? top - back : 1;
}

static uint32_t some_assoc(struct actor *a)
{
	return recent(a, &a->seen->assoc);
}

static void learn(uint32_t *highest, uint32_t id)
{
	/* Somebody else's may get lost on the way: any will do. */
	if (id > __atomic_load_n(highest, __ATOMIC_RELAXED))
		__atomic_store_n(highest, id, __ATOMIC_RELAXED);
}

static void peer(struct actor *a, char text[24])
{
	snprintf(text, 24, "127.1.0.%u", 1 + roll(a, PEERS));
}

/* ---- What they do -------------------------------------------------------- */

static int do_assoc(struct actor *a)
{
	struct answer answer;
	char addr[24];
	uint32_t id;

	peer(a, addr);
	udp_connect(a->fd, addr, 1024 + roll(a, PORTS));
	assoc_request(&a->link, &req, a->fd);
	request_put(&req, CIPSEC_A_ASSOC_IDENTITY, "somebody", 8);
	request_put_u32(&req, CIPSEC_A_ASSOC_ORPHAN_TIMEOUT, 1 + roll(a, 2000));
	if (roll(a, 2))
		request_put_u32(&req, CIPSEC_A_ASSOC_REPLACES, some_assoc(a));
	request_ask(&a->link, &req, &answer);
	id = answer.id;
	if (answer.err)
		return answer.err;
	learn(&a->seen->assoc, id);
	/* Most of them shall be of use. */
	if (!roll(a, 3))
		a->bare = id;
	else
		keys_install(&a->link, id, suites[roll(a, 3)], &answer);
	return 0;
}

static int do_key(struct actor *a)
{
	struct answer answer;

	return keys_install(&a->link, roll(a, 4) ? a->bare : some_assoc(a), suites[roll(a, 3)],
			    &answer);
}

static int do_assoc_del(struct actor *a)
{
	struct answer answer;

	assoc_del(&a->link, some_assoc(a), &answer);
	return answer.err;
}

static int do_adopt(struct actor *a)
{
	struct answer answer;

	assoc_adopt(&a->link, some_assoc(a), &answer);
	return answer.err;
}

static int do_conn(struct actor *a)
{
	uint64_t ids = (uint64_t)roll(a, IDS) << 32 | roll(a, IDS);
	struct answer answer;

	learn(&a->seen->conn,
	      conn_new(&a->link, some_assoc(a), roll(a, 8) ? ids : CONN_ANY, &answer));
	return answer.err;
}

static int do_conn_del(struct actor *a)
{
	struct answer answer;

	conn_del(&a->link, recent(a, &a->seen->conn), &answer);
	return answer.err;
}

static int do_record(struct actor *a)
{
	struct answer answer;

	record_request(&a->link, &req, some_assoc(a), 21 + 2 * roll(a, 2), "ab", 2);
	request_ask(&a->link, &req, &answer);
	return answer.err;
}

static int do_policy(struct actor *a)
{
	struct answer answer;
	char addr[24];

	peer(a, addr);
	policy_set(&a->link, "0.0.0.0", 0, 1 + roll(a, 2), &answer);
	policy_set(&a->link, addr, 32, roll(a, 16) ? 1 + roll(a, 2) : CIPSEC_VERB_DENY, &answer);
	return answer.err;
}

static int do_policy_del(struct actor *a)
{
	struct answer answer;
	char addr[24];

	peer(a, addr);
	if (!roll(a, 8)) {
		policy_flush(&a->link);
		return 0;
	}
	policy_del(&a->link, addr, 32, &answer);
	return answer.err;
}

static void ignore(const struct nlattr *attrs, size_t len, void *arg)
{
}

static int do_list(struct actor *a)
{
	static const uint8_t lists[] = {
		CIPSEC_CMD_ASSOC_GET, CIPSEC_CMD_CONN_GET, CIPSEC_CMD_POLICY_GET,
	};

	return request_list(&a->link, lists[roll(a, 3)], ignore, NULL);
}

/* An agent dies, another begins. */
static int do_die(struct actor *a)
{
	if (roll(a, 8))
		return -EAGAIN;
	link_close(&a->link);
	return link_open(&a->link);
}

static const struct deed {
	const char *name;
	int (*fn)(struct actor *a);
} deeds[] = {
	{ "associations", do_assoc }, { "keys", do_key }, { "deletions", do_assoc_del },
	{ "adoptions", do_adopt }, { "connections", do_conn },
	{ "unbindings", do_conn_del }, { "records", do_record },
	{ "policies", do_policy }, { "policy deletions", do_policy_del },
	{ "lists", do_list }, { "deaths", do_die },
};

#define DEEDS	(sizeof(deeds) / sizeof(deeds[0]))

/* Deeds done and refused, by process; the first one's knows what all have seen */
struct score {
	struct seen seen;
	unsigned long done[DEEDS];
	unsigned long refused[DEEDS];
};

static void act(unsigned int n, unsigned int seconds, uint64_t seed, struct score *scores)
{
	struct actor a = { .random = seed * 1000003 + n + 1, .seen = &scores->seen };
	struct score *score = scores + n;
	time_t end = time(NULL) + seconds;
	unsigned int what;

	link_open(&a.link);
	a.fd = udp_socket("127.1.0.1", LOCAL_PORT, 1024);
	keys_stir(n);
	while (time(NULL) < end) {
		what = roll(&a, DEEDS);
		if (deeds[what].fn(&a))
			score->refused[what]++;
		else
			score->done[what]++;
	}
	_exit(0);
}

/* ---- What is left ---------------------------------------------------------- */

static void count(const struct nlattr *attrs, size_t len, void *arg)
{
	++*(unsigned int *)arg;
}

static unsigned int left(struct link *link, uint8_t cmd)
{
	unsigned int n = 0;

	if (request_list(link, cmd, count, &n))
		errx(1, "no list");
	return n;
}

int main(int argc, char **argv)
{
	unsigned int processes, i, what;
	struct score *scores, sum = { };
	struct tap tap = { };
	struct link link;
	int status;

	if (argc < 3)
		errx(2, "usage: storm PROCESSES SECONDS [SEED]");
	processes = atoi(argv[1]);
	scores = mmap(NULL, processes * sizeof(*scores), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (scores == MAP_FAILED)
		err(1, "mmap");
	for (i = 0; i < processes; i++)
		if (!fork())
			act(i, atoi(argv[2]), argc > 3 ? atoi(argv[3]) : 1, scores);
	while (wait(&status) > 0)
		tap_check(&tap, !status, "a process ended with %#x", status);
	for (what = 0; what < DEEDS; what++) {
		for (i = 0; i < processes; i++) {
			sum.done[what] += scores[i].done[what];
			sum.refused[what] += scores[i].refused[what];
		}
		printf("# %lu %s, %lu refused\n", sum.done[what], deeds[what].name,
		       sum.refused[what]);
		tap_check(&tap, sum.done[what], "no %s", deeds[what].name);
	}
	link_open(&link);
	assoc_del_all(&link);
	policy_flush(&link);
	tap_check(&tap, !left(&link, CIPSEC_CMD_ASSOC_GET), "associations are left");
	tap_check(&tap, !left(&link, CIPSEC_CMD_CONN_GET), "connections are left");
	tap_check(&tap, !left(&link, CIPSEC_CMD_POLICY_GET), "policies are left");
	tap_result(&tap, "requests_at_random_and_at_once_leave_nothing_behind");
	return tap.failed != 0;
}
