// SPDX-License-Identifier: GPL-2.0-only
/* Policies that contradict themselves or leave addresses without an answer. */
#include <errno.h>

#include "refusals.h"

static struct request req;

static void set(struct refusals *r, const char *addr, uint8_t plen, uint8_t verb)
{
	policy_set(&r->link, addr, plen, verb, &r->answer);
}

static void first_policy(struct refusals *r)
{
	begin_empty(r);
	set(r, "10.0.0.0", 8, CIPSEC_VERB_TRUST);
	refused(r, "the first is not the default", -EINVAL, "0.0.0.0/0", 0);
	set(r, "0.0.0.0", 0, CIPSEC_VERB_TRUST);
	accepted(r, "the default");
	set(r, "10.0.0.0", 8, CIPSEC_VERB_TRUST);
	accepted(r, "another after it");
	policy_flush(&r->link);
	set(r, "10.0.0.0", 8, CIPSEC_VERB_TRUST);
	refused(r, "the first after a flush", -EINVAL, "0.0.0.0/0", 0);
	tap_result(&r->tap, "first_policy_must_be_the_default");
}

static void prefixes(struct refusals *r)
{
	static const uint8_t zeros[16];

	set(r, "0.0.0.0", 0, CIPSEC_VERB_TRUST);
	accepted(r, "the default");
	set(r, "10.0.0.1", 31, CIPSEC_VERB_TRUST);
	refused(r, "a bit beyond the prefix", -EINVAL, "addr", CIPSEC_A_POLICY_ADDR);
	set(r, "128.0.0.0", 0, CIPSEC_VERB_TRUST);
	refused(r, "a bit beyond no prefix", -EINVAL, "addr", CIPSEC_A_POLICY_ADDR);
	set(r, "10.0.0.1", 32, CIPSEC_VERB_TRUST);
	accepted(r, "all bits");
	set(r, "10.0.0.1", 33, CIPSEC_VERB_TRUST);
	refused(r, "33 bits", -EINVAL, "prefix", CIPSEC_A_POLICY_PREFIX_LEN);
	set(r, "10.0.0.1", 129, CIPSEC_VERB_TRUST);
	refused(r, "129 bits", -ERANGE, "prefix", CIPSEC_A_POLICY_PREFIX_LEN);

	request_begin(&req, &r->link, CIPSEC_CMD_POLICY_SET);
	request_put(&req, CIPSEC_A_POLICY_ADDR, zeros, 5);
	request_put_u8(&req, CIPSEC_A_POLICY_PREFIX_LEN, 0);
	request_put_u8(&req, CIPSEC_A_POLICY_VERB, CIPSEC_VERB_TRUST);
	request_ask(&r->link, &req, &r->answer);
	refused(r, "5 bytes", -EINVAL, "addr", CIPSEC_A_POLICY_ADDR);
	request_begin(&req, &r->link, CIPSEC_CMD_POLICY_SET);
	request_put(&req, CIPSEC_A_POLICY_ADDR, zeros, 3);
	request_ask(&r->link, &req, &r->answer);
	refused(r, "3 bytes", -ERANGE, "addr", CIPSEC_A_POLICY_ADDR);
	tap_result(&r->tap, "prefix_that_does_not_fit_its_address_is_refused");
}

static void verbs(struct refusals *r)
{
	uint8_t verb;

	for (verb = 0; verb < 6; verb++) {
		set(r, "10.1.0.0", 16, verb);
		if (verb && verb <= CIPSEC_VERB_MAX)
			accepted(r, "a verb");
		else
			refused(r, "no verb", -ERANGE, "verb", CIPSEC_A_POLICY_VERB);
	}
	policy_request(&r->link, &req, "10.1.0.0", 16, CIPSEC_VERB_TRUST);
	request_put_u32(&req, CIPSEC_A_POLICY_FLAGS, 4);
	request_ask(&r->link, &req, &r->answer);
	refused(r, "no flag", -EINVAL, "flags", CIPSEC_A_POLICY_FLAGS);
	policy_request(&r->link, &req, "10.1.0.0", 16, CIPSEC_VERB_TRUST);
	request_put_u32(&req, CIPSEC_A_POLICY_FLAGS, 3);
	request_ask(&r->link, &req, &r->answer);
	accepted(r, "both flags");
	tap_result(&r->tap, "unknown_verbs_and_flags_are_refused");
}

static void default_goes_last(struct refusals *r)
{
	policy_flush(&r->link);
	set(r, "0.0.0.0", 0, CIPSEC_VERB_TRUST);
	set(r, "10.0.0.0", 8, CIPSEC_VERB_TRUST);
	accepted(r, "two policies");
	policy_del(&r->link, "0.0.0.0", 0, &r->answer);
	refused(r, "the default beside another", -EBUSY, "0.0.0.0/0", 0);
	policy_del(&r->link, "10.0.0.0", 9, &r->answer);
	refused(r, "one that is not there", -ENOENT, "policy", 0);
	policy_del(&r->link, "10.0.0.0", 8, &r->answer);
	accepted(r, "the other");
	policy_del(&r->link, "0.0.0.0", 0, &r->answer);
	accepted(r, "the default alone");
	policy_del(&r->link, "0.0.0.0", 0, &r->answer);
	refused(r, "the default twice", -ENOENT, "policy", 0);
	tap_result(&r->tap, "default_policy_goes_last");
}

static void ipv6(struct refusals *r)
{
	set(r, "::", 0, CIPSEC_VERB_REQUIRE);
	refused(r, "first", -EOPNOTSUPP, "IPv6", CIPSEC_A_POLICY_ADDR);
	set(r, "0.0.0.0", 0, CIPSEC_VERB_TRUST);
	accepted(r, "IPv4");
	set(r, "2001:db8::", 64, CIPSEC_VERB_TRUST);
	refused(r, "beside another", -EOPNOTSUPP, "IPv6", CIPSEC_A_POLICY_ADDR);
	policy_del(&r->link, "2001:db8::", 64, &r->answer);
	refused(r, "deleting", -EOPNOTSUPP, "IPv6", CIPSEC_A_POLICY_ADDR);
	tap_result(&r->tap, "ipv6_policy_is_refused_as_not_supported");
}

static void deny_ends_associations(struct refusals *r)
{
	uint32_t denied, spared;

	denied = next_assoc(r, PEER);
	spared = next_assoc(r, OTHER);
	accepted(r, "two associations");
	set(r, PEER, 32, CIPSEC_VERB_DENY);
	accepted(r, "deny");
	tap_check(&r->tap, !assoc_exists(&r->link, denied), "it outlived deny");
	tap_check(&r->tap, assoc_exists(&r->link, spared), "another went with it");
	next_assoc(r, PEER);
	refused(r, "a new one", -EPERM, "deny", 0);
	next_assoc(r, OTHER);
	accepted(r, "a new one of another");
	tap_result(&r->tap, "deny_ends_the_associations_of_its_peer_and_lets_none_begin");

	/* The same by taking away what stood before a wider deny */
	set(r, PEER, 32, CIPSEC_VERB_REQUIRE);
	set(r, "127.0.0.0", 8, CIPSEC_VERB_DENY);
	denied = next_assoc(r, PEER);
	accepted(r, "an exception from deny");
	tap_check(&r->tap, !assoc_exists(&r->link, spared), "it outlived the wider deny");
	tap_check(&r->tap, assoc_exists(&r->link, denied), "the exception is none");
	policy_del(&r->link, PEER, 32, &r->answer);
	accepted(r, "deleting the exception");
	tap_check(&r->tap, !assoc_exists(&r->link, denied), "it outlived its exception");
	tap_result(&r->tap, "exception_from_deny_takes_its_associations_along");
	policy_flush(&r->link);
}

void refuse_policies(struct refusals *r)
{
	first_policy(r);
	prefixes(r);
	verbs(r);
	default_goes_last(r);
	ipv6(r);
	deny_ends_associations(r);
}
