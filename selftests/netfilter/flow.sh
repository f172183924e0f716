# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Counted datagrams between namespaces, for netfilter.sh and isolation.sh, and what a
# third party sees of them. To be sourced after fixture/topology.sh.
#
# Ids: $o2t from the originator to the target, $t2o back. Ports as a real originator
# has them: it sends from 50000 and receives on 2222.

# shellcheck disable=SC2154 # top, work, in_ns, start, stop, ...: fixture/topology.sh
probe=$top/build/selftests/netfilter/probe
eavesdrop=$top/build/selftests/io/eavesdrop
mark=CIPSEC-PROCESS-DATA
flow_settle=0.2

# number KEY FILE: a value of the last JSON line of a file that has it.
number()
{
	sed -n 's/.*"'"$1"'": \{0,1\}"\{0,1\}\([^",}]*\).*/\1/p' "$2" | tail -n 1
}

# listen NAME NS ADDR:PORT [OPTION]...: a program that receives, in the background.
listen()
{
	listen_name=$1 listen_ns=$2 listen_on=$3
	shift 3
	rm -f "$work/$listen_name.ready"
	start "$listen_name" "$listen_ns" "$probe" receive --on "$listen_on" \
		--wait 60 --count 100000 --ready "$work/$listen_name.ready" "$@"
	until_true 10 test -e "$work/$listen_name.ready" ||
		die "$listen_name does not listen on $listen_on: $(
			cat "$work/$listen_name.err")"
}

# speak NS OPTION...: what became of it is in $work/speak.out.
speak()
{
	speak_ns=$1
	shift
	in_ns "$speak_ns" "$probe" send "$@" >"$work/speak.out" ||
		die "a program could not send: $*"
}

# flow FROM_NS FROM TO TO_NS ID [OPTION]...: into $flow, as "intact/offered"; the last
# error into $flow_error, the source that the receiver saw into $flow_from.
# shellcheck disable=SC2034 # read by those who source this
flow()
{
	flow_ns=$1 flow_out=$2 flow_to=$3 flow_to_ns=$4 flow_id=$5
	shift 5
	listen flow "$flow_to_ns" "0.0.0.0:${flow_to##*:}"
	speak "$flow_ns" --from "$flow_out" --to "$flow_to" --id "$flow_id" "$@"
	sleep $flow_settle
	stop flow
	flow_sent=$(number sent "$work/speak.out")
	flow_refused=$(number refused "$work/speak.out")
	flow_error=$(number error "$work/speak.out")
	flow_from=$(number from "$work/flow.out")
	flow=$(number intact "$work/flow.out")/$((flow_sent + flow_refused))
}

# shellcheck disable=SC2120 # some callers have options
# forth [OPTION]...: the originator's four datagrams to the target.
forth()
{
	flow "$ns_a" "$addr_a:50000" "$addr_b:2222" "$ns_b" "$o2t" "$@"
}

# shellcheck disable=SC2120
# back [OPTION]...: the target's four.
back()
{
	flow "$ns_b" 0.0.0.0:2222 "${seen_a:-$addr_a}:2222" "$ns_a" "$t2o" "$@"
}

# both: into $flow as "forth back".
both()
{
	# shellcheck disable=SC2119
	forth
	both_forth=$flow
	# shellcheck disable=SC2119
	back
	flow="$both_forth $flow"
}

# tap NS DEV [FILTER]: keep what passes there, in $work/tap.pcap.
tap()
{
	tap_ns=$1 tap_dev=$2
	shift 2
	rm -f "$work/tap.pcap" "$work/tap.err"
	start tap "$tap_ns" tcpdump -i "$tap_dev" -Z root -U --immediate-mode -n -p \
		-w "$work/tap.pcap" "$@"
	until_true 10 grep -q 'listening on' "$work/tap.err" ||
		die "tcpdump does not listen on $tap_dev: $(cat "$work/tap.err")"
}

untap()
{
	sleep 0.2
	stop tap INT
}

# told [OPTION]... [FILTER]: what tcpdump says of what was kept.
told()
{
	tcpdump -Z root -n -r "$work/tap.pcap" "$@" 2>>"$work/tap.err"
}

# tapped [FILTER]: frames that were kept.
tapped()
{
	told "$@" | wc -l
}

# marks: pieces of process data that can be read in what was kept.
marks()
{
	grep -a -o $mark "$work/tap.pcap" | wc -l
}

# overhear NS DEV, then overheard KEY: datagrams, by what they look like.
overhear()
{
	rm -f "$work/overhear.ready"
	start overhear "$1" "$eavesdrop" --interface "$2" --ready "$work/overhear.ready"
	until_true 10 test -e "$work/overhear.ready" ||
		die "the eavesdropper does not listen on $2"
}

overheard()
{
	number "$1" "$work/overhear.out"
}
