/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "base/fact.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))
/* Octets as a string literal, without its NUL. */
#define OCTETS(literal) literal, sizeof(literal) - 1

#define MACS "\1\2\3\4\5\6\1\2\3\4\5\7"
#define SLL_ADDRESS "\0\6\1\2\3\4\5\6\0\0"
#define SLL2_ADDRESS "\6\1\2\3\4\5\6\0\0"

struct link_case {
    const char *what;
    int link_type;
    const char *header;
    size_t length;
    bool expected;
    uint8_t direction;
    uint32_t interface;
    uint16_t arphrd;
};

/* Each header is followed by "IP": what the link layer leaves must begin there. */
static const struct link_case cases[] = {
    {"Ethernet, IPv4", 1, OCTETS(MACS "\x08\x00"), true, 0, 3, 0},
    {"Ethernet, IPv6", 1, OCTETS(MACS "\x86\xDD"), true, 0, 3, 0},
    {"Ethernet, ARP", 1, OCTETS(MACS "\x08\x06"), false, 0, 3, 0},
    {"Ethernet, MPLS", 1, OCTETS(MACS "\x88\x47\0\1\1\xFF"), false, 0, 3, 0},
    {"VLAN", 1, OCTETS(MACS "\x81\x00\0\5\x08\x00"), true, 0, 3, 0},
    {"802.1ad", 1, OCTETS(MACS "\x88\xA8\0\5\x81\x00\0\6\x86\xDD"), true, 0, 3, 0},
    {"old QinQ", 1, OCTETS(MACS "\x91\x00\0\5\x81\x00\0\6\x86\xDD"), true, 0, 3, 0},
    {"four tags", 1, OCTETS(MACS "\x81\x00\0\1\x81\x00\0\1\x81\x00\0\1\x81\x00\0\1\x08\x00"), true,
        0, 3, 0},
    {"five tags", 1,
        OCTETS(MACS "\x81\x00\0\1\x81\x00\0\1\x81\x00\0\1\x81\x00\0\1\x81\x00\0\1\x08\x00"), false,
        0, 3, 0},
    {"VLAN, ARP", 1, OCTETS(MACS "\x81\x00\0\5\x08\x06"), false, 0, 3, 0},
    {"PPPoE session, IPv4", 1, OCTETS(MACS "\x88\x64\x11\0\0\1\0\4\x00\x21"), true, 0, 3, 0},
    {"PPPoE session, IPv6", 1, OCTETS(MACS "\x88\x64\x11\0\0\1\0\4\x00\x57"), true, 0, 3, 0},
    {"PPPoE, protocol of one octet", 1, OCTETS(MACS "\x88\x64\x11\0\0\1\0\3\x21"), true, 0, 3, 0},
    {"PPPoE in VLAN", 1, OCTETS(MACS "\x81\0\0\7\x88\x64\x11\0\0\1\0\4\x00\x21"), true, 0, 3, 0},
    {"PPPoE, LCP", 1, OCTETS(MACS "\x88\x64\x11\0\0\1\0\4\xC0\x21"), false, 0, 3, 0},
    {"PPPoE, not session data", 1, OCTETS(MACS "\x88\x64\x11\7\0\1\0\4\x00\x21"), false, 0, 3, 0},
    {"PPPoE, length hides the packet", 1, OCTETS(MACS "\x88\x64\x11\0\0\1\0\1\x00\x21"), false, 0,
        3, 0},
    {"802.3 with SNAP", 1, OCTETS(MACS "\x00\x0A\xAA\xAA\x03\0\0\0\x08\x00"), true, 0, 3, 0},
    {"802.3, spanning tree", 1, OCTETS(MACS "\x00\x0A\x42\x42\x03\0\0\0\x08\x00"), false, 0, 3, 0},
    {"SLL, to us", 113, OCTETS("\0\0\0\1" SLL_ADDRESS "\x08\x00"), true, DIRECTION_IN, 3, 1},
    {"SLL, broadcast", 113, OCTETS("\0\1\0\1" SLL_ADDRESS "\x08\x00"), true, DIRECTION_IN, 3, 1},
    {"SLL, to another", 113, OCTETS("\0\3\0\1" SLL_ADDRESS "\x08\x00"), true, DIRECTION_IN, 3, 1},
    {"SLL, from us", 113, OCTETS("\0\4\xFF\xFE" SLL_ADDRESS "\x86\xDD"), true, DIRECTION_OUT, 3,
        0xFFFE},
    {"SLL, VLAN", 113, OCTETS("\0\4\0\1" SLL_ADDRESS "\x81\x00\0\5\x08\x00"), true, DIRECTION_OUT,
        3, 1},
    {"SLL, PPPoE", 113, OCTETS("\0\4\0\1" SLL_ADDRESS "\x88\x64\x11\0\0\1\0\4\x00\x21"), true,
        DIRECTION_OUT, 3, 1},
    {"SLL, 802.2", 113, OCTETS("\0\0\0\1" SLL_ADDRESS "\0\4\xAA\xAA\x03\0\0\0\x08\x00"), true,
        DIRECTION_IN, 3, 1},
    {"SLL, CAN", 113, OCTETS("\0\0\1\x18" SLL_ADDRESS "\0\x0C"), false, DIRECTION_IN, 3, 0x118},
    {"SLL2, from us", 276, OCTETS("\x08\0\0\0\0\0\1\2\0\1\4" SLL2_ADDRESS), true, DIRECTION_OUT,
        258, 1},
    {"SLL2, multicast", 276, OCTETS("\x86\xDD\0\0\0\0\0\7\xFF\xFE\2" SLL2_ADDRESS), true,
        DIRECTION_IN, 7, 0xFFFE},
    {"SLL2, VLAN", 276, OCTETS("\x81\0\0\0\0\0\0\7\0\1\0" SLL2_ADDRESS "\0\5\x08\x00"), true,
        DIRECTION_IN, 7, 1},
    {"SLL2, ARP", 276, OCTETS("\x08\6\0\0\0\0\0\7\0\1\0" SLL2_ADDRESS), false, DIRECTION_IN, 7, 1},
    {"RAW", 101, OCTETS(""), true, 0, 3, 0},
    {"RAW of Linux", 12, OCTETS(""), true, 0, 3, 0},
    {"RAW of OpenBSD", 14, OCTETS(""), true, 0, 3, 0},
    {"IPV4", 228, OCTETS(""), true, 0, 3, 0},
    {"IPV6", 229, OCTETS(""), true, 0, 3, 0},
    {"NULL, little-endian", 0, OCTETS("\2\0\0\0"), true, 0, 3, 0},
    {"NULL, big-endian", 0, OCTETS("\0\0\0\2"), true, 0, 3, 0},
    {"NULL, IPv6 of Darwin", 0, OCTETS("\x1E\0\0\0"), true, 0, 3, 0},
    {"NULL, IPv6 of FreeBSD", 0, OCTETS("\0\0\0\x1C"), true, 0, 3, 0},
    {"NULL, unix", 0, OCTETS("\1\0\0\0"), false, 0, 3, 0},
    {"LOOP", 108, OCTETS("\0\0\0\2"), true, 0, 3, 0},
    {"LOOP, IPv6 of OpenBSD", 108, OCTETS("\0\0\0\x18"), true, 0, 3, 0},
    {"PPP", 9, OCTETS("\x00\x21"), true, 0, 3, 0},
    {"PPP, address and control", 9, OCTETS("\xFF\x03\x00\x57"), true, 0, 3, 0},
    {"PPP, IPCP", 9, OCTETS("\x80\x21"), false, 0, 3, 0},
    {"PPP serial", 50, OCTETS("\xFF\x03\x00\x21"), true, 0, 3, 0},
    {"PPP serial, compressed", 50, OCTETS("\xFF\x03\x21"), true, 0, 3, 0},
    {"Cisco HDLC", 50, OCTETS("\x0F\x00\x08\x00"), true, 0, 3, 0},
    {"Cisco HDLC, CDP", 50, OCTETS("\x0F\x00\x20\x00"), false, 0, 3, 0},
    {"PPP_ETHER", 51, OCTETS("\x11\0\0\1\0\4\x00\x21"), true, 0, 3, 0},
    {"802.11", 105, OCTETS("\x08\0\0\0"), false, 0, 3, 0},
    {"no such link type", -1, OCTETS(""), false, 0, 3, 0},
};

static size_t assemble(const struct link_case *one, uint8_t *octets)
{
    memcpy(octets, one->header, one->length);
    memcpy(octets + one->length, "IP", 2);
    return one->length + 2;
}

static void headers_are_passed(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        uint8_t octets[64];
        struct frame frame;
        struct cursor at = cursor_over(octets, assemble(&cases[i], octets), 0);
        bool got = link_read(cases[i].link_type, &at, 3, &frame);
        if (got != cases[i].expected)
            fail_msg("%s: expected %d, got %d", cases[i].what, cases[i].expected, got);
        if (frame.direction != cases[i].direction || frame.interface != cases[i].interface ||
            frame.link_type != cases[i].arphrd)
            fail_msg("%s: direction %u, interface %u, ARPHRD %u", cases[i].what, frame.direction,
                frame.interface, frame.link_type);
        if (got && (cursor_left(&at) != 2 || memcmp(at.at, "IP", 2) != 0))
            fail_msg("%s: %zu octets left", cases[i].what, cursor_left(&at));
    }
}

static void cut_headers_carry_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        for (size_t length = 0; length < cases[i].length; length++) {
            uint8_t octets[64];
            struct frame frame;
            assemble(&cases[i], octets);
            struct cursor at = cursor_over(octets, length, 0);
            if (link_read(cases[i].link_type, &at, 3, &frame))
                fail_msg("%s cut to %zu octets is taken", cases[i].what, length);
        }
    }
}

/* Ethernet pads to 60 octets: the length of 802.3 and of PPPoE says where the packet ends. */
static void padding_is_not_payload(void **state)
{
    static const uint8_t padded[] = MACS "\x88\x64\x11\0\0\1\0\4\x00\x21IP\0\0\0\0\0\0\0\0\0\0";
    struct frame frame;
    struct cursor at = cursor_over(padded, sizeof padded, 0);
    (void)state;
    assert_true(link_read(1, &at, 0, &frame));
    assert_int_equal(cursor_left(&at), 2);
}

/* The kernel tells what is behind the tags, as if there were none. */
static void untold_tags_are_passed(void **state)
{
    static const struct {
        const char *what, *octets;
        size_t length, left;
    } frames[] = {
        {"IPv4 behind a tag", OCTETS("\x08\0\0\0\0\0\1\2\0\1\4" SLL2_ADDRESS "\0\x14\x08\0IP  "),
            4},
        {"a tag that looks like IPv6 is none",
            OCTETS("\x86\xDD\0\0\0\0\1\2\0\1\4" SLL2_ADDRESS "\x60\x14\x86\xDD`P  "), 8},
        {"IPv6 behind a tag",
            OCTETS("\x86\xDD\0\0\0\0\1\2\0\1\4" SLL2_ADDRESS "\0\x14\x86\xDD`P  "), 4},
        {"behind two", OCTETS("\x08\0\0\0\0\0\1\2\0\1\4" SLL2_ADDRESS "\0\1\x81\0\0\2\x08\0IP  "),
            4},
        {"no tag", OCTETS("\x08\0\0\0\0\0\1\2\0\1\4" SLL2_ADDRESS "IP\x08\0    "), 8},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(frames); i++) {
        struct frame frame;
        struct cursor at = cursor_over((const uint8_t *)frames[i].octets, frames[i].length, 0);
        if (!link_read(276, &at, 0, &frame) || cursor_left(&at) != frames[i].left)
            fail_msg("%s: %zu octets left, expected %zu", frames[i].what, cursor_left(&at),
                frames[i].left);
    }
}

static void known_link_types(void **state)
{
    static const int known[] = {0, 1, 9, 12, 14, 50, 51, 101, 108, 113, 228, 229, 276};
    (void)state;
    size_t next = 0;
    for (int link_type = -1; link_type < 400; link_type++) {
        bool expected = next < LENGTH(known) && known[next] == link_type;
        if (expected)
            next++;
        if (link_known(link_type) != expected)
            fail_msg("link type %d", link_type);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_are_passed),
        cmocka_unit_test(cut_headers_carry_nothing),
        cmocka_unit_test(padding_is_not_payload),
        cmocka_unit_test(untold_tags_are_passed),
        cmocka_unit_test(known_link_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
