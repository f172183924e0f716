// SPDX-License-Identifier: GPL-2.0-only
/* Succession: what a former agent left in the kernel (design 4.4). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "adopt.h"
#include "assoc.h"
#include "log.h"
#include "note.h"

struct found {
	struct cipsec_assoc *list;
	size_t n;
};

static int collect(const struct cipsec_assoc *assoc, void *arg)
{
	struct found *found = arg;
	struct cipsec_assoc *more;

	more = reallocarray(found->list, found->n + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	found->list = more;
	more[found->n++] = *assoc;
	return 0;
}

/* does the configuration of today allow it? */
static struct peer_settings *still_allowed(const struct settings *set,
					   const struct cipsec_assoc *assoc,
					   const struct note *note)
{
	struct peer_settings *peer = settings_peer_named(set, note->peer);
	size_t i;

	if (!peer || settings_peer(set, &assoc->remote.addr) != peer ||
	    !settings_peer_takes(set, peer, assoc->role))
		return NULL;
	for (i = 0; i < peer->n_suites; i++)
		if (peer->suites[i] == assoc->suite)
			return peer;
	return NULL;
}

static void consider(struct agent *agent, const struct cipsec_assoc *assoc)
{
	char text[CIPSEC_ENDPOINT_STRLEN];
	struct peer_settings *peer = NULL;
	struct note note;

	if (note_read(&note, assoc->owner_data, assoc->owner_data_len))
		peer = still_allowed(agent->set, assoc, &note);
	if (peer && assoc->state != CIPSEC_ASSOC_STATE_WIPED &&
	    assoc_adopt(agent, peer, assoc, note.subject))
		return;
	log_line(LOG_NOTICE, MSG_ADOPTED, NULL,
		 "association %u with %s of a former agent is removed: it is not configured as it was",
		 assoc->id, cipsec_endpoint_print(&assoc->remote, text));
	cipsec_assoc_del(agent->kernel, assoc->id);
}

int adopt_all(struct agent *agent)
{
	struct found found = { 0 };
	size_t i;
	int err;

	err = cipsec_assoc_dump(agent->kernel, collect, &found);
	if (err) {
		log_line(LOG_ERR, MSG_ADOPTED, NULL, "%s",
			 cipsec_error(agent->kernel));
		goto out;
	}
	for (i = 0; i < found.n; i++) {
		if (found.list[i].orphaned)
			continue;
		log_line(LOG_ERR, MSG_STARTED, NULL,
			 "another agent runs in this network namespace (netlink port %u answers for association %u): stop it first",
			 found.list[i].owner, found.list[i].id);
		err = -EBUSY;
		goto out;
	}
	for (i = 0; i < found.n; i++)
		consider(agent, &found.list[i]);
out:
	free(found.list);
	return err;
}
