// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plain UDP program that sends a few datagrams, or says which ones arrived.
 *
 * The data of an I/O datagram begin with a text that is easily found on a wire, and
 * follow from its connection id, its sequence number and the sender's tag: what
 * arrives is intact or it is not.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MARK		"CIPSEC-PROCESS-DATA."
#define DATA_MIN	(sizeof(MARK) - 1 + 1)
#define DATA_MAX	8192
#define FLOWS_MAX	32
#define SEQUENCE_MAX	4096

static const char usage[] =
	"usage: probe send --to ADDR:PORT [OPTION]...\n"
	"       probe receive --on ADDR:PORT [OPTION]...\n"
	"\n"
	"send:\n"
	"  --from ADDR:PORT  where from (any)\n"
	"  --kind KIND       io, a CPF I/O datagram (the default); class0, one with an\n"
	"                    unsequenced address; ucmm, item 0x8003 in clear;\n"
	"                    list, ListIdentity; handshake, a DTLS record of type 22;\n"
	"                    data, one of type 23 in epoch 1; text, none of these\n"
	"  --id HEX          connection id (1)\n"
	"  --tag N           0..255, who sends (0)\n"
	"  --count N         datagrams (4)\n"
	"  --first N         sequence number of the first (1)\n"
	"  --gap MS          between two of them (5)\n"
	"  --size N          bytes of I/O data (64)\n"
	"  --tos N           type of service\n"
	"  --df              never fragment (IP_PMTUDISC_DO)\n"
	"  --no-checksum     SO_NO_CHECK\n"
	"  --device NAME     SO_BINDTODEVICE\n"
	"  prints {\"sent\":N,\"refused\":N,\"error\":\"NAME\"}\n"
	"\n"
	"receive:\n"
	"  --count N         stop when as many came (4)\n"
	"  --wait SECONDS    or after this time (2), or at SIGTERM\n"
	"  --ready FILE      made when the socket is bound\n"
	"  --device NAME     SO_BINDTODEVICE\n"
	"  prints a line for each source, connection id and tag:\n"
	"    {\"from\":\"ADDR:PORT\",\"id\":\"HEX\",\"tag\":N,\"intact\":N,\"duplicate\":N,\"tos\":N}\n"
	"  and last {\"received\":N,\"intact\":N,\"duplicate\":N,\"reordered\":N,\"other\":N}\n"
	"\n"
	"Exit status: 0 it was done, whatever came of it; 2 wrong usage or no socket.\n";

/* Common Packet Format, little-endian: two items, an address and data */
struct io_head {
	uint16_t items;
	uint16_t addr_type;
	uint16_t addr_len;
	uint32_t id;
	uint32_t sequence;
	uint16_t data_type;
	uint16_t data_len;
} __attribute__((packed));

struct io_head0 {
	uint16_t items;
	uint16_t addr_type;
	uint16_t addr_len;
	uint32_t id;
	uint16_t data_type;
	uint16_t data_len;
} __attribute__((packed));

_Static_assert(sizeof(struct io_head) == 18, "CIP volume 2, 2-6");
_Static_assert(sizeof(struct io_head0) == 14, "CIP volume 2, 2-6");

/**
 * struct plan - the command line
 * @kind: of datagrams to be sent
 * @here, @there: own endpoint and the peer's
 * @id: connection id
 * @tag: who sends
 * @count: datagrams
 * @first: sequence number of the first
 * @gap: milliseconds between two
 * @size: bytes of I/O data
 * @tos: type of service, negative for the default
 * @wait: seconds to receive
 * @df: forbid fragments
 * @no_checksum: send none
 * @device: bind to it
 * @ready: file to be made
 */
struct plan {
	const char *kind;
	struct sockaddr_in here;
	struct sockaddr_in there;
	uint32_t id;
	uint8_t tag;
	unsigned int count;
	unsigned int first;
	unsigned int gap;
	size_t size;
	int tos;
	double wait;
	bool df;
	bool no_checksum;
	const char *device;
	const char *ready;
};

/**
 * struct flow - what came from one source with one id and one tag
 * @seen: sequence numbers
 */
struct flow {
	struct sockaddr_in from;
	uint32_t id;
	uint8_t tag;
	unsigned int intact;
	unsigned int duplicate;
	uint32_t last;
	int tos;
	bool seen[SEQUENCE_MAX];
};

static volatile sig_atomic_t stopped;

static void stop(int sig)
{
	(void)sig;
	stopped = 1;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void die(const char *what)
{
	fprintf(stderr, "probe: %s: %s\n", what, strerror(errno));
	exit(2);
}

/* ---- Datagrams ----------------------------------------------------------- */

static void fill_data(uint8_t *data, size_t len, uint32_t id, uint32_t sequence,
		      uint8_t tag)
{
	size_t i;

	memcpy(data, MARK, DATA_MIN - 1);
	data[DATA_MIN - 1] = tag;
	for (i = DATA_MIN; i < len; i++)
		data[i] = (uint8_t)(id * 31 + sequence * 7 + tag * 3 + i);
}

static size_t make_io(const struct plan *plan, uint32_t sequence, uint8_t *buf)
{
	struct io_head head = {
		.items = htole16(2),
		.addr_type = htole16(0x8002),
		.addr_len = htole16(8),
		.id = htole32(plan->id),
		.sequence = htole32(sequence),
		.data_type = htole16(0x00b1),
		.data_len = htole16(plan->size),
	};

	memcpy(buf, &head, sizeof(head));
	fill_data(buf + sizeof(head), plan->size, plan->id, sequence, plan->tag);
	return sizeof(head) + plan->size;
}

static size_t make_class0(const struct plan *plan, uint32_t sequence, uint8_t *buf)
{
	struct io_head0 head = {
		.items = htole16(2),
		.addr_type = htole16(0x00a1),
		.addr_len = htole16(4),
		.id = htole32(plan->id),
		.data_type = htole16(0x00b1),
		.data_len = htole16(plan->size),
	};

	(void)sequence;
	memcpy(buf, &head, sizeof(head));
	fill_data(buf + sizeof(head), plan->size, plan->id, 0, plan->tag);
	return sizeof(head) + plan->size;
}

static size_t make_ucmm(const struct plan *plan, uint32_t sequence, uint8_t *buf)
{
	static const uint8_t head[] = { 1, 0, 0x03, 0x80, DATA_MIN, 0 };

	memcpy(buf, head, sizeof(head));
	fill_data(buf + sizeof(head), DATA_MIN, plan->id, sequence, plan->tag);
	return sizeof(head) + DATA_MIN;
}

/* An encapsulation header and nothing else: command 0x0063 */
static size_t make_list(const struct plan *plan, uint32_t sequence, uint8_t *buf)
{
	(void)plan;
	(void)sequence;
	memset(buf, 0, 24);
	buf[0] = 0x63;
	return 24;
}

static size_t make_record(const struct plan *plan, uint32_t sequence, uint8_t *buf,
			  uint8_t type, uint8_t epoch)
{
	uint8_t head[13] = { type, 0xfe, 0xfd, 0, epoch };
	uint32_t number = htobe32(sequence);
	uint16_t len = htobe16(plan->size);

	memcpy(head + 7, &number, sizeof(number));
	memcpy(head + 11, &len, sizeof(len));
	memcpy(buf, head, sizeof(head));
	memset(buf + sizeof(head), 0x55, plan->size);
	return sizeof(head) + plan->size;
}

static size_t make_handshake(const struct plan *plan, uint32_t sequence, uint8_t *buf)
{
	return make_record(plan, sequence, buf, 22, 0);
}

static size_t make_application(const struct plan *plan, uint32_t sequence, uint8_t *buf)
{
	return make_record(plan, sequence, buf, 23, 1);
}

static size_t make_text(const struct plan *plan, uint32_t sequence, uint8_t *buf)
{
	memset(buf, 'x', plan->size);
	fill_data(buf, DATA_MIN, plan->id, sequence, plan->tag);
	return plan->size;
}

static const struct {
	const char *name;
	size_t (*make)(const struct plan *plan, uint32_t sequence, uint8_t *buf);
} kinds[] = {
	{ "io", make_io },
	{ "class0", make_class0 },
	{ "ucmm", make_ucmm },
	{ "list", make_list },
	{ "handshake", make_handshake },
	{ "data", make_application },
	{ "text", make_text },
};

/* ---- Sending ------------------------------------------------------------- */

static int open_socket(const struct plan *plan)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), yes = 1;
	int size = 4 << 20, df = IP_PMTUDISC_DO;

	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	setsockopt(fd, IPPROTO_IP, IP_RECVTOS, &yes, sizeof(yes));
	if (plan->device &&
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, plan->device,
		       strlen(plan->device)))
		die(plan->device);
	if (plan->tos >= 0)
		setsockopt(fd, IPPROTO_IP, IP_TOS, &plan->tos, sizeof(plan->tos));
	if (plan->df)
		setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &df, sizeof(df));
	if (plan->no_checksum)
		setsockopt(fd, SOL_SOCKET, SO_NO_CHECK, &yes, sizeof(yes));
	if (bind(fd, (const void *)&plan->here, sizeof(plan->here)))
		die("bind");
	return fd;
}

static int probe_send(const struct plan *plan)
{
	unsigned int i, kind, sent = 0, refused = 0;
	uint8_t buf[DATA_MAX + sizeof(struct io_head)];
	int fd = open_socket(plan), err = 0;
	size_t len;

	for (kind = 0; kind < sizeof(kinds) / sizeof(kinds[0]); kind++)
		if (!strcmp(kinds[kind].name, plan->kind))
			break;
	if (kind == sizeof(kinds) / sizeof(kinds[0])) {
		fprintf(stderr, "probe: %s: no such kind\n", plan->kind);
		return 2;
	}
	for (i = 0; i < plan->count; i++) {
		len = kinds[kind].make(plan, plan->first + i, buf);
		if (sendto(fd, buf, len, 0, (const void *)&plan->there,
			   sizeof(plan->there)) < 0) {
			err = errno;
			refused++;
		} else {
			sent++;
		}
		if (plan->gap && i + 1 < plan->count)
			usleep(plan->gap * 1000);
	}
	printf("{\"sent\":%u,\"refused\":%u,\"error\":\"%s\"}\n", sent, refused,
	       err ? strerrorname_np(err) : "");
	return 0;
}

/* ---- Receiving ----------------------------------------------------------- */

static struct flow flows[FLOWS_MAX];
static unsigned int n_flows, received, other, reordered;

static struct flow *flow_of(const struct sockaddr_in *from, uint32_t id, uint8_t tag)
{
	struct flow *flow;
	unsigned int i;

	for (i = 0; i < n_flows; i++)
		if (!memcmp(&flows[i].from, from, sizeof(*from)) &&
		    flows[i].id == id && flows[i].tag == tag)
			return &flows[i];
	if (n_flows == FLOWS_MAX)
		return NULL;
	flow = &flows[n_flows++];
	flow->from = *from;
	flow->id = id;
	flow->tag = tag;
	return flow;
}

/* Return: where the data begin, or 0 when this is not I/O of another probe. */
static size_t parse_io(const uint8_t *buf, size_t len, uint32_t *id, uint32_t *sequence)
{
	const struct io_head *head = (const void *)buf;
	const struct io_head0 *head0 = (const void *)buf;

	if (len >= sizeof(*head) + DATA_MIN && le16toh(head->items) == 2 &&
	    le16toh(head->addr_type) == 0x8002 && le16toh(head->addr_len) == 8 &&
	    le16toh(head->data_type) == 0x00b1 &&
	    le16toh(head->data_len) == len - sizeof(*head)) {
		*id = le32toh(head->id);
		*sequence = le32toh(head->sequence);
		return sizeof(*head);
	}
	if (len >= sizeof(*head0) + DATA_MIN && le16toh(head0->items) == 2 &&
	    le16toh(head0->addr_type) == 0x00a1 && le16toh(head0->addr_len) == 4 &&
	    le16toh(head0->data_type) == 0x00b1 &&
	    le16toh(head0->data_len) == len - sizeof(*head0)) {
		*id = le32toh(head0->id);
		*sequence = 0;
		return sizeof(*head0);
	}
	return 0;
}

static void judge(const struct sockaddr_in *from, const uint8_t *buf, size_t len, int tos)
{
	static uint8_t want[DATA_MAX + 65536];
	uint32_t id, sequence;
	struct flow *flow;
	uint8_t tag;
	size_t off;

	received++;
	off = parse_io(buf, len, &id, &sequence);
	if (!off || sequence >= SEQUENCE_MAX) {
		other++;
		return;
	}
	tag = buf[off + DATA_MIN - 1];
	fill_data(want, len - off, id, sequence, tag);
	flow = memcmp(want, buf + off, len - off) ? NULL : flow_of(from, id, tag);
	if (!flow) {
		other++;
		return;
	}
	flow->tos = tos;
	/* Unsequenced ones are all alike. */
	if (sequence && flow->seen[sequence]) {
		flow->duplicate++;
		return;
	}
	flow->seen[sequence] = true;
	flow->intact++;
	reordered += sequence < flow->last;
	flow->last = sequence;
}

static void receive_one(int fd)
{
	struct sockaddr_in from = { };
	char control[CMSG_SPACE(64)];
	static uint8_t buf[65536];
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr msg = {
		.msg_name = &from, .msg_namelen = sizeof(from),
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *c;
	int tos = -1;
	ssize_t len;

	len = recvmsg(fd, &msg, MSG_DONTWAIT);
	if (len < 0)
		return;
	for (c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c))
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS)
			tos = *CMSG_DATA(c);
	judge(&from, buf, (size_t)len, tos);
}

static int probe_receive(const struct plan *plan)
{
	unsigned int i, intact = 0, duplicate = 0;
	struct pollfd pfd = { .events = POLLIN };
	struct sigaction action = { .sa_handler = stop };
	char addr[INET_ADDRSTRLEN];
	double end;
	FILE *f;

	sigaction(SIGTERM, &action, NULL);
	pfd.fd = open_socket(plan);
	if (plan->ready) {
		f = fopen(plan->ready, "w");
		if (!f)
			die(plan->ready);
		fclose(f);
	}
	end = now() + plan->wait;
	while (!stopped && received < plan->count && now() < end)
		if (poll(&pfd, 1, (int)((end - now()) * 1000) + 1) > 0)
			receive_one(pfd.fd);

	for (i = 0; i < n_flows; i++) {
		inet_ntop(AF_INET, &flows[i].from.sin_addr, addr, sizeof(addr));
		printf("{\"from\":\"%s:%u\",\"id\":\"%x\",\"tag\":%u,\"intact\":%u,"
		       "\"duplicate\":%u,\"tos\":%d}\n", addr,
		       ntohs(flows[i].from.sin_port), flows[i].id, flows[i].tag,
		       flows[i].intact, flows[i].duplicate, flows[i].tos);
		intact += flows[i].intact;
		duplicate += flows[i].duplicate;
	}
	printf("{\"received\":%u,\"intact\":%u,\"duplicate\":%u,\"reordered\":%u,"
	       "\"other\":%u}\n", received, intact, duplicate, reordered, other);
	return 0;
}

/* ---- The command line ------------------------------------------------------ */

static void parse_endpoint(struct sockaddr_in *sin, const char *text)
{
	char host[INET_ADDRSTRLEN] = "0.0.0.0";
	const char *colon = strchr(text, ':');

	sin->sin_family = AF_INET;
	if (!colon || (size_t)(colon - text) >= sizeof(host)) {
		fprintf(stderr, "probe: %s: not ADDR:PORT\n", text);
		exit(2);
	}
	snprintf(host, sizeof(host), "%.*s", (int)(colon - text), text);
	sin->sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
	if (inet_pton(AF_INET, host, &sin->sin_addr) != 1) {
		fprintf(stderr, "probe: %s: not ADDR:PORT\n", text);
		exit(2);
	}
}

enum option_code {
	TO = 1, FROM, KIND, ID, TAG, COUNT, FIRST, GAP, SIZE, TOS, DF, NO_CHECKSUM,
	DEVICE, WAIT, READY,
};

static const struct option options[] = {
	{ "to", required_argument, NULL, TO },
	{ "on", required_argument, NULL, FROM },
	{ "from", required_argument, NULL, FROM },
	{ "kind", required_argument, NULL, KIND },
	{ "id", required_argument, NULL, ID },
	{ "tag", required_argument, NULL, TAG },
	{ "count", required_argument, NULL, COUNT },
	{ "first", required_argument, NULL, FIRST },
	{ "gap", required_argument, NULL, GAP },
	{ "size", required_argument, NULL, SIZE },
	{ "tos", required_argument, NULL, TOS },
	{ "df", no_argument, NULL, DF },
	{ "no-checksum", no_argument, NULL, NO_CHECKSUM },
	{ "device", required_argument, NULL, DEVICE },
	{ "wait", required_argument, NULL, WAIT },
	{ "ready", required_argument, NULL, READY },
	{ }
};

static void parse_option(struct plan *plan, int code)
{
	unsigned long number = optarg ? strtoul(optarg, NULL, code == ID ? 16 : 0) : 0;

	switch (code) {
	case TO:
		parse_endpoint(&plan->there, optarg);
		break;
	case FROM:
		parse_endpoint(&plan->here, optarg);
		break;
	case KIND:
		plan->kind = optarg;
		break;
	case ID:
		plan->id = (uint32_t)number;
		break;
	case TAG:
		plan->tag = (uint8_t)number;
		break;
	case COUNT:
		plan->count = (unsigned int)number;
		break;
	case FIRST:
		plan->first = (unsigned int)number;
		break;
	case GAP:
		plan->gap = (unsigned int)number;
		break;
	case SIZE:
		plan->size = number;
		break;
	case TOS:
		plan->tos = (int)number;
		break;
	case DF:
		plan->df = true;
		break;
	case NO_CHECKSUM:
		plan->no_checksum = true;
		break;
	case DEVICE:
		plan->device = optarg;
		break;
	case WAIT:
		plan->wait = strtod(optarg, NULL);
		break;
	case READY:
		plan->ready = optarg;
		break;
	default:
		fputs(usage, stderr);
		exit(2);
	}
}

int main(int argc, char **argv)
{
	struct plan plan = {
		.kind = "io",
		.here.sin_family = AF_INET,
		.id = 1, .count = 4, .first = 1, .gap = 5, .size = 64, .tos = -1,
		.wait = 2,
	};
	int code;

	while ((code = getopt_long(argc, argv, "", options, NULL)) != -1)
		parse_option(&plan, code);
	if (plan.size < DATA_MIN || plan.size > DATA_MAX) {
		fputs("probe: --size out of range\n", stderr);
		return 2;
	}
	if (optind + 1 == argc && !strcmp(argv[optind], "send") &&
	    plan.there.sin_port)
		return probe_send(&plan);
	if (optind + 1 == argc && !strcmp(argv[optind], "receive") &&
	    plan.here.sin_port)
		return probe_receive(&plan);
	fputs(usage, stderr);
	return 2;
}
