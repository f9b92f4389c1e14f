/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watch/attribution.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "guard/guard.h"
#include "judge/judge.h"
#include "model/model.h"
#include "watch/holders.h"
#include "watch/identity.h"
#include "watch/stubs.h"

#define WAITING_MAX 2048 /* power of two; the token's low bits */
#define WAIT_NS (400ULL * 1000000ULL)
/* Questions to the keeper are gathered for so long when one was sent just before. */
#define GATHER_NS (8ULL * 1000000ULL)

enum stage {
    FREE,
    FLOW,   /* the keeper is asked who sent the packet */
    HOLDER, /* the keeper is asked who holds the socket */
    SERVER, /* likewise, of the socket that a question inside this machine went to */
    JOIN,   /* the sender is known; whether it asked for somebody is not */
};

struct waiting {
    enum stage stage;
    struct holder_asked asked; /* with the token */
    enum asked_for asked_for;
    uint64_t serial;
    uint64_t deadline_ns;
    uint32_t interface;
    struct flow flow; /* its time: of the wall clock */
    struct stub_candidates candidates;
    struct process sender; /* JOIN */
};

struct attribution {
    struct model *model;
    struct guard *guard;
    struct holders *holders;
    struct stubs *stubs;
    bool wanted; /* the kernel's notes */
    bool exact;  /* and there they are */
    uint64_t next_token;
    size_t waiting_count, joins;
    struct keeper_flows gathered;
    uint64_t sent_ns;
    struct waiting waiting[WAITING_MAX];
    struct identity identity;
};

struct attribution *attribution_new(
    struct model *model, struct guard *guard, bool exact, uint64_t seed)
{
    struct attribution *attribution = calloc(1, sizeof(*attribution));
    if (!attribution)
        return NULL;
    attribution->model = model;
    attribution->guard = guard;
    attribution->wanted = exact;
    attribution->next_token = 1;
    attribution->stubs = stubs_new(seed);
    attribution->holders = holders_new(guard, &attribution->identity);
    if (!attribution->stubs || !attribution->holders) {
        attribution_free(attribution);
        return NULL;
    }
    if (!exact)
        guard_stop_flows(guard);
    return attribution;
}

void attribution_free(struct attribution *attribution)
{
    if (!attribution)
        return;
    holders_free(attribution->holders);
    stubs_free(attribution->stubs);
    free(attribution);
}

/* ---- what waits ---- */

static struct waiting *new_waiting(struct attribution *attribution, uint64_t now)
{
    uint64_t token = attribution->next_token++;
    struct waiting *waiting = &attribution->waiting[token % WAITING_MAX];
    if (waiting->stage != FREE)
        return NULL;
    *waiting = (struct waiting){.asked.token = token, .deadline_ns = now + WAIT_NS};
    attribution->waiting_count++;
    return waiting;
}

static struct waiting *by_token(struct attribution *attribution, uint64_t token, enum stage stage)
{
    struct waiting *waiting = &attribution->waiting[token % WAITING_MAX];
    return waiting->stage == stage && waiting->asked.token == token ? waiting : NULL;
}

static void done(struct attribution *attribution, struct waiting *waiting)
{
    if (waiting->stage == JOIN)
        attribution->joins--;
    waiting->stage = FREE;
    attribution->waiting_count--;
}

/* ---- settling ---- */

static void settle_lookup(struct attribution *attribution, uint64_t serial,
    const struct process *process, const char *via)
{
    struct model *model = attribution->model;
    const struct lookup *lookup = model_lookup(model, serial);
    if (!lookup || lookup->settled)
        return;
    struct lookup judged = *lookup;
    if (process)
        judged.process = *process;
    text_format(judged.via, sizeof(judged.via), "%s", via);
    /* Routes may have changed since it left: knowing who asked can excuse, and nothing else. */
    if (judged.exposure == EXPOSURE_EXPOSED || judged.exposure == EXPOSURE_BYPASS) {
        struct lookup again = judged;
        judge_exposure(model, &again);
        if (again.excuse != EXCUSE_NONE)
            judged = again;
    }
    model_lookup_settle(model, serial, &judged);
}

/* True when it is settled; all: it must be. */
static bool try_join(struct attribution *attribution, struct waiting *waiting, bool all)
{
    struct process asker = {0};
    enum stub_join join = stubs_join(
        attribution->stubs, attribution->model, &waiting->sender, &waiting->candidates, &asker);
    if (join == STUB_WAIT && !all)
        return false;
    uint64_t serial = waiting->serial;
    struct process sender = waiting->sender;
    done(attribution, waiting);
    if (join == STUB_JOINED)
        settle_lookup(attribution, serial, &asker, sender.name);
    else
        settle_lookup(attribution, serial, &sender, "");
    return true;
}

/* What became known may be what others wait for, and they in turn. A chain of stubs is short. */
static void retry_joins(struct attribution *attribution)
{
    bool again = attribution->joins > 0;
    for (unsigned turn = 0; again && turn < 4; turn++) {
        again = false;
        for (size_t i = 0; i < WAITING_MAX && attribution->joins > 0; i++)
            if (attribution->waiting[i].stage == JOIN &&
                try_join(attribution, &attribution->waiting[i], false))
                again = true;
    }
}

static void settle_other(struct attribution *attribution, enum asked_for asked_for, uint64_t serial,
    uint16_t port, const struct process *process)
{
    struct model *model = attribution->model;
    /* leaktop's own is nobody's. */
    if (asked_for == ASKED_SOCKS)
        model_socks_client(model, serial, process && process->pid != getpid() ? process : NULL);
    else if (process && asked_for == ASKED_SITE)
        model_site_process(model, serial, process);
    else if (process)
        model_connect_process(model, port, process, process->pid == getpid());
}

/* The sender of what waits is known, or (NULL) will never be. */
static void settle(
    struct attribution *attribution, struct waiting *waiting, const struct process *process)
{
    if (waiting->asked_for != ASKED_LOOKUP) {
        struct waiting known = *waiting;
        done(attribution, waiting);
        settle_other(attribution, known.asked_for, known.serial, known.flow.source_port, process);
        return;
    }
    if (process && waiting->candidates.count > 0) {
        waiting->sender = *process;
        waiting->stage = JOIN;
        attribution->joins++;
        (void)try_join(attribution, waiting, false);
    } else {
        uint64_t serial = waiting->serial;
        done(attribution, waiting);
        settle_lookup(attribution, serial, process, "");
    }
}

/* ---- who holds the socket ---- */

/* connected: only a socket that is connected to the packet's destination will do. */
static void ask_holder(
    struct attribution *attribution, struct waiting *waiting, bool connected, uint64_t now)
{
    struct process process;
    waiting->stage = HOLDER;
    enum holder holder = holders_sender(attribution->holders, &waiting->flow, waiting->interface,
        connected, now, &waiting->asked, &process);
    if (holder != HOLDER_ASKED)
        settle(attribution, waiting, holder == HOLDER_FOUND ? &process : NULL);
}

static void server_found(struct attribution *attribution, struct waiting *waiting,
    const struct process *process, uint64_t now)
{
    uint64_t serial = waiting->serial;
    enum asked_for asked_for = waiting->asked_for;
    const struct flow flow = waiting->flow;
    if (process && process->pid != 0)
        holders_keep_server(attribution->holders, &waiting->flow, process, now);
    done(attribution, waiting);
    if (asked_for == ASKED_SOCKS)
        model_socks_server(attribution->model, serial, process);
    else if (asked_for == ASKED_LISTENER && process && process->tor)
        model_tor_seen(attribution->model, process, &flow.destination, flow.destination_port, now);
    if (asked_for != ASKED_LOOKUP)
        return;
    stubs_server(attribution->stubs, serial, process);
    /* A Tor client's DNSPort. */
    if (process && process->tor) {
        model_tor_seen(attribution->model, process, &flow.destination, 0, now);
        model_lookup_to_tor(attribution->model, serial);
    }
}

/* Whom a question or request inside this machine went to. */
static void ask_server(
    struct attribution *attribution, const struct waiting *question, uint64_t now)
{
    struct process process;
    struct waiting *waiting = new_waiting(attribution, now);
    if (!waiting && question->asked_for == ASKED_SOCKS)
        model_socks_server(attribution->model, question->serial, NULL);
    else if (!waiting && question->asked_for == ASKED_LOOKUP)
        stubs_server(attribution->stubs, question->serial, NULL);
    if (!waiting)
        return;
    waiting->stage = SERVER;
    waiting->asked_for = question->asked_for;
    waiting->serial = question->serial;
    waiting->flow = question->flow;
    enum holder holder =
        holders_server(attribution->holders, &waiting->flow, now, &waiting->asked, &process);
    if (holder != HOLDER_ASKED)
        server_found(attribution, waiting, holder == HOLDER_FOUND ? &process : NULL, now);
}

/* ---- questions ---- */

static uint8_t protocol_of(const struct fact *fact)
{
    if (fact->transport == TRANSPORT_DNSCRYPT)
        return 0; /* by either: its packets do not say which once they are a fact */
    return fact->transport == TRANSPORT_TCP ? IPPROTO_TCP : IPPROTO_UDP;
}

static void send_gathered(struct attribution *attribution, uint64_t now);

static void gather(struct attribution *attribution, const struct waiting *waiting, uint64_t now)
{
    struct keeper_flows *gathered = &attribution->gathered;
    gathered->each[gathered->count++] =
        (struct keeper_flow){.token = waiting->asked.token, .flow = waiting->flow};
    if (gathered->count == KEEPER_FLOWS_MAX)
        send_gathered(attribution, now);
}

void attribution_ask(struct attribution *attribution, const struct fact *fact,
    enum asked_for asked_for, uint64_t serial, uint64_t now)
{
    struct model *model = attribution->model;
    const struct lookup *lookup = asked_for == ASKED_LOOKUP ? model_lookup(model, serial) : NULL;
    struct waiting *waiting = new_waiting(attribution, now);
    if (!waiting && asked_for == ASKED_SOCKS)
        model_socks_server(model, serial, NULL);
    if (!waiting && asked_for == ASKED_LOOKUP)
        settle_lookup(attribution, serial, NULL, "");
    else if (!waiting)
        settle_other(attribution, asked_for, serial, fact->source_port, NULL);
    if (!waiting)
        return;
    waiting->asked_for = asked_for;
    waiting->serial = serial;
    waiting->interface = fact->interface;
    waiting->flow = (struct flow){.time_ns = fact->time_ns,
        .source = fact->source,
        .destination = fact->destination,
        .source_port = fact->source_port,
        .destination_port = fact->destination_port,
        .protocol = protocol_of(fact)};
    if (lookup) {
        stubs_candidates(attribution->stubs, model, lookup, &waiting->candidates);
        if (lookup->exposure == EXPOSURE_INTERNAL) {
            stubs_asked(attribution->stubs, lookup);
            ask_server(attribution, waiting, now);
        }
    } else if (asked_for == ASKED_SOCKS) {
        ask_server(attribution, waiting, now);
    }
    if (attribution->exact) {
        waiting->stage = FLOW;
        gather(attribution, waiting, now);
    } else {
        ask_holder(attribution, waiting, false, now);
    }
}

void attribution_ask_listener(
    struct attribution *attribution, const struct address *address, uint16_t port, uint64_t now)
{
    const struct waiting question = {.asked_for = ASKED_LISTENER,
        .flow = {.time_ns = now,
            .source = *address,
            .destination = *address,
            .destination_port = port,
            .protocol = IPPROTO_TCP}};
    ask_server(attribution, &question, now);
}

static uint64_t read_clock(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (uint64_t)time.tv_sec * 1000000000U + (uint64_t)time.tv_nsec;
}

/* The wall clock's lead over the monotonic one, at this moment. Who is interrupted between the two
 * readings tries again. */
static uint64_t clock_lead(void)
{
    uint64_t best = UINT64_MAX, lead = 0;
    for (unsigned i = 0; i < 8 && best > 2000; i++) {
        uint64_t before = read_clock(CLOCK_MONOTONIC);
        uint64_t wall = read_clock(CLOCK_REALTIME);
        uint64_t after = read_clock(CLOCK_MONOTONIC);
        if (after - before < best) {
            best = after - before;
            lead = wall - before - best / 2;
        }
    }
    return lead;
}

static void send_gathered(struct attribution *attribution, uint64_t now)
{
    struct keeper_flows *gathered = &attribution->gathered;
    uint64_t lead = clock_lead();
    for (uint32_t i = 0; i < gathered->count; i++)
        gathered->each[i].flow.time_ns -= lead;
    bool sent = guard_ask_flows(attribution->guard, gathered);
    uint32_t count = gathered->count;
    gathered->count = 0;
    attribution->sent_ns = now;
    for (uint32_t i = 0; i < count && !sent; i++) {
        struct waiting *waiting = by_token(attribution, gathered->each[i].token, FLOW);
        if (waiting)
            ask_holder(attribution, waiting, false, now);
    }
}

bool attribution_flush(struct attribution *attribution, uint64_t now)
{
    retry_joins(attribution);
    if (attribution->gathered.count == 0)
        return false;
    if (now >= attribution->sent_ns && now - attribution->sent_ns < GATHER_NS)
        return true;
    send_gathered(attribution, now);
    return false;
}

/* ---- answers ---- */

void attribution_source(
    struct attribution *attribution, const struct keeper_message *message, uint64_t now)
{
    char why[sizeof(message->text) * 2];
    attribution->exact = attribution->wanted && message->value == 1;
    text_escape(message->text, strnlen(message->text, sizeof(message->text)), why, sizeof(why));
    if (attribution->exact)
        model_event(attribution->model, now, "capture", "",
            "programs are named by what the kernel notes as they send (cgroup BPF)");
    else if (message->value == 0)
        model_event(attribution->model, now, "capture", "",
            "programs are named by their sockets (sock_diag), which may miss short ones: %s", why);
}

void attribution_flows(
    struct attribution *attribution, const struct keeper_flows *flows, uint64_t now)
{
    for (uint32_t i = 0; i < flows->count; i++) {
        const struct keeper_flow *each = &flows->each[i];
        struct waiting *waiting = by_token(attribution, each->token, FLOW);
        if (!waiting)
            continue;
        struct process process;
        switch (each->found) {
        case FLOW_FOUND:
            process = identity_process(&attribution->identity, each->process.uid, each->process.pid,
                each->process.start, each->process.name, sizeof(each->process.name));
            settle(attribution, waiting, &process);
            break;
        case FLOW_UNKNOWN:
            /* Whoever sends by a socket that is not connected is noted each time. So this one was
             * connected before leaktop came. */
            ask_holder(attribution, waiting, true, now);
            break;
        case FLOW_NAMELESS:
            ask_holder(attribution, waiting, false, now);
            break;
        default:
            settle(attribution, waiting, NULL);
            break;
        }
    }
    retry_joins(attribution);
}

void attribution_owner(
    struct attribution *attribution, const struct keeper_message *message, uint64_t now)
{
    struct waiting *waiting = by_token(attribution, message->token, HOLDER);
    if (!waiting)
        waiting = by_token(attribution, message->token, SERVER);
    if (!waiting)
        return;
    struct process process = holders_answer(attribution->holders, &waiting->asked, message, now);
    if (waiting->stage == SERVER)
        server_found(attribution, waiting, &process, now);
    else
        settle(attribution, waiting, &process);
    retry_joins(attribution);
}

void attribution_command(struct attribution *attribution, const struct keeper_message *message)
{
    char line[COMMAND_TEXT];
    const struct process process = {.pid = message->pid, .start = message->start};
    identity_command(message->text, message->value, line);
    model_command(attribution->model, &process, line);
}

bool attribution_expire(struct attribution *attribution, uint64_t now, bool all)
{
    for (size_t i = 0; i < WAITING_MAX && attribution->waiting_count > 0; i++) {
        struct waiting *waiting = &attribution->waiting[i];
        if (waiting->stage == FREE || (!all && waiting->deadline_ns > now))
            continue;
        struct process process = {0};
        switch (waiting->stage) {
        case SERVER:
            server_found(attribution, waiting, NULL, now);
            break;
        case JOIN:
            (void)try_join(attribution, waiting, true);
            break;
        case HOLDER:
            process = identity_owner(&attribution->identity, waiting->asked.uid);
            settle(attribution, waiting, &process);
            break;
        default:
            settle(attribution, waiting, NULL);
            break;
        }
    }
    return attribution->waiting_count > 0;
}
