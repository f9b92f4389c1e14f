/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "build.h"
#include "decode/stream.h"

static struct bytes bytes;
static struct seen seen;

/* Everything that one packet says, in one line. */
static const char *line_of(const struct fact *fact)
{
    static const char *const kinds[FACT_KIND_COUNT] = {"none", "question", "answer", "connect"};
    static char line[2 * NAME_TEXT_MAX];
    char type[RRTYPE_TEXT], source[ADDRESS_TEXT], destination[ADDRESS_TEXT];
    snprintf(line, sizeof line, "%s %s %s %s %s:%u>%s:%u", kinds[fact->kind],
        transport_word((enum transport)fact->transport), name_of(fact),
        rrtype_format(fact->type, type), address_format(&fact->source, source), fact->source_port,
        address_format(&fact->destination, destination), fact->destination_port);
    return line;
}

static void ports_and_protocols(void **state)
{
    static const struct {
        const char *what;
        unsigned source, destination, flags;
        const char *expected; /* NULL: no fact */
    } cases[] = {
        {"query", 40000, 53, 0x0100, "question udp a.example A 192.0.2.1:40000>198.51.100.53:53"},
        {"response", 53, 40000, 0x8180, "answer udp a.example A 192.0.2.1:53>198.51.100.53:40000"},
        {"both on 53", 53, 53, 0, "question udp a.example A 192.0.2.1:53>198.51.100.53:53"},
        {"query from 53", 53, 40000, 0,
            "question udp a.example A 192.0.2.1:53>198.51.100.53:40000"},
        {"response to 53", 40000, 53, 0x8000,
            "answer udp a.example A 192.0.2.1:40000>198.51.100.53:53"},
        {"mDNS", 5353, 5353, 0, "question mdns a.example A 192.0.2.1:5353>198.51.100.53:5353"},
        {"mDNS, one shot", 40000, 5353, 0,
            "question mdns a.example A 192.0.2.1:40000>198.51.100.53:5353"},
        {"mDNS, unicast response", 5353, 40000, 0x8400,
            "answer mdns a.example A 192.0.2.1:5353>198.51.100.53:40000"},
        {"DNS from port 5353", 5353, 53, 0,
            "question udp a.example A 192.0.2.1:5353>198.51.100.53:53"},
        {"LLMNR", 40000, 5355, 0, "question llmnr a.example A 192.0.2.1:40000>198.51.100.53:5355"},
        {"LLMNR response", 5355, 40000, 0x8000,
            "answer llmnr a.example A 192.0.2.1:5355>198.51.100.53:40000"},
        {"update", 40000, 53, 0x2800, "question udp a.example A 192.0.2.1:40000>198.51.100.53:53"},
        {"another port", 40000, 54, 0, NULL},
        {"DoT's port over UDP", 40000, 853, 0, NULL},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        seen_begin(&seen);
        query(&bytes, "a.example", 1);
        put16(bytes_at(&bytes) + 2, cases[i].flags);
        wrap_udp(&bytes, cases[i].source, cases[i].destination);
        wrap_ipv4(&bytes, 17);
        decode(&seen, RAW, &bytes, 1);
        const char *got = seen.count == 1 ? line_of(&seen.facts[0]) : NULL;
        if ((got == NULL) != (cases[i].expected == NULL) || seen.count > 1 ||
            (got && strcmp(got, cases[i].expected) != 0))
            fail_msg("%s: got %s", cases[i].what, got ? got : "nothing");
        assert_int_equal(packet_counts(seen.decoder)->malformed, 0);
        seen_end(&seen);
    }
}

static void all_fields_of_a_fact(void **state)
{
    (void)state;
    seen_begin(&seen);
    bytes_clear(&bytes);
    append_header(&bytes, 0xABCD, 0x8303, (struct counts){1, 7, 0, 1});
    put16(bytes_at(&bytes) + 6, 0);
    append_question(&bytes, "WwW.Example", 0xFF00, 3);
    append(&bytes, "\0", 1);
    append_record(&bytes, 41, 1232, 0x02000000, "", 0);
    put16(bytes_at(&bytes) + 6, 0);
    wrap_udp(&bytes, 53, 1024);
    wrap_ipv6(&bytes, 17);
    memcpy(prepend(&bytes, 20), "\x86\xDD\0\0\0\0\0\x11\xFF\xFE\4\0\0\0\0\0\0\0\0\0", 20);
    decode(&seen, SLL2, &bytes, 1732478403118000001);
    assert_int_equal(seen.count, 1);
    const struct fact *fact = &seen.facts[0];
    assert_true(fact->time_ns == 1732478403118000001);
    assert_int_equal(fact->interface, 17);
    assert_int_equal(fact->link_type, 0xFFFE);
    assert_int_equal(fact->direction, DIRECTION_OUT);
    assert_int_equal(fact->flags, FACT_TRUNCATED | FACT_RECURSION | FACT_EDNS);
    assert_int_equal(fact->rcode, 35);
    assert_int_equal(fact->id, 0xABCD);
    assert_int_equal(fact->type, 0xFF00);
    assert_int_equal(fact->class, 3);
    assert_int_equal(fact->answers, 0);
    assert_string_equal(
        line_of(fact), "answer udp WwW.Example TYPE65280 2001:db8::1:53>2001:db8::53:1024");
    /* An IPv4 address leaves no rest of another in its octets. */
    query(&bytes, "a.example", 1);
    wrap_udp(&bytes, 40000, 53);
    wrap_ipv4(&bytes, 17);
    decode(&seen, RAW, &bytes, 1);
    struct address expected = address_from_ipv4((const uint8_t[]){192, 0, 2, 1});
    assert_memory_equal(&seen.facts[1].source, &expected, sizeof expected);
    assert_int_equal(seen.facts[1].interface, 3);
    assert_int_equal(seen.facts[1].rcode, 0);
    seen_end(&seen);
}

static void names_of_the_local_link(void **state)
{
    (void)state;
    /* mDNS: the top bit of the class is no part of it; an announcement has no question. */
    seen_begin(&seen);
    query(&bytes, "_ipp._tcp.local", 12);
    put16(bytes_at(&bytes) + bytes_length(&bytes) - 2, 0x8001);
    wrap_udp(&bytes, 5353, 5353);
    wrap_ipv4(&bytes, 17);
    decode(&seen, RAW, &bytes, 1);
    bytes_clear(&bytes);
    append_header(&bytes, 0, 0x8400, (struct counts){0, 1, 0, 0});
    append_name(&bytes, "laptop.local");
    append_record(&bytes, 28, 0x8001, 120, "\x20\1\xD\xB8\0\0\0\0\0\0\0\0\0\0\0\1", 16);
    wrap_udp(&bytes, 5353, 5353);
    wrap_ipv6(&bytes, 17);
    decode(&seen, RAW, &bytes, 1);
    assert_int_equal(seen.count, 2);
    assert_int_equal(seen.facts[0].class, 1);
    assert_int_equal(seen.facts[1].class, 1);
    assert_string_equal(line_of(&seen.facts[1]),
        "answer mdns laptop.local AAAA 2001:db8::1:5353>2001:db8::53:5353");
    assert_int_equal(seen.facts[1].answers, 1);

    /* NBNS: query for the wildcard, registration, response without question. */
    static const char encoded[] = "\x20"
                                  "EGFCEFEECACACACACACACACACACACACA";
    for (unsigned i = 0; i < 3; i++) {
        static const unsigned flags[] = {0x0110, 0x2910, 0x8500};
        bytes_clear(&bytes);
        append_header(&bytes, 5, flags[i], (struct counts){i < 2, i == 2, 0, i == 1});
        append(&bytes, encoded, sizeof encoded);
        if (i < 2) {
            append(&bytes, "\0\x20\0\1", 4);
            append(&bytes, "\xC0\x0C", 2);
        }
        append_record(&bytes, 32, 1, 300, "\0\0\xC0\0\2\1", 6);
        wrap_udp(&bytes, 137, 137);
        wrap_ipv4(&bytes, 17);
        decode(&seen, RAW, &bytes, 1);
        assert_int_equal(seen.count, 3 + i);
        assert_string_equal(line_of(&seen.facts[2 + i]),
            i < 2 ? "question nbns FRED NB 192.0.2.1:137>198.51.100.53:137"
                  : "answer nbns FRED NB 192.0.2.1:137>198.51.100.53:137");
    }
    assert_int_equal(packet_counts(seen.decoder)->malformed, 0);

    /* A name on port 137 that is not encoded so is none. */
    query(&bytes, "fred.example", 32);
    wrap_udp(&bytes, 137, 137);
    wrap_ipv4(&bytes, 17);
    decode(&seen, RAW, &bytes, 1);
    assert_int_equal(seen.count, 5);
    assert_int_equal(packet_counts(seen.decoder)->malformed, 1);

    /* LLMNR: the bit of RD says "tentative". */
    query(&bytes, "fred", 1);
    wrap_udp(&bytes, 40000, 5355);
    wrap_ipv4(&bytes, 17);
    decode(&seen, RAW, &bytes, 1);
    assert_int_equal(seen.facts[5].flags, 0);
    seen_end(&seen);
}

static void connections(void **state)
{
    static const struct {
        const char *what;
        unsigned port, flags;
        const char *expected;
    } cases[] = {
        {"SYN", 443, TCP_SYN, "connect tcp - TYPE0 192.0.2.1:40000>198.51.100.53:443"},
        {"SYN with ECN", 443, TCP_SYN | 0xC0,
            "connect tcp - TYPE0 192.0.2.1:40000>198.51.100.53:443"},
        {"SYN to DNS", 53, TCP_SYN, "connect tcp - TYPE0 192.0.2.1:40000>198.51.100.53:53"},
        {"SYN and ACK", 443, TCP_SYN | TCP_ACK, NULL},
        {"ACK", 443, TCP_ACK, NULL},
        {"RST", 443, TCP_RST, NULL},
        {"SYN and RST", 443, TCP_SYN | TCP_RST, NULL},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        seen_begin(&seen);
        bytes_clear(&bytes);
        wrap_tcp(&bytes, 40000, cases[i].port, 1, cases[i].flags);
        wrap_ipv4(&bytes, 6);
        decode(&seen, RAW, &bytes, 1);
        const char *got = seen.count == 1 ? line_of(&seen.facts[0]) : NULL;
        if ((got == NULL) != (cases[i].expected == NULL) ||
            (got && strcmp(got, cases[i].expected) != 0))
            fail_msg("%s: got %s", cases[i].what, got ? got : "nothing");
        seen_end(&seen);
    }
}

static void tcp_of_both_protocols(void **state)
{
    (void)state;
    seen_begin(&seen);
    for (int i = 0; i < 2; i++) {
        query(&bytes, "tcp.example", 1);
        wrap_length(&bytes);
        wrap_tcp(&bytes, 40000, i == 0 ? 53 : 5355, 1, TCP_ACK);
        wrap_ipv6(&bytes, 6);
        decode(&seen, RAW, &bytes, 1);
    }
    assert_int_equal(seen.count, 2);
    assert_string_equal(
        line_of(&seen.facts[0]), "question tcp tcp.example A 2001:db8::1:40000>2001:db8::53:53");
    assert_string_equal(line_of(&seen.facts[1]),
        "question llmnr tcp.example A 2001:db8::1:40000>2001:db8::53:5355");
    seen_end(&seen);
}

/* One message, with what lengths and padding around it say. */
static void lengths(void **state)
{
    static const struct {
        const char *what;
        int udp, ip; /* difference of the length fields to the truth; -1000: zero */
        size_t padding;
        unsigned questions, malformed;
    } cases[] = {
        {"true", 0, 0, 0, 1, 0},
        {"padded by Ethernet", 0, 0, 20, 1, 0},
        {"UDP length zero", -1000, 0, 0, 1, 0},
        {"IP length zero", 0, -1000, 0, 1, 0},
        {"UDP length within its header", -40, 0, 0, 0, 1},
        {"UDP length one less", -1, 0, 0, 0, 1},
        {"UDP length one less, padding in reach", -1, 0, 20, 0, 1},
        {"UDP length one more", 1, 0, 0, 1, 0},
        {"UDP length one more, padding in reach", 1, 0, 20, 1, 0},
        {"IP length one less", 0, -1, 0, 0, 1},
        {"IP length one less, padding in reach", 0, -1, 20, 0, 1},
    };
    (void)state;
    for (int version = 4; version <= 6; version += 2) {
        for (size_t i = 0; i < LENGTH(cases); i++) {
            seen_begin(&seen);
            query(&bytes, "lengths.example", 1);
            wrap_udp(&bytes, 40000, 53);
            size_t udp = bytes_length(&bytes) + cases[i].udp;
            put16(bytes_at(&bytes) + 4, cases[i].udp == -1000 ? 0 : udp);
            if (version == 4)
                wrap_ipv4(&bytes, 17);
            else
                wrap_ipv6(&bytes, 17);
            size_t ip = bytes_length(&bytes) - (version == 4 ? 0 : 40) + cases[i].ip;
            put16(bytes_at(&bytes) + (version == 4 ? 2 : 4), cases[i].ip == -1000 ? 0 : ip);
            for (size_t j = 0; j < cases[i].padding; j++)
                append(&bytes, "\0", 1);
            wrap_ethernet(&bytes, version == 4 ? 0x0800 : 0x86DD);
            decode(&seen, ETHERNET, &bytes, 1);
            const struct packet_counts *counts = packet_counts(seen.decoder);
            if (counts->questions != cases[i].questions || counts->malformed != cases[i].malformed)
                fail_msg("IPv%d, %s: %u questions, %u malformed", version, cases[i].what,
                    (unsigned)counts->questions, (unsigned)counts->malformed);
            seen_end(&seen);
        }
    }
}

/* Cut in the file (all there ever was), and cut by the capture (more was on the wire). */
static void cut_at_every_octet(void **state)
{
    (void)state;
    for (int tcp = 0; tcp < 2; tcp++) {
        query(&bytes, "cut.example", 1);
        if (tcp) {
            wrap_length(&bytes);
            wrap_tcp(&bytes, 40000, 53, 1, TCP_SYN);
        } else {
            wrap_udp(&bytes, 40000, 53);
        }
        wrap_ipv4(&bytes, tcp ? 6 : 17);
        wrap_ethernet(&bytes, 0x0800);
        size_t length = bytes_length(&bytes);
        for (size_t cut = 0; cut <= length; cut++) {
            for (int captured = 0; captured < 2; captured++) {
                seen_begin(&seen);
                decode_cut(&seen, ETHERNET, bytes_at(&bytes), cut, captured ? length : cut, 1);
                const struct packet_counts *counts = packet_counts(seen.decoder);
                assert_int_equal(counts->packets, 1);
                if (counts->questions != (cut == length))
                    fail_msg("%s cut to %zu: %u questions", tcp ? "TCP" : "UDP", cut,
                        (unsigned)counts->questions);
                /* From the ports on it claims to be DNS. */
                bool claims = !captured && !tcp && cut >= 14 + 20 + 4 && cut < length;
                if (!tcp && counts->malformed != claims)
                    fail_msg("UDP cut to %zu: malformed %u", cut, (unsigned)counts->malformed);
                if (captured)
                    assert_int_equal(counts->malformed, 0);
                seen_end(&seen);
            }
        }
    }
}

static void hostile_messages(void **state)
{
    static const struct {
        const char *what, *octets;
        size_t length;
        unsigned facts, malformed;
    } cases[] = {
#define MESSAGE(literal) literal, sizeof(literal) - 1
        {"empty", MESSAGE(""), 0, 1},
        {"half a header", MESSAGE("\0\1\1\0\0\1"), 0, 1},
        {"nothing asked", MESSAGE("\0\1\x30\0\0\0\0\0\0\0\0\0"), 0, 0},
        {"nothing answered", MESSAGE("\0\1\x80\5\0\0\0\0\0\0\0\0"), 1, 0},
        {"a question that is not there", MESSAGE("\0\1\1\0\0\1\0\0\0\0\0\0"), 0, 1},
        {"an answer that is not there", MESSAGE("\0\1\x80\0\0\0\0\1\0\0\0\0"), 0, 1},
        {"65,535 records in twelve octets", MESSAGE("\0\1\1\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"), 0,
            1},
        {"65,535 records behind a question",
            MESSAGE("\0\1\1\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\1a\0\0\1\0\1"), 1, 0},
        {"a loop", MESSAGE("\0\1\1\0\0\1\0\0\0\0\0\0\xC0\x0C\0\1\0\1"), 0, 1},
        {"a pointer into the header", MESSAGE("\0\1\1\0\0\1\0\0\0\0\0\0\xC0\x04\0\1\0\1"), 0, 1},
        {"a forward pointer", MESSAGE("\0\1\1\0\0\1\0\0\0\0\0\0\xC0\x0E\0\0\1\0\1"), 0, 1},
        {"no class", MESSAGE("\0\1\1\0\0\1\0\0\0\0\0\0\1a\0\0\1"), 0, 1},
        {"a root question", MESSAGE("\0\1\1\0\0\1\0\0\0\0\0\0\0\0\2\0\1"), 1, 0},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        seen_begin(&seen);
        bytes_clear(&bytes);
        append(&bytes, cases[i].octets, cases[i].length);
        wrap_udp(&bytes, 40000, 53);
        wrap_ipv4(&bytes, 17);
        decode(&seen, RAW, &bytes, 1);
        const struct packet_counts *counts = packet_counts(seen.decoder);
        if (seen.count != cases[i].facts || counts->malformed != cases[i].malformed)
            fail_msg("%s: %u facts, %u malformed", cases[i].what, seen.count,
                (unsigned)counts->malformed);
        for (unsigned j = 0; j < seen.count; j++)
            assert_true(seen.facts[j].name_length == 0 ||
                        name_valid(seen.facts[j].name, seen.facts[j].name_length));
        seen_end(&seen);
    }
}

/* Every octet of a packet set to every value, over every link type: nothing but facts that hold
 * what they promise. */
static void every_octet_every_value(void **state)
{
    static const int links[] = {0, 1, 9, 12, 14, 50, 51, 101, 108, 113, 228, 229, 276, 105, 9999};
    (void)state;
    seen_begin(&seen);
    query(&bytes, "octet.example", 1);
    put16(bytes_at(&bytes) + 10, 1);
    append(&bytes, "\0", 1);
    append_record(&bytes, 41, 1232, 0, "\0\3\0\0", 4);
    wrap_udp(&bytes, 40000, 53);
    wrap_ipv4(&bytes, 17);
    size_t length = bytes_length(&bytes);
    uint64_t packets = 0;
    for (size_t link = 0; link < LENGTH(links); link++) {
        for (size_t i = 0; i < length; i++) {
            uint8_t kept = bytes_at(&bytes)[i];
            for (unsigned value = 0; value < 256; value++) {
                bytes_at(&bytes)[i] = (uint8_t)value;
                seen.count = 0;
                decode(&seen, links[link], &bytes, ++packets * 1000000);
                for (unsigned j = 0; j < seen.count; j++) {
                    const struct fact *fact = &seen.facts[j];
                    assert_true(fact->kind > FACT_NONE && fact->kind < FACT_KIND_COUNT);
                    assert_true(
                        fact->name_length == 0 || name_valid(fact->name, fact->name_length));
                }
            }
            bytes_at(&bytes)[i] = kept;
        }
    }
    assert_int_equal(packet_counts(seen.decoder)->packets, packets);
    seen_end(&seen);
}

/* "any" shows a packet on lo twice, and a forwarded one on both its interfaces: a fact for each
 * crossing, streams and fragments included. */
static void each_crossing_is_a_fact(void **state)
{
    (void)state;
    seen_begin(&seen);
    for (int crossing = 0; crossing < 3; crossing++) {
        query(&bytes, "twice.example", 1);
        wrap_length(&bytes);
        wrap_tcp(&bytes, 40000, 53, 1, TCP_ACK);
        wrap_ipv4(&bytes, 6);
        uint8_t *cooked = prepend(&bytes, 20);
        put16(cooked, 0x0800);
        cooked[7] = crossing == 2 ? 2 : 1;
        cooked[10] = crossing == 0 ? 4 : 0;
        decode(&seen, SLL2, &bytes, 1);
    }
    assert_int_equal(seen.count, 3);
    assert_int_equal(seen.facts[0].direction, DIRECTION_OUT);
    assert_int_equal(seen.facts[1].direction, DIRECTION_IN);
    assert_int_equal(seen.facts[2].interface, 2);
    seen_end(&seen);
}

static void what_is_not_understood_is_not_malformed(void **state)
{
    (void)state;
    seen_begin(&seen);
    bytes_clear(&bytes);
    append(&bytes, "hello world, hello", 18);
    decode(&seen, 105, &bytes, 1); /* a link type that is unknown */
    decode(&seen, RAW, &bytes, 1); /* no IP */
    wrap_ipv4(&bytes, 1);          /* ICMP */
    decode(&seen, RAW, &bytes, 1);
    wrap_ethernet(&bytes, 0x8847); /* MPLS */
    decode(&seen, ETHERNET, &bytes, 1);
    decode_cut(&seen, ETHERNET, bytes_at(&bytes), 0, 0, 1);
    const struct packet_counts *counts = packet_counts(seen.decoder);
    assert_int_equal(counts->packets, 5);
    assert_int_equal(counts->undecoded, 5);
    assert_int_equal(counts->malformed, 0);
    assert_int_equal(seen.count, 0);
    assert_true(packet_link_known(SLL2));
    assert_false(packet_link_known(105));
    seen_end(&seen);
    packet_decoder_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ports_and_protocols),
        cmocka_unit_test(all_fields_of_a_fact),
        cmocka_unit_test(names_of_the_local_link),
        cmocka_unit_test(connections),
        cmocka_unit_test(tcp_of_both_protocols),
        cmocka_unit_test(lengths),
        cmocka_unit_test(cut_at_every_octet),
        cmocka_unit_test(hostile_messages),
        cmocka_unit_test(every_octet_every_value),
        cmocka_unit_test(each_crossing_is_a_fact),
        cmocka_unit_test(what_is_not_understood_is_not_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
