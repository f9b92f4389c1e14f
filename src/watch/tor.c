/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watch/tor.h"

#include "base/text.h"
#include "guard/guard.h"
#include "model/model.h"
#include "options.h"
#include "sources/torexit.h"
#include "watch/attribution.h"
#include "watch/held.h"
#include "watch/private.h"

/* After a failure it is asked again, ever later. */
#define AGAIN_MS 60000U
#define TRIES 3

/* tor's, and Tor Browser's. */
static const uint16_t ports[] = {9050, 9150};

static const char *held(const struct watch *watch)
{
    if (!watch->torexit)
        return "nothing is sent";
    /* What would leave outside Tor is held where Tor is expected; this goes inside it. */
    bool tor = model_expectation(watch->model)->expectation == EXPECT_TOR;
    return tor && !watch->options->passive ? NULL : held_all(watch->model, watch->options->passive);
}

static void on_again(uv_timer_t *timer)
{
    struct watch *watch = timer->data;
    watch->tor.wanted = true;
    tor_follow(watch);
    show_changed(watch);
}

static void on_result(void *context)
{
    struct watch *watch = context;
    if (model_tor(watch->model)->exit == EXIT_FAILED && watch->tor.tries < TRIES)
        watch_timer(watch, TIMER_TOR, on_again, (uint64_t)AGAIN_MS << watch->tor.tries++, 0);
    show_changed(watch);
}

void tor_open(struct watch *watch)
{
    if (watch->options->passive || watch->file || !watch->errands.budget)
        return;
    if (torexit_open(
            &watch->torexit, &watch->loop, watch->model, watch->errands.budget, watch_clock) != 0)
        watch->torexit = NULL;
    else
        torexit_on_result(watch->torexit, on_result, watch);
    watch->tor.wanted = true;
    tor_follow(watch);
}

void tor_close(struct watch *watch)
{
    torexit_close(watch->torexit);
    watch->torexit = NULL;
}

void tor_look(struct watch *watch)
{
    struct address here = {0};
    if (!watch->ingest.attribution || !address_parse("127.0.0.1", &here))
        return;
    for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++)
        attribution_ask_listener(watch->ingest.attribution, &here, ports[i], watch_clock());
}

void tor_recheck(struct watch *watch)
{
    watch->tor.wanted = true;
    watch->tor.tries = 0;
    tor_look(watch);
    tor_follow(watch);
}

void tor_follow(struct watch *watch)
{
    uint64_t wait_ms;
    if (!watch->tor.wanted || model_tor(watch->model)->socks.family == FAMILY_NONE || held(watch))
        return;
    watch->tor.wanted = false;
    if (!torexit_ask(watch->torexit, &wait_ms) && wait_ms > 0)
        watch_timer(watch, TIMER_TOR, on_again, wait_ms, 0);
}

void tor_check_held(struct watch *watch)
{
    if (watch->torexit && held(watch))
        torexit_cancel(watch->torexit);
}
