// SPDX-License-Identifier: GPL-2.0-only
/* Delete all associations of the network namespace, and with them the connections. */
#include "../netlink/objects.h"

int main(void)
{
	struct link link;

	link_open(&link);
	assoc_del_all(&link);
	link_close(&link);
	return 0;
}
