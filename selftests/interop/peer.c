// SPDX-License-Identifier: GPL-2.0-only
/* What all peers do, whatever their library. */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cyclic.h"
#include "peer.h"

/* after SIGTERM it listens for as long as a plain program does */
#define LINGER		500

static const struct option options[] = {
	{ "server",	no_argument,	   NULL, 's' },
	{ "local",	required_argument, NULL, 'l' },
	{ "peer",	required_argument, NULL, 'p' },
	{ "suite",	required_argument, NULL, 'S' },
	{ "cert",	required_argument, NULL, 'c' },
	{ "key",	required_argument, NULL, 'k' },
	{ "ca",		required_argument, NULL, 'a' },
	{ "produce",	required_argument, NULL, 'P' },
	{ "consume",	required_argument, NULL, 'C' },
	{ "cycle",	required_argument, NULL, 'y' },
	{ "timeout",	required_argument, NULL, 't' },
	{ "old",	no_argument,	   NULL, 'o' },
	{ "silent",	no_argument,	   NULL, 'q' },
	{ }
};

static const char usage[] =
	"usage: %s [--server] --local ADDR[:PORT] --peer ADDR[:PORT] --suite c02b\n"
	"          --ca FILE [--cert FILE --key FILE] --produce ID --consume ID\n"
	"          [--cycle MS] [--timeout SECONDS] [--old] [--silent]\n"
	"\n"
	"A DTLS 1.2 endpoint with cyclic I/O in its records. Prints {\"up\":...} when the\n"
	"handshake is done, and at the end how it was, as JSON. SIGTERM ends it with\n"
	"close_notify (--silent: without), SIGUSR1 asks for renegotiation, SIGUSR2 sends a\n"
	"fatal alert. --cycle 5, 0 to send nothing; --timeout 15, of the handshake; --old\n"
	"is DTLS 1.0; a server's port is 2221, as a client's peer's is.\n";

static volatile sig_atomic_t stopped, asked_renegotiation, asked_alert;

static void on_signal(int sig)
{
	if (sig == SIGUSR1)
		asked_renegotiation = 1;
	else if (sig == SIGUSR2)
		asked_alert = 1;
	else
		stopped = 1;
}

void peer_error(struct peer *peer, const char *fmt, ...)
{
	va_list args;
	char *p;

	if (*peer->error)
		return;
	va_start(args, fmt);
	vsnprintf(peer->error, sizeof(peer->error), fmt, args);
	va_end(args);
	for (p = peer->error; *p; p++)
		if (*p == '"' || *p == '\\' || *p < ' ')
			*p = '\'';
}

static void parse_endpoint(const char *text, uint16_t port,
			   struct sockaddr_in *sin)
{
	char addr[64], *colon;

	snprintf(addr, sizeof(addr), "%s", text);
	colon = strchr(addr, ':');
	if (colon) {
		*colon = '\0';
		port = (uint16_t)atoi(colon + 1);
	}
	sin->sin_family = AF_INET;
	sin->sin_port = htons(port);
	if (inet_pton(AF_INET, addr, &sin->sin_addr) != 1) {
		fprintf(stderr, "%s: no address\n", text);
		exit(2);
	}
}

static bool wait_readable(int fd, int ms)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	return poll(&pfd, 1, ms) > 0;
}

/* The socket is the client's from its first datagram on. */
static void open_socket(struct peer *peer)
{
	socklen_t len = sizeof(peer->remote);
	int one = 1;
	char byte;

	peer->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			  0);
	if (peer->fd < 0 ||
	    setsockopt(peer->fd, SOL_SOCKET, SO_REUSEADDR, &one,
		       sizeof(one)) ||
	    bind(peer->fd, (struct sockaddr *)&peer->local,
		 sizeof(peer->local)))
		goto fail;
	if (peer->server) {
		while (!wait_readable(peer->fd, -1) && !stopped)
			;
		if (stopped)
			exit(EXIT_FAILURE);
		recvfrom(peer->fd, &byte, sizeof(byte), MSG_PEEK,
			 (struct sockaddr *)&peer->remote, &len);
	}
	if (connect(peer->fd, (struct sockaddr *)&peer->remote,
		    sizeof(peer->remote)))
		goto fail;
	return;
fail:
	perror("peer: socket");
	exit(2);
}

static int handshake(struct peer *peer, unsigned int seconds)
{
	uint64_t end = cyclic_now() + seconds * 1000ull;
	int ret, ms;

	while (!(ret = tls_handshake(peer))) {
		ms = tls_timeout(peer);
		if (ms < 0 || ms > 1000)
			ms = 1000;
		if (!wait_readable(peer->fd, ms) && tls_timeout(peer) <= 0)
			tls_expired(peer);
		if (stopped || cyclic_now() > end) {
			peer_error(peer, "not done in time");
			return -1;
		}
	}
	return ret;
}

static bool receive(struct peer *peer, struct cyclic *io)
{
	uint8_t buf[1 << 14];
	ssize_t len;

	while ((len = tls_recv(peer, buf, sizeof(buf))) > 0)
		cyclic_check(io, buf, (size_t)len);
	return !len;
}

static void produce(struct peer *peer, struct cyclic *io)
{
	uint8_t buf[CYCLIC_MAX];
	size_t len = cyclic_make(io, buf);

	cyclic_sent(io, tls_send(peer, buf, len) ? -EIO : 0);
}

/* 0 when we end it, -1 when the peer has */
static int exchange(struct peer *peer, struct cyclic *io, unsigned int cycle)
{
	uint64_t now, due = cyclic_now(), end = 0;
	int ms;

	for (;;) {
		now = cyclic_now();
		if (stopped && !end)
			end = now + LINGER;
		if (end && now >= end)
			return 0;
		if (asked_renegotiation) {
			asked_renegotiation = 0;
			if (!tls_renegotiate(peer))
				peer_error(peer, "cannot renegotiate");
		}
		if (asked_alert) {
			asked_alert = 0;
			if (!tls_fatal_alert(peer))
				peer_error(peer, "cannot send an alert");
		}
		if (now >= due) {
			if (cycle && !end)
				produce(peer, io);
			due += cycle ? cycle : 100;
			if (due < now)
				due = now + cycle;
		}
		ms = due > now ? (int)(due - now) : 0;
		if (!wait_readable(peer->fd, ms) && !tls_timeout(peer))
			tls_expired(peer);
		if (!receive(peer, io))
			return -1;
	}
}

static void report(const struct peer *peer, const struct cyclic *io, bool up)
{
	printf("{\"library\": \"%s\", \"handshake\": %s, \"alert\": %d, ",
	       tls_name, up ? "true" : "false", peer->alert);
	printf("\"closed\": %s, \"reason\": \"%s\", ",
	       peer->closed ? "true" : "false", peer->error);
	cyclic_print(io, stdout);
	puts("}");
}

int main(int argc, char **argv)
{
	struct sigaction act = { .sa_handler = on_signal };
	const char *local = NULL, *remote = NULL;
	struct peer peer = { .alert = -1 };
	unsigned int cycle = 5, seconds = 15;
	static struct cyclic io;
	bool silent = false;
	uint64_t began;
	int opt, ret;

	setvbuf(stdout, NULL, _IOLBF, 0);
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGUSR1, &act, NULL);
	sigaction(SIGUSR2, &act, NULL);
	while ((opt = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		switch (opt) {
		case 's':
			peer.server = true;
			break;
		case 'l':
			local = optarg;
			break;
		case 'p':
			remote = optarg;
			break;
		case 'S':
			peer.suite = (uint16_t)strtoul(optarg, NULL, 16);
			break;
		case 'c':
			peer.cert = *optarg ? optarg : NULL;
			break;
		case 'k':
			peer.key = optarg;
			break;
		case 'a':
			peer.ca = optarg;
			break;
		case 'P':
			io.produce = (uint32_t)strtoul(optarg, NULL, 0);
			break;
		case 'C':
			io.consume = (uint32_t)strtoul(optarg, NULL, 0);
			break;
		case 'y':
			cycle = (unsigned int)atoi(optarg);
			break;
		case 't':
			seconds = (unsigned int)atoi(optarg);
			break;
		case 'o':
			peer.old = true;
			break;
		case 'q':
			silent = true;
			break;
		default:
			local = NULL;
			goto usage;
		}
	}
usage:
	if (!local || !remote || !peer.ca) {
		fprintf(stderr, usage, argv[0]);
		return 2;
	}
	parse_endpoint(local, peer.server ? 2221 : 0, &peer.local);
	parse_endpoint(remote, peer.server ? 0 : 2221, &peer.remote);
	open_socket(&peer);
	began = cyclic_now();
	ret = tls_open(&peer);
	if (!ret)
		ret = handshake(&peer, seconds);
	if (ret <= 0) {
		report(&peer, &io, false);
		return EXIT_FAILURE;
	}
	printf("{\"up\": true, \"ms\": %llu}\n",
	       (unsigned long long)(cyclic_now() - began));
	if (!exchange(&peer, &io, cycle) && !silent)
		tls_close(&peer);
	report(&peer, &io, true);
	return EXIT_SUCCESS;
}
