#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Programs that must not be installed on the machine itself: systemd-resolved would take over its
# /etc/resolv.conf. Their packages are unpacked, and run from there inside the lab alone.
#
# usage: unpack.sh DIRECTORY PACKAGE...
set -euo pipefail
directory=$1
shift
[[ ! -e $directory/done ]] || exit 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
download() { (cd "$work" && apt-get download -q -o APT::Sandbox::User=root "$@"); }
if ! download "$@" && { ! apt-get update -q || ! download "$@"; }; then
  echo "unpack.sh: $*: not to be had; what needs them will be skipped" >&2
  exit 0
fi
mkdir -p "$directory"
for package in "$work"/*.deb; do dpkg -x "$package" "$directory"; done
touch "$directory/done"
