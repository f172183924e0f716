// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plain class 0/1 originator: as the stack in the capture, it sends from an
 * ephemeral port to the target's 2222 and receives on a socket of its own on 2222.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "replay.h"

int main(int argc, char **argv)
{
	struct replay re = { .sends = O2T, .name = "originator" };
	struct sockaddr_in from;
	int status = 2;

	if (replay_options(&re, argc, argv,
			   "Send the O->T datagrams of CAPTURE to PEER, and check that the T->O\n"
			   "datagrams arrive byte for byte and in order."))
		goto free_capture;

	re.rx = replay_socket(&re.local);
	if (re.rx < 0) {
		fprintf(stderr, "originator: receiving socket: %s\n",
			strerror(-re.rx));
		goto free_capture;
	}

	from = re.local;
	from.sin_port = re.tx_port;
	re.tx = replay_socket(&from);
	if (re.tx < 0) {
		fprintf(stderr, "originator: sending socket: %s\n",
			strerror(-re.tx));
		goto close_rx;
	}

	status = replay_run(&re);
	close(re.tx);
close_rx:
	close(re.rx);
free_capture:
	io_capture_free(&re.capture);
	return status;
}
