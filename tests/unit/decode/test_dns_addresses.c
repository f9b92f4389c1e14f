/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/dns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "build.h"

/* The addresses that a head brings with it. */

static struct bytes bytes;
static struct dns_head head;

static enum dns_outcome read_cut(size_t held, size_t missing)
{
    uint8_t name[NAME_WIRE_MAX], *exact = malloc(held ? held : 1);
    assert_non_null(exact);
    memcpy(exact, bytes_at(&bytes), held);
    struct cursor message = cursor_over(exact, held, missing);
    enum dns_outcome outcome = dns_read(&message, &head, name);
    free(exact);
    return outcome;
}

static const char *addresses(void)
{
    static char line[(FACT_ADDRESSES + 1) * (ADDRESS_TEXT + 1)];
    size_t at = 0;
    line[0] = '\0';
    for (unsigned i = 0; i < head.address_count; i++) {
        char text[ADDRESS_TEXT];
        at += (size_t)snprintf(line + at, sizeof line - at, "%s%s", i > 0 ? " " : "",
            address_format(&head.addresses[i], text));
    }
    return line;
}

struct record {
    const char *owner; /* with its pointer, not terminated by the root label */
    unsigned owner_length, type, class, length;
    const char *rdata;
};

#define HERE "\xC0\x0C", 2
#define FOUR(last) 4, "\xc0\0\2" last
#define SIXTEEN 16, "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"

static const struct {
    const char *what;
    unsigned questions, answers, authorities, additionals;
    struct record records[8]; /* of all sections, ends where there is no owner */
    const char *expected;
    bool edns;
} cases[] = {
    {"none", 1, 0, 0, 0, {{0}}, "", false},
    {"one", 1, 1, 0, 0, {{HERE, 1, 1, FOUR("\1")}}, "192.0.2.1", false},
    {"IPv6", 1, 1, 0, 0, {{HERE, 28, 1, SIXTEEN}}, "2001:db8::1", false},
    {"IPv4 leaves no rest of IPv6", 1, 2, 0, 0, {{HERE, 28, 1, SIXTEEN}, {HERE, 1, 1, FOUR("\1")}},
        "2001:db8::1 192.0.2.1", false},
    {"behind CNAMEs", 1, 3, 0, 1,
        {{HERE, 5, 1, 4, "\1a\xC0\x0C"}, {"\xC0\x2B", 2, 5, 1, 2, "\1b"},
            {"\1b\0", 3, 1, 1, FOUR("\7")}, {"\0", 1, 41, 1232, 0, ""}},
        "192.0.2.7", true},
    {"more than are kept", 1, 6, 0, 1,
        {{HERE, 1, 1, FOUR("\1")}, {HERE, 1, 1, FOUR("\2")}, {HERE, 1, 1, FOUR("\3")},
            {HERE, 1, 1, FOUR("\4")}, {HERE, 1, 1, FOUR("\5")}, {HERE, 1, 1, FOUR("\6")},
            {"\0", 1, 41, 1232, 0, ""}},
        "192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4", true},
    {"authority and additional records are no answers", 1, 1, 1, 2,
        {{HERE, 1, 1, FOUR("\1")}, {HERE, 1, 1, FOUR("\2")}, {HERE, 1, 1, FOUR("\3")},
            {"\0", 1, 41, 1232, 0, ""}},
        "192.0.2.1", true},
    {"other types", 1, 3, 0, 0,
        {{HERE, 16, 1, 4, "\3abc"}, {HERE, 65, 1, 4, "\0\1\0\0"}, {HERE, 28, 1, SIXTEEN}},
        "2001:db8::1", false},
    {"another class", 1, 2, 0, 0, {{HERE, 1, 3, FOUR("\1")}, {HERE, 1, 1, FOUR("\2")}}, "192.0.2.2",
        false},
    {"flush in mDNS", 1, 1, 0, 0, {{HERE, 1, 0x8001, FOUR("\1")}}, "192.0.2.1", false},
    {"announcement without a question", 0, 2, 0, 0,
        {{"\4host\5local\0", 12, 1, 0x8001, FOUR("\1")}, {HERE, 28, 0x8001, SIXTEEN}},
        "192.0.2.1 2001:db8::1", false},
    {"wrong lengths", 1, 3, 0, 0,
        {{HERE, 1, 1, SIXTEEN}, {HERE, 28, 1, FOUR("\1")}, {HERE, 1, 1, FOUR("\2")}}, "192.0.2.2",
        false},
    {"count that lies", 1, 65535, 0, 0, {{HERE, 1, 1, FOUR("\1")}}, "192.0.2.1", false},
    {"broken owner behind a good one", 1, 2, 0, 1,
        {{HERE, 1, 1, FOUR("\1")}, {"\x80", 1, 1, 1, FOUR("\2")}, {"\0", 1, 41, 1232, 0, ""}},
        "192.0.2.1", false},
};

static void build(size_t i)
{
    bytes_clear(&bytes);
    append_header(&bytes, 1, 0x8180,
        (struct counts){
            cases[i].questions, cases[i].answers, cases[i].authorities, cases[i].additionals});
    if (cases[i].questions > 0)
        append_question(&bytes, "www.example", 1, 1);
    for (const struct record *record = cases[i].records; record->owner; record++) {
        append(&bytes, record->owner, record->owner_length);
        append_record(&bytes, record->type, record->class, 60, record->rdata, record->length);
    }
}

static void addresses_of_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        build(i);
        assert_int_equal(read_cut(bytes_length(&bytes), 0), DNS_OK);
        if (strcmp(addresses(), cases[i].expected) != 0 || head.edns != cases[i].edns)
            fail_msg("%s: got \"%s\"", cases[i].what, addresses());
        for (unsigned at = 0; at < head.address_count; at++)
            for (size_t octet = 4; octet < 16 && head.addresses[at].family == FAMILY_IPV4; octet++)
                assert_int_equal(head.addresses[at].bytes[octet], 0);
    }
}

/* Cut anywhere behind the question, a message still has its head, and the addresses that are there:
 * on the wire or in the capture alone. */
static void cut_at_every_octet(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        if (cases[i].questions == 0)
            continue;
        build(i);
        size_t whole = bytes_length(&bytes), question = DNS_HEADER + 13 + 4;
        unsigned last = 0;
        for (size_t held = question; held < whole; held++) {
            assert_int_equal(read_cut(held, held % 2 ? whole - held : 0), DNS_OK);
            assert_in_range(head.address_count, last, last + 1);
            assert_int_equal(strncmp(addresses(), cases[i].expected, strlen(addresses())), 0);
            last = head.address_count;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_of_answers),
        cmocka_unit_test(cut_at_every_octet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
