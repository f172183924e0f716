#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# cipsec-host: timeout=900
#
# Known keys in memory images of a guest: there while their association lives, nowhere
# when it is gone.

exec "${0%/*}/memory/search" cloud-6.12 512 amd64-6.1 768
