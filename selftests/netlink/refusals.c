// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bad input: each has its errno and a sentence that names what is wrong, and what
 * differs from it in that one thing is accepted.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "refusals.h"

#define LOCAL_PORT	20000

void refused(struct refusals *r, const char *what, int err, const char *word, uint16_t attr)
{
	const struct answer *a = &r->answer;
	bool names = (word && strcasestr(a->sentence, word)) || (attr && a->attr == attr);

	tap_check(&r->tap, a->err == err, "%s: %s, wanted %s (%s)", what,
		  strerror(-a->err), strerror(-err), a->sentence);
	tap_check(&r->tap, a->sentence[0] && names,
		  "%s: '%s' (attribute %u) does not name %s (%u)", what, a->sentence,
		  a->attr, word ?: "it", attr);
}

void accepted(struct refusals *r, const char *what)
{
	tap_check(&r->tap, !r->answer.err, "%s: %s (%s)", what, strerror(-r->answer.err),
		  r->answer.sentence);
}

void begin_empty(struct refusals *r)
{
	if (r->port) {
		close(r->fd);
		link_close(&r->link);
	}
	fresh_namespace();
	link_open(&r->link);
	r->port = LOCAL_PORT;
	r->fd = udp_socket(PEER, LOCAL_PORT, r->port);
}

uint32_t next_assoc(struct refusals *r, const char *peer)
{
	udp_connect(r->fd, peer, ++r->port);
	return assoc_new(&r->link, r->fd, &r->answer);
}

int main(void)
{
	struct refusals r = { };

	refuse_keys(&r);
	refuse_policies(&r);
	refuse_associations(&r);
	refuse_connections(&r);
	refuse_messages(&r);
	return r.tap.failed != 0;
}
