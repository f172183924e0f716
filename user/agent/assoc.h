/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An association from the agent's side: a pair of endpoints with a connected
 * socket, a handshake that runs or lingers, and the kernel's association that
 * came of it. A second handshake on the same endpoints leaves the first's keys
 * in force until it is done itself.
 */
#ifndef CIPSEC_AGENT_ASSOC_H
#define CIPSEC_AGENT_ASSOC_H

#include <stdbool.h>

#include "agent.h"
#include "handshake.h"

/**
 * struct assoc - one pair of endpoints
 * @peer: its settings
 * @role: this side
 * @local, @remote: endpoints; the local one is known once @fd is connected
 * @fd: connected socket, negative when there is none
 * @io: the socket is readable
 * @timer: of the handshake: retransmission, then the end of lingering
 * @retry: when a client begins anew
 * @hs: handshake, running while @busy, else only to repeat its last flight
 * @id: the kernel's association, 0 while there is none
 * @made: order in which associations came up
 * @identity: of the peer in @id
 * @subject: of its certificate
 * @hello: random of the ClientHello that @hs or @id came of
 * @began: when the handshake began, milliseconds
 * @deadline: when it must be done
 * @failures: in a row, of a client
 * @rx_seen, @tx_seen: counters when the peer was last heard, or tried again
 * @quiet_since: when that was
 * @patience: milliseconds of silence before the next try
 * @dead: gone as soon as nobody looks at it any more
 */
struct assoc {
	struct assoc *next;
	struct agent *agent;
	struct peer_settings *peer;
	enum cipsec_role role;
	struct cipsec_endpoint local;
	struct cipsec_endpoint remote;
	int fd;
	sd_event_source *io;
	sd_event_source *timer;
	sd_event_source *retry;
	struct cipsec_handshake *hs;
	bool busy;
	bool dead;
	uint32_t id;
	uint64_t made;
	uint8_t identity[CIPSEC_HASH_LEN];
	char subject[256];
	uint8_t hello[CIPSEC_HELLO_RANDOM];
	uint64_t began;
	uint64_t deadline;
	unsigned int failures;
	uint64_t rx_seen;
	uint64_t tx_seen;
	uint64_t quiet_since;
	unsigned int patience;
};

struct assoc *assoc_find(struct agent *agent,
			 const struct cipsec_endpoint *local,
			 const struct cipsec_endpoint *remote);

struct assoc *assoc_find_id(struct agent *agent, uint32_t id);

/* a client has proved its address: answer its handshake */
void assoc_accept(struct agent *agent, struct peer_settings *peer,
		  const struct cipsec_endpoint *local,
		  const struct cipsec_endpoint *remote,
		  gnutls_dtls_prestate_st *prestate, const void *hello,
		  size_t len);

/* begin an association with a peer that has initiate = yes */
void assoc_connect(struct agent *agent, struct peer_settings *peer);

/* an association of the kernel that a former agent made; false on failure */
bool assoc_adopt(struct agent *agent, struct peer_settings *peer,
		 const struct cipsec_assoc *kernel, const char *subject);

/* a datagram came on its endpoints */
void assoc_input(struct assoc *assoc, const void *data, size_t len);

/* the kernel opened a record for us */
void assoc_record(struct agent *agent, const struct cipsec_record *rec);

/* something happened in the kernel */
void assoc_event(struct agent *agent, const struct cipsec_event *event);

/* close_notify to the peer, and the kernel's association goes */
void assoc_close(struct assoc *assoc, const char *why);

/*
 * Goes on with the settings now in force, whose predecessors are freed after.
 * What they do not allow any more is closed; handshakes begin anew.
 */
void assoc_reload(struct agent *agent);

/* compare with the kernel after events were lost; detect silent peers */
void assoc_check(struct agent *agent);

/* not to be used any more; freed by assoc_reap() */
void assoc_drop(struct assoc *assoc);

void assoc_reap(struct agent *agent);

#endif
