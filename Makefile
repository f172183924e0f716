# SPDX-License-Identifier: GPL-2.0
#
# cipsec: CIP Security for EtherNet/IP. `make help` lists what can be made.
#
# Everything that is built lands in build/: build/<release>/ for the module, one
# directory a kernel, build/user/ for the programs. The sources stay clean.

# The kernel to build against: the running one, else the newest that has headers.
mark := include/generated/utsrelease.h
kdirs = $(wildcard /lib/modules/$(shell uname -r)/build/$(mark)) \
	$(shell ls -d /lib/modules/*/build/$(mark) 2>/dev/null | sort -Vr) \
	$(shell ls -d /usr/src/linux-headers-*/$(mark) 2>/dev/null | sort -Vr)
KDIR ?= $(patsubst %/$(mark),%,$(firstword $(kdirs)))

PREFIX  ?= /usr/local
DESTDIR ?=

# Debian 6.1 has another name in include/config/kernel.release than in `uname -r`.
RELEASE := $(shell sed -n 's/^\#define UTS_RELEASE "\(.*\)"/\1/p' '$(KDIR)/$(mark)' 2>/dev/null)
MODDIR  = $(CURDIR)/build/$(RELEASE)
MODINST ?= /lib/modules/$(RELEASE)/updates

export PREFIX DESTDIR

.PHONY: all help modules modules-link user install install-modules install-user \
	demo check check-long bench fuzz lint print-kdir generate setup clean

all: modules user

help:
	@echo 'all          build the kernel module and the programs (the default)'
	@echo 'modules      build cipsec.ko for one kernel, into build/<release>/'
	@echo 'user         build the agent, its tools and its library, into build/user/'
	@echo 'install      install both, the programs below PREFIX (DESTDIR is respected)'
	@echo 'demo         show a protected cyclic exchange, in a VM (HOST=1: on this kernel)'
	@echo 'check        run every test that gates a change: at most 45 minutes on 2 cores'
	@echo 'check-long   run the same with the large counts'
	@echo 'bench        count instructions per datagram, in a VM'
	@echo 'fuzz         fuzz the parsers for FUZZ_SECONDS each'
	@echo 'lint         checkpatch, sparse, W=1, clang-tidy, shellcheck, generated files'
	@echo 'generate     make the generated netlink sources anew from their specification'
	@echo 'setup        install what all of these need (as root; idempotent)'
	@echo 'clean        remove build/'
	@echo
	@echo 'Settings:'
	@echo 'KDIR=DIR     kernel build directory: $(or $(KDIR),none found)'
	@echo 'PREFIX=DIR   where programs are installed: $(PREFIX)'
	@echo 'DESTDIR=DIR  root of a staged installation'
	@echo 'V=1 W=1 C=1  mean what they mean to the kernel build'

# Kbuild builds where its sources are. A directory of links for each kernel keeps
# the products of several kernels apart, and out of the sources.
modules-link:
	$(if $(RELEASE),,$(error no kernel build directory at KDIR="$(KDIR)": \
		install linux-headers-$(shell uname -r), or set KDIR=))
	@scripts/shadow '$(MODDIR)'

modules: modules-link
	+$(MAKE) -C '$(KDIR)' M='$(MODDIR)' modules

user:
	+$(MAKE) -C user BUILD='$(CURDIR)/build/user'

install: install-modules install-user

install-modules: modules
	install -D -m 0644 '$(MODDIR)/cipsec.ko' '$(DESTDIR)$(MODINST)/cipsec.ko'
	$(if $(DESTDIR),,depmod -a '$(RELEASE)')

install-user: user
	+$(MAKE) -C user BUILD='$(CURDIR)/build/user' install

demo:
	selftests/demo/run

# On a fresh machine they install what is missing, as root.
check:
	scripts/setup
	selftests/run

check-long:
	scripts/setup
	selftests/run --long

bench:
	+$(MAKE) -C selftests/bench run

fuzz:
	scripts/setup --only fuzz
	+$(MAKE) -C selftests/fuzz run

lint:
	scripts/lint

# For scripts: the kernel build directory that a plain `make` uses.
print-kdir:
	@echo '$(KDIR)'

generate:
	scripts/netlink-gen

setup:
	scripts/setup

clean:
	rm -rf build
