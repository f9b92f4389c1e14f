/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sys/random.h>

#include "base/text.h"
#include "guard/guard.h"
#include "model/model.h"
#include "options.h"
#include "sources/probe.h"
#include "sources/publicip.h"
#include "watch/private.h"

/* After a network change the new way gets a moment to come up. */
#define CHANGE_MS 400
/* The capture is given that long to start before the first probe. */
#define START_MS 20
#define START_WAITS 100

/* Why nothing may be sent now; NULL where it may. A probe that nobody watches over must not become
 * the leak that it looks for. */
static const char *held_reason(const struct watch *watch)
{
    if (watch->options->passive)
        return "--passive: nothing is sent";
    enum expectation expectation = model_expectation(watch->model)->expectation;
    if (expectation == EXPECT_TOR)
        return "Tor is expected: a probe would leave outside it";
    if (expectation == EXPECT_VPN && !model_tunnel_up(watch->model))
        return "the expected tunnel is down";
    return NULL;
}

static uint64_t with_jitter_ms(double seconds)
{
    uint32_t random = 0;
    if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
        random = (uint32_t)watch_clock();
    return (uint64_t)(seconds * (900.0 + (double)(random % 200)));
}

static void update_progress(struct watch *watch)
{
    watch->progress.probing = watch->prober && prober_busy(watch->prober);
    watch->progress.asking_public = watch->publicip && publicip_busy(watch->publicip);
    show_changed(watch);
}

static void probe(struct watch *watch)
{
    const char *held = held_reason(watch);
    model_probes_held(watch->model, held ? held : "");
    if (!held && watch->prober)
        prober_round(watch->prober);
    update_progress(watch);
}

static void ask_public(struct watch *watch)
{
    if (!held_reason(watch) && watch->publicip) {
        watch->public_asked_ns = watch_clock();
        publicip_ask(watch->publicip);
    }
    update_progress(watch);
}

static void on_probe(uv_timer_t *timer)
{
    struct watch *watch = timer->data;
    if (watch->guard->may_capture && watch->running_ns == 0 && watch->waits++ < START_WAITS) {
        /* A probe that leaves before the capture sees proves nothing. */
        captured_status(watch);
        uv_timer_start(timer, on_probe, START_MS, 0);
        return;
    }
    probe(watch);
    uv_timer_start(timer, on_probe, with_jitter_ms(watch->options->probe_interval), 0);
}

static void on_public(uv_timer_t *timer)
{
    struct watch *watch = timer->data;
    ask_public(watch);
    uv_timer_start(timer, on_public, with_jitter_ms(watch->options->public_interval), 0);
}

static void on_settled(uv_timer_t *timer)
{
    struct watch *watch = timer->data;
    probe(watch);
    ask_public(watch);
}

void schedule_network_changed(struct watch *watch)
{
    const char *held = held_reason(watch);
    model_probes_held(watch->model, held ? held : "");
    if (!watch->prober)
        return;
    if (held) { /* a repeated question or connection would go by the uplink now */
        prober_cancel(watch->prober);
        if (watch->publicip)
            publicip_cancel(watch->publicip);
    }
    prober_reconfigure(watch->prober);
    watch_timer(watch, TIMER_SETTLED, on_settled, CHANGE_MS, 0);
}

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
    update_progress(watch);
}

void schedule_recheck(struct watch *watch, int check)
{
    bool all = check == CHECK_COUNT;
    bool names = all || check == CHECK_DNS || check == CHECK_IPV6;
    bool address = all || check == CHECK_PUBLIC_IP || check == CHECK_IPV6;
    const char *held = held_reason(watch);
    network_recheck(watch);
    char *note = watch->progress.note;
    size_t size = sizeof(watch->progress.note);
    if (watch->file)
        text_format(note, size, "a capture file is what it is: nothing to ask again");
    else if (held && (names || address))
        text_format(note, size, "routes asked again; nothing sent: %s", held);
    else if (names || address)
        text_format(note, size, "routes asked again; sending%s%s%s",
            names ? " look-ups of unique names" : "", names && address ? " and" : "",
            address ? " HTTPS requests for the public address" : "");
    else
        text_format(note, size, "routes asked again; this check needs nothing sent");
    if (names && watch->prober)
        probe(watch);
    if (address && watch->publicip)
        ask_public(watch);
    show_changed(watch);
}

static void report_missing(struct watch *watch, const char *what, int error)
{
    model_event(watch->model, watch_clock(), "probe", "", "%s cannot be asked: %s", what,
        uv_strerror(error));
}

/* Libraries that open sockets and threads start after the first frame was drawn. */
void schedule_start(struct watch *watch)
{
    const char *held = held_reason(watch);
    model_probes_held(watch->model, held ? held : "");
    if (watch->options->passive || watch->file)
        return;
    int error = prober_open(&watch->prober, &watch->loop, watch->model, watch_clock);
    if (error != 0) {
        watch->prober = NULL;
        report_missing(watch, "probes", error);
    } else {
        prober_on_result(watch->prober, on_result, watch);
        if (watch->options->zone[0])
            prober_zone(watch->prober, watch->options->zone);
        watch_timer(watch, TIMER_PROBE, on_probe, 0, 0);
    }
    error = publicip_open(&watch->publicip, &watch->loop, watch->model, watch_clock);
    if (error != 0) {
        watch->publicip = NULL;
        report_missing(watch, "the public address", error);
    } else {
        publicip_on_result(watch->publicip, on_result, watch);
        watch_timer(watch, TIMER_PUBLIC, on_public, 0, 0);
    }
}

void schedule_close(struct watch *watch)
{
    if (watch->prober)
        prober_close(watch->prober);
    if (watch->publicip)
        publicip_close(watch->publicip);
    watch->prober = NULL;
    watch->publicip = NULL;
}
