/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_UNIT_SOURCES_FILTER_EXPRESSION_H
#define TESTS_UNIT_SOURCES_FILTER_EXPRESSION_H

/* The rules of the kernel filter for frames without VLAN tags, as libpcap would have them (see
 * pcap-filter(7)). Slow and large, but another hand and another compiler. The order of the tests
 * within UDP and TCP matters: a load past the end of a packet makes the whole expression false. */

/* clang-format off */

#define X_UDP_PORTS "(port 53 or 5353 or 5355 or 137 or 9053)"
#define X_TCP_PORTS "(port 53 or 5355)"
#define X_BEGINS(flags) "(" flags " & 0x12 = 0x02)"
#define X_EXTENSION(next) \
    "(" next " = 0 or " next " = 43 or " next " = 44 or " next " = 51 or " next " = 60)"
#define X_SAMPLED(sequence) "(" sequence " & 0x3ff = 1)"

#define X_STUN_PORT(at) "(" at " = 3478 or " at " = 3479 or " at " = 19302)"
#define X_STUN(at) \
    "(" at("8","2") " & 0xfefd = 1 and (" at("12","4") " = 0x2112a442 or " \
        X_STUN_PORT(at("0","2")) " or " X_STUN_PORT(at("2","2")) "))"
#define X_QUIC(at) \
    "((" at("8","4") " & 0xf0ffffff = 0xc0000000 and " at("12","1") " = 1)" \
    " or (" at("8","4") " & 0xf0ffffff = 0xd06b3343 and " at("12","1") " = 0xcf))"
#define X_WIREGUARD(at) "(" at("8","4") " = 0x01000000 and " at("4","2") " = 156)"
#define X_OPENVPN(at) \
    "((" at("8","1") " = 0x38 and " at("4","2") " <= 94)" \
    " or (" at("8","1") " = 0x50 and " at("4","2") " >= 352" \
        " and " at("17","4") " & 0xf0ffff00 = 0))"
#define X_IPSEC(at) \
    "((" at("2","2") " = 500 and " at("4","2") " >= 36 and " at("16","4") " = 0" \
        " and " at("20","4") " = 0)" \
    " or (" at("2","2") " = 4500 and (" \
        "(" at("8","4") " != 0 and " X_SAMPLED(at("12","4")) ")" \
        " or (" at("8","4") " = 0 and " at("4","2") " >= 40 and " at("20","4") " = 0" \
            " and " at("24","4") " = 0))))"
#define X_RESPONSE(first, second) "(" first " = 0x7236666e and " second " = 0x76576a38)"
#define X_QUESTION(at) \
    "(" at("4","2") " >= 44 and " at("12","2") " = 1 and " at("20","4") " & 0xffffffdf = 0x01320d44" \
        " and " at("24","4") " & 0xdfdfdfdf = 0x4e534352)"
#define X_DATAGRAM(at) \
    "(" at("4","2") " >= 22 and (" X_STUN(at) " or " X_QUIC(at) " or " X_WIREGUARD(at) " or " \
        X_RESPONSE(at("8","4"), at("12","4")) " or " X_OPENVPN(at) " or " X_IPSEC(at) " or " \
        X_QUESTION(at) "))"

#define X_REST(to, flags, at) \
    "((" to " = 443 or " to " = 853 or " to " = 5349) and " flags " & 0x0a = 0x08" \
    " and len < 1400 and (" at("0","1") " < 0x14 or " at("0","1") " > 0x17" \
        " or " at("0","1") " = 0x16 or " at("1","1") " != 3))"
#define X_HELLO(at) "(" at("0","4") " & 0xffff0000 = 0x16030000 and " at("5","1") " = 1)"
#define X_STUN_STREAM(at) \
    "(" at("0","4") " & 0xfefd0000 = 0x00010000 and " at("4","4") " = 0x2112a442)"
#define X_OPENVPN_STREAM(at) \
    "(" at("0","4") " & 0xff80ff00 = 0x00003800" \
    " or (" at("0","4") " & 0xf800ff00 = 0x00005000 and " at("11","4") " & 0xf0ffff00 = 0))"
#define X_SOCKS(at) \
    "(" at("0","4") " = 0x05010001 or " at("0","4") " = 0x05010003 or " at("0","4") " = 0x05010004" \
        " or " at("0","4") " = 0x05010005 or " at("0","4") " = 0x05f00003" \
        " or " at("0","4") " = 0x05f10001 or " at("0","4") " = 0x05f10004" \
        " or (len < 600 and (" at("0","2") " = 0x0401 or " at("0","2") " = 0x04f0)))"
#define X_WEB(at) \
    "(" at("0","4") " = 0x47455420 or " at("0","4") " = 0x504f5354 or " at("0","4") " = 0x48454144" \
        " or " at("0","4") " = 0x50555420 or " at("0","4") " = 0x4f505449" \
        " or " at("0","4") " = 0x44454c45 or " at("0","4") " = 0x50415443" \
        " or " at("0","4") " = 0x434f4e4e)"
#define X_SEGMENT(at) \
    "(" X_WEB(at) " or " X_SOCKS(at) " or " X_HELLO(at) " or " X_STUN_STREAM(at) " or " \
        "(" at("0","4") " < 0x16040000 and " X_RESPONSE(at("2","4"), at("6","4")) ") or " \
        X_OPENVPN_STREAM(at) ")"

#define X_UDP4(offset, size) "udp[" offset ":" size "]"
#define X_UDP6(offset, size) "ip6[40+" offset ":" size "]"
#define X_TCP4(offset, size) "tcp[((tcp[12]&0xf0)>>2)+" offset ":" size "]"
#define X_TCP6(offset, size) "ip6[40+((ip6[52]&0xf0)>>2)+" offset ":" size "]"

static const char filter_expression[] =
    "(ip and (" \
        "(udp and (" X_UDP_PORTS " or " X_DATAGRAM(X_UDP4) "))" \
        " or (tcp and (" X_TCP_PORTS " or " X_BEGINS("tcp[13]") \
            " or " X_REST("tcp[2:2]", "tcp[13]", X_TCP4) " or " X_SEGMENT(X_TCP4) "))" \
        " or ((ip[9] = 17 or ip[9] = 6) and ip[6:2] & 0x1fff != 0)" \
        " or (ip[9] = 50 and ip[6:2] & 0x1fff = 0 and " X_SAMPLED("ip[((ip[0]&0xf)<<2)+4:4]") ")" \
    "))" \
    " or (ip6 and (" \
        "(ip6[6] = 17 and (" X_UDP_PORTS " or " X_DATAGRAM(X_UDP6) "))" \
        " or (ip6[6] = 6 and (" X_TCP_PORTS " or " X_BEGINS("ip6[53]") \
            " or " X_REST("ip6[42:2]", "ip6[53]", X_TCP6) " or " X_SEGMENT(X_TCP6) "))" \
        " or " X_EXTENSION("ip6[6]") \
        " or (ip6[6] = 50 and " X_SAMPLED("ip6[44:4]") ")" \
    "))";
/* clang-format on */

#endif
