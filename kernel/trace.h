/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM cipsec

#if !defined(_CIPSEC_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _CIPSEC_TRACE_H

#include <linux/cipsec.h>
#include <linux/ip.h>
#include <linux/tracepoint.h>
#include <linux/udp.h>

TRACE_EVENT(cipsec_drop,
	TP_PROTO(unsigned int what, const struct iphdr *iph,
		 const struct udphdr *uh, unsigned int len),
	TP_ARGS(what, iph, uh, len),
	TP_STRUCT__entry(
		__field(unsigned int, what)
		__field(unsigned int, len)
		__array(u8, saddr, 4)
		__array(u8, daddr, 4)
		__field(u16, sport)
		__field(u16, dport)
	),
	TP_fast_assign(
		__entry->what = what;
		__entry->len = len;
		memcpy(__entry->saddr, &iph->saddr, 4);
		memcpy(__entry->daddr, &iph->daddr, 4);
		__entry->sport = ntohs(uh->source);
		__entry->dport = ntohs(uh->dest);
	),
	/* counter: line of /proc/net/cipsec_stat, from 1 */
	TP_printk("counter=%u %pI4:%u > %pI4:%u len=%u", __entry->what,
		  __entry->saddr, __entry->sport, __entry->daddr,
		  __entry->dport, __entry->len)
);

DECLARE_EVENT_CLASS(cipsec_record,
	TP_PROTO(u32 assoc, u64 number, unsigned int len),
	TP_ARGS(assoc, number, len),
	TP_STRUCT__entry(
		__field(u32, assoc)
		__field(u64, number)
		__field(unsigned int, len)
	),
	TP_fast_assign(
		__entry->assoc = assoc;
		__entry->number = number;
		__entry->len = len;
	),
	TP_printk("assoc=%u number=%llu len=%u", __entry->assoc,
		  __entry->number, __entry->len)
);

DEFINE_EVENT(cipsec_record, cipsec_seal,
	TP_PROTO(u32 assoc, u64 number, unsigned int len),
	TP_ARGS(assoc, number, len)
);

DEFINE_EVENT(cipsec_record, cipsec_open,
	TP_PROTO(u32 assoc, u64 number, unsigned int len),
	TP_ARGS(assoc, number, len)
);

#endif /* _CIPSEC_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
