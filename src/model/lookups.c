/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/private.h"

#include <string.h>

#include "base/name.h"
#include "base/text.h"

/* Look-ups, by which resolvers and for which programs. What answers them: answers.c. */

struct lookup_slot *lookups_slot(const struct model *model, uint64_t serial)
{
    if (serial == 0)
        return NULL;
    struct lookup_slot *slot = &model->lookups[serial % LOOKUPS_KEPT];
    return slot->lookup.serial == serial ? slot : NULL;
}

/* Keyed by a secret, and chains are walked a bounded way: a neighbour who aims for collisions gains
 * nothing. */
static uint64_t fold(uint64_t a, uint64_t b)
{
    __uint128_t product = (__uint128_t)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t lookups_key(const struct model *model, const struct address *asker, uint16_t asker_port,
    const struct address *asked, uint16_t asked_port, uint16_t id)
{
    uint64_t words[4];
    memcpy(words, asker->bytes, sizeof(asker->bytes));
    memcpy(words + 2, asked->bytes, sizeof(asked->bytes));
    uint64_t key = model->seed ^ ((uint64_t)asker_port << 32) ^ ((uint64_t)asked_port << 16) ^ id;
    for (size_t i = 0; i < 4; i++)
        key = fold(key ^ words[i], model->seed | 1);
    return fold(key, 0xff51afd7ed558ccdULL);
}

static int severity(enum exposure exposure)
{
    switch (exposure) {
    case EXPOSURE_EXPOSED:
    case EXPOSURE_BYPASS:
        return 6;
    case EXPOSURE_OPEN:
        return 5;
    case EXPOSURE_LAN:
        return 4;
    case EXPOSURE_BOOTSTRAP:
        return 3;
    case EXPOSURE_TUNNELLED:
        return 2;
    case EXPOSURE_INTERNAL:
        return 1;
    case EXPOSURE_UNKNOWN:
    case EXPOSURE_COUNT:
        break;
    }
    return 0;
}

static void add_to(uint64_t *counter, int by)
{
    if (by > 0 || *counter > 0)
        *counter += (uint64_t)(int64_t)by;
}

/* STUN asks for no name: it makes its own verdict, and is among the look-ups in no other sum. */
static void count_stun(struct model *model, const struct lookup *lookup, int by)
{
    add_to(&model->totals.stun[lookup->exposure], by);
    if (model_exposure_leaks(lookup->exposure))
        history_count(model->history, HISTORY_STUN, lookup->time_ns, by);
    if (!model_exposure_leaks(lookup->exposure) || lookup->time_ns <= model->cleared_ns)
        return;
    add_to(&model->latched.stun, by);
    if (by > 0)
        model->latched.stun_ns = lookup->time_ns;
}

/* Add (by = 1) or take back (by = -1) what a look-up of this exposure counts for. */
static void count(struct model *model, const struct lookup *lookup, int by)
{
    if (lookup->own)
        return;
    if (lookup->transport == TRANSPORT_STUN) {
        count_stun(model, lookup, by);
        return;
    }
    enum family family = model_family_of(&lookup->resolver);
    add_to(&model->totals.excused[lookup->excuse], by);
    add_to(&model->totals.by_exposure[lookup->exposure], by);
    history_count(model->history, history_lane_of(lookup->exposure), lookup->time_ns, by);
    bool recent = lookup->time_ns >= model->recent.since_ns;
    if (recent && lookup->excuse == EXCUSE_NONE)
        add_to(&model->recent.by_exposure[lookup->exposure], by);
    if (lookup->exposure == EXPOSURE_TUNNELLED) {
        add_to(&model->totals.by_family_tunnelled[family], by);
        if (recent)
            add_to(&model->recent.by_family_tunnelled[family], by);
    }
    if (!model_exposure_leaks(lookup->exposure))
        return;
    add_to(&model->totals.by_family_exposed[family], by);
    if (lookup->time_ns > model->cleared_ns) {
        add_to(&model->latched.leaks, by);
        add_to(&model->latched.by_family[family], by);
        add_to(&model->latched.onions, lookup->onion ? by : 0);
        if (by > 0) {
            if (model->latched.first_ns == 0)
                model->latched.first_ns = lookup->time_ns;
            model->latched.last_ns = lookup->time_ns;
            model->latched.interface = lookup->interface;
        }
    }
    if (by > 0 && recent)
        model->recent.last_leak_ns = lookup->time_ns;
    for (size_t i = model->drop_count; i-- > 0;) {
        struct drop *drop = &model->drops[i];
        if (lookup->time_ns + DROP_GRACE_NS < drop->start_ns)
            continue;
        if (drop->end_ns == 0 || lookup->time_ns <= drop->end_ns) {
            if (by > 0 || drop->lookups_left > 0)
                drop->lookups_left += (uint32_t)by;
            break;
        }
    }
}

struct resolver_slot *lookups_resolver(struct model *model, const struct lookup *lookup)
{
    size_t oldest = 0;
    if (model->resolver_cached < model->resolver_count) {
        struct used_resolver *used = &model->resolvers[model->resolver_cached].used;
        if (used->port == lookup->resolver_port && used->interface == lookup->interface &&
            used->transport == lookup->transport &&
            address_equal(&used->address, &lookup->resolver))
            return &model->resolvers[model->resolver_cached];
    }
    for (size_t i = 0; i < model->resolver_count; i++) {
        struct used_resolver *used = &model->resolvers[i].used;
        if (used->port == lookup->resolver_port && used->interface == lookup->interface &&
            used->transport == lookup->transport &&
            address_equal(&used->address, &lookup->resolver)) {
            model->resolver_cached = i;
            return &model->resolvers[i];
        }
        if (used->last_ns < model->resolvers[oldest].used.last_ns)
            oldest = i;
    }
    size_t at = model->resolver_count < RESOLVERS_MAX ? model->resolver_count++ : oldest;
    memset(&model->resolvers[at], 0, sizeof(model->resolvers[at]));
    model->resolvers[at].used = (struct used_resolver){.address = lookup->resolver,
        .port = lookup->resolver_port,
        .transport = lookup->transport,
        .interface = lookup->interface,
        .first_ns = lookup->time_ns};
    model->resolver_cached = at;
    return &model->resolvers[at];
}

static void settle_slot(struct model *model, struct lookup_slot *slot)
{
    slot->lookup.settled = true;
    if (slot->lookup.own)
        return;
    if (slot->lookup.transport == TRANSPORT_STUN) {
        apps_stun(model, &slot->lookup, 1);
    } else {
        apps_add(model, slot);
        observed_lookup(model, &slot->lookup);
    }
    if (model_exposure_leaks(slot->lookup.exposure))
        ledger_add(model, &slot->lookup);
}

/* The same packet on another interface: a bridge and its port, a VLAN and its parent. */
static uint64_t merge_copy(struct model *model, struct lookup_slot *slot, const struct lookup *copy)
{
    struct lookup *known = &slot->lookup;
    if (known->copies < UINT8_MAX)
        known->copies++;
    if (severity(copy->exposure) > severity(known->exposure)) {
        known->interface = copy->interface;
        known->role = copy->role;
        known->packet = copy->packet;
        lookups_rejudge(model, slot, copy->exposure, copy->excuse);
        (void)probes_seen(model, known);
    }
    return known->serial;
}

uint64_t model_lookup_add(struct model *model, const struct lookup *lookup)
{
    uint64_t key = lookups_key(model, &lookup->source, lookup->source_port, &lookup->resolver,
        lookup->resolver_port, lookup->id);
    uint64_t *bucket = &model->lookup_buckets[key % LOOKUP_BUCKETS];
    const struct interface *interface = interfaces_find(model, lookup->interface);
    unsigned walk = 0;
    for (struct lookup_slot *slot = lookups_slot(model, *bucket); slot && walk < 32;
         slot = lookups_slot(model, slot->next), walk++) {
        const struct lookup *known = &slot->lookup;
        if (slot->key != key || known->interface == lookup->interface ||
            known->transport != lookup->transport || known->type != lookup->type ||
            lookup->time_ns > known->time_ns + COPY_NS ||
            !name_equal(known->name, known->name_length, lookup->name, lookup->name_length))
            continue;
        struct lookup copy = *lookup;
        copy.role = interface ? interface->role : ROLE_UNKNOWN;
        return merge_copy(model, slot, &copy);
    }

    uint64_t serial = ++model->lookup_serial;
    struct lookup_slot *slot = &model->lookups[serial % LOOKUPS_KEPT];
    if (slot->lookup.serial != 0 && !slot->lookup.settled)
        settle_slot(model, slot); /* it must make room: nobody will know any more who asked */
    memcpy(&slot->lookup, lookup, offsetof(struct lookup, name) + lookup->name_length);
    slot->lookup.serial = serial;
    slot->lookup.copies = 1;
    slot->lookup.role = interface ? interface->role : ROLE_UNKNOWN;
    slot->app = 0;
    slot->key = key;
    slot->next = *bucket;
    *bucket = serial;
    slot->lookup.own |= probes_seen(model, &slot->lookup);

    history_advance(model->history, lookup->time_ns);
    count(model, &slot->lookup, 1);
    drops_asked(model, &slot->lookup);
    if (!slot->lookup.own && lookup->transport != TRANSPORT_STUN) {
        model->totals.lookups++;
        struct used_resolver *used = &lookups_resolver(model, &slot->lookup)->used;
        used->lookups++;
        used->since_change++;
        used->last_ns = lookup->time_ns;
        used->role = slot->lookup.role;
        used->exposure = lookup->exposure;
    }
    if (slot->lookup.settled)
        settle_slot(model, slot);
    model_touch(model, lookup->time_ns);
    return serial;
}

void lookups_rejudge(
    struct model *model, struct lookup_slot *slot, enum exposure exposure, enum excuse excuse)
{
    struct lookup *lookup = &slot->lookup;
    struct app *app = slot->app ? &model->apps[slot->app - 1] : NULL;
    if (exposure == lookup->exposure && excuse == lookup->excuse)
        return;
    if (lookup->settled && !lookup->own && model_exposure_leaks(lookup->exposure))
        ledger_take_back(model, lookup);
    count(model, lookup, -1);
    if (app)
        apps_count(app, lookup, -1);
    bool settled = lookup->settled && !lookup->own, stun = lookup->transport == TRANSPORT_STUN;
    if (settled && stun)
        apps_stun(model, lookup, -1);
    bool leaked = model_exposure_leaks(lookup->exposure), leaks = model_exposure_leaks(exposure);
    if (settled && !stun && leaked != leaks)
        observed_rejudged(model, lookup, leaks);
    lookup->exposure = exposure;
    lookup->excuse = excuse;
    if (settled && stun)
        apps_stun(model, lookup, 1);
    count(model, lookup, 1);
    if (app)
        apps_count(app, lookup, 1);
    if (lookup->settled && !lookup->own && model_exposure_leaks(exposure))
        ledger_add(model, lookup);
    if (!lookup->own && lookup->transport != TRANSPORT_STUN)
        lookups_resolver(model, lookup)->used.exposure = exposure;
    model_touch(model, 0);
}

void model_lookup_settle(struct model *model, uint64_t serial, const struct lookup *judged)
{
    struct lookup_slot *slot = lookups_slot(model, serial);
    if (!slot || slot->lookup.settled)
        return;
    slot->lookup.process = judged->process;
    memcpy(slot->lookup.via, judged->via, sizeof(slot->lookup.via));
    lookups_rejudge(model, slot, judged->exposure, judged->excuse);
    settle_slot(model, slot);
    model_touch(model, 0);
}

void model_lookup_to_tor(struct model *model, uint64_t serial)
{
    struct lookup_slot *slot = lookups_slot(model, serial);
    if (!slot || slot->lookup.to_tor || slot->lookup.own)
        return;
    slot->lookup.to_tor = true;
    model->recent.tor_names++;
    if (slot->lookup.settled && slot->app)
        apps_to_tor(model, slot);
    model_touch(model, 0);
}

uint64_t model_lookup_newest(const struct model *model)
{
    return model->lookup_serial;
}

uint64_t model_lookup_oldest(const struct model *model)
{
    if (model->lookup_serial == 0)
        return 0;
    return model->lookup_serial < LOOKUPS_KEPT ? 1 : model->lookup_serial - LOOKUPS_KEPT + 1;
}

const struct lookup *model_lookup(const struct model *model, uint64_t serial)
{
    const struct lookup_slot *slot = lookups_slot(model, serial);
    return slot ? &slot->lookup : NULL;
}

size_t model_used_count(const struct model *model)
{
    return model->resolver_count;
}

const struct used_resolver *model_used_at(const struct model *model, size_t position)
{
    return position < model->resolver_count ? &model->resolvers[position].used : NULL;
}
