// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests while memory runs out: of each, the first allocation fails, then the
 * second, and so on until none is left to fail. Each time the answer is an errno, and
 * what was there before is there after.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../netlink/objects.h"
#include "../netlink/tap.h"

#define PEER		"127.0.0.2"
#define LOCAL_PORT	23000
#define TRIES		400

static struct tap tap;
static struct link nl;
static struct request req;
/* Of the last request: no allocation was left to fail */
static bool was_fed;
static int udp_fd;
static uint16_t port = LOCAL_PORT;

/* ---- Faults -------------------------------------------------------------- */

static void write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		err(1, "%s", path);
	close(fd);
}

static int nth_fd = -1;

/* The @n-th allocation of this task from now on fails; 0 for none. */
static void fail_nth(unsigned int n)
{
	char text[16];

	if (nth_fd < 0)
		nth_fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	snprintf(text, sizeof(text), "%u", n);
	if (nth_fd < 0 || pwrite(nth_fd, text, strlen(text), 0) < 0)
		err(1, "fail-nth");
}

/* Is the one that fails still to come? */
static bool fail_pending(void)
{
	char text[16] = { };

	if (pread(nth_fd, text, sizeof(text) - 1, 0) < 0)
		err(1, "fail-nth");
	return strtoul(text, NULL, 10) != 0;
}

/* ---- Asking without memory ------------------------------------------------- */

/* Return: the errno of the request's way in, of its answer, or -ENODATA for none */
static int ask(void)
{
	static char buf[64 * 1024] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct nlmsghdr *nlh = request_header(&req);
	int answer = -ENODATA;
	ssize_t len;

	if (sendto(nl.fd, nlh, nlh->nlmsg_len, 0, (void *)&kernel, sizeof(kernel)) < 0)
		answer = -errno;
	was_fed = fail_pending();
	fail_nth(0);
	/* The kernel has answered before sendto() came back. */
	for (;;) {
		len = recv(nl.fd, buf, sizeof(buf), MSG_DONTWAIT);
		if (len < 0 && errno == EAGAIN)
			return answer;
		if (len < 0)
			answer = -errno;
		nlh = (void *)buf;
		if (len > 0 && nlh->nlmsg_type == NLMSG_ERROR)
			answer = ((struct nlmsgerr *)NLMSG_DATA(nlh))->error;
	}
}

static void count(const struct nlattr *attrs, size_t len, void *arg)
{
	++*(unsigned int *)arg;
}

static unsigned int objects(uint8_t cmd)
{
	unsigned int n = 0;

	if (request_list(&nl, cmd, count, &n))
		errx(1, "no list");
	return n;
}

/**
 * struct victim - a request that is made while memory runs out
 * @name: of the result
 * @list: that tells whether it was done
 * @prepare: what it needs, and the request
 */
struct victim {
	const char *name;
	uint8_t list;
	void (*prepare)(void);
};

/* Is this an answer that a lack of memory gives? */
static bool is_clean(int answer)
{
	switch (answer) {
	case 0:
	case -ENOMEM:
	case -ENOBUFS:
	case -ENFILE:	/* sock_alloc() of the namespace's own socket */
		return true;
	}
	return false;
}

static void starve(const struct victim *v)
{
	unsigned int n, failed = 0, before, after;
	int answer;

	for (n = 1; n <= TRIES; n++) {
		v->prepare();
		before = objects(v->list);
		fail_nth(n);
		answer = ask();
		after = objects(v->list);
		failed += answer < 0;
		tap_check(&tap, is_clean(answer), "allocation %u: %s", n, strerror(-answer));
		/* A lost answer says ENOBUFS of what was done. */
		tap_check(&tap, after == before + !answer ||
			  (answer == -ENOBUFS && after == before + 1),
			  "allocation %u: %s, and %u objects became %u", n, strerror(-answer),
			  before, after);
		if (was_fed)
			break;
	}
	tap_check(&tap, failed > 1 && n < TRIES, "%u allocations failed of %u", failed, n);
	printf("# %s: %u allocations failed one by one\n", v->name, failed);
	tap_result(&tap, v->name);
}

/* ---- Who is starved ---------------------------------------------------------- */

static void policy_in_a_new_namespace(void)
{
	link_close(&nl);
	fresh_namespace();
	link_open(&nl);
	policy_request(&nl, &req, "0.0.0.0", 0, CIPSEC_VERB_REQUIRE);
}

static void another_policy(void)
{
	static uint8_t last;
	struct answer answer;
	char addr[32];

	policy_set(&nl, "0.0.0.0", 0, CIPSEC_VERB_TRUST, &answer);
	snprintf(addr, sizeof(addr), "10.0.0.%u", ++last);
	policy_request(&nl, &req, addr, 32, CIPSEC_VERB_REQUIRE);
}

static uint32_t bare_assoc(void)
{
	struct answer answer;

	udp_connect(udp_fd, PEER, ++port);
	return assoc_new(&nl, udp_fd, &answer);
}

static void an_association(void)
{
	static const uint8_t data[100];

	udp_connect(udp_fd, PEER, ++port);
	assoc_request(&nl, &req, udp_fd);
	request_put(&req, CIPSEC_A_ASSOC_OWNER_DATA, data, sizeof(data));
}

static void a_connection(void)
{
	static const uint8_t data[100];
	uint32_t assoc = bare_assoc();
	static uint32_t id;

	request_begin(&req, &nl, CIPSEC_CMD_CONN_NEW);
	request_put_u32(&req, CIPSEC_A_CONN_ASSOC, assoc);
	request_put_u32(&req, CIPSEC_A_CONN_CONSUMED, ++id);
	request_put_u32(&req, CIPSEC_A_CONN_PRODUCED, id);
	request_put(&req, CIPSEC_A_CONN_OWNER_DATA, data, sizeof(data));
}

static const struct victim victims[] = {
	{ "first_policy_without_memory_fails_and_leaves_nothing", CIPSEC_CMD_POLICY_GET,
	  policy_in_a_new_namespace },
	{ "policy_without_memory_fails_and_leaves_nothing", CIPSEC_CMD_POLICY_GET,
	  another_policy },
	{ "association_without_memory_fails_and_leaves_nothing", CIPSEC_CMD_ASSOC_GET,
	  an_association },
	{ "connection_without_memory_fails_and_leaves_nothing", CIPSEC_CMD_CONN_GET,
	  a_connection },
};

/* Keys are no objects of a list: whether they are there is seen by their use. */
static void starve_keys(uint16_t suite)
{
	unsigned int n, failed = 0;
	struct answer answer;
	struct keys keys;
	uint32_t assoc;
	int err, sent;

	for (n = 1; n <= TRIES; n++) {
		assoc = bare_assoc();
		keys_make(&keys, assoc, suite);
		keys_request(&nl, &req, &keys);
		fail_nth(n);
		err = ask();
		record_request(&nl, &req, assoc, 23, "data", 4);
		request_ask(&nl, &req, &answer);
		sent = answer.err;
		failed += err < 0;
		tap_check(&tap, is_clean(err), "suite %04x, allocation %u: %s", suite, n,
			  strerror(-err));
		tap_check(&tap, !err == !sent || (err == -ENOBUFS && !sent),
			  "suite %04x, allocation %u: %s, and then %s", suite, n,
			  strerror(-err), strerror(-sent));
		/* Other keys are as good as ever. */
		if (sent == -ENOKEY)
			tap_check(&tap, !keys_install(&nl, assoc, suite, &answer),
				  "no keys afterwards: %s", answer.sentence);
		if (was_fed)
			break;
	}
	tap_check(&tap, failed > 1 && n < TRIES, "%u allocations failed of %u", failed, n);
	printf("# keys of %04x: %u allocations failed one by one\n", suite, failed);
}

struct bound {
	uint32_t assoc;
	unsigned int n;
};

static void count_bound(const struct nlattr *attrs, size_t len, void *arg)
{
	struct bound *bound = arg;

	bound->n += attr_u32(attr_find(attrs, len, CIPSEC_A_CONN_ASSOC)) == bound->assoc;
}

static unsigned int conn_count(uint32_t assoc)
{
	struct bound bound = { .assoc = assoc };

	if (request_list(&nl, CIPSEC_CMD_CONN_GET, count_bound, &bound))
		errx(1, "no list");
	return bound.n;
}

static uint32_t assoc_of_somebody(uint32_t replaces)
{
	struct answer answer;

	assoc_request(&nl, &req, udp_fd);
	request_put(&req, CIPSEC_A_ASSOC_IDENTITY, "somebody", 8);
	if (replaces)
		request_put_u32(&req, CIPSEC_A_ASSOC_REPLACES, replaces);
	request_ask(&nl, &req, &answer);
	return answer.id;
}

/* The connections of the old association move as a whole or not at all. */
static void starve_replacement(void)
{
	uint32_t old, heir, serving, i;
	unsigned int n, failed = 0;
	struct answer answer;
	struct keys keys;
	int err;

	for (n = 1; n <= TRIES; n++) {
		udp_connect(udp_fd, PEER, ++port);
		old = assoc_of_somebody(0);
		keys_install(&nl, old, 0xc02b, &answer);
		for (i = 0; i < 3; i++)
			conn_new(&nl, old, (uint64_t)(n << 8 | i) << 32 | (n << 8 | i), &answer);
		heir = assoc_of_somebody(old);
		keys_make(&keys, heir, 0xc02b);
		keys_request(&nl, &req, &keys);
		fail_nth(n);
		err = ask();
		tap_check(&tap, is_clean(err), "allocation %u: %s", n, strerror(-err));
		failed += err < 0;
		serving = assoc_exists(&nl, old) ? old : heir;
		tap_check(&tap, serving == old ? err < 0 : !err || err == -ENOBUFS,
			  "allocation %u: %s", n, strerror(-err));
		record_request(&nl, &req, serving, 23, "data", 4);
		request_ask(&nl, &req, &answer);
		tap_check(&tap, !answer.err, "allocation %u: neither serves: %s", n,
			  strerror(-answer.err));
		tap_check(&tap, conn_count(serving) == 3, "allocation %u: %u connections", n,
			  conn_count(serving));
		if (was_fed)
			break;
	}
	tap_check(&tap, failed > 1 && n < TRIES, "%u allocations failed of %u", failed, n);
	tap_result(&tap, "replacement_without_memory_leaves_the_old_association_serving");
}

int main(void)
{
	size_t i;

	write_to("/sys/kernel/debug/failslab/ignore-gfp-wait", "N");
	write_to("/sys/kernel/debug/failslab/verbose", "0");
	write_to("/sys/kernel/debug/fail_page_alloc/verbose", "0");
	fresh_namespace();
	link_open(&nl);
	fail_nth(0);
	for (i = 0; i < sizeof(victims) / sizeof(victims[0]); i++) {
		if (i == 1)
			udp_fd = udp_socket(PEER, LOCAL_PORT, port);
		starve(&victims[i]);
	}
	for (i = 0; i < 3; i++)
		starve_keys(suites[i]);
	tap_result(&tap, "keys_without_memory_fail_and_others_can_follow");
	starve_replacement();
	policy_flush(&nl);
	return tap.failed != 0;
}
