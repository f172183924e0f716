#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# cipsec-vm: kernel=cloud-6.12 module timeout=180 add=install,openssl,/etc/ssl/openssl.cnf:/usr/lib/ssl/openssl.cnf,Documentation/quick-start.rst:/cipsec/Documentation/quick-start.rst
#
# What Documentation/quick-start.rst tells people to do, done as it is written there: its
# certificates, its two files, its two hosts. Only /etc/cipsec is another folder for each.

# shellcheck disable=SC2154 # names of fixture/topology.sh
set -eu

# shellcheck source=/dev/null
. "${0%/*}/fixture/topology.sh"

page=$top/Documentation/quick-start.rst
io=$top/build/selftests/io
agent=$top/build/user/cipsec-agent
ctl=$top/build/user/cipsecctl
capture=$top/selftests/data/class1-io.pcap

# commands SECTION: its indented lines
commands()
{
	awk -v from="$1" '
		$0 == from { on = 1; next }
		/^=+$/ && ++lines > 1 { exit }
		on && /^    / { print substr($0, 5) }
		!on { lines = 0 }' "$page"
}

# settings N: the page's Nth settings file
settings()
{
	awk -v want="$1" '
		/code-block:: ini/ { on = ++n == want; next }
		/^[^ ]/ { on = 0 }
		on { print substr($0, 5) }' "$page"
}

# host NAME SETTINGS: everything that the page has for it; the authority is made once
host()
{
	mkdir -p "$work/$1"
	commands Certificates >"$work/commands"
	[ ! -e "$work/ca.key" ] || sed -i '/ca.key$/,/-out ca.pem$/d' "$work/commands"
	sed -i "s|/etc/cipsec|$work/$1|; s|adapter|$1|g" "$work/commands"
	(cd "$work" && sh -eu "$work/commands") || return
	settings "$2" | sed "s|/etc/cipsec|$work/$1|" >"$work/$1/agent.conf"
}

# exchange: the two programs, once through the capture
exchange()
{
	start target "$ns_b" "$io/target" --linger 1 "$capture"
	until_true 10 in_ns "$ns_b" grep -q ':08AE ' /proc/net/udp || return
	in_ns "$ns_a" "$io/originator" --linger 1 "$capture" 192.0.2.10 || return
	wait "$pid_target"
}

both_confirmed()
{
	for ns in "$ns_a" "$ns_b"; do
		in_ns "$ns" "$ctl" show assoc | grep ' confirmed ' || return
	done
}

has_connection()
{
	in_ns "$1" "$ctl" show conn | grep -q ' line '
}

plan 6
topology
ip -n "$ns_a" addr add 192.0.2.20/24 dev va
ip -n "$ns_b" addr add 192.0.2.10/24 dev vb
permanent "$ns_a" va 192.0.2.10 "$mac_b"
permanent "$ns_b" vb 192.0.2.20 "$mac_a"

check the_commands_of_the_page_make_what_the_adapter_needs host adapter 1
check the_same_commands_make_what_the_scanner_needs host scanner 2
for name in adapter scanner; do
	check "the_settings_of_the_${name}_are_right" \
		"$agent" --check -c "$work/$name/agent.conf"
done
start agent_adapter "$ns_b" "$agent" -c "$work/adapter/agent.conf"
start agent_scanner "$ns_a" "$agent" -c "$work/scanner/agent.conf"
until_true 5 has_connection "$ns_a" || :
check the_programs_exchange_what_they_exchanged_before exchange
check both_hosts_say_confirmed both_confirmed
stop agent_scanner
stop agent_adapter
