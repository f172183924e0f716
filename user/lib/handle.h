/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A handle from inside: how a request is made and its answer received. */
#ifndef CIPSEC_HANDLE_H
#define CIPSEC_HANDLE_H

#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/socket.h>

#include "cipsec.h"

/* a record that arrived while a request waited for its answer */
struct cipsec_queued {
	struct cipsec_queued *next;
	size_t len;
	unsigned char msg[];
};

struct cipsec {
	struct nl_sock *owner;
	struct nl_sock *events;
	int epoll;
	/* readable while the queue holds records */
	int wake;
	int family;
	uint32_t seq;
	uint64_t event_seq;
	struct cipsec_queued *head;
	struct cipsec_queued **tail;
	cipsec_event_fn event_fn;
	void *event_arg;
	cipsec_record_fn record_fn;
	void *record_arg;
	char error[512];
	unsigned char *buf;
};

/* called with the attributes of each message that answers a request */
typedef int (*cipsec_reply_fn)(struct nlattr **attrs, void *arg);

/* what to parse an answer with, and where it goes */
struct cipsec_reply {
	int max;
	cipsec_reply_fn fn;
	void *arg;
};

/* begin a request; NULL when there is no memory */
struct nl_msg *cipsec_request(struct cipsec *h, uint8_t cmd, int flags);

/*
 * Send a request, free and wipe it, and wait for the kernel's answer. @err is
 * what an earlier nla_put() returned: the message is freed either way.
 */
int cipsec_transact(struct cipsec *h, struct nl_msg *msg, int err,
		    const char *what, const struct cipsec_reply *reply);

int cipsec_fail(struct cipsec *h, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* attributes into structures; absent ones stay zero */
int cipsec_assoc_fill(struct cipsec_assoc *out, struct nlattr **attrs);
int cipsec_conn_fill(struct cipsec_conn *out, struct nlattr **attrs);
int cipsec_policy_fill(struct cipsec_policy *out, struct nlattr **attrs);
int cipsec_event_fill(struct cipsec_event *out, struct nlattr **attrs);
int cipsec_record_fill(struct cipsec_record *out, struct nlattr **attrs);

/* reads an unsigned attribute; 0 when absent or short */
uint64_t cipsec_attr_uint(const struct nlattr *attr);

/* copies a binary attribute of at most @max bytes; returns its length */
size_t cipsec_attr_bytes(const struct nlattr *attr, void *to, size_t max);

void cipsec_attr_addr(const struct nlattr *attr, struct cipsec_addr *to);

#endif
