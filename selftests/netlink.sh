#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# cipsec-vm: kernel=cloud-6.12 module timeout=400
# cipsec-vm: kernel=amd64-6.1 module timeout=400
# cipsec-vm: kernel=amd64-6.12 backend=vng module timeout=600
#
# The family cipsec: what it refuses, how it says so, what it lists and what it tells.

set -eu

# shellcheck source=selftests/fixture/topology.sh
. "${0%/*}/fixture/topology.sh"

programs=$top/build/selftests/netlink
expected=$top/selftests/netlink

# bit by bit what a listener was told, less what differs from run to run
normalised()
{
	jq -cS 'del(.time, .assoc["age-ms", "rx-age-ms", "owner", "driver", "accel",
		"orphan-left-ms"])' "$work/listener.out"
}

is_as_expected()
{
	normalised >"$work/told"
	[ -s "$work/told" ] && diff "$expected/events.json" "$work/told"
}

# await_event TYPE
await_event()
{
	await listener "\"type\":\"$1\"" >/dev/null
}

# hold_there NAME OPTION...: the endpoint of ns_b that the events are about
hold_there()
{
	hold_there=$1
	shift
	hold_keys "$hold_there" "$ns_b" --local $addr_b:2221 --remote $addr_a:20001 "$@"
}

plan 41

results "$programs/refusals"
results "$programs/limits"

# --- an error reply, overheard -------------------------------------------------------

modprobe -q nlmon || :
# shellcheck disable=SC2119 # plain, not ours to choose
topology
in_ns "$ns_a" ip link add nlmon0 type nlmon
in_ns "$ns_a" ip link set nlmon0 up
results in_ns "$ns_a" "$programs/echo" nlmon0
in_ns "$ns_a" ip link del nlmon0

# --- what events tell: one of each that netlink can cause ------------------------------

start listener "$ns_b" "$top/build/user/cipsecctl" events --json
# shellcheck disable=SC2154 # set by start
until_true 10 grep -q poll "/proc/$pid_listener/wchan"

policy "$ns_b" 0.0.0.0/0 trust
policy "$ns_b" $addr_a/32 require discovery
hold_there first --role server --keys events-1 --identity 0102 \
	--conn consumed=11,produced=12 --limit-records 1025
first=$assoc
hold_keys peer "$ns_a" --local $addr_a:20001 --remote $addr_b:2221 --role client \
	--keys events-1
tell peer record 23 00
await_event assoc-confirmed
tell first record 23 00
tell first record 23 00
await_event limit-records
# A handshake record in epoch 1, with a number that is the kernel's
tell first raw 16fefd00010000000007d0000400000000
await_event nonce-guard
tell first conn consumed=21,produced=22
await first '"conn":"ok"' >/dev/null
hold_there heir --role server --keys events-2 --identity 0102 --replaces "$first" \
	--orphan-timeout 4000
heir=$assoc
stop first
stop heir KILL
await_event assoc-orphaned
hold_keys successor "$ns_b" adopt "$heir"
stop successor KILL
await listener '"reason":"orphan-timeout"' 10 >/dev/null
hold_there bare --role client --no-key
stop bare KILL
await listener '"reason":"owner-gone"' >/dev/null
hold_there last --role client --keys events-3 --start 281474976710655
tell last record 23 00
tell last record 23 00
await_event exhausted
tell last del
await last '"del":"ok"' >/dev/null
policy "$ns_b" del $addr_a/32
policy "$ns_b" flush
await listener '"type":"policy-del".*"0.0.0.0/0"' >/dev/null

check events_tell_each_operation_with_its_whole_identity is_as_expected
is events_are_numbered_without_a_gap \
	"$(jq -r .seq "$work/listener.out" | tr '\n' ' ')" \
	"$(seq "$(wc -l <"$work/listener.out")" | tr '\n' ' ')"
stop listener
stop peer
stop last

# --- IPv6 ---------------------------------------------------------------------------------

# The last to be sent, `other`, passes always: when it is there, all are.
other_came_again()
{
	[ "$(lines receiver 'got other')" -gt "$others_before" ]
}

# exchange TAG: one datagram of each kind over IPv6; what arrived, in $work/TAG
exchange()
{
	others_before=$(lines receiver 'got other')
	lines_before=$(lines receiver '')
	in_ns "$ns_a" "$programs/inet6" send fd78::2 >"$work/sent"
	until_true 5 other_came_again || diag "nothing arrived"
	tail -n +$((lines_before + 1)) "$work/receiver.out" | sort | tr '\n' ' ' >"$work/$1"
	sort "$work/sent" | tr '\n' ' ' >"$work/$1-sent"
}

ip -n "$ns_a" addr add fd78::1/64 dev va nodad
ip -n "$ns_b" addr add fd78::2/64 dev vb nodad
ip -n "$ns_a" neigh replace fd78::2 lladdr $mac_b dev va nud permanent
ip -n "$ns_b" neigh replace fd78::1 lladdr $mac_a dev vb nud permanent
start receiver "$ns_b" "$programs/inet6" receive
await receiver ready >/dev/null
all='got class0 got class1 got other got port-2222 got port-44818 got unconnected '

exchange free
is cip_over_ipv6_passes_without_a_policy "$(cat "$work/free")" "$all"

policy "$ns_b" 0.0.0.0/0 trust
policy "$ns_b" 10.99.0.0/16 require
snapshot "$ns_b" in
exchange in
is cip_over_ipv6_is_dropped_on_its_way_in_while_any_policy_says_require \
	"$(cat "$work/in") RxClearIpv6 $(delta "$ns_b" in RxClearIpv6)" "got other  RxClearIpv6 5"
policy "$ns_b" flush

policy "$ns_a" 0.0.0.0/0 trust
policy "$ns_a" 10.99.0.0/16 require
snapshot "$ns_a" out
exchange out
is cip_over_ipv6_is_refused_on_its_way_out_while_any_policy_says_require \
	"$(cat "$work/out-sent") TxClearIpv6 $(delta "$ns_a" out TxClearIpv6)" \
	"EPERM class0 EPERM class1 EPERM port-2222 EPERM port-44818 EPERM unconnected sent other  TxClearIpv6 5"
policy "$ns_a" flush

exchange after
is cip_over_ipv6_passes_again_when_no_policy_is_left "$(cat "$work/after")" "$all"
