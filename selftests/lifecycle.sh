#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# cipsec-vm: kernel=debug cpus=2 module solo timeout=1200
#
# Birth and death of module, namespace, association, agent, while datagrams flow. The
# debug kernel watches: whatever it warns of or finds leaked fails the run.

set -eu

# shellcheck source=selftests/fixture/topology.sh
. "${0%/*}/fixture/topology.sh"

programs=$top/build/selftests/lifecycle
insmod_rounds=100
netns_rounds=10
storm_seconds=20
interval=4000
marks=0
[ -z "${CIPSEC_LONG-}" ] || {
	insmod_rounds=1000
	netns_rounds=200
	storm_seconds=300
}

# --- two hosts that exchange I/O -------------------------------------------------------

# agents SEED [OPTION...]: an association between the namespaces; ids in $at_a, $at_b
agents()
{
	agents_seed=$1
	shift
	hold_keys agent_b "$ns_b" --local $addr_b:2221 --remote $addr_a:20001 --role server \
		--hold 0 --keys "$agents_seed" --identity 0a --conn consumed=a,produced=b "$@"
	at_b=$assoc
	hold_keys agent_a "$ns_a" --local $addr_a:20001 --remote $addr_b:2221 --role client \
		--keys "$agents_seed" --identity 0b --conn consumed=b,produced=a "$@"
	at_a=$assoc
}

# traffic: both ways, until traffic_end
traffic()
{
	start target "$ns_b" "$programs/traffic" receive
	start scanner "$ns_a" "$programs/traffic" receive
	start to_b "$ns_a" "$programs/traffic" send $addr_a $addr_b a $interval
	start to_a "$ns_b" "$programs/traffic" send $addr_b $addr_a b $interval
}

# mark_of NAME: what a program counted until now, in $mark. Here and in field() nothing
# is executed: under KASAN that is what takes the time.
mark_of()
{
	marks=$((marks + 1))
	tell "$1" "m$marks"
	mark_tries=200
	while ! find_mark <"$work/$1.out"; do
		mark_tries=$((mark_tries - 1))
		[ $mark_tries -gt 0 ] || {
			diag "$1 counts nothing"
			return 1
		}
		sleep 0.05
	done
}

find_mark()
{
	while read -r mark; do
		case $mark in *"\"mark\":\"m$marks\""*) return ;; esac
	done
	return 1
}

# field NAME: of $mark, in $field
field()
{
	field=${mark#*"\"$1\":"}
	field=${field%%[,\}]*}
	field=${field#\"}
	field=${field%\"}
}

# count NAME FIELD: of a program, in $field
count()
{
	mark_of "$1"
	field "$2"
}

received_more_than()
{
	count "$1" received
	[ "$field" -gt "$2" ]
}

# flows: datagrams go on arriving, both ways
flows()
{
	count target received
	flows_at_b=$field
	count scanner received
	flows_at_a=$field
	until_true 10 received_more_than target $((flows_at_b + 20)) &&
		until_true 10 received_more_than scanner $((flows_at_a + 20))
}

# traffic_end: the last words of all four, in $work/traffic
traffic_end()
{
	stop to_a
	stop to_b
	# Each datagram takes its way in the moment it is sent.
	sleep 0.2
	stop target
	stop scanner
	for name in to_b target to_a scanner; do
		grep '"mark":"end"' "$work/$name.out" | tail -n 1
	done >"$work/traffic"
}

# nothing_lost: all that was sent has arrived, both ways, and nothing else has
nothing_lost()
{
	cat "$work/traffic"
	jq -se '.[0].sent > 100 and .[2].sent > 100 and
		.[0].sent == .[1].received and .[2].sent == .[3].received and
		all(.refused + .lost + .repeated + .wrong == 0)' "$work/traffic"
}

agents_gone()
{
	stop agent_a
	stop agent_b
	forget
}

# forget: delete what is left in both namespaces
forget()
{
	for forget_ns in "$ns_a" "$ns_b"; do
		in_ns "$forget_ns" "$programs/forget"
		policy "$forget_ns" flush
	done
}

# state NS ID: of an association, `gone` when there is none
state()
{
	in_ns "$1" "$top/build/user/cipsecctl" show assoc --json >"$work/assocs"
	jq -r "[.. | objects | select(.id == $2 and .state) | .state] | .[0] // \"gone\"" \
		"$work/assocs"
}

is_gone()
{
	[ "$(state "$1" "$2")" = gone ]
}

require_both()
{
	for require_ns in "$ns_a" "$ns_b"; do
		policy "$require_ns" 0.0.0.0/0 require
	done
}

# --- unloading ---------------------------------------------------------------------------

load()
{
	insmod "${CIPSEC_KO:-$top/build/$(uname -r)/cipsec.ko}"
}

unload()
{
	"$programs/unload"
}

unloaded()
{
	[ "$(unload)" = ok ]
}

# What a loaded module shows of itself
traces()
{
	{
		grep -w cipsec /proc/modules
		ls -d /sys/module/cipsec /proc/net/cipsec_stat
		ls -d /sys/kernel/tracing/events/cipsec
		grep -w cipsec /proc/kallsyms
		grep -i cipsec /proc/slabinfo
	} 2>/dev/null | wc -l
}

test_pinned()
{
	policy "$ns_b" 0.0.0.0/0 trust
	policy "$ns_b" 10.1.0.0/16 require
	policy "$ns_b" 10.2.0.0/16 require
	pinned=$(unload)
	policy "$ns_b" del 10.1.0.0/16
	pinned="$pinned $(unload)"
	policy "$ns_b" 10.2.0.0/16 trust
	pinned="$pinned $(unload)"
	load
	is module_cannot_be_unloaded_while_any_policy_says_require "$pinned" \
		'EWOULDBLOCK EWOULDBLOCK ok'

	policy "$ns_a" 0.0.0.0/0 require
	ip netns add short-$$
	in_ns short-$$ "$keyhold" policy 0.0.0.0/0 require
	policy "$ns_a" flush
	pinned=$(unload)
	ip netns del short-$$
	check namespace_that_goes_gives_the_module_back until_true 20 unloaded
	load
	is namespace_that_stays_holds_the_module "$pinned" EWOULDBLOCK
}

test_unload_under_traffic()
{
	require_both
	agents unload
	traffic
	flows && under_traffic=yes || under_traffic=no
	policy "$ns_a" flush
	policy "$ns_b" flush
	flowing=$(unload)
	bare=$(traces)
	load
	traffic_end
	agents_gone
	is module_is_unloaded_under_traffic_once_the_policies_are_gone \
		"$under_traffic $flowing" 'yes ok'
	is unloaded_module_leaves_no_trace "$bare $(($(traces) > 4))" '0 1'
}

test_rounds()
{
	until_true 10 unloaded || diag 'it is not unloaded'
	results "$programs/reload" "${CIPSEC_KO:-$top/build/$(uname -r)/cipsec.ko}" \
		$insmod_rounds
	load
}

# --- the death of an agent ------------------------------------------------------------------

test_agent_killed()
{
	require_both
	agents killed --orphan-timeout 60000
	traffic
	flows && before=yes || before=no
	snapshot "$ns_b" killed
	stop agent_a KILL
	stop agent_b KILL
	flows && after=yes || after=no
	orphaned="$(in_ns "$ns_b" "$top/build/user/cipsecctl" show assoc --json |
		jq '[.. | objects | select(.orphaned == true)] | length')"
	is io_goes_on_when_its_agent_is_killed "$before $after $orphaned" 'yes yes 1'

	# The dead agent's port, in the hands of others. Control: one that was never its.
	in_ns "$ns_b" "$programs/squat" $addr_b:2221 $addr_a:20001 1000 >"$work/squat" 2>&1
	in_ns "$ns_a" "$programs/squat" $addr_a:20001 $addr_b:2221 1000 >>"$work/squat" 2>&1
	start listener "$ns_a" "$programs/squat" $addr_a:30001 $addr_b:30000 3000
	sleep 0.5
	in_ns "$ns_b" "$programs/squat" $addr_b:30000 $addr_a:30001 100 >"$work/control" 2>&1
	await listener received 10 >/dev/null
	is port_of_a_dead_agent_sends_nothing_and_hears_nothing \
		"$(sort "$work/squat" | uniq -c | awk '{ printf "%s %s %s;", $1, $2, $3 }')" \
		"$(printf '2 %s;' 'alert-epoch-1 EPERM' 'data-epoch-0 EPERM' \
			'data-epoch-1 EPERM' 'handshake-epoch-1 EPERM' 'io EPERM' 'received 0' \
			'text EPERM' 'unconnected EPERM')"
	at_least another_port_sends_and_hears \
		"$(sed -n 's/^received //p' "$work/listener.out")" 1
	traffic_end
	check not_one_datagram_is_lost_when_both_agents_are_killed nothing_lost
	forget
}

test_orphan_timeout()
{
	require_both
	agents orphans --orphan-timeout 10000
	traffic
	flows && before=yes || before=no
	stop agent_a KILL
	hold_keys heir "$ns_a" adopt "$at_a"
	# Later than the other: when this one is gone, the other's time is over too.
	stop agent_b KILL
	until_true 40 is_gone "$ns_b" "$at_b" && timeout=yes || timeout=no
	count to_a refused
	refused_then=$field
	sleep 1
	count to_a refused
	refused_now=$field
	is orphan_that_nobody_adopts_goes_when_its_time_is_over "$before $timeout" 'yes yes'
	is adopted_orphan_stays "$(state "$ns_a" "$at_a")" confirmed
	at_least io_is_refused_when_its_association_is_gone $((refused_now - refused_then)) 20
	traffic_end
	is io_of_a_lost_association_is_refused_and_not_sent_in_clear \
		"$(jq -r 'select(.refused > 0) | .error' "$work/traffic") $(jq -s 'map(.wrong) | add' "$work/traffic")" \
		'EPERM 0'
	stop heir
	forget
}

# --- the death of an association --------------------------------------------------------------

test_deleted()
{
	require_both
	agents deleted
	traffic
	flows && before=yes || before=no
	tell agent_b del
	await agent_b '"del":"ok"' >/dev/null
	snapshot "$ns_b" deleted
	until_true 10 no_assoc_moves && counted=yes || counted=no
	count to_a refused
	refused_at_b=$field
	traffic_end
	is association_is_deleted_under_traffic "$before $(state "$ns_b" "$at_b") $counted" \
		'yes gone yes'
	at_least io_of_a_deleted_association_is_refused "$refused_at_b" 1
	agents_gone
}

no_assoc_moves()
{
	[ "$(delta "$ns_b" deleted RxNoAssoc)" -gt 20 ]
}

# A replacement that both sides install, one after the other
test_replaced()
{
	require_both
	agents replaced-1
	traffic
	flows && before=yes || before=no
	hold_keys heir_b "$ns_b" --local $addr_b:2221 --remote $addr_a:20001 --role server \
		--hold 0 --keys replaced-2 --identity 0a --replaces "$at_b" --no-key
	heir_b=$assoc
	hold_keys heir_a "$ns_a" --local $addr_a:20001 --remote $addr_b:2221 --role client \
		--keys replaced-2 --identity 0b --replaces "$at_a" --no-key
	heir_a=$assoc
	flows && meanwhile=yes || meanwhile=no
	count target lost
	lost_meanwhile=$field
	tell heir_b key
	tell heir_a key
	await heir_b '"key":"ok"' >/dev/null
	await heir_a '"key":"ok"' >/dev/null
	flows && after=yes || after=no
	is old_keys_serve_until_the_replacement_has_its_own "$before $meanwhile $lost_meanwhile" \
		'yes yes 0'
	is connections_move_to_a_replacement_of_the_same_identity \
		"$after $(state "$ns_b" "$at_b") $(state "$ns_b" "$heir_b") $(state "$ns_a" "$heir_a")" \
		'yes gone confirmed confirmed'

	# Somebody else on the same endpoints inherits nothing.
	hold_keys stranger "$ns_b" --local $addr_b:2221 --remote $addr_a:20001 --role server \
		--keys replaced-3 --identity ff --replaces "$heir_b"
	in_ns "$ns_b" "$top/build/user/cipsecctl" show conn --json >"$work/conns"
	is connections_go_when_the_replacement_has_another_identity \
		"$(state "$ns_b" "$heir_b") $(jq '[.. | objects | select(.consumed)] | length' "$work/conns")" \
		'gone 0'
	traffic_end
	for name in heir_a heir_b stranger; do
		stop $name
	done
	agents_gone
}

# --- the death of a namespace --------------------------------------------------------------------

# One namespace dies while its peer goes on sending, then the peer while it sends to
# nobody: two deaths a round.
one_netns_round()
{
	# shellcheck disable=SC2119 # plain, not ours to choose
	topology
	require_both
	agents "netns $1" --orphan-timeout 30000
	hold_keys waiting "$ns_b" --local $addr_b:2221 --remote $addr_a:20001 --role server \
		--keys "netns $1 waiting" --replaces "$at_b" --no-key
	traffic
	flows || return 1
	# Orphans, with their timer
	stop agent_a KILL
	if [ $(($1 % 2)) -eq 0 ]; then
		stop agent_b KILL
		stop waiting KILL
		stop to_a KILL
		stop target KILL
		ip netns del "$ns_b"
		mark_of to_b
		stop to_b KILL
		stop scanner KILL
		ip netns del "$ns_a"
	else
		stop to_b KILL
		stop scanner KILL
		ip netns del "$ns_a"
		mark_of to_a
		stop agent_b KILL
		stop waiting KILL
		stop to_a KILL
		stop target KILL
		ip netns del "$ns_b"
	fi
}

test_netns()
{
	ip netns del "$ns_a"
	ip netns del "$ns_b"
	until_true 20 unloaded || :
	load
	rounds=0
	while [ $rounds -lt $netns_rounds ] && one_netns_round $rounds; do
		rounds=$((rounds + 1))
	done
	is namespace_is_deleted_under_traffic_again_and_again $rounds $netns_rounds
	# A namespace that something still held would hold the module by its policy.
	check deleted_namespaces_give_the_module_back until_true 30 unloaded
	load
	# shellcheck disable=SC2119
	topology
}

# --- without memory, all at once, asleep --------------------------------------------------------------

test_storm()
{
	require_both
	agents storm --orphan-timeout 600000
	traffic
	flows && before=yes || before=no
	count scanner received
	calm=$field
	results in_ns "$ns_b" "$programs/storm" 4 $storm_seconds 1
	count scanner received
	stormy=$((field - calm))
	traffic_end
	[ "$before" = yes ] || stormy=0
	at_least datagrams_flow_through_a_storm_of_requests "$stormy" 100
	agents_gone
}

test_suspend()
{
	require_both
	agents suspend
	traffic
	flows && before=yes || before=no
	echo freezer >/sys/power/pm_test
	echo freeze >/sys/power/state || before=refused
	echo none >/sys/power/pm_test
	await agent_b keys-wiped >/dev/null && told=yes || told=no
	snapshot "$ns_a" wiped
	snapshot "$ns_b" wiped
	sleep 1
	count to_b error
	wiped_error=$field
	is keys_are_wiped_when_the_machine_sleeps \
		"$before $told $(state "$ns_a" "$at_a") $(state "$ns_b" "$at_b")" \
		'yes yes wiped wiped'
	at_least io_is_refused_without_keys "$(delta "$ns_a" wiped TxNoKey)" 20
	traffic_end
	is io_without_keys_is_not_sent_in_clear \
		"$wiped_error$(delta "$ns_b" wiped | grep '^Rx' || :)" ENOKEY
	agents_gone
}

plan 32

# shellcheck disable=SC2119
topology
test_pinned
test_unload_under_traffic
test_agent_killed
test_orphan_timeout
test_deleted
test_replaced
test_suspend
results "$programs/starve"
test_storm
test_netns
test_rounds
