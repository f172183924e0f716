// SPDX-License-Identifier: GPL-2.0-only
/*
 * The data path: netfilter hooks that turn datagrams into records and back, and
 * refuse what policy does not allow in clear.
 *
 * A datagram's way in: classify, find, open, admit, deliver. Its way out:
 * classify, find, admit, seal. Both read from top to bottom.
 *
 * Where the hooks stand: see Documentation/architecture.rst.
 */
#include <linux/ipv6.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/route.h>

#include "assoc.h"
#include "conn.h"
#include "datagram.h"
#include "event.h"
#include "hook.h"
#include "net.h"
#include "policy.h"
#include "record.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

#define CIPSEC_HANDSHAKE_RATE	64	/* records a second and source */
#define CIPSEC_OWNER_RATE	256	/* RECORD_RX a second and association */

/* Count, trace, and have netfilter free the datagram. */
#define cipsec_drop(cn, d, what) ({					\
	const struct cipsec_datagram *__d = (d);			\
	cipsec_stat_inc(cn, what);					\
	trace_cipsec_drop(CIPSEC_A_STAT_##what, __d->iph, __d->uh,	\
			  __d->len);					\
	NF_DROP; })

#define cipsec_refuse(cn, d, what, err) ({				\
	cipsec_drop(cn, d, what);					\
	NF_DROP_ERR(err); })

static bool cipsec_port_is(const struct cipsec_datagram *d, u16 port)
{
	return d->uh->dest == htons(port) || d->uh->source == htons(port);
}

/* ---- Aggregates ---------------------------------------------------------- */

/*
 * One buffer may hold many datagrams: a neighbour on this machine used
 * UDP_SEGMENT, or UDP GRO is on. They have nothing in common but their ports and
 * their length. Return: where the one that byte @off is in ends.
 */
static unsigned int cipsec_segment_end(const struct cipsec_datagram *d,
				       unsigned int off)
{
	unsigned int size = skb_shinfo(d->skb)->gso_size;

	if (likely(!size))
		return d->len;
	return min(d->len, off - off % size + size);
}

/* Does CIP hide behind the first of them, of an id that is bound? */
static bool cipsec_hides_cip(const struct cipsec_net *cn,
			     const struct cipsec_datagram *d, bool *bound)
{
	unsigned int base = d->thoff + sizeof(struct udphdr), off, end, len;
	u8 buf[CIPSEC_CPF_PEEK];
	bool found = false;
	const u8 *p;

	for (off = cipsec_segment_end(d, 0); off < d->len; off = end) {
		end = cipsec_segment_end(d, off);
		len = min_t(unsigned int, end - off, sizeof(buf));
		p = skb_header_pointer(d->skb, base + off, len, buf);
		if (!p)
			return true;
		if (cipsec_cpf_io_offset(p, len)) {
			found = true;
			*bound |= cipsec_conn_id_bound(cn, cipsec_cpf_io_id(p));
		} else if (cipsec_cpf_is_ucmm(p, len)) {
			found = true;
		}
	}
	return found;
}

/* ---- In: clear -------------------------------------------------------- */

/* What CIP puts on the wire in clear: I/O, unconnected messages, discovery. */
static bool cipsec_is_cip(const struct cipsec_datagram *d)
{
	return cipsec_cpf_io_offset(d->p, d->peek) ||
	       cipsec_port_is(d, CIPSEC_PORT_IO) ||
	       cipsec_port_is(d, CIPSEC_PORT_EXPLICIT) ||
	       cipsec_cpf_is_ucmm(d->p, d->peek);
}

static bool cipsec_is_discovery(const struct cipsec_datagram *d)
{
	return cipsec_port_is(d, CIPSEC_PORT_EXPLICIT) &&
	       !cipsec_port_is(d, CIPSEC_PORT_IO) &&
	       !cipsec_cpf_io_offset(d->p, d->peek) &&
	       !cipsec_cpf_is_ucmm(d->p, d->peek);
}

static unsigned int cipsec_in_clear(struct cipsec_net *cn,
				    struct cipsec_datagram *d,
				    const struct nf_hook_state *state)
{
	const struct cipsec_policy *policy;
	bool bound = false, hidden;

	if (state->in && state->in->flags & IFF_LOOPBACK)
		return NF_ACCEPT;
	/* The agent's sockets take handshake records and nothing else. */
	if (cipsec_port_is(d, CIPSEC_PORT_SECURE) ||
	    cipsec_assoc_find(cn, d->iph->daddr, d->iph->saddr, d->uh->dest,
			      d->uh->source))
		return cipsec_drop(cn, d, RX_CLEAR_PORT);
	hidden = unlikely(skb_is_gso(d->skb)) &&
		 cipsec_hides_cip(cn, d, &bound);
	if (!hidden && !cipsec_is_cip(d))
		return NF_ACCEPT;
	if (cipsec_cpf_io_offset(d->p, d->peek))
		bound |= cipsec_conn_id_bound(cn, cipsec_cpf_io_id(d->p));
	if (bound)
		return cipsec_drop(cn, d, RX_CLEAR_BOUND);

	policy = cipsec_policy_find(cn, d->iph->saddr);
	if (policy && policy->verb == CIPSEC_VERB_DENY)
		return cipsec_drop(cn, d, RX_DENIED);
	if (policy && policy->verb == CIPSEC_VERB_REQUIRE &&
	    (hidden || !(policy->flags & CIPSEC_POLICY_F_DISCOVERY &&
			 cipsec_is_discovery(d))))
		return cipsec_drop(cn, d, RX_CLEAR_REFUSED);
	cipsec_stat_inc(cn, RX_PLAIN);
	return NF_ACCEPT;
}

/* ---- In: handshake ---------------------------------------------------- */

/* A flood of handshakes must not starve what the agent does for others. */
static bool cipsec_rate_exceeded(struct cipsec_net *cn, __be32 saddr)
{
	u32 hash = cipsec_hash(cn, (__force u32)saddr, 0, 0);
	struct cipsec_rate *rate;
	unsigned long second = jiffies / HZ;

	rate = &cn->t->rate[hash >> (CIPSEC_HASH_BITS - CIPSEC_RATE_BITS)];
	if (READ_ONCE(rate->second) != second) {
		WRITE_ONCE(rate->second, second);
		atomic_set(&rate->n, 0);
	}
	return atomic_inc_return(&rate->n) > CIPSEC_HANDSHAKE_RATE;
}

/* Flights share datagrams; a protected record may not hide behind them. */
static bool cipsec_all_handshake(const struct cipsec_datagram *d,
				 bool *malformed)
{
	unsigned int base = d->thoff + sizeof(struct udphdr), off = 0;
	const struct cipsec_record_hdr *h;
	struct cipsec_record_hdr buf;
	unsigned int end;

	*malformed = false;
	while (off < d->len) {
		h = NULL;
		end = cipsec_segment_end(d, off);
		if (end - off >= sizeof(*h))
			h = skb_header_pointer(d->skb, base + off, sizeof(buf),
					       &buf);
		if (!h || be16_to_cpu(h->length) > end - off - sizeof(*h)) {
			*malformed = true;
			return false;
		}
		if (!cipsec_record_is_handshake(h))
			return false;
		off += sizeof(*h) + be16_to_cpu(h->length);
	}
	return true;
}

static unsigned int cipsec_in_handshake(struct cipsec_net *cn,
					struct cipsec_datagram *d)
{
	const struct cipsec_policy *policy;
	bool malformed;

	policy = cipsec_policy_find(cn, d->iph->saddr);
	if (policy && policy->verb == CIPSEC_VERB_DENY)
		return cipsec_drop(cn, d, RX_DENIED);
	if (!cipsec_all_handshake(d, &malformed))
		return malformed ? cipsec_drop(cn, d, RX_MALFORMED) :
				   cipsec_drop(cn, d, RX_MULTI);
	if (cipsec_rate_exceeded(cn, d->iph->saddr))
		return cipsec_drop(cn, d, RX_RATE);
	cipsec_stat_inc(cn, RX_HANDSHAKE);
	return NF_ACCEPT;
}

/* ---- In: protected ---------------------------------------------------- */

/*
 * A datagram that ends here never reaches conntrack's confirm; without it, a
 * stateful firewall takes each one for the first of its flow.
 */
static void cipsec_confirm(struct sk_buff *skb)
{
#if IS_ENABLED(CONFIG_NF_CONNTRACK)
	const struct nf_ct_hook *hook;
	enum ip_conntrack_info info;
	struct nf_conn *ct;

	ct = nf_ct_get(skb, &info);
	if (!ct || nf_ct_is_template(ct) || nf_ct_is_confirmed(ct))
		return;
	hook = rcu_dereference(nf_ct_hook);
	if (hook)
		hook->confirm(skb);
#endif
}

static bool cipsec_owner_throttled(struct cipsec_assoc *assoc)
{
	unsigned long now = jiffies;

	if (time_after_eq(now, READ_ONCE(assoc->token_time) + HZ)) {
		WRITE_ONCE(assoc->token_time, now);
		atomic_set(&assoc->tokens, 0);
	}
	return atomic_inc_return(&assoc->tokens) > CIPSEC_OWNER_RATE;
}

static unsigned int cipsec_in_owner(struct cipsec_net *cn,
				    struct cipsec_datagram *d,
				    struct cipsec_assoc *assoc, u8 type,
				    u64 seq, const u8 *data, unsigned int len)
{
	if (!READ_ONCE(assoc->owner))
		return cipsec_drop(cn, d, RX_NO_OWNER);
	if (cipsec_owner_throttled(assoc) ||
	    !cipsec_event_record(assoc, type, seq, data, len))
		return cipsec_drop(cn, d, RX_OWNER_FULL);
	cipsec_stat_inc(cn, RX_TO_OWNER);
	cipsec_confirm(d->skb);
	consume_skb(d->skb);
	return NF_STOLEN;
}

/* The first authenticated application data proves that the peer has the keys. */
static void cipsec_in_confirm(struct cipsec_assoc *assoc,
			      struct cipsec_key_pair *keys)
{
	bool first;

	/* A verdict of nfqueue gets here in process context. */
	spin_lock_bh(&keys->rx_lock);
	first = !keys->confirmed;
	WRITE_ONCE(keys->confirmed, true);
	WRITE_ONCE(keys->open, true);
	spin_unlock_bh(&keys->rx_lock);
	if (first)
		cipsec_event_assoc(assoc, CIPSEC_EVENT_ASSOC_CONFIRMED);
}

static unsigned int cipsec_in_bad_mac(struct cipsec_net *cn,
				      struct cipsec_datagram *d,
				      struct cipsec_assoc *assoc,
				      struct cipsec_key_pair *keys)
{
	u64 n = atomic64_inc_return(&keys->bad_mac);

	/* Tell, never stop: else a forger could end the association. */
	if (n == keys->limit_auth)
		cipsec_event_assoc(assoc, CIPSEC_EVENT_LIMIT_AUTH);
	return cipsec_drop(cn, d, RX_BAD_MAC);
}

static unsigned int cipsec_in_replay(struct cipsec_net *cn,
				     struct cipsec_datagram *d,
				     struct cipsec_key_pair *keys,
				     enum cipsec_replay_verdict verdict)
{
	atomic64_inc(&keys->replayed);
	return verdict == CIPSEC_REPLAY_OLD ? cipsec_drop(cn, d, RX_OLD) :
					      cipsec_drop(cn, d, RX_REPLAY);
}

/*
 * Give the program its datagram: headers move up to the data, which stays where
 * it is. No reset of conntrack: the entry is that of the wire's tuple.
 */
static void cipsec_in_strip(struct cipsec_datagram *d, unsigned int front,
			    unsigned int len)
{
	unsigned int hlen = d->thoff + sizeof(struct udphdr);
	struct sk_buff *skb = d->skb;

	memmove(skb->data + front, skb->data, hlen);
	skb_pull(skb, front);
	skb_reset_network_header(skb);
	skb_set_transport_header(skb, d->thoff);
	__skb_trim(skb, hlen + len);
	cipsec_datagram_refresh(d);
	cipsec_datagram_set_len(d, len);
	/* Authenticated: stronger than any checksum. */
	d->uh->check = 0;
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	skb->csum_level = 0;
	skb->csum_valid = 0;
	/* Early demux found the agent's socket. */
	skb_orphan(skb);
	skb_clear_hash(skb);
	/*
	 * Not PACKET_HOST: else a datagram that finds no socket, since its
	 * program is stopped, is answered by an ICMP error that quotes it in
	 * clear on the wire (icmp_send() looks at this; UDP delivery does not).
	 */
	skb->pkt_type = PACKET_MULTICAST;
}

static unsigned int cipsec_in_io(struct cipsec_net *cn,
				 struct cipsec_datagram *d,
				 struct cipsec_assoc *assoc, unsigned int off,
				 unsigned int front, unsigned int len)
{
	const u8 *data = d->p + front;
	struct cipsec_conn *conn;
	int size;

	conn = cipsec_conn_find_rx(assoc, cipsec_cpf_io_id(data));
	if (unlikely(!conn))
		return cipsec_drop(cn, d, RX_UNBOUND);
	size = cipsec_cpf_io_size(data, len, off);
	if (unlikely(size < 0 || (conn->cfg.rx_size &&
				  size > conn->cfg.rx_size)))
		return cipsec_drop(cn, d, RX_SIZE);

	cipsec_in_strip(d, front, len);
	d->uh->source = conn->cfg.rx_rport;
	d->uh->dest = conn->cfg.rx_lport;
	atomic64_inc(&conn->rx_packets);
	WRITE_ONCE(conn->last_rx, jiffies);
	cipsec_stat_inc(cn, RX_OPENED);
	return NF_ACCEPT;
}

/* Open in place, then let the window follow: never before. */
static int cipsec_in_open(struct cipsec_net *cn, struct cipsec_key_pair *keys,
			  u8 *rec, u64 seq, unsigned int len,
			  enum cipsec_replay_verdict *verdict)
{
	bool slow = false;
	int err;

	local_bh_disable();
	err = cipsec_record_open(&keys->rx, rec, len, &slow);
	if (!err) {
		spin_lock(&keys->rx_lock);
		/* RFC 6347 4.1.2.6: only after the MAC verified */
		*verdict = cipsec_replay_commit(&keys->replay, seq);
		if (*verdict == CIPSEC_REPLAY_OK) {
			keys->rx_packets++;
			keys->rx_bytes += len;
			WRITE_ONCE(keys->last_rx, jiffies);
		}
		spin_unlock(&keys->rx_lock);
	}
	local_bh_enable();
	if (unlikely(slow))
		cipsec_stat_inc(cn, SLOW_CRYPTO);
	return err;
}

/* Private linear memory: a tap may hold a clone, pages may be a file's. */
static int cipsec_in_own(struct cipsec_net *cn, struct cipsec_datagram *d)
{
	struct sk_buff *skb = d->skb;

	if (likely(!skb_cloned(skb) && !skb_is_nonlinear(skb)))
		return 0;
	cipsec_stat_inc(cn, COPIED);
	if (skb_ensure_writable(skb, skb->len))
		return -ENOMEM;
	cipsec_datagram_refresh(d);
	return 0;
}

static unsigned int cipsec_in_protected(struct cipsec_net *cn,
					struct cipsec_datagram *d,
					struct cipsec_assoc *assoc)
{
	const struct cipsec_record_hdr *h = (void *)d->p;
	enum cipsec_replay_verdict verdict;
	const struct cipsec_suite *suite;
	struct cipsec_key_pair *keys;
	unsigned int body, len, off;
	u8 type = h->type, *data;
	u64 seq;
	int err;

	if (type != CIPSEC_TYPE_APPLICATION_DATA && type != CIPSEC_TYPE_ALERT &&
	    type != CIPSEC_TYPE_HANDSHAKE)
		return cipsec_drop(cn, d, RX_TYPE);
	if (!assoc)
		return cipsec_drop(cn, d, RX_NO_ASSOC);
	keys = rcu_dereference(assoc->keys);
	if (unlikely(!keys))
		return cipsec_drop(cn, d, RX_NO_KEY);
	if (unlikely(cipsec_record_epoch(h) != keys->epoch))
		return cipsec_drop(cn, d, RX_EPOCH);
	/* Before the lengths, which are those of many. */
	if (unlikely(skb_is_gso(d->skb)))
		return cipsec_drop(cn, d, RX_GSO);
	suite = keys->suite;
	body = be16_to_cpu(h->length);
	if (unlikely(body < d->len - sizeof(*h)))
		return cipsec_drop(cn, d, RX_MULTI);
	if (unlikely(body > d->len - sizeof(*h) ||
		     d->len < suite->front + suite->tail ||
		     d->len > CIPSEC_RECORD_DATA_MAX + suite->front +
			      suite->tail))
		return cipsec_drop(cn, d, RX_MALFORMED);
	len = d->len - suite->front - suite->tail;

	/* A flood of old records costs no decryption. */
	seq = cipsec_record_seq(h);
	verdict = cipsec_replay_check(&keys->replay, seq);
	if (unlikely(verdict != CIPSEC_REPLAY_OK))
		return cipsec_in_replay(cn, d, keys, verdict);

	if (unlikely(cipsec_in_own(cn, d)))
		return cipsec_drop(cn, d, RX_NO_MEM);
	err = cipsec_in_open(cn, keys, d->p, seq, len, &verdict);
	if (unlikely(err))
		return err == -EBADMSG ?
			cipsec_in_bad_mac(cn, d, assoc, keys) :
			cipsec_drop(cn, d, RX_CRYPTO);
	if (unlikely(verdict != CIPSEC_REPLAY_OK))
		return cipsec_in_replay(cn, d, keys, verdict);
	trace_cipsec_open(assoc->id, seq, len);

	data = d->p + suite->front;
	if (unlikely(type != CIPSEC_TYPE_APPLICATION_DATA))
		return cipsec_in_owner(cn, d, assoc, type, seq, data, len);
	if (unlikely(!READ_ONCE(keys->confirmed)))
		cipsec_in_confirm(assoc, keys);
	off = cipsec_cpf_io_offset(data, len);
	if (unlikely(!off))
		return cipsec_in_owner(cn, d, assoc, type, seq, data, len);
	return cipsec_in_io(cn, d, assoc, off, suite->front, len);
}

/*
 * A handshake record under the keys of a confirmed peer asks to renegotiate. The
 * agent has freed its TLS state, so it is opened here and the owner told. One
 * whose number was there before is more likely the Finished of a handshake that
 * is to replace these keys: numbers begin anew with it. It is the agent's, as
 * opening it with the wrong keys would destroy it.
 */
static bool cipsec_is_renegotiation(const struct cipsec_assoc *assoc,
				    const struct cipsec_record_hdr *h)
{
	const struct cipsec_key_pair *keys;

	keys = assoc ? rcu_dereference(assoc->keys) : NULL;
	return keys && READ_ONCE(keys->confirmed) &&
	       cipsec_record_epoch(h) == keys->epoch &&
	       cipsec_replay_check(&keys->replay, cipsec_record_seq(h)) ==
	       CIPSEC_REPLAY_OK;
}

/* LOCAL_IN: the last hook before conntrack's confirm. */
static unsigned int cipsec_hook_in(void *priv, struct sk_buff *skb,
				   const struct nf_hook_state *state)
{
	struct cipsec_net *cn = priv;
	struct cipsec_datagram d;
	struct cipsec_assoc *assoc;
	int err;

	if (ip_hdr(skb)->protocol != IPPROTO_UDP)
		return NF_ACCEPT;
	err = cipsec_datagram_parse(&d, skb);
	if (unlikely(err == -EINVAL))
		return NF_ACCEPT;	/* udp_rcv() drops it */
	if (unlikely(err)) {
		cipsec_stat_inc(cn, RX_NO_MEM);
		return NF_DROP;
	}
	if (!cipsec_is_record(d.p, d.peek))
		return cipsec_in_clear(cn, &d, state);

	assoc = cipsec_assoc_find(cn, d.iph->daddr, d.iph->saddr, d.uh->dest,
				  d.uh->source);
	/* DTLS of somebody else's, on other ports */
	if (!assoc && !cipsec_port_is(&d, CIPSEC_PORT_SECURE))
		return cipsec_in_clear(cn, &d, state);
	if (unlikely(cipsec_record_is_handshake((void *)d.p) &&
		     !cipsec_is_renegotiation(assoc, (void *)d.p)))
		return cipsec_in_handshake(cn, &d);
	return cipsec_in_protected(cn, &d, assoc);
}

/* ---- Out: I/O of programs --------------------------------------------- */

static void cipsec_out_mtu_event(struct cipsec_assoc *assoc,
				 struct cipsec_conn *conn, u32 size)
{
	struct cipsec_event ev = {
		.type = CIPSEC_EVENT_MTU,
		.assoc = assoc,
		.conn = conn,
		.size = size,
	};
	unsigned long now = jiffies;

	if (time_before(now, READ_ONCE(assoc->mtu_time) + HZ))
		return;
	WRITE_ONCE(assoc->mtu_time, now);
	cipsec_event_raise(assoc->cn, &ev);
}

/* Is the route's MTU simply its device's? Asking the route costs 100 more. */
static bool cipsec_mtu_is_plain(const struct sk_buff *skb)
{
	const struct rtable *rt = skb_rtable(skb);

	return !rt->rt_pmtu && !dst_metric_raw(&rt->dst, RTAX_MTU) &&
	       !rt->dst.lwtstate && !dst_xfrm(&rt->dst);
}

/* The route's MTU decides, whatever the program's socket says of fragments. */
static bool cipsec_out_fits(struct cipsec_net *cn, struct cipsec_datagram *d,
			    struct cipsec_conn *conn, unsigned int growth)
{
	const struct cipsec_policy *policy;
	unsigned int mtu;

	if (likely(cipsec_mtu_is_plain(d->skb) &&
		   d->skb->len + growth <= READ_ONCE(skb_dst(d->skb)->dev->mtu)))
		return true;
	mtu = dst_mtu(skb_dst(d->skb));
	if (d->skb->len + growth <= mtu)
		return true;
	policy = cipsec_policy_find(cn, d->iph->daddr);
	if (policy && policy->flags & CIPSEC_POLICY_F_ALLOW_FRAG &&
	    d->skb->len + growth <= IP_MAX_MTU) {
		if (d->iph->frag_off & htons(IP_DF)) {
			/* What was never to be fragmented may lack an id. */
			__ip_select_ident(cn->net, d->iph, 1);
			d->iph->frag_off &= ~htons(IP_DF);
			ip_send_check(d->iph);
		}
		d->skb->ignore_df = 1;
		return true;
	}
	cipsec_out_mtu_event(conn->assoc, conn,
			     mtu - d->thoff - sizeof(struct udphdr) - growth);
	return false;
}

/* Private linear memory with room behind the data. */
static int cipsec_out_room(struct cipsec_net *cn, struct cipsec_datagram *d,
			   unsigned int growth)
{
	struct sk_buff *skb = d->skb;
	int room;

	if (unlikely(skb_is_nonlinear(skb))) {
		cipsec_stat_inc(cn, COPIED);
		if (skb_linearize(skb))
			return -ENOMEM;
	}
	room = skb_tailroom(skb);
	if (unlikely(skb_cloned(skb) || room < (int)growth)) {
		cipsec_stat_inc(cn, REALLOC);
		if (pskb_expand_head(skb, 0, max_t(int, growth - room, 0),
				     GFP_ATOMIC))
			return -ENOMEM;
	}
	cipsec_datagram_refresh(d);
	return 0;
}

/*
 * Port rules of `ip rule` mean the wire's ports; the route was chosen by the
 * program's. Costs nothing where no such rule exists.
 */
static int cipsec_out_reroute(struct cipsec_net *cn, struct cipsec_datagram *d,
			      const struct cipsec_assoc *assoc)
{
#ifdef CONFIG_IP_MULTIPLE_TABLES
	struct sk_buff *skb = d->skb;
	struct flowi4 fl4 = {};
	struct rtable *rt;

	if (likely(!READ_ONCE(cn->net->ipv4.fib_rules_require_fldissect)))
		return 0;
	fl4.daddr = d->iph->daddr;
	fl4.saddr = d->iph->saddr;
	fl4.flowi4_proto = IPPROTO_UDP;
	fl4.flowi4_tos = RT_TOS(d->iph->tos);
	fl4.flowi4_oif = skb->sk ? skb->sk->sk_bound_dev_if : 0;
	fl4.flowi4_mark = skb->mark;
	fl4.flowi4_uid = sock_net_uid(cn->net, skb->sk);
	fl4.fl4_sport = assoc->ep.lport;
	fl4.fl4_dport = assoc->ep.rport;
	/* Of a flow, not of a key alone: IPsec may have its say. */
	rt = ip_route_output_flow(cn->net, &fl4, skb->sk);
	if (IS_ERR(rt))
		return PTR_ERR(rt);
	skb_dst_drop(skb);
	skb_dst_set(skb, &rt->dst);
	if (skb_cow_head(skb, LL_RESERVED_SPACE(rt->dst.dev)))
		return -ENOMEM;
	cipsec_datagram_refresh(d);
#endif
	return 0;
}

static void cipsec_out_checksum(struct cipsec_datagram *d)
{
	struct sk_buff *skb = d->skb;

	/* A program that switched it off keeps it off. */
	if (skb->ip_summed != CHECKSUM_PARTIAL && !d->uh->check)
		return;
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_headroom(skb) + d->thoff;
	skb->csum_offset = offsetof(struct udphdr, check);
	d->uh->check = ~csum_tcpudp_magic(d->iph->saddr, d->iph->daddr,
					  sizeof(struct udphdr) + d->len,
					  IPPROTO_UDP, 0);
}

static bool cipsec_out_held(struct cipsec_key_pair *keys)
{
	if (likely(READ_ONCE(keys->open)))
		return false;
	if (time_before(jiffies, keys->hold_until))
		return true;
	WRITE_ONCE(keys->open, true);
	return false;
}

static unsigned int cipsec_out_exhausted(struct cipsec_net *cn,
					 struct cipsec_datagram *d,
					 struct cipsec_assoc *assoc,
					 struct cipsec_key_pair *keys)
{
	if (!atomic_xchg(&keys->exhausted, 1))
		cipsec_event_assoc(assoc, CIPSEC_EVENT_EXHAUSTED);
	return cipsec_refuse(cn, d, TX_EXHAUSTED, -ENOKEY);
}

static int cipsec_out_seal(struct cipsec_net *cn, struct cipsec_key_pair *keys,
			   struct cipsec_datagram *d, u64 seq)
{
	const struct cipsec_suite *suite = keys->suite;
	bool slow = false;
	int err;

	skb_put(d->skb, suite->front + suite->tail);
	/* Head room is the driver's: the data moves. */
	memmove(d->p + suite->front, d->p, d->len);
	local_bh_disable();
	err = cipsec_record_seal(&keys->tx, d->p, CIPSEC_TYPE_APPLICATION_DATA,
				 (u64)keys->epoch << CIPSEC_SEQ_BITS | seq,
				 d->len, &slow);
	local_bh_enable();
	if (unlikely(slow))
		cipsec_stat_inc(cn, SLOW_CRYPTO);
	return err;
}

static unsigned int cipsec_out_io(struct cipsec_net *cn,
				  struct cipsec_datagram *d,
				  struct cipsec_conn *conn, unsigned int off)
{
	struct cipsec_assoc *assoc = conn->assoc;
	unsigned int growth, len = d->len;
	struct cipsec_key_pair *keys;
	int size, err;
	u64 seq;

	if (unlikely(d->uh->dest != conn->cfg.tx_rport ||
		     (conn->cfg.tx_lport &&
		      d->uh->source != conn->cfg.tx_lport)))
		return cipsec_refuse(cn, d, TX_PORT, -EPERM);
	/* Before the size, which is that of many. */
	if (unlikely(skb_is_gso(d->skb)))
		return cipsec_refuse(cn, d, TX_GSO, -EINVAL);
	size = cipsec_cpf_io_size(d->p, len, off);
	if (unlikely(size < 0 || (conn->cfg.tx_size &&
				  size > conn->cfg.tx_size)))
		return cipsec_refuse(cn, d, TX_SIZE, -EMSGSIZE);
	keys = rcu_dereference(assoc->keys);
	if (unlikely(!keys))
		return cipsec_refuse(cn, d, TX_NO_KEY, -ENOKEY);
	if (unlikely(cipsec_out_held(keys)))
		return cipsec_refuse(cn, d, TX_HELD, -ENOKEY);
	/* Before the MTU is asked for: that of the new route counts. */
	err = cipsec_out_reroute(cn, d, assoc);
	if (unlikely(err))
		return cipsec_refuse(cn, d, TX_ROUTE, err);
	growth = keys->suite->front + keys->suite->tail;
	if (unlikely(!cipsec_out_fits(cn, d, conn, growth)))
		return cipsec_refuse(cn, d, TX_MTU, -EMSGSIZE);
	if (unlikely(cipsec_out_room(cn, d, growth)))
		return cipsec_refuse(cn, d, TX_NO_MEM, -ENOBUFS);

	/* Taken last, so that nothing can fail and be tried again with it. */
	seq = atomic64_inc_return(&keys->number) - 1;
	if (unlikely(seq > CIPSEC_RECORD_MAX))
		return cipsec_out_exhausted(cn, d, assoc, keys);
	if (unlikely(seq == keys->limit_records))
		cipsec_event_assoc(assoc, CIPSEC_EVENT_LIMIT_RECORDS);
	err = cipsec_out_seal(cn, keys, d, seq);
	if (unlikely(err))
		return cipsec_refuse(cn, d, TX_CRYPTO, -EIO);

	d->uh->source = assoc->ep.lport;
	d->uh->dest = assoc->ep.rport;
	cipsec_datagram_set_len(d, len + growth);
	cipsec_out_checksum(d);
	atomic64_inc(&conn->tx_packets);
	atomic64_add(len, &keys->tx_bytes);
	cipsec_stat_inc(cn, TX_SEALED);
	trace_cipsec_seal(assoc->id, seq, len);
	return NF_ACCEPT;
}

/* ---- Out: handshake of the agent -------------------------------------- */

static unsigned int cipsec_out_guard(struct cipsec_net *cn,
				     struct cipsec_datagram *d,
				     struct cipsec_assoc *assoc)
{
	unsigned long now = jiffies;

	if (!time_before(now, READ_ONCE(assoc->guard_time) + HZ)) {
		WRITE_ONCE(assoc->guard_time, now);
		cipsec_event_assoc(assoc, CIPSEC_EVENT_NONCE_GUARD);
	}
	return cipsec_refuse(cn, d, TX_NONCE_GUARD, -EPERM);
}

/*
 * May the agent's TLS library send this record? Numbers below the reserve are
 * its own, until the peer has proved that it needs no flight again.
 */
static bool cipsec_out_in_reserve(const struct cipsec_key_pair *keys,
				  const struct cipsec_record_hdr *h)
{
	if (!cipsec_record_epoch(h))
		return true;
	if (cipsec_record_seq(h) >= CIPSEC_RECORD_RESERVE)
		return false;
	if (!keys)
		return true;
	return cipsec_record_epoch(h) == keys->epoch &&
	       !READ_ONCE(keys->confirmed) &&
	       time_before(jiffies, keys->reserve_until);
}

/* The agent's sockets send handshake records and nothing else. */
static unsigned int cipsec_out_agent(struct cipsec_net *cn,
				     struct cipsec_datagram *d,
				     struct cipsec_assoc *assoc)
{
	unsigned int base = d->thoff + sizeof(struct udphdr), off = 0;
	const struct cipsec_key_pair *keys = NULL;
	const struct cipsec_record_hdr *h;
	struct cipsec_record_hdr buf;

	if (assoc)
		keys = rcu_dereference(assoc->keys);
	if (unlikely(skb_is_gso(d->skb)))
		return cipsec_refuse(cn, d, TX_GSO, -EINVAL);
	if (!cipsec_is_record(d->p, d->peek))
		return cipsec_refuse(cn, d, TX_AGENT_DATA, -EPERM);
	while (off < d->len) {
		h = NULL;
		if (d->len - off >= sizeof(*h))
			h = skb_header_pointer(d->skb, base + off, sizeof(buf),
					       &buf);
		if (!h || be16_to_cpu(h->length) > d->len - off - sizeof(*h))
			return cipsec_refuse(cn, d, TX_AGENT_DATA, -EPERM);
		/* An alert that ends a failing handshake may be protected. */
		if (!cipsec_record_is_handshake(h) &&
		    (keys || h->type != CIPSEC_TYPE_ALERT))
			return cipsec_refuse(cn, d, TX_AGENT_DATA, -EPERM);
		/*
		 * What follows a CCS is under keys that are yet to come, and
		 * may replace these (design 4.4). The agent's TLS puts both
		 * in one datagram.
		 */
		if (h->type == CIPSEC_TYPE_CHANGE_CIPHER_SPEC)
			keys = NULL;
		if (!cipsec_out_in_reserve(keys, h))
			return assoc ? cipsec_out_guard(cn, d, assoc) :
			       cipsec_refuse(cn, d, TX_NONCE_GUARD, -EPERM);
		off += sizeof(*h) + be16_to_cpu(h->length);
	}
	cipsec_stat_inc(cn, TX_HANDSHAKE);
	return NF_ACCEPT;
}

/*
 * What leaves by a device of a VRF passes LOCAL_OUT twice, first with the VRF's
 * own device: what was sealed then must not be taken for the agent's now.
 * Multicast passes once.
 */
static bool cipsec_out_again(const struct sk_buff *skb,
			     const struct nf_hook_state *state)
{
	return netif_is_l3_slave(state->out) &&
	       !ipv4_is_multicast(ip_hdr(skb)->daddr) &&
	       !ipv4_is_lbcast(ip_hdr(skb)->daddr);
}

/* LOCAL_OUT, before raw: all tables of the firewall see the wire's tuple. */
static unsigned int cipsec_hook_seal(void *priv, struct sk_buff *skb,
				     const struct nf_hook_state *state)
{
	struct cipsec_net *cn = priv;
	struct cipsec_assoc *assoc;
	struct cipsec_datagram d;
	struct cipsec_conn *conn;
	unsigned int off;
	int err;

	if (ip_hdr(skb)->protocol != IPPROTO_UDP ||
	    unlikely(ip_is_fragment(ip_hdr(skb))))
		return NF_ACCEPT;	/* fragments: see cipsec_hook_refuse() */
	if (skb->sk == cn->sk)
		return NF_ACCEPT;	/* cipsec_send_record() made it */
	err = cipsec_datagram_parse(&d, skb);
	if (unlikely(err == -ENOMEM)) {
		cipsec_stat_inc(cn, TX_NO_MEM);
		return NF_DROP_ERR(-ENOBUFS);
	}
	if (unlikely(err ||
		     d.len + d.thoff + sizeof(struct udphdr) != skb->len))
		return NF_ACCEPT;	/* a raw socket's: cipsec_hook_refuse() */

	off = cipsec_cpf_io_offset(d.p, d.peek);
	if (off) {
		conn = cipsec_conn_find_tx(cn, d.iph->saddr, d.iph->daddr,
					   cipsec_cpf_io_id(d.p));
		if (conn)
			return cipsec_out_io(cn, &d, conn, off);
	}
	assoc = cipsec_assoc_find(cn, d.iph->saddr, d.iph->daddr, d.uh->source,
				  d.uh->dest);
	if ((assoc || cipsec_port_is(&d, CIPSEC_PORT_SECURE)) &&
	    !cipsec_out_again(skb, state))
		return cipsec_out_agent(cn, &d, assoc);
	return NF_ACCEPT;
}

/* ---- Out: clear ------------------------------------------------------- */

/* A UDP datagram that cannot be looked into may not leave towards `require`. */
static unsigned int cipsec_refuse_opaque(struct cipsec_net *cn,
					 struct sk_buff *skb)
{
	const struct cipsec_policy *policy;

	policy = cipsec_policy_find(cn, ip_hdr(skb)->daddr);
	if (!policy || policy->verb == CIPSEC_VERB_TRUST)
		return NF_ACCEPT;
	cipsec_stat_inc(cn, TX_CLEAR_REFUSED);
	return NF_DROP_ERR(-EPERM);
}

/*
 * A record on no port of clear traffic: sealed, or the agent's, and judged by
 * cipsec_hook_seal(). Looked at here before everything else, since it is what
 * nearly all datagrams of a protected plant are.
 */
static bool cipsec_is_judged(const struct sk_buff *skb)
{
	unsigned int thoff = ip_hdrlen(skb);
	const struct udphdr *uh;

	if (skb_headlen(skb) < thoff + sizeof(*uh) + CIPSEC_RECORD_HDR_LEN)
		return false;
	uh = (void *)ip_hdr(skb) + thoff;
	return uh->dest != htons(CIPSEC_PORT_IO) &&
	       uh->source != htons(CIPSEC_PORT_IO) && !skb_is_gso(skb) &&
	       cipsec_is_record((const u8 *)(uh + 1), CIPSEC_RECORD_HDR_LEN);
}

/* LOCAL_OUT, after NAT and filter: the last destination is known. */
static unsigned int cipsec_hook_refuse(void *priv, struct sk_buff *skb,
				       const struct nf_hook_state *state)
{
	const struct cipsec_policy *policy;
	struct cipsec_net *cn = priv;
	bool bound = false, hidden;
	struct cipsec_datagram d;

	if (ip_hdr(skb)->protocol != IPPROTO_UDP)
		return NF_ACCEPT;
	/* Not state->out: a redirect changes the route, not the state. */
	if (skb_dst(skb)->dev->flags & IFF_LOOPBACK)
		return NF_ACCEPT;
	if (unlikely(ip_is_fragment(ip_hdr(skb))))
		return cipsec_refuse_opaque(cn, skb);
	if (likely(cipsec_is_judged(skb)))
		return NF_ACCEPT;
	if (unlikely(cipsec_datagram_parse(&d, skb)))
		return cipsec_refuse_opaque(cn, skb);
	hidden = unlikely(skb_is_gso(skb)) && cipsec_hides_cip(cn, &d, &bound);
	if (!hidden && !cipsec_is_cip(&d))
		return NF_ACCEPT;

	policy = cipsec_policy_find(cn, d.iph->daddr);
	if (policy && policy->verb == CIPSEC_VERB_DENY)
		return cipsec_refuse(cn, &d, TX_DENIED, -EPERM);
	if (policy && policy->verb == CIPSEC_VERB_REQUIRE &&
	    (hidden || !(policy->flags & CIPSEC_POLICY_F_DISCOVERY &&
			 cipsec_is_discovery(&d))))
		return cipsec_refuse(cn, &d, TX_CLEAR_REFUSED, -EPERM);
	cipsec_stat_inc(cn, TX_PLAIN);
	return NF_ACCEPT;
}

/* ---- IPv6: nothing is protected, so nothing of CIP passes -------------- */

enum cipsec_v6 { CIPSEC_V6_PASS, CIPSEC_V6_CIP, CIPSEC_V6_FRAGMENT };

static enum cipsec_v6 cipsec_v6_classify(struct sk_buff *skb)
{
	u8 nexthdr = ipv6_hdr(skb)->nexthdr, buf[CIPSEC_CPF_PEEK];
	const struct udphdr *uh;
	struct udphdr ubuf;
	unsigned int len, size;
	__be16 frag;
	const u8 *p;
	int off;

	off = ipv6_skip_exthdr(skb, sizeof(struct ipv6hdr), &nexthdr, &frag);
	if (off < 0)
		return CIPSEC_V6_PASS;
	if (nexthdr == NEXTHDR_FRAGMENT) {
		/*
		 * Not the first: its own header names what is in it, unless that
		 * is options, which only the first one has.
		 */
		p = skb_header_pointer(skb, off, 1, buf);
		return p && (*p == IPPROTO_UDP || ipv6_ext_hdr(*p)) ?
			CIPSEC_V6_FRAGMENT : CIPSEC_V6_PASS;
	}
	if (nexthdr != IPPROTO_UDP)
		return CIPSEC_V6_PASS;
	uh = skb_header_pointer(skb, off, sizeof(ubuf), &ubuf);
	if (!uh)
		return CIPSEC_V6_PASS;
	if (uh->dest == htons(CIPSEC_PORT_IO) ||
	    uh->source == htons(CIPSEC_PORT_IO) ||
	    uh->dest == htons(CIPSEC_PORT_EXPLICIT) ||
	    uh->source == htons(CIPSEC_PORT_EXPLICIT))
		return CIPSEC_V6_CIP;
	/* One datagram, or each of an aggregate */
	size = skb_shinfo(skb)->gso_size ?: skb->len;
	for (off += sizeof(ubuf); off < skb->len; off += size) {
		len = min3(skb->len - off, size, (unsigned int)sizeof(buf));
		p = skb_header_pointer(skb, off, len, buf);
		if (p && (cipsec_cpf_io_offset(p, len) ||
			  cipsec_cpf_is_ucmm(p, len)))
			return CIPSEC_V6_CIP;
	}
	return CIPSEC_V6_PASS;
}

static unsigned int cipsec_hook_in6(void *priv, struct sk_buff *skb,
				    const struct nf_hook_state *state)
{
	struct cipsec_net *cn = priv;

	if (!READ_ONCE(cn->requires) ||
	    (state->in && state->in->flags & IFF_LOOPBACK))
		return NF_ACCEPT;
	switch (cipsec_v6_classify(skb)) {
	case CIPSEC_V6_PASS:
		return NF_ACCEPT;
	case CIPSEC_V6_CIP:
		cipsec_stat_inc(cn, RX_IPV6);
		break;
	case CIPSEC_V6_FRAGMENT:
		cipsec_stat_inc(cn, RX_FRAGMENT);
		break;
	}
	return NF_DROP;
}

static unsigned int cipsec_hook_out6(void *priv, struct sk_buff *skb,
				     const struct nf_hook_state *state)
{
	struct cipsec_net *cn = priv;

	if (!READ_ONCE(cn->requires) || skb_dst(skb)->dev->flags & IFF_LOOPBACK ||
	    cipsec_v6_classify(skb) == CIPSEC_V6_PASS)
		return NF_ACCEPT;
	cipsec_stat_inc(cn, TX_IPV6);
	return NF_DROP_ERR(-EPERM);
}

/* ---- Registration ------------------------------------------------------ */

static const struct nf_hook_ops cipsec_ops[] = {
	{
		/* Before raw, conntrack, mangle, nat, filter */
		.hook = cipsec_hook_seal,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_LOCAL_OUT,
		.priority = NF_IP_PRI_RAW - 1,
	}, {
		/* After all of them */
		.hook = cipsec_hook_refuse,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_LOCAL_OUT,
		.priority = INT_MAX - 2,
	}, {
		/*
		 * The firewall saw the record. Refuses what came in clear, then
		 * opens: nothing can stand between the two.
		 */
		.hook = cipsec_hook_in,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_LOCAL_IN,
		.priority = NF_IP_PRI_CONNTRACK_CONFIRM - 1,
	}, {
		.hook = cipsec_hook_in6,
		.pf = NFPROTO_IPV6,
		.hooknum = NF_INET_LOCAL_IN,
		.priority = NF_IP6_PRI_LAST - 2,
	}, {
		.hook = cipsec_hook_out6,
		.pf = NFPROTO_IPV6,
		.hooknum = NF_INET_LOCAL_OUT,
		.priority = NF_IP6_PRI_LAST - 2,
	},
};

/**
 * cipsec_hook_register() - begin to look at a namespace's datagrams
 * @cn: namespace with its tables made
 *
 * Context: process.
 * Return: 0 or -errno.
 */
int cipsec_hook_register(struct cipsec_net *cn)
{
	unsigned int i;

	BUILD_BUG_ON(ARRAY_SIZE(cipsec_ops) != CIPSEC_HOOKS);
	for (i = 0; i < ARRAY_SIZE(cipsec_ops); i++) {
		cn->ops[i] = cipsec_ops[i];
		cn->ops[i].priv = cn;
	}
	return nf_register_net_hooks(cn->net, cn->ops, ARRAY_SIZE(cipsec_ops));
}

/**
 * cipsec_hook_unregister() - look no more
 * @cn: namespace
 *
 * Does not wait: hooks run until a grace period has passed.
 *
 * Context: process.
 */
void cipsec_hook_unregister(struct cipsec_net *cn)
{
	nf_unregister_net_hooks(cn->net, cn->ops, ARRAY_SIZE(cipsec_ops));
}
