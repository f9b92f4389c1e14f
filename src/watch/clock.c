/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "model/model.h"
#include "watch/private.h"

/* The kernel says when the wall clock was set, or ran on without us in a suspend: a timer that
 * never goes off is cancelled then. Nobody ticks for it. The schedule runs by the loop's clock,
 * which neither jumps nor counts sleep; what is shown, and what the model compares, is wall time.
 */

#define NEVER_S 4000000000
#define JUMP_NS 1000000000 /* less is the clock's own slewing */

static int64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* The clocks are read one after the other: what lies between is no part of a jump. */
static int64_t to_second(int64_t ns)
{
    return (ns + (ns < 0 ? -1 : 1) * JUMP_NS / 2) / JUMP_NS * JUMP_NS;
}

static void read_leads(struct watch *watch)
{
    int64_t loop_ns = clock_ns(CLOCK_MONOTONIC);
    watch->clock_lead_ns = clock_ns(CLOCK_REALTIME) - loop_ns;
    watch->sleep_lead_ns = clock_ns(CLOCK_BOOTTIME) - loop_ns;
}

static int arm(const struct watch *watch)
{
    struct itimerspec never = {.it_value = {.tv_sec = NEVER_S}};
    return timerfd_settime(
        watch->clock_fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL);
}

static void on_clock(uv_poll_t *poll, int status, int events)
{
    (void)events;
    struct watch *watch = poll->data;
    uint64_t expirations;
    int64_t clock_before = watch->clock_lead_ns, sleep_before = watch->sleep_lead_ns;
    ssize_t told = read(watch->clock_fd, &expirations, sizeof(expirations)); /* ECANCELED */
    (void)told;
    if (status < 0 || arm(watch) != 0) {
        uv_poll_stop(poll);
        return;
    }
    read_leads(watch);
    int64_t slept = to_second(watch->sleep_lead_ns - sleep_before);
    int64_t set = to_second(watch->clock_lead_ns - clock_before - slept);
    char span[TIME_TEXT];
    uint64_t now = watch_clock();
    if (slept > 0) {
        model_event(watch->model, now, "clock", "", "the machine slept for %s: asked anew",
            time_format_span((uint64_t)slept, span));
        model_event_mark(watch->model, STATE_UNKNOWN);
        model_slept(watch->model, (uint64_t)slept, now);
    }
    if (set != 0)
        model_event(watch->model, now, "clock", "",
            "the clock was set %s by %s: times before this line are the old clock's",
            set > 0 ? "forward" : "back", time_format_span((uint64_t)(set > 0 ? set : -set), span));
    else if (slept <= 0)
        return;
    model_begin_anew(watch->model);
    network_recheck(watch);
    errands_clock_set(watch);
    show_changed(watch);
}

void clock_open(struct watch *watch)
{
    read_leads(watch);
    if (watch->file)
        return;
    watch->clock_fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (watch->clock_fd < 0 || arm(watch) != 0)
        return; /* then the times on the screen are the old clock's until their next change */
    uv_poll_init(&watch->loop, &watch->clock_poll, watch->clock_fd);
    watch->clock_poll.data = watch;
    uv_poll_start(&watch->clock_poll, UV_READABLE, on_clock);
}

void clock_close(struct watch *watch)
{
    if (watch->clock_fd < 0)
        return;
    if (watch->clock_poll.data)
        uv_poll_stop(&watch->clock_poll);
    close(watch->clock_fd);
    watch->clock_fd = -1;
}
