// SPDX-License-Identifier: LGPL-2.1-or-later
/* CIP connections: bound, listed, unbound. */
#include "handle.h"

static int put_port(struct nl_msg *msg, int type, uint16_t port)
{
	return port ? nla_put_u16(msg, type, port) : 0;
}

static int put_new(struct nl_msg *msg, const struct cipsec_conn *conn)
{
	int err;

	err = nla_put_u32(msg, CIPSEC_A_CONN_ASSOC, conn->assoc);
	if (!err && conn->flags)
		err = nla_put_u32(msg, CIPSEC_A_CONN_FLAGS, conn->flags);
	if (!err && !(conn->flags & CIPSEC_CONN_F_ANY)) {
		err = nla_put_u32(msg, CIPSEC_A_CONN_CONSUMED,
				  conn->consumed);
		if (!err)
			err = nla_put_u32(msg, CIPSEC_A_CONN_PRODUCED,
					  conn->produced);
	}
	if (!err)
		err = nla_put_u8(msg, CIPSEC_A_CONN_TRANSPORT,
				 conn->transport);
	if (!err)
		err = put_port(msg, CIPSEC_A_CONN_TX_LOCAL_PORT,
			       conn->tx_local_port);
	if (!err)
		err = put_port(msg, CIPSEC_A_CONN_TX_REMOTE_PORT,
			       conn->tx_remote_port);
	if (!err)
		err = put_port(msg, CIPSEC_A_CONN_RX_REMOTE_PORT,
			       conn->rx_remote_port);
	if (!err)
		err = put_port(msg, CIPSEC_A_CONN_RX_LOCAL_PORT,
			       conn->rx_local_port);
	if (!err)
		err = put_port(msg, CIPSEC_A_CONN_TX_SIZE, conn->tx_size);
	if (!err)
		err = put_port(msg, CIPSEC_A_CONN_RX_SIZE, conn->rx_size);
	if (!err && conn->owner_data_len)
		err = nla_put(msg, CIPSEC_A_CONN_OWNER_DATA,
			      (int)conn->owner_data_len, conn->owner_data);
	return err;
}

static int fill(struct nlattr **attrs, void *arg)
{
	return cipsec_conn_fill(arg, attrs);
}

static int fill_id(struct nlattr **attrs, void *arg)
{
	uint32_t *id = arg;

	if (id)
		*id = (uint32_t)cipsec_attr_uint(attrs[CIPSEC_A_CONN_ID]);
	return 0;
}

int cipsec_conn_new(struct cipsec *h, const struct cipsec_conn *conn,
		    uint32_t *id)
{
	struct cipsec_reply reply = { CIPSEC_A_CONN_MAX, fill_id, id };
	struct nl_msg *msg = cipsec_request(h, CIPSEC_CMD_CONN_NEW, 0);
	int err = 0;

	if (msg)
		err = put_new(msg, conn);
	return cipsec_transact(h, msg, err, "binding a connection", &reply);
}

int cipsec_conn_del(struct cipsec *h, uint32_t id)
{
	struct nl_msg *msg = cipsec_request(h, CIPSEC_CMD_CONN_DEL, 0);
	int err = 0;

	if (msg)
		err = nla_put_u32(msg, CIPSEC_A_CONN_ID, id);
	return cipsec_transact(h, msg, err, "unbinding a connection", NULL);
}

int cipsec_conn_get(struct cipsec *h, uint32_t id, struct cipsec_conn *out)
{
	struct cipsec_reply reply = { CIPSEC_A_CONN_MAX, fill, out };
	struct nl_msg *msg = cipsec_request(h, CIPSEC_CMD_CONN_GET, 0);
	int err = 0;

	if (msg)
		err = nla_put_u32(msg, CIPSEC_A_CONN_ID, id);
	return cipsec_transact(h, msg, err, "reading a connection", &reply);
}

struct list {
	cipsec_conn_fn fn;
	void *arg;
};

static int one(struct nlattr **attrs, void *arg)
{
	struct cipsec_conn conn;
	struct list *list = arg;

	cipsec_conn_fill(&conn, attrs);
	return list->fn(&conn, list->arg);
}

int cipsec_conn_dump(struct cipsec *h, cipsec_conn_fn fn, void *arg)
{
	struct list list = { fn, arg };
	struct cipsec_reply reply = { CIPSEC_A_CONN_MAX, one, &list };

	return cipsec_transact(h, cipsec_request(h, CIPSEC_CMD_CONN_GET,
						 NLM_F_DUMP),
			       0, "listing the connections", &reply);
}
