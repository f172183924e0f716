// SPDX-License-Identifier: GPL-2.0-only
/*
 * Remove cipsec.ko as rmmod does, less its own look at the reference count: the
 * kernel's answer is what is asked for. Prints `ok` or the name of the errno.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
	if (!syscall(SYS_delete_module, "cipsec", O_NONBLOCK))
		puts("ok");
	else
		puts(errno == EWOULDBLOCK ? "EWOULDBLOCK" : strerrorname_np(errno));
	return 0;
}
