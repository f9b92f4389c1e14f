/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watch/errands.h"

#include <errno.h>
#include <sys/random.h>

#include "base/text.h"
#include "guard/guard.h"
#include "options.h"
#include "sources/budget.h"
#include "sources/probe.h"
#include "sources/publicip.h"
#include "watch/held.h"
#include "watch/pace.h"
#include "watch/private.h"

/* In an hour, both ways, where nobody asked for shorter intervals: about twice what the schedule
 * needs. At once: an extended test and some changes of the network. */
#define PACKETS_AN_HOUR 7200U
#define PACKETS_AT_ONCE 2400U
#define USUAL_PROBE_S 60.0
#define USUAL_PUBLIC_S 600.0
/* The capture is given that long to start before the first probe. */
#define START_MS 20
#define START_WAITS 100

/* How often each may begin: a key that is held down and a route that flaps cannot spend what the
 * others need. The schedule keeps its own time. */
static const struct budget_terms terms[ERRANDS][CAUSES] = {
    [ACTIVITY_NAMES] = {[CAUSE_CHANGE] = {"names, for a change", 15, 4, 0},
        [CAUSE_KEY] = {"names, by key", 10, 3, 0}},
    [ACTIVITY_ADDRESS] = {[CAUSE_CHANGE] = {"address, for a change", 20, 3, 0},
        [CAUSE_KEY] = {"address, by key", 20, 2, 0}},
};
static const struct budget_terms large = {"a large test, by key", 60, 2, 0};

static const enum timer timers[ERRANDS] = {TIMER_PROBE, TIMER_PUBLIC};

int errands_open(struct watch *watch)
{
    double names = USUAL_PROBE_S / watch->options->probe_interval;
    double address = USUAL_PUBLIC_S / watch->options->public_interval;
    double more = names > address ? names : address;
    if (more < 1)
        more = 1;
    watch->errands.budget = budget_new((unsigned)(PACKETS_AN_HOUR * more), PACKETS_AT_ONCE);
    return watch->errands.budget ? 0 : -ENOMEM;
}

void errands_close(struct watch *watch)
{
    budget_free(watch->errands.budget);
    watch->errands.budget = NULL;
}

static bool ever_sends(const struct watch *watch, enum activity activity)
{
    return activity == ACTIVITY_NAMES ? watch->prober != NULL : watch->publicip != NULL;
}

static bool is_busy(const struct watch *watch, enum activity activity)
{
    return activity == ACTIVITY_NAMES ? prober_busy(watch->prober) : publicip_busy(watch->publicip);
}

const char *errand_held(const struct watch *watch, enum activity activity)
{
    bool passive = watch->options->passive;
    if (activity == ACTIVITY_NAMES)
        return held_names(watch->model, passive);
    const char *four = held_address(watch->model, passive, FAMILY_INDEX_4);
    return four && held_address(watch->model, passive, FAMILY_INDEX_6) ? four : NULL;
}

static void tell(struct watch *watch, enum activity activity)
{
    model_activity_set(watch->model, activity, &watch->errands.list[activity].state);
}

static void on_due(uv_timer_t *timer);

static void plan(struct watch *watch, enum activity activity, enum cause cause, enum test_kind kind,
    uint64_t after_ms)
{
    struct errand *errand = &watch->errands.list[activity];
    errand->cause = cause;
    errand->kind = kind;
    errand->due_ms = uv_now(&watch->loop) + after_ms;
    errand->state.next_ns = watch_clock() + after_ms * MS;
    watch_timer(watch, timers[activity], on_due, after_ms, 0);
}

static void unplan(struct watch *watch, enum activity activity)
{
    watch->errands.list[activity].due_ms = 0;
    watch->errands.list[activity].state.next_ns = 0;
    uv_timer_stop(&watch->timers[timers[activity]]);
}

/* ---- beginning ---- */

static void begin(
    struct watch *watch, enum activity activity, enum cause cause, enum test_kind kind)
{
    if (activity == ACTIVITY_NAMES) {
        if (cause == CAUSE_CHANGE)
            prober_reconfigure(watch->prober); /* a test under way is given up for this one */
        prober_test(watch->prober, kind);
    } else {
        bool passive = watch->options->passive;
        if (cause == CAUSE_CHANGE)
            publicip_cancel(watch->publicip); /* it would tell of the way before */
        for (enum family family = 0; family < FAMILY_INDEXES; family++)
            publicip_withhold(
                watch->publicip, family, held_address(watch->model, passive, family) != NULL);
        publicip_ask(watch->publicip);
    }
    struct errand *errand = &watch->errands.list[activity];
    unplan(watch, activity);
    errand->running = kind;
    errand->state.running = true;
    errand->state.started_ns = watch_clock();
    errand->state.note[0] = '\0';
    tell(watch, activity);
}

/* Nothing is planned: a change of the network, of what is expected, or a key begins it anew. */
static void rest(struct watch *watch, enum activity activity, const char *why)
{
    struct errand *errand = &watch->errands.list[activity];
    unplan(watch, activity);
    if (errand->state.running)
        errand->state.ended_ns = watch_clock();
    errand->state.running = false;
    errand->state.failures = 0;
    text_format(errand->state.note, sizeof(errand->state.note), "%s", why);
    tell(watch, activity);
}

static void postpone(struct watch *watch, enum activity activity, enum cause cause,
    enum test_kind kind, uint64_t wait_ms)
{
    struct errand *errand = &watch->errands.list[activity];
    char last[TIME_TEXT];
    if (errand->due_ms == 0 || errand->due_ms > uv_now(&watch->loop) + wait_ms)
        plan(watch, activity, cause, kind, wait_ms);
    text_format(errand->state.note, sizeof(errand->state.note),
        "asked at %s, and often before: its budget is used up",
        time_format_clock(errand->state.started_ns, last));
    tell(watch, activity);
}

enum outcome errand_run(
    struct watch *watch, enum activity activity, enum cause cause, enum test_kind kind)
{
    if (!ever_sends(watch, activity))
        return ERRAND_NONE;
    const char *held = errand_held(watch, activity);
    if (activity == ACTIVITY_NAMES)
        model_probes_held(watch->model, held ? held : "");
    if (held) {
        rest(watch, activity, held);
        return ERRAND_HELD;
    }
    bool larger = kind != TEST_STANDARD && watch->errands.list[activity].running == TEST_STANDARD;
    if (cause != CAUSE_CHANGE && is_busy(watch, activity) && !larger)
        return ERRAND_RUNS;
    const struct budget_terms *wanted = kind != TEST_STANDARD ? &large : &terms[activity][cause];
    uint64_t wait_ms;
    if (wanted->service &&
        !budget_take(watch->errands.budget, wanted, uv_now(&watch->loop), &wait_ms)) {
        postpone(watch, activity, cause, kind, wait_ms);
        return ERRAND_LATER;
    }
    begin(watch, activity, cause, kind);
    errands_follow(watch);
    return ERRAND_BEGUN;
}

static void on_due(uv_timer_t *timer)
{
    struct watch *watch = timer->data;
    enum activity activity =
        timer == &watch->timers[TIMER_PROBE] ? ACTIVITY_NAMES : ACTIVITY_ADDRESS;
    if (activity == ACTIVITY_NAMES && watch->guard->may_capture && watch->running_ns == 0 &&
        watch->waits++ < START_WAITS) {
        /* A probe that leaves before the capture sees proves nothing. */
        captured_status(watch);
        uv_timer_start(timer, on_due, START_MS, 0);
        return;
    }
    struct errand *errand = &watch->errands.list[activity];
    errand->due_ms = 0;
    (void)errand_run(watch, activity, errand->cause, errand->kind);
    show_changed(watch);
}

void errands_start(struct watch *watch)
{
    for (enum activity activity = 0; activity < ERRANDS; activity++)
        if (ever_sends(watch, activity))
            plan(watch, activity, CAUSE_TIME,
                activity == ACTIVITY_NAMES ? watch->options->probe_test : TEST_STANDARD, 0);
}

/* ---- ending ---- */

static bool address_failed(const struct watch *watch)
{
    const struct model *model = watch->model;
    for (enum family family = 0; family < FAMILY_INDEXES; family++)
        if (model_route(model, family)->state == ROUTE_PRESENT &&
            !held_address(model, watch->options->passive, family) &&
            model_public(model, family)->asked_ever && model_public(model, family)->agree == 0)
            return true;
    return false;
}

static bool has_failed(const struct watch *watch, enum activity activity)
{
    if (activity == ACTIVITY_ADDRESS)
        return address_failed(watch);
    const struct test *test = model_test(watch->model, watch->errands.list[activity].running);
    return test->names > 0 && test->failed >= test->names;
}

static uint32_t chance(void)
{
    uint32_t random = 0;
    if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
        random = (uint32_t)watch_clock();
    return random;
}

void errands_follow(struct watch *watch)
{
    for (enum activity activity = 0; activity < ERRANDS; activity++) {
        struct errand *errand = &watch->errands.list[activity];
        if (!errand->state.running || is_busy(watch, activity))
            continue;
        double interval = activity == ACTIVITY_NAMES ? watch->options->probe_interval
                                                     : watch->options->public_interval;
        errand->state.running = false;
        errand->state.ended_ns = watch_clock();
        errand->state.failures = has_failed(watch, activity) ? errand->state.failures + 1 : 0;
        plan(watch, activity, CAUSE_TIME, TEST_STANDARD,
            pace_next_ms((uint64_t)(interval * 1000), errand->state.failures, chance()));
        tell(watch, activity);
    }
    watch->progress.probing = watch->prober && prober_busy(watch->prober);
    watch->progress.asking_public = watch->publicip && publicip_busy(watch->publicip);
}

void errands_hold(struct watch *watch)
{
    const char *held = errand_held(watch, ACTIVITY_NAMES);
    model_probes_held(watch->model, held ? held : "");
    if (held && watch->prober) {
        prober_cancel(watch->prober);
        rest(watch, ACTIVITY_NAMES, held);
    }
    for (enum family family = 0; watch->publicip && family < FAMILY_INDEXES; family++)
        if (held_address(watch->model, watch->options->passive, family))
            publicip_withhold(watch->publicip, family, true);
    held = errand_held(watch, ACTIVITY_ADDRESS);
    if (held && watch->publicip)
        rest(watch, ACTIVITY_ADDRESS, held);
    errands_follow(watch);
}

void errands_clock_set(struct watch *watch)
{
    uint64_t now_ms = uv_now(&watch->loop);
    for (enum activity activity = 0; activity < ERRANDS; activity++) {
        struct errand *errand = &watch->errands.list[activity];
        if (errand->due_ms == 0)
            continue;
        uint64_t left_ms = errand->due_ms > now_ms ? errand->due_ms - now_ms : 0;
        errand->state.next_ns = watch_clock() + left_ms * MS;
        tell(watch, activity);
    }
}
