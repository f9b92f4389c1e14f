#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Holds the decoder against tshark's, message by message: look-ups with the addresses of their answers, TLS
# and QUIC hellos, STUN. On generated captures of all kinds, on what real clients say between two namespaces
# (as root), and on any further capture files given, of which the look-ups are compared. Needs tshark and
# scapy; nothing leaves the machine. Closing line: "N passed, N failed", and ", N skipped" if not root.
set -eu

cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# With sanitizers: what tshark reads, the decoder must also read without a slip.
${CC:-cc} -std=c11 -D_GNU_SOURCE -Isrc -O1 -g -fsanitize=address,undefined \
    -fno-sanitize-recover=all -o "$work/facts" tests/tools/facts.c src/base/*.c src/decode/*.c -lpcap -lcrypto

# Without a network, where the system allows it: a packet generator that cannot send. Debian's
# interpreter, since scapy is a package of the system.
sealed=
if unshare -rn true 2>/dev/null; then
    sealed='unshare -rn'
fi
$sealed /usr/bin/python3 tests/differential_packets.py "$work/captures"
status=0
/usr/bin/python3 tests/differential_compare.py "$work/facts" "$work/captures"/*.pcap "$@" >"$work/names" || status=1
cat "$work/names"
$sealed /usr/bin/python3 tests/differential_hellos.py "$work/facts" "$work/hellos" >"$work/encrypted" || status=1
cat "$work/encrypted"
skipped=
if [ "$(id -u)" -eq 0 ]; then
    tests/differential_live.sh "$work/facts" >"$work/live" 2>&1 || status=1
    cat "$work/live"
else
    echo "0 passed, 0 failed" >"$work/live"
    skipped=', 1 skipped'
fi
# The closing line is that of all.
tail -qn 1 "$work/names" "$work/encrypted" "$work/live" |
    awk -v skipped="$skipped" '{ passed += $1; failed += $3 } END { print passed " passed, " failed " failed" skipped }'
exit "$status"
