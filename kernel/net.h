/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CIPSEC_NET_H
#define _CIPSEC_NET_H

#include <linux/mutex.h>
#include <linux/netfilter.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <net/net_namespace.h>

#include "stats.h"

#define CIPSEC_HASH_BITS	12
#define CIPSEC_HASH_SIZE	BIT(CIPSEC_HASH_BITS)
#define CIPSEC_POLICY_BITS	8
#define CIPSEC_POLICY_SIZE	BIT(CIPSEC_POLICY_BITS)
#define CIPSEC_RATE_BITS	10
#define CIPSEC_RATE_SIZE	BIT(CIPSEC_RATE_BITS)
#define CIPSEC_HOOKS		5

/* Limits of a namespace; generous for a plant, small for a machine's memory */
#define CIPSEC_ASSOCS_MAX	16384
#define CIPSEC_CONNS_MAX	65536
#define CIPSEC_POLICIES_MAX	4096

struct proc_dir_entry;

/**
 * struct cipsec_rate - handshake records of one group of sources
 * @second: the second that is being counted, in units of HZ
 * @n: records seen in it
 */
struct cipsec_rate {
	unsigned long second;
	atomic_t n;
};

/**
 * struct cipsec_tables - what the hooks look things up in
 * @assocs: associations by wire endpoints
 * @conns_tx: connections by (local, remote, produced id)
 * @conns_rx: connections by (association, consumed id)
 * @conns_id: connections by consumed id, to refuse it in clear
 * @policies: policies by (prefix length, address)
 * @rate: handshake records by source
 *
 * Written under cipsec_net.lock, read under RCU.
 */
struct cipsec_tables {
	struct hlist_head assocs[CIPSEC_HASH_SIZE];
	struct hlist_head conns_tx[CIPSEC_HASH_SIZE];
	struct hlist_head conns_rx[CIPSEC_HASH_SIZE];
	struct hlist_head conns_id[CIPSEC_HASH_SIZE];
	struct hlist_head policies[CIPSEC_POLICY_SIZE];
	struct cipsec_rate rate[CIPSEC_RATE_SIZE];
};

/**
 * struct cipsec_net - cipsec in one network namespace
 * @t: lookup tables; NULL until the first policy or association
 * @mib: counters
 * @sk: socket that the kernel's own records are charged to; nothing can reach it
 * @prefixes: bit n set: a policy of prefix length n exists
 * @requires: policies that say require
 * @anys: connections that stand for every id
 * @secret: odd multipliers of the hash functions
 * @net: the namespace
 * @lock: protects everything below, and writers of everything above
 * @assocs: associations by id
 * @conns: connections by id
 * @next_assoc: where the search for a free id goes on
 * @next_conn: likewise
 * @n_assocs: associations
 * @n_conns: connections
 * @n_policies: policies
 * @event_seq: number of the last event; atomic, not under @lock
 * @reap: removes associations whose orphan timeout is over
 * @ops: netfilter hooks, registered when @t is set
 * @node: in the list of all namespaces, under its lock
 */
struct cipsec_net {
	struct cipsec_tables *t;
	struct cipsec_mib __percpu *mib;
	struct sock *sk;
	u64 prefixes;
	unsigned int requires;
	unsigned int anys;
	u32 secret[4];
	struct net *net;

	struct mutex lock;	/* protects what follows */
	struct xarray assocs;
	struct xarray conns;
	u32 next_assoc;
	u32 next_conn;
	unsigned int n_assocs;
	unsigned int n_conns;
	unsigned int n_policies;
	atomic64_t event_seq;
	struct delayed_work reap;
	struct nf_hook_ops ops[CIPSEC_HOOKS];
	struct list_head node;
};

/* Multiplicative hash with secrets of the namespace */
static inline u32 cipsec_hash(const struct cipsec_net *cn, u32 a, u32 b, u32 c)
{
	return (a * cn->secret[0] + b * cn->secret[1] + c * cn->secret[2] +
		cn->secret[3]) >> (32 - CIPSEC_HASH_BITS);
}

struct cipsec_net *cipsec_net_get(struct net *net);
int cipsec_net_activate(struct cipsec_net *cn);
int cipsec_net_init(void);
void cipsec_net_exit(void);

#endif /* _CIPSEC_NET_H */
