// SPDX-License-Identifier: GPL-2.0-only
/*
 * What somebody on the wire sees: DTLS records by type and epoch, process data in
 * clear (by structure and by content), nonces that repeat.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "capture.h"
#include "wire.h"

#define FRAGMENT	8
#define EPOCHS		8
#define BUCKETS		4096

/**
 * struct nonce - a record number seen under keys, and what it protected
 * @saddr: with @daddr, @sport, @dport the direction of the association
 * @explicit_nonce: first bytes of the record, the nonce's explicit part in GCM
 * @hash: of the record's bytes
 */
struct nonce {
	struct nonce *next;
	uint32_t saddr;
	uint32_t daddr;
	uint16_t sport;
	uint16_t dport;
	unsigned int epoch;
	uint64_t number;
	uint64_t explicit_nonce;
	uint64_t hash;
};

/**
 * struct ear - what was heard
 * @fragments: known pieces of process data, sorted
 * @clear_structure: datagrams that are CPF I/O in clear
 * @clear_content: frames that have a known piece of process data in them
 * @records: by content type (from 20) and epoch
 * @multi: protected records that share a datagram with another
 * @numbers_repeated: record numbers seen twice in a direction and epoch
 * @nonces_repeated: explicit nonces seen twice in a direction and epoch
 * @nonces_reused: of all these, with another content: two-time pads
 */
struct ear {
	uint64_t *fragments;
	size_t fragment_count;
	size_t frames;
	size_t udp;
	size_t other_udp;
	size_t clear_structure;
	size_t clear_content;
	size_t records[4][EPOCHS];
	size_t multi;
	size_t numbers_repeated;
	size_t nonces_repeated;
	size_t nonces_reused;
	struct nonce *by_number[BUCKETS];
	struct nonce *by_nonce[BUCKETS];
	bool no_explicit;
	FILE *pcap;
};

static volatile sig_atomic_t stopped;

static void stop(int sig)
{
	(void)sig;
	stopped = 1;
}

static const struct option options[] = {
	{ "interface",	required_argument, NULL, 'i' },
	{ "capture",	required_argument, NULL, 'c' },
	{ "seconds",	required_argument, NULL, 's' },
	{ "write",	required_argument, NULL, 'w' },
	{ "no-explicit-nonce", no_argument, NULL, 'n' },
	{ "ready",	required_argument, NULL, 'r' },
	{ "help",	no_argument,	   NULL, 'h' },
	{ }
};

static void usage(void)
{
	fputs("usage: eavesdrop --interface NAME [OPTION]...\n\n"
	      "Watch an interface until SIGTERM or SIGINT, and say what was there to be seen.\n\n"
	      "  --interface NAME     what to watch, both directions\n"
	      "  --capture FILE       pcap whose process data to look for, in every byte of\n"
	      "                       every frame; may be repeated\n"
	      "  --seconds N          stop by itself\n"
	      "  --write FILE         keep what was seen, as pcap\n"
	      "  --ready FILE         made when the watch has begun\n"
	      "  --no-explicit-nonce  the records' suite has none (CBC, NULL, ChaCha20)\n"
	      "  --help               this\n\n"
	      "Prints one line of JSON:\n"
	      "  frames udp missed    seen; of those UDP; not seen for want of memory\n"
	      "  clear_io             datagrams that are CPF I/O in clear, by their structure\n"
	      "  clear_data           frames with a known piece of process data in them (needs\n"
	      "                       --capture)\n"
	      "  other_udp            UDP datagrams that are neither CPF I/O nor DTLS records\n"
	      "  protected            application data records under keys\n"
	      "  records              by type and epoch, as \"handshake/0\"\n"
	      "  multi                records under keys that are not alone in their datagram\n"
	      "  numbers_repeated     record numbers seen again in a direction and epoch\n"
	      "  nonces_repeated      the same for explicit nonces; a replay moves both\n"
	      "  nonces_reused        of those, with other content: must never be\n\n"
	      "On unprotected traffic clear_io and clear_data count it: the control.\n"
	      "Exit status: 0, or 2 when it cannot watch.\n", stdout);
}

static int compare_fragments(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/*
 * Would a piece be found elsewhere only by an accident that does not happen? Zeros
 * are everywhere.
 */
static bool is_telling(const uint8_t piece[FRAGMENT])
{
	int zeros = 0, i;

	for (i = 0; i < FRAGMENT; i++)
		zeros += !piece[i];
	return zeros <= 2;
}

/*
 * The pieces lie at multiples of their size, and are looked for at every place:
 * 15 bytes of process data in a row cannot be missed.
 */
static int add_fragments(struct ear *ear, const char *name)
{
	struct io_capture cap;
	int err, dir;
	size_t i;

	err = io_capture_read(&cap, name);
	for (dir = O2T; !err && dir <= T2O; dir++) {
		const struct io_flow *flow = &cap.flow[dir];

		for (i = 0; i < flow->count; i++) {
			struct io_cpf cpf;
			uint64_t *more;
			size_t off;

			io_cpf_parse(&cpf, flow->datagrams[i].data,
				     flow->datagrams[i].len);
			more = reallocarray(ear->fragments,
					    ear->fragment_count +
					    cpf.len / FRAGMENT, sizeof(*more));
			if (!more) {
				err = -ENOMEM;
				break;
			}

			ear->fragments = more;
			for (off = 0; off + FRAGMENT <= cpf.len;
			     off += FRAGMENT) {
				if (!is_telling(cpf.data + off))
					continue;
				memcpy(&more[ear->fragment_count++],
				       cpf.data + off, FRAGMENT);
			}
		}
	}
	io_capture_free(&cap);

	if (ear->fragment_count)
		qsort(ear->fragments, ear->fragment_count,
		      sizeof(*ear->fragments), compare_fragments);
	return err;
}

static bool has_fragment(const struct ear *ear, const uint8_t *data, size_t len)
{
	uint64_t piece;
	size_t off;

	if (!ear->fragment_count)
		return false;

	for (off = 0; off + FRAGMENT <= len; off++) {
		memcpy(&piece, data + off, FRAGMENT);
		if (bsearch(&piece, ear->fragments, ear->fragment_count,
			    sizeof(piece), compare_fragments))
			return true;
	}
	return false;
}

static uint64_t hash_bytes(const void *data, size_t len)
{
	uint64_t hash = 0xcbf29ce484222325;
	const uint8_t *p = data;

	while (len--)
		hash = (hash ^ *p++) * 0x100000001b3;
	return hash;
}

static bool same_direction(const struct nonce *a, const struct nonce *b)
{
	return a->saddr == b->saddr && a->daddr == b->daddr &&
	       a->sport == b->sport && a->dport == b->dport &&
	       a->epoch == b->epoch;
}

/* Was this value seen in this direction before? Tell, and remember it. */
static bool repeats(struct nonce **buckets, const struct nonce *nonce,
		    uint64_t value, bool *reused, bool by_number)
{
	struct nonce **bucket = &buckets[hash_bytes(&value, 8) % BUCKETS];
	bool found = false;
	struct nonce *n;

	for (n = *bucket; n; n = n->next) {
		if ((by_number ? n->number : n->explicit_nonce) == value &&
		    same_direction(n, nonce)) {
			found = true;
			if (n->hash != nonce->hash)
				*reused = true;
		}
	}

	n = malloc(sizeof(*n));
	if (!n) {
		perror("eavesdrop");
		exit(2);
	}
	*n = *nonce;
	n->next = *bucket;
	*bucket = n;
	return found;
}

static void hear_nonce(struct ear *ear, const struct wire_udp *udp,
		       const struct dtls_header *head)
{
	size_t len = sizeof(*head) + wire_length(head);
	struct nonce nonce = {
		.saddr = udp->saddr, .daddr = udp->daddr,
		.sport = udp->sport, .dport = udp->dport,
		.epoch = wire_epoch(head), .number = wire_number(head),
		.hash = hash_bytes(head, len),
	};
	bool reused = false;

	if (repeats(ear->by_number, &nonce, nonce.number, &reused, true))
		ear->numbers_repeated++;

	if (!ear->no_explicit && wire_length(head) >= 8) {
		memcpy(&nonce.explicit_nonce, head + 1, 8);
		if (repeats(ear->by_nonce, &nonce, nonce.explicit_nonce,
			    &reused, false))
			ear->nonces_repeated++;
	}
	ear->nonces_reused += reused;
}

static void hear_udp(struct ear *ear, const struct wire_udp *udp)
{
	const struct dtls_header *head;
	unsigned int records = 0, keyed = 0;
	struct io_cpf cpf;
	size_t off = 0;

	ear->udp++;
	if (io_cpf_parse(&cpf, udp->data, udp->len)) {
		ear->clear_structure++;
		return;
	}

	while ((head = wire_record(udp->data + off, udp->len - off))) {
		unsigned int epoch = wire_epoch(head);

		ear->records[head->type - DTLS_CHANGE_CIPHER_SPEC]
			    [epoch < EPOCHS ? epoch : EPOCHS - 1]++;
		records++;
		if (epoch) {
			keyed++;
			hear_nonce(ear, udp, head);
		}
		off += sizeof(*head) + wire_length(head);
	}

	if (off != udp->len || !records)
		ear->other_udp++;
	/* The last flight of a handshake may put its Finished behind others. */
	if (records > 1 && keyed && udp->data[0] == DTLS_APPLICATION)
		ear->multi++;
}

static void keep_frame(struct ear *ear, const uint8_t *frame, size_t len)
{
	struct timespec ts;
	uint32_t head[4];

	clock_gettime(CLOCK_REALTIME, &ts);
	head[0] = (uint32_t)ts.tv_sec;
	head[1] = (uint32_t)(ts.tv_nsec / 1000);
	head[2] = (uint32_t)len;
	head[3] = (uint32_t)len;
	fwrite(head, sizeof(head), 1, ear->pcap);
	fwrite(frame, len, 1, ear->pcap);
}

static void hear_frame(struct ear *ear, uint8_t *frame, size_t len)
{
	struct wire_udp udp;

	ear->frames++;
	if (ear->pcap)
		keep_frame(ear, frame, len);
	if (has_fragment(ear, frame, len))
		ear->clear_content++;
	if (wire_udp_parse(&udp, frame, len))
		hear_udp(ear, &udp);
}

static void report(const struct ear *ear, unsigned int missed)
{
	static const char *const types[] = {
		"change_cipher_spec", "alert", "handshake", "application",
	};
	const char *comma = "";
	size_t protected = 0;
	int type, epoch;

	for (epoch = 1; epoch < EPOCHS; epoch++)
		protected += ear->records[3][epoch];

	printf("{\"program\": \"eavesdrop\", \"frames\": %zu, \"udp\": %zu, "
	       "\"missed\": %u, \"clear_io\": %zu, \"clear_data\": %zu, "
	       "\"other_udp\": %zu, \"protected\": %zu, \"multi\": %zu, "
	       "\"numbers_repeated\": %zu, \"nonces_repeated\": %zu, "
	       "\"nonces_reused\": %zu, \"records\": {",
	       ear->frames, ear->udp, missed, ear->clear_structure,
	       ear->clear_content, ear->other_udp, protected, ear->multi,
	       ear->numbers_repeated, ear->nonces_repeated, ear->nonces_reused);

	for (type = 0; type < 4; type++) {
		for (epoch = 0; epoch < EPOCHS; epoch++) {
			if (!ear->records[type][epoch])
				continue;
			printf("%s\"%s/%d\": %zu", comma, types[type], epoch,
			       ear->records[type][epoch]);
			comma = ", ";
		}
	}
	printf("}}\n");
}

static FILE *open_pcap(const char *name)
{
	const uint32_t head[6] = { 0xa1b2c3d4, 4 << 16 | 2, 0, 0, 65535, 1 };
	FILE *file = fopen(name, "wbe");

	if (file)
		fwrite(head, sizeof(head), 1, file);
	return file;
}

static void listen_until_stopped(struct ear *ear, int fd, int seconds)
{
	static uint8_t frame[WIRE_FRAME_MAX];
	struct sigaction action = { .sa_handler = stop };
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	struct timespec tick = { .tv_nsec = 200000000 };
	time_t end = time(NULL) + seconds;
	sigset_t block, normal;
	ssize_t len;

	sigemptyset(&block);
	sigaddset(&block, SIGTERM);
	sigaddset(&block, SIGINT);
	sigprocmask(SIG_BLOCK, &block, &normal);
	sigdelset(&normal, SIGTERM);
	sigdelset(&normal, SIGINT);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);

	do {
		ppoll(&pfd, 1, &tick, &normal);
		while ((len = wire_receive(fd, frame)) > 0)
			hear_frame(ear, frame, (size_t)len);
	} while (!stopped && (!seconds || time(NULL) < end));
}

int main(int argc, char **argv)
{
	const char *interface = NULL, *ready = NULL;
	int opt, fd, err, seconds = 0;
	static struct ear ear;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 'i':
			interface = optarg;
			break;
		case 'c':
			err = add_fragments(&ear, optarg);
			if (err) {
				fprintf(stderr, "eavesdrop: %s: %s\n", optarg,
					strerror(-err));
				return 2;
			}
			break;
		case 's':
			seconds = (int)strtol(optarg, NULL, 10);
			break;
		case 'w':
			ear.pcap = open_pcap(optarg);
			if (!ear.pcap) {
				perror(optarg);
				return 2;
			}
			break;
		case 'n':
			ear.no_explicit = true;
			break;
		case 'r':
			ready = optarg;
			break;
		case 'h':
			usage();
			return 0;
		default:
			return 2;
		}
	}

	if (!interface || optind != argc) {
		fputs("eavesdrop: --interface is needed; see --help\n", stderr);
		return 2;
	}

	fd = wire_open(interface);
	if (fd < 0) {
		fprintf(stderr, "eavesdrop: %s: %s\n", interface,
			strerror(-fd));
		return 2;
	}

	if (ready) {
		FILE *file = fopen(ready, "we");

		if (!file) {
			perror(ready);
			return 2;
		}
		fclose(file);
	}

	listen_until_stopped(&ear, fd, seconds);
	report(&ear, wire_missed(fd));
	if (ear.pcap && fclose(ear.pcap)) {
		perror("eavesdrop: --write");
		return 2;
	}
	close(fd);
	return 0;
}
