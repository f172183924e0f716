// SPDX-License-Identifier: GPL-2.0-only
#include <endian.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "cpf.h"

int program_open(int *fd_a, int *fd_b, bool unconnected)
{
	int err;

	*fd_b = -1;
	*fd_a = net_socket(SIDE_A, BENCH_ADDR_A, BENCH_PORT_IO);
	if (*fd_a < 0)
		return *fd_a;

	*fd_b = net_socket(SIDE_B, BENCH_ADDR_B, BENCH_PORT_IO);
	if (*fd_b < 0)
		return *fd_b;

	err = net_connect(*fd_a, BENCH_ADDR_B, BENCH_PORT_IO);
	if (err || unconnected)
		return err;
	return net_connect(*fd_b, BENCH_ADDR_A, BENCH_PORT_IO);
}

/* A class 1 datagram of @len bytes, no two of them with the same data. */
void program_fill(void *buf, size_t len, uint32_t conn_id, uint32_t number)
{
	struct cpf_io *io = buf;
	uint64_t x = number * 0x9e3779b97f4a7c15 + 1;
	size_t i;

	*io = (struct cpf_io){
		.items		= htole16(2),
		.addr_type	= htole16(0x8002),
		.addr_len	= htole16(8),
		.conn_id	= htole32(conn_id),
		.number		= htole32(number),
		.data_type	= htole16(0x00b1),
		.data_len	= htole16(len - sizeof(*io)),
	};
	for (i = 0; i < len - sizeof(*io); i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		io->data[i] = x >> 24;
	}
}

ssize_t program_send(int fd, const void *buf, size_t len)
{
	ssize_t n = send(fd, buf, len, 0);

	return n < 0 ? -errno : n;
}

/* I/O programs ask whom a datagram is from. */
ssize_t program_recv(int fd, void *buf, size_t len)
{
	struct sockaddr_in from;
	socklen_t from_len = sizeof(from);
	ssize_t n;

	n = recvfrom(fd, buf, len, 0, (struct sockaddr *)&from, &from_len);
	return n < 0 ? -errno : n;
}

static int fd_a = -1;
static int fd_b = -1;

static int plain_open(const struct bench_row *row)
{
	return program_open(&fd_a, &fd_b, row->unconnected);
}

static ssize_t plain_send(const void *buf, size_t len)
{
	return program_send(fd_a, buf, len);
}

static ssize_t plain_recv(void *buf, size_t len)
{
	return program_recv(fd_b, buf, len);
}

static void plain_close(void)
{
	net_close(&fd_a);
	net_close(&fd_b);
}

const struct bench_path path_plain = {
	.name	= "plain",
	.open	= plain_open,
	.send	= plain_send,
	.recv	= plain_recv,
	.close	= plain_close,
};
