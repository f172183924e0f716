// SPDX-License-Identifier: GPL-2.0-only
/* Lines for the journal or for a person at a terminal. */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include "log.h"

static bool to_journal;

void log_open(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;
	char *end;

	/* systemd.exec(5): the two numbers tell whether it is still stderr */
	if (!stream || fstat(STDERR_FILENO, &st))
		return;
	dev = strtoull(stream, &end, 10);
	if (*end != ':')
		return;
	ino = strtoull(end + 1, &end, 10);
	to_journal = !*end && st.st_dev == dev && st.st_ino == ino;
}

void log_line(int level, const char *id, const char *peer, const char *fmt, ...)
{
	char line[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	if (!to_journal) {
		if (peer)
			fprintf(stderr, "peer %s: %s\n", peer, line);
		else
			fprintf(stderr, "%s\n", line);
		return;
	}
	sd_journal_send("MESSAGE=%s%s%s%s", peer ? "peer " : "",
			peer ? peer : "", peer ? ": " : "", line,
			"MESSAGE_ID=%s", id, "PRIORITY=%d", level,
			"CIPSEC_PEER=%s", peer ? peer : "", NULL);
}
