// SPDX-License-Identifier: GPL-2.0-only
/*
 * A local program that takes an agent's port when the agent has died: sends what an
 * attacker would and listens for a time.
 *
 * usage: squat LOCAL-ADDR:PORT REMOTE-ADDR:PORT MILLISECONDS
 *
 * Prints `KIND sent` or `KIND ERRNO` for each datagram, and `received N`.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct kind {
	const char *name;
	size_t len;
	const char *data;
} kinds[] = {
	{ "text", 5, "hello" },
	{ "io", 22, "\2\0\2\x80\x08\0\1\2\3\4\1\0\0\0\xb1\0\4\0data" },
	{ "unconnected", 14, "\2\0\3\x80\4\0datadata" },
	{ "data-epoch-0", 17, "\x17\xfe\xfd\0\0\0\0\0\0\0\1\0\4data" },
	{ "data-epoch-1", 17, "\x17\xfe\xfd\0\1\0\0\0\0\x10\1\0\4data" },
	{ "alert-epoch-1", 15, "\x15\xfe\xfd\0\1\0\0\0\0\x10\2\0\2\2\0" },
	{ "handshake-epoch-1", 17, "\x16\xfe\xfd\0\1\0\0\0\0\0\1\0\4data" },
};

static void address(struct sockaddr_in *at, const char *text)
{
	char host[INET_ADDRSTRLEN] = { };
	unsigned int port;

	if (sscanf(text, "%15[0-9.]:%u", host, &port) != 2 ||
	    inet_pton(AF_INET, host, &at->sin_addr) != 1)
		errx(2, "%s is no endpoint", text);
	at->sin_family = AF_INET;
	at->sin_port = htons(port);
}

int main(int argc, char **argv)
{
	struct pollfd in = { .events = POLLIN };
	struct sockaddr_in from = { }, to = { };
	unsigned int received = 0;
	char buf[2048];
	int one = 1;
	size_t i;

	if (argc != 4)
		errx(2, "usage: squat LOCAL REMOTE MILLISECONDS");
	address(&from, argv[1]);
	address(&to, argv[2]);
	in.fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (in.fd < 0 || setsockopt(in.fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    bind(in.fd, (void *)&from, sizeof(from)))
		err(1, "%s", argv[1]);
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (sendto(in.fd, kinds[i].data, kinds[i].len, 0, (void *)&to, sizeof(to)) < 0)
			printf("%s %s\n", kinds[i].name, strerrorname_np(errno));
		else
			printf("%s sent\n", kinds[i].name);
	fflush(stdout);
	while (poll(&in, 1, atoi(argv[3])) > 0 && recv(in.fd, buf, sizeof(buf), 0) >= 0)
		received++;
	printf("received %u\n", received);
	return 0;
}
