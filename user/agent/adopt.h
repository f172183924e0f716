/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CIPSEC_AGENT_ADOPT_H
#define CIPSEC_AGENT_ADOPT_H

#include "agent.h"

/**
 * adopt_all() - answer for the associations that a former agent left
 *
 * Those of peers that still are configured go on without a lost datagram;
 * the others are removed. Associations of an agent that lives are left alone.
 *
 * Return: 0; -EBUSY when another agent lives in this namespace; -errno
 */
int adopt_all(struct agent *agent);

#endif
