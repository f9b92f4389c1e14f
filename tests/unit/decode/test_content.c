/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/content.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "build.h"
#include "decode/packet.h"
#include "decode/stream.h"

/* Whole packets whose kind is told by their octets: STUN, DNSCrypt, tunnels' beginnings. */

static struct bytes bytes;
static struct seen seen;

static const char *line_of(const struct fact *fact)
{
    static const char *const kinds[FACT_KIND_COUNT] = {"none", "question", "answer", "connect",
        "hello", "stun", "stun-answer", "peer", "socks", "http"};
    static char line[2 * NAME_TEXT_MAX];
    char address[ADDRESS_TEXT];
    snprintf(line, sizeof line, "%s %s %s %u %u>%u %s%s", kinds[fact->kind],
        transport_word((enum transport)fact->transport), name_of(fact), fact->type,
        fact->source_port, fact->destination_port,
        fact->address_count > 0 ? address_format(&fact->addresses[0], address) : "-",
        fact->flags & FACT_ICE      ? " ice"
        : fact->flags & FACT_STATUS ? " status"
                                    : "");
    return line;
}

#define TRANSACTION "\x21\x12\xa4\x42transaction!"
#define REQUEST "\0\1\0\0" TRANSACTION
#define CHECK "\0\1\0\x08" TRANSACTION "\0\6\0\4user"
#define RESPONSE "\1\1\0\x0c" TRANSACTION "\0\x20\0\x08\0\1\x33\x26\xe1\x12\xa6\x43"
#define LIAR "\0\1\0\x08" TRANSACTION "\0\6\0\x08user"
#define ENCRYPTED                                                                                  \
    "r6fnvWj8"                                                                                     \
    "0123456789abcdef0123456789abcdef"
#define ASKS                                                                                       \
    "\7\7\1\0\0\1\0\0\0\0\0\0"                                                                     \
    "\1"                                                                                           \
    "2\x0D"                                                                                        \
    "dnscrypt-cert\7example\0\0\x10\0\1"
#define ANSWERS                                                                                    \
    "\7\7\x81\x80\0\1\0\0\0\0\0\0"                                                                 \
    "\1"                                                                                           \
    "2\x0D"                                                                                        \
    "DNSCrypt-Cert\7example\0\0\x10\0\1"
#define RESET                                                                                      \
    "\x38"                                                                                         \
    "SESSIONS"                                                                                     \
    "\0\0\0\0\0"
#define IKE "SPISPISP\0\0\0\0\0\0\0\0\x21\x20\x22\x08\0\0\0\0\0\0\0\x1c"

#define PAYLOAD(octets) octets, sizeof(octets) - 1

static const char malformed[] = "malformed"; /* no fact, and one packet is blamed */

static const struct {
    const char *what;
    unsigned source, destination;
    const char *payload;
    size_t length;
    const char *udp, *tcp; /* NULL: no fact. Over TCP all but STUN has its length in front. */
} cases[] = {
    {"STUN", 40000, 3478, PAYLOAD(REQUEST), "stun udp - 1 40000>3478 -",
        "stun tcp - 1 40000>3478 -"},
    {"STUN elsewhere", 40000, 40001, PAYLOAD(REQUEST), "stun udp - 1 40000>40001 -",
        "stun tcp - 1 40000>40001 -"},
    {"check between peers", 40000, 40001, PAYLOAD(CHECK), "stun udp - 1 40000>40001 - ice",
        "stun tcp - 1 40000>40001 - ice"},
    {"STUN on the port of DNS", 40000, 53, PAYLOAD(REQUEST), "stun udp - 1 40000>53 -", NULL},
    {"response", 3478, 40000, PAYLOAD(RESPONSE), "stun-answer udp - 257 3478>40000 192.0.2.1",
        "stun-answer tcp - 257 3478>40000 192.0.2.1"},
    {"classic", 40000, 19302, PAYLOAD("\0\1\0\0nocookietransact"), "stun udp - 1 40000>19302 -",
        NULL},
    {"classic elsewhere", 40000, 19303, PAYLOAD("\0\1\0\0nocookietransact"), NULL, NULL},
    {"encrypted response", 443, 40000, PAYLOAD(ENCRYPTED), "answer dnscrypt - 0 443>40000 -",
        "answer dnscrypt - 0 443>40000 -"},
    {"encrypted response from port 53", 53, 40000, PAYLOAD(ENCRYPTED),
        "answer dnscrypt - 0 53>40000 -", "answer dnscrypt - 0 53>40000 -"},
    {"encrypted response from port 5353", 5353, 40000, PAYLOAD(ENCRYPTED),
        "answer dnscrypt - 0 5353>40000 -", "answer dnscrypt - 0 5353>40000 -"},
    {"encrypted query", 40000, 443,
        PAYLOAD("q6fnvWj8"
                "0123456789abcdef0123456789abcdef"),
        NULL, NULL},
    {"certificate", 40000, 8443, PAYLOAD(ASKS),
        "question dnscrypt 2.dnscrypt-cert.example 16 40000>8443 -", NULL},
    {"certificate on port 53", 40000, 53, PAYLOAD(ASKS),
        "question dnscrypt 2.dnscrypt-cert.example 16 40000>53 -",
        "question dnscrypt 2.dnscrypt-cert.example 16 40000>53 -"},
    {"certificate's answer", 8443, 40000, PAYLOAD(ANSWERS),
        "answer dnscrypt 2.DNSCrypt-Cert.example 16 8443>40000 -", NULL},
    {"certificate, name cut", 40000, 8443,
        PAYLOAD("\7\7\1\0\0\1\0\0\0\0\0\0"
                "\1"
                "2\x0D"
                "dnscrypt-cert\7exa"),
        NULL, NULL},
    {"look-up elsewhere", 40000, 8443,
        PAYLOAD("\7\7\1\0\0\1\0\0\0\0\0\0"
                "\1"
                "3\x0D"
                "dnscrypt-cert\7example\0\0\x10\0\1"),
        NULL, NULL},
    {"look-up on Tor's port", 40000, 9053, PAYLOAD("\7\7\1\0\0\1\0\0\0\0\0\0\7example\0\0\1\0\1"),
        "question udp example 1 40000>9053 -", NULL},
    {"something on Tor's port", 40000, 9053, PAYLOAD("something, and not much of it"), NULL, NULL},
    {"OpenVPN", 40000, 1194, PAYLOAD(RESET), "peer udp - 1 40000>1194 -",
        "peer tcp - 1 40000>1194 -"},
    {"OpenVPN on the port of DNS", 40000, 53, PAYLOAD(RESET), "peer udp - 1 40000>53 -", NULL},
    {"the same with tls-crypt", 40000, 53,
        PAYLOAD("\x38SESSIONS\0\0\0\1time0123456789abcdef0123456789abcdef....."),
        "peer udp - 1 40000>53 -", "peer tcp - 1 40000>53 -"},
    {"OpenVPN's data on the port of DNS", 40000, 53,
        PAYLOAD("\x48\0\0\0\0\1\0\x17"
                "noise with no name in it"),
        malformed, NULL},
    {"WireGuard's data on the port of DNS", 40000, 53,
        PAYLOAD("\4\0\0\0\x12\x34\x56\x78\7\0\0\0\0\0\0\0"
                "sixteen octets.."),
        NULL, NULL},
    {"its answer", 53, 40000,
        PAYLOAD("\4\0\0\0\x12\x34\x56\x78\7\0\0\0\0\0\0\0"
                "sixteen octets.."),
        NULL, NULL},
    {"a question with that ID and length", 40000, 53,
        PAYLOAD("\4\0\0\0\0\1\0\0\0\0\0\0"
                "\x0e"
                "fourteenoctets\0\0\1\0\1"),
        "question udp fourteenoctets 1 40000>53 -", "question tcp fourteenoctets 1 40000>53 -"},
    {"IKE", 500, 500, PAYLOAD(IKE), "peer udp - 2 500>500 -", NULL},
    {"ESP in UDP", 4500, 4500, PAYLOAD("\1\2\3\4\0\0\0\1noise"), "peer udp - 3 4500>4500 -", NULL},
    {"something", 40000, 50000, PAYLOAD("something, and not much of it"), NULL, NULL},
    {"one octet", 40000, 50000, PAYLOAD("\xff"), NULL, NULL},
};

static void begin(size_t i)
{
    seen_begin(&seen);
    bytes_clear(&bytes);
    append(&bytes, cases[i].payload, cases[i].length);
}

static void expect(const char *what, const char *expected)
{
    unsigned blamed = expected == malformed;
    expected = expected == malformed ? NULL : expected;
    const char *got = seen.count == 1 ? line_of(&seen.facts[0]) : NULL;
    if ((got == NULL) != (expected == NULL) || seen.count > 1 ||
        (got && strcmp(got, expected) != 0))
        fail_msg("%s: got %s", what, got ? got : seen.count > 1 ? "too much" : "nothing");
    if (packet_counts(seen.decoder)->malformed != blamed)
        fail_msg("%s: malformed", what);
    assert_int_equal(packet_counts(seen.decoder)->undecoded, 0);
    seen_end(&seen);
}

static bool is_stun(size_t i)
{
    return cases[i].udp && strncmp(cases[i].udp, "stun", 4) == 0;
}

static void datagrams(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        for (int family = 4; family <= 6; family += 2) {
            begin(i);
            wrap_udp(&bytes, cases[i].source, cases[i].destination);
            family == 4 ? wrap_ipv4(&bytes, 17) : wrap_ipv6(&bytes, 17);
            decode(&seen, RAW, &bytes, 1);
            expect(cases[i].what, cases[i].udp);
        }
    }
}

static void segments(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        if (is_stun(i) && cases[i].destination == 53)
            continue; /* a stream of DNS */
        begin(i);
        if (!is_stun(i))
            wrap_length(&bytes);
        wrap_tcp(&bytes, cases[i].source, cases[i].destination, 1000, 0x18);
        wrap_ipv4(&bytes, 6);
        decode(&seen, RAW, &bytes, 1);
        expect(cases[i].what, cases[i].tcp);
    }
}

/* Cut by the capture at every octet: nothing is read that is not there, nobody is blamed. */
static void cut_at_every_octet(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        bool peer = cases[i].udp && strncmp(cases[i].udp, "peer", 4) == 0;
        if (cases[i].udp == malformed || (peer && cases[i].destination == 53))
            continue; /* no look-up, on a port where there should be one */
        begin(i);
        wrap_udp(&bytes, cases[i].source, cases[i].destination);
        wrap_ipv4(&bytes, 17);
        for (size_t held = 0; held < bytes_length(&bytes); held++)
            decode_cut(&seen, RAW, bytes_at(&bytes), held, bytes_length(&bytes), 1);
        assert_int_equal(packet_counts(seen.decoder)->malformed, 0);
        seen_end(&seen);
    }
}

static void liars(void **state)
{
    static const struct {
        unsigned port;
        bool tcp;
        unsigned malformed;
    } where[] = {
        {3478, false, 1}, {3478, true, 1}, {3479, false, 1}, {40001, false, 0}, {443, true, 0}};
    (void)state;
    for (size_t i = 0; i < LENGTH(where); i++) {
        seen_begin(&seen);
        bytes_clear(&bytes);
        append(&bytes, LIAR, sizeof LIAR - 1);
        if (where[i].tcp)
            wrap_tcp(&bytes, 40000, where[i].port, 1, 0x18);
        else
            wrap_udp(&bytes, 40000, where[i].port);
        wrap_ipv4(&bytes, where[i].tcp ? 6 : 17);
        decode(&seen, RAW, &bytes, 1);
        assert_int_equal(seen.count, 0);
        assert_int_equal(packet_counts(seen.decoder)->malformed, where[i].malformed);
        seen_end(&seen);
    }
}

/* The same transaction has the same number in request and response, another one another. */
static void transactions(void **state)
{
    static const char *const payloads[] = {
        REQUEST, RESPONSE, "\0\1\0\0\x21\x12\xa4\x42Transaction!"};
    static const size_t lengths[] = {sizeof REQUEST - 1, sizeof RESPONSE - 1, sizeof REQUEST - 1};
    (void)state;
    seen_begin(&seen);
    for (size_t i = 0; i < LENGTH(payloads); i++) {
        bytes_clear(&bytes);
        append(&bytes, payloads[i], lengths[i]);
        wrap_udp(&bytes, 40000, 40001);
        wrap_ipv4(&bytes, 17);
        decode(&seen, RAW, &bytes, 1);
    }
    assert_int_equal(seen.count, 3);
    assert_int_not_equal(seen.facts[0].id, 0);
    assert_int_equal(seen.facts[0].id, seen.facts[1].id);
    assert_int_not_equal(seen.facts[0].id, seen.facts[2].id);
    seen_end(&seen);
}

/* ESP itself, and which way a tunnel's packets went. */
static void tunnels(void **state)
{
    static const struct {
        unsigned packet_type; /* of the cooked header */
        unsigned sequence;
        unsigned facts;
    } packets[] = {{4, 1, 1}, {4, 2, 0}, {4, 0x401, 1}, {4, 0x400, 0}, {0, 1, 0}, {0, 0x401, 0}};
    (void)state;
    for (size_t i = 0; i < LENGTH(packets); i++) {
        for (int family = 4; family <= 6; family += 2) {
            seen_begin(&seen);
            bytes_clear(&bytes);
            append(&bytes, "\1\2\3\4\0\0\0\0noise, as it looks", 25);
            put32(bytes_at(&bytes) + 4, packets[i].sequence);
            family == 4 ? wrap_ipv4(&bytes, 50) : wrap_ipv6(&bytes, 50);
            uint8_t *cooked = prepend(&bytes, 20);
            put16(cooked, family == 4 ? 0x0800 : 0x86DD);
            cooked[7] = 2;
            cooked[10] = (uint8_t)packets[i].packet_type;
            decode(&seen, SLL2, &bytes, 1);
            assert_int_equal(seen.count, packets[i].facts);
            if (seen.count > 0)
                assert_string_equal(line_of(&seen.facts[0]), "peer udp - 3 0>0 -");
            assert_int_equal(packet_counts(seen.decoder)->undecoded, 0);
            seen_end(&seen);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(datagrams),
        cmocka_unit_test(segments),
        cmocka_unit_test(cut_at_every_octet),
        cmocka_unit_test(liars),
        cmocka_unit_test(transactions),
        cmocka_unit_test(tunnels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
