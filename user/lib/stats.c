// SPDX-License-Identifier: LGPL-2.1-or-later
/* The namespace's counters. */
#include "handle.h"

static int fill(struct nlattr **attrs, void *arg)
{
	uint64_t *stats = arg;
	int i;

	for (i = 1; i < CIPSEC_A_STAT_PAD; i++)
		stats[i] = cipsec_attr_uint(attrs[i]);
	return 0;
}

int cipsec_stats_get(struct cipsec *h, uint64_t stats[CIPSEC_A_STAT_PAD])
{
	struct cipsec_reply reply = { CIPSEC_A_STAT_MAX, fill, stats };

	stats[0] = 0;
	return cipsec_transact(h,
			       cipsec_request(h, CIPSEC_CMD_STATS_GET, 0), 0,
			       "reading the counters", &reply);
}
