/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/probe_private.h"

#include <arpa/nameser.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "sources/budget.h"

/* A question and its answer, both families where the system asks. */
#define PACKETS 4

static void on_timer(uv_timer_t *timer);

/* Results come from within c-ares, where nothing may be begun or closed: what follows from them is
 * done when the loop comes round. */
static void step_soon(struct prober *prober)
{
    uv_timer_start(&prober->timer, on_timer, 0, 0);
}

const struct whoami *probe_unique(const struct prober *prober)
{
    return !prober->zone[0]          ? whoami_unique()
           : prober->zone_by_address ? &prober->own_zone[1]
                                     : &prober->own_zone[0];
}

void probe_announce(struct prober *prober, struct own_question *own, const struct probe *begin)
{
    uint64_t now = prober->clock();
    struct probe probe = *begin;
    probe.test = prober->test;
    model_own_name(prober->model, own->wire, own->length, now);
    own->serial = model_probe_start(prober->model, &probe, own->wire, own->length, now);
    own->asked_ns = now;
    own->deadline_ms = uv_now(prober->loop) + QUESTION_MS;
    own->waiting = true;
}

void probe_finish(struct prober *prober, struct own_question *own, enum probe_state state,
    const char *reason, const struct address *egress)
{
    if (!own->waiting)
        return;
    own->waiting = false;
    model_probe_done(prober->model, own->serial, state, reason, egress, prober->clock());
    prober->posted = true;
    step_soon(prober);
}

bool probe_within_budget(struct prober *prober, const struct whoami *row, struct own_question *own)
{
    const struct budget_terms terms = {row->name, row->seconds_between, WHOAMI_AT_ONCE, PACKETS};
    if (!prober->budget || budget_take(prober->budget, &terms, uv_now(prober->loop), NULL))
        return true;
    probe_finish(
        prober, own, PROBE_FAILED, "not asked: it was asked as often as its terms allow", NULL);
    return false;
}

void probe_post_egress(struct prober *prober, const struct own_question *own,
    const struct egress_resolver *came, const struct network *network)
{
    struct egress_resolver egress = *came;
    egress.test = prober->test;
    name_format(own->wire, own->length, egress.probe);
    model_egress(prober->model, &egress, prober->clock());
    if (network && (network->asn >= 0 || network->org[0] || network->country[0]))
        model_network_set(prober->model, &came->address, network, prober->clock());
}

static void ask(struct prober *prober, const struct question *wanted)
{
    struct question *question = &prober->questions[prober->asked++];
    char text[NAME_TEXT_MAX];
    *question = *wanted;
    question->prober = prober;
    struct way *way = question->way;
    const struct probe begin = {.path = way->plan.path,
        .asked = way->asked,
        .control = question->row->label != WHOAMI_FIXED};
    if (!plan_label(question->row, question->own.wire, &question->own.length))
        return;
    probe_announce(prober, &question->own, &begin);
    name_format(question->own.wire, question->own.length, text);
    if (!probe_within_budget(prober, question->row, &question->own))
        return;
    if (way->stub)
        stub_ask(
            way->stub, text, question->row->class, question->row->type, probe_on_answer, question);
    else
        probe_finish(prober, &question->own, PROBE_FAILED,
            "the resolver configuration cannot be read", NULL);
}

/* The row to ask instead. An authority of the person's own that did not say who asked may say it in
 * another form: as the address of the name, in the family by which it was asked. */
static const struct whoami *instead(struct prober *prober, struct question *question)
{
    if (question->silent && question->row == &prober->own_zone[1])
        return &prober->own_zone[2];
    for (size_t i = 0; i < 3 && question->silent; i++)
        if (question->row == &prober->own_zone[i])
            return &prober->own_zone[1];
    return plan_instead(question->row, &question->tried);
}

/* Where a service failed, another one is asked; not where it is the resolver that fails. Returns
 * whether any was: it may have failed at once. */
static bool ask_again(struct prober *prober)
{
    bool asked = false;
    for (size_t i = 0; i < prober->asked; i++) {
        struct question *question = &prober->questions[i];
        if (!question->again)
            continue;
        question->again = false;
        bool same = question->silent && (question->row == &prober->own_zone[0] ||
                                            question->row == &prober->own_zone[1]);
        if (prober->asked == QUESTIONS_MAX ||
            (question->way->lost >= LOST_ENOUGH && question->way->answered == 0))
            continue;
        struct question next = {.way = question->way, .times = question->times + !same};
        next.row = instead(prober, question);
        next.tried = question->tried;
        if (!next.row)
            continue;
        model_test_more(prober->model, prober->test, 1);
        ask(prober, &next);
        asked = true;
    }
    return asked;
}

static bool expire(struct prober *prober, uint64_t now_ms, uint64_t *next_ms)
{
    bool waits = false;
    for (size_t i = 0; i < prober->asked; i++) {
        struct question *question = &prober->questions[i];
        if (question->own.waiting && now_ms >= question->own.deadline_ms) {
            question->way->lost++;
            question->again = question->times < AGAIN_EACH && question->row->use == WHOAMI_EGRESS;
            probe_finish(prober, &question->own, PROBE_FAILED, "timed out", NULL);
        }
        waits |= question->own.waiting;
        if (question->own.waiting && question->own.deadline_ms < *next_ms)
            *next_ms = question->own.deadline_ms;
    }
    return waits;
}

static void end_test(struct prober *prober)
{
    for (size_t i = 0; i < prober->way_count; i++)
        stub_close(prober->ways[i].stub);
    for (size_t i = 0; i < SERVICES; i++) {
        probe_service_end(prober->services[i]);
        prober->services[i] = NULL;
    }
    prober->way_count = 0;
    prober->asked = 0;
    prober->busy = false;
    model_test_end(prober->model, prober->test, prober->clock());
}

static void on_timer(uv_timer_t *timer)
{
    struct prober *prober = timer->data;
    uint64_t now = uv_now(prober->loop), next = UINT64_MAX;
    bool system_waits = probe_system_step(prober, now, &next);
    bool waits = expire(prober, now, &next);
    while (prober->busy && ask_again(prober)) /* as long as there is room */
        waits = expire(prober, now, &next);
    if (prober->busy)
        probe_post_traits(prober);
    for (size_t i = 0; i < SERVICES; i++)
        waits |= probe_service_busy(prober->services[i]);
    if (prober->busy && !waits && !system_waits)
        end_test(prober);
    bool posted = prober->posted;
    prober->posted = false;
    if (next == UINT64_MAX)
        uv_timer_stop(timer);
    else
        uv_timer_start(timer, on_timer, next > now ? next - now : 0, 0);
    /* The last thing: the hook may begin a new test, or close. */
    if (posted && prober->hook)
        prober->hook(prober->hook_context);
}

static void open_ways(struct prober *prober, enum test_kind kind)
{
    /* What stands in where resolv.conf(5) names no resolver. */
    static const struct address unconfigured = {FAMILY_IPV4, {127, 0, 0, 1}};
    struct stub *file = NULL;
    struct address one = {0};
    size_t servers = 0;
    struct plan_way plans[PLAN_WAYS];
    if (kind != TEST_PUBLIC && stub_open(&file, prober->loop) < 0)
        file = NULL;
    if (file)
        servers = stub_servers(file, &one);
    if (servers != 1)
        one = (struct address){0};
    prober->way_count = plan_ways(prober->model, kind, &one, plans);
    for (size_t i = 0; i < prober->way_count; i++) {
        struct way *way = &prober->ways[i];
        const struct plan_way *plan = &plans[i];
        *way = (struct way){.plan = *plan};
        if (plan->by_file) {
            way->stub = file;
            way->asked = one;
            way->alone = servers == 1;
            way->default_only = servers == 1 && address_equal(&one, &unconfigured) &&
                                model_configured_count(prober->model) == 0;
            continue;
        }
        way->asked = plan->address;
        way->alone = true;
        if (stub_open_at(&way->stub, prober->loop, &plan->address, plan->port, plan->scope) < 0)
            way->stub = NULL;
    }
}

/* Beside the names that the DNS itself answers. */
static void begin_services(struct prober *prober)
{
    if (prober->kind == TEST_PUBLIC)
        return;
    if (prober->kind == TEST_EXTENDED)
        prober->services[0] = probe_service_begin(prober, leaktest_map(), 1);
    if (prober->chosen)
        prober->services[1] =
            probe_service_begin(prober, prober->chosen, prober->kind == TEST_EXTENDED ? 6 : 2);
}

void prober_test(struct prober *prober, enum test_kind kind)
{
    if (prober->busy && !prober->stale && (kind == prober->kind || kind == TEST_STANDARD))
        return;
    prober_cancel(prober);
    prober->stale = false;
    prober->busy = true;
    prober->kind = kind;
    prober->system_again = 0;
    prober->asked = 0;
    uv_update_time(prober->loop);
    open_ways(prober, kind);
    struct plan_name names[PLAN_NAMES];
    bool alone[PLAN_WAYS] = {false};
    for (size_t i = 0; i < prober->way_count; i++)
        alone[i] = prober->ways[i].alone;
    size_t count =
        plan_names(kind, prober->way_count, alone, probe_unique(prober), &prober->turn, names);
    prober->test = model_test_start(prober->model, kind, (unsigned)count, prober->clock());
    for (size_t i = 0; i < count; i++) {
        const struct question question = {.row = names[i].row, .way = &prober->ways[names[i].way]};
        if (names[i].system)
            probe_system_ask(prober, names[i].row, false);
        else
            ask(prober, &question);
    }
    begin_services(prober);
    /* Also where nothing could be asked at all: the test must end. */
    step_soon(prober);
}

void prober_cancel(struct prober *prober)
{
    if (!prober->busy)
        return;
    for (size_t i = 0; i < prober->asked; i++)
        probe_finish(prober, &prober->questions[i].own, PROBE_FAILED, "cancelled", NULL);
    probe_system_cancel(prober);
    end_test(prober); /* the services' too */
}

static void release(uv_handle_t *handle)
{
    struct prober *prober = handle->data;
    if (--prober->open_handles > 0)
        return;
    close(prober->pipe[0]);
    close(prober->pipe[1]);
    free(prober);
}

int prober_open(struct prober **out, uv_loop_t *loop, struct model *model, uint64_t (*clock)(void))
{
    *out = NULL;
    struct prober *prober = calloc(1, sizeof *prober);
    if (!prober)
        return -ENOMEM;
    prober->loop = loop;
    prober->model = model;
    prober->clock = clock;
    int error = probe_system_open(prober);
    if (error) {
        free(prober);
        return error;
    }
    uv_timer_init(loop, &prober->timer);
    prober->pipe_poll.data = prober->timer.data = prober;
    prober->open_handles = 2;
    *out = prober;
    return 0;
}

void prober_close(struct prober *prober)
{
    if (!prober)
        return;
    prober_cancel(prober);
    uv_timer_stop(&prober->timer);
    uv_close((uv_handle_t *)&prober->timer, release);
    uv_close((uv_handle_t *)&prober->pipe_poll, release);
}

bool prober_busy(const struct prober *prober)
{
    return prober->busy;
}

void prober_reconfigure(struct prober *prober)
{
    prober->stale = true;
}

void prober_zone(struct prober *prober, const char *zone)
{
    static const uint16_t types[] = {ns_t_txt, ns_t_a, ns_t_aaaa};
    uint8_t wire[NAME_WIRE_MAX];
    size_t length = zone ? name_parse(zone, wire) : 0;
    prober->zone[0] = '\0';
    prober->zone_by_address = false;
    if (length == 0 || length + 1 + 16 > NAME_WIRE_MAX)
        return;
    name_format(wire, length, prober->zone);
    if (strcmp(prober->zone, ".") == 0)
        prober->zone[0] = '\0';
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        prober->own_zone[i] = (struct whoami){.name = prober->zone,
            .type = types[i],
            .class = ns_c_in,
            .use = WHOAMI_EGRESS,
            .shape = i == 0 ? WHOAMI_OWN_ZONE : WHOAMI_A,
            .label = WHOAMI_BASE32,
            .run_by = "",
            .means = "",
            .seconds_between = whoami_unique()->seconds_between};
}

void prober_on_result(struct prober *prober, void (*hook)(void *context), void *context)
{
    prober->hook = hook;
    prober->hook_context = context;
}

void prober_budget(struct prober *prober, struct budget *budget)
{
    prober->budget = budget;
}

bool prober_service(struct prober *prober, const char *key)
{
    prober->chosen = key ? leaktest_by_key(key) : NULL;
    return prober->chosen || !key;
}
