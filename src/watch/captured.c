/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/text.h"
#include "guard/frames.h"
#include "guard/guard.h"
#include "guard/ring.h"
#include "model/model.h"
#include "options.h"
#include "sources/discards.h"
#include "watch/attribution.h"
#include "watch/browsers.h"
#include "watch/private.h"
#include "watch/tor.h"

/* Facts taken in one turn of the loop, so that keys and timers are served under a flood. */
#define FACTS_A_TURN 8192
/* An answered probe whose look-up the capture has not shown by then was missed. */
#define CONTROL_NS (500 * MS)
/* How often the kernel's counts of connections are looked at. */
#define CONNECTIONS_MS 4000
#define DOUBT_MS 500
/* Questions about senders are gathered for so long under a flood. */
#define ASK_MS 8

/* The newest unique name that was answered over a socket of our own tells whether the capture sees
 * what it should. Names asked by the system's path may be answered without a packet. */
static void check_control(struct watch *watch, uint64_t now)
{
    if (watch->options->interface_count > 0)
        return; /* the way it took may not be watched, on purpose */
    for (size_t i = model_probe_count(watch->model); i-- > 0;) {
        const struct probe *probe = model_probe_at(watch->model, i);
        if (!probe || !probe->control || probe->path == PROBE_SYSTEM ||
            probe->state != PROBE_ANSWERED || watch->running_ns == 0 ||
            probe->asked_ns < watch->running_ns)
            continue;
        bool missed = !probe->captured;
        if (missed && probe->done_ns + CONTROL_NS > now)
            return; /* too early to tell */
        if (missed && !watch->missed) {
            model_event(watch->model, now, "capture", "",
                "a probe was answered and never captured: the capture is blind");
            model_event_mark(watch->model, STATE_UNKNOWN);
        }
        watch->missed = missed;
        return;
    }
}

/* Where nothing is sent to prove that the capture sees, the kernel's own counters serve: more
 * connections that were begun here, and not one packet. */
static void on_connections(uv_timer_t *timer)
{
    struct watch *watch = timer->data;
    struct ring_status status;
    struct connections seen;
    ring_status(watch->guard->ring, &status);
    if (watch->running_ns == 0 || watch->options->interface_count > 0 || !connections_read(&seen))
        return;
    bool silent = status.packets == watch->connections_packets;
    bool begun = seen.established > watch->connections.established &&
                 seen.accepted == watch->connections.accepted;
    if (silent && begun && !watch->connections_doubt) {
        /* The count may run ahead of the packet by a moment. */
        watch->connections_doubt = true;
        uv_timer_start(timer, on_connections, DOUBT_MS, CONNECTIONS_MS);
        return;
    }
    watch->connections_doubt = false;
    if (silent && begun && !watch->missed) {
        watch->missed = true;
        model_event(watch->model, watch_clock(), "capture", "",
            "a connection was begun and nothing was captured: the capture is blind");
        model_event_mark(watch->model, STATE_UNKNOWN);
    } else if (!silent) {
        watch->missed = false;
    }
    watch->connections = seen;
    watch->connections_packets = status.packets;
    captured_status(watch);
    show_changed(watch);
}

void captured_status(struct watch *watch)
{
    struct ring_status status;
    uint64_t now = watch_clock();
    const struct guard *guard = watch->guard;
    struct capture_info info = *model_capture(watch->model);
    ring_status(guard->ring, &status);
    if (status.generation != watch->generation) {
        if (watch->generation != 0)
            info.restarts++;
        watch->generation = status.generation;
        watch->packets_at_start = status.packets;
        watch->seen = false;
        watch->missed = false;
        watch->running_ns = 0;
        info.since_ns = now;
    }
    if (status.state == CAPTURE_RUNNING && watch->running_ns == 0)
        watch->running_ns = now;
    watch->seen |= status.packets > watch->packets_at_start;
    if (!watch->file)
        check_control(watch, now);
    info.file = watch->file;
    info.possible = watch->file || guard->may_capture;
    info.running = status.state == CAPTURE_RUNNING && watch->died_ns == 0;
    info.ended = status.state == CAPTURE_ENDED;
    info.control = watch->missed                                        ? CONTROL_MISSED
                   : watch->seen || (watch->file && status.packets > 0) ? CONTROL_SEEN
                                                                        : CONTROL_NONE;
    info.packets = status.packets;
    info.dropped = status.dropped;
    info.malformed = status.malformed + watch->foreign;
    info.last_packet_ns = status.last_packet_ns;
    if (status.state == CAPTURE_STARTING && info.possible)
        text_format(info.reason, sizeof(info.reason), "the capture is starting");
    else if (!info.possible)
        text_format(info.reason, sizeof(info.reason), "%s", guard->capture_reason);
    else if (watch->stopped)
        text_format(info.reason, sizeof(info.reason),
            "the capture process is stopped by a signal (kill -CONT lets it go on)");
    else
        text_escape(status.text, strnlen(status.text, sizeof(status.text)), info.reason,
            sizeof(info.reason));
    if (status.state == CAPTURE_FAILED && !watch->file)
        info.running = false;
    const struct capture_info *known = model_capture(watch->model);
    if (known->packets == info.packets && known->running == info.running &&
        known->control == info.control && known->dropped == info.dropped &&
        known->restarts == info.restarts && known->ended == info.ended &&
        known->possible == info.possible && strcmp(known->reason, info.reason) == 0)
        return;
    if (info.dropped > known->dropped && known->dropped == 0 && !watch->file)
        model_event(
            watch->model, now, "capture", "", "packets were dropped: more came than could be read");
    if (info.ended && !known->ended && info.reason[0])
        model_event(watch->model, info.last_packet_ns, "capture", "", "%s", info.reason);
    model_capture_set(watch->model, &info, now);
}

static bool file_is_read(const struct watch *watch)
{
    struct ring_status status;
    ring_status(watch->guard->ring, &status);
    return status.state == CAPTURE_ENDED || status.state == CAPTURE_FAILED;
}

static void on_more(uv_timer_t *timer);

static void serve(struct watch *watch)
{
    network_read(watch); /* the kernel's word about routes first: it judges what comes */
    bool more = captured_drain(watch);
    captured_status(watch);
    show_changed(watch);
    if (more)
        watch_timer(watch, TIMER_MORE, on_more, 0, 0);
    else if (watch->file && watch->mode == WATCH_ONCE && file_is_read(watch))
        watch_stop(watch, 0);
}

static void on_more(uv_timer_t *timer)
{
    serve(timer->data);
}

static void on_ring(uv_poll_t *poll, int status, int events)
{
    (void)status, (void)events;
    serve(poll->data);
}

static void on_expire(uv_timer_t *timer)
{
    struct watch *watch = timer->data;
    if (attribution_expire(watch->ingest.attribution, watch_clock(), false))
        uv_timer_start(timer, on_expire, 200, 0);
    show_changed(watch);
}

static void on_ask(uv_timer_t *timer)
{
    struct watch *watch = timer->data;
    if (attribution_flush(watch->ingest.attribution, watch_clock()))
        uv_timer_start(timer, on_ask, ASK_MS, 0);
}

bool captured_drain(struct watch *watch)
{
    uint64_t now = watch_clock();
    struct fact fact;
    for (unsigned taken = 0; taken < FACTS_A_TURN; taken++) {
        if (!ring_take(watch->guard->ring, &fact, &watch->foreign)) {
            if (!watch->file && attribution_flush(watch->ingest.attribution, now) &&
                !watch_timer_active(watch, TIMER_ASK))
                watch_timer(watch, TIMER_ASK, on_ask, ASK_MS, 0);
            if (!watch->file && attribution_expire(watch->ingest.attribution, now, false) &&
                !watch_timer_active(watch, TIMER_EXPIRE))
                watch_timer(watch, TIMER_EXPIRE, on_expire, 450, 0);
            schedule_look_at_peers(watch);
            tor_follow(watch);
            return false;
        }
        ingest_fact(&watch->ingest, &fact, now);
        if (watch->guard->frames)
            frames_pass(watch->guard->frames, fact.frame);
    }
    return true;
}

/* What is seen from now on proves that the capture sees; what was seen before does not. */
static void capture_back(struct watch *watch, uint64_t now)
{
    struct ring_status status;
    char span[TIME_TEXT];
    ring_status(watch->guard->ring, &status);
    watch->packets_at_start = status.packets;
    watch->seen = watch->missed = false;
    watch->running_ns = 0;
    model_event(watch->model, now, "capture", "",
        "the capture is back after a gap of %s: what left meanwhile is not known",
        time_format_span(now - watch->died_ns, span));
    model_event_mark(watch->model, STATE_UNKNOWN);
    watch->died_ns = 0;
}

static void capture_changed(struct watch *watch, uint32_t value, uint64_t now)
{
    if (watch->file)
        return; /* a file was read to its end */
    watch->stopped = value == CAPTURE_STOPPED;
    if (value == CAPTURE_STARTED || value == CAPTURE_GOES_ON) {
        if (watch->died_ns != 0)
            capture_back(watch, now);
        return;
    }
    if (watch->died_ns == 0)
        watch->died_ns = now;
    model_event(watch->model, now, "capture", "",
        watch->stopped ? "the capture was stopped by a signal: nothing is seen until it goes on"
                       : "the capture ended: nothing is seen until it is back");
    model_event_mark(watch->model, STATE_UNKNOWN);
}

/* What came with the message; -1: nothing. */
static int take_file(struct watch *watch)
{
    int fd = watch->guard->passed > 0 ? watch->guard->passed : -1;
    watch->guard->passed = 0;
    return fd;
}

static void take_command(struct watch *watch, const struct keeper_message *message)
{
    attribution_command(watch->ingest.attribution, message);
    browsers_command(watch, message->text, message->value, message->value == sizeof(message->text));
}

static void hear(struct watch *watch, const union keeper_any *message, uint64_t now)
{
    struct attribution *attribution = watch->ingest.attribution;
    if (message->kind == KEEPER_CAPTURE)
        capture_changed(watch, message->message.value, now);
    else if (message->kind == KEEPER_LINK)
        network_link_file(watch, message->message.value, take_file(watch));
    else if (message->kind == KEEPER_PROFILE)
        browsers_answer(watch, &message->message, take_file(watch));
    else if (!attribution)
        return;
    else if (message->kind == KEEPER_FLOWS)
        attribution_flows(attribution, &message->flows, now);
    else if (message->kind == KEEPER_OWNER)
        attribution_owner(attribution, &message->message, now);
    else if (message->kind == KEEPER_COMMAND)
        take_command(watch, &message->message);
    else if (message->kind == KEEPER_EXACT)
        attribution_source(attribution, &message->message, now);
}

static void on_keeper(uv_poll_t *poll, int status, int events)
{
    (void)status, (void)events;
    struct watch *watch = poll->data;
    union keeper_any message;
    uint64_t now = watch_clock();
    for (int got = guard_receive(watch->guard, &message); got != 0;
         got = guard_receive(watch->guard, &message)) {
        if (got < 0) {
            uv_poll_stop(poll);
            watch->died_ns = now;
            watch->stopped = false;
            watch->guard->may_capture = false;
            text_format(watch->guard->capture_reason, sizeof(watch->guard->capture_reason),
                "the process that keeps the rights has ended: start leaktop anew");
            model_event(watch->model, now, "capture", "", "%s", watch->guard->capture_reason);
            break;
        }
        hear(watch, &message, now);
    }
    tor_follow(watch);
    captured_status(watch);
    show_changed(watch);
}

int captured_open(struct watch *watch)
{
    uv_poll_init(&watch->loop, &watch->ring_poll, ring_fd(watch->guard->ring));
    watch->ring_poll.data = watch;
    uv_poll_start(&watch->ring_poll, UV_READABLE, on_ring);
    if (watch->guard->keeper >= 0) {
        uv_poll_init(&watch->loop, &watch->keeper_poll, watch->guard->keeper);
        watch->keeper_poll.data = watch;
        uv_poll_start(&watch->keeper_poll, UV_READABLE, on_keeper);
    }
    serve(watch);
    if (!watch->file && watch->options->passive)
        watch_timer(watch, TIMER_CONNECTIONS, on_connections, 0, CONNECTIONS_MS);
    return 0;
}

void captured_close(struct watch *watch)
{
    uv_poll_stop(&watch->ring_poll);
    if (watch->guard->keeper >= 0)
        uv_poll_stop(&watch->keeper_poll);
}
