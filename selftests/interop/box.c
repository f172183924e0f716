// SPDX-License-Identifier: GPL-2.0-only
/*
 * A wire with a will of its own: carries frames between two interfaces, understands
 * DTLS well enough to lose, hold, reorder or double the last flight of a handshake, and
 * notes each record as its sender sent it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../io/capture.h"
#include "../io/wire.h"
#include "cyclic.h"
#include "seen.h"

#define RESERVE		1024	/* the kernel's first record number */
#define HELD_MAX	256
#define FLOWS_MAX	4096
#define TURN_MS		2000	/* how long one waits to change places */

/* handshake messages, RFC 5246 7.4 */
enum {
	CLIENT_HELLO		= 1,
	SERVER_HELLO		= 2,
	CERTIFICATE		= 11,
	CERTIFICATE_VERIFY	= 15,
	CLIENT_KEY_EXCHANGE	= 16,
};

/**
 * struct rule - what is done to one side's last flight
 * @lose: so many times it is lost
 * @turn: it changes places with what its sender sends next
 * @twice: each datagram arrives twice
 * @late: milliseconds that it is held
 */
struct rule {
	unsigned int lose;
	bool turn;
	bool twice;
	unsigned int late;
};

/**
 * struct direction - of a flow, from one sender
 * @flights: last flights seen
 * @lost: of those, lost
 * @key: which key pair of the flow data is sent with
 * @next_key: which one it will be, once data begins anew
 * @highest: number of @key's data, plus one
 */
struct direction {
	unsigned int flights;
	unsigned int lost;
	unsigned int key;
	unsigned int next_key;
	uint64_t highest;
};

/**
 * struct flow - two UDP endpoints
 * @side: interface that the client is at
 * @random: of its newest ClientHello
 * @hellos: different ones that there were
 * @has_nonce: the suite has an explicit nonce (AES-GCM)
 */
struct flow {
	uint32_t addr[2];
	uint16_t port[2];
	int side;
	uint8_t random[32];
	unsigned int hellos;
	bool has_nonce;
	struct direction dir[2];
};

struct held {
	bool used;
	uint64_t due;
	int to;
	size_t len;
	uint8_t frame[2048];
};

/* what one interface's host has sent */
struct sums {
	unsigned long frames;
	unsigned long handshake;
	unsigned long data;
	unsigned long alerts;
	unsigned long clear_io;
	unsigned long other;
	unsigned long same;
	unsigned long numbers_repeated;
	unsigned long nonces_repeated;
	unsigned long data_below;
	unsigned long handshake_above;
	unsigned long flights;
	unsigned long lost;
	unsigned long turned;
	unsigned long doubled;
	unsigned long late;
	uint64_t first_data;
};

static struct {
	int fd[2];
	struct rule server;
	struct rule client;
	struct flow flows[FLOWS_MAX];
	unsigned int n_flows;
	struct held held[HELD_MAX];
	/* what is to change places with the next one, by interface */
	struct held half[2];
	struct sums sums[2];
	unsigned long seed_at;
	bool verbose;
} box;

static volatile sig_atomic_t stopped, asked;

static void on_signal(int sig)
{
	if (sig == SIGUSR1)
		asked = 1;
	else
		stopped = 1;
}

static const struct option options[] = {
	{ "lose-server",	required_argument, NULL, 'l' },
	{ "lose-client",	required_argument, NULL, 'L' },
	{ "turn-server",	no_argument,	   NULL, 't' },
	{ "turn-client",	no_argument,	   NULL, 'T' },
	{ "twice-server",	no_argument,	   NULL, 'd' },
	{ "twice-client",	no_argument,	   NULL, 'D' },
	{ "late-server",	required_argument, NULL, 'w' },
	{ "late-client",	required_argument, NULL, 'W' },
	{ "seed",		required_argument, NULL, 's' },
	{ "ready",		required_argument, NULL, 'r' },
	{ "verbose",		no_argument,	   NULL, 'v' },
	{ }
};

static const char usage[] =
	"usage: box [OPTION]... INTERFACE INTERFACE\n"
	"\n"
	"  --lose-server N, --lose-client N   lose the last flight N times\n"
	"  --turn-server, --turn-client       its CCS changes places with what comes next\n"
	"  --twice-server, --twice-client     each of its datagrams twice\n"
	"  --late-server MS, --late-client MS hold it back\n"
	"  --seed N      after N data records repeat a number with other content: the\n"
	"                control of the checker\n"
	"  --ready FILE  made when frames pass\n"
	"  --verbose     a line for each datagram of a handshake\n"
	"\n"
	"Ends with SIGTERM and prints what the host at each interface sent, as JSON;\n"
	"SIGUSR1 prints it while it goes on. The server's last flight is\n"
	"ChangeCipherSpec and Finished, the client's begins with Certificate.\n";

/* ---- Flows ------------------------------------------------------------- */

static struct flow *flow_of(const struct wire_udp *udp, int from)
{
	uint32_t addr[2];
	uint16_t port[2];
	struct flow *f;
	unsigned int i;

	addr[from] = udp->saddr;
	port[from] = udp->sport;
	addr[!from] = udp->daddr;
	port[!from] = udp->dport;
	for (i = 0; i < box.n_flows; i++) {
		f = &box.flows[i];
		if (!memcmp(f->addr, addr, sizeof(addr)) &&
		    !memcmp(f->port, port, sizeof(port)))
			return f;
	}
	if (box.n_flows == FLOWS_MAX)
		return NULL;
	f = &box.flows[box.n_flows++];
	memcpy(f->addr, addr, sizeof(addr));
	memcpy(f->port, port, sizeof(port));
	f->side = -1;
	return f;
}

static uint32_t flow_key(const struct flow *f, unsigned int key)
{
	return (uint32_t)(f - box.flows) << 16 | key;
}

/* ---- Records ------------------------------------------------------------ */

/* what a datagram is made of */
struct contents {
	bool ccs;
	bool certificate;
	bool last_of_client;
	bool finished;
	bool data;
};

static void look_at_hello(struct flow *f, int from, const uint8_t *body,
			  size_t len)
{
	/* handshake header of 12 bytes, version of 2 */
	const uint8_t *random = body + 14;

	if (len < 46 || body[6] || body[7] || body[8])
		return;
	f->side = from;
	if (f->hellos && !memcmp(f->random, random, sizeof(f->random)))
		return;
	memcpy(f->random, random, sizeof(f->random));
	f->hellos++;
	f->dir[0].flights = 0;
	f->dir[1].flights = 0;
	f->dir[0].lost = 0;
	f->dir[1].lost = 0;
}

static void look_at_server_hello(struct flow *f, const uint8_t *body,
				 size_t len)
{
	size_t at = 12 + 2 + 32;
	unsigned int suite;

	if (len < at + 1 || len < at + 1 + body[at] + 2)
		return;
	at += 1u + body[at];
	suite = (unsigned int)body[at] << 8 | body[at + 1];
	f->has_nonce = suite == 0xc02b || suite == 0xc02c;
}

static void note_clear_handshake(struct flow *f, int from,
				 struct contents *what, const uint8_t *body,
				 size_t len)
{
	if (len < 12)
		return;
	switch (body[0]) {
	case CLIENT_HELLO:
		look_at_hello(f, from, body, len);
		break;
	case SERVER_HELLO:
		look_at_server_hello(f, body, len);
		break;
	case CERTIFICATE:
		/* the server's belongs to an earlier flight */
		what->certificate = from == f->side;
		what->last_of_client = from == f->side;
		break;
	case CERTIFICATE_VERIFY:
	case CLIENT_KEY_EXCHANGE:
		what->last_of_client = from == f->side;
		break;
	}
}

static void count_repeat(struct sums *sums, enum seen_verdict verdict,
			 unsigned long *repeated)
{
	if (verdict == SEEN_REPEATED)
		++*repeated;
	else if (verdict == SEEN_SAME)
		sums->same++;
}

/* a record under keys: no number and no nonce may be there twice */
static void note_protected(struct flow *f, int from,
			   const struct dtls_header *head)
{
	bool data = head->type == DTLS_APPLICATION || head->type == DTLS_ALERT;
	const uint8_t *body = (const uint8_t *)(head + 1);
	struct direction *dir = &f->dir[from];
	struct sums *sums = &box.sums[from];
	uint64_t number = wire_number(head), nonce;
	size_t len = wire_length(head);
	struct seen_in in = { .direction = (uint8_t)from };
	unsigned int key;

	/*
	 * Where keys replace keys, the old ones may serve for a while after the
	 * new Finished: the new ones begin where numbers fall back.
	 */
	if (data && dir->key != dir->next_key && number < dir->highest) {
		dir->key = dir->next_key;
		dir->highest = 0;
	}
	key = data ? dir->key : dir->next_key;
	if (data && number >= dir->highest)
		dir->highest = number + 1;

	in.flow = flow_key(f, key);
	in.kind = SEEN_NUMBER;
	count_repeat(sums, seen(&in, number, head, sizeof(*head) + len),
		     &sums->numbers_repeated);
	if (f->has_nonce && len >= sizeof(nonce)) {
		memcpy(&nonce, body, sizeof(nonce));
		in.kind = SEEN_NONCE;
		count_repeat(sums, seen(&in, nonce, head, sizeof(*head) + len),
			     &sums->nonces_repeated);
	}

	if (head->type == DTLS_HANDSHAKE) {
		sums->handshake_above += number >= RESERVE;
		return;
	}
	sums->data_below += number < RESERVE;
	if (head->type == DTLS_APPLICATION && !sums->data++)
		sums->first_data = number;
	sums->alerts += head->type == DTLS_ALERT;
}

static void note_record(struct flow *f, int from, struct contents *what,
			const struct dtls_header *head)
{
	struct direction *dir = &f->dir[from];

	what->data |= head->type == DTLS_APPLICATION;
	if (head->type == DTLS_HANDSHAKE || head->type == DTLS_CHANGE_CIPHER_SPEC)
		box.sums[from].handshake++;
	if (head->type == DTLS_CHANGE_CIPHER_SPEC) {
		what->ccs = true;
		dir->next_key = f->hellos;
		/* nothing was sent with older keys */
		if (!dir->highest)
			dir->key = dir->next_key;
	}
	if (wire_epoch(head)) {
		what->finished |= head->type == DTLS_HANDSHAKE;
		note_protected(f, from, head);
	} else if (head->type == DTLS_HANDSHAKE) {
		note_clear_handshake(f, from, what, (const uint8_t *)(head + 1),
				     wire_length(head));
	}
}

/* ---- Passing on ----------------------------------------------------------- */

static void send_frame(int to, const void *frame, size_t len)
{
	/* A wire may lose a frame; what is lost here is asked for again. */
	(void)!send(box.fd[to], frame, len, 0);
}

static void hold_frame(int to, const uint8_t *frame, size_t len,
		       unsigned int ms)
{
	unsigned int i;

	for (i = 0; i < HELD_MAX; i++) {
		struct held *h = &box.held[i];

		if (h->used || len > sizeof(h->frame))
			continue;
		h->used = true;
		h->due = cyclic_now() + ms;
		h->to = to;
		h->len = len;
		memcpy(h->frame, frame, len);
		return;
	}
}

/* the time until a frame that is held is due, after those that are */
static int release_held(void)
{
	uint64_t now = cyclic_now(), least = now + 1000;
	unsigned int i;

	for (i = 0; i < HELD_MAX + 2; i++) {
		struct held *h = i < HELD_MAX ? &box.held[i] :
						&box.half[i - HELD_MAX];

		if (!h->used)
			continue;
		if (h->due <= now) {
			send_frame(h->to, h->frame, h->len);
			h->used = false;
		} else if (h->due < least) {
			least = h->due;
		}
	}
	return (int)(least - now);
}

static bool keep_half(int to, const uint8_t *frame, size_t len)
{
	struct held *h = &box.half[to];

	if (h->used || len > sizeof(h->frame))
		return false;
	h->used = true;
	h->due = cyclic_now() + TURN_MS;
	h->to = to;
	h->len = len;
	memcpy(h->frame, frame, len);
	return true;
}

/* what is kept changes places with the sender's next datagram */
static void release_half(int to)
{
	struct held *h = &box.half[to];

	if (!h->used)
		return;
	send_frame(to, h->frame, h->len);
	h->used = false;
}

static void turn(int to, const uint8_t *frame, size_t len,
		 const struct contents *what)
{
	if (what->ccs && keep_half(to, frame, len))
		return;
	send_frame(to, frame, len);
	release_half(to);
}

static void pass_last_flight(const struct rule *rule, struct direction *dir,
			     int from, const uint8_t *frame, size_t len,
			     const struct contents *what, bool begins)
{
	struct sums *sums = &box.sums[from];

	if (begins) {
		dir->flights++;
		sums->flights++;
	}
	if (dir->flights <= rule->lose) {
		sums->lost += begins;
		return;
	}
	if (rule->late) {
		sums->late += begins;
		hold_frame(!from, frame, len, rule->late);
	} else if (rule->turn) {
		sums->turned += begins;
		turn(!from, frame, len, what);
	} else {
		send_frame(!from, frame, len);
		if (rule->twice) {
			sums->doubled += begins;
			send_frame(!from, frame, len);
		}
	}
}

/* Another record with a number that was there: what must never be. */
static void seed(struct flow *f, int from, uint8_t *frame,
		 struct wire_udp *udp)
{
	struct contents what = { 0 };

	if (!box.seed_at || box.sums[from].data != box.seed_at)
		return;
	box.seed_at = 0;
	udp->data[udp->len - 1] ^= 1;
	note_record(f, from, &what, (const void *)udp->data);
	send_frame(!from, frame, wire_udp_rewrite(frame, udp));
}

static void pass_records(int from, uint8_t *frame, size_t len,
			 struct wire_udp *udp)
{
	struct flow *f = flow_of(udp, from);
	const struct dtls_header *head;
	struct contents what = { 0 };
	size_t at = 0;
	bool client;

	if (!f)
		return;
	while ((head = wire_record(udp->data + at, udp->len - at))) {
		note_record(f, from, &what, head);
		if (box.verbose && head->type != DTLS_APPLICATION)
			fprintf(stderr, "%llu %c type %u epoch %u number %llu length %u%s\n",
				(unsigned long long)cyclic_now(), 'a' + from,
				head->type, wire_epoch(head),
				(unsigned long long)wire_number(head),
				wire_length(head), at ? " +" : "");
		at += sizeof(*head) + wire_length(head);
	}
	client = from == f->side;
	if (client && (what.last_of_client || what.ccs || what.finished))
		pass_last_flight(&box.client, &f->dir[from], from, frame, len,
				 &what, what.certificate);
	else if (!client && (what.ccs || what.finished))
		pass_last_flight(&box.server, &f->dir[from], from, frame, len,
				 &what, what.ccs);
	else
		send_frame(!from, frame, len);
	if (what.data) {
		release_half(!from);
		seed(f, from, frame, udp);
	}
}

static void pass(int from, uint8_t *frame, size_t len)
{
	struct wire_udp udp;
	struct io_cpf cpf;

	box.sums[from].frames++;
	if (!wire_udp_parse(&udp, frame, len)) {
		send_frame(!from, frame, len);
		return;
	}
	/* veth leaves checksums to a device that is not there */
	len = wire_udp_rewrite(frame, &udp);
	if (wire_record(udp.data, udp.len)) {
		pass_records(from, frame, len, &udp);
		return;
	}
	if (io_cpf_parse(&cpf, udp.data, udp.len))
		box.sums[from].clear_io++;
	else
		box.sums[from].other++;
	send_frame(!from, frame, len);
}

/* ---- Reports ---------------------------------------------------------------- */

static void report_side(const char *name, const struct sums *s)
{
	printf("\"%s\": {\"frames\": %lu, \"handshake\": %lu, \"data\": %lu, \"alerts\": %lu, ",
	       name, s->frames, s->handshake, s->data, s->alerts);
	printf("\"first_data\": %llu, \"clear_io\": %lu, \"other\": %lu, ",
	       (unsigned long long)s->first_data, s->clear_io, s->other);
	printf("\"same\": %lu, \"numbers_repeated\": %lu, \"nonces_repeated\": %lu, ",
	       s->same, s->numbers_repeated, s->nonces_repeated);
	printf("\"data_below\": %lu, \"handshake_above\": %lu, ",
	       s->data_below, s->handshake_above);
	printf("\"flights\": %lu, \"lost\": %lu, \"turned\": %lu, ",
	       s->flights, s->lost, s->turned);
	printf("\"doubled\": %lu, \"late\": %lu}", s->doubled, s->late);
}

static void report(void)
{
	const char *comma = "";
	unsigned int i, j;

	putchar('{');
	report_side("a", &box.sums[0]);
	fputs(", ", stdout);
	report_side("b", &box.sums[1]);
	printf(", \"missed\": %u, \"randoms\": [",
	       wire_missed(box.fd[0]) + wire_missed(box.fd[1]));
	for (i = 0; i < box.n_flows; i++) {
		if (!box.flows[i].dir[0].flights)
			continue;
		printf("%s\"", comma);
		comma = ", ";
		for (j = 0; j < sizeof(box.flows[i].random); j++)
			printf("%02x", box.flows[i].random[j]);
		putchar('"');
	}
	puts("]}");
	fflush(stdout);
}

static void open_side(int side, const char *interface)
{
	int one = 1;

	box.fd[side] = wire_open(interface);
	if (box.fd[side] < 0 ||
	    setsockopt(box.fd[side], SOL_PACKET, PACKET_IGNORE_OUTGOING, &one,
		       sizeof(one))) {
		fprintf(stderr, "box: %s: %s\n", interface, strerror(errno));
		exit(2);
	}
}

static void run(void)
{
	static uint8_t frame[WIRE_FRAME_MAX];
	struct pollfd pfd[2] = {
		{ .fd = box.fd[0], .events = POLLIN },
		{ .fd = box.fd[1], .events = POLLIN },
	};
	ssize_t len;
	int side;

	while (!stopped) {
		poll(pfd, 2, release_held());
		for (side = 0; side < 2; side++) {
			len = wire_receive(box.fd[side], frame);
			if (len > 0)
				pass(side, frame, (size_t)len);
		}
		if (asked) {
			asked = 0;
			report();
		}
	}
}

int main(int argc, char **argv)
{
	struct sigaction act = { .sa_handler = on_signal };
	const char *ready = NULL;
	FILE *file;
	int opt;

	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGUSR1, &act, NULL);
	while ((opt = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		switch (opt) {
		case 'l':
			box.server.lose = (unsigned int)atoi(optarg);
			break;
		case 'L':
			box.client.lose = (unsigned int)atoi(optarg);
			break;
		case 't':
			box.server.turn = true;
			break;
		case 'T':
			box.client.turn = true;
			break;
		case 'd':
			box.server.twice = true;
			break;
		case 'D':
			box.client.twice = true;
			break;
		case 'w':
			box.server.late = (unsigned int)atoi(optarg);
			break;
		case 'W':
			box.client.late = (unsigned int)atoi(optarg);
			break;
		case 's':
			box.seed_at = strtoul(optarg, NULL, 10);
			break;
		case 'r':
			ready = optarg;
			break;
		case 'v':
			box.verbose = true;
			break;
		default:
			fputs(usage, stderr);
			return 2;
		}
	}
	if (argc - optind != 2) {
		fputs(usage, stderr);
		return 2;
	}
	open_side(0, argv[optind]);
	open_side(1, argv[optind + 1]);
	file = ready ? fopen(ready, "w") : NULL;
	if (file)
		fclose(file);
	run();
	report();
	return EXIT_SUCCESS;
}
