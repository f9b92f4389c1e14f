/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watch/networks.h"

#include <arpa/nameser.h>
#include <stdlib.h>
#include <string.h>

#include "base/name.h"
#include "base/text.h"
#include "model/model.h"
#include "options.h"
#include "sources/budget.h"
#include "sources/networks_cache.h"
#include "sources/networks_cymru.h"
#include "sources/networks_database.h"
#include "sources/stub.h"
#include "watch/held.h"
#include "watch/private.h"

/* As many as the model can want to know of. */
#define WANTED_MAX 84
/* What a database did not know it may know when it was replaced. */
#define TRIED_NS (600 * SECOND)
#define LOOK_NS (50 * MS)
/* So many questions in a row without an answer, and none is asked for a while. */
#define FAILURES_MAX 3
#define PAUSE_MS 3600000

/* 32 in an hour, as many at once: a question and its answer are two packets. */
static const struct budget_terms terms = {"asn.cymru.com", 112, 32, 2};

struct networks {
    struct networks_cache cache;
    uint64_t looked_ns;
    bool missing_told; /* a database that cannot be read was told */
    struct tried {
        struct address address;
        uint64_t time_ns;
    } tried[WANTED_MAX]; /* of the databases */
    size_t tried_next;

    struct stub *stub; /* while something is asked */
    enum step { STEP_NONE, STEP_ORIGIN, STEP_AS, STEP_DONE } step;
    struct address address;  /* that is asked about */
    struct networks_row row; /* as far as it is known */
    struct activity_state state;
    unsigned failures;  /* in a row */
    uint64_t paused_ms; /* loop time until which nobody is asked; 0 */
};

static void on_step(uv_timer_t *timer);

void networks_open(struct watch *watch)
{
    char why[120];
    if (watch->file)
        return;
    watch->networks = calloc(1, sizeof(*watch->networks));
    if (!watch->networks)
        return;
    networks_cache_read(&watch->networks->cache, &watch->state, (int64_t)(watch_clock() / SECOND),
        why, sizeof(why));
    if (why[0])
        model_event(watch->model, watch_clock(), "probe", "",
            "the file with networks of addresses %s: it is not read", why);
}

static void give_up(struct watch *watch)
{
    struct networks *networks = watch->networks;
    struct stub *stub = networks->stub;
    networks->stub = NULL;
    networks->step = STEP_NONE;
    uv_timer_stop(&watch->timers[TIMER_NETWORKS]);
    stub_close(stub);
}

void networks_close(struct watch *watch)
{
    if (!watch->networks)
        return;
    give_up(watch);
    if (watch->networks->cache.changed)
        (void)networks_cache_write(&watch->networks->cache, &watch->state);
    free(watch->networks);
    watch->networks = NULL;
}

static void tell(struct watch *watch, const char *note)
{
    struct activity_state *state = &watch->networks->state;
    text_format(state->note, sizeof(state->note), "%s", note);
    model_activity_set(watch->model, ACTIVITY_NETWORKS, state);
}

/* ---- may it be asked? ---- */

/* Any resolver that may be asked lies outside the tunnel: one that fails hands on to the next. */
static bool resolver_outside(const struct model *model, bool *stub, bool *inside)
{
    *stub = *inside = false;
    for (size_t i = 0; i < model_configured_count(model); i++) {
        const struct configured_resolver *resolver = model_configured_at(model, i);
        const struct interface *by = model_interface(model, resolver->interface);
        if (resolver->use == RESOLVER_IGNORED || resolver->blocked)
            continue;
        if (address_is_loopback(&resolver->address))
            *stub = true;
        else if (resolver->by_ipsec || (by && by->role == ROLE_TUNNEL))
            *inside = true;
        else
            return true;
    }
    return false;
}

/* What leaktop's own probes showed since the network changed. */
static bool probes_tunnelled(const struct model *model, bool *outside)
{
    bool inside = false;
    *outside = false;
    for (size_t i = 0; i < model_probe_count(model); i++) {
        const struct probe *probe = model_probe_at(model, i);
        if (!probe || !probe->left || probe->asked_ns < model_recent(model)->since_ns)
            continue;
        inside |= probe->exposure == EXPOSURE_TUNNELLED;
        *outside |= probe->exposure != EXPOSURE_TUNNELLED;
    }
    return inside;
}

/* Why Team Cymru is not asked now; NULL where it may be. Addresses that were seen here are nothing
 * to tell the network next to this machine: proof of the way comes first. */
static const char *held(const struct watch *watch)
{
    const struct model *model = watch->model;
    bool stub, inside, outside;
    const char *all = held_names(model, watch->options->passive);
    if (all)
        return all;
    if (!watch->options->cymru)
        return "switched off in the configuration";
    if (!model_tunnel_up(model))
        return "asked only in the tunnel, and none is up";
    bool shown = probes_tunnelled(model, &outside);
    if (outside)
        return "asked only in the tunnel, and look-ups leave outside it";
    if (resolver_outside(model, &stub, &inside))
        return "asked only in the tunnel, and a configured resolver is outside it";
    if (!shown && (stub || !inside || model_capture(model)->possible))
        return "asked only in the tunnel, and no look-up was seen leaving by it yet";
    return NULL;
}

/* ---- what is known on this machine ---- */

static bool was_tried(const struct networks *networks, const struct address *address, uint64_t now)
{
    for (size_t i = 0; i < WANTED_MAX; i++)
        if (address_equal(&networks->tried[i].address, address) &&
            networks->tried[i].time_ns + TRIED_NS > now && networks->tried[i].time_ns <= now)
            return true;
    return false;
}

static void ask_databases(struct watch *watch, uint64_t now)
{
    struct networks *networks = watch->networks;
    struct networks_database databases;
    struct address list[WANTED_MAX], address;
    struct network found[WANTED_MAX];
    size_t count = 0;
    char why[160];
    for (size_t i = 0; count < WANTED_MAX && model_network_wanted(watch->model, i, &address); i++) {
        if (was_tried(networks, &address, now))
            continue;
        networks->tried[networks->tried_next++ % WANTED_MAX] = (struct tried){address, now};
        found[count] = *model_network_of(watch->model, &address);
        list[count++] = address;
    }
    if (count == 0)
        return;
    networks_database_find(&databases, watch->options->databases, watch->options->database_count);
    if (networks_database_ask(&databases, list, found, count, why, sizeof(why)) > 0)
        for (size_t i = 0; i < count; i++)
            if (found[i].asn >= 0 || found[i].country[0])
                model_network_set(watch->model, &list[i], &found[i], now);
    if (why[0] && !networks->missing_told)
        model_event(watch->model, now, "probe", "", "networks of addresses: %s", why);
    networks->missing_told |= why[0] != '\0';
}

static void set_from(struct watch *watch, const struct address *address,
    const struct networks_row *row, uint64_t now)
{
    struct network network = {.source = NETWORK_CYMRU, .asn = row->asn};
    text_format(network.org, sizeof(network.org), "%s", row->org);
    memcpy(network.country, row->country, sizeof(network.country));
    model_network_set(watch->model, address, &network, now);
}

/* What was seen since the network changed, and by the tunnel: a question about the address that
 * this machine had before it, or has beside it, would tie that one to the tunnel's. */
static bool may_be_told(const struct model *model, const struct address *address)
{
    uint64_t since = model_recent(model)->since_ns;
    const struct baseline *baseline = model_baseline(model);
    bool seen = false;
    if (model_is_local(model, address))
        return false;
    for (enum family family = 0; family < FAMILY_INDEXES; family++) {
        const struct public_address *sites = model_public(model, family);
        const struct interface *by = model_interface(model, sites->interface);
        if (baseline && address_equal(&baseline->public_addresses[family].address, address))
            return false;
        if (!address_equal(&sites->address, address))
            continue;
        if (sites->checked_ns < since || !by || by->role != ROLE_TUNNEL)
            return false;
        seen = true;
    }
    for (size_t i = 0; i < model_egress_count(model) && !seen; i++)
        seen = address_equal(&model_egress_at(model, i)->address, address) &&
               model_egress_at(model, i)->last_ns >= since;
    return seen;
}

/* Sets what the cache knows, and gives the first address of which it knows nothing. */
static bool take_cached(struct watch *watch, uint64_t now, struct address *first)
{
    struct address address;
    for (size_t i = 0; model_network_wanted(watch->model, i, &address);) {
        const struct networks_row *row =
            networks_cache_find(&watch->networks->cache, &address, (int64_t)(now / SECOND));
        if (!row && may_be_told(watch->model, &address)) {
            *first = address;
            return true;
        }
        if (row && row->asn >= 0)
            set_from(watch, &address, row, now); /* and it is wanted no more */
        else
            i++;
    }
    return false;
}

/* ---- asking ---- */

static void on_answer(void *context, int status, const uint8_t *answer, size_t length)
{
    struct watch *watch = context;
    struct networks *networks = watch->networks;
    (void)status;
    if (!networks->stub)
        return; /* given up */
    struct networks_row *row = &networks->row;
    if (networks->step == STEP_ORIGIN) {
        struct networks_origin origin;
        networks->failures = answer ? 0 : networks->failures + 1;
        networks->step = STEP_DONE;
        if (answer && networks_cymru_origin(answer, length, &networks->address, &origin)) {
            row->prefix = origin.prefix;
            row->asn = origin.asn;
            memcpy(row->country, origin.country, sizeof(row->country));
            text_format(
                row->org, sizeof(row->org), "%s", networks_cache_org(&networks->cache, row->asn));
            networks->step = row->org[0] ? STEP_DONE : STEP_AS;
        }
    } else {
        networks->step = STEP_DONE;
        if (answer)
            (void)networks_cymru_as(answer, length, row->asn, row->org, sizeof(row->org));
    }
    /* Within this call nothing may be asked. */
    watch_timer(watch, TIMER_NETWORKS, on_step, 0, 0);
}

/* False where it must wait; then the note says why. */
static bool ask(struct watch *watch, const char *name)
{
    struct networks *networks = watch->networks;
    uint8_t wire[NAME_WIRE_MAX];
    uint64_t wait_ms, now_ms = uv_now(&watch->loop);
    if (!watch->errands.budget)
        return false;
    if (networks->paused_ms > now_ms) {
        tell(watch, "nobody answered: asked again later");
        return false;
    }
    if (!budget_take(watch->errands.budget, &terms, now_ms, &wait_ms)) {
        tell(watch, "often asked before: the budget is used up");
        watch_timer(watch, TIMER_NETWORKS, on_step, wait_ms, 0);
        return false;
    }
    /* With the resolvers that are configured now. */
    if (!networks->stub && stub_open(&networks->stub, &watch->loop) != 0) {
        networks->stub = NULL;
        networks->paused_ms = now_ms + PAUSE_MS;
        tell(watch, "no resolver can be asked");
        return false;
    }
    size_t length = name_parse(name, wire);
    model_own_name(watch->model, wire, length, watch_clock());
    if (!networks->state.running) {
        networks->state.running = true;
        networks->state.started_ns = watch_clock();
    }
    tell(watch, "");
    stub_ask(networks->stub, name, ns_c_in, ns_t_txt, on_answer, watch);
    return true;
}

static void done(struct watch *watch)
{
    struct networks *networks = watch->networks;
    give_up(watch);
    if (!networks->state.running)
        return;
    networks->state.running = false;
    networks->state.ended_ns = watch_clock();
    networks->state.failures = networks->failures;
    tell(watch, networks->state.note);
    if (networks->cache.changed)
        (void)networks_cache_write(&networks->cache, &watch->state);
}

static void begin(struct watch *watch, const struct address *address)
{
    struct networks *networks = watch->networks;
    char name[NAME_TEXT_MAX];
    networks->address = *address;
    /* Where nobody tells, that is remembered of as much as was asked for. */
    uint8_t length = address->family == FAMILY_IPV4 ? 24 : 64;
    networks->row =
        (struct networks_row){.prefix = {address_prefix(address, length), length}, .asn = -1};
    networks_cymru_origin_name(address, name);
    networks->step = STEP_ORIGIN;
    if (!ask(watch, name)) {
        networks->step = STEP_NONE;
        if (!watch_timer_active(watch, TIMER_NETWORKS))
            done(watch);
    }
}

static void follow(struct watch *watch)
{
    struct address address;
    bool wanted = take_cached(watch, watch_clock(), &address);
    const char *why = held(watch);
    if (!wanted || why) {
        done(watch);
        tell(watch, why ? why : "");
        return;
    }
    begin(watch, &address);
}

static void on_step(uv_timer_t *timer)
{
    struct watch *watch = timer->data;
    struct networks *networks = watch->networks;
    const char *why = held(watch);
    if (why) {
        done(watch);
        tell(watch, why);
        return;
    }
    if (networks->step == STEP_AS) {
        char name[NAME_TEXT_MAX];
        networks_cymru_as_name(networks->row.asn, name);
        if (ask(watch, name) || watch_timer_active(watch, TIMER_NETWORKS))
            return;
        networks->step = STEP_DONE;
    }
    if (networks->step == STEP_DONE) {
        networks->row.asked_s = (int64_t)(watch_clock() / SECOND);
        networks_cache_put(&networks->cache, &networks->row);
        networks->step = STEP_NONE;
        if (networks->failures >= FAILURES_MAX) {
            networks->failures = 0;
            networks->paused_ms = uv_now(&watch->loop) + PAUSE_MS;
        }
    }
    if (networks->step == STEP_NONE)
        follow(watch);
    show_changed(watch);
}

void networks_update(struct watch *watch)
{
    struct networks *networks = watch->networks;
    if (!networks)
        return;
    uint64_t now = watch_clock();
    if (now < networks->looked_ns + LOOK_NS && now >= networks->looked_ns)
        return;
    networks->looked_ns = now;
    ask_databases(watch, now);
    networks_check_held(watch);
    if (networks->step == STEP_NONE && !watch_timer_active(watch, TIMER_NETWORKS))
        follow(watch);
}

void networks_check_held(struct watch *watch)
{
    struct networks *networks = watch->networks;
    const char *why = networks && networks->step != STEP_NONE ? held(watch) : NULL;
    if (!why)
        return;
    done(watch);
    tell(watch, why);
}

void networks_recheck(struct watch *watch)
{
    if (!watch->networks)
        return;
    memset(watch->networks->tried, 0, sizeof(watch->networks->tried));
    watch->networks->missing_told = false;
    watch->networks->paused_ms = 0;
    watch->networks->looked_ns = 0;
    networks_update(watch);
}
