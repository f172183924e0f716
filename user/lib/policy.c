// SPDX-License-Identifier: LGPL-2.1-or-later
/* What remote addresses may do. */
#include "handle.h"

static int put_prefix(struct nl_msg *msg, const struct cipsec_policy *policy)
{
	int err;

	err = nla_put(msg, CIPSEC_A_POLICY_ADDR, policy->addr.len,
		      policy->addr.bytes);
	if (!err)
		err = nla_put_u8(msg, CIPSEC_A_POLICY_PREFIX_LEN,
				 policy->prefix_len);
	return err;
}

int cipsec_policy_set(struct cipsec *h, const struct cipsec_policy *policy)
{
	struct nl_msg *msg = cipsec_request(h, CIPSEC_CMD_POLICY_SET, 0);
	int err = 0;

	if (msg)
		err = put_prefix(msg, policy);
	if (msg && !err)
		err = nla_put_u8(msg, CIPSEC_A_POLICY_VERB, policy->verb);
	if (msg && !err)
		err = nla_put_u32(msg, CIPSEC_A_POLICY_FLAGS, policy->flags);
	return cipsec_transact(h, msg, err, "setting a policy", NULL);
}

int cipsec_policy_del(struct cipsec *h, const struct cipsec_policy *policy)
{
	struct nl_msg *msg = cipsec_request(h, CIPSEC_CMD_POLICY_DEL, 0);
	int err = 0;

	if (msg)
		err = put_prefix(msg, policy);
	return cipsec_transact(h, msg, err, "removing a policy", NULL);
}

int cipsec_policy_flush(struct cipsec *h)
{
	return cipsec_transact(h,
			       cipsec_request(h, CIPSEC_CMD_POLICY_DEL, 0), 0,
			       "removing all policies", NULL);
}

struct list {
	cipsec_policy_fn fn;
	void *arg;
};

static int one(struct nlattr **attrs, void *arg)
{
	struct cipsec_policy policy;
	struct list *list = arg;

	cipsec_policy_fill(&policy, attrs);
	return list->fn(&policy, list->arg);
}

int cipsec_policy_dump(struct cipsec *h, cipsec_policy_fn fn, void *arg)
{
	struct list list = { fn, arg };
	struct cipsec_reply reply = { CIPSEC_A_POLICY_MAX, one, &list };

	return cipsec_transact(h, cipsec_request(h, CIPSEC_CMD_POLICY_GET,
						 NLM_F_DUMP),
			       0, "listing the policies", &reply);
}
