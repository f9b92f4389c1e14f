/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "guard/ring.h"
#include "guard/guard.h"
#include "model/model.h"
#include "options.h"
#include "views/log.h"
#include "views/report.h"
#include "watch/alarm.h"
#include "watch/attribution.h"
#include "watch/before.h"
#include "watch/networks.h"
#include "watch/private.h"

#define DRAW_MS 100
/* After that long without a new leak the verdict says "quiet since". */
#define QUIET_MS 10100

/* A file is judged at the time of its last packet, the wire at that of the clock. */
static uint64_t judge_time(const struct watch *watch)
{
    return watch->file ? model_last_change_ns(watch->model) : watch_clock();
}

static void on_quiet(uv_timer_t *timer)
{
    struct watch *watch = timer->data;
    watch->judged_revision = 0;
    show_changed(watch);
}

/* What follows from what is known now. */
static void update(struct watch *watch, bool now)
{
    networks_update(watch);
    before_update(watch, now);
}

void show_judge(struct watch *watch)
{
    update(watch, false);
    uint64_t revision = model_revision(watch->model);
    if (revision == watch->judged_revision)
        return;
    watch->judged_revision = revision;
    watch->judged_ns = judge_time(watch);
    judge_all(watch->model, watch->judged_ns, &watch->verdict);
    if (watch->verdict.state == STATE_LEAK && !watch->verdict.quiet && !watch->file)
        watch_timer(watch, TIMER_QUIET, on_quiet, QUIET_MS, 0);
}

/* The terminal had not taken all of a picture; what changed meanwhile comes after it. */
static void on_writable(uv_poll_t *poll, int status, int events)
{
    (void)events;
    struct watch *watch = poll->data;
    if (status == 0 && watch->screen)
        screen_send(watch->screen);
    if (status == 0 && screen_waiting(watch->screen))
        return;
    uv_poll_stop(poll);
    show_changed(watch);
}

static void draw(struct watch *watch)
{
    watch->drawn_ns = watch_clock();
    if (watch->mode == WATCH_SCREEN) {
        show_judge(watch);
        if (!watch->screen)
            return;
        alarm_check(watch);
        screen_draw(watch->screen, watch->model, &watch->verdict, &watch->progress);
        if (screen_waiting(watch->screen))
            uv_poll_start(&watch->output_poll, UV_WRITABLE, on_writable);
    } else if (watch->mode == WATCH_HEADLESS) {
        show_judge(watch);
        alarm_check(watch);
        if (watch->log &&
            !log_view_write(watch->log, watch->model, &watch->verdict, watch->judged_ns)) {
            fprintf(stderr, "leaktop: --log: cannot write: %s\n", strerror(errno));
            watch_stop(watch, 2);
        }
    }
}

static void on_draw(uv_timer_t *timer)
{
    draw(timer->data);
}

void show_changed(struct watch *watch)
{
    if (watch->mode == WATCH_ONCE && !watch->stopping)
        update(watch, false);
    if (watch->mode == WATCH_ONCE || watch->stopping || !watch->showing)
        return;
    uint64_t now = watch_clock();
    if (watch_timer_active(watch, TIMER_DRAW))
        return;
    if (now >= watch->drawn_ns + DRAW_MS * MS || now < watch->drawn_ns)
        draw(watch);
    else
        watch_timer(watch, TIMER_DRAW, on_draw, DRAW_MS - (now - watch->drawn_ns) / MS, 0);
}

struct report_options show_report_options(const struct watch *watch, bool mask)
{
    struct report_options report = {.mask = mask,
        .start_ns = model_start_ns(watch->model),
        .end_ns = watch->stopping ? watch->judged_ns : judge_time(watch)};
    if (watch->file) {
        struct ring_status status;
        ring_status(watch->guard->ring, &status);
        report.start_ns = status.first_packet_ns;
        report.end_ns = status.last_packet_ns;
    }
    return report;
}

void show_report(struct watch *watch)
{
    while (captured_drain(watch)) {
    }
    if (watch->ingest.attribution)
        attribution_expire(watch->ingest.attribution, watch_clock(), true);
    captured_status(watch);
    update(watch, true);
    watch->judged_revision = 0;
    show_judge(watch);
    struct report_options report = show_report_options(watch, watch->options->mask);
    watch->status = judge_exit_status(&watch->verdict);
    int failed = (watch->options->json ? report_json : report_text)(
        stdout, watch->model, &watch->verdict, &report);
    if (failed) {
        fprintf(stderr, "leaktop: the report cannot be written: %s\n", strerror(errno));
        watch->status = 2;
    }
}
