/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/ip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "build.h"

struct expected {
    bool ok;
    uint8_t protocol;
    size_t left;
    uint32_t offset;
    bool fragment, more;
};

static void check(const char *what, struct bytes *bytes, struct expected expected)
{
    struct datagram datagram = {0};
    struct cursor at = cursor_over(bytes_at(bytes), bytes_length(bytes), 0);
    bool ok = ip_read(&at, &datagram);
    if (ok != expected.ok)
        fail_msg("%s: expected %d, got %d", what, expected.ok, ok);
    if (!ok)
        return;
    if (datagram.protocol != expected.protocol || cursor_left(&at) != expected.left)
        fail_msg("%s: protocol %u, %zu left", what, datagram.protocol, cursor_left(&at));
    if (datagram.fragment != expected.fragment || datagram.more != expected.more ||
        datagram.fragment_offset != expected.offset)
        fail_msg("%s: fragment %d at %u, more %d", what, datagram.fragment,
            datagram.fragment_offset, datagram.more);
}

static void ipv4_headers(void **state)
{
    static const struct {
        const char *what;
        unsigned first, total, fragment; /* total: difference to the truth */
        size_t padding;
        struct expected expected;
    } cases[] = {
        {"plain", 0x45, 0, 0, 0, {true, 17, 10, 0, false, false}},
        {"padded by Ethernet", 0x45, 0, 0, 18, {true, 17, 10, 0, false, false}},
        {"do not fragment", 0x45, 0, 0x4000, 0, {true, 17, 10, 0, false, false}},
        {"first fragment", 0x45, 0, 0x2000, 0, {true, 17, 10, 0, true, true}},
        {"middle fragment", 0x45, 0, 0x2003, 0, {true, 17, 10, 24, true, true}},
        {"last fragment", 0x45, 0, 0x1FFF, 0, {true, 17, 10, 65528, true, false}},
        {"options", 0x47, 0, 0, 0, {true, 17, 2, 0, false, false}},
        {"options past the end", 0x48, 0, 0, 0, {.ok = false}},
        {"header of 16 octets", 0x44, 0, 0, 0, {.ok = false}},
        {"version 5", 0x55, 0, 0, 0, {.ok = false}},
        {"length less than the header", 0x45, (unsigned)-11, 0, 0, {.ok = false}},
        {"length more than there is", 0x45, 5, 0, 0, {true, 17, 10, 0, false, false}},
        {"length left to the network card", 0x45, (unsigned)-30, 0, 0,
            {true, 17, 10, 0, false, false}},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        static struct bytes bytes;
        bytes_clear(&bytes);
        append(&bytes, "0123456789", 10);
        wrap_ipv4(&bytes, 17);
        bytes_at(&bytes)[0] = (uint8_t)cases[i].first;
        put16(bytes_at(&bytes) + 2, 30 + cases[i].total);
        put16(bytes_at(&bytes) + 6, cases[i].fragment);
        for (size_t j = 0; j < cases[i].padding; j++)
            append(&bytes, "\0", 1);
        check(cases[i].what, &bytes, cases[i].expected);
    }
}

enum { HOP_BY_HOP = 0, ROUTING = 43, FRAGMENT = 44, AUTHENTICATION = 51, OPTIONS = 60 };

static void wrap_extension(struct bytes *bytes, unsigned *protocol, unsigned type, size_t length)
{
    uint8_t *at = prepend(bytes, length);
    at[0] = (uint8_t)*protocol;
    at[1] = (uint8_t)(type == AUTHENTICATION ? length / 4 - 2 : length / 8 - 1);
    *protocol = type;
}

static void ipv6_extension_headers(void **state)
{
    static const struct {
        const char *what;
        unsigned headers[16]; /* from the inside out, 1 ends */
        size_t length;
        struct expected expected;
    } cases[] = {
        {"none", {1}, 8, {true, 17, 10, 0, false, false}},
        {"hop by hop", {HOP_BY_HOP, 1}, 8, {true, 17, 10, 0, false, false}},
        {"the whole chain", {OPTIONS, AUTHENTICATION, ROUTING, OPTIONS, HOP_BY_HOP, 1}, 24,
            {true, 17, 10, 0, false, false}},
        {"long options", {OPTIONS, 1}, 1032, {true, 17, 10, 0, false, false}},
        {"mobility", {135, 1}, 8, {true, 17, 10, 0, false, false}},
        {"fourteen",
            {OPTIONS, OPTIONS, OPTIONS, OPTIONS, OPTIONS, OPTIONS, OPTIONS, OPTIONS, OPTIONS,
                OPTIONS, OPTIONS, OPTIONS, OPTIONS, OPTIONS, 1},
            8, {true, 17, 10, 0, false, false}},
        {"fifteen",
            {OPTIONS, OPTIONS, OPTIONS, OPTIONS, OPTIONS, OPTIONS, OPTIONS, OPTIONS, OPTIONS,
                OPTIONS, OPTIONS, OPTIONS, OPTIONS, OPTIONS, OPTIONS, 1},
            8, {.ok = false}},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        static struct bytes bytes;
        unsigned protocol = 17;
        bytes_clear(&bytes);
        append(&bytes, "0123456789", 10);
        for (size_t j = 0; cases[i].headers[j] != 1; j++)
            wrap_extension(&bytes, &protocol, cases[i].headers[j], cases[i].length);
        wrap_ipv6(&bytes, protocol);
        check(cases[i].what, &bytes, cases[i].expected);
    }
}

static void ipv6_fragments_and_lengths(void **state)
{
    static struct bytes bytes;
    struct datagram datagram;
    unsigned protocol = 17;
    (void)state;

    bytes_clear(&bytes);
    append(&bytes, "0123456789", 10);
    wrap_extension(&bytes, &protocol, FRAGMENT, 8);
    put16(bytes_at(&bytes) + 2, 0x0041);
    put32(bytes_at(&bytes) + 4, 0xAABBCCDD);
    wrap_ipv6(&bytes, protocol);
    check("fragment", &bytes, (struct expected){true, 17, 10, 64, true, true});
    struct cursor at = cursor_over(bytes_at(&bytes), bytes_length(&bytes), 0);
    assert_true(ip_read(&at, &datagram));
    assert_true(datagram.fragment_id == 0xAABBCCDD);

    put16(bytes_at(&bytes) + 42, 0);
    check("atomic fragment", &bytes, (struct expected){true, 17, 10, 0, false, false});
    put16(bytes_at(&bytes) + 4, 0);
    check("length zero", &bytes, (struct expected){true, 17, 10, 0, false, false});
    put16(bytes_at(&bytes) + 4, 11);
    check("padded", &bytes, (struct expected){true, 17, 3, 0, false, false});
    put16(bytes_at(&bytes) + 4, 7);
    check("ends within the fragment header", &bytes, (struct expected){.ok = false});

    /* An atomic fragment within an atomic fragment: nobody sends that, and Linux takes it. */
    bytes_clear(&bytes);
    protocol = 17;
    append(&bytes, "0123456789", 10);
    wrap_extension(&bytes, &protocol, FRAGMENT, 8);
    wrap_extension(&bytes, &protocol, FRAGMENT, 8);
    wrap_ipv6(&bytes, protocol);
    check("fragment header twice", &bytes, (struct expected){true, 17, 10, 0, false, false});
}

static void headers_cut_at_every_octet(void **state)
{
    static struct bytes bytes;
    (void)state;
    for (int version = 4; version <= 6; version += 2) {
        unsigned protocol = 17;
        bytes_clear(&bytes);
        if (version == 4) {
            wrap_ipv4(&bytes, 17);
        } else {
            wrap_extension(&bytes, &protocol, AUTHENTICATION, 24);
            wrap_extension(&bytes, &protocol, HOP_BY_HOP, 16);
            wrap_ipv6(&bytes, protocol);
        }
        for (size_t length = 0; length <= bytes_length(&bytes); length++) {
            struct datagram datagram;
            uint8_t *exact = malloc(length ? length : 1);
            assert_non_null(exact);
            memcpy(exact, bytes_at(&bytes), length);
            struct cursor at = cursor_over(exact, length, 0);
            bool whole = length == bytes_length(&bytes);
            if (ip_read(&at, &datagram) != whole)
                fail_msg("version %d cut to %zu", version, length);
            free(exact);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ipv4_headers),
        cmocka_unit_test(ipv6_extension_headers),
        cmocka_unit_test(ipv6_fragments_and_lengths),
        cmocka_unit_test(headers_cut_at_every_octet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
