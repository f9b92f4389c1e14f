/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/capture.h"

/* clang-format off */

#define UDP_PORTS "(port 53 or 5353 or 5355 or 137)"
#define TCP_PORTS "(port 53 or 5355)"
#define SYN(flags) "(" flags " & 0x12 = 0x02)"
#define OFFSET(field) "(" field " & 0x1fff != 0)"
/* IPv6 next headers: hop-by-hop, routing, fragment, authentication, destination options. What
 * stands behind them is for the decoder: a filter cannot walk a chain. */
#define EXTENSION(next) \
    "(" next " = 0 or " next " = 43 or " next " = 44 or " next " = 51 or " next " = 60)"

/* Names of all transports that are read, the later fragments of UDP and TCP over IPv4 (the first
 * one matches by its ports), and the beginnings of TCP connections. */
#define PLAIN \
    "(ip and (" \
        "(udp and " UDP_PORTS ")" \
        " or (tcp and (" TCP_PORTS " or " SYN("tcp[13]") "))" \
        " or ((ip[9] = 17 or ip[9] = 6) and " OFFSET("ip[6:2]") ")" \
    "))" \
    " or (ip6 and (" \
        "(udp and " UDP_PORTS ")" \
        " or (tcp and (" TCP_PORTS " or " SYN("ip6[53]") "))" \
        " or " EXTENSION("ip6[6]") \
    "))"

/* One VLAN tag is taken off before a packet socket sees the frame. Where the kernel's word is still
 * "tagged", there is a second tag in front of the IP header (received), or none any more (sent by a
 * device whose driver puts the tag in). libpcap's "vlan" does not know cooked frames: offsets are
 * counted from the cooked header, which has 20 octets, and IPv4 options are not thought of. */
#define PORT(at) "(" at " = 53 or " at " = 5353 or " at " = 5355 or " at " = 137)"
#define PORTS(from, to) "(" PORT(from) " or " PORT(to) ")"
#define TRANSPORT(next, from, to, flags) \
    "((" next " = 17 and " PORTS(from, to) ")" \
    " or (" next " = 6 and (" PORTS(from, to) " or " SYN(flags) ")))"
#define TAGGED \
    "((link[0:2] = 0x8100 or link[0:2] = 0x88a8 or link[0:2] = 0x9100) and (" \
        "(link[20] = 0x45 and (" OFFSET("link[26:2]") \
            " or " TRANSPORT("link[29]", "link[40:2]", "link[42:2]", "link[53]") "))" \
        " or (link[20] & 0xf0 = 0x60 and (" EXTENSION("link[26]") \
            " or " TRANSPORT("link[26]", "link[60:2]", "link[62:2]", "link[73]") "))" \
        " or (link[22:2] = 0x0800 and (" OFFSET("link[30:2]") \
            " or " TRANSPORT("link[33]", "link[44:2]", "link[46:2]", "link[57]") "))" \
        " or (link[22:2] = 0x86dd and (" EXTENSION("link[30]") \
            " or " TRANSPORT("link[30]", "link[64:2]", "link[66:2]", "link[77]") "))" \
    "))"

const char *const capture_filter = PLAIN " or " TAGGED;
