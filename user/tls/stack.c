// SPDX-License-Identifier: GPL-2.0-only
/* A private stack, wiped after each use. */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "stack.h"

#define STACK_SIZE	(256 * 1024)

static struct {
	unsigned char *base;
	ucontext_t caller;
	ucontext_t callee;
	int (*fn)(void *arg);
	void *arg;
	int result;
} stack;

static void entry(void)
{
	stack.result = stack.fn(stack.arg);
}

static bool stack_ready(void)
{
	size_t guard = (size_t)sysconf(_SC_PAGESIZE);
	unsigned char *map;

	if (stack.base)
		return true;
	map = mmap(NULL, guard + STACK_SIZE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (map == MAP_FAILED)
		return false;
	/* overrunning it shall hurt at once */
	mprotect(map, guard, PROT_NONE);
	mlock(map + guard, STACK_SIZE);
	madvise(map + guard, STACK_SIZE, MADV_DONTDUMP);
	stack.base = map + guard;
	return true;
}

int cipsec_stack_run(int (*fn)(void *arg), void *arg)
{
	if (!stack_ready() || getcontext(&stack.callee))
		return -ENOMEM;
	stack.fn = fn;
	stack.arg = arg;
	stack.callee.uc_stack.ss_sp = stack.base;
	stack.callee.uc_stack.ss_size = STACK_SIZE;
	stack.callee.uc_link = &stack.caller;
	makecontext(&stack.callee, entry, 0);
	if (swapcontext(&stack.caller, &stack.callee))
		return -ENOMEM;
	explicit_bzero(stack.base, STACK_SIZE);
	/* the registers saved in it may have held a piece of a key */
	explicit_bzero(&stack.callee, sizeof(stack.callee));
	return stack.result;
}
