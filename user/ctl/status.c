// SPDX-License-Identifier: GPL-2.0-only
/*
 * status: is everything as it should be, and what to do if not.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"

#define VERBS	(sizeof(cipsec_verb_names) / sizeof(cipsec_verb_names[0]))
#define STATES	(sizeof(cipsec_assoc_state_names) / \
		 sizeof(cipsec_assoc_state_names[0]))

/**
 * struct summary - what the namespace has, counted
 * @version: of the module, or empty
 * @fallback: verb of 0.0.0.0/0, which unlisted peers follow
 * @warnings: sentences, as a JSON array
 */
struct summary {
	size_t policies[VERBS];
	uint8_t fallback;
	size_t assocs;
	size_t states[STATES];
	size_t orphaned;
	size_t conns;
	uint64_t stats[CIPSEC_A_STAT_PAD];
	char version[64];
	json_t *warnings;
};

static void warn(struct summary *sum, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void warn(struct summary *sum, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	json_array_append_new(sum->warnings, json_vsprintf(format, args));
	va_end(args);
}

static int count_policy(const struct cipsec_policy *policy, void *arg)
{
	struct summary *sum = arg;

	if (policy->verb < VERBS)
		sum->policies[policy->verb]++;
	if (!policy->prefix_len)
		sum->fallback = policy->verb;
	return 0;
}

static int count_assoc(const struct cipsec_assoc *assoc, void *arg)
{
	char remote[CIPSEC_ENDPOINT_STRLEN], *left;
	struct summary *sum = arg;

	sum->assocs++;
	if (assoc->state < STATES)
		sum->states[assoc->state]++;
	cipsec_endpoint_print(&assoc->remote, remote);

	if (assoc->orphaned) {
		sum->orphaned++;
		left = ctl_age(assoc->orphan_left);
		warn(sum,
		     "association %u with %s has no agent; its I/O stays protected for another %s: start cipsec-agent, which adopts it",
		     assoc->id, remote, left);
		free(left);
	}
	if (assoc->state == CIPSEC_ASSOC_STATE_WIPED)
		warn(sum,
		     "association %u with %s has lost its keys (suspend, or the machine was copied): cipsec-agent must handshake again",
		     assoc->id, remote);
	return 0;
}

static int count_conn(const struct cipsec_conn *conn, void *arg)
{
	struct summary *sum = arg;

	sum->conns++;
	return 0;
}

/* The version, or else the hash of the sources, where the kernel keeps one. */
static void read_version(struct summary *sum)
{
	static const char *const files[] = {
		"/sys/module/cipsec/version", "/sys/module/cipsec/srcversion",
	};
	FILE *file;
	size_t i;

	for (i = 0; i < 2 && !*sum->version; i++) {
		file = fopen(files[i], "re");
		if (!file)
			continue;
		if (fscanf(file, "%63s", sum->version) != 1)
			*sum->version = '\0';
		fclose(file);
	}
}

static int collect(struct ctl *ctl, struct summary *sum)
{
	int err;

	read_version(sum);
	err = cipsec_policy_dump(ctl->h, count_policy, sum);
	if (!err)
		err = cipsec_assoc_dump(ctl->h, count_assoc, sum);
	if (!err)
		err = cipsec_conn_dump(ctl->h, count_conn, sum);
	if (!err)
		err = cipsec_stats_get(ctl->h, sum->stats);
	if (err)
		return err;

	if (!sum->fallback)
		warn(sum,
		     "no policy is set: process data passes in clear. Start cipsec-agent with a policy in its settings");
	else if (!sum->assocs && sum->policies[CIPSEC_VERB_REQUIRE])
		warn(sum,
		     "peers must be protected and there is no association: none of their process data passes. Is cipsec-agent running?");
	return 0;
}

static json_t *counts_json(const char *const *names, const size_t *counts,
			   size_t n)
{
	json_t *json = json_object();
	size_t i;

	for (i = 0; i < n; i++)
		if (names[i])
			json_object_set_new(json, names[i],
					    json_integer((json_int_t)counts[i]));
	return json;
}

static void print_json(const struct ctl *ctl, const struct summary *sum)
{
	json_t *json, *drops = json_object(), *policies, *assocs;
	unsigned int i;

	for (i = 1; i < CIPSEC_A_STAT_PAD; i++)
		if (ctl_stat_is_drop(i) && sum->stats[i])
			json_object_set_new(drops, cipsec_stat_names[i].name,
					    json_integer((json_int_t)sum->stats[i]));

	policies = counts_json(cipsec_verb_names, sum->policies, VERBS);
	if (sum->fallback)
		json_object_set_new(policies, "default",
				    json_string(CTL_NAME(cipsec_verb_names,
							 sum->fallback)));
	assocs = counts_json(cipsec_assoc_state_names, sum->states, STATES);
	json_object_set_new(assocs, "orphaned",
			    json_integer((json_int_t)sum->orphaned));

	json = json_pack("{s:{s:s?}, s:o, s:o, s:I, s:I, s:I, s:o, s:O}",
			 "module", "version",
			 *sum->version ? sum->version : NULL,
			 "policies", policies, "associations", assocs,
			 "connections", (json_int_t)sum->conns,
			 "sealed", (json_int_t)sum->stats[CIPSEC_A_STAT_TX_SEALED],
			 "opened", (json_int_t)sum->stats[CIPSEC_A_STAT_RX_OPENED],
			 "drops", drops, "warnings", sum->warnings);
	ctl_print_json(ctl, json);
}

static void print_counts(const char *const *names, const size_t *counts,
			 size_t n)
{
	const char *before = "";
	size_t i;

	for (i = 0; i < n; i++) {
		if (!names[i] || !counts[i])
			continue;
		printf("%s%zu %s", before, counts[i], names[i]);
		before = ", ";
	}
	if (!*before)
		printf("none");
}

static void print_drops(const struct summary *sum)
{
	bool none = true;
	unsigned int i;

	printf("drops");
	for (i = 1; i < CIPSEC_A_STAT_PAD; i++) {
		if (!ctl_stat_is_drop(i) || !sum->stats[i])
			continue;
		printf("%s  %-16s %10" PRIu64 "  %s", none ? "\n" : "",
		       cipsec_stat_names[i].name, sum->stats[i],
		       cipsec_stat_names[i].doc);
		putchar('\n');
		none = false;
	}
	if (none)
		printf("         none\n");
}

static void print_text(const struct summary *sum)
{
	json_t *sentence;
	size_t i;

	printf("module        loaded%s%s\n", *sum->version ? ", version " : "",
	       sum->version);
	printf("policies      ");
	print_counts(cipsec_verb_names, sum->policies, VERBS);
	if (sum->fallback)
		printf("; unlisted peers: %s",
		       CTL_NAME(cipsec_verb_names, sum->fallback));
	printf("\nassociations  ");
	print_counts(cipsec_assoc_state_names, sum->states, STATES);
	if (sum->orphaned)
		printf("; %zu without an agent", sum->orphaned);
	printf("\nconnections   %zu\n", sum->conns);
	printf("datagrams     %" PRIu64 " sealed, %" PRIu64 " opened\n",
	       sum->stats[CIPSEC_A_STAT_TX_SEALED],
	       sum->stats[CIPSEC_A_STAT_RX_OPENED]);
	print_drops(sum);

	json_array_foreach(sum->warnings, i, sentence)
		printf("WARNING: %s\n", json_string_value(sentence));
}

int ctl_status(struct ctl *ctl)
{
	struct summary sum = { .warnings = json_array() };
	int err;

	err = collect(ctl, &sum);
	if (!err && ctl->json)
		print_json(ctl, &sum);
	else if (!err)
		print_text(&sum);
	json_decref(sum.warnings);
	return err;
}
