// SPDX-License-Identifier: GPL-2.0-only
/* Sockets that are no endpoints, and what only an owner may do. */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "refusals.h"

static struct request req;

/* A socket of another kind, connected as far as it goes */
static int other_socket(int family, int type, int protocol)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(9),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct sockaddr_in6 to6 = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(9),
		.sin6_addr = IN6ADDR_LOOPBACK_INIT,
	};
	int fd = socket(family, type | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		err(1, "socket %d %d %d", family, type, protocol);
	if (family == AF_INET6)
		connect(fd, (void *)&to6, sizeof(to6));
	else if (family == AF_INET)
		connect(fd, (void *)&to, sizeof(to));
	return fd;
}

static void with_socket(struct refusals *r, int fd, int want, const char *what)
{
	assoc_new(&r->link, fd, &r->answer);
	refused(r, what, want, "socket", CIPSEC_A_ASSOC_SOCKET);
	if (fd >= 0)
		close(fd);
}

static int foreign_socket(void)
{
	int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC), fd;

	fresh_namespace();
	fd = udp_socket(PEER, 30000, 30001);
	if (home < 0 || setns(home, CLONE_NEWNET))
		err(1, "coming home");
	close(home);
	return fd;
}

static void wrong_sockets(struct refusals *r)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	with_socket(r, -1, -EBADF, "no descriptor");
	with_socket(r, 1000000, -EBADF, "a closed descriptor");
	with_socket(r, fd, -ENOTSOCK, "a file");
	with_socket(r, other_socket(AF_INET, SOCK_STREAM, 0), -EINVAL, "TCP");
	with_socket(r, other_socket(AF_INET, SOCK_RAW, IPPROTO_UDP), -EINVAL, "raw");
	with_socket(r, other_socket(AF_INET6, SOCK_DGRAM, 0), -EINVAL, "IPv6");
	with_socket(r, other_socket(AF_UNIX, SOCK_DGRAM, 0), -EINVAL, "local");
	with_socket(r, udp_socket(PEER, 30002, 0), -EINVAL, "not connected");
	with_socket(r, foreign_socket(), -EINVAL, "another namespace's");
	next_assoc(r, PEER);
	accepted(r, "a connected UDP socket");
	tap_result(&r->tap, "only_a_connected_udp_socket_of_the_namespace_gives_endpoints");
}

static void replacing(struct refusals *r)
{
	uint32_t first = next_assoc(r, PEER), second, heir;

	accepted(r, "the first");
	assoc_new(&r->link, r->fd, &r->answer);
	refused(r, "the same endpoints", -EEXIST, "socket", 0);
	assoc_replace(&r->link, r->fd, 4711, &r->answer);
	refused(r, "replacing what is not there", -ENOENT, "association", 0);
	second = next_assoc(r, PEER);
	accepted(r, "the second");
	assoc_replace(&r->link, r->fd, first, &r->answer);
	refused(r, "replacing other endpoints", -EINVAL, "replaces", 0);
	heir = assoc_replace(&r->link, r->fd, second, &r->answer);
	accepted(r, "replacing its own endpoints");
	assoc_replace(&r->link, r->fd, heir, &r->answer);
	refused(r, "replacing one that waits", -EINVAL, "replaces", 0);
	tap_result(&r->tap, "replacement_must_name_the_association_of_its_endpoints");

	assoc_del(&r->link, second, &r->answer);
	accepted(r, "deleting what is to be replaced");
	keys_install(&r->link, heir, 0xc02b, &r->answer);
	tap_check(&r->tap, r->answer.err == -ENOENT && r->answer.sentence[0],
		  "%s (%s)", strerror(-r->answer.err), r->answer.sentence);
	tap_check(&r->tap, assoc_new(&r->link, r->fd, &r->answer), "the endpoints are not free");
	tap_result(&r->tap, "replacement_of_what_is_gone_gets_no_keys");
}

static void too_long(struct refusals *r)
{
	static const uint8_t zeros[CIPSEC_OWNER_DATA_MAX + 1];
	static const struct {
		uint16_t attr;
		size_t max;
	} rows[] = {
		{ CIPSEC_A_ASSOC_IDENTITY, CIPSEC_IDENTITY_MAX },
		{ CIPSEC_A_ASSOC_OWNER_DATA, CIPSEC_OWNER_DATA_MAX },
	};
	size_t i;

	for (i = 0; i < 2; i++) {
		udp_connect(r->fd, PEER, ++r->port);
		assoc_request(&r->link, &req, r->fd);
		request_put(&req, rows[i].attr, zeros, rows[i].max + 1);
		request_ask(&r->link, &req, &r->answer);
		refused(r, "one byte too many", -ERANGE, NULL, rows[i].attr);
		assoc_request(&r->link, &req, r->fd);
		request_put(&req, rows[i].attr, zeros, rows[i].max);
		request_ask(&r->link, &req, &r->answer);
		accepted(r, "all bytes allowed");
	}
	tap_result(&r->tap, "longer_identities_and_owner_data_than_allowed_are_refused");
}

static void set_timeout(struct link *link, uint32_t assoc, struct answer *answer)
{
	request_begin(&req, link, CIPSEC_CMD_ASSOC_SET);
	request_put_u32(&req, CIPSEC_A_ASSOC_ID, assoc);
	request_put_u32(&req, CIPSEC_A_ASSOC_ORPHAN_TIMEOUT, 10000);
	request_ask(link, &req, answer);
}

static void send_alert(struct link *link, uint32_t assoc, struct answer *answer)
{
	record_request(link, &req, assoc, 21, "\1\0", 2);
	request_ask(link, &req, answer);
}

static void not_the_owner(struct refusals *r)
{
	uint32_t bare = next_assoc(r, PEER), keyed = next_assoc(r, PEER);
	struct link owner = r->link;
	struct keys keys;

	keys_install(&r->link, keyed, 0xc02b, &r->answer);
	accepted(r, "keys");
	link_open(&r->link);
	keys_make(&keys, bare, 0xc02b);
	keys_request(&r->link, &req, &keys);
	request_ask(&r->link, &req, &r->answer);
	refused(r, "KEY_NEW", -EPERM, "assoc", 0);
	set_timeout(&r->link, keyed, &r->answer);
	refused(r, "ASSOC_SET", -EPERM, "assoc", 0);
	send_alert(&r->link, keyed, &r->answer);
	refused(r, "RECORD_TX", -EPERM, "assoc", 0);
	assoc_adopt(&r->link, keyed, &r->answer);
	refused(r, "adopting while the owner lives", -EBUSY, "adopt", 0);

	keys_request(&owner, &req, &keys);
	request_ask(&owner, &req, &r->answer);
	accepted(r, "KEY_NEW of the owner");
	set_timeout(&owner, keyed, &r->answer);
	accepted(r, "ASSOC_SET of the owner");
	send_alert(&owner, keyed, &r->answer);
	accepted(r, "RECORD_TX of the owner");
	tap_result(&r->tap, "only_the_owner_may_key_change_and_send");

	link_close(&owner);
	set_timeout(&r->link, keyed, &r->answer);
	refused(r, "ASSOC_SET of an orphan", -EPERM, "orphan", 0);
	assoc_adopt(&r->link, keyed, &r->answer);
	accepted(r, "adopting an orphan");
	send_alert(&r->link, keyed, &r->answer);
	accepted(r, "RECORD_TX of the new owner");
	assoc_adopt(&r->link, 4711, &r->answer);
	refused(r, "adopting what is not there", -ENOENT, "association", 0);
	tap_result(&r->tap, "orphan_obeys_whoever_adopted_it_and_nobody_before");
}

static void records(struct refusals *r)
{
	static const uint8_t data[CIPSEC_RECORD_DATA_MAX + 1];
	uint32_t assoc = next_assoc(r, PEER);
	uint8_t type;

	send_alert(&r->link, assoc, &r->answer);
	refused(r, "without keys", -ENOKEY, "keys", 0);
	keys_install(&r->link, assoc, 0xc02b, &r->answer);
	for (type = 20; type < 26; type++) {
		record_request(&r->link, &req, assoc, type, data, 2);
		request_ask(&r->link, &req, &r->answer);
		if (type == 21 || type == 23)
			accepted(r, "alert, data");
		else
			refused(r, "another type", type == 22 ? -EINVAL : -ERANGE, "type",
				CIPSEC_A_RECORD_TYPE);
	}
	record_request(&r->link, &req, assoc, 23, data, 0);
	request_ask(&r->link, &req, &r->answer);
	refused(r, "no data", -ERANGE, "data", CIPSEC_A_RECORD_DATA);
	record_request(&r->link, &req, assoc, 23, data, CIPSEC_RECORD_DATA_MAX + 1);
	request_ask(&r->link, &req, &r->answer);
	refused(r, "too much data", -ERANGE, "data", CIPSEC_A_RECORD_DATA);
	record_request(&r->link, &req, assoc, 23, data, CIPSEC_RECORD_DATA_MAX);
	request_ask(&r->link, &req, &r->answer);
	accepted(r, "as much as a record takes");
	tap_result(&r->tap, "only_alerts_and_data_are_sent_and_no_handshake");
}

void refuse_associations(struct refusals *r)
{
	begin_empty(r);
	wrong_sockets(r);
	replacing(r);
	too_long(r);
	not_the_owner(r);
	records(r);
}
