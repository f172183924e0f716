// SPDX-License-Identifier: GPL-2.0-only
/*
 * CIP over IPv6, which cipsec does not protect, and what is none.
 *
 * usage: inet6 receive            says `got KIND` for each datagram
 *        inet6 send ADDRESS       sends one of each kind, says `sent KIND` or why not
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/**
 * struct kind - a datagram
 * @name: what it is
 * @port: where it goes
 * @len: bytes of @data
 */
static const struct kind {
	const char *name;
	uint16_t port;
	size_t len;
	const char *data;
} kinds[] = {
	{ "port-2222", 2222, 5, "hello" },
	{ "port-44818", 44818, 5, "hello" },
	{ "class1", 40001, 24,
	  "\2\0\2\x80\x08\0\1\2\3\4\1\0\0\0\xb1\0\6\0\1\0data" },
	{ "class0", 40002, 18, "\2\0\xa1\0\4\0\1\2\3\4\xb1\0\4\0data" },
	{ "unconnected", 40003, 14, "\2\0\3\x80\4\0datadata" },
	{ "other", 40004, 5, "hello" },
};

#define KINDS	(sizeof(kinds) / sizeof(kinds[0]))

static int receive(void)
{
	struct sockaddr_in6 at = { .sin6_family = AF_INET6 };
	struct pollfd fds[KINDS];
	char buf[64];
	size_t i;

	for (i = 0; i < KINDS; i++) {
		at.sin6_port = htons(kinds[i].port);
		fds[i].events = POLLIN;
		fds[i].fd = socket(AF_INET6, SOCK_DGRAM, 0);
		if (fds[i].fd < 0 || bind(fds[i].fd, (void *)&at, sizeof(at)))
			err(1, "port %u", kinds[i].port);
	}
	puts("ready");
	while (poll(fds, KINDS, -1) > 0)
		for (i = 0; i < KINDS; i++)
			if (fds[i].revents && recv(fds[i].fd, buf, sizeof(buf), 0) >= 0)
				printf("got %s\n", kinds[i].name);
	return 1;
}

static int transmit(const char *address)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6 };
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);
	size_t i;

	if (fd < 0 || inet_pton(AF_INET6, address, &to.sin6_addr) != 1)
		err(1, "%s", address);
	for (i = 0; i < KINDS; i++) {
		to.sin6_port = htons(kinds[i].port);
		if (sendto(fd, kinds[i].data, kinds[i].len, 0, (void *)&to, sizeof(to)) < 0)
			printf("%s %s\n", strerrorname_np(errno), kinds[i].name);
		else
			printf("sent %s\n", kinds[i].name);
	}
	return 0;
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 2 && !strcmp(argv[1], "receive"))
		return receive();
	if (argc == 3 && !strcmp(argv[1], "send"))
		return transmit(argv[2]);
	errx(2, "usage: inet6 receive | inet6 send ADDRESS");
}
