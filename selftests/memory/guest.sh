#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# What selftests/memory/search runs in the guest: associations of each suite live and
# work, then are gone; each time the host is told and takes a memory image. It stops the
# guest meanwhile, and with it all clocks but one: so the guest knows when that was done.

set -eu

# shellcheck source=selftests/fixture/topology.sh
. "${0%/*}/../fixture/topology.sh"

programs=$top/build/selftests

# behind: seconds that the real time clock is ahead of the guest's own
behind()
{
	read -r uptime _ </proc/uptime
	read -r epoch </sys/class/rtc/rtc0/since_epoch
	behind=$((epoch - ${uptime%.*}))
}

was_stopped()
{
	behind
	[ $behind -ge $((behind_before + 3)) ]
}

# image NAME: and wait until the host has it.
image()
{
	behind
	behind_before=$behind
	echo "@image $1"
	until_true 120 was_stopped
}

# exchange ID-OF-A ID-OF-B: datagrams both ways, and a second of them without SIMD
exchange()
{
	start target "$ns_b" "$programs/lifecycle/traffic" receive
	start scanner "$ns_a" "$programs/lifecycle/traffic" receive
	start to_b "$ns_a" "$programs/lifecycle/traffic" send $addr_a $addr_b "$1" 5000
	start to_a "$ns_b" "$programs/lifecycle/traffic" send $addr_b $addr_a "$2" 5000
	sleep 1
	echo 1 >/sys/module/cipsec/parameters/no_simd
	sleep 0.5
	echo 0 >/sys/module/cipsec/parameters/no_simd
	for name in to_b to_a target scanner; do
		stop $name
		grep '"mark":"end"' "$work/$name.out"
	done
}

# shellcheck disable=SC2119 # plain, not ours to choose
topology
mkfifo "$work/life"
in_ns "$ns_a" "$programs/memory/hold" $addr_a $addr_b 4001 1 <"$work/life" >"$work/hold_a" &
in_ns "$ns_b" "$programs/memory/hold" $addr_b $addr_a 4001 2 <"$work/life" >"$work/hold_b" &
exec 9>"$work/life"
until_true 30 grep -q ready "$work/hold_a"
until_true 30 grep -q ready "$work/hold_b"
exchange 2 1
exchange 12 11
exchange 22 21
image alive

exec 9>&-
until_true 30 sh -c '! pidof hold'
[ "$(in_ns "$ns_a" "$top/build/user/cipsecctl" show assoc --json | jq '[.. | .role? // empty] | length')" = 0 ]
# Grace periods
sleep 3
image gone
