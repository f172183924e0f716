/* SPDX-License-Identifier: GPL-2.0-only */
/* Sockets that peers connect to, and the way of a datagram to whom it is for. */
#ifndef CIPSEC_AGENT_LISTENER_H
#define CIPSEC_AGENT_LISTENER_H

#include <netinet/in.h>

#include "agent.h"

/**
 * listener_open() - open the sockets of the settings
 *
 * Ones that are open already stay, ones that are not in the settings close.
 *
 * Return: 0; -errno, and a line in the log
 */
int listener_open(struct agent *agent);

void listener_close(struct agent *agent);

/**
 * listener_read() - read a socket empty and hand out what was in it
 * @fd: the socket
 * @local: what it is bound to
 *
 * Between bind() and connect() a socket receives what others were meant to;
 * so each datagram goes by its source, whatever socket it arrived on.
 */
void listener_read(struct agent *agent, int fd,
		   const struct cipsec_endpoint *local);

/**
 * listener_cookie() - exchange cookies
 * @fd: socket to answer with
 * @data, @len: a ClientHello
 * @prestate: for the session that follows
 *
 * Return: true when the client has proved its address
 */
bool listener_cookie(struct agent *agent, int fd,
		     const struct cipsec_endpoint *local,
		     const struct cipsec_endpoint *remote, const void *data,
		     size_t len, gnutls_dtls_prestate_st *prestate);

/**
 * listener_socket() - a bound socket that a successor can share
 * @local: address and port; port 0 for any, no address for any
 *
 * Return: descriptor; -errno
 */
int listener_socket(const struct cipsec_endpoint *local);

void endpoint_to_sockaddr(const struct cipsec_endpoint *end,
			  struct sockaddr_in *to);
void endpoint_from_sockaddr(struct cipsec_endpoint *end,
			    const struct sockaddr_in *from);
bool endpoint_equal(const struct cipsec_endpoint *a,
		    const struct cipsec_endpoint *b);

#endif
