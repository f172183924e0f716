// SPDX-License-Identifier: GPL-2.0-only
/* Which association carries which connection. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "assoc.h"
#include "binding.h"
#include "log.h"
#include "note.h"

/* how often a connection that waits looks whether it may move */
#define RETRY	1000

/* a connection of the kernel, with the name that an agent gave it */
struct bound {
	struct cipsec_conn conn;
	char name[64];
	bool wanted;
};

struct table {
	struct bound *list;
	size_t n;
};

static int collect(const struct cipsec_conn *conn, void *arg)
{
	struct table *table = arg;
	struct bound *more;
	struct note note;

	if (!note_read(&note, conn->owner_data, conn->owner_data_len))
		return 0;
	more = reallocarray(table->list, table->n + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	table->list = more;
	more += table->n++;
	memset(more, 0, sizeof(*more));
	more->conn = *conn;
	snprintf(more->name, sizeof(more->name), "%s", note.connection);
	return 0;
}

static uint16_t port_or_io(uint16_t port)
{
	return port ? port : CIPSEC_PORT_IO;
}

/* is it what the settings say? */
static bool as_wanted(const struct cipsec_conn *is,
		      const struct connection_settings *want)
{
	const struct cipsec_conn *conn = &want->conn;

	if (is->flags != conn->flags || is->transport != conn->transport ||
	    is->tx_local_port != conn->tx_local_port ||
	    is->tx_remote_port != port_or_io(conn->tx_remote_port) ||
	    is->rx_remote_port != port_or_io(conn->rx_remote_port) ||
	    is->rx_local_port != port_or_io(conn->rx_local_port) ||
	    is->tx_size != conn->tx_size || is->rx_size != conn->rx_size)
		return false;
	return want->any || (is->consumed == conn->consumed &&
			     is->produced == conn->produced);
}

/* do both associations lead to the same host, in the same role? */
static bool rivals(const struct assoc *a, const struct assoc *b)
{
	return a->peer == b->peer && a->role == b->role &&
	       cipsec_addr_equal(&a->remote.addr, &b->remote.addr) &&
	       cipsec_addr_equal(&a->local.addr, &b->local.addr);
}

static bool is_newest(const struct assoc *a)
{
	const struct assoc *b;

	for (b = a->agent->assocs; b; b = b->next)
		if (!b->dead && b->id && b->made > a->made && rivals(a, b))
			return false;
	return true;
}

/* may somebody who proved @identity take over from @old? */
static bool may_succeed(const uint8_t *identity, const struct assoc *old)
{
	struct cipsec_assoc kernel;

	if (!memcmp(identity, old->identity, sizeof(old->identity)))
		return true;
	/* somebody else with a valid certificate: only a silent one yields */
	if (cipsec_assoc_get(old->agent->kernel, old->id, &kernel))
		return true;
	return kernel.heard ? kernel.rx_age > BINDING_STALE :
			      kernel.age > BINDING_STALE;
}

/* closes what @a succeeds; false while one of them must stay */
static bool close_older(struct assoc *a, const uint8_t *identity)
{
	struct assoc *old;
	bool all = true;

	for (old = a->agent->assocs; old; old = old->next) {
		if (old == a || old->dead || !old->id || !rivals(a, old))
			continue;
		if (may_succeed(identity, old))
			assoc_close(old, "the peer connected anew");
		else
			all = false;
	}
	return all;
}

bool binding_make_room(struct assoc *a, const uint8_t *identity)
{
	return close_older(a, identity);
}

static int bind_one(struct assoc *a, const struct connection_settings *want)
{
	struct note note = { .made = time(NULL) };
	struct cipsec_conn conn = want->conn;
	uint32_t id;
	int err;

	snprintf(note.peer, sizeof(note.peer), "%s", a->peer->name);
	snprintf(note.connection, sizeof(note.connection), "%s", want->name);
	conn.assoc = a->id;
	conn.owner_data_len = note_write(&note, (char *)conn.owner_data,
					 sizeof(conn.owner_data));
	err = cipsec_conn_new(a->agent->kernel, &conn, &id);
	if (err)
		log_line(LOG_ERR, MSG_CONNECTION, a->peer->name,
			 "connection %s: %s: see [connection %s] on line %d",
			 want->name, cipsec_error(a->agent->kernel),
			 want->name, want->at.line);
	else
		log_line(LOG_INFO, MSG_CONNECTION, a->peer->name,
			 "connection %s bound to association %u", want->name,
			 a->id);
	return err;
}

static struct bound *find_bound(struct agent *agent, struct table *table,
				const struct assoc *a,
				const struct connection_settings *want)
{
	struct assoc *on;
	size_t i;

	for (i = 0; i < table->n; i++) {
		on = assoc_find_id(agent, table->list[i].conn.assoc);
		if (on && !strcmp(table->list[i].name, want->name) &&
		    (on == a || rivals(on, a)))
			return &table->list[i];
	}
	return NULL;
}

/* false when it must be tried again later */
static bool settle(struct agent *agent, struct table *table, struct assoc *a,
		   const struct connection_settings *want)
{
	struct bound *is = find_bound(agent, table, a, want);

	if (is && is->conn.assoc == a->id && as_wanted(&is->conn, want)) {
		is->wanted = true;
		return true;
	}
	if (!close_older(a, a->identity)) {
		if (is)
			is->wanted = true;
		return false;
	}
	if (is && is->conn.assoc == a->id)
		cipsec_conn_del(agent->kernel, is->conn.id);
	if (is)
		is->wanted = true;
	bind_one(a, want);
	return true;
}

static int on_retry(sd_event_source *source, uint64_t usec, void *arg)
{
	binding_update(arg);
	return 0;
}

void binding_update(struct agent *agent)
{
	const struct connection_settings *want;
	struct table table = { 0 };
	bool settled = true;
	struct assoc *a;
	size_t i;

	if (cipsec_conn_dump(agent->kernel, collect, &table)) {
		log_line(LOG_ERR, MSG_CONNECTION, NULL, "%s",
			 cipsec_error(agent->kernel));
		free(table.list);
		agent_timer(agent, &agent->bind_timer, RETRY, on_retry, agent);
		return;
	}
	for (a = agent->assocs; a; a = a->next) {
		if (a->dead || !a->id || !is_newest(a))
			continue;
		for (want = agent->set->connections; want; want = want->next)
			if (want->peer == a->peer && want->role == a->role)
				settled &= settle(agent, &table, a, want);
	}
	/* what an earlier configuration left on our associations */
	for (i = 0; i < table.n; i++)
		if (!table.list[i].wanted &&
		    assoc_find_id(agent, table.list[i].conn.assoc))
			cipsec_conn_del(agent->kernel, table.list[i].conn.id);
	free(table.list);
	if (!settled)
		agent_timer(agent, &agent->bind_timer, RETRY, on_retry, agent);
}
