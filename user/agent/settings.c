// SPDX-License-Identifier: GPL-2.0-only
/* inih tells sections, keys and values; what they mean stands in tables here. */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ini.h>

#include "settings.h"
#include "suite.h"

struct reader {
	struct settings *set;
	FILE *file;
	/* line that was read last, and whether it has ended */
	int line;
	bool open;
	int errors;
	char section[128];
	/* the section that the keys go to */
	struct peer_settings *peer;
	struct connection_settings *conn;
};

/* where a key goes to; the value is a word that never is empty */
struct option {
	const char *key;
	void (*set)(struct reader *rd, const char *key, const char *value);
};

static void say(struct reader *rd, int line, const char *key, const char *fmt,
		va_list args)
{
	rd->errors++;
	fprintf(stderr, "%s:%d: ", rd->set->file, line);
	if (key)
		fprintf(stderr, "%s: ", key);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
}

__attribute__((format(printf, 4, 5)))
static void complain(struct reader *rd, int line, const char *key,
		     const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(rd, line, key, fmt, args);
	va_end(args);
}

/* the line that is being read is wrong */
__attribute__((format(printf, 3, 4)))
static void bad(struct reader *rd, const char *key, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(rd, rd->line, key, fmt, args);
	va_end(args);
}

static void set_number(struct reader *rd, const char *key, const char *value,
		       unsigned long min, unsigned long max, const char *unit,
		       unsigned int scale, unsigned int *out)
{
	unsigned long number;
	char *end;

	errno = 0;
	number = strtoul(value, &end, 10);
	if (errno || *end || end == value || *value == '-' || number < min ||
	    number > max)
		bad(rd, key, "%s: write a number of %s from %lu to %lu", value,
		    unit, min, max);
	else
		*out = (unsigned int)number * scale;
}

static void set_flag(struct reader *rd, const char *key, const char *value,
		     bool *out)
{
	if (!strcmp(value, "yes"))
		*out = true;
	else if (!strcmp(value, "no"))
		*out = false;
	else
		bad(rd, key, "%s: write yes or no", value);
}

static void set_text(struct reader *rd, const char *key, const char *value,
		     char **out)
{
	if (*out)
		bad(rd, key, "%s: was given before: keep one of them", value);
	free(*out);
	*out = strdup(value);
	if (!*out)
		bad(rd, key, "%s: no memory", value);
}

static void set_verb(struct reader *rd, const char *key, const char *value,
		     uint8_t *out)
{
	int verb;

	for (verb = 1; verb <= CIPSEC_VERB_MAX; verb++) {
		if (!strcmp(value, cipsec_verb_names[verb])) {
			*out = (uint8_t)verb;
			return;
		}
	}
	bad(rd, key, "%s: write require, trust or deny", value);
}

static void set_port(struct reader *rd, const char *key, const char *value,
		     unsigned long min, uint16_t *out)
{
	unsigned int port = *out;

	set_number(rd, key, value, min, 65535, "port", 1, &port);
	*out = (uint16_t)port;
}

/* calls a setter with each word of a value */
static void each_word(struct reader *rd, const char *key, const char *value,
		      void (*set)(struct reader *rd, const char *key,
				  const char *word))
{
	char *copy = strdup(value), *save = NULL, *word;

	if (!copy) {
		bad(rd, key, "%s: no memory", value);
		return;
	}
	for (word = strtok_r(copy, " \t,", &save); word;
	     word = strtok_r(NULL, " \t,", &save))
		set(rd, key, word);
	free(copy);
}

/* [agent] */

static void agent_default_policy(struct reader *rd, const char *key,
				 const char *value)
{
	set_verb(rd, key, value, &rd->set->default_verb);
}

static void agent_orphan_timeout(struct reader *rd, const char *key,
				 const char *value)
{
	set_number(rd, key, value, 1, 4000000, "seconds", 1000,
		   &rd->set->orphan_timeout);
}

static void agent_handshake_timeout(struct reader *rd, const char *key,
				    const char *value)
{
	set_number(rd, key, value, 1, 300, "seconds", 1000,
		   &rd->set->handshake_timeout);
}

static void agent_max_handshakes(struct reader *rd, const char *key,
				 const char *value)
{
	set_number(rd, key, value, 1, 10000, "handshakes", 1,
		   &rd->set->max_handshakes);
}

static void agent_max_per_source(struct reader *rd, const char *key,
				 const char *value)
{
	set_number(rd, key, value, 1, 10000, "handshakes", 1,
		   &rd->set->max_handshakes_per_source);
}

static void agent_key_log(struct reader *rd, const char *key,
			  const char *value)
{
	set_text(rd, key, value, &rd->set->key_log);
}

static void agent_close_on_stop(struct reader *rd, const char *key,
				const char *value)
{
	set_flag(rd, key, value, &rd->set->close_on_stop);
}

static void listen_one(struct reader *rd, const char *key, const char *word)
{
	struct listen_settings *new, **at = &rd->set->listen;
	char addr[64], *colon, *end;
	unsigned long port = CIPSEC_PORT_SECURE;

	new = calloc(1, sizeof(*new));
	if (!new) {
		bad(rd, key, "%s: no memory", word);
		return;
	}
	snprintf(addr, sizeof(addr), "%s", word);
	colon = strchr(addr, ':');
	if (colon) {
		*colon = '\0';
		port = strtoul(colon + 1, &end, 10);
		if (*end || !port || port > 65535)
			port = 0;
	}
	if (!port || cipsec_addr_parse(&new->end.addr, addr) ||
	    new->end.addr.len != 4) {
		bad(rd, key, "%s: write an IPv4 address of this host, or ADDRESS:PORT",
		    word);
		free(new);
		return;
	}
	if (!memcmp(new->end.addr.bytes, "\0\0\0\0", 4)) {
		bad(rd, key, "%s: an association has one local address: name each address that peers connect to",
		    word);
		free(new);
		return;
	}
	new->end.port = (uint16_t)port;
	new->at.line = rd->line;
	new->at.key = "listen";
	while (*at)
		at = &(*at)->next;
	*at = new;
}

static void agent_listen(struct reader *rd, const char *key, const char *value)
{
	each_word(rd, key, value, listen_one);
}

static const struct option agent_options[] = {
	{ "default-policy", agent_default_policy },
	{ "listen", agent_listen },
	{ "orphan-timeout", agent_orphan_timeout },
	{ "handshake-timeout", agent_handshake_timeout },
	{ "max-handshakes", agent_max_handshakes },
	{ "max-handshakes-per-source", agent_max_per_source },
	{ "close-on-stop", agent_close_on_stop },
	{ "key-log", agent_key_log },
	{ NULL }
};

/* [credentials] */

static void credential_file(struct reader *rd, const char *key,
			    const char *value, const char **out,
			    enum cipsec_credential_part part)
{
	set_text(rd, key, value, (char **)out);
	rd->set->files_at[part].line = rd->line;
}

static void credential_certificate(struct reader *rd, const char *key,
				   const char *value)
{
	credential_file(rd, key, value, &rd->set->files.certificate,
			CIPSEC_CREDENTIAL_CERTIFICATE);
}

static void credential_key(struct reader *rd, const char *key,
			   const char *value)
{
	credential_file(rd, key, value, &rd->set->files.key,
			CIPSEC_CREDENTIAL_KEY);
}

static void credential_trust(struct reader *rd, const char *key,
			     const char *value)
{
	credential_file(rd, key, value, &rd->set->files.trust,
			CIPSEC_CREDENTIAL_TRUST);
}

static void credential_crl(struct reader *rd, const char *key,
			   const char *value)
{
	credential_file(rd, key, value, &rd->set->files.crl,
			CIPSEC_CREDENTIAL_CRL);
}

static void credential_check_expiration(struct reader *rd, const char *key,
					const char *value)
{
	set_flag(rd, key, value, &rd->set->files.check_expiration);
}

static const struct option credential_options[] = {
	{ "certificate", credential_certificate },
	{ "key", credential_key },
	{ "trust", credential_trust },
	{ "crl", credential_crl },
	{ "check-expiration", credential_check_expiration },
	{ NULL }
};

/* [peer NAME] */

static void peer_address(struct reader *rd, const char *key, const char *value)
{
	struct peer_settings *peer = rd->peer;
	unsigned int prefix = 32;
	char addr[64], *slash;

	snprintf(addr, sizeof(addr), "%s", value);
	slash = strchr(addr, '/');
	if (slash) {
		*slash = '\0';
		set_number(rd, key, slash + 1, 1, 32, "bits", 1, &prefix);
	}
	if (cipsec_addr_parse(&peer->addr, addr))
		bad(rd, key, "%s: write an IPv4 address, or ADDRESS/BITS",
		    value);
	else if (peer->addr.len != 4)
		bad(rd, key, "%s: IPv6 cannot be protected yet: write the peer's IPv4 address",
		    value);
	peer->prefix_len = (uint8_t)prefix;
}

static void peer_policy(struct reader *rd, const char *key, const char *value)
{
	set_verb(rd, key, value, &rd->peer->verb);
}

static void flag_one(struct reader *rd, const char *key, const char *word)
{
	if (!strcmp(word, "discovery"))
		rd->peer->flags |= CIPSEC_POLICY_F_DISCOVERY;
	else if (!strcmp(word, "allow-frag"))
		rd->peer->flags |= CIPSEC_POLICY_F_ALLOW_FRAG;
	else
		bad(rd, key, "%s: write discovery, allow-frag or both", word);
}

static void peer_flags(struct reader *rd, const char *key, const char *value)
{
	each_word(rd, key, value, flag_one);
}

static void peer_initiate(struct reader *rd, const char *key,
			  const char *value)
{
	set_flag(rd, key, value, &rd->peer->initiate);
}

static void peer_port(struct reader *rd, const char *key, const char *value)
{
	set_port(rd, key, value, 1, &rd->peer->port);
}

static void peer_local_port(struct reader *rd, const char *key,
			    const char *value)
{
	set_port(rd, key, value, 0, &rd->peer->local_port);
}

static void peer_mtu(struct reader *rd, const char *key, const char *value)
{
	set_number(rd, key, value, 512, 2048, "bytes", 1, &rd->peer->mtu);
}

static void peer_dead_time(struct reader *rd, const char *key,
			   const char *value)
{
	set_number(rd, key, value, 0, 86400, "seconds", 1000,
		   &rd->peer->dead_time);
}

static void suite_one(struct reader *rd, const char *key, const char *word)
{
	struct peer_settings *peer = rd->peer;
	uint16_t number = cipsec_suite_number(word);

	if (!number)
		bad(rd, key, "%s: is not a suite of CIP Security: write TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 or TLS_ECDHE_ECDSA_WITH_NULL_SHA",
		    word);
	else if (!cipsec_tls_suite_find(number))
		bad(rd, key, "%s: is not supported by this version: write TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 or TLS_ECDHE_ECDSA_WITH_NULL_SHA",
		    word);
	else if (peer->n_suites == SUITES_MAX)
		bad(rd, key, "%s: more than %d suites: remove some", word,
		    SUITES_MAX);
	else
		peer->suites[peer->n_suites++] = number;
}

static void peer_suites(struct reader *rd, const char *key, const char *value)
{
	each_word(rd, key, value, suite_one);
}

static void peer_identity(struct reader *rd, const char *key,
			  const char *value)
{
	struct peer_settings *peer = rd->peer;
	struct cipsec_identity *more;
	int err;

	more = reallocarray(peer->identities, peer->n_identities + 1,
			    sizeof(*more));
	if (!more) {
		bad(rd, key, "%s: no memory", value);
		return;
	}
	peer->identities = more;
	err = cipsec_identity_parse(&more[peer->n_identities], value);
	if (err)
		bad(rd, key, "%s: write subject:CN=..., san:NAME, fingerprint:sha256:HEX or any-trusted",
		    value);
	else
		peer->n_identities++;
}

static const struct option peer_options[] = {
	{ "address", peer_address },
	{ "policy", peer_policy },
	{ "flags", peer_flags },
	{ "initiate", peer_initiate },
	{ "port", peer_port },
	{ "local-port", peer_local_port },
	{ "mtu", peer_mtu },
	{ "dead-time", peer_dead_time },
	{ "suites", peer_suites },
	{ "identity", peer_identity },
	{ NULL }
};

/* [connection NAME] */

static void conn_peer(struct reader *rd, const char *key, const char *value)
{
	set_text(rd, key, value, &rd->conn->peer_name);
}

static void conn_association(struct reader *rd, const char *key,
			     const char *value)
{
	if (!strcmp(value, "initiated"))
		rd->conn->role = CIPSEC_ROLE_CLIENT;
	else if (!strcmp(value, "accepted"))
		rd->conn->role = CIPSEC_ROLE_SERVER;
	else
		bad(rd, key, "%s: write initiated (this host is the DTLS client) or accepted",
		    value);
}

static void conn_ids(struct reader *rd, const char *key, const char *value)
{
	if (!strcmp(value, "any"))
		rd->conn->any = true;
	else
		bad(rd, key, "%s: write any, or set consumed and produced",
		    value);
}

static bool set_id(struct reader *rd, const char *key, const char *value,
		   uint32_t *out)
{
	unsigned long id;
	char *end;

	errno = 0;
	id = strtoul(value, &end, 0);
	if (errno || *end || end == value || *value == '-' ||
	    id > UINT32_MAX) {
		bad(rd, key, "%s: write a connection id such as 0x12ab0001",
		    value);
		return false;
	}
	*out = (uint32_t)id;
	return true;
}

static void conn_consumed(struct reader *rd, const char *key,
			  const char *value)
{
	rd->conn->has_consumed |= set_id(rd, key, value,
					 &rd->conn->conn.consumed);
}

static void conn_produced(struct reader *rd, const char *key,
			  const char *value)
{
	rd->conn->has_produced |= set_id(rd, key, value,
					 &rd->conn->conn.produced);
}

static void conn_class(struct reader *rd, const char *key, const char *value)
{
	unsigned int class = 1;

	set_number(rd, key, value, 0, 1, "transport class", 1, &class);
	rd->conn->conn.transport = (uint8_t)class;
}

static void conn_tx_local_port(struct reader *rd, const char *key,
			       const char *value)
{
	set_port(rd, key, value, 0, &rd->conn->conn.tx_local_port);
}

static void conn_tx_remote_port(struct reader *rd, const char *key,
				const char *value)
{
	set_port(rd, key, value, 1, &rd->conn->conn.tx_remote_port);
}

static void conn_rx_remote_port(struct reader *rd, const char *key,
				const char *value)
{
	set_port(rd, key, value, 1, &rd->conn->conn.rx_remote_port);
}

static void conn_rx_local_port(struct reader *rd, const char *key,
			       const char *value)
{
	set_port(rd, key, value, 1, &rd->conn->conn.rx_local_port);
}

static void conn_tx_size(struct reader *rd, const char *key, const char *value)
{
	set_port(rd, key, value, 0, &rd->conn->conn.tx_size);
}

static void conn_rx_size(struct reader *rd, const char *key, const char *value)
{
	set_port(rd, key, value, 0, &rd->conn->conn.rx_size);
}

static const struct option conn_options[] = {
	{ "peer", conn_peer },
	{ "association", conn_association },
	{ "ids", conn_ids },
	{ "consumed", conn_consumed },
	{ "produced", conn_produced },
	{ "class", conn_class },
	{ "tx-local-port", conn_tx_local_port },
	{ "tx-remote-port", conn_tx_remote_port },
	{ "rx-remote-port", conn_rx_remote_port },
	{ "rx-local-port", conn_rx_local_port },
	{ "tx-size", conn_tx_size },
	{ "rx-size", conn_rx_size },
	{ NULL }
};

/* sections */

static struct peer_settings *new_peer(struct reader *rd, const char *name)
{
	struct peer_settings *peer, **at = &rd->set->peers;

	for (; *at; at = &(*at)->next)
		if (!strcmp((*at)->name, name))
			return *at;
	peer = calloc(1, sizeof(*peer));
	if (!peer)
		return NULL;
	peer->name = strdup(name);
	peer->at.line = rd->line;
	peer->verb = CIPSEC_VERB_REQUIRE;
	peer->port = CIPSEC_PORT_SECURE;
	peer->mtu = 1400;
	peer->dead_time = 10000;
	*at = peer;
	return peer;
}

static struct connection_settings *new_connection(struct reader *rd,
						  const char *name)
{
	struct connection_settings *conn, **at = &rd->set->connections;

	for (; *at; at = &(*at)->next)
		if (!strcmp((*at)->name, name))
			return *at;
	conn = calloc(1, sizeof(*conn));
	if (!conn)
		return NULL;
	conn->name = strdup(name);
	conn->at.line = rd->line;
	conn->conn.transport = 1;
	*at = conn;
	return conn;
}

static void apply(struct reader *rd, const struct option *options,
		  const char *key, const char *value)
{
	const struct option *option;

	for (option = options; option->key; option++) {
		if (strcmp(option->key, key) != 0)
			continue;
		if (*value)
			option->set(rd, key, value);
		else
			bad(rd, key, "has no value: write one or remove the line");
		return;
	}
	bad(rd, key, "%s: unknown key in [%s]: see agent.conf(5)", value,
	    rd->section);
}

static const char *section_name(const char *section, const char *kind)
{
	size_t len = strlen(kind);

	if (strncmp(section, kind, len) != 0 || section[len] != ' ' ||
	    !section[len + 1])
		return NULL;
	return section + len + 1;
}

static int handler(void *arg, const char *section, const char *key,
		   const char *value)
{
	struct reader *rd = arg;
	const char *peer = section_name(section, "peer");
	const char *conn = section_name(section, "connection");

	snprintf(rd->section, sizeof(rd->section), "%s", section);
	if (!strcmp(section, "agent")) {
		apply(rd, agent_options, key, value);
	} else if (!strcmp(section, "credentials")) {
		apply(rd, credential_options, key, value);
	} else if (peer) {
		rd->peer = new_peer(rd, peer);
		if (rd->peer)
			apply(rd, peer_options, key, value);
	} else if (conn) {
		rd->conn = new_connection(rd, conn);
		if (rd->conn)
			apply(rd, conn_options, key, value);
	} else {
		bad(rd, key, "%s: unknown section [%s]: write [agent], [credentials], [peer NAME] or [connection NAME]",
		    value, section);
	}
	return 1;
}

/* inih does not tell lines to its handler: count them while it reads */
static char *read_line(char *buf, int size, void *arg)
{
	struct reader *rd = arg;
	char *line = fgets(buf, size, rd->file);

	if (!line)
		return NULL;
	if (!rd->open)
		rd->line++;
	else
		bad(rd, NULL, "the line is too long: repeat the key on a second line instead");
	rd->open = !strchr(line, '\n') && !feof(rd->file);
	return line;
}

/* what no key alone can tell */

static void check_peer(struct reader *rd, struct peer_settings *peer)
{
	struct settings *set = rd->set;
	struct peer_settings *other;

	if (!peer->addr.len) {
		complain(rd, peer->at.line, "address",
			 "[peer %s] has none: write its IPv4 address",
			 peer->name);
		return;
	}
	for (other = set->peers; other != peer; other = other->next)
		if (cipsec_addr_equal(&other->addr, &peer->addr) &&
		    other->prefix_len == peer->prefix_len)
			complain(rd, peer->at.line, "address",
				 "[peer %s] has the address of [peer %s]: make them one",
				 peer->name, other->name);
	if (peer->initiate && peer->prefix_len != 32)
		complain(rd, peer->at.line, "initiate",
			 "[peer %s] is a range of addresses: name one to connect to, or set initiate = no",
			 peer->name);
	if (peer->initiate && peer->verb != CIPSEC_VERB_REQUIRE)
		complain(rd, peer->at.line, "initiate",
			 "[peer %s] has policy = %s: set policy = require or initiate = no",
			 peer->name, cipsec_verb_names[peer->verb]);
	if (peer->verb != CIPSEC_VERB_REQUIRE)
		return;
	if (!peer->n_identities)
		complain(rd, peer->at.line, "identity",
			 "[peer %s] has none: say whom its certificate must name (subject:, san: or fingerprint:), or write any-trusted",
			 peer->name);
	if (!peer->n_suites)
		complain(rd, peer->at.line, "suites",
			 "[peer %s] has none: write for instance TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
			 peer->name);
}

static void check_connection(struct reader *rd,
			     struct connection_settings *conn)
{
	struct connection_settings *other;
	int line = conn->at.line;

	if (!conn->peer_name) {
		complain(rd, line, "peer", "[connection %s] has none: name its [peer]",
			 conn->name);
		return;
	}
	conn->peer = settings_peer_named(rd->set, conn->peer_name);
	if (!conn->peer) {
		complain(rd, line, "peer", "%s: there is no [peer %s]",
			 conn->peer_name, conn->peer_name);
		return;
	}
	if (conn->peer->verb != CIPSEC_VERB_REQUIRE)
		complain(rd, line, "peer", "%s: has policy = %s: connections are protected, set policy = require",
			 conn->peer_name,
			 cipsec_verb_names[conn->peer->verb]);
	if (!conn->role)
		conn->role = conn->peer->initiate ? CIPSEC_ROLE_CLIENT :
						    CIPSEC_ROLE_SERVER;
	if (conn->role == CIPSEC_ROLE_CLIENT && !conn->peer->initiate)
		complain(rd, line, "association",
			 "initiated: [peer %s] has initiate = no: change one of them",
			 conn->peer_name);
	if (conn->any && (conn->has_consumed || conn->has_produced))
		complain(rd, line, "ids", "any: consumed and produced are set too: keep one way");
	if (!conn->any && (!conn->has_consumed || !conn->has_produced))
		complain(rd, line, "ids", "[connection %s] has none: write ids = any, or both consumed and produced",
			 conn->name);
	conn->conn.flags = conn->any ? CIPSEC_CONN_F_ANY : 0;
	for (other = rd->set->connections; other != conn; other = other->next)
		if (other->peer == conn->peer && (conn->any || other->any))
			complain(rd, line, "ids", "[connection %s] and [connection %s] are with the same peer: `any` must be the only one",
				 conn->name, other->name);
}

static void check_files(struct reader *rd)
{
	struct settings *set = rd->set;
	struct cipsec_credential_error error;
	static const char *const keys[] = {
		[CIPSEC_CREDENTIAL_CERTIFICATE] = "certificate",
		[CIPSEC_CREDENTIAL_KEY] = "key",
		[CIPSEC_CREDENTIAL_TRUST] = "trust",
		[CIPSEC_CREDENTIAL_CRL] = "crl",
	};
	struct peer_settings *peer;
	bool needed = false;

	for (peer = set->peers; peer; peer = peer->next) {
		if (peer->verb != CIPSEC_VERB_REQUIRE)
			continue;
		needed = true;
		set->files.client |= peer->initiate;
		set->files.server |= settings_peer_may_connect(set, peer);
	}
	if (!needed && !set->files.certificate)
		return;
	if (set->files.server && !set->listen)
		complain(rd, rd->line, "listen",
			 "[agent] has none, and peers are expected to connect: write the addresses of this host that they use");
	if (!set->files.certificate || !set->files.key || !set->files.trust) {
		complain(rd, rd->line, "[credentials]",
			 "certificate, key and trust are all needed for a peer with policy = require");
		return;
	}
	if (cipsec_credential_load(&set->cred, &set->files, &error))
		complain(rd, set->files_at[error.part].line, keys[error.part],
			 "%s", error.text);
}

int settings_read(struct settings **out, const char *file)
{
	struct reader rd = { 0 };
	struct connection_settings *conn;
	struct peer_settings *peer;
	struct settings *set;
	int err;

	*out = NULL;
	set = calloc(1, sizeof(*set));
	if (!set)
		return -ENOMEM;
	rd.set = set;
	set->file = strdup(file);
	set->default_verb = CIPSEC_VERB_TRUST;
	set->orphan_timeout = 3600 * 1000;
	set->handshake_timeout = 10 * 1000;
	set->max_handshakes = 64;
	set->max_handshakes_per_source = 4;
	set->files.check_expiration = true;

	rd.file = fopen(file, "re");
	if (!rd.file) {
		fprintf(stderr, "%s: cannot be read: %s: write it as agent.conf(5) says, or name another with -c\n",
			file, strerror(errno));
		goto fail;
	}
	err = ini_parse_stream(read_line, &rd, handler, &rd);
	fclose(rd.file);
	if (err > 0)
		complain(&rd, err, NULL, "is neither [section] nor key = value");
	for (peer = set->peers; peer; peer = peer->next)
		check_peer(&rd, peer);
	for (conn = set->connections; conn; conn = conn->next)
		check_connection(&rd, conn);
	if (!rd.errors)
		check_files(&rd);
	if (rd.errors)
		goto fail;
	*out = set;
	return 0;

fail:
	settings_free(set);
	return -EINVAL;
}

static void free_peer(struct peer_settings *peer)
{
	size_t i;

	for (i = 0; i < peer->n_identities; i++)
		cipsec_identity_clear(&peer->identities[i]);
	free(peer->identities);
	free(peer->name);
	free(peer);
}

void settings_free(struct settings *set)
{
	struct connection_settings *conn;
	struct listen_settings *end;
	struct peer_settings *peer;

	if (!set)
		return;
	while ((conn = set->connections)) {
		set->connections = conn->next;
		free(conn->name);
		free(conn->peer_name);
		free(conn);
	}
	while ((peer = set->peers)) {
		set->peers = peer->next;
		free_peer(peer);
	}
	while ((end = set->listen)) {
		set->listen = end->next;
		free(end);
	}
	cipsec_credential_free(set->cred);
	free((char *)set->files.certificate);
	free((char *)set->files.key);
	free((char *)set->files.trust);
	free((char *)set->files.crl);
	free(set->key_log);
	free(set->file);
	free(set);
}

static bool prefix_holds(const struct peer_settings *peer,
			 const struct cipsec_addr *addr)
{
	unsigned int bits = peer->prefix_len, i;
	uint8_t mask;

	if (peer->addr.len != addr->len)
		return false;
	for (i = 0; i < addr->len && bits; i++) {
		mask = bits >= 8 ? 0xff : (uint8_t)(0xff << (8 - bits));
		if ((peer->addr.bytes[i] ^ addr->bytes[i]) & mask)
			return false;
		bits -= bits >= 8 ? 8 : bits;
	}
	return true;
}

struct peer_settings *settings_peer(const struct settings *set,
				    const struct cipsec_addr *addr)
{
	struct peer_settings *peer, *best = NULL;

	for (peer = set->peers; peer; peer = peer->next)
		if (prefix_holds(peer, addr) &&
		    (!best || peer->prefix_len > best->prefix_len))
			best = peer;
	return best;
}

struct peer_settings *settings_peer_named(const struct settings *set,
					  const char *name)
{
	struct peer_settings *peer;

	for (peer = set->peers; peer; peer = peer->next)
		if (!strcmp(peer->name, name))
			return peer;
	return NULL;
}

bool settings_peer_may_connect(const struct settings *set,
			       const struct peer_settings *peer)
{
	const struct connection_settings *conn;

	if (peer->verb != CIPSEC_VERB_REQUIRE)
		return false;
	if (!peer->initiate)
		return true;
	/* both sides originate: an association of its own for the other way */
	for (conn = set->connections; conn; conn = conn->next)
		if (conn->peer == peer && conn->role == CIPSEC_ROLE_SERVER)
			return true;
	return false;
}

bool settings_peer_takes(const struct settings *set,
			 const struct peer_settings *peer,
			 enum cipsec_role role)
{
	if (peer->verb != CIPSEC_VERB_REQUIRE)
		return false;
	return role == CIPSEC_ROLE_CLIENT ?
	       peer->initiate : settings_peer_may_connect(set, peer);
}

static bool same_identity(const struct cipsec_identity *a,
			  const struct cipsec_identity *b)
{
	if (a->kind != b->kind ||
	    memcmp(a->hash, b->hash, sizeof(a->hash)) != 0)
		return false;
	return !a->text || !strcmp(a->text, b->text);
}

bool settings_peer_same(const struct peer_settings *a,
			const struct peer_settings *b)
{
	size_t i;

	if (!cipsec_addr_equal(&a->addr, &b->addr) ||
	    a->prefix_len != b->prefix_len || a->port != b->port ||
	    a->local_port != b->local_port || a->n_suites != b->n_suites ||
	    a->n_identities != b->n_identities)
		return false;
	for (i = 0; i < a->n_suites; i++)
		if (a->suites[i] != b->suites[i])
			return false;
	for (i = 0; i < a->n_identities; i++)
		if (!same_identity(&a->identities[i], &b->identities[i]))
			return false;
	return true;
}
