/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/private.h"

#include <string.h>

#include "base/name.h"
#include "base/text.h"

/* leaktop's own look-ups: recognised by their names, counted nowhere else, and the proof by which
 * way the machine's look-ups leave. */

void model_own_name(struct model *model, const uint8_t *wire, size_t length, uint64_t now)
{
    if (length == 0 || length > NAME_WIRE_MAX)
        return;
    struct own_name *slot = NULL;
    for (size_t i = 0; i < OWN_NAMES_KEPT && !slot; i++)
        if (name_equal(model->own_names[i].wire, model->own_names[i].length, wire, length))
            slot = &model->own_names[i];
    if (!slot)
        slot = &model->own_names[model->own_next++ % OWN_NAMES_KEPT];
    slot->length = (uint8_t)length;
    slot->until_ns = now + OWN_NAME_NS;
    slot->hash = name_hash(wire, length, model->seed);
    memcpy(slot->wire, wire, length);
    if (slot->until_ns > model->own_until_ns)
        model->own_until_ns = slot->until_ns;
}

static struct probe_slot *slot_of(const struct model *model, uint64_t serial)
{
    if (serial == 0)
        return NULL;
    struct probe_slot *slot = &model->probes[serial % PROBES_KEPT];
    return slot->probe.serial == serial ? slot : NULL;
}

uint64_t model_probe_start(struct model *model, const struct probe *begin, const uint8_t *wire,
    size_t length, uint64_t now)
{
    uint64_t serial = ++model->probe_serial;
    struct probe_slot *slot = &model->probes[serial % PROBES_KEPT];
    memset(slot, 0, sizeof(*slot));
    slot->length = (uint8_t)(length <= NAME_WIRE_MAX ? length : 0);
    memcpy(slot->wire, wire, slot->length);
    slot->hash = name_hash(slot->wire, slot->length, model->seed);
    if (now + OWN_NAME_NS > model->own_until_ns)
        model->own_until_ns = now + OWN_NAME_NS;
    slot->probe = (struct probe){.serial = serial,
        .test = begin->test,
        .path = begin->path,
        .asked = begin->asked,
        .control = begin->control,
        .asked_ns = now,
        .state = PROBE_PENDING};
    if (slot->length)
        name_format(slot->wire, slot->length, slot->probe.label);
    model_touch(model, now);
    return serial;
}

static struct test *test_of(struct model *model, uint32_t serial)
{
    for (size_t i = 0; serial != 0 && i < TEST_KINDS; i++)
        if (model->tests[i].serial == serial)
            return &model->tests[i];
    return NULL;
}

uint32_t model_test_start(struct model *model, enum test_kind kind, unsigned names, uint64_t now)
{
    uint32_t serial = ++model->test_serial;
    model->tests[kind] =
        (struct test){.serial = serial, .kind = kind, .started_ns = now, .names = names};
    model_touch(model, now);
    return serial;
}

void model_test_more(struct model *model, uint32_t test, unsigned names)
{
    struct test *found = test_of(model, test);
    if (found)
        found->names += names;
}

void model_test_end(struct model *model, uint32_t test, uint64_t now)
{
    static const char *const words[TEST_KINDS] = {
        "test of names", "extended test of names", "public resolvers"};
    struct test *found = test_of(model, test);
    if (!found || found->ended_ns)
        return;
    found->ended_ns = now;
    model_touch(model, now);
    unsigned came = 0;
    for (size_t i = 0; i < model->egress_count; i++)
        came += model->egress[i].test == test ? 1 : 0;
    model_event(model, now, "probe", "", "%s: %u of %u names answered, %u resolver%s came",
        words[found->kind], found->done - found->failed, found->names, came, came == 1 ? "" : "s");
}

const struct test *model_test(const struct model *model, enum test_kind kind)
{
    return &model->tests[kind];
}

/* Who comes for a name is this machine's own resolver where it comes from this machine's address:
 * then the letters that were captured are those that the authority saw. */
static void note_case(struct model *model, const struct probe *probe)
{
    const struct address *egress = &probe->egress;
    if (!probe->mixed_case || egress->family == FAMILY_NONE ||
        !(model_is_local(model, egress) ||
            address_equal(egress, &model->public_addresses[model_family_of(egress)].address)))
        return;
    for (size_t i = 0; i < model->egress_count; i++)
        if (address_equal(&model->egress[i].address, egress))
            model->egress[i].mixes_case = TERNARY_YES;
}

void model_probe_done(struct model *model, uint64_t serial, enum probe_state state,
    const char *reason, const struct address *egress, uint64_t now)
{
    struct probe_slot *slot = slot_of(model, serial);
    if (!slot)
        return;
    struct test *test = test_of(model, slot->probe.test);
    if (test && slot->probe.state == PROBE_PENDING && state != PROBE_PENDING) {
        test->done++;
        test->failed += state == PROBE_FAILED;
        if (state == PROBE_ANSWERED && now > slot->probe.asked_ns)
            test->rtt_sum_ns += now - slot->probe.asked_ns;
    }
    slot->probe.state = state;
    slot->probe.done_ns = now;
    text_format(slot->probe.reason, sizeof(slot->probe.reason), "%s", reason ? reason : "");
    if (egress)
        slot->probe.egress = *egress;
    note_case(model, &slot->probe);
    model_touch(model, now);
}

/* Which of two ways out tells more against the person. */
static int weight(enum exposure exposure)
{
    return model_exposure_leaks(exposure)   ? 4
           : exposure == EXPOSURE_OPEN      ? 3
           : exposure == EXPOSURE_TUNNELLED ? 2
           : exposure == EXPOSURE_INTERNAL  ? 1
                                            : 0;
}

/* A name that is not unique is asked of several, and again in the next test: a look-up is that of
 * the probe which was handed to its resolver, or to one on this machine, and is not over yet. */
static bool is_of(const struct model *model, const struct probe *probe, const struct lookup *lookup)
{
    if (probe->control)
        return true;
    if (probe->state != PROBE_PENDING && lookup->time_ns > probe->done_ns)
        return false;
    return probe->asked.family == FAMILY_NONE || address_equal(&probe->asked, &lookup->resolver) ||
           address_is_loopback(&probe->asked) || model_is_local(model, &probe->asked);
}

bool probes_own_name(
    const struct model *model, const uint8_t *wire, size_t length, uint64_t time_ns)
{
    if (time_ns > model->own_until_ns)
        return false;
    uint64_t hash = name_hash(wire, length, model->seed);
    for (size_t i = 0; i < OWN_NAMES_KEPT; i++) {
        const struct own_name *name = &model->own_names[i];
        if (name->hash == hash && time_ns <= name->until_ns &&
            time_ns + 2 * OWN_NAME_NS >= name->until_ns &&
            name_equal(name->wire, name->length, wire, length))
            return true;
    }
    return false;
}

bool probes_seen(struct model *model, const struct lookup *lookup)
{
    bool own = false;
    if (lookup->time_ns > model->own_until_ns)
        return false;
    uint64_t hash = name_hash(lookup->name, lookup->name_length, model->seed);
    for (size_t i = 0; i < PROBES_KEPT; i++) {
        struct probe_slot *slot = &model->probes[i];
        if (slot->hash != hash || slot->probe.serial == 0 ||
            lookup->time_ns > slot->probe.asked_ns + OWN_NAME_NS ||
            lookup->time_ns + OWN_NAME_NS < slot->probe.asked_ns ||
            !name_equal(slot->wire, slot->length, lookup->name, lookup->name_length))
            continue;
        own = true;
        if (!is_of(model, &slot->probe, lookup))
            continue;
        bool leaves = lookup->exposure != EXPOSURE_INTERNAL;
        bool elsewhere = !slot->probe.left || slot->probe.interface != lookup->interface ||
                         !address_equal(&slot->probe.resolver, &lookup->resolver);
        if (leaves && elsewhere && slot->probe.ways < UINT8_MAX)
            slot->probe.ways++;
        if (!slot->probe.captured || (leaves && !slot->probe.left) ||
            weight(lookup->exposure) > weight(slot->probe.exposure)) {
            slot->probe.interface = lookup->interface;
            slot->probe.transport = lookup->transport;
            slot->probe.resolver = lookup->resolver;
            slot->probe.exposure = lookup->exposure;
            slot->probe.left_ns = lookup->time_ns;
        }
        slot->probe.captured = true;
        slot->probe.left |= leaves;
        slot->probe.mixed_case |=
            leaves && memcmp(slot->wire, lookup->name, lookup->name_length) != 0;
        note_case(model, &slot->probe);
    }
    return own || probes_own_name(model, lookup->name, lookup->name_length, lookup->time_ns);
}

size_t model_probe_count(const struct model *model)
{
    return model->probe_serial < PROBES_KEPT ? (size_t)model->probe_serial : PROBES_KEPT;
}

const struct probe *model_probe_at(const struct model *model, size_t position)
{
    size_t count = model_probe_count(model);
    if (position >= count)
        return NULL;
    const struct probe_slot *slot = slot_of(model, model->probe_serial - count + 1 + position);
    return slot ? &slot->probe : NULL;
}

void model_probes_held(struct model *model, const char *why)
{
    if (strcmp(model->probes_held, why) == 0)
        return;
    text_format(model->probes_held, sizeof(model->probes_held), "%s", why);
    model_touch(model, 0);
}

const char *model_probes_held_reason(const struct model *model)
{
    return model->probes_held;
}

/* What is known of *traits becomes known of *row. */
static void take_traits(struct egress_resolver *row, const struct egress_resolver *traits)
{
    if (traits->validates)
        row->validates = traits->validates;
    if (traits->minimises)
        row->minimises = traits->minimises;
    if (traits->mixes_case)
        row->mixes_case = traits->mixes_case;
    if (traits->site[0])
        text_format(row->site, sizeof(row->site), "%s", traits->site);
}

void model_egress(struct model *model, const struct egress_resolver *came, uint64_t now)
{
    struct egress_resolver *row = NULL, *oldest = &model->egress[0];
    for (size_t i = 0; i < model->egress_count && !row; i++) {
        if (address_equal(&model->egress[i].address, &came->address))
            row = &model->egress[i];
        if (model->egress[i].last_ns < oldest->last_ns)
            oldest = &model->egress[i];
    }
    if (!row) {
        row = model->egress_count < EGRESS_MAX ? &model->egress[model->egress_count++] : oldest;
        *row = (struct egress_resolver){.address = came->address, .first_ns = now};
    }
    row->test_seen = row->test == came->test ? row->test_seen + 1 : 1;
    row->test = came->test;
    row->seen++;
    row->last_ns = now;
    row->paths |= came->paths;
    row->asked = came->asked;
    text_format(row->probe, sizeof(row->probe), "%s", came->probe);
    if (came->rtt_ns && (!row->rtt_ns || came->rtt_ns < row->rtt_ns))
        row->rtt_ns = came->rtt_ns;
    if (came->subnet[0])
        text_format(row->subnet, sizeof(row->subnet), "%s", came->subnet);
    take_traits(row, came);
    model_touch(model, now);
}

void model_egress_traits(struct model *model, enum probe_path path, const struct address *asked,
    const struct egress_resolver *traits, uint64_t now)
{
    for (size_t i = 0; i < model->egress_count; i++) {
        struct egress_resolver *row = &model->egress[i];
        if (!(row->paths & (1U << path)) || !address_equal(&row->asked, asked))
            continue;
        take_traits(row, traits);
    }
    model_touch(model, now);
}

size_t model_egress_count(const struct model *model)
{
    return model->egress_count;
}

const struct egress_resolver *model_egress_at(const struct model *model, size_t position)
{
    return position < model->egress_count ? &model->egress[position] : NULL;
}

void model_activity_set(
    struct model *model, enum activity activity, const struct activity_state *state)
{
    struct activity_state *known = &model->activities[activity];
    if (known->running == state->running && known->started_ns == state->started_ns &&
        known->ended_ns == state->ended_ns && known->next_ns == state->next_ns &&
        known->failures == state->failures && strcmp(known->note, state->note) == 0)
        return;
    *known = *state;
    model_touch(model, 0);
}

const struct activity_state *model_activity(const struct model *model, enum activity activity)
{
    return &model->activities[activity];
}
