/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Common Packet Format of EtherNet/IP as far as datagrams of class 0/1 I/O and
 * unconnected messages over UDP need it. All fields are little-endian.
 *
 * Pure: compiles in user space too, see portable.h.
 */
#ifndef _CIPSEC_CPF_H
#define _CIPSEC_CPF_H

#include "portable.h"

enum cipsec_cpf_item {
	CIPSEC_CPF_CONNECTED_ADDR	= 0x00a1,
	CIPSEC_CPF_CONNECTED_DATA	= 0x00b1,
	CIPSEC_CPF_SEQUENCED_ADDR	= 0x8002,
	CIPSEC_CPF_UCMM_UDP		= 0x8003,
};

/* As many bytes as a datagram's kind can be told from */
#define CIPSEC_CPF_PEEK		32
#define CIPSEC_CPF_ITEMS_MAX	4

/**
 * cipsec_cpf_io_offset() - where an I/O datagram's connected data item begins
 * @p: payload of a datagram
 * @len: bytes readable at @p
 *
 * Two items, the first a sequenced address (class 1, and class 0 as most send
 * it) or a connected address (class 0 of some stacks).
 *
 * Return: offset of the data item, or 0 when this is not CPF I/O. The
 * connection id is at offset 6 in both.
 */
static inline unsigned int cipsec_cpf_io_offset(const u8 *p, unsigned int len)
{
	u32 head;

	if (len < 10)
		return 0;
	head = get_unaligned_le32(p);
	if (head == ((u32)CIPSEC_CPF_SEQUENCED_ADDR << 16 | 2) &&
	    get_unaligned_le16(p + 4) == 8)
		return 14;
	if (head == ((u32)CIPSEC_CPF_CONNECTED_ADDR << 16 | 2) &&
	    get_unaligned_le16(p + 4) == 4)
		return 10;
	return 0;
}

static inline u32 cipsec_cpf_io_id(const u8 *p)
{
	return get_unaligned_le32(p + 6);
}

/**
 * cipsec_cpf_io_size() - size of an I/O datagram's data
 * @p: payload of a datagram for which cipsec_cpf_io_offset() gave @off
 * @len: bytes of the whole payload, all readable up to @off + 4
 * @off: offset of the data item
 *
 * Return: bytes of the connected data item, which must end where the datagram
 * ends, or -1.
 */
static inline int cipsec_cpf_io_size(const u8 *p, unsigned int len,
				     unsigned int off)
{
	if (len < off + 4 ||
	    get_unaligned_le16(p + off) != CIPSEC_CPF_CONNECTED_DATA ||
	    get_unaligned_le16(p + off + 2) != len - off - 4)
		return -1;
	return len - off - 4;
}

/**
 * cipsec_cpf_is_ucmm() - does a datagram carry an unconnected message?
 * @p: payload of the datagram
 * @len: bytes readable at @p
 *
 * Item 0x8003 among the first few items. Legal only inside DTLS.
 */
static inline bool cipsec_cpf_is_ucmm(const u8 *p, unsigned int len)
{
	unsigned int off = 2, n;

	if (len < 6)
		return false;
	n = get_unaligned_le16(p);
	if (!n || n > CIPSEC_CPF_ITEMS_MAX)
		return false;
	for (; n && off + 4 <= len; n--) {
		if (get_unaligned_le16(p + off) == CIPSEC_CPF_UCMM_UDP)
			return true;
		off += 4 + get_unaligned_le16(p + off + 2);
	}
	return false;
}

#endif /* _CIPSEC_CPF_H */
