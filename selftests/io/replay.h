/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the originator and the target have in common: they send the datagrams of
 * their direction at the recorded pace, and compare what they receive with the
 * datagrams of the other direction, byte for byte and in order.
 */
#ifndef CIPSEC_IO_REPLAY_H
#define CIPSEC_IO_REPLAY_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#include "capture.h"

/**
 * struct replay - an exchange, as the command line wants it
 * @sends: the direction this program sends
 * @local: address and port to receive on
 * @peer: address and port to send to; 0.0.0.0 learns it from what arrives
 * @tx_port: the originator's source port, 0 for an ephemeral one
 * @at_once: a target produces before it has received anything
 * @forever: repeat the capture until SIGTERM or SIGINT
 * @count: datagrams each way, 0 for those of the capture
 * @allow_loss: lost and refused datagrams that still are a success, -1 for any
 * @speed: times the recorded pace
 * @wait: seconds to wait for the first datagram
 * @linger: seconds of silence that end the exchange
 * @rx: socket that receives
 * @tx: socket that sends, may be @rx
 */
struct replay {
	enum io_direction sends;
	const char *name;
	struct sockaddr_in local;
	struct sockaddr_in peer;
	in_port_t tx_port;
	bool at_once;
	bool forever;
	size_t count;
	long allow_loss;
	double speed;
	double wait;
	double linger;
	int rx;
	int tx;
	struct io_capture capture;
};

int replay_options(struct replay *re, int argc, char **argv, const char *about);
int replay_socket(const struct sockaddr_in *local);
int replay_run(struct replay *re);

#endif
