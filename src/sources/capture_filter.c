/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/capture_filter.h"

#include <stddef.h>
#include <stdint.h>

#include "decode/stun.h"

/* Written as the kernel's instructions, and not as an expression for libpcap: that one cannot say
 * "wherever the UDP header begins", so that each test would stand there for IPv4, IPv6 and each
 * kind of VLAN tag again, and the whole would be larger than older kernels lend to one socket
 * (net.core.optmem_max).
 *
 * Offsets are those of a frame with the cooked header, 20 octets with the protocol first; libpcap
 * takes them off where the kernel's packets have none. X is where the IP header begins, then the
 * transport header, then the payload of TCP, counted from behind the cooked header. A load past the
 * end of the packet ends the filter with "no": what needs fewer octets is asked first. */

#define COOKED 20

enum label {
    NEXT, /* the line below */
    ONE_TAG,
    SECOND_TAG,
    IPV4,
    IPV4_FRAGMENT,
    IPV6,
    ESP,
    UDP,
    UDP_WIREGUARD,
    UDP_RESET_2,
    UDP_RESET_3,
    UDP_QUIC_1,
    UDP_QUIC_2,
    UDP_STUN,
    UDP_STUN_PORT,
    UDP_IPSEC,
    UDP_IPSEC_IN_UDP,
    UDP_ESP,
    UDP_DNSCRYPT,
    UDP_DNSCRYPT_REST,
    UDP_CERTIFICATE,
    UDP_CERTIFICATE_REST,
    TCP,
    TCP_LONG,
    TCP_HELLO,
    TCP_STUN,
    TCP_OTHER,
    TCP_DNSCRYPT_REST,
    TCP_OPENVPN,
    TCP_OPENVPN_LENGTH,
    TCP_TAIL,
    TCP_TAIL_PORT,
    DROP,
    PASS,
    LABELS
};

/* An instruction, or (code 0, label set) the place of a label. */
struct line {
    uint16_t code;
    uint8_t label;
    uint8_t yes, no; /* of a conditional jump: labels */
    uint32_t k;
};

/* Memory. */
enum { LENGTH, PROTOCOL, TO_PORT, PAYLOAD };

/* Octets of a packet that pass: all; how many are kept is for the ring to say. */
#define ALL 262144

/* clang-format off */
#define AT(name) {.label = (name)}
#define LOAD_PROTOCOL {.code = BPF_LD | BPF_ABS | BPF_H, .k = 0}
#define LOAD(size, offset) {.code = BPF_LD | BPF_IND | (size), .k = COOKED + (offset)}
#define ALU(operation, value) {.code = BPF_ALU | (operation) | BPF_K, .k = (value)}
#define ADD_X {.code = BPF_ALU | BPF_ADD | BPF_X}
#define SUBTRACT_X {.code = BPF_ALU | BPF_SUB | BPF_X}
#define TO_X {.code = BPF_MISC | BPF_TAX}
#define FROM_X {.code = BPF_MISC | BPF_TXA}
#define SET_X(value) {.code = BPF_LDX | BPF_IMM, .k = (value)}
#define STORE(place) {.code = BPF_ST, .k = (place)}
#define RECALL(place) {.code = BPF_LD | BPF_MEM, .k = (place)}
#define IF(test, value, then, otherwise) \
    {.code = BPF_JMP | (test) | BPF_K, .k = (value), .yes = (then), .no = (otherwise)}
#define IS(value, then) IF(BPF_JEQ, value, then, NEXT)
#define IS_NOT(value, then) IF(BPF_JEQ, value, NEXT, then)
#define GO(name) IF(BPF_JGE, 0, name, name)
#define RETURN(octets) {.code = BPF_RET | BPF_K, .k = (octets)}

static const struct line lines[] = {
    SET_X(0),
    LOAD_PROTOCOL,
    IS(0x0800, IPV4), IS(0x86DD, IPV6),
    IS(0x8100, ONE_TAG), IS(0x88A8, ONE_TAG), IS_NOT(0x9100, DROP),

    /* One VLAN tag is taken off before a packet socket sees the frame. Where the kernel's word is
     * still "tagged", there is a second tag in front of the IP header (received), or none any more
     * (sent by a device whose driver puts the tag in). */
    AT(ONE_TAG),
    LOAD(BPF_W, 2),
    ALU(BPF_AND, 0xFFFFF000),
    IS(0x08004000, SECOND_TAG),
    ALU(BPF_AND, 0xFFFF0000),
    IS(0x86DD0000, SECOND_TAG),
    LOAD(BPF_B, 0),
    ALU(BPF_AND, 0xF0),
    IS(0x40, IPV4), IF(BPF_JEQ, 0x60, IPV6, DROP),
    AT(SECOND_TAG),
    SET_X(4),
    LOAD(BPF_B, 0),
    ALU(BPF_AND, 0xF0),
    IS_NOT(0x40, IPV6),

    AT(IPV4),
    LOAD(BPF_B, 9), STORE(PROTOCOL),
    LOAD(BPF_H, 2), ADD_X, STORE(LENGTH), /* where the datagram ends, without padding */
    LOAD(BPF_H, 6),
    IF(BPF_JSET, 0x1FFF, IPV4_FRAGMENT, NEXT),
    LOAD(BPF_B, 0),
    ALU(BPF_AND, 0x0F), ALU(BPF_LSH, 2), ADD_X, TO_X,
    RECALL(PROTOCOL),
    IS(17, UDP), IS(6, TCP), IF(BPF_JEQ, 50, ESP, DROP),

    /* The first fragment passes by its ports, later ones of UDP and TCP because of it. */
    AT(IPV4_FRAGMENT),
    RECALL(PROTOCOL),
    IS(17, PASS), IF(BPF_JEQ, 6, PASS, DROP),

    /* What stands behind hop-by-hop options, routing, fragment and authentication headers and
     * destination options is for the decoder: a filter cannot walk a chain. */
    AT(IPV6),
    LOAD(BPF_H, 4), ADD_X, ALU(BPF_ADD, 40), STORE(LENGTH),
    LOAD(BPF_B, 6), STORE(PROTOCOL),
    FROM_X, ALU(BPF_ADD, 40), TO_X,
    RECALL(PROTOCOL),
    IS(17, UDP), IS(6, TCP), IS(50, ESP),
    IS(0, PASS), IS(43, PASS), IS(44, PASS), IS(51, PASS), IF(BPF_JEQ, 60, PASS, DROP),

    /* A sample of one in 1024, beginning with the first. */
    AT(ESP),
    LOAD(BPF_W, 4),
    ALU(BPF_AND, 0x3FF), IF(BPF_JEQ, 1, PASS, DROP),

    AT(UDP),
    LOAD(BPF_H, 0),
    IS(53, PASS), IS(5353, PASS), IS(5355, PASS), IS(137, PASS),
    LOAD(BPF_H, 2), STORE(TO_PORT),
    IS(53, PASS), IS(5353, PASS), IS(5355, PASS), IS(137, PASS),
    IS(500, UDP_IPSEC), IS(4500, UDP_IPSEC_IN_UDP),
    LOAD(BPF_H, 8),
    IS(STUN_BINDING, UDP_STUN), IS(STUN_BINDING_SUCCESS, UDP_STUN),
    IS(STUN_ALLOCATE, UDP_STUN), IS(STUN_ALLOCATE_SUCCESS, UDP_STUN),
    IS(0x0100, UDP_WIREGUARD),
    LOAD(BPF_B, 8),
    IS(0x38, UDP_RESET_2), IS(0x50, UDP_RESET_3),
    ALU(BPF_AND, 0xF0),
    IS(0xC0, UDP_QUIC_1), IS(0xD0, UDP_QUIC_2),
    GO(UDP_DNSCRYPT),

    AT(UDP_WIREGUARD),
    LOAD(BPF_H, 4),
    IS_NOT(156, UDP_DNSCRYPT),
    LOAD(BPF_W, 8),
    IF(BPF_JEQ, 0x01000000, PASS, UDP_DNSCRYPT),

    /* OpenVPN's first packet: version 2 is short, version 3 brings its wrapped key and has a replay
     * ID that is all but empty. */
    AT(UDP_RESET_2),
    LOAD(BPF_H, 4),
    IF(BPF_JGT, 94, UDP_DNSCRYPT, PASS),
    AT(UDP_RESET_3),
    LOAD(BPF_H, 4),
    IF(BPF_JGE, 352, NEXT, UDP_DNSCRYPT),
    LOAD(BPF_W, 17),
    ALU(BPF_AND, 0xF0FFFF00),
    IF(BPF_JEQ, 0, PASS, UDP_DNSCRYPT),

    /* Long header, type Initial: 0 in version 1 (RFC 9000, 17.2), 1 in version 2 (RFC 9369, 3.2). */
    AT(UDP_QUIC_1),
    LOAD(BPF_W, 9),
    IF(BPF_JEQ, 0x00000001, PASS, UDP_DNSCRYPT),
    AT(UDP_QUIC_2),
    LOAD(BPF_W, 9),
    IF(BPF_JEQ, 0x6B3343CF, PASS, UDP_DNSCRYPT),

    /* By the cookie; without it on the ports that the decoder knows. */
    AT(UDP_STUN),
    LOAD(BPF_W, 12),
    IS(STUN_COOKIE, PASS),
    RECALL(TO_PORT),
    IS(3478, PASS), IS(3479, PASS), IS(19302, PASS),
    LOAD(BPF_H, 0),
    IS(3478, PASS), IS(3479, PASS), IF(BPF_JEQ, 19302, PASS, UDP_DNSCRYPT),

    /* Port 500 is IKE's alone. On 4500 four octets of zero stand before it, where ESP has its SPI. */
    AT(UDP_IPSEC),
    LOAD(BPF_H, 4),
    IF(BPF_JGT, 36, PASS, DROP),
    AT(UDP_IPSEC_IN_UDP),
    LOAD(BPF_W, 8),
    IS_NOT(0, UDP_ESP),
    GO(PASS),
    AT(UDP_ESP),
    LOAD(BPF_W, 12),
    ALU(BPF_AND, 0x3FF), IF(BPF_JEQ, 1, PASS, DROP),

    /* An encrypted response "r6fnvWj8"; a question whose name begins with "2.dnscrypt-cert". */
    AT(UDP_DNSCRYPT),
    LOAD(BPF_W, 8),
    IF(BPF_JEQ, 0x7236666E, UDP_DNSCRYPT_REST, UDP_CERTIFICATE),
    AT(UDP_DNSCRYPT_REST),
    LOAD(BPF_W, 12),
    IS(0x76576A38, PASS),
    AT(UDP_CERTIFICATE),
    LOAD(BPF_W, 20),
    IS_NOT(0x01320D64, DROP),
    LOAD(BPF_W, 24),
    IF(BPF_JEQ, 0x6E736372, PASS, DROP),

    AT(TCP),
    LOAD(BPF_H, 0),
    IS(53, PASS), IS(5355, PASS),
    LOAD(BPF_H, 2), STORE(TO_PORT),
    IS(53, PASS), IS(5355, PASS),
    LOAD(BPF_B, 13), STORE(PROTOCOL), /* the flags, from here on */
    ALU(BPF_AND, 0x12),
    IS(0x02, PASS),
    LOAD(BPF_B, 12),
    ALU(BPF_AND, 0xF0), ALU(BPF_RSH, 2), ADD_X, TO_X,
    RECALL(LENGTH), SUBTRACT_X, STORE(PAYLOAD),
    IS(0, DROP), IF(BPF_JGE, 0x80000000, DROP, NEXT), /* a header longer than the datagram */
    IF(BPF_JGE, 10, TCP_LONG, TCP_TAIL_PORT),

    AT(TCP_LONG),
    LOAD(BPF_H, 0),
    IS(0x1603, TCP_HELLO),
    IS(0x1403, DROP), IS(0x1503, DROP), IS(0x1703, DROP),
    IS(STUN_BINDING, TCP_STUN), IS(STUN_BINDING_SUCCESS, TCP_STUN),
    IS(STUN_ALLOCATE, TCP_STUN), IS(STUN_ALLOCATE_SUCCESS, TCP_STUN),
    GO(TCP_OTHER),

    /* A handshake record: the client's hello on any port, and on those of encrypted look-ups also
     * the next record of a hello that has several. */
    AT(TCP_HELLO),
    LOAD(BPF_B, 5),
    IS(1, PASS),
    GO(TCP_TAIL_PORT),

    AT(TCP_STUN),
    LOAD(BPF_W, 4),
    IF(BPF_JEQ, STUN_COOKIE, PASS, TCP_OTHER),

    AT(TCP_OTHER),
    LOAD(BPF_W, 2),
    IF(BPF_JEQ, 0x7236666E, TCP_DNSCRYPT_REST, TCP_OPENVPN),
    AT(TCP_DNSCRYPT_REST),
    LOAD(BPF_W, 6),
    IF(BPF_JEQ, 0x76576A38, PASS, TCP_TAIL),
    AT(TCP_OPENVPN),
    LOAD(BPF_B, 2),
    IS(0x38, TCP_OPENVPN_LENGTH), IF(BPF_JEQ, 0x50, TCP_OPENVPN_LENGTH, TCP_TAIL),
    AT(TCP_OPENVPN_LENGTH),
    LOAD(BPF_H, 0),
    IF(BPF_JGT, 1078, TCP_TAIL, NEXT),
    ALU(BPF_ADD, 2), {.code = BPF_LDX | BPF_MEM, .k = PAYLOAD},
    {.code = BPF_JMP | BPF_JEQ | BPF_X, .yes = PASS, .no = TCP_TAIL},

    /* The end of a hello that came in pieces: a short segment that was pushed and begins no record.
     * Of what a client sends later only the ends of long uploads look so. */
    AT(TCP_TAIL),
    RECALL(LENGTH),
    IF(BPF_JGE, 1400, DROP, NEXT),
    AT(TCP_TAIL_PORT),
    RECALL(PROTOCOL),
    IF(BPF_JSET, 0x08, NEXT, DROP),
    RECALL(TO_PORT),
    IS(443, PASS), IS(853, PASS), IS(5349, PASS),

    AT(DROP),
    RETURN(0),
    AT(PASS),
    RETURN(ALL),
};
/* clang-format on */

#define LINES (sizeof(lines) / sizeof(lines[0]))

static bool resolve(const unsigned *places, uint8_t label, unsigned from, uint8_t *offset)
{
    unsigned to = label == NEXT ? from + 1 : places[label];
    if (to <= from || to - from - 1 > UINT8_MAX)
        return false;
    *offset = (uint8_t)(to - from - 1);
    return true;
}

bool capture_filter(struct bpf_program *program)
{
    static struct bpf_insn code[LINES];
    unsigned places[LABELS] = {0}, count = 0;
    for (size_t i = 0; i < LINES; i++) {
        if (lines[i].label != NEXT)
            places[lines[i].label] = count;
        else
            count++;
    }
    unsigned at = 0;
    for (size_t i = 0; i < LINES; i++) {
        const struct line *line = &lines[i];
        if (line->label != NEXT)
            continue;
        struct bpf_insn *out = &code[at];
        *out = (struct bpf_insn){.code = line->code, .k = line->k};
        if (BPF_CLASS(line->code) == BPF_JMP &&
            (!resolve(places, line->yes, at, &out->jt) || !resolve(places, line->no, at, &out->jf)))
            return false;
        at++;
    }
    *program = (struct bpf_program){.bf_len = count, .bf_insns = code};
    return true;
}
