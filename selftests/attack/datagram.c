// SPDX-License-Identifier: GPL-2.0-only
/*
 * Datagrams: what is in them, and how they get on the wire.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <net/ethernet.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../io/wire.h"
#include "bed.h"

static const uint8_t mac_a[] = { 2, 0, 0, 0, 0, 0x0a };
static const uint8_t mac_b[] = { 2, 0, 0, 0, 0, 0x0b };

/* ---- Common Packet Format --------------------------------------------------- */

static uint8_t *put16(uint8_t *p, uint16_t value)
{
	value = htole16(value);
	memcpy(p, &value, sizeof(value));
	return p + sizeof(value);
}

static uint8_t *put32(uint8_t *p, uint32_t value)
{
	value = htole32(value);
	memcpy(p, &value, sizeof(value));
	return p + sizeof(value);
}

static size_t io_finish(uint8_t *buf, uint8_t *p, const void *data, size_t len)
{
	p = put16(p, 0x00b1);
	p = put16(p, len);
	memcpy(p, data, len);
	return p + len - buf;
}

size_t io_make(uint8_t *buf, uint32_t id, const void *data, size_t len)
{
	static uint32_t sequence;
	uint8_t *p = buf;

	p = put16(p, 2);
	p = put16(p, 0x8002);
	p = put16(p, 8);
	p = put32(p, id);
	p = put32(p, sequence++);
	return io_finish(buf, p, data, len);
}

size_t io_make_00a1(uint8_t *buf, uint32_t id, const void *data, size_t len)
{
	uint8_t *p = buf;

	p = put16(p, 2);
	p = put16(p, 0x00a1);
	p = put16(p, 4);
	p = put32(p, id);
	return io_finish(buf, p, data, len);
}

size_t ucmm_make(uint8_t *buf)
{
	static const uint8_t forward_open[] = { 0x54, 2, 0x20, 6, 0x24, 1 };
	uint8_t *p = buf;

	p = put16(p, 2);
	p = put16(p, 0x8003);
	p = put16(p, 4);
	p = put32(p, 1);
	p = put16(p, 0x00b2);
	p = put16(p, sizeof(forward_open));
	memcpy(p, forward_open, sizeof(forward_open));
	return p + sizeof(forward_open) - buf;
}

size_t io_make_good(struct bed *bed, uint8_t *buf, uint32_t id, size_t len)
{
	static uint8_t data[DATAGRAM_MAX];

	memset(data, 'x', len);
	memcpy(data, "GOOD", 4);
	put32(data + 4, bed->serial++);
	return io_make(buf, id, data, len);
}

/* ---- Records ------------------------------------------------------------------ */

size_t link_seal_as(struct link *link, uint8_t *rec, uint8_t type,
		    uint64_t number, const void *data, size_t len)
{
	struct records_plan plan = {
		.type = type,
		.epoch = 1,
		.number = number,
		.data = data,
		.len = len,
	};
	ssize_t n = records_seal(&link->rx, &plan, rec);

	if (n < 0) {
		fprintf(stderr, "attack: cannot seal: %s\n", strerror((int)-n));
		exit(1);
	}
	return n;
}

size_t link_seal(struct link *link, uint8_t *rec, uint8_t type,
		 const void *data, size_t len)
{
	return link_seal_as(link, rec, type, link->next++, data, len);
}

size_t link_seal_good_as(struct bed *bed, struct link *link, uint8_t *rec,
			 uint64_t number)
{
	uint8_t io[128];
	size_t len = io_make_good(bed, io, ID_CONSUMED, 32);

	return link_seal_as(link, rec, 23, number, io, len);
}

size_t link_seal_good(struct bed *bed, struct link *link, uint8_t *rec)
{
	return link_seal_good_as(bed, link, rec, link->next++);
}

ssize_t link_take(struct link *link, struct records_plan *plan, uint8_t *data)
{
	static uint8_t rec[DATAGRAM_MAX];
	ssize_t len = recv(link->peer, rec, sizeof(rec), 0);

	if (len < 0)
		return -errno;
	return records_open(&link->tx, rec, len, plan, data);
}

/* ---- The wire -------------------------------------------------------------------- */

static void inject(struct bed *bed, int wire, const struct tuple *tuple,
		   const void *data, size_t len)
{
	static __thread uint8_t frame[WIRE_FRAME_MAX];
	struct ether_header *eth = (void *)frame;
	struct iphdr *ip = (void *)(eth + 1);
	struct udphdr *uh = (void *)(ip + 1);
	struct wire_udp udp = {
		.sport = tuple->sport,
		.dport = tuple->dport,
		.data = (uint8_t *)(uh + 1),
		.len = len,
	};

	memcpy(eth->ether_dhost, wire == bed->wire ? mac_b : mac_a, ETH_ALEN);
	memcpy(eth->ether_shost, wire == bed->wire ? mac_a : mac_b, ETH_ALEN);
	eth->ether_type = htons(ETHERTYPE_IP);
	*ip = (struct iphdr){
		.version = 4,
		.ihl = 5,
		.ttl = 64,
		.protocol = IPPROTO_UDP,
		.frag_off = htons(IP_DF),
	};
	inet_pton(AF_INET, tuple->saddr, &udp.saddr);
	inet_pton(AF_INET, tuple->daddr, &udp.daddr);
	memcpy(udp.data, data, len);
	len = wire_udp_rewrite(frame, &udp);
	if (send(wire, frame, len, 0) != (ssize_t)len)
		bed_fail(bed, "injecting %zu bytes: %m", len);
}

void bed_inject(struct bed *bed, const struct tuple *tuple, const void *data,
		size_t len)
{
	inject(bed, bed->wire, tuple, data, len);
}

void bed_inject_back(struct bed *bed, const struct tuple *tuple,
		     const void *data, size_t len)
{
	int wire;

	bed_enter(SIDE_B);
	wire = wire_open("vb");
	if (bed_check(bed, wire >= 0)) {
		inject(bed, wire, tuple, data, len);
		close(wire);
	}
}

void link_inject(struct bed *bed, const struct link *link, const void *data,
		 size_t len)
{
	struct tuple tuple = link_tuple(link);

	bed_inject(bed, &tuple, data, len);
}

int program_send_from(int fd, const char *addr, uint16_t port, const void *data,
		      size_t len)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
	};

	inet_pton(AF_INET, addr, &to.sin_addr);
	if (sendto(fd, data, len, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		return -errno;
	return 0;
}

int program_send(struct bed *bed, const void *data, size_t len)
{
	return program_send_from(bed->program, ADDR_A, CIPSEC_PORT_IO, data, len);
}
