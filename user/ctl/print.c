// SPDX-License-Identifier: GPL-2.0-only
/* Times, sizes and names for people; JSON for programs. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "ctl.h"

char *ctl_format(const char *format, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0) {
		perror("cipsecctl");
		exit(CTL_FAILED);
	}
	va_end(args);
	return text;
}

char *ctl_age(uint64_t msec)
{
	uint64_t sec = msec / 1000;

	if (msec < 1000)
		return ctl_format("%" PRIu64 "ms", msec);
	if (sec < 60)
		return ctl_format("%" PRIu64 ".%" PRIu64 "s", sec,
				  msec % 1000 / 100);
	if (sec < 3600)
		return ctl_format("%" PRIu64 "m%02" PRIu64 "s", sec / 60,
				  sec % 60);
	if (sec < 86400)
		return ctl_format("%" PRIu64 "h%02" PRIu64 "m", sec / 3600,
				  sec % 3600 / 60);
	return ctl_format("%" PRIu64 "d%02" PRIu64 "h", sec / 86400,
			  sec % 86400 / 3600);
}

char *ctl_bytes(uint64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	double value = (double)bytes;
	unsigned int i = 0;

	while (value >= 1024 && i < 4) {
		value /= 1024;
		i++;
	}
	return i ? ctl_format("%.1f %s", value, units[i]) :
		   ctl_format("%" PRIu64 " B", bytes);
}

/* A newer kernel module may know more than these names. */
const char *ctl_name(const char *const *names, size_t count, unsigned int i)
{
	return i < count && names[i] ? names[i] : "?";
}

/* Print and let go of it. One line each when more will follow. */
void ctl_print_json(const struct ctl *ctl, json_t *json)
{
	json_dumpf(json, stdout, ctl->watching ? JSON_COMPACT : JSON_INDENT(2));
	putchar('\n');
	fflush(stdout);
	json_decref(json);
}
