// SPDX-License-Identifier: GPL-2.0-only
/*
 * The exchange itself: paced sending, checked receiving, one line of JSON.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "replay.h"

#define PORT_IO		2222
#define NSEC		1000000000ll

/**
 * struct verdict - what became of the datagrams
 * @sent: handed to the kernel, which took them
 * @refused: handed to the kernel, which returned an error
 * @error: the last such error
 * @received: arrived, whatever they were
 * @verified: arrived equal to a datagram of the capture, first time
 * @reordered: of those, arrived after a later one
 * @duplicate: arrived before already
 * @corrupt: equal to none
 * @stranger: not from the peer's address
 * @next: place of the next datagram expected
 * @seen: by datagram of the capture, place it was last seen at, plus one
 * @from_port: source port of the last datagram received
 */
struct verdict {
	size_t sent;
	size_t refused;
	int error;
	size_t received;
	size_t verified;
	size_t reordered;
	size_t duplicate;
	size_t corrupt;
	size_t stranger;
	size_t next;
	size_t *seen;
	in_port_t from_port;
};

static volatile sig_atomic_t stopped;

static void stop(int sig)
{
	(void)sig;
	stopped = 1;
}

static long long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NSEC + ts.tv_nsec;
}

static const struct option options[] = {
	{ "local",		required_argument, NULL, 'l' },
	{ "rx-port",		required_argument, NULL, 'r' },
	{ "tx-port",		required_argument, NULL, 't' },
	{ "peer-port",		required_argument, NULL, 'p' },
	{ "count",		required_argument, NULL, 'c' },
	{ "speed",		required_argument, NULL, 's' },
	{ "wait",		required_argument, NULL, 'w' },
	{ "linger",		required_argument, NULL, 'L' },
	{ "allow-loss",		required_argument, NULL, 'a' },
	{ "produce-at-once",	no_argument,	   NULL, 'P' },
	{ "forever",		no_argument,	   NULL, 'f' },
	{ "describe",		no_argument,	   NULL, 'd' },
	{ "help",		no_argument,	   NULL, 'h' },
	{ }
};

static void usage(const struct replay *re, const char *about)
{
	printf("usage: %s [OPTION]... CAPTURE %s\n\n%s\n\n", re->name,
	       re->sends == O2T ? "PEER" : "[PEER]", about);
	fputs("CAPTURE is a pcap file of class 0 or 1 I/O (selftests/data); PEER an\n"
	      "IPv4 address. Both programs must be given the same CAPTURE and --count.\n\n"
	      "  --local ADDR       address to bind and send from (default: any)\n"
	      "  --rx-port PORT     port to receive on (2222)\n"
	      "  --tx-port PORT     originator: port to send from (ephemeral)\n"
	      "  --peer-port PORT   port to send to (2222)\n"
	      "  --count N          datagrams each way; beyond the capture it is repeated\n"
	      "  --speed X          X times the recorded pace (1)\n"
	      "  --wait SECONDS     for the first datagram of the peer (10)\n"
	      "  --linger SECONDS   of silence after which the peer has finished (2)\n"
	      "  --allow-loss N     lost datagrams that still are a success, or `any' (0)\n"
	      "  --produce-at-once  target: send before anything was received; needs PEER\n"
	      "  --forever          repeat the capture until SIGTERM or SIGINT\n"
	      "  --describe         print what is in CAPTURE, a line of JSON each direction\n"
	      "  --help             this\n\n"
	      "Prints one line of JSON:\n"
	      "  sent refused error   datagrams the kernel took or refused; the last error\n"
	      "  expected received    datagrams of the other direction\n"
	      "  verified             equal to the capture's, each once\n"
	      "  lost reordered duplicate corrupt stranger\n"
	      "                       missing; after a later one; twice; equal to none of the\n"
	      "                       capture; from another address than the peer's\n"
	      "  from_port seconds ok\n\n"
	      "Exit status: 0 all as expected, 1 not, 2 wrong usage or no sockets.\n",
	      stdout);
}

static void describe(const char *name, const struct io_flow *flow)
{
	const struct io_datagram *first = flow->datagrams;
	const struct io_datagram *last = first + flow->count - 1;
	struct io_cpf cpf;

	io_cpf_parse(&cpf, first->data, first->len);
	printf("{\"direction\": \"%s\", \"id\": %u, \"item\": \"%s\", "
	       "\"datagrams\": %zu, \"bytes\": %zu, \"data\": %zu, "
	       "\"seconds\": %.3f}\n",
	       name, cpf.id, cpf.unsequenced ? "0x00a1" : "0x8002", flow->count,
	       first->len, cpf.len, (double)(last->usec - first->usec) / 1e6);
}

static void bad_value(const struct replay *re, const char *what,
		      const char *value)
{
	fprintf(stderr, "%s: %s: `%s' is not valid; see --help\n", re->name,
		what, value);
	exit(2);
}

static in_port_t parse_port(const struct replay *re, const char *what)
{
	unsigned long port;
	char *end;

	port = strtoul(optarg, &end, 10);
	if (*end || end == optarg || port > UINT16_MAX)
		bad_value(re, what, optarg);
	return htons((in_port_t)port);
}

static double parse_double(const struct replay *re, const char *what)
{
	double value;
	char *end;

	value = strtod(optarg, &end);
	if (*end || end == optarg || !isfinite(value) || value <= 0)
		bad_value(re, what, optarg);
	return value;
}

static long parse_count(const struct replay *re, const char *what)
{
	char *end;
	long value;

	value = strtol(optarg, &end, 10);
	if (*end || end == optarg || value < 0)
		bad_value(re, what, optarg);
	return value;
}

static void parse_addr(const struct replay *re, struct sockaddr_in *sin,
		       const char *what, const char *value)
{
	if (inet_pton(AF_INET, value, &sin->sin_addr) != 1)
		bad_value(re, what, value);
}

/**
 * replay_options - fill an exchange from the command line
 * @re: with name and sends set
 * @argc: as main() has it
 * @argv: as main() has it
 * @about: what the program does, for --help
 *
 * Return: 0, or -errno after a message
 */
int replay_options(struct replay *re, int argc, char **argv, const char *about)
{
	bool describing = false;
	int opt, err;

	re->local.sin_family = AF_INET;
	re->local.sin_port = htons(PORT_IO);
	re->peer = re->local;
	re->speed = 1;
	re->wait = 10;
	re->linger = 2;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 'l':
			parse_addr(re, &re->local, "--local", optarg);
			break;
		case 'r':
			re->local.sin_port = parse_port(re, "--rx-port");
			break;
		case 't':
			re->tx_port = parse_port(re, "--tx-port");
			break;
		case 'p':
			re->peer.sin_port = parse_port(re, "--peer-port");
			break;
		case 'c':
			re->count = (size_t)parse_count(re, "--count");
			break;
		case 's':
			re->speed = parse_double(re, "--speed");
			break;
		case 'w':
			re->wait = parse_double(re, "--wait");
			break;
		case 'L':
			re->linger = parse_double(re, "--linger");
			break;
		case 'a':
			re->allow_loss = strcmp(optarg, "any") ?
				parse_count(re, "--allow-loss") : -1;
			break;
		case 'P':
			re->at_once = true;
			break;
		case 'f':
			re->forever = true;
			break;
		case 'd':
			describing = true;
			break;
		case 'h':
			usage(re, about);
			exit(0);
		default:
			return -EINVAL;
		}
	}

	if (optind == argc) {
		fprintf(stderr, "%s: no CAPTURE given; see --help\n", re->name);
		return -EINVAL;
	}

	err = io_capture_read(&re->capture, argv[optind]);
	if (err) {
		fprintf(stderr, "%s: %s: %s\n", re->name, argv[optind],
			err == -EPROTO ? "not a pcap file of this byte order" :
			err == -ENODATA ? "no I/O in one of the directions" :
			strerror(-err));
		return err;
	}

	if (describing) {
		describe("o2t", &re->capture.flow[O2T]);
		describe("t2o", &re->capture.flow[T2O]);
		exit(0);
	}

	if (++optind < argc)
		parse_addr(re, &re->peer, "PEER", argv[optind++]);

	if (optind < argc ||
	    (!re->peer.sin_addr.s_addr && (re->sends == O2T || re->at_once))) {
		fprintf(stderr, "%s: exactly one PEER is needed; see --help\n",
			re->name);
		return -EINVAL;
	}
	return 0;
}

/**
 * replay_socket - a UDP socket
 * @local: what to bind it to
 *
 * Return: the socket, or -errno
 */
int replay_socket(const struct sockaddr_in *local)
{
	int fd, err, size = 4 << 20;

	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (bind(fd, (const struct sockaddr *)local, sizeof(*local))) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

/* When the datagram at a place leaves, nanoseconds after the first. */
static long long send_time(const struct replay *re, size_t place)
{
	const struct io_flow *flow = &re->capture.flow[re->sends];
	const struct io_datagram *first = flow->datagrams;
	size_t laps = place / flow->count;
	double usec, lap;

	lap = (double)(first[flow->count - 1].usec - first->usec);
	lap += flow->count > 1 ? lap / (double)(flow->count - 1) : 10000;

	usec = (double)(first[place % flow->count].usec - first->usec) +
	       lap * (double)laps;
	return (long long)(usec * 1000 / re->speed);
}

static void send_one(struct replay *re, struct verdict *ver, size_t place)
{
	const struct io_flow *flow = &re->capture.flow[re->sends];
	const struct io_datagram *dgram = &flow->datagrams[place % flow->count];

	if (sendto(re->tx, dgram->data, dgram->len, 0,
		   (struct sockaddr *)&re->peer, sizeof(re->peer)) < 0) {
		ver->refused++;
		ver->error = errno;
		return;
	}
	ver->sent++;
}

static bool is_datagram(const struct io_datagram *dgram, const uint8_t *data,
			size_t len)
{
	return dgram->len == len && memcmp(dgram->data, data, len) == 0;
}

/* Find the place of what arrived: ahead first, since that is where it belongs. */
static void check_one(const struct replay *re, struct verdict *ver,
		      size_t expected, const uint8_t *data, size_t len)
{
	const struct io_flow *flow = &re->capture.flow[!re->sends];
	bool repeats = expected > flow->count;
	size_t ahead = repeats ? flow->count / 2 : expected - ver->next;
	size_t behind = repeats ? flow->count / 2 : ver->next;
	const struct io_datagram *dgram;
	size_t place, end, step;

	end = ver->next + ahead;
	for (place = ver->next; place < end; place++) {
		dgram = &flow->datagrams[place % flow->count];
		if (!is_datagram(dgram, data, len))
			continue;

		ver->seen[place % flow->count] = place + 1;
		ver->next = place + 1;
		ver->verified++;
		return;
	}

	for (step = 1; step <= behind && step <= ver->next; step++) {
		place = ver->next - step;
		dgram = &flow->datagrams[place % flow->count];
		if (!is_datagram(dgram, data, len))
			continue;

		if (ver->seen[place % flow->count] == place + 1) {
			ver->duplicate++;
			return;
		}
		ver->seen[place % flow->count] = place + 1;
		ver->reordered++;
		ver->verified++;
		return;
	}
	ver->corrupt++;
}

static void receive_all(struct replay *re, struct verdict *ver, size_t expected)
{
	struct sockaddr_in from = { };
	uint8_t data[65536];
	socklen_t fromlen;
	ssize_t len;

	for (;;) {
		fromlen = sizeof(from);
		len = recvfrom(re->rx, data, sizeof(data), MSG_DONTWAIT,
			       (struct sockaddr *)&from, &fromlen);
		if (len < 0)
			return;

		ver->received++;
		if (!re->peer.sin_addr.s_addr)
			re->peer.sin_addr = from.sin_addr;

		if (from.sin_addr.s_addr != re->peer.sin_addr.s_addr) {
			ver->stranger++;
			continue;
		}
		ver->from_port = ntohs(from.sin_port);
		check_one(re, ver, expected, data, (size_t)len);
	}
}

static bool report(const struct replay *re, const struct verdict *ver,
		   size_t expected, double seconds)
{
	size_t lost;
	bool ok;

	/* Without an end, only what lies before the last one can be missing. */
	if (re->forever)
		expected = ver->next;
	lost = expected - ver->verified;

	ok = ver->verified && !ver->reordered && !ver->duplicate &&
	     !ver->corrupt && !ver->stranger;
	if (re->allow_loss >= 0 &&
	    lost + ver->refused > (size_t)re->allow_loss)
		ok = false;

	printf("{\"program\": \"%s\", \"sent\": %zu, \"refused\": %zu, "
	       "\"error\": \"%s\", \"expected\": %zu, \"received\": %zu, "
	       "\"verified\": %zu, \"lost\": %zu, \"reordered\": %zu, "
	       "\"duplicate\": %zu, \"corrupt\": %zu, \"stranger\": %zu, "
	       "\"from_port\": %u, \"seconds\": %.3f, \"ok\": %s}\n",
	       re->name, ver->sent, ver->refused,
	       ver->error ? strerrorname_np(ver->error) : "", expected,
	       ver->received, ver->verified, lost, ver->reordered,
	       ver->duplicate, ver->corrupt, ver->stranger, ver->from_port,
	       seconds, ok ? "true" : "false");
	return ok;
}

static void catch_signals(sigset_t *normal)
{
	struct sigaction action = { .sa_handler = stop };
	sigset_t block;

	sigemptyset(&block);
	sigaddset(&block, SIGTERM);
	sigaddset(&block, SIGINT);
	sigprocmask(SIG_BLOCK, &block, normal);
	sigdelset(normal, SIGTERM);
	sigdelset(normal, SIGINT);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
}

/**
 * replay_run - do the exchange
 * @re: with its sockets open
 *
 * Return: the program's exit status
 */
int replay_run(struct replay *re)
{
	const struct io_flow *sends = &re->capture.flow[re->sends];
	const struct io_flow *expects = &re->capture.flow[!re->sends];
	size_t total = re->count ? re->count : sends->count;
	size_t expected = re->count ? re->count : expects->count;
	long long begin, heard, first = 0;
	struct verdict ver = { };
	size_t place = 0;
	sigset_t normal;
	bool ok;

	ver.seen = calloc(expects->count, sizeof(*ver.seen));
	if (!ver.seen)
		return 2;

	if (re->forever) {
		total = SIZE_MAX / 2;
		expected = total;
	}

	catch_signals(&normal);
	setvbuf(stdout, NULL, _IOLBF, 0);
	begin = now();
	heard = begin;
	if (re->sends == O2T || re->at_once)
		first = begin;

	while (!stopped) {
		struct pollfd pfd = { .fd = re->rx, .events = POLLIN };
		long long silence, left, time = now();
		size_t before = ver.received;
		struct timespec ts;

		while (first && place < total &&
		       first + send_time(re, place) <= time)
			send_one(re, &ver, place++);

		receive_all(re, &ver, expected);
		if (ver.received != before) {
			heard = time;
			/* A target produces when its originator is there. */
			if (!first)
				first = time;
		}

		/* What should not come gets a moment to be noticed, too. */
		silence = (long long)(1e9 * (!ver.received ? re->wait :
					     ver.verified < expected ?
					     re->linger : 0.2));
		left = heard + silence - time;
		if (left <= 0 && (!first || place == total))
			break;

		if (first && place < total)
			left = first + send_time(re, place) - time;
		if (left < 0)
			left = 0;

		ts.tv_sec = left / NSEC;
		ts.tv_nsec = left % NSEC;
		ppoll(&pfd, 1, &ts, &normal);
	}

	receive_all(re, &ver, expected);
	ok = report(re, &ver, expected, (double)(now() - begin) / 1e9);
	free(ver.seen);
	return ok ? 0 : 1;
}
