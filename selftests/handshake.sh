#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# cipsec-vm: kernel=cloud-6.12 module add=openssl,jq timeout=900
#
# The agent through its life: settings with errors, a flood of handshakes, death and
# succession, peers that restart on the same ports or on others, the key log. The stage
# is drawn in interop/stage.sh; here an agent is at either end.

# shellcheck disable=SC2154 # pid_NAME: start sets them
set -eu

# shellcheck source=selftests/fixture/topology.sh
. "${0%/*}/fixture/topology.sh"
# shellcheck source=selftests/interop/stage.sh
. "${0%/*}/interop/stage.sh"

# --- errors in the settings ------------------------------------------------------------

# bad NAME LINE NEW PATTERN: settings with NEW instead of the line that begins with LINE
bad()
{
	bad_line=$(grep -n "^$2" "$work/good.conf" | head -n 1 | cut -d : -f 1)
	awk -v n="$bad_line" -v new="$3" 'NR == n { if (new != "") print new; next } { print }' \
		"$work/good.conf" >"$work/bad.conf"
	bad_status=0
	in_ns "$ns_b" timeout 20 "$agent" -c "$work/bad.conf" 2>"$work/bad.err" ||
		bad_status=$?
	check "$1" bad_was_refused "^$work/bad.conf:${5:-$bad_line}: $4"
}

bad_was_refused()
{
	cat "$work/bad.err"
	echo "exit status $bad_status"
	[ "$bad_status" -eq 2 ] && grep -q -e "$1" "$work/bad.err" && nothing_installed
}

nothing_installed()
{
	[ "$(in_ns "$ns_b" "$ctl" show policy --json | jq length)" -eq 0 ]
}

settings_with_errors()
{
	{
		certificate expired ca device host -startdate 20010101000000Z \
			-enddate 20020101000000Z
		certificate client-only ca client-only host
		openssl genrsa -out "$work/rsa.key" 1024
		openssl ec -in "$work/host.key" -aes128 -passout pass:x \
			-out "$work/locked.key"
	} 2>>"$work/openssl.err"
	cp "$work/host.key" "$work/open.key"
	chmod 644 "$work/open.key"
	echo nothing >"$work/empty.key"
	chmod 600 "$work/empty.key" "$work/rsa.key" "$work/locked.key"
	settings host server "$gcm128" >"$work/good.conf"
	w=$work

	bad an_unknown_key_is_named 'listen' 'lisden = 1' \
		'lisden: 1: unknown key in \[agent\]: see agent.conf(5)'
	bad an_unknown_section_is_named '\[agent\]' '[agents]' \
		'listen: .*: unknown section \[agents\]: write \[agent\], \[credentials\], \[peer NAME\] or \[connection NAME\]' 2
	bad a_line_that_is_none_is_named 'listen' 'listen' 'is neither \[section\] nor key = value'
	bad an_empty_value_is_named 'listen' 'listen =' 'listen: has no value: write one or remove the line'
	bad a_key_that_is_not_there_is_named 'key ' "key = $w/none.key" \
		"key: $w/none.key: cannot be read: No such file"
	bad a_key_that_others_may_read_is_refused 'key ' "key = $w/open.key" \
		"key: $w/open.key: others may read it (mode 0644): chmod 600 $w/open.key"
	bad a_key_of_another_certificate_is_refused 'key ' "key = $w/far.key" \
		"key: $w/far.key: does not belong to the first certificate of $w/host.crt: name the key"
	bad an_rsa_key_is_refused 'key ' "key = $w/rsa.key" "key: $w/rsa.key: is not an EC key"
	bad an_encrypted_key_is_refused 'key ' "key = $w/locked.key" \
		"key: $w/locked.key: is encrypted: the agent starts unattended"
	bad a_file_without_key_is_refused 'key ' "key = $w/empty.key" \
		"key: $w/empty.key: no PEM private key in it"
	bad a_certificate_that_is_not_there_is_named 'certificate' "certificate = $w/none.crt" \
		"certificate: $w/none.crt: cannot be read: No such file"
	# with its own key, or that would be complained of
	sed "s|^key .*|key = $w/expired.key|" "$w/good.conf" >"$w/expired.conf"
	sed "s|^key .*|key = $w/client-only.key|" "$w/good.conf" >"$w/usage.conf"
	mv "$w/good.conf" "$w/saved.conf"
	cp "$w/expired.conf" "$w/good.conf"
	bad an_expired_certificate_is_refused 'certificate' "certificate = $w/expired.crt" \
		"certificate: $w/expired.crt: expired 2002-01-01: renew it or set check-expiration = no"
	cp "$w/usage.conf" "$w/good.conf"
	bad a_clients_certificate_is_refused_to_a_server 'certificate' \
		"certificate = $w/client-only.crt" \
		"certificate: $w/client-only.crt: its extended key usage lacks serverAuth, and peers connect to this host: have it issued for serverAuth too"
	mv "$w/saved.conf" "$w/good.conf"
	bad a_trust_file_that_is_not_there_is_named 'trust' "trust = $w/none.crt" \
		"trust: $w/none.crt: cannot be read: No such file"
	bad credentials_are_needed 'trust' '' \
		'\[credentials\]: certificate, key and trust are all needed' '[0-9]*'
	bad a_peer_without_identity_is_refused 'identity' '' \
		'identity: \[peer far\] has none: say whom its certificate must name' '[0-9]*'
	bad a_strange_identity_is_refused 'identity' 'identity = far' \
		'identity: far: write subject:CN=..., san:NAME, fingerprint:sha256:HEX or any-trusted'
	bad a_bad_address_is_refused 'address' 'address = 10.78.0.300' \
		'address: 10.78.0.300: write an IPv4 address, or ADDRESS/BITS'
	bad a_bad_address_to_listen_at_is_refused 'listen' 'listen = nowhere' \
		'listen: nowhere: write an IPv4 address of this host, or ADDRESS:PORT'
	bad an_unknown_suite_is_refused 'suites' 'suites = TLS_NULL_WITH_NULL_NULL' \
		'suites: TLS_NULL_WITH_NULL_NULL: '
	bad a_peer_without_suites_is_refused 'suites' '' 'suites: \[peer far\] has none: write' '[0-9]*'
	bad a_connection_of_nobody_is_refused 'peer =' 'peer = nobody' \
		'peer: nobody: there is no \[peer nobody\]'
	bad half_a_connection_is_refused 'produced' '' \
		'ids: \[connection line\] has none: write ids = any, or both' '[0-9]*'
	bad a_bad_id_is_refused 'produced' 'produced = twelve' \
		'produced: twelve: write a connection id such as 0x12ab0001'
	bad a_server_must_listen 'listen' '' \
		'listen: \[agent\] has none, and peers are expected to connect' '[0-9]*'

	cp "$w/good.conf" "$w/host.conf"
	agent_up host "$ns_a"
	is without_errors_the_agent_starts_and_installs_its_policies \
		"$(in_ns "$ns_a" "$ctl" show policy --json | jq length)" 2
	stop host
	in_ns "$ns_a" "$agent" --flush-policy
}

# --- two agents with I/O ------------------------------------------------------------

# pair [FAR-LINE...]: `host` is the server; FAR-LINE goes to the peer of `far`
pair()
{
	settings host server "$gcm128" >"$work/host.conf"
	settings far client "$gcm128" >"$work/far.conf"
	[ $# -eq 0 ] || printf '%s\n' "$@" >>"$work/far.conf"
	agent_up host "$ns_a"
	agent_up far "$ns_b"
}

# Both listen before one of them speaks: what comes earlier is nobody's.
programs()
{
	rm -f "$work/go"
	program here "$ns_a" "$addr_a" "$addr_b" "$id_a" "$id_b" --when "$work/go"
	program there "$ns_b" "$addr_b" "$addr_a" "$id_b" "$id_a" --when "$work/go"
	until_true 10 in_ns "$ns_a" grep -q ':08AE ' /proc/net/udp || :
	until_true 10 in_ns "$ns_b" grep -q ':08AE ' /proc/net/udp || :
	: >"$work/go"
}

# io_goes_on NAME [N]: N more datagrams each way, seen from ns_a
io_goes_on()
{
	snapshot "$ns_a" goes_on
	check "$1" flows "$ns_a" goes_on "${2:-60}" 20
}

pair_down()
{
	for down in far host; do
		stop "$down"
	done
	in_ns "$ns_a" "$agent" --flush-policy
	in_ns "$ns_b" "$agent" --flush-policy
	for down in "$ns_a" "$ns_b"; do
		forget "$down"
	done
}

# forget NS: delete what a dead agent left, as a reboot would
forget()
{
	for forget_id in $(assocs "$1" '.[].id'); do
		start forget "$1" "$keyhold" adopt "$forget_id"
		tell forget del
		await forget '"del"' >/dev/null || :
		stop forget
	done
}

id_of()
{
	assocs "$1" '[.[].id] | join(" ")'
}

# clean_wire [SIDES]: of a box that has ended; SIDES are cipsec's
clean_wire()
{
	tail -n 1 "$work/box.out"
	[ "$(last box '[.a, .b | .numbers_repeated, .nonces_repeated, .clear_io] | add')" -eq 0 ] &&
		[ "$(last box "[${1:-.a, .b} | .data_below, .handshake_above] | add")" -eq 0 ] &&
		[ "$(last box '.a.data > 50 and .b.data > 50')" = true ]
}

before_keys()
{
	box_up
	program here "$ns_a" "$addr_a" "$addr_b" "$id_a" "$id_b" --count 50
	sleep 1
	stop here
	ask box
	clear=$(last box .a.clear_io)
	is "without_agent_the_program_is_in_clear_(control)" "$clear" 50

	settings host server "$gcm128" >"$work/host.conf"
	agent_up host "$ns_a"
	program here "$ns_a" "$addr_a" "$addr_b" "$id_a" "$id_b" --count 100
	sleep 1
	stop here
	ask box
	is before_keys_nothing_leaves_in_clear "$(last box .a.clear_io)" 50
	is before_keys_the_program_is_told_so "$(last here '[.sent, .refused] | @csv')" 0,100
	stop host
	box_down
}

succession()
{
	box_up
	pair
	until_true 20 has_assoc "$ns_b" || :
	ids="$(id_of "$ns_a") $(id_of "$ns_b")"
	programs
	io_goes_on io_flows_between_two_agents

	stop host KILL
	io_goes_on io_goes_on_without_the_servers_agent 200
	is the_association_is_an_orphan_then "$(assocs "$ns_a" '.[0].orphaned')" true
	agent_up host "$ns_a"
	check a_successor_adopts_the_association said host 'association [0-9]* adopted'
	is and_is_its_owner "$(assocs "$ns_a" '.[0].orphaned')" false
	io_goes_on io_goes_on_with_the_successor

	stop far KILL
	io_goes_on io_goes_on_without_the_clients_agent 200
	agent_up far "$ns_b"
	check a_client_adopts_too said far 'association [0-9]* adopted'
	# time enough for a second association, if one were tried for
	sleep 2

	stop host
	check an_agent_that_is_stopped_leaves_the_association \
		said host 'stopped; associations go on without an agent, policies stay'
	io_goes_on io_goes_on_after_sigterm 200
	agent_up host "$ns_a"
	check a_successor_adopts_after_sigterm said host 'association [0-9]* adopted'

	is they_are_the_same_associations_as_at_first "$(id_of "$ns_a") $(id_of "$ns_b")" "$ids"
	both_stop here there
	is not_one_datagram_was_lost_to_the_client \
		"$(last there '[.verified, .lost, .corrupt, .duplicate] | @csv')" \
		"$(last here .sent),0,0,0"
	is not_one_datagram_was_lost_to_the_server \
		"$(last here '[.verified, .lost, .corrupt, .duplicate] | @csv')" \
		"$(last there .sent),0,0,0"
	diag "$(last here '"\(.verified) received, longest pause \(.gap_ms) ms"')"
	pair_down
	box_down
	check no_number_repeats_on_the_wire_when_agents_die clean_wire
}

# restarted KIND: the client's kernel knows nothing of the association any more
restarted()
{
	case $1 in
	same_ports)	set -- "$1" 'local-port = 3333' ;;
	new_port)	set -- "$1" ;;
	esac
	kind=$1
	shift
	box_up
	pair "$@"
	until_true 20 has_assoc "$ns_b" || :
	programs
	io_goes_on "io_flows_before_a_client_restarts_on_$kind"
	was=$(id_of "$ns_a")
	stop far KILL
	forget "$ns_b"
	snapshot "$ns_a" alone
	snapshot "$ns_b" alone
	sleep 1
	at_least "until_then_the_server_sends_with_its_old_keys_($kind)" \
		"$(delta "$ns_a" alone TxSealed)" 50
	is "and_the_client_sends_nothing_($kind)" \
		"$(delta "$ns_b" alone | awk '/^Tx(Sealed|Plain)/ { n += $2 } END { print n + 0 }')" 0
	agent_up far "$ns_b"
	io_goes_on "io_resumes_after_a_client_restarted_on_$kind"
	is "one_association_replaces_the_other_($kind)" "$(assocs "$ns_a")" 1
	check "with_another_id_($kind)" [ "$(id_of "$ns_a")" != "$was" ]
	both_stop here there
	is "every_datagram_that_came_was_right_($kind)" \
		"$(last here '.corrupt + .duplicate') $(last there '.corrupt + .duplicate')" "0 0"
	is "the_kernel_refused_no_record_of_the_agents_($kind)" \
		"$(stat "$ns_a" TxNonceGuard) $(stat "$ns_b" TxNonceGuard)" "$guard"
	pair_down
	box_down
	check "no_number_repeats_when_keys_replace_keys_($kind)" clean_wire
}

# a server that forgot everything; the client's association lives on
server_reboots()
{
	kind=$1
	box_up
	settings host server "$gcm128" >"$work/host.conf"
	settings far client "$gcm128" >"$work/far.conf"
	echo 'dead-time = 2' >>"$work/far.conf"
	[ "$kind" = new_port ] || echo 'local-port = 3333' >>"$work/far.conf"
	agent_up host "$ns_a"
	agent_up far "$ns_b"
	until_true 20 has_assoc "$ns_b" || :
	programs
	io_goes_on "io_flows_before_a_server_restarts_($kind)"
	stop host KILL
	forget "$ns_a"
	agent_up host "$ns_a"
	snapshot "$ns_a" goes_on
	check "io_resumes_after_a_server_restarted_($kind)" flows "$ns_a" goes_on 60 40
	check "the_client_says_that_it_heard_nothing_($kind)" \
		said far 'nothing heard for [0-9]* s: connecting again, the old keys serve until then'
	is "the_client_has_one_association_then_($kind)" "$(assocs "$ns_b")" 1
	both_stop here there
	is "the_kernel_refused_no_record_of_the_client_($kind)" \
		"$(stat "$ns_b" TxNonceGuard)" "${guard#* }"
	tail -n 5 "$work/far.err" | sed 's/^/# far: /'
	pair_down
	box_down
	check "no_number_repeats_after_a_server_restarted_($kind)" clean_wire
	guard="$(stat "$ns_a" TxNonceGuard) $(stat "$ns_b" TxNonceGuard)"
}

restarts()
{
	guard="$(stat "$ns_a" TxNonceGuard) $(stat "$ns_b" TxNonceGuard)"
	restarted same_ports
	restarted new_port
	server_reboots new_port
	server_reboots same_ports
}

# A peer that puts Finished into a datagram of its own, restarted without a word.
foreign_restarts()
{
	# a host without cipsec: where it looks, a peer cannot send records itself
	ip netns del "$ns_b"
	stage_b
	box_up
	settings host server "$gcm128" >"$work/host.conf"
	agent_up host "$ns_a"
	program here "$ns_a" "$addr_a" "$addr_b" "$id_a" "$id_b"
	for library in gnutls openssl; do
		foreign "$library" first
		flows "$ns_a" foreign 60 20 || :
		was=$(id_of "$ns_a")
		stop peer
		foreign "$library" second
		check "io_resumes_after_a_${library}_client_restarted_on_same_ports" \
			flows "$ns_a" foreign 60 20
		check "a_${library}_client_on_same_ports_gets_another_association" \
			[ "$(id_of "$ns_a")" != "$was" ]
		stop peer
		delta "$ns_a" foreign | sed 's/^/# /'
	done
	stop here
	stop host
	forget "$ns_a"
	in_ns "$ns_a" "$agent" --flush-policy
	box_down
	check no_number_repeats_when_foreign_clients_restart clean_wire .a
}

foreign()
{
	snapshot "$ns_a" foreign
	start peer "$ns_b" "$bin/$1" --silent --local "$addr_b:3334" --peer "$addr_a" \
		--suite c02b --ca "$work/ca.crt" --cert "$work/far.crt" \
		--key "$work/far.key" --produce "$id_b" --consume "$id_a"
}

# all_tried NAME COUNT: it has sent, or was refused, that many
all_tried()
{
	ask "$1"
	[ "$(last "$1" '.sent + .refused')" -ge "$2" ]
}

stopping()
{
	box_up
	pair
	sed -i 's/^\[agent\]/&\nclose-on-stop = yes/' "$work/far.conf"
	stop far
	agent_up far "$ns_b"
	until_true 20 has_assoc "$ns_b" || :
	stop far
	check an_agent_with_close_on_stop_says_goodbye \
		until_true 5 said host 'association [0-9]* closed by the peer'
	is and_no_association_is_left "$(assocs "$ns_a") $(assocs "$ns_b")" "0 0"
	program here "$ns_a" "$addr_a" "$addr_b" "$id_a" "$id_b" --count 50
	sleep 1
	until_true 20 all_tried here 50 || :
	stop here
	is policy_stays_without_association "$(last here '[.sent, .refused] | @csv')" 0,50
	stop host
	in_ns "$ns_a" "$agent" --flush-policy
	program here "$ns_a" "$addr_a" "$addr_b" "$id_a" "$id_b" --count 50
	sleep 1
	until_true 20 all_tried here 50 || :
	stop here
	is a_flushed_policy_lets_clear_datagrams_pass "$(last here '[.sent, .refused] | @csv')" 50,0
	in_ns "$ns_b" "$agent" --flush-policy
	box_down
	is and_they_are_seen_on_the_wire "$(last box .a.clear_io)" 50
}

# --- the key log -----------------------------------------------------------------------

key_log()
{
	export SSLKEYLOGFILE="$work/unasked"
	box_up
	pair
	until_true 20 has_assoc "$ns_b" || :
	until_true 20 has_assoc "$ns_a" || :
	pair_down
	box_down
	unset SSLKEYLOGFILE
	check no_key_is_logged_unasked [ ! -s "$work/unasked" ]
	check no_word_of_a_key_log_then grep -qv 'key-log' "$work/host.err"

	box_up
	settings host server "$gcm128" "key-log = $work/host.keys" >"$work/host.conf"
	settings far client "$gcm128" "key-log = $work/far.keys" >"$work/far.conf"
	agent_up host "$ns_a"
	agent_up far "$ns_b"
	until_true 20 has_assoc "$ns_b" || :
	until_true 20 has_assoc "$ns_a" || :
	pair_down
	box_down
	check a_key_log_is_announced_loudly said host 'key-log = .*SECRETS OF ALL ASSOCIATIONS'
	is a_key_log_is_its_owners_alone "$(stat_mode "$work/host.keys")" 600
	is a_key_log_has_a_line_for_each_handshake "$(grep -cE \
		'^CLIENT_RANDOM [0-9a-f]{64} [0-9a-f]{96}$' "$work/host.keys")" 1
	is and_nothing_else "$(wc -l <"$work/host.keys")" 1
	check both_sides_log_the_same cmp "$work/host.keys" "$work/far.keys"
	is the_random_is_the_one_on_the_wire "$(cut -d ' ' -f 2 "$work/host.keys")" \
		"$(last box '.randoms[0]')"
}

stat_mode()
{
	command stat -c %a "$1"
}

# --- floods ---------------------------------------------------------------------------------

# of the agent `host`: one of them is a handshake that is under way
sockets()
{
	for fd in "/proc/$pid_host/fd"/*; do
		readlink "$fd" || :
	done | grep -c ^socket:
}

resident()
{
	awk '/^VmRSS/ { print $2 }' "/proc/$pid_host/status"
}

more_sockets()
{
	[ "$(sockets)" -gt "$1" ]
}

as_many_sockets()
{
	[ "$(sockets)" -eq "$1" ]
}

all_passed()
{
	[ "$(delta "$ns_a" flood RxHandshake)" -ge 2000 ]
}

flood()
{
	# who answers: nobody, behind the far host
	ip -n "$ns_a" route add 10.80.0.0/16 via "$addr_b"
	settings host server "$gcm128" >"$work/host.conf"
	cat >>"$work/host.conf" <<-EOF
	[peer plant]
	address = 10.80.0.0/16
	suites = $gcm128
	identity = any-trusted
	EOF
	settings far client "$gcm128" >"$work/far.conf"

	# the control: a handshake that proved its address is a socket
	box_up --lose-client 100
	agent_up host "$ns_a"
	before=$(sockets)
	agent_up far "$ns_b"
	check "a_handshake_with_a_cookie_is_kept_(control)" until_true 10 more_sockets "$before"
	stop far
	check a_handshake_that_is_not_finished_goes_away until_true 30 as_many_sockets "$before"
	box_down

	box_up
	memory=$(resident)
	snapshot "$ns_a" flood
	start flood "$ns_b" "$bin/flood" "$addr_a" 10.80.0.1 2000
	agent_up far "$ns_b"
	check a_good_handshake_succeeds_in_a_flood until_true 30 has_assoc "$ns_a"
	flooded=0
	wait "$pid_flood" || flooded=$?
	is the_flood_was_sent "$flooded" 0
	until_true 10 all_passed || :
	at_least the_flood_reached_the_agent "$(delta "$ns_a" flood RxHandshake)" 2000
	# and was read
	sleep 2
	is a_flood_leaves_no_socket "$(sockets)" $((before + 1))
	is a_flood_makes_no_association "$(assocs "$ns_a")" 1
	grown=$(($(resident) - memory))
	check a_flood_leaves_memory_flat [ "$grown" -lt 512 ]
	diag "the agent grew by $grown KiB"
	pair_down
	box_down
	# its socket is as long as the administrator made it
	at_least most_of_the_flood_was_answered "$(last box .a.handshake)" 1000
	delta "$ns_a" flood | sed 's/^/# /'
}

SECTIONS=${SECTIONS:-settings_with_errors before_keys succession restarts stopping key_log flood foreign_restarts}
plan "${PLAN:-101}"
certificates
stage
for section in $SECTIONS; do
	$section
done
