// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keys: made once from key material, never edited, freed after a grace period.
 * Which code protects a record is decided here, by a switch: an indirect call
 * per record would cost more than the decision.
 */
#include <linux/mutex.h>
#include <linux/siphash.h>
#include <linux/slab.h>

#include "key.h"
#include "record.h"

/* Sending keys that were installed before, as keyed hashes. */
#define CIPSEC_SEEN_KEYS	4096

static struct cipsec_scratch *__percpu *scratch;
static struct workqueue_struct *free_wq;
static DEFINE_MUTEX(seen_lock);	/* protects seen, seen_next */
static siphash_key_t seen_secret;
static u64 *seen;
static unsigned int seen_next;

/**
 * cipsec_scratch_get() - this CPU's working memory
 *
 * Context: bottom halves disabled.
 */
struct cipsec_scratch *cipsec_scratch_get(void)
{
	return *this_cpu_ptr(scratch);
}

/*
 * RFC 5288 3: one (key, nonce) pair twice gives the authentication key away.
 * Since the kernel begins every pair at a fixed number, installing one sending
 * key a second time would do just that: remember those seen. A fingerprint that
 * collides costs one handshake.
 */
static int cipsec_key_note(const struct cipsec_key_block *kb)
{
	u8 all[CIPSEC_ENC_KEY_MAX + CIPSEC_MAC_KEY_MAX + CIPSEC_SALT_MAX] = {};
	unsigned int i;
	int err = 0;
	u64 print;

	memcpy(all, kb->enc_key, kb->enc_key_len);
	memcpy(all + CIPSEC_ENC_KEY_MAX, kb->mac_key, kb->mac_key_len);
	memcpy(all + CIPSEC_ENC_KEY_MAX + CIPSEC_MAC_KEY_MAX, kb->salt,
	       kb->salt_len);
	print = siphash(all, sizeof(all), &seen_secret) ?: 1;
	memzero_explicit(all, sizeof(all));

	mutex_lock(&seen_lock);
	for (i = 0; i < CIPSEC_SEEN_KEYS && !err; i++)
		if (seen[i] == print)
			err = -EKEYREJECTED;
	if (!err) {
		seen[seen_next] = print;
		seen_next = (seen_next + 1) % CIPSEC_SEEN_KEYS;
	}
	mutex_unlock(&seen_lock);
	return err;
}

static int cipsec_key_setup(struct cipsec_key *key,
			    const struct cipsec_suite *suite,
			    const struct cipsec_key_block *kb,
			    struct netlink_ext_ack *extack)
{
	key->suite = suite;
	if (kb->enc_key_len != suite->enc_key) {
		NL_SET_ERR_MSG(extack,
			       "enc-key: not as long as the suite's encryption key");
		return -EINVAL;
	}
	if (kb->mac_key_len != suite->mac_key) {
		NL_SET_ERR_MSG(extack,
			       "mac-key: not as long as the suite's MAC key");
		return -EINVAL;
	}
	if (kb->salt_len != suite->salt) {
		NL_SET_ERR_MSG(extack,
			       "salt: not as long as the suite's implicit nonce");
		return -EINVAL;
	}
	switch (suite->cipher) {
	case CIPSEC_CIPHER_GCM:
		return cipsec_aead_init(key, kb, extack);
	case CIPSEC_CIPHER_HMAC:
		return cipsec_hmac_init(key, kb, extack);
	}
	return -EOPNOTSUPP;
}

static void cipsec_key_teardown(struct cipsec_key *key)
{
	if (!key->suite)
		return;
	switch (key->suite->cipher) {
	case CIPSEC_CIPHER_GCM:
		cipsec_aead_destroy(key);
		break;
	case CIPSEC_CIPHER_HMAC:
		cipsec_hmac_destroy(key);
		break;
	}
}

static void cipsec_key_pair_destroy(struct cipsec_key_pair *keys)
{
	cipsec_key_teardown(&keys->rx);
	cipsec_key_teardown(&keys->tx);
	kfree_sensitive(keys);
}

static void cipsec_key_pair_free_work(struct work_struct *work)
{
	cipsec_key_pair_destroy(container_of(to_rcu_work(work),
					     struct cipsec_key_pair, rwork));
}

/**
 * cipsec_key_pair_new() - make the keys of an association
 * @suite: cipher suite
 * @tx: key block of the sending direction
 * @rx: key block of the receiving direction
 * @extack: takes the reason of a failure
 *
 * Context: process; may load modules. The caller wipes the key blocks.
 * Return: the pair, with numbers and window at their start, or
 * ERR_PTR(-EINVAL) for a wrong length, ERR_PTR(-EKEYREJECTED) when the sending
 * key was installed before, or what the kernel's crypto answers.
 */
struct cipsec_key_pair *cipsec_key_pair_new(const struct cipsec_suite *suite,
					    const struct cipsec_key_block *tx,
					    const struct cipsec_key_block *rx,
					    struct netlink_ext_ack *extack)
{
	struct cipsec_key_pair *keys;
	int err;

	keys = kzalloc(sizeof(*keys), GFP_KERNEL_ACCOUNT);
	if (!keys)
		return ERR_PTR(-ENOMEM);
	keys->suite = suite;
	spin_lock_init(&keys->rx_lock);
	cipsec_replay_init(&keys->replay);
	INIT_RCU_WORK(&keys->rwork, cipsec_key_pair_free_work);

	err = cipsec_key_setup(&keys->tx, suite, tx, extack);
	if (err)
		goto err_destroy;
	err = cipsec_key_setup(&keys->rx, suite, rx, extack);
	if (err)
		goto err_destroy;
	err = cipsec_key_note(tx);
	if (err) {
		NL_SET_ERR_MSG(extack,
			       "tx: this key was installed before; its record numbers would repeat. Make a new handshake");
		goto err_destroy;
	}
	return keys;

err_destroy:
	cipsec_key_pair_destroy(keys);
	return ERR_PTR(err);
}

/**
 * cipsec_key_pair_free() - free keys that readers may still hold
 * @keys: unreachable for new readers, or NULL
 *
 * Context: any that may queue work.
 */
void cipsec_key_pair_free(struct cipsec_key_pair *keys)
{
	if (keys)
		queue_rcu_work(free_wq, &keys->rwork);
}

/**
 * cipsec_key_settle() - wait until all keys given up are wiped
 *
 * Who may still hold one: a reader in an RCU section, a callback that waits for
 * it, the work that the callback queued. rcu_barrier() outlives the first two.
 *
 * Context: process.
 */
void cipsec_key_settle(void)
{
	rcu_barrier();
	flush_workqueue(free_wq);
}

/**
 * cipsec_key_driver() - which implementation protects the records
 * @key: key
 */
const char *cipsec_key_driver(const struct cipsec_key *key)
{
	if (key->suite->cipher == CIPSEC_CIPHER_GCM)
		return crypto_tfm_alg_driver_name(crypto_aead_tfm(key->aead));
	return crypto_tfm_alg_driver_name(crypto_shash_tfm(key->shash));
}

/**
 * cipsec_record_seal() - protect one record in place
 * @key: sending direction
 * @rec: start of the record; the data lies at @rec + suite->front, and
 *	suite->tail bytes after it are the record's too
 * @type: content type
 * @number: epoch in the upper 16 bits, record number in the lower 48; never
 *	used with this key before
 * @len: bytes of data
 * @slow: set when SIMD was unusable
 *
 * Context: bottom halves disabled, linear private memory.
 * Return: 0, or -errno with the data destroyed.
 */
int cipsec_record_seal(const struct cipsec_key *key, u8 *rec, u8 type,
		       u64 number, unsigned int len, bool *slow)
{
	switch (key->suite->cipher) {
	case CIPSEC_CIPHER_GCM:
		return cipsec_aead_seal(key, rec, type, number, len, slow);
	case CIPSEC_CIPHER_HMAC:
		return cipsec_hmac_seal(key, rec, type, number, len);
	}
	return -EOPNOTSUPP;
}

/**
 * cipsec_record_open() - verify and decrypt one record in place
 * @key: receiving direction
 * @rec: start of the record, header included
 * @len: bytes of data, which will lie at @rec + suite->front
 * @slow: set when SIMD was unusable
 *
 * The record is destroyed when it fails: decide "not ours" before.
 *
 * Context: bottom halves disabled, linear private memory.
 * Return: 0, -EBADMSG for a forged record, or another -errno.
 */
int cipsec_record_open(const struct cipsec_key *key, u8 *rec,
		       unsigned int len, bool *slow)
{
	switch (key->suite->cipher) {
	case CIPSEC_CIPHER_GCM:
		return cipsec_aead_open(key, rec, len, slow);
	case CIPSEC_CIPHER_HMAC:
		return cipsec_hmac_open(key, rec, len);
	}
	return -EOPNOTSUPP;
}

static void cipsec_scratch_free(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		kfree_sensitive(*per_cpu_ptr(scratch, cpu));
	free_percpu(scratch);
}

/**
 * cipsec_key_init() - working memory of all CPUs, list of keys seen
 *
 * Return: 0 or -ENOMEM.
 */
int __init cipsec_key_init(void)
{
	struct cipsec_scratch *s;
	int cpu;

	get_random_bytes(&seen_secret, sizeof(seen_secret));
	seen = kcalloc(CIPSEC_SEEN_KEYS, sizeof(*seen), GFP_KERNEL);
	if (!seen)
		return -ENOMEM;
	free_wq = alloc_workqueue("cipsec", WQ_UNBOUND, 0);
	if (!free_wq)
		goto err_seen;
	scratch = alloc_percpu(struct cipsec_scratch *);
	if (!scratch)
		goto err_wq;
	for_each_possible_cpu(cpu) {
		s = kzalloc_node(sizeof(*s), GFP_KERNEL, cpu_to_node(cpu));
		if (!s)
			goto err_scratch;
		sg_init_table(&s->sg, 1);
		*per_cpu_ptr(scratch, cpu) = s;
	}
	return 0;

err_scratch:
	cipsec_scratch_free();
err_wq:
	destroy_workqueue(free_wq);
err_seen:
	kfree(seen);
	return -ENOMEM;
}

/**
 * cipsec_key_exit() - wait until the last key is freed, give memory back
 *
 * Context: nobody can reach a key any more. Who may still hold one: a reader in
 * an RCU section, a callback that waits for it, the work that the callback
 * queued. rcu_barrier() outlives the first two, destroy_workqueue() the third.
 */
void cipsec_key_exit(void)
{
	rcu_barrier();
	destroy_workqueue(free_wq);
	cipsec_scratch_free();
	kfree_sensitive(seen);
}
