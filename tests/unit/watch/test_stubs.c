/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watch/stubs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/name.h"

#define NOW 1700000000000000000ULL
#define MS 1000000ULL
#define STEPS 5

enum who {
    NOBODY,
    DNSMASQ,
    DNSMASQ_CHILD,
    RESOLVED,
    CURL,
    CURL_TWIN,
    CURL_OTHER,
    WGET,
    UNNAMED,
    TAILSCALED
};

static const struct process people[] = {
    [DNSMASQ] = {.pid = 10, .start = 1, .uid = 5, .uid_known = true, .name = "dnsmasq"},
    [DNSMASQ_CHILD] = {.pid = 19, .start = 9, .uid = 5, .uid_known = true, .name = "dnsmasq"},
    [RESOLVED] = {.pid = 11, .start = 1, .uid = 6, .uid_known = true, .name = "systemd-resolve"},
    [CURL] = {.pid = 20, .start = 2, .uid = 1000, .uid_known = true, .name = "curl"},
    [CURL_TWIN] = {.pid = 21, .start = 3, .uid = 1000, .uid_known = true, .name = "curl"},
    [CURL_OTHER] = {.pid = 22, .start = 3, .uid = 1001, .uid_known = true, .name = "curl"},
    [WGET] = {.pid = 23, .start = 3, .uid = 1000, .uid_known = true, .name = "wget"},
    [TAILSCALED] = {.pid = 30, .start = 1, .uid_known = true, .name = "tailscaled"},
    [UNNAMED] = {.uid = 1000, .uid_known = true},
};

enum { ANSWERED = 1, ASKER_WAITED = 2, SERVER_WAITED = 4, SERVER_UNKNOWN = 8, TCP = 16, MESH = 32 };

/* A question inside this machine. */
struct asks {
    unsigned ms; /* from 1; 0 ends */
    const char *name;
    uint16_t type;
    enum who asker, server;
    unsigned state;
};

static const struct {
    const char *situation;
    struct asks asks[STEPS];
    unsigned ms; /* the look-up that left, of a.example A by dnsmasq */
    enum who sender;
    enum stub_join join;
    enum who asker;
} cases[] = {
    {"nobody asked", {{0}}, 100, DNSMASQ, STUB_NONE, NOBODY},
    {"a program asked", {{100, "a.example", 1, CURL, DNSMASQ, 0}}, 101, DNSMASQ, STUB_JOINED, CURL},
    {"in other letters (0x20)", {{100, "A.eXample", 1, CURL, DNSMASQ, 0}}, 101, DNSMASQ,
        STUB_JOINED, CURL},
    {"for another type", {{100, "a.example", 28, CURL, DNSMASQ, 0}}, 101, DNSMASQ, STUB_NONE,
        NOBODY},
    {"for another name, as behind a CNAME", {{100, "b.example", 1, CURL, DNSMASQ, 0}}, 101, DNSMASQ,
        STUB_NONE, NOBODY},
    {"and has its answer already", {{100, "a.example", 1, CURL, DNSMASQ, ANSWERED}}, 101, DNSMASQ,
        STUB_NONE, NOBODY},
    {"six seconds ago", {{100, "a.example", 1, CURL, DNSMASQ, 0}}, 6100, DNSMASQ, STUB_NONE,
        NOBODY},
    {"four seconds ago", {{100, "a.example", 1, CURL, DNSMASQ, 0}}, 4100, DNSMASQ, STUB_JOINED,
        CURL},
    {"only afterwards", {{102, "a.example", 1, CURL, DNSMASQ, 0}}, 101, DNSMASQ, STUB_NONE, NOBODY},
    {"another resolver was asked", {{100, "a.example", 1, CURL, RESOLVED, 0}}, 101, DNSMASQ,
        STUB_NONE, NOBODY},
    {"it is not known which resolver was asked",
        {{100, "a.example", 1, CURL, DNSMASQ, SERVER_UNKNOWN}}, 101, DNSMASQ, STUB_NONE, NOBODY},
    {"it is not known yet which resolver was asked",
        {{100, "a.example", 1, CURL, DNSMASQ, SERVER_WAITED}}, 101, DNSMASQ, STUB_WAIT, NOBODY},
    {"it is not known yet who asked", {{100, "a.example", 1, CURL, DNSMASQ, ASKER_WAITED}}, 101,
        DNSMASQ, STUB_WAIT, NOBODY},
    {"nor need it be, of another resolver's question",
        {{100, "a.example", 1, CURL, RESOLVED, ASKER_WAITED}}, 101, DNSMASQ, STUB_NONE, NOBODY},
    {"it will not be known who asked", {{100, "a.example", 1, UNNAMED, DNSMASQ, 0}}, 101, DNSMASQ,
        STUB_NONE, NOBODY},
    {"the same program by the same user twice: the first",
        {{100, "a.example", 1, CURL, DNSMASQ, 0}, {101, "a.example", 1, CURL_TWIN, DNSMASQ, 0}},
        102, DNSMASQ, STUB_JOINED, CURL},
    {"the same program by two users",
        {{100, "a.example", 1, CURL, DNSMASQ, 0}, {101, "a.example", 1, CURL_OTHER, DNSMASQ, 0}},
        102, DNSMASQ, STUB_NONE, NOBODY},
    {"two programs",
        {{100, "a.example", 1, CURL, DNSMASQ, 0}, {101, "a.example", 1, WGET, DNSMASQ, 0}}, 102,
        DNSMASQ, STUB_NONE, NOBODY},
    {"two programs, the second after it left",
        {{100, "a.example", 1, CURL, DNSMASQ, 0}, {102, "a.example", 1, WGET, DNSMASQ, 0}}, 101,
        DNSMASQ, STUB_JOINED, CURL},
    {"two programs, the first has its answer",
        {{100, "a.example", 1, CURL, DNSMASQ, ANSWERED}, {101, "a.example", 1, WGET, DNSMASQ, 0}},
        102, DNSMASQ, STUB_JOINED, WGET},
    {"two programs, of which one asked another resolver",
        {{100, "a.example", 1, CURL, DNSMASQ, 0}, {101, "a.example", 1, WGET, RESOLVED, 0}}, 102,
        DNSMASQ, STUB_JOINED, CURL},
    {"two programs, the second not known yet",
        {{100, "a.example", 1, CURL, DNSMASQ, 0},
            {101, "a.example", 1, WGET, DNSMASQ, ASKER_WAITED}},
        102, DNSMASQ, STUB_WAIT, NOBODY},
    {"one stub behind another",
        {{100, "a.example", 1, CURL, RESOLVED, 0}, {101, "a.example", 1, CURL, DNSMASQ, 0}}, 102,
        DNSMASQ, STUB_JOINED, CURL},
    {"the resolver asks itself", {{100, "a.example", 1, DNSMASQ, DNSMASQ, 0}}, 101, DNSMASQ,
        STUB_NONE, NOBODY},
    {"a child of the resolver, which was asked over TCP",
        {{100, "a.example", 1, CURL, DNSMASQ, TCP}}, 101, DNSMASQ_CHILD, STUB_JOINED, CURL},
    {"another of its name, and it was asked over UDP", {{100, "a.example", 1, CURL, DNSMASQ, 0}},
        101, DNSMASQ_CHILD, STUB_NONE, NOBODY},
    {"a program asks directly while another asks the resolver",
        {{100, "a.example", 1, CURL, DNSMASQ, 0}}, 101, WGET, STUB_NONE, NOBODY},
    {"a mesh VPN's client, whose resolver has no socket",
        {{100, "a.example", 1, CURL, NOBODY, MESH | SERVER_UNKNOWN}}, 101, TAILSCALED, STUB_JOINED,
        CURL},
    {"another program, while a mesh VPN's client was asked",
        {{100, "a.example", 1, CURL, NOBODY, MESH | SERVER_UNKNOWN}}, 101, DNSMASQ, STUB_NONE,
        NOBODY},
    {"the sender is not known", {{100, "a.example", 1, CURL, DNSMASQ, 0}}, 101, UNNAMED, STUB_NONE,
        NOBODY},
};

static struct lookup make(unsigned ms, const char *name, uint16_t type, const char *resolver)
{
    static uint16_t id;
    struct lookup lookup = {.time_ns = NOW + ms * MS,
        .interface = 1,
        .exposure = EXPOSURE_INTERNAL,
        .transport = TRANSPORT_UDP,
        .source_port = 40000,
        .resolver_port = 53,
        .id = ++id,
        .type = type,
        .class = 1};
    lookup.name_length = (uint8_t)name_parse(name, lookup.name);
    address_parse("127.0.0.1", &lookup.source);
    address_parse(resolver, &lookup.resolver);
    return lookup;
}

static uint64_t add_question(struct stubs *stubs, struct model *model, const struct asks *asks)
{
    struct lookup question = make(
        asks->ms, asks->name, asks->type, asks->state & MESH ? "100.100.100.100" : "127.0.0.1");
    question.answered = asks->state & ANSWERED;
    if (asks->state & TCP)
        question.transport = TRANSPORT_TCP;
    uint64_t serial = model_lookup_add(model, &question);
    stubs_asked(stubs, model_lookup(model, serial));
    if (asks->state & SERVER_UNKNOWN)
        stubs_server(stubs, serial, NULL);
    else if (!(asks->state & SERVER_WAITED))
        stubs_server(stubs, serial, &people[asks->server]);
    return serial;
}

static void joined_or_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct model *model = model_new(3, NOW);
        struct stubs *stubs = stubs_new(3);
        uint64_t serials[STEPS] = {0}, left = 0;
        struct stub_candidates candidates;
        for (size_t s = 0; s <= STEPS; s++) {
            bool end = s == STEPS || cases[i].asks[s].ms == 0;
            if (left == 0 && (end || cases[i].asks[s].ms > cases[i].ms)) {
                struct lookup lookup = make(cases[i].ms, "a.example", 1, "9.9.9.9");
                lookup.exposure = EXPOSURE_OPEN;
                left = model_lookup_add(model, &lookup);
                stubs_candidates(stubs, model, model_lookup(model, left), &candidates);
            }
            if (end)
                break;
            serials[s] = add_question(stubs, model, &cases[i].asks[s]);
        }
        /* Who asked is often known only afterwards. */
        for (size_t s = 0; s < STEPS && serials[s]; s++) {
            struct lookup judged = *model_lookup(model, serials[s]);
            judged.process = people[cases[i].asks[s].asker];
            if (!(cases[i].asks[s].state & ASKER_WAITED))
                model_lookup_settle(model, serials[s], &judged);
        }
        struct process asker = {0};
        enum stub_join join =
            stubs_join(stubs, model, &people[cases[i].sender], &candidates, &asker);
        if (join != cases[i].join ||
            (join == STUB_JOINED && asker.pid != people[cases[i].asker].pid))
            fail_msg("%s: %d, pid %d", cases[i].situation, join, asker.pid);
        stubs_free(stubs);
        model_free(model);
    }
}

/* Of so many that ask for the same, none is picked; and what a flood pushes out is not guessed. */
static void bounded(void **state)
{
    (void)state;
    struct model *model = model_new(3, NOW);
    struct stubs *stubs = stubs_new(3);
    struct stub_candidates candidates;
    struct process asker;
    struct asks asks = {100, "a.example", 1, CURL, DNSMASQ, 0};
    for (unsigned i = 0; i <= STUB_CANDIDATES; i++) {
        uint64_t serial = add_question(stubs, model, &asks);
        struct lookup judged = *model_lookup(model, serial);
        judged.process = people[CURL];
        model_lookup_settle(model, serial, &judged);
    }
    struct lookup lookup = make(101, "a.example", 1, "9.9.9.9");
    uint64_t left = model_lookup_add(model, &lookup);
    stubs_candidates(stubs, model, model_lookup(model, left), &candidates);
    assert_int_equal(candidates.count, STUB_CANDIDATES);
    assert_int_equal(stubs_join(stubs, model, &people[DNSMASQ], &candidates, &asker), STUB_NONE);
    for (unsigned i = 0; i < 3000; i++) {
        char name[32];
        snprintf(name, sizeof(name), "flood%u.example", i);
        asks.name = name;
        add_question(stubs, model, &asks);
    }
    candidates.more = false;
    assert_int_equal(stubs_join(stubs, model, &people[DNSMASQ], &candidates, &asker), STUB_NONE);
    stubs_free(stubs);
    model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(joined_or_not),
        cmocka_unit_test(bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
