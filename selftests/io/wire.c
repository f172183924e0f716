// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packet sockets, UDP over IPv4, and DTLS record headers.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire.h"

/**
 * wire_open - a packet socket that sees everything on an interface, both ways
 * @interface: its name
 *
 * Return: the socket, or -errno
 */
int wire_open(const char *interface)
{
	struct packet_mreq promisc = { .mr_type = PACKET_MR_PROMISC };
	struct sockaddr_ll sll = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
	};
	int fd, err, size = 8 << 20;

	sll.sll_ifindex = (int)if_nametoindex(interface);
	if (!sll.sll_ifindex)
		return -errno;

	/* Protocol 0 first: nothing of other interfaces is to be queued. */
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;

	promisc.mr_ifindex = sll.sll_ifindex;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promisc,
		       sizeof(promisc)) ||
	    bind(fd, (struct sockaddr *)&sll, sizeof(sll))) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

ssize_t wire_receive(int fd, uint8_t frame[WIRE_FRAME_MAX])
{
	ssize_t len = recv(fd, frame, WIRE_FRAME_MAX, MSG_DONTWAIT);

	return len < 0 ? -errno : len;
}

/* Frames that the socket had no room for, since it was asked last. */
unsigned int wire_missed(int fd)
{
	struct tpacket_stats stats = { };
	socklen_t len = sizeof(stats);

	getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len);
	return stats.tp_drops;
}

/* Find the UDP datagram of a frame: IPv4, whole, not a fragment. */
bool wire_udp_parse(struct wire_udp *udp, uint8_t *frame, size_t len)
{
	struct iphdr *ip = (void *)(frame + ETH_HLEN);
	struct ethhdr *eth = (void *)frame;
	struct udphdr *head;
	size_t ihl;

	if (len < ETH_HLEN + sizeof(*ip) + sizeof(*head) ||
	    eth->h_proto != htons(ETH_P_IP) || ip->version != 4 ||
	    ip->protocol != IPPROTO_UDP || ip->frag_off & htons(0x3fff))
		return false;

	ihl = ip->ihl * 4u;
	if (ihl < sizeof(*ip) || len < ETH_HLEN + ihl + sizeof(*head))
		return false;

	head = (void *)(frame + ETH_HLEN + ihl);
	if (ntohs(head->len) < sizeof(*head) ||
	    ntohs(head->len) > len - ETH_HLEN - ihl)
		return false;

	udp->saddr = ip->saddr;
	udp->daddr = ip->daddr;
	udp->sport = ntohs(head->source);
	udp->dport = ntohs(head->dest);
	udp->data = (uint8_t *)(head + 1);
	udp->len = ntohs(head->len) - sizeof(*head);
	return true;
}

static uint32_t sum_be16(const void *data, size_t len)
{
	const uint8_t *p = data;
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i < len; i++)
		sum += i & 1 ? p[i] : (uint32_t)p[i] << 8;
	return sum;
}

static uint16_t sum_fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/**
 * wire_udp_rewrite - make headers and checksums of a frame fit what it carries
 * @frame: a frame that wire_udp_parse() accepted
 * @udp: addresses, ports and length it shall have; its payload lies in the frame
 *
 * Return: the frame's length
 */
size_t wire_udp_rewrite(uint8_t *frame, const struct wire_udp *udp)
{
	struct iphdr *ip = (void *)(frame + ETH_HLEN);
	struct udphdr *head = (void *)(udp->data - sizeof(*head));
	size_t len = sizeof(*head) + udp->len;
	uint32_t sum;

	ip->saddr = udp->saddr;
	ip->daddr = udp->daddr;
	ip->tot_len = htons((uint16_t)(ip->ihl * 4 + len));
	ip->check = 0;
	ip->check = htons(sum_fold(sum_be16(ip, ip->ihl * 4)));

	head->source = htons(udp->sport);
	head->dest = htons(udp->dport);
	head->len = htons((uint16_t)len);
	head->check = 0;
	sum = sum_be16(&ip->saddr, 8) + IPPROTO_UDP + (uint32_t)len;
	sum += sum_be16(head, len);
	head->check = htons(sum_fold(sum));
	if (!head->check)
		head->check = 0xffff;

	return (size_t)((uint8_t *)(head) - frame) + len;
}

/* The header of the DTLS 1.0 or 1.2 record that the bytes begin with, or NULL. */
const struct dtls_header *wire_record(const uint8_t *data, size_t len)
{
	const struct dtls_header *head = (const void *)data;

	if (len < sizeof(*head) || head->type < DTLS_CHANGE_CIPHER_SPEC ||
	    head->type > DTLS_APPLICATION || head->version[0] != 0xfe ||
	    (head->version[1] != 0xfd && head->version[1] != 0xff) ||
	    wire_length(head) > len - sizeof(*head))
		return NULL;
	return head;
}

unsigned int wire_epoch(const struct dtls_header *head)
{
	return (unsigned int)head->epoch[0] << 8 | head->epoch[1];
}

unsigned int wire_length(const struct dtls_header *head)
{
	return (unsigned int)head->length[0] << 8 | head->length[1];
}

uint64_t wire_number(const struct dtls_header *head)
{
	uint64_t number = 0;
	size_t i;

	for (i = 0; i < sizeof(head->number); i++)
		number = number << 8 | head->number[i];
	return number;
}

void wire_set_number(struct dtls_header *head, uint64_t number)
{
	size_t i;

	for (i = sizeof(head->number); i--; number >>= 8)
		head->number[i] = (uint8_t)number;
}
