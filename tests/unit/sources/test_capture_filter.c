/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/capture_filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "../decode/build.h"
#include "filter_expression.h"

/* The kernel filter, on cooked frames in memory. */

enum { FIN = 1, SYN = 2, PSH = 8, ACK = 16 };
enum { TCP_NUMBER = 6, UDP_NUMBER = 17, ESP_NUMBER = 50 };

struct filter_case {
    const char *situation;
    unsigned next, source, destination, flags;
    const char *octets; /* with which the payload begins; noise follows */
    unsigned given, length;
    bool passes;
};

#define NONE "", 0, 0
#define NOISE(length) "", 0, length
#define BEGINS(octets, length) octets, sizeof(octets) - 1, length
#define WHOLE(octets) octets, sizeof(octets) - 1, sizeof(octets) - 1

#define RECORD_HELLO "\x16\3\1\2\0\1\0\1\xfc\3\3"
#define STUN_REQUEST "\0\1\0\0\x21\x12\xa4\x42transaction!"
#define STUN_OLD "\0\1\0\0sixteen octets!!"
#define SPI_ONLY "initiate\0\0\0\0\0\0\0\0"
#define QUESTION "id\1\0\0\1\0\0\0\0\0\0"

static const struct filter_case cases[] = {
    /* ports */
    {"query", 17, 40000, 53, 0, NOISE(30), true},
    {"answer", 17, 53, 40000, 0, NOISE(30), true},
    {"mDNS", 17, 5353, 5353, 0, NOISE(30), true},
    {"LLMNR", 17, 40000, 5355, 0, NOISE(30), true},
    {"NBNS", 17, 137, 137, 0, NOISE(30), true},
    {"Tor's DNS port", 17, 40000, 9053, 0, NOISE(30), true},
    {"other UDP", 17, 40000, 443, 0, NOISE(1200), false},
    {"other UDP, empty", 17, 40000, 50000, 0, NONE, false},
    {"DNS over TCP", 6, 40000, 53, 0x18, NOISE(30), true},
    {"DNS over TCP, back", 6, 53, 40000, 0x10, NOISE(30), true},
    {"LLMNR over TCP", 6, 40000, 5355, 0x18, NOISE(30), true},
    {"TCP that begins", 6, 40000, 443, SYN, NONE, true},
    {"TCP that begins, with ECN", 6, 40000, 80, 0xC2, NONE, true},
    {"TCP that is taken up", 6, 443, 40000, SYN | ACK, NONE, false},
    {"other TCP", 6, 40000, 80, PSH | ACK, NOISE(100), false},
    {"acknowledgement", 6, 40000, 443, ACK, NONE, false},
    {"acknowledgement that pushes", 6, 40000, 443, PSH | ACK, NONE, false},
    {"TCP to a name port of UDP", 6, 40000, 137, PSH | ACK, NOISE(30), false},
    {"SCTP", 132, 40000, 53, 0, NOISE(30), false},
    /* the first words of TLS, on any port */
    {"ClientHello", 6, 40000, 443, PSH | ACK, BEGINS(RECORD_HELLO, 517), true},
    {"ClientHello elsewhere", 6, 40000, 12345, PSH | ACK, BEGINS(RECORD_HELLO, 517), true},
    {"ClientHello's beginning", 6, 40000, 443, ACK, BEGINS(RECORD_HELLO, 1440), true},
    {"ClientHello, six octets of it", 6, 40000, 12345, ACK, BEGINS(RECORD_HELLO, 6), true},
    {"ServerHello", 6, 443, 40000, PSH | ACK, BEGINS("\x16\3\3\0\x7a\2", 1440), false},
    {"handshake of SSL 2", 6, 40000, 443, ACK, BEGINS("\x80\x2e\1\3\1", 1440), false},
    {"rest of a ClientHello", 6, 40000, 443, PSH | ACK, NOISE(300), true},
    {"rest for DNS over TLS", 6, 40000, 853, PSH | ACK, NOISE(300), true},
    {"rest for STUN over TLS", 6, 40000, 5349, PSH | ACK, NOISE(300), true},
    {"rest of one octet", 6, 40000, 443, PSH | ACK, BEGINS("\x13", 1), true},
    {"rest that begins like a record", 6, 40000, 443, PSH | ACK, BEGINS("\x17\4", 300), true},
    {"rest elsewhere", 6, 40000, 444, PSH | ACK, NOISE(300), false},
    {"rest that is not the end", 6, 40000, 443, ACK, NOISE(300), false},
    {"a whole segment in the middle", 6, 40000, 443, PSH | ACK, NOISE(1440), false},
    {"the same, the other way", 6, 443, 40000, PSH | ACK, NOISE(300), false},
    {"data", 6, 40000, 443, PSH | ACK, BEGINS("\x17\3\3\0\x50", 85), false},
    {"alert", 6, 40000, 443, PSH | ACK, BEGINS("\x15\3\3\0\x13", 24), false},
    {"change of cipher", 6, 40000, 443, PSH | ACK, BEGINS("\x14\3\3\0\1\1", 80), false},
    {"later handshake record", 6, 40000, 443, PSH | ACK, BEGINS("\x16\3\3\0\x46\x10", 75), true},
    {"the same elsewhere", 6, 40000, 444, PSH | ACK, BEGINS("\x16\3\3\0\x46\x10", 75), false},
    /* QUIC */
    {"Initial", 17, 40000, 443, 0, BEGINS("\xc3\0\0\0\1\x08", 1200), true},
    {"Initial elsewhere", 17, 40000, 8853, 0, BEGINS("\xce\0\0\0\1\x08", 1200), true},
    {"Initial of version 2", 17, 40000, 443, 0, BEGINS("\xd1\x6b\x33\x43\xcf\x08", 1200), true},
    {"0-RTT", 17, 40000, 443, 0, BEGINS("\xd3\0\0\0\1\x08", 1200), false},
    {"Handshake", 17, 40000, 443, 0, BEGINS("\xe3\0\0\0\1\x08", 1200), false},
    {"Retry of version 2", 17, 443, 40000, 0, BEGINS("\xc1\x6b\x33\x43\xcf\x08", 100), false},
    {"version negotiation", 17, 443, 40000, 0, BEGINS("\xc0\0\0\0\0\x08", 60), false},
    {"version unknown", 17, 443, 40000, 0, BEGINS("\xc0\0\0\0\2\x08", 1200), false},
    {"QUIC's traffic", 17, 443, 40000, 0, BEGINS("\x4c\0\0\0\1", 1200), false},
    {"QUIC's traffic, as OpenVPN begins", 17, 40000, 443, 0, BEGINS("\x50noisenoi\1\2\3\4", 600),
        false},
    /* STUN */
    {"STUN", 17, 40000, 3478, 0, WHOLE(STUN_REQUEST), true},
    {"STUN elsewhere", 17, 40000, 50000, 0, WHOLE(STUN_REQUEST), true},
    {"STUN response", 17, 50000, 40000, 0, BEGINS("\1\1\0\x0c\x21\x12\xa4\x42", 32), true},
    {"Allocate", 17, 40000, 3478, 0, BEGINS("\0\3\0\x08\x21\x12\xa4\x42", 28), true},
    {"Allocate response", 17, 3478, 40000, 0, BEGINS("\1\3\0\x08\x21\x12\xa4\x42", 28), true},
    {"media through TURN", 17, 40000, 3478, 0, BEGINS("\0\x16\4\0\x21\x12\xa4\x42", 1044), false},
    {"media in a channel", 17, 40000, 3478, 0, BEGINS("\x40\0\4\0", 1028), false},
    {"STUN, the older form", 17, 40000, 3478, 0, WHOLE(STUN_OLD), true},
    {"STUN, the older form, back", 17, 19302, 40000, 0, BEGINS("\1\1\0\x0csixteen", 32), true},
    {"STUN, the older form elsewhere", 17, 40000, 50000, 0, WHOLE(STUN_OLD), false},
    {"STUN over TCP", 6, 40000, 3478, PSH | ACK, WHOLE(STUN_REQUEST), true},
    {"STUN over TCP elsewhere", 6, 40000, 50000, PSH | ACK, WHOLE(STUN_REQUEST), true},
    {"STUN over TCP without its cookie", 6, 40000, 3478, PSH | ACK, WHOLE(STUN_OLD), false},
    /* tunnels */
    {"WireGuard", 17, 51820, 51820, 0, BEGINS("\1\0\0\0", 148), true},
    {"WireGuard on IPsec's port", 17, 40000, 4500, 0, BEGINS("\1\0\0\0", 148), true},
    {"an initiation's first octets", 17, 51820, 51820, 0, BEGINS("\1\0\0\0", 149), false},
    {"WireGuard's response", 17, 51820, 51820, 0, BEGINS("\2\0\0\0", 92), false},
    {"WireGuard's traffic", 17, 51820, 51820, 0, BEGINS("\4\0\0\0", 148), false},
    {"OpenVPN", 17, 40000, 1194, 0, BEGINS("\x38SESSIONS\0\0\0\0\0", 14), true},
    {"OpenVPN, tls-crypt", 17, 40000, 1194, 0, BEGINS("\x38SESSIONS\0\0\0\1", 54), true},
    {"OpenVPN, tls-crypt-v2", 17, 40000, 1194, 0, BEGINS("\x50SESSIONS\x0f\0\0\1", 600), true},
    {"OpenVPN's traffic", 17, 40000, 1194, 0, BEGINS("\x48\0\0\0", 1200), false},
    {"OpenVPN over TCP", 6, 40000, 1194, PSH | ACK, BEGINS("\0\x0e\x38SESSIONS\0\0\0\0\0", 16),
        true},
    {"OpenVPN over TCP, v3", 6, 40000, 443, ACK, BEGINS("\2\x58\x50SESSIONS\0\0\0\1", 602), true},
    {"OpenVPN's traffic over TCP", 6, 40000, 1194, PSH | ACK, BEGINS("\2\x58\x48\0\0", 602), false},
    {"IKE", 17, 500, 500, 0, BEGINS(SPI_ONLY, 300), true},
    {"IKE, response", 17, 500, 500, 0, BEGINS("initiateresponds", 300), false},
    {"IKE behind NAT", 17, 40000, 4500, 0, BEGINS("\0\0\0\0" SPI_ONLY, 300), true},
    {"IKE behind NAT, response", 17, 40000, 4500, 0, BEGINS("\0\0\0\0initiateresponds", 300),
        false},
    {"keepalive", 17, 40000, 4500, 0, WHOLE("\xff"), false},
    {"ESP in UDP", 17, 4500, 4500, 0, BEGINS("\1\2\3\4\0\0\0\1", 120), true},
    {"ESP in UDP, between", 17, 4500, 4500, 0, BEGINS("\1\2\3\4\0\0\0\2", 120), false},
    {"ESP", 50, 0x0102, 0x0304, 0, BEGINS("\0\0\x04\1", 120), true},
    {"ESP, between", 50, 0x0102, 0x0304, 0, BEGINS("\0\0\x04\2", 120), false},
    /* DNSCrypt */
    {"certificate", 17, 40000, 443, 0, BEGINS(QUESTION "\0012\015dnscrypt-cert\7example", 60),
        true},
    {"certificate in capitals", 17, 40000, 443, 0,
        BEGINS(QUESTION "\0012\015DNSCRYPT-CERT\7example", 60), true},
    {"another look-up elsewhere", 17, 40000, 443, 0, BEGINS(QUESTION "\3www\7example", 60), false},
    {"encrypted response", 17, 443, 40000, 0, BEGINS("r6fnvWj8", 304), true},
    {"half its mark", 17, 443, 40000, 0, BEGINS("r6fnvWJ8", 304), false},
    {"encrypted response over TCP", 6, 443, 40000, PSH | ACK, BEGINS("\1\x30r6fnvWj8", 306), true},
    /* SOCKS, on any port */
    {"SOCKS5, a name", 6, 40000, 9050, PSH | ACK, BEGINS("\5\1\0\3\7example\0\x50", 14), true},
    {"SOCKS5, an address", 6, 40000, 1080, PSH | ACK, BEGINS("\5\1\0\1\xc0\0\2\1\0\x50", 10), true},
    {"SOCKS5, IPv6", 6, 40000, 9150, PSH | ACK, BEGINS("\5\1\0\4", 22), true},
    {"SOCKS5 behind its greeting", 6, 40000, 9050, PSH | ACK, BEGINS("\5\1\0\5\1\0\3", 17), true},
    {"Tor's RESOLVE", 6, 40000, 9050, PSH | ACK, BEGINS("\5\xf0\0\3\7example\0\0", 14), true},
    {"Tor's RESOLVE_PTR", 6, 40000, 9050, PSH | ACK, BEGINS("\5\xf1\0\1", 10), true},
    {"SOCKS5's greeting", 6, 40000, 9050, PSH | ACK, WHOLE("\5\1\0"), false},
    {"SOCKS5, to bind", 6, 40000, 9050, PSH | ACK, BEGINS("\5\2\0\1", 10), false},
    {"SOCKS4", 6, 40000, 9050, PSH | ACK, BEGINS("\4\1\0\x50\xc0\0\2\1", 9), true},
    {"SOCKS4A, to resolve", 6, 40000, 9050, PSH | ACK, BEGINS("\4\xf0\0\0\0\0\0\1", 17), true},
    {"data that begin like SOCKS4", 6, 40000, 9050, PSH | ACK, BEGINS("\4\1\0\x50", 1000), false},
    {"SOCKS4, to bind", 6, 40000, 9050, PSH | ACK, BEGINS("\4\2\0\x50", 9), false},
    /* unencrypted requests */
    {"GET", 6, 40000, 80, PSH | ACK, BEGINS("GET / HTTP/1.1\r\n", 100), true},
    {"POST elsewhere", 6, 40000, 8080, PSH | ACK, BEGINS("POST / HTTP/1.1\r\n", 100), true},
    {"CONNECT", 6, 40000, 3128, PSH | ACK, BEGINS("CONNECT example:443 ", 100), true},
    {"an answer", 6, 80, 40000, PSH | ACK, BEGINS("HTTP/1.1 200 OK\r\n", 100), false},
    {"a word", 6, 40000, 80, PSH | ACK, BEGINS("GETTER", 100), false},
};

static struct bpf_program program;
static struct bytes bytes;

static bool passes(void)
{
    bpf_u_int32 length = (bpf_u_int32)bytes_length(&bytes);
    struct pcap_pkthdr header = {.caplen = length, .len = length};
    return pcap_offline_filter(&program, &header, bytes_at(&bytes)) > 0;
}

/* What a socket on "any" sees: the kernel's word for the protocol, then octets from there on. */
static void cook(unsigned protocol)
{
    put16(prepend(&bytes, 20), protocol);
}

static unsigned ethertype(int family)
{
    return family == 4 ? 0x0800 : 0x86DD;
}

/* From the payload to the IP header. options: octets in the TCP header. */
static void build(const struct filter_case *one, int family, size_t options)
{
    bytes_clear(&bytes);
    append(&bytes, one->octets, one->given);
    for (unsigned i = one->given; i < one->length; i++)
        append(&bytes, &(uint8_t){(uint8_t)(0x9b + 7 * i)}, 1);
    if (one->next == TCP_NUMBER) {
        prepend(&bytes, options);
        wrap_tcp(&bytes, one->source, one->destination, 1, one->flags);
        bytes_at(&bytes)[12] = (uint8_t)((20 + options) << 2);
    } else if (one->next == ESP_NUMBER) {
        uint8_t *spi = prepend(&bytes, 4);
        put16(spi, one->source);
        put16(spi + 2, one->destination);
    } else {
        wrap_udp(&bytes, one->source, one->destination);
    }
    if (family == 4)
        wrap_ipv4(&bytes, one->next);
    else
        wrap_ipv6(&bytes, one->next);
}

static void what_passes(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        for (int family = 4; family <= 6; family += 2) {
            for (size_t options = 0; options <= 40; options += 4) {
                build(&cases[i], family, options);
                cook(ethertype(family));
                if (passes() != cases[i].passes)
                    fail_msg(
                        "%s, IPv%d, %zu octets of options", cases[i].situation, family, options);
            }
        }
    }
}

static void options_of_ipv4(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        build(&cases[i], 4, 12);
        uint8_t header[20];
        memcpy(header, bytes_at(&bytes), 20);
        header[0] = 0x4F;
        bytes.start += 20;
        prepend(&bytes, 40);
        memcpy(prepend(&bytes, 20), header, 20);
        put16(bytes_at(&bytes) + 2, bytes_length(&bytes));
        cook(0x0800);
        if (passes() != cases[i].passes)
            fail_msg("%s", cases[i].situation);
    }
}

static void tagged_frames_pass_likewise(void **state)
{
    (void)state;
    static const unsigned tags[] = {0x8100, 0x88A8, 0x9100};
    for (size_t i = 0; i < LENGTH(cases); i++) {
        for (int family = 4; family <= 6; family += 2) {
            for (size_t tag = 0; tag < LENGTH(tags); tag++) {
                build(&cases[i], family, 12);
                cook(tags[tag]);
                if (passes() != cases[i].passes)
                    fail_msg(
                        "%s, IPv%d, tag 0x%x that is gone", cases[i].situation, family, tags[tag]);
                build(&cases[i], family, 12);
                put16(prepend(&bytes, 4) + 2, ethertype(family));
                put16(bytes_at(&bytes), 20);
                cook(tags[tag]);
                if (passes() != cases[i].passes)
                    fail_msg("%s, IPv%d, behind tag 0x%x", cases[i].situation, family, tags[tag]);
            }
        }
    }
}

static void fragments_and_extensions_pass(void **state)
{
    (void)state;
    const struct filter_case other = {"", 17, 40000, 443, 0, NOISE(100), false};
    for (int tagged = 0; tagged < 2; tagged++) {
        for (unsigned protocol = 0; protocol < 256; protocol++) {
            build(&other, 4, 0);
            bytes_at(&bytes)[9] = (uint8_t)protocol;
            put16(bytes_at(&bytes) + 6, 185); /* a later fragment: its ports are somewhere else */
            if (tagged)
                put16(prepend(&bytes, 4) + 2, 0x0800);
            cook(tagged ? 0x8100 : 0x0800);
            assert_int_equal(passes(), protocol == 17 || protocol == 6);
        }
        static const uint8_t extensions[] = {0, 43, 44, 51, 60};
        for (size_t i = 0; i < LENGTH(extensions); i++) {
            build(&other, 6, 0);
            bytes_at(&bytes)[6] = extensions[i];
            if (tagged)
                put16(prepend(&bytes, 4) + 2, 0x86DD);
            cook(tagged ? 0x8100 : 0x86DD);
            assert_true(passes());
        }
    }
    build(&cases[0], 4, 0);
    cook(0x0806); /* ARP */
    assert_false(passes());
}

/* Each packet, cut anywhere behind its ports and with octets changed at random, against the same
 * rules written down as an expression and compiled by libpcap. */
static void agrees_with_the_expression(void **state)
{
    (void)state;
    struct bpf_program compiled;
    pcap_t *pcap = pcap_open_dead(DLT_LINUX_SLL2, 2048);
    if (pcap_compile(pcap, &compiled, filter_expression, 1, PCAP_NETMASK_UNKNOWN) != 0)
        fail_msg("%s", pcap_geterr(pcap));
    uint32_t random = 4711;
    unsigned compared = 0, passed = 0;
    for (size_t round = 0; round < 400; round++) {
        for (size_t i = 0; i < LENGTH(cases); i++) {
            int family = round % 2 ? 6 : 4;
            build(&cases[i], family, round % 3 * 12);
            cook(ethertype(family));
            size_t length = bytes_length(&bytes), ports = family == 4 ? 44 : 64;
            for (unsigned changes = round < 2 ? 0 : round % 4; changes > 0; changes--) {
                random = random * 1664525 + 1013904223;
                size_t head = length < 120 ? length : 120;
                size_t at = 2 + (random >> 8) % (head - 2);
                uint8_t flipped = (uint8_t)(bytes_at(&bytes)[at] ^ 1U << (random >> 29));
                bytes_at(&bytes)[at] = round % 8 < 4 ? (uint8_t)(random >> 24) : flipped;
            }
            if (round % 5 == 4)
                bytes.end = bytes.start + ports + (random >> 5) % (length - ports);
            struct pcap_pkthdr header = {.caplen = (bpf_u_int32)bytes_length(&bytes),
                .len = (bpf_u_int32)bytes_length(&bytes)};
            bool expected = pcap_offline_filter(&compiled, &header, bytes_at(&bytes)) > 0;
            if (passes() != expected)
                fail_msg("%s, IPv%d, round %zu: the expression says %s", cases[i].situation, family,
                    round, expected ? "yes" : "no");
            compared++;
            passed += expected;
        }
    }
    assert_in_range(passed, compared / 4, compared / 4 * 3);
    pcap_freecode(&compiled);
    pcap_close(pcap);
}

/* Kernels before 6.7 lend a socket 20,480 octets; each instruction becomes some 32 of them. */
static void room_in_the_kernel(void **state)
{
    (void)state;
    assert_true(bpf_validate(program.bf_insns, (int)program.bf_len));
    assert_in_range(program.bf_len, 100, 255);
}

int main(void)
{
    if (!capture_filter(&program))
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(room_in_the_kernel),
        cmocka_unit_test(what_passes),
        cmocka_unit_test(options_of_ipv4),
        cmocka_unit_test(tagged_frames_pass_likewise),
        cmocka_unit_test(fragments_and_extensions_pass),
        cmocka_unit_test(agrees_with_the_expression),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
