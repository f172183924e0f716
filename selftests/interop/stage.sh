#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2154 # topology.sh and what sources this set the rest
#
# The stage of the tests with an agent: to be sourced after ../fixture/topology.sh.
#
#       $ns_a                     $ns_r                      $ns_b
#   .-----------------.     .-----------------.     .---------------------.
#   | program         |     |       box       |     |  a peer with another|
#   |   > 2222 <      |     | loses, holds,   |     |  TLS library, or    |
#   | cipsec-agent    |     | doubles; counts |     |  program and        |
#   | cipsec.ko    va |-----| ra  each record |-----| vb   cipsec-agent   |
#   '-----------------'     '-----------------'     '---------------------'
#        "$addr_a"                                            "$addr_b"

# shellcheck disable=SC2034 # for the tests
gcm128=TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
# shellcheck disable=SC2034
gcm256=TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
# shellcheck disable=SC2034
null=TLS_ECDHE_ECDSA_WITH_NULL_SHA

bin=$top/build/selftests/interop
agent=$top/build/user/cipsec-agent
ctl=$top/build/user/cipsecctl
id_a=0x0a0a0001
id_b=0x0b0b0002

stage()
{
	addr_a=10.78.0.1 addr_b=10.78.0.2
	stage_ns "$ns_a"
	stage_ns "$ns_r"
	wire "$ns_a" va "$mac_a" "$ns_r" ra "$mac_ra"
	stage_b
	ip -n "$ns_a" addr add "$addr_a/24" dev va
	permanent "$ns_a" va "$addr_b" "$mac_b"
}

stage_ns()
{
	ip netns add "$1"
	ip -n "$1" link set lo up
	in_ns "$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 2>/dev/null || :
}

# The far host alone, for a test that needs a new one.
stage_b()
{
	stage_ns "$ns_b"
	wire "$ns_b" vb "$mac_b" "$ns_r" rb "$mac_rb"
	ip -n "$ns_b" addr add "$addr_b/24" dev vb
	permanent "$ns_b" vb "$addr_a" "$mac_a"
}

# --- certificates --------------------------------------------------------------

# authority NAME
authority()
{
	openssl req -x509 -config "$work/openssl.cnf" -extensions authority \
		-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
		-subj "/CN=$1" -keyout "$work/$1.key" -out "$work/$1.crt"
	chmod 600 "$work/$1.key"
}

# certificate NAME AUTHORITY EXTENSIONS SUBJECT [OPTION...]
certificate()
{
	cert_name=$1 cert_by=$2 cert_ext=$3 cert_subject=$4
	shift 4
	[ $# -gt 0 ] || set -- -days 2
	openssl req -new -config "$work/openssl.cnf" -subj "/CN=$cert_subject" \
		-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$work/$cert_name.key" -out "$work/$cert_name.csr"
	openssl ca -batch -notext -config "$work/openssl.cnf" -name ca \
		-cert "$work/$cert_by.crt" -keyfile "$work/$cert_by.key" \
		-extensions "$cert_ext" -in "$work/$cert_name.csr" \
		-out "$work/$cert_name.crt" "$@"
	chmod 600 "$work/$cert_name.key"
}

certificates()
{
	cat >"$work/openssl.cnf" <<-EOF
	[ca]
	database = $work/index
	new_certs_dir = $work
	rand_serial = yes
	unique_subject = no
	default_md = sha256
	policy = any
	[any]
	commonName = supplied
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
	[client-only]
	keyUsage = critical, digitalSignature
	extendedKeyUsage = clientAuth
	[server-only]
	keyUsage = critical, digitalSignature
	extendedKeyUsage = serverAuth
	EOF
	: >"$work/index"
	{
		authority ca
		certificate host ca device host
		certificate far ca device far
	} 2>>"$work/openssl.err" || die "openssl could not make certificates"
}

# --- agents ------------------------------------------------------------------------

# settings NAME ROLE SUITES [AGENT-LINE...]: of the agent of `host` or of `far`.
settings()
{
	set_name=$1 set_role=$2 set_suites=$3
	shift 3
	if [ "$set_name" = host ]; then
		set_peer=far set_addr=$addr_b set_mine=$addr_a
		set_produced=$id_a set_consumed=$id_b
	else
		set_peer=host set_addr=$addr_a set_mine=$addr_b
		set_produced=$id_b set_consumed=$id_a
	fi
	cat <<-EOF
	[agent]
	$([ "$set_role" = client ] || echo "listen = $set_mine")
	EOF
	[ $# -eq 0 ] || printf '%s\n' "$@"
	cat <<-EOF
	[credentials]
	certificate = $work/$set_name.crt
	key = $work/$set_name.key
	trust = $work/ca.crt
	[connection line]
	peer = $set_peer
	produced = $set_produced
	consumed = $set_consumed
	[peer $set_peer]
	address = $set_addr
	initiate = $([ "$set_role" = client ] && echo yes || echo no)
	suites = $set_suites
	identity = subject:CN=$set_peer
	EOF
}

# said NAME PATTERN: has a program's standard error a line that matches?
said()
{
	grep -q -e "$2" "$work/$1.err"
}

# agent_up NAME NS: with $work/NAME.conf, until it says that it runs
agent_up()
{
	start "$1" "$2" "$agent" -c "$work/$1.conf"
	until_true 20 said "$1" 'cipsec-agent started' ||
		die "$1: the agent did not start: $(cat "$work/$1.err")"
}

# assocs NS [JQ-FILTER]: associations with keys
assocs()
{
	in_ns "$1" "$ctl" show assoc --json | jq -c "${2:-length}"
}

has_assoc()
{
	[ "$(assocs "$1" 'map(select(.suite)) | length')" -ge 1 ]
}

has_no_assoc()
{
	[ "$(assocs "$1")" -eq 0 ]
}

# --- the box --------------------------------------------------------------------------

# box_up [OPTION...]
box_up()
{
	rm -f "$work/box.ready"
	start box "$ns_r" "$bin/box" --ready "$work/box.ready" "$@" ra rb
	until_true 10 test -e "$work/box.ready" ||
		die "the box did not start: $(cat "$work/box.err")"
}

box_down()
{
	stop box
}

# last NAME JQ-FILTER: of the last line that a program printed
last()
{
	tail -n 1 "$work/$1.out" | jq -r "$2"
}

# ask NAME: have box or program print its counts while it goes on
ask()
{
	ask_pid=''
	eval "ask_pid=\$pid_$1"
	ask_lines=$(wc -l <"$work/$1.out")
	kill -USR1 "$ask_pid"
	until_true 5 more_lines "$1" "$ask_lines"
}

more_lines()
{
	[ "$(wc -l <"$work/$1.out")" -gt "$2" ]
}

# --- I/O ---------------------------------------------------------------------------------

# program NAME NS LOCAL PEER PRODUCES CONSUMES [OPTION...]
program()
{
	prog_name=$1 prog_ns=$2 prog_local=$3 prog_peer=$4 prog_p=$5 prog_c=$6
	shift 6
	start "$prog_name" "$prog_ns" "$bin/program" --local "$prog_local" \
		--peer "$prog_peer" --produce "$prog_p" --consume "$prog_c" "$@"
}

# both_stop NAME NAME: producers first, so that nothing is on the way
both_stop()
{
	for both in "$1" "$2"; do
		both_pid=''
		eval "both_pid=\$pid_$both"
		kill -TERM "$both_pid" 2>/dev/null || :
	done
	stop "$1"
	stop "$2"
}

# flows NS TAG N SECONDS: wait until N datagrams have gone each way since the snapshot.
flows()
{
	flows_tries=$(($4 * 4))
	while [ "$(delta "$1" "$2" | awk -v n="$3" '
		/^(RxOpened|TxSealed) / && $2 >= n { found++ }
		END { print found + 0 }')" -lt 2 ]; do
		flows_tries=$((flows_tries - 1))
		[ $flows_tries -gt 0 ] || return 1
		sleep 0.2
	done
}
