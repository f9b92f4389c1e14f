/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/fact.h"
#include "build.h"

static struct bytes bytes;

static bool read_cut(size_t held, size_t missing, bool tcp, unsigned port, uint8_t *peer)
{
    uint8_t *exact = malloc(held ? held : 1);
    assert_non_null(exact);
    memcpy(exact, bytes_at(&bytes), held);
    struct cursor cursor = cursor_over(exact, held, missing);
    bool is = tcp ? peer_tcp(&cursor, peer) : peer_udp(&cursor, (uint16_t)port, peer);
    free(exact);
    return is;
}

/* Parts of a message: octets as they stand, "~N" for N octets of noise, "0N" for N zeros. */
struct part {
    const char *octets;
    size_t length, noise;
};

#define OCTETS(text)                                                                               \
    {                                                                                              \
        text, sizeof(text) - 1, 0                                                                  \
    }
#define NOISE(count)                                                                               \
    {                                                                                              \
        NULL, 0, count                                                                             \
    }
#define SESSION OCTETS("\x8a\x11\x22\x33\x44\x55\x66\x77")
#define ID_AND_TIME OCTETS("\0\0\0\1\x66\x77\x88\x99")
#define LAST OCTETS("\0\0\0\0\0")
#define SPI OCTETS("\1\2\3\4\5\6\7\x08")
#define NO_SPI OCTETS("\0\0\0\0\0\0\0\0")

static void build(const struct part parts[static 8])
{
    bytes_clear(&bytes);
    for (int i = 0; i < 8 && (parts[i].octets || parts[i].noise > 0); i++) {
        append(&bytes, parts[i].octets, parts[i].length);
        for (size_t left = parts[i].noise; left > 0; left--)
            append(&bytes, &(uint8_t){(uint8_t)(left * 37 + 11)}, 1);
    }
}

enum { NO_PEER = PEER_COUNT };

static const struct {
    const char *what;
    unsigned port;
    struct part parts[8];
    unsigned expected;
} cases[] = {
    {"WireGuard", 51820, {OCTETS("\1\0\0\0"), NOISE(144)}, PEER_WIREGUARD},
    {"WireGuard on the port of HTTPS", 443, {OCTETS("\1\0\0\0"), NOISE(144)}, PEER_WIREGUARD},
    {"WireGuard on IKE's port", 4500, {OCTETS("\1\0\0\0"), NOISE(144)}, PEER_WIREGUARD},
    {"WireGuard, one octet more", 51820, {OCTETS("\1\0\0\0"), NOISE(145)}, NO_PEER},
    {"WireGuard, one octet less", 51820, {OCTETS("\1\0\0\0"), NOISE(143)}, NO_PEER},
    {"WireGuard's response", 51820, {OCTETS("\2\0\0\0"), NOISE(144)}, NO_PEER},
    {"reserved octets set", 51820, {OCTETS("\1\0\0\1"), NOISE(144)}, NO_PEER},
    {"OpenVPN", 1194, {OCTETS("\x38"), SESSION, LAST}, PEER_OPENVPN},
    {"OpenVPN, tls-auth, SHA1", 1194, {OCTETS("\x38"), SESSION, NOISE(20), ID_AND_TIME, LAST},
        PEER_OPENVPN},
    {"OpenVPN, tls-auth, SHA256", 1194, {OCTETS("\x38"), SESSION, NOISE(32), ID_AND_TIME, LAST},
        PEER_OPENVPN},
    {"OpenVPN, tls-auth, SHA512", 1194, {OCTETS("\x38"), SESSION, NOISE(64), ID_AND_TIME, LAST},
        PEER_OPENVPN},
    {"OpenVPN, tls-crypt", 443, {OCTETS("\x38"), SESSION, ID_AND_TIME, NOISE(37)}, PEER_OPENVPN},
    {"OpenVPN, tls-crypt, sent again", 443,
        {OCTETS("\x38"), SESSION, OCTETS("\0\0\0\3\x66\x77\x88\x99"), NOISE(37)}, PEER_OPENVPN},
    {"OpenVPN 2.6, stateless", 443,
        {OCTETS("\x38"), SESSION, OCTETS("\x0f\0\0\1\x66\x77\x88\x99"), NOISE(37)}, PEER_OPENVPN},
    {"OpenVPN, tls-crypt-v2", 1194, {OCTETS("\x50"), SESSION, ID_AND_TIME, NOISE(37 + 290)},
        PEER_OPENVPN},
    {"tls-crypt-v2 without its key", 1194, {OCTETS("\x50"), SESSION, ID_AND_TIME, NOISE(37)},
        NO_PEER},
    {"OpenVPN's server", 1194, {OCTETS("\x40"), SESSION, LAST}, NO_PEER},
    {"another key", 1194, {OCTETS("\x39"), SESSION, LAST}, NO_PEER},
    {"no session", 1194, {OCTETS("\x38"), NO_SPI, LAST}, NO_PEER},
    {"a later message", 1194, {OCTETS("\x38"), SESSION, OCTETS("\0\0\0\0\1")}, NO_PEER},
    {"acknowledges", 1194, {OCTETS("\x38"), SESSION, OCTETS("\1\0\0\0\0")}, NO_PEER},
    {"a length that none has", 1194, {OCTETS("\x38"), SESSION, ID_AND_TIME, NOISE(38)}, NO_PEER},
    {"a short QUIC packet", 443, {OCTETS("\x50"), NOISE(600)}, NO_PEER},
    {"IKEv2", 500, {SPI, NO_SPI, OCTETS("\x21\x20\x22\x08\0\0\0\0\0\0\0\x28"), NOISE(12)},
        PEER_IKE},
    {"IKEv2 behind NAT", 4500,
        {OCTETS("\0\0\0\0"), SPI, NO_SPI, OCTETS("\x21\x20\x22\x08\0\0\0\0\0\0\0\x28"), NOISE(12)},
        PEER_IKE},
    {"IKEv2, response", 500, {SPI, SPI, OCTETS("\x21\x20\x22\x20\0\0\0\0\0\0\0\x28"), NOISE(12)},
        NO_PEER},
    {"IKE_AUTH", 500, {SPI, NO_SPI, OCTETS("\x2e\x20\x23\x08\0\0\0\0\0\0\0\x28"), NOISE(12)},
        NO_PEER},
    {"IKEv2, lying length", 500,
        {SPI, NO_SPI, OCTETS("\x21\x20\x22\x08\0\0\0\0\0\0\0\x29"), NOISE(12)}, NO_PEER},
    {"IKEv2 elsewhere", 501, {SPI, NO_SPI, OCTETS("\x21\x20\x22\x08\0\0\0\0\0\0\0\x28"), NOISE(12)},
        NO_PEER},
    {"main mode", 500, {SPI, NO_SPI, OCTETS("\1\x10\2\0\0\0\0\0\0\0\0\x28"), NOISE(12)}, PEER_IKE},
    {"aggressive mode", 500, {SPI, NO_SPI, OCTETS("\1\x10\4\0\0\0\0\0\0\0\0\x28"), NOISE(12)},
        PEER_IKE},
    {"quick mode", 500, {SPI, SPI, OCTETS("\x08\x10\x20\1\0\0\0\1\0\0\0\x28"), NOISE(12)}, NO_PEER},
    {"ESP in UDP", 4500, {OCTETS("\xc1\2\3\4\0\0\0\1"), NOISE(80)}, PEER_ESP},
    {"ESP in UDP, later", 4500, {OCTETS("\xc1\2\3\4\0\1\4\1"), NOISE(80)}, PEER_ESP},
    {"ESP in UDP, not told", 4500, {OCTETS("\xc1\2\3\4\0\0\0\2"), NOISE(80)}, NO_PEER},
    {"keepalive", 4500, {OCTETS("\xff")}, NO_PEER},
    {"marker and no more", 4500, {OCTETS("\0\0\0\0")}, NO_PEER},
    {"nothing", 4500, {{0}}, NO_PEER},
};

static void messages_and_lookalikes(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        uint8_t peer = NO_PEER;
        build(cases[i].parts);
        if (!read_cut(bytes_length(&bytes), 0, false, cases[i].port, &peer))
            peer = NO_PEER;
        if (peer != cases[i].expected)
            fail_msg("%s: %u", cases[i].what, peer);
        /* Over TCP only OpenVPN, behind its length. */
        wrap_length(&bytes);
        bool is = read_cut(bytes_length(&bytes), 0, true, cases[i].port, &peer);
        if (is != (cases[i].expected == PEER_OPENVPN))
            fail_msg("%s, in a stream", cases[i].what);
    }
}

/* The beginning of one is none: not on the wire, and not in a capture that was cut. Of ESP and its
 * sequence number eight octets are enough. */
static void cut_at_every_octet(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        build(cases[i].parts);
        size_t whole = bytes_length(&bytes);
        for (size_t held = 0; held < whole; held++) {
            uint8_t peer = NO_PEER;
            for (int cut = 0; cut < 2; cut++) {
                bool is = read_cut(held, cut ? whole - held : 0, false, cases[i].port, &peer);
                if (is && cases[i].expected != NO_PEER && !(peer == PEER_ESP && held >= 8))
                    fail_msg("%s at %zu octets", cases[i].what, held);
            }
            read_cut(held, 0, true, cases[i].port, &peer);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_and_lookalikes),
        cmocka_unit_test(cut_at_every_octet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
