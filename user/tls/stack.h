/* SPDX-License-Identifier: GPL-2.0-only */
/* Code that touches keys runs on a stack of its own, which is wiped. */
#ifndef CIPSEC_TLS_STACK_H
#define CIPSEC_TLS_STACK_H

/**
 * cipsec_stack_run() - call a function on the private stack, then wipe it
 * @fn, @arg: the function; it must not call cipsec_stack_run() itself
 *
 * A TLS library leaves key blocks, key schedules and hash states where its
 * frames were. Not for more than one thread.
 *
 * Return: what @fn returned; -ENOMEM when the stack cannot be had
 */
int cipsec_stack_run(int (*fn)(void *arg), void *arg);

#endif
