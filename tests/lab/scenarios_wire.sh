# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Every shape that a question has on the wire, and what others put there.

NOBODY4=198.51.100.77 # never answers

pair record-types "PTR, SRV, HTTPS, no recursion, TCP, IPv6, unanswered: inside the tunnel" \
    "the same past the tunnel: each is a leak"
scenario_record_types() {
    in_tunnel "$1" 9.9.9.9 2620:fe::fe "$NOBODY4"
    watch 3 passive
    ask --server 9.9.9.9 --type PTR 34.2.0.192.in-addr.arpa
    ask --server 9.9.9.9 --type SRV _ldap._tcp.types.example.net
    ask --server 2620:fe::fe --type HTTPS,SVCB,TXT,ANY types.example.net
    ask --server 9.9.9.9 --no-recursion plain.types.example.net
    ask --server 9.9.9.9 --tcp --type A,MX tcp.types.example.net
    ask --server "$NOBODY4" --wait 0.2 unanswered.types.example.net
    judged "$1" dns=leak left=10 used="$NOBODY4" used=2620:fe::fe
}
