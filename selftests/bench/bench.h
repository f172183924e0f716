/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counts instructions per datagram of several ways to carry class 1 I/O.
 *
 * Everything runs in one process on one CPU, because only then does a clock
 * that ticks once an instruction say what a datagram costs:
 *
 *      namespace cipsec-a                        namespace cipsec-b
 *   +----------------------+                  +----------------------+
 *   |  program    [relay]  |                  |  [relay]    program  |
 *   |     veth 10.0.0.1    +------------------+    veth 10.0.0.2     |
 *   +----------------------+     sniffer ---->+----------------------+
 */
#ifndef CIPSEC_BENCH_H
#define CIPSEC_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define BENCH_ADDR_A		"10.0.0.1"
#define BENCH_ADDR_B		"10.0.0.2"
#define BENCH_PORT_IO		2222
#define BENCH_SIZE_MAX		1472
#define BENCH_CONN_ID		0x00c10001

enum bench_side { SIDE_A, SIDE_B, SIDES };

/* A cipher suite, in GnuTLS's words and in those of the key installation. */
struct bench_suite {
	const char *name;
	const char *iana_name;
	const char *priority;
	uint16_t iana;
	unsigned int enc_key;
	unsigned int mac_key;
	unsigned int salt;
	/* integrity only: the wire shows the data, inside of records */
	bool readable;
};

extern const struct bench_suite suite_aes_128_gcm;
extern const struct bench_suite suite_aes_256_gcm;
extern const struct bench_suite suite_null_sha;

struct bench_row;

/*
 * A way to carry a datagram. send() takes it from the program of side A as far
 * as it goes without side B, recv() from there to the program of side B. Both
 * return the payload's length, or -errno.
 */
struct bench_path {
	const char *name;
	int (*open)(const struct bench_row *row);
	ssize_t (*send)(const void *buf, size_t len);
	ssize_t (*recv)(void *buf, size_t len);
	void (*close)(void);
	/* optional: timing begins */
	void (*begin)(void);
	/* optional: members for the row's JSON object, each after a comma */
	void (*describe)(char *out, size_t len);
	/* the sending half cannot be told from the receiving half */
	bool no_split;
	bool needs_module;
	/* associations to take the mean of, 0 for one */
	unsigned int rounds;
};

extern const struct bench_path path_plain;
extern const struct bench_path path_gnutls;
extern const struct bench_path path_relay;
extern const struct bench_path path_relay_processes;
extern const struct bench_path path_idle;
extern const struct bench_path path_trust;
extern const struct bench_path path_cipsec;

struct bench_row {
	const struct bench_path *path;
	const struct bench_suite *suite;
	/* connection ids that take turns */
	unsigned int conns;
	/* the receiving program does not call connect() */
	bool unconnected;
};

/* net.c */
int net_open(void);
int net_enter(enum bench_side side);
int net_socket(enum bench_side side, const char *addr, uint16_t port);
int net_connect(int fd, const char *addr, uint16_t port);
uint16_t net_port(int fd);
int net_drop(bool on);
void net_close(int *fd);

/* program.c: the two programs, which know nothing of security */
int program_open(int *fd_a, int *fd_b, bool unconnected);
void program_fill(void *buf, size_t len, uint32_t conn_id, uint32_t number);
ssize_t program_send(int fd, const void *buf, size_t len);
ssize_t program_recv(int fd, void *buf, size_t len);

/* wire.c: what an eavesdropper between the two sees */
struct wire {
	int fd;
	unsigned int datagrams;	/* UDP, all */
	unsigned int records;	/* one DTLS record of type 23, nothing else */
	unsigned int clear;	/* begins as CPF I/O does */
	unsigned int readable;	/* shows the data that was sent */
};

int wire_open(struct wire *wire);
void wire_look(struct wire *wire, const void *data, size_t len);
void wire_close(struct wire *wire);

#endif /* CIPSEC_BENCH_H */
