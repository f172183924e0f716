// SPDX-License-Identifier: GPL-2.0-only
/*
 * cipsec beside unmodified programs, and what its presence costs those who do
 * not use it. This program is the agent of both sides, less the handshake: what
 * a handshake costs is no matter of datagrams.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/cipsec.h>

#include "../../user/lib/cipsec.h"
#include "cpf.h"

/* ids of the direction that only answers */
#define ANSWER_ID(id)	((id) | 0x80000000)

static int program[SIDES] = { -1, -1 };
static int agent[SIDES] = { -1, -1 };
static struct cipsec *handle[SIDES];
static uint32_t assoc[SIDES];

static int complain(const struct cipsec *h, int err)
{
	if (err)
		fprintf(stderr, "bench: %s\n", cipsec_error(h));
	return err;
}

static int set_policy(enum bench_side side, const char *addr,
		      uint8_t prefix_len, uint8_t verb)
{
	struct cipsec_policy policy = {
		.prefix_len = prefix_len,
		.verb = verb,
	};

	cipsec_addr_parse(&policy.addr, addr);
	return complain(handle[side], cipsec_policy_set(handle[side], &policy));
}

static int open_handles(void)
{
	int side;
	int err;

	for (side = 0; side < SIDES; side++) {
		err = net_enter(side);
		if (err)
			return err;
		err = complain(handle[side], cipsec_open(&handle[side]));
		if (err)
			return err;
		/* unlisted peers; the first policy of a namespace */
		err = set_policy(side, "0.0.0.0", 0, CIPSEC_VERB_TRUST);
		if (err)
			return err;
	}
	return 0;
}

static int open_agent_sockets(void)
{
	int err;

	agent[SIDE_A] = net_socket(SIDE_A, BENCH_ADDR_A, 0);
	if (agent[SIDE_A] < 0)
		return agent[SIDE_A];
	agent[SIDE_B] = net_socket(SIDE_B, BENCH_ADDR_B, CIPSEC_PORT_SECURE);
	if (agent[SIDE_B] < 0)
		return agent[SIDE_B];

	err = net_connect(agent[SIDE_A], BENCH_ADDR_B, CIPSEC_PORT_SECURE);
	if (err)
		return err;
	return net_connect(agent[SIDE_B], BENCH_ADDR_A,
			   net_port(agent[SIDE_A]));
}

static int new_assoc(enum bench_side side)
{
	static const char identity[32] = "both sides are this program";
	struct cipsec_assoc_new spec = {
		.role = side == SIDE_A ? CIPSEC_ROLE_CLIENT :
					 CIPSEC_ROLE_SERVER,
		.socket = agent[side],
		.identity = identity,
		.identity_len = sizeof(identity),
	};
	struct cipsec_assoc out;
	int err;

	err = cipsec_assoc_new(handle[side], &spec, &out);
	if (err)
		return complain(handle[side], err);
	assoc[side] = out.id;
	return 0;
}

/*
 * Early demultiplexing finds the route of a record through the agent's socket,
 * once that has received something, as it has after a handshake.
 */
static int exchange_hellos(void)
{
	static const uint8_t hello[] = {
		22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0,
	};
	uint8_t heard[sizeof(hello)];
	int side;

	for (side = 0; side < SIDES; side++) {
		if (send(agent[side], hello, sizeof(hello), 0) < 0)
			return -errno;
		if (recv(agent[!side], heard, sizeof(heard), 0) < 0)
			return -errno;
	}
	return 0;
}

static int random_key(struct cipsec_dir_key *key,
		      const struct bench_suite *suite)
{
	*key = (struct cipsec_dir_key){
		.enc_len = suite->enc_key,
		.mac_len = suite->mac_key,
		.salt_len = suite->salt,
	};
	if (getrandom(key->enc, key->enc_len, 0) < 0 ||
	    getrandom(key->mac, key->mac_len, 0) < 0 ||
	    getrandom(key->salt, key->salt_len, 0) < 0)
		return -errno;
	return 0;
}

static int install_keys(const struct bench_suite *suite)
{
	struct cipsec_key key = { .suite = suite->iana, .reserve = -1 };
	struct cipsec_dir_key dir[SIDES];
	int side;
	int err;

	for (side = 0; side < SIDES; side++) {
		err = random_key(&dir[side], suite);
		if (err)
			return err;
	}
	for (side = 0; side < SIDES; side++) {
		key.assoc = assoc[side];
		key.tx = dir[side];
		key.rx = dir[!side];
		err = complain(handle[side],
			       cipsec_key_new(handle[side], &key));
		if (err)
			return err;
	}
	return 0;
}

static int bind_conns(unsigned int conns)
{
	struct cipsec_conn conn = { .transport = 1 };
	unsigned int i;
	uint32_t id;
	int side;
	int err;

	for (side = 0; side < SIDES; side++) {
		conn.assoc = assoc[side];
		for (i = 0; i < conns; i++) {
			id = BENCH_CONN_ID + i;
			conn.produced = side == SIDE_A ? id : ANSWER_ID(id);
			conn.consumed = side == SIDE_A ? ANSWER_ID(id) : id;
			err = complain(handle[side],
				       cipsec_conn_new(handle[side], &conn,
						       NULL));
			if (err)
				return err;
		}
	}
	return 0;
}

/* One datagram back, so that both sides have seen the other to have the keys. */
static int answer(void)
{
	uint8_t buf[sizeof(struct cpf_io) + 32];
	struct sockaddr_in to;
	socklen_t len = sizeof(to);

	if (getsockname(program[SIDE_A], (struct sockaddr *)&to, &len))
		return -errno;
	program_fill(buf, sizeof(buf), ANSWER_ID(BENCH_CONN_ID), 1);
	if (sendto(program[SIDE_B], buf, sizeof(buf), 0,
		   (struct sockaddr *)&to, len) < 0)
		return -errno;
	if (recv(program[SIDE_A], buf, sizeof(buf), 0) < 0)
		return -errno;
	return 0;
}

static int cipsec_path_open(const struct bench_row *row)
{
	static const char * const peer[SIDES] = { BENCH_ADDR_B, BENCH_ADDR_A };
	int side;
	int err;

	err = program_open(&program[SIDE_A], &program[SIDE_B],
			   row->unconnected);
	if (err)
		return err;
	err = open_handles();
	if (err)
		return err;
	err = open_agent_sockets();
	if (err)
		return err;

	for (side = 0; side < SIDES; side++) {
		err = set_policy(side, peer[side], 32, CIPSEC_VERB_REQUIRE);
		if (err)
			return err;
		err = new_assoc(side);
		if (err)
			return err;
	}

	err = exchange_hellos();
	if (err)
		return err;
	err = install_keys(row->suite);
	if (err)
		return err;
	err = bind_conns(row->conns);
	if (err)
		return err;
	return answer();
}

static ssize_t cipsec_path_send(const void *buf, size_t len)
{
	return program_send(program[SIDE_A], buf, len);
}

static ssize_t cipsec_path_recv(void *buf, size_t len)
{
	return program_recv(program[SIDE_B], buf, len);
}

/* Datagrams of both sides that took a way longer than the usual one. */
struct detours {
	uint64_t copied;
	uint64_t realloc;
	uint64_t slow;
};

static struct detours at_begin;

static struct detours count_detours(void)
{
	uint64_t stats[CIPSEC_A_STAT_PAD];
	struct detours sum = {};
	int side;

	for (side = 0; side < SIDES; side++) {
		if (complain(handle[side],
			     cipsec_stats_get(handle[side], stats)))
			continue;
		sum.copied += stats[CIPSEC_A_STAT_COPIED];
		sum.realloc += stats[CIPSEC_A_STAT_REALLOC];
		sum.slow += stats[CIPSEC_A_STAT_SLOW_CRYPTO];
	}
	return sum;
}

static void cipsec_path_begin(void)
{
	at_begin = count_detours();
}

/* What would explain a figure that is too large. */
static void cipsec_path_describe(char *out, size_t len)
{
	struct detours sum = count_detours();
	struct cipsec_assoc info = {};

	complain(handle[SIDE_A],
		 cipsec_assoc_get(handle[SIDE_A], assoc[SIDE_A], &info));
	snprintf(out, len,
		 ", \"driver\": \"%s\", \"copied\": %ju, \"realloc\": %ju, \"slow\": %ju",
		 info.driver, sum.copied - at_begin.copied,
		 sum.realloc - at_begin.realloc, sum.slow - at_begin.slow);
}

static void cipsec_path_close(void)
{
	int side;

	for (side = 0; side < SIDES; side++) {
		if (assoc[side])
			cipsec_assoc_del(handle[side], assoc[side]);
		assoc[side] = 0;
		if (handle[side])
			cipsec_policy_flush(handle[side]);
		cipsec_close(handle[side]);
		handle[side] = NULL;
		net_close(&agent[side]);
		net_close(&program[side]);
	}
}

const struct bench_path path_cipsec = {
	.name		= "cipsec",
	.open		= cipsec_path_open,
	.send		= cipsec_path_send,
	.recv		= cipsec_path_recv,
	.close		= cipsec_path_close,
	.begin		= cipsec_path_begin,
	.describe	= cipsec_path_describe,
	.needs_module	= true,
};

/* Loaded, and told nothing. */
static int idle_open(const struct bench_row *row)
{
	return program_open(&program[SIDE_A], &program[SIDE_B],
			    row->unconnected);
}

const struct bench_path path_idle = {
	.name		= "idle",
	.open		= idle_open,
	.send		= cipsec_path_send,
	.recv		= cipsec_path_recv,
	.close		= cipsec_path_close,
	.needs_module	= true,
};

/* Told to let this peer pass in clear. */
static int trust_open(const struct bench_row *row)
{
	int err;

	err = idle_open(row);
	return err ? err : open_handles();
}

const struct bench_path path_trust = {
	.name		= "trust",
	.open		= trust_open,
	.send		= cipsec_path_send,
	.recv		= cipsec_path_recv,
	.close		= cipsec_path_close,
	.needs_module	= true,
};
