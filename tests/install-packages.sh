#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Install the Debian packages named, those that are missing, without starting the services that some
# of them bring: the tests start their own, inside namespaces.
set -euo pipefail

missing=()
for package in "$@"; do
  # A machine that has another resolvconf keeps it; what needs openresolv is then skipped by name.
  if [ "$package" = openresolv ] && command -v resolvconf >/dev/null 2>&1; then
    continue
  fi
  status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing+=("$package")
done
[ "${#missing[@]}" -gt 0 ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
  echo "make deps: installing packages needs root: sudo make deps" >&2
  exit 1
fi
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 0755 "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
apt-get install -q -y --no-install-recommends --no-remove "${missing[@]}"
