// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the data path has to tell goes down to here, and netlink.c carries it:
 * so hooks, associations and connections know nothing of netlink.
 */
#include "assoc.h"
#include "event.h"
#include "net.h"

static const struct cipsec_event_sink __rcu *sink;

/**
 * cipsec_event_sink_set() - say who carries events
 * @new: the carrier, or NULL
 *
 * Context: process; returns when nobody uses the old one any more.
 */
void cipsec_event_sink_set(const struct cipsec_event_sink *new)
{
	rcu_assign_pointer(sink, new);
	synchronize_rcu();
}

/**
 * cipsec_event_raise() - tell user space
 * @cn: namespace
 * @ev: what happened
 *
 * Every event takes a number, sent or not: a listener sees the gap.
 *
 * Context: any but hard interrupts; objects named in @ev stay alive.
 */
void cipsec_event_raise(struct cipsec_net *cn, const struct cipsec_event *ev)
{
	u64 seq = atomic64_inc_return(&cn->event_seq);
	const struct cipsec_event_sink *s;

	rcu_read_lock();
	s = rcu_dereference(sink);
	if (s)
		s->event(cn, ev, seq);
	rcu_read_unlock();
}

/**
 * cipsec_event_assoc() - tell user space of an association
 * @assoc: association
 * @type: what happened
 *
 * Context: as cipsec_event_raise().
 */
void cipsec_event_assoc(const struct cipsec_assoc *assoc,
			enum cipsec_event_type type)
{
	struct cipsec_event ev = { .type = type, .assoc = assoc };

	cipsec_event_raise(assoc->cn, &ev);
}

/**
 * cipsec_event_record() - hand an opened record to the association's owner
 * @assoc: association
 * @type: content type
 * @number: record number
 * @data: plaintext
 * @len: its bytes
 *
 * Context: softirq, RCU read side.
 * Return: false when it could not be queued.
 */
bool cipsec_event_record(const struct cipsec_assoc *assoc, u8 type, u64 number,
			 const u8 *data, unsigned int len)
{
	const struct cipsec_event_sink *s = rcu_dereference(sink);

	return s && s->record(assoc, type, number, data, len);
}
