// SPDX-License-Identifier: GPL-2.0-only
/* Counters of a namespace, in the manner of /proc/net/xfrm_stat. */
#include <linux/seq_file.h>

#include "net.h"
#include "stats.h"

#define CIPSEC_STAT(id, name) \
	[CIPSEC_A_STAT_##id] = name,
static const char *const names[CIPSEC_STATS] = {
#include "stats-gen.h"
};

#undef CIPSEC_STAT

/**
 * cipsec_stat_read() - sum a counter over all CPUs
 * @cn: namespace
 * @what: enum cipsec_a_stat
 */
u64 cipsec_stat_read(const struct cipsec_net *cn, unsigned int what)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(cn->mib, cpu)->count[what]);
	return sum;
}

/**
 * cipsec_stats_show() - print /proc/net/cipsec_stat
 * @m: file
 * @v: unused
 */
int cipsec_stats_show(struct seq_file *m, void *v)
{
	struct cipsec_net *cn = cipsec_net_get(m->private);
	unsigned int i;

	for (i = 1; i < CIPSEC_STATS; i++)
		seq_printf(m, "%-24s%llu\n", names[i], cipsec_stat_read(cn, i));
	return 0;
}
