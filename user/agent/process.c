// SPDX-License-Identifier: GPL-2.0-only
/* What the process may do, and who may look into it. */
#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "log.h"
#include "process.h"

static void keep_net_admin_only(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];
	const __u32 net_admin = 1U << CAP_NET_ADMIN;

	if (syscall(SYS_capget, &head, data))
		return;
	data[0].effective &= net_admin;
	data[0].permitted &= net_admin;
	data[0].inheritable = 0;
	memset(&data[1], 0, sizeof(data[1]));
	syscall(SYS_capset, &head, data);
}

void process_harden(void)
{
	const struct rlimit none = { 0, 0 };
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };

	prctl(PR_SET_DUMPABLE, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	setrlimit(RLIMIT_CORE, &none);
	/* once CAP_IPC_LOCK is gone the limit would stop malloc() */
	if (setrlimit(RLIMIT_MEMLOCK, &all) ||
	    mlockall(MCL_CURRENT | MCL_FUTURE))
		log_line(LOG_WARNING, MSG_STARTED, NULL,
			 "memory cannot be locked (%s): keys may reach the swap; set LimitMEMLOCK=infinity",
			 strerror(errno));
	keep_net_admin_only();
}
