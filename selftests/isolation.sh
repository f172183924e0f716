#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# What belongs to one association, peer or policy stays there; and whatever is missing
# (keys, agent, record numbers, a policy), nothing leaves in clear.
#
#         a                        router                        b
#   .-------------.         .-------------------.         .-------------.
#   | > 2222 <    |         |    eavesdropper   |         |    > 2222 < |
#   |  40001.. va |---------| ra             rb |---------| vb 2221     |
#   |  2221       |         |         rc        |         |    40002    |
#   '-------------'         '---------|---------'         '-------------'
#      10.78.1.1                      |                 10.78.2.2, 10.78.2.3
#                              .------|------.
#                              |      vc     | c
#                              |  > 2222 <   |
#                              '-------------'
#                                 10.78.3.3
#
# cipsec-vm: kernel=cloud-6.12 module timeout=600
# cipsec-vm: kernel=amd64-6.1 module timeout=600
# shellcheck disable=SC2154 # names of fixture/topology.sh and netfilter/flow.sh

# shellcheck source=/dev/null
. "${0%/*}/fixture/topology.sh"
# shellcheck source=/dev/null
. "${0%/*}/netfilter/flow.sh"

ns_c=c-$$
addr_c=10.78.3.3
addr_b2=10.78.2.3
o2t=1001 t2o=2001

cleanup()
{
	in_ns "$ns_c" "$keyhold" policy flush 2>/dev/null || :
	ip netns del "$ns_c"
}

third_peer()
{
	ip netns add "$ns_c"
	ip -n "$ns_c" link set lo up
	wire "$ns_c" vc 02:00:00:00:00:0c "$ns_r" rc 02:00:00:00:01:0c
	ip -n "$ns_r" addr add 10.78.3.254/24 dev rc
	ip -n "$ns_c" addr add $addr_c/24 dev vc
	permanent "$ns_c" vc 10.78.3.254 02:00:00:00:01:0c
	permanent "$ns_r" rc $addr_c 02:00:00:00:00:0c
	ip -n "$ns_c" route add default via 10.78.3.254
	ip -n "$ns_b" addr add $addr_b2/24 dev vb
	permanent "$ns_r" rb "$addr_b2" "$mac_b"
	for ns in "$ns_a" "$ns_b" "$ns_c" "$ns_r"; do
		in_ns "$ns" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6'
	done
}

# client NAME NS LOCAL REMOTE SEED OPTION..., server likewise: half an association.
client()
{
	half client "$@"
}

server()
{
	half server "$@"
}

half()
{
	half_role=$1 half_name=$2 half_ns=$3 half_local=$4 half_remote=$5 half_seed=$6
	shift 6
	hold_keys "$half_name" "$half_ns" --local "$half_local" --remote "$half_remote" \
		--role "$half_role" --hold 0 --keys "is-$$-$half_seed" "$@" ||
		die "$half_name has no association"
}

# pair SEED [OPTION]...: an association between a and b, from port 40001 to 2221.
pair()
{
	pair_seed=$1
	shift
	client pair_a "$ns_a" "$addr_a:40001" "$addr_b:2221" "$pair_seed" \
		--conn consumed=$t2o,produced=$o2t "$@"
	server pair_b "$ns_b" "$addr_b:2221" "$addr_a:40001" "$pair_seed" \
		--conn consumed=$o2t,produced=$t2o "$@"
}

# release NAME...: their associations and they themselves go.
release()
{
	for release_name; do
		tell "$release_name" del
		await "$release_name" '"del"' >/dev/null
		stop "$release_name"
	done
}

# moved NS TAG NAME...: by how much each counter moved, in one line.
moved()
{
	moved_ns=$1 moved_tag=$2
	shift 2
	for name; do
		printf '%s ' "$(delta "$moved_ns" "$moved_tag" "$name")"
	done | sed 's/ $//'
}

# unseen NAME: what was overheard since: records, and nothing else.
unseen()
{
	sleep 0.2
	stop overhear
	at_least "control_${1}_the_eavesdropper_saw_records" "$(overheard protected)" "$2"
	is "${1}_nothing_crossed_the_wire_in_clear" \
		"$(overheard clear_io) $(overheard other_udp)" "0 0"
}

# --- two associations with one peer -----------------------------------------------------

# io ID: an I/O datagram with four bytes of data, in hex; ID of four digits.
io()
{
	printf '020002800800%s%s000001000000b100040001020304' "${1#??}" "${1%??}"
}

test_two_associations()
{
	overhear "$ns_r" ra
	client one_a "$ns_a" "$addr_a:40001" "$addr_b:2221" one \
		--conn consumed=2001,produced=1001
	server one_b "$ns_b" "$addr_b:2221" "$addr_a:40001" one \
		--conn consumed=1001,produced=2001
	client two_b "$ns_b" "$addr_b:40002" "$addr_a:2221" two \
		--conn consumed=2002,produced=1002
	server two_a "$ns_a" "$addr_a:2221" "$addr_b:40002" two \
		--conn consumed=1002,produced=2002

	tap "$ns_r" rb udp
	both
	said=$flow
	flow "$ns_b" "$addr_b:50000" "$addr_a:2222" "$ns_a" 1002
	said="$said $flow"
	flow "$ns_a" 0.0.0.0:2222 "$addr_b:2222" "$ns_b" 2002
	untap
	is both_hosts_may_originate_towards_each_other "$said $flow" "4/4 4/4 4/4 4/4"
	is each_connection_travels_in_its_association "$(
		tapped 'src port 40001 and dst port 2221') $(
		tapped 'src port 2221 and dst port 40001') $(
		tapped 'src port 40002 and dst port 2221') $(
		tapped 'src port 2221 and dst port 40002')" "4 4 4 4"

	snapshot "$ns_a" crossed
	snapshot "$ns_b" crossed
	listen hear_b "$ns_b" 0.0.0.0:2222
	tell one_a record 23 "$(io 2002)"
	tell two_a record 23 "$(io 1001)"
	settled "$ns_b" crossed 2
	is an_id_of_one_association_is_unbound_in_the_other "$(delta "$ns_b" crossed)" \
		"RxUnbound 2"
	tell two_b record 23 "$(io 2001)"
	tell one_b record 23 "$(io 1002)"
	settled "$ns_a" crossed 4
	is and_so_it_is_on_the_other_host "$(moved "$ns_a" crossed RxUnbound RxOpened)" "2 0"
	tell two_a record 23 "$(io 2002)"
	settled "$ns_b" crossed 5
	sleep 0.2
	stop hear_b
	is control_in_its_own_association_it_arrives "$(delta "$ns_b" crossed RxOpened) $(
		number received "$work/hear_b.out")" "1 1"

	release one_a one_b
	flow "$ns_b" "$addr_b:50000" "$addr_a:2222" "$ns_a" 1002
	said=$flow
	forth
	is one_that_ends_leaves_the_other_alone "$said $flow $flow_error" "4/4 0/4 EPERM"
	unseen with_two_associations 16
	release two_a two_b
}

# Two originators behind one NAT address differ by their ports only.
test_same_address()
{
	server first "$ns_b" "$addr_b:2221" "$addr_a:40005" first --conn consumed=7001,produced=8001
	server second "$ns_b" "$addr_b:2221" "$addr_a:40006" second
	tell second conn consumed=7001,produced=8001
	is one_address_cannot_have_one_produced_id_twice "$(await second '"conn"')" \
		'{"conn":"EEXIST"}'
	tell second conn consumed=7001,produced=8002
	is control_with_another_produced_id_it_can "$(await second '"conn":"ok"')" \
		'{"conn":"ok"}'
	release first second
}

# --- two peers, one connection id ----------------------------------------------------------

# heard NAME FROM ID TAG: intact datagrams.
heard()
{
	sed -n 's/^{"from":"'"$2"'","id":"'"$3"'","tag":'"$4"',"intact":\([0-9]*\),.*/\1/p' \
		"$work/$1.out"
}

test_same_id()
{
	overhear "$ns_r" ra
	client ab "$ns_a" "$addr_a:40003" "$addr_b:2221" ab --conn consumed=6001,produced=5001
	server ba "$ns_b" "$addr_b:2221" "$addr_a:40003" ab --conn consumed=5001,produced=6001
	client ac "$ns_a" "$addr_a:40004" "$addr_c:2221" ac --conn consumed=6001,produced=5001
	server ca "$ns_c" "$addr_c:2221" "$addr_a:40004" ac --conn consumed=5001,produced=6001

	listen hear_b "$ns_b" 0.0.0.0:2222
	listen hear_c "$ns_c" 0.0.0.0:2222
	speak "$ns_a" --to "$addr_b:2222" --id 5001 --tag 1
	speak "$ns_a" --to "$addr_c:2222" --id 5001 --tag 2
	sleep 0.2
	stop hear_b
	stop hear_c
	is one_produced_id_towards_two_peers_stays_apart "$(
		heard hear_b "$addr_a:2222" 5001 1) $(number received "$work/hear_b.out") $(
		heard hear_c "$addr_a:2222" 5001 2) $(number received "$work/hear_c.out")" \
		"4 4 4 4"

	listen hear_a "$ns_a" 0.0.0.0:2222
	speak "$ns_b" --to "$addr_a:2222" --id 6001 --tag 3
	speak "$ns_c" --to "$addr_a:2222" --id 6001 --tag 4
	sleep 0.2
	stop hear_a
	is one_consumed_id_of_two_peers_stays_apart "$(
		heard hear_a "$addr_b:2222" 6001 3) $(heard hear_a "$addr_c:2222" 6001 4) $(
		number received "$work/hear_a.out")" "4 4 8"

	release ab ba
	flow "$ns_c" 0.0.0.0:2222 "$addr_a:2222" "$ns_a" 6001
	is a_peer_that_goes_leaves_the_same_id_of_the_other_alone "$flow" 4/4
	unseen with_one_id_of_two_peers 20
	release ac ca
}

# --- policies --------------------------------------------------------------------------------

# clear NS ADDR: four datagrams in clear to that peer and four from it; into $clear.
clear()
{
	snapshot "$ns_a" clear
	flow "$ns_a" "$addr_a:50000" "$2:2222" "$1" 77
	clear="$flow $flow_error"
	flow "$1" "$2:50000" "$addr_a:2222" "$ns_a" 77
	clear="${clear% } $flow"
}

test_policies()
{
	policy "$ns_b" flush
	policy "$ns_c" flush
	is the_first_policy_is_that_of_all_addresses "$(policy "$ns_c" 10.0.0.0/8 require \
		2>/dev/null && echo set || echo refused)" refused
	policy "$ns_a" 0.0.0.0/0 require
	policy "$ns_a" 10.78.2.0/24 deny
	policy "$ns_a" "$addr_b/32" trust
	is the_policy_of_all_addresses_goes_last "$(policy "$ns_a" del 0.0.0.0/0 \
		2>/dev/null && echo gone || echo refused)" refused

	overhear "$ns_r" ra
	clear "$ns_b" "$addr_b"
	is a_trusted_peer_speaks_in_clear "$clear $(moved "$ns_a" clear TxPlain RxPlain)" \
		"4/4 4/4 4 4"
	sleep 0.2
	stop overhear
	is control_the_eavesdropper_sees_clear_io "$(overheard clear_io)" 8
	clear "$ns_b" "$addr_b2"
	is a_denied_neighbour_of_it_does_not "$clear $(moved "$ns_a" clear TxDenied RxDenied)" \
		"0/4 EPERM 0/4 4 4"
	clear "$ns_c" "$addr_c"
	is an_unlisted_peer_follows_the_default \
		"$clear $(moved "$ns_a" clear TxClearRefused RxClearRefused)" \
		"0/4 EPERM 0/4 4 4"

	policy "$ns_a" 0.0.0.0/0 trust
	policy "$ns_a" 10.78.2.0/24 require
	policy "$ns_a" "$addr_b/32" deny
	clear "$ns_b" "$addr_b"
	is a_change_of_the_longest_prefix_counts \
		"$clear $(moved "$ns_a" clear TxDenied RxDenied)" "0/4 EPERM 0/4 4 4"
	clear "$ns_b" "$addr_b2"
	is a_change_of_a_shorter_prefix_counts_for_its_neighbour \
		"$clear $(moved "$ns_a" clear TxClearRefused RxClearRefused)" \
		"0/4 EPERM 0/4 4 4"
	clear "$ns_c" "$addr_c"
	is a_change_of_the_default_counts_for_the_unlisted \
		"$clear $(moved "$ns_a" clear TxPlain RxPlain)" "4/4 4/4 4 4"
	policy "$ns_a" del "$addr_b/32"
	clear "$ns_b" "$addr_b"
	is without_its_own_a_peer_follows_the_shorter_prefix \
		"$clear $(moved "$ns_a" clear TxClearRefused RxClearRefused)" \
		"0/4 EPERM 0/4 4 4"

	listen other_udp "$ns_b" 0.0.0.0:5000
	speak "$ns_a" --to "$addr_b:5000" --kind text
	sleep 0.2
	stop other_udp
	is other_udp_is_nobodys_business "$(number received "$work/other_udp.out")" 4
	snapshot "$ns_a" ucmm
	speak "$ns_a" --to "$addr_b:5000" --kind ucmm
	is an_unconnected_message_is_refused_on_any_port "$(number error "$work/speak.out") $(
		delta "$ns_a" ucmm)" "EPERM TxClearRefused 4"
	policy "$ns_a" flush
}

# discover: one ListIdentity to the peer and one from it; how many of two arrive.
discover()
{
	listen list_b "$ns_b" 0.0.0.0:44818
	listen list_a "$ns_a" 0.0.0.0:44818
	speak "$ns_a" --to "$addr_b:44818" --kind list --count 1
	speak "$ns_b" --to "$addr_a:44818" --kind list --count 1
	sleep 0.2
	stop list_b
	stop list_a
	discovered="$(number received "$work/list_b.out") $(
		number received "$work/list_a.out")"
}

test_discovery()
{
	policy "$ns_a" 0.0.0.0/0 require
	snapshot "$ns_a" list
	discover
	is require_refuses_discovery \
		"$discovered $(moved "$ns_a" list TxClearRefused RxClearRefused)" "0 0 1 1"
	policy "$ns_a" 0.0.0.0/0 require discovery
	snapshot "$ns_a" list
	discover
	is the_discovery_flag_lets_it_pass "$discovered $(moved "$ns_a" list TxPlain RxPlain)" \
		"1 1 1 1"
	snapshot "$ns_a" list
	flow "$ns_a" "$addr_a:50000" "$addr_b:44818" "$ns_b" 77
	said=$flow
	flow "$ns_b" "$addr_b:50000" "$addr_a:44818" "$ns_a" 77
	is but_no_io_on_its_port \
		"$said $flow $(moved "$ns_a" list TxClearRefused RxClearRefused)" "0/4 0/4 4 4"
	policy "$ns_a" flush
}

test_bound_in_clear()
{
	pair bound
	policy "$ns_a" 0.0.0.0/0 trust
	flow "$ns_c" "$addr_c:2222" "$addr_a:2222" "$ns_a" 2003
	is control_a_trusted_stranger_may_send_an_id_nobody_bound "$flow" 4/4
	snapshot "$ns_a" bound
	flow "$ns_c" "$addr_c:2222" "$addr_a:2222" "$ns_a" $t2o
	is a_bound_id_in_clear_is_dropped_whoever_sends_it "$flow $(delta "$ns_a" bound)" \
		"0/4 RxClearBound 4"
	flow "$ns_c" "$addr_c:2222" "$addr_a:2222" "$ns_a" $t2o --kind class0
	is and_so_it_is_without_sequence_number "$flow $(delta "$ns_a" bound)" \
		"0/4 RxClearBound 8"
	back
	is while_its_association_delivers_it "$flow" 4/4
	release pair_a pair_b
	policy "$ns_a" flush
}

test_deny()
{
	policy "$ns_a" 0.0.0.0/0 trust
	pair deny
	both
	is control_before_it_is_denied_a_peer_is_heard "$flow" "4/4 4/4"
	policy "$ns_a" "$addr_b/32" deny
	snapshot "$ns_a" deny
	both
	is a_denied_peer_is_not_heard_protected_either "$flow" "0/4 0/4"
	is and_nothing_leaves_towards_it "$(moved "$ns_a" deny TxDenied TxSealed RxOpened)" "4 0 0"
	stop pair_a
	release pair_b

	# What is left over may be the policy that denies.
	policy "$ns_a" "$addr_b/32" require
	policy "$ns_a" 10.78.2.0/24 deny
	pair deny_again
	both
	is control_the_longer_prefix_lets_it_speak "$flow" "4/4 4/4"
	policy "$ns_a" del "$addr_b/32"
	both
	is a_peer_whose_exception_is_removed_is_not_heard_protected_either "$flow" "0/4 0/4"
	stop pair_a
	release pair_b
	policy "$ns_a" flush
}

# --- something is missing -------------------------------------------------------------------------

require_all()
{
	policy "$ns_a" 0.0.0.0/0 require
	policy "$ns_b" 0.0.0.0/0 require
	policy "$ns_c" 0.0.0.0/0 require
}

test_no_keys()
{
	overhear "$ns_r" ra
	pair keys --no-key
	snapshot "$ns_a" keys
	forth
	is before_its_keys_a_program_gets_enokey "$flow $flow_error $(delta "$ns_a" keys)" \
		"0/4 ENOKEY TxNoKey 4"
	tell pair_b key
	await pair_b '"key":"ok"' >/dev/null
	snapshot "$ns_a" keys
	back
	is records_before_the_keys_are_dropped "$flow $(delta "$ns_a" keys)" "0/4 RxNoKey 4"
	tell pair_a key
	await pair_a '"key":"ok"' >/dev/null
	both
	is with_keys_io_begins "$flow" "4/4 4/4"
	unseen before_the_keys 12
	release pair_a pair_b
}

test_agent_dead()
{
	overhear "$ns_r" ra
	pair dead --orphan-timeout 60000
	stop pair_a KILL
	stop pair_b KILL
	both
	is when_both_agents_are_killed_io_goes_on "$flow" "4/4 4/4"
	snapshot "$ns_a" dead
	speak "$ns_a" --from "$addr_a:40001" --to "$addr_b:2221" --id 77
	is the_port_of_a_dead_agent_sends_nothing_in_clear \
		"$(number error "$work/speak.out") $(delta "$ns_a" dead)" "EPERM TxAgentData 4"
	speak "$ns_a" --from "$addr_a:40001" --to "$addr_b:2221" --kind data
	is nor_records_under_keys "$(number error "$work/speak.out") $(delta "$ns_a" dead)" \
		"EPERM TxAgentData 8"
	listen impostor "$ns_a" "$addr_a:40001"
	back
	sleep 0.2
	stop impostor
	is nor_receives_it_any "$flow $(number received "$work/impostor.out")" "4/4 0"

	start adopt_a "$ns_a" "$keyhold" adopt "$(orphan "$ns_a")"
	start adopt_b "$ns_b" "$keyhold" adopt "$(orphan "$ns_b")"
	await adopt_a '"assoc":' >/dev/null
	await adopt_b '"assoc":' >/dev/null
	both
	is a_new_agent_adopts_it "$flow" "4/4 4/4"
	release adopt_a adopt_b

	pair timeout --orphan-timeout 300
	stop pair_a KILL
	stop pair_b KILL
	until_true 10 no_assoc "$ns_a" || diag "the orphan of a stays"
	until_true 10 no_assoc "$ns_b" || diag "the orphan of b stays"
	snapshot "$ns_a" timeout
	both
	is when_the_orphans_time_is_over_io_is_refused \
		"$flow $flow_error $(delta "$ns_a" timeout)" "0/4 0/4 EPERM TxClearRefused 4"
	unseen when_agents_die 20
}

# orphan NS: the id of its only association.
orphan()
{
	in_ns "$1" "$top/build/user/cipsecctl" show assoc --json |
		sed -n 's/.*"id": *\([0-9]*\).*/\1/p' | head -n 1
}

no_assoc()
{
	[ -z "$(orphan "$1")" ]
}

test_exhausted()
{
	overhear "$ns_r" ra
	pair numbers --start 281474976710653
	forth
	is at_the_end_of_record_numbers_a_program_gets_enokey \
		"$(number refused "$work/speak.out") $flow $flow_error" "1 3/4 ENOKEY"
	snapshot "$ns_a" numbers
	forth
	is and_goes_on_getting_it "$flow $flow_error $(delta "$ns_a" numbers)" \
		"0/4 ENOKEY TxExhausted 4"
	is the_agent_is_told_once "$(lines pair_a '"event":"exhausted"')" 1
	unseen at_the_end_of_record_numbers 3
	release pair_a pair_b
}

test_flush()
{
	pair flush
	overhear "$ns_r" ra
	snapshot "$ns_a" flush
	flow "$ns_a" "$addr_a:50000" "$addr_b:2222" "$ns_b" 77
	is control_before_the_flush_an_unbound_id_is_refused "$flow $(
		delta "$ns_a" flush TxClearRefused)" "0/4 4"
	policy "$ns_a" flush
	policy "$ns_b" flush
	both
	is after_a_flush_of_policies_bound_ids_stay_protected "$flow" "4/4 4/4"
	unseen after_a_flush_of_policies 8
	flow "$ns_a" "$addr_a:50000" "$addr_b:2222" "$ns_b" 77
	is while_others_pass_in_clear "$flow" 4/4
	release pair_a pair_b
}

# --- IPv6, which nothing protects yet ---------------------------------------------------

# six SHAPE FROM_NS FROM TO TO_NS: into $six, datagrams that came and the sender's error.
six()
{
	start six "$5" "$top/build/selftests/netfilter/six" receive 3001
	await six ready >/dev/null
	in_ns "$2" "$top/build/selftests/netfilter/six" send "$1" "$3" "$4" 3001 \
		>"$work/six.sent"
	sleep 0.3
	stop six
	six="$(number io "$work/six.out") $(number error "$work/six.sent")"
}

# With the router as the other end, which has no module to refuse anything.
test_ipv6()
{
	for ns in "$ns_a" "$ns_r"; do
		in_ns "$ns" sh -c 'echo 0 >/proc/sys/net/ipv6/conf/all/disable_ipv6'
	done
	ip -n "$ns_a" addr add fd00::1/64 dev va nodad
	ip -n "$ns_r" addr add fd00::2/64 dev ra nodad
	permanent "$ns_a" va fd00::2 "$mac_ra"
	permanent "$ns_r" ra fd00::1 "$mac_a"

	for shape in whole fragments options aggregate; do
		policy "$ns_a" flush
		six $shape "$ns_r" fd00::2 fd00::1 "$ns_a"
		is "control_without_policies_clear_io_over_ipv6_arrives_$shape" "$six" "1 "
		policy "$ns_a" 0.0.0.0/0 require
		snapshot "$ns_a" six
		six $shape "$ns_r" fd00::2 fd00::1 "$ns_a"
		is "under_require_it_does_not_arrive_$shape" "$six" "0 "
		at_least "and_that_is_counted_$shape" "$(delta_sum "$ns_a" six)" 1
		snapshot "$ns_a" six
		six $shape "$ns_a" fd00::1 fd00::2 "$ns_r"
		is "nor_does_it_leave_$shape" "$six" "0 EPERM"
	done
	policy "$ns_a" flush
}

plan 78
topology router
third_peer
require_all
test_two_associations
test_same_address
test_same_id
test_policies
test_discovery
test_bound_in_clear
test_deny
require_all
test_no_keys
test_agent_dead
test_exhausted
test_flush
test_ipv6
