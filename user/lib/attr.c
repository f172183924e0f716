// SPDX-License-Identifier: LGPL-2.1-or-later
/* Attributes of the kernel's answers as structures; absent ones stay zero. */
#include <errno.h>
#include <string.h>

#include "handle.h"

uint64_t cipsec_attr_uint(const struct nlattr *attr)
{
	if (!attr)
		return 0;
	switch (nla_len(attr)) {
	case sizeof(uint8_t):
		return nla_get_u8(attr);
	case sizeof(uint16_t):
		return nla_get_u16(attr);
	case sizeof(uint32_t):
		return nla_get_u32(attr);
	case sizeof(uint64_t):
		return nla_get_u64(attr);
	default:
		return 0;
	}
}

size_t cipsec_attr_bytes(const struct nlattr *attr, void *to, size_t max)
{
	size_t len;

	if (!attr)
		return 0;
	len = (size_t)nla_len(attr);
	if (len > max)
		len = max;
	memcpy(to, nla_data(attr), len);
	return len;
}

void cipsec_attr_addr(const struct nlattr *attr, struct cipsec_addr *to)
{
	to->len = (uint8_t)cipsec_attr_bytes(attr, to->bytes,
					     sizeof(to->bytes));
}

#define UINT(set, name)	cipsec_attr_uint(attrs[CIPSEC_A_##set##_##name])

int cipsec_assoc_fill(struct cipsec_assoc *out, struct nlattr **attrs)
{
	memset(out, 0, sizeof(*out));
	out->id = (uint32_t)UINT(ASSOC, ID);
	cipsec_attr_addr(attrs[CIPSEC_A_ASSOC_LOCAL_ADDR], &out->local.addr);
	out->local.port = (uint16_t)UINT(ASSOC, LOCAL_PORT);
	cipsec_attr_addr(attrs[CIPSEC_A_ASSOC_REMOTE_ADDR], &out->remote.addr);
	out->remote.port = (uint16_t)UINT(ASSOC, REMOTE_PORT);
	out->role = (uint8_t)UINT(ASSOC, ROLE);
	out->state = (uint8_t)UINT(ASSOC, STATE);
	out->reason = (uint8_t)UINT(ASSOC, REASON);
	out->keyed = attrs[CIPSEC_A_ASSOC_SUITE];
	out->heard = attrs[CIPSEC_A_ASSOC_RX_AGE];
	out->orphaned = attrs[CIPSEC_A_ASSOC_ORPHAN_LEFT];
	out->accel = attrs[CIPSEC_A_ASSOC_ACCEL];
	out->suite = (uint16_t)UINT(ASSOC, SUITE);
	out->owner = (uint32_t)UINT(ASSOC, OWNER);
	out->orphan_timeout = (uint32_t)UINT(ASSOC, ORPHAN_TIMEOUT);
	out->orphan_left = (uint32_t)UINT(ASSOC, ORPHAN_LEFT);
	out->conns = (uint32_t)UINT(ASSOC, CONNS);
	out->tx_next = UINT(ASSOC, TX_NEXT);
	out->rx_highest = UINT(ASSOC, RX_HIGHEST);
	out->tx_packets = UINT(ASSOC, TX_PACKETS);
	out->tx_bytes = UINT(ASSOC, TX_BYTES);
	out->rx_packets = UINT(ASSOC, RX_PACKETS);
	out->rx_bytes = UINT(ASSOC, RX_BYTES);
	out->rx_replayed = UINT(ASSOC, RX_REPLAYED);
	out->rx_bad_mac = UINT(ASSOC, RX_BAD_MAC);
	out->age = UINT(ASSOC, AGE);
	out->rx_age = UINT(ASSOC, RX_AGE);
	/* the last byte of the array stays 0 */
	cipsec_attr_bytes(attrs[CIPSEC_A_ASSOC_DRIVER], out->driver,
			  sizeof(out->driver) - 1);
	out->identity_len = cipsec_attr_bytes(attrs[CIPSEC_A_ASSOC_IDENTITY],
					      out->identity,
					      sizeof(out->identity));
	out->owner_data_len =
		cipsec_attr_bytes(attrs[CIPSEC_A_ASSOC_OWNER_DATA],
				  out->owner_data, sizeof(out->owner_data));
	return 0;
}

int cipsec_conn_fill(struct cipsec_conn *out, struct nlattr **attrs)
{
	memset(out, 0, sizeof(*out));
	out->id = (uint32_t)UINT(CONN, ID);
	out->assoc = (uint32_t)UINT(CONN, ASSOC);
	out->flags = (uint32_t)UINT(CONN, FLAGS);
	out->consumed = (uint32_t)UINT(CONN, CONSUMED);
	out->produced = (uint32_t)UINT(CONN, PRODUCED);
	out->transport = (uint8_t)UINT(CONN, TRANSPORT);
	out->reason = (uint8_t)UINT(CONN, REASON);
	out->heard = attrs[CIPSEC_A_CONN_RX_AGE];
	out->tx_local_port = (uint16_t)UINT(CONN, TX_LOCAL_PORT);
	out->tx_remote_port = (uint16_t)UINT(CONN, TX_REMOTE_PORT);
	out->rx_remote_port = (uint16_t)UINT(CONN, RX_REMOTE_PORT);
	out->rx_local_port = (uint16_t)UINT(CONN, RX_LOCAL_PORT);
	out->tx_size = (uint16_t)UINT(CONN, TX_SIZE);
	out->rx_size = (uint16_t)UINT(CONN, RX_SIZE);
	out->tx_packets = UINT(CONN, TX_PACKETS);
	out->rx_packets = UINT(CONN, RX_PACKETS);
	out->rx_age = UINT(CONN, RX_AGE);
	out->owner_data_len =
		cipsec_attr_bytes(attrs[CIPSEC_A_CONN_OWNER_DATA],
				  out->owner_data, sizeof(out->owner_data));
	return 0;
}

int cipsec_policy_fill(struct cipsec_policy *out, struct nlattr **attrs)
{
	memset(out, 0, sizeof(*out));
	cipsec_attr_addr(attrs[CIPSEC_A_POLICY_ADDR], &out->addr);
	out->prefix_len = (uint8_t)UINT(POLICY, PREFIX_LEN);
	out->verb = (uint8_t)UINT(POLICY, VERB);
	out->flags = (uint32_t)UINT(POLICY, FLAGS);
	return 0;
}

int cipsec_record_fill(struct cipsec_record *out, struct nlattr **attrs)
{
	const struct nlattr *data = attrs[CIPSEC_A_RECORD_DATA];

	if (!data)
		return -EBADMSG;
	out->assoc = (uint32_t)UINT(RECORD, ASSOC);
	out->type = (uint8_t)UINT(RECORD, TYPE);
	out->number = UINT(RECORD, NUMBER);
	out->data = nla_data(data);
	out->len = (size_t)nla_len(data);
	return 0;
}

int cipsec_event_fill(struct cipsec_event *out, struct nlattr **attrs)
{
	/* the assoc set is the largest of the three */
	struct nlattr *inner[CIPSEC_A_ASSOC_MAX + 1];

	_Static_assert((int)CIPSEC_A_CONN_MAX <= (int)CIPSEC_A_ASSOC_MAX &&
		       (int)CIPSEC_A_POLICY_MAX <= (int)CIPSEC_A_ASSOC_MAX,
		       "assoc is the largest set");
	memset(out, 0, sizeof(*out));
	out->type = (uint8_t)UINT(EVENT, TYPE);
	out->seq = UINT(EVENT, SEQ);
	out->size = (uint32_t)UINT(EVENT, SIZE);
	if (attrs[CIPSEC_A_EVENT_ASSOC] &&
	    !nla_parse_nested(inner, CIPSEC_A_ASSOC_MAX,
			      attrs[CIPSEC_A_EVENT_ASSOC], NULL)) {
		cipsec_assoc_fill(&out->assoc, inner);
		out->has_assoc = true;
	}
	if (attrs[CIPSEC_A_EVENT_CONN] &&
	    !nla_parse_nested(inner, CIPSEC_A_CONN_MAX,
			      attrs[CIPSEC_A_EVENT_CONN], NULL)) {
		cipsec_conn_fill(&out->conn, inner);
		out->has_conn = true;
	}
	if (attrs[CIPSEC_A_EVENT_POLICY] &&
	    !nla_parse_nested(inner, CIPSEC_A_POLICY_MAX,
			      attrs[CIPSEC_A_EVENT_POLICY], NULL)) {
		cipsec_policy_fill(&out->policy, inner);
		out->has_policy = true;
	}
	return out->type ? 0 : -EBADMSG;
}
