// SPDX-License-Identifier: GPL-2.0-only
/*
 * Was it as the test said? Counters, the program, the association.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "bed.h"

#define PATIENCE_MS	5000
/* of the I/O that the program receives, the place of the mark */
#define GOOD_AT		18
#define GOOD_AT_00A1	14

static const unsigned int authentic[] = {
	CIPSEC_A_STAT_RX_OPENED, CIPSEC_A_STAT_RX_TO_OWNER,
	CIPSEC_A_STAT_RX_UNBOUND, CIPSEC_A_STAT_RX_SIZE,
	CIPSEC_A_STAT_RX_NO_OWNER, CIPSEC_A_STAT_RX_OWNER_FULL,
};

/* ---- The program --------------------------------------------------------------- */

static bool is_good(const struct bed *bed, const uint8_t *data, size_t len,
		    uint32_t *serial)
{
	size_t at = data[2] == 0xa1 ? GOOD_AT_00A1 : GOOD_AT;

	if (len < at + 8 || memcmp(data + at, "GOOD", 4))
		return false;
	memcpy(serial, data + at + 4, sizeof(*serial));
	return *serial - bed->first_serial < bed->serial - bed->first_serial;
}

/* Everything that the program has received, each good datagram at most once. */
static void judge_program(struct bed *bed)
{
	static uint8_t data[DATAGRAM_MAX];
	uint32_t count = bed->serial - bed->first_serial;
	bool *seen = calloc(count + 1, sizeof(*seen));
	uint32_t serial;
	ssize_t len;

	for (;;) {
		len = recv(bed->program, data, sizeof(data), MSG_DONTWAIT);
		if (len < 0)
			break;
		if (!is_good(bed, data, len, &serial)) {
			bed->got_clear++;
			continue;
		}
		if (seen[serial - bed->first_serial])
			bed_fail(bed, "the program received datagram %u twice",
				 serial);
		seen[serial - bed->first_serial] = true;
		bed->got_good++;
	}
	free(seen);
	if (bed->got_good != bed->wanted[CIPSEC_A_STAT_RX_OPENED] ||
	    bed->got_clear != bed->clear)
		bed_fail(bed, "the program received %u good datagrams and %u others, not %" PRIu64 " and %u",
			 bed->got_good, bed->got_clear,
			 bed->wanted[CIPSEC_A_STAT_RX_OPENED],
			 bed->clear);
}

/* ---- The association ------------------------------------------------------------- */

static void compare(struct bed *bed, const char *what, uint64_t is, uint64_t shall)
{
	if (is != shall)
		bed_fail(bed, "the association says that %" PRIu64 " records were %s, not %" PRIu64,
			 is, what, shall);
}

static void judge_assoc(struct bed *bed)
{
	uint64_t *want = bed->wanted;
	uint64_t opened = 0, replayed, bad_mac;
	struct cipsec_assoc now;
	size_t i;

	if (!bed->at_mark.keyed ||
	    cipsec_assoc_get(bed->h, bed->link.id, &now))
		return;
	for (i = 0; i < LENGTH(authentic); i++)
		opened += want[authentic[i]];
	replayed = want[CIPSEC_A_STAT_RX_REPLAY] + want[CIPSEC_A_STAT_RX_OLD];
	bad_mac = want[CIPSEC_A_STAT_RX_BAD_MAC];

	compare(bed, "opened", now.rx_packets - bed->at_mark.rx_packets, opened);
	compare(bed, "replayed", now.rx_replayed - bed->at_mark.rx_replayed,
		replayed);
	compare(bed, "forged", now.rx_bad_mac - bed->at_mark.rx_bad_mac, bad_mac);
	if (!opened && (now.rx_highest != bed->at_mark.rx_highest ||
			now.state != bed->at_mark.state))
		bed_fail(bed, "the association's window or state has moved");
	if (now.owner != bed->at_mark.owner || now.conns != bed->at_mark.conns ||
	    now.suite != bed->at_mark.suite || now.role != bed->at_mark.role)
		bed_fail(bed, "the association has changed");
}

/* ---- The counters ------------------------------------------------------------------ */

static uint64_t sum_of(const uint64_t *stats)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 1; i < CIPSEC_A_STAT_PAD; i++)
		if (cipsec_stat_names[i].way)
			sum += stats[i];
	return sum;
}

static void judge_counters(struct bed *bed)
{
	uint64_t now[CIPSEC_A_STAT_PAD] = { };
	uint64_t sent = sum_of(bed->wanted);
	unsigned int i, waited;

	if (!sent)
		bed_fail(bed, "nothing was sent");
	for (waited = 0; waited < PATIENCE_MS; waited += 10) {
		if (cipsec_stats_get(bed->h, now)) {
			bed_fail(bed, "%s", cipsec_error(bed->h));
			return;
		}
		if (sum_of(now) - sum_of(bed->before) >= sent)
			break;
		bed_sleep(10);
	}
	for (i = 1; i < CIPSEC_A_STAT_PAD; i++)
		if (cipsec_stat_names[i].way &&
		    now[i] - bed->before[i] != bed->wanted[i])
			bed_fail(bed, "%s has moved by %" PRIu64 ", not by %" PRIu64,
				 cipsec_stat_names[i].name,
				 now[i] - bed->before[i], bed->wanted[i]);
}

/* ---- Together ------------------------------------------------------------------------ */

void bed_dispatch(struct bed *bed)
{
	while (cipsec_dispatch(bed->h) > 0)
		;
}

static void drain(int fd)
{
	uint8_t byte;

	while (recv(fd, &byte, 1, MSG_DONTWAIT) >= 0)
		;
}

void bed_mark(struct bed *bed)
{
	bed_dispatch(bed);
	drain(bed->program);
	if (bed->link.peer >= 0)
		drain(bed->link.peer);
	if (bed->link.agent >= 0)
		drain(bed->link.agent);
	memset(bed->wanted, 0, sizeof(bed->wanted));
	memset(bed->events, 0, sizeof(bed->events));
	bed->event_size = 0;
	bed->records = 0;
	bed->clear = 0;
	bed->got_good = 0;
	bed->got_clear = 0;
	bed->first_serial = bed->serial;
	bed->at_mark.keyed = false;
	if (bed->link.id &&
	    cipsec_assoc_get(bed->h, bed->link.id, &bed->at_mark))
		bed_fail(bed, "%s", cipsec_error(bed->h));
	if (cipsec_stats_get(bed->h, bed->before))
		bed_fail(bed, "%s", cipsec_error(bed->h));
}

void bed_want(struct bed *bed, unsigned int counter, uint64_t n)
{
	bed->wanted[counter] += n;
}

void bed_judge_only(struct bed *bed)
{
	bed->judgements++;
	judge_counters(bed);
	judge_program(bed);
	judge_assoc(bed);
	bed_dispatch(bed);
}

void bed_judge(struct bed *bed)
{
	uint8_t rec[256];
	size_t len;

	bed_judge_only(bed);
	bed_mark(bed);
	bed_want(bed, CIPSEC_A_STAT_RX_OPENED, 1);
	if (bed->link.next <= bed->at_mark.rx_highest)
		bed->link.next = bed->at_mark.rx_highest + 1;
	len = link_seal_good(bed, &bed->link, rec);
	link_inject(bed, &bed->link, rec, len);
	if (bed->failed) {
		bed_judge_only(bed);
		return;
	}
	bed_judge_only(bed);
	if (bed->failed)
		bed_fail(bed, "so the control failed: a good record after the attack");
}

bool bed_event(struct bed *bed, unsigned int type)
{
	unsigned int waited;

	for (waited = 0; waited < PATIENCE_MS; waited += 10) {
		bed_dispatch(bed);
		if (bed->events[type])
			return true;
		bed_sleep(10);
	}
	return false;
}

/* ---- What a forgery deserves ------------------------------------------------------------ */

struct header {
	uint8_t type;
	uint8_t version[2];
	uint64_t number;
	uint16_t length;
} __attribute__((packed));

static bool is_record(const struct header *h, size_t len)
{
	return len >= sizeof(*h) && h->type >= 20 && h->type <= 26 &&
	       h->version[0] == 0xfe &&
	       (h->version[1] == 0xfd || h->version[1] == 0xff);
}

static bool is_handshake(const struct header *h)
{
	return h->type == 20 || h->type == 22 ||
	       (h->type == 21 && !(be64toh(h->number) >> 48));
}

static unsigned int way_of_handshake(const uint8_t *data, size_t len)
{
	const struct header *h;
	size_t body;

	while (len) {
		h = (const void *)data;
		if (len < sizeof(*h) || be16toh(h->length) > len - sizeof(*h))
			return CIPSEC_A_STAT_RX_MALFORMED;
		if (!is_handshake(h))
			return CIPSEC_A_STAT_RX_MULTI;
		body = sizeof(*h) + be16toh(h->length);
		data += body;
		len -= body;
	}
	return CIPSEC_A_STAT_RX_HANDSHAKE;
}

unsigned int way_of_forgery(const struct bed *bed, const uint8_t *data,
			    size_t len, uint64_t highest)
{
	const struct records_suite *suite = records_suite_find(bed->suite);
	const struct header *h = (const void *)data;
	bool is_confirmed;
	uint64_t number;
	uint16_t epoch;
	size_t body;

	if (!is_record(h, len))
		return CIPSEC_A_STAT_RX_CLEAR_PORT;
	epoch = be64toh(h->number) >> 48;
	number = be64toh(h->number) & NUMBER_MAX;
	/*
	 * A confirmed peer's handshake is none, it asks to renegotiate; unless the
	 * number is one of a new handshake.
	 */
	is_confirmed = bed->at_mark.state == CIPSEC_ASSOC_STATE_CONFIRMED;
	if (is_handshake(h) &&
	    !(is_confirmed && epoch == 1 && number > highest))
		return way_of_handshake(data, len);
	if (h->type < 21 || h->type > 23)
		return CIPSEC_A_STAT_RX_TYPE;
	if (epoch != 1)
		return CIPSEC_A_STAT_RX_EPOCH;
	body = be16toh(h->length);
	if (body < len - sizeof(*h))
		return CIPSEC_A_STAT_RX_MULTI;
	if (body > len - sizeof(*h) || len < (size_t)suite->front + suite->tail)
		return CIPSEC_A_STAT_RX_MALFORMED;
	if (number > highest)
		return CIPSEC_A_STAT_RX_BAD_MAC;
	/* RFC 6479: a ring of 1024 bits, less the word that is being cleared */
	return highest - number >= 1024 - 64 ? CIPSEC_A_STAT_RX_OLD :
					       CIPSEC_A_STAT_RX_REPLAY;
}
