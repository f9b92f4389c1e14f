/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the model keeps, joins and gives up. Verdicts stand in tests/data/scenarios. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/name.h"
#include "model/model.h"

#define NOW 1700000000000000000ULL

static struct model *fresh(void)
{
    struct model *model = model_new(3, NOW);
    assert_non_null(model);
    return model;
}

static struct lookup make(unsigned number, enum exposure exposure)
{
    struct lookup lookup = {.time_ns = NOW + number,
        .interface = 2,
        .transport = TRANSPORT_UDP,
        .exposure = exposure,
        .resolver_port = 53,
        .source_port = 40000,
        .id = (uint16_t)number,
        .type = 1,
        .settled = true};
    char text[40];
    snprintf(text, sizeof(text), "n%u.example", number);
    lookup.name_length = (uint8_t)name_parse(text, lookup.name);
    address_parse("10.0.0.7", &lookup.source);
    address_parse("10.0.0.1", &lookup.resolver);
    return lookup;
}

static void keeps_the_newest(void **state)
{
    (void)state;
    struct model *model = fresh();
    for (unsigned i = 1; i <= 100000; i++) {
        struct lookup lookup = make(i, EXPOSURE_TUNNELLED);
        model_lookup_add(model, &lookup);
    }
    assert_int_equal(model_totals(model)->lookups, 100000);
    assert_int_equal(model_lookup_newest(model), 100000);
    assert_null(model_lookup(model, model_lookup_oldest(model) - 1));
    const struct lookup *oldest = model_lookup(model, model_lookup_oldest(model));
    assert_non_null(oldest);
    assert_int_equal(oldest->time_ns, NOW + model_lookup_oldest(model));
    model_free(model);
}

/* One program that floods keeps to its half: what others leak has its line. */
static void ledger_stays_and_counts_what_it_cannot_hold(void **state)
{
    (void)state;
    struct model *model = fresh();
    for (unsigned i = 1; i <= 40000; i++) {
        struct lookup lookup = make(i, EXPOSURE_EXPOSED);
        model_lookup_add(model, &lookup);
    }
    assert_int_equal(model_leak_count(model), 16384);
    assert_int_equal(model_totals(model)->leaks_lost, 40000 - 16384);
    assert_int_equal(model_latched(model)->leaks, 40000);
    /* The first is still there, and asked again it is the same line. */
    struct lookup again = make(1, EXPOSURE_EXPOSED);
    again.time_ns = NOW + 50000;
    model_lookup_add(model, &again);
    const struct leak *first = model_leak_at(model, 0);
    assert_int_equal(first->count, 2);
    assert_int_equal(first->first_ns, NOW + 1);
    assert_int_equal(first->last_ns, NOW + 50000);
    struct lookup other = make(40001, EXPOSURE_EXPOSED);
    other.process = (struct process){.pid = 9, .uid = 1000, .name = "firefox", .user = "ana"};
    model_lookup_add(model, &other);
    assert_int_equal(model_leak_count(model), 16385);
    assert_string_equal(model_leak_at(model, 16384)->process.name, "firefox");
    struct lookup client = make(40002, EXPOSURE_EXPOSED);
    client.forwarded = true;
    model_lookup_add(model, &client);
    assert_int_equal(model_leak_count(model), 16386);
    model_free(model);
}

static void settles_once(void **state)
{
    (void)state;
    struct model *model = fresh();
    struct lookup lookup = make(1, EXPOSURE_EXPOSED);
    lookup.settled = false;
    uint64_t serial = model_lookup_add(model, &lookup);
    assert_int_equal(model_leak_count(model), 0);     /* who asked is not known yet */
    assert_int_equal(model_latched(model)->leaks, 1); /* but it leaked */
    lookup.process = (struct process){.pid = 5, .name = "dig", .user = "ana"};
    model_lookup_settle(model, serial, &lookup);
    lookup.process = (struct process){0};
    model_lookup_settle(model, serial, &lookup);
    assert_int_equal(model_leak_count(model), 1);
    assert_string_equal(model_leak_at(model, 0)->process.name, "dig");
    assert_int_equal(model_app_count(model), 1);
    assert_int_equal(model_app_at(model, 0)->exposed, 1);
    model_free(model);
}

static void bootstrap_takes_the_leak_back(void **state)
{
    (void)state;
    struct model *model = fresh();
    struct lookup lookup = make(1, EXPOSURE_EXPOSED);
    lookup.settled = false;
    uint64_t serial = model_lookup_add(model, &lookup);
    lookup.process = (struct process){.pid = 5, .name = "openvpn", .vpn_client = true};
    lookup.exposure = EXPOSURE_BOOTSTRAP;
    model_lookup_settle(model, serial, &lookup);
    assert_int_equal(model_latched(model)->leaks, 0);
    assert_int_equal(model_leak_count(model), 0);
    model_free(model);
}

static void answers_join_their_question(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint16_t id, port;
        const char *from;
        const char *question;
        bool joined, foreign;
    } cases[] = {
        {"its own", 7, 40000, "10.0.0.1", "n7.example", true, false},
        {"letter case of its own", 7, 40000, "10.0.0.1", "N7.eXample", true, false},
        {"no question in it", 7, 40000, "10.0.0.1", NULL, true, false},
        {"another id", 8, 40000, "10.0.0.1", "n7.example", false, false},
        {"another port", 7, 40001, "10.0.0.1", "n7.example", false, false},
        {"from someone else", 7, 40000, "10.0.0.2", "n7.example", false, true},
        {"another name", 7, 40000, "10.0.0.1", "n8.example", false, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct model *model = fresh();
        struct lookup lookup = make(7, EXPOSURE_TUNNELLED);
        model_lookup_add(model, &lookup);
        struct fact fact = {.time_ns = NOW + 31000000,
            .kind = FACT_ANSWER,
            .transport = TRANSPORT_UDP,
            .destination = lookup.source,
            .source_port = 53,
            .destination_port = cases[i].port,
            .id = cases[i].id,
            .rcode = 3};
        address_parse(cases[i].from, &fact.source);
        if (cases[i].question)
            fact.name_length = (uint8_t)name_parse(cases[i].question, fact.name);
        const struct lookup *kept = model_lookup(model, 1);
        bool told = model_answer(model, &fact);
        if (told != (cases[i].joined || cases[i].foreign) || kept->answered != cases[i].joined)
            fail_msg("%s: told %d, answered %d", cases[i].name, told, kept->answered);
        assert_int_equal(kept->answered_by.family != FAMILY_NONE, cases[i].foreign);
        if (cases[i].joined) {
            assert_true(kept->answered);
            assert_int_equal(kept->rcode, 3);
            assert_int_equal(kept->rtt_ns, 31000000 - 7);
            assert_true(model_answer(model, &fact)); /* twice answered counts once */
            assert_int_equal(model_used_at(model, 0)->answers, 1);
        }
        model_free(model);
    }
}

static void own_names_are_counted_nowhere(void **state)
{
    (void)state;
    struct model *model = fresh();
    uint8_t wire[NAME_WIRE_MAX];
    size_t length = name_parse("k3v9q.probe.example", wire);
    model_own_name(model, wire, length, NOW);
    struct lookup lookup = make(1, EXPOSURE_EXPOSED);
    memcpy(lookup.name, wire, length);
    lookup.name_length = (uint8_t)length;
    model_lookup_add(model, &lookup);
    assert_true(model_lookup(model, 1)->own);
    assert_int_equal(model_totals(model)->lookups, 0);
    assert_int_equal(model_leak_count(model), 0);
    assert_int_equal(model_app_count(model), 0);
    assert_int_equal(model_used_count(model), 0);
    /* A minute later the same name is somebody else's. */
    lookup.time_ns = NOW + 60000000000ULL;
    lookup.id = 2;
    model_lookup_add(model, &lookup);
    assert_false(model_lookup(model, 2)->own);
    assert_int_equal(model_leak_count(model), 1);
    model_free(model);
}

static void tables_are_bounded(void **state)
{
    (void)state;
    struct model *model = fresh();
    for (unsigned i = 1; i <= 5000; i++) {
        struct lookup lookup = make(i, i == 1 ? EXPOSURE_EXPOSED : EXPOSURE_TUNNELLED);
        lookup.resolver.bytes[2] = (uint8_t)(i >> 8);
        lookup.resolver.bytes[3] = (uint8_t)i;
        lookup.process.pid = (int32_t)i;
        snprintf(lookup.process.name, sizeof(lookup.process.name), "p%u", i);
        model_lookup_add(model, &lookup);
        struct interface interface = {.index = i + 10, .up = true};
        snprintf(interface.name, sizeof(interface.name), "v%u", i);
        model_interface_set(model, &interface, NOW);
        model_interface_gone(model, i + 10, NOW);
        model_event(model, NOW, "note", "", "%u", i);
    }
    assert_int_equal(model_used_count(model), 256);
    assert_int_equal(model_app_count(model), 1024);
    assert_true(model_interface_count(model) <= 2048);
    assert_non_null(model_interface(model, 5010));
    bool kept = false;
    for (size_t i = 0; i < model_app_count(model); i++)
        kept |= strcmp(model_app_at(model, i)->name, "p1") == 0;
    assert_true(kept); /* the one that leaked goes last */
    model_free(model);
}

static void the_machines_own_name_is_known(void **state)
{
    static const struct {
        const char *name;
        bool host;
    } cases[] = {
        {"lap.local", true},
        {"LAP", true},
        {"laptop.local", false},
        {"la.local", false},
        {"la\\032[02:00]._workstation._tcp.local", false},
        {"Lap\\032[02:00]._workstation._tcp.local", true},
        {"lap[02:00]._workstation._tcp.local", true},
        {"lap-2.local", false},
        {"x.lap.local", false},
        {".", false},
    };
    (void)state;
    struct model *model = model_new(3, NOW);
    assert_non_null(model);
    model_host_name(model, "lap.example.net");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fact fact = {.kind = FACT_ANSWER, .transport = TRANSPORT_MDNS, .time_ns = NOW};
        fact.name_length = (uint8_t)name_parse(cases[i].name, fact.name);
        model_told_add(model, &fact);
        assert_int_equal(model_told_count(model), i + 1);
        if (model_told_at(model, i)->host != cases[i].host)
            fail_msg("%s", cases[i].name);
    }
    model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_the_newest),
        cmocka_unit_test(ledger_stays_and_counts_what_it_cannot_hold),
        cmocka_unit_test(settles_once),
        cmocka_unit_test(bootstrap_takes_the_leak_back),
        cmocka_unit_test(answers_join_their_question),
        cmocka_unit_test(own_names_are_counted_nowhere),
        cmocka_unit_test(tables_are_bounded),
        cmocka_unit_test(the_machines_own_name_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
