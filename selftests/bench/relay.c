// SPDX-License-Identifier: GPL-2.0-only
/*
 * What someone with an unmodified program runs where there is no cipsec: a relay
 * beside it, on the loopback interface, that speaks DTLS to the one at the other
 * end.
 *
 *   program -> lo -> relay => veth => relay -> lo -> program
 *
 * Once with the relay's two steps called by the program's own process, which is
 * kind to it, and once with the relays being processes, which they are.
 *
 * The processes are of the batch class: who was woken waits until the running one
 * sleeps. That is the fewest switches there can be (three a datagram), and as
 * many in each run.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dtls.h"

#define LOOPBACK	"127.0.0.1"
#define RELAY_PORT	22222

static struct dtls_pair pair;
static int program[SIDES] = { -1, -1 };
static int relay[SIDES] = { -1, -1 };
static pid_t child[SIDES];

static int relay_side_open(enum bench_side side)
{
	int err;

	program[side] = net_socket(side, LOOPBACK, BENCH_PORT_IO);
	if (program[side] < 0)
		return program[side];
	relay[side] = net_socket(side, LOOPBACK, RELAY_PORT);
	if (relay[side] < 0)
		return relay[side];

	err = net_connect(program[side], LOOPBACK, RELAY_PORT);
	if (err)
		return err;
	return net_connect(relay[side], LOOPBACK, BENCH_PORT_IO);
}

static int relay_open(const struct bench_row *row)
{
	int err;

	err = dtls_open(&pair, row->suite);
	if (err)
		return err;
	err = relay_side_open(SIDE_A);
	if (err)
		return err;
	return relay_side_open(SIDE_B);
}

static ssize_t relay_seal(void)
{
	unsigned char buf[BENCH_SIZE_MAX];
	ssize_t n;

	n = recv(relay[SIDE_A], buf, sizeof(buf), 0);
	if (n < 0)
		return -errno;
	return dtls_send(pair.client, buf, (size_t)n);
}

static ssize_t relay_unseal(void)
{
	unsigned char buf[BENCH_SIZE_MAX];
	ssize_t n;

	n = dtls_recv(pair.server, buf, sizeof(buf));
	if (n < 0)
		return n;
	n = send(relay[SIDE_B], buf, (size_t)n, 0);
	return n < 0 ? -errno : n;
}

static ssize_t relay_send(const void *buf, size_t len)
{
	ssize_t n;

	n = program_send(program[SIDE_A], buf, len);
	return n < 0 ? n : relay_seal();
}

static ssize_t relay_recv(void *buf, size_t len)
{
	ssize_t n;

	n = relay_unseal();
	return n < 0 ? n : program_recv(program[SIDE_B], buf, len);
}

static void relay_close(void)
{
	int side;

	for (side = 0; side < SIDES; side++) {
		net_close(&program[side]);
		net_close(&relay[side]);
	}
	dtls_close(&pair);
}

const struct bench_path path_relay = {
	.name	= "relay",
	.open	= relay_open,
	.send	= relay_send,
	.recv	= relay_recv,
	.close	= relay_close,
	.rounds	= DTLS_ROUNDS,
};

static pid_t relay_fork(int fd, ssize_t (*step)(void))
{
	struct timeval forever = {};
	pid_t pid = fork();

	if (pid)
		return pid;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &forever, sizeof(forever)))
		_exit(1);
	while (step() >= 0)
		;
	_exit(1);
}

static int set_class(int class)
{
	struct sched_param param = {};

	return sched_setscheduler(0, class, &param) ? -errno : 0;
}

static int processes_open(const struct bench_row *row)
{
	int err;

	err = relay_open(row);
	if (err)
		return err;
	err = set_class(SCHED_BATCH);
	if (err)
		return err;

	child[SIDE_A] = relay_fork(relay[SIDE_A], relay_seal);
	child[SIDE_B] = relay_fork(pair.fd_server, relay_unseal);
	return child[SIDE_A] < 0 || child[SIDE_B] < 0 ? -EAGAIN : 0;
}

static ssize_t processes_send(const void *buf, size_t len)
{
	return program_send(program[SIDE_A], buf, len);
}

static ssize_t processes_recv(void *buf, size_t len)
{
	return program_recv(program[SIDE_B], buf, len);
}

static void processes_close(void)
{
	int side;

	for (side = 0; side < SIDES; side++) {
		if (child[side] > 0) {
			kill(child[side], SIGKILL);
			waitpid(child[side], NULL, 0);
		}
		child[side] = 0;
	}
	set_class(SCHED_OTHER);
	relay_close();
}

const struct bench_path path_relay_processes = {
	.name		= "relay-processes",
	.open		= processes_open,
	.send		= processes_send,
	.recv		= processes_recv,
	.close		= processes_close,
	.rounds		= DTLS_ROUNDS,
	.no_split	= true,
};
