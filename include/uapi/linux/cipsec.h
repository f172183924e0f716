/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* made by scripts/netlink-gen from Documentation/netlink/specs/cipsec.yaml; do not edit */

#ifndef _UAPI_LINUX_CIPSEC_H
#define _UAPI_LINUX_CIPSEC_H

#include <linux/types.h>

#define CIPSEC_FAMILY_NAME	"cipsec"
#define CIPSEC_FAMILY_VERSION	1
#define CIPSEC_MCGRP_EVENTS	"events"

/* UDP port of DTLS records (IANA ethernet-ip-s) */
#define CIPSEC_PORT_SECURE	2221

/* UDP port of class 0/1 I/O in clear (IANA EtherNet-IP-1) */
#define CIPSEC_PORT_IO	2222

/*
 * TCP and UDP port of explicit messages and discovery in clear (IANA EtherNet-
 * IP-2)
 */
#define CIPSEC_PORT_EXPLICIT	44818

/*
 * record numbers below this one belong to the agent's TLS library, which may
 * resend its Finished under the new epoch; the kernel starts here
 */
#define CIPSEC_RECORD_RESERVE	1024

/* last record number of an epoch (RFC 6347 4.1, 48 bits) */
#define CIPSEC_RECORD_MAX	281474976710655ULL

/* longest identity of a peer, bytes */
#define CIPSEC_IDENTITY_MAX	64

/* longest opaque data that an agent may leave with an object, bytes */
#define CIPSEC_OWNER_DATA_MAX	1024

/* longest plaintext of a record (RFC 5246 6.2.1), bytes */
#define CIPSEC_RECORD_DATA_MAX	16384

/**
 * enum cipsec_verb - what a remote address may do
 * @CIPSEC_VERB_REQUIRE: I/O only inside an association; refused in clear,
 *   both directions
 * @CIPSEC_VERB_TRUST: clear traffic passes by address ("Trusted IP")
 * @CIPSEC_VERB_DENY: no CIP traffic at all, neither in clear nor protected
 */
enum cipsec_verb {
	CIPSEC_VERB_REQUIRE = 1,
	CIPSEC_VERB_TRUST,
	CIPSEC_VERB_DENY,

	__CIPSEC_VERB_END,
	CIPSEC_VERB_MAX = __CIPSEC_VERB_END - 1
};

/**
 * enum cipsec_policy_flag - options of a policy
 * @CIPSEC_POLICY_F_DISCOVERY: UDP 44818 (ListIdentity and the like) passes
 *   in clear even under require
 * @CIPSEC_POLICY_F_ALLOW_FRAG: a sealed datagram larger than the route's MTU
 *   is fragmented instead of refused
 */
enum cipsec_policy_flag {
	CIPSEC_POLICY_F_DISCOVERY = 1 << 0,
	CIPSEC_POLICY_F_ALLOW_FRAG = 1 << 1,
};

/**
 * enum cipsec_role - side of the DTLS handshake
 * @CIPSEC_ROLE_SERVER: answered the handshake
 * @CIPSEC_ROLE_CLIENT: began the handshake
 */
enum cipsec_role {
	CIPSEC_ROLE_SERVER = 1,
	CIPSEC_ROLE_CLIENT,

	__CIPSEC_ROLE_END,
	CIPSEC_ROLE_MAX = __CIPSEC_ROLE_END - 1
};

/**
 * enum cipsec_assoc_state - how far an association has come
 * @CIPSEC_ASSOC_STATE_NEW: no keys yet, nothing passes
 * @CIPSEC_ASSOC_STATE_KEYED: keys installed, no authenticated record of the
 *   peer seen yet
 * @CIPSEC_ASSOC_STATE_CONFIRMED: an authenticated record of the peer was
 *   seen; the agent's record numbers are closed
 * @CIPSEC_ASSOC_STATE_WIPED: keys destroyed (suspend, virtual machine
 *   copied); a new handshake is needed
 */
enum cipsec_assoc_state {
	CIPSEC_ASSOC_STATE_NEW = 0,
	CIPSEC_ASSOC_STATE_KEYED,
	CIPSEC_ASSOC_STATE_CONFIRMED,
	CIPSEC_ASSOC_STATE_WIPED,

	__CIPSEC_ASSOC_STATE_END,
	CIPSEC_ASSOC_STATE_MAX = __CIPSEC_ASSOC_STATE_END - 1
};

/**
 * enum cipsec_conn_flag - options of a connection
 * @CIPSEC_CONN_F_ANY: stands for every connection id of its association; the
 *   only connection to that peer
 */
enum cipsec_conn_flag {
	CIPSEC_CONN_F_ANY = 1 << 0,
};

/**
 * enum cipsec_event_type - what happened
 * @CIPSEC_EVENT_ASSOC_NEW: association created
 * @CIPSEC_EVENT_ASSOC_KEYED: keys installed
 * @CIPSEC_EVENT_ASSOC_CONFIRMED: first authenticated record of the peer; the
 *   agent frees its TLS state
 * @CIPSEC_EVENT_ASSOC_ORPHANED: the owner's socket closed; I/O goes on until
 *   the orphan timeout
 * @CIPSEC_EVENT_ASSOC_ADOPTED: a new owner answers for the association
 * @CIPSEC_EVENT_ASSOC_DEL: association gone, with its reason
 * @CIPSEC_EVENT_CONN_NEW: connection bound
 * @CIPSEC_EVENT_CONN_DEL: connection unbound
 * @CIPSEC_EVENT_POLICY_SET: policy added or changed
 * @CIPSEC_EVENT_POLICY_DEL: policy removed
 * @CIPSEC_EVENT_NONCE_GUARD: the agent's socket sent a record under the
 *   keys' epoch outside its range or time; dropped
 * @CIPSEC_EVENT_LIMIT_RECORDS: the record limit given with the keys was
 *   reached; replace the association
 * @CIPSEC_EVENT_LIMIT_AUTH: the limit of failed authentications given with
 *   the keys was reached
 * @CIPSEC_EVENT_EXHAUSTED: no record number left; nothing more is sent in
 *   this association
 * @CIPSEC_EVENT_MTU: a sealed datagram would exceed the route's MTU; the
 *   largest payload is attached
 * @CIPSEC_EVENT_KEYS_WIPED: keys destroyed because the machine suspends or
 *   was copied
 */
enum cipsec_event_type {
	CIPSEC_EVENT_ASSOC_NEW = 1,
	CIPSEC_EVENT_ASSOC_KEYED,
	CIPSEC_EVENT_ASSOC_CONFIRMED,
	CIPSEC_EVENT_ASSOC_ORPHANED,
	CIPSEC_EVENT_ASSOC_ADOPTED,
	CIPSEC_EVENT_ASSOC_DEL,
	CIPSEC_EVENT_CONN_NEW,
	CIPSEC_EVENT_CONN_DEL,
	CIPSEC_EVENT_POLICY_SET,
	CIPSEC_EVENT_POLICY_DEL,
	CIPSEC_EVENT_NONCE_GUARD,
	CIPSEC_EVENT_LIMIT_RECORDS,
	CIPSEC_EVENT_LIMIT_AUTH,
	CIPSEC_EVENT_EXHAUSTED,
	CIPSEC_EVENT_MTU,
	CIPSEC_EVENT_KEYS_WIPED,

	__CIPSEC_EVENT_END,
	CIPSEC_EVENT_MAX = __CIPSEC_EVENT_END - 1
};

/**
 * enum cipsec_reason - why an object went away
 * @CIPSEC_REASON_REQUEST: deleted by its owner or an administrator
 * @CIPSEC_REASON_REPLACED: a new association on the same endpoints took over
 * @CIPSEC_REASON_ORPHAN_TIMEOUT: no new owner came in time
 * @CIPSEC_REASON_OWNER_GONE: the owner's socket closed before keys were
 *   installed
 * @CIPSEC_REASON_ASSOC_GONE: the association it was bound to went away
 * @CIPSEC_REASON_NETNS: the network namespace is being removed
 */
enum cipsec_reason {
	CIPSEC_REASON_REQUEST = 1,
	CIPSEC_REASON_REPLACED,
	CIPSEC_REASON_ORPHAN_TIMEOUT,
	CIPSEC_REASON_OWNER_GONE,
	CIPSEC_REASON_ASSOC_GONE,
	CIPSEC_REASON_NETNS,

	__CIPSEC_REASON_END,
	CIPSEC_REASON_MAX = __CIPSEC_REASON_END - 1
};

/**
 * enum cipsec_a_policy - attributes of policy
 * @CIPSEC_A_POLICY_ADDR: remote address, network byte order: 4 bytes IPv4,
 *   16 bytes IPv6
 * @CIPSEC_A_POLICY_PREFIX_LEN: leading bits of addr that count
 * @CIPSEC_A_POLICY_VERB: what the addresses may do
 * @CIPSEC_A_POLICY_FLAGS: options
 */
enum cipsec_a_policy {
	CIPSEC_A_POLICY_UNSPEC,
	CIPSEC_A_POLICY_ADDR,
	CIPSEC_A_POLICY_PREFIX_LEN,
	CIPSEC_A_POLICY_VERB,
	CIPSEC_A_POLICY_FLAGS,

	__CIPSEC_A_POLICY_END,
	CIPSEC_A_POLICY_MAX = __CIPSEC_A_POLICY_END - 1
};

/**
 * enum cipsec_a_assoc - attributes of assoc
 * @CIPSEC_A_ASSOC_ID: the kernel's name of the association, unique in the
 *   namespace
 * @CIPSEC_A_ASSOC_LOCAL_ADDR: local address on the wire, network byte order
 *   (reply only)
 * @CIPSEC_A_ASSOC_LOCAL_PORT: local UDP port on the wire, host byte order
 *   (reply only)
 * @CIPSEC_A_ASSOC_REMOTE_ADDR: peer's address, network byte order (reply
 *   only)
 * @CIPSEC_A_ASSOC_REMOTE_PORT: peer's UDP port, host byte order (reply only)
 * @CIPSEC_A_ASSOC_ROLE: side of the handshake
 * @CIPSEC_A_ASSOC_STATE: how far the association has come (reply only)
 * @CIPSEC_A_ASSOC_SOCKET: file descriptor of the agent's connected UDP
 *   socket; the endpoints are taken from it
 * @CIPSEC_A_ASSOC_IDENTITY: authenticated identity of the peer (SHA-256 of
 *   its public key); a replacement inherits connections only when equal
 * @CIPSEC_A_ASSOC_OWNER_DATA: opaque to the kernel, returned on dumps, for a
 *   succeeding agent
 * @CIPSEC_A_ASSOC_OWNER: netlink port id of the owner, 0 when orphaned
 *   (reply only)
 * @CIPSEC_A_ASSOC_REPLACES: association on the same endpoints that this one
 *   takes over from when its keys are installed
 * @CIPSEC_A_ASSOC_ORPHAN_TIMEOUT: milliseconds that the association outlives
 *   its owner's socket, default 3600000
 * @CIPSEC_A_ASSOC_ORPHAN_LEFT: milliseconds left for a new owner, present
 *   when orphaned (reply only)
 * @CIPSEC_A_ASSOC_ADOPT: the sending socket becomes the owner of an orphaned
 *   association
 * @CIPSEC_A_ASSOC_REASON: why it went away (event only)
 * @CIPSEC_A_ASSOC_SUITE: IANA number of the cipher suite, present once keyed
 *   (reply only)
 * @CIPSEC_A_ASSOC_DRIVER: implementation that protects the records (reply
 *   only)
 * @CIPSEC_A_ASSOC_ACCEL: the implementation uses SIMD instructions (reply
 *   only)
 * @CIPSEC_A_ASSOC_TX_NEXT: next record number that will be sent (reply only)
 * @CIPSEC_A_ASSOC_RX_HIGHEST: highest record number accepted (reply only)
 * @CIPSEC_A_ASSOC_TX_PACKETS: records sealed (reply only)
 * @CIPSEC_A_ASSOC_TX_BYTES: plaintext bytes sealed (reply only)
 * @CIPSEC_A_ASSOC_RX_PACKETS: records opened (reply only)
 * @CIPSEC_A_ASSOC_RX_BYTES: plaintext bytes opened (reply only)
 * @CIPSEC_A_ASSOC_RX_REPLAYED: records refused as repeated or too old (reply
 *   only)
 * @CIPSEC_A_ASSOC_RX_BAD_MAC: records refused as forged (reply only)
 * @CIPSEC_A_ASSOC_AGE: milliseconds since the association was created (reply
 *   only)
 * @CIPSEC_A_ASSOC_RX_AGE: milliseconds since the last authenticated record,
 *   absent before the first (reply only)
 * @CIPSEC_A_ASSOC_CONNS: connections bound (reply only)
 * @CIPSEC_A_ASSOC_PAD: padding
 */
enum cipsec_a_assoc {
	CIPSEC_A_ASSOC_UNSPEC,
	CIPSEC_A_ASSOC_ID,
	CIPSEC_A_ASSOC_LOCAL_ADDR,
	CIPSEC_A_ASSOC_LOCAL_PORT,
	CIPSEC_A_ASSOC_REMOTE_ADDR,
	CIPSEC_A_ASSOC_REMOTE_PORT,
	CIPSEC_A_ASSOC_ROLE,
	CIPSEC_A_ASSOC_STATE,
	CIPSEC_A_ASSOC_SOCKET,
	CIPSEC_A_ASSOC_IDENTITY,
	CIPSEC_A_ASSOC_OWNER_DATA,
	CIPSEC_A_ASSOC_OWNER,
	CIPSEC_A_ASSOC_REPLACES,
	CIPSEC_A_ASSOC_ORPHAN_TIMEOUT,
	CIPSEC_A_ASSOC_ORPHAN_LEFT,
	CIPSEC_A_ASSOC_ADOPT,
	CIPSEC_A_ASSOC_REASON,
	CIPSEC_A_ASSOC_SUITE,
	CIPSEC_A_ASSOC_DRIVER,
	CIPSEC_A_ASSOC_ACCEL,
	CIPSEC_A_ASSOC_TX_NEXT,
	CIPSEC_A_ASSOC_RX_HIGHEST,
	CIPSEC_A_ASSOC_TX_PACKETS,
	CIPSEC_A_ASSOC_TX_BYTES,
	CIPSEC_A_ASSOC_RX_PACKETS,
	CIPSEC_A_ASSOC_RX_BYTES,
	CIPSEC_A_ASSOC_RX_REPLAYED,
	CIPSEC_A_ASSOC_RX_BAD_MAC,
	CIPSEC_A_ASSOC_AGE,
	CIPSEC_A_ASSOC_RX_AGE,
	CIPSEC_A_ASSOC_CONNS,
	CIPSEC_A_ASSOC_PAD,

	__CIPSEC_A_ASSOC_END,
	CIPSEC_A_ASSOC_MAX = __CIPSEC_A_ASSOC_END - 1
};

/**
 * enum cipsec_a_dir - attributes of dir
 * @CIPSEC_A_DIR_ENC_KEY: encryption key, length as the suite says
 * @CIPSEC_A_DIR_MAC_KEY: MAC key, length as the suite says
 * @CIPSEC_A_DIR_SALT: implicit part of the nonce, length as the suite says
 */
enum cipsec_a_dir {
	CIPSEC_A_DIR_UNSPEC,
	CIPSEC_A_DIR_ENC_KEY,
	CIPSEC_A_DIR_MAC_KEY,
	CIPSEC_A_DIR_SALT,

	__CIPSEC_A_DIR_END,
	CIPSEC_A_DIR_MAX = __CIPSEC_A_DIR_END - 1
};

/**
 * enum cipsec_a_key - attributes of key
 * @CIPSEC_A_KEY_ASSOC: association the keys are for
 * @CIPSEC_A_KEY_SUITE: IANA number of the cipher suite
 * @CIPSEC_A_KEY_EPOCH: epoch of the records, default 1
 * @CIPSEC_A_KEY_TX: key block of the sending direction
 * @CIPSEC_A_KEY_RX: key block of the receiving direction
 * @CIPSEC_A_KEY_TX_START: first record number the kernel sends, default 1024
 * @CIPSEC_A_KEY_HOLD: milliseconds that the kernel waits for the peer's
 *   first record before it sends; default 0 for a client, 1000 for a server
 * @CIPSEC_A_KEY_RESERVE: milliseconds that the agent may still send its own
 *   records of this epoch, default 60000
 * @CIPSEC_A_KEY_LIMIT_RECORDS: record number that raises the event limit-
 *   records, 0 for none
 * @CIPSEC_A_KEY_LIMIT_AUTH: failed authentications that raise the event
 *   limit-auth, 0 for none
 * @CIPSEC_A_KEY_PAD: padding
 */
enum cipsec_a_key {
	CIPSEC_A_KEY_UNSPEC,
	CIPSEC_A_KEY_ASSOC,
	CIPSEC_A_KEY_SUITE,
	CIPSEC_A_KEY_EPOCH,
	CIPSEC_A_KEY_TX,
	CIPSEC_A_KEY_RX,
	CIPSEC_A_KEY_TX_START,
	CIPSEC_A_KEY_HOLD,
	CIPSEC_A_KEY_RESERVE,
	CIPSEC_A_KEY_LIMIT_RECORDS,
	CIPSEC_A_KEY_LIMIT_AUTH,
	CIPSEC_A_KEY_PAD,

	__CIPSEC_A_KEY_END,
	CIPSEC_A_KEY_MAX = __CIPSEC_A_KEY_END - 1
};

/**
 * enum cipsec_a_conn - attributes of conn
 * @CIPSEC_A_CONN_ID: the kernel's name of the connection, unique in the
 *   namespace
 * @CIPSEC_A_CONN_ASSOC: association it is bound to
 * @CIPSEC_A_CONN_FLAGS: options
 * @CIPSEC_A_CONN_CONSUMED: CIP connection id of the datagrams this host
 *   receives
 * @CIPSEC_A_CONN_PRODUCED: CIP connection id of the datagrams this host
 *   sends
 * @CIPSEC_A_CONN_TRANSPORT: transport class 0 or 1, default 1
 * @CIPSEC_A_CONN_TX_LOCAL_PORT: port the program sends from, 0 for any,
 *   default 0
 * @CIPSEC_A_CONN_TX_REMOTE_PORT: port the program sends to, default 2222
 * @CIPSEC_A_CONN_RX_REMOTE_PORT: source port the program sees, default 2222
 * @CIPSEC_A_CONN_RX_LOCAL_PORT: port the program receives on, default 2222
 * @CIPSEC_A_CONN_TX_SIZE: largest I/O data of a datagram sent, bytes after
 *   the connected data item's length, 0 for any
 * @CIPSEC_A_CONN_RX_SIZE: largest I/O data of a datagram received, 0 for any
 * @CIPSEC_A_CONN_OWNER_DATA: opaque to the kernel
 * @CIPSEC_A_CONN_TX_PACKETS: datagrams sealed (reply only)
 * @CIPSEC_A_CONN_RX_PACKETS: datagrams opened and delivered (reply only)
 * @CIPSEC_A_CONN_RX_AGE: milliseconds since the last datagram, absent before
 *   the first (reply only)
 * @CIPSEC_A_CONN_REASON: why it went away (event only)
 * @CIPSEC_A_CONN_PAD: padding
 */
enum cipsec_a_conn {
	CIPSEC_A_CONN_UNSPEC,
	CIPSEC_A_CONN_ID,
	CIPSEC_A_CONN_ASSOC,
	CIPSEC_A_CONN_FLAGS,
	CIPSEC_A_CONN_CONSUMED,
	CIPSEC_A_CONN_PRODUCED,
	CIPSEC_A_CONN_TRANSPORT,
	CIPSEC_A_CONN_TX_LOCAL_PORT,
	CIPSEC_A_CONN_TX_REMOTE_PORT,
	CIPSEC_A_CONN_RX_REMOTE_PORT,
	CIPSEC_A_CONN_RX_LOCAL_PORT,
	CIPSEC_A_CONN_TX_SIZE,
	CIPSEC_A_CONN_RX_SIZE,
	CIPSEC_A_CONN_OWNER_DATA,
	CIPSEC_A_CONN_TX_PACKETS,
	CIPSEC_A_CONN_RX_PACKETS,
	CIPSEC_A_CONN_RX_AGE,
	CIPSEC_A_CONN_REASON,
	CIPSEC_A_CONN_PAD,

	__CIPSEC_A_CONN_END,
	CIPSEC_A_CONN_MAX = __CIPSEC_A_CONN_END - 1
};

/**
 * enum cipsec_a_record - attributes of record
 * @CIPSEC_A_RECORD_ASSOC: association
 * @CIPSEC_A_RECORD_TYPE: content type (RFC 5246 6.2.1): 21 alert, 23
 *   application data; 22 handshake is only received, from a confirmed peer
 *   that asks to renegotiate
 * @CIPSEC_A_RECORD_NUMBER: record number (received records and replies)
 * @CIPSEC_A_RECORD_DATA: plaintext
 * @CIPSEC_A_RECORD_PAD: padding
 */
enum cipsec_a_record {
	CIPSEC_A_RECORD_UNSPEC,
	CIPSEC_A_RECORD_ASSOC,
	CIPSEC_A_RECORD_TYPE,
	CIPSEC_A_RECORD_NUMBER,
	CIPSEC_A_RECORD_DATA,
	CIPSEC_A_RECORD_PAD,

	__CIPSEC_A_RECORD_END,
	CIPSEC_A_RECORD_MAX = __CIPSEC_A_RECORD_END - 1
};

/**
 * enum cipsec_a_event - attributes of event
 * @CIPSEC_A_EVENT_TYPE: what happened
 * @CIPSEC_A_EVENT_SEQ: number of the event in its namespace; after a gap
 *   dump again
 * @CIPSEC_A_EVENT_ASSOC: the association concerned
 * @CIPSEC_A_EVENT_CONN: the connection concerned
 * @CIPSEC_A_EVENT_POLICY: the policy concerned
 * @CIPSEC_A_EVENT_SIZE: with mtu: the largest CIP datagram that fits, bytes
 *   of UDP payload before sealing
 * @CIPSEC_A_EVENT_PAD: padding
 */
enum cipsec_a_event {
	CIPSEC_A_EVENT_UNSPEC,
	CIPSEC_A_EVENT_TYPE,
	CIPSEC_A_EVENT_SEQ,
	CIPSEC_A_EVENT_ASSOC,
	CIPSEC_A_EVENT_CONN,
	CIPSEC_A_EVENT_POLICY,
	CIPSEC_A_EVENT_SIZE,
	CIPSEC_A_EVENT_PAD,

	__CIPSEC_A_EVENT_END,
	CIPSEC_A_EVENT_MAX = __CIPSEC_A_EVENT_END - 1
};

/**
 * enum cipsec_a_stat - counters of stat
 * @CIPSEC_A_STAT_RX_OPENED: record opened, its datagram delivered to the
 *   program
 * @CIPSEC_A_STAT_RX_TO_OWNER: record opened and queued to the agent (alerts,
 *   requests to renegotiate, data that is not bound I/O)
 * @CIPSEC_A_STAT_RX_HANDSHAKE: handshake record passed to the agent's socket
 * @CIPSEC_A_STAT_RX_PLAIN: datagram in clear passed, as the peer's policy
 *   allows
 * @CIPSEC_A_STAT_RX_RATE: handshake record dropped: the source sends more
 *   than 64 a second
 * @CIPSEC_A_STAT_RX_NO_ASSOC: protected record dropped: no association with
 *   this address and port. A peer that still uses an association this host
 *   has lost; it must handshake again
 * @CIPSEC_A_STAT_RX_NO_KEY: protected record dropped: the association has no
 *   keys (handshake running, or wiped)
 * @CIPSEC_A_STAT_RX_EPOCH: protected record dropped: its epoch is not the
 *   keys' epoch
 * @CIPSEC_A_STAT_RX_TYPE: record dropped: content type that nobody here
 *   handles
 * @CIPSEC_A_STAT_RX_MALFORMED: record dropped: its length does not fit the
 *   datagram or the suite
 * @CIPSEC_A_STAT_RX_MULTI: datagram dropped: a protected record is not alone
 *   in it
 * @CIPSEC_A_STAT_RX_REPLAY: record dropped: its number was received before
 * @CIPSEC_A_STAT_RX_OLD: record dropped: its number lies below the replay
 *   window
 * @CIPSEC_A_STAT_RX_BAD_MAC: record dropped: authentication failed (forged,
 *   or damaged on the way)
 * @CIPSEC_A_STAT_RX_UNBOUND: opened I/O dropped: its connection id is not
 *   bound to this association
 * @CIPSEC_A_STAT_RX_SIZE: opened I/O dropped: larger than its connection
 *   allows
 * @CIPSEC_A_STAT_RX_NO_OWNER: opened record dropped: it was for the agent,
 *   and the association has none
 * @CIPSEC_A_STAT_RX_OWNER_FULL: opened record dropped: the agent's queue is
 *   full or its rate limit reached
 * @CIPSEC_A_STAT_RX_CLEAR_BOUND: datagram in clear dropped: its connection
 *   id is bound to an association
 * @CIPSEC_A_STAT_RX_CLEAR_REFUSED: datagram in clear dropped: the peer's
 *   policy is require
 * @CIPSEC_A_STAT_RX_CLEAR_PORT: datagram dropped: not a DTLS record, sent to
 *   the secure port or to an agent's socket
 * @CIPSEC_A_STAT_RX_DENIED: datagram dropped: the peer's policy is deny
 * @CIPSEC_A_STAT_RX_FRAGMENT: fragment dropped: it could not be reassembled
 *   before the policy
 * @CIPSEC_A_STAT_RX_IPV6: IPv6 CIP datagram dropped: a require policy stands
 *   and IPv6 cannot be protected yet
 * @CIPSEC_A_STAT_RX_GSO: aggregated datagrams dropped: switch off rx-udp-
 *   gro-forwarding and rx-gro-list on the interface
 * @CIPSEC_A_STAT_RX_NO_MEM: record dropped: no memory for a private copy
 * @CIPSEC_A_STAT_RX_CRYPTO: record dropped: the cipher failed for a reason
 *   other than authentication
 * @CIPSEC_A_STAT_TX_SEALED: datagram of a program sealed into a record
 * @CIPSEC_A_STAT_TX_RECORD: record of the agent (RECORD_TX) sealed and sent
 * @CIPSEC_A_STAT_TX_HANDSHAKE: handshake record of the agent's socket passed
 * @CIPSEC_A_STAT_TX_PLAIN: datagram in clear passed, as the peer's policy
 *   allows
 * @CIPSEC_A_STAT_TX_NO_KEY: datagram refused (ENOKEY): its association has
 *   no keys
 * @CIPSEC_A_STAT_TX_HELD: datagram refused (ENOKEY): the peer has not proved
 *   yet that it has the keys
 * @CIPSEC_A_STAT_TX_EXHAUSTED: datagram refused (ENOKEY): no record number
 *   left; make a new association
 * @CIPSEC_A_STAT_TX_PORT: datagram refused: its ports are not those of its
 *   connection
 * @CIPSEC_A_STAT_TX_SIZE: datagram refused (EMSGSIZE): larger than its
 *   connection allows
 * @CIPSEC_A_STAT_TX_MTU: datagram refused (EMSGSIZE): sealed it would exceed
 *   the route's MTU; reduce the connection's size or set allow-frag
 * @CIPSEC_A_STAT_TX_CLEAR_REFUSED: datagram in clear refused (EPERM): the
 *   peer's policy is require and no connection matches
 * @CIPSEC_A_STAT_TX_DENIED: datagram refused (EPERM): the peer's policy is
 *   deny
 * @CIPSEC_A_STAT_TX_AGENT_DATA: datagram refused: an agent's socket may send
 *   handshake records only
 * @CIPSEC_A_STAT_TX_NONCE_GUARD: record of the agent's socket refused: its
 *   number or time lies outside the agent's range
 * @CIPSEC_A_STAT_TX_IPV6: IPv6 CIP datagram refused: a require policy stands
 *   and IPv6 cannot be protected yet
 * @CIPSEC_A_STAT_TX_GSO: datagrams refused: the program uses UDP_SEGMENT
 * @CIPSEC_A_STAT_TX_NO_MEM: datagram refused (ENOBUFS): no memory
 * @CIPSEC_A_STAT_TX_ROUTE: record refused: no route to the peer on the
 *   wire's ports
 * @CIPSEC_A_STAT_TX_CRYPTO: datagram refused: the cipher failed
 * @CIPSEC_A_STAT_REALLOC: datagrams whose buffer had to grow before sealing
 * @CIPSEC_A_STAT_COPIED: datagrams copied before opening or sealing, since
 *   somebody else held their memory (a packet tap, splice)
 * @CIPSEC_A_STAT_SLOW_CRYPTO: records protected without SIMD, since it was
 *   unusable at that moment
 * @CIPSEC_A_STAT_EVENT_LOST: events that no memory could be had for, or that
 *   were rate limited
 */
enum cipsec_a_stat {
	CIPSEC_A_STAT_UNSPEC,
	CIPSEC_A_STAT_RX_OPENED,
	CIPSEC_A_STAT_RX_TO_OWNER,
	CIPSEC_A_STAT_RX_HANDSHAKE,
	CIPSEC_A_STAT_RX_PLAIN,
	CIPSEC_A_STAT_RX_RATE,
	CIPSEC_A_STAT_RX_NO_ASSOC,
	CIPSEC_A_STAT_RX_NO_KEY,
	CIPSEC_A_STAT_RX_EPOCH,
	CIPSEC_A_STAT_RX_TYPE,
	CIPSEC_A_STAT_RX_MALFORMED,
	CIPSEC_A_STAT_RX_MULTI,
	CIPSEC_A_STAT_RX_REPLAY,
	CIPSEC_A_STAT_RX_OLD,
	CIPSEC_A_STAT_RX_BAD_MAC,
	CIPSEC_A_STAT_RX_UNBOUND,
	CIPSEC_A_STAT_RX_SIZE,
	CIPSEC_A_STAT_RX_NO_OWNER,
	CIPSEC_A_STAT_RX_OWNER_FULL,
	CIPSEC_A_STAT_RX_CLEAR_BOUND,
	CIPSEC_A_STAT_RX_CLEAR_REFUSED,
	CIPSEC_A_STAT_RX_CLEAR_PORT,
	CIPSEC_A_STAT_RX_DENIED,
	CIPSEC_A_STAT_RX_FRAGMENT,
	CIPSEC_A_STAT_RX_IPV6,
	CIPSEC_A_STAT_RX_GSO,
	CIPSEC_A_STAT_RX_NO_MEM,
	CIPSEC_A_STAT_RX_CRYPTO,
	CIPSEC_A_STAT_TX_SEALED,
	CIPSEC_A_STAT_TX_RECORD,
	CIPSEC_A_STAT_TX_HANDSHAKE,
	CIPSEC_A_STAT_TX_PLAIN,
	CIPSEC_A_STAT_TX_NO_KEY,
	CIPSEC_A_STAT_TX_HELD,
	CIPSEC_A_STAT_TX_EXHAUSTED,
	CIPSEC_A_STAT_TX_PORT,
	CIPSEC_A_STAT_TX_SIZE,
	CIPSEC_A_STAT_TX_MTU,
	CIPSEC_A_STAT_TX_CLEAR_REFUSED,
	CIPSEC_A_STAT_TX_DENIED,
	CIPSEC_A_STAT_TX_AGENT_DATA,
	CIPSEC_A_STAT_TX_NONCE_GUARD,
	CIPSEC_A_STAT_TX_IPV6,
	CIPSEC_A_STAT_TX_GSO,
	CIPSEC_A_STAT_TX_NO_MEM,
	CIPSEC_A_STAT_TX_ROUTE,
	CIPSEC_A_STAT_TX_CRYPTO,
	CIPSEC_A_STAT_REALLOC,
	CIPSEC_A_STAT_COPIED,
	CIPSEC_A_STAT_SLOW_CRYPTO,
	CIPSEC_A_STAT_EVENT_LOST,
	CIPSEC_A_STAT_PAD,

	__CIPSEC_A_STAT_END,
	CIPSEC_A_STAT_MAX = __CIPSEC_A_STAT_END - 1
};

/**
 * enum cipsec_cmd - operations
 * @CIPSEC_CMD_KEY_NEW: install the keys of both directions, once; by the
 *   owner only. The request is wiped on every path
 * @CIPSEC_CMD_POLICY_SET: add or change a policy. The first one of a
 *   namespace is that of 0.0.0.0/0, which unlisted peers follow
 * @CIPSEC_CMD_POLICY_DEL: remove a policy; without attributes, all of them
 * @CIPSEC_CMD_POLICY_GET: list the policies
 * @CIPSEC_CMD_ASSOC_NEW: create an association on the endpoints of a
 *   connected UDP socket; the reply carries its id
 * @CIPSEC_CMD_ASSOC_SET: adopt an orphaned association, or change what the
 *   owner may change
 * @CIPSEC_CMD_ASSOC_DEL: remove an association and the connections bound to
 *   it
 * @CIPSEC_CMD_ASSOC_GET: one association, or list them; never a key
 * @CIPSEC_CMD_CONN_NEW: bind a connection to an association; the reply
 *   carries its id
 * @CIPSEC_CMD_CONN_DEL: unbind a connection
 * @CIPSEC_CMD_CONN_GET: one connection, or list them
 * @CIPSEC_CMD_RECORD_TX: seal and send a record of the owner (alerts, data
 *   that is not I/O); the reply carries its number
 * @CIPSEC_CMD_RECORD_RX: sent to the owner: an opened record that is not
 *   bound I/O
 * @CIPSEC_CMD_STATS_GET: the namespace's counters
 * @CIPSEC_CMD_EVENT: sent to the group events
 */
enum cipsec_cmd {
	CIPSEC_CMD_UNSPEC,
	CIPSEC_CMD_KEY_NEW,
	CIPSEC_CMD_POLICY_SET,
	CIPSEC_CMD_POLICY_DEL,
	CIPSEC_CMD_POLICY_GET,
	CIPSEC_CMD_ASSOC_NEW,
	CIPSEC_CMD_ASSOC_SET,
	CIPSEC_CMD_ASSOC_DEL,
	CIPSEC_CMD_ASSOC_GET,
	CIPSEC_CMD_CONN_NEW,
	CIPSEC_CMD_CONN_DEL,
	CIPSEC_CMD_CONN_GET,
	CIPSEC_CMD_RECORD_TX,
	CIPSEC_CMD_RECORD_RX,
	CIPSEC_CMD_STATS_GET,
	CIPSEC_CMD_EVENT,

	__CIPSEC_CMD_END,
	CIPSEC_CMD_MAX = __CIPSEC_CMD_END - 1
};

#endif /* _UAPI_LINUX_CIPSEC_H */
