// SPDX-License-Identifier: GPL-2.0-only
/* Ids that are taken, and the connection that stands for all. */
#include <errno.h>

#include "refusals.h"

#define IDS(consumed, produced)	((uint64_t)(consumed) << 32 | (produced))

static uint32_t bind_conn(struct refusals *r, uint32_t assoc, uint64_t ids)
{
	return conn_new(&r->link, assoc, ids, &r->answer);
}

static void taken(struct refusals *r)
{
	uint32_t first = next_assoc(r, PEER), second = next_assoc(r, PEER), conn;
	uint32_t far = next_assoc(r, OTHER);

	conn = bind_conn(r, first, IDS(1, 2));
	accepted(r, "the first");
	bind_conn(r, first, IDS(3, 2));
	refused(r, "produced, same association", -EEXIST, "produced", 0);
	bind_conn(r, second, IDS(3, 2));
	refused(r, "produced, same address", -EEXIST, "produced", 0);
	bind_conn(r, first, IDS(1, 4));
	refused(r, "consumed, same association", -EEXIST, "consumed", 0);
	bind_conn(r, second, IDS(1, 4));
	accepted(r, "consumed, another association");
	bind_conn(r, far, IDS(1, 2));
	accepted(r, "both, another address");
	conn_del(&r->link, conn, &r->answer);
	accepted(r, "deleting the first");
	bind_conn(r, second, IDS(5, 2));
	accepted(r, "produced, free again");
	bind_conn(r, first, IDS(1, 6));
	accepted(r, "consumed, free again");
	conn_del(&r->link, conn, &r->answer);
	refused(r, "deleting twice", -ENOENT, "connection", 0);
	bind_conn(r, 4711, IDS(1, 2));
	refused(r, "for no association", -ENOENT, "association", 0);
	tap_result(&r->tap, "id_that_is_taken_is_refused_and_free_when_its_connection_is_gone");
}

static void any(struct refusals *r)
{
	uint32_t first, second, conn;

	begin_empty(r);
	first = next_assoc(r, PEER);
	bind_conn(r, first, IDS(1, 2));
	bind_conn(r, first, CONN_ANY);
	refused(r, "any beside ids", -EEXIST, "any", 0);
	second = next_assoc(r, PEER);
	bind_conn(r, second, CONN_ANY);
	refused(r, "any beside another association", -EBUSY, "any", 0);
	assoc_del(&r->link, first, &r->answer);
	conn = bind_conn(r, second, CONN_ANY);
	accepted(r, "any alone");
	bind_conn(r, second, CONN_ANY);
	refused(r, "any twice", -EEXIST, "any", 0);
	bind_conn(r, second, IDS(1, 2));
	refused(r, "ids beside any", -EEXIST, "any", 0);
	next_assoc(r, PEER);
	refused(r, "an association beside any", -EBUSY, "any", 0);
	next_assoc(r, OTHER);
	accepted(r, "another peer's association");
	conn_del(&r->link, conn, &r->answer);
	bind_conn(r, second, IDS(1, 2));
	accepted(r, "ids after any");
	next_assoc(r, PEER);
	accepted(r, "an association after any");
	tap_result(&r->tap, "any_stands_alone_with_its_peer");
}

/* An association that waits to take over has the old one's connections to come. */
static void waiting(struct refusals *r)
{
	uint32_t old, heir;

	begin_empty(r);
	old = next_assoc(r, PEER);
	bind_conn(r, old, CONN_ANY);
	accepted(r, "any of the old one");
	heir = assoc_replace(&r->link, r->fd, old, &r->answer);
	accepted(r, "the heir");
	bind_conn(r, heir, CONN_ANY);
	refused(r, "any of the heir", -EBUSY, "assoc", 0);
	bind_conn(r, heir, IDS(1, 2));
	refused(r, "ids of the heir", -EBUSY, "assoc", 0);
	keys_install(&r->link, heir, 0xc02b, &r->answer);
	accepted(r, "keys of the heir");
	bind_conn(r, heir, CONN_ANY);
	accepted(r, "any of the heir of another identity");
	tap_result(&r->tap, "association_that_waits_to_replace_binds_nothing_yet");
}

static void half_given(struct refusals *r)
{
	static struct request req;
	int given;

	for (given = 0; given < 8; given++) {
		request_begin(&req, &r->link, CIPSEC_CMD_CONN_NEW);
		request_put_u32(&req, CIPSEC_A_CONN_ASSOC, 4711);
		if (given & 1)
			request_put_u32(&req, CIPSEC_A_CONN_CONSUMED, 1);
		if (given & 2)
			request_put_u32(&req, CIPSEC_A_CONN_PRODUCED, 2);
		if (given & 4)
			request_put_u32(&req, CIPSEC_A_CONN_FLAGS, CIPSEC_CONN_F_ANY);
		request_ask(&r->link, &req, &r->answer);
		/* Control: both ids, or any, come as far as the association. */
		if (given == 3 || given == 4)
			refused(r, "whole", -ENOENT, "association", 0);
		else
			refused(r, "half", -EINVAL, "produced", 0);
	}
	tap_result(&r->tap, "connection_has_both_ids_or_any");
}

void refuse_connections(struct refusals *r)
{
	begin_empty(r);
	taken(r);
	any(r);
	waiting(r);
	half_given(r);
}
