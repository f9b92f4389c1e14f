/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watch/before.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "guard/guard.h"
#include "model/model.h"
#include "options.h"
#include "sources/baseline_file.h"
#include "sources/statefolder.h"
#include "watch/private.h"

#define LOOK_NS (50 * MS)
/* A VPN that comes up writes its resolvers first and its routes last: what changes is no baseline
 * until it has stood for so long. */
#define STAND_MS 5000
/* What is seen again unchanged is dated anew so often. */
#define AGE_NS (3600 * SECOND)

struct before {
    char network[BASELINE_NETWORK]; /* whose baseline the model has, or has none of; "" none yet */
    bool missed;                    /* that there is none was said, for this network */
    bool failed;                    /* that it cannot be kept was said */
    uint64_t looked_ns, looked_revision;
    bool looked_busy;
    struct baseline waiting; /* other values, until they have stood for a while; taken_ns 0: none */
};

void before_open(struct watch *watch)
{
    if (watch->file)
        return;
    watch->before = calloc(1, sizeof(*watch->before));
    if (!watch->before)
        return;
    before_update(watch, true);
}

void before_close(struct watch *watch)
{
    free(watch->before);
    watch->before = NULL;
}

/* ---- comparing and merging: what is not known now was known then ---- */

static bool same_rows(const struct baseline_address *a, const struct baseline_address *b)
{
    return address_equal(&a->address, &b->address) && a->network.asn == b->network.asn &&
           a->network.source == b->network.source && strcmp(a->network.org, b->network.org) == 0 &&
           strcmp(a->network.country, b->network.country) == 0;
}

static bool same_values(const struct baseline *a, const struct baseline *b)
{
    if (a->egress_count != b->egress_count || a->resolver_count != b->resolver_count)
        return false;
    for (size_t f = 0; f < FAMILY_INDEXES; f++)
        if (a->routes[f].known != b->routes[f].known ||
            strcmp(a->routes[f].interface, b->routes[f].interface) != 0 ||
            !address_equal(&a->routes[f].gateway, &b->routes[f].gateway) ||
            !same_rows(&a->public_addresses[f], &b->public_addresses[f]))
            return false;
    for (size_t i = 0; i < a->egress_count; i++) { /* in whichever order they came */
        bool found = false;
        for (size_t j = 0; j < b->egress_count; j++)
            found |= same_rows(&a->egress[i], &b->egress[j]);
        if (!found)
            return false;
    }
    for (size_t i = 0; i < a->resolver_count; i++)
        if (!address_equal(&a->resolvers[i], &b->resolvers[i]))
            return false;
    return true;
}

static bool has_row(const struct baseline *baseline, const struct address *address)
{
    for (size_t i = 0; i < baseline->egress_count; i++)
        if (address_equal(&baseline->egress[i].address, address))
            return true;
    return false;
}

/* All that was known stays as it was; more is known now. */
static bool extends(const struct baseline *taken, const struct baseline *old)
{
    for (size_t f = 0; f < FAMILY_INDEXES; f++) {
        const struct address *was = &old->public_addresses[f].address;
        if (old->routes[f].known &&
            (strcmp(taken->routes[f].interface, old->routes[f].interface) != 0 ||
                !address_equal(&taken->routes[f].gateway, &old->routes[f].gateway)))
            return false;
        if (was->family != FAMILY_NONE && !address_equal(&taken->public_addresses[f].address, was))
            return false;
    }
    for (size_t i = 0; i < old->egress_count; i++)
        if (!has_row(taken, &old->egress[i].address))
            return false;
    for (size_t i = 0; i < old->resolver_count; i++)
        if (old->resolver_count != taken->resolver_count ||
            !address_equal(&taken->resolvers[i], &old->resolvers[i]))
            return false;
    return true;
}

/* A network that nobody tells this time was told last time. */
static void keep_network(struct baseline_address *row, const struct baseline_address *old)
{
    if (address_equal(&row->address, &old->address) && old->network.source > row->network.source)
        row->network = old->network;
}

/* Of many resolvers behind one address each test meets others. */
static bool is_one_pool(const struct baseline *taken, const struct baseline *old)
{
    for (size_t i = 0; i < old->egress_count; i++)
        for (size_t j = 0; j < taken->egress_count; j++)
            if (address_equal(&old->egress[i].address, &taken->egress[j].address) ||
                (old->egress[i].network.asn >= 0 &&
                    old->egress[i].network.asn == taken->egress[j].network.asn))
                return true;
    return false;
}

static void keep_known(struct baseline *taken, const struct baseline *old)
{
    for (size_t f = 0; f < FAMILY_INDEXES; f++) {
        struct baseline_address *row = &taken->public_addresses[f];
        bool way = !taken->routes[f].known || taken->routes[f].interface[0];
        if (row->address.family == FAMILY_NONE && way)
            *row = old->public_addresses[f];
        keep_network(row, &old->public_addresses[f]);
        if (!taken->routes[f].known)
            taken->routes[f] = old->routes[f];
    }
    for (size_t i = 0; i < taken->egress_count; i++)
        for (size_t j = 0; j < old->egress_count; j++)
            keep_network(&taken->egress[i], &old->egress[j]);
    if (taken->egress_count == 0 || is_one_pool(taken, old))
        for (size_t i = 0; i < old->egress_count && taken->egress_count < BASELINE_EGRESS; i++)
            if (!has_row(taken, &old->egress[i].address))
                taken->egress[taken->egress_count++] = old->egress[i];
    if (taken->resolver_count == 0) {
        memcpy(taken->resolvers, old->resolvers, sizeof(taken->resolvers));
        taken->resolver_count = old->resolver_count;
    }
}

/* ---- taking and keeping ---- */

/* "2 public addresses, 1 egress resolver, 2 configured ones" */
static void describe(const struct baseline *baseline, char *out, size_t size)
{
    unsigned addresses = 0;
    for (size_t f = 0; f < FAMILY_INDEXES; f++)
        addresses += baseline->public_addresses[f].address.family != FAMILY_NONE;
    text_format(out, size, "%u public address%s, %zu egress and %zu configured resolver%s",
        addresses, addresses == 1 ? "" : "es", baseline->egress_count, baseline->resolver_count,
        baseline->resolver_count == 1 ? "" : "s");
}

/* False where it could not be kept: why is in `why`. */
static bool keep(struct watch *watch, const struct baseline *baseline, char *why, size_t size)
{
    struct before *before = watch->before;
    int error = 0;
    why[0] = '\0';
    if (watch->state.folder < 0)
        text_format(why, size, "%s", watch->state.trouble);
    else
        error = baseline_file_write(&watch->state, baseline);
    if (error)
        text_format(why, size, "%s: %s", watch->state.path, strerror(-error));
    if (why[0] && !before->failed)
        model_event(watch->model, watch_clock(), "baseline", "",
            "the baseline cannot be kept for later: %.100s", why);
    before->failed = why[0] != '\0';
    return !why[0];
}

static bool take(struct watch *watch, struct baseline *taken, char *why, size_t size)
{
    const struct baseline *old = model_baseline(watch->model);
    if (!model_baseline_take(watch->model, watch_clock(), taken, why, size))
        return false;
    if (old && strcmp(old->network, taken->network) == 0)
        keep_known(taken, old);
    return true;
}

/* What is asked of the outside came back, or will not come: a baseline before that would be half a
 * one. */
static bool answers_are_in(const struct watch *watch)
{
    const struct model *model = watch->model;
    uint64_t since = model_recent(model)->since_ns;
    if (watch->options->passive)
        return true;
    /* Not begun yet, or neither can be. */
    if (!watch->prober && !watch->publicip)
        return watch_clock() > model_start_ns(model) + STAND_MS * MS;
    if (watch->progress.probing || watch->progress.asking_public)
        return false;
    bool probed = !watch->prober, seen = !watch->publicip;
    for (size_t i = 0; i < model_probe_count(model) && !probed; i++) {
        const struct probe *probe = model_probe_at(model, i);
        probed = probe && probe->asked_ns >= since;
    }
    for (enum family family = 0; family < FAMILY_INDEXES; family++) {
        const struct public_address *public = model_public(model, family);
        if (public->pending)
            return false;
        seen |= public->asked_ever && public->checked_ns >= since;
    }
    return probed && seen;
}

static void on_stood(uv_timer_t *timer)
{
    before_update(timer->data, true);
}

/* True where these values have stood for long enough; else they are looked at again. */
static bool have_stood(struct watch *watch, const struct baseline *taken)
{
    struct baseline *waiting = &watch->before->waiting;
    if (waiting->taken_ns == 0 || !same_values(waiting, taken)) {
        *waiting = *taken;
        watch_timer(watch, TIMER_BASELINE, on_stood, STAND_MS, 0);
        return false;
    }
    return taken->taken_ns >= waiting->taken_ns + (STAND_MS - 100) * MS;
}

static void refresh(struct watch *watch)
{
    const struct baseline *old = model_baseline(watch->model);
    struct baseline taken;
    char why[160], what[120];
    if (!answers_are_in(watch) || !take(watch, &taken, why, sizeof(why))) {
        watch->before->waiting.taken_ns = 0;
        return;
    }
    bool same = old && same_values(old, &taken);
    if (same) {
        watch->before->waiting.taken_ns = 0;
        if (!old->from_disk && taken.taken_ns < old->taken_ns + AGE_NS)
            return;
    } else if (old && !extends(&taken, old) && !have_stood(watch, &taken)) {
        return;
    }
    if (!same) {
        describe(&taken, what, sizeof(what));
        model_event(watch->model, taken.taken_ns, "baseline", "", "%s before the tunnel: %s",
            old ? "changed" : "taken", what);
    }
    model_baseline_set(watch->model, &taken, taken.taken_ns);
    (void)keep(watch, &taken, why, sizeof(why));
}

/* ---- an earlier one ---- */

static void load(struct watch *watch)
{
    struct before *before = watch->before;
    struct baseline loaded;
    char why[120], when[TIME_TEXT];
    uint64_t now = watch_clock();
    before->missed = false;
    if (baseline_file_read(&watch->state, before->network, &loaded, why, sizeof(why))) {
        model_baseline_set(watch->model, &loaded, now);
        time_format_rfc3339(loaded.taken_ns, when);
        when[10] = '\0';
        model_event(
            watch->model, now, "baseline", "", "that of this network was taken on %s", when);
        return;
    }
    if (model_baseline(watch->model))
        model_baseline_set(watch->model, NULL, now);
    if (why[0])
        model_event(watch->model, now, "baseline", "",
            "the file with that of this network %s: it is not read", why);
}

void before_update(struct watch *watch, bool now)
{
    struct before *before = watch->before;
    char network[BASELINE_NETWORK];
    uint64_t revision = model_revision(watch->model), clock = watch_clock();
    bool busy = watch->progress.probing || watch->progress.asking_public;
    if (!before)
        return;
    bool lately = clock < before->looked_ns + LOOK_NS && clock >= before->looked_ns;
    if (!now && (lately || (revision == before->looked_revision && busy == before->looked_busy)))
        return;
    before->looked_busy = busy;
    before->looked_ns = clock;
    model_baseline_network(watch->model, network);
    if (network[0] && strcmp(network, before->network) != 0) {
        text_format(before->network, sizeof(before->network), "%s", network);
        load(watch);
    }
    if (!model_tunnel_up(watch->model)) {
        before->missed = false;
        if (network[0])
            refresh(watch);
    } else if (!model_baseline(watch->model) && !before->missed) {
        before->missed = true;
        model_event(watch->model, clock, "baseline", "",
            "%s: what was before the tunnel is not known",
            before->network[0] ? "none was taken on this network"
                               : "this network has no gateway to know it by");
    }
    before->looked_revision = model_revision(watch->model);
}

void before_take(struct watch *watch)
{
    char *note = watch->progress.note, why[160], what[120];
    size_t size = sizeof(watch->progress.note);
    struct baseline taken;
    if (!watch->before) {
        text_format(note, size, "no baseline: a capture file is judged");
        return;
    }
    before_update(watch, true);
    if (!take(watch, &taken, why, sizeof(why))) {
        text_format(note, size, "no baseline: %s", why);
        return;
    }
    describe(&taken, what, sizeof(what));
    model_baseline_set(watch->model, &taken, taken.taken_ns);
    model_event(watch->model, taken.taken_ns, "baseline", "", "taken on key: %s", what);
    if (keep(watch, &taken, why, sizeof(why)))
        text_format(note, size, "baseline taken: %s", what);
    else
        text_format(note, size, "baseline taken, for now alone: it cannot be kept: %s", why);
    show_changed(watch);
}
