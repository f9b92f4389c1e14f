/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/capture_filter.h"

#include <stddef.h>
#include <stdint.h>

/* What the kernel hands to the capture process: look-ups on the ports of DNS and its relatives, the
 * beginnings of TCP connections, the first words of encrypted ones and of unencrypted web requests,
 * SOCKS, STUN, DNSCrypt, and what tells where a tunnel ends. Not the traffic behind them: of that,
 * nothing or next to nothing passes.
 *
 * It is written down as the kernel's instructions, and not as an expression for libpcap: that
 * cannot say "wherever the UDP header begins", so each test would stand there again for IPv4, IPv6
 * and each kind of VLAN tag: 1,400 instructions, which is more than kernels before 6.7 lend to one
 * socket (net.core.optmem_max), and which libpcap takes some ten milliseconds to compile.
 *
 * Offsets are those of a frame with the cooked header (SLL2), as libpcap has it: the protocol
 * first, the IP header behind 20 octets. X is how far behind the beginning of the IP header the
 * transport header stands, later the payload of TCP. Jumps lead forward. A load past the end of the
 * packet ends the whole filter with "no": so what needs fewer octets is asked first. */

enum label {
    BELOW, /* the next line */
    TAGGED,
    IPV4,
    IPV4_TAGGED,
    IPV4_NEXT,
    IPV4_FRAGMENT,
    IPV4_TAGGED_FRAGMENT,
    FRAGMENT,
    IPV6,
    IPV6_TAGGED,
    IPV6_NEXT,
    ESP,
    UDP,
    UDP_STUN,
    UDP_QUIC,
    UDP_QUIC_1,
    UDP_QUIC_2,
    UDP_WIREGUARD,
    UDP_OPENVPN_2,
    UDP_OPENVPN_3,
    UDP_DNSCRYPT,
    UDP_PORTS,
    UDP_IKE,
    UDP_NAT,
    UDP_NAT_IKE,
    UDP_QUESTION,
    TCP,
    TCP_TO_TLS,
    TCP_PAYLOAD,
    TCP_HELLO,
    TCP_STUN,
    TCP_DNSCRYPT,
    TCP_OPENVPN,
    TCP_SOCKS_4,
    TCP_OTHER,
    TCP_HTTP,
    PASS,
    DROP,
    LABELS
};

/* One instruction, or the label of the one below. */
struct line {
    uint16_t code;
    uint8_t label;   /* code LABEL_ONLY */
    uint8_t yes, no; /* where a jump leads */
    uint32_t k;
};

#define LABEL_ONLY UINT16_MAX

/* clang-format off */

#define HERE(name) {.code = LABEL_ONLY, .label = (name)}
#define LOAD(size, offset) {.code = BPF_LD | BPF_ABS | (size), .k = (offset)}
#define LOAD_X(size, offset) {.code = BPF_LD | BPF_IND | (size), .k = 20 + (offset)}
#define LOAD_LENGTH {.code = BPF_LD | BPF_LEN | BPF_W}
#define X_HEADER(offset) {.code = BPF_LDX | BPF_MSH | BPF_B, .k = (offset)}
#define X_IS(value) {.code = BPF_LDX | BPF_IMM | BPF_W, .k = (value)}
#define X_FROM_A {.code = BPF_MISC | BPF_TAX}
#define A_FROM_X {.code = BPF_MISC | BPF_TXA}
#define ADD_X {.code = BPF_ALU | BPF_ADD | BPF_X}
#define ADD(value) {.code = BPF_ALU | BPF_ADD | BPF_K, .k = (value)}
#define AND(value) {.code = BPF_ALU | BPF_AND | BPF_K, .k = (value)}
#define SHIFT_RIGHT(bits) {.code = BPF_ALU | BPF_RSH | BPF_K, .k = (bits)}
#define IF(test, value, then, otherwise) \
    {.code = BPF_JMP | (test) | BPF_K, .k = (value), .yes = (then), .no = (otherwise)}
#define EQUAL(value, then, otherwise) IF(BPF_JEQ, value, then, otherwise)
#define LEAST(value, then, otherwise) IF(BPF_JGE, value, then, otherwise)
#define ABOVE(value, then, otherwise) IF(BPF_JGT, value, then, otherwise)
#define BITS(value, then, otherwise) IF(BPF_JSET, value, then, otherwise)
#define GO(name) {.code = BPF_JMP | BPF_JA, .yes = (name)}
#define RETURN(octets) {.code = BPF_RET | BPF_K, .k = (octets)}

#define B BPF_B
#define H BPF_H
#define W BPF_W

static const struct line lines[] = {
    LOAD(H, 0),
    EQUAL(0x0800, IPV4, BELOW),
    EQUAL(0x86dd, IPV6, BELOW),
    EQUAL(0x8100, TAGGED, BELOW),
    EQUAL(0x88a8, TAGGED, BELOW),
    EQUAL(0x9100, TAGGED, DROP),

    /* One VLAN tag is taken off before a packet socket sees the frame. Where the kernel's word is
     * still "tagged", there is a second tag in front of the IP header (received), or none any more
     * (sent by a device whose driver puts the tag in). */
    HERE(TAGGED),
    LOAD(W, 22),
    AND(0xfffff000),
    EQUAL(0x08004000, IPV4_TAGGED, BELOW),
    EQUAL(0x86dd6000, IPV6_TAGGED, BELOW),
    LOAD(B, 20),
    AND(0xf0),
    EQUAL(0x40, IPV4, BELOW),
    EQUAL(0x60, IPV6, DROP),

    /* Later fragments of UDP and TCP pass: their first one is judged by its ports. */
    HERE(IPV4),
    LOAD(H, 26),
    BITS(0x1fff, IPV4_FRAGMENT, BELOW),
    X_HEADER(20),
    LOAD(B, 29),
    GO(IPV4_NEXT),
    HERE(IPV4_TAGGED),
    LOAD(H, 30),
    BITS(0x1fff, IPV4_TAGGED_FRAGMENT, BELOW),
    X_HEADER(24),
    A_FROM_X,
    ADD(4),
    X_FROM_A,
    LOAD(B, 33),
    HERE(IPV4_NEXT),
    EQUAL(6, TCP, BELOW),
    EQUAL(17, UDP, BELOW),
    EQUAL(50, ESP, DROP),
    HERE(IPV4_FRAGMENT),
    LOAD(B, 29),
    GO(FRAGMENT),
    HERE(IPV4_TAGGED_FRAGMENT),
    LOAD(B, 33),
    HERE(FRAGMENT),
    EQUAL(6, PASS, BELOW),
    EQUAL(17, PASS, DROP),

    HERE(IPV6),
    X_IS(40),
    LOAD(B, 26),
    GO(IPV6_NEXT),
    HERE(IPV6_TAGGED),
    X_IS(44),
    LOAD(B, 30),
    HERE(IPV6_NEXT),
    EQUAL(6, TCP, BELOW),
    EQUAL(17, UDP, BELOW),
    EQUAL(50, ESP, BELOW),
    /* Hop-by-hop, routing, fragment, authentication, destination options. What stands behind them
     * is for the decoder: a filter cannot walk a chain. */
    EQUAL(0, PASS, BELOW),
    EQUAL(43, PASS, BELOW),
    EQUAL(44, PASS, BELOW),
    EQUAL(51, PASS, BELOW),
    EQUAL(60, PASS, DROP),

    /* One packet in 1,024, by its sequence number (RFC 4303, 2.2): so the first of each key. */
    HERE(ESP),
    LOAD_X(W, 4),
    AND(0x3ff),
    EQUAL(1, PASS, DROP),

    /* ---- UDP: first the ports of DNS, mDNS, LLMNR, NBNS, and Tor's for DNS ---- */
    HERE(UDP),
    LOAD_X(H, 2),
    EQUAL(53, PASS, BELOW),
    EQUAL(5353, PASS, BELOW),
    EQUAL(5355, PASS, BELOW),
    EQUAL(9053, PASS, BELOW),
    EQUAL(137, PASS, BELOW),
    LOAD_X(H, 0),
    EQUAL(53, PASS, BELOW),
    EQUAL(5353, PASS, BELOW),
    EQUAL(5355, PASS, BELOW),
    EQUAL(9053, PASS, BELOW),
    EQUAL(137, PASS, BELOW),
    /* Then the first four octets, on whatever port. OpenVPN's reset is the shortest that counts. */
    LOAD_X(H, 4),
    LEAST(8 + 14, BELOW, DROP),
    LOAD_X(W, 8),
    EQUAL(0x01000000, UDP_WIREGUARD, BELOW),
    EQUAL(0x7236666e, UDP_DNSCRYPT, BELOW),
    LEAST(0xc0000000, UDP_QUIC, BELOW),
    LEAST(0x51000000, UDP_PORTS, BELOW),
    LEAST(0x50000000, UDP_OPENVPN_3, BELOW),
    LEAST(0x39000000, UDP_PORTS, BELOW),
    LEAST(0x38000000, UDP_OPENVPN_2, BELOW),
    /* STUN: Binding and Allocate, requests and success responses. Media that a TURN server relays
     * has other types. On STUN's ports the older form, without the cookie, passes too. */
    AND(0xfefd0000),
    EQUAL(0x00010000, UDP_STUN, UDP_PORTS),
    HERE(UDP_STUN),
    LOAD_X(W, 12),
    EQUAL(0x2112a442, PASS, BELOW),
    LOAD_X(H, 2),
    EQUAL(3478, PASS, BELOW),
    EQUAL(3479, PASS, BELOW),
    EQUAL(19302, PASS, BELOW),
    LOAD_X(H, 0),
    EQUAL(3478, PASS, BELOW),
    EQUAL(3479, PASS, BELOW),
    EQUAL(19302, PASS, UDP_PORTS),
    /* Initial packets of version 1 (RFC 9000, 17.2.2) and 2 (RFC 9369, 3.2). */
    HERE(UDP_QUIC),
    AND(0xf0ffffff),
    EQUAL(0xc0000000, UDP_QUIC_1, BELOW),
    EQUAL(0xd06b3343, UDP_QUIC_2, UDP_PORTS),
    HERE(UDP_QUIC_1),
    LOAD_X(B, 12),
    EQUAL(0x01, PASS, UDP_PORTS),
    HERE(UDP_QUIC_2),
    LOAD_X(B, 12),
    EQUAL(0xcf, PASS, UDP_PORTS),
    HERE(UDP_WIREGUARD),
    LOAD_X(H, 4),
    EQUAL(8 + 148, PASS, UDP_PORTS),
    /* Version 2 of the reset, with tls-auth and the longest digest at most. Version 3 carries a
     * wrapped key, and its replay counter is young; the first octet alone is also that of QUIC
     * packets in the middle of a connection. */
    HERE(UDP_OPENVPN_2),
    LOAD_X(H, 4),
    ABOVE(8 + 86, UDP_PORTS, PASS),
    HERE(UDP_OPENVPN_3),
    LOAD_X(H, 4),
    LEAST(8 + 344, BELOW, UDP_PORTS),
    LOAD_X(W, 17),
    BITS(0xf0ffff00, UDP_PORTS, PASS),
    HERE(UDP_DNSCRYPT),
    LOAD_X(W, 12),
    EQUAL(0x76576a38, PASS, UDP_PORTS),

    /* IKE while the responder has no SPI yet. On port 4500 four octets of zero stand before it,
     * where ESP has its SPI. */
    HERE(UDP_PORTS),
    LOAD_X(H, 2),
    EQUAL(500, UDP_IKE, BELOW),
    EQUAL(4500, UDP_NAT, UDP_QUESTION),
    HERE(UDP_IKE),
    LOAD_X(H, 4),
    LEAST(8 + 28, BELOW, DROP),
    LOAD_X(W, 16),
    EQUAL(0, BELOW, UDP_QUESTION),
    LOAD_X(W, 20),
    EQUAL(0, PASS, UDP_QUESTION),
    HERE(UDP_NAT),
    LOAD_X(W, 8),
    EQUAL(0, UDP_NAT_IKE, BELOW),
    LOAD_X(W, 12),
    AND(0x3ff),
    EQUAL(1, PASS, UDP_QUESTION),
    HERE(UDP_NAT_IKE),
    LOAD_X(H, 4),
    LEAST(8 + 4 + 28, BELOW, DROP),
    LOAD_X(W, 20),
    EQUAL(0, BELOW, DROP),
    LOAD_X(W, 24),
    EQUAL(0, PASS, DROP),
    /* DNS with one question, for 2.dnscrypt-cert., in whatever case. */
    HERE(UDP_QUESTION),
    LOAD_X(H, 4),
    LEAST(8 + 36, BELOW, DROP),
    LOAD_X(H, 12),
    EQUAL(1, BELOW, DROP),
    LOAD_X(W, 20),
    AND(0xffffffdf),
    EQUAL(0x01320d44, BELOW, DROP),
    LOAD_X(W, 24),
    AND(0xdfdfdfdf),
    EQUAL(0x4e534352, PASS, DROP),

    /* ---- TCP: ports of DNS and LLMNR, beginnings of connections ---- */
    HERE(TCP),
    LOAD_X(H, 0),
    EQUAL(53, PASS, BELOW),
    EQUAL(5355, PASS, BELOW),
    LOAD_X(H, 2),
    EQUAL(53, PASS, BELOW),
    EQUAL(5355, PASS, BELOW),
    LOAD_X(B, 13),
    AND(0x12),
    EQUAL(0x02, PASS, BELOW),
    LOAD_X(H, 2),
    EQUAL(443, TCP_TO_TLS, BELOW),
    EQUAL(853, TCP_TO_TLS, BELOW),
    EQUAL(5349, TCP_TO_TLS, TCP_PAYLOAD),
    /* The rest of a ClientHello that did not fit into one segment: the end of what a client says in
     * one go. What begins with a TLS record is traffic, but for handshake records: a hello can have
     * several. (A rest of one octet with which a record could begin does not pass: there is no
     * second one to look at.) */
    HERE(TCP_TO_TLS),
    LOAD_X(B, 13),
    AND(0x0a),
    EQUAL(0x08, BELOW, TCP_PAYLOAD),
    LOAD_LENGTH,
    LEAST(1400, TCP_PAYLOAD, BELOW),
    LOAD_X(B, 12),
    AND(0xf0),
    SHIFT_RIGHT(2),
    ADD_X,
    X_FROM_A,
    LOAD_X(B, 0),
    EQUAL(0x16, PASS, BELOW),
    LEAST(0x18, PASS, BELOW),
    LEAST(0x14, BELOW, PASS),
    LOAD_X(B, 1),
    EQUAL(3, DROP, PASS),
    HERE(TCP_PAYLOAD),
    LOAD_X(B, 12),
    AND(0xf0),
    SHIFT_RIGHT(2),
    ADD_X,
    X_FROM_A,
    /* A ClientHello's record begins with the greatest number of all that count. */
    LOAD_X(W, 0),
    LEAST(0x16040000, TCP_HTTP, BELOW),
    LEAST(0x16030000, TCP_HELLO, BELOW),
    LEAST(0x06000000, TCP_OTHER, BELOW),
    LEAST(0x04000000, BELOW, TCP_OTHER),
    /* Requests of SOCKS5 to connect, and Tor's to resolve; or its greeting with one of them behind
     * it. Of SOCKS4 two octets tell: so only where no more stands there than a name and a user. */
    EQUAL(0x05010001, PASS, BELOW),
    EQUAL(0x05010003, PASS, BELOW),
    EQUAL(0x05010004, PASS, BELOW),
    EQUAL(0x05010005, PASS, BELOW),
    EQUAL(0x05f00003, PASS, BELOW),
    EQUAL(0x05f10001, PASS, BELOW),
    EQUAL(0x05f10004, PASS, BELOW),
    AND(0xffff0000),
    EQUAL(0x04010000, TCP_SOCKS_4, BELOW),
    EQUAL(0x04f00000, TCP_SOCKS_4, TCP_OTHER),
    HERE(TCP_SOCKS_4),
    LOAD_LENGTH,
    LEAST(600, TCP_OTHER, PASS),
    HERE(TCP_OTHER),
    LOAD_X(W, 0),
    AND(0xfefd0000),
    EQUAL(0x00010000, TCP_STUN, TCP_DNSCRYPT),
    HERE(TCP_HELLO),
    LOAD_X(B, 5),
    EQUAL(1, PASS, DROP),
    HERE(TCP_STUN),
    LOAD_X(W, 4),
    EQUAL(0x2112a442, PASS, BELOW),
    /* DNSCrypt and OpenVPN as over UDP, behind two octets of length. */
    HERE(TCP_DNSCRYPT),
    LOAD_X(W, 2),
    EQUAL(0x7236666e, BELOW, TCP_OPENVPN),
    LOAD_X(W, 6),
    EQUAL(0x76576a38, PASS, BELOW),
    HERE(TCP_OPENVPN),
    LOAD_X(W, 0),
    AND(0xff80ff00),
    EQUAL(0x00003800, PASS, BELOW),
    LOAD_X(W, 0),
    AND(0xf800ff00),
    EQUAL(0x00005000, BELOW, DROP),
    LOAD_X(W, 11),
    BITS(0xf0ffff00, DROP, PASS),
    /* Unencrypted web requests, by the first letters of their method. */
    HERE(TCP_HTTP),
    EQUAL(0x47455420, PASS, BELOW), /* "GET " */
    EQUAL(0x504f5354, PASS, BELOW), /* POST */
    EQUAL(0x48454144, PASS, BELOW), /* HEAD */
    EQUAL(0x50555420, PASS, BELOW), /* "PUT " */
    EQUAL(0x4f505449, PASS, BELOW), /* OPTIONS */
    EQUAL(0x44454c45, PASS, BELOW), /* DELETE */
    EQUAL(0x50415443, PASS, BELOW), /* PATCH */
    EQUAL(0x434f4e4e, PASS, DROP),  /* CONNECT */

    HERE(PASS),
    RETURN(0x40000),
    HERE(DROP),
    RETURN(0),
};
/* clang-format on */

#define LINES (sizeof lines / sizeof *lines)

static struct bpf_insn instructions[LINES];

static bool resolve(
    const size_t places[static LABELS], uint8_t label, size_t from, uint8_t *distance)
{
    size_t to = label == BELOW ? from + 1 : places[label];
    if (to <= from || to - from - 1 > UINT8_MAX)
        return false;
    *distance = (uint8_t)(to - from - 1);
    return true;
}

static bool assemble(
    const size_t places[static LABELS], const struct line *line, size_t at, struct bpf_insn *out)
{
    uint8_t distance = 0;
    *out = (struct bpf_insn){.code = line->code, .k = line->k};
    if (BPF_CLASS(line->code) != BPF_JMP)
        return true;
    if (BPF_OP(line->code) != BPF_JA)
        return resolve(places, line->yes, at, &out->jt) && resolve(places, line->no, at, &out->jf);
    bool fits = resolve(places, line->yes, at, &distance);
    out->k = distance;
    return fits;
}

bool capture_filter(struct bpf_program *program)
{
    size_t places[LABELS] = {0}, count = 0, at = 0;
    for (size_t i = 0; i < LINES; i++) {
        if (lines[i].code == LABEL_ONLY)
            places[lines[i].label] = count;
        else
            count++;
    }
    for (size_t i = 0; i < LINES; i++) {
        if (lines[i].code == LABEL_ONLY)
            continue;
        if (!assemble(places, &lines[i], at, &instructions[at]))
            return false;
        at++;
    }
    *program = (struct bpf_program){(u_int)count, instructions};
    return true;
}
