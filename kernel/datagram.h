/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CIPSEC_DATAGRAM_H
#define _CIPSEC_DATAGRAM_H

#include <linux/ip.h>
#include <linux/skbuff.h>
#include <linux/udp.h>
#include <net/checksum.h>

#include "cpf.h"

/**
 * struct cipsec_datagram - an IPv4 UDP datagram in a hook
 * @skb: buffer, data at the network header
 * @iph: network header
 * @uh: UDP header
 * @p: payload, of which @peek bytes are linear
 * @thoff: offset of the UDP header
 * @len: bytes of payload
 * @peek: bytes of payload that may be read
 *
 * Pointers end their life when the buffer is changed: parse again.
 */
struct cipsec_datagram {
	struct sk_buff *skb;
	struct iphdr *iph;
	struct udphdr *uh;
	u8 *p;
	unsigned int thoff;
	unsigned int len;
	unsigned int peek;
};

static inline void cipsec_datagram_refresh(struct cipsec_datagram *d)
{
	d->iph = ip_hdr(d->skb);
	d->uh = (void *)d->iph + d->thoff;
	d->p = (u8 *)(d->uh + 1);
}

/**
 * cipsec_datagram_parse() - find the parts of a datagram
 * @d: takes them
 * @skb: IPv4 UDP, not a fragment
 *
 * Return: 0; -EINVAL when its lengths contradict each other, and then the UDP
 * layer refuses it too; -ENOMEM when it could not be made readable, and then
 * the UDP layer might well deliver it: the caller must not let it pass.
 */
static inline int cipsec_datagram_parse(struct cipsec_datagram *d,
					struct sk_buff *skb)
{
	unsigned int ulen, need;

	d->skb = skb;
	d->thoff = ip_hdrlen(skb);
	need = d->thoff + sizeof(struct udphdr);
	if (unlikely(skb->len < need))
		return -EINVAL;
	if (unlikely(!pskb_may_pull(skb, need)))
		return -ENOMEM;
	cipsec_datagram_refresh(d);
	ulen = ntohs(d->uh->len);
	if (unlikely(ulen < sizeof(struct udphdr) ||
		     ulen > skb->len - d->thoff))
		return -EINVAL;
	d->len = ulen - sizeof(struct udphdr);
	d->peek = min_t(unsigned int, d->len, CIPSEC_CPF_PEEK);
	need += d->peek;
	if (unlikely(skb_headlen(skb) < need)) {
		if (!pskb_may_pull(skb, need))
			return -ENOMEM;
		cipsec_datagram_refresh(d);
	}
	return 0;
}

/* Correct the IP header for a datagram that now has @len bytes of payload. */
static inline void cipsec_datagram_set_len(struct cipsec_datagram *d,
					   unsigned int len)
{
	__be16 tot = htons(d->thoff + sizeof(struct udphdr) + len);

	csum_replace2(&d->iph->check, d->iph->tot_len, tot);
	d->iph->tot_len = tot;
	d->uh->len = htons(sizeof(struct udphdr) + len);
	d->len = len;
}

#endif /* _CIPSEC_DATAGRAM_H */
