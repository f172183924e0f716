/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CIPSEC_BENCH_CPF_H
#define CIPSEC_BENCH_CPF_H

#include "bench.h"

/* Common packet format of class 1 I/O: sequenced address, connected data. */
struct cpf_io {
	uint16_t items;
	uint16_t addr_type;
	uint16_t addr_len;
	uint32_t conn_id;
	uint32_t number;
	uint16_t data_type;
	uint16_t data_len;
	uint8_t data[];
} __attribute__((packed));

_Static_assert(sizeof(struct cpf_io) == 18, "class 1 I/O begins with 18 bytes");

#endif /* CIPSEC_BENCH_CPF_H */
