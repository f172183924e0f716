// SPDX-License-Identifier: GPL-2.0-only
/* Owner data: a few lines of text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cipsec.h>

#include "note.h"

/* a subject may have anything in it: a line end would begin a new key */
static void put(char *buf, size_t room, size_t *at, const char *key,
		const char *value)
{
	int len;
	char *p;

	if (!*value || *at >= room)
		return;
	len = snprintf(buf + *at, room - *at, "%s=%s", key, value);
	if (len < 0 || *at + (size_t)len + 1 >= room)
		return;
	for (p = buf + *at; *p; p++)
		if (*p == '\n')
			*p = ' ';
	*p++ = '\n';
	*at += (size_t)len + 1;
}

size_t note_write(const struct note *note, char *buf, size_t room)
{
	char made[32];
	size_t at = 0;

	snprintf(made, sizeof(made), "%lld", (long long)note->made);
	put(buf, room, &at, "v", "1");
	put(buf, room, &at, "peer", note->peer);
	put(buf, room, &at, "connection", note->connection);
	put(buf, room, &at, "made", made);
	put(buf, room, &at, "subject", note->subject);
	return at;
}

static void take(struct note *note, const char *key, const char *value)
{
	if (!strcmp(key, "peer"))
		snprintf(note->peer, sizeof(note->peer), "%s", value);
	else if (!strcmp(key, "connection"))
		snprintf(note->connection, sizeof(note->connection), "%s",
			 value);
	else if (!strcmp(key, "subject"))
		snprintf(note->subject, sizeof(note->subject), "%s", value);
	else if (!strcmp(key, "made"))
		note->made = (time_t)strtoll(value, NULL, 10);
}

bool note_read(struct note *note, const uint8_t *data, size_t len)
{
	char text[CIPSEC_OWNER_DATA_MAX + 1], *save = NULL, *line, *value;

	memset(note, 0, sizeof(*note));
	if (len >= sizeof(text))
		return false;
	memcpy(text, data, len);
	text[len] = '\0';
	line = strtok_r(text, "\n", &save);
	if (!line || strcmp(line, "v=1") != 0)
		return false;
	while ((line = strtok_r(NULL, "\n", &save))) {
		value = strchr(line, '=');
		if (!value)
			continue;
		*value++ = '\0';
		take(note, line, value);
	}
	return *note->peer;
}
