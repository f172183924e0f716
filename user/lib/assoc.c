// SPDX-License-Identifier: LGPL-2.1-or-later
/* Associations: made, adopted, listed, removed. */
#include "handle.h"

static int fill(struct nlattr **attrs, void *arg)
{
	return cipsec_assoc_fill(arg, attrs);
}

static int put_new(struct nl_msg *msg, const struct cipsec_assoc_new *spec)
{
	int err;

	err = nla_put_u8(msg, CIPSEC_A_ASSOC_ROLE, spec->role);
	if (!err)
		err = nla_put_s32(msg, CIPSEC_A_ASSOC_SOCKET, spec->socket);
	if (!err && spec->identity_len)
		err = nla_put(msg, CIPSEC_A_ASSOC_IDENTITY,
			      (int)spec->identity_len, spec->identity);
	if (!err && spec->owner_data_len)
		err = nla_put(msg, CIPSEC_A_ASSOC_OWNER_DATA,
			      (int)spec->owner_data_len, spec->owner_data);
	if (!err && spec->replaces)
		err = nla_put_u32(msg, CIPSEC_A_ASSOC_REPLACES,
				  spec->replaces);
	if (!err && spec->orphan_timeout)
		err = nla_put_u32(msg, CIPSEC_A_ASSOC_ORPHAN_TIMEOUT,
				  spec->orphan_timeout);
	return err;
}

int cipsec_assoc_new(struct cipsec *h, const struct cipsec_assoc_new *spec,
		     struct cipsec_assoc *out)
{
	struct cipsec_reply reply = { CIPSEC_A_ASSOC_MAX, fill, out };
	struct nl_msg *msg = cipsec_request(h, CIPSEC_CMD_ASSOC_NEW, 0);
	int err = 0;

	if (msg)
		err = put_new(msg, spec);
	return cipsec_transact(h, msg, err, "creating an association", &reply);
}

int cipsec_assoc_adopt(struct cipsec *h, uint32_t id)
{
	struct nl_msg *msg = cipsec_request(h, CIPSEC_CMD_ASSOC_SET, 0);
	int err = 0;

	if (msg)
		err = nla_put_u32(msg, CIPSEC_A_ASSOC_ID, id);
	if (msg && !err)
		err = nla_put_flag(msg, CIPSEC_A_ASSOC_ADOPT);
	return cipsec_transact(h, msg, err, "adopting an association", NULL);
}

int cipsec_assoc_set(struct cipsec *h, uint32_t id, const void *owner_data,
		     size_t len, uint32_t orphan_timeout)
{
	struct nl_msg *msg = cipsec_request(h, CIPSEC_CMD_ASSOC_SET, 0);
	int err = 0;

	if (msg)
		err = nla_put_u32(msg, CIPSEC_A_ASSOC_ID, id);
	if (msg && !err && owner_data)
		err = nla_put(msg, CIPSEC_A_ASSOC_OWNER_DATA, (int)len,
			      owner_data);
	if (msg && !err && orphan_timeout)
		err = nla_put_u32(msg, CIPSEC_A_ASSOC_ORPHAN_TIMEOUT,
				  orphan_timeout);
	return cipsec_transact(h, msg, err, "changing an association", NULL);
}

int cipsec_assoc_del(struct cipsec *h, uint32_t id)
{
	struct nl_msg *msg = cipsec_request(h, CIPSEC_CMD_ASSOC_DEL, 0);
	int err = 0;

	if (msg)
		err = nla_put_u32(msg, CIPSEC_A_ASSOC_ID, id);
	return cipsec_transact(h, msg, err, "removing an association", NULL);
}

int cipsec_assoc_get(struct cipsec *h, uint32_t id, struct cipsec_assoc *out)
{
	struct cipsec_reply reply = { CIPSEC_A_ASSOC_MAX, fill, out };
	struct nl_msg *msg = cipsec_request(h, CIPSEC_CMD_ASSOC_GET, 0);
	int err = 0;

	if (msg)
		err = nla_put_u32(msg, CIPSEC_A_ASSOC_ID, id);
	return cipsec_transact(h, msg, err, "reading an association", &reply);
}

struct list {
	cipsec_assoc_fn fn;
	void *arg;
};

static int one(struct nlattr **attrs, void *arg)
{
	struct cipsec_assoc assoc;
	struct list *list = arg;

	cipsec_assoc_fill(&assoc, attrs);
	return list->fn(&assoc, list->arg);
}

int cipsec_assoc_dump(struct cipsec *h, cipsec_assoc_fn fn, void *arg)
{
	struct list list = { fn, arg };
	struct cipsec_reply reply = { CIPSEC_A_ASSOC_MAX, one, &list };

	return cipsec_transact(h, cipsec_request(h, CIPSEC_CMD_ASSOC_GET,
						 NLM_F_DUMP),
			       0, "listing the associations", &reply);
}
