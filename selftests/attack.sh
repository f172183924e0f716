#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# cipsec-vm: kernel=cloud-6.12 cpus=2 module timeout=900
# cipsec-vm: kernel=amd64-6.1 cpus=2 module timeout=900
# cipsec-vm: kernel=debug cpus=2 module timeout=900
#
# What an attacker on the wire can do, and a program on this host: nothing that is not
# refused and counted. The tests are in attack/, the picture is in attack/bed.h.
# 100,000 random datagrams with CIPSEC_LONG (make check-long), else 5,000; less of all
# on the debug kernel.

set -eu

# shellcheck source=selftests/fixture/topology.sh
. "${0%/*}/fixture/topology.sh"

topology direct
# not listed in any policy
ip -n "$ns_a" addr add 10.78.0.9/24 dev va
# KASAN makes each datagram ten times as slow.
[ ! -e /sys/kernel/debug/kmemleak ] || export CIPSEC_REDUCED=1
"$top/build/selftests/attack/attack" "$@" "$ns_a" "$ns_b"
