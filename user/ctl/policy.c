// SPDX-License-Identifier: GPL-2.0-only
/* show policy */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "table.h"

static const struct {
	uint32_t flag;
	const char *name;
} flags[] = {
	{ CIPSEC_POLICY_F_DISCOVERY, "discovery" },
	{ CIPSEC_POLICY_F_ALLOW_FRAG, "allow-frag" },
};

char *ctl_policy_prefix(const struct cipsec_policy *policy)
{
	char addr[CIPSEC_ADDR_STRLEN];

	return ctl_format("%s/%u", cipsec_addr_print(&policy->addr, addr),
			  policy->prefix_len);
}

json_t *ctl_policy_json(const struct cipsec_policy *policy)
{
	json_t *list = json_array(), *json;
	char *prefix;
	size_t i;

	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (policy->flags & flags[i].flag)
			json_array_append_new(list, json_string(flags[i].name));

	prefix = ctl_policy_prefix(policy);
	json = json_pack("{s:s, s:s, s:o}", "prefix", prefix, "verb",
			 CTL_NAME(cipsec_verb_names, policy->verb),
			 "flags", list);
	free(prefix);
	return json;
}

static int add_json(const struct cipsec_policy *policy, void *list)
{
	json_array_append_new(list, ctl_policy_json(policy));
	return 0;
}

static char *flags_text(const struct cipsec_policy *policy)
{
	char *text = NULL, *longer;
	size_t i;

	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (!(policy->flags & flags[i].flag))
			continue;
		longer = ctl_format("%s%s%s", text ?: "", text ? "," : "",
				    flags[i].name);
		free(text);
		text = longer;
	}
	return text ?: strdup("-");
}

static int add_row(const struct cipsec_policy *policy, void *table)
{
	table_add(table, ctl_policy_prefix(policy));
	table_add(table, strdup(CTL_NAME(cipsec_verb_names, policy->verb)));
	table_add(table, flags_text(policy));
	return 0;
}

int ctl_show_policy(struct ctl *ctl)
{
	static const char *const heads[] = { "PEERS", "VERB", "FLAGS", NULL };
	struct table table = { .heads = heads };
	json_t *list;
	int err;

	if (ctl->json) {
		list = json_array();
		err = cipsec_policy_dump(ctl->h, add_json, list);
		if (err)
			json_decref(list);
		else
			ctl_print_json(ctl, list);
		return err;
	}

	err = cipsec_policy_dump(ctl->h, add_row, &table);
	if (!err)
		table_print(&table);
	return err;
}
