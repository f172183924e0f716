// SPDX-License-Identifier: GPL-2.0-only
/*
 * Load cipsec.ko, have it do something, unload it; again and again.
 *
 * usage: reload CIPSEC.KO ROUNDS
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../netlink/objects.h"
#include "../netlink/tap.h"

#define PEER		"127.0.0.2"
#define LOCAL_PORT	25000

static struct tap tap;

static bool load(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	long ret;

	if (fd < 0)
		err(1, "%s", path);
	ret = syscall(SYS_finit_module, fd, "", 0);
	tap_check(&tap, !ret, "loading: %s", strerror(errno));
	close(fd);
	return !ret;
}

static bool unload(void)
{
	long ret = syscall(SYS_delete_module, "cipsec", O_NONBLOCK);

	return tap_check(&tap, !ret, "unloading: %s", strerror(errno));
}

/* A policy that comes and goes; what stays goes with the module. */
static void use(unsigned int round)
{
	struct answer answer;
	struct link link;
	uint32_t assoc;
	int fd;

	link_open(&link);
	policy_set(&link, "0.0.0.0", 0, CIPSEC_VERB_REQUIRE, &answer);
	tap_check(&tap, !answer.err, "policy: %s", answer.sentence);
	fd = udp_socket(PEER, LOCAL_PORT, LOCAL_PORT);
	assoc = assoc_new(&link, fd, &answer);
	tap_check(&tap, assoc, "association: %s", answer.sentence);
	keys_install(&link, assoc, suites[round % 3], &answer);
	tap_check(&tap, !answer.err, "keys: %s", answer.sentence);
	conn_new(&link, assoc, 1ULL << 32 | 2, &answer);
	tap_check(&tap, !answer.err, "connection: %s", answer.sentence);
	policy_flush(&link);
	close(fd);
	/* Orphans in one round, an owner that lives on in the next */
	if (round % 2)
		link_close(&link);
}

int main(int argc, char **argv)
{
	unsigned int rounds, i;

	if (argc != 3)
		errx(2, "usage: reload CIPSEC.KO ROUNDS");
	rounds = atoi(argv[2]);
	for (i = 0; i < rounds && load(argv[1]); i++) {
		use(i);
		if (!unload())
			break;
	}
	tap_check(&tap, i == rounds, "%u of %u rounds", i, rounds);
	printf("# %u rounds\n", i);
	tap_result(&tap, "module_is_loaded_used_and_unloaded_again_and_again");
	return tap.failed != 0;
}
