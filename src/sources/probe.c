/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/probe.h"

#include <ares.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/name.h"
#include "base/text.h"
#include "model/model.h"
#include "sources/budget.h"
#include "sources/stub.h"
#include "sources/system_lookup.h"
#include "sources/whoami_parse.h"
#include "tables/whoami.h"

#define QUESTION_MS 5000
/* An egress resolver known from two authorities is enough; whom else we ask learns of us. */
#define EGRESS_ENOUGH 2
#define FIXED_MAX 4 /* whoami names with a fixed name asked in a round, at most */
/* Two questions that nobody answered: the resolvers are out of reach, more would only wait. */
#define LOST_ENOUGH 2
#define QUESTIONS_MAX (1 + FIXED_MAX)
/* Threads of the system's path that may hang at a time. */
#define SYSTEM_MAX 3
/* While such a thread repeats its question, its name stays known as our own: the model forgets it
 * after 15 s. */
#define OWN_AGAIN_MS 10000
/* A question and its answer, both families where the system asks. */
#define PACKETS 4

struct own_question {
    uint8_t wire[NAME_WIRE_MAX];
    size_t length;
    uint64_t serial;      /* the model's probe */
    uint64_t deadline_ms; /* in loop time */
    bool waiting;
};

struct question {
    struct own_question own;
    struct prober *prober;
    const struct whoami *row;
};

struct system_question {
    struct own_question own;
    bool running; /* a thread is at it */
    uint64_t own_again_ms;
};

struct prober {
    uv_loop_t *loop;
    struct model *model;
    uint64_t (*clock)(void);
    void (*hook)(void *context);
    void *hook_context;
    struct budget *budget; /* NULL: none */
    struct stub *stub;     /* within a round */
    bool busy, stale, posted;
    struct question questions[QUESTIONS_MAX]; /* [0] is the unique name */
    size_t asked, told, lost;                 /* in this round */
    uint32_t test;                            /* the model's, of this round */
    size_t next_row;                          /* rounds begin with another row each */
    struct system_question systems[SYSTEM_MAX];
    struct whoami own_zone;
    char zone[NAME_TEXT_MAX];
    int pipe[2];
    uv_poll_t pipe_poll;
    uv_timer_t timer;
    size_t open_handles;
};

static void on_timer(uv_timer_t *timer);

/* Results come from within c-ares, where nothing may be begun or closed: what follows from them is
 * done when the loop comes round. */
static void step_soon(struct prober *prober)
{
    uv_timer_start(&prober->timer, on_timer, 0, 0);
}

static const struct whoami *unique_row(const struct prober *prober)
{
    return prober->zone[0] ? &prober->own_zone : whoami_unique();
}

/* A label that nobody else asks for, with its dot, in front of the row's name. */
static bool make_name(const struct whoami *row, uint8_t wire[static NAME_WIRE_MAX], size_t *length)
{
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
    char text[NAME_TEXT_MAX + 32], label[32] = "";
    uint8_t random[16];
    if (row->label != WHOAMI_FIXED) {
        if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
            return false;
        if (row->label == WHOAMI_HEX8)
            for (size_t i = 0; i < 4; i++)
                text_format(label + 2 * i, sizeof label - 2 * i, "%02x", random[i]);
        else
            for (size_t i = 0; i < 16; i++)
                label[i] = digits[random[i] % 32];
        label[row->label == WHOAMI_HEX8 ? 8 : 16] = '.';
    }
    text_format(text, sizeof text, "%s%s", label, row->name);
    *length = name_parse(text, wire);
    return *length > 0;
}

/* Names go to the model before they go out: the capture may show them within a millisecond. */
static void announce(struct prober *prober, struct own_question *own, bool system, bool control)
{
    uint64_t now = prober->clock();
    model_own_name(prober->model, own->wire, own->length, now);
    struct probe begin = {
        .test = prober->test, .path = system ? PROBE_SYSTEM : PROBE_CONFIGURED, .control = control};
    own->serial = model_probe_start(prober->model, &begin, own->wire, own->length, now);
    own->deadline_ms = uv_now(prober->loop) + QUESTION_MS;
    own->waiting = true;
}

/* Counts it as asked where it may be. */
static bool within_budget(struct prober *prober, const struct whoami *row)
{
    struct budget_terms terms = {row->name, row->seconds_between, WHOAMI_AT_ONCE, PACKETS};
    return !prober->budget || budget_take(prober->budget, &terms, uv_now(prober->loop), NULL);
}

static const char spared[] = "not asked: it was asked as often as its terms allow";

static void finish(struct prober *prober, struct own_question *own, enum probe_state state,
    const char *reason, const struct address *egress)
{
    if (!own->waiting)
        return;
    own->waiting = false;
    model_probe_done(prober->model, own->serial, state, reason, egress, prober->clock());
    prober->posted = true;
    step_soon(prober);
}

static void post_egress(
    struct prober *prober, const struct question *question, const struct whoami_said *said)
{
    struct egress_resolver egress = {
        .address = said->egress, .test = prober->test, .paths = 1U << PROBE_CONFIGURED};
    struct network network = {.source = NETWORK_SAID, .asn = said->network.asn};
    name_format(question->own.wire, question->own.length, egress.probe);
    text_format(network.org, sizeof network.org, "%s", said->network.org);
    text_format(network.country, sizeof network.country, "%s", said->network.country);
    model_egress(prober->model, &egress, prober->clock());
    if (network.asn >= 0 || network.org[0] || network.country[0])
        model_network_set(prober->model, &said->egress, &network, prober->clock());
    prober->told++;
}

static void read_answer(
    struct prober *prober, struct question *question, const uint8_t *answer, size_t length)
{
    struct whoami_said said;
    enum whoami_outcome outcome = whoami_parse(question->row, answer, length, &said);
    if (outcome == WHOAMI_SAID)
        post_egress(prober, question, &said);
    finish(prober, &question->own, outcome == WHOAMI_MALFORMED ? PROBE_FAILED : PROBE_ANSWERED,
        whoami_outcome_word(outcome), outcome == WHOAMI_SAID ? &said.egress : NULL);
}

/* What a status that is not success means, in words, and whether the world answered. */
static const char *status_words(const struct prober *prober, int status, bool *answered)
{
    *answered = status == ARES_ENOTFOUND || status == ARES_ENODATA;
    switch (status) {
    case ARES_ENOTFOUND:
        return "NXDOMAIN";
    case ARES_ENODATA:
        return "the answer is empty";
    case ARES_ETIMEOUT:
        return "timed out";
    case ARES_ESERVFAIL:
        return "SERVFAIL";
    case ARES_EREFUSED:
        return "REFUSED";
    case ARES_ENOTIMP:
        return "NOTIMP";
    case ARES_EFORMERR:
        return "FORMERR";
    case ARES_EBADRESP:
        return "malformed answer";
    case ARES_ECONNREFUSED:
        return prober->stub && stub_default_only(prober->stub) &&
                       model_configured_count(prober->model) == 0
                   ? "no resolver configured"
                   : "no resolver can be reached";
    default:
        return ares_strerror(status);
    }
}

static void on_answer(void *context, int status, const uint8_t *answer, size_t length)
{
    struct question *question = context;
    struct prober *prober = question->prober;
    if (!question->own.waiting)
        return; /* timed out or cancelled before */
    if (status == ARES_SUCCESS && answer) {
        read_answer(prober, question, answer, length);
        return;
    }
    bool answered;
    const char *words = status_words(prober, status, &answered);
    if (status == ARES_ETIMEOUT || status == ARES_ECONNREFUSED)
        prober->lost++;
    finish(prober, &question->own, answered ? PROBE_ANSWERED : PROBE_FAILED, words, NULL);
}

static void ask(struct prober *prober, const struct whoami *row, bool control)
{
    struct question *question = &prober->questions[prober->asked++];
    char text[NAME_TEXT_MAX];
    *question = (struct question){.prober = prober, .row = row};
    if (!make_name(row, question->own.wire, &question->own.length))
        return;
    announce(prober, &question->own, false, control);
    name_format(question->own.wire, question->own.length, text);
    if (!within_budget(prober, row))
        finish(prober, &question->own, PROBE_FAILED, spared, NULL);
    else if (prober->stub)
        stub_ask(prober->stub, text, row->type, on_answer, question);
    else
        finish(prober, &question->own, PROBE_FAILED, "the resolver configuration cannot be read",
            NULL);
}

static void update_pipe(struct prober *prober);

static void ask_system(struct prober *prober)
{
    struct system_question *free_one = NULL, none = {0};
    for (size_t i = 0; i < SYSTEM_MAX && !free_one; i++)
        if (!prober->systems[i].running)
            free_one = &prober->systems[i];
    struct system_question *question = free_one ? free_one : &none;
    *question = (struct system_question){0};
    char text[NAME_TEXT_MAX];
    if (!make_name(unique_row(prober), question->own.wire, &question->own.length))
        return;
    announce(prober, &question->own, true, free_one != NULL);
    name_format(question->own.wire, question->own.length, text);
    if (!free_one) {
        finish(prober, &question->own, PROBE_FAILED,
            "not asked: the system's resolver still hangs with earlier questions", NULL);
        return;
    }
    if (!within_budget(prober, unique_row(prober))) {
        finish(prober, &question->own, PROBE_FAILED, spared, NULL);
        return;
    }
    int error = system_lookup_start(text, question->own.serial, prober->pipe[1]);
    if (error) {
        finish(prober, &question->own, PROBE_FAILED, strerror(-error), NULL);
        return;
    }
    question->running = true;
    question->own_again_ms = uv_now(prober->loop) + OWN_AGAIN_MS;
    update_pipe(prober);
}

static void finish_system(
    struct prober *prober, struct system_question *question, int status, int error)
{
    char reason[96];
    switch (status) {
    case 0:
        finish(prober, &question->own, PROBE_ANSWERED, "", NULL);
        return;
    case EAI_NONAME:
    case EAI_NODATA:
    case EAI_ADDRFAMILY:
        finish(prober, &question->own, PROBE_ANSWERED, "no such name, or no addresses", NULL);
        return;
    case EAI_AGAIN:
        text_format(reason, sizeof reason, "the system got no answer, or SERVFAIL or REFUSED");
        break;
    case EAI_SYSTEM:
        text_format(reason, sizeof reason, "getaddrinfo: %s", strerror(error));
        break;
    default:
        text_format(reason, sizeof reason, "getaddrinfo: %s", gai_strerror(status));
    }
    finish(prober, &question->own, PROBE_FAILED, reason, NULL);
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
            question->running = false;
            finish_system(prober, question, result.status, result.error);
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

static void expire(struct prober *prober, uint64_t now_ms)
{
    for (size_t i = 0; i < prober->asked; i++) {
        struct own_question *own = &prober->questions[i].own;
        if (own->waiting && now_ms >= own->deadline_ms) {
            prober->lost++;
            finish(prober, own, PROBE_FAILED, "timed out", NULL);
        }
    }
    for (size_t i = 0; i < SYSTEM_MAX; i++) {
        struct system_question *question = &prober->systems[i];
        if (question->own.waiting && now_ms >= question->own.deadline_ms)
            finish(prober, &question->own, PROBE_FAILED, "timed out", NULL);
        if (question->running && now_ms >= question->own_again_ms) {
            model_own_name(
                prober->model, question->own.wire, question->own.length, prober->clock());
            question->own_again_ms = now_ms + OWN_AGAIN_MS;
        }
    }
}

static bool stub_waits(const struct prober *prober)
{
    for (size_t i = 0; i < prober->asked; i++)
        if (prober->questions[i].own.waiting)
            return true;
    return false;
}

static bool system_waits(const struct prober *prober)
{
    for (size_t i = 0; i < SYSTEM_MAX; i++)
        if (prober->systems[i].own.waiting)
            return true;
    return false;
}

/* The whoami names with a fixed name, one after the other, as long as they are needed. */
static void ask_next_fixed(struct prober *prober)
{
    size_t count;
    const struct whoami *rows = whoami_rows(&count);
    while (prober->stub && !stub_waits(prober) && prober->told < EGRESS_ENOUGH &&
           prober->lost < LOST_ENOUGH && prober->asked < QUESTIONS_MAX) {
        const struct whoami *row = &rows[prober->next_row++ % count];
        if (row->label == WHOAMI_FIXED)
            ask(prober, row, false);
    }
}

static void end_round(struct prober *prober)
{
    stub_close(prober->stub);
    prober->stub = NULL;
    prober->busy = false;
    model_test_end(prober->model, prober->test, prober->clock());
}

static void arm(struct prober *prober)
{
    uint64_t next = UINT64_MAX;
    for (size_t i = 0; i < prober->asked; i++)
        if (prober->questions[i].own.waiting && prober->questions[i].own.deadline_ms < next)
            next = prober->questions[i].own.deadline_ms;
    for (size_t i = 0; i < SYSTEM_MAX; i++) {
        const struct system_question *question = &prober->systems[i];
        if (question->own.waiting && question->own.deadline_ms < next)
            next = question->own.deadline_ms;
        if (question->running && question->own_again_ms < next)
            next = question->own_again_ms;
    }
    uint64_t now = uv_now(prober->loop);
    if (next == UINT64_MAX)
        uv_timer_stop(&prober->timer);
    else
        uv_timer_start(&prober->timer, on_timer, next > now ? next - now : 0, 0);
}

static void on_timer(uv_timer_t *timer)
{
    struct prober *prober = timer->data;
    expire(prober, uv_now(prober->loop));
    if (prober->busy)
        ask_next_fixed(prober);
    if (prober->busy && !stub_waits(prober) && !system_waits(prober))
        end_round(prober);
    bool posted = prober->posted;
    prober->posted = false;
    arm(prober);
    /* The last thing: the hook may begin a new round, or close. */
    if (posted && prober->hook)
        prober->hook(prober->hook_context);
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
    int error = pipe2(prober->pipe, O_CLOEXEC) < 0 ? -errno : 0;
    if (error)
        goto fail;
    /* The reading end alone: both ends are descriptions of their own. */
    if (fcntl(prober->pipe[0], F_SETFL, O_NONBLOCK) < 0) {
        error = -errno;
        goto fail_pipe;
    }
    error = uv_poll_init(loop, &prober->pipe_poll, prober->pipe[0]);
    if (error)
        goto fail_pipe;
    uv_timer_init(loop, &prober->timer);
    prober->pipe_poll.data = prober->timer.data = prober;
    prober->open_handles = 2;
    *out = prober;
    return 0;
fail_pipe:
    close(prober->pipe[0]);
    close(prober->pipe[1]);
fail:
    free(prober);
    return error;
}

void prober_cancel(struct prober *prober)
{
    if (!prober->busy)
        return;
    for (size_t i = 0; i < prober->asked; i++)
        finish(prober, &prober->questions[i].own, PROBE_FAILED, "cancelled", NULL);
    for (size_t i = 0; i < SYSTEM_MAX; i++)
        finish(prober, &prober->systems[i].own, PROBE_FAILED, "cancelled", NULL);
    end_round(prober);
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

void prober_round(struct prober *prober)
{
    if (prober->busy && !prober->stale)
        return;
    prober_cancel(prober);
    prober->stale = false;
    prober->busy = true;
    prober->asked = prober->told = prober->lost = 0;
    prober->test = model_test_start(prober->model, TEST_STANDARD, 2, prober->clock());
    uv_update_time(prober->loop);
    if (stub_open(&prober->stub, prober->loop) < 0)
        prober->stub = NULL;
    ask(prober, unique_row(prober), true);
    ask_system(prober);
    /* Also where nothing could be asked at all: the round must end. */
    step_soon(prober);
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
    uint8_t wire[NAME_WIRE_MAX];
    size_t length = zone ? name_parse(zone, wire) : 0;
    prober->zone[0] = '\0';
    if (length == 0 || length + 1 + 16 > NAME_WIRE_MAX)
        return;
    name_format(wire, length, prober->zone);
    if (strcmp(prober->zone, ".") == 0)
        prober->zone[0] = '\0';
    prober->own_zone = (struct whoami){.name = prober->zone,
        .type = whoami_unique()->type,
        .shape = WHOAMI_OWN_ZONE,
        .label = WHOAMI_BASE32,
        .run_by = ""};
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
