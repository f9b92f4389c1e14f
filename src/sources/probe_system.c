/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/probe_private.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "sources/claim.h"
#include "sources/system_lookup.h"

/* The system's own path: getaddrinfo, as an application asks. */

/* While such a thread repeats its question, its name stays known as our own: the model forgets it
 * after 15 s. */
#define OWN_AGAIN_MS 10000

static void update_pipe(struct prober *prober);

void probe_system_ask(struct prober *prober, const struct whoami *row, bool elsewhere)
{
    struct system_question *free_one = NULL, none = {0};
    for (size_t i = 0; i < SYSTEM_MAX && !free_one; i++)
        if (!prober->systems[i].running)
            free_one = &prober->systems[i];
    struct system_question *question = free_one ? free_one : &none;
    *question = (struct system_question){.elsewhere = elsewhere};
    char text[NAME_TEXT_MAX];
    if (!plan_label(row, question->own.wire, &question->own.length))
        return;
    const struct probe begin = {.path = PROBE_SYSTEM, .control = free_one != NULL};
    probe_announce(prober, &question->own, &begin);
    name_format(question->own.wire, question->own.length, text);
    if (!free_one) {
        probe_finish(prober, &question->own, PROBE_FAILED,
            "not asked: the system's resolver still hangs with earlier questions", NULL);
        return;
    }
    if (!probe_within_budget(prober, row, &question->own))
        return;
    int error = system_lookup_start(text, question->own.serial, prober->pipe[1]);
    if (error) {
        probe_finish(prober, &question->own, PROBE_FAILED, strerror(-error), NULL);
        return;
    }
    question->running = true;
    question->own_again_ms = uv_now(prober->loop) + OWN_AGAIN_MS;
    update_pipe(prober);
}

/* An authority of the person's own that answers with the asker's address tells it to programs as
 * well: so this is who asks for them, over each family. Any other name's addresses are of no
 * interest. */
static const struct address *post_told(struct prober *prober,
    const struct system_question *question, const struct system_lookup_result *result)
{
    if (!prober->zone_by_address || question->elsewhere || !prober->zone[0])
        return NULL;
    for (size_t i = 0; i < 2; i++)
        if (result->addresses[i].family != FAMILY_NONE && !claim_plausible(&result->addresses[i]))
            return NULL;
    for (size_t i = 0; i < 2 && result->addresses[i].family != FAMILY_NONE; i++) {
        const struct egress_resolver came = {
            .address = result->addresses[i], .paths = 1U << PROBE_SYSTEM};
        probe_post_egress(prober, &question->own, &came, NULL);
    }
    return result->addresses[0].family != FAMILY_NONE ? &result->addresses[0] : NULL;
}

static void finish_system(struct prober *prober, struct system_question *question,
    const struct system_lookup_result *result)
{
    char reason[96];
    bool again = prober->busy && question->own.waiting && prober->system_again == 0;
    switch (result->status) {
    case 0:
        probe_finish(prober, &question->own, PROBE_ANSWERED, "",
            question->own.waiting ? post_told(prober, question, result) : NULL);
        return;
    case EAI_NONAME:
    case EAI_NODATA:
    case EAI_ADDRFAMILY:
        probe_finish(prober, &question->own, PROBE_ANSWERED, "no such name, or no addresses", NULL);
        return;
    case EAI_AGAIN:
        text_format(reason, sizeof reason, "the system got no answer, or SERVFAIL or REFUSED");
        break;
    case EAI_SYSTEM:
        text_format(reason, sizeof reason, "getaddrinfo: %s", strerror(result->error));
        break;
    default:
        text_format(reason, sizeof reason, "getaddrinfo: %s", gai_strerror(result->status));
        again = false;
    }
    probe_finish(prober, &question->own, PROBE_FAILED, reason, NULL);
    if (!again)
        return;
    /* That authority may be what failed. */
    prober->system_again++;
    model_test_more(prober->model, prober->test, 1);
    probe_system_ask(prober, whoami_unique_else(), true);
}

static void on_pipe(uv_poll_t *poll, int status, int events)
{
    (void)status, (void)events;
    struct prober *prober = poll->data;
    struct system_lookup_result result;
    while (read(prober->pipe[0], &result, sizeof result) == (ssize_t)sizeof result) {
        for (size_t i = 0; i < SYSTEM_MAX; i++) {
            struct system_question *question = &prober->systems[i];
            if (!question->running || question->own.serial != result.token)
                continue;
            /* Asking elsewhere may take this very place. */
            struct system_question done = *question;
            question->running = question->own.waiting = false;
            finish_system(prober, &done, &result);
            break;
        }
    }
    update_pipe(prober);
}

/* Nothing is polled while no thread runs. */
static void update_pipe(struct prober *prober)
{
    bool running = false;
    for (size_t i = 0; i < SYSTEM_MAX; i++)
        running |= prober->systems[i].running;
    if (running)
        uv_poll_start(&prober->pipe_poll, UV_READABLE, on_pipe);
    else
        uv_poll_stop(&prober->pipe_poll);
}

bool probe_system_step(struct prober *prober, uint64_t now_ms, uint64_t *next_ms)
{
    bool waits = false;
    for (size_t i = 0; i < SYSTEM_MAX; i++) {
        struct system_question *question = &prober->systems[i];
        if (question->own.waiting && now_ms >= question->own.deadline_ms)
            probe_finish(prober, &question->own, PROBE_FAILED, "timed out", NULL);
        if (question->running && now_ms >= question->own_again_ms) {
            model_own_name(
                prober->model, question->own.wire, question->own.length, prober->clock());
            question->own_again_ms = now_ms + OWN_AGAIN_MS;
        }
        waits |= question->own.waiting;
        if (question->own.waiting && question->own.deadline_ms < *next_ms)
            *next_ms = question->own.deadline_ms;
        if (question->running && question->own_again_ms < *next_ms)
            *next_ms = question->own_again_ms;
    }
    return waits;
}

void probe_system_cancel(struct prober *prober)
{
    for (size_t i = 0; i < SYSTEM_MAX; i++)
        probe_finish(prober, &prober->systems[i].own, PROBE_FAILED, "cancelled", NULL);
}

int probe_system_open(struct prober *prober)
{
    if (pipe2(prober->pipe, O_CLOEXEC) < 0)
        return -errno;
    /* The reading end alone: both ends are descriptions of their own. */
    int error = fcntl(prober->pipe[0], F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
    if (!error)
        error = uv_poll_init(prober->loop, &prober->pipe_poll, prober->pipe[0]);
    if (error) {
        close(prober->pipe[0]);
        close(prober->pipe[1]);
    }
    return error;
}
