/* SPDX-License-Identifier: GPL-2.0-only */
/* Connections of the settings, bound to the associations that carry them. */
#ifndef CIPSEC_AGENT_BINDING_H
#define CIPSEC_AGENT_BINDING_H

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

/* milliseconds without a record after which an association counts as stale */
#define BINDING_STALE	5000

#endif
