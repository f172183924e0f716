// SPDX-License-Identifier: GPL-2.0-only
/*
 * One I/O datagram in clear over IPv6, in a shape that may hide it; or how many came.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SEGMENT		64

static const char usage[] =
	"usage: six send SHAPE FROM TO PORT    prints {\"error\":\"NAME\"}\n"
	"       six receive PORT               prints {\"ready\":true}, at SIGTERM\n"
	"                                      {\"io\":N}, datagrams of I/O that came\n"
	"\n"
	"SHAPE: whole; fragments, a UDP header and then the data; options, the same\n"
	"behind destination options that only the first fragment has; aggregate, the\n"
	"second datagram of one UDP_SEGMENT.\n";

/* Sequenced address item, connected data item of 32 bytes */
static const uint8_t io[50] = {
	2, 0, 0x02, 0x80, 8, 0, 0x99, 0, 0, 0, 1, 0, 0, 0, 0xb1, 0, 32, 0,
};

/**
 * struct shape - a packet with a fragment header
 * @ip: IPv6 header
 * @frag: fragment header
 * @body: what it fragments
 */
struct shape {
	struct ip6_hdr ip;
	struct ip6_frag frag;
	uint8_t body[128];
} __attribute__((packed));

static struct sockaddr_in6 from, to;

static uint16_t checksum(const struct udphdr *uh, const uint8_t *data, size_t len)
{
	struct {
		struct in6_addr saddr, daddr;
		uint32_t len, next;
		struct udphdr uh;
		uint8_t data[sizeof(io)];
	} __attribute__((packed)) all = {
		.saddr = from.sin6_addr, .daddr = to.sin6_addr,
		.len = htonl(sizeof(*uh) + len), .next = htonl(IPPROTO_UDP), .uh = *uh,
	};
	const uint8_t *p = (const void *)&all;
	uint32_t sum = 0;
	size_t i;

	memcpy(all.data, data, len);
	for (i = 0; i < sizeof(all); i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

static struct udphdr udp_header(void)
{
	struct udphdr uh = {
		.source = htons(3000), .dest = to.sin6_port,
		.len = htons(sizeof(uh) + sizeof(io)),
	};

	uh.check = checksum(&uh, io, sizeof(io));
	return uh;
}

/* Return: 0 or errno */
static int send_fragment(int fd, uint8_t next, const uint8_t *body, size_t len,
			 size_t offset, bool more)
{
	struct shape shape = {
		.ip = {
			.ip6_src = from.sin6_addr, .ip6_dst = to.sin6_addr,
			.ip6_flow = htonl(6u << 28), .ip6_hlim = 64,
			.ip6_nxt = IPPROTO_FRAGMENT,
			.ip6_plen = htons(sizeof(shape.frag) + len),
		},
		.frag = {
			.ip6f_nxt = next, .ip6f_ident = htonl(getpid()),
			.ip6f_offlg = htons(offset) | (more ? IP6F_MORE_FRAG : 0),
		},
	};
	struct sockaddr_in6 there = to;

	there.sin6_port = 0;
	memcpy(shape.body, body, len);
	if (sendto(fd, &shape, sizeof(shape.ip) + sizeof(shape.frag) + len, 0,
		   (const void *)&there, sizeof(there)) < 0)
		return errno;
	return 0;
}

static int send_fragments(bool with_options)
{
	/* Next header UDP, 8 bytes in all: PadN of 4 */
	static const uint8_t options[8] = { IPPROTO_UDP, 0, 1, 4 };
	uint8_t next = with_options ? IPPROTO_DSTOPTS : IPPROTO_UDP;
	int fd = socket(AF_INET6, SOCK_RAW, IPPROTO_RAW);
	struct udphdr uh = udp_header();
	uint8_t first[sizeof(options) + sizeof(uh)];
	size_t len = 0;
	int err, last;

	if (fd < 0)
		return errno;
	if (with_options) {
		memcpy(first, options, sizeof(options));
		len = sizeof(options);
	}
	memcpy(first + len, &uh, sizeof(uh));
	len += sizeof(uh);
	err = send_fragment(fd, next, first, len, 0, true);
	last = send_fragment(fd, next, io, sizeof(io), len, false);
	return err ? err : last;
}

static int send_udp(const uint8_t *data, size_t len, int segment)
{
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);

	if (fd < 0 || bind(fd, (const void *)&from, sizeof(from)))
		return errno;
	if (segment && setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &segment,
				  sizeof(segment)))
		return errno;
	if (sendto(fd, data, len, 0, (const void *)&to, sizeof(to)) < 0)
		return errno;
	return 0;
}

static int six_send(const char *shape)
{
	uint8_t two[SEGMENT + sizeof(io)];

	if (!strcmp(shape, "whole"))
		return send_udp(io, sizeof(io), 0);
	if (!strcmp(shape, "fragments"))
		return send_fragments(false);
	if (!strcmp(shape, "options"))
		return send_fragments(true);
	if (!strcmp(shape, "aggregate")) {
		memset(two, 'x', SEGMENT);
		memcpy(two + SEGMENT, io, sizeof(io));
		return send_udp(two, sizeof(two), SEGMENT);
	}
	fputs(usage, stderr);
	exit(2);
}

/* Emptied when SIGTERM has come: the socket's buffer waits so long. */
static int six_receive(unsigned int port)
{
	struct sockaddr_in6 here = {
		.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port),
	};
	uint8_t buf[2048];
	sigset_t set;
	int fd, sig, n = 0;
	ssize_t len;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = socket(AF_INET6, SOCK_DGRAM, 0);
	if (fd < 0 || bind(fd, (const void *)&here, sizeof(here))) {
		perror("six: bind");
		return 2;
	}
	puts("{\"ready\":true}");
	fflush(stdout);
	sigwait(&set, &sig);
	while ((len = recv(fd, buf, sizeof(buf), MSG_DONTWAIT)) >= 0)
		if (len == sizeof(io) && !memcmp(buf, io, sizeof(io)))
			n++;
	printf("{\"io\":%d}\n", n);
	return 0;
}

int main(int argc, char **argv)
{
	int err;

	from.sin6_family = AF_INET6;
	to.sin6_family = AF_INET6;
	if (argc == 3 && !strcmp(argv[1], "receive"))
		return six_receive((unsigned int)atoi(argv[2]));
	if (argc != 6 || strcmp(argv[1], "send") ||
	    inet_pton(AF_INET6, argv[3], &from.sin6_addr) != 1 ||
	    inet_pton(AF_INET6, argv[4], &to.sin6_addr) != 1) {
		fputs(usage, stderr);
		return 2;
	}
	to.sin6_port = htons((uint16_t)atoi(argv[5]));
	err = six_send(argv[2]);
	printf("{\"error\":\"%s\"}\n", err ? strerrorname_np(err) : "");
	return 0;
}
