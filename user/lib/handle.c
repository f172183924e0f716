// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The two sockets of a handle, requests and their answers, and the messages
 * that the kernel sends unasked.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <netlink/errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>

#include "handle.h"

/* the largest message is a record of 16 KiB; dumps come in 32 KiB at most */
#define RECEIVE_SIZE	(64 * 1024)

/* records that may wait while requests are answered */
#define RECEIVE_BUFFER	(1024 * 1024)

int cipsec_fail(struct cipsec *h, int err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(h->error, sizeof(h->error), fmt, args);
	va_end(args);
	return err;
}

const char *cipsec_error(const struct cipsec *h)
{
	return h ? h->error : "no memory for a handle";
}

static int socket_open(struct cipsec *h, struct nl_sock **out)
{
	int size = RECEIVE_BUFFER, one = 1, err;
	struct nl_sock *sk;

	sk = nl_socket_alloc();
	if (!sk)
		return cipsec_fail(h, -ENOMEM, "no memory for a socket");
	err = nl_connect(sk, NETLINK_GENERIC);
	if (err) {
		nl_socket_free(sk);
		return cipsec_fail(h, -EIO, "cannot open a netlink socket: %s",
				   nl_geterror(err));
	}

	/*
	 * Without CAP_ACK an error would echo the request, keys included. The
	 * buffer is a wish: FORCE needs a capability that we may not have.
	 */
	setsockopt(nl_socket_get_fd(sk), SOL_NETLINK, NETLINK_EXT_ACK, &one,
		   sizeof(one));
	if (setsockopt(nl_socket_get_fd(sk), SOL_NETLINK, NETLINK_CAP_ACK,
		       &one, sizeof(one))) {
		err = -errno;
		nl_socket_free(sk);
		return cipsec_fail(h, err, "cannot set NETLINK_CAP_ACK: %s",
				   strerror(-err));
	}
	if (setsockopt(nl_socket_get_fd(sk), SOL_SOCKET, SO_RCVBUFFORCE, &size,
		       sizeof(size)))
		setsockopt(nl_socket_get_fd(sk), SOL_SOCKET, SO_RCVBUF, &size,
			   sizeof(size));
	*out = sk;
	return 0;
}

static int watch(struct cipsec *h, int fd)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.fd = fd };

	if (epoll_ctl(h->epoll, EPOLL_CTL_ADD, fd, &ev))
		return cipsec_fail(h, -errno, "cannot poll: %s",
				   strerror(errno));
	return 0;
}

int cipsec_open(struct cipsec **out)
{
	struct cipsec *h;
	int err;

	h = calloc(1, sizeof(*h));
	*out = h;
	if (!h)
		return -ENOMEM;
	h->tail = &h->head;
	h->wake = -1;
	h->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (h->epoll < 0)
		return cipsec_fail(h, -errno, "cannot poll: %s",
				   strerror(errno));
	h->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (h->wake < 0)
		return cipsec_fail(h, -errno, "cannot make an eventfd: %s",
				   strerror(errno));
	h->buf = malloc(RECEIVE_SIZE);
	if (!h->buf)
		return cipsec_fail(h, -ENOMEM, "no memory for a buffer");

	err = socket_open(h, &h->owner);
	if (err)
		return err;
	h->family = genl_ctrl_resolve(h->owner, CIPSEC_FAMILY_NAME);
	if (h->family == -NLE_OBJ_NOTFOUND)
		return cipsec_fail(h, -ENOENT, "the kernel module cipsec is not loaded: run `modprobe cipsec` as root");
	if (h->family < 0)
		return cipsec_fail(h, -EIO,
				   "cannot find the netlink family cipsec: %s",
				   nl_geterror(h->family));
	err = watch(h, nl_socket_get_fd(h->owner));
	if (err)
		return err;
	return watch(h, h->wake);
}

void cipsec_close(struct cipsec *h)
{
	struct cipsec_queued *q;

	if (!h)
		return;
	while ((q = h->head)) {
		h->head = q->next;
		explicit_bzero(q->msg, q->len);
		free(q);
	}
	if (h->events)
		nl_socket_free(h->events);
	if (h->owner)
		nl_socket_free(h->owner);
	if (h->wake >= 0)
		close(h->wake);
	if (h->epoll >= 0)
		close(h->epoll);
	free(h->buf);
	free(h);
}

uint32_t cipsec_portid(const struct cipsec *h)
{
	return nl_socket_get_local_port(h->owner);
}

int cipsec_fd(const struct cipsec *h)
{
	return h->epoll;
}

struct nl_msg *cipsec_request(struct cipsec *h, uint8_t cmd, int flags)
{
	/* a full record and its attributes, so that nothing is ever moved */
	struct nl_msg *msg = nlmsg_alloc_size(CIPSEC_RECORD_DATA_MAX + 4096);

	if (!msg)
		return NULL;
	if (!genlmsg_put(msg, NL_AUTO_PORT, ++h->seq, h->family, 0,
			 NLM_F_REQUEST | NLM_F_ACK | flags, cmd,
			 CIPSEC_FAMILY_VERSION)) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

/* the kernel's own sentence, where its answer carries one */
static const char *extack(const struct nlmsghdr *nlh, size_t skip)
{
	const struct nlattr *at;
	int left;

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return NULL;
	at = (const struct nlattr *)((const char *)nlmsg_data(nlh) +
				     NLMSG_ALIGN(skip));
	left = (int)(nlh->nlmsg_len - NLMSG_HDRLEN - NLMSG_ALIGN(skip));
	at = nla_find(at, left, NLMSGERR_ATTR_MSG);
	if (!at || !nla_len(at) ||
	    ((const char *)nla_data(at))[nla_len(at) - 1])
		return NULL;
	return nla_data(at);
}

static int refused(struct cipsec *h, const char *what, int err,
		   const char *why)
{
	if (!why && err == -EPERM)
		why = "needs CAP_NET_ADMIN in the initial user namespace (run as root)";
	if (why)
		return cipsec_fail(h, err, "%s: %s (%s)", what, why,
				   strerror(-err));
	return cipsec_fail(h, err, "%s: %s", what, strerror(-err));
}

/* a record that came in the middle of a request waits for its turn */
static void queue(struct cipsec *h, const struct nlmsghdr *nlh)
{
	struct cipsec_queued *q = malloc(sizeof(*q) + nlh->nlmsg_len);
	uint64_t one = 1;

	/* as if the socket had been full: records may be lost, like on UDP */
	if (!q)
		return;
	q->next = NULL;
	q->len = nlh->nlmsg_len;
	memcpy(q->msg, nlh, q->len);
	*h->tail = q;
	h->tail = &q->next;
	(void)!write(h->wake, &one, sizeof(one));
}

static ssize_t receive(struct cipsec *h, struct nl_sock *sk, int flags)
{
	struct sockaddr_nl from = { 0 };
	socklen_t len;
	ssize_t got;

	do {
		len = sizeof(from);
		got = recvfrom(nl_socket_get_fd(sk), h->buf, RECEIVE_SIZE,
			       flags, (struct sockaddr *)&from, &len);
		/* only the kernel is listened to */
	} while ((got < 0 && errno == EINTR) || (got >= 0 && from.nl_pid));
	return got < 0 ? -errno : got;
}

static int answer(struct cipsec *h, struct nlmsghdr *nlh, const char *what,
		  const struct cipsec_reply *reply, int *result)
{
	struct nlattr *attrs[CIPSEC_A_STAT_MAX + 1];
	const struct nlmsgerr *e = nlmsg_data(nlh);
	size_t skip;
	int err;

	if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
		*result = refused(h, what, -EAGAIN,
				  "the list changed meanwhile: ask again");
	switch (nlh->nlmsg_type) {
	case NLMSG_ERROR:
		if (nlmsg_datalen(nlh) < (int)sizeof(*e))
			return -EBADMSG;
		skip = sizeof(*e);
		if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
			skip += e->msg.nlmsg_len - NLMSG_HDRLEN;
		if (e->error)
			*result = refused(h, what, e->error,
					  extack(nlh, skip));
		return 1;
	case NLMSG_DONE:
		if (nlmsg_datalen(nlh) < (int)sizeof(err))
			return 1;
		memcpy(&err, e, sizeof(err));
		if (err < 0)
			*result = refused(h, what, err,
					  extack(nlh, sizeof(err)));
		return 1;
	default:
		break;
	}
	if (!reply || *result)
		return 0;
	err = genlmsg_parse(nlh, 0, attrs, reply->max, NULL);
	if (err)
		return -EBADMSG;
	*result = reply->fn(attrs, reply->arg);
	return 0;
}

/* 1 when the request has been answered in full */
static int answers(struct cipsec *h, int len, const char *what,
		   const struct cipsec_reply *reply, int *result)
{
	struct nlmsghdr *nlh = (struct nlmsghdr *)h->buf;
	struct genlmsghdr *ghdr;
	int done = 0;

	for (; nlmsg_ok(nlh, len); nlh = nlmsg_next(nlh, &len)) {
		if (nlh->nlmsg_type == h->family && !nlh->nlmsg_seq) {
			ghdr = nlmsg_data(nlh);
			if (ghdr->cmd == CIPSEC_CMD_RECORD_RX)
				queue(h, nlh);
			continue;
		}
		if (nlh->nlmsg_seq != h->seq || done)
			continue;
		done = answer(h, nlh, what, reply, result);
		if (done < 0)
			return done;
	}
	return done;
}

int cipsec_transact(struct cipsec *h, struct nl_msg *msg, int err,
		    const char *what, const struct cipsec_reply *reply)
{
	int done = 0, result = 0;
	ssize_t got;

	if (!msg)
		return refused(h, what, -ENOMEM, NULL);
	if (!err) {
		err = nl_send_auto(h->owner, msg);
		err = err < 0 ? err : 0;
	}
	explicit_bzero(nlmsg_hdr(msg), nlmsg_get_max_size(msg));
	nlmsg_free(msg);
	if (err)
		return cipsec_fail(h, -EIO, "%s: cannot be sent: %s", what,
				   nl_geterror(err));

	do {
		got = receive(h, h->owner, 0);
		/* ENOBUFS: records were lost, but never an answer */
		if (got == -ENOBUFS)
			continue;
		if (got < 0)
			return refused(h, what, (int)got, NULL);
		done = answers(h, (int)got, what, reply, &result);
		if (done < 0)
			return refused(h, what, done, NULL);
	} while (!done);
	return result;
}

int cipsec_subscribe(struct cipsec *h, cipsec_event_fn fn, void *arg)
{
	int err, group;

	h->event_fn = fn;
	h->event_arg = arg;
	if (h->events)
		return 0;
	err = socket_open(h, &h->events);
	if (err)
		return err;
	group = genl_ctrl_resolve_grp(h->events, CIPSEC_FAMILY_NAME,
				      CIPSEC_MCGRP_EVENTS);
	err = group < 0 ? group : nl_socket_add_membership(h->events, group);
	if (!err)
		err = watch(h, nl_socket_get_fd(h->events));
	else
		err = cipsec_fail(h, -EPERM,
				  "cannot subscribe to events: %s",
				  nl_geterror(err));
	if (err) {
		nl_socket_free(h->events);
		h->events = NULL;
	}
	return err;
}

void cipsec_receive(struct cipsec *h, cipsec_record_fn fn, void *arg)
{
	h->record_fn = fn;
	h->record_arg = arg;
}

static void hand_record(struct cipsec *h, struct nlmsghdr *nlh)
{
	struct nlattr *attrs[CIPSEC_A_RECORD_MAX + 1];
	struct cipsec_record rec;

	if (!h->record_fn ||
	    genlmsg_parse(nlh, 0, attrs, CIPSEC_A_RECORD_MAX, NULL) ||
	    cipsec_record_fill(&rec, attrs))
		return;
	h->record_fn(&rec, h->record_arg);
}

static bool hand_event(struct cipsec *h, struct nlmsghdr *nlh)
{
	struct nlattr *attrs[CIPSEC_A_EVENT_MAX + 1];
	struct cipsec_event event;
	bool gap;

	if (genlmsg_parse(nlh, 0, attrs, CIPSEC_A_EVENT_MAX, NULL) ||
	    cipsec_event_fill(&event, attrs))
		return true;
	gap = h->event_seq && event.seq != h->event_seq + 1;
	h->event_seq = event.seq;
	h->event_fn(&event, h->event_arg);
	return !gap;
}

/* moves what waits on the owner's socket to the queue */
static int drain_owner(struct cipsec *h)
{
	int result = 0;
	ssize_t got;

	for (;;) {
		got = receive(h, h->owner, MSG_DONTWAIT);
		if (got == -EAGAIN)
			return 0;
		if (got == -ENOBUFS)
			continue;
		if (got < 0)
			return refused(h, "receiving records", (int)got, NULL);
		answers(h, (int)got, "", NULL, &result);
	}
}

static int hand_events(struct cipsec *h, bool *lost)
{
	struct nlmsghdr *nlh;
	int len, count = 0;
	unsigned char *buf;
	ssize_t got;

	buf = malloc(RECEIVE_SIZE);
	if (!buf)
		return refused(h, "receiving events", -ENOMEM, NULL);
	for (;;) {
		got = receive(h, h->events, MSG_DONTWAIT);
		if (got == -EAGAIN)
			break;
		if (got == -ENOBUFS) {
			*lost = true;
			continue;
		}
		if (got < 0) {
			free(buf);
			return refused(h, "receiving events", (int)got, NULL);
		}
		/* the receiver may make requests, which use the buffer */
		memcpy(buf, h->buf, (size_t)got);
		len = (int)got;
		nlh = (struct nlmsghdr *)buf;
		for (; nlmsg_ok(nlh, len); nlh = nlmsg_next(nlh, &len)) {
			if (nlh->nlmsg_type != h->family)
				continue;
			if (!hand_event(h, nlh))
				*lost = true;
			count++;
		}
	}
	free(buf);
	return count;
}

int cipsec_dispatch(struct cipsec *h)
{
	struct cipsec_queued *q;
	int count = 0, err;
	bool lost = false;
	uint64_t ticks;

	err = drain_owner(h);
	if (err)
		return err;
	(void)!read(h->wake, &ticks, sizeof(ticks));
	while ((q = h->head)) {
		h->head = q->next;
		if (!h->head)
			h->tail = &h->head;
		hand_record(h, (struct nlmsghdr *)q->msg);
		explicit_bzero(q->msg, q->len);
		free(q);
		count++;
	}
	if (h->events) {
		err = hand_events(h, &lost);
		if (err < 0)
			return err;
		count += err;
	}
	if (lost)
		return cipsec_fail(h, -ENOBUFS,
				   "events were lost: list the objects again");
	return count;
}
