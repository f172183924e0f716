// SPDX-License-Identifier: GPL-2.0-only
/*
 * Class 1 I/O of a program that knows nothing of security: sends numbered datagrams,
 * and says of those it receives which are missing.
 *
 * usage: traffic send FROM-ADDR TO-ADDR CONNECTION-ID INTERVAL-US
 *        traffic receive
 *
 * Ends with SIGTERM and says what there was. On standard input the name of a mark
 * makes it say the same in between.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PORT		2222
#define FILLER		32

/**
 * struct io - a datagram, as EtherNet/IP has it (CIP volume 2, 2-6)
 */
struct io {
	uint16_t items;
	uint16_t addr_type;
	uint16_t addr_len;
	uint32_t id;
	uint32_t sequence;
	uint16_t data_type;
	uint16_t data_len;
	uint32_t serial;
	uint8_t filler[FILLER];
} __attribute__((packed));

/**
 * struct tally - what there was
 * @sent: accepted by the kernel
 * @refused: not
 * @last_error: of those, its errno
 * @received: datagrams that are whole
 * @lost: serial numbers that were skipped and never came
 * @repeated: serial numbers that came again
 * @wrong: datagrams that are something else
 * @next: serial number expected
 */
struct tally {
	unsigned long sent;
	unsigned long refused;
	int last_error;
	unsigned long received;
	unsigned long lost;
	unsigned long repeated;
	unsigned long wrong;
	uint32_t next;
};

static volatile sig_atomic_t stopped;

static void stop(int sig)
{
	stopped = 1;
}

static void say(const struct tally *t, const char *mark)
{
	printf("{\"mark\":\"%s\",\"sent\":%lu,\"refused\":%lu,\"error\":\"%s\",\"received\":%lu,\"lost\":%lu,\"repeated\":%lu,\"wrong\":%lu}\n",
	       mark, t->sent, t->refused, t->last_error ? strerrorname_np(t->last_error) : "",
	       t->received, t->lost, t->repeated, t->wrong);
}

/* A mark, if one was given */
static void read_mark(struct pollfd *in, const struct tally *t)
{
	char line[64];
	ssize_t len;

	if (!(in->revents & POLLIN))
		return;
	len = read(in->fd, line, sizeof(line) - 1);
	if (len <= 0) {
		in->fd = -1;
		return;
	}
	line[len] = '\0';
	line[strcspn(line, "\n")] = '\0';
	say(t, line);
}

static int udp(const char *addr, uint16_t port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || inet_pton(AF_INET, addr, &at.sin_addr) != 1 ||
	    bind(fd, (void *)&at, sizeof(at)))
		err(1, "%s:%u", addr, port);
	return fd;
}

static void transmit(struct tally *t, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	struct io io = {
		.items = 2, .addr_type = 0x8002, .addr_len = 8,
		.id = strtoul(argv[2], NULL, 16),
		.data_type = 0xb1, .data_len = sizeof(io.serial) + FILLER,
	};
	struct timespec pause = { .tv_nsec = strtoul(argv[3], NULL, 10) * 1000 };
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	int fd = udp(argv[0], 0);

	if (inet_pton(AF_INET, argv[1], &to.sin_addr) != 1)
		errx(1, "%s", argv[1]);
	memset(io.filler, 0x5a, sizeof(io.filler));
	while (!stopped) {
		if (sendto(fd, &io, sizeof(io), 0, (void *)&to, sizeof(to)) < 0) {
			t->refused++;
			t->last_error = errno;
		} else {
			t->sent++;
			io.serial++;
			io.sequence++;
		}
		in.revents = 0;
		ppoll(&in, 1, &pause, NULL);
		read_mark(&in, t);
	}
}

static void judge(struct tally *t, const struct io *io, ssize_t len)
{
	size_t i;

	for (i = 0; len == sizeof(*io) && i < FILLER; i++)
		if (io->filler[i] != 0x5a)
			len = 0;
	if (len != sizeof(*io)) {
		t->wrong++;
		return;
	}
	t->received++;
	if (io->serial < t->next) {
		t->repeated++;
		return;
	}
	t->lost += io->serial - t->next;
	t->next = io->serial + 1;
}

static void receive(struct tally *t)
{
	struct pollfd fds[] = {
		{ .fd = udp("0.0.0.0", PORT), .events = POLLIN },
		{ .fd = STDIN_FILENO, .events = POLLIN },
	};
	struct io io;
	ssize_t len;

	while (!stopped) {
		if (poll(fds, 2, -1) < 0)
			continue;
		if (fds[0].revents) {
			len = recv(fds[0].fd, &io, sizeof(io), MSG_TRUNC | MSG_DONTWAIT);
			if (len >= 0)
				judge(t, &io, len);
		}
		read_mark(&fds[1], t);
	}
	/* What has arrived by now was not lost. */
	while ((len = recv(fds[0].fd, &io, sizeof(io), MSG_TRUNC | MSG_DONTWAIT)) >= 0)
		judge(t, &io, len);
}

int main(int argc, char **argv)
{
	struct sigaction end = { .sa_handler = stop };
	struct tally tally = { };

	setvbuf(stdout, NULL, _IOLBF, 0);
	sigaction(SIGTERM, &end, NULL);
	if (argc == 6 && !strcmp(argv[1], "send"))
		transmit(&tally, argv + 2);
	else if (argc == 2 && !strcmp(argv[1], "receive"))
		receive(&tally);
	else
		errx(2, "usage: traffic send FROM TO ID MICROSECONDS | traffic receive");
	say(&tally, "end");
	return 0;
}
