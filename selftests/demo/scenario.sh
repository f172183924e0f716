#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A cyclic exchange between two programs that know nothing of security: first in clear,
# then protected, then under attack. cipsec.ko is loaded, the programs are built.
#
#    scanner                          wire                         adapter
#   .-----------------.   .-------------------------------.   .-----------------.
#   | originator      |   |                               |   |          target |
#   |   > 2222, 2222 <|   |   eavesdrop        attack     |   |> 2222           |
#   | cipsec-agent    |   |       |              |        |   |    cipsec-agent |
#   |   DTLS client   |   |       '------. .-----'        |   |     DTLS server |
#   | cipsec.ko    va |---| wa    br0     wb              |---| vb    cipsec.ko |
#   '-----------------'   '-------------------------------'   '-----------------'
#      10.77.0.1                                                  10.77.0.2
#
# usage: selftests/demo/scenario.sh
# SPEED=X replays the capture at X times its pace, SUITE=NAME is the one suite that the agents allow.
# Exit status: 0 everything was as promised, 1 not.

set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
io=$top/build/selftests/io
agent=$top/build/user/cipsec-agent
ctl=$top/build/user/cipsecctl
capture=$top/selftests/data/class1-io.pcap
speed=${SPEED:-1}
suite=${SUITE:-TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}

# Suites without encryption have no explicit nonce, and hide nothing.
case $suite in
*_NULL_*)	no_nonce=--no-explicit-nonce ;;
*)		no_nonce='' ;;
esac

scanner=scanner-$$
wire=wire-$$
adapter=adapter-$$
originator_addr=10.77.0.1
target_addr=10.77.0.2
attacks=200

work=$(mktemp -d)
pids=''
broken=0

# --- small things ----------------------------------------------------------------

title()
{
	printf '\n== %s\n' "$*"
}

die()
{
	echo "demo: $*" >&2
	for log in "$work"/*.log; do
		[ -s "$log" ] && { echo "--- ${log##*/}" >&2; tail -n 20 "$log" >&2; }
	done
	exit 1
}

# expect WHAT IS SHALL: a promise, kept or not.
expect()
{
	if [ "$2" = "$3" ]; then
		printf '  ok      %-62s %s\n' "$1" "$2"
	else
		printf '  BROKEN  %-62s %s, not %s\n' "$1" "$2" "$3"
		broken=$((broken + 1))
	fi
}

in_ns()
{
	ns=$1
	shift
	ip netns exec "$ns" "$@"
}

# start NAME NAMESPACE COMMAND...: in the background, output in $work/NAME.*
start()
{
	name=$1 ns=$2
	shift 2
	ip netns exec "$ns" "$@" >"$work/$name.json" 2>"$work/$name.log" &
	pid=$!
	pids="$pids $pid"
	eval "pid_$name=$pid"
}

# finish NAME: wait for it to end by itself.
finish()
{
	eval "pid=\$pid_$1"
	wait "$pid" || :
}

# stop NAME: have it end.
stop()
{
	eval "pid=\$pid_$1"
	kill "$pid" 2>/dev/null || :
	finish "$1"
}

runs()
{
	eval "pid=\$pid_$1"
	kill -0 "$pid" 2>/dev/null
}

# until_true SECONDS COMMAND...
until_true()
{
	tries=$(($1 * 5))
	shift
	while ! "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.2
	done
}

# number NAME KEY: a number, or true or false, of the JSON line that NAME printed.
number()
{
	sed -n 's/.*"'"$2"'": \([a-z0-9.]*\)[,}].*/\1/p' "$work/$1.json"
}

# counters NAMESPACE
counters()
{
	in_ns "$1" cat /proc/net/cipsec_stat
}

# moved COUNTER: by how much it moved on the adapter while it was under attack.
moved()
{
	cat "$work/before" "$work/after" |
		awk -v name="$1" '$1 == name { by = $2 - by } END { print by + 0 }'
}

listens_on_2222()
{
	in_ns "$1" grep -q ':08AE ' /proc/net/udp
}

cleanup()
{
	for pid in $pids; do
		kill "$pid" 2>/dev/null || :
	done
	wait
	for ns in "$scanner" "$wire" "$adapter"; do
		ip netns del "$ns" 2>/dev/null || :
	done
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' INT TERM HUP

# --- the stage -------------------------------------------------------------------

network()
{
	for ns in "$scanner" "$wire" "$adapter"; do
		ip netns add "$ns"
		ip -n "$ns" link set lo up
	done
	in_ns "$wire" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6' \
		2>/dev/null || :

	ip link add va netns "$scanner" type veth peer name wa netns "$wire"
	ip link add vb netns "$adapter" type veth peer name wb netns "$wire"
	ip -n "$wire" link add br0 type bridge
	ip -n "$wire" link set br0 up
	ip -n "$wire" link set dev wa master br0 up
	ip -n "$wire" link set dev wb master br0 up
	ip -n "$scanner" addr add $originator_addr/24 dev va
	ip -n "$scanner" link set va up
	ip -n "$adapter" addr add $target_addr/24 dev vb
	ip -n "$adapter" link set vb up
	until_true 10 in_ns "$scanner" ping -c 1 -W 1 $target_addr ||
		die "the two namespaces do not reach each other"
}

# certificate NAME SERIAL: a P-256 key and a certificate of the demo's authority.
certificate()
{
	{
		openssl ecparam -name prime256v1 -genkey -noout \
			-out "$work/$1.key"
		openssl req -new -config "$work/openssl.cnf" \
			-key "$work/$1.key" -subj "/O=cipsec demo/CN=$1" \
			-out "$work/$1.csr"
		openssl x509 -req -in "$work/$1.csr" -CA "$work/ca.crt" \
			-CAkey "$work/ca.key" -set_serial "$2" -days 2 \
			-sha256 -extfile "$work/openssl.cnf" \
			-extensions device -out "$work/$1.crt"
	} 2>>"$work/openssl.log" || die "openssl could not make a certificate"
}

certificates()
{
	cat >"$work/openssl.cnf" <<-EOF
	[req]
	distinguished_name = dn
	prompt = no
	[dn]
	CN = unused
	[authority]
	basicConstraints = critical, CA:TRUE
	keyUsage = critical, keyCertSign, cRLSign
	[device]
	basicConstraints = CA:FALSE
	keyUsage = critical, digitalSignature
	extendedKeyUsage = clientAuth, serverAuth
	EOF
	openssl ecparam -name prime256v1 -genkey -noout -out "$work/ca.key"
	openssl req -x509 -new -config "$work/openssl.cnf" -extensions authority \
		-key "$work/ca.key" -subj "/O=cipsec demo/CN=demo authority" \
		-days 2 -sha256 -out "$work/ca.crt" 2>>"$work/openssl.log"
	certificate scanner 1
	certificate adapter 2
}

# settings NAME PEER PEER_ADDRESS PRODUCED CONSUMED: how NAME's agent treats PEER.
settings()
{
	cat >"$work/$1.conf" <<-EOF
	[agent]
	default-policy = require
	$([ "$1" = scanner ] || echo "listen = $target_addr")

	[credentials]
	certificate = $work/$1.crt
	key = $work/$1.key
	trust = $work/ca.crt

	[peer $2]
	address = $3
	policy = require
	initiate = $([ "$1" = scanner ] && echo yes || echo no)
	suites = $suite
	identity = subject:CN=$2,O=cipsec demo

	[connection line]
	peer = $2
	produced = $4
	consumed = $5
	EOF
}

has_keys()
{
	in_ns "$1" "$ctl" show assoc --json | grep -q '"suite"' &&
		in_ns "$1" "$ctl" show conn --json | grep -q '"consumed"'
}

handshake()
{
	title "Two agents, mutual certificates (ECDSA P-256), a DTLS 1.2 handshake"
	certificates
	settings adapter scanner $originator_addr "$id_t2o" "$id_o2t"
	settings scanner adapter $target_addr "$id_o2t" "$id_t2o"
	start agent_adapter "$adapter" "$agent" -c "$work/adapter.conf"
	start agent_scanner "$scanner" "$agent" -c "$work/scanner.conf"
	for ns in "$adapter" "$scanner"; do
		until_true 30 has_keys "$ns" || die "no keys in the kernel"
	done
	in_ns "$scanner" "$ctl" show assoc
}

# exchange: the two programs, once through the capture.
exchange()
{
	start target "$adapter" "$io/target" --speed "$speed" "$@" "$capture"
	until_true 10 listens_on_2222 "$adapter" || die "the target did not start"
	start originator "$scanner" "$io/originator" --speed "$speed" "$@" \
		"$capture" $target_addr
}

eavesdrop()
{
	rm -f "$work/ready"
	# shellcheck disable=SC2086 # an option or nothing
	start eavesdrop "$wire" "$io/eavesdrop" --interface wb \
		--capture "$capture" --ready "$work/ready" $no_nonce
	until_true 10 test -e "$work/ready" || die "the eavesdropper did not start"
}

# A line of the live table: what went well, and all else that counts datagrams.
observe()
{
	counters "$1" | awk '
		$1 == "TxSealed" { sealed = $2; next }
		$1 == "RxOpened" { opened = $2; next }
		/^(RxToOwner|RxHandshake|RxPlain|RxBadChecksum) / { next }
		/^(TxRecord|TxHandshake|TxPlain) / { next }
		/^[RT]x/ { dropped += $2 }
		END { printf "%8d %8d %8d", sealed, opened, dropped }'
}

live_table()
{
	seconds=0
	printf '           scanner %s            adapter %s\n' \
		$originator_addr $target_addr
	printf '  time    sealed   opened  dropped    sealed   opened  dropped\n'
	while runs originator; do
		printf '  %3d s %s  %s\n' $seconds "$(observe "$scanner")" \
			"$(observe "$adapter")"
		sleep 1
		seconds=$((seconds + 1))
	done
	printf '  end   %s  %s\n' "$(observe "$scanner")" "$(observe "$adapter")"
}

# --- three acts ------------------------------------------------------------------

in_clear()
{
	title "In clear: the control. The same programs, the same eavesdropper"
	eavesdrop
	exchange --count 100
	finish originator
	finish target
	stop eavesdrop

	expect "originator and target understand each other" \
		"$(number originator ok) $(number target ok)" "true true"
	expect "I/O datagrams the eavesdropper can read" \
		"$(number eavesdrop clear_io)" 200
	clear_control=$(number eavesdrop clear_io)
}

protected()
{
	title "Protected: $total_o2t datagrams O->T and $total_t2o T->O at their recorded pace"
	eavesdrop
	exchange
	live_table
	finish originator
	finish target
	stop eavesdrop
	cp "$work/originator.json" "$work/clean_originator.json"
	cp "$work/target.json" "$work/clean_target.json"
	cp "$work/eavesdrop.json" "$work/clean_eavesdrop.json"
}

attacked()
{
	title "Under attack: while the exchange goes on, somebody on the wire injects"
	counters "$adapter" >"$work/before"
	eavesdrop
	exchange --forever
	in_ns "$wire" "$io/attack" --interface wb --to $target_addr \
		--mode replay --mode forged --mode tag --mode plain --mode bound \
		--id "$id_o2t" --count $attacks \
		>"$work/attack.json" 2>"$work/attack.log" ||
		die "the attacker could not attack"
	sleep 0.5
	stop originator
	stop target
	stop eavesdrop

	counters "$adapter" >"$work/after"
	printf '  sent to the adapter: %s\n' \
		"$(sed 's/.*"sent": {\(.*\)}}/\1/; s/"//g' "$work/attack.json")"
}

summary()
{
	title "What it came to"
	used=$(in_ns "$adapter" "$ctl" show assoc --json |
		sed -n 's/.*"suite": "\(.*\)".*/\1/p' | head -n 1)
	expect "suite" "$used" "$suite"
	expect "O->T datagrams that arrived byte for byte and in order" \
		"$(number clean_target verified)" "$total_o2t"
	expect "T->O datagrams that arrived byte for byte and in order" \
		"$(number clean_originator verified)" "$total_t2o"
	expect "lost, reordered, corrupt or repeated: none (both programs say ok)" \
		"$(number clean_originator ok) $(number clean_target ok)" "true true"
	expect "protected records the eavesdropper counted" \
		"$(number clean_eavesdrop protected)" $((total_o2t + total_t2o))
	expect "I/O datagrams it could read (in clear it read $clear_control)" \
		"$(number clean_eavesdrop clear_io)" 0
	if [ -z "$no_nonce" ]; then
		expect "frames with any known piece of process data in them" \
			"$(number clean_eavesdrop clear_data)" 0
	else
		echo "  note    this suite does not encrypt: process data can be read, not changed"
	fi
	expect "record numbers and nonces that repeated" \
		"$(number clean_eavesdrop numbers_repeated) $(number clean_eavesdrop nonces_repeated)" \
		"0 0"
	expect "  (control: the replays, seen by the same eavesdropper)" \
		"$(number eavesdrop numbers_repeated)" $attacks
	expect "replayed records refused" \
		$(($(moved RxReplay) + $(moved RxOld))) $attacks
	expect "forged records refused (random, and one bit of the tag)" \
		"$(moved RxBadMac)" $((2 * attacks))
	expect "datagrams in clear refused (policy require)" \
		"$(moved RxClearRefused)" $attacks
	expect "datagrams in clear with the connection's id refused" \
		"$(moved RxClearBound)" $attacks
	expect "the programs noticed nothing of it" \
		"$(number originator ok) $(number target ok)" "true true"

	title "cipsecctl show assoc, on the adapter"
	in_ns "$adapter" "$ctl" show assoc --verbose
	title "cipsecctl status, on the adapter"
	in_ns "$adapter" "$ctl" status
}

# --- the play --------------------------------------------------------------------

# described DIRECTION KEY: of the capture
described()
{
	"$io/originator" --describe "$capture" | grep "\"$1\"" |
		sed -n 's/.*"'"$2"'": \([0-9]*\),.*/\1/p'
}

id_o2t=$(described o2t id)
id_t2o=$(described t2o id)
total_o2t=$(described o2t datagrams)
total_t2o=$(described t2o datagrams)

echo "cipsec: two plain EtherNet/IP programs on two hosts, and a wire between them"
network
in_clear
handshake
protected
attacked
summary

if [ $broken = 0 ]; then
	printf '\nEvery promise kept.\n'
else
	printf '\n%d promises BROKEN.\n' $broken
	exit 1
fi
