// SPDX-License-Identifier: GPL-2.0-only
/* show conn */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "table.h"

static bool is_any(const struct cipsec_conn *conn)
{
	return conn->flags & CIPSEC_CONN_F_ANY;
}

json_t *ctl_conn_json(const struct cipsec_conn *conn)
{
	json_t *json, *note;

	json = json_pack("{s:I, s:I, s:b, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:I, s:I}",
			 "id", (json_int_t)conn->id,
			 "assoc", (json_int_t)conn->assoc,
			 "any", is_any(conn), "transport", conn->transport,
			 "tx-local-port", conn->tx_local_port,
			 "tx-remote-port", conn->tx_remote_port,
			 "rx-remote-port", conn->rx_remote_port,
			 "rx-local-port", conn->rx_local_port,
			 "tx-size", conn->tx_size, "rx-size", conn->rx_size,
			 "tx-packets", (json_int_t)conn->tx_packets,
			 "rx-packets", (json_int_t)conn->rx_packets);
	if (!is_any(conn)) {
		json_object_set_new(json, "consumed",
				    json_integer(conn->consumed));
		json_object_set_new(json, "produced",
				    json_integer(conn->produced));
	}
	note = ctl_note_json(conn->owner_data, conn->owner_data_len);
	if (note)
		json_object_set_new(json, "agent", note);
	if (conn->heard)
		json_object_set_new(json, "rx-age-ms",
				    json_integer((json_int_t)conn->rx_age));
	if (conn->reason)
		json_object_set_new(json, "reason",
				    json_string(CTL_NAME(cipsec_reason_names,
							 conn->reason)));
	return json;
}

static int add_json(const struct cipsec_conn *conn, void *list)
{
	json_array_append_new(list, ctl_conn_json(conn));
	return 0;
}

static char *id_text(const struct cipsec_conn *conn, uint32_t id)
{
	return is_any(conn) ? strdup("any") : ctl_format("0x%08" PRIx32, id);
}

static char *size_text(uint16_t size)
{
	return size ? ctl_format("%u", size) : strdup("any");
}

static char *port_text(uint16_t port)
{
	return port ? ctl_format("%u", port) : strdup("any");
}

static char *ports_text(uint16_t from, uint16_t to)
{
	char *a = port_text(from), *b = port_text(to);
	char *text = ctl_format("%s>%s", a, b);

	free(a);
	free(b);
	return text;
}

static int add_row(const struct cipsec_conn *conn, void *table)
{
	table_add(table, ctl_format("%" PRIu32, conn->id));
	table_add(table, ctl_note(conn->owner_data, conn->owner_data_len,
				  "connection") ?: strdup("-"));
	table_add(table, ctl_format("%" PRIu32, conn->assoc));
	table_add(table, ctl_format("%u", conn->transport));
	table_add(table, id_text(conn, conn->produced));
	table_add(table, ports_text(conn->tx_local_port, conn->tx_remote_port));
	table_add(table, size_text(conn->tx_size));
	table_add(table, ctl_format("%" PRIu64, conn->tx_packets));
	table_add(table, id_text(conn, conn->consumed));
	table_add(table, ports_text(conn->rx_remote_port, conn->rx_local_port));
	table_add(table, size_text(conn->rx_size));
	table_add(table, ctl_format("%" PRIu64, conn->rx_packets));
	table_add(table, conn->heard ? ctl_age(conn->rx_age) : strdup("-"));
	return 0;
}

int ctl_show_conn(struct ctl *ctl)
{
	static const char *const heads[] = {
		">ID", "NAME", ">ASSOC", ">CLASS", "PRODUCED", "PORTS",
		">SIZE", ">SENT", "CONSUMED", "PORTS", ">SIZE", ">RECEIVED",
		">HEARD", NULL
	};
	struct table table = { .heads = heads };
	json_t *list;
	int err;

	if (ctl->json) {
		list = json_array();
		err = cipsec_conn_dump(ctl->h, add_json, list);
		if (err)
			json_decref(list);
		else
			ctl_print_json(ctl, list);
		return err;
	}

	err = cipsec_conn_dump(ctl->h, add_row, &table);
	if (!err)
		table_print(&table);
	return err;
}
