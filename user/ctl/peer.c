// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who the peer is. The kernel knows a hash; the name is what the agent left in the
 * association's owner data, when that is text.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"

static json_t *owner_text(const struct cipsec_assoc *assoc)
{
	size_t len = assoc->owner_data_len, i;

	for (i = 0; i < len; i++)
		if (!isprint(assoc->owner_data[i]) && assoc->owner_data[i] != '\n')
			return NULL;
	return len ? json_stringn((const char *)assoc->owner_data, len) : NULL;
}

/* What the agent says of the peer, or NULL. */
json_t *ctl_peer_json(const struct cipsec_assoc *assoc)
{
	json_t *peer;

	peer = json_loadb((const char *)assoc->owner_data,
			  assoc->owner_data_len, 0, NULL);
	return peer ?: owner_text(assoc);
}

/* The name of the peer: the agent's, else the start of its identity. */
char *ctl_peer_name(const struct cipsec_assoc *assoc)
{
	json_t *peer = ctl_peer_json(assoc);
	const char *name = NULL;
	char *text;

	if (json_is_object(peer))
		name = json_string_value(json_object_get(peer, "subject")) ?:
		       json_string_value(json_object_get(peer, "peer"));
	else if (json_is_string(peer))
		name = json_string_value(peer);

	if (name)
		text = ctl_format("%.*s", (int)strcspn(name, "\n"), name);
	else if (assoc->identity_len >= 4)
		text = ctl_format("sha256:%02x%02x%02x%02x", assoc->identity[0],
				  assoc->identity[1], assoc->identity[2],
				  assoc->identity[3]);
	else
		text = ctl_format("-");
	json_decref(peer);
	return text;
}
