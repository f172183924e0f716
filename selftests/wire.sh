#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# cipsec-host: timeout=900
#
# What is on the wire, as an independent observer sees it. Two agents, two programs that
# know nothing of security, and the real captures: wire/exchanges.sh runs them in a VM, in
# clear and with each suite, and brings back what tcpdump kept. Here tshark says what it
# is, with the agent's key log and without. It runs on this machine, since it is large.
#
# The run in clear is the control of every absence; the other controls are copies that
# were spoilt on purpose.

# shellcheck disable=SC2016 # what stands between single quotes is awk's
# shellcheck disable=SC2154 # names of fixture/topology.sh
set -eu

export LC_ALL=C	# for sort and join

# shellcheck source=/dev/null
. "${0%/*}/fixture/topology.sh"

captures='class1-io class0-8002 class0-00a1'
total=1542	# datagrams of the captures, both ways
suites='c02b=TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
	c02c=TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
	c006=TLS_ECDHE_ECDSA_WITH_NULL_SHA'
cd "$top"

# --- tables of what tshark sees ----------------------------------------------------------

# tsv AWK-ARGUMENT...: over tables, whose columns have names
tsv()
{
	awk -F '\t' -v proto=1 -v time=2 -v src=3 -v dscp=4 -v version=5 -v type=6 \
		-v epoch=7 -v number=8 -v data=9 -v sai=10 -v cai=11 -v seq=12 \
		-v len=13 -v bad=14 "$@"
}

# tabulate PCAP KEY-LOG TABLE: a line for each frame
tabulate()
{
	tshark -r "$1" -o "tls.keylog_file:$2" -T fields -e frame.protocols \
		-e frame.time_epoch -e ip.src -e ip.dsfield.dscp -e dtls.record.version \
		-e dtls.record.content_type -e dtls.record.epoch \
		-e dtls.record.sequence_number -e dtls.app_data -e enip.cpf.sai.connid \
		-e enip.cpf.cai.connid -e enip.cpf.sai.seq -e enip.cpf.length \
		-e _ws.malformed >"$3" 2>"$work/tshark.err" && return
	diag "$(cat "$work/tshark.err")"
	die "tshark cannot tell what is in $1"
}

# look CONDITION TABLE: for how many frames it holds
look()
{
	tsv "$1"' { n++ } END { print n + 0 }' "$2"
}

# The CIP I/O of a table: direction, id, sequence number, lengths, in order of direction.
io_of()
{
	tsv '$sai $cai != "" && $proto ~ /udp/ {
		print ($src ~ /\.1$/ ? "o2t" : "t2o"), $sai $cai, $seq, $len
	}' "$1" | sort -s -k 1,1
}

# --- what has to hold of them ------------------------------------------------------------

# counted PROGRAM.json...: their datagrams that were verified; 0 if one is not content
counted()
{
	cat "$@" | sed -n 's/.*"verified": \([0-9]*\),.*"ok": \([a-z]*\).*/\1 \2/p' |
		awk '{ n += $1; good += $2 == "true" }
		     END { print good == 6 ? n : 0 }'
}

# heard RUN KEY: a number of the eavesdropper
heard()
{
	sed -n 's/.*"'"$2"'": \([0-9]*\)[,}].*/\1/p' "$1/eavesdrop.json"
}

# numbers_rise TABLE: from 1024 (what is below is the handshake's) by one, each way
numbers_rise()
{
	tsv '$epoch > 0 && $type ~ /^2[13]$/ {
		want = $src in last ? last[$src] + 1 : 1024
		if ($number != want) {
			print $src ": record " $number " where " want " was to come"
			exit wrong = 1
		}
		last[$src] = $number
		n++
	} END { exit wrong || n < '$total' }' "$1"
}

# nonces_are_numbers TABLE: the eight bytes before the ciphertext say what the header says
nonces_are_numbers()
{
	tsv '$type == 23 {
		want = sprintf("%04x%012x", $epoch, $number)
		if (substr($data, 1, 16) != want) {
			print "nonce " substr($data, 1, 16) " in record " want
			exit wrong = 1
		}
		n++
	} END { exit wrong || n != '$total' }' "$1"
}

# class_is_kept TABLE: the programs mark theirs with 47 and 43; handshakes have no mark
class_is_kept()
{
	tsv '
		$type == 23 { seen[$src, $dscp]++; n++ }
		$type == 22 { marked += $dscp != 0; handshake++ }
		END {
			for (key in seen)
				ways++
			exit !(n == '$total' && ways == 2 && handshake && !marked &&
			       seen["10.78.1.1", 47] == 745 && seen["10.78.2.2", 43] == 797)
		}' "$1"
}

# fails COMMAND...: does the checker see what is wrong?
fails()
{
	! "$@" >/dev/null
}

# --- a kernel ----------------------------------------------------------------------------

# control KERNEL: the detectors find what is there to be found
control()
{
	run=$work/$1/clear
	tabulate "$run/wire.pcap" /dev/null "$run/table"
	is "in_clear_every_datagram_arrives_byte_for_byte: $1" \
		"$(counted "$run"/*.class*.json)" $total
	is "in_clear_tshark_and_the_eavesdropper_find_every_datagram: $1" \
		"$(io_of "$run/table" | wc -l) $(look '$version == ""' "$run/table") $(heard "$run" clear_io)" \
		"$total $total $total"
	at_least "in_clear_the_eavesdropper_recognises_the_process_data: $1" \
		"$(heard "$run" clear_data)" 1500

	run=$work/$1/c006
	editcap -L -C -20 "$run/wire.pcap" "$run/cut.pcap"
	tabulate "$run/cut.pcap" "$run/keys" "$run/cut"
	at_least "in_a_copy_cut_short_tshark_finds_malformed_records: $1" \
		"$(look '$bad != ""' "$run/cut")" $total

	run=$work/$1/c02b
	awk 'NR == 700 { print } { print }' "$run/table" >"$run/twice"
	check "a_record_number_used_twice_would_be_found: $1" \
		fails numbers_rise "$run/twice"
	tsv -v OFS='\t' 'NR == 700 { $number++ } { print }' "$run/table" >"$run/off"
	check "a_nonce_that_is_not_the_number_would_be_found: $1" \
		fails nonces_are_numbers "$run/off"
}

# suite KERNEL NAME
suite()
{
	run=$work/$1/$2
	about="$2, $1"
	tabulate "$run/wire.pcap" "$run/keys" "$run/table"
	tabulate "$run/wire.pcap" /dev/null "$run/blind"

	is "every_datagram_arrives_byte_for_byte: $about" \
		"$(counted "$run"/*.class*.json)" $total
	is "nothing_but_dtls_records_is_on_the_wire: $about" \
		"$(look '($proto !~ /^eth:ethertype:ip:udp:dtls/ || $version == "") &&
			$proto !~ /arp$/' "$run/table")" 0
	is "every_datagram_becomes_one_record: $about" \
		"$(look '$type == 23 && $epoch == 1' "$run/table") $(heard "$run" protected) $(heard "$run" multi)" \
		"$total $total 0"
	io_of "$run/table" >"$run/io"
	check "the_key_log_opens_the_ids_and_sequence_numbers_of_the_capture: $about" \
		diff "$work/io" "$run/io"
	is "no_record_is_malformed: $about" "$(look '$bad != ""' "$run/table")" 0
	check "record_numbers_start_at_1024_and_rise_by_one: $about" \
		numbers_rise "$run/table"
	check "the_class_of_service_is_kept: $about" class_is_kept "$run/table"

	io_of "$run/blind" >"$run/blind.io"
	if [ "$2" = c006 ]; then
		check "the_null_suite_decodes_with_no_key: $about" \
			diff "$work/io" "$run/blind.io"
		is "what_is_only_authenticated_is_not_io_in_clear: $about" \
			"$(heard "$run" clear_io)" 0
	else
		is "without_the_key_log_there_is_no_io_to_be_found: $about" \
			"$(wc -l <"$run/blind.io") $(look '$proto ~ /cip|enip/' "$run/blind") $(heard "$run" clear_io) $(heard "$run" clear_data)" \
			"0 0 0 0"
		check "the_explicit_nonce_is_the_record_number: $about" \
			nonces_are_numbers "$run/table"
	fi
}

exchanges()
{
	make -s modules KDIR="$(scripts/vm --kernel "$1" --print-kernel | cut -d ' ' -f 3)" ||
		return
	# shellcheck disable=SC2086 # a list of words
	scripts/vm --kernel "$1" --module --timeout 400 --add openssl --out "$work/$1" -- \
		selftests/wire/exchanges.sh /out clear=clear $suites
}

kernels=''
for kernel in cloud-6.12 amd64-6.1; do
	if scripts/vm --kernel $kernel --print-kernel >/dev/null 2>&1; then
		kernels="$kernels $kernel"
	else
		diag "no $kernel here"
	fi
done
[ -n "$kernels" ] || die "none of the kernels is here: run scripts/setup --only kernels"
command -v tshark >/dev/null || die "tshark is missing: run scripts/setup --only peers"

plan $(($(echo "$kernels" | wc -w) * (6 + 3 * 9)))
for capture in $captures; do
	tabulate "selftests/data/$capture.pcap" /dev/null "$work/$capture"
	io_of "$work/$capture" >>"$work/io.unsorted"
done
sort -s -k 1,1 "$work/io.unsorted" >"$work/io"
make -s user
make -s -C selftests/io

for kernel in $kernels; do
	exchanges "$kernel" >"$work/said" 2>&1 || {
		diag "$(tail -n 30 "$work/said")"
		die "$kernel: the exchanges did not take place"
	}
	for word in $suites; do
		suite "$kernel" "${word%%=*}"
	done
	control "$kernel"
done
