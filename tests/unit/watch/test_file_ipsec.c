/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <pcap/dlt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/name.h"
#include "judge/judge.h"
#include "model/model.h"
#include "options.h"
#include "watch/filelinks.h"
#include "watch/ingest.h"

/* A capture file of a machine with policy-based IPsec: ESP goes out, and what comes out of it comes
 * in. An answer is never a look-up that leaked, whatever the file's format tells of directions. */

#define START 1700000000000000000ULL
#define SECOND 1000000000ULL

static struct address address(const char *text)
{
    struct address value;
    assert_true(address_parse(text, &value));
    return value;
}

static struct fact fact_of(
    enum fact_kind kind, enum direction direction, uint32_t interface, uint64_t after)
{
    struct fact fact = {.time_ns = START + after * SECOND,
        .kind = (uint8_t)kind,
        .direction = (uint8_t)direction,
        .interface = interface,
        .link_type = 1,
        .source = address("9.9.9.9"),
        .destination = address("10.0.0.7"),
        .source_port = 53,
        .destination_port = 40000,
        .id = (uint16_t)after,
        .type = kind == FACT_PEER ? PEER_ESP : 1,
        .class = 1};
    if (kind == FACT_ANSWER)
        fact.name_length = (uint8_t)name_parse("a.example", fact.name);
    return fact;
}

static void answers_are_no_leaks(void **state)
{
    static const struct {
        const char *name;
        enum direction direction;
        uint32_t interface;
        enum transport transport;
        bool named;
    } cases[] = {
        {"SLL2", DIRECTION_IN, 2, TRANSPORT_UDP, true},
        {"SLL2, over TCP", DIRECTION_IN, 2, TRANSPORT_TCP, true},
        {"Ethernet: no direction, no interface", DIRECTION_UNKNOWN, 0, TRANSPORT_UDP, true},
        {"of a DNSCrypt server", DIRECTION_IN, 2, TRANSPORT_DNSCRYPT, false},
        {"and without direction", DIRECTION_UNKNOWN, 0, TRANSPORT_DNSCRYPT, false},
    };
    static const struct options options = {.expect_given = true, .expect = EXPECT_VPN};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct model *model = model_new(7, 0);
        struct filelinks *filelinks = filelinks_new(model, &options);
        struct ingest ingest = {.model = model,
            .options = &options,
            .filelinks = filelinks,
            .link_type = cases[i].interface ? DLT_LINUX_SLL2 : DLT_EN10MB};
        struct capture_info info = {
            .possible = true, .file = true, .ended = true, .control = CONTROL_SEEN};
        model_expect(model, EXPECT_VPN, false, 0);
        model_capture_set(model, &info, START);
        enum direction out = cases[i].direction == DIRECTION_IN ? DIRECTION_OUT : DIRECTION_UNKNOWN;
        struct fact esp = fact_of(FACT_PEER, out, cases[i].interface, 1);
        ingest_fact(&ingest, &esp, START + SECOND);
        for (uint64_t after = 10; after < 20; after++) {
            struct fact answer =
                fact_of(FACT_ANSWER, cases[i].direction, cases[i].interface, after);
            answer.transport = (uint8_t)cases[i].transport;
            if (!cases[i].named)
                answer.name_length = 0;
            ingest_fact(&ingest, &answer, answer.time_ns);
        }
        struct verdict verdict;
        judge_all(model, START + 20 * SECOND, &verdict);
        if (verdict.state == STATE_LEAK || verdict.state == STATE_OK ||
            model_leak_count(model) != 0 || model_totals(model)->lookups != 0)
            fail_msg("%s: %s (%s), %zu leaks", cases[i].name, state_word(verdict.state),
                verdict.summary, model_leak_count(model));
        /* the same from this machine's side is one */
        struct fact asked = fact_of(FACT_QUESTION, out, cases[i].interface, 30);
        asked.source = address("10.0.0.7");
        asked.destination = address("9.9.9.9");
        asked.name_length = (uint8_t)name_parse("b.example", asked.name);
        ingest_fact(&ingest, &asked, asked.time_ns);
        judge_all(model, START + 30 * SECOND, &verdict);
        assert_int_equal(verdict.state, STATE_LEAK);
        filelinks_free(filelinks);
        model_free(model);
    }
}

/* Without ESP beside it, each of them answers a question that left in no tunnel. */
static void dnscrypt_is_seen_by_its_answers(void **state)
{
    static const struct options options = {.expect_given = true, .expect = EXPECT_VPN};
    (void)state;
    for (int direction = DIRECTION_UNKNOWN; direction < DIRECTION_COUNT; direction++) {
        uint32_t interface = direction == DIRECTION_UNKNOWN ? 0 : 2;
        struct model *model = model_new(7, 0);
        struct filelinks *filelinks = filelinks_new(model, &options);
        struct ingest ingest = {.model = model,
            .options = &options,
            .filelinks = filelinks,
            .link_type = interface ? DLT_LINUX_SLL2 : DLT_EN10MB};
        model_expect(model, EXPECT_VPN, false, 0);
        struct fact answer = fact_of(FACT_ANSWER, (enum direction)direction, interface, 10);
        answer.transport = TRANSPORT_DNSCRYPT;
        answer.name_length = 0;
        ingest_fact(&ingest, &answer, answer.time_ns);
        bool seen = direction != DIRECTION_OUT;
        assert_int_equal(model_leak_count(model), seen);
        if (seen) {
            const struct leak *leak = model_leak_at(model, 0);
            assert_int_equal(leak->exposure, EXPOSURE_BYPASS);
            assert_int_equal(leak->transport, TRANSPORT_DNSCRYPT);
            assert_true(address_equal(&leak->resolver, &answer.source));
        }
        filelinks_free(filelinks);
        model_free(model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_no_leaks), cmocka_unit_test(dnscrypt_is_seen_by_its_answers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
