// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>

#include "bench.h"

/* RFC 6347 4.1 */
struct dtls_record {
	uint8_t type;
	uint16_t version;
	uint16_t epoch;
	uint8_t number[6];
	uint16_t length;
} __attribute__((packed));

_Static_assert(sizeof(struct dtls_record) == 13, "RFC 6347 4.1");

int wire_open(struct wire *wire)
{
	struct sockaddr_ll sll = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IP),
	};
	int err;

	memset(wire, 0, sizeof(*wire));
	wire->fd = -1;
	err = net_enter(SIDE_B);
	if (err)
		return err;

	sll.sll_ifindex = (int)if_nametoindex("veth");
	if (!sll.sll_ifindex)
		return -errno;

	wire->fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (wire->fd < 0)
		return -errno;
	if (bind(wire->fd, (struct sockaddr *)&sll, sizeof(sll)))
		return -errno;
	return 0;
}

static bool is_one_record(const uint8_t *payload, size_t len)
{
	const struct dtls_record *record = (const void *)payload;

	return len >= sizeof(*record) && record->type == 23 &&
	       record->version == htons(0xfefd) && record->epoch == htons(1) &&
	       ntohs(record->length) == len - sizeof(*record);
}

static bool is_clear_io(const uint8_t *payload, size_t len)
{
	static const uint8_t class1[] = { 0x02, 0x00, 0x02, 0x80 };
	static const uint8_t class0[] = { 0x02, 0x00, 0xa1, 0x00 };

	return len >= sizeof(class1) &&
	       (!memcmp(payload, class1, sizeof(class1)) ||
		!memcmp(payload, class0, sizeof(class0)));
}

/* Account for all that passed since the last look; @data is what was sent. */
void wire_look(struct wire *wire, const void *data, size_t len)
{
	uint8_t packet[2048];
	ssize_t n;

	while ((n = recv(wire->fd, packet, sizeof(packet), MSG_DONTWAIT)) > 0) {
		const struct iphdr *ip = (const void *)packet;
		size_t head = ip->ihl * 4 + sizeof(struct udphdr);
		const uint8_t *payload = packet + head;
		size_t left = (size_t)n - head;

		if (ip->protocol != IPPROTO_UDP || (size_t)n < head)
			continue;

		wire->datagrams++;
		wire->records += is_one_record(payload, left);
		wire->clear += is_clear_io(payload, left);
		wire->readable += !!memmem(payload, left, data, len);
	}
}

void wire_close(struct wire *wire)
{
	net_close(&wire->fd);
}
