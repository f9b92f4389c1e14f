/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/dns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "build.h"

#define HEADER "\x12\x34\x81\x80\0\1\0\0\0\0\0\0"

/* dns_read over memory of just that size. */
static enum dns_outcome read_exact(
    const uint8_t *octets, size_t length, size_t missing, struct dns_head *head, uint8_t *name)
{
    uint8_t *exact = malloc(length ? length : 1);
    assert_non_null(exact);
    memcpy(exact, octets, length);
    struct cursor message = cursor_over(exact, length, missing);
    enum dns_outcome outcome = dns_read(&message, head, name);
    free(exact);
    return outcome;
}

static void names_are_read(void **state)
{
    /* Each name stands at offset 12, behind a header; its text is NULL where it is none. What is
     * before the name begins at 12 + before. */
    static const struct {
        const char *what, *octets;
        size_t length, before;
        const char *text;
        size_t after; /* octets passed at the name's place */
    } cases[] = {
        {"root", "", 1, 0, ".", 1},
        {"plain", "\3www\2nl", 8, 0, "www.nl", 8},
        {"pointer", "\2nl\0\3www\xC0\x0C", 10, 4, "www.nl", 6},
        {"pointer only", "\2nl\0\xC0\x0C", 6, 4, "nl", 2},
        {"pointer to the root", "\0\xC0\x0C", 3, 1, ".", 2},
        {"pointer to a pointer", "\2nl\0\1b\xC0\x0C\1a\xC0\x10", 12, 8, "a.b.nl", 4},
        {"pointer into a name", "\1a\2nl\0\1b\xC0\x0E", 10, 6, "b.nl", 4},
        {"pointer to itself", "\xC0\x0C", 2, 0, NULL, 0},
        {"pointer to its own name", "\1a\xC0\x0C", 4, 0, NULL, 0},
        {"two that point at each other", "\xC0\x0E\xC0\x0C", 4, 0, NULL, 0},
        {"the same from the second", "\xC0\x0E\xC0\x0C", 4, 2, NULL, 0},
        {"forward pointer", "\xC0\x0E\2nl", 6, 0, NULL, 0},
        {"pointer into the header", "\1a\xC0\x00", 4, 0, NULL, 0},
        {"pointer to the last octet of the header", "\1a\xC0\x0B", 4, 0, NULL, 0},
        {"pointer past the end", "\1a\xFF\xFF", 4, 0, NULL, 0},
        {"half a pointer", "\1a\xC0", 3, 0, NULL, 0},
        {"reserved type 01", "\x41nl", 4, 0, NULL, 0},
        {"reserved type 10", "\x81nl", 4, 0, NULL, 0},
        {"label past the end", "\7abc", 4, 0, NULL, 0},
        {"no root label", "\3abc", 4, 0, NULL, 0},
        {"nothing", "", 0, 0, NULL, 0},
        {"control characters", "\4\033]0;", 6, 0, "\\027]0;", 6},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        size_t length = DNS_HEADER + cases[i].length;
        uint8_t *exact = malloc(length), name[NAME_WIRE_MAX];
        assert_non_null(exact);
        memcpy(exact, HEADER, DNS_HEADER);
        memcpy(exact + DNS_HEADER, cases[i].octets, cases[i].length);
        struct cursor at = cursor_over(exact, length, 0);
        cursor_skip(&at, DNS_HEADER + cases[i].before);
        size_t got = dns_name_read(&at, name);
        char text[NAME_TEXT_MAX] = "no name";
        if (got > 0) {
            assert_true(name_valid(name, got));
            name_format(name, got, text);
        }
        const char *expected = cases[i].text ? cases[i].text : "no name";
        if (strcmp(text, expected) != 0 || at.failed != (cases[i].text == NULL))
            fail_msg("%s: expected %s, got %s", cases[i].what, expected, text);
        if (got > 0 && cursor_offset(&at) != DNS_HEADER + cases[i].before + cases[i].after)
            fail_msg("%s: stands at %zu", cases[i].what, cursor_offset(&at));
        free(exact);
    }
}

/* labels of one length until the name has total octets; the last is shorter if need be. */
static size_t make_name(uint8_t *out, size_t label, size_t total)
{
    size_t used = 0;
    while (used < total - 1) {
        size_t length = total - 2 - used < label ? total - 2 - used : label;
        out[used] = (uint8_t)length;
        memset(out + used + 1, 'x', length);
        used += 1 + length;
    }
    out[used++] = 0;
    return used;
}

static void the_longest_names(void **state)
{
    static const struct {
        const char *what;
        size_t label, total;
        bool expected;
    } cases[] = {
        {"255 octets, labels of 63", 63, 255, true},
        {"255 octets, 127 labels", 1, 255, true},
        {"256 octets", 63, 256, false},
        {"257 octets, 128 labels", 1, 257, false},
        {"400 octets", 63, 400, false},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        uint8_t octets[500] = {0}, name[NAME_WIRE_MAX];
        size_t length = DNS_HEADER + make_name(octets + DNS_HEADER, cases[i].label, cases[i].total);
        struct cursor at = cursor_over(octets, length, 0);
        cursor_skip(&at, DNS_HEADER);
        size_t got = dns_name_read(&at, name);
        if (got != (cases[i].expected ? cases[i].total : 0))
            fail_msg("%s: got %zu", cases[i].what, got);
    }
}

/* A name that grows with each pointer: label, pointer to the name before. */
static void chains_of_pointers(void **state)
{
    uint8_t octets[DNS_HEADER + 3 + 4 * 130] = {0}, name[NAME_WIRE_MAX];
    size_t at = DNS_HEADER + 3, previous = DNS_HEADER;
    (void)state;
    octets[DNS_HEADER] = 1;
    octets[DNS_HEADER + 1] = 'z';
    for (unsigned labels = 2; labels <= 130; labels++) {
        octets[at] = 1;
        octets[at + 1] = 'a';
        put16(octets + at + 2, 0xC000 | previous);
        previous = at;
        at += 4;
        struct cursor cursor = cursor_over(octets, at, 0);
        cursor_skip(&cursor, previous);
        size_t got = dns_name_read(&cursor, name);
        size_t expected = labels <= 127 ? 2 * labels + 1 : 0;
        if (got != expected)
            fail_msg("%u labels: expected %zu, got %zu", labels, expected, got);
    }
    /* Pointers to pointers, with no label between: 16 KiB of them would be 8,000 hops. */
    uint8_t bare[DNS_HEADER + 1 + 2 * 200] = {0};
    for (unsigned hops = 1; hops <= 200; hops++) {
        size_t place = DNS_HEADER + 1 + 2 * (hops - 1);
        put16(bare + place, 0xC000 | (hops == 1 ? DNS_HEADER : place - 2));
        struct cursor cursor = cursor_over(bare, place + 2, 0);
        cursor_skip(&cursor, place);
        size_t got = dns_name_read(&cursor, name);
        if (got != (hops <= 127 ? 1 : 0))
            fail_msg("%u bare pointers: got %zu", hops, got);
    }
}

static void heads_are_read(void **state)
{
    static struct bytes bytes;
    struct dns_head head;
    uint8_t name[NAME_WIRE_MAX];
    (void)state;

    query(&bytes, "www.example.org", 28);
    assert_int_equal(read_exact(bytes_at(&bytes), bytes_length(&bytes), 0, &head, name), DNS_OK);
    assert_int_equal(head.id, 0x1234);
    assert_int_equal(head.flags, 0x0100);
    assert_int_equal(head.questions, 1);
    assert_int_equal(head.type, 28);
    assert_int_equal(head.class, 1);
    assert_int_equal(head.name_length, 17);
    assert_false(head.edns);

    /* EDNS behind an answer and an authority record, extended RCODE 16 + 7. */
    bytes_clear(&bytes);
    append_header(&bytes, 1, 0x8007, (struct counts){1, 1, 1, 2});
    append_question(&bytes, "a.example", 1, 1);
    append(&bytes, "\xC0\x0C", 2);
    append_record(&bytes, 1, 1, 60, "\1\2\3\4", 4);
    append(&bytes, "\xC0\x0E", 2);
    append_record(&bytes, 2, 1, 60, "\xC0\x0C", 2);
    append_name(&bytes, "ns.example");
    append_record(&bytes, 1, 1, 60, "\1\2\3\4", 4);
    append(&bytes, "\0", 1);
    append_record(&bytes, 41, 1232, 0x01000000, "", 0);
    assert_int_equal(read_exact(bytes_at(&bytes), bytes_length(&bytes), 0, &head, name), DNS_OK);
    assert_true(head.edns);
    assert_int_equal(head.rcode, 23);
    assert_int_equal(head.answers, 1);

    /* OPT must have the root as owner. */
    bytes_clear(&bytes);
    append_header(&bytes, 1, 0x8003, (struct counts){1, 0, 0, 1});
    append_question(&bytes, "a.example", 1, 1);
    append_name(&bytes, "x");
    append_record(&bytes, 41, 1232, 0x01000000, "", 0);
    assert_int_equal(read_exact(bytes_at(&bytes), bytes_length(&bytes), 0, &head, name), DNS_OK);
    assert_false(head.edns);
    assert_int_equal(head.rcode, 3);

    /* Three questions: the first one counts, EDNS is found behind the last. */
    bytes_clear(&bytes);
    append_header(&bytes, 1, 0, (struct counts){3, 0, 0, 1});
    append_question(&bytes, "first.example", 16, 1);
    append_question(&bytes, "second.example", 1, 1);
    append(&bytes, "\xC0\x0C\0\1\0\1", 6);
    append(&bytes, "\0", 1);
    append_record(&bytes, 41, 1232, 0, "", 0);
    assert_int_equal(read_exact(bytes_at(&bytes), bytes_length(&bytes), 0, &head, name), DNS_OK);
    assert_true(head.edns);
    assert_int_equal(head.type, 16);
    assert_true(name_equal(name, head.name_length, (const uint8_t *)"\5first\7example", 15));

    /* No question: the first answer stands for it. */
    bytes_clear(&bytes);
    append_header(&bytes, 0, 0x8400, (struct counts){0, 1, 0, 0});
    append_name(&bytes, "printer.local");
    append_record(&bytes, 1, 0x8001, 120, "\1\2\3\4", 4);
    assert_int_equal(read_exact(bytes_at(&bytes), bytes_length(&bytes), 0, &head, name), DNS_OK);
    assert_int_equal(head.name_length, 15);
    assert_int_equal(head.type, 1);
    assert_int_equal(head.class, 0x8001);

    /* Neither: nothing is asked, and nothing is wrong. */
    bytes_clear(&bytes);
    append_header(&bytes, 7, 0x3000, (struct counts){0, 0, 0, 0});
    assert_int_equal(read_exact(bytes_at(&bytes), bytes_length(&bytes), 0, &head, name), DNS_OK);
    assert_int_equal(head.name_length, 0);
    assert_int_equal(head.type, 0);
}

static void counts_that_lie(void **state)
{
    static const struct {
        const char *what;
        struct counts counts;
        enum dns_outcome expected; /* of a message that holds one question and no more */
    } cases[] = {
        {"true", {1, 0, 0, 0}, DNS_OK},
        {"65,535 of each", {65535, 65535, 65535, 65535}, DNS_OK},
        {"65,535 additional", {1, 0, 0, 65535}, DNS_OK},
    };
    static struct bytes bytes;
    struct dns_head head;
    uint8_t name[NAME_WIRE_MAX];
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        bytes_clear(&bytes);
        append_header(&bytes, 1, 0x8000, cases[i].counts);
        append_question(&bytes, "a.example", 1, 1);
        enum dns_outcome got = read_exact(bytes_at(&bytes), bytes_length(&bytes), 0, &head, name);
        if (got != cases[i].expected)
            fail_msg("%s: got %d", cases[i].what, got);
        assert_false(head.edns);
    }
    /* In twelve octets there is no question, and no answer. */
    for (unsigned questions = 0; questions < 2; questions++) {
        bytes_clear(&bytes);
        append_header(&bytes, 1, 0x8000, (struct counts){questions * 65535, 65535, 65535, 65535});
        assert_int_equal(
            read_exact(bytes_at(&bytes), bytes_length(&bytes), 0, &head, name), DNS_BAD);
    }
}

static void cut_at_every_octet(void **state)
{
    static struct bytes bytes;
    struct dns_head head;
    uint8_t name[NAME_WIRE_MAX];
    (void)state;
    query(&bytes, "www.example.org", 28);
    size_t question = bytes_length(&bytes);
    append(&bytes, "\0", 1);
    append_record(&bytes, 41, 1232, 0, "\0\12\0\10abcdefgh", 12);
    put16(bytes_at(&bytes) + 10, 1);
    size_t length = bytes_length(&bytes);
    for (size_t cut = 0; cut <= length; cut++) {
        enum dns_outcome told = read_exact(bytes_at(&bytes), cut, 0, &head, name);
        enum dns_outcome captured = read_exact(bytes_at(&bytes), cut, length - cut, &head, name);
        if (told != (cut < question ? DNS_BAD : DNS_OK))
            fail_msg("%zu octets and no more: got %d", cut, told);
        if (captured != (cut < question ? DNS_SHORT : DNS_OK))
            fail_msg("%zu octets captured: got %d", cut, captured);
    }
    /* A name that is wrong is not mended by what the capture does not hold. */
    query(&bytes, "www.example.org", 28);
    bytes_at(&bytes)[16] = 0x80;
    assert_int_equal(read_exact(bytes_at(&bytes), 20, 100, &head, name), DNS_BAD);
}

static void netbios_names(void **state)
{
    static const struct {
        const char *what, *wire;
        size_t length;
        const char *expected; /* NULL: not so encoded */
    } cases[] = {
        {"FRED, RFC 1001, 14.1",
            "\x20"
            "EGFCEFEECACACACACACACACACACACACA",
            34, "FRED"},
        {"scope is left out",
            "\x20"
            "EGFCEFEECACACACACACACACACACACACA\7NETBIOS\3COM",
            46, "FRED"},
        {"service octet is left out",
            "\x20"
            "EGFCEFEECACACACACACACACACACACABM",
            34, "FRED"},
        {"wildcard",
            "\x20"
            "CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            34, "*"},
        {"all fifteen",
            "\x20"
            "EBEBEBEBEBEBEBEBEBEBEBEBEBEBEBAA",
            34, "AAAAAAAAAAAAAAA"},
        {"space within",
            "\x20"
            "EBCAECCACACACACACACACACACACACAAA",
            34, "A\\032B"},
        {"browser election",
            "\x20"
            "ABACFPFPENFDECFCEPFHFDEFFPFPACAB",
            34, "\\001\\002__MSBROWSE__\\002"},
        {"only padding",
            "\x20"
            "CACACACACACACACACACACACACACACACA",
            34, "."},
        {"letters past P",
            "\x20"
            "ZZFCEFEECACACACACACACACACACACACA",
            34, NULL},
        {"short label",
            "\x04"
            "EGFC",
            6, NULL},
        {"root", "", 1, NULL},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        uint8_t name[NAME_WIRE_MAX] = {0};
        char text[NAME_TEXT_MAX] = "none";
        memcpy(name, cases[i].wire, cases[i].length);
        size_t got = dns_netbios_decode(name, cases[i].length);
        if (got > 0) {
            assert_true(name_valid(name, got));
            name_format(name, got, text);
        }
        if (strcmp(text, cases[i].expected ? cases[i].expected : "none") != 0)
            fail_msg("%s: got %s", cases[i].what, text);
    }
}

/* The answer of a whoami service, with all that its readers meet. */
static void make_answer(struct bytes *bytes)
{
    bytes_clear(bytes);
    append_header(bytes, 9, 0x8180, (struct counts){1, 5, 0, 0});
    append_question(bytes, "whoami.example", 16, 1);
    append(bytes, "\xC0\x0C", 2);
    append_record(bytes, 5, 1, 300, "\1w\xC0\x13", 4);
    append(bytes, "\1w\xC0\x13", 4);
    append_record(bytes, 16, 1, 60,
        "\2ns\0\xB"
        "192.0.2.1\033]",
        16);
    append(bytes, "\xC0\x0C", 2);
    append_record(bytes, 1, 1, 60, "\xC0\0\2\1", 4);
    append(bytes, "\xC0\x0C", 2);
    append_record(bytes, 28, 1, 60, "\x20\1\xD\xB8\0\0\0\0\0\0\0\0\0\0\0\1", 16);
    append(bytes, "\xC0\x0C", 2);
    append_record(bytes, 1, 3, 60, "\xC0\0\2\1", 4); /* class CHAOS */
}

static void answers_are_walked(void **state)
{
    static struct bytes bytes;
    struct dns_answers walk;
    struct dns_record record;
    struct address address;
    const uint8_t *text;
    uint8_t name[NAME_WIRE_MAX];
    char shown[NAME_TEXT_MAX];
    size_t length;
    (void)state;
    make_answer(&bytes);
    assert_true(dns_answers_begin(&walk, bytes_at(&bytes), bytes_length(&bytes)));

    assert_true(dns_answer_next(&walk, &record));
    assert_int_equal(record.type, 5);
    assert_int_equal(record.ttl, 300);
    name_format(record.owner, record.owner_length, shown);
    assert_string_equal(shown, "whoami.example");
    length = dns_record_name(&walk, &record, name);
    name_format(name, length, shown);
    assert_string_equal(shown, "w.example");
    assert_false(dns_record_address(&record, &address));
    struct cursor texts = dns_record_texts(&record);
    assert_false(dns_text_next(&texts, &text, &length));

    assert_true(dns_answer_next(&walk, &record));
    assert_int_equal(record.type, 16);
    texts = dns_record_texts(&record);
    assert_true(dns_text_next(&texts, &text, &length));
    assert_int_equal(length, 2);
    assert_memory_equal(text, "ns", 2);
    assert_true(dns_text_next(&texts, &text, &length));
    assert_int_equal(length, 0);
    assert_true(dns_text_next(&texts, &text, &length));
    assert_int_equal(length, 11);
    assert_memory_equal(text, "192.0.2.1\033]", 11);
    assert_false(dns_text_next(&texts, &text, &length));
    assert_int_equal(dns_record_name(&walk, &record, name), 0);

    assert_true(dns_answer_next(&walk, &record));
    assert_true(dns_record_address(&record, &address));
    assert_string_equal(address_format(&address, shown), "192.0.2.1");
    assert_true(dns_answer_next(&walk, &record));
    assert_true(dns_record_address(&record, &address));
    assert_string_equal(address_format(&address, shown), "2001:db8::1");
    assert_true(dns_answer_next(&walk, &record));
    assert_false(dns_record_address(&record, &address));
    assert_false(dns_answer_next(&walk, &record));
    assert_false(walk.at.failed);

    /* A string longer than its record, an address of three octets. */
    record = (struct dns_record){.type = 16, .class = 1, .rdata = (const uint8_t *)"\5abc"};
    record.rdata_length = 4;
    texts = dns_record_texts(&record);
    assert_false(dns_text_next(&texts, &text, &length));
    record.type = 1;
    record.rdata_length = 3;
    assert_false(dns_record_address(&record, &address));
}

/* Every prefix of it: never more than is there, and no record that is half there. */
static void answers_cut_at_every_octet(void **state)
{
    static struct bytes bytes;
    (void)state;
    make_answer(&bytes);
    size_t whole = bytes_length(&bytes);
    unsigned last = 0;
    for (size_t length = 0; length <= whole; length++) {
        uint8_t *exact = malloc(length ? length : 1);
        assert_non_null(exact);
        memcpy(exact, bytes_at(&bytes), length);
        struct dns_answers walk;
        struct dns_record record;
        unsigned records = 0;
        if (dns_answers_begin(&walk, exact, length)) {
            while (dns_answer_next(&walk, &record)) {
                uint8_t name[NAME_WIRE_MAX];
                dns_record_name(&walk, &record, name);
                records++;
            }
            assert_int_equal(walk.at.failed, length < whole);
        }
        assert_true(records >= last);
        last = records;
        free(exact);
    }
    assert_int_equal(last, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_read),
        cmocka_unit_test(the_longest_names),
        cmocka_unit_test(chains_of_pointers),
        cmocka_unit_test(heads_are_read),
        cmocka_unit_test(counts_that_lie),
        cmocka_unit_test(cut_at_every_octet),
        cmocka_unit_test(netbios_names),
        cmocka_unit_test(answers_are_walked),
        cmocka_unit_test(answers_cut_at_every_octet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
