// SPDX-License-Identifier: GPL-2.0-only
/*
 * What error replies to KEY_NEW quote, as a listener on an nlmon device sees them.
 * The client has not set NETLINK_CAP_ACK, so the kernel quotes the whole request.
 *
 * usage: echo NLMON-DEVICE
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include "objects.h"
#include "tap.h"

#define LOCAL_PORT	21000
#define PEER		"127.0.0.2"

static struct request req;
static struct tap tap;
static struct link quoted;
static int monitor;

static int monitor_open(const char *device)
{
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = if_nametoindex(device),
	};
	struct timeval patience = { .tv_sec = 10 };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));

	if (fd < 0 || !at.sll_ifindex || bind(fd, (void *)&at, sizeof(at)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)))
		err(1, "listening on %s", device);
	return fd;
}

/* The error reply to the request that was sent last; its length in @len */
static const struct nlmsgerr *overhear(const struct request *sent, size_t *len)
{
	static char frame[64 * 1024] __attribute__((aligned(NLMSG_ALIGNTO)));
	const struct nlmsghdr *want = (const void *)sent->buf;
	const struct nlmsghdr *nlh = (const void *)frame;
	const struct nlmsgerr *e = NLMSG_DATA(nlh);
	ssize_t got;

	for (;;) {
		got = recv(monitor, frame, sizeof(frame), 0);
		if (got < 0)
			err(1, "nothing to be heard");
		if (got < (ssize_t)NLMSG_LENGTH(sizeof(*e)) ||
		    nlh->nlmsg_type != NLMSG_ERROR || nlh->nlmsg_seq != want->nlmsg_seq ||
		    e->msg.nlmsg_type != want->nlmsg_type)
			continue;
		*len = got - NLMSG_HDRLEN;
		return e;
	}
}

/* What the quotation holds after the headers of the request: octets that are not 0 */
static size_t quoted_octets(const struct nlmsgerr *e, size_t len, size_t *quotation)
{
	const uint8_t *p = (const uint8_t *)(e + 1) + 4;
	size_t i, n = 0;

	*quotation = e->msg.nlmsg_len - NLMSG_HDRLEN - 4;
	if (len < sizeof(*e) + 4 + *quotation)
		*quotation = 0;
	for (i = 0; i < *quotation; i++)
		n += p[i] != 0;
	return n;
}

/* Ask on the quoting socket: the reply quotes the request, zeros instead of keys. */
static void quotes_zeros(const char *what, int want, const struct keys *keys)
{
	const struct nlmsgerr *e;
	struct answer answer;
	size_t len, quotation, octets;

	request_ask(&quoted, &req, &answer);
	e = overhear(&req, &len);
	octets = quoted_octets(e, len, &quotation);
	tap_check(&tap, answer.err == want && e->error == want, "%s: %s, wanted %s", what,
		  strerror(-answer.err), strerror(-want));
	tap_check(&tap, quotation > 40, "%s: only %zu bytes are quoted", what, quotation);
	tap_check(&tap, !octets, "%s: %zu octets of the request are quoted", what, octets);
	tap_check(&tap, !memmem(e, len, keys->tx.bytes, 16) && !memmem(e, len, keys->rx.bytes, 16),
		  "%s: the key is quoted", what);
}

static void spoil_last(void)
{
	struct nlmsghdr *nlh = request_header(&req);
	struct nlattr *last = (void *)(req.buf + nlh->nlmsg_len);

	request_put_u32(&req, 200, 1);
	last->nla_len = 64;
}

static void wrong_keys(int fd)
{
	struct answer answer;
	struct keys keys, used;
	struct link other;
	uint32_t assoc;

	assoc = assoc_new(&quoted, fd, &answer);
	keys_make(&keys, 4711, 0xc02c);
	keys_request(&quoted, &req, &keys);
	quotes_zeros("no association", -ENOENT, &keys);

	keys.assoc = assoc;
	keys.suite = 0x1301;
	keys_request(&quoted, &req, &keys);
	quotes_zeros("unknown suite", -EOPNOTSUPP, &keys);

	keys.suite = 0xc02c;
	keys.rx.enc_len--;
	keys_request(&quoted, &req, &keys);
	quotes_zeros("wrong length", -EINVAL, &keys);

	keys.rx.enc_len += 2;
	keys_request(&quoted, &req, &keys);
	quotes_zeros("longer than the parser allows", -ERANGE, &keys);

	keys.rx.enc_len--;
	keys_request(&quoted, &req, &keys);
	request_put_u32(&req, 200, 1);
	quotes_zeros("unknown attribute", -EINVAL, &keys);

	keys_request(&quoted, &req, &keys);
	spoil_last();
	quotes_zeros("broken attribute", -EINVAL, &keys);

	keys_request(&quoted, &req, &keys);
	request_put_u64(&req, CIPSEC_A_KEY_TX_START, 1);
	quotes_zeros("out of range", -ERANGE, &keys);

	link_open_quoting(&other);
	udp_connect(fd, PEER, LOCAL_PORT + 1);
	keys.assoc = assoc_new(&other, fd, &answer);
	keys_request(&quoted, &req, &keys);
	quotes_zeros("not the owner", -EPERM, &keys);

	keys.assoc = assoc;
	keys_request(&quoted, &req, &keys);
	request_ask(&quoted, &req, &answer);
	tap_check(&tap, !answer.err, "right keys: %s", strerror(-answer.err));
	used = keys;
	keys_make(&keys, assoc, 0xc02c);
	keys_request(&quoted, &req, &keys);
	quotes_zeros("second key", -EEXIST, &keys);

	udp_connect(fd, PEER, LOCAL_PORT + 2);
	used.assoc = assoc_new(&quoted, fd, &answer);
	keys_request(&quoted, &req, &used);
	quotes_zeros("same key again", -EKEYREJECTED, &used);
	link_close(&other);
	tap_result(&tap, "error_reply_quotes_no_key_to_a_client_that_asks_for_quotations");
}

/* Control: of any other request the reply quotes everything. */
static void record_is_quoted(void)
{
	const struct nlmsgerr *e;
	struct answer answer;
	struct keys keys;
	size_t len, quotation;

	keys_make(&keys, 0, 0xc02c);
	record_request(&quoted, &req, 4711, 23, keys.tx.bytes, sizeof(keys.tx.bytes));
	request_ask(&quoted, &req, &answer);
	e = overhear(&req, &len);
	tap_check(&tap, answer.err == -ENOENT, "%s", strerror(-answer.err));
	tap_check(&tap, quoted_octets(e, len, &quotation) > 60, "not quoted");
	tap_check(&tap, memmem(e, len, keys.tx.bytes, sizeof(keys.tx.bytes)), "not found");
	tap_result(&tap, "scanner_finds_what_the_error_reply_to_another_request_quotes");
}

int main(int argc, char **argv)
{
	if (argc != 2)
		errx(2, "usage: echo NLMON-DEVICE");
	monitor = monitor_open(argv[1]);
	link_open_quoting(&quoted);
	wrong_keys(udp_socket(PEER, LOCAL_PORT, LOCAL_PORT));
	record_is_quoted();
	return tap.failed != 0;
}
