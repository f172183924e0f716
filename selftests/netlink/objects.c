// SPDX-License-Identifier: GPL-2.0-only
/* Right requests, to be used as they are or spoilt. */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <string.h>

#include "objects.h"

const uint16_t suites[3] = { 0xc02b, 0xc02c, 0xc006 };

/* ---- Keys ---------------------------------------------------------------- */

static uint64_t state = 0x9e3779b97f4a7c15;

void keys_stir(uint32_t stranger)
{
	state += stranger * 0xbf58476d1ce4e5b9;
}

static void part_make(struct part *part, uint16_t suite)
{
	size_t i;

	part->enc_len = suite == 0xc02b ? 16 : suite == 0xc02c ? 32 : ABSENT;
	part->mac_len = suite == 0xc006 ? 20 : ABSENT;
	part->salt_len = suite == 0xc006 ? ABSENT : 4;
	for (i = 0; i < sizeof(part->bytes); i++) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		part->bytes[i] = state >> 32;
	}
}

void keys_make(struct keys *keys, uint32_t assoc, uint16_t suite)
{
	keys->assoc = assoc;
	keys->suite = suite;
	part_make(&keys->tx, suite);
	part_make(&keys->rx, suite);
}

static void put_part(struct request *req, uint16_t type, const struct part *part)
{
	size_t nest = request_nest(req, type);

	if (part->enc_len != ABSENT)
		request_put(req, CIPSEC_A_DIR_ENC_KEY, part->bytes, part->enc_len);
	if (part->mac_len != ABSENT)
		request_put(req, CIPSEC_A_DIR_MAC_KEY, part->bytes, part->mac_len);
	if (part->salt_len != ABSENT)
		request_put(req, CIPSEC_A_DIR_SALT, part->bytes + 48, part->salt_len);
	request_nest_end(req, nest);
}

void keys_request(struct link *link, struct request *req, const struct keys *keys)
{
	request_begin(req, link, CIPSEC_CMD_KEY_NEW);
	request_put_u32(req, CIPSEC_A_KEY_ASSOC, keys->assoc);
	request_put_u16(req, CIPSEC_A_KEY_SUITE, keys->suite);
	put_part(req, CIPSEC_A_KEY_TX, &keys->tx);
	put_part(req, CIPSEC_A_KEY_RX, &keys->rx);
}

int keys_install(struct link *link, uint32_t assoc, uint16_t suite, struct answer *answer)
{
	static struct request req;
	struct keys keys;

	keys_make(&keys, assoc, suite);
	keys_request(link, &req, &keys);
	request_ask(link, &req, answer);
	return answer->err;
}

/* ---- Policies ------------------------------------------------------------ */

static void put_prefix(struct request *req, const char *addr, uint8_t plen)
{
	uint8_t bytes[16];
	bool is_v6 = strchr(addr, ':');

	if (inet_pton(is_v6 ? AF_INET6 : AF_INET, addr, bytes) != 1)
		errx(1, "%s is not an address", addr);
	request_put(req, CIPSEC_A_POLICY_ADDR, bytes, is_v6 ? 16 : 4);
	request_put_u8(req, CIPSEC_A_POLICY_PREFIX_LEN, plen);
}

void policy_request(struct link *link, struct request *req, const char *addr,
		    uint8_t plen, uint8_t verb)
{
	request_begin(req, link, CIPSEC_CMD_POLICY_SET);
	put_prefix(req, addr, plen);
	request_put_u8(req, CIPSEC_A_POLICY_VERB, verb);
}

void policy_set(struct link *link, const char *addr, uint8_t plen, uint8_t verb,
		struct answer *answer)
{
	static struct request req;

	policy_request(link, &req, addr, plen, verb);
	request_ask(link, &req, answer);
}

void policy_del(struct link *link, const char *addr, uint8_t plen, struct answer *answer)
{
	static struct request req;

	request_begin(&req, link, CIPSEC_CMD_POLICY_DEL);
	put_prefix(&req, addr, plen);
	request_ask(link, &req, answer);
}

void policy_flush(struct link *link)
{
	static struct request req;
	struct answer answer;

	request_begin(&req, link, CIPSEC_CMD_POLICY_DEL);
	request_ask(link, &req, &answer);
	if (answer.err)
		errx(1, "flushing the policies: %s", strerror(-answer.err));
}

/* ---- Associations and connections ------------------------------------------ */

void assoc_request(struct link *link, struct request *req, int fd)
{
	request_begin(req, link, CIPSEC_CMD_ASSOC_NEW);
	request_put_u8(req, CIPSEC_A_ASSOC_ROLE, CIPSEC_ROLE_CLIENT);
	request_put_u32(req, CIPSEC_A_ASSOC_SOCKET, fd);
}

uint32_t assoc_new(struct link *link, int fd, struct answer *answer)
{
	static struct request req;

	assoc_request(link, &req, fd);
	request_ask(link, &req, answer);
	return answer->err ? 0 : answer->id;
}

uint32_t assoc_replace(struct link *link, int fd, uint32_t old, struct answer *answer)
{
	static struct request req;

	assoc_request(link, &req, fd);
	request_put_u32(&req, CIPSEC_A_ASSOC_REPLACES, old);
	request_ask(link, &req, answer);
	return answer->err ? 0 : answer->id;
}

static void ask_by_id(struct link *link, uint8_t cmd, uint32_t id, struct answer *answer)
{
	static struct request req;

	request_begin(&req, link, cmd);
	request_put_u32(&req, CIPSEC_A_ASSOC_ID, id);
	request_ask(link, &req, answer);
}

void assoc_del(struct link *link, uint32_t id, struct answer *answer)
{
	ask_by_id(link, CIPSEC_CMD_ASSOC_DEL, id, answer);
}

static void del_listed(const struct nlattr *attrs, size_t len, void *arg)
{
	struct answer answer;

	assoc_del(arg, attr_u32(attr_find(attrs, len, CIPSEC_A_ASSOC_ID)), &answer);
}

void assoc_del_all(struct link *link)
{
	struct link other;
	int err;

	/* The list goes on meanwhile, on the socket it was asked for. */
	link_open(&other);
	err = request_list(link, CIPSEC_CMD_ASSOC_GET, del_listed, &other);
	if (err)
		errx(1, "listing the associations: %s", strerror(-err));
	link_close(&other);
}

bool assoc_exists(struct link *link, uint32_t id)
{
	struct answer answer;

	ask_by_id(link, CIPSEC_CMD_ASSOC_GET, id, &answer);
	if (answer.err && answer.err != -ENOENT)
		errx(1, "asking for an association: %s", strerror(-answer.err));
	return !answer.err;
}

void assoc_adopt(struct link *link, uint32_t id, struct answer *answer)
{
	static struct request req;

	request_begin(&req, link, CIPSEC_CMD_ASSOC_SET);
	request_put_u32(&req, CIPSEC_A_ASSOC_ID, id);
	request_put(&req, CIPSEC_A_ASSOC_ADOPT, NULL, 0);
	request_ask(link, &req, answer);
}

uint32_t conn_new(struct link *link, uint32_t assoc, uint64_t ids, struct answer *answer)
{
	static struct request req;

	request_begin(&req, link, CIPSEC_CMD_CONN_NEW);
	request_put_u32(&req, CIPSEC_A_CONN_ASSOC, assoc);
	if (ids == CONN_ANY) {
		request_put_u32(&req, CIPSEC_A_CONN_FLAGS, CIPSEC_CONN_F_ANY);
	} else {
		request_put_u32(&req, CIPSEC_A_CONN_CONSUMED, ids >> 32);
		request_put_u32(&req, CIPSEC_A_CONN_PRODUCED, (uint32_t)ids);
	}
	request_ask(link, &req, answer);
	return answer->err ? 0 : answer->id;
}

void conn_del(struct link *link, uint32_t id, struct answer *answer)
{
	ask_by_id(link, CIPSEC_CMD_CONN_DEL, id, answer);
}

void record_request(struct link *link, struct request *req, uint32_t assoc,
		    uint8_t type, const void *data, size_t len)
{
	request_begin(req, link, CIPSEC_CMD_RECORD_TX);
	request_put_u32(req, CIPSEC_A_RECORD_ASSOC, assoc);
	request_put_u8(req, CIPSEC_A_RECORD_TYPE, type);
	request_put(req, CIPSEC_A_RECORD_DATA, data, len);
}
