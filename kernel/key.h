/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CIPSEC_KEY_H
#define _CIPSEC_KEY_H

#include <crypto/aead.h>
#include <crypto/aes.h>
#include <crypto/hash.h>
#include <linux/netlink.h>
#include <linux/scatterlist.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "replay.h"
#include "suite.h"

#define CIPSEC_ENC_KEY_MAX	32
#define CIPSEC_MAC_KEY_MAX	48
#define CIPSEC_SALT_MAX		12
#define CIPSEC_REQUEST_MAX	768

/**
 * struct cipsec_key_block - key material of one direction, as it is handed over
 *
 * RFC 5246 6.3. Lengths are those of the suite; whoever fills it wipes it.
 */
struct cipsec_key_block {
	const u8 *enc_key;
	const u8 *mac_key;
	const u8 *salt;
	u8 enc_key_len;
	u8 mac_key_len;
	u8 salt_len;
};

/**
 * struct cipsec_key - the protection state of one direction
 * @suite: cipher suite
 * @aead: transform, for suites that have one
 * @shash: transform, for suites that authenticate only
 * @simd: @aead is an internal SIMD algorithm: legal only while
 *	crypto_simd_usable(), else @raw serves
 * @salt: implicit part of the nonce
 * @raw: encryption key for the path without SIMD
 *
 * Immutable once made; shared by all CPUs.
 */
struct cipsec_key {
	const struct cipsec_suite *suite;
	union {
		struct crypto_aead *aead;
		struct crypto_shash *shash;
	};
	bool simd;
	u8 salt[4];
	u8 raw[CIPSEC_ENC_KEY_MAX];
};

/**
 * struct cipsec_key_pair - both directions of an association
 * @tx: sending direction
 * @epoch: epoch of all records
 * @suite: cipher suite of both
 * @open: the kernel may send (peer confirmed, or no hold, or hold over)
 * @confirmed: an authenticated type 23 record of the peer was seen
 * @hold_until: jiffies until which @open waits
 * @reserve_until: jiffies until which the agent may send its own records
 * @limit_records: number that raises an event, 0 for none
 * @limit_auth: failed authentications that raise an event, 0 for none
 * @first: number of the first record
 * @number: next record number to send; taken by atomic64_inc only
 * @tx_bytes: plaintext sealed
 * @exhausted: the event was raised
 * @rx: receiving direction
 * @rx_lock: protects @replay, @rx_packets, @rx_bytes
 * @replay: window
 * @last_rx: jiffies of the last authenticated record
 * @replayed: records refused by the window
 * @bad_mac: records refused by authentication
 * @rwork: frees the pair in process context after a grace period
 *
 * Read under RCU through struct cipsec_assoc; replaced or removed, never edited.
 */
struct cipsec_key_pair {
	struct cipsec_key tx;
	const struct cipsec_suite *suite;
	u16 epoch;
	bool open;
	bool confirmed;
	unsigned long hold_until;
	unsigned long reserve_until;
	u64 limit_records;
	u64 limit_auth;
	u64 first;

	atomic64_t number ____cacheline_aligned_in_smp;
	atomic64_t tx_bytes;
	atomic_t exhausted;

	struct cipsec_key rx ____cacheline_aligned_in_smp;
	spinlock_t rx_lock;	/* protects the next three */
	struct cipsec_replay replay;
	u64 rx_packets;
	u64 rx_bytes;
	unsigned long last_rx;
	atomic64_t replayed;
	atomic64_t bad_mac;

	struct rcu_work rwork;
};

/**
 * struct cipsec_scratch - what one CPU needs while it works on one record
 * @aead: request; context of the driver behind it
 * @shash: descriptor; context of the driver behind it
 * @sg: the record
 * @iv: nonce
 * @mac: computed MAC
 * @aes: expanded key of the path without SIMD; wiped after use
 *
 * Context: bottom halves disabled from get to last use. Linear memory, since
 * scatterlists may not point into the per-CPU area.
 */
struct cipsec_scratch {
	union {
		struct aead_request aead;
		struct shash_desc shash;
		u8 request[CIPSEC_REQUEST_MAX];
	} __aligned(CRYPTO_MINALIGN);
	struct scatterlist sg;
	u8 iv[16];
	u8 mac[64];
	struct crypto_aes_ctx aes;
};

int cipsec_key_init(void);
void cipsec_key_exit(void);
struct cipsec_scratch *cipsec_scratch_get(void);

struct cipsec_key_pair *cipsec_key_pair_new(const struct cipsec_suite *suite,
					    const struct cipsec_key_block *tx,
					    const struct cipsec_key_block *rx,
					    struct netlink_ext_ack *extack);
void cipsec_key_pair_free(struct cipsec_key_pair *keys);
void cipsec_key_settle(void);
const char *cipsec_key_driver(const struct cipsec_key *key);

int cipsec_record_seal(const struct cipsec_key *key, u8 *rec, u8 type,
		       u64 number, unsigned int len, bool *slow);
int cipsec_record_open(const struct cipsec_key *key, u8 *rec,
		       unsigned int len, bool *slow);

/* aead.c */
int cipsec_aead_init(struct cipsec_key *key, const struct cipsec_key_block *kb,
		     struct netlink_ext_ack *extack);
void cipsec_aead_destroy(struct cipsec_key *key);
int cipsec_aead_seal(const struct cipsec_key *key, u8 *rec, u8 type,
		     u64 number, unsigned int len, bool *slow);
int cipsec_aead_open(const struct cipsec_key *key, u8 *rec, unsigned int len,
		     bool *slow);

/* hmac.c */
int cipsec_hmac_init(struct cipsec_key *key, const struct cipsec_key_block *kb,
		     struct netlink_ext_ack *extack);
void cipsec_hmac_destroy(struct cipsec_key *key);
int cipsec_hmac_seal(const struct cipsec_key *key, u8 *rec, u8 type,
		     u64 number, unsigned int len);
int cipsec_hmac_open(const struct cipsec_key *key, u8 *rec, unsigned int len);

#endif /* _CIPSEC_KEY_H */
