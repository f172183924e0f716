// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plain program with cyclic I/O: it knows nothing of security, produces from its
 * first moment whether anybody listens or not, and checks what it receives.
 *
 * With --emit it writes the datagrams to standard output instead, and with --absorb it
 * reads them from standard input: what pipes of s_client and s_server need.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "cyclic.h"

#define PORT_IO		2222

static const struct option options[] = {
	{ "local",	required_argument, NULL, 'l' },
	{ "peer",	required_argument, NULL, 'p' },
	{ "produce",	required_argument, NULL, 'P' },
	{ "consume",	required_argument, NULL, 'C' },
	{ "cycle",	required_argument, NULL, 'c' },
	{ "count",	required_argument, NULL, 'n' },
	{ "when",	required_argument, NULL, 'w' },
	{ "emit",	no_argument,	   NULL, 'e' },
	{ "absorb",	no_argument,	   NULL, 'a' },
	{ }
};

static const char usage[] =
	"usage: program --local ADDR --peer ADDR --produce ID --consume ID\n"
	"               [--cycle MS] [--count N] [--when FILE]\n"
	"       program --emit --produce ID --count N [--cycle MS]\n"
	"       program --absorb --consume ID\n"
	"\n"
	"Sends from an ephemeral port to 2222, receives on 2222. SIGTERM ends the\n"
	"sending, and half a second later the program, which prints its counts as JSON;\n"
	"SIGUSR1 prints them while it goes on. --count: datagrams to send, then only\n"
	"receive; --when: once the file is there. --cycle 5, --count without end.\n";

static volatile sig_atomic_t stopped, asked;

static void on_signal(int sig)
{
	if (sig == SIGUSR1)
		asked = 1;
	else
		stopped = 1;
}

static void report(const struct cyclic *io)
{
	fputc('{', stdout);
	cyclic_print(io, stdout);
	fputs("}\n", stdout);
	fflush(stdout);
}

static int emit(struct cyclic *io, unsigned int cycle, unsigned int count)
{
	uint8_t buf[CYCLIC_MAX];
	size_t len;

	while (count-- && !stopped) {
		len = cyclic_make(io, buf);
		/* one write, one read of whoever is at the pipe's other end */
		if (write(STDOUT_FILENO, buf, len) != (ssize_t)len)
			return EXIT_FAILURE;
		usleep(cycle * 1000);
	}
	return EXIT_SUCCESS;
}

static int absorb(struct cyclic *io)
{
	static uint8_t buf[1 << 16];
	size_t used = 0, len;
	ssize_t got;

	while ((got = read(STDIN_FILENO, buf + used, sizeof(buf) - used)) > 0) {
		used += (size_t)got;
		while ((len = cyclic_split(buf, used))) {
			cyclic_check(io, buf, len);
			used -= len;
			memmove(buf, buf + len, used);
		}
	}
	/* what is left is no datagram */
	if (used)
		cyclic_check(io, buf, used);
	report(io);
	return EXIT_SUCCESS;
}

static int open_socket(const char *addr, uint16_t port)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
	};
	int fd, one = 1;

	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || inet_pton(AF_INET, addr, &sin.sin_addr) != 1 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    bind(fd, (struct sockaddr *)&sin, sizeof(sin))) {
		perror("program: socket");
		exit(2);
	}
	return fd;
}

static void produce(struct cyclic *io, int fd, const struct sockaddr_in *peer)
{
	uint8_t buf[CYCLIC_MAX];
	size_t len = cyclic_make(io, buf);

	if (sendto(fd, buf, len, 0, (const struct sockaddr *)peer,
		   sizeof(*peer)) == (ssize_t)len)
		cyclic_sent(io, 0);
	else
		cyclic_sent(io, -errno);
}

static void consume(struct cyclic *io, int fd)
{
	uint8_t buf[65536];
	ssize_t len;

	while ((len = recv(fd, buf, sizeof(buf), 0)) >= 0)
		cyclic_check(io, buf, (size_t)len);
}

static void exchange(struct cyclic *io, int rx, int tx,
		     const struct sockaddr_in *peer, unsigned int cycle,
		     unsigned int count, const char *when)
{
	uint64_t due = cyclic_now(), now, end = 0;
	struct pollfd pfd = { .fd = rx, .events = POLLIN };

	for (;;) {
		now = cyclic_now();
		if (stopped && !end)
			end = now + 500;
		if (end && now >= end)
			return;
		if (now >= due) {
			if (when && !access(when, F_OK))
				when = NULL;
			if (!end && !when && io->next < count)
				produce(io, tx, peer);
			due += cycle;
			/* what was missed is not made up for in a burst */
			if (due < now)
				due = now + cycle;
			continue;
		}
		poll(&pfd, 1, (int)(due - now));
		consume(io, rx);
		if (asked) {
			asked = 0;
			report(io);
		}
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in peer = {
		.sin_family = AF_INET,
		.sin_port = htons(PORT_IO),
	};
	const char *local = NULL, *remote = NULL, *when = NULL;
	struct sigaction act = { .sa_handler = on_signal };
	unsigned int cycle = 5, count = CYCLIC_SEEN - 1;
	bool emits = false, absorbs = false;
	static struct cyclic io;
	int opt;

	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGUSR1, &act, NULL);
	while ((opt = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		switch (opt) {
		case 'l':
			local = optarg;
			break;
		case 'p':
			remote = optarg;
			break;
		case 'P':
			io.produce = (uint32_t)strtoul(optarg, NULL, 0);
			break;
		case 'C':
			io.consume = (uint32_t)strtoul(optarg, NULL, 0);
			break;
		case 'c':
			cycle = (unsigned int)atoi(optarg);
			break;
		case 'n':
			count = (unsigned int)atoi(optarg);
			break;
		case 'w':
			when = optarg;
			break;
		case 'e':
			emits = true;
			break;
		case 'a':
			absorbs = true;
			break;
		default:
			fputs(usage, stderr);
			return 2;
		}
	}
	if (emits)
		return emit(&io, cycle, count);
	if (absorbs)
		return absorb(&io);
	if (!local || !remote ||
	    inet_pton(AF_INET, remote, &peer.sin_addr) != 1) {
		fputs(usage, stderr);
		return 2;
	}
	exchange(&io, open_socket(local, PORT_IO), open_socket(local, 0), &peer,
		 cycle, count, when);
	report(&io);
	return EXIT_SUCCESS;
}
