/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CIPSEC_SELFTEST_OBJECTS_H
#define CIPSEC_SELFTEST_OBJECTS_H

#include "request.h"

#define ABSENT		((size_t)-1)
#define CONN_ANY	(1ULL << 63)

/**
 * struct part - key material of one direction
 * @enc_len, @mac_len, @salt_len: bytes given, or ABSENT
 * @bytes: where all three are taken from
 */
struct part {
	size_t enc_len;
	size_t mac_len;
	size_t salt_len;
	uint8_t bytes[64];
};

/**
 * struct keys - a KEY_NEW
 */
struct keys {
	uint32_t assoc;
	uint16_t suite;
	struct part tx;
	struct part rx;
};

extern const uint16_t suites[3];

/* Other keys than another process of the same program makes */
void keys_stir(uint32_t stranger);
/* Right keys for a suite, never the same twice */
void keys_make(struct keys *keys, uint32_t assoc, uint16_t suite);
void keys_request(struct link *link, struct request *req, const struct keys *keys);
int keys_install(struct link *link, uint32_t assoc, uint16_t suite, struct answer *answer);

void policy_request(struct link *link, struct request *req, const char *addr,
		    uint8_t plen, uint8_t verb);
void policy_set(struct link *link, const char *addr, uint8_t plen, uint8_t verb,
		struct answer *answer);
void policy_del(struct link *link, const char *addr, uint8_t plen, struct answer *answer);
void policy_flush(struct link *link);

void assoc_request(struct link *link, struct request *req, int fd);
/* Return: its id, 0 with the reason in @answer */
uint32_t assoc_new(struct link *link, int fd, struct answer *answer);
uint32_t assoc_replace(struct link *link, int fd, uint32_t old, struct answer *answer);
void assoc_del(struct link *link, uint32_t id, struct answer *answer);
/* All of the namespace, whoever owns them */
void assoc_del_all(struct link *link);
void assoc_adopt(struct link *link, uint32_t id, struct answer *answer);
/* Is there an association of this id? */
bool assoc_exists(struct link *link, uint32_t id);

/* @ids: consumed << 32 | produced, or CONN_ANY */
uint32_t conn_new(struct link *link, uint32_t assoc, uint64_t ids, struct answer *answer);
void conn_del(struct link *link, uint32_t id, struct answer *answer);

void record_request(struct link *link, struct request *req, uint32_t assoc,
		    uint8_t type, const void *data, size_t len);

#endif
