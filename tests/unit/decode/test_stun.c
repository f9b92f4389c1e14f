/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/stun.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "build.h"

/* Requests and responses as they stand in RFC 5769, 2.1 to 2.3: the samples that every
 * implementation is held against. */
static const uint8_t sample_request[] =
    "\x00\x01\x00\x58\x21\x12\xa4\x42"
    "\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae"
    "\x80\x22\x00\x10STUN test client"
    "\x00\x24\x00\x04\x6e\x00\x01\xff"
    "\x80\x29\x00\x08\x93\x2f\xf9\xb1\x51\x26\x3b\x36"
    "\x00\x06\x00\x09\x65\x76\x74\x6a\x3a\x68\x36\x76\x59\x20\x20\x20"
    "\x00\x08\x00\x14\x9a\xea\xa7\x0c\xbf\xd8\xcb\x56\x78\x1e\xf2\xb5"
    "\xb2\xd3\xf2\x49\xc1\xb5\x71\xa2"
    "\x80\x28\x00\x04\xe5\x7a\x3b\xcf";
static const uint8_t sample_ipv4[] =
    "\x01\x01\x00\x3c\x21\x12\xa4\x42"
    "\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae"
    "\x80\x22\x00\x0btest vector\x20"
    "\x00\x20\x00\x08\x00\x01\xa1\x47\xe1\x12\xa6\x43"
    "\x00\x08\x00\x14\x2b\x91\xf5\x99\xfd\x9e\x90\xc3\x8c\x74\x89\xf9"
    "\x2a\xf9\xba\x53\xf0\x6b\xe7\xd7"
    "\x80\x28\x00\x04\xc0\x7d\x4c\x96";
static const uint8_t sample_ipv6[] =
    "\x01\x01\x00\x48\x21\x12\xa4\x42"
    "\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae"
    "\x80\x22\x00\x0btest vector\x20"
    "\x00\x20\x00\x14\x00\x02\xa1\x47\x01\x13\xa9\xfa"
    "\xa5\xd3\xf1\x79\xbc\x25\xf4\xb5\xbe\xd2\xb9\xd9"
    "\x00\x08\x00\x14\xa3\x82\x95\x4e\x4b\xe6\x7b\xf1\x17\x84\xc9\x7c"
    "\x82\x92\xc2\x75\xbf\xe3\xed\x41"
    "\x80\x28\x00\x04\xc8\xfb\x0b\x4c";

static const char *const outcomes[] = {"none", "read", "bad"};
static struct stun stun;

/* From memory of just that size. */
static enum stun_outcome read_cut(
    const uint8_t *octets, size_t held, size_t missing, bool datagram, bool classic)
{
    uint8_t *exact = malloc(held ? held : 1);
    assert_non_null(exact);
    memcpy(exact, octets, held);
    struct cursor cursor = cursor_over(exact, held, missing);
    enum stun_outcome outcome = stun_read(&cursor, datagram, classic, &stun);
    free(exact);
    return outcome;
}

static void samples_of_the_standard(void **state)
{
    char text[ADDRESS_TEXT];
    (void)state;
    assert_int_equal(
        read_cut(sample_request, sizeof sample_request - 1, 0, true, false), STUN_READ);
    assert_int_equal(stun.type, STUN_BINDING);
    assert_true(stun.username);
    assert_int_equal(stun.mapped.family, FAMILY_NONE);
    uint16_t id = stun.id;
    assert_int_not_equal(id, 0);
    assert_int_equal(read_cut(sample_ipv4, sizeof sample_ipv4 - 1, 0, true, false), STUN_READ);
    assert_int_equal(stun.type, STUN_BINDING_SUCCESS);
    assert_false(stun.username);
    assert_int_equal(stun.id, id);
    assert_string_equal(address_format(&stun.mapped, text), "192.0.2.1");
    assert_int_equal(read_cut(sample_ipv6, sizeof sample_ipv6 - 1, 0, true, false), STUN_READ);
    assert_string_equal(address_format(&stun.mapped, text), "2001:db8:1234:5678:11:2233:4455:6677");
}

static struct bytes bytes;

struct attribute {
    unsigned type, length;
    const char *value;
};

#define COOKIE "\x21\x12\xa4\x42"
#define MAPPED "\0\1\x12\x34\xc0\0\2\7"
#define COVERED "\0\1\x33\x26\xe1\x12\xa6\x43" /* 192.0.2.1 */
#define MAPPED6 "\0\2\x12\x34\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\7"

static void build(const char *cookie, unsigned type, const struct attribute attributes[3], int more)
{
    bytes_clear(&bytes);
    append16(&bytes, type);
    append16(&bytes, 0);
    append(&bytes, cookie, 4);
    append(&bytes, "transaction!", 12);
    for (int i = 0; i < 3 && attributes[i].value; i++) {
        append16(&bytes, attributes[i].type);
        append16(&bytes, attributes[i].length);
        append(&bytes, attributes[i].value, attributes[i].length);
        append(&bytes, "\0\0\0", -attributes[i].length & 3);
    }
    put16(bytes_at(&bytes) + 2, (size_t)((int)bytes_length(&bytes) - 20 + more));
}

static void forms_and_lookalikes(void **state)
{
    static const struct {
        const char *what;
        const char *cookie;
        unsigned type;
        struct attribute attributes[3];
        int more; /* what the length field lies */
        bool stream, classic;
        enum stun_outcome outcome;
        const char *mapped;
    } cases[] = {
        {"bare request", COOKIE, 1, {{0}}, 0, false, false, STUN_READ, "-"},
        {"bare request in a stream", COOKIE, 1, {{0}}, 0, true, false, STUN_READ, "-"},
        {"Allocate", COOKIE, 3, {{0x19, 4, "\x11\0\0\0"}}, 0, false, false, STUN_READ, "-"},
        {"Allocate success", COOKIE, 0x103, {{0x16, 8, COVERED}, {0x20, 8, COVERED}}, 0, false,
            false, STUN_READ, "192.0.2.1"},
        {"plain address", COOKIE, 0x101, {{1, 8, MAPPED}}, 0, false, false, STUN_READ, "192.0.2.7"},
        {"plain IPv6", COOKIE, 0x101, {{1, 20, MAPPED6}}, 0, false, false, STUN_READ,
            "2001:db8::7"},
        {"both, covered last", COOKIE, 0x101, {{1, 8, MAPPED}, {0x20, 8, COVERED}}, 0, false, false,
            STUN_READ, "192.0.2.1"},
        {"both, covered first", COOKIE, 0x101, {{0x20, 8, COVERED}, {1, 8, MAPPED}}, 0, false,
            false, STUN_READ, "192.0.2.1"},
        {"number of a draft", COOKIE, 0x101, {{0x8020, 8, COVERED}}, 0, false, false, STUN_READ,
            "192.0.2.1"},
        {"success without an address", COOKIE, 0x101, {{0}}, 0, false, false, STUN_READ, "-"},
        {"address in a request", COOKIE, 1, {{1, 8, MAPPED}}, 0, false, false, STUN_READ, "-"},
        {"padded attribute", COOKIE, 0x101, {{0x8022, 5, "hello"}, {1, 8, MAPPED}}, 0, false, false,
            STUN_READ, "192.0.2.7"},
        {"classic", "abcd", 1, {{0}}, 0, false, true, STUN_READ, "-"},
        {"classic response", "abcd", 0x101, {{1, 8, MAPPED}}, 0, false, true, STUN_READ,
            "192.0.2.7"},
        {"classic elsewhere", "abcd", 1, {{0}}, 0, false, false, STUN_NONE, "-"},
        {"classic in a stream", "abcd", 1, {{0}}, 0, true, true, STUN_NONE, "-"},
        {"classic that lies", "abcd", 1, {{0}}, 4, false, true, STUN_NONE, "-"},
        {"error response", COOKIE, 0x111, {{0}}, 0, false, false, STUN_NONE, "-"},
        {"indication", COOKIE, 0x11, {{0}}, 0, false, false, STUN_NONE, "-"},
        {"Refresh", COOKIE, 4, {{0}}, 0, false, false, STUN_NONE, "-"},
        {"top bits", COOKIE, 0x4001, {{0}}, 0, false, false, STUN_NONE, "-"},
        {"odd length", COOKIE, 1, {{0}}, 2, false, false, STUN_NONE, "-"},
        {"too long", COOKIE, 1, {{0}}, 4, false, false, STUN_BAD, "-"},
        {"too short", COOKIE, 1, {{6, 4, "user"}}, -4, false, false, STUN_BAD, "-"},
        {"rest in the next segment", COOKIE, 1, {{6, 4, "user"}}, 8, true, false, STUN_READ, "-"},
        {"another behind it", COOKIE, 1, {{6, 4, "user"}}, -8, true, false, STUN_READ, "-"},
        {"attribute across the end", COOKIE, 1, {{6, 4, "user"}}, -4, true, false, STUN_BAD, "-"},
        {"family unknown", COOKIE, 0x101, {{1, 8, "\0\3\0\0\0\0\0\0"}}, 0, false, false, STUN_BAD,
            "-"},
        {"IPv6 in four octets", COOKIE, 0x101, {{0x20, 8, "\0\2\0\0\0\0\0\0"}}, 0, false, false,
            STUN_BAD, "-"},
        {"empty address", COOKIE, 0x101, {{1, 0, ""}}, 0, false, false, STUN_BAD, "-"},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        char mapped[ADDRESS_TEXT] = "-";
        build(cases[i].cookie, cases[i].type, cases[i].attributes, cases[i].more);
        enum stun_outcome outcome =
            read_cut(bytes_at(&bytes), bytes_length(&bytes), 0, !cases[i].stream, cases[i].classic);
        if (outcome == STUN_READ)
            address_format(&stun.mapped, mapped);
        if (outcome != cases[i].outcome || strcmp(mapped, cases[i].mapped) != 0)
            fail_msg("%s: %s, %s", cases[i].what, outcomes[outcome], mapped);
    }
}

/* Cut by the capture at every octet it is what is there; cut on the wire it lies. */
static void cut_at_every_octet(void **state)
{
    (void)state;
    size_t whole = sizeof sample_ipv4 - 1, address_ends = 20 + 16 + 12;
    for (size_t held = 0; held < whole; held++) {
        enum stun_outcome outcome = read_cut(sample_ipv4, held, whole - held, true, false);
        assert_int_equal(outcome, held < 20 ? STUN_NONE : STUN_READ);
        if (held >= 20)
            assert_int_equal(stun.mapped.family, held < address_ends ? FAMILY_NONE : FAMILY_IPV4);
        outcome = read_cut(sample_ipv4, held, 0, true, false);
        assert_int_equal(outcome, held < 20 ? STUN_NONE : STUN_BAD);
        outcome = read_cut(sample_ipv4, held, 0, false, false);
        assert_int_equal(outcome, held < 20 ? STUN_NONE : STUN_READ);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_of_the_standard),
        cmocka_unit_test(forms_and_lookalikes),
        cmocka_unit_test(cut_at_every_octet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
