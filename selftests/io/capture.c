// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading the I/O datagrams out of a capture file (pcap, Ethernet, IPv4).
 */
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture.h"

#define PCAP_MAGIC	0xa1b2c3d4u
#define PCAP_ETHERNET	1
#define PORT_IO		2222

struct pcap_header {
	uint32_t magic;
	uint16_t major;
	uint16_t minor;
	uint32_t zone;
	uint32_t accuracy;
	uint32_t snaplen;
	uint32_t link;
};

struct pcap_frame {
	uint32_t sec;
	uint32_t usec;
	uint32_t caplen;
	uint32_t len;
};

static_assert(sizeof(struct pcap_header) == 24, "pcap file header");
static_assert(sizeof(struct pcap_frame) == 16, "pcap frame header");

static uint16_t be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint16_t le16(const uint8_t *p)
{
	return (uint16_t)(p[1] << 8 | p[0]);
}

static uint32_t le32(const uint8_t *p)
{
	return (uint32_t)le16(p + 2) << 16 | le16(p);
}

bool io_cpf_parse(struct io_cpf *cpf, const uint8_t *bytes, size_t len)
{
	size_t addr;

	/* CIP Vol 2, 2-6: two items, an address and the connected data */
	if (len < 14 || le16(bytes) != 2)
		return false;

	if (le16(bytes + 2) == 0x8002 && le16(bytes + 4) == 8)
		addr = 8;
	else if (le16(bytes + 2) == 0x00a1 && le16(bytes + 4) == 4)
		addr = 4;
	else
		return false;

	if (len < 6 + addr + 4 || le16(bytes + 6 + addr) != 0x00b1 ||
	    le16(bytes + 8 + addr) != len - 10 - addr)
		return false;

	cpf->id = le32(bytes + 6);
	cpf->unsequenced = addr == 4;
	cpf->data = bytes + 10 + addr;
	cpf->len = len - 10 - addr;
	return true;
}

/* The UDP payload of an Ethernet frame, or NULL. */
static const uint8_t *frame_udp(const uint8_t *frame, size_t caplen,
				uint16_t *sport, uint16_t *dport, size_t *len)
{
	const uint8_t *ip = frame + 14, *udp;
	size_t ihl;

	if (caplen < 14 + 20 || be16(frame + 12) != 0x0800 || ip[0] >> 4 != 4 ||
	    ip[9] != IPPROTO_UDP || be16(ip + 6) & 0x3fff)
		return NULL;

	ihl = (ip[0] & 15) * 4u;
	if (ihl < 20 || caplen < 14 + ihl + 8)
		return NULL;

	udp = ip + ihl;
	if (be16(udp + 4) < 8 || 14 + ihl + be16(udp + 4) > caplen)
		return NULL;

	*sport = be16(udp);
	*dport = be16(udp + 2);
	*len = be16(udp + 4) - 8u;
	return udp + 8;
}

static int flow_append(struct io_flow *flow, const struct io_datagram *dgram)
{
	struct io_datagram *more;

	more = reallocarray(flow->datagrams, flow->count + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;

	flow->datagrams = more;
	flow->datagrams[flow->count++] = *dgram;
	return 0;
}

static int capture_parse(struct io_capture *cap, size_t size)
{
	const struct pcap_header *head = (const void *)cap->file;
	size_t off = sizeof(*head);
	uint64_t start = 0;

	if (size < sizeof(*head) || head->magic != PCAP_MAGIC ||
	    head->link != PCAP_ETHERNET)
		return -EPROTO;

	while (size - off >= sizeof(struct pcap_frame)) {
		struct io_datagram dgram;
		struct pcap_frame frame;
		uint16_t sport, dport;
		struct io_cpf cpf;
		uint64_t usec;
		int err;

		memcpy(&frame, cap->file + off, sizeof(frame));
		off += sizeof(frame);
		if (frame.caplen > size - off)
			return -EPROTO;

		dgram.data = frame_udp(cap->file + off, frame.caplen, &sport,
				       &dport, &dgram.len);
		off += frame.caplen;
		if (!dgram.data || dport != PORT_IO ||
		    !io_cpf_parse(&cpf, dgram.data, dgram.len))
			continue;

		usec = frame.sec * 1000000ull + frame.usec;
		if (!start)
			start = usec;
		dgram.usec = usec - start;

		err = flow_append(&cap->flow[sport == PORT_IO ? T2O : O2T],
				  &dgram);
		if (err)
			return err;
	}
	return cap->flow[O2T].count && cap->flow[T2O].count ? 0 : -ENODATA;
}

/**
 * io_capture_read - read the I/O datagrams of a capture file
 * @cap: where to; io_capture_free() it, also after an error
 * @name: a pcap file in this machine's byte order
 *
 * Return: 0, or -errno: -EPROTO when the file is no such capture, -ENODATA when
 * a direction has no I/O in it
 */
int io_capture_read(struct io_capture *cap, const char *name)
{
	int err = 0;
	FILE *file;
	long size;

	memset(cap, 0, sizeof(*cap));
	file = fopen(name, "rbe");
	if (!file)
		return -errno;

	fseek(file, 0, SEEK_END);
	size = ftell(file);
	if (size < 0 || fseek(file, 0, SEEK_SET)) {
		err = -errno;
		goto close;
	}

	cap->file = malloc((size_t)size + 1);
	if (!cap->file) {
		err = -ENOMEM;
		goto close;
	}

	if (fread(cap->file, 1, (size_t)size, file) != (size_t)size) {
		err = -EIO;
		goto close;
	}
	err = capture_parse(cap, (size_t)size);
close:
	fclose(file);
	return err;
}

void io_capture_free(struct io_capture *cap)
{
	free(cap->flow[O2T].datagrams);
	free(cap->flow[T2O].datagrams);
	free(cap->file);
	memset(cap, 0, sizeof(*cap));
}
