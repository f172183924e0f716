// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests and answers. What goes wrong on the way to the kernel ends the program:
 * a test that could not ask has not passed.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/genetlink.h>

#include "request.h"

#define RECEIVE_SIZE	(64 * 1024)

/* ---- Attributes ---------------------------------------------------------- */

const struct nlattr *attr_find(const struct nlattr *attrs, size_t len, uint16_t type)
{
	const struct nlattr *a = attrs;

	while (len >= sizeof(*a) && a->nla_len >= sizeof(*a) && a->nla_len <= len) {
		if ((a->nla_type & NLA_TYPE_MASK) == type)
			return a;
		if ((size_t)NLA_ALIGN(a->nla_len) >= len)
			break;
		len -= NLA_ALIGN(a->nla_len);
		a = (const void *)((const char *)a + NLA_ALIGN(a->nla_len));
	}
	return NULL;
}

uint32_t attr_u32(const struct nlattr *attr)
{
	uint32_t v = 0;

	if (attr && attr->nla_len >= NLA_HDRLEN + sizeof(v))
		memcpy(&v, (const char *)attr + NLA_HDRLEN, sizeof(v));
	return v;
}

/* ---- Requests ------------------------------------------------------------ */

struct nlmsghdr *request_header(struct request *req)
{
	return (struct nlmsghdr *)req->buf;
}

static void begin(struct request *req, struct link *link, uint16_t type, uint8_t cmd)
{
	struct nlmsghdr *nlh = request_header(req);
	struct genlmsghdr *genl = NLMSG_DATA(nlh);

	memset(req->buf, 0, NLMSG_LENGTH(sizeof(*genl)));
	nlh->nlmsg_len = NLMSG_LENGTH(sizeof(*genl));
	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	nlh->nlmsg_seq = ++link->seq;
	genl->cmd = cmd;
	genl->version = CIPSEC_FAMILY_VERSION;
}

void request_begin(struct request *req, struct link *link, uint8_t cmd)
{
	begin(req, link, link->family, cmd);
}

void request_put(struct request *req, uint16_t type, const void *data, size_t len)
{
	struct nlmsghdr *nlh = request_header(req);
	struct nlattr *a = (void *)(req->buf + NLMSG_ALIGN(nlh->nlmsg_len));
	size_t end = NLMSG_ALIGN(nlh->nlmsg_len) + NLA_HDRLEN + NLA_ALIGN(len);

	if (end > sizeof(req->buf))
		errx(1, "a request of %zu bytes", end);
	memset(a, 0, end - NLMSG_ALIGN(nlh->nlmsg_len));
	a->nla_type = type;
	a->nla_len = NLA_HDRLEN + len;
	if (len)
		memcpy((char *)a + NLA_HDRLEN, data, len);
	nlh->nlmsg_len = end;
}

void request_put_u8(struct request *req, uint16_t type, uint8_t v)
{
	request_put(req, type, &v, sizeof(v));
}

void request_put_u16(struct request *req, uint16_t type, uint16_t v)
{
	request_put(req, type, &v, sizeof(v));
}

void request_put_u32(struct request *req, uint16_t type, uint32_t v)
{
	request_put(req, type, &v, sizeof(v));
}

void request_put_u64(struct request *req, uint16_t type, uint64_t v)
{
	request_put(req, type, &v, sizeof(v));
}

size_t request_nest(struct request *req, uint16_t type)
{
	size_t nest = NLMSG_ALIGN(request_header(req)->nlmsg_len);

	request_put(req, type | NLA_F_NESTED, NULL, 0);
	return nest;
}

void request_nest_end(struct request *req, size_t nest)
{
	struct nlattr *a = (void *)(req->buf + nest);

	a->nla_len = request_header(req)->nlmsg_len - nest;
}

void request_send(struct link *link, struct request *req)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct nlmsghdr *nlh = request_header(req);

	if (sendto(link->fd, nlh, nlh->nlmsg_len, 0, (void *)&kernel, sizeof(kernel)) < 0)
		err(1, "sending a request");
}

/* ---- Answers ------------------------------------------------------------- */

static size_t receive(struct link *link, void *buf)
{
	ssize_t len = recv(link->fd, buf, RECEIVE_SIZE, 0);

	if (len < 0)
		err(1, "waiting for an answer");
	return len;
}

/* Which attribute of the request stands at an offset; nested ones too */
static uint16_t attr_at(const struct request *req, uint32_t offset)
{
	const struct nlattr *a = (const void *)(req->buf + offset);

	return offset && offset + sizeof(*a) <= sizeof(req->buf) ?
	       a->nla_type & NLA_TYPE_MASK : 0;
}

static void read_error(const struct nlmsghdr *nlh, const struct request *req,
		       struct answer *answer)
{
	const struct nlmsgerr *e = NLMSG_DATA(nlh);
	size_t skip = sizeof(*e);
	const struct nlattr *attrs, *a;
	size_t len;

	answer->err = e->error;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		skip += e->msg.nlmsg_len - NLMSG_HDRLEN;
	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS) ||
	    nlh->nlmsg_len < NLMSG_HDRLEN + NLMSG_ALIGN(skip))
		return;
	attrs = (const void *)((const char *)e + NLMSG_ALIGN(skip));
	len = nlh->nlmsg_len - NLMSG_HDRLEN - NLMSG_ALIGN(skip);
	a = attr_find(attrs, len, NLMSGERR_ATTR_MSG);
	if (a) {
		len = a->nla_len - NLA_HDRLEN;
		if (len >= sizeof(answer->sentence))
			len = sizeof(answer->sentence) - 1;
		memcpy(answer->sentence, (const char *)a + NLA_HDRLEN, len);
		answer->sentence[len] = '\0';
		len = nlh->nlmsg_len - NLMSG_HDRLEN - NLMSG_ALIGN(skip);
	}
	a = attr_find(attrs, len, NLMSGERR_ATTR_OFFS);
	if (a)
		answer->attr = attr_at(req, attr_u32(a));
}

void request_ask(struct link *link, struct request *req, struct answer *answer)
{
	static char buf[RECEIVE_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	const struct nlattr *a;
	struct nlmsghdr *nlh;
	bool done = false;
	uint32_t seq = request_header(req)->nlmsg_seq;
	size_t len;

	memset(answer, 0, sizeof(*answer));
	request_send(link, req);
	while (!done) {
		len = receive(link, buf);
		for (nlh = (void *)buf; NLMSG_OK(nlh, len); nlh = NLMSG_NEXT(nlh, len)) {
			if (nlh->nlmsg_seq != seq)
				continue;
			if (nlh->nlmsg_type == NLMSG_ERROR) {
				read_error(nlh, req, answer);
				done = true;
				continue;
			}
			a = (void *)((char *)NLMSG_DATA(nlh) + GENL_HDRLEN);
			answer->id = attr_u32(a);
		}
	}
}

int request_list(struct link *link, uint8_t cmd, list_fn fn, void *arg)
{
	static char buf[RECEIVE_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	static struct request req;
	struct nlmsghdr *nlh;
	size_t len;

	request_begin(&req, link, cmd);
	request_header(&req)->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	request_send(link, &req);
	for (;;) {
		len = receive(link, buf);
		for (nlh = (void *)buf; NLMSG_OK(nlh, len); nlh = NLMSG_NEXT(nlh, len)) {
			if (nlh->nlmsg_type == NLMSG_DONE)
				return *(int *)NLMSG_DATA(nlh);
			if (nlh->nlmsg_type == NLMSG_ERROR)
				return ((struct nlmsgerr *)NLMSG_DATA(nlh))->error;
			fn((void *)((char *)NLMSG_DATA(nlh) + GENL_HDRLEN),
			   nlh->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN, arg);
		}
	}
}

/* ---- Sockets -------------------------------------------------------------- */

/* Answer of nlctrl to CTRL_CMD_GETFAMILY; its attributes are left in @buf. */
static const struct nlattr *describe_family(const struct link *link, char *buf, size_t *left)
{
	struct link ask = { .fd = link->fd, .seq = 1000000 };
	static struct request req;
	struct nlmsghdr *nlh = (void *)buf;

	begin(&req, &ask, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	request_header(&req)->nlmsg_flags = NLM_F_REQUEST;
	request_put(&req, CTRL_ATTR_FAMILY_NAME, CIPSEC_FAMILY_NAME,
		    sizeof(CIPSEC_FAMILY_NAME));
	request_send(&ask, &req);
	receive(&ask, buf);
	if (nlh->nlmsg_type == NLMSG_ERROR)
		return NULL;
	*left = nlh->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN;
	return (void *)((char *)NLMSG_DATA(nlh) + GENL_HDRLEN);
}

/* Without NETLINK_CAP_ACK: an error of the kernel quotes the request. */
int link_open_quoting(struct link *link)
{
	static char buf[RECEIVE_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct timeval patience = { .tv_sec = 60 };
	const struct nlattr *attrs, *id;
	size_t len;

	*link = (struct link){ .fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC,
					    NETLINK_GENERIC) };
	if (link->fd < 0 ||
	    setsockopt(link->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)))
		err(1, "netlink socket");
	attrs = describe_family(link, buf, &len);
	if (!attrs)
		errx(1, "cipsec.ko is not loaded");
	id = attr_find(attrs, len, CTRL_ATTR_FAMILY_ID);
	if (!id)
		errx(1, "the family cipsec has no number");
	memcpy(&link->family, id + 1, sizeof(link->family));
	return 0;
}

int link_open(struct link *link)
{
	int one = 1;

	link_open_quoting(link);
	if (setsockopt(link->fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one)) ||
	    setsockopt(link->fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one)))
		err(1, "options of the netlink socket");
	return 0;
}

void link_close(struct link *link)
{
	close(link->fd);
}

/* Number of a multicast group of the family, 0 when it has none of that name */
int link_group(const struct link *link, const char *name)
{
	static char buf[RECEIVE_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	const struct nlattr *attrs, *groups, *one, *its;
	size_t len;

	attrs = describe_family(link, buf, &len);
	groups = attrs ? attr_find(attrs, len, CTRL_ATTR_MCAST_GROUPS) : NULL;
	one = groups ? groups + 1 : NULL;
	if (!one)
		return 0;
	len = one->nla_len - NLA_HDRLEN;
	its = attr_find(one + 1, len, CTRL_ATTR_MCAST_GRP_NAME);
	if (!its || strcmp((const char *)(its + 1), name))
		return 0;
	return attr_u32(attr_find(one + 1, len, CTRL_ATTR_MCAST_GRP_ID));
}

void fresh_namespace(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd;

	if (unshare(CLONE_NEWNET))
		err(1, "network namespace");
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &ifr))
		err(1, "loopback");
	close(fd);
}

void udp_connect(int fd, const char *peer, uint16_t remote)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(remote) };

	if (inet_pton(AF_INET, peer, &to.sin_addr) != 1 ||
	    connect(fd, (void *)&to, sizeof(to)))
		err(1, "connecting to %s", peer);
}

int udp_socket(const char *peer, uint16_t local, uint16_t remote)
{
	struct sockaddr_in from = {
		.sin_family = AF_INET,
		.sin_port = htons(local),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int one = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    bind(fd, (void *)&from, sizeof(from)))
		err(1, "UDP socket");
	if (remote)
		udp_connect(fd, peer, remote);
	return fd;
}
