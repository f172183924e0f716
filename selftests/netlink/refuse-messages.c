// SPDX-License-Identifier: GPL-2.0-only
/* Messages that are not what they should be, or not from whom. */
#include <err.h>
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "refusals.h"

static struct request req;

/* Each command with all that it needs; the objects do not exist. */
static void whole(struct refusals *r, uint8_t cmd)
{
	struct keys keys;

	switch (cmd) {
	case CIPSEC_CMD_KEY_NEW:
		keys_make(&keys, 4711, 0xc02b);
		keys_request(&r->link, &req, &keys);
		return;
	case CIPSEC_CMD_POLICY_SET:
		policy_request(&r->link, &req, "10.0.0.0", 8, CIPSEC_VERB_TRUST);
		return;
	case CIPSEC_CMD_POLICY_DEL:
		policy_request(&r->link, &req, "10.0.0.0", 8, CIPSEC_VERB_TRUST);
		/* As POLICY_SET, less its last attribute */
		request_header(&req)->nlmsg_len -= 8;
		((uint8_t *)NLMSG_DATA(request_header(&req)))[0] = cmd;
		return;
	case CIPSEC_CMD_ASSOC_NEW:
		assoc_request(&r->link, &req, r->fd);
		return;
	case CIPSEC_CMD_CONN_NEW:
		request_begin(&req, &r->link, cmd);
		request_put_u32(&req, CIPSEC_A_CONN_ASSOC, 4711);
		request_put_u32(&req, CIPSEC_A_CONN_FLAGS, CIPSEC_CONN_F_ANY);
		return;
	case CIPSEC_CMD_RECORD_TX:
		record_request(&r->link, &req, 4711, 23, "data", 4);
		return;
	default:
		request_begin(&req, &r->link, cmd);
		request_put_u32(&req, CIPSEC_A_ASSOC_ID, 4711);
	}
}

static const uint8_t commands[] = {
	CIPSEC_CMD_KEY_NEW, CIPSEC_CMD_POLICY_SET, CIPSEC_CMD_POLICY_DEL,
	CIPSEC_CMD_ASSOC_NEW, CIPSEC_CMD_ASSOC_SET, CIPSEC_CMD_ASSOC_DEL,
	CIPSEC_CMD_ASSOC_GET, CIPSEC_CMD_CONN_NEW, CIPSEC_CMD_CONN_DEL,
	CIPSEC_CMD_CONN_GET, CIPSEC_CMD_RECORD_TX,
};

#define COMMANDS	(sizeof(commands) / sizeof(commands[0]))

static void unknown_attributes(struct refusals *r)
{
	size_t i;

	for (i = 0; i < COMMANDS; i++) {
		whole(r, commands[i]);
		request_put_u32(&req, 200, 1);
		request_ask(&r->link, &req, &r->answer);
		refused(r, "attribute 200", -EINVAL, "unknown", 200);
	}
	tap_result(&r->tap, "unknown_attribute_is_refused_by_each_command");
}

static void broken_attributes(struct refusals *r)
{
	struct nlmsghdr *nlh = request_header(&req);
	struct nlattr *last;
	size_t i;

	for (i = 0; i < COMMANDS; i++) {
		/* An attribute that ends after the message */
		whole(r, commands[i]);
		last = (void *)(req.buf + nlh->nlmsg_len);
		request_put_u32(&req, 200, 1);
		last->nla_len = 64;
		request_ask(&r->link, &req, &r->answer);
		tap_check(&r->tap, r->answer.err == -EINVAL && r->answer.sentence[0],
			  "command %u, too long: %s (%s)", commands[i],
			  strerror(-r->answer.err), r->answer.sentence);
		/* One shorter than its own header */
		whole(r, commands[i]);
		last = (void *)(req.buf + nlh->nlmsg_len);
		request_put_u32(&req, 200, 1);
		last->nla_len = 3;
		request_ask(&r->link, &req, &r->answer);
		tap_check(&r->tap, r->answer.err == -EINVAL && r->answer.sentence[0],
			  "command %u, too short: %s (%s)", commands[i],
			  strerror(-r->answer.err), r->answer.sentence);
		/* A number of one byte */
		request_begin(&req, &r->link, commands[i]);
		request_put_u8(&req, 1, 1);
		request_ask(&r->link, &req, &r->answer);
		tap_check(&r->tap, r->answer.err && r->answer.sentence[0],
			  "command %u, one byte: %s (%s)", commands[i],
			  strerror(-r->answer.err), r->answer.sentence);
	}
	tap_result(&r->tap, "broken_attributes_are_refused_by_each_command");
}

/* The parts of a whole request, less one each time */
static void missing_attributes(struct refusals *r)
{
	static const struct {
		uint8_t cmd;
		uint16_t attr;
		const char *word;
	} rows[] = {
		{ CIPSEC_CMD_KEY_NEW, CIPSEC_A_KEY_ASSOC, "assoc" },
		{ CIPSEC_CMD_KEY_NEW, CIPSEC_A_KEY_SUITE, "suite" },
		{ CIPSEC_CMD_KEY_NEW, CIPSEC_A_KEY_TX, "tx" },
		{ CIPSEC_CMD_KEY_NEW, CIPSEC_A_KEY_RX, "rx" },
		{ CIPSEC_CMD_POLICY_SET, CIPSEC_A_POLICY_ADDR, "addr" },
		{ CIPSEC_CMD_POLICY_SET, CIPSEC_A_POLICY_PREFIX_LEN, "prefix-len" },
		{ CIPSEC_CMD_POLICY_SET, CIPSEC_A_POLICY_VERB, "verb" },
		{ CIPSEC_CMD_POLICY_DEL, CIPSEC_A_POLICY_ADDR, "addr" },
		{ CIPSEC_CMD_POLICY_DEL, CIPSEC_A_POLICY_PREFIX_LEN, "prefix-len" },
		{ CIPSEC_CMD_ASSOC_NEW, CIPSEC_A_ASSOC_ROLE, "role" },
		{ CIPSEC_CMD_ASSOC_NEW, CIPSEC_A_ASSOC_SOCKET, "socket" },
		{ CIPSEC_CMD_ASSOC_SET, CIPSEC_A_ASSOC_ID, "id" },
		{ CIPSEC_CMD_ASSOC_DEL, CIPSEC_A_ASSOC_ID, "id" },
		{ CIPSEC_CMD_ASSOC_GET, CIPSEC_A_ASSOC_ID, "id" },
		{ CIPSEC_CMD_CONN_NEW, CIPSEC_A_CONN_ASSOC, "assoc" },
		{ CIPSEC_CMD_CONN_DEL, CIPSEC_A_CONN_ID, "id" },
		{ CIPSEC_CMD_CONN_GET, CIPSEC_A_CONN_ID, "id" },
		{ CIPSEC_CMD_RECORD_TX, CIPSEC_A_RECORD_ASSOC, "assoc" },
		{ CIPSEC_CMD_RECORD_TX, CIPSEC_A_RECORD_TYPE, "type" },
		{ CIPSEC_CMD_RECORD_TX, CIPSEC_A_RECORD_DATA, "data" },
	};
	struct nlmsghdr *nlh = request_header(&req);
	struct nlattr *a;
	size_t i, len;
	char *end;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		whole(r, rows[i].cmd);
		a = (void *)((char *)NLMSG_DATA(nlh) + 4);
		end = (char *)nlh + nlh->nlmsg_len;
		a = (void *)attr_find(a, end - (char *)a, rows[i].attr);
		if (!tap_check(&r->tap, a, "row %zu has no attribute %u", i, rows[i].attr))
			continue;
		len = NLA_ALIGN(a->nla_len);
		memmove(a, (char *)a + len, end - (char *)a - len);
		nlh->nlmsg_len -= len;
		request_ask(&r->link, &req, &r->answer);
		refused(r, rows[i].word, -EINVAL, rows[i].word, 0);
	}
	tap_result(&r->tap, "missing_attribute_is_named_by_each_command");
}

static void ignore(const struct nlattr *attrs, size_t len, void *arg)
{
}

/* Commands of a process without capabilities; its status says how many were refused. */
static int count_refused(struct refusals *r)
{
	int refusals = 0;
	size_t i;

	link_open(&r->link);
	for (i = 0; i < COMMANDS; i++) {
		whole(r, commands[i]);
		request_ask(&r->link, &req, &r->answer);
		refusals += r->answer.err == -EPERM;
	}
	refusals += request_list(&r->link, CIPSEC_CMD_POLICY_GET, ignore, NULL) == -EPERM;
	refusals += request_list(&r->link, CIPSEC_CMD_ASSOC_GET, ignore, NULL) == -EPERM;
	refusals += request_list(&r->link, CIPSEC_CMD_CONN_GET, ignore, NULL) == -EPERM;
	request_begin(&req, &r->link, CIPSEC_CMD_STATS_GET);
	request_ask(&r->link, &req, &r->answer);
	return refusals + (r->answer.err == -EPERM);
}

static int listens(const struct link *link)
{
	int group = link_group(link, CIPSEC_MCGRP_EVENTS);

	if (!group)
		errx(1, "no group events");
	return !setsockopt(link->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group,
			   sizeof(group));
}

/* Return: what @fn said in a process that is nobody, root of its own user namespace if so */
static int as_nobody(struct refusals *r, bool own_users, int (*fn)(struct refusals *r))
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		if (own_users ? unshare(CLONE_NEWUSER | CLONE_NEWNET) : setuid(65534))
			_exit(100);
		_exit(fn(r));
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || !WIFEXITED(status))
		err(1, "a process of nobody's");
	return WEXITSTATUS(status);
}

static int nobody_listens(struct refusals *r)
{
	link_open(&r->link);
	return listens(&r->link);
}

static void nobody(struct refusals *r)
{
	struct link link;
	int n;

	n = as_nobody(r, false, count_refused);
	tap_check(&r->tap, n == COMMANDS + 4, "%d of %zu commands were refused to nobody", n,
		  COMMANDS + 4);
	n = as_nobody(r, true, count_refused);
	tap_check(&r->tap, n == COMMANDS + 4,
		  "%d of %zu commands were refused to root of another user namespace", n,
		  COMMANDS + 4);
	request_begin(&req, &r->link, CIPSEC_CMD_STATS_GET);
	request_ask(&r->link, &req, &r->answer);
	accepted(r, "root");
	tap_result(&r->tap, "each_command_is_refused_without_cap_net_admin");

	link_open(&link);
	tap_check(&r->tap, listens(&link), "root may not listen");
	tap_check(&r->tap, !as_nobody(r, false, nobody_listens), "nobody may listen");
	tap_result(&r->tap, "events_are_not_told_without_cap_net_admin");
	link_close(&link);
}

void refuse_messages(struct refusals *r)
{
	begin_empty(r);
	unknown_attributes(r);
	broken_attributes(r);
	missing_attributes(r);
	nobody(r);
}
