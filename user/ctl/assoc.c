// SPDX-License-Identifier: GPL-2.0-only
/* show assoc */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "table.h"

static json_t *hex_json(const uint8_t *bytes, size_t len)
{
	char text[2 * CIPSEC_IDENTITY_MAX + 1] = "";
	size_t i;

	for (i = 0; i < len; i++)
		sprintf(text + 2 * i, "%02x", bytes[i]);
	return json_string(text);
}

static void set_int(json_t *json, const char *key, uint64_t value)
{
	json_object_set_new(json, key, json_integer((json_int_t)value));
}

static void set_string(json_t *json, const char *key, const char *value)
{
	json_object_set_new(json, key, json_string(value));
}

static json_t *endpoint_json(const struct cipsec_endpoint *end)
{
	char addr[CIPSEC_ADDR_STRLEN];

	return json_pack("{s:s, s:i}", "address",
			 cipsec_addr_print(&end->addr, addr), "port", end->port);
}

static const char *suite_name(const struct cipsec_assoc *assoc)
{
	return assoc->keyed ? cipsec_suite_name(assoc->suite) ?: "?" : "-";
}

json_t *ctl_assoc_json(const struct cipsec_assoc *assoc)
{
	json_t *json = json_object(), *note;

	set_int(json, "id", assoc->id);
	json_object_set_new(json, "local", endpoint_json(&assoc->local));
	json_object_set_new(json, "remote", endpoint_json(&assoc->remote));
	set_string(json, "role", CTL_NAME(cipsec_role_names, assoc->role));
	set_string(json, "state",
		   CTL_NAME(cipsec_assoc_state_names, assoc->state));
	json_object_set_new(json, "orphaned", json_boolean(assoc->orphaned));
	if (assoc->orphaned)
		set_int(json, "orphan-left-ms", assoc->orphan_left);
	else
		set_int(json, "owner", assoc->owner);
	if (assoc->reason)
		set_string(json, "reason",
			   CTL_NAME(cipsec_reason_names, assoc->reason));
	json_object_set_new(json, "identity",
			    hex_json(assoc->identity, assoc->identity_len));
	note = ctl_note_json(assoc->owner_data, assoc->owner_data_len);
	if (note)
		json_object_set_new(json, "agent", note);

	if (assoc->keyed) {
		set_string(json, "suite", suite_name(assoc));
		set_int(json, "suite-number", assoc->suite);
		set_string(json, "driver", assoc->driver);
		json_object_set_new(json, "accel", json_boolean(assoc->accel));
		set_int(json, "tx-next", assoc->tx_next);
		set_int(json, "rx-highest", assoc->rx_highest);
	}
	set_int(json, "tx-packets", assoc->tx_packets);
	set_int(json, "tx-bytes", assoc->tx_bytes);
	set_int(json, "rx-packets", assoc->rx_packets);
	set_int(json, "rx-bytes", assoc->rx_bytes);
	set_int(json, "rx-replayed", assoc->rx_replayed);
	set_int(json, "rx-bad-mac", assoc->rx_bad_mac);
	set_int(json, "age-ms", assoc->age);
	if (assoc->heard)
		set_int(json, "rx-age-ms", assoc->rx_age);
	set_int(json, "conns", assoc->conns);
	return json;
}

static int add_json(const struct cipsec_assoc *assoc, void *list)
{
	json_array_append_new(list, ctl_assoc_json(assoc));
	return 0;
}

/* Without the prefix that all suites share. */
static char *short_suite(const struct cipsec_assoc *assoc)
{
	const char *name = suite_name(assoc);

	return strdup(strncmp(name, "TLS_", 4) ? name : name + 4);
}

static char *owner_text(const struct cipsec_assoc *assoc)
{
	char *left, *text;

	if (!assoc->orphaned)
		return strdup("agent");

	left = ctl_age(assoc->orphan_left);
	text = ctl_format("none (%s left)", left);
	free(left);
	return text;
}

static int add_row(const struct cipsec_assoc *assoc, void *table)
{
	char buf[CIPSEC_ENDPOINT_STRLEN];

	table_add(table, ctl_format("%" PRIu32, assoc->id));
	table_add(table, ctl_peer_name(assoc));
	table_add(table, strdup(cipsec_endpoint_print(&assoc->local, buf)));
	table_add(table, strdup(cipsec_endpoint_print(&assoc->remote, buf)));
	table_add(table, strdup(CTL_NAME(cipsec_role_names, assoc->role)));
	table_add(table, strdup(CTL_NAME(cipsec_assoc_state_names,
					 assoc->state)));
	table_add(table, short_suite(assoc));
	table_add(table, ctl_format("%" PRIu64, assoc->tx_packets));
	table_add(table, ctl_format("%" PRIu64, assoc->rx_packets));
	table_add(table, ctl_format("%" PRIu64, assoc->rx_replayed));
	table_add(table, ctl_format("%" PRIu64, assoc->rx_bad_mac));
	table_add(table, ctl_format("%" PRIu32, assoc->conns));
	table_add(table, ctl_age(assoc->age));
	table_add(table, assoc->heard ? ctl_age(assoc->rx_age) : strdup("-"));
	table_add(table, owner_text(assoc));
	return 0;
}

static int print_verbose(const struct cipsec_assoc *assoc, void *first)
{
	char *tx = ctl_bytes(assoc->tx_bytes), *rx = ctl_bytes(assoc->rx_bytes);
	char *age = ctl_age(assoc->age), *heard = ctl_age(assoc->rx_age);
	char *peer = ctl_peer_name(assoc), *owner = owner_text(assoc);
	char *subject = ctl_note(assoc->owner_data, assoc->owner_data_len,
				 "subject");
	char local[CIPSEC_ENDPOINT_STRLEN], remote[CIPSEC_ENDPOINT_STRLEN];
	size_t i;

	if (!*(bool *)first)
		putchar('\n');
	*(bool *)first = false;

	printf("association %" PRIu32 ": %s\n", assoc->id, peer);
	printf("  subject    %s\n", subject ?: "not known");
	printf("  endpoints  %s (%s) <-> %s\n",
	       cipsec_endpoint_print(&assoc->local, local),
	       CTL_NAME(cipsec_role_names, assoc->role),
	       cipsec_endpoint_print(&assoc->remote, remote));
	printf("  identity   ");
	for (i = 0; i < assoc->identity_len; i++)
		printf("%02x", assoc->identity[i]);
	printf("\n  state      %s, %s old, heard %s\n",
	       CTL_NAME(cipsec_assoc_state_names, assoc->state), age,
	       assoc->heard ? heard : "never");
	if (assoc->keyed)
		printf("  suite      %s by %s%s\n", suite_name(assoc),
		       assoc->driver, assoc->accel ? ", SIMD" : "");
	printf("  sent       %" PRIu64 " records, %s; next number %" PRIu64 "\n",
	       assoc->tx_packets, tx, assoc->tx_next);
	printf("  received   %" PRIu64 " records, %s; highest number %" PRIu64 "\n",
	       assoc->rx_packets, rx, assoc->rx_highest);
	printf("  refused    %" PRIu64 " replayed, %" PRIu64 " forged\n",
	       assoc->rx_replayed, assoc->rx_bad_mac);
	printf("  bound      %" PRIu32 " connections\n", assoc->conns);
	printf("  owner      %s", owner);
	printf(assoc->orphaned ? "\n" : ", netlink port %" PRIu32 "\n",
	       assoc->owner);

	free(tx);
	free(rx);
	free(age);
	free(heard);
	free(peer);
	free(subject);
	free(owner);
	return 0;
}

int ctl_show_assoc(struct ctl *ctl)
{
	static const char *const heads[] = {
		">ID", "PEER", "LOCAL", "REMOTE", "ROLE", "STATE", "SUITE",
		">SENT", ">RECEIVED", ">REPLAYED", ">FORGED", ">CONNS", ">AGE",
		">HEARD", "OWNER", NULL
	};
	struct table table = { .heads = heads };
	bool first = true;
	json_t *list;
	int err;

	if (ctl->json) {
		list = json_array();
		err = cipsec_assoc_dump(ctl->h, add_json, list);
		if (err)
			json_decref(list);
		else
			ctl_print_json(ctl, list);
		return err;
	}

	if (ctl->verbose)
		return cipsec_assoc_dump(ctl->h, print_verbose, &first);

	err = cipsec_assoc_dump(ctl->h, add_row, &table);
	if (!err)
		table_print(&table);
	return err;
}
