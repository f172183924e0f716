/* SPDX-License-Identifier: GPL-2.0-only */
/* Connections of the settings, bound to the associations that carry them. */
#ifndef CIPSEC_AGENT_BINDING_H
#define CIPSEC_AGENT_BINDING_H

#include <stdbool.h>

#include "agent.h"

/**
 * binding_update() - make the kernel's connections those of the settings
 *
 * A connection belongs to the newest association with its peer's address, in
 * the role that it asks for. It moves there at once when the peer proved the
 * same identity, else when the older association has been silent for
 * BINDING_STALE. The older one is closed then: the peer has begun anew,
 * mostly with another port after it restarted.
 */
void binding_update(struct agent *agent);

/**
 * binding_make_room() - close what an association is about to succeed
 * @assoc: its handshake is done, the kernel has not taken it yet
 * @identity: that the peer has just proved
 *
 * The kernel takes no second association with a peer while a connection for
 * any id is bound. Return: true when there is room now
 */
bool binding_make_room(struct assoc *assoc, const uint8_t *identity);

/* milliseconds without a record after which an association counts as stale */
#define BINDING_STALE	5000

#endif
