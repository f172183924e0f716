/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CIPSEC_EVENT_H
#define _CIPSEC_EVENT_H

#include <linux/cipsec.h>
#include <linux/types.h>

struct cipsec_assoc;
struct cipsec_conn;
struct cipsec_net;
struct cipsec_policy;

/**
 * struct cipsec_event - something to tell user space
 * @type: what happened
 * @assoc: association concerned, or NULL
 * @conn: connection concerned, or NULL
 * @policy: policy concerned, or NULL
 * @reason: why an object went away, 0 otherwise
 * @size: largest payload that fits, for CIPSEC_EVENT_MTU
 */
struct cipsec_event {
	enum cipsec_event_type type;
	const struct cipsec_assoc *assoc;
	const struct cipsec_conn *conn;
	const struct cipsec_policy *policy;
	enum cipsec_reason reason;
	u32 size;
};

/**
 * struct cipsec_event_sink - who carries events to user space
 * @event: tell everybody who listens
 * @record: hand an opened record to the association's owner; false when its
 *	queue is full
 *
 * Context: RCU read side or cipsec_net.lock, softirq or process.
 */
struct cipsec_event_sink {
	void (*event)(struct cipsec_net *cn, const struct cipsec_event *ev,
		      u64 seq);
	bool (*record)(const struct cipsec_assoc *assoc, u8 type, u64 number,
		       const u8 *data, unsigned int len);
};

void cipsec_event_sink_set(const struct cipsec_event_sink *sink);
void cipsec_event_raise(struct cipsec_net *cn, const struct cipsec_event *ev);
void cipsec_event_assoc(const struct cipsec_assoc *assoc,
			enum cipsec_event_type type);
bool cipsec_event_record(const struct cipsec_assoc *assoc, u8 type, u64 number,
			 const u8 *data, unsigned int len);

#endif /* _CIPSEC_EVENT_H */
