/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/nameser.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "sources/whoami_parse.h"

/* A message with the question "x." and answers from a small language, records separated by '\n':
 *   T|one|two   a TXT record of the strings "one" and "two"
 *   A|1.2.3.4   an A record
 *   C           a CNAME to "y."
 *   H|one       a TXT record of class CH */
static size_t build(const char *answers, uint8_t out[static 4096])
{
    static const uint8_t head[] = {
        0x12, 0x34, 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'x', 0, 0, 16, 0, 1};
    size_t at = sizeof head, count = 0;
    memcpy(out, head, sizeof head);
    while (answers[0]) {
        size_t line = strcspn(answers, "\n");
        static const uint8_t owner[] = {0xC0, 12};
        memcpy(out + at, owner, sizeof owner);
        uint8_t *fixed = out + at + sizeof owner;
        memset(fixed, 0, 10);
        fixed[1] = answers[0] == 'A' ? ns_t_a : answers[0] == 'C' ? ns_t_cname : ns_t_txt;
        fixed[3] = answers[0] == 'H' ? ns_c_chaos : ns_c_in;
        fixed[7] = 60;
        uint8_t *rdata = fixed + 10;
        size_t used = 0;
        if (answers[0] == 'C') {
            memcpy(rdata, "\1y", 3);
            used = 3;
        } else if (answers[0] == 'A') {
            char text[64];
            struct address address;
            memcpy(text, answers + 2, line - 2);
            text[line - 2] = '\0';
            assert_true(address_parse(text, &address));
            memcpy(rdata, address.bytes, 4);
            used = 4;
        } else {
            size_t from = 1;
            while (from < line && answers[from] == '|') {
                size_t length = strcspn(answers + from + 1, "|\n");
                rdata[used++] = (uint8_t)length;
                memcpy(rdata + used, answers + from + 1, length);
                used += length;
                from += 1 + length;
            }
        }
        fixed[8] = (uint8_t)(used >> 8);
        fixed[9] = (uint8_t)used;
        at += sizeof owner + 10 + used;
        count++;
        answers += line + (answers[line] == '\n');
    }
    out[7] = (uint8_t)count;
    return at;
}

struct answer_case {
    const char *situation;
    enum whoami_shape shape;
    const char *answers;
    enum whoami_outcome outcome;
    const char *egress; /* "-" none */
    int64_t asn;
    const char *org, *country;
};

static const struct answer_case cases[] = {
    {"the one A record", WHOAMI_A, "A|192.0.2.53", WHOAMI_SAID, "192.0.2.53", -1, "", ""},
    {"a CNAME before it", WHOAMI_A, "C\nA|192.0.2.53", WHOAMI_SAID, "192.0.2.53", -1, "", ""},
    {"two A records: a pool, not an answer", WHOAMI_A, "A|192.0.2.53\nA|192.0.2.54", WHOAMI_SILENT,
        "-", -1, "", ""},
    {"the same twice", WHOAMI_A, "A|192.0.2.53\nA|192.0.2.53", WHOAMI_SAID, "192.0.2.53", -1, "",
        ""},
    {"blocked by 0.0.0.0", WHOAMI_A, "A|0.0.0.0", WHOAMI_INVENTED, "-", -1, "", ""},
    {"blocked by 127.0.0.1", WHOAMI_A, "A|127.0.0.1", WHOAMI_INVENTED, "-", -1, "", ""},
    {"a fake address of a tunnelling proxy", WHOAMI_A, "A|198.18.0.5", WHOAMI_INVENTED, "-", -1, "",
        ""},
    {"no record", WHOAMI_A, "", WHOAMI_SILENT, "-", -1, "", ""},
    {"a text where an address belongs", WHOAMI_A, "T|192.0.2.53", WHOAMI_SILENT, "-", -1, "", ""},

    {"plain", WHOAMI_PLAIN, "T|192.0.2.53", WHOAMI_SAID, "192.0.2.53", -1, "", ""},
    {"plain, IPv6", WHOAMI_PLAIN, "T|2001:db8::53", WHOAMI_SAID, "2001:db8::53", -1, "", ""},
    {"subnet behind it", WHOAMI_PLAIN, "T|192.0.2.53\nT|edns0-client-subnet 198.51.100.0/24",
        WHOAMI_SAID, "192.0.2.53", -1, "", ""},
    {"subnet before it", WHOAMI_PLAIN, "T|edns0-client-subnet 198.51.100.0/24\nT|192.0.2.53",
        WHOAMI_SAID, "192.0.2.53", -1, "", ""},
    {"subnet alone", WHOAMI_PLAIN, "T|edns0-client-subnet 198.51.100.0/24", WHOAMI_SILENT, "-", -1,
        "", ""},
    {"a prefix is no address", WHOAMI_PLAIN, "T|198.51.100.0/24", WHOAMI_SILENT, "-", -1, "", ""},
    {"two different addresses", WHOAMI_PLAIN, "T|192.0.2.53\nT|192.0.2.54", WHOAMI_SILENT, "-", -1,
        "", ""},
    {"two strings", WHOAMI_PLAIN, "T|192.0.2.53|192.0.2.54", WHOAMI_SILENT, "-", -1, "", ""},
    {"an empty string", WHOAMI_PLAIN, "T|", WHOAMI_SILENT, "-", -1, "", ""},
    {"class CH", WHOAMI_PLAIN, "H|192.0.2.53", WHOAMI_SILENT, "-", -1, "", ""},
    {"control octets", WHOAMI_PLAIN, "T|\x1b[2J192.0.2.53", WHOAMI_SILENT, "-", -1, "", ""},

    {"pairs", WHOAMI_PAIRS, "T|ns|192.0.2.53", WHOAMI_SAID, "192.0.2.53", -1, "", ""},
    {"pairs with subnet, any order", WHOAMI_PAIRS,
        "T|ip|198.51.100.9\nT|ecs|198.51.100.0/24/24\nT|ns|2001:db8::53", WHOAMI_SAID,
        "2001:db8::53", -1, "", ""},
    {"the made-up ip is not the resolver", WHOAMI_PAIRS,
        "T|ecs|198.51.100.0/24/24\nT|ip|198.51.100.9", WHOAMI_SILENT, "-", -1, "", ""},
    {"a longer key", WHOAMI_PAIRS, "T|nsid|192.0.2.53", WHOAMI_SILENT, "-", -1, "", ""},
    {"key without value", WHOAMI_PAIRS, "T|ns", WHOAMI_SILENT, "-", -1, "", ""},
    {"three strings", WHOAMI_PAIRS, "T|ns|192.0.2.53|192.0.2.54", WHOAMI_SILENT, "-", -1, "", ""},

    {"sentence", WHOAMI_SENTENCE,
        "T|The CD flag was not set\nT|Resolver IP: 192.0.2.53\nT|EDNS0 client subnet: "
        "198.51.100.0/24",
        WHOAMI_SAID, "192.0.2.53", -1, "", ""},
    {"sentence without address", WHOAMI_SENTENCE, "T|Resolver IP: unknown", WHOAMI_SILENT, "-", -1,
        "", ""},
    {"subnet sentence only", WHOAMI_SENTENCE, "T|EDNS0 client subnet: 198.51.100.1", WHOAMI_SILENT,
        "-", -1, "", ""},

    {"fields, 'resolver'", WHOAMI_FIELDS,
        "T|id: 7\nT|proto: UDP\nT|resolver: 192.0.2.53\nT|resolverGeo: Town, CH\n"
        "T|resolverOrg: AS64500 Example Networks\nT|clientSubnet: 198.51.100.0/24",
        WHOAMI_SAID, "192.0.2.53", 64500, "Example Networks", ""},
    {"fields, 'remoteIp'", WHOAMI_FIELDS,
        "T|id: 7\nT|proto: UDP\nT|remoteIp: 2001:db8::53\nT|remotePort: 4242\n"
        "T|remoteOrg: AS64500 Example Networks",
        WHOAMI_SAID, "2001:db8::53", 64500, "Example Networks", ""},
    {"fields, 'FROM'", WHOAMI_FIELDS,
        "T|FROM: 192.0.2.53#4242 (Example (Networks) AG) (Town) (UDP)\nT|ID: 7", WHOAMI_SAID,
        "192.0.2.53", -1, "Example (Networks) AG", ""},
    {"fields, 'FROM' with IPv6 and nothing else", WHOAMI_FIELDS, "T|FROM: 2001:db8::53#4242",
        WHOAMI_SAID, "2001:db8::53", -1, "", ""},
    {"fields, parenthesis never closed", WHOAMI_FIELDS, "T|FROM: 192.0.2.53#4242 (Exam",
        WHOAMI_SAID, "192.0.2.53", -1, "", ""},
    {"fields, escape sequence in the network", WHOAMI_FIELDS,
        "T|resolver: 192.0.2.53\nT|resolverOrg: \x1b[31mred", WHOAMI_SAID, "192.0.2.53", -1,
        "\\027[31mred", ""},
    {"fields, nothing of interest", WHOAMI_FIELDS, "T|id: 7\nT|ECS: 198.51.100.0/24", WHOAMI_SILENT,
        "-", -1, "", ""},
    {"fields, plain is not enough", WHOAMI_FIELDS, "T|192.0.2.53", WHOAMI_SILENT, "-", -1, "", ""},

    {"quoted", WHOAMI_QUOTED, "T|ip='192.0.2.53' as='64500' isp='Example Networks' country='ch'",
        WHOAMI_SAID, "192.0.2.53", 64500, "Example Networks", "CH"},
    {"quoted, other order", WHOAMI_QUOTED, "T|country='CH' isp='' ip='2001:db8::53'", WHOAMI_SAID,
        "2001:db8::53", -1, "", "CH"},
    {"quoted, cut", WHOAMI_QUOTED, "T|ip='192.0.2.5", WHOAMI_SILENT, "-", -1, "", ""},
    {"quoted, no quotes", WHOAMI_QUOTED, "T|ip=192.0.2.53", WHOAMI_SILENT, "-", -1, "", ""},
    {"quoted, key in a value", WHOAMI_QUOTED, "T|isp='ip=' x='1'", WHOAMI_SILENT, "-", -1, "", ""},
    {"quoted, only signs", WHOAMI_QUOTED, "T|=====''''", WHOAMI_SILENT, "-", -1, "", ""},

    {"own zone, plain", WHOAMI_OWN_ZONE, "T|192.0.2.53", WHOAMI_SAID, "192.0.2.53", -1, "", ""},
    {"own zone, field", WHOAMI_OWN_ZONE, "T|resolver: 192.0.2.53", WHOAMI_SAID, "192.0.2.53", -1,
        "", ""},
};

static void answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct answer_case *one = &cases[i];
        uint8_t message[4096];
        char egress[ADDRESS_TEXT];
        size_t length = build(one->answers, message);
        const struct whoami row = {
            .name = "x", .type = one->shape == WHOAMI_A ? ns_t_a : ns_t_txt, .shape = one->shape};
        struct whoami_said said;
        enum whoami_outcome outcome = whoami_parse(&row, message, length, &said);
        address_format(&said.egress, egress);
        if (outcome != one->outcome || strcmp(egress, one->egress) != 0 ||
            said.network.asn != one->asn || strcmp(said.network.org, one->org) != 0 ||
            strcmp(said.network.country, one->country) != 0)
            fail_msg("%s: got outcome %d, %s, AS%lld, '%s', '%s'", one->situation, (int)outcome,
                egress, (long long)said.network.asn, said.network.org, said.network.country);
        /* However much of it is missing, no address comes of it, and nothing behind it is read. */
        for (size_t cut = 0; cut < length; cut++) {
            uint8_t piece[4096];
            memcpy(piece + sizeof piece - cut, message, cut);
            if (whoami_parse(&row, piece + sizeof piece - cut, cut, &said) != WHOAMI_MALFORMED)
                fail_msg("%s: cut after %zu octets and not noticed", one->situation, cut);
            assert_int_equal(said.egress.family, FAMILY_NONE);
        }
    }
}

static void heads(void **state)
{
    (void)state;
    uint8_t message[4096];
    struct whoami_said said;
    const struct whoami row = {.name = "x", .type = ns_t_txt, .shape = WHOAMI_PLAIN};
    size_t length = build("T|192.0.2.53", message);
    message[2] = 0x01; /* a question, not a response */
    assert_int_equal(whoami_parse(&row, message, length, &said), WHOAMI_MALFORMED);
    message[2] = 0x81;
    message[3] = 0x83; /* NXDOMAIN with an answer in it */
    assert_int_equal(whoami_parse(&row, message, length, &said), WHOAMI_SILENT);
    message[3] = 0x80;
    message[7] = 200; /* more answers claimed than there are */
    assert_int_equal(whoami_parse(&row, message, length, &said), WHOAMI_MALFORMED);
    message[7] = 1;
    message[length - 11] = 255; /* a string longer than its record */
    assert_int_equal(whoami_parse(&row, message, length, &said), WHOAMI_SILENT);
    assert_int_equal(said.egress.family, FAMILY_NONE);
}

static void words(void **state)
{
    (void)state;
    for (unsigned i = 0; i < WHOAMI_OUTCOMES; i++)
        assert_int_equal(whoami_outcome_word((enum whoami_outcome)i)[0] == '\0', i == WHOAMI_SAID);
    assert_string_equal(whoami_outcome_word((enum whoami_outcome)99), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers),
        cmocka_unit_test(heads),
        cmocka_unit_test(words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
