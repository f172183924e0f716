/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CIPSEC_STATS_H
#define _CIPSEC_STATS_H

#include <linux/cipsec.h>
#include <linux/percpu.h>

#define CIPSEC_STATS	CIPSEC_A_STAT_PAD	/* counters are 1..CIPSEC_STATS - 1 */

/**
 * struct cipsec_mib - counters of a namespace on one CPU
 * @count: by enum cipsec_a_stat
 */
struct cipsec_mib {
	u64 count[CIPSEC_STATS];
};

/* One counter moves for each datagram: see Documentation/counters.rst. */
#define cipsec_stat_inc(cn, what) \
	this_cpu_inc((cn)->mib->count[CIPSEC_A_STAT_##what])

struct cipsec_net;
struct seq_file;

u64 cipsec_stat_read(const struct cipsec_net *cn, unsigned int what);
int cipsec_stats_show(struct seq_file *m, void *v);

#endif /* _CIPSEC_STATS_H */
