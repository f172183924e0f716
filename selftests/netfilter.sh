#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# What firewall, conntrack, NAT, routing rules, taps and ICMP have to do with protected
# I/O: port 2221 is all they ever see. The tables of Documentation/firewall.rst.
#
#      originator             router: NAT, taps, netem            target
#   .-------------.         .-------------------------.        .-------------.
#   | 50000> 2222<|         |                         |        |       >2222<|
#   |  40001 > va |---------| ra                   rb |--------| vb < 2221   |
#   |             |         '-------------------------'        |             |
#   |         va2 |--------------------------------------------| vb2         |
#   |  va3 va3.7  |---------( bridge in a namespace )----------| vb3.7  vb3  |
#   '-------------'                                            '-------------'
#     10.78.1.1      10.78.1.254           10.78.2.254           10.78.2.2
#     va2 10.78.9.1, va3.7 10.78.7.1                 vb2 10.78.9.2, vb3.7 10.78.7.2
#
# cipsec-vm: kernel=cloud-6.12 module timeout=900
# cipsec-vm: kernel=amd64-6.1 module timeout=900
# shellcheck disable=SC2154 # names of fixture/topology.sh and netfilter/flow.sh

# shellcheck source=/dev/null
. "${0%/*}/fixture/topology.sh"
# shellcheck source=/dev/null
. "${0%/*}/netfilter/flow.sh"

o2t=1001 t2o=2002
ns_br=br-$$
seed=0

cleanup()
{
	ip netns del "$ns_br" 2>/dev/null || :
}

# --- the two ends -------------------------------------------------------------------

# Keys are never installed twice, so each pair has a seed of its own.
hold()
{
	seed=$((seed + 1))
	hold_a "$1" "$2" && hold_b "$2" "${3:-$1}"
}

# hold_a LOCAL REMOTE
hold_a()
{
	hold_keys key_a "$ns_a" --local "$1" --remote "$2" --role client --hold 0 \
		--keys "nf-$$-$seed" --conn consumed=$t2o,produced=$o2t ||
		die "the originator has no association"
}

# hold_b LOCAL REMOTE
hold_b()
{
	hold_keys key_b "$ns_b" --local "$1" --remote "$2" --role server --hold 0 \
		--keys "nf-$$-$seed" --conn consumed=$o2t,produced=$t2o ||
		die "the target has no association"
}

release()
{
	tell key_a del
	tell key_b del
	await key_a '"del"' >/dev/null
	await key_b '"del"' >/dev/null
	stop key_a
	stop key_b
}

policies()
{
	policy "$ns_a" 0.0.0.0/0 "$@"
	policy "$ns_b" 0.0.0.0/0 "$@"
}

# --- firewall -------------------------------------------------------------------------

# Default drop in both directions; each side lets out and in what 2221/udp needs.
stateful_rules()
{
	in_ns "$ns_a" nft -f - <<-RULES
	table ip guard {
		counter opened {}
		counter kept {}
		chain input {
			type filter hook input priority filter; policy drop;
			ct state established,related counter name kept accept
		}
		chain output {
			type filter hook output priority filter; policy drop;
			udp dport 2221 accept
		}
	}
	RULES
	in_ns "$ns_b" nft -f - <<-RULES
	table ip guard {
		counter opened {}
		counter kept {}
		chain input {
			type filter hook input priority filter; policy drop;
			ct state established,related counter name kept accept
			udp dport 2221 ct state new counter name opened accept
		}
		chain output {
			type filter hook output priority filter; policy drop;
			udp sport 2221 accept
		}
	}
	RULES
}

# Counts in all places a chain may stand, those of NAT included.
watch_rules()
{
	io='udp sport 2222 counter name io; udp dport 2222 counter name io'
	wire='udp sport 2221 counter name wire; udp dport 2221 counter name wire'
	{
		echo 'table ip watch { counter io {}; counter wire {};'
		for place in 'filter prerouting raw' 'filter prerouting mangle' \
			'nat prerouting dstnat' 'filter input mangle' \
			'filter input filter' 'filter input security' \
			'nat input 100' 'filter input 2147483645' \
			'filter output raw' 'route output mangle' \
			'nat output -100' 'filter output filter' \
			'filter output security' 'filter output 2147483645' \
			'filter postrouting mangle' 'nat postrouting srcnat'; do
			# shellcheck disable=SC2086 # three words
			set -- $place
			echo "chain c_$1_$2_${3#-} { type $1 hook $2 priority $3;"
			echo "$io; $wire; }"
		done
		echo '}'
	} | in_ns "$1" nft -f -
}

no_rules()
{
	in_ns "$ns_a" nft flush ruleset
	in_ns "$ns_b" nft flush ruleset
}

# counted NS TABLE COUNTER: packets.
counted()
{
	in_ns "$1" nft list counter ip "$2" "$3" |
		sed -n 's/.*packets \([0-9]*\).*/\1/p'
}

reset_counters()
{
	in_ns "$1" nft reset counters >/dev/null
}

# entries NS [PATTERN]: conntrack's of UDP, those that match.
entries()
{
	in_ns "$1" conntrack -L -p udp 2>/dev/null | grep -c -e "${2-}" || :
}

forget()
{
	for ns; do
		in_ns "$ns" conntrack -F 2>/dev/null
	done
}

# --- 1: stateful rules -------------------------------------------------------------------

test_control()
{
	both
	is control_without_rules_io_in_clear_passes "$flow" "4/4 4/4"
	stateful_rules
	both
	is control_with_the_rules_io_in_clear_is_dropped "$flow $flow_error" \
		"0/4 0/4 EPERM"
}

wire_entry='sport=40001 dport=2221 .*sport=2221 dport=40001'

one_entry_a_side()
{
	is "$1" "$(entries "$ns_a") $(entries "$ns_a" "$wire_entry") $(
		entries "$ns_b") $(entries "$ns_b" "$wire_entry")" "1 1 1 1"
}

test_stateful()
{
	watch_rules "$ns_a"
	watch_rules "$ns_b"
	policies require
	hold "$addr_a:40001" "$addr_b:2221"
	forth --count 1
	said=$flow
	back --count 1
	said="$said $flow"
	both
	is stateful_rules_for_2221_pass_protected_io_both_ways "$said $flow" "1/1 1/1 4/4 4/4"
	one_entry_a_side one_conntrack_entry_a_side_of_the_wire_tuple_is_confirmed
	sleep 2.1
	both
	one_entry_a_side the_entries_stay_the_same_later
	is the_entries_are_assured "$(entries "$ns_a" ASSURED) $(entries "$ns_b" ASSURED)" \
		"1 1"
	is one_packet_is_new_and_all_others_established \
		"$(counted "$ns_b" guard opened) $(counted "$ns_b" guard kept)" "1 8"

	forget "$ns_b"
	both
	is a_flush_on_the_target_loses_nothing "$flow" "4/4 4/4"
	one_entry_a_side a_flush_on_the_target_heals
	forget "$ns_a"
	both
	is a_flush_on_the_originator_loses_nothing "$flow" "4/4 4/4"
	forget "$ns_a" "$ns_b"
	both
	is a_flush_on_both_loses_nothing "$flow" "4/4 4/4"
	one_entry_a_side a_flush_on_both_heals

	# What any firewall does: the originator's accepts no new flows.
	forget "$ns_a" "$ns_b"
	back --count 1
	said=$flow
	forth
	said="$said $flow"
	back --count 3
	is after_a_flush_on_both_a_target_that_speaks_first_loses_until_the_originator_spoke \
		"$said $flow" "0/1 4/4 3/3"

	at_least control_the_watching_rules_count_2221 "$(counted "$ns_b" watch wire)" 40
	is no_chain_of_any_hook_sees_2222 \
		"$(counted "$ns_a" watch io) $(counted "$ns_b" watch io)" "0 0"
}

# Not through the originator: its own module lets no such datagram out.
test_forged()
{
	forget "$ns_b"
	snapshot "$ns_b" forged
	speak "$ns_r" --from 10.78.2.254:40002 --to "$addr_b:2221" --kind data --count 5
	settled "$ns_b" forged 5
	is forged_records_are_dropped_and_counted "$(delta "$ns_b" forged RxNoAssoc)" 5
	is forged_records_leave_no_conntrack_entry "$(entries "$ns_b")" 0
	speak "$ns_r" --from 10.78.2.254:40002 --to "$addr_b:2221" --kind handshake --count 1
	settled "$ns_b" forged 6
	is control_a_handshake_record_leaves_one "$(entries "$ns_b" sport=40002)" 1
}

# record N: the originator's agent sends N records that are not I/O.
record()
{
	sent=0
	while [ $sent -lt "$1" ]; do
		tell key_a record 23 010003800400aabbccdd
		sent=$((sent + 1))
	done
}

test_owner()
{
	forget "$ns_b"
	snapshot "$ns_b" owner
	heard=$(lines key_b '"record":{')
	record 6
	settled "$ns_b" owner 6
	is records_for_the_agent_are_opened "$(delta "$ns_b" owner RxToOwner)" 6
	is the_agent_receives_them "$(until_true 5 test "$(lines key_b '"record":{')" -ge \
		$((heard + 6)) && echo yes)" yes
	is records_that_end_at_the_agent_confirm_their_conntrack_entry \
		"$(entries "$ns_b") $(entries "$ns_b" "$wire_entry")" "1 1"
	back --count 1
	reset_counters "$ns_b"
	snapshot "$ns_b" owner
	record 5
	settled "$ns_b" owner 5
	is and_once_answered_they_are_established_in_that_entry "$(entries "$ns_b" \
		"$wire_entry") $(counted "$ns_b" guard opened) $(
		counted "$ns_b" guard kept)" "1 0 5"

	in_ns "$ns_a" nft insert rule ip guard output udp dport 2221 drop
	heard=$(lines key_a EPERM)
	record 1
	is records_of_the_agent_obey_the_rules_of_output "$(until_true 5 test \
		"$(lines key_a EPERM)" -gt "$heard" && echo refused)" refused
	in_ns "$ns_a" nft -a list chain ip guard output | sed -n \
		's/.*udp dport 2221 drop # handle //p' |
		while read -r handle; do
			in_ns "$ns_a" nft delete rule ip guard output handle "$handle"
		done
}

# --- 2: ICMP ---------------------------------------------------------------------------

# unheard: three datagrams for a program that is not running; the wire's ICMP is kept.
unheard()
{
	tap "$ns_r" rb icmp
	speak "$ns_a" --from "$addr_a:50000" --to "$addr_b:2222" --id $o2t --count 3
	untap
}

test_icmp()
{
	forth
	is control_the_program_is_heard_while_it_runs "$flow" 4/4
	snapshot "$ns_b" icmp
	unheard
	is with_stateful_rules_no_icmp_error_answers_a_stopped_program \
		"$(delta "$ns_b" icmp RxOpened) $(tapped) $(marks)" "3 0 0"

	in_ns "$ns_b" nft insert rule ip guard input udp dport 2221 reject
	in_ns "$ns_b" nft insert rule ip guard output ip protocol icmp accept
	unheard
	at_least a_reject_rule_answers "$(tapped)" 1
	is a_reject_rule_quotes_the_record_only "$(marks)" 0

	no_rules
	snapshot "$ns_b" icmp
	unheard
	is without_rules_no_icmp_error_answers_a_stopped_program \
		"$(delta "$ns_b" icmp RxOpened) $(tapped) $(marks)" "3 0 0"
	forth
	is the_program_that_came_back_receives "$flow" 4/4

	policies trust
	sleep 1 # icmp_ratelimit
	tap "$ns_r" rb icmp
	speak "$ns_a" --from "$addr_a:50000" --to "$addr_b:2222" --id 77 --count 3
	untap
	at_least control_in_clear_the_kernel_answers "$(tapped)" 1
	is control_and_the_detector_finds_each_quote "$(marks)" "$(tapped)"

	watch_rules "$ns_b"
	flow "$ns_a" "$addr_a:50000" "$addr_b:2222" "$ns_b" 77
	is control_in_clear_io_passes "$flow" 4/4
	at_least control_in_clear_the_watching_rules_count_2222 \
		"$(counted "$ns_b" watch io)" 4
	no_rules
	policies require
}

# --- 3: the datagram itself -----------------------------------------------------------------

test_wire()
{
	snapshot "$ns_a" quiet
	snapshot "$ns_b" quiet
	both
	is control_without_taps_nothing_is_copied "$flow $(delta "$ns_a" quiet PrivateCopy) $(
		delta "$ns_b" quiet PrivateCopy)" "4/4 4/4 0 0"

	tap "$ns_r" rb udp
	forth --tos 0xb8
	untap
	is the_type_of_service_stays_on_the_wire \
		"$(tapped 'ip[1] == 0xb8 and src port 40001 and dst port 2221')" 4
	is and_reaches_the_other_program "$flow $(number tos "$work/flow.out")" "4/4 184"
	is nothing_on_the_wire_can_be_read "$(tapped) $(marks)" "4 0"

	snapshot "$ns_a" taps
	snapshot "$ns_b" taps
	tap "$ns_a" va udp
	overhear "$ns_b" vb
	both
	untap
	stop overhear
	is taps_on_both_ends_change_nothing "$flow" "4/4 4/4"
	is and_see_records_only "$(tapped) $(marks) $(overheard protected) $(
		overheard clear_io)" "8 0 8 0"
	at_least because_what_a_tap_holds_is_copied "$(delta "$ns_b" taps PrivateCopy)" 4
}

# shellcheck disable=SC2016 # awk's fields
checksum_errors()
{
	in_ns "$1" awk '/^Udp:/ && head { print $n; exit }
		/^Udp:/ { head = 1; for (n = 1; $n != "InCsumErrors"; n++); }' /proc/net/snmp
}

test_checksum()
{
	in_ns "$ns_a" ethtool -K va tx off >/dev/null 2>&1
	in_ns "$ns_b" ethtool -K vb tx off >/dev/null 2>&1
	snapshot "$ns_a" checksum
	snapshot "$ns_b" checksum
	tap "$ns_r" rb udp
	both
	untap
	is without_checksum_offload_io_passes "$flow" "4/4 4/4"
	is its_records_have_a_good_checksum \
		"$(told -vv | grep -c 'udp sum ok')" 8
	is nothing_was_dropped_for_its_checksum "$(checksum_errors "$ns_a") $(
		checksum_errors "$ns_b")" "0 0"
	is and_nothing_was_refused "$(delta "$ns_a" checksum | grep -c '^Rx') $(
		delta "$ns_b" checksum RxOpened)" "1 4"
	tap "$ns_r" rb udp
	forth --no-checksum
	untap
	is a_program_without_checksums_has_none_on_the_wire "$flow $(tapped \
		'udp[6:2] = 0')" "4/4 4"
	in_ns "$ns_a" ethtool -K va tx on >/dev/null 2>&1
	in_ns "$ns_b" ethtool -K vb tx on >/dev/null 2>&1
}

# The sealed datagram is larger than the wire's 1500 bytes, the program's is not.
test_fragments()
{
	policies require
	snapshot "$ns_a" mtu
	forth --size 1440
	is a_sealed_datagram_beyond_the_mtu_is_refused \
		"$flow_error $(delta "$ns_a" mtu TxMtu)" "EMSGSIZE 4"

	policies require allow-frag
	stateful_rules
	for df in '' --df; do
		tap "$ns_r" rb udp or 'ip[6:2] & 0x1fff != 0'
		# shellcheck disable=SC2086 # an option or nothing
		forth --size 1440 $df
		untap
		is "allow_frag_sends_fragments_that_are_reassembled${df:+_even_if_the_program_forbade_them}" \
			"$flow $(tapped 'ip[6:2] & 0x3fff != 0')" "4/4 8"
		is "each_datagram_has_an_ip_id_of_its_own${df:+_then_too}" \
			"$(told -v |
			sed -n 's/.* id \([0-9]*\),.*/\1/p' | sort -u | wc -l)" 4
		is "no_fragment_can_be_read${df:+_either}" "$(marks)" 0
	done
	no_rules
	policies require
}

# What the wire does to datagrams is seen by a rule before cipsec.
test_netem()
{
	in_ns "$ns_b" nft -f - <<-RULES
	table ip watch {
		counter wire {}
		chain pre { type filter hook prerouting priority raw; udp dport 2221 counter name wire; }
	}
	RULES
	in_ns "$ns_r" tc qdisc add dev rb root netem delay 8ms reorder 70% loss 15% duplicate 20%
	snapshot "$ns_b" netem
	# shellcheck disable=SC2034 # netfilter/flow.sh waits so long
	flow_settle=0.5
	forth --count 300 --gap 2
	# shellcheck disable=SC2034
	flow_settle=0.2
	in_ns "$ns_r" tc qdisc del dev rb root
	wire=$(counted "$ns_b" watch wire)
	opened=$(delta "$ns_b" netem RxOpened)
	replay=$(delta "$ns_b" netem RxReplay)
	intact=${flow%/*}
	diag "sent 300, on the wire $wire, opened $opened, replayed $replay"
	at_least a_bad_wire_repeats_some "$replay" 5
	at_least a_bad_wire_reorders_some "$(number reordered "$work/flow.out")" 5
	is what_the_wire_lost_is_lost "$([ "$opened" -lt 300 ] && echo lost)" lost
	at_least and_the_rest_arrives "$intact" 150
	is what_arrives_is_intact_and_arrives_once "$intact $(number duplicate \
		"$work/flow.out") $(number other "$work/flow.out")" "$opened 0 0"
	is each_repeated_record_is_counted "$((opened + replay))" "$wire"
	no_rules
}

# --- 4: NAT in the middle --------------------------------------------------------------------

# nat STATEMENT: what the router does to what goes to the target.
nat()
{
	in_ns "$ns_r" nft -f - <<-RULES
	table ip nat {
		chain post {
			type nat hook postrouting priority srcnat;
			oifname rb udp dport 2221 $1
		}
	}
	RULES
}

# mapped: the port the router gave the originator, as it has it now.
mapped()
{
	in_ns "$ns_r" conntrack -L -p udp --orig-port-src 40001 2>/dev/null |
		sed -n 's/.* dport=\([0-9]*\) .*/\1/p' | tail -n 1
}

# As an agent does: the association is keyed by what recvfrom() said in the handshake.
test_nat()
{
	name=$1 seen_a=$2
	nat "$3"
	seed=$((seed + 1))
	hold_a "$addr_a:40001" "$addr_b:2221"
	listen agent "$ns_b" "$addr_b:2221"
	tell key_a handshake 16fefd0000000000000001000401020304
	await key_a '"raw":"ok"' >/dev/null
	sleep 0.3
	stop agent
	port=$(mapped)
	hold_b "$addr_b:2221" "$seen_a:$port"
	both
	is "${name}_passes" "$flow" "4/4 4/4"
	forth
	is "${name}_shows_the_program_the_natted_address" "$flow_from" "$seen_a:2222"

	forget "$ns_r"
	snapshot "$ns_b" nat
	tap "$ns_r" rb icmp
	forth
	forth_after=$flow
	port_after=$(mapped)
	back
	untap
	diag "$name: port $port, after a flush $port_after"
	if [ "$port" = "$port_after" ]; then
		is "$4" "$forth_after $flow" "4/4 4/4"
	else
		is "$4" "$forth_after $flow $(delta "$ns_b" nat RxNoAssoc)" "0/4 0/4 4"
	fi
	is "${name}_quotes_nothing_in_clear" "$(marks)" 0
	release
	in_ns "$ns_r" nft flush ruleset
	forget "$ns_r"
	seen_a=''
}

# --- 5: conntrack left out ---------------------------------------------------------------------

test_notrack()
{
	for ns in "$ns_a" "$ns_b"; do
		in_ns "$ns" nft -f - <<-RULES
		table ip stateless {
			chain pre { type filter hook prerouting priority raw;
				udp dport 2221 notrack; udp sport 2221 notrack; }
			chain raw { type filter hook output priority raw;
				udp dport 2221 notrack; udp sport 2221 notrack; }
			chain in { type filter hook input priority filter; policy drop;
				ct state invalid drop
				udp dport 2221 accept; udp sport 2221 accept; }
			chain out { type filter hook output priority filter; policy drop;
				udp dport 2221 accept; udp sport 2221 accept; }
		}
		RULES
	done
	forget "$ns_a" "$ns_b"
	both
	is stateless_rules_with_notrack_of_2221_pass "$flow" "4/4 4/4"
	is and_leave_no_conntrack_entry "$(entries "$ns_a") $(entries "$ns_b")" "0 0"
	in_ns "$ns_b" nft flush chain ip stateless pre
	in_ns "$ns_b" nft flush chain ip stateless raw
	forth
	is control_with_tracking_there_is_one "$flow $(entries "$ns_b")" "4/4 1"
	no_rules
}

# --- 6: routing rules ----------------------------------------------------------------------------

second_link()
{
	wire "$ns_a" va2 02:00:00:00:02:0a "$ns_b" vb2 02:00:00:00:02:0b
	ip -n "$ns_a" addr add 10.78.9.1/24 dev va2
	ip -n "$ns_b" addr add 10.78.9.2/24 dev vb2
	permanent "$ns_a" va2 10.78.9.2 02:00:00:00:02:0b
	permanent "$ns_b" vb2 10.78.9.1 02:00:00:00:02:0a
	ip -n "$ns_a" route add default via 10.78.9.2 dev va2 table 100 src "$addr_a"
	ip -n "$ns_b" route add default via 10.78.9.1 dev vb2 table 100 src "$addr_b"
}

# reverse_path NS MODE: of all its devices.
reverse_path()
{
	in_ns "$1" sh -c "for file in /proc/sys/net/ipv4/conf/*/rp_filter; do
		echo $2 >\$file; done"
}

over_before=0

# over DEV: into $over, datagrams that came to the target there since the last time.
over()
{
	over_now=$(in_ns "$ns_b" cat "/sys/class/net/$1/statistics/rx_packets")
	over=$((over_now - over_before))
	over_before=$over_now
}

test_rules()
{
	second_link
	reverse_path "$ns_a" 1
	reverse_path "$ns_b" 1
	both
	is without_routing_rules_strict_reverse_path_passes "$flow" "4/4 4/4"

	reverse_path "$ns_b" 0
	ip -n "$ns_a" rule add ipproto udp dport 2221 lookup 100
	over vb2
	forth
	over vb2
	is a_routing_rule_by_2221_steers_io "$flow $over" "4/4 4"
	both
	is a_one_sided_rule_with_strict_reverse_path_drops_as_for_any_program "$flow" \
		"4/4 0/4"
	ip -n "$ns_b" rule add ipproto udp sport 2221 lookup 100
	reverse_path "$ns_b" 1
	over vb2
	both
	over vb2
	is rules_on_both_sides_pass_strict_reverse_path "$flow $over" "4/4 4/4 4"

	# The route of the wire's ports decides what fits, not that of the program's.
	ip -n "$ns_a" link set va2 mtu 1300
	snapshot "$ns_a" route
	forth --size 1300
	is the_mtu_of_the_steered_route_counts "$flow_error $(delta "$ns_a" route TxMtu)" \
		"EMSGSIZE 4"
	ip -n "$ns_a" link set va2 mtu 1500
	ip -n "$ns_b" rule del ipproto udp sport 2221 lookup 100
	ip -n "$ns_a" rule del ipproto udp dport 2221 lookup 100

	ip -n "$ns_a" rule add ipproto udp dport 2222 lookup 100
	over vb2
	forth
	over vb2
	is a_routing_rule_by_2222_has_no_effect "$flow $over" "4/4 0"
	ip -n "$ns_a" rule del ipproto udp dport 2222 lookup 100

	ip -n "$ns_a" rule add ipproto udp dport 2221 prohibit
	snapshot "$ns_a" route
	forth
	is a_rule_that_prohibits_2221_gives_the_program_eacces \
		"$flow $flow_error $(delta "$ns_a" route TxRoute)" "0/4 EACCES 4"
	ip -n "$ns_a" rule del ipproto udp dport 2221 prohibit
	both
	is afterwards_all_is_as_before "$flow" "4/4 4/4"
}

# --- 7: other wires ------------------------------------------------------------------------------

# pair_over DEV_A ADDR_A DEV_B ADDR_B: an association of its own.
pair_over()
{
	addr_a=$1 addr_b=$2
	hold "$1:40001" "$2:2221"
}

test_vlan()
{
	ip netns add "$ns_br"
	wire "$ns_a" va3 02:00:00:00:03:0a "$ns_br" pa 02:00:00:00:03:1a
	wire "$ns_b" vb3 02:00:00:00:03:0b "$ns_br" pb 02:00:00:00:03:1b
	ip -n "$ns_br" link add br0 type bridge
	ip -n "$ns_br" link set br0 up
	ip -n "$ns_br" link set pa master br0
	ip -n "$ns_br" link set pb master br0
	ip -n "$ns_a" link add link va3 name va3.7 type vlan id 7
	ip -n "$ns_b" link add link vb3 name vb3.7 type vlan id 7
	ip -n "$ns_a" link set va3.7 up
	ip -n "$ns_b" link set vb3.7 up
	ip -n "$ns_a" addr add 10.78.7.1/24 dev va3.7
	ip -n "$ns_b" addr add 10.78.7.2/24 dev vb3.7
	permanent "$ns_a" va3.7 10.78.7.2 02:00:00:00:03:0b
	permanent "$ns_b" vb3.7 10.78.7.1 02:00:00:00:03:0a

	pair_over 10.78.7.1 10.78.7.2
	tap "$ns_br" pb vlan 7
	both
	untap
	is a_vlan_through_a_bridge_passes "$flow" "4/4 4/4"
	is and_carries_only_records "$(tapped) $(marks)" "8 0"
	release
}

# A device of a VRF sends through LOCAL_OUT twice.
test_vrf()
{
	wire "$ns_a" va4 02:00:00:00:04:0a "$ns_b" vb4 02:00:00:00:04:0b
	ip -n "$ns_a" link add vrf0 type vrf table 200
	ip -n "$ns_a" link set vrf0 up
	ip -n "$ns_a" link set va4 master vrf0
	ip -n "$ns_a" addr add 10.78.8.1/24 dev va4
	ip -n "$ns_b" addr add 10.78.8.2/24 dev vb4
	permanent "$ns_a" va4 10.78.8.2 02:00:00:00:04:0b
	permanent "$ns_b" vb4 10.78.8.1 02:00:00:00:04:0a
	ip -n "$ns_a" route add 10.78.8.2/32 dev va4
	in_ns "$ns_a" sh -c 'cd /proc/sys/net/ipv4
		echo 1 >udp_l3mdev_accept; echo 1 >ip_nonlocal_bind'

	policies trust
	addr_a=10.78.8.1 addr_b=10.78.8.2
	both
	is control_in_clear_a_vrf_passes "$flow" "4/4 4/4"
	policies require
	pair_over 10.78.8.1 10.78.8.2
	snapshot "$ns_a" vrf
	tap "$ns_b" vb4 udp
	both
	untap
	is a_vrf_passes "$flow" "4/4 4/4"
	is and_seals_once "$(delta "$ns_a" vrf TxSealed) $(delta_sum "$ns_a" vrf) $(tapped) $(
		marks)" "4 8 8 0"
	release
}

# Where the kernel makes one of many datagrams, it says so.
test_aggregation()
{
	# Without: veth aggregates what local sockets sent only.
	in_ns "$ns_r" ethtool -K rb tso off >/dev/null
	in_ns "$ns_b" ethtool -K vb gro on >/dev/null
	in_ns "$ns_b" ethtool -K vb rx-gro-list on >/dev/null
	in_ns "$ns_b" sh -c 'cd /sys/class/net/vb
		echo 50000000 >gro_flush_timeout; echo 100 >napi_defer_hard_irqs'
	snapshot "$ns_b" gro
	forth --count 40 --gap 0
	diag "$flow, $(delta "$ns_b" gro | tr '\n' ' ')"
	at_least aggregated_records_are_counted_as_such "$(delta "$ns_b" gro RxGso)" 1
	is aggregated_records_are_counted_as_nothing_else \
		"$(delta "$ns_b" gro | grep -c -v -e RxGso -e RxOpened -e PrivateCopy)" 0
	in_ns "$ns_b" ethtool -K vb rx-gro-list off >/dev/null
	in_ns "$ns_b" ethtool -K vb gro off >/dev/null
	forth --count 40 --gap 0
	is without_aggregation_each_arrives "$flow" 40/40
}

test_loopback()
{
	addr_a=10.78.1.1 addr_b=10.78.2.2
	snapshot "$ns_a" lo
	flow "$ns_a" 127.0.0.1:50000 127.0.0.1:2222 "$ns_a" 77
	is clear_io_on_loopback_passes_under_require "$flow" 4/4
	flow "$ns_a" "$addr_a:50000" "$addr_a:2222" "$ns_a" 77
	is clear_io_to_an_own_address_passes_under_require "$flow" 4/4
	is and_neither_is_counted "$(delta_sum "$ns_a" lo)" 0
	flow "$ns_a" "$addr_a:50000" "$addr_b:2222" "$ns_b" 77
	is clear_io_to_the_wire_is_refused "$flow $flow_error $(
		delta "$ns_a" lo TxClearRefused)" "0/4 EPERM 4"
}

# --- the run --------------------------------------------------------------------------

plan 93
topology router
for ns in "$ns_a" "$ns_b" "$ns_r"; do
	in_ns "$ns" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6'
done
test_control
test_stateful
test_forged
test_owner
test_icmp
test_wire
test_checksum
test_fragments
test_netem
test_notrack
test_aggregation
test_rules
release
test_nat masquerade 10.78.2.254 masquerade masquerade_heals_after_a_flush
test_nat masquerade_random 10.78.2.254 'masquerade random' \
	masquerade_random_is_dead_after_a_flush_and_counted
ip -n "$ns_r" addr add 10.78.2.253/24 dev rb
permanent "$ns_b" vb 10.78.2.253 "$mac_rb"
test_nat snat_to_a_range 10.78.2.253 'snat to 10.78.2.253:3000-3999' \
	snat_to_a_range_is_dead_after_a_flush_unless_the_port_is_kept
test_vlan
test_vrf
test_loopback
