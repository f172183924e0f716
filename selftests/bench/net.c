// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two namespaces. The script `guest` made them and the veth pair.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "bench.h"

static int netns[SIDES] = { -1, -1 };

int net_open(void)
{
	static const char * const names[SIDES] = {
		"/run/netns/cipsec-a", "/run/netns/cipsec-b"
	};
	int side;

	for (side = 0; side < SIDES; side++) {
		netns[side] = open(names[side], O_RDONLY | O_CLOEXEC);
		if (netns[side] < 0)
			return -errno;
	}
	return 0;
}

int net_enter(enum bench_side side)
{
	return setns(netns[side], CLONE_NEWNET) ? -errno : 0;
}

static struct sockaddr_in net_addr(const char *addr, uint16_t port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };

	sin.sin_port = htons(port);
	inet_pton(AF_INET, addr, &sin.sin_addr);
	return sin;
}

/* Returns a bound UDP socket in the namespace of @side; port 0 lets it choose. */
int net_socket(enum bench_side side, const char *addr, uint16_t port)
{
	/* A lost datagram must end the run, and waiting costs no instruction. */
	struct timeval timeout = { .tv_sec = 1 };
	struct sockaddr_in sin = net_addr(addr, port);
	int err;
	int fd;

	err = net_enter(side);
	if (err)
		return err;

	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) ||
	    bind(fd, (struct sockaddr *)&sin, sizeof(sin))) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

int net_connect(int fd, const char *addr, uint16_t port)
{
	struct sockaddr_in sin = net_addr(addr, port);

	return connect(fd, (struct sockaddr *)&sin, sizeof(sin)) ? -errno : 0;
}

uint16_t net_port(int fd)
{
	struct sockaddr_in sin = {};
	socklen_t len = sizeof(sin);

	if (getsockname(fd, (struct sockaddr *)&sin, &len))
		return 0;
	return ntohs(sin.sin_port);
}

/*
 * Throw away what reaches side B, before IP sees it: what is left is the cost of
 * sending. The qdisc goes away again, because an empty one is not free.
 */
int net_drop(bool on)
{
	static const char add[] =
		"tc -n cipsec-b qdisc add dev veth clsact && "
		"tc -n cipsec-b filter add dev veth ingress matchall action drop";
	static const char del[] = "tc -n cipsec-b qdisc del dev veth clsact";

	return system(on ? add : del) ? -EIO : 0;
}

void net_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}
