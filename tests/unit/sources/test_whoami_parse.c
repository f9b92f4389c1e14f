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
 *   Q|2001::1   an AAAA record
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
        fixed[1] = answers[0] == 'A'   ? ns_t_a
                   : answers[0] == 'Q' ? ns_t_aaaa
                   : answers[0] == 'C' ? ns_t_cname
                                       : ns_t_txt;
        fixed[3] = answers[0] == 'H' ? ns_c_chaos : ns_c_in;
        fixed[7] = 60;
        uint8_t *rdata = fixed + 10;
        size_t used = 0;
        if (answers[0] == 'C') {
            memcpy(rdata, "\1y", 3);
            used = 3;
        } else if (answers[0] == 'A' || answers[0] == 'Q') {
            char text[64];
            struct address address;
            memcpy(text, answers + 2, line - 2);
            text[line - 2] = '\0';
            assert_true(address_parse(text, &address));
            used = answers[0] == 'A' ? 4 : 16;
            memcpy(rdata, address.bytes, used);
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
    {"AAAA where A was asked", WHOAMI_A, "Q|2001:db8::53", WHOAMI_SILENT, "-", -1, "", ""},
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

    {"dictionary", WHOAMI_DICT,
        "T|{'ecs': 'False', 'ts': '1700000000.0', 'recursive': {'cc': 'CH', "
        "'srcip': '192.0.2.53', 'sport': '4242'}}",
        WHOAMI_SAID, "192.0.2.53", -1, "", ""},
    {"dictionary, IPv6, first", WHOAMI_DICT, "T|{'recursive': {'srcip': '2001:db8::53'}}",
        WHOAMI_SAID, "2001:db8::53", -1, "", ""},
    {"dictionary, cut", WHOAMI_DICT, "T|{'recursive': {'srcip': '192.0.2.5", WHOAMI_SILENT, "-", -1,
        "", ""},
    {"dictionary, no key", WHOAMI_DICT, "T|{'recursive': {'sport': '53'}}", WHOAMI_SILENT, "-", -1,
        "", ""},
    {"dictionary, the subnet's ip is not who asked", WHOAMI_DICT,
        "T|{'ecs_payload': {'ip': '198.51.100.0', 'mask': '24'}}", WHOAMI_SILENT, "-", -1, "", ""},
    {"dictionary of quotes", WHOAMI_DICT, "T|srcip'", WHOAMI_SILENT, "-", -1, "", ""},
    {"dictionary, not a string", WHOAMI_DICT, "T|{'srcip': 3221225781}", WHOAMI_SILENT, "-", -1, "",
        ""},
    {"dictionary, double quotes", WHOAMI_DICT, "T|{\"srcip\": \"192.0.2.53\"}", WHOAMI_SILENT, "-",
        -1, "", ""},

    {"loose, bare", WHOAMI_LOOSE, "T|192.0.2.53", WHOAMI_SAID, "192.0.2.53", -1, "", ""},
    {"loose, in words", WHOAMI_LOOSE, "T|ip: 192.0.2.53, netmask: 198.51.100.0/24", WHOAMI_SAID,
        "192.0.2.53", -1, "", ""},
    {"loose, IPv6 in brackets", WHOAMI_LOOSE, "T|[2001:db8::53]", WHOAMI_SAID, "2001:db8::53", -1,
        "", ""},
    {"loose, two addresses: which?", WHOAMI_LOOSE, "T|192.0.2.53 198.51.100.1", WHOAMI_SILENT, "-",
        -1, "", ""},
    {"loose, none", WHOAMI_LOOSE, "T|no idea", WHOAMI_SILENT, "-", -1, "", ""},
    {"loose, invented is not taken", WHOAMI_LOOSE, "T|0.0.0.0", WHOAMI_SILENT, "-", -1, "", ""},

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
        const struct whoami row = {.name = "x",
            .type = one->shape == WHOAMI_A ? ns_t_a : ns_t_txt,
            .class = ns_c_in,
            .use = WHOAMI_EGRESS,
            .shape = one->shape};
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

/* The part of our address that was given away. */
static const struct subnet_case {
    const char *situation;
    enum whoami_shape shape;
    const char *answers, *subnet;
} subnets[] = {
    {"plain", WHOAMI_PLAIN, "T|192.0.2.53\nT|edns0-client-subnet 203.0.113.0/24", "203.0.113.0/24"},
    {"plain, not a prefix", WHOAMI_PLAIN, "T|192.0.2.53\nT|edns0-client-subnet 203.0.113.0", ""},
    {"plain, nothing given away", WHOAMI_PLAIN, "T|192.0.2.53\nT|edns0-client-subnet 0.0.0.0/0",
        ""},
    {"pairs, with a scope", WHOAMI_PAIRS, "T|ns|192.0.2.53\nT|ecs|203.0.113.0/24/20",
        "203.0.113.0/24"},
    {"pairs, IPv6", WHOAMI_PAIRS, "T|ecs|2001:db8:1::/56/0\nT|ns|192.0.2.53", "2001:db8:1::/56"},
    {"pairs, host bits are not repeated", WHOAMI_PAIRS, "T|ns|192.0.2.53\nT|ecs|203.0.113.77/24/0",
        "203.0.113.0/24"},
    {"pairs, a whole address", WHOAMI_PAIRS, "T|ns|192.0.2.53\nT|ecs|203.0.113.77/32",
        "203.0.113.77/32"},
    {"pairs, too long a prefix", WHOAMI_PAIRS, "T|ns|192.0.2.53\nT|ecs|203.0.113.0/33", ""},
    {"pairs, escape sequence", WHOAMI_PAIRS, "T|ns|192.0.2.53\nT|ecs|\x1b[2J/24", ""},
    {"sentence", WHOAMI_SENTENCE,
        "T|Resolver IP: 192.0.2.53\nT|EDNS0 client subnet: 203.0.113.0/24", "203.0.113.0/24"},
    {"fields", WHOAMI_FIELDS, "T|resolver: 192.0.2.53\nT|clientSubnet: 203.0.113.0/24",
        "203.0.113.0/24"},
    {"fields, 'ECS'", WHOAMI_FIELDS,
        "T|FROM: 192.0.2.53#53 (x) (y) (UDP)\nT|ECS: 203.0.113.0/24 (Example) (Town)",
        "203.0.113.0/24"},
    {"dictionary", WHOAMI_DICT,
        "T|{'ecs_payload': {'family': '1', 'optcode': '0x08', 'cc': 'NL', 'ip': '203.0.113.0', "
        "'mask': '24', 'scope': '0'}, 'recursive': {'srcip': '192.0.2.53'}}",
        "203.0.113.0/24"},
    {"dictionary, a number", WHOAMI_DICT,
        "T|{'recursive': {'srcip': '192.0.2.53', 'ip': '1.2.3.4'}, 'ecs_payload': {'mask': 24, "
        "'ip': '203.0.113.0'}}",
        "203.0.113.0/24"},
    {"loose", WHOAMI_LOOSE, "T|ip: 192.0.2.53 ecs: 203.0.113.0/24", "203.0.113.0/24"},
    {"own zone", WHOAMI_OWN_ZONE, "T|resolver: 192.0.2.53\nT|clientSubnet: 203.0.113.0/24",
        "203.0.113.0/24"},
    {"nobody asked: nothing is believed", WHOAMI_PAIRS, "T|ecs|203.0.113.0/24", ""},
};

static void given_away(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof subnets / sizeof *subnets; i++) {
        uint8_t message[4096];
        size_t length = build(subnets[i].answers, message);
        const struct whoami row = {.name = "x",
            .type = ns_t_txt,
            .class = ns_c_in,
            .use = WHOAMI_EGRESS,
            .shape = subnets[i].shape};
        struct whoami_said said;
        whoami_parse(&row, message, length, &said);
        if (strcmp(said.subnet, subnets[i].subnet) != 0)
            fail_msg("%s: got '%s'", subnets[i].situation, said.subnet);
    }
}

/* What tells of the resolver's habits: by response code and answers. */
static const struct habit_case {
    const char *situation;
    enum whoami_use use;
    enum whoami_shape shape;
    unsigned rcode;
    const char *answers;
    enum whoami_outcome outcome;
    enum ternary validates, through;
    const char *site;
} habits[] = {
    {"a bad signature refused", WHOAMI_VALIDATES, WHOAMI_NOTHING, ns_r_servfail, "", WHOAMI_SAID,
        TERNARY_YES, TERNARY_UNKNOWN, ""},
    {"a bad signature taken", WHOAMI_VALIDATES, WHOAMI_NOTHING, 0, "A|192.0.2.1", WHOAMI_SAID,
        TERNARY_NO, TERNARY_UNKNOWN, ""},
    {"no such name says nothing of signatures", WHOAMI_VALIDATES, WHOAMI_NOTHING, ns_r_nxdomain, "",
        WHOAMI_SILENT, TERNARY_UNKNOWN, TERNARY_UNKNOWN, ""},
    {"nor does an empty answer", WHOAMI_VALIDATES, WHOAMI_NOTHING, 0, "", WHOAMI_SILENT,
        TERNARY_UNKNOWN, TERNARY_UNKNOWN, ""},
    {"nor REFUSED", WHOAMI_VALIDATES, WHOAMI_NOTHING, ns_r_refused, "", WHOAMI_REFUSED,
        TERNARY_UNKNOWN, TERNARY_UNKNOWN, ""},
    {"nor a blocker's address", WHOAMI_VALIDATES, WHOAMI_NOTHING, 0, "A|0.0.0.0", WHOAMI_INVENTED,
        TERNARY_UNKNOWN, TERNARY_UNKNOWN, ""},
    {"no such zone", WHOAMI_ABSENT, WHOAMI_NOTHING, ns_r_nxdomain, "", WHOAMI_SAID, TERNARY_UNKNOWN,
        TERNARY_UNKNOWN, ""},
    {"a zone that is not there has an address", WHOAMI_ABSENT, WHOAMI_NOTHING, 0, "A|192.0.2.1",
        WHOAMI_INVENTED, TERNARY_UNKNOWN, TERNARY_UNKNOWN, ""},
    {"a zone that is not there exists", WHOAMI_ABSENT, WHOAMI_NOTHING, 0, "", WHOAMI_INVENTED,
        TERNARY_UNKNOWN, TERNARY_UNKNOWN, ""},
    {"given up", WHOAMI_ABSENT, WHOAMI_NOTHING, ns_r_servfail, "", WHOAMI_REFUSED, TERNARY_UNKNOWN,
        TERNARY_UNKNOWN, ""},
    {"by that way", WHOAMI_THROUGH, WHOAMI_NOTHING, 0, "C\nA|192.0.2.1", WHOAMI_SAID,
        TERNARY_UNKNOWN, TERNARY_YES, ""},
    {"not by that way", WHOAMI_THROUGH, WHOAMI_NOTHING, ns_r_nxdomain, "", WHOAMI_SAID,
        TERNARY_UNKNOWN, TERNARY_NO, ""},
    {"by some way or other", WHOAMI_THROUGH, WHOAMI_NOTHING, ns_r_servfail, "", WHOAMI_REFUSED,
        TERNARY_UNKNOWN, TERNARY_UNKNOWN, ""},
    {"blocked", WHOAMI_THROUGH, WHOAMI_NOTHING, 0, "A|127.0.0.1", WHOAMI_INVENTED, TERNARY_UNKNOWN,
        TERNARY_UNKNOWN, ""},
    {"by Quad9", WHOAMI_THROUGH, WHOAMI_NAME, 0, "T|res120.qyul1.on.quad9.net", WHOAMI_SAID,
        TERNARY_UNKNOWN, TERNARY_YES, "res120.qyul1.on.quad9.net"},
    {"by OpenDNS", WHOAMI_THROUGH, WHOAMI_SERVER, 0,
        "T|flags 20 0 2F6 0\nT|server r3.yyz\nT|source 192.0.2.1:53", WHOAMI_SAID, TERNARY_UNKNOWN,
        TERNARY_YES, "r3.yyz"},
    {"a site", WHOAMI_SITE, WHOAMI_NAME, 0, "H|txl01", WHOAMI_SAID, TERNARY_UNKNOWN,
        TERNARY_UNKNOWN, "txl01"},
    {"a site with an escape sequence", WHOAMI_SITE, WHOAMI_NAME, 0, "H|\x1b[2J", WHOAMI_SAID,
        TERNARY_UNKNOWN, TERNARY_UNKNOWN, "\\027[2J"},
    {"a site of another class", WHOAMI_SITE, WHOAMI_NAME, 0, "T|txl01", WHOAMI_SILENT,
        TERNARY_UNKNOWN, TERNARY_UNKNOWN, ""},
    {"two strings", WHOAMI_SITE, WHOAMI_NAME, 0, "H|a|b", WHOAMI_SILENT, TERNARY_UNKNOWN,
        TERNARY_UNKNOWN, ""},
    {"no site", WHOAMI_SITE, WHOAMI_NAME, ns_r_notimpl, "", WHOAMI_REFUSED, TERNARY_UNKNOWN,
        TERNARY_UNKNOWN, ""},
};

static void habits_of_resolvers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof habits / sizeof *habits; i++) {
        const struct habit_case *one = &habits[i];
        uint8_t message[4096];
        size_t length = build(one->answers, message);
        message[3] = (uint8_t)(0x80 | one->rcode);
        const struct whoami row = {.name = "x",
            .type = one->shape == WHOAMI_NOTHING ? ns_t_a : ns_t_txt,
            .class = one->use == WHOAMI_SITE ? ns_c_chaos : ns_c_in,
            .use = one->use,
            .shape = one->shape};
        struct whoami_said said;
        enum whoami_outcome outcome = whoami_parse(&row, message, length, &said);
        if (outcome != one->outcome || said.validates != one->validates ||
            said.through != one->through || strcmp(said.site, one->site) != 0)
            fail_msg("%s: got outcome %d, %d, %d, '%s'", one->situation, (int)outcome,
                (int)said.validates, (int)said.through, said.site);
        assert_int_equal(said.egress.family, FAMILY_NONE);
        for (size_t cut = 0; cut < length; cut++)
            if (whoami_parse(&row, message, cut, &said) == WHOAMI_SAID && one->rcode == 0)
                fail_msg("%s: cut after %zu octets and not noticed", one->situation, cut);
    }
}

/* Fields that only an authority of the person's own says. */
static void own_fields(void **state)
{
    (void)state;
    static const struct {
        const char *answers;
        enum ternary minimises, mixes_case;
    } fields[] = {
        {"T|resolver: 192.0.2.53\nT|minimised: yes\nT|0x20: no", TERNARY_YES, TERNARY_NO},
        {"T|0x20: yes\nT|192.0.2.53", TERNARY_UNKNOWN, TERNARY_YES},
        {"T|192.0.2.53\nT|minimised: perhaps\nT|0x20: yesterday", TERNARY_UNKNOWN, TERNARY_UNKNOWN},
        {"T|minimised: yes", TERNARY_UNKNOWN, TERNARY_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        uint8_t message[4096];
        size_t length = build(fields[i].answers, message);
        const struct whoami row = {.name = "x",
            .type = ns_t_txt,
            .class = ns_c_in,
            .use = WHOAMI_EGRESS,
            .shape = WHOAMI_OWN_ZONE};
        struct whoami_said said;
        whoami_parse(&row, message, length, &said);
        if (said.minimises != fields[i].minimises || said.mixes_case != fields[i].mixes_case)
            fail_msg("%s", fields[i].answers);
    }
}

static void heads(void **state)
{
    (void)state;
    uint8_t message[4096];
    struct whoami_said said;
    const struct whoami row = {.name = "x",
        .type = ns_t_txt,
        .class = ns_c_in,
        .use = WHOAMI_EGRESS,
        .shape = WHOAMI_PLAIN};
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
        cmocka_unit_test(given_away),
        cmocka_unit_test(habits_of_resolvers),
        cmocka_unit_test(own_fields),
        cmocka_unit_test(heads),
        cmocka_unit_test(words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
