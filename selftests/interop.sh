#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# cipsec-vm: kernel=cloud-6.12 module add=openssl,jq timeout=1500
#
# Agent and module against far ends that have DTLS from other libraries: each suite,
# both roles, the last flight of the handshake lost, late, twice and turned round, and
# every reason to refuse. The stage is drawn in interop/stage.sh.

# shellcheck disable=SC2154 # pid_NAME: start sets them
set -eu

# shellcheck source=selftests/fixture/topology.sh
. "${0%/*}/fixture/topology.sh"
# shellcheck source=selftests/interop/stage.sh
. "${0%/*}/interop/stage.sh"

suite_name()
{
	case $1 in
	c02b)	echo "$gcm128" ;;
	c02c)	echo "$gcm256" ;;
	c006)	echo "$null" ;;
	*)	echo "$1" ;;
	esac
}

openssl_name()
{
	case $1 in
	c02b)	echo ECDHE-ECDSA-AES128-GCM-SHA256 ;;
	c02c)	echo ECDHE-ECDSA-AES256-GCM-SHA384 ;;
	c006)	echo ECDHE-ECDSA-NULL-SHA ;;
	esac
}

other_role()
{
	[ "$1" = server ] && echo client || echo server
}

# far LIBRARY AGENT-ROLE SUITE [OPTION...]: a peer; its certificate is $far_cert's
far()
{
	far_lib=$1 far_suite=$3
	if [ "$2" = client ]; then
		far_role=--server far_addr=$addr_a
	else
		far_role='' far_addr=$addr_a
	fi
	shift 3
	# shellcheck disable=SC2086 # a word or none
	start peer "$ns_b" "$bin/$far_lib" $far_role --local "$addr_b" \
		--peer "$far_addr" --suite "$far_suite" --ca "$work/ca.crt" \
		--cert "$work/${far_cert:-far}.crt" --key "$work/${far_cert:-far}.key" \
		--produce "$id_b" --consume "$id_a" "$@"
}

# host AGENT-ROLE SUITE
host()
{
	settings host "$1" "$(suite_name "$2")" 'close-on-stop = yes' >"$work/host.conf"
	agent_up host "$ns_a"
}

host_down()
{
	stop host
	in_ns "$ns_a" "$agent" --flush-policy
}

# up LIBRARY AGENT-ROLE SUITE [BOX-OPTION...]: the program runs before all the others
up()
{
	up_lib=$1 up_role=$2 up_suite=$3
	shift 3
	snapshot "$ns_a" before
	box_up "$@"
	settings host "$up_role" "$(suite_name "$up_suite")" >"$work/host.conf"
	host "$up_role" "$up_suite"
	program prog "$ns_a" "$addr_a" "$addr_b" "$id_a" "$id_b"
	far "$up_lib" "$up_role" "$up_suite"
	flows "$ns_a" before 60 20 || :
}

# down: I/O ends first on both sides, then the association, then the rest
down()
{
	both_stop prog peer
	host_down
	box_down
	delta "$ns_a" before >"$work/counters"
}

# judge [EARLY]: what is not as it should be, into $judge_bad. EARLY: a peer may lose what
# was sent to it before its handshake was done.
judge()
{
	judge_bad=$(jq -rn --argjson early "${1:-false}" --slurpfile box "$work/box.last" --slurpfile prog "$work/prog.last" \
		--slurpfile peer "$work/peer.last" '
		($box[0].a) as $a | ($box[0].b) as $b | $prog[0] as $prog | $peer[0] as $peer |
		[
			["the handshake was not done: \($peer.reason)", $peer.handshake],
			["the program received \($prog.verified)", $prog.verified >= 50],
			["the peer received \($peer.verified)", $peer.verified >= 50],
			["corrupt: \($prog.corrupt) here, \($peer.corrupt) there",
				$prog.corrupt + $peer.corrupt == 0],
			["twice: \($prog.duplicate) here, \($peer.duplicate) there",
				$prog.duplicate + $peer.duplicate == 0],
			["lost: \($prog.lost) here, \($peer.lost) there",
				$prog.lost == 0 and ($peer.lost == 0 or $early)],
			["in clear: \($a.clear_io) and \($b.clear_io)",
				$a.clear_io + $b.clear_io == 0],
			["records counted: \($a.data) and \($b.data)",
				$a.data >= 50 and $b.data >= 50],
			["our numbers repeated \($a.numbers_repeated), nonces \($a.nonces_repeated), same \($a.same)",
				$a.numbers_repeated + $a.nonces_repeated + $a.same == 0],
			["the numbers of the peer repeated \($b.numbers_repeated), nonces \($b.nonces_repeated)",
				$b.numbers_repeated + $b.nonces_repeated == 0],
			["data below the reserve: \($a.data_below), the first is \($a.first_data)",
				$a.data_below == 0 and $a.first_data == 1024],
			["handshake above the reserve: \($a.handshake_above)",
				$a.handshake_above == 0],
			["frames missed: \($box[0].missed)", $box[0].missed == 0]
		] | map(select(.[1] | not) | .[0]) | .[]' 2>&1)
	judge_guard=$(sed -n 's/^TxNonceGuard //p' "$work/counters")
	[ -z "$judge_guard" ] || judge_bad="$judge_bad
the kernel refused $judge_guard records of the agent (TxNonceGuard)"
	[ -z "$judge_bad" ]
}

keep_last()
{
	for keep in box prog peer; do
		tail -n 1 "$work/$keep.out" >"$work/$keep.last"
	done
}

# exchanged NAME [FILTER [EARLY]]: result of what `up` and `down` did; FILTER is of the box
exchanged()
{
	keep_last
	if ! judge "${3:-false}"; then
		not_ok "$1" "$judge_bad" "$(cat "$work"/*.last "$work/counters")" \
			"$(tail -n 5 "$work/host.err")"
	elif [ "$(last box "${2-true}")" != true ]; then
		not_ok "$1" "the box did not do it: $2" "$(cat "$work/box.last")"
	else
		ok "$1"
		diag "$(jq -r '"first I/O after \(.refused) refused, longest pause \(.gap_ms) ms, \(.verified) received"' \
			"$work/prog.last")"
	fi
}

# --- each suite --------------------------------------------------------------------

suites()
{
	for suite in c02b c02c c006; do
		for role in server client; do
			up openssl "$role" "$suite"
			down
			exchanged "openssl_$(other_role "$role")_exchanges_io_with_$(suite_name "$suite")"
		done
	done
}

# tool AGENT-ROLE SUITE: s_client or s_server as they are; datagrams through their pipes
tool()
{
	tool_role=$1 tool_suite=$2 tool_name=s_$(other_role "$1")
	if [ "$tool_role" = server ]; then
		set -- s_client -connect "$addr_a:2221"
	else
		set -- s_server -accept "$addr_b:2221" -Verify 1
	fi
	set -- openssl "$@" -dtls1_2 -quiet -mtu 1400 -verify_return_error \
		-CAfile "$work/ca.crt" -cert "$work/far.crt" -key "$work/far.key" \
		-cipher "$(openssl_name "$tool_suite"):@SECLEVEL=0"
	snapshot "$ns_a" before
	box_up
	[ "$tool_role" = server ] || start tool "$ns_b" "$@"
	host "$tool_role" "$tool_suite"
	[ "$tool_role" = client ] || start tool "$ns_b" "$@"
	program prog "$ns_a" "$addr_a" "$addr_b" "$id_a" "$id_b" --cycle 10 --count 2000
	until_true 20 has_assoc "$ns_a" || :
	# what it reads at once it sends as one record
	"$bin/program" --emit --produce "$id_b" --cycle 60 --count 40 >"$work/tool.in"
	sleep 0.3
	stop prog
	stop tool
	host_down
	box_down
	"$bin/program" --absorb --consume "$id_a" <"$work/tool.out" >"$work/pipe.out"
	tool_says=$(cat "$work"/prog.out "$work/pipe.out" "$work/tool.err" "$work/box.out")
	check "${tool_name}_prints_our_io_and_its_own_arrives_with_$(suite_name "$tool_suite")" \
		tool_worked
}

tool_worked()
{
	echo "$tool_says"
	[ "$(last prog '[.verified, .corrupt, .lost] | @csv')" = 40,0,0 ] &&
		[ "$(last pipe '.verified >= 50 and .corrupt == 0')" = true ] &&
		[ "$(last box '.a.clear_io + .b.clear_io + .a.nonces_repeated')" = 0 ]
}

tools()
{
	for suite in c02b c02c c006; do
		tool server "$suite"
		tool client "$suite"
	done
}

# --- the end of an association -----------------------------------------------------

endings()
{
	for role in server client; do
		up openssl "$role" c02b
		stop peer
		check "close_notify_of_the_peer_ends_the_association_to_a_$(other_role "$role")" \
			ended 'closed by the peer'
		stop prog
		host_down
		box_down

		up openssl "$role" c02b
		stop host
		check "close_notify_of_the_agent_ends_the_peer_as_$(other_role "$role")" \
			until_true 5 peer_said '"closed": true'
		stop prog
		stop peer
		host_down
		box_down

		up gnutls "$role" c02b
		kill -USR2 "$pid_peer"
		check "fatal_alert_of_a_$(other_role "$role")_ends_the_association_and_is_logged" \
			ended 'ended by the peer with alert 80 .*its log says why'
		stop prog
		stop peer
		host_down
		box_down
	done
}

peer_said()
{
	grep -q -e "$1" "$work/peer.out"
}

# ended PATTERN: of the log
ended()
{
	if ! until_true 5 said host "$1" || ! until_true 5 has_no_assoc "$ns_a"; then
		cat "$work/host.err"
		assocs "$ns_a" .
		return 1
	fi
}

# Not OpenSSL: it takes the I/O that comes meanwhile for an error, and ends.
renegotiations()
{
	for role in server client; do
		up gnutls "$role" c02b
		id=$(assocs "$ns_a" '.[0].id')
		kill -USR1 "$pid_peer"
		until_true 5 said host "refused to renegotiate association $id, it stays: a new key needs a new association" || :
		snapshot "$ns_a" after
		check "io_goes_on_after_a_$(other_role "$role")_asked_to_renegotiate" \
			flows "$ns_a" after 50 20
		is "renegotiation_by_a_$(other_role "$role")_is_refused_and_the_association_stays" \
			"$(assocs "$ns_a" '[.[0].id, length]')" "[$id,1]"
		stop peer
		is "a_$(other_role "$role")_that_asked_to_renegotiate_is_told_no" \
			"$(last peer .alert)" 100
		stop prog
		host_down
		box_down
	done
}

# --- reasons to refuse ----------------------------------------------------------------

more_certificates()
{
	{
		authority other-ca
		certificate stranger other-ca device far
		certificate expired ca device far -startdate 20010101000000Z \
			-enddate 20020101000000Z
		certificate client-only ca client-only far
		certificate server-only ca server-only far
		certificate somebody ca device somebody
	} 2>>"$work/openssl.err" || die "openssl could not make certificates"
}

# refused NAME AGENT-ROLE ALERT PATTERN PEER-OPTION...
refused()
{
	refused_name=$1 refused_role=$2 refused_alert=$3 refused_pattern=$4
	shift 4
	# a client waits longer after each failure: a new one for each case
	[ "$refused_role" = server ] || host client "${refused_suite:-c02b}"
	: >"$work/host.err"
	far openssl "$refused_role" "${refused_suite:-c02b}" --timeout 5 "$@"
	wait "$pid_peer" || :
	until_true 5 said host "$refused_pattern" || :
	refused_says=$(cat "$work/peer.out" "$work/host.err"; assocs "$ns_a" .)
	check "$refused_name" was_refused
	[ "$refused_role" = server ] || host_down
}

was_refused()
{
	echo "$refused_says"
	said host "$refused_pattern" && [ "$(assocs "$ns_a")" -eq 0 ] &&
		[ "$(last peer .handshake)" = false ] &&
		[ "$(last peer .alert)" = "$refused_alert" ]
}

refusals()
{
	box_up
	from='^peer far: handshake from 10\.78\.0\.2:[0-9]* failed after [0-9]* ms: '
	host server c02b
	refused a_client_without_a_suite_in_common_is_refused server 40 \
		"${from}no cipher suite that both sides allow: compare .suites. here" \
		--suite c023
	far_cert=stranger
	refused a_client_of_another_authority_is_refused server 48 \
		"${from}certificate was not issued by a trusted authority (CN=far): add its issuer to the file of .trust."
	far_cert=expired
	refused an_expired_client_is_refused server 45 \
		"${from}certificate .* expired, the certificate on 2002-01-01 (CN=far): renew it or set check-expiration = no"
	far_cert=server-only
	refused a_client_with_a_servers_certificate_is_refused server 43 \
		"${from}certificate.s extended key usage does not allow a DTLS client (CN=far): have it issued for clientAuth"
	far_cert=somebody
	refused a_client_with_another_name_is_refused server 49 \
		"${from}certificate is valid but names somebody else (CN=somebody): if this is the peer, set .identity = subject:CN=somebody"
	far_cert=''
	refused a_client_without_certificate_is_refused server 40 \
		"${from}the peer has sent no certificate: give it one" --cert '' --key ''
	refused a_client_with_dtls_1_0_is_refused server 70 \
		"${from}the peer does not speak DTLS 1.2" --old --suite c009
	refused a_client_that_does_not_trust_us_is_heard server -1 \
		"${from}the peer refused with alert 48 .*: its log says why; check that it trusts this host's certificate" \
		--ca "$work/other-ca.crt"
	far openssl server c02b
	check after_all_that_a_good_client_is_served until_true 20 has_assoc "$ns_a"
	stop peer
	host_down

	from='^peer far: handshake to 10\.78\.0\.2:2221 failed after [0-9]* ms: '
	refused a_server_without_a_suite_in_common_is_heard client -1 \
		"${from}the peer refused with alert 40 .*the same suites" --suite c023
	far_cert=stranger
	refused a_server_of_another_authority_is_refused client 48 \
		"${from}certificate was not issued by a trusted authority (CN=far)"
	far_cert=expired
	refused an_expired_server_is_refused client 45 \
		"${from}certificate .* expired, the certificate on 2002-01-01 (CN=far)"
	far_cert=client-only
	refused a_server_with_a_clients_certificate_is_refused client 43 \
		"${from}certificate.s extended key usage does not allow a DTLS server (CN=far): have it issued for serverAuth"
	far_cert=somebody
	refused a_server_with_another_name_is_refused client 49 \
		"${from}certificate is valid but names somebody else (CN=somebody)"
	far_cert=''
	# a suite that DTLS 1.0 has as well: it is the version that is refused
	refused_suite=c006
	refused a_server_with_dtls_1_0_is_refused client 70 \
		"${from}the peer does not speak DTLS 1.2" --old
	refused_suite=''
	refused a_server_that_does_not_trust_us_is_heard client -1 \
		"${from}the peer refused with alert 48" --ca "$work/other-ca.crt"
	box_down
}

# --- last flight -----------------------------------------------------------------

# flight LIBRARY AGENT-ROLE SUITE NAME FILTER BOX-OPTION...
flight()
{
	flight_as="$1_$(other_role "$2")" flight_name=$4 flight_filter=$5
	flight_lib=$1 flight_role=$2 flight_suite=$3
	shift 5
	if [ ! -x "$bin/$flight_lib" ]; then
		ok "io_starts_with_${flight_as}_$flight_name # SKIP $flight_lib is not installed"
		return
	fi
	# not to GnuTLS or OpenSSL either, with no cipsec between
	if [ "$flight_as $1" = "wolfssl_server --lose-server" ]; then
		ok "io_starts_with_${flight_as}_$flight_name # SKIP wolfSSL 5.5.4 never repeats it"
		return
	fi
	up "$flight_lib" "$flight_role" "$flight_suite" "$@"
	down
	exchanged "io_starts_with_${flight_as}_${flight_name}" "$flight_filter" true
}

# flights LIBRARY SUITE
flights()
{
	for role in server client; do
		# who sends the server's last flight, and who the client's
		s=$([ "$role" = server ] && echo a || echo b)
		c=$([ "$role" = server ] && echo b || echo a)
		flight "$1" "$role" "$2" server_flight_lost_once ".$s.lost == 1" --lose-server 1
		flight "$1" "$role" "$2" server_flight_lost_twice ".$s.lost == 2" --lose-server 2
		flight "$1" "$role" "$2" server_flight_overtaken ".$s.turned > 0" --turn-server
		flight "$1" "$role" "$2" server_flight_doubled ".$s.doubled > 0" --twice-server
		flight "$1" "$role" "$2" server_flight_late ".$s.late > 0" --late-server 1500
		flight "$1" "$role" "$2" client_flight_lost_once ".$c.lost == 1" --lose-client 1
		flight "$1" "$role" "$2" client_flight_doubled ".$c.doubled > 0" --twice-client
	done
}

# A server that sends data all the while: its Finished that arrives at last has a number
# far from the first ones.
late_number()
{
	snapshot "$ns_a" before
	box_up --lose-server 2
	host client c02b
	program prog "$ns_a" "$addr_a" "$addr_b" "$id_a" "$id_b"
	far gnutls client c02b --cycle 1
	flows "$ns_a" before 60 20 || :
	down
	exchanged a_finished_with_a_high_number_is_taken ".b.handshake_above > 0" true
}

# The control: a number that comes back is reported, and is not taken for well done.
seeded()
{
	up openssl server c02b --seed 20
	down
	keep_last
	if judge; then
		not_ok a_seeded_repetition_is_reported
	else
		is a_seeded_repetition_is_reported \
			"$(last box '[.a, .b] | "\(map(.numbers_repeated) | add),\(map(.nonces_repeated) | add)"')" \
			1,1
	fi
}

SECTIONS=${SECTIONS:-suites tools endings renegotiations refusals seeded late_number flights}
plan "${PLAN:-98}"
certificates
more_certificates
stage
for section in $SECTIONS; do
	case $section in
	flights)
		for library in ${LIBRARIES:-gnutls openssl wolfssl mbedtls}; do
			flights "$library" c02b
		done ;;
	*)
		$section ;;
	esac
done
