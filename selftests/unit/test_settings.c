// SPDX-License-Identifier: GPL-2.0-only
/* The settings file: what is accepted, and what each mistake is answered with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "pki.h"
#include "settings.h"

#define GCM	"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"

/* what the file with one mistake in it is compared with; $NAME are keys */
static const char good[] =
	"[agent]\n"
	"default-policy = require\n"
	"listen = 10.0.0.2 10.0.1.2:2300\n"
	"[credentials]\n"
	"certificate = @device.pem\n"
	"key = @device.key\n"
	"trust = @ca.pem\n"
	"[peer scanner]\n"
	"address = 10.0.0.1\n"
	"identity = subject:O=unit,CN=scanner\n"
	"identity = san:scanner.example\n"
	"suites = " GCM " TLS_ECDHE_ECDSA_WITH_NULL_SHA\n"
	"flags = discovery\n"
	"[peer office]\n"
	"address = 192.168.0.0/16\n"
	"policy = deny\n"
	"[connection io]\n"
	"peer = scanner\n"
	"produced = 0x10\n"
	"consumed = 32\n";

static char complaint[4096];

/* writes @text with @ made the directory of the certificates */
static const char *write_settings(const char *text)
{
	const char *name = pki_file("agent", "conf");
	const char *ca = pki_file("ca", "pem");
	FILE *file = fopen(name, "w");

	for (; *text; text++) {
		if (*text == '@')
			fprintf(file, "%.*s", (int)(strlen(ca) - 6), ca);
		else
			fputc(*text, file);
	}
	fclose(file);
	return name;
}

static struct settings *read_settings(const char *text)
{
	const char *name = write_settings(text);
	const char *log = pki_file("stderr", "txt");
	int saved = dup(STDERR_FILENO);
	struct settings *set;
	size_t len;
	FILE *file;

	fflush(stderr);
	assert_non_null(freopen(log, "w+", stderr));
	settings_read(&set, name);
	fflush(stderr);
	file = fopen(log, "r");
	len = fread(complaint, 1, sizeof(complaint) - 1, file);
	complaint[len] = '\0';
	fclose(file);
	dup2(saved, STDERR_FILENO);
	close(saved);
	return set;
}

static void everything_that_is_written_is_read(void **state)
{
	struct settings *set = read_settings(good);
	struct cipsec_addr addr;

	if (!set)
		fail_msg("%s", complaint);
	assert_int_equal(set->default_verb, CIPSEC_VERB_REQUIRE);
	assert_int_equal(set->listen->end.port, 2221);
	assert_int_equal(set->listen->next->end.port, 2300);
	assert_int_equal(set->peers->n_identities, 2);
	assert_int_equal(set->peers->n_suites, 2);
	assert_int_equal(set->peers->flags, CIPSEC_POLICY_F_DISCOVERY);
	assert_int_equal(set->connections->conn.produced, 0x10);
	assert_int_equal(set->connections->conn.consumed, 32);
	assert_int_equal(set->connections->role, CIPSEC_ROLE_SERVER);
	assert_ptr_equal(set->connections->peer, set->peers);
	assert_non_null(set->cred);

	cipsec_addr_parse(&addr, "192.168.7.7");
	assert_string_equal(settings_peer(set, &addr)->name, "office");
	cipsec_addr_parse(&addr, "10.0.0.1");
	assert_string_equal(settings_peer(set, &addr)->name, "scanner");
	cipsec_addr_parse(&addr, "10.0.0.3");
	assert_null(settings_peer(set, &addr));
	settings_free(set);
}

/* a line of the good file, what it is made instead, what is said then */
static const struct {
	const char *line;
	const char *instead;
	const char *said;
} mistakes[] = {
	{ "listen = 10.0.0.2 10.0.1.2:2300", "lisen = 10.0.0.2",
	  ":3: lisen: 10.0.0.2: unknown key in [agent]" },
	{ "[peer office]", "[pear office]",
	  ":15: address: 192.168.0.0/16: unknown section [pear office]" },
	{ "listen = 10.0.0.2 10.0.1.2:2300", "listen = 0.0.0.0",
	  ":3: listen: 0.0.0.0: an association has one local address" },
	{ "listen = 10.0.0.2 10.0.1.2:2300", "listen = 10.0.0.2:0",
	  ":3: listen: 10.0.0.2:0: write an IPv4 address" },
	{ "listen = 10.0.0.2 10.0.1.2:2300", "max-handshakes = 0x",
	  ":3: max-handshakes: 0x: write a number of handshakes" },
	{ "default-policy = require", "default-policy = permit",
	  ":2: default-policy: permit: write require, trust or deny" },
	{ "default-policy = require", "default-policy =",
	  ":2: default-policy: has no value" },
	{ "default-policy = require", "whatever",
	  ":2: is neither [section] nor key = value" },
	{ "address = 10.0.0.1", "address = fe80::1",
	  ":9: address: fe80::1: IPv6 cannot be protected yet" },
	{ "address = 10.0.0.1", "address = 10.0.0.256",
	  ":9: address: 10.0.0.256: write an IPv4 address" },
	{ "address = 192.168.0.0/16", "address = 10.0.0.1",
	  ":15: address: [peer office] has the address of [peer scanner]" },
	{ "suites = " GCM " TLS_ECDHE_ECDSA_WITH_NULL_SHA", "suites = AES",
	  ":12: suites: AES: is not a suite of CIP Security" },
	{ "suites = " GCM " TLS_ECDHE_ECDSA_WITH_NULL_SHA",
	  "suites = TLS_ECDHE_ECDSA_WITH_AES_128_CCM",
	  ":12: suites: TLS_ECDHE_ECDSA_WITH_AES_128_CCM: is not supported by this version" },
	{ "suites = " GCM " TLS_ECDHE_ECDSA_WITH_NULL_SHA", "",
	  ":9: suites: [peer scanner] has none" },
	{ "identity = san:scanner.example", "identity = scanner",
	  ":11: identity: scanner: write subject:" },
	{ "identity = san:scanner.example", "identity = fingerprint:sha256:12",
	  ":11: identity: fingerprint:sha256:12: write subject:" },
	{ "policy = deny", "policy = deny\ninitiate = yes",
	  "initiate: [peer office] is a range of addresses" },
	{ "peer = scanner", "peer = scaner",
	  ":18: peer: scaner: there is no [peer scaner]" },
	{ "peer = scanner", "peer = office",
	  ":18: peer: office: has policy = deny" },
	{ "peer = scanner", "peer = scanner\nassociation = initiated",
	  ":18: association: initiated: [peer scanner] has initiate = no" },
	{ "consumed = 32", "ids = any", "ids: any: consumed and produced are set too" },
	{ "consumed = 32", "", "ids: [connection io] has none" },
	{ "consumed = 32", "consumed = 0x100000000",
	  "consumed: 0x100000000: write a connection id" },
	{ "consumed = 32", "consumed = 32\n[connection 2]\npeer = scanner\nids = any",
	  "`any` must be the only one" },
	{ "listen = 10.0.0.2 10.0.1.2:2300", "",
	  "listen: [agent] has none, and peers are expected to connect" },
	{ "key = @device.key", "key = @ca.key",
	  ":6: key: " },
	{ "key = @device.key", "key = @none.key",
	  "none.key: cannot be read: No such file" },
	{ "key = @device.key", "key = @open.key",
	  "open.key: others may read it (mode 0644): chmod 600" },
	{ "key = @device.key", "key = @ca.pem",
	  "ca.pem: others may read it" },
	{ "certificate = @device.pem", "certificate = @device.key",
	  ":5: certificate: " },
	{ "certificate = @device.pem\nkey = @device.key",
	  "certificate = @expired.pem\nkey = @expired.key",
	  "expired.pem: expired " },
	{ "certificate = @device.pem\nkey = @device.key",
	  "certificate = @future.pem\nkey = @future.key",
	  "future.pem: is not valid before " },
	{ "certificate = @device.pem\nkey = @device.key",
	  "certificate = @usage.pem\nkey = @usage.key",
	  "usage.pem: its key usage lacks digitalSignature" },
	{ "certificate = @device.pem\nkey = @device.key",
	  "certificate = @only-client.pem\nkey = @only-client.key",
	  "only-client.pem: its extended key usage lacks serverAuth" },
	{ "certificate = @device.pem\nkey = @device.key",
	  "certificate = @rsa.pem\nkey = @rsa.key",
	  "rsa.key: is not an EC key" },
	{ "trust = @ca.pem", "trust = @device.key", ":7: trust: " },
	{ "trust = @ca.pem", "", "certificate, key and trust are all needed" },
	{ "trust = @ca.pem", "trust = @ca.pem\ncrl = @ca.pem",
	  ":8: crl: " },
};

static void replace(char *out, size_t room, const char *line,
		    const char *instead)
{
	const char *at = strstr(good, line);

	assert_non_null(at);
	snprintf(out, room, "%.*s%s%s", (int)(at - good), good, instead,
		 at + strlen(line));
}

static void each_mistake_is_named_with_its_line(void **state)
{
	struct settings *set;
	char text[2048];
	size_t i;

	chmod(pki_file("ca", "pem"), 0644);
	for (i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		replace(text, sizeof(text), mistakes[i].line,
			mistakes[i].instead);
		set = read_settings(text);
		if (set)
			fail_msg("accepted: %s", mistakes[i].instead);
		if (!strstr(complaint, mistakes[i].said))
			fail_msg("\"%s\" does not say \"%s\"", complaint,
				 mistakes[i].said);
		if (!strstr(complaint, "agent.conf:"))
			fail_msg("no file in \"%s\"", complaint);
	}
}

static void expired_certificate_is_accepted_if_it_is_said(void **state)
{
	struct settings *set;
	char text[2048];

	replace(text, sizeof(text), "certificate = @device.pem\nkey = @device.key",
		"check-expiration = no\ncertificate = @expired.pem\nkey = @expired.key");
	set = read_settings(text);
	if (!set)
		fail_msg("%s", complaint);
	settings_free(set);
}

static void only_policies_need_no_credentials(void **state)
{
	struct settings *set;

	set = read_settings("[peer a]\naddress = 10.0.0.1\npolicy = trust\n");
	if (!set)
		fail_msg("%s", complaint);
	assert_null(set->cred);
	settings_free(set);
}

static void random_files_never_stop_the_reader(void **state)
{
	struct settings *set;
	char text[600];
	int round, i, at;

	srandom(3);
	for (round = 0; round < 500; round++) {
		at = (int)(random() % 300);
		snprintf(text, sizeof(text), "%s", good + at);
		for (i = 0; i < 5; i++)
			text[random() % (long)strlen(text)] =
				(char)(32 + random() % 90);
		set = read_settings(text);
		settings_free(set);
	}
}

static int make_pki(void **state)
{
	static const struct pki_spec specs[] = {
		{ .name = "ca", .ca = true },
		{ .name = "device", .issuer = "ca" },
		{ .name = "open", .issuer = "ca" },
		{ .name = "rsa", .issuer = "ca", .rsa = true },
		{ .name = "expired", .issuer = "ca", .from = -7200,
		  .until = -3600 },
		{ .name = "future", .issuer = "ca", .from = 360000,
		  .until = 720000 },
		{ .name = "usage", .issuer = "ca",
		  .usage = GNUTLS_KEY_KEY_AGREEMENT },
		{ .name = "only-client", .issuer = "ca",
		  .purpose = GNUTLS_KP_TLS_WWW_CLIENT },
	};
	size_t i;

	pki_begin();
	for (i = 0; i < sizeof(specs) / sizeof(specs[0]); i++)
		pki_make(&specs[i]);
	chmod(pki_file("open", "key"), 0644);
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
		cmocka_unit_test(everything_that_is_written_is_read),
		cmocka_unit_test(each_mistake_is_named_with_its_line),
		cmocka_unit_test(expired_certificate_is_accepted_if_it_is_said),
		cmocka_unit_test(only_policies_need_no_credentials),
		cmocka_unit_test(random_files_never_stop_the_reader),
	};

	return cmocka_run_group_tests(tests, make_pki, drop_pki);
}
