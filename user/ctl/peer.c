// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who the peer is. The kernel knows a hash; names are what the agent left with the
 * object as owner data: lines `key=value`, the first of which is `v=1`.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"

/* Text that a certificate chose must not steer a terminal. */
static void blunt(char *text)
{
	for (; *text; text++)
		if (iscntrl((unsigned char)*text))
			*text = '?';
}

/* What the agent says of an object, as an object of strings; NULL for nothing. */
json_t *ctl_note_json(const uint8_t *data, size_t len)
{
	char text[CIPSEC_OWNER_DATA_MAX + 1], *save = NULL, *line, *value;
	json_t *note;

	if (len >= sizeof(text))
		return NULL;

	memcpy(text, data, len);
	text[len] = '\0';
	line = strtok_r(text, "\n", &save);
	if (!line || strcmp(line, "v=1") != 0)
		return NULL;

	note = json_object();
	while ((line = strtok_r(NULL, "\n", &save))) {
		value = strchr(line, '=');
		if (!value)
			continue;
		*value++ = '\0';
		blunt(value);
		json_object_set_new(note, line, json_string(value));
	}
	return note;
}

/* One of the things that the agent says, or NULL. */
char *ctl_note(const uint8_t *data, size_t len, const char *key)
{
	json_t *note = ctl_note_json(data, len);
	const char *value = json_string_value(json_object_get(note, key));
	char *text = value ? strdup(value) : NULL;

	json_decref(note);
	return text;
}

/* The name of the peer: the agent's, else the start of its identity. */
char *ctl_peer_name(const struct cipsec_assoc *assoc)
{
	char *name = ctl_note(assoc->owner_data, assoc->owner_data_len, "peer");

	if (name)
		return name;
	if (assoc->identity_len < 4)
		return strdup("-");
	return ctl_format("sha256:%02x%02x%02x%02x", assoc->identity[0],
			  assoc->identity[1], assoc->identity[2],
			  assoc->identity[3]);
}
