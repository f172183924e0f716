// SPDX-License-Identifier: GPL-2.0-only
/* Records that the agent has the kernel send: alerts, data that is not I/O. */
#include <linux/udp.h>
#include <net/inet_sock.h>
#include <net/ip.h>
#include <net/route.h>
#include <net/udp.h>

#include "assoc.h"
#include "event.h"
#include "record.h"
#include "send.h"

static struct rtable *cipsec_send_route(const struct cipsec_assoc *assoc,
					struct flowi4 *fl4)
{
	struct net *net = assoc->cn->net;

	return ip_route_output_ports(net, fl4, assoc->cn->sk, assoc->ep.raddr,
				     assoc->ep.laddr, assoc->ep.rport,
				     assoc->ep.lport, IPPROTO_UDP, 0, 0);
}

static void cipsec_send_headers(struct sk_buff *skb,
				const struct cipsec_assoc *assoc,
				struct rtable *rt)
{
	unsigned int ulen = skb->len + sizeof(struct udphdr);
	struct udphdr *uh = skb_push(skb, sizeof(*uh));
	struct iphdr *iph;

	skb_reset_transport_header(skb);
	uh->source = assoc->ep.lport;
	uh->dest = assoc->ep.rport;
	uh->len = htons(ulen);
	uh->check = 0;
	udp_set_csum(false, skb, assoc->ep.laddr, assoc->ep.raddr, ulen);

	iph = skb_push(skb, sizeof(*iph));
	skb_reset_network_header(skb);
	memset(iph, 0, sizeof(*iph));
	iph->version = 4;
	iph->ihl = 5;
	iph->frag_off = htons(IP_DF);
	iph->ttl = ip4_dst_hoplimit(&rt->dst);
	iph->protocol = IPPROTO_UDP;
	iph->saddr = assoc->ep.laddr;
	iph->daddr = assoc->ep.raddr;
	ip_select_ident(assoc->cn->net, skb, NULL);
	skb->protocol = htons(ETH_P_IP);
}

static int cipsec_send_seal(struct sk_buff *skb, struct cipsec_assoc *assoc,
			    struct cipsec_key_pair *keys, u8 type,
			    const u8 *data, unsigned int len, u64 *number,
			    struct netlink_ext_ack *extack)
{
	const struct cipsec_suite *suite = keys->suite;
	bool slow = false;
	u64 seq;
	u8 *rec;
	int err;

	rec = skb_put(skb, suite->front + len + suite->tail);
	memcpy(rec + suite->front, data, len);
	seq = atomic64_inc_return(&keys->number) - 1;
	if (seq > CIPSEC_RECORD_MAX) {
		cipsec_stat_inc(assoc->cn, TX_EXHAUSTED);
		if (!atomic_xchg(&keys->exhausted, 1))
			cipsec_event_assoc(assoc, CIPSEC_EVENT_EXHAUSTED);
		NL_SET_ERR_MSG(extack,
			       "assoc: no record number is left; make a new association");
		return -ENOKEY;
	}
	if (seq == keys->limit_records)
		cipsec_event_assoc(assoc, CIPSEC_EVENT_LIMIT_RECORDS);
	local_bh_disable();
	err = cipsec_record_seal(&keys->tx, rec, type,
				 (u64)keys->epoch << CIPSEC_SEQ_BITS | seq, len,
				 &slow);
	local_bh_enable();
	if (slow)
		cipsec_stat_inc(assoc->cn, SLOW_CRYPTO);
	if (err) {
		cipsec_stat_inc(assoc->cn, TX_CRYPTO);
		return err;
	}
	atomic64_add(len, &keys->tx_bytes);
	*number = seq;
	return 0;
}

/**
 * cipsec_send_record() - seal and send one record of the agent
 * @assoc: association with keys
 * @type: content type, alert or application data
 * @data: plaintext
 * @len: its bytes
 * @number: takes the record number
 * @extack: takes the reason of a failure
 *
 * The datagram passes LOCAL_OUT as any other does, so that the firewall and
 * conntrack see it; the seal hook knows it by its socket.
 *
 * Context: process, cipsec_net.lock.
 * Return: 0 or -errno.
 */
int cipsec_send_record(struct cipsec_assoc *assoc, u8 type, const u8 *data,
		       unsigned int len, u64 *number,
		       struct netlink_ext_ack *extack)
{
	struct cipsec_net *cn = assoc->cn;
	struct cipsec_key_pair *keys;
	unsigned int growth, room;
	struct flowi4 fl4;
	struct sk_buff *skb;
	struct rtable *rt;
	int err;

	lockdep_assert_held(&cn->lock);
	keys = rcu_dereference_protected(assoc->keys,
					 lockdep_is_held(&cn->lock));
	if (!keys) {
		cipsec_stat_inc(cn, TX_NO_KEY);
		NL_SET_ERR_MSG(extack, "assoc: it has no keys");
		return -ENOKEY;
	}
	growth = keys->suite->front + keys->suite->tail;
	rt = cipsec_send_route(assoc, &fl4);
	if (IS_ERR(rt)) {
		cipsec_stat_inc(cn, TX_ROUTE);
		NL_SET_ERR_MSG(extack, "assoc: no route to the peer");
		return PTR_ERR(rt);
	}
	room = sizeof(struct iphdr) + sizeof(struct udphdr);
	if (room + growth + len > dst_mtu(&rt->dst)) {
		cipsec_stat_inc(cn, TX_MTU);
		NL_SET_ERR_MSG(extack,
			       "data: sealed it exceeds the MTU of the route to the peer");
		err = -EMSGSIZE;
		goto err_route;
	}
	room += LL_RESERVED_SPACE(rt->dst.dev);
	skb = alloc_skb(room + growth + len + rt->dst.dev->needed_tailroom,
			GFP_KERNEL);
	if (!skb) {
		cipsec_stat_inc(cn, TX_NO_MEM);
		err = -ENOMEM;
		goto err_route;
	}
	skb_reserve(skb, room);
	err = cipsec_send_seal(skb, assoc, keys, type, data, len, number,
			       extack);
	if (err)
		goto err_skb;
	skb_dst_set(skb, &rt->dst);
	cipsec_send_headers(skb, assoc, rt);
	skb_set_owner_w(skb, cn->sk);
	cipsec_stat_inc(cn, TX_RECORD);
	/* Lost is lost: DTLS does not promise delivery. */
	local_bh_disable();
	err = ip_local_out(cn->net, cn->sk, skb);
	local_bh_enable();
	return err > 0 ? net_xmit_errno(err) : err;

err_skb:
	kfree_skb(skb);
err_route:
	ip_rt_put(rt);
	return err;
}
