// SPDX-License-Identifier: GPL-2.0-only
/*
 * Making what a test needs: namespaces, sockets, policies, associations.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "../io/wire.h"
#include "bed.h"

static int netns[SIDES] = { -1, -1 };
static const char *const addrs[SIDES] = { ADDR_A, ADDR_B };

void bed_fail(struct bed *bed, const char *fmt, ...)
{
	va_list args;

	bed->failed = true;
	printf("# ");
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
}

int bed_namespaces(const char *a, const char *b)
{
	const char *names[SIDES] = { a, b };
	char path[128];
	int side;

	for (side = 0; side < SIDES; side++) {
		snprintf(path, sizeof(path), "/run/netns/%s", names[side]);
		netns[side] = open(path, O_RDONLY | O_CLOEXEC);
		if (netns[side] < 0)
			return -errno;
	}
	return 0;
}

int bed_enter(enum bed_side side)
{
	return setns(netns[side], CLONE_NEWNET) ? -errno : 0;
}

static struct sockaddr_in address(const char *addr, uint16_t port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };

	sin.sin_port = htons(port);
	inet_pton(AF_INET, addr, &sin.sin_addr);
	return sin;
}

static int socket_of(enum bed_side side, const char *addr, uint16_t port)
{
	struct sockaddr_in sin = address(addr, port);
	struct timeval second = { .tv_sec = 1 };
	int size = 16 << 20;
	int yes = 1;
	int fd, err;

	err = bed_enter(side);
	if (err)
		return err;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(fd, (struct sockaddr *)&sin, sizeof(sin))) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

/* A UDP socket of a side's address. Return: the socket or -errno */
int bed_socket(enum bed_side side, uint16_t port)
{
	return socket_of(side, addrs[side], port);
}

int bed_socket_unlisted(uint16_t port)
{
	return socket_of(SIDE_A, ADDR_UNLISTED, port);
}

static int attach(int fd, enum bed_side to, uint16_t port)
{
	struct sockaddr_in sin = address(addrs[to], port);

	return connect(fd, (struct sockaddr *)&sin, sizeof(sin)) ? -errno : 0;
}

static int complain(struct bed *bed, int err)
{
	if (err)
		bed_fail(bed, "%s", cipsec_error(bed->h));
	return err;
}

int bed_policy(struct bed *bed, const char *addr, uint8_t prefix_len,
	       uint8_t verb, uint32_t flags)
{
	struct cipsec_policy policy = {
		.prefix_len = prefix_len,
		.verb = verb,
		.flags = flags,
	};

	cipsec_addr_parse(&policy.addr, addr);
	return complain(bed, cipsec_policy_set(bed->h, &policy));
}

/* ---- Associations ---------------------------------------------------------- */

struct cipsec_key bed_key_settings(const struct bed *bed)
{
	return (struct cipsec_key){
		.suite = bed->suite,
		.hold = 0,
		.reserve = -1,
	};
}

static int link_keys(struct bed *bed, struct link *link,
		     const struct cipsec_key *settings)
{
	static unsigned int serial;
	struct cipsec_key key = settings ? *settings : bed_key_settings(bed);
	char seed[64];
	int err;

	/* The kernel refuses a sending key that it has seen before. */
	snprintf(seed, sizeof(seed), "attack %d %lu %u", getpid(),
		 (unsigned long)time(NULL), serial++);
	err = records_key_derive(&link->tx, bed->suite, seed,
				 CIPSEC_ROLE_SERVER);
	if (err)
		return err;
	records_key_derive(&link->rx, bed->suite, seed, CIPSEC_ROLE_CLIENT);
	key.assoc = link->id;
	key.tx = link->tx.block;
	key.rx = link->rx.block;
	return complain(bed, cipsec_key_new(bed->h, &key));
}

/**
 * link_open() - an association between B's 2221 and a port of A
 * @bed: where
 * @link: filled in
 * @port: A's port
 * @settings: of the keys, NULL for the usual ones; suite 0 for no keys
 */
int link_open(struct bed *bed, struct link *link, uint16_t port,
	      const struct cipsec_key *settings)
{
	static const char identity[32] = "the peer";
	struct cipsec_assoc_new spec = {
		.role = CIPSEC_ROLE_SERVER,
		.identity = identity,
		.identity_len = sizeof(identity),
	};
	struct cipsec_assoc assoc;
	int err;

	*link = (struct link){ .agent = -1, .peer = -1, .port = port, .next = 1 };
	link->peer = bed_socket(SIDE_A, port);
	link->agent = bed_socket(SIDE_B, CIPSEC_PORT_SECURE);
	if (link->peer < 0 || link->agent < 0) {
		bed_fail(bed, "no sockets for port %u", port);
		return -EADDRINUSE;
	}
	err = attach(link->peer, SIDE_B, CIPSEC_PORT_SECURE);
	if (!err)
		err = attach(link->agent, SIDE_A, port);
	spec.socket = link->agent;
	if (!err)
		err = complain(bed, cipsec_assoc_new(bed->h, &spec, &assoc));
	if (err)
		return err;
	link->id = assoc.id;
	if (settings && !settings->suite)
		return 0;
	return link_keys(bed, link, settings);
}

void link_close(struct bed *bed, struct link *link)
{
	if (link->id && bed->h)
		cipsec_assoc_del(bed->h, link->id);
	if (link->agent >= 0)
		close(link->agent);
	if (link->peer >= 0)
		close(link->peer);
	*link = (struct link){ .agent = -1, .peer = -1 };
}

int link_bind(struct bed *bed, const struct link *link,
	      const struct cipsec_conn *conn)
{
	struct cipsec_conn copy = *conn;

	copy.assoc = link->id;
	return complain(bed, cipsec_conn_new(bed->h, &copy, NULL));
}

struct tuple link_tuple(const struct link *link)
{
	return (struct tuple){ ADDR_A, ADDR_B, link->port, CIPSEC_PORT_SECURE };
}

/* ---- The whole -------------------------------------------------------------- */

static void on_event(const struct cipsec_event *event, void *arg)
{
	struct bed *bed = arg;

	if (event->type < LENGTH(bed->events))
		bed->events[event->type]++;
	if (event->size)
		bed->event_size = event->size;
}

static void on_record(const struct cipsec_record *rec, void *arg)
{
	struct bed *bed = arg;
	size_t len = rec->len;

	bed->records++;
	bed->record = *rec;
	if (len > sizeof(bed->record_data))
		len = sizeof(bed->record_data);
	memcpy(bed->record_data, rec->data, len);
	bed->record.data = bed->record_data;
}

int bed_open_bare(struct bed *bed)
{
	int err;

	bed->link.agent = -1;
	bed->link.peer = -1;
	bed->wire = -1;
	bed->program = bed_socket(SIDE_B, CIPSEC_PORT_IO);
	if (bed->program < 0)
		return bed->program;
	bed_enter(SIDE_A);
	bed->wire = wire_open("va");
	if (bed->wire < 0)
		return bed->wire;
	bed_enter(SIDE_B);
	err = complain(bed, cipsec_open(&bed->h));
	if (!err)
		err = complain(bed, cipsec_subscribe(bed->h, on_event, bed));
	if (err)
		return err;
	cipsec_receive(bed->h, on_record, bed);
	err = bed_policy(bed, "0.0.0.0", 0, CIPSEC_VERB_TRUST, 0);
	if (!err)
		err = bed_policy(bed, ADDR_A, 32, CIPSEC_VERB_REQUIRE, 0);
	return err;
}

int bed_open(struct bed *bed)
{
	const struct cipsec_conn class1 = {
		.consumed = ID_CONSUMED,
		.produced = ID_PRODUCED,
		.transport = 1,
	};
	const struct cipsec_conn class0 = {
		.consumed = ID_CONSUMED_0,
		.produced = ID_PRODUCED_0,
	};
	int err;

	err = bed_open_bare(bed);
	if (!err)
		err = link_open(bed, &bed->link, PEER_PORT, NULL);
	if (!err)
		err = link_bind(bed, &bed->link, &class1);
	if (!err)
		err = link_bind(bed, &bed->link, &class0);
	return err;
}

void bed_close(struct bed *bed)
{
	link_close(bed, &bed->link);
	if (bed->h)
		cipsec_policy_flush(bed->h);
	cipsec_close(bed->h);
	bed->h = NULL;
	if (bed->program >= 0)
		close(bed->program);
	if (bed->wire >= 0)
		close(bed->wire);
	bed->program = -1;
	bed->wire = -1;
}

void bed_sleep(unsigned int milliseconds)
{
	struct timespec ts = {
		.tv_sec = milliseconds / 1000,
		.tv_nsec = milliseconds % 1000 * 1000000L,
	};

	nanosleep(&ts, NULL);
}

int set_no_simd(bool on)
{
	int fd = open("/sys/module/cipsec/parameters/no_simd",
		      O_WRONLY | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, on ? "1" : "0", 1) != 1)
		err = -errno;
	close(fd);
	return err;
}
