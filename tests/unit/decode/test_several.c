/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/several.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "build.h"

static struct bytes bytes;
static struct seen seen;

enum { OUTGOING = 4, INCOMING = 0 };

/* In mDNS the top bit means something of its own. */
enum rr_class { IN = 1, MDNS_IN = 0x8001 };

/* Questions and owners are named; "-" parts the sections. All records are of type A, but for those
 * of the authority section, which stand behind a second "-". */
static void message(const char *const *names, unsigned flags, unsigned class)
{
    struct counts counts = {0};
    unsigned *each[] = {&counts.questions, &counts.answers, &counts.authorities};
    unsigned section = 0;
    bytes_clear(&bytes);
    for (size_t i = 0; names[i]; i++) {
        if (strcmp(names[i], "-") == 0)
            section++;
        else
            ++*each[section];
    }
    append_header(&bytes, 0, flags, counts);
    section = 0;
    for (size_t i = 0; names[i]; i++) {
        if (strcmp(names[i], "-") == 0) {
            section++;
        } else if (section == 0) {
            append_question(&bytes, names[i], 255, class);
        } else {
            append_name(&bytes, names[i]);
            append_record(&bytes, 1, class, 120, "\300\0\2\1", 4);
        }
    }
}

static void wrap(unsigned port, unsigned packet_type)
{
    uint8_t header[20] = {0x08, 0, 0, 0, 0, 0, 0, 3, 0, 1, (uint8_t)packet_type, 6};
    wrap_udp(&bytes, port, port);
    wrap_ipv4(&bytes, 17);
    memcpy(prepend(&bytes, sizeof header), header, sizeof header);
}

/* The names of all facts, in order. */
static const char *names_seen(void)
{
    static char line[2000];
    size_t used = 0;
    line[0] = '\0';
    for (unsigned i = 0; i < seen.count && i < LENGTH(seen.facts); i++)
        used += (size_t)snprintf(
            line + used, sizeof line - used, "%s%s", i ? " " : "", name_of(&seen.facts[i]));
    return line;
}

#define NAMES(...)                                                                                 \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

static const char *const twenty[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l",
    "m", "n", "o", "p", "q", "r", "s", "t", NULL};

static void each_name_of_a_message(void **state)
{
    const struct {
        const char *what;
        const char *const *names;
        unsigned flags, port, packet_type;
        const char *expected;
    } cases[] = {
        {"a probe", NAMES("1.in-addr.arpa", "labhost.local", "-", "-", "labhost.local"), 0, 5353,
            OUTGOING, "1.in-addr.arpa labhost.local"},
        {"one question", NAMES("a.local"), 0, 5353, OUTGOING, "a.local"},
        {"asked twice", NAMES("a.local", "A.local", "b.local"), 0, 5353, OUTGOING,
            "a.local b.local"},
        {"neighbours ask too", NAMES("a.local", "b.local"), 0, 5353, INCOMING, "a.local b.local"},
        {"known answers are not told", NAMES("a.local", "-", "x.local", "y.local"), 0, 5353,
            OUTGOING, "a.local"},
        {"an announcement",
            NAMES("-", "1.in-addr.arpa", "labhost.local", "labhost.local", "x._http.local"), 0x8400,
            5353, OUTGOING, "1.in-addr.arpa labhost.local x._http.local"},
        {"what others announce", NAMES("-", "a.local", "b.local"), 0x8400, 5353, INCOMING,
            "a.local"},
        {"answer with its question", NAMES("a", "-", "a", "b"), 0x8000, 5355, OUTGOING, "a b"},
        {"LLMNR", NAMES("a", "b"), 0, 5355, OUTGOING, "a b"},
        {"unicast stays one", NAMES("a.example", "b.example"), 0, 53, OUTGOING, "a.example"},
        {"sixteen are enough", twenty, 0, 5353, OUTGOING, "a b c d e f g h i j k l m n o p"},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        seen_begin(&seen);
        message(cases[i].names, cases[i].flags, cases[i].port == 5353 ? MDNS_IN : IN);
        wrap(cases[i].port, cases[i].packet_type);
        decode(&seen, SLL2, &bytes, 1);
        if (strcmp(names_seen(), cases[i].expected) != 0)
            fail_msg("%s: got %s", cases[i].what, names_seen());
        assert_int_equal(
            packet_counts(seen.decoder)->questions, cases[i].flags & 0x8000 ? 0 : seen.count);
        seen_end(&seen);
    }
}

static void what_each_fact_says(void **state)
{
    (void)state;
    seen_begin(&seen);
    message(NAMES("-", "a.local", "b.local"), 0x8400, MDNS_IN);
    wrap(5353, OUTGOING);
    decode(&seen, SLL2, &bytes, 7);
    assert_int_equal(seen.count, 2);
    const struct fact *fact = &seen.facts[1];
    assert_int_equal(fact->kind, FACT_ANSWER);
    assert_int_equal(fact->transport, TRANSPORT_MDNS);
    assert_int_equal(fact->type, 1);
    assert_int_equal(fact->class, 1);
    assert_int_equal(fact->direction, DIRECTION_OUT);
    assert_int_equal(fact->source_port, 5353);
    assert_int_equal(fact->interface, 3);
    seen_end(&seen);
}

/* Cut anywhere, it gives what stands before the cut, in order, and never more. */
static void cut_at_every_octet(void **state)
{
    static const char *const whole = "1.in-addr.arpa labhost.local x._http.local";
    (void)state;
    for (unsigned flags = 0; flags <= 0x8400; flags += 0x8400) {
        message(flags ? NAMES("-", "1.in-addr.arpa", "labhost.local", "x._http.local")
                      : NAMES("1.in-addr.arpa", "labhost.local", "x._http.local"),
            flags, MDNS_IN);
        wrap(5353, OUTGOING);
        unsigned before = 0;
        size_t length = bytes_length(&bytes);
        for (size_t cut = 0; cut <= length; cut++) {
            seen_begin(&seen);
            decode_cut(&seen, SLL2, bytes_at(&bytes), cut, length, 1);
            assert_true(seen.count >= before && seen.count <= 3);
            assert_memory_equal(names_seen(), whole, strlen(names_seen()));
            before = seen.count;
            seen_end(&seen);
        }
        assert_int_equal(before, 3);
    }
}

/* Counts that promise more than there is, and names that point to themselves, end it. */
static void lies_end_it(void **state)
{
    (void)state;
    message(NAMES("a.local", "b.local"), 0, MDNS_IN);
    put16(bytes_at(&bytes) + 4, 0xFFFF);
    append(&bytes, "\300\046", 2); /* at 38, where it stands itself */
    append16(&bytes, 1);
    append16(&bytes, 1);
    wrap(5353, OUTGOING);
    seen_begin(&seen);
    decode(&seen, SLL2, &bytes, 1);
    assert_string_equal(names_seen(), "a.local b.local");
    seen_end(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_name_of_a_message),
        cmocka_unit_test(what_each_fact_says),
        cmocka_unit_test(cut_at_every_octet),
        cmocka_unit_test(lies_end_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
