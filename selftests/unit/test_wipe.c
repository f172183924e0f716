// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is left of a key in this process when its handshake is over.
 *
 * All memory that can be written is searched. The key that is looked for is
 * kept inverted, and the memory for the search itself is left out, so that
 * nothing here is found by mistake. Linked with the agent's free().
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "handshake.h"
#include "pki.h"

#define CHUNK		(1024 * 1024)
#define HOLE		65536
#define SECRETS		8

static struct {
	uint8_t inverted[48];
	size_t len;
	const char *name;
} secrets[SECRETS];

static size_t n_secrets;
static uint8_t *window;

static void keep(const char *name, const void *secret, size_t len)
{
	const uint8_t *from = secret;
	size_t i;

	if (!len)
		return;
	for (i = 0; i < len; i++)
		secrets[n_secrets].inverted[i] = (uint8_t)~from[i];
	secrets[n_secrets].len = len;
	secrets[n_secrets++].name = name;
}

static int hits_in(const uint8_t *at, size_t len, const uint8_t *inverted,
		   size_t secret_len)
{
	size_t i, j;
	int n = 0;

	for (i = 0; i + secret_len <= len; i++) {
		for (j = 0; j < secret_len; j++)
			if ((at[i + j] ^ inverted[j]) != 0xff)
				break;
		n += j == secret_len;
	}
	return n;
}

static int search_range(int mem, unsigned long from, unsigned long to,
			const char *line, bool say)
{
	unsigned long own = (unsigned long)window;
	ssize_t got;
	int n = 0, hits;
	size_t i;

	if (from < own + CHUNK && to > own)
		return 0;
	/* overlapping windows: a secret may lie across an edge */
	for (; from < to; from += CHUNK - 64) {
		got = pread(mem, window, to - from < CHUNK ? to - from : CHUNK,
			    (off_t)from);
		if (got <= 0)
			break;
		for (i = 0; i < n_secrets; i++) {
			hits = hits_in(window, (size_t)got,
				       secrets[i].inverted, secrets[i].len);
			if (hits && say)
				print_message("# %s in %s", secrets[i].name,
					      line);
			n += hits;
		}
		if (to - from <= CHUNK)
			break;
	}
	memset(window, 0, CHUNK);
	return n;
}

/* how often one of the secrets is found */
static int search(bool say)
{
	unsigned long from, to;
	char line[512], perms[8];
	FILE *maps;
	int mem, n = 0;

	mem = open("/proc/self/mem", O_RDONLY);
	maps = fopen("/proc/self/maps", "r");
	assert_true(mem >= 0 && maps);
	while (fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx %7s", &from, &to, perms) == 3 &&
		    perms[0] == 'r' && perms[1] == 'w')
			n += search_range(mem, from, to, line, say);
	fclose(maps);
	close(mem);
	return n;
}

static int keep_master(gnutls_session_t session, const char *label,
		       const gnutls_datum_t *secret)
{
	keep("master secret", secret->data, secret->size);
	return 0;
}

static void carry(struct cipsec_handshake *from, struct cipsec_handshake *to)
{
	static uint8_t data[2048];
	size_t len;

	while ((len = cipsec_handshake_next(from, data, sizeof(data))))
		cipsec_handshake_feed(to, data, len);
}

static struct cipsec_credential *load(const char *name)
{
	struct cipsec_credential_files files = {
		.certificate = pki_file(name, "pem"),
		.key = pki_file(name, "key"),
		.trust = pki_file("ca", "pem"),
	};
	struct cipsec_credential_error error;
	struct cipsec_credential *cred;

	assert_int_equal(cipsec_credential_load(&cred, &files, &error), 0);
	return cred;
}

/* the whole way of a key through the agent, both roles in this process */
static void handshake_leaves_nothing(uint16_t suite)
{
	static struct cipsec_key key;
	struct cipsec_credential *cred = load("device");
	struct cipsec_identity any = { CIPSEC_IDENTITY_ANY_TRUSTED };
	struct cipsec_handshake_spec spec = {
		.role = CIPSEC_ROLE_CLIENT,
		.cred = cred,
		.identities = &any,
		.n_identities = 1,
		.suites = &suite,
		.n_suites = 1,
		.mtu = 1400,
		.timeout = 8000,
		.keylog = keep_master,
	};
	struct cipsec_handshake *client, *server;
	int i, client_state = 0, server_state = 0;

	n_secrets = 0;
	assert_int_equal(cipsec_handshake_new(&client, &spec), 0);
	spec.role = CIPSEC_ROLE_SERVER;
	spec.keylog = NULL;
	assert_int_equal(cipsec_handshake_new(&server, &spec), 0);
	for (i = 0; i < 20 && (!client_state || !server_state); i++) {
		client_state = cipsec_handshake_run(client);
		carry(client, server);
		server_state = cipsec_handshake_run(server);
		if (server_state)
			cipsec_handshake_release(server);
		carry(server, client);
	}
	assert_int_equal(client_state, 1);
	assert_int_equal(server_state, 1);

	assert_int_equal(cipsec_handshake_keys(client, &key), 0);
	keep("tx key", key.tx.enc, key.tx.enc_len);
	keep("rx key", key.rx.enc, key.rx.enc_len);
	keep("tx MAC key", key.tx.mac, key.tx.mac_len);
	keep("rx MAC key", key.rx.mac, key.rx.mac_len);
	assert_true(n_secrets >= 3);
	/* the control: it is found where it must be, in GnuTLS and in @key */
	i = search(false);
	assert_true(i >= 3 + 2);

	explicit_bzero(&key, sizeof(key));
	cipsec_handshake_free(client);
	cipsec_handshake_free(server);
	assert_int_equal(search(true), 0);

	/* and it would still be found */
	for (i = 0; i < (int)secrets[1].len; i++)
		key.tx.enc[i] = (uint8_t)~secrets[1].inverted[i];
	assert_true(search(false) >= 1);
	explicit_bzero(&key, sizeof(key));
	cipsec_credential_free(cred);
}

static void nothing_is_left_of_a_gcm_128_key(void **state)
{
	handshake_leaves_nothing(0xc02b);
}

static void nothing_is_left_of_a_gcm_256_key(void **state)
{
	handshake_leaves_nothing(0xc02c);
}

static void nothing_is_left_of_a_null_sha_key(void **state)
{
	handshake_leaves_nothing(0xc006);
}

static void nothing_is_left_of_the_private_key(void **state)
{
	struct cipsec_credential *cred;
	static char text[4096];
	char *line, *save = NULL;
	uint8_t raw[48];
	FILE *file;
	size_t len;

	/* the base64 of the file's second line: random, and the key's alone */
	file = fopen(pki_file("device", "key"), "r");
	assert_non_null(file);
	len = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[len] = '\0';
	n_secrets = 0;
	line = strtok_r(text, "\n", &save);
	while (line && line[0] == '-')
		line = strtok_r(NULL, "\n", &save);
	assert_non_null(line);
	memcpy(raw, line + 8, sizeof(raw));
	keep("private key file", raw, sizeof(raw));
	explicit_bzero(raw, sizeof(raw));
	assert_true(search(false) >= 1);
	explicit_bzero(text, sizeof(text));
	cred = load("device");
	cipsec_credential_free(cred);
	assert_int_equal(search(true), 0);
}

static int make_pki(void **state)
{
	static const struct pki_spec specs[] = {
		{ .name = "ca", .ca = true },
		{ .name = "device", .issuer = "ca" },
	};

	/* between two holes, so that it is a map of its own */
	window = mmap(NULL, CHUNK + 2 * HOLE, PROT_NONE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (window == MAP_FAILED ||
	    mprotect(window + HOLE, CHUNK, PROT_READ | PROT_WRITE))
		return -1;
	window += HOLE;
	pki_begin();
	pki_make(&specs[0]);
	pki_make(&specs[1]);
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
		cmocka_unit_test(nothing_is_left_of_a_gcm_128_key),
		cmocka_unit_test(nothing_is_left_of_a_gcm_256_key),
		cmocka_unit_test(nothing_is_left_of_a_null_sha_key),
		cmocka_unit_test(nothing_is_left_of_the_private_key),
	};

	return cmocka_run_group_tests(tests, make_pki, drop_pki);
}
