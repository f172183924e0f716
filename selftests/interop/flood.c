// SPDX-License-Identifier: GPL-2.0-only
/* ClientHellos from addresses that never answer. */
#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT_SECURE	2221

/* RFC 6347 4.2.1: as small as one can be that offers a suite of ours */
struct hello {
	uint8_t type;
	uint8_t version[2];
	uint8_t number[8];
	uint8_t length[2];
	uint8_t message;
	uint8_t message_len[3];
	uint8_t message_seq[2];
	uint8_t offset[3];
	uint8_t fragment_len[3];
	uint8_t client_version[2];
	uint8_t random[32];
	uint8_t session_len;
	uint8_t cookie_len;
	uint8_t suites_len[2];
	uint8_t suites[2];
	uint8_t compressions_len;
	uint8_t compression;
} __attribute__((packed));

struct datagram {
	struct iphdr ip;
	struct udphdr udp;
	struct hello hello;
} __attribute__((packed));

static void make(struct datagram *d, uint32_t source, uint32_t dest)
{
	const size_t body = sizeof(d->hello) - 25;

	memset(d, 0, sizeof(*d));
	d->ip.version = 4;
	d->ip.ihl = 5;
	d->ip.ttl = 64;
	d->ip.protocol = IPPROTO_UDP;
	d->ip.saddr = source;
	d->ip.daddr = dest;
	d->udp.source = htons((uint16_t)(1024 + ntohl(source) % 60000));
	d->udp.dest = htons(PORT_SECURE);
	d->udp.len = htons(sizeof(d->udp) + sizeof(d->hello));
	d->hello.type = 22;
	memcpy(d->hello.version, "\xfe\xff", 2);
	d->hello.length[1] = (uint8_t)(body + 12);
	d->hello.message = 1;
	d->hello.message_len[2] = (uint8_t)body;
	d->hello.fragment_len[2] = (uint8_t)body;
	memcpy(d->hello.client_version, "\xfe\xfd", 2);
	(void)!getrandom(d->hello.random, sizeof(d->hello.random), 0);
	d->hello.suites_len[1] = 2;
	memcpy(d->hello.suites, "\xc0\x2b", 2);
	d->hello.compressions_len = 1;
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct datagram d;
	struct in_addr first;
	unsigned int i, n;
	int fd;

	if (argc != 4 || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1 ||
	    inet_pton(AF_INET, argv[2], &first) != 1) {
		fputs("usage: flood TO FIRST-SOURCE COUNT\n\n"
		      "One ClientHello from each of COUNT addresses.\n", stderr);
		return 2;
	}
	n = (unsigned int)atoi(argv[3]);
	fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (fd < 0) {
		perror("flood");
		return 2;
	}
	for (i = 0; i < n; i++) {
		make(&d, htonl(ntohl(first.s_addr) + i), to.sin_addr.s_addr);
		if (sendto(fd, &d, sizeof(d), 0, (struct sockaddr *)&to,
			   sizeof(to)) != sizeof(d)) {
			perror("flood");
			return 1;
		}
		/* a pause now and then, or queues are what is tested */
		if (i % 20 == 19)
			usleep(2000);
	}
	return 0;
}
