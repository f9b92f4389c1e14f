/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random machines, judged twice: by the model and the judge as they are, and by a plain reference
 * (reference.h). They must agree on the role of each link, the exposure of each look-up, and what
 * follows from them. On a difference the machine is made as small as it still differs, and shown.
 * The number in TOPOLOGIES_SEED begins another series, TOPOLOGIES_COUNT makes it longer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/name.h"
#include "judge/judge.h"
#include "model/model.h"
#include "options.h"
#include "reference.h"
#include "topology.h"
#include "watch/ingest.h"

#define START 1700000000000000000ULL
#define SECOND 1000000000ULL
#define MACHINES 10000
#define SEED 20261127u

/* ---- the real one ---- */

struct run {
    const struct machine *machine;
    struct model *model;
    struct ingest ingest;
    struct link links[LINKS_MOST]; /* as the kernel has them now */
    uint64_t now;
    uint16_t id;
    char *difference; /* 200 octets; the first that was found */
};

static unsigned counts[EXPOSURE_COUNT], roles[ROLE_COUNT], states[STATE_COUNT];

static const struct options no_options;

static uint32_t index_of(int link)
{
    return link == NOWHERE ? 0 : (uint32_t)link + 2;
}

static uint32_t index_if_on(const struct run *run, int link)
{
    return link != NOWHERE && run->links[link].on ? index_of(link) : 0;
}

static struct address address(const char *text)
{
    struct address value;
    assert_true(address_parse(text, &value));
    return value;
}

static void add_address(struct interface *interface, const char *text)
{
    interface->addresses[interface->address_count++] =
        (struct interface_address){.address = address(text), .prefix = 32};
}

static void post_link(struct run *run, int at)
{
    const struct link *link = &run->links[at];
    if (!link->on || !link->present)
        return;
    struct interface interface = {.index = index_of(at),
        .link_type = sorts[link->sort].hardware,
        .up = true,
        .master = index_if_on(run, link->port_of),
        .lower = index_if_on(run, link->upon),
        .gateway_route = link->gateway,
        .host_route = link->host};
    snprintf(interface.name, sizeof(interface.name), "link%d", at);
    snprintf(interface.kind, sizeof(interface.kind), "%s", sorts[link->sort].kind);
    char text[ADDRESS_TEXT];
    snprintf(text, sizeof(text), "10.0.%d.1", at);
    if (link->numbered)
        add_address(&interface, text);
    model_interface_set(run->model, &interface, run->now);
}

static void post_route(struct run *run, const struct change *change, enum family family)
{
    static const enum route_state states_of[] = {
        ROUTE_UNKNOWN, ROUTE_NONE, ROUTE_BLOCKED, ROUTE_PRESENT};
    struct web_route route = {.state = states_of[change->way]};
    if (change->way == WAY_BY) {
        route.interface = index_of(change->link);
        route.mixed = change->mixed;
    }
    model_route_set(run->model, family, &route, run->now);
}

static void post_change(struct run *run, const struct change *change)
{
    struct link *link = &run->links[change->link];
    switch (change->kind) {
    case ROUTE4:
        post_route(run, change, FAMILY_INDEX_4);
        return;
    case ROUTE6:
        post_route(run, change, FAMILY_INDEX_6);
        return;
    case IPSEC4:
    case IPSEC6:
        model_ipsec_set(run->model, change->kind == IPSEC6 ? FAMILY_INDEX_6 : FAMILY_INDEX_4,
            (enum ipsec_cover)change->value, run->now);
        return;
    case EXPECTS:
        model_expect(run->model, change->value == 3 ? EXPECT_NONE : (enum expectation)change->value,
            change->value == 3, run->now);
        return;
    case VANISHES:
        link->present = false;
        model_interface_gone(run->model, index_of(change->link), run->now);
        return;
    case APPEARS:
        if (!link->present)
            *link = run->machine->links[change->link];
        link->present = true;
        break;
    case GETS_HOST_ROUTE:
        link->host = link->gateway = true;
        break;
    case GETS_GATEWAY:
        link->gateway = true;
        break;
    case LOSES_GATEWAY:
        link->gateway = link->host = false;
        break;
    case GETS_ADDRESS:
        link->numbered = true;
        break;
    case MOVES:
        link->port_of = change->other;
        break;
    case CHANGES:
        break;
    }
    post_link(run, change->link);
}

static struct fact fact_of(struct run *run, const struct flow *flow)
{
    struct fact fact = {.time_ns = run->now,
        .kind = FACT_QUESTION,
        .direction = DIRECTION_OUT,
        .interface = index_of(flow->link),
        .transport = (uint8_t)flow->transport,
        .source = address(flow->forwarded ? (flow->six ? "2001:db8:77::1" : "172.31.7.7")
                          : flow->six     ? "2001:db8:9::9"
                                          : "10.9.9.9"),
        .destination = address(flow->here  ? (flow->six ? "::1" : "127.0.0.53")
                               : flow->six ? "2620:fe::fe"
                                           : "9.9.9.9"),
        .source_port = 40000,
        .destination_port = 53,
        .id = run->id++,
        .type = 1,
        .class = 1};
    if (flow->directionless)
        fact.direction = DIRECTION_UNKNOWN;
    char name[40];
    snprintf(name, sizeof(name), "host%u.example", (unsigned)fact.id);
    fact.name_length = (uint8_t)name_parse(name, fact.name);
    return fact;
}

static struct fact answer_to(const struct fact *asked)
{
    struct fact fact = *asked;
    fact.kind = asked->kind == FACT_STUN ? FACT_STUN_ANSWER : FACT_ANSWER;
    fact.time_ns += SECOND / 100;
    fact.direction = DIRECTION_IN;
    fact.source = asked->destination;
    fact.destination = asked->source;
    fact.source_port = asked->destination_port;
    fact.destination_port = asked->source_port;
    return fact;
}

/* As attribution does once it knows who asked. */
static void post_by_client(struct run *run, const struct fact *fact, bool stun)
{
    struct lookup lookup = {.time_ns = fact->time_ns,
        .interface = fact->interface,
        .transport = stun ? TRANSPORT_STUN : (enum transport)fact->transport,
        .source = fact->source,
        .resolver = fact->destination,
        .source_port = fact->source_port,
        .resolver_port = fact->destination_port,
        .id = fact->id,
        .type = stun ? 0 : 1,
        .class = 1,
        .settled = true,
        .process = {.pid = 7, .vpn_client = true, .name = "openvpn"},
        .name_length = stun ? 0 : fact->name_length};
    memcpy(lookup.name, fact->name, lookup.name_length);
    judge_exposure(run->model, &lookup);
    model_lookup_add(run->model, &lookup);
}

static void post_question(struct run *run, const struct flow *flow, struct fact fact)
{
    if (flow->client)
        post_by_client(run, &fact, fact.kind == FACT_STUN);
    else
        ingest_fact(&run->ingest, &fact, run->now);
}

/* The exposure that it got; EXPOSURE_UNKNOWN where nothing was counted. */
static enum exposure post_flow(struct run *run, const struct flow *flow)
{
    uint64_t before = model_lookup_newest(run->model);
    struct fact fact = fact_of(run, flow);
    if (flow->kind == COMES_IN) {
        fact.direction = DIRECTION_IN;
        ingest_fact(&run->ingest, &fact, run->now);
    } else if (flow->kind == UNASKED_ANSWER) {
        struct fact answer = answer_to(&fact);
        if (flow->directionless)
            answer.direction = DIRECTION_UNKNOWN;
        ingest_fact(&run->ingest, &answer, run->now);
    } else {
        if (flow->kind == ASKS_STUN) {
            fact.kind = FACT_STUN;
            fact.transport = TRANSPORT_UDP;
            fact.name_length = 0;
        }
        post_question(run, flow, fact);
        struct fact copy = fact;
        copy.interface = index_of(flow->copy);
        copy.time_ns += SECOND / 1000;
        if (flow->copy != NOWHERE)
            post_question(run, flow, copy);
        struct fact answer = answer_to(&fact);
        if (flow->answered)
            ingest_fact(&run->ingest, &answer, run->now);
    }
    uint64_t after = model_lookup_newest(run->model);
    if (after == before)
        return EXPOSURE_UNKNOWN;
    return after == before + 1 ? model_lookup(run->model, after)->exposure : EXPOSURE_COUNT;
}

/* ---- side by side ---- */

static void __attribute__((format(printf, 2, 3))) differ(struct run *run, const char *format, ...)
{
    if (run->difference[0])
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(run->difference, 200, format, arguments);
    va_end(arguments);
}

static void compare_roles(struct run *run, const struct picture *picture, size_t phase)
{
    for (int i = 0; i < LINKS_MOST; i++) {
        const struct interface *real = model_interface(run->model, index_of(i));
        enum role expected = picture->role[i];
        if (!there(picture, i))
            continue;
        roles[expected]++;
        if (!real || real->role != expected)
            differ(run, "phase %zu: link %d is %s, the reference says %s", phase, i,
                real ? role_word(real->role) : "nowhere", role_word(expected));
    }
    if (model_tunnel_up(run->model) != tunnel_is_up(picture))
        differ(run, "phase %zu: the reference says that the tunnel is %s", phase,
            tunnel_is_up(picture) ? "up" : "not up");
    for (int f = 0; f < 2; f++)
        if (model_family_in_tunnel(run->model, (enum family)f) != in_tunnel(picture, f))
            differ(run, "phase %zu: IPv%d in the tunnel: the reference says %d", phase, f ? 6 : 4,
                in_tunnel(picture, f));
    if (model_expectation(run->model)->expectation != picture->expectation)
        differ(run, "phase %zu: expectation %s, the reference says %s", phase,
            expectation_word(model_expectation(run->model)->expectation),
            expectation_word(picture->expectation));
}

static void compare_verdicts(struct run *run, const struct picture *picture, size_t phase)
{
    static struct verdict verdict;
    judge_all(run->model, run->now, &verdict);
    states[verdict.state]++;
    for (size_t i = 0; i < EXPOSURE_COUNT; i++)
        if (model_totals(run->model)->by_exposure[i] != picture->by_exposure[i])
            differ(run, "phase %zu: %u look-ups %s, the reference counts %u", phase,
                (unsigned)model_totals(run->model)->by_exposure[i], exposure_word((enum exposure)i),
                picture->by_exposure[i]);
    if ((verdict.state == STATE_LEAK) != (picture->leaks > 0))
        differ(run, "phase %zu: %s (%s), the reference counts %u leaks", phase,
            state_word(verdict.state), verdict.summary, picture->leaks);
    if ((model_leak_count(run->model) > 0) != (picture->leaks > 0))
        differ(
            run, "phase %zu: the list of leaks has %zu lines", phase, model_leak_count(run->model));
    bool open =
        picture->leaks == 0 && picture->expectation == EXPECT_NONE && !tunnel_is_up(picture);
    if ((verdict.state == STATE_UNPROTECTED) != open)
        differ(run, "phase %zu: %s, the reference says %sunprotected", phase,
            state_word(verdict.state), open ? "" : "not ");
    bool hidden = tunnel_is_up(picture) || picture->expectation == EXPECT_TOR;
    if (verdict.state == STATE_OK && (picture->evidence == 0 || !hidden))
        differ(run, "phase %zu: ok (%s) without evidence", phase, verdict.summary);
}

static bool run_phase(struct run *run, struct picture *picture, size_t phase)
{
    struct picture before = *picture;
    for (size_t i = 0; i < CHANGES_MOST; i++) {
        const struct change *change = &run->machine->changes[phase][i];
        if (!change->on || !run->machine->links[change->link].on)
            continue;
        post_change(run, change);
        apply_change(picture, change);
    }
    bool changed = phase == 0 || memcmp(before.way, picture->way, sizeof(before.way)) != 0 ||
                   memcmp(before.by, picture->by, sizeof(before.by)) != 0 ||
                   memcmp(before.mixed, picture->mixed, sizeof(before.mixed)) != 0 ||
                   memcmp(before.ipsec, picture->ipsec, sizeof(before.ipsec)) != 0;
    model_settle(run->model, run->now);
    ingest_links_changed(&run->ingest);
    look_again(picture, changed);
    compare_roles(run, picture, phase);
    for (size_t i = 0; i < FLOWS_MOST; i++) {
        const struct flow *flow = &run->machine->flows[phase][i];
        if (!flow->on || !run->machine->links[flow->link].on)
            continue;
        run->now += SECOND;
        enum exposure real = post_flow(run, flow), expected = judge_flow(picture, flow);
        counts[expected]++;
        if (real != expected)
            differ(run, "phase %zu flow %zu: %s, the reference says %s", phase, i,
                real == EXPOSURE_COUNT ? "several" : exposure_word(real), exposure_word(expected));
    }
    compare_verdicts(run, picture, phase);
    return run->difference[0] == '\0';
}

/* False, and the difference in words, where the two do not agree. */
static bool agree(const struct machine *machine, char difference[static 200])
{
    struct run run = {.machine = machine, .now = START, .id = 1, .difference = difference};
    static struct picture picture;
    difference[0] = '\0';
    run.model = model_new(machine->seed | 1, START);
    assert_non_null(run.model);
    run.ingest = (struct ingest){.model = run.model, .options = &no_options};
    struct capture_info info = {
        .possible = true, .running = true, .control = CONTROL_SEEN, .since_ns = START};
    model_capture_set(run.model, &info, START);
    struct interface loopback = {
        .index = 1, .name = "lo", .link_type = 772, .up = true}; /* with the source addresses */
    add_address(&loopback, "127.0.0.1");
    add_address(&loopback, "10.9.9.9");
    add_address(&loopback, "2001:db8:9::9");
    model_interface_set(run.model, &loopback, START);
    memcpy(run.links, machine->links, sizeof(run.links));
    for (int i = 0; i < LINKS_MOST; i++) {
        char name[16];
        snprintf(name, sizeof(name), "link%d", i);
        if (run.links[i].on && run.links[i].word != NO_WORD)
            model_force_role(
                run.model, name, run.links[i].word == SAID_TUNNEL ? ROLE_TUNNEL : ROLE_UPLINK);
        post_link(&run, i);
    }
    start_picture(&picture, machine);
    for (size_t p = 0; p < machine->phases; p++) {
        run.now = START + (10 + 100 * p) * SECOND;
        if (!run_phase(&run, &picture, p))
            break;
    }
    model_free(run.model);
    return difference[0] == '\0';
}

/* ---- smaller ---- */

static bool try_without(struct machine *machine, bool *part)
{
    char difference[200];
    if (!*part)
        return false;
    *part = false;
    if (!agree(machine, difference))
        return true;
    *part = true;
    return false;
}

static bool shrink_once(struct machine *machine)
{
    bool smaller = false;
    for (size_t p = 0; p < machine->phases; p++) {
        for (size_t i = 0; i < FLOWS_MOST; i++) {
            struct flow *flow = &machine->flows[p][i];
            bool *const parts[] = {&flow->on, &flow->answered, &flow->client, &flow->forwarded,
                &flow->here, &flow->directionless, &flow->six};
            for (size_t k = 0; k < sizeof(parts) / sizeof(parts[0]); k++)
                smaller |= try_without(machine, parts[k]);
        }
        for (size_t i = 0; i < CHANGES_MOST; i++)
            smaller |= try_without(machine, &machine->changes[p][i].on);
    }
    for (size_t i = 0; i < LINKS_MOST; i++) {
        struct link *link = &machine->links[i];
        bool *const parts[] = {&link->on, &link->host, &link->gateway, &link->numbered};
        for (size_t k = 0; k < sizeof(parts) / sizeof(parts[0]); k++)
            smaller |= try_without(machine, parts[k]);
    }
    return smaller;
}

static void show_smallest(struct machine machine)
{
    char difference[200];
    for (int rounds = 0; rounds < 10 && shrink_once(&machine); rounds++)
        ;
    agree(&machine, difference);
    print_machine(&machine);
    printf("  %s\n", difference);
}

static unsigned number_from(const char *variable, unsigned otherwise)
{
    const char *text = getenv(variable);
    return text ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

static void machines_agree(void **state)
{
    (void)state;
    unsigned seed = number_from("TOPOLOGIES_SEED", SEED);
    unsigned count = number_from("TOPOLOGIES_COUNT", MACHINES), different = 0;
    for (unsigned i = 0; i < count && different < 3; i++) {
        struct machine machine = make_machine(seed + i);
        char difference[200];
        if (agree(&machine, difference))
            continue;
        show_smallest(machine);
        different++;
    }
    printf("%u machines from seed %u, %u differ\n", count, seed, different);
    for (size_t i = 0; i < ROLE_COUNT; i++)
        printf("%s%s %u", i ? ", " : "roles: ", role_word((enum role)i), roles[i]);
    for (size_t i = 0; i < EXPOSURE_COUNT; i++)
        printf("%s%s %u", i ? ", " : "\nlook-ups: ",
            i == EXPOSURE_UNKNOWN ? "none" : exposure_word((enum exposure)i), counts[i]);
    for (size_t i = 0; i < STATE_COUNT; i++)
        printf("%s%s %u", i ? ", " : "\nverdicts: ", state_word((enum state)i), states[i]);
    printf("\n");
    assert_int_equal(different, 0);
    /* A series that never meets one of them proves little. */
    for (size_t i = 0; i < EXPOSURE_COUNT && count >= MACHINES; i++)
        assert_true(counts[i] >= 100);
    for (size_t i = 0; i < ROLE_COUNT && count >= MACHINES; i++)
        assert_true(i == ROLE_LOOPBACK || roles[i] >= 100);
    assert_true(count < MACHINES || (states[STATE_OK] >= 100 && states[STATE_LEAK] >= 100 &&
                                        states[STATE_UNPROTECTED] >= 100));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(machines_agree)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
