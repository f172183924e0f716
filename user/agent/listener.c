// SPDX-License-Identifier: GPL-2.0-only
/* One unconnected socket a local address; cookies before anything is kept. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "assoc.h"
#include "listener.h"
#include "log.h"
#include "record.h"

#define DATAGRAM_MAX	2048

/* datagrams read from one socket before others have their turn */
#define READ_BURST	64

struct listener {
	struct listener *next;
	struct agent *agent;
	struct cipsec_endpoint local;
	sd_event_source *source;
	int fd;
	bool wanted;
};

void endpoint_to_sockaddr(const struct cipsec_endpoint *end,
			  struct sockaddr_in *to)
{
	memset(to, 0, sizeof(*to));
	to->sin_family = AF_INET;
	to->sin_port = htons(end->port);
	if (end->addr.len == sizeof(to->sin_addr))
		memcpy(&to->sin_addr, end->addr.bytes, sizeof(to->sin_addr));
}

void endpoint_from_sockaddr(struct cipsec_endpoint *end,
			    const struct sockaddr_in *from)
{
	memset(end, 0, sizeof(*end));
	end->addr.len = sizeof(from->sin_addr);
	memcpy(end->addr.bytes, &from->sin_addr, sizeof(from->sin_addr));
	end->port = ntohs(from->sin_port);
}

bool endpoint_equal(const struct cipsec_endpoint *a,
		    const struct cipsec_endpoint *b)
{
	return a->port == b->port && cipsec_addr_equal(&a->addr, &b->addr);
}

int listener_socket(const struct cipsec_endpoint *local)
{
	struct sockaddr_in addr;
	int fd, one = 1, err;

	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	endpoint_to_sockaddr(local, &addr);
	/*
	 * REUSEPORT is for sockets of one user only, unlike REUSEADDR, with
	 * which any local program could bind the port too. FREEBIND: the
	 * address may come up after us.
	 */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)) ||
	    setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &one, sizeof(one)) ||
	    bind(fd, (struct sockaddr *)&addr, sizeof(addr))) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

bool listener_cookie(struct agent *agent, int fd,
		     const struct cipsec_endpoint *local,
		     const struct cipsec_endpoint *remote, const void *data,
		     size_t len, gnutls_dtls_prestate_st *prestate)
{
	struct {
		struct sockaddr_in local;
		struct sockaddr_in remote;
	} client;
	uint8_t reply[256];
	size_t reply_len = sizeof(reply);
	int err;

	endpoint_to_sockaddr(local, &client.local);
	endpoint_to_sockaddr(remote, &client.remote);
	err = cipsec_cookie_check(&agent->cookie, &client, sizeof(client),
				  data, len, agent_now(), prestate);
	if (!err)
		return true;
	if (err == -EAGAIN &&
	    !cipsec_cookie_send(&agent->cookie, &client, sizeof(client),
				prestate, reply, &reply_len))
		sendto(fd, reply, reply_len, MSG_NOSIGNAL,
		       (struct sockaddr *)&client.remote,
		       sizeof(client.remote));
	return false;
}

static void report_unlisted(struct agent *agent,
			    const struct cipsec_endpoint *from,
			    const struct peer_settings *peer)
{
	char text[CIPSEC_ENDPOINT_STRLEN];
	uint64_t now = agent_now();

	agent->unlisted++;
	if (agent->unlisted_logged && now - agent->unlisted_logged < 60000)
		return;
	agent->unlisted_logged = now;
	if (peer)
		log_line(LOG_NOTICE, MSG_UNLISTED, peer->name,
			 "ignored a handshake from %s, as initiate = yes here: let one side begin, or configure a [connection] with association = accepted (%llu ignored so far)",
			 cipsec_endpoint_print(from, text),
			 (unsigned long long)agent->unlisted);
	else
		log_line(LOG_NOTICE, MSG_UNLISTED, NULL,
			 "ignored a handshake from %s: add a [peer] with this address and policy = require if it may connect (%llu ignored so far)",
			 cipsec_endpoint_print(from, text),
			 (unsigned long long)agent->unlisted);
}

static struct listener *listener_find(struct agent *agent,
				      const struct cipsec_endpoint *local)
{
	struct listener *l;

	for (l = agent->listeners; l; l = l->next)
		if (endpoint_equal(&l->local, local))
			return l;
	return NULL;
}

/* a datagram that no association is for */
static void stranger(struct agent *agent, const struct cipsec_endpoint *local,
		     const struct cipsec_endpoint *from, const uint8_t *data,
		     size_t len)
{
	gnutls_dtls_prestate_st prestate;
	struct peer_settings *peer;
	const uint8_t *random;
	struct listener *l;

	l = listener_find(agent, local);
	if (!l || !cipsec_record_is_hello(data, len, &random))
		return;
	peer = settings_peer(agent->set, &from->addr);
	if (!peer || !settings_peer_may_connect(agent->set, peer)) {
		report_unlisted(agent, from,
				peer && peer->verb == CIPSEC_VERB_REQUIRE ?
				peer : NULL);
		return;
	}
	if (listener_cookie(agent, l->fd, local, from, data, len, &prestate))
		assoc_accept(agent, peer, local, from, &prestate, data, len);
}

void listener_read(struct agent *agent, int fd,
		   const struct cipsec_endpoint *local)
{
	struct cipsec_endpoint at = *local, from;
	uint8_t data[DATAGRAM_MAX];
	struct sockaddr_in addr = { 0 };
	struct assoc *assoc;
	socklen_t addr_len;
	ssize_t len;
	int i;

	for (i = 0; i < READ_BURST; i++) {
		addr_len = sizeof(addr);
		len = recvfrom(fd, data, sizeof(data), MSG_DONTWAIT,
			       (struct sockaddr *)&addr, &addr_len);
		/* an ICMP error of an earlier datagram: it counts as lost */
		if (len < 0 && errno != EAGAIN && errno != EBADF)
			continue;
		if (len < 0)
			return;
		endpoint_from_sockaddr(&from, &addr);
		assoc = assoc_find(agent, &at, &from);
		if (assoc)
			assoc_input(assoc, data, (size_t)len);
		else
			stranger(agent, &at, &from, data, (size_t)len);
	}
}

static int on_readable(sd_event_source *source, int fd, uint32_t events,
		       void *arg)
{
	struct listener *l = arg;

	listener_read(l->agent, fd, &l->local);
	return 0;
}

static int open_one(struct agent *agent, const struct cipsec_endpoint *local)
{
	struct listener *l;
	int err;

	l = calloc(1, sizeof(*l));
	if (!l)
		return -ENOMEM;
	l->agent = agent;
	l->local = *local;
	l->wanted = true;
	l->fd = listener_socket(local);
	err = l->fd;
	if (l->fd >= 0)
		err = sd_event_add_io(agent->loop, &l->source, l->fd, EPOLLIN,
				      on_readable, l);
	if (err < 0) {
		if (l->fd >= 0)
			close(l->fd);
		free(l);
		return err;
	}
	l->next = agent->listeners;
	agent->listeners = l;
	return 0;
}

static void close_unwanted(struct agent *agent)
{
	struct listener **at = &agent->listeners, *l;

	while ((l = *at)) {
		if (l->wanted) {
			at = &l->next;
			continue;
		}
		*at = l->next;
		sd_event_source_disable_unref(l->source);
		close(l->fd);
		free(l);
	}
}

int listener_open(struct agent *agent)
{
	char text[CIPSEC_ENDPOINT_STRLEN];
	struct listen_settings *want;
	struct listener *l;
	int err;

	for (l = agent->listeners; l; l = l->next)
		l->wanted = false;
	for (want = agent->set->listen; want; want = want->next) {
		l = listener_find(agent, &want->end);
		if (l) {
			l->wanted = true;
			continue;
		}
		err = open_one(agent, &want->end);
		if (err) {
			log_line(LOG_ERR, MSG_STARTED, NULL,
				 "%s:%d: listen: %s: cannot be bound: %s%s",
				 agent->set->file, want->at.line,
				 cipsec_endpoint_print(&want->end, text),
				 strerror(-err),
				 err == -EADDRINUSE ?
				 ": another program has it; find it with `ss -ulpn`" :
				 "");
			return err;
		}
	}
	close_unwanted(agent);
	return 0;
}

void listener_close(struct agent *agent)
{
	struct listener *l;

	for (l = agent->listeners; l; l = l->next)
		l->wanted = false;
	close_unwanted(agent);
}
