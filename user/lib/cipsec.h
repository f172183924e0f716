/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file cipsec.h
 * libcipsec: what cipsec.ko can be asked, as C functions and structures.
 *
 * A handle speaks of the network namespace that its thread was in when it was
 * opened, and needs CAP_NET_ADMIN. It has two sockets: one for requests, which
 * is the *owner* of the associations made or adopted through it and receives
 * their opened records, and one for events. Requests block until the kernel
 * has answered; records that arrive meanwhile wait for cipsec_dispatch().
 * A handle is not safe for two threads at once.
 *
 * Functions return 0 or -errno unless they say otherwise; cipsec_error() then
 * has a sentence. Addresses are in network byte order, ports in the host's,
 * times in milliseconds. The meaning of each attribute stands in
 * Documentation/netlink.rst.
 */
#ifndef CIPSEC_H
#define CIPSEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/cipsec.h>

#include "names-gen.h"

#ifdef __cplusplus
extern "C" {
#endif

struct cipsec;

/* room that cipsec_addr_print() and cipsec_endpoint_print() need at most */
#define CIPSEC_ADDR_STRLEN	48
#define CIPSEC_ENDPOINT_STRLEN	56

/**
 * struct cipsec_addr - an address
 * @len: 4 for IPv4, 16 for IPv6, 0 for none
 * @bytes: the address, network byte order
 */
struct cipsec_addr {
	uint8_t len;
	uint8_t bytes[16];
};

/**
 * struct cipsec_endpoint - address and UDP port
 * @port: host byte order
 */
struct cipsec_endpoint {
	struct cipsec_addr addr;
	uint16_t port;
};

/**
 * struct cipsec_policy - what the addresses of a prefix may do
 * @addr: the prefix
 * @prefix_len: leading bits of it that count
 * @verb: enum cipsec_verb
 * @flags: enum cipsec_policy_flag, or-ed
 */
struct cipsec_policy {
	struct cipsec_addr addr;
	uint8_t prefix_len;
	uint8_t verb;
	uint32_t flags;
};

/**
 * struct cipsec_assoc_new - what an association is made of
 * @role: enum cipsec_role
 * @socket: connected IPv4 UDP socket, whose endpoints the association takes;
 *   it stays the caller's
 * @identity: authenticated identity of the peer, SHA-256 of its public key
 * @identity_len: bytes of it, at most CIPSEC_IDENTITY_MAX
 * @owner_data: left with the kernel for a succeeding agent, may be NULL
 * @owner_data_len: bytes of it, at most CIPSEC_OWNER_DATA_MAX
 * @replaces: association on the same endpoints to take over from, or 0
 * @orphan_timeout: milliseconds to outlive the owner, 0 for the default
 */
struct cipsec_assoc_new {
	uint8_t role;
	int socket;
	const void *identity;
	size_t identity_len;
	const void *owner_data;
	size_t owner_data_len;
	uint32_t replaces;
	uint32_t orphan_timeout;
};

/**
 * struct cipsec_assoc - an association as the kernel reports it
 * @id: the kernel's name of it
 * @local: endpoint of this host on the wire
 * @remote: endpoint of the peer on the wire
 * @role: enum cipsec_role
 * @state: enum cipsec_assoc_state
 * @reason: enum cipsec_reason, in the event of its deletion, else 0
 * @keyed: @suite, @driver and @accel are known
 * @heard: @rx_age is known: a record of the peer was authenticated
 * @orphaned: it has no owner, @orphan_left is known
 * @accel: SIMD instructions protect its records
 * @suite: IANA number
 * @owner: netlink port id of the owner, 0 when orphaned
 * @orphan_timeout: milliseconds it outlives its owner
 * @orphan_left: milliseconds left for a new owner
 * @conns: connections bound to it
 * @tx_next: next record number to be sent
 * @rx_highest: highest record number accepted
 * @tx_packets, @tx_bytes: records sealed and their plaintext
 * @rx_packets, @rx_bytes: records opened and their plaintext
 * @rx_replayed: records refused as repeated or too old
 * @rx_bad_mac: records refused as forged
 * @age: milliseconds since it was created
 * @rx_age: milliseconds since the last authenticated record
 * @driver: implementation that protects its records
 * @identity, @identity_len: of the peer
 * @owner_data, @owner_data_len: as given by the owner
 */
struct cipsec_assoc {
	uint32_t id;
	struct cipsec_endpoint local;
	struct cipsec_endpoint remote;
	uint8_t role;
	uint8_t state;
	uint8_t reason;
	bool keyed;
	bool heard;
	bool orphaned;
	bool accel;
	uint16_t suite;
	uint32_t owner;
	uint32_t orphan_timeout;
	uint32_t orphan_left;
	uint32_t conns;
	uint64_t tx_next;
	uint64_t rx_highest;
	uint64_t tx_packets;
	uint64_t tx_bytes;
	uint64_t rx_packets;
	uint64_t rx_bytes;
	uint64_t rx_replayed;
	uint64_t rx_bad_mac;
	uint64_t age;
	uint64_t rx_age;
	char driver[129];
	uint8_t identity[CIPSEC_IDENTITY_MAX];
	size_t identity_len;
	uint8_t owner_data[CIPSEC_OWNER_DATA_MAX];
	size_t owner_data_len;
};

/**
 * struct cipsec_dir_key - key block of one direction (RFC 5246 6.3)
 * @enc: encryption key
 * @mac: MAC key
 * @salt: implicit part of the nonce (RFC 5288 3)
 *
 * The lengths follow from the suite; 0 where it has no such key.
 */
struct cipsec_dir_key {
	uint8_t enc[32];
	size_t enc_len;
	uint8_t mac[48];
	size_t mac_len;
	uint8_t salt[12];
	size_t salt_len;
};

/**
 * struct cipsec_key - keys of both directions
 * @assoc: association they are for
 * @suite: IANA number
 * @epoch: of the records, 0 for the default 1
 * @tx, @rx: key blocks
 * @tx_start: first record number the kernel sends, 0 for the default
 * @hold: milliseconds to wait for the peer's first record before sending,
 *   negative for the default of the role
 * @reserve: milliseconds that the agent may send its own records of the
 *   epoch, negative for the default
 * @limit_records, @limit_auth: numbers that raise an event, 0 for none
 */
struct cipsec_key {
	uint32_t assoc;
	uint16_t suite;
	uint16_t epoch;
	struct cipsec_dir_key tx;
	struct cipsec_dir_key rx;
	uint64_t tx_start;
	int32_t hold;
	int32_t reserve;
	uint64_t limit_records;
	uint64_t limit_auth;
};

/**
 * struct cipsec_conn - a CIP connection bound to an association
 * @id: the kernel's name of it (0 in cipsec_conn_new())
 * @assoc: association it is bound to
 * @flags: enum cipsec_conn_flag; with CIPSEC_CONN_F_ANY the ids are not used
 * @consumed: CIP connection id of the datagrams this host receives
 * @produced: CIP connection id of the datagrams this host sends
 * @transport: transport class 0 or 1
 * @tx_local_port: port the program sends from, 0 for any
 * @tx_remote_port: port the program sends to, 0 for the default 2222
 * @rx_remote_port: source port the program sees, 0 for the default 2222
 * @rx_local_port: port the program receives on, 0 for the default 2222
 * @tx_size, @rx_size: largest I/O data of a datagram, bytes, 0 for any
 * @reason: enum cipsec_reason, in the event of its deletion, else 0
 * @heard: @rx_age is known
 * @tx_packets, @rx_packets: datagrams sealed, opened and delivered
 * @rx_age: milliseconds since the last datagram
 * @owner_data, @owner_data_len: as given by the owner
 */
struct cipsec_conn {
	uint32_t id;
	uint32_t assoc;
	uint32_t flags;
	uint32_t consumed;
	uint32_t produced;
	uint8_t transport;
	uint8_t reason;
	bool heard;
	uint16_t tx_local_port;
	uint16_t tx_remote_port;
	uint16_t rx_remote_port;
	uint16_t rx_local_port;
	uint16_t tx_size;
	uint16_t rx_size;
	uint64_t tx_packets;
	uint64_t rx_packets;
	uint64_t rx_age;
	uint8_t owner_data[CIPSEC_OWNER_DATA_MAX];
	size_t owner_data_len;
};

/**
 * struct cipsec_record - an opened record that was not bound I/O
 * @assoc: association it arrived in
 * @type: content type, 21 alert or 23 application data (RFC 5246 6.2.1)
 * @number: record number
 * @data, @len: plaintext; valid during the callback only
 */
struct cipsec_record {
	uint32_t assoc;
	uint8_t type;
	uint64_t number;
	const uint8_t *data;
	size_t len;
};

/**
 * struct cipsec_event - something happened
 * @type: enum cipsec_event_type
 * @seq: number of the event in its namespace; after a gap dump again
 * @size: with CIPSEC_EVENT_MTU the largest CIP datagram that fits, bytes
 * @has_assoc, @has_conn, @has_policy: which of the following are filled in
 */
struct cipsec_event {
	uint8_t type;
	uint64_t seq;
	uint32_t size;
	bool has_assoc;
	bool has_conn;
	bool has_policy;
	struct cipsec_assoc assoc;
	struct cipsec_conn conn;
	struct cipsec_policy policy;
};

/*
 * Receivers. What they are given is valid during the call only. From those of
 * the lists a value other than 0 ends the list and becomes its result; they
 * must not use the handle, whose request is still being answered.
 */
typedef int (*cipsec_policy_fn)(const struct cipsec_policy *policy, void *arg);
typedef int (*cipsec_assoc_fn)(const struct cipsec_assoc *assoc, void *arg);
typedef int (*cipsec_conn_fn)(const struct cipsec_conn *conn, void *arg);
typedef void (*cipsec_event_fn)(const struct cipsec_event *event, void *arg);
typedef void (*cipsec_record_fn)(const struct cipsec_record *rec, void *arg);

/**
 * cipsec_open() - open a handle in the thread's network namespace
 * @out: the handle. On failure too, for cipsec_error() and cipsec_close();
 *   NULL only when there was no memory
 *
 * Return: 0; -ENOENT when the kernel module is not loaded; -errno
 */
int cipsec_open(struct cipsec **out);

/**
 * cipsec_close() - close a handle
 * @h: may be NULL
 *
 * Associations with keys become orphans, those without are deleted.
 */
void cipsec_close(struct cipsec *h);

/**
 * cipsec_error() - the last failure of a handle, in one sentence
 * @h: may be NULL, which stands for an open without memory
 *
 * Return: what failed, the kernel's own explanation where it gave one, and
 * the errno in words; valid until the next call with this handle
 */
const char *cipsec_error(const struct cipsec *h);

/** cipsec_portid() - netlink port id of the handle as an owner */
uint32_t cipsec_portid(const struct cipsec *h);

/**
 * cipsec_fd() - descriptor that is readable when cipsec_dispatch() has work
 * @h: the handle
 *
 * Only to be polled. Return: the descriptor
 */
int cipsec_fd(const struct cipsec *h);

/**
 * cipsec_subscribe() - receive the events of the namespace from now on
 * @h: the handle
 * @fn, @arg: called by cipsec_dispatch() for each
 */
int cipsec_subscribe(struct cipsec *h, cipsec_event_fn fn, void *arg);

/**
 * cipsec_receive() - receive the opened records of owned associations
 * @h: the handle
 * @fn, @arg: called by cipsec_dispatch() for each. Without, they are dropped
 */
void cipsec_receive(struct cipsec *h, cipsec_record_fn fn, void *arg);

/**
 * cipsec_dispatch() - hand out the records and events that have arrived
 * @h: the handle
 *
 * Does not block. The receivers may make requests with the same handle, but
 * not close it.
 *
 * Return: number of messages handed out; -ENOBUFS when events were lost, dump
 * again then; -errno
 */
int cipsec_dispatch(struct cipsec *h);

/**
 * cipsec_policy_set() - add or change a policy
 * @h: the handle
 * @policy: the first of a namespace is that of 0.0.0.0/0
 */
int cipsec_policy_set(struct cipsec *h, const struct cipsec_policy *policy);

/**
 * cipsec_policy_del() - remove a policy
 * @h: the handle
 * @policy: address and prefix length count
 *
 * Return: 0; -ENOENT; -EBUSY for 0.0.0.0/0 while others stand; -errno
 */
int cipsec_policy_del(struct cipsec *h, const struct cipsec_policy *policy);

/** cipsec_policy_flush() - remove all policies of the namespace */
int cipsec_policy_flush(struct cipsec *h);

/** cipsec_policy_dump() - list the policies */
int cipsec_policy_dump(struct cipsec *h, cipsec_policy_fn fn, void *arg);

/**
 * cipsec_assoc_new() - create an association on a socket's endpoints
 * @h: the handle, which becomes the owner
 * @spec: what it is made of
 * @out: filled in with id and endpoints
 *
 * Return: 0; -EEXIST when the endpoints have one already; -errno
 */
int cipsec_assoc_new(struct cipsec *h, const struct cipsec_assoc_new *spec,
		     struct cipsec_assoc *out);

/**
 * cipsec_assoc_adopt() - become the owner of an orphaned association
 * @h: the handle
 * @id: the association
 *
 * Return: 0; -EBUSY while its owner lives; -ENOENT; -errno
 */
int cipsec_assoc_adopt(struct cipsec *h, uint32_t id);

/**
 * cipsec_assoc_set() - change what the owner may change
 * @h: the handle, which must be the owner
 * @id: the association
 * @owner_data, @len: new owner data, or NULL to keep it
 * @orphan_timeout: milliseconds, 0 to keep it
 */
int cipsec_assoc_set(struct cipsec *h, uint32_t id, const void *owner_data,
		     size_t len, uint32_t orphan_timeout);

/** cipsec_assoc_del() - remove an association and its connections */
int cipsec_assoc_del(struct cipsec *h, uint32_t id);

/** cipsec_assoc_get() - one association, by id */
int cipsec_assoc_get(struct cipsec *h, uint32_t id, struct cipsec_assoc *out);

/** cipsec_assoc_dump() - list the associations */
int cipsec_assoc_dump(struct cipsec *h, cipsec_assoc_fn fn, void *arg);

/**
 * cipsec_key_new() - install the keys of an association, once
 * @h: the handle, which must be the owner
 * @key: stays the caller's, who wipes it. The message made of it is wiped
 *   here on every path, and the kernel's answers do not repeat it
 *
 * Return: 0; -EEXIST for a second key; -EKEYREJECTED for one that was used
 * before; -EOPNOTSUPP for an unknown suite; -EINVAL for wrong lengths; -errno
 */
int cipsec_key_new(struct cipsec *h, const struct cipsec_key *key);

/**
 * cipsec_conn_new() - bind a connection to an association
 * @h: the handle
 * @conn: the fields up to @rx_size and the owner data count
 * @id: the kernel's name of it, may be NULL
 *
 * Return: 0; -EEXIST when an id is taken; -EBUSY when CIPSEC_CONN_F_ANY is
 * asked for and the peer has a second association; -errno
 */
int cipsec_conn_new(struct cipsec *h, const struct cipsec_conn *conn,
		    uint32_t *id);

/** cipsec_conn_del() - unbind a connection */
int cipsec_conn_del(struct cipsec *h, uint32_t id);

/** cipsec_conn_get() - one connection, by id */
int cipsec_conn_get(struct cipsec *h, uint32_t id, struct cipsec_conn *out);

/** cipsec_conn_dump() - list the connections */
int cipsec_conn_dump(struct cipsec *h, cipsec_conn_fn fn, void *arg);

/**
 * cipsec_record_tx() - seal and send a record from the association's endpoints
 * @h: the handle, which must be the owner
 * @assoc: the association
 * @type: content type, 21 alert or 23 application data
 * @data, @len: plaintext, 1..CIPSEC_RECORD_DATA_MAX bytes
 * @number: record number it was sent with, may be NULL
 */
int cipsec_record_tx(struct cipsec *h, uint32_t assoc, uint8_t type,
		     const void *data, size_t len, uint64_t *number);

/**
 * cipsec_stats_get() - the namespace's counters
 * @h: the handle
 * @stats: by enum cipsec_a_stat; names in cipsec_stat_names
 */
int cipsec_stats_get(struct cipsec *h, uint64_t stats[CIPSEC_A_STAT_PAD]);

/**
 * cipsec_addr_parse() - read an address
 * @text: dotted IPv4 or IPv6
 *
 * Return: 0; -EINVAL
 */
int cipsec_addr_parse(struct cipsec_addr *addr, const char *text);

/** cipsec_addr_print() - write an address; returns @buf */
char *cipsec_addr_print(const struct cipsec_addr *addr,
			char buf[CIPSEC_ADDR_STRLEN]);

/** cipsec_endpoint_print() - write "address:port"; returns @buf */
char *cipsec_endpoint_print(const struct cipsec_endpoint *end,
			    char buf[CIPSEC_ENDPOINT_STRLEN]);

/** cipsec_addr_equal() - are they the same address? */
bool cipsec_addr_equal(const struct cipsec_addr *a,
		       const struct cipsec_addr *b);

/**
 * cipsec_suite_name() - IANA name of a cipher suite
 *
 * Return: the name, or NULL for one that CIP Security does not know
 */
const char *cipsec_suite_name(uint16_t suite);

/** cipsec_suite_number() - IANA number by name, 0 when unknown */
uint16_t cipsec_suite_number(const char *name);

#ifdef __cplusplus
}
#endif
#endif
