/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CIPSEC_AGENT_POLICY_H
#define CIPSEC_AGENT_POLICY_H

#include "agent.h"

/**
 * policy_install() - make the kernel's policies those of the settings
 *
 * What is wanted is set first, the default before all; only then goes what is
 * not wanted any more. At no moment is less required than before and after.
 *
 * Return: 0; -errno, and a line in the log
 */
int policy_install(struct agent *agent);

#endif
