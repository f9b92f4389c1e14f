/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/tls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "hello_build.h"

static struct bytes bytes;
static uint8_t room[20000];

static const char *const outcomes[] = {"ok", "short", "bad", "other"};

/* What was read, in one line: outcome, name, protocols, ECH. */
static const char *line_of(enum tls_outcome outcome, const struct tls_hello *hello)
{
    static char line[NAME_TEXT_MAX + 64];
    char name[NAME_TEXT_MAX] = "-";
    if (hello->name_length > 0) {
        assert_true(name_valid(hello->name, hello->name_length));
        name_format(hello->name, hello->name_length, name);
    }
    snprintf(line, sizeof line, "%s %s %u%s", outcomes[outcome], name, hello->alpn,
        hello->ech ? " ech" : "");
    return line;
}

/* From memory of just that size, so that a sanitizer sees one octet too far. */
static enum tls_outcome read_exactly(
    const uint8_t *octets, size_t length, struct tls_hello *hello, bool stream)
{
    uint8_t *exact = malloc(length ? length : 1);
    assert_non_null(exact);
    memcpy(exact, octets, length);
    struct cursor at = cursor_over(exact, length, 0);
    enum tls_outcome outcome =
        stream ? tls_stream_read(at, room, sizeof room, hello) : tls_hello_read(at, hello);
    free(exact);
    return outcome;
}

static const char *read_message(void)
{
    struct tls_hello hello;
    enum tls_outcome outcome = read_exactly(bytes_at(&bytes), bytes_length(&bytes), &hello, false);
    return line_of(outcome, &hello);
}

#define LABEL63 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk"
#define LABEL61 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghi"
#define NAME253 LABEL63 "." LABEL63 "." LABEL63 "." LABEL61

static void names_and_offers(void **state)
{
    static const struct {
        const char *what;
        struct hello_plan plan;
        const char *expected;
    } cases[] = {
        {"name", {.host = "www.example.com"}, "ok www.example.com 0"},
        {"case is kept", {.host = "WwW.Example.com"}, "ok WwW.Example.com 0"},
        {"one label", {.host = "localhost"}, "ok localhost 0"},
        {"no name", {0}, "ok - 0"},
        {"no extensions", {.bare = true}, "ok - 0"},
        {"empty name", {.host = ""}, "ok - 0"},
        {"trailing dot", {.host = "example.com."}, "ok example.com 0"},
        {"a dot alone", {.host = "."}, "ok - 0"},
        {"two trailing dots", {.host = "example.com.."}, "ok - 0"},
        {"leading dot", {.host = ".example.com"}, "ok - 0"},
        {"empty label", {.host = "example..com"}, "ok - 0"},
        {"label of 63", {.host = LABEL63 ".example"}, "ok " LABEL63 ".example 0"},
        {"label of 64", {.host = LABEL63 "x.example"}, "ok - 0"},
        {"name of 253", {.host = NAME253}, "ok " NAME253 " 0"},
        {"name of 253 and a dot", {.host = NAME253 "."}, "ok " NAME253 " 0"},
        {"name of 254", {.host = "x." NAME253}, "ok - 0"},
        {"IPv4", {.host = "192.0.2.1"}, "ok - 0"},
        {"IPv6", {.host = "2001:db8::1"}, "ok - 0"},
        {"IPv6 in brackets", {.host = "[2001:db8::1]"}, "ok - 0"},
        {"nearly IPv4", {.host = "192.0.2.1.example"}, "ok 192.0.2.1.example 0"},
        {"NUL behind IPv4", {.host = "192.0.2.1\0x", .host_length = 11}, "ok 192.0.2.1\\000x 0"},
        {"control characters", {.host = "\033]0;x\007\r\n\x9b.\x7f"},
            "ok \\027]0;x\\007\\013\\010\\155.\\127 0"},
        {"blank and backslash", {.host = "a b\\c"}, "ok a\\032b\\\\c 0"},
        {"UTF-8", {.host = "\xc3\xa4.example"}, "ok \\195\\164.example 0"},
        {"browser", {.host = "a.example", .alpn = "h2 http/1.1"}, "ok a.example 3"},
        {"h3", {.host = "a.example", .alpn = "h3"}, "ok a.example 4"},
        {"h3 draft", {.alpn = "h3-29"}, "ok - 4"},
        {"h3 draft of nothing", {.alpn = "h3-"}, "ok - 64"},
        {"DoT", {.alpn = "dot"}, "ok - 8"},
        {"DoQ and draft", {.alpn = "doq doq-i11"}, "ok - 16"},
        {"STUN", {.alpn = "stun.turn"}, "ok - 32"},
        {"STUN", {.alpn = "stun.nat-discovery"}, "ok - 32"},
        {"another", {.alpn = "xmpp-client h2"}, "ok - 66"},
        {"capitals are another", {.alpn = "H2"}, "ok - 64"},
        {"GREASE", {.alpn = "\x6a\x6a h2"}, "ok - 2"},
        {"two octets, not GREASE", {.alpn = "\x6a\x7a"}, "ok - 64"},
        {"empty list", {.alpn = ""}, "ok - 0"},
        {"ECH", {.host = "front.example", .ech = true, .alpn = "h2"}, "ok front.example 2 ech"},
        {"key share in front", {.host = "a.example", .before = 1216}, "ok a.example 0"},
        {"16 KiB", {.host = "a.example", .behind = 16000, .ech = true}, "ok a.example 0 ech"},
        {"64 KiB", {.host = "a.example", .behind = 40000, .before = 20000}, "ok a.example 0"},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        bytes_clear(&bytes);
        append_hello(&bytes, &cases[i].plan);
        append(&bytes, "behind", 6);
        const char *got = read_message();
        if (strcmp(got, cases[i].expected) != 0)
            fail_msg("%s: %s, expected %s", cases[i].what, got, cases[i].expected);
    }
}

/* Where the parts of a hello with name and protocols stand. */
enum {
    AT_VERSION = 4,
    AT_SESSION = 38,
    AT_SUITES = AT_SESSION + 33,
    AT_COMPRESSION = AT_SUITES + 8,
    AT_EXTENSIONS = AT_COMPRESSION + 2,
    AT_GREASE = AT_EXTENSIONS + 2,
    AT_NAME = AT_GREASE + 4,
    NAME_LENGTH = 9,
    AT_ALPN = AT_NAME + 9 + NAME_LENGTH,
    AT_VERSIONS = AT_ALPN + 6 + 12,
};

static const struct hello_plan usual = {.host = "a.example", .alpn = "h2 http/1.1"};

static void lengths_that_lie(void **state)
{
    static const struct {
        const char *what;
        unsigned at, value; /* 16 bits */
        const char *expected;
    } cases[] = {
        {"as it is", 0, 0x0100, "ok a.example 3"},
        {"ServerHello", 0, 0x0200, "other - 0"},
        {"message longer than any", 0, 0x01FF, "bad - 0"},
        {"SSL 2", AT_VERSION, 0x0002, "other - 0"},
        {"SSL 3.0", AT_VERSION, 0x0300, "ok a.example 3"},
        {"TLS 1.3 draft", AT_VERSION, 0x0304, "ok a.example 3"},
        {"version unknown", AT_VERSION, 0x0305, "other - 0"},
        {"session ID", AT_SESSION, 0xFF01, "bad - 0"},
        {"cipher suites", AT_SUITES, 0xFFFF, "bad - 0"},
        {"compression", AT_COMPRESSION, 0xFF00, "bad - 0"},
        {"extensions", AT_EXTENSIONS, 0x0FFF, "bad - 0"},
        {"extensions, one more", AT_EXTENSIONS, 60, "bad - 0"},
        {"extensions end early", AT_EXTENSIONS, 5, "bad - 0"},
        {"an extension", AT_GREASE + 2, 0xFFFF, "bad - 0"},
        {"extension of the name", AT_NAME + 2, 0x0100, "bad - 0"},
        {"list of names", AT_NAME + 4, 0x0100, "bad - 0"},
        {"list of names, one more", AT_NAME + 4, 13, "bad - 0"},
        {"list of names, one less", AT_NAME + 4, 11, "bad - 0"},
        {"name", AT_NAME + 7, 0x0100, "bad - 0"},
        {"name, one more", AT_NAME + 7, 10, "bad - 0"},
        {"name, one less: half a name behind it", AT_NAME + 7, 8, "bad a.exampl 0"},
        {"another type of name", AT_NAME + 6, 0x0100, "ok - 3"},
        {"protocols", AT_ALPN + 4, 0x0100, "bad a.example 0"},
        {"a protocol", AT_ALPN + 6, 0xFF00, "bad a.example 0"},
        {"last extension", AT_VERSIONS + 2, 8, "bad a.example 3"},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        bytes_clear(&bytes);
        append_hello(&bytes, &usual);
        put16(bytes_at(&bytes) + cases[i].at, cases[i].value);
        if (cases[i].at == AT_NAME + 6)
            put16(bytes_at(&bytes) + AT_NAME + 7, NAME_LENGTH);
        const char *got = read_message();
        /* What a lying hello held before its lie is of no use to anybody. */
        if (strncmp(got, cases[i].expected, 4) != 0 ||
            (cases[i].expected[0] != 'b' && strcmp(got, cases[i].expected) != 0))
            fail_msg("%s: %s, expected %s", cases[i].what, got, cases[i].expected);
    }
}

/* Cut anywhere it is short, never bad, and what it tells is true. */
static void cut_at_every_octet(void **state)
{
    static const struct hello_plan plan = {
        .host = "a.example", .alpn = "h2 http/1.1", .ech = true, .before = 50};
    struct tls_hello hello;
    (void)state;
    for (size_t record = 16384; record > 0; record = record == 16384 ? 40 : record == 40 ? 1 : 0) {
        bytes_clear(&bytes);
        append_hello(&bytes, &plan);
        split_records(&bytes, bytes.start, record);
        size_t length = bytes_length(&bytes), wanted = 0;
        for (size_t cut = 0; cut < length; cut++) {
            enum tls_outcome outcome = read_exactly(bytes_at(&bytes), cut, &hello, true);
            if (outcome != TLS_SHORT)
                fail_msg("%zu of %zu octets: %s", cut, length, line_of(outcome, &hello));
            if (hello.wanted <= cut || hello.wanted > length || hello.wanted < wanted)
                fail_msg("%zu of %zu octets: %zu wanted", cut, length, hello.wanted);
            wanted = hello.wanted;
            if (hello.name_length > 0)
                assert_memory_equal(hello.name, "\1a\7example", hello.name_length);
            assert_int_equal(hello.alpn & ~3, 0);
        }
        assert_string_equal(line_of(read_exactly(bytes_at(&bytes), length, &hello, true), &hello),
            "ok a.example 3 ech");
    }
}

static void records(void **state)
{
    static const struct {
        const char *what;
        size_t size;   /* of the records */
        size_t at;     /* this octet */
        uint8_t value; /* becomes that */
        const char *expected;
    } cases[] = {
        {"one record", 16384, 0, 0x16, "ok a.example 3"},
        {"records of 100", 100, 0, 0x16, "ok a.example 3"},
        {"records of 1", 1, 0, 0x16, "ok a.example 3"},
        {"first record is application data", 16384, 0, 0x17, "other - 0"},
        {"first record is of SSL 2", 16384, 1, 0x02, "other - 0"},
        {"SSL 3.0", 16384, 2, 0x00, "ok a.example 3"},
        {"first record too long", 16384, 3, 0x41, "other - 0"},
        {"second record is an alert", 100, 105, 0x15, "bad - 0"},
        {"second record is empty", 100, 109, 0x00, "bad - 0"},
        {"second record too long", 100, 108, 0x41, "bad - 0"},
        {"a server's hello", 16384, 5, 0x02, "other - 0"},
        {"a server's hello in parts", 100, 5, 0x02, "other - 0"},
    };
    struct tls_hello hello;
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        bytes_clear(&bytes);
        append_hello(&bytes, &usual);
        split_records(&bytes, bytes.start, cases[i].size);
        append(&bytes, "\x14\3\3\0\1\1", 6);
        bytes_at(&bytes)[cases[i].at] = cases[i].value;
        enum tls_outcome outcome =
            read_exactly(bytes_at(&bytes), bytes_length(&bytes), &hello, true);
        const char *got = line_of(outcome, &hello);
        if (cases[i].expected[0] == 'b' ? outcome != TLS_BAD : strcmp(got, cases[i].expected) != 0)
            fail_msg("%s: %s, expected %s", cases[i].what, got, cases[i].expected);
    }
}

/* More than the room holds is read as far as it goes. */
static void longer_than_the_room(void **state)
{
    struct tls_hello hello;
    (void)state;
    bytes_clear(&bytes);
    append_hello(&bytes, &(struct hello_plan){.host = "a.example", .behind = 30000});
    split_records(&bytes, bytes.start, 16384);
    enum tls_outcome outcome = read_exactly(bytes_at(&bytes), bytes_length(&bytes), &hello, true);
    assert_string_equal(line_of(outcome, &hello), "short a.example 0");
}

static void beginnings(void **state)
{
    static const struct {
        const char *octets;
        size_t length;
        bool expected;
    } cases[] = {
        {"", 0, false},
        {"\x16", 1, true},
        {"\x17", 1, false},
        {"\x16\3", 2, true},
        {"\x16\2", 2, false},
        {"\x16\3\1", 3, true},
        {"\x16\3\5", 3, false},
        {"\x16\3\1\2\0\1", 6, true},
        {"\x16\3\1\2\0\2", 6, false},
        {"\x16\3\1\0\0\1", 6, false},
        {"\x16\3\1\x40\0\1", 6, true},
        {"\x16\3\1\x40\1\1", 6, false},
        {"\x16\3\1\2\0\1\0\1\xfc\3\3", 11, true},
        {"\x16\3\1\2\0\1\0\1\xfc\7\3", 11, false},
        {"\x16\3\1\0\1\1\x16\3\1\0\1", 11, true},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++)
        if (tls_begins((const uint8_t *)cases[i].octets, cases[i].length) != cases[i].expected)
            fail_msg("case %zu", i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_offers),
        cmocka_unit_test(lengths_that_lie),
        cmocka_unit_test(cut_at_every_octet),
        cmocka_unit_test(records),
        cmocka_unit_test(longer_than_the_room),
        cmocka_unit_test(beginnings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
