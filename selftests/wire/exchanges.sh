#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The guest's half of ../wire.sh: the real captures, replayed by two plain programs
# between two hosts, in clear and with each suite. It judges nothing; what it leaves in
# a folder for each run is judged outside, where tshark is.
#
#          $ns_a                  $ns_r                 $ns_b
#   .-----------------.     .---------------.     .----------------.
#   | originator      |     | tcpdump       |     |         target |
#   |   > 2222 <      |     | eavesdrop     |     |      > 2222    |
#   | nft: DSCP 47    |     |   |           |     |   nft: DSCP 43 |
#   | cipsec-agent    |     |   |           |     |   cipsec-agent |
#   |   DTLS client   |-----|- ra        rb |-----|    DTLS server |
#   '-----------------'     '---------------'     '----------------'
#
# usage: selftests/wire/exchanges.sh FOLDER NAME=SUITE...
# A suite of `clear` is none: the control. Exit status: 0 the runs took place, 1 not.

# shellcheck disable=SC2154 # names of fixture/topology.sh
set -eu

# shellcheck source=/dev/null
. "${0%/*}/../fixture/topology.sh"

io=$top/build/selftests/io
agent=$top/build/user/cipsec-agent
ctl=$top/build/user/cipsecctl
data=$top/selftests/data
captures='class1-io class0-8002 class0-00a1'
out=$1
shift

# quit WHAT: and what the programs said.
quit()
{
	for err in "$work"/*.err; do
		[ ! -s "$err" ] || diag "${err##*/}:" "$(tail -n 20 "$err")"
	done
	die "$*"
}

# mark NAMESPACE DSCP: what a program does that knows its class; done before sealing.
mark()
{
	in_ns "$1" nft -f - <<-EOF
	table ip class {
		chain out {
			type filter hook output priority -400
			udp dport 2222 ip dscp set $2
		}
	}
	EOF
}

network_up()
{
	topology router
	for ns in "$ns_a" "$ns_r" "$ns_b"; do
		# Its neighbour discovery would be on the wire too.
		in_ns "$ns" sysctl -qw net.ipv6.conf.all.disable_ipv6=1
	done
	# ODVA's code points for scheduled and for high
	mark "$ns_a" 47
	mark "$ns_b" 43
}

network_down()
{
	for ns in "$ns_a" "$ns_r" "$ns_b"; do
		ip netns del "$ns"
	done
}

# certificate NAME
certificate()
{
	openssl req -new -config "$work/openssl.cnf" -subj "/CN=$1" \
		-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$work/$1.key" -out "$work/$1.csr"
	openssl x509 -req -in "$work/$1.csr" -CA "$work/ca.crt" \
		-CAkey "$work/ca.key" -CAcreateserial -days 2 \
		-extfile "$work/openssl.cnf" -extensions device \
		-out "$work/$1.crt"
	chmod 600 "$work/$1.key"
}

certificates()
{
	cat >"$work/openssl.cnf" <<-EOF
	[req]
	distinguished_name = dn
	prompt = no
	[dn]
	CN = authority
	[authority]
	basicConstraints = critical, CA:TRUE
	keyUsage = critical, keyCertSign
	[device]
	keyUsage = critical, digitalSignature
	extendedKeyUsage = clientAuth, serverAuth
	EOF
	openssl req -x509 -config "$work/openssl.cnf" -extensions authority \
		-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
		-keyout "$work/ca.key" -out "$work/ca.crt"
	certificate originator
	certificate target
}

# id CAPTURE DIRECTION: of its connection
id()
{
	"$io/originator" --describe "$data/$1.pcap" |
		sed -n 's/.*"'"$2"'", "id": \([0-9]*\),.*/\1/p'
}

# settings ROLE PEER ADDRESS PRODUCES CONSUMES SUITE
settings()
{
	cat <<-EOF
	[agent]
	default-policy = require
	key-log = $work/$1.keys
	$([ "$1" = originator ] || echo "listen = $addr_b")
	[credentials]
	certificate = $work/$1.crt
	key = $work/$1.key
	trust = $work/ca.crt
	[peer $2]
	address = $3
	initiate = $([ "$1" = originator ] && echo yes || echo no)
	suites = $6
	identity = subject:CN=$2
	EOF
	for capture in $captures; do
		cat <<-EOF
		[connection $capture]
		peer = $2
		class = $(expr "$capture" : 'class\(.\)')
		produced = $(id "$capture" "$4")
		consumed = $(id "$capture" "$5")
		EOF
	done
}

# is_bound NAMESPACE PORT: in hexadecimal digits
is_bound()
{
	in_ns "$1" grep -q ":$2 " /proc/net/udp
}

# holds NAMESPACE CONNECTIONS: an association with keys that carries them all
holds()
{
	in_ns "$1" "$ctl" show assoc --json | grep -q '"suite"' &&
		[ "$(in_ns "$1" "$ctl" show conn --json |
			grep -o '"consumed"' | wc -l)" -eq "$2" ]
}

agents_up()
{
	settings target originator "$addr_a" t2o o2t "$1" >"$work/target.conf"
	settings originator target "$addr_b" o2t t2o "$1" >"$work/originator.conf"
	start agent_target "$ns_b" "$agent" -c "$work/target.conf"
	# Else an ICMP error would answer the first ClientHello.
	until_true 10 is_bound "$ns_b" 08AD || quit "the target's agent did not start"
	start agent_originator "$ns_a" "$agent" -c "$work/originator.conf"
	for ns in "$ns_a" "$ns_b"; do
		until_true 30 holds "$ns" 3 || quit "$1: no keys in the kernel"
	done
}

agents_down()
{
	stop agent_originator
	stop agent_target
	for ns in "$ns_a" "$ns_b"; do
		in_ns "$ns" "$agent" --flush-policy
	done
}

# watch EAVESDROP-OPTION...
watch()
{
	start tcpdump "$ns_r" tcpdump -Z root --immediate-mode -U -B 8192 \
		-i ra -w "$run/wire.pcap"
	until_true 10 grep -q 'listening on' "$work/tcpdump.err" ||
		quit "tcpdump did not start"
	for capture in $captures; do
		set -- "$@" --capture "$data/$capture.pcap"
	done
	rm -f "$work/ready"
	start eavesdrop "$ns_r" "$io/eavesdrop" --interface ra --ready "$work/ready" "$@"
	until_true 10 test -e "$work/ready" || quit "the eavesdropper did not start"
}

# exchange CAPTURE: the two programs, once through it; what they say into the run's folder.
exchange()
{
	start target "$ns_b" "$io/target" --linger 1 "$data/$1.pcap"
	until_true 10 is_bound "$ns_b" 08AE || quit "the target did not start"
	start originator "$ns_a" "$io/originator" --linger 1 "$data/$1.pcap" "$addr_b"
	for program in originator target; do
		eval "wait \$pid_$program" || :
		cp "$work/$program.out" "$run/$program.$1.json"
	done
}

certificates 2>"$work/openssl.err" || quit "openssl could not make certificates"
for word; do
	suite=${word#*=}
	run=$out/${word%%=*}
	mkdir -p "$run"
	network_up
	case $suite in
	*_NULL_*)	watch --no-explicit-nonce ;;
	*)		watch ;;
	esac
	[ "$suite" = clear ] || agents_up "$suite"
	for capture in $captures; do
		exchange "$capture"
	done
	stop eavesdrop
	stop tcpdump
	cp "$work/eavesdrop.out" "$run/eavesdrop.json"
	[ "$suite" = clear ] || agents_down
	# Of either agent: GnuTLS says the same on both sides.
	[ "$suite" = clear ] || mv "$work/originator.keys" "$run/keys"
	network_down
done
