/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests to the family cipsec byte by byte, so that wrong ones can be made, and
 * the kernel's answers with all they say.
 */
#ifndef CIPSEC_SELFTEST_REQUEST_H
#define CIPSEC_SELFTEST_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/cipsec.h>
#include <linux/netlink.h>

/**
 * struct link - a socket to the kernel, which may own associations
 * @fd: socket
 * @family: number of the family cipsec
 * @seq: of the last request
 */
struct link {
	int fd;
	uint16_t family;
	uint32_t seq;
};

/**
 * struct request - a message that is being made
 * @buf: it
 */
struct request {
	uint8_t buf[24 * 1024] __attribute__((aligned(NLMSG_ALIGNTO)));
};

/**
 * struct answer - what the kernel said to a request
 * @err: 0 or -errno
 * @sentence: of the extended acknowledgment, or empty
 * @attr: type of the attribute that it points to, 0 for none
 * @id: first u32 attribute of the reply, which is the object's id, or 0
 */
struct answer {
	int err;
	char sentence[256];
	uint16_t attr;
	uint32_t id;
};

/* Attributes of one message of a list */
typedef void (*list_fn)(const struct nlattr *attrs, size_t len, void *arg);

int link_open(struct link *link);
int link_open_quoting(struct link *link);
void link_close(struct link *link);
int link_group(const struct link *link, const char *name);

void request_begin(struct request *req, struct link *link, uint8_t cmd);
void request_put(struct request *req, uint16_t type, const void *data, size_t len);
void request_put_u8(struct request *req, uint16_t type, uint8_t v);
void request_put_u16(struct request *req, uint16_t type, uint16_t v);
void request_put_u32(struct request *req, uint16_t type, uint32_t v);
void request_put_u64(struct request *req, uint16_t type, uint64_t v);
size_t request_nest(struct request *req, uint16_t type);
void request_nest_end(struct request *req, size_t nest);
struct nlmsghdr *request_header(struct request *req);

void request_send(struct link *link, struct request *req);
void request_ask(struct link *link, struct request *req, struct answer *answer);
int request_list(struct link *link, uint8_t cmd, list_fn fn, void *arg);

/* NULL when it is not there */
const struct nlattr *attr_find(const struct nlattr *attrs, size_t len, uint16_t type);
uint32_t attr_u32(const struct nlattr *attr);

/* A network namespace of its own, with loopback up; dies when it cannot. */
void fresh_namespace(void);

/* A UDP socket from 127.0.0.1 and @local to @peer and @remote */
int udp_socket(const char *peer, uint16_t local, uint16_t remote);
void udp_connect(int fd, const char *peer, uint16_t remote);

#endif
