// SPDX-License-Identifier: GPL-2.0-only
/*
 * The netlink family: what the specification says, done; what events say, sent.
 *
 * Keys travel in one direction only. The one request that carries them is parsed
 * here and not by the core, so that it is wiped on every path: an error reply
 * quotes the request.
 */
#include <linux/file.h>
#include <linux/inetdevice.h>
#include <linux/net.h>
#include <net/genetlink.h>
#include <net/inet_sock.h>
#include <net/sock.h>

#include "assoc.h"
#include "conn.h"
#include "event.h"
#include "net.h"
#include "netlink-gen.h"
#include "netlink.h"
#include "policy.h"
#include "send.h"

#define CIPSEC_HOLD_SERVER_MS	1000
#define CIPSEC_RESERVE_MS	60000

static struct genl_family cipsec_nl_family;

static struct cipsec_net *cipsec_nl_lock(const struct net *net)
{
	struct cipsec_net *cn = cipsec_net_get((struct net *)net);

	mutex_lock(&cn->lock);
	return cn;
}

static struct cipsec_net *cipsec_nl_dump_lock(struct sk_buff *skb)
{
	return cipsec_nl_lock(sock_net(skb->sk));
}

/* Required attribute of the request, else the user is told its name. */
#define cipsec_nl_need(info, attr, name) ({				\
	const struct genl_info *__info = (info);			\
	struct nlattr *__a = __info->attrs[attr];			\
	if (!__a)							\
		NL_SET_ERR_MSG(__info->extack, name ": missing");	\
	__a; })

static u32 cipsec_nl_u32(const struct nlattr *a, u32 def)
{
	return a ? nla_get_u32(a) : def;
}

static u16 cipsec_nl_u16(const struct nlattr *a, u16 def)
{
	return a ? nla_get_u16(a) : def;
}

static __be16 cipsec_nl_port(const struct nlattr *a, u16 def)
{
	return htons(cipsec_nl_u16(a, def));
}

/* Octets of an attribute that may be absent */
static const u8 *cipsec_nl_bytes(const struct nlattr *a, u8 *len)
{
	*len = a ? nla_len(a) : 0;
	return a ? nla_data(a) : NULL;
}

/* ---- Fill --------------------------------------------------------------- */

static int cipsec_nl_put_u64(struct sk_buff *msg, int attr, u64 v, int pad)
{
	return nla_put_u64_64bit(msg, attr, v, pad);
}

static int cipsec_nl_fill_keys(struct sk_buff *msg,
			       const struct cipsec_assoc *assoc)
{
	struct cipsec_key_pair *keys;
	int err = 0;
	u64 next;

	rcu_read_lock();
	keys = rcu_dereference(assoc->keys);
	if (!keys)
		goto out;
	err = -EMSGSIZE;
	/* Refused ones have moved it beyond the last number that exists. */
	next = min_t(u64, atomic64_read(&keys->number), CIPSEC_RECORD_MAX + 1);
#define PUT(attr, v) \
	cipsec_nl_put_u64(msg, CIPSEC_A_ASSOC_##attr, v, CIPSEC_A_ASSOC_PAD)
	if (nla_put_u16(msg, CIPSEC_A_ASSOC_SUITE, keys->suite->id) ||
	    nla_put_string(msg, CIPSEC_A_ASSOC_DRIVER,
			   cipsec_key_driver(&keys->tx)) ||
	    (keys->tx.simd && nla_put_flag(msg, CIPSEC_A_ASSOC_ACCEL)) ||
	    PUT(TX_NEXT, next) ||
	    PUT(TX_PACKETS, next - keys->first) ||
	    PUT(TX_BYTES, atomic64_read(&keys->tx_bytes)) ||
	    PUT(RX_HIGHEST, READ_ONCE(keys->replay.highest)) ||
	    PUT(RX_PACKETS, READ_ONCE(keys->rx_packets)) ||
	    PUT(RX_BYTES, READ_ONCE(keys->rx_bytes)) ||
	    PUT(RX_REPLAYED, atomic64_read(&keys->replayed)) ||
	    PUT(RX_BAD_MAC, atomic64_read(&keys->bad_mac)))
		goto out;
	if (READ_ONCE(keys->rx_packets) &&
	    PUT(RX_AGE, jiffies_to_msecs(jiffies - READ_ONCE(keys->last_rx))))
		goto out;
	err = 0;
out:
	rcu_read_unlock();
	return err;
}

static int cipsec_nl_fill_assoc(struct sk_buff *msg,
				const struct cipsec_assoc *assoc,
				enum cipsec_reason reason)
{
	const struct cipsec_endpoints *ep = &assoc->ep;
	const struct cipsec_blob *blob;
	u32 owner = READ_ONCE(assoc->owner);
	unsigned long left;
	int err = 0;

	if (nla_put_u32(msg, CIPSEC_A_ASSOC_ID, assoc->id) ||
	    nla_put(msg, CIPSEC_A_ASSOC_LOCAL_ADDR, 4, &ep->laddr) ||
	    nla_put_u16(msg, CIPSEC_A_ASSOC_LOCAL_PORT, ntohs(ep->lport)) ||
	    nla_put(msg, CIPSEC_A_ASSOC_REMOTE_ADDR, 4, &ep->raddr) ||
	    nla_put_u16(msg, CIPSEC_A_ASSOC_REMOTE_PORT, ntohs(ep->rport)) ||
	    nla_put_u8(msg, CIPSEC_A_ASSOC_ROLE, assoc->role) ||
	    nla_put_u8(msg, CIPSEC_A_ASSOC_STATE, cipsec_assoc_state(assoc)) ||
	    nla_put_u32(msg, CIPSEC_A_ASSOC_OWNER, owner) ||
	    nla_put_u32(msg, CIPSEC_A_ASSOC_CONNS, READ_ONCE(assoc->n_conns)) ||
	    PUT(AGE, jiffies_to_msecs(jiffies - assoc->created)))
		return -EMSGSIZE;
	if (assoc->replaces &&
	    nla_put_u32(msg, CIPSEC_A_ASSOC_REPLACES, assoc->replaces))
		return -EMSGSIZE;
	if (assoc->identity_len &&
	    nla_put(msg, CIPSEC_A_ASSOC_IDENTITY, assoc->identity_len,
		    assoc->identity))
		return -EMSGSIZE;
	if (reason && nla_put_u8(msg, CIPSEC_A_ASSOC_REASON, reason))
		return -EMSGSIZE;
	if (!owner) {
		left = READ_ONCE(assoc->orphan_until);
		left = time_after(left, jiffies) ? left - jiffies : 0;
		if (nla_put_u32(msg, CIPSEC_A_ASSOC_ORPHAN_LEFT,
				jiffies_to_msecs(left)))
			return -EMSGSIZE;
	}
	rcu_read_lock();
	blob = rcu_dereference(assoc->owner_data);
	if (blob)
		err = nla_put(msg, CIPSEC_A_ASSOC_OWNER_DATA, blob->len,
			      blob->data);
	rcu_read_unlock();
	return err ?: cipsec_nl_fill_keys(msg, assoc);
}

#undef PUT

static int cipsec_nl_fill_conn(struct sk_buff *msg,
			       const struct cipsec_conn *conn,
			       enum cipsec_reason reason)
{
	const struct cipsec_conn_config *c = &conn->cfg;
	u64 rx = atomic64_read(&conn->rx_packets);

#define PUT(attr, v) \
	cipsec_nl_put_u64(msg, CIPSEC_A_CONN_##attr, v, CIPSEC_A_CONN_PAD)
	if (nla_put_u32(msg, CIPSEC_A_CONN_ID, conn->id) ||
	    nla_put_u32(msg, CIPSEC_A_CONN_ASSOC, conn->assoc->id) ||
	    nla_put_u32(msg, CIPSEC_A_CONN_FLAGS, c->flags) ||
	    nla_put_u8(msg, CIPSEC_A_CONN_TRANSPORT, c->transport) ||
	    nla_put_u16(msg, CIPSEC_A_CONN_TX_LOCAL_PORT, ntohs(c->tx_lport)) ||
	    nla_put_u16(msg, CIPSEC_A_CONN_TX_REMOTE_PORT, ntohs(c->tx_rport)) ||
	    nla_put_u16(msg, CIPSEC_A_CONN_RX_REMOTE_PORT, ntohs(c->rx_rport)) ||
	    nla_put_u16(msg, CIPSEC_A_CONN_RX_LOCAL_PORT, ntohs(c->rx_lport)) ||
	    nla_put_u16(msg, CIPSEC_A_CONN_TX_SIZE, c->tx_size) ||
	    nla_put_u16(msg, CIPSEC_A_CONN_RX_SIZE, c->rx_size) ||
	    PUT(TX_PACKETS, atomic64_read(&conn->tx_packets)) ||
	    PUT(RX_PACKETS, rx))
		return -EMSGSIZE;
	if (!cipsec_conn_is_any(conn) &&
	    (nla_put_u32(msg, CIPSEC_A_CONN_CONSUMED, c->consumed) ||
	     nla_put_u32(msg, CIPSEC_A_CONN_PRODUCED, c->produced)))
		return -EMSGSIZE;
	if (rx && PUT(RX_AGE, jiffies_to_msecs(jiffies -
					       READ_ONCE(conn->last_rx))))
		return -EMSGSIZE;
	if (conn->owner_data &&
	    nla_put(msg, CIPSEC_A_CONN_OWNER_DATA, conn->owner_data->len,
		    conn->owner_data->data))
		return -EMSGSIZE;
	if (reason && nla_put_u8(msg, CIPSEC_A_CONN_REASON, reason))
		return -EMSGSIZE;
#undef PUT
	return 0;
}

static int cipsec_nl_fill_policy(struct sk_buff *msg,
				 const struct cipsec_policy *p)
{
	if (nla_put(msg, CIPSEC_A_POLICY_ADDR, 4, &p->addr) ||
	    nla_put_u8(msg, CIPSEC_A_POLICY_PREFIX_LEN, p->plen) ||
	    nla_put_u8(msg, CIPSEC_A_POLICY_VERB, p->verb) ||
	    nla_put_u32(msg, CIPSEC_A_POLICY_FLAGS, p->flags))
		return -EMSGSIZE;
	return 0;
}

static struct sk_buff *cipsec_nl_reply(struct genl_info *info, void **hdr,
				       u8 cmd)
{
	struct sk_buff *msg = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);

	if (!msg)
		return NULL;
	*hdr = genlmsg_put_reply(msg, info, &cipsec_nl_family, 0, cmd);
	if (*hdr)
		return msg;
	nlmsg_free(msg);
	return NULL;
}

/* ---- Policies ----------------------------------------------------------- */

static int cipsec_nl_addr(struct genl_info *info, __be32 *addr, u8 *plen)
{
	struct nlattr *a, *p;

	a = cipsec_nl_need(info, CIPSEC_A_POLICY_ADDR, "addr");
	p = cipsec_nl_need(info, CIPSEC_A_POLICY_PREFIX_LEN, "prefix-len");
	if (!a || !p)
		return -EINVAL;
	if (nla_len(a) == 16) {
		NL_SET_ERR_MSG_ATTR(info->extack, a,
				    "addr: IPv6 is not supported yet; with any policy of require, IPv6 CIP traffic is dropped");
		return -EOPNOTSUPP;
	}
	*plen = nla_get_u8(p);
	if (nla_len(a) != 4 || *plen > 32) {
		NL_SET_ERR_MSG_ATTR(info->extack, a,
				    "addr: give 4 bytes of IPv4 address and a prefix length up to 32");
		return -EINVAL;
	}
	memcpy(addr, nla_data(a), 4);
	return 0;
}

/* A peer that may do nothing keeps no association. */
static void cipsec_nl_enforce_deny(struct cipsec_net *cn)
{
	const struct cipsec_policy *p;
	struct cipsec_assoc *assoc;
	unsigned long id;
	bool deny;

	xa_for_each(&cn->assocs, id, assoc) {
		rcu_read_lock();
		p = cipsec_policy_find(cn, assoc->ep.raddr);
		deny = p && p->verb == CIPSEC_VERB_DENY;
		rcu_read_unlock();
		if (deny)
			cipsec_assoc_del(assoc, CIPSEC_REASON_REQUEST);
	}
}

int cipsec_nl_policy_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct cipsec_net *cn;
	struct nlattr *verb;
	__be32 addr;
	u8 plen;
	int err;

	err = cipsec_nl_addr(info, &addr, &plen);
	if (err)
		return err;
	verb = cipsec_nl_need(info, CIPSEC_A_POLICY_VERB, "verb");
	if (!verb)
		return -EINVAL;

	cn = cipsec_nl_lock(genl_info_net(info));
	err = cipsec_net_activate(cn);
	if (!err)
		err = cipsec_policy_set(cn, addr, plen, nla_get_u8(verb),
					cipsec_nl_u32(info->attrs[CIPSEC_A_POLICY_FLAGS], 0),
					info->extack);
	if (!err)
		cipsec_nl_enforce_deny(cn);
	mutex_unlock(&cn->lock);
	return err;
}

int cipsec_nl_policy_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct cipsec_net *cn;
	__be32 addr = 0;
	bool all;
	u8 plen = 0;
	int err = 0;

	all = !info->attrs[CIPSEC_A_POLICY_ADDR] &&
	      !info->attrs[CIPSEC_A_POLICY_PREFIX_LEN];
	if (!all)
		err = cipsec_nl_addr(info, &addr, &plen);
	if (err)
		return err;
	cn = cipsec_nl_lock(genl_info_net(info));
	if (all)
		cipsec_policy_flush(cn);
	else
		err = cipsec_policy_del(cn, addr, plen, info->extack);
	/* What it was an exception from may say deny. */
	if (!err)
		cipsec_nl_enforce_deny(cn);
	mutex_unlock(&cn->lock);
	return err;
}

int cipsec_nl_policy_get_dumpit(struct sk_buff *skb,
				struct netlink_callback *cb)
{
	struct cipsec_net *cn = cipsec_nl_dump_lock(skb);
	unsigned long i, n = 0;
	struct cipsec_policy *p;
	void *hdr;

	for (i = 0; cn->t && i < CIPSEC_POLICY_SIZE; i++)
		hlist_for_each_entry(p, &cn->t->policies[i], node) {
			if (n++ < cb->args[0])
				continue;
			hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
					  cb->nlh->nlmsg_seq, &cipsec_nl_family,
					  NLM_F_MULTI, CIPSEC_CMD_POLICY_GET);
			if (!hdr)
				goto out;
			if (cipsec_nl_fill_policy(skb, p)) {
				genlmsg_cancel(skb, hdr);
				goto out;
			}
			genlmsg_end(skb, hdr);
			cb->args[0]++;
		}
out:
	mutex_unlock(&cn->lock);
	return skb->len;
}

/* ---- Associations -------------------------------------------------------- */

/*
 * The endpoints are those of the agent's own socket, so that nobody names a
 * tuple by mistake. The socket is not kept: it would keep the namespace alive.
 */
static int cipsec_nl_endpoints(struct genl_info *info,
			       struct cipsec_endpoints *ep)
{
	struct nlattr *a = cipsec_nl_need(info, CIPSEC_A_ASSOC_SOCKET, "socket");
	struct socket *sock;
	struct sock *sk;
	int err;

	if (!a)
		return -EINVAL;
	sock = sockfd_lookup(nla_get_s32(a), &err);
	if (!sock) {
		NL_SET_ERR_MSG_ATTR(info->extack, a,
				    "socket: not a socket of the caller");
		return err;
	}
	sk = sock->sk;
	err = -EINVAL;
	if (sk->sk_family != AF_INET || sk->sk_type != SOCK_DGRAM ||
	    sk->sk_protocol != IPPROTO_UDP) {
		NL_SET_ERR_MSG_ATTR(info->extack, a,
				    "socket: not an IPv4 UDP socket");
		goto out;
	}
	if (!net_eq(sock_net(sk), genl_info_net(info))) {
		NL_SET_ERR_MSG_ATTR(info->extack, a,
				    "socket: of another network namespace");
		goto out;
	}
	lock_sock(sk);
	ep->laddr = inet_sk(sk)->inet_saddr;
	ep->raddr = inet_sk(sk)->inet_daddr;
	ep->lport = inet_sk(sk)->inet_sport;
	ep->rport = inet_sk(sk)->inet_dport;
	release_sock(sk);
	if (!ep->laddr || !ep->raddr || !ep->lport || !ep->rport) {
		NL_SET_ERR_MSG_ATTR(info->extack, a,
				    "socket: not bound and connected to the peer");
		goto out;
	}
	err = 0;
out:
	sockfd_put(sock);
	return err;
}

static int cipsec_nl_denied(struct cipsec_net *cn, __be32 raddr,
			    struct netlink_ext_ack *extack)
{
	const struct cipsec_policy *p;
	bool deny;

	rcu_read_lock();
	p = cipsec_policy_find(cn, raddr);
	deny = p && p->verb == CIPSEC_VERB_DENY;
	rcu_read_unlock();
	if (!deny)
		return 0;
	NL_SET_ERR_MSG(extack, "socket: the peer's policy is deny");
	return -EPERM;
}

static int cipsec_nl_assoc_settings(struct cipsec_assoc *assoc,
				    struct genl_info *info)
{
	struct nlattr *a = info->attrs[CIPSEC_A_ASSOC_ORPHAN_TIMEOUT];

	if (a)
		assoc->orphan_timeout = msecs_to_jiffies(nla_get_u32(a));
	a = info->attrs[CIPSEC_A_ASSOC_OWNER_DATA];
	return a ? cipsec_assoc_set_data(assoc, nla_data(a), nla_len(a)) : 0;
}

int cipsec_nl_assoc_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct cipsec_endpoints ep;
	struct cipsec_assoc *assoc;
	struct cipsec_net *cn;
	struct nlattr *role;
	struct sk_buff *msg;
	const u8 *identity;
	u8 identity_len;
	void *hdr;
	int err;

	role = cipsec_nl_need(info, CIPSEC_A_ASSOC_ROLE, "role");
	if (!role)
		return -EINVAL;
	err = cipsec_nl_endpoints(info, &ep);
	if (err)
		return err;
	identity = cipsec_nl_bytes(info->attrs[CIPSEC_A_ASSOC_IDENTITY],
				   &identity_len);
	msg = cipsec_nl_reply(info, &hdr, CIPSEC_CMD_ASSOC_NEW);
	if (!msg)
		return -ENOMEM;

	cn = cipsec_nl_lock(genl_info_net(info));
	err = cipsec_net_activate(cn);
	if (!err)
		err = cipsec_nl_denied(cn, ep.raddr, info->extack);
	if (err)
		goto err_unlock;
	assoc = cipsec_assoc_new(cn, &ep, info->snd_portid, nla_get_u8(role),
				 cipsec_nl_u32(info->attrs[CIPSEC_A_ASSOC_REPLACES], 0),
				 identity, identity_len, info->extack);
	err = PTR_ERR_OR_ZERO(assoc);
	if (err)
		goto err_unlock;
	err = cipsec_nl_assoc_settings(assoc, info);
	if (!err)
		err = cipsec_nl_fill_assoc(msg, assoc, 0);
	if (err)
		goto err_assoc;
	cipsec_event_assoc(assoc, CIPSEC_EVENT_ASSOC_NEW);
	mutex_unlock(&cn->lock);
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);

err_assoc:
	cipsec_assoc_del(assoc, CIPSEC_REASON_REQUEST);
err_unlock:
	mutex_unlock(&cn->lock);
	nlmsg_free(msg);
	return err;
}

static struct cipsec_assoc *cipsec_nl_owned(struct cipsec_net *cn,
					    struct genl_info *info, u32 id)
{
	struct cipsec_assoc *assoc = cipsec_assoc_get(cn, id, info->extack);

	if (IS_ERR(assoc) || assoc->owner == info->snd_portid)
		return assoc;
	if (assoc->owner)
		NL_SET_ERR_MSG(info->extack, "assoc: another agent owns it");
	else
		NL_SET_ERR_MSG(info->extack,
			       "assoc: it is orphaned; adopt it first");
	return ERR_PTR(-EPERM);
}

int cipsec_nl_assoc_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *id = cipsec_nl_need(info, CIPSEC_A_ASSOC_ID, "id");
	bool adopt = info->attrs[CIPSEC_A_ASSOC_ADOPT];
	struct cipsec_assoc *assoc;
	struct cipsec_net *cn;
	int err;

	if (!id)
		return -EINVAL;
	cn = cipsec_nl_lock(genl_info_net(info));
	assoc = adopt ? cipsec_assoc_get(cn, nla_get_u32(id), info->extack) :
			cipsec_nl_owned(cn, info, nla_get_u32(id));
	err = PTR_ERR_OR_ZERO(assoc);
	if (!err && adopt && assoc->owner &&
	    assoc->owner != info->snd_portid) {
		NL_SET_ERR_MSG(info->extack,
			       "adopt: its agent is alive; stop that one first");
		err = -EBUSY;
	}
	if (!err)
		err = cipsec_nl_assoc_settings(assoc, info);
	if (!err && adopt)
		cipsec_assoc_adopt(assoc, info->snd_portid);
	mutex_unlock(&cn->lock);
	return err;
}

int cipsec_nl_assoc_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *id = cipsec_nl_need(info, CIPSEC_A_ASSOC_ID, "id");
	struct cipsec_assoc *assoc;
	struct cipsec_net *cn;
	int err;

	if (!id)
		return -EINVAL;
	cn = cipsec_nl_lock(genl_info_net(info));
	assoc = cipsec_assoc_get(cn, nla_get_u32(id), info->extack);
	err = PTR_ERR_OR_ZERO(assoc);
	if (!err)
		cipsec_assoc_del(assoc, CIPSEC_REASON_REQUEST);
	mutex_unlock(&cn->lock);
	return err;
}

int cipsec_nl_assoc_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *id = cipsec_nl_need(info, CIPSEC_A_ASSOC_ID, "id");
	struct cipsec_assoc *assoc;
	struct cipsec_net *cn;
	struct sk_buff *msg;
	void *hdr;
	int err;

	if (!id)
		return -EINVAL;
	msg = cipsec_nl_reply(info, &hdr, CIPSEC_CMD_ASSOC_GET);
	if (!msg)
		return -ENOMEM;
	cn = cipsec_nl_lock(genl_info_net(info));
	assoc = cipsec_assoc_get(cn, nla_get_u32(id), info->extack);
	err = PTR_ERR_OR_ZERO(assoc);
	if (!err)
		err = cipsec_nl_fill_assoc(msg, assoc, 0);
	mutex_unlock(&cn->lock);
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);
}

int cipsec_nl_assoc_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct cipsec_net *cn = cipsec_nl_dump_lock(skb);
	struct cipsec_assoc *assoc;
	unsigned long id;
	void *hdr;

	xa_for_each_start(&cn->assocs, id, assoc, cb->args[0]) {
		hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
				  cb->nlh->nlmsg_seq, &cipsec_nl_family,
				  NLM_F_MULTI, CIPSEC_CMD_ASSOC_GET);
		if (!hdr)
			break;
		if (cipsec_nl_fill_assoc(skb, assoc, 0)) {
			genlmsg_cancel(skb, hdr);
			break;
		}
		genlmsg_end(skb, hdr);
		cb->args[0] = id + 1;
	}
	mutex_unlock(&cn->lock);
	return skb->len;
}

/* ---- Keys ---------------------------------------------------------------- */

static int cipsec_nl_key_block(struct nlattr *nest, struct cipsec_key_block *kb,
			       struct netlink_ext_ack *extack)
{
	struct nlattr *tb[CIPSEC_A_DIR_MAX + 1];
	int err;

	err = nla_parse_nested(tb, CIPSEC_A_DIR_SALT, nest,
			       cipsec_dir_nl_policy, extack);
	if (err)
		return err;
	kb->enc_key = cipsec_nl_bytes(tb[CIPSEC_A_DIR_ENC_KEY],
				      &kb->enc_key_len);
	kb->mac_key = cipsec_nl_bytes(tb[CIPSEC_A_DIR_MAC_KEY],
				      &kb->mac_key_len);
	kb->salt = cipsec_nl_bytes(tb[CIPSEC_A_DIR_SALT], &kb->salt_len);
	return 0;
}

static struct cipsec_key_pair *cipsec_nl_key_pair(struct nlattr **tb,
						  u8 role,
						  struct netlink_ext_ack *extack)
{
	const struct cipsec_suite *suite;
	struct cipsec_key_block tx, rx;
	struct cipsec_key_pair *keys;
	u32 hold, reserve;
	int err;

	suite = cipsec_suite_find(nla_get_u16(tb[CIPSEC_A_KEY_SUITE]));
	if (!suite) {
		NL_SET_ERR_MSG_ATTR(extack, tb[CIPSEC_A_KEY_SUITE],
				    "suite: not one that this module protects records with");
		return ERR_PTR(-EOPNOTSUPP);
	}
	err = cipsec_nl_key_block(tb[CIPSEC_A_KEY_TX], &tx, extack);
	if (!err)
		err = cipsec_nl_key_block(tb[CIPSEC_A_KEY_RX], &rx, extack);
	if (err)
		return ERR_PTR(err);
	keys = cipsec_key_pair_new(suite, &tx, &rx, extack);
	if (IS_ERR(keys))
		return keys;

	keys->epoch = cipsec_nl_u16(tb[CIPSEC_A_KEY_EPOCH], 1);
	keys->first = tb[CIPSEC_A_KEY_TX_START] ?
		      nla_get_u64(tb[CIPSEC_A_KEY_TX_START]) :
		      CIPSEC_RECORD_RESERVE;
	atomic64_set(&keys->number, keys->first);
	hold = cipsec_nl_u32(tb[CIPSEC_A_KEY_HOLD],
			     role == CIPSEC_ROLE_SERVER ?
			     CIPSEC_HOLD_SERVER_MS : 0);
	keys->open = !hold;
	keys->hold_until = jiffies + msecs_to_jiffies(hold);
	reserve = cipsec_nl_u32(tb[CIPSEC_A_KEY_RESERVE], CIPSEC_RESERVE_MS);
	keys->reserve_until = jiffies + msecs_to_jiffies(reserve);
	if (tb[CIPSEC_A_KEY_LIMIT_RECORDS])
		keys->limit_records =
			nla_get_u64(tb[CIPSEC_A_KEY_LIMIT_RECORDS]);
	if (tb[CIPSEC_A_KEY_LIMIT_AUTH])
		keys->limit_auth = nla_get_u64(tb[CIPSEC_A_KEY_LIMIT_AUTH]);
	return keys;
}

static int cipsec_nl_key_new(struct genl_info *info)
{
	struct nlattr *tb[CIPSEC_A_KEY_MAX + 1];
	struct cipsec_key_pair *keys;
	struct cipsec_assoc *assoc;
	struct cipsec_net *cn;
	int err;

	err = genlmsg_parse(info->nlhdr, &cipsec_nl_family, tb,
			    CIPSEC_A_KEY_LIMIT_AUTH, cipsec_key_new_nl_policy,
			    info->extack);
	if (err)
		return err;
	if (!tb[CIPSEC_A_KEY_ASSOC] || !tb[CIPSEC_A_KEY_SUITE] ||
	    !tb[CIPSEC_A_KEY_TX] || !tb[CIPSEC_A_KEY_RX]) {
		NL_SET_ERR_MSG(info->extack,
			       "assoc, suite, tx and rx are all needed");
		return -EINVAL;
	}
	cn = cipsec_nl_lock(genl_info_net(info));
	assoc = cipsec_nl_owned(cn, info, nla_get_u32(tb[CIPSEC_A_KEY_ASSOC]));
	err = PTR_ERR_OR_ZERO(assoc);
	if (!err)
		err = cipsec_assoc_may_key(assoc, info->extack);
	if (err)
		goto out;
	/* From here on these keys are used up, whatever becomes of them. */
	keys = cipsec_nl_key_pair(tb, assoc->role, info->extack);
	err = PTR_ERR_OR_ZERO(keys);
	if (err)
		goto out;
	err = cipsec_assoc_key(assoc, keys);
	if (err)
		cipsec_key_pair_free(keys);
out:
	mutex_unlock(&cn->lock);
	return err;
}

int cipsec_nl_key_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	int err = cipsec_nl_key_new(info);

	/* Whatever happened: a reply that quotes the request quotes zeros. */
	memzero_explicit(genlmsg_data(info->genlhdr),
			 genlmsg_len(info->genlhdr));
	return err;
}

/* ---- Connections ---------------------------------------------------------- */

static int cipsec_nl_conn_config(struct genl_info *info,
				 struct cipsec_conn_config *c)
{
	struct nlattr **tb = info->attrs;
	bool ids;

	memset(c, 0, sizeof(*c));
	ids = tb[CIPSEC_A_CONN_CONSUMED] && tb[CIPSEC_A_CONN_PRODUCED];
	c->flags = cipsec_nl_u32(tb[CIPSEC_A_CONN_FLAGS], 0);
	if (ids == !!(c->flags & CIPSEC_CONN_F_ANY) ||
	    (!ids && (tb[CIPSEC_A_CONN_CONSUMED] ||
		      tb[CIPSEC_A_CONN_PRODUCED]))) {
		NL_SET_ERR_MSG(info->extack,
			       "give consumed and produced, or the flag any");
		return -EINVAL;
	}
	c->consumed = cipsec_nl_u32(tb[CIPSEC_A_CONN_CONSUMED], 0);
	c->produced = cipsec_nl_u32(tb[CIPSEC_A_CONN_PRODUCED], 0);
	c->transport = tb[CIPSEC_A_CONN_TRANSPORT] ?
		       nla_get_u8(tb[CIPSEC_A_CONN_TRANSPORT]) : 1;
	c->tx_lport = cipsec_nl_port(tb[CIPSEC_A_CONN_TX_LOCAL_PORT], 0);
	c->tx_rport = cipsec_nl_port(tb[CIPSEC_A_CONN_TX_REMOTE_PORT],
				     CIPSEC_PORT_IO);
	c->rx_rport = cipsec_nl_port(tb[CIPSEC_A_CONN_RX_REMOTE_PORT],
				     CIPSEC_PORT_IO);
	c->rx_lport = cipsec_nl_port(tb[CIPSEC_A_CONN_RX_LOCAL_PORT],
				     CIPSEC_PORT_IO);
	c->tx_size = cipsec_nl_u16(tb[CIPSEC_A_CONN_TX_SIZE], 0);
	c->rx_size = cipsec_nl_u16(tb[CIPSEC_A_CONN_RX_SIZE], 0);
	return 0;
}

int cipsec_nl_conn_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *a = cipsec_nl_need(info, CIPSEC_A_CONN_ASSOC, "assoc");
	struct nlattr *data = info->attrs[CIPSEC_A_CONN_OWNER_DATA];
	struct cipsec_conn_config cfg;
	struct cipsec_assoc *assoc;
	struct cipsec_conn *conn;
	struct cipsec_net *cn;
	struct sk_buff *msg;
	void *hdr;
	int err;

	if (!a)
		return -EINVAL;
	err = cipsec_nl_conn_config(info, &cfg);
	if (err)
		return err;
	msg = cipsec_nl_reply(info, &hdr, CIPSEC_CMD_CONN_NEW);
	if (!msg)
		return -ENOMEM;
	cn = cipsec_nl_lock(genl_info_net(info));
	assoc = cipsec_assoc_get(cn, nla_get_u32(a), info->extack);
	err = PTR_ERR_OR_ZERO(assoc);
	if (err)
		goto err_unlock;
	conn = cipsec_conn_new(assoc, &cfg, data ? nla_data(data) : NULL,
			       data ? nla_len(data) : 0, info->extack);
	err = PTR_ERR_OR_ZERO(conn);
	if (err)
		goto err_unlock;
	err = cipsec_nl_fill_conn(msg, conn, 0);
	if (err) {
		cipsec_conn_del(conn, CIPSEC_REASON_REQUEST);
		goto err_unlock;
	}
	mutex_unlock(&cn->lock);
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);

err_unlock:
	mutex_unlock(&cn->lock);
	nlmsg_free(msg);
	return err;
}

int cipsec_nl_conn_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *id = cipsec_nl_need(info, CIPSEC_A_CONN_ID, "id");
	struct cipsec_conn *conn;
	struct cipsec_net *cn;
	int err;

	if (!id)
		return -EINVAL;
	cn = cipsec_nl_lock(genl_info_net(info));
	conn = cipsec_conn_get(cn, nla_get_u32(id), info->extack);
	err = PTR_ERR_OR_ZERO(conn);
	if (!err)
		cipsec_conn_del(conn, CIPSEC_REASON_REQUEST);
	mutex_unlock(&cn->lock);
	return err;
}

int cipsec_nl_conn_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *id = cipsec_nl_need(info, CIPSEC_A_CONN_ID, "id");
	struct cipsec_conn *conn;
	struct cipsec_net *cn;
	struct sk_buff *msg;
	void *hdr;
	int err;

	if (!id)
		return -EINVAL;
	msg = cipsec_nl_reply(info, &hdr, CIPSEC_CMD_CONN_GET);
	if (!msg)
		return -ENOMEM;
	cn = cipsec_nl_lock(genl_info_net(info));
	conn = cipsec_conn_get(cn, nla_get_u32(id), info->extack);
	err = PTR_ERR_OR_ZERO(conn);
	if (!err)
		err = cipsec_nl_fill_conn(msg, conn, 0);
	mutex_unlock(&cn->lock);
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);
}

int cipsec_nl_conn_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct cipsec_net *cn = cipsec_nl_dump_lock(skb);
	struct cipsec_conn *conn;
	unsigned long id;
	void *hdr;

	xa_for_each_start(&cn->conns, id, conn, cb->args[0]) {
		hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
				  cb->nlh->nlmsg_seq, &cipsec_nl_family,
				  NLM_F_MULTI, CIPSEC_CMD_CONN_GET);
		if (!hdr)
			break;
		if (cipsec_nl_fill_conn(skb, conn, 0)) {
			genlmsg_cancel(skb, hdr);
			break;
		}
		genlmsg_end(skb, hdr);
		cb->args[0] = id + 1;
	}
	mutex_unlock(&cn->lock);
	return skb->len;
}

/* ---- Records and counters -------------------------------------------------- */

int cipsec_nl_record_tx_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *a, *type, *data;
	struct cipsec_assoc *assoc;
	struct cipsec_net *cn;
	struct sk_buff *msg;
	u64 number = 0;
	void *hdr;
	int err;

	a = cipsec_nl_need(info, CIPSEC_A_RECORD_ASSOC, "assoc");
	type = cipsec_nl_need(info, CIPSEC_A_RECORD_TYPE, "type");
	data = cipsec_nl_need(info, CIPSEC_A_RECORD_DATA, "data");
	if (!a || !type || !data)
		return -EINVAL;
	if (nla_get_u8(type) == 22) {
		NL_SET_ERR_MSG_ATTR(info->extack, type,
				    "type: handshake records go through the agent's socket");
		return -EINVAL;
	}
	msg = cipsec_nl_reply(info, &hdr, CIPSEC_CMD_RECORD_TX);
	if (!msg)
		return -ENOMEM;
	cn = cipsec_nl_lock(genl_info_net(info));
	assoc = cipsec_nl_owned(cn, info, nla_get_u32(a));
	err = PTR_ERR_OR_ZERO(assoc);
	if (!err)
		err = cipsec_send_record(assoc, nla_get_u8(type),
					 nla_data(data), nla_len(data),
					 &number, info->extack);
	mutex_unlock(&cn->lock);
	if (!err)
		err = nla_put_u32(msg, CIPSEC_A_RECORD_ASSOC, nla_get_u32(a)) ?:
		      cipsec_nl_put_u64(msg, CIPSEC_A_RECORD_NUMBER, number,
					CIPSEC_A_RECORD_PAD);
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);
}

int cipsec_nl_stats_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct cipsec_net *cn = cipsec_net_get(genl_info_net(info));
	struct sk_buff *msg;
	unsigned int i;
	void *hdr;

	msg = cipsec_nl_reply(info, &hdr, CIPSEC_CMD_STATS_GET);
	if (!msg)
		return -ENOMEM;
	for (i = 1; i < CIPSEC_STATS; i++)
		if (cipsec_nl_put_u64(msg, i, cipsec_stat_read(cn, i),
				      CIPSEC_A_STAT_PAD)) {
			nlmsg_free(msg);
			return -EMSGSIZE;
		}
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);
}

/* ---- Events ---------------------------------------------------------------- */

static int cipsec_nl_fill_event(struct sk_buff *msg,
				const struct cipsec_event *ev, u64 seq)
{
	struct nlattr *nest;
	/* Of a connection's association the reason is not. */
	enum cipsec_reason reason = ev->conn ? 0 : ev->reason;

	if (nla_put_u8(msg, CIPSEC_A_EVENT_TYPE, ev->type) ||
	    cipsec_nl_put_u64(msg, CIPSEC_A_EVENT_SEQ, seq, CIPSEC_A_EVENT_PAD))
		return -EMSGSIZE;
	if (ev->size && nla_put_u32(msg, CIPSEC_A_EVENT_SIZE, ev->size))
		return -EMSGSIZE;
	if (ev->assoc) {
		nest = nla_nest_start(msg, CIPSEC_A_EVENT_ASSOC);
		if (!nest || cipsec_nl_fill_assoc(msg, ev->assoc, reason))
			return -EMSGSIZE;
		nla_nest_end(msg, nest);
	}
	if (ev->conn) {
		nest = nla_nest_start(msg, CIPSEC_A_EVENT_CONN);
		if (!nest || cipsec_nl_fill_conn(msg, ev->conn, ev->reason))
			return -EMSGSIZE;
		nla_nest_end(msg, nest);
	}
	if (ev->policy) {
		nest = nla_nest_start(msg, CIPSEC_A_EVENT_POLICY);
		if (!nest || cipsec_nl_fill_policy(msg, ev->policy))
			return -EMSGSIZE;
		nla_nest_end(msg, nest);
	}
	return 0;
}

static void cipsec_nl_event(struct cipsec_net *cn,
			    const struct cipsec_event *ev, u64 seq)
{
	struct sk_buff *msg;
	void *hdr;

	if (!genl_has_listeners(&cipsec_nl_family, cn->net,
				CIPSEC_NLGRP_EVENTS))
		return;
	msg = genlmsg_new(NLMSG_GOODSIZE, GFP_ATOMIC);
	if (!msg)
		goto lost;
	hdr = genlmsg_put(msg, 0, 0, &cipsec_nl_family, 0, CIPSEC_CMD_EVENT);
	if (!hdr || cipsec_nl_fill_event(msg, ev, seq)) {
		nlmsg_free(msg);
		goto lost;
	}
	genlmsg_end(msg, hdr);
	genlmsg_multicast_netns(&cipsec_nl_family, cn->net, msg, 0,
				CIPSEC_NLGRP_EVENTS, GFP_ATOMIC);
	return;
lost:
	cipsec_stat_inc(cn, EVENT_LOST);
}

static bool cipsec_nl_record(const struct cipsec_assoc *assoc, u8 type,
			     u64 number, const u8 *data, unsigned int len)
{
	u32 owner = READ_ONCE(assoc->owner);
	struct sk_buff *msg;
	void *hdr;

	/* Port id 0 is the kernel's own socket, which would sleep. */
	if (!owner)
		return false;
	msg = genlmsg_new(nla_total_size(len) + 64, GFP_ATOMIC);
	if (!msg)
		return false;
	hdr = genlmsg_put(msg, 0, 0, &cipsec_nl_family, 0,
			  CIPSEC_CMD_RECORD_RX);
	if (!hdr ||
	    nla_put_u32(msg, CIPSEC_A_RECORD_ASSOC, assoc->id) ||
	    nla_put_u8(msg, CIPSEC_A_RECORD_TYPE, type) ||
	    cipsec_nl_put_u64(msg, CIPSEC_A_RECORD_NUMBER, number,
			      CIPSEC_A_RECORD_PAD) ||
	    nla_put(msg, CIPSEC_A_RECORD_DATA, len, data)) {
		nlmsg_free(msg);
		return false;
	}
	genlmsg_end(msg, hdr);
	/* The socket's receive buffer is the bound of the queue. */
	return !genlmsg_unicast(assoc->cn->net, msg, owner);
}

static const struct cipsec_event_sink cipsec_nl_sink = {
	.event = cipsec_nl_event,
	.record = cipsec_nl_record,
};

/* An agent is its socket: when that closes, its associations are orphans. */
static int cipsec_nl_notify(struct notifier_block *nb, unsigned long event,
			    void *data)
{
	struct netlink_notify *n = data;

	if (event == NETLINK_URELEASE && n->protocol == NETLINK_GENERIC)
		cipsec_assoc_owner_gone(cipsec_net_get(n->net), n->portid);
	return NOTIFY_DONE;
}

static struct notifier_block cipsec_nl_nb = {
	.notifier_call = cipsec_nl_notify,
};

static struct genl_family cipsec_nl_family = {
	.name = CIPSEC_FAMILY_NAME,
	.version = CIPSEC_FAMILY_VERSION,
	.netnsok = true,
	/* The core would quote a malformed KEY_NEW: parsed in its handler. */
	.resv_start_op = CIPSEC_CMD_KEY_NEW + 1,
	.module = THIS_MODULE,
	.ops = cipsec_nl_ops,
	.n_ops = ARRAY_SIZE(cipsec_nl_ops),
	.mcgrps = cipsec_nl_mcgrps,
	.n_mcgrps = ARRAY_SIZE(cipsec_nl_mcgrps),
};

/**
 * cipsec_nl_init() - take requests, carry events
 *
 * Return: 0 or -errno.
 */
int __init cipsec_nl_init(void)
{
	int err;

	err = genl_register_family(&cipsec_nl_family);
	if (err)
		return err;
	err = netlink_register_notifier(&cipsec_nl_nb);
	if (err) {
		genl_unregister_family(&cipsec_nl_family);
		return err;
	}
	cipsec_event_sink_set(&cipsec_nl_sink);
	return 0;
}

/**
 * cipsec_nl_exit() - take no requests, carry nothing
 *
 * Context: returns when no request runs any more.
 */
void cipsec_nl_exit(void)
{
	cipsec_event_sink_set(NULL);
	netlink_unregister_notifier(&cipsec_nl_nb);
	genl_unregister_family(&cipsec_nl_family);
}
