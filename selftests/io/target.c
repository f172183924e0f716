// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plain class 0/1 target: one socket on 2222, which receives, and answers to
 * the originator's 2222.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "replay.h"

int main(int argc, char **argv)
{
	struct replay re = { .sends = T2O, .name = "target" };
	int status = 2;

	if (replay_options(&re, argc, argv,
			   "Check that the O->T datagrams of CAPTURE arrive byte for byte and in order.\n"
			   "From the first one on (or at once), send the T->O datagrams to PEER, or to\n"
			   "whoever sent the first one."))
		goto free_capture;

	re.rx = replay_socket(&re.local);
	if (re.rx < 0) {
		fprintf(stderr, "target: socket: %s\n", strerror(-re.rx));
		goto free_capture;
	}

	re.tx = re.rx;
	status = replay_run(&re);
	close(re.rx);
free_capture:
	io_capture_free(&re.capture);
	return status;
}
