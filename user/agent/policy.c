// SPDX-License-Identifier: GPL-2.0-only
/* Policies of the settings, in the kernel. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "policy.h"

struct surplus {
	const struct settings *set;
	struct cipsec_policy *list;
	size_t n;
};

static int collect(const struct cipsec_policy *policy, void *arg)
{
	const struct peer_settings *peer;
	struct surplus *surplus = arg;
	struct cipsec_policy *more;

	if (!policy->prefix_len)
		return 0;
	for (peer = surplus->set->peers; peer; peer = peer->next)
		if (peer->prefix_len == policy->prefix_len &&
		    cipsec_addr_equal(&peer->addr, &policy->addr))
			return 0;
	more = reallocarray(surplus->list, surplus->n + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	surplus->list = more;
	more[surplus->n++] = *policy;
	return 0;
}

static int remove_surplus(struct agent *agent)
{
	struct surplus surplus = { .set = agent->set };
	size_t i;
	int err;

	err = cipsec_policy_dump(agent->kernel, collect, &surplus);
	for (i = 0; i < surplus.n && !err; i++)
		err = cipsec_policy_del(agent->kernel, &surplus.list[i]);
	free(surplus.list);
	return err;
}

static void host_bits_off(struct cipsec_addr *addr, unsigned int prefix_len)
{
	unsigned int bit;

	for (bit = prefix_len; bit < addr->len * 8U; bit++)
		addr->bytes[bit / 8] &= (uint8_t)~(0x80 >> bit % 8);
}

int policy_install(struct agent *agent)
{
	struct cipsec_policy policy = {
		.addr = { .len = 4 },
		.verb = agent->set->default_verb,
	};
	struct peer_settings *peer;
	int err;

	err = cipsec_policy_set(agent->kernel, &policy);
	for (peer = agent->set->peers; peer && !err; peer = peer->next) {
		host_bits_off(&peer->addr, peer->prefix_len);
		policy.addr = peer->addr;
		policy.prefix_len = peer->prefix_len;
		policy.verb = peer->verb;
		policy.flags = peer->flags;
		err = cipsec_policy_set(agent->kernel, &policy);
	}
	if (!err)
		err = remove_surplus(agent);
	if (err)
		log_line(LOG_ERR, MSG_KERNEL, NULL, "%s",
			 cipsec_error(agent->kernel));
	return err;
}
