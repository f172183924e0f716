// SPDX-License-Identifier: GPL-2.0-only
/* GnuTLS between two queues. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <gnutls/abstract.h>
#include <gnutls/x509.h>

#include "handshake.h"
#include "stack.h"
#include "suite.h"

/* a flight with a long chain is some 16 KiB in datagrams of the least size */
#define QUEUE_MAX	64
#define DATAGRAM_MAX	2048

/* first retransmission; GnuTLS doubles it (RFC 6347 4.2.4.1 says 1 s) */
#define RETRANSMIT	400

struct datagram {
	struct datagram *next;
	/* not before cipsec_handshake_release() */
	bool held;
	/* more may be appended, up to DATAGRAM_MAX */
	bool open;
	size_t len;
	uint8_t data[];
};

struct queue {
	struct datagram *head;
	struct datagram *last;
	struct datagram **tail;
	unsigned int count;
};

struct cipsec_handshake {
	enum cipsec_role role;
	gnutls_session_t session;
	const struct cipsec_credential *cred;
	const struct cipsec_identity *identities;
	size_t n_identities;
	uint16_t suites[16];
	size_t n_suites;
	gnutls_typed_vdata_st purpose;
	struct queue in;
	struct queue out;
	bool done;
	bool failed;
	/* a server has sent its CCS: what follows waits for the keys */
	bool holding;
	bool released;
	bool renegotiation;
	unsigned int resends;
	/* what the peer is told when its certificate was refused */
	gnutls_alert_description_t alert;
	struct cipsec_handshake_peer peer;
	char error[512];
	void *keylog_arg;
};

__attribute__((format(printf, 2, 3)))
static void explain(struct cipsec_handshake *hs, const char *fmt, ...)
{
	va_list args;

	/* the first reason is the one that counts */
	if (*hs->error)
		return;
	va_start(args, fmt);
	vsnprintf(hs->error, sizeof(hs->error), fmt, args);
	va_end(args);
}

static int queue_put(struct queue *queue, const void *data, size_t len,
		     bool held, bool open)
{
	struct datagram *d;

	if (queue->count >= QUEUE_MAX)
		return -ENOBUFS;
	d = malloc(sizeof(*d) + (open ? DATAGRAM_MAX : len));
	if (!d)
		return -ENOMEM;
	d->next = NULL;
	d->held = held;
	d->open = open;
	d->len = len;
	memcpy(d->data, data, len);
	*queue->tail = d;
	queue->tail = &d->next;
	queue->last = d;
	queue->count++;
	return 0;
}

/* appends to the datagram put last, when that is possible */
static bool queue_join(struct queue *queue, const void *data, size_t len,
		       size_t mtu)
{
	struct datagram *d = queue->last;

	if (!d || !d->open || d->len + len > mtu ||
	    d->len + len > DATAGRAM_MAX)
		return false;
	memcpy(d->data + d->len, data, len);
	d->len += len;
	return true;
}

static void queue_drop(struct queue *queue)
{
	struct datagram *d = queue->head;

	queue->head = d->next;
	if (!queue->head) {
		queue->tail = &queue->head;
		queue->last = NULL;
	}
	queue->count--;
	free(d);
}

/* what GnuTLS calls instead of recv() */
static ssize_t pull(gnutls_transport_ptr_t arg, void *buf, size_t room)
{
	struct cipsec_handshake *hs = arg;
	struct datagram *d = hs->in.head;
	size_t len;

	if (!d) {
		gnutls_transport_set_errno(hs->session, EAGAIN);
		return -1;
	}
	len = d->len < room ? d->len : room;
	memcpy(buf, d->data, len);
	queue_drop(&hs->in);
	return (ssize_t)len;
}

static int pull_timeout(gnutls_transport_ptr_t arg, unsigned int ms)
{
	struct cipsec_handshake *hs = arg;

	return hs->in.head ? 1 : 0;
}

/*
 * May what GnuTLS wants to send go out? Under the new epoch only Finished,
 * with a number below the kernel's first (design 4.3); alerts of that epoch
 * are the kernel's business.
 */
static bool may_send(struct cipsec_handshake *hs, const uint8_t *data,
		     size_t len, bool *ccs)
{
	struct cipsec_record_view rec;

	*ccs = false;
	while (cipsec_record_next(&rec, &data, &len)) {
		if (rec.type == CIPSEC_RECORD_CCS)
			*ccs = true;
		if (rec.type == CIPSEC_RECORD_DATA)
			return false;
		if (rec.epoch && rec.type == CIPSEC_RECORD_ALERT)
			return false;
		if (rec.epoch && rec.number >= CIPSEC_RECORD_RESERVE)
			return false;
	}
	return !len;
}

/* what GnuTLS calls instead of send() */
static ssize_t push(gnutls_transport_ptr_t arg, const void *data, size_t len)
{
	struct cipsec_handshake *hs = arg;
	bool ccs;

	/* as if the network had lost it */
	if (len > DATAGRAM_MAX || !may_send(hs, data, len, &ccs))
		return (ssize_t)len;
	if (ccs && hs->done && hs->resends++ >= CIPSEC_HANDSHAKE_RESENDS)
		return (ssize_t)len;
	if (hs->done && hs->resends > CIPSEC_HANDSHAKE_RESENDS)
		return (ssize_t)len;
	if (ccs && hs->role == CIPSEC_ROLE_SERVER && !hs->released)
		hs->holding = true;
	/*
	 * Finished travels with the CCS before it. Were a record of the kernel
	 * to arrive between the two, with its number from 1024 on, it would
	 * move the peer's window past each Finished that may yet come, repeated
	 * or not (RFC 6347 4.1.2.6).
	 */
	if (ccs || !queue_join(&hs->out, data, len,
			       gnutls_dtls_get_mtu(hs->session)))
		queue_put(&hs->out, data, len, hs->holding, ccs);
	return (ssize_t)len;
}

static int refuse(struct cipsec_handshake *hs, gnutls_alert_description_t alert)
{
	hs->alert = alert;
	return GNUTLS_E_CERTIFICATE_ERROR;
}

static int refuse_status(struct cipsec_handshake *hs, unsigned int status,
			 gnutls_x509_crt_t crt)
{
	const char *subject = hs->peer.subject;
	char day[32] = "";
	struct tm tm;
	time_t t;

	if (status & GNUTLS_CERT_REVOKED) {
		explain(hs, "certificate was revoked (%s): issue a new one to the peer",
			subject);
		return refuse(hs, GNUTLS_A_CERTIFICATE_REVOKED);
	}
	if (status & GNUTLS_CERT_EXPIRED) {
		t = gnutls_x509_crt_get_expiration_time(crt);
		strftime(day, sizeof(day), "%F", gmtime_r(&t, &tm));
		explain(hs, "certificate or an issuer of it expired, the certificate on %s (%s): renew it or set check-expiration = no",
			day, subject);
		return refuse(hs, GNUTLS_A_CERTIFICATE_EXPIRED);
	}
	if (status & GNUTLS_CERT_NOT_ACTIVATED) {
		t = gnutls_x509_crt_get_activation_time(crt);
		strftime(day, sizeof(day), "%F %T", gmtime_r(&t, &tm));
		explain(hs, "certificate is not valid before %s UTC (%s): check the clock of this host or set check-expiration = no",
			day, subject);
		return refuse(hs, GNUTLS_A_BAD_CERTIFICATE);
	}
	if (status & (GNUTLS_CERT_SIGNER_NOT_FOUND |
		      GNUTLS_CERT_SIGNER_NOT_CA)) {
		explain(hs, "certificate was not issued by a trusted authority (%s): add its issuer to the file of `trust` if you mean to trust it",
			subject);
		return refuse(hs, GNUTLS_A_UNKNOWN_CA);
	}
	if (status & GNUTLS_CERT_PURPOSE_MISMATCH) {
		explain(hs, "certificate's extended key usage does not allow a DTLS %s (%s): have it issued for %s",
			hs->role == CIPSEC_ROLE_SERVER ? "client" : "server",
			subject,
			hs->role == CIPSEC_ROLE_SERVER ? "clientAuth" :
							 "serverAuth");
		return refuse(hs, GNUTLS_A_UNSUPPORTED_CERTIFICATE);
	}
	explain(hs, "certificate does not verify (%s, GnuTLS status 0x%x): have it issued anew",
		subject, status);
	return refuse(hs, GNUTLS_A_BAD_CERTIFICATE);
}

static int verify_leaf(struct cipsec_handshake *hs, gnutls_x509_crt_t crt,
		       unsigned int status)
{
	size_t subject_len = sizeof(hs->peer.subject);
	size_t id_len = sizeof(hs->peer.identity);
	size_t print_len = sizeof(hs->peer.fingerprint);

	if (gnutls_x509_crt_get_dn(crt, hs->peer.subject, &subject_len))
		snprintf(hs->peer.subject, sizeof(hs->peer.subject), "?");
	if (gnutls_x509_crt_get_key_id(crt, GNUTLS_KEYID_USE_SHA256,
				       hs->peer.identity, &id_len) ||
	    gnutls_x509_crt_get_fingerprint(crt, GNUTLS_DIG_SHA256,
					    hs->peer.fingerprint,
					    &print_len)) {
		explain(hs, "certificate cannot be read (%s)",
			hs->peer.subject);
		return refuse(hs, GNUTLS_A_BAD_CERTIFICATE);
	}
	if (status)
		return refuse_status(hs, status, crt);
	if (!cipsec_identity_matches(hs->identities, hs->n_identities, crt)) {
		explain(hs, "certificate is valid but names somebody else (%s): if this is the peer, set `identity = subject:%s`",
			hs->peer.subject, hs->peer.subject);
		return refuse(hs, GNUTLS_A_ACCESS_DENIED);
	}
	return 0;
}

/* called by GnuTLS when the peer's certificate has arrived */
static int verify(gnutls_session_t session)
{
	struct cipsec_handshake *hs = gnutls_transport_get_ptr(session);
	const gnutls_datum_t *chain;
	gnutls_x509_crt_t crt;
	unsigned int n, status;
	int ret;

	chain = gnutls_certificate_get_peers(session, &n);
	if (!chain || !n) {
		explain(hs, "the peer has sent no certificate: give it one that an authority of `trust` has issued");
		return refuse(hs, GNUTLS_A_HANDSHAKE_FAILURE);
	}
	ret = gnutls_certificate_verify_peers(session, &hs->purpose, 1,
					      &status);
	if (ret < 0) {
		explain(hs, "certificate cannot be verified: %s",
			gnutls_strerror(ret));
		return refuse(hs, GNUTLS_A_BAD_CERTIFICATE);
	}
	if (gnutls_x509_crt_init(&crt))
		return GNUTLS_E_MEMORY_ERROR;
	ret = gnutls_x509_crt_import(crt, &chain[0], GNUTLS_X509_FMT_DER);
	if (ret) {
		explain(hs, "certificate cannot be read: %s",
			gnutls_strerror(ret));
		ret = refuse(hs, GNUTLS_A_BAD_CERTIFICATE);
	} else {
		ret = verify_leaf(hs, crt, status);
	}
	gnutls_x509_crt_deinit(crt);
	return ret;
}

struct create {
	struct cipsec_handshake *hs;
	const struct cipsec_handshake_spec *spec;
};

static int create(void *arg)
{
	const struct cipsec_handshake_spec *spec =
		((struct create *)arg)->spec;
	struct cipsec_handshake *hs = ((struct create *)arg)->hs;
	bool server = hs->role == CIPSEC_ROLE_SERVER;
	char priority[CIPSEC_PRIORITY_LEN];
	unsigned int flags;
	int ret;

	if (cipsec_tls_suite_priority(hs->suites, hs->n_suites, priority))
		return -EINVAL;
	flags = GNUTLS_DATAGRAM | GNUTLS_NONBLOCK | GNUTLS_NO_TICKETS |
		GNUTLS_NO_SIGNAL;
	/* a certificate that the peer does not trust: let it say so */
	if (!server)
		flags |= GNUTLS_FORCE_CLIENT_CERT;
	ret = gnutls_init(&hs->session,
			  flags | (server ? GNUTLS_SERVER : GNUTLS_CLIENT));
	if (ret)
		return -ENOMEM;
	if (gnutls_priority_set_direct(hs->session, priority, NULL))
		return -EINVAL;
	if (gnutls_credentials_set(hs->session, GNUTLS_CRD_CERTIFICATE,
				   hs->cred->gnutls))
		return -ENOMEM;
	if (server)
		gnutls_certificate_server_set_request(hs->session,
						      GNUTLS_CERT_REQUIRE);
	gnutls_session_set_verify_function(hs->session, verify);
	gnutls_transport_set_ptr(hs->session, hs);
	gnutls_transport_set_push_function(hs->session, push);
	gnutls_transport_set_pull_function(hs->session, pull);
	gnutls_transport_set_pull_timeout_function(hs->session, pull_timeout);
	gnutls_dtls_set_mtu(hs->session, spec->mtu);
	gnutls_dtls_set_timeouts(hs->session, RETRANSMIT, spec->timeout);
	if (spec->prestate)
		gnutls_dtls_prestate_set(hs->session, spec->prestate);
	/* none too must be said: GnuTLS would ask SSLKEYLOGFILE then */
	gnutls_session_set_ptr(hs->session, spec->keylog_arg);
	gnutls_session_set_keylog_function(hs->session, spec->keylog);
	return 0;
}

int cipsec_handshake_new(struct cipsec_handshake **out,
			 const struct cipsec_handshake_spec *spec)
{
	struct create create_arg = { .spec = spec };
	struct cipsec_handshake *hs;
	int err;

	*out = NULL;
	hs = calloc(1, sizeof(*hs));
	if (!hs)
		return -ENOMEM;
	hs->role = spec->role;
	hs->cred = spec->cred;
	hs->identities = spec->identities;
	hs->n_identities = spec->n_identities;
	hs->n_suites = spec->n_suites;
	if (hs->n_suites > sizeof(hs->suites) / sizeof(hs->suites[0]))
		hs->n_suites = sizeof(hs->suites) / sizeof(hs->suites[0]);
	memcpy(hs->suites, spec->suites, hs->n_suites * sizeof(*hs->suites));
	hs->purpose.type = GNUTLS_DT_KEY_PURPOSE_OID;
	hs->purpose.data = (void *)(hs->role == CIPSEC_ROLE_SERVER ?
				    GNUTLS_KP_TLS_WWW_CLIENT :
				    GNUTLS_KP_TLS_WWW_SERVER);
	hs->in.tail = &hs->in.head;
	hs->out.tail = &hs->out.head;
	create_arg.hs = hs;
	err = cipsec_stack_run(create, &create_arg);
	if (err) {
		cipsec_handshake_free(hs);
		return err;
	}
	*out = hs;
	return 0;
}

static int destroy(void *arg)
{
	struct cipsec_handshake *hs = arg;

	gnutls_deinit(hs->session);
	return 0;
}

void cipsec_handshake_free(struct cipsec_handshake *hs)
{
	if (!hs)
		return;
	if (hs->session)
		cipsec_stack_run(destroy, hs);
	while (hs->in.head)
		queue_drop(&hs->in);
	while (hs->out.head)
		queue_drop(&hs->out);
	explicit_bzero(hs, sizeof(*hs));
	free(hs);
}

/* which records GnuTLS may see (design 4.3) */
static bool may_see(const struct cipsec_handshake *hs,
		    const struct cipsec_record_view *rec)
{
	switch (rec->type) {
	case CIPSEC_RECORD_CCS:
	case CIPSEC_RECORD_HANDSHAKE:
		return true;
	case CIPSEC_RECORD_ALERT:
		return !hs->done;
	default:
		return false;
	}
}

int cipsec_handshake_feed(struct cipsec_handshake *hs, const void *data,
			  size_t len)
{
	const uint8_t *at = data;
	struct cipsec_record_view rec;
	uint8_t kept[DATAGRAM_MAX];
	size_t n = 0;

	if (hs->failed)
		return -ENOMSG;
	while (cipsec_record_next(&rec, &at, &len)) {
		if (!may_see(hs, &rec) || n + rec.len > sizeof(kept))
			continue;
		memcpy(kept + n, rec.data, rec.len);
		n += rec.len;
	}
	return n ? queue_put(&hs->in, kept, n, false, false) : -ENOMSG;
}

static void explain_failure(struct cipsec_handshake *hs, int ret)
{
	const char *alert;

	switch (ret) {
	case GNUTLS_E_FATAL_ALERT_RECEIVED:
	case GNUTLS_E_WARNING_ALERT_RECEIVED:
		alert = gnutls_alert_get_name(gnutls_alert_get(hs->session));
		explain(hs, "the peer refused with alert %d (%s): its log says why; check that it trusts this host's certificate and allows the same suites",
			gnutls_alert_get(hs->session), alert ? alert : "?");
		break;
	case GNUTLS_E_NO_CIPHER_SUITES:
	case GNUTLS_E_UNWANTED_ALGORITHM:
	case GNUTLS_E_INSUFFICIENT_CREDENTIALS:
		explain(hs, "no cipher suite that both sides allow: compare `suites` here with the peer's allowed suites");
		break;
	case GNUTLS_E_TIMEDOUT:
		explain(hs, "the peer does not answer: check that it is on, that UDP port 2221 passes every firewall between, and that it expects this host");
		break;
	case GNUTLS_E_CERTIFICATE_REQUIRED:
	case GNUTLS_E_NO_CERTIFICATE_FOUND:
		explain(hs, "the peer has sent no certificate: give it one that an authority of `trust` has issued");
		/* RFC 5246 7.4.6; GnuTLS would call it a decode_error */
		hs->alert = GNUTLS_A_HANDSHAKE_FAILURE;
		break;
	case GNUTLS_E_UNSUPPORTED_VERSION_PACKET:
		explain(hs, "the peer does not speak DTLS 1.2");
		break;
	default:
		explain(hs, "%s", gnutls_strerror(ret));
		break;
	}
}

static int failed(struct cipsec_handshake *hs, int ret)
{
	explain_failure(hs, ret);
	hs->failed = true;
	/* the last flight must not leave any more; an alert may */
	hs->holding = false;
	while (hs->out.head)
		queue_drop(&hs->out);
	if (ret == GNUTLS_E_FATAL_ALERT_RECEIVED)
		return -EPROTO;
	if (hs->alert)
		gnutls_alert_send(hs->session, GNUTLS_AL_FATAL, hs->alert);
	else if (ret != GNUTLS_E_TIMEDOUT)
		gnutls_alert_send_appropriate(hs->session, ret);
	return -EPROTO;
}

static bool suite_allowed(const struct cipsec_handshake *hs, uint16_t number)
{
	size_t i;

	for (i = 0; i < hs->n_suites; i++)
		if (hs->suites[i] == number)
			return true;
	return false;
}

static int finish(struct cipsec_handshake *hs)
{
	const struct cipsec_tls_suite *suite;

	suite = cipsec_tls_suite_negotiated(hs->session);
	if (!suite || !suite_allowed(hs, suite->number)) {
		explain(hs, "the suite %s was negotiated but is not allowed: compare `suites` here with the peer's allowed suites",
			gnutls_ciphersuite_get(hs->session));
		hs->alert = GNUTLS_A_HANDSHAKE_FAILURE;
		return failed(hs, GNUTLS_E_UNWANTED_ALGORITHM);
	}
	hs->peer.suite = suite->number;
	hs->peer.ems = gnutls_session_ext_master_secret_status(hs->session);
	hs->done = true;
	return 1;
}

/* reads what a repeated flight consists of; GnuTLS answers it by itself */
static void linger(struct cipsec_handshake *hs)
{
	uint8_t none[1];
	ssize_t ret;
	int spins;

	for (spins = 0; hs->in.head && spins < QUEUE_MAX; spins++) {
		ret = gnutls_record_recv(hs->session, none, sizeof(none));
		if (ret == GNUTLS_E_REHANDSHAKE)
			hs->renegotiation = true;
		else if (ret < 0 && gnutls_error_is_fatal((int)ret))
			break;
	}
	while (hs->in.head)
		queue_drop(&hs->in);
}

static int run(void *arg)
{
	struct cipsec_handshake *hs = arg;
	int ret, spins;

	if (hs->failed)
		return -EPROTO;
	if (hs->done) {
		linger(hs);
		return 1;
	}
	for (spins = 0; spins < QUEUE_MAX; spins++) {
		ret = gnutls_handshake(hs->session);
		if (!ret)
			return finish(hs);
		if (gnutls_error_is_fatal(ret))
			return failed(hs, ret);
		/* a warning, or a datagram it had no use for */
		if (ret == GNUTLS_E_WARNING_ALERT_RECEIVED || hs->in.head)
			continue;
		return 0;
	}
	return 0;
}

int cipsec_handshake_run(struct cipsec_handshake *hs)
{
	return cipsec_stack_run(run, hs);
}

int cipsec_handshake_timeout(struct cipsec_handshake *hs)
{
	if (hs->done || hs->failed)
		return -1;
	return (int)gnutls_dtls_get_timeout(hs->session);
}

size_t cipsec_handshake_next(struct cipsec_handshake *hs, void *buf,
			     size_t room)
{
	struct datagram *d = hs->out.head;
	size_t len;

	if (!d || (d->held && !hs->released))
		return 0;
	len = d->len < room ? d->len : room;
	memcpy(buf, d->data, len);
	queue_drop(&hs->out);
	return len;
}

void cipsec_handshake_release(struct cipsec_handshake *hs)
{
	hs->released = true;
	hs->holding = false;
}

static int copy_dir(struct cipsec_handshake *hs, unsigned int read,
		    const struct cipsec_tls_suite *suite,
		    struct cipsec_dir_key *dir)
{
	gnutls_datum_t mac, iv, key;
	uint64_t number;
	uint8_t seq[8];
	int ret;

	ret = gnutls_record_get_state(hs->session, read, &mac, &iv, &key, seq);
	if (ret)
		return -EPROTO;
	memcpy(&number, seq, sizeof(number));
	number = be64toh(number);
	/*
	 * Epoch 1, and nothing of ours but Finished so far (RFC 6347 4.1). The
	 * peer's may have come at last after any number of its data.
	 */
	if (number >> 48 != 1 ||
	    (!read &&
	     (number & 0xffffffffffffULL) >= CIPSEC_RECORD_RESERVE))
		return -EPROTO;
	if (key.size != suite->enc_len || mac.size != suite->mac_len ||
	    (suite->salt_len && iv.size != suite->salt_len))
		return -EPROTO;
	if (key.size)
		memcpy(dir->enc, key.data, key.size);
	dir->enc_len = suite->enc_len;
	if (mac.size)
		memcpy(dir->mac, mac.data, mac.size);
	dir->mac_len = suite->mac_len;
	if (suite->salt_len)
		memcpy(dir->salt, iv.data, suite->salt_len);
	dir->salt_len = suite->salt_len;
	return 0;
}

struct copy {
	struct cipsec_handshake *hs;
	struct cipsec_key *key;
};

static int copy_keys(void *arg)
{
	const struct cipsec_tls_suite *suite;
	struct copy *copy = arg;
	int err;

	suite = cipsec_tls_suite_find(copy->hs->peer.suite);
	if (!suite)
		return -EPROTO;
	copy->key->suite = suite->number;
	copy->key->epoch = 1;
	copy->key->hold = -1;
	copy->key->reserve = -1;
	err = copy_dir(copy->hs, 1, suite, &copy->key->rx);
	if (!err)
		err = copy_dir(copy->hs, 0, suite, &copy->key->tx);
	if (err)
		explicit_bzero(copy->key, sizeof(*copy->key));
	return err;
}

int cipsec_handshake_keys(struct cipsec_handshake *hs, struct cipsec_key *key)
{
	struct copy copy = { hs, key };

	memset(key, 0, sizeof(*key));
	if (!hs->done)
		return -EINVAL;
	return cipsec_stack_run(copy_keys, &copy);
}

const struct cipsec_handshake_peer *
cipsec_handshake_peer(const struct cipsec_handshake *hs)
{
	return hs->done ? &hs->peer : NULL;
}

const char *cipsec_handshake_subject(const struct cipsec_handshake *hs)
{
	return hs->peer.subject;
}

const char *cipsec_handshake_error(const struct cipsec_handshake *hs)
{
	return hs->error;
}

bool cipsec_handshake_renegotiation(struct cipsec_handshake *hs)
{
	bool asked = hs->renegotiation;

	hs->renegotiation = false;
	return asked;
}
