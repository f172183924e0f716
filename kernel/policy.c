// SPDX-License-Identifier: GPL-2.0-only
/*
 * Policies: the longest prefix that holds the remote address decides.
 *
 * Once a namespace has any, it has one for 0.0.0.0/0, so that every address has
 * an answer that somebody gave. Each `require` holds the module: rmmod cannot
 * turn protection into clear text.
 */
#include <linux/inetdevice.h>
#include <linux/module.h>
#include <linux/netlink.h>
#include <linux/rculist.h>
#include <linux/slab.h>

#include "event.h"
#include "policy.h"

static struct hlist_head *cipsec_policy_bucket(const struct cipsec_net *cn,
					       __be32 addr, u8 plen)
{
	u32 hash = cipsec_hash(cn, (__force u32)addr, plen, 0);

	return &cn->t->policies[hash >> (CIPSEC_HASH_BITS - CIPSEC_POLICY_BITS)];
}

static struct cipsec_policy *cipsec_policy_exact(const struct cipsec_net *cn,
						 __be32 addr, u8 plen)
{
	struct cipsec_policy *p;

	hlist_for_each_entry_rcu(p, cipsec_policy_bucket(cn, addr, plen), node,
				 lockdep_is_held(&cn->lock))
		if (p->addr == addr && p->plen == plen)
			return p;
	return NULL;
}

/**
 * cipsec_policy_find() - policy of a remote address
 * @cn: active namespace
 * @raddr: the address
 *
 * Context: RCU read side.
 * Return: the policy; NULL when the namespace has none at all.
 */
const struct cipsec_policy *cipsec_policy_find(const struct cipsec_net *cn,
					       __be32 raddr)
{
	u64 prefixes = READ_ONCE(cn->prefixes);
	const struct cipsec_policy *p;
	u8 plen;

	while (prefixes) {
		plen = fls64(prefixes) - 1;
		p = cipsec_policy_exact(cn, raddr & inet_make_mask(plen), plen);
		if (p)
			return p;
		prefixes &= ~BIT_ULL(plen);
	}
	return NULL;
}

static void cipsec_policy_event(struct cipsec_net *cn,
				const struct cipsec_policy *p,
				enum cipsec_event_type type)
{
	struct cipsec_event ev = { .type = type, .policy = p };

	cipsec_event_raise(cn, &ev);
}

/* Forget one; its prefix length goes when it was the last of that length. */
static void cipsec_policy_drop(struct cipsec_net *cn, struct cipsec_policy *p)
{
	struct cipsec_policy *other;
	bool last = true;
	unsigned int i;

	hlist_del_rcu(&p->node);
	cn->n_policies--;
	for (i = 0; i < CIPSEC_POLICY_SIZE && last; i++)
		hlist_for_each_entry(other, &cn->t->policies[i], node)
			if (other->plen == p->plen)
				last = false;
	if (last)
		WRITE_ONCE(cn->prefixes, cn->prefixes & ~BIT_ULL(p->plen));
	if (p->verb == CIPSEC_VERB_REQUIRE) {
		WRITE_ONCE(cn->requires, cn->requires - 1);
		module_put(THIS_MODULE);
	}
	cipsec_policy_event(cn, p, CIPSEC_EVENT_POLICY_DEL);
	kfree_rcu(p, rcu);
}

/**
 * cipsec_policy_set() - add or change a policy
 * @cn: active namespace
 * @addr: remote address
 * @plen: leading bits that count
 * @verb: what they may do
 * @flags: options
 * @extack: takes the reason of a failure
 *
 * A change takes effect in one step: no datagram sees neither policy.
 *
 * Context: cipsec_net.lock.
 * Return: 0 or -errno.
 */
int cipsec_policy_set(struct cipsec_net *cn, __be32 addr, u8 plen, u8 verb,
		      u32 flags, struct netlink_ext_ack *extack)
{
	struct cipsec_policy *p, *old;

	lockdep_assert_held(&cn->lock);
	if (addr & ~inet_make_mask(plen)) {
		NL_SET_ERR_MSG(extack,
			       "addr: bits are set beyond the prefix length");
		return -EINVAL;
	}
	if (!cn->n_policies && plen) {
		NL_SET_ERR_MSG(extack,
			       "the first policy of a namespace must be that of 0.0.0.0/0, which unlisted peers follow");
		return -EINVAL;
	}
	old = cipsec_policy_exact(cn, addr, plen);
	if (!old && cn->n_policies >= CIPSEC_POLICIES_MAX) {
		NL_SET_ERR_MSG(extack,
			       "this namespace has all the policies it may have");
		return -ENOSPC;
	}
	p = kzalloc(sizeof(*p), GFP_KERNEL_ACCOUNT);
	if (!p)
		return -ENOMEM;
	p->addr = addr;
	p->plen = plen;
	p->verb = verb;
	p->flags = flags;
	if (verb == CIPSEC_VERB_REQUIRE) {
		if (!try_module_get(THIS_MODULE)) {
			kfree(p);
			return -EBUSY;
		}
		WRITE_ONCE(cn->requires, cn->requires + 1);
	}
	if (old) {
		hlist_replace_rcu(&old->node, &p->node);
		if (old->verb == CIPSEC_VERB_REQUIRE) {
			WRITE_ONCE(cn->requires, cn->requires - 1);
			module_put(THIS_MODULE);
		}
		kfree_rcu(old, rcu);
	} else {
		hlist_add_head_rcu(&p->node,
				   cipsec_policy_bucket(cn, addr, plen));
		WRITE_ONCE(cn->prefixes, cn->prefixes | BIT_ULL(plen));
		cn->n_policies++;
	}
	cipsec_policy_event(cn, p, CIPSEC_EVENT_POLICY_SET);
	return 0;
}

/**
 * cipsec_policy_del() - remove a policy
 * @cn: namespace
 * @addr: remote address
 * @plen: prefix length
 * @extack: takes the reason of a failure
 *
 * Context: cipsec_net.lock.
 * Return: 0, -ENOENT, or -EBUSY for 0.0.0.0/0 while others stand.
 */
int cipsec_policy_del(struct cipsec_net *cn, __be32 addr, u8 plen,
		      struct netlink_ext_ack *extack)
{
	struct cipsec_policy *p = NULL;

	lockdep_assert_held(&cn->lock);
	if (cn->t)
		p = cipsec_policy_exact(cn, addr, plen);
	if (!p) {
		NL_SET_ERR_MSG(extack, "no policy of this address and prefix");
		return -ENOENT;
	}
	if (!plen && cn->n_policies > 1) {
		NL_SET_ERR_MSG(extack,
			       "the policy of 0.0.0.0/0 goes last: others stand");
		return -EBUSY;
	}
	cipsec_policy_drop(cn, p);
	return 0;
}

/**
 * cipsec_policy_flush() - remove all policies
 * @cn: namespace
 *
 * The widest goes last, so that on the way no address is freer than at the end.
 *
 * Context: cipsec_net.lock.
 */
void cipsec_policy_flush(struct cipsec_net *cn)
{
	struct cipsec_policy *p;
	struct hlist_node *next;
	int plen;
	unsigned int i;

	lockdep_assert_held(&cn->lock);
	if (!cn->t)
		return;
	for (plen = 32; plen >= 0; plen--)
		for (i = 0; i < CIPSEC_POLICY_SIZE; i++)
			hlist_for_each_entry_safe(p, next,
						  &cn->t->policies[i], node)
				if (p->plen == plen)
					cipsec_policy_drop(cn, p);
}
