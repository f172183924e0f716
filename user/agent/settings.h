/* SPDX-License-Identifier: GPL-2.0-only */
/* The settings file, read and checked as a whole: agent.conf(5). */
#ifndef CIPSEC_AGENT_SETTINGS_H
#define CIPSEC_AGENT_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cipsec.h>

#include "credential.h"
#include "identity.h"

#define SUITES_MAX	8

/* where in the settings file something stands */
struct where {
	int line;
	const char *key;
};

/**
 * struct peer_settings - a [peer NAME]
 * @name: NAME, unique
 * @addr, @prefix_len: whom it is about
 * @verb, @flags: what they may do
 * @initiate: this host is the DTLS client
 * @port, @local_port: of the peer, and of this host (0 for any), for a client
 * @mtu: largest datagram of a handshake
 * @dead_time: milliseconds without a record after which a client whose
 *   program sends handshakes again, 0 for never
 */
struct peer_settings {
	struct peer_settings *next;
	struct where at;
	char *name;
	struct cipsec_addr addr;
	uint8_t prefix_len;
	uint8_t verb;
	uint32_t flags;
	bool initiate;
	uint16_t port;
	uint16_t local_port;
	unsigned int mtu;
	unsigned int dead_time;
	uint16_t suites[SUITES_MAX];
	size_t n_suites;
	struct cipsec_identity *identities;
	size_t n_identities;
};

/**
 * struct connection_settings - a [connection NAME]
 * @name: NAME, unique
 * @peer: its peer
 * @role: which association carries it: the one this host began or answered
 * @conn: what the kernel is told
 */
struct connection_settings {
	struct connection_settings *next;
	struct where at;
	char *name;
	char *peer_name;
	struct peer_settings *peer;
	enum cipsec_role role;
	bool any;
	bool has_consumed;
	bool has_produced;
	struct cipsec_conn conn;
};

struct listen_settings {
	struct listen_settings *next;
	struct where at;
	struct cipsec_endpoint end;
};

/**
 * struct settings - all of it
 * @default_verb: what unlisted addresses may do
 * @orphan_timeout: milliseconds that associations outlive the agent
 * @handshake_timeout: milliseconds that a handshake may take
 * @max_handshakes, @max_handshakes_per_source: handshakes answered at once
 * @key_log: file that secrets are written to, or NULL
 * @close_on_stop: say goodbye and delete the associations on SIGTERM
 * @files, @cred: credentials, as named and as loaded
 */
struct settings {
	char *file;
	uint8_t default_verb;
	unsigned int orphan_timeout;
	unsigned int handshake_timeout;
	unsigned int max_handshakes;
	unsigned int max_handshakes_per_source;
	char *key_log;
	bool close_on_stop;
	struct cipsec_credential_files files;
	struct where files_at[4];
	struct cipsec_credential *cred;
	struct listen_settings *listen;
	struct peer_settings *peers;
	struct connection_settings *connections;
};

/**
 * settings_read() - read, check and load the credentials
 * @out: NULL on failure
 * @file: name
 *
 * Each error is a line `file:line: key: value: what to do` on stderr.
 *
 * Return: 0; -EINVAL
 */
int settings_read(struct settings **out, const char *file);

void settings_free(struct settings *set);

/* the peer whose prefix fits an address best, or NULL */
struct peer_settings *settings_peer(const struct settings *set,
				    const struct cipsec_addr *addr);

/* the peer of a name, or NULL */
struct peer_settings *settings_peer_named(const struct settings *set,
					  const char *name);

/* do both say the same of who the peer is and how it is protected? */
bool settings_peer_same(const struct peer_settings *a,
			const struct peer_settings *b);

/* may there be an association with the peer in which this host has @role? */
bool settings_peer_takes(const struct settings *set,
			 const struct peer_settings *peer,
			 enum cipsec_role role);

/* may the peer begin handshakes? */
bool settings_peer_may_connect(const struct settings *set,
			       const struct peer_settings *peer);

#endif
