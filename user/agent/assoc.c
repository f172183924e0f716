// SPDX-License-Identifier: GPL-2.0-only
/* Handshakes on sockets, and what becomes of them in the kernel. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "assoc.h"
#include "binding.h"
#include "listener.h"
#include "log.h"
#include "note.h"

/* the server resends its last flight no longer than this (design 4.3) */
#define LINGER		60000

/* a client's pauses between attempts, milliseconds */
#define RETRY_FIRST	1000
#define RETRY_MAX	10000

/* longest silence that a client waits for */
#define PATIENCE_MAX	60000

/* RFC 5246 7.2 */
#define ALERT_WARNING		1
#define ALERT_FATAL		2
#define ALERT_CLOSE_NOTIFY	0
#define ALERT_NO_RENEGOTIATION	100

static const char *role_verb(const struct assoc *a)
{
	return a->role == CIPSEC_ROLE_SERVER ? "accepted from" : "connected to";
}

struct assoc *assoc_find(struct agent *agent,
			 const struct cipsec_endpoint *local,
			 const struct cipsec_endpoint *remote)
{
	struct assoc *a;

	for (a = agent->assocs; a; a = a->next)
		if (!a->dead && endpoint_equal(&a->remote, remote) &&
		    endpoint_equal(&a->local, local))
			return a;
	return NULL;
}

struct assoc *assoc_find_id(struct agent *agent, uint32_t id)
{
	struct assoc *a;

	for (a = agent->assocs; a; a = a->next)
		if (!a->dead && a->id == id && id)
			return a;
	return NULL;
}

static struct assoc *assoc_create(struct agent *agent,
				  struct peer_settings *peer,
				  enum cipsec_role role)
{
	struct assoc *a = calloc(1, sizeof(*a));

	if (!a) {
		log_line(LOG_ERR, MSG_REFUSED, peer->name, "no memory");
		return NULL;
	}
	a->agent = agent;
	a->peer = peer;
	a->role = role;
	a->fd = -1;
	a->next = agent->assocs;
	agent->assocs = a;
	return a;
}

static void socket_close(struct assoc *a)
{
	a->io = sd_event_source_disable_unref(a->io);
	if (a->fd >= 0)
		close(a->fd);
	a->fd = -1;
}

static int on_readable(sd_event_source *source, int fd, uint32_t events,
		       void *arg)
{
	struct assoc *a = arg;

	listener_read(a->agent, fd, &a->local);
	return 0;
}

static int socket_connect(struct assoc *a)
{
	struct sockaddr_in addr;
	socklen_t len = sizeof(addr);
	int err;

	a->fd = listener_socket(&a->local);
	if (a->fd < 0) {
		err = a->fd;
		a->fd = -1;
		return err;
	}
	endpoint_to_sockaddr(&a->remote, &addr);
	err = -1;
	if (!connect(a->fd, (struct sockaddr *)&addr, sizeof(addr)) &&
	    !getsockname(a->fd, (struct sockaddr *)&addr, &len))
		err = 0;
	if (err) {
		err = -errno;
		goto close;
	}
	endpoint_from_sockaddr(&a->local, &addr);
	err = sd_event_add_io(a->agent->loop, &a->io, a->fd, EPOLLIN,
			      on_readable, a);
	if (err < 0)
		goto close;
	return 0;
close:
	socket_close(a);
	return err;
}

static void handshake_end(struct assoc *a)
{
	if (a->busy && a->role == CIPSEC_ROLE_SERVER)
		a->agent->handshakes--;
	a->busy = false;
	cipsec_handshake_free(a->hs);
	a->hs = NULL;
	a->timer = sd_event_source_disable_unref(a->timer);
}

void assoc_drop(struct assoc *a)
{
	handshake_end(a);
	a->dead = true;
	a->io = sd_event_source_disable_unref(a->io);
	a->retry = sd_event_source_disable_unref(a->retry);
}

void assoc_reap(struct agent *agent)
{
	struct assoc **at = &agent->assocs, *a;

	while ((a = *at)) {
		if (!a->dead) {
			at = &a->next;
			continue;
		}
		*at = a->next;
		socket_close(a);
		free(a);
	}
}

static void connect_now(struct assoc *a);

static int on_retry(sd_event_source *source, uint64_t usec, void *arg)
{
	connect_now(arg);
	return 0;
}

static void retry_later(struct assoc *a)
{
	unsigned int shift = a->failures < 6 ? a->failures : 6;
	unsigned int ms = RETRY_FIRST << shift;

	if (ms > RETRY_MAX)
		ms = RETRY_MAX;
	/* many agents that lost the same device shall not return as one */
	ms += (unsigned int)(random() % (ms / 4));
	a->failures++;
	agent_timer(a->agent, &a->retry, (int)ms, on_retry, a);
}

/* there is no kernel association any more: a client begins anew */
static void lost(struct assoc *a)
{
	a->id = 0;
	handshake_end(a);
	if (a->role == CIPSEC_ROLE_SERVER || a->agent->stopping)
		assoc_drop(a);
	else
		retry_later(a);
}

static void flush(struct assoc *a)
{
	uint8_t data[2048];
	size_t len;

	while ((len = cipsec_handshake_next(a->hs, data, sizeof(data))))
		/* what cannot be sent counts as lost, and is sent again */
		(void)!send(a->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void failed(struct assoc *a)
{
	char text[CIPSEC_ENDPOINT_STRLEN];

	log_line(LOG_WARNING, MSG_REFUSED, a->peer->name,
		 "handshake %s %s failed after %llu ms: %s",
		 a->role == CIPSEC_ROLE_SERVER ? "from" : "to",
		 cipsec_endpoint_print(&a->remote, text),
		 (unsigned long long)(agent_now() - a->began),
		 cipsec_handshake_error(a->hs));
	handshake_end(a);
	if (a->role == CIPSEC_ROLE_CLIENT)
		retry_later(a);
	else if (!a->id)
		assoc_drop(a);
}

struct same_endpoints {
	const struct assoc *assoc;
	uint32_t id;
};

static int match_endpoints(const struct cipsec_assoc *kernel, void *arg)
{
	struct same_endpoints *same = arg;

	if (endpoint_equal(&kernel->local, &same->assoc->local) &&
	    endpoint_equal(&kernel->remote, &same->assoc->remote))
		same->id = kernel->id;
	return 0;
}

static int kernel_new(struct assoc *a, const struct cipsec_handshake_peer *peer,
		      struct cipsec_assoc *made)
{
	struct cipsec *kernel = a->agent->kernel;
	struct same_endpoints same = { .assoc = a };
	struct cipsec_assoc_new spec = {
		.role = a->role,
		.socket = a->fd,
		.identity = peer->identity,
		.identity_len = sizeof(peer->identity),
		.replaces = a->id,
		.orphan_timeout = a->agent->set->orphan_timeout,
	};
	char data[CIPSEC_OWNER_DATA_MAX];
	struct note note = { .made = time(NULL) };
	int err;

	snprintf(note.peer, sizeof(note.peer), "%s", a->peer->name);
	snprintf(note.subject, sizeof(note.subject), "%s", peer->subject);
	spec.owner_data = data;
	spec.owner_data_len = note_write(&note, data, sizeof(data));
	err = cipsec_assoc_new(kernel, &spec, made);
	if (err == -EBUSY && binding_make_room(a, peer->identity))
		err = cipsec_assoc_new(kernel, &spec, made);
	if (err != -EEXIST)
		return err;
	/* one that we do not know, of a former agent: it is succeeded too */
	err = cipsec_assoc_dump(kernel, match_endpoints, &same);
	if (err || !same.id)
		return err ? err : -EEXIST;
	spec.replaces = same.id;
	return cipsec_assoc_new(kernel, &spec, made);
}

/*
 * Keys into the kernel. They are in this frame and in the lib's message for
 * the length of the call, and wiped in both.
 */
static int kernel_key(struct assoc *a, uint32_t id)
{
	struct cipsec_key key;
	int err;

	err = cipsec_handshake_keys(a->hs, &key);
	if (err) {
		log_line(LOG_ERR, MSG_KERNEL, a->peer->name,
			 "GnuTLS reports keys that the suite does not have: update GnuTLS");
		return err;
	}
	key.assoc = id;
	err = cipsec_key_new(a->agent->kernel, &key);
	explicit_bzero(&key, sizeof(key));
	if (err)
		log_line(LOG_ERR, MSG_KERNEL, a->peer->name, "%s",
			 cipsec_error(a->agent->kernel));
	return err;
}

static int on_linger_end(sd_event_source *source, uint64_t usec, void *arg)
{
	handshake_end(arg);
	return 0;
}

static void came_up(struct assoc *a)
{
	const struct cipsec_handshake_peer *peer =
		cipsec_handshake_peer(a->hs);
	char text[CIPSEC_ENDPOINT_STRLEN];
	static uint64_t order;

	a->made = ++order;
	memcpy(a->identity, peer->identity, sizeof(a->identity));
	snprintf(a->subject, sizeof(a->subject), "%s", peer->subject);
	a->failures = 0;
	a->rx_seen = 0;
	a->tx_seen = 0;
	a->quiet_since = agent_now();
	if (!a->patience)
		a->patience = a->peer->dead_time;
	log_line(LOG_INFO, MSG_HANDSHAKE, a->peer->name,
		 "association %u %s %s, %s, %s, %llu ms%s", a->id,
		 role_verb(a), cipsec_endpoint_print(&a->remote, text),
		 cipsec_suite_name(peer->suite), peer->subject,
		 (unsigned long long)(agent_now() - a->began),
		 peer->ems ? "" : ", without extended master secret");
}

static void install(struct assoc *a)
{
	const struct cipsec_handshake_peer *peer =
		cipsec_handshake_peer(a->hs);
	struct cipsec *kernel = a->agent->kernel;
	struct cipsec_assoc made = { 0 };
	int err;

	err = kernel_new(a, peer, &made);
	if (err) {
		log_line(LOG_ERR, MSG_KERNEL, a->peer->name, "%s",
			 cipsec_error(kernel));
		goto fail;
	}
	err = kernel_key(a, made.id);
	if (err) {
		cipsec_assoc_del(kernel, made.id);
		goto fail;
	}
	a->id = made.id;
	if (a->role == CIPSEC_ROLE_SERVER)
		a->agent->handshakes--;
	a->busy = false;
	came_up(a);
	binding_update(a->agent);

	/* only now may the peer learn that it can send (design 4.3) */
	cipsec_handshake_release(a->hs);
	flush(a);
	a->timer = sd_event_source_disable_unref(a->timer);
	if (a->role == CIPSEC_ROLE_CLIENT)
		handshake_end(a);
	else
		agent_timer(a->agent, &a->timer, LINGER, on_linger_end, a);
	return;

fail:
	/* the last flight never leaves, and the peer gives up */
	handshake_end(a);
	if (a->role == CIPSEC_ROLE_CLIENT)
		retry_later(a);
	else if (!a->id)
		assoc_drop(a);
}

static void refuse_renegotiation(struct assoc *a)
{
	const uint8_t alert[] = { ALERT_WARNING, ALERT_NO_RENEGOTIATION };

	log_line(LOG_NOTICE, MSG_REFUSED, a->peer->name,
		 "refused to renegotiate association %u, it stays: a new key needs a new association",
		 a->id);
	cipsec_record_tx(a->agent->kernel, a->id, CIPSEC_RECORD_ALERT, alert,
			 sizeof(alert), NULL);
}

static int on_handshake_timer(sd_event_source *source, uint64_t usec,
			      void *arg);

static void step(struct assoc *a)
{
	int ret, ms;

	ret = cipsec_handshake_run(a->hs);
	flush(a);
	if (ret < 0) {
		failed(a);
	} else if (ret && a->busy) {
		install(a);
	} else if (ret) {
		if (a->id && cipsec_handshake_renegotiation(a->hs))
			refuse_renegotiation(a);
	} else if (agent_now() > a->deadline) {
		log_line(LOG_WARNING, MSG_REFUSED, a->peer->name,
			 "handshake not finished in time: the network loses too much, or the peer is overloaded");
		handshake_end(a);
		if (a->role == CIPSEC_ROLE_CLIENT)
			retry_later(a);
		else if (!a->id)
			assoc_drop(a);
	} else {
		ms = cipsec_handshake_timeout(a->hs);
		agent_timer(a->agent, &a->timer, ms < 10 ? 10 : ms,
			    on_handshake_timer, a);
	}
}

static int on_handshake_timer(sd_event_source *source, uint64_t usec,
			      void *arg)
{
	struct assoc *a = arg;

	step(a);
	return 0;
}

static size_t put_hex(char *to, const gnutls_datum_t *from)
{
	unsigned int i;

	for (i = 0; i < from->size; i++)
		snprintf(to + 2 * i, 3, "%02x", from->data[i]);
	return 2 * (size_t)from->size;
}

/* a line of the file that Wireshark reads (SSLKEYLOGFILE) */
static int keep_key_log(gnutls_session_t session, const char *label,
			const gnutls_datum_t *secret)
{
	FILE *file = gnutls_session_get_ptr(session);
	gnutls_datum_t client, server;
	char line[512];
	size_t at;

	gnutls_session_get_random(session, &client, &server);
	if (strlen(label) + 2 * ((size_t)client.size + secret->size) + 4 >
	    sizeof(line))
		return 0;
	at = (size_t)sprintf(line, "%s ", label);
	at += put_hex(line + at, &client);
	line[at++] = ' ';
	at += put_hex(line + at, secret);
	line[at++] = '\n';
	fwrite(line, 1, at, file);
	explicit_bzero(line, sizeof(line));
	return 0;
}

static int begin(struct assoc *a, gnutls_dtls_prestate_st *prestate)
{
	struct agent *agent = a->agent;
	struct cipsec_handshake_spec spec = {
		.role = a->role,
		.cred = agent->set->cred,
		.identities = a->peer->identities,
		.n_identities = a->peer->n_identities,
		.suites = a->peer->suites,
		.n_suites = a->peer->n_suites,
		.mtu = a->peer->mtu,
		.timeout = agent->set->handshake_timeout,
		.prestate = prestate,
		.keylog = agent->key_log ? keep_key_log : NULL,
		.keylog_arg = agent->key_log,
	};
	int err;

	handshake_end(a);
	err = cipsec_handshake_new(&a->hs, &spec);
	if (err) {
		log_line(LOG_ERR, MSG_REFUSED, a->peer->name,
			 "cannot begin a handshake: %s", strerror(-err));
		return err;
	}
	a->busy = true;
	a->began = agent_now();
	a->deadline = a->began + agent->set->handshake_timeout + 1000;
	if (a->role == CIPSEC_ROLE_SERVER)
		agent->handshakes++;
	return 0;
}

static unsigned int handshakes_of(struct agent *agent,
				  const struct cipsec_addr *addr)
{
	struct assoc *a;
	unsigned int n = 0;

	for (a = agent->assocs; a; a = a->next)
		if (a->busy && a->role == CIPSEC_ROLE_SERVER &&
		    cipsec_addr_equal(&a->remote.addr, addr))
			n++;
	return n;
}

static bool room_for_handshake(struct agent *agent,
			       struct peer_settings *peer,
			       const struct cipsec_addr *addr)
{
	const struct settings *set = agent->set;
	uint64_t now = agent_now();

	if (agent->handshakes < set->max_handshakes &&
	    handshakes_of(agent, addr) < set->max_handshakes_per_source)
		return true;
	if (agent->crowded_logged && now - agent->crowded_logged < 60000)
		return false;
	agent->crowded_logged = now;
	log_line(LOG_WARNING, MSG_REFUSED, peer->name,
		 "too many handshakes at once: this one waits for its next try (max-handshakes, max-handshakes-per-source)");
	return false;
}

void assoc_accept(struct agent *agent, struct peer_settings *peer,
		  const struct cipsec_endpoint *local,
		  const struct cipsec_endpoint *remote,
		  gnutls_dtls_prestate_st *prestate, const void *hello,
		  size_t len)
{
	const uint8_t *random;
	struct assoc *a;
	int err;

	if (!room_for_handshake(agent, peer, &remote->addr) ||
	    !cipsec_record_is_hello(hello, len, &random))
		return;
	a = assoc_create(agent, peer, CIPSEC_ROLE_SERVER);
	if (!a)
		return;
	a->local = *local;
	a->remote = *remote;
	memcpy(a->hello, random, sizeof(a->hello));
	err = socket_connect(a);
	if (err) {
		log_line(LOG_ERR, MSG_REFUSED, peer->name,
			 "cannot open a socket for it: %s", strerror(-err));
		assoc_drop(a);
		return;
	}
	if (begin(a, prestate)) {
		assoc_drop(a);
		return;
	}
	cipsec_handshake_feed(a->hs, hello, len);
	step(a);
}

static void connect_now(struct assoc *a)
{
	int err;

	/* while a living association is tried again its socket stays */
	if (!a->id) {
		socket_close(a);
		memset(&a->local, 0, sizeof(a->local));
		a->local.port = a->peer->local_port;
		err = socket_connect(a);
		if (err) {
			log_line(LOG_WARNING, MSG_REFUSED, a->peer->name,
				 "cannot reach its address: %s",
				 strerror(-err));
			memset(&a->local, 0, sizeof(a->local));
			retry_later(a);
			return;
		}
	}
	if (begin(a, NULL))
		retry_later(a);
	else
		step(a);
}

void assoc_connect(struct agent *agent, struct peer_settings *peer)
{
	struct assoc *a = assoc_create(agent, peer, CIPSEC_ROLE_CLIENT);

	if (!a)
		return;
	a->remote.addr = peer->addr;
	a->remote.port = peer->port;
	connect_now(a);
}

bool assoc_adopt(struct agent *agent, struct peer_settings *peer,
		 const struct cipsec_assoc *kernel, const char *subject)
{
	struct assoc *a;
	int err;

	if (cipsec_assoc_adopt(agent->kernel, kernel->id)) {
		log_line(LOG_ERR, MSG_ADOPTED, peer->name, "%s",
			 cipsec_error(agent->kernel));
		return false;
	}
	a = assoc_create(agent, peer, kernel->role);
	if (!a)
		return false;
	a->local = kernel->local;
	a->remote = kernel->remote;
	a->id = kernel->id;
	a->rx_seen = kernel->rx_packets;
	a->tx_seen = kernel->tx_packets;
	a->quiet_since = agent_now();
	a->patience = peer->dead_time;
	if (kernel->identity_len == sizeof(a->identity))
		memcpy(a->identity, kernel->identity, sizeof(a->identity));
	snprintf(a->subject, sizeof(a->subject), "%s", subject);
	/* the socket is for the peer's next handshake; I/O does not need it */
	err = socket_connect(a);
	if (err)
		log_line(LOG_WARNING, MSG_ADOPTED, peer->name,
			 "association %u goes on, but its socket cannot be opened again: %s",
			 a->id, strerror(-err));
	log_line(LOG_INFO, MSG_ADOPTED, peer->name,
		 "association %u adopted, %s, %s", a->id,
		 cipsec_suite_name(kernel->suite), subject);
	return true;
}

/* a ClientHello on endpoints that have an association or a handshake */
static void input_hello(struct assoc *a, const void *data, size_t len,
			const uint8_t *random)
{
	gnutls_dtls_prestate_st prestate;

	if (!memcmp(random, a->hello, sizeof(a->hello))) {
		/* ours, repeated; of a handshake that is over, a late copy */
		if (a->hs && !cipsec_handshake_feed(a->hs, data, len))
			step(a);
		return;
	}
	if (!listener_cookie(a->agent, a->fd, &a->local, &a->remote, data, len,
			     &prestate) ||
	    !room_for_handshake(a->agent, a->peer, &a->remote.addr))
		return;
	/* the peer began anew; old keys serve until the new ones are there */
	if (begin(a, &prestate)) {
		if (!a->id)
			assoc_drop(a);
		return;
	}
	memcpy(a->hello, random, sizeof(a->hello));
	cipsec_handshake_feed(a->hs, data, len);
	step(a);
}

void assoc_input(struct assoc *a, const void *data, size_t len)
{
	const uint8_t *random;

	if (a->role == CIPSEC_ROLE_SERVER && a->fd >= 0 &&
	    cipsec_record_is_hello(data, len, &random))
		input_hello(a, data, len, random);
	else if (a->hs && !cipsec_handshake_feed(a->hs, data, len))
		step(a);
}

void assoc_close(struct assoc *a, const char *why)
{
	const uint8_t alert[] = { ALERT_WARNING, ALERT_CLOSE_NOTIFY };

	if (a->id) {
		log_line(LOG_INFO, MSG_CLOSED, a->peer->name,
			 "association %u closed: %s", a->id, why);
		cipsec_record_tx(a->agent->kernel, a->id, CIPSEC_RECORD_ALERT,
				 alert, sizeof(alert), NULL);
		cipsec_assoc_del(a->agent->kernel, a->id);
		a->id = 0;
	}
	assoc_drop(a);
}

static void alert_received(struct assoc *a, uint8_t level, uint8_t number)
{
	const uint8_t answer[] = { ALERT_WARNING, ALERT_CLOSE_NOTIFY };
	const char *name = gnutls_alert_get_name(number);

	if (number == ALERT_CLOSE_NOTIFY) {
		log_line(LOG_INFO, MSG_CLOSED, a->peer->name,
			 "association %u closed by the peer", a->id);
		cipsec_record_tx(a->agent->kernel, a->id, CIPSEC_RECORD_ALERT,
				 answer, sizeof(answer), NULL);
	} else if (level == ALERT_FATAL) {
		log_line(LOG_WARNING, MSG_CLOSED, a->peer->name,
			 "association %u ended by the peer with alert %u (%s): its log says why",
			 a->id, number, name ? name : "?");
	} else {
		log_line(LOG_NOTICE, MSG_CLOSED, a->peer->name,
			 "association %u: the peer warns with alert %u (%s)",
			 a->id, number, name ? name : "?");
		return;
	}
	cipsec_assoc_del(a->agent->kernel, a->id);
	lost(a);
}

void assoc_record(struct agent *agent, const struct cipsec_record *rec)
{
	struct assoc *a = assoc_find_id(agent, rec->assoc);

	if (!a)
		return;
	/* an alert is two bytes (RFC 5246 7.2) */
	if (rec->type == CIPSEC_RECORD_ALERT && rec->len == 2)
		alert_received(a, rec->data[0], rec->data[1]);
	/* HelloRequest or ClientHello; a late Finished says nothing new */
	if (rec->type == CIPSEC_RECORD_HANDSHAKE && rec->len &&
	    rec->data[0] <= CIPSEC_HANDSHAKE_CLIENT_HELLO)
		refuse_renegotiation(a);
}

static void try_again(struct assoc *a)
{
	if (a->role == CIPSEC_ROLE_CLIENT && !a->busy && !a->agent->stopping)
		connect_now(a);
}

void assoc_event(struct agent *agent, const struct cipsec_event *event)
{
	struct assoc *a;

	if (!event->has_assoc)
		return;
	a = assoc_find_id(agent, event->assoc.id);
	if (!a)
		return;
	switch (event->type) {
	case CIPSEC_EVENT_ASSOC_CONFIRMED:
		/* the peer has the last flight: nothing to repeat any more */
		if (!a->busy)
			handshake_end(a);
		a->patience = a->peer->dead_time;
		break;
	case CIPSEC_EVENT_ASSOC_DEL:
		log_line(LOG_WARNING, MSG_CLOSED, a->peer->name,
			 "association %u was removed (%s)", a->id,
			 event->assoc.reason <= CIPSEC_REASON_MAX &&
			 cipsec_reason_names[event->assoc.reason] ?
			 cipsec_reason_names[event->assoc.reason] : "?");
		lost(a);
		break;
	case CIPSEC_EVENT_LIMIT_RECORDS:
	case CIPSEC_EVENT_LIMIT_AUTH:
	case CIPSEC_EVENT_EXHAUSTED:
	case CIPSEC_EVENT_KEYS_WIPED:
		log_line(LOG_WARNING, MSG_KERNEL, a->peer->name,
			 "association %u: %s: %s", a->id,
			 cipsec_event_type_names[event->type],
			 a->role == CIPSEC_ROLE_CLIENT ?
			 "making new keys" : "the peer must connect again");
		try_again(a);
		break;
	case CIPSEC_EVENT_NONCE_GUARD:
		log_line(LOG_ERR, MSG_KERNEL, a->peer->name,
			 "association %u: the kernel refused a record of this agent's socket, whose number is not the agent's to use: report this as a defect",
			 a->id);
		break;
	case CIPSEC_EVENT_MTU:
		log_line(LOG_WARNING, MSG_KERNEL, a->peer->name,
			 "association %u: a datagram does not fit the route's MTU: use CIP datagrams of at most %u bytes, or set flags = allow-frag",
			 a->id, event->size);
		break;
	default:
		break;
	}
}

void assoc_reload(struct agent *agent)
{
	struct peer_settings *peer;
	struct assoc *a;

	for (a = agent->assocs; a; a = a->next) {
		if (a->dead)
			continue;
		/* it refers to credentials that go */
		handshake_end(a);
		peer = settings_peer_named(agent->set, a->peer->name);
		if (!peer || !settings_peer_same(peer, a->peer) ||
		    !settings_peer_takes(agent->set, peer, a->role)) {
			assoc_close(a, "the settings do not allow it as it is");
			continue;
		}
		a->peer = peer;
		if (a->id)
			continue;
		if (a->role == CIPSEC_ROLE_CLIENT)
			connect_now(a);
		else
			assoc_drop(a);
	}
}

/* a client whose program sends and that hears nothing: the peer forgot us */
static void check_silence(struct assoc *a, const struct cipsec_assoc *kernel)
{
	uint64_t now = agent_now();

	if (kernel->rx_packets != a->rx_seen) {
		a->rx_seen = kernel->rx_packets;
		a->tx_seen = kernel->tx_packets;
		a->quiet_since = now;
		a->patience = a->peer->dead_time;
		return;
	}
	if (!a->patience || kernel->tx_packets == a->tx_seen ||
	    now - a->quiet_since < a->patience)
		return;
	log_line(LOG_NOTICE, MSG_CLOSED, a->peer->name,
		 "association %u: nothing heard for %llu s: connecting again, the old keys serve until then",
		 a->id, (unsigned long long)(now - a->quiet_since) / 1000);
	a->quiet_since = now;
	a->tx_seen = kernel->tx_packets;
	a->patience *= 2;
	if (a->patience > PATIENCE_MAX)
		a->patience = PATIENCE_MAX;
	try_again(a);
}

void assoc_check(struct agent *agent)
{
	struct cipsec_assoc kernel;
	struct assoc *a;
	int err;

	for (a = agent->assocs; a; a = a->next) {
		if (a->dead || !a->id)
			continue;
		err = cipsec_assoc_get(agent->kernel, a->id, &kernel);
		if (err == -ENOENT) {
			lost(a);
			continue;
		}
		if (err)
			continue;
		if (kernel.state == CIPSEC_ASSOC_STATE_CONFIRMED && !a->busy)
			handshake_end(a);
		if (a->role == CIPSEC_ROLE_CLIENT && !a->busy)
			check_silence(a, &kernel);
	}
}
