// SPDX-License-Identifier: GPL-2.0-only
/*
 * Client and server state machines against each other, through a link that
 * loses, doubles and reorders what it is told to.
 *
 *	client --- to_server[] ---> server
 *	client <-- to_client[] ---  server
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "cookie.h"
#include "handshake.h"
#include "pki.h"

#define GCM_128		0xc02b
#define GCM_256		0xc02c
#define NULL_SHA	0xc006

#define LINK_MAX	256

enum fate { PASS, LOSE, DOUBLE, DELAY };

/* decides what becomes of the n-th datagram of a direction, from 0 */
typedef enum fate (*fate_fn)(int direction, int n, const uint8_t *data,
			     size_t len);

struct packet {
	size_t len;
	uint8_t data[2048];
};

struct link {
	struct packet q[LINK_MAX];
	int head;
	int tail;
	int sent;
	struct packet delayed;
};

struct pair {
	struct cipsec_credential *client_cred;
	struct cipsec_credential *server_cred;
	struct cipsec_identity client_rule;
	struct cipsec_identity server_rule;
	uint16_t client_suites[3];
	uint16_t server_suites[3];
	size_t n_client_suites;
	size_t n_server_suites;
	struct cipsec_handshake *client;
	struct cipsec_handshake *server;
	struct link link[2];
	fate_fn fate;
	int client_state;
	int server_state;
	uint64_t highest;
	int epoch_one;
	bool released;
	unsigned int patience;
};

/* milliseconds that GnuTLS believes have passed: nobody waits here */
static long skipped;

int clock_gettime(clockid_t clock, struct timespec *ts)
{
	long ms;

	if (syscall(SYS_clock_gettime, clock, ts))
		return -1;
	ms = ts->tv_nsec / 1000000 + skipped;
	ts->tv_sec += ms / 1000;
	ts->tv_nsec = ts->tv_nsec % 1000000 + ms % 1000 * 1000000;
	return 0;
}

static struct cipsec_credential *load(const char *name, bool check)
{
	struct cipsec_credential_files files = {
		.certificate = pki_file(name, "pem"),
		.key = pki_file(name, "key"),
		.trust = pki_file("ca", "pem"),
		.check_expiration = check,
	};
	struct cipsec_credential_error error;
	struct cipsec_credential *cred;

	if (cipsec_credential_load(&cred, &files, &error))
		fail_msg("%s", error.text);
	return cred;
}

static void pair_init(struct pair *p, const char *client, const char *server)
{
	memset(p, 0, sizeof(*p));
	p->client_cred = load(client, false);
	p->server_cred = load(server, true);
	/* the tests' own certificates may be what is wrong: peers judge */
	p->client_cred->check_expiration = true;
	gnutls_certificate_set_verify_flags(p->client_cred->gnutls, 0);
	p->client_suites[0] = GCM_128;
	p->server_suites[0] = GCM_128;
	p->n_client_suites = 1;
	p->n_server_suites = 1;
	p->patience = 8000;
	cipsec_identity_parse(&p->client_rule, "any-trusted");
	cipsec_identity_parse(&p->server_rule, "any-trusted");
}

static void pair_begin(struct pair *p)
{
	struct cipsec_handshake_spec client = {
		.role = CIPSEC_ROLE_CLIENT,
		.cred = p->client_cred,
		.identities = &p->server_rule,
		.n_identities = 1,
		.suites = p->client_suites,
		.n_suites = p->n_client_suites,
		.mtu = 1400,
		.timeout = p->patience,
	};
	struct cipsec_handshake_spec server = {
		.role = CIPSEC_ROLE_SERVER,
		.cred = p->server_cred,
		.identities = &p->client_rule,
		.n_identities = 1,
		.suites = p->server_suites,
		.n_suites = p->n_server_suites,
		.mtu = 1400,
		.timeout = 8000,
	};

	assert_int_equal(cipsec_handshake_new(&p->client, &client), 0);
	assert_int_equal(cipsec_handshake_new(&p->server, &server), 0);
}

static void pair_end(struct pair *p)
{
	cipsec_handshake_free(p->client);
	cipsec_handshake_free(p->server);
	cipsec_credential_free(p->client_cred);
	cipsec_credential_free(p->server_cred);
	cipsec_identity_clear(&p->client_rule);
	cipsec_identity_clear(&p->server_rule);
}

static void put(struct link *l, const uint8_t *data, size_t len)
{
	struct packet *at = &l->q[l->tail++ % LINK_MAX];

	at->len = len;
	memcpy(at->data, data, len);
}

static void note_numbers(struct pair *p, int direction, const uint8_t *data,
			 size_t len)
{
	struct cipsec_record_view rec;

	while (cipsec_record_next(&rec, &data, &len)) {
		assert_int_not_equal(rec.type, CIPSEC_RECORD_DATA);
		if (!rec.epoch)
			continue;
		p->epoch_one += direction;
		if (rec.number > p->highest)
			p->highest = rec.number;
		assert_true(rec.number < CIPSEC_RECORD_RESERVE);
	}
}

/* moves what one side wants to send onto its link */
static int transmit(struct pair *p, struct cipsec_handshake *from,
		    int direction)
{
	struct link *l = &p->link[direction];
	uint8_t data[2048];
	enum fate fate;
	size_t len;
	int n = 0;

	while ((len = cipsec_handshake_next(from, data, sizeof(data)))) {
		note_numbers(p, direction, data, len);
		fate = p->fate ? p->fate(direction, l->sent, data, len) : PASS;
		l->sent++;
		n++;
		if (fate == DELAY) {
			l->delayed.len = len;
			memcpy(l->delayed.data, data, len);
			continue;
		}
		if (fate == PASS || fate == DOUBLE)
			put(l, data, len);
		if (fate == DOUBLE)
			put(l, data, len);
		if (l->delayed.len && fate != LOSE) {
			put(l, l->delayed.data, l->delayed.len);
			l->delayed.len = 0;
		}
	}
	return n;
}

static int deliver(struct pair *p, struct cipsec_handshake *to, int direction,
		   int *state)
{
	struct link *l = &p->link[direction];
	struct packet *at;
	int n = 0;

	while (l->head < l->tail) {
		at = &l->q[l->head++ % LINK_MAX];
		n++;
		if (cipsec_handshake_feed(to, at->data, at->len))
			continue;
		*state = cipsec_handshake_run(to);
	}
	return n;
}

/* runs both until neither wants to go on, at most for @ms */
static void pair_run(struct pair *p, int ms)
{
	int wait, other;

	p->client_state = cipsec_handshake_run(p->client);
	while (ms > 0) {
		transmit(p, p->client, 0);
		if (deliver(p, p->server, 0, &p->server_state) |
		    transmit(p, p->server, 1) |
		    deliver(p, p->client, 1, &p->client_state))
			continue;
		if (p->server_state && (p->client_state || !p->released))
			return;
		wait = cipsec_handshake_timeout(p->client);
		other = cipsec_handshake_timeout(p->server);
		if (wait < 0 || (other >= 0 && other < wait))
			wait = other;
		if (wait < 0)
			return;
		wait = wait < 10 ? 10 : wait;
		skipped += wait;
		ms -= wait;
		if (!p->client_state)
			p->client_state = cipsec_handshake_run(p->client);
		if (!p->server_state)
			p->server_state = cipsec_handshake_run(p->server);
	}
}

/* the server's keys are "in the kernel": its last flight leaves */
static void pair_finish(struct pair *p)
{
	int rounds;

	cipsec_handshake_release(p->server);
	p->released = true;
	for (rounds = 0; rounds < 20 && p->client_state != 1; rounds++) {
		transmit(p, p->server, 1);
		pair_run(p, 4000);
	}
}

static void keys_equal(struct pair *p)
{
	struct cipsec_key client, server;

	assert_int_equal(cipsec_handshake_keys(p->client, &client), 0);
	assert_int_equal(cipsec_handshake_keys(p->server, &server), 0);
	assert_int_equal(client.suite, server.suite);
	assert_int_equal(client.epoch, 1);
	assert_memory_equal(&client.tx, &server.rx, sizeof(client.tx));
	assert_memory_equal(&client.rx, &server.tx, sizeof(client.tx));
	assert_memory_not_equal(&client.rx, &client.tx, sizeof(client.tx));
}

static void connects_with(uint16_t suite, size_t enc, size_t mac, size_t salt)
{
	struct cipsec_key key;
	struct pair p;

	pair_init(&p, "client", "server");
	p.client_suites[0] = suite;
	p.server_suites[0] = suite;
	pair_begin(&p);
	pair_run(&p, 4000);
	assert_int_equal(p.server_state, 1);
	pair_finish(&p);
	assert_int_equal(p.client_state, 1);
	keys_equal(&p);
	assert_int_equal(cipsec_handshake_keys(p.client, &key), 0);
	assert_int_equal(key.suite, suite);
	assert_int_equal(key.tx.enc_len, enc);
	assert_int_equal(key.tx.mac_len, mac);
	assert_int_equal(key.tx.salt_len, salt);
	assert_true(cipsec_handshake_peer(p.client)->ems);
	assert_string_equal(cipsec_handshake_peer(p.server)->subject,
			    "O=unit,CN=client");
	pair_end(&p);
}

static void gcm_128_connects_and_both_sides_have_equal_keys(void **state)
{
	connects_with(GCM_128, 16, 0, 4);
}

static void gcm_256_connects_and_both_sides_have_equal_keys(void **state)
{
	connects_with(GCM_256, 32, 0, 4);
}

static void null_sha_connects_and_both_sides_have_equal_keys(void **state)
{
	connects_with(NULL_SHA, 0, 20, 0);
}

static void servers_order_of_suites_decides(void **state)
{
	struct pair p;

	pair_init(&p, "client", "server");
	p.client_suites[0] = NULL_SHA;
	p.client_suites[1] = GCM_128;
	p.client_suites[2] = GCM_256;
	p.server_suites[0] = GCM_256;
	p.server_suites[1] = GCM_128;
	p.server_suites[2] = NULL_SHA;
	p.n_client_suites = 3;
	p.n_server_suites = 3;
	pair_begin(&p);
	pair_run(&p, 4000);
	pair_finish(&p);
	assert_int_equal(cipsec_handshake_peer(p.client)->suite, GCM_256);
	pair_end(&p);
}

static void last_flight_waits_until_it_is_released(void **state)
{
	struct pair p;
	int sent;

	pair_init(&p, "client", "server");
	pair_begin(&p);
	pair_run(&p, 1000);
	assert_int_equal(p.server_state, 1);
	assert_int_equal(p.client_state, 0);
	sent = p.link[1].sent;
	assert_int_equal(transmit(&p, p.server, 1), 0);
	cipsec_handshake_release(p.server);
	assert_true(transmit(&p, p.server, 1) > 0);
	assert_true(p.link[1].sent > sent);
	pair_end(&p);
}

/* faults: one datagram of a direction meets a fate */

static struct {
	int direction;
	int n;
	enum fate fate;
} fault;

static enum fate one_fault(int direction, int n, const uint8_t *data,
			   size_t len)
{
	return direction == fault.direction && n == fault.n ? fault.fate :
							      PASS;
}

static void survives_each(int direction, enum fate fate)
{
	struct pair p;
	int n, last = 1;

	for (n = 0; n < last; n++) {
		fault.direction = direction;
		fault.n = n;
		fault.fate = fate;
		pair_init(&p, "client", "server");
		p.fate = one_fault;
		pair_begin(&p);
		pair_run(&p, 6000);
		assert_int_equal(p.server_state, 1);
		pair_finish(&p);
		if (p.client_state != 1)
			fail_msg("datagram %d: %s", n,
				 cipsec_handshake_error(p.client));
		keys_equal(&p);
		last = p.link[direction].sent;
		pair_end(&p);
	}
}

static void each_datagram_of_the_client_may_be_lost(void **state)
{
	survives_each(0, LOSE);
}

static void each_datagram_of_the_server_may_be_lost(void **state)
{
	survives_each(1, LOSE);
}

static void each_datagram_may_arrive_twice(void **state)
{
	survives_each(0, DOUBLE);
	survives_each(1, DOUBLE);
}

static void each_datagram_may_arrive_late(void **state)
{
	survives_each(0, DELAY);
	survives_each(1, DELAY);
}

static int to_lose;

static enum fate lose_last_flight(int direction, int n, const uint8_t *data,
				  size_t len)
{
	struct cipsec_record_view rec;

	while (direction == 1 && cipsec_record_next(&rec, &data, &len))
		if (rec.type == CIPSEC_RECORD_CCS && to_lose) {
			to_lose--;
			return LOSE;
		} else if (rec.epoch && to_lose) {
			return LOSE;
		}
	return PASS;
}

static void last_flight_is_resent_with_new_numbers(void **state)
{
	struct pair p;

	pair_init(&p, "client", "server");
	p.fate = lose_last_flight;
	to_lose = 2;
	pair_begin(&p);
	pair_run(&p, 4000);
	pair_finish(&p);
	assert_int_equal(p.client_state, 1);
	assert_true(p.highest > 0);
	assert_true(p.highest < CIPSEC_RECORD_RESERVE);
	keys_equal(&p);
	pair_end(&p);
}

static enum fate lose_from_server(int direction, int n, const uint8_t *data,
				  size_t len)
{
	return direction == 1 ? LOSE : PASS;
}

static void a_client_that_never_hears_it_gets_few_resends(void **state)
{
	struct pair p;
	int wait;

	pair_init(&p, "client", "server");
	p.patience = 3600 * 1000;
	pair_begin(&p);
	pair_run(&p, 1000);
	cipsec_handshake_release(p.server);
	p.fate = lose_from_server;
	p.epoch_one = 0;
	do {
		transmit(&p, p.server, 1);
		wait = cipsec_handshake_timeout(p.client);
		skipped += wait < 10 ? 10 : wait;
		p.client_state = cipsec_handshake_run(p.client);
		transmit(&p, p.client, 0);
		deliver(&p, p.server, 0, &p.server_state);
	} while (!p.client_state);
	assert_true(p.epoch_one > 1);
	assert_true(p.epoch_one <= CIPSEC_HANDSHAKE_RESENDS + 1);
	pair_end(&p);
}

static void application_data_is_never_taken(void **state)
{
	static const uint8_t data[] = { 23, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 1,
					0, 2, 1, 2 };
	struct pair p;

	pair_init(&p, "client", "server");
	pair_begin(&p);
	assert_int_equal(cipsec_handshake_feed(p.client, data, sizeof(data)),
			 -ENOMSG);
	pair_run(&p, 1000);
	assert_int_equal(cipsec_handshake_feed(p.server, data, sizeof(data)),
			 -ENOMSG);
	pair_end(&p);
}

static void forged_datagrams_do_not_stop_a_handshake(void **state)
{
	uint8_t junk[64];
	struct pair p;
	int i;

	pair_init(&p, "client", "server");
	pair_begin(&p);
	srandom(1);
	for (i = 0; i < 200; i++) {
		for (size_t j = 0; j < sizeof(junk); j++)
			junk[j] = (uint8_t)random();
		memcpy(junk, "\x16\xfe\xfd\0\1\0\0\0\0\0\7\0\x33", 13);
		if (!cipsec_handshake_feed(p.server, junk, sizeof(junk)))
			cipsec_handshake_run(p.server);
	}
	pair_run(&p, 4000);
	pair_finish(&p);
	assert_int_equal(p.client_state, 1);
	pair_end(&p);
}

/* refused certificates: who refuses, what it says, what the other is told */

static void refused(const char *client, const char *server,
		    const char *client_rule, const char *server_rule,
		    bool by_server, const char *reason, const char *alert)
{
	struct cipsec_handshake *judge, *other;
	struct pair p;

	pair_init(&p, client, server);
	cipsec_identity_clear(&p.client_rule);
	cipsec_identity_clear(&p.server_rule);
	assert_int_equal(cipsec_identity_parse(&p.client_rule, client_rule),
			 0);
	assert_int_equal(cipsec_identity_parse(&p.server_rule, server_rule),
			 0);
	pair_begin(&p);
	pair_run(&p, 1500);
	judge = by_server ? p.server : p.client;
	other = by_server ? p.client : p.server;
	assert_true((by_server ? p.server_state : p.client_state) < 0);
	if (!strstr(cipsec_handshake_error(judge), reason))
		fail_msg("\"%s\" does not say \"%s\"",
			 cipsec_handshake_error(judge), reason);
	if (!strstr(cipsec_handshake_error(other), alert))
		fail_msg("\"%s\" does not say \"%s\"",
			 cipsec_handshake_error(other), alert);
	pair_end(&p);
}

static void expired_certificate_is_refused_with_alert_45(void **state)
{
	refused("expired", "server", "any-trusted", "any-trusted", true,
		"expired", "alert 45");
}

static void certificate_of_another_authority_is_refused_with_alert_48(void **s)
{
	refused("stranger", "server", "any-trusted", "any-trusted", true,
		"trusted authority", "alert 48");
	refused("client", "stranger", "any-trusted", "any-trusted", false,
		"trusted authority", "alert 48");
}

static void certificate_for_another_purpose_is_refused_with_alert_43(void **s)
{
	refused("only-server", "server", "any-trusted", "any-trusted", true,
		"clientAuth", "alert 43");
	refused("client", "only-client", "any-trusted", "any-trusted", false,
		"serverAuth", "alert 43");
}

static void valid_certificate_of_somebody_else_is_refused_with_alert_49(void **s)
{
	refused("client", "server", "subject:CN=other,O=unit", "any-trusted",
		true, "identity = subject:O=unit,CN=client", "alert 49");
	refused("client", "server", "any-trusted", "san:other.example", false,
		"names somebody else", "alert 49");
}

static void no_common_suite_is_said(void **state)
{
	struct pair p;

	pair_init(&p, "client", "server");
	p.client_suites[0] = NULL_SHA;
	pair_begin(&p);
	pair_run(&p, 1500);
	assert_true(p.server_state < 0);
	assert_non_null(strstr(cipsec_handshake_error(p.server), "suite"));
	assert_true(p.client_state < 0);
	pair_end(&p);
}

static void cookie_is_bound_to_the_address_and_outlives_one_secret(void **state)
{
	struct cipsec_cookie cookie = { 0 };
	gnutls_dtls_prestate_st prestate;
	uint8_t hello[2048], reply[256];
	size_t len, reply_len = sizeof(reply);
	const uint8_t *random, *again;
	uint8_t first[32];
	struct pair p;

	pair_init(&p, "client", "server");
	pair_begin(&p);
	cipsec_handshake_run(p.client);
	len = cipsec_handshake_next(p.client, hello, sizeof(hello));
	assert_true(cipsec_record_is_hello(hello, len, &random));
	memcpy(first, random, sizeof(first));

	assert_int_equal(cipsec_cookie_check(&cookie, "a", 1, hello, len, 1000,
					     &prestate), -EAGAIN);
	assert_int_equal(cipsec_cookie_send(&cookie, "a", 1, &prestate, reply,
					    &reply_len), 0);
	/* no larger than what asked for it: nothing to amplify */
	assert_true(reply_len <= len);
	assert_int_equal(cipsec_handshake_feed(p.client, reply, reply_len), 0);
	cipsec_handshake_run(p.client);
	len = cipsec_handshake_next(p.client, hello, sizeof(hello));
	assert_true(cipsec_record_is_hello(hello, len, &again));
	assert_memory_equal(first, again, sizeof(first));

	assert_int_equal(cipsec_cookie_check(&cookie, "a", 1, hello, len, 2000,
					     &prestate), 0);
	assert_int_equal(cipsec_cookie_check(&cookie, "b", 1, hello, len, 2000,
					     &prestate), -EAGAIN);
	assert_int_equal(cipsec_cookie_check(&cookie, "a", 1, hello, len,
					     1000 + CIPSEC_COOKIE_ROTATE,
					     &prestate), 0);
	assert_int_equal(cipsec_cookie_check(&cookie, "a", 1, hello, len,
					     1000 + 2 * CIPSEC_COOKIE_ROTATE,
					     &prestate), -EAGAIN);
	assert_int_equal(cipsec_cookie_check(&cookie, "a", 1, "x", 1, 2000,
					     &prestate), -EBADMSG);
	cipsec_cookie_clear(&cookie);
	pair_end(&p);
}

static int make_pki(void **state)
{
	static const struct pki_spec specs[] = {
		{ .name = "ca", .ca = true },
		{ .name = "other-ca", .ca = true },
		{ .name = "client", .issuer = "ca" },
		{ .name = "server", .issuer = "ca", .dns = "plc.example",
		  .purpose = GNUTLS_KP_TLS_WWW_SERVER },
		{ .name = "stranger", .issuer = "other-ca" },
		{ .name = "expired", .issuer = "ca", .from = -7200,
		  .until = -3600 },
		{ .name = "only-server", .issuer = "ca",
		  .purpose = GNUTLS_KP_TLS_WWW_SERVER },
		{ .name = "only-client", .issuer = "ca",
		  .purpose = GNUTLS_KP_TLS_WWW_CLIENT },
	};
	size_t i;

	pki_begin();
	for (i = 0; i < sizeof(specs) / sizeof(specs[0]); i++)
		pki_make(&specs[i]);
	return 0;
}

static int drop_pki(void **state)
{
	pki_end();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gcm_128_connects_and_both_sides_have_equal_keys),
		cmocka_unit_test(gcm_256_connects_and_both_sides_have_equal_keys),
		cmocka_unit_test(null_sha_connects_and_both_sides_have_equal_keys),
		cmocka_unit_test(servers_order_of_suites_decides),
		cmocka_unit_test(last_flight_waits_until_it_is_released),
		cmocka_unit_test(each_datagram_of_the_client_may_be_lost),
		cmocka_unit_test(each_datagram_of_the_server_may_be_lost),
		cmocka_unit_test(each_datagram_may_arrive_twice),
		cmocka_unit_test(each_datagram_may_arrive_late),
		cmocka_unit_test(last_flight_is_resent_with_new_numbers),
		cmocka_unit_test(a_client_that_never_hears_it_gets_few_resends),
		cmocka_unit_test(application_data_is_never_taken),
		cmocka_unit_test(forged_datagrams_do_not_stop_a_handshake),
		cmocka_unit_test(expired_certificate_is_refused_with_alert_45),
		cmocka_unit_test(certificate_of_another_authority_is_refused_with_alert_48),
		cmocka_unit_test(certificate_for_another_purpose_is_refused_with_alert_43),
		cmocka_unit_test(valid_certificate_of_somebody_else_is_refused_with_alert_49),
		cmocka_unit_test(no_common_suite_is_said),
		cmocka_unit_test(cookie_is_bound_to_the_address_and_outlives_one_secret),
	};

	return cmocka_run_group_tests(tests, make_pki, drop_pki);
}
