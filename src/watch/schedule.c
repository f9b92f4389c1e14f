/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/text.h"
#include "guard/guard.h"
#include "model/model.h"
#include "options.h"
#include "sources/budget.h"
#include "sources/probe.h"
#include "sources/publicip.h"
#include "watch/browsers.h"
#include "watch/errands.h"
#include "watch/networks.h"
#include "watch/pace.h"
#include "watch/private.h"
#include "watch/tor.h"

/* ---- the network changed ---- */

static void on_settled(uv_timer_t *timer)
{
    struct watch *watch = timer->data;
    watch->errands.changed_ms = 0;
    (void)errand_run(watch, ACTIVITY_NAMES, CAUSE_CHANGE, TEST_STANDARD);
    (void)errand_run(watch, ACTIVITY_ADDRESS, CAUSE_CHANGE, TEST_STANDARD);
    show_changed(watch);
}

/* Follow this change together with those that come at once after it. */
static void settle_soon(struct watch *watch)
{
    uint64_t now_ms = uv_now(&watch->loop);
    if (watch->errands.changed_ms == 0)
        watch->errands.changed_ms = now_ms ? now_ms : 1;
    watch_timer(
        watch, TIMER_SETTLED, on_settled, pace_settle_ms(watch->errands.changed_ms, now_ms), 0);
}

void schedule_check_held(struct watch *watch)
{
    networks_check_held(watch);
    tor_check_held(watch);
    errands_hold(watch); /* a repeated question or connection would go by the uplink now */
}

void schedule_network_changed(struct watch *watch)
{
    schedule_check_held(watch);
    tor_recheck(watch);
    if (!watch->prober && !watch->publicip)
        return;
    if (watch->prober)
        prober_reconfigure(watch->prober);
    settle_soon(watch);
}

/* The route stays when a client changes its server under it; resolvers and address do not. */
void schedule_look_at_peers(struct watch *watch)
{
    uint32_t peers = model_peer_serial(watch->model);
    if (peers == watch->errands.peers)
        return;
    watch->errands.peers = peers;
    if (watch->prober || watch->publicip)
        settle_soon(watch);
}

/* ---- results ---- */

static void on_control(uv_timer_t *timer)
{
    struct watch *watch = timer->data;
    captured_status(watch);
    show_changed(watch);
}

static void on_result(void *context)
{
    struct watch *watch = context;
    /* What an answered probe proves about the capture can be told a moment later. */
    watch_timer(watch, TIMER_CONTROL, on_control, 600, 0);
    errands_follow(watch);
    show_changed(watch);
}

/* ---- keys ---- */

/* What became of one errand, as a part of the note. */
static void note_outcome(struct watch *watch, enum activity activity, enum outcome outcome,
    const char *sends, char *note, size_t size)
{
    const struct activity_state *state = &watch->errands.list[activity].state;
    const char *what = activity == ACTIVITY_NAMES ? "look-ups" : "public address";
    char last[TIME_TEXT], next[TIME_TEXT];
    uint64_t now = watch_clock();
    size_t used = strlen(note);
    note += used;
    size -= used;
    switch (outcome) {
    case ERRAND_BEGUN:
        text_format(note, size, "; sending %s", sends);
        break;
    case ERRAND_RUNS:
        text_format(note, size, "; %s: being asked since %s", what,
            time_format_clock(state->started_ns, last));
        break;
    case ERRAND_LATER:
        text_format(note, size, "; %s: asked %s ago; again at %s", what,
            time_format_span(now > state->started_ns ? now - state->started_ns : 0, last),
            time_format_clock(state->next_ns, next));
        break;
    case ERRAND_HELD:
        text_format(note, size, "; nothing sent: %s", state->note);
        break;
    case ERRAND_NONE:
        text_format(note, size, "; nothing sent%s",
            watch->options->passive ? ": --passive" : ", see the events");
        break;
    }
}

void schedule_recheck(struct watch *watch, int check)
{
    bool all = check == CHECK_COUNT;
    bool names = all || check == CHECK_DNS || check == CHECK_IPV6;
    bool address = all || check == CHECK_PUBLIC_IP || check == CHECK_IPV6;
    char *note = watch->progress.note;
    size_t size = sizeof(watch->progress.note);
    if (watch->file) {
        text_format(note, size, "a capture file is what it is: nothing to ask again");
        return;
    }
    network_recheck(watch);
    browsers_recheck(watch);
    networks_recheck(watch);
    if (all || check == CHECK_APPS || check == CHECK_PUBLIC_IP)
        tor_recheck(watch);
    text_format(note, size, "routes asked again");
    enum outcome first = ERRAND_BEGUN;
    if (names) {
        first = errand_run(watch, ACTIVITY_NAMES, CAUSE_KEY, TEST_STANDARD);
        note_outcome(watch, ACTIVITY_NAMES, first, "look-ups of unique names", note, size);
    }
    /* One reason for both is said once. */
    if (address && !(names && (first == ERRAND_NONE || first == ERRAND_HELD)))
        note_outcome(watch, ACTIVITY_ADDRESS,
            errand_run(watch, ACTIVITY_ADDRESS, CAUSE_KEY, TEST_STANDARD),
            "HTTPS requests for the public address", note, size);
    if (!names && !address)
        text_format(note, size, "routes asked again; this check needs nothing sent");
    show_changed(watch);
}

static void large_test(struct watch *watch, enum test_kind kind, const char *sends)
{
    char *note = watch->progress.note;
    size_t size = sizeof(watch->progress.note);
    if (watch->file) {
        text_format(note, size, "a capture file is what it is: nothing to ask again");
        return;
    }
    text_format(note, size, "%s", kind == TEST_EXTENDED ? "extended test" : "public resolvers");
    note_outcome(watch, ACTIVITY_NAMES, errand_run(watch, ACTIVITY_NAMES, CAUSE_KEY, kind), sends,
        note, size);
    show_changed(watch);
}

void schedule_extended(struct watch *watch)
{
    large_test(watch, TEST_EXTENDED, "36 look-ups of unique names");
}

void schedule_public_resolvers(struct watch *watch)
{
    large_test(watch, TEST_PUBLIC, "look-ups to well-known public resolvers, by the way there is");
}

/* ---- start and end ---- */

static void report_missing(struct watch *watch, const char *what, int error)
{
    model_event(watch->model, watch_clock(), "probe", "", "%s cannot be asked: %s", what,
        uv_strerror(error));
}

/* Libraries that open sockets and threads start after the first frame was drawn. */
void schedule_start(struct watch *watch)
{
    static const char passive[] = "--passive: nothing is sent";
    schedule_check_held(watch);
    tor_look(watch);
    if (watch->options->passive && !watch->file) {
        for (enum activity activity = 0; activity < ACTIVITIES; activity++) {
            struct activity_state state = {0};
            text_format(state.note, sizeof(state.note), "%s", passive);
            model_activity_set(watch->model, activity, &state);
        }
    }
    if (watch->options->passive || watch->file)
        return;
    int error = errands_open(watch);
    if (error != 0) { /* without an account of it nothing is sent */
        report_missing(watch, "nobody", error);
        return;
    }
    error = prober_open(&watch->prober, &watch->loop, watch->model, watch_clock);
    if (error != 0) {
        watch->prober = NULL;
        report_missing(watch, "probes", error);
    } else {
        prober_on_result(watch->prober, on_result, watch);
        prober_budget(watch->prober, watch->errands.budget);
        if (watch->options->zone[0])
            prober_zone(watch->prober, watch->options->zone);
        if (watch->options->probe_service[0])
            (void)prober_service(watch->prober, watch->options->probe_service);
    }
    error = publicip_open(&watch->publicip, &watch->loop, watch->model, watch_clock);
    if (error != 0) {
        watch->publicip = NULL;
        report_missing(watch, "the public address", error);
    } else {
        publicip_on_result(watch->publicip, on_result, watch);
        publicip_budget(watch->publicip, watch->errands.budget);
    }
    errands_start(watch);
    tor_open(watch);
}

void schedule_close(struct watch *watch)
{
    if (watch->prober)
        prober_close(watch->prober);
    if (watch->publicip)
        publicip_close(watch->publicip);
    watch->prober = NULL;
    watch->publicip = NULL;
    tor_close(watch);
    errands_close(watch);
}
