// SPDX-License-Identifier: GPL-2.0-only
/* show stats */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"

/* Of the ways a datagram can take, did this one keep it from getting there? */
bool ctl_stat_is_drop(unsigned int stat)
{
	switch (stat) {
	case CIPSEC_A_STAT_RX_OPENED:
	case CIPSEC_A_STAT_RX_TO_OWNER:
	case CIPSEC_A_STAT_RX_HANDSHAKE:
	case CIPSEC_A_STAT_RX_PLAIN:
	case CIPSEC_A_STAT_TX_SEALED:
	case CIPSEC_A_STAT_TX_RECORD:
	case CIPSEC_A_STAT_TX_HANDSHAKE:
	case CIPSEC_A_STAT_TX_PLAIN:
		return false;
	default:
		return cipsec_stat_names[stat].way;
	}
}

static void print_group(const struct ctl *ctl, const uint64_t *stats, bool way)
{
	const struct cipsec_stat_name *stat;
	bool none = true;
	unsigned int i;

	for (i = 1; i < CIPSEC_A_STAT_PAD; i++) {
		stat = &cipsec_stat_names[i];
		if (!stat->name || stat->way != way ||
		    (!stats[i] && !ctl->all))
			continue;

		none = false;
		printf("  %-16s %12" PRIu64, stat->name, stats[i]);
		printf(ctl->verbose ? "  %s\n" : "\n", stat->doc);
	}
	if (none)
		printf("  nothing\n");
}

int ctl_show_stats(struct ctl *ctl)
{
	uint64_t stats[CIPSEC_A_STAT_PAD] = { };
	json_t *json;
	unsigned int i;
	int err;

	err = cipsec_stats_get(ctl->h, stats);
	if (err)
		return err;

	if (ctl->json) {
		json = json_object();
		for (i = 1; i < CIPSEC_A_STAT_PAD; i++)
			if (cipsec_stat_names[i].name)
				json_object_set_new(json,
						    cipsec_stat_names[i].name,
						    json_integer((json_int_t)stats[i]));
		ctl_print_json(ctl, json);
		return 0;
	}

	printf("ways (each datagram takes one)\n");
	print_group(ctl, stats, true);
	printf("notes (counted beside the way)\n");
	print_group(ctl, stats, false);
	return 0;
}
