// SPDX-License-Identifier: GPL-2.0-only
/*
 * Associations whose keys are nowhere in user space: each key is made, octet by octet,
 * in the request that installs it, and wiped there. What a memory image then shows of
 * them is the kernel's.
 *
 * usage: hold LOCAL REMOTE PORT ROLE
 *
 * One association a suite, from LOCAL, PORT and following, to REMOTE, same ports; role
 * 1 sends with the odd keys, role 2 with the even ones. Role 1 also asks for what is
 * refused. Ends, and the associations with it, at the end of standard input.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../netlink/objects.h"

/* selftests/memory/search makes the same */
static void key_fill(volatile uint8_t *to, size_t len, uint64_t number)
{
	uint64_t x = number * 0x9e3779b97f4a7c15;
	size_t i;

	for (i = 0; i < len; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		to[i] = x >> 32;
	}
}

static struct request req;

/* An attribute whose octets are made in their place */
static void put_key(uint16_t type, size_t len, uint64_t number)
{
	static const uint8_t zeros[64];
	size_t at = request_header(&req)->nlmsg_len;

	request_put(&req, type, zeros, len);
	key_fill(req.buf + at + NLA_HDRLEN, len, number);
}

static void put_direction(uint16_t type, uint16_t suite, uint64_t number)
{
	size_t nest = request_nest(&req, type);

	if (suite == 0xc006) {
		put_key(CIPSEC_A_DIR_MAC_KEY, 20, number);
	} else {
		put_key(CIPSEC_A_DIR_ENC_KEY, suite == 0xc02c ? 32 : 16, number);
		put_key(CIPSEC_A_DIR_SALT, 4, number + 100);
	}
	request_nest_end(&req, nest);
}

static int key_new(struct link *link, uint32_t assoc, uint16_t suite, uint64_t tx, uint64_t rx,
		   bool spoilt)
{
	struct answer answer;

	request_begin(&req, link, CIPSEC_CMD_KEY_NEW);
	request_put_u32(&req, CIPSEC_A_KEY_ASSOC, assoc);
	request_put_u16(&req, CIPSEC_A_KEY_SUITE, suite);
	put_direction(CIPSEC_A_KEY_TX, suite, tx);
	put_direction(CIPSEC_A_KEY_RX, suite, rx);
	request_put_u32(&req, CIPSEC_A_KEY_HOLD, 0);
	if (spoilt)
		request_put_u32(&req, 200, 0);
	request_ask(link, &req, &answer);
	explicit_bzero(&req, sizeof(req));
	return answer.err;
}

/* Keys that the kernel will not have: 7 to 14 */
static void refusals(struct link *link, uint32_t keyed, uint32_t bare)
{
	if (key_new(link, keyed, 0xc02c, 7, 8, false) != -EEXIST ||
	    key_new(link, bare, 0xc02c, 9, 10, true) != -EINVAL ||
	    key_new(link, 4711, 0xc02c, 11, 12, false) != -ENOENT ||
	    /* Sending keys that were used, receiving ones that were not */
	    key_new(link, bare, 0xc02b, 1, 14, false) != -EKEYREJECTED)
		errx(1, "a refusal went wrong");
}

static uint32_t make(struct link *link, const char *local, const char *remote, uint16_t port)
{
	struct sockaddr_in from = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct answer answer;
	uint32_t id;

	if (fd < 0 || inet_pton(AF_INET, local, &from.sin_addr) != 1 ||
	    bind(fd, (void *)&from, sizeof(from)))
		err(1, "%s:%u", local, port);
	udp_connect(fd, remote, port);
	id = assoc_new(link, fd, &answer);
	if (!id)
		errx(1, "association: %s", answer.sentence);
	return id;
}

int main(int argc, char **argv)
{
	uint32_t assoc[4];
	struct answer answer;
	struct link link;
	unsigned int i;
	uint64_t odd;
	char c;

	if (argc != 5)
		errx(2, "usage: hold LOCAL REMOTE PORT ROLE");
	odd = argv[4][0] == '1';
	link_open(&link);
	for (i = 0; i < 4; i++)
		assoc[i] = make(&link, argv[1], argv[2], atoi(argv[3]) + i);
	for (i = 0; i < 3; i++) {
		if (key_new(&link, assoc[i], suites[i], 2 * i + 2 - odd, 2 * i + 1 + odd, false))
			errx(1, "keys of %04x", suites[i]);
		/* consumed, produced: told apart by suite and role */
		if (!conn_new(&link, assoc[i], (uint64_t)(16 * i + 2 - odd) << 32 |
			      (16 * i + 1 + odd), &answer))
			errx(1, "connection: %s", answer.sentence);
	}
	if (odd)
		refusals(&link, assoc[0], assoc[3]);
	puts("ready");
	fflush(stdout);
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	for (i = 0; i < 4; i++) {
		assoc_del(&link, assoc[i], &answer);
		if (answer.err)
			errx(1, "deleting: %s", strerror(-answer.err));
	}
	return 0;
}
