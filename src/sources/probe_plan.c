/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/probe_plan.h"

#include <string.h>
#include <sys/random.h>

#include "base/text.h"
#include "model/model.h"

#define SYSTEM_NAMES 3  /* of an extended test */
#define STANDARD_WAYS 3 /* as many as glibc reads of resolv.conf */
#define TRAIT_WAYS 3

/* ---- ways ---- */

/* It would leave outside the tunnel that is expected. */
static bool goes_past(const struct model *model, const struct configured_resolver *resolver)
{
    if (model_expectation(model)->expectation == EXPECT_NONE)
        return false;
    const struct interface *interface = model_interface(model, resolver->interface);
    return resolver->route_known && !resolver->by_ipsec && interface &&
           interface->role != ROLE_TUNNEL && interface->role != ROLE_LOOPBACK;
}

static void add_way(struct plan_way *ways, size_t *count, const struct plan_way *way)
{
    for (size_t i = 0; i < *count; i++)
        if (!ways[i].by_file && address_equal(&ways[i].address, &way->address))
            return;
    if (*count < PLAN_WAYS)
        ways[(*count)++] = *way;
}

static void add_publics(const struct model *model, struct plan_way *ways, size_t *count)
{
    size_t operators;
    const struct whoami_public *publics = whoami_publics(&operators);
    bool expected = model_expectation(model)->expectation != EXPECT_NONE;
    for (size_t i = 0; i < operators; i++) {
        bool had[FAMILY_INDEXES] = {false, false};
        for (size_t j = 0; j < 4 && publics[i].addresses[j]; j++) {
            struct plan_way way = {.path = PROBE_PUBLIC};
            address_parse(publics[i].addresses[j], &way.address);
            enum family family =
                way.address.family == FAMILY_IPV6 ? FAMILY_INDEX_6 : FAMILY_INDEX_4;
            /* One of each family is enough: the second of an operator is the same service. */
            if (had[family] || model_route(model, family)->state != ROUTE_PRESENT ||
                (expected && !model_family_in_tunnel(model, family)))
                continue;
            had[family] = true;
            add_way(ways, count, &way);
        }
    }
}

size_t plan_ways(const struct model *model, enum test_kind kind, const struct address *file_one,
    struct plan_way ways[static PLAN_WAYS])
{
    size_t count = 0;
    if (kind == TEST_PUBLIC) {
        add_publics(model, ways, &count);
        return count;
    }
    ways[count++] = (struct plan_way){.path = PROBE_CONFIGURED, .by_file = true};
    for (size_t i = 0; i < model_configured_count(model); i++) {
        const struct configured_resolver *resolver = model_configured_at(model, i);
        if (resolver->use != RESOLVER_ASKED || resolver->tls == TLS_REQUIRED || resolver->blocked ||
            address_equal(&resolver->address, file_one) || goes_past(model, resolver))
            continue;
        const struct plan_way way = {.path = PROBE_CONFIGURED,
            .address = resolver->address,
            .port = resolver->tls == TLS_OFF ? resolver->port : 0,
            .scope = resolver->link ? resolver->link : resolver->interface};
        add_way(ways, &count, &way);
    }
    return count;
}

/* ---- names ---- */

struct list {
    struct plan_name *names;
    size_t count, limit;
};

static void add(struct list *list, const struct whoami *row, size_t way, bool system)
{
    if (list->count < list->limit)
        list->names[list->count++] = (struct plan_name){
            .row = row, .way = way, .system = system, .control = row->label != WHOAMI_FIXED};
}

static void add_first_of(struct list *list, enum whoami_use use, size_t way)
{
    size_t count;
    const struct whoami *rows = whoami_rows(&count);
    for (size_t i = 0; i < count; i++)
        if (rows[i].use == use) {
            add(list, &rows[i], way, false);
            return;
        }
}

static bool operator_had(const struct list *list, const struct whoami *row)
{
    for (size_t i = 0; i < list->count; i++)
        if (!list->names[i].system && strcmp(list->names[i].row->run_by, row->run_by) == 0)
            return true;
    return false;
}

/* Rows that tell who asked, spread over the ways. In the standard test one of each operator. */
static void add_rows(struct list *list, bool standard, size_t ways, size_t *turn)
{
    size_t count;
    const struct whoami *rows = whoami_rows(&count);
    for (size_t i = 0; i < count; i++) {
        const struct whoami *row = &rows[(*turn + i) % count];
        if (row->use != WHOAMI_EGRESS || row == whoami_unique() ||
            (standard && (!row->standard || operator_had(list, row))))
            continue;
        add(list, row, i % ways, false);
    }
    (*turn)++;
}

static void add_traits(struct list *list, size_t ways, const bool *alone)
{
    for (size_t i = 0, had = 0; i < ways && had < TRAIT_WAYS; i++) {
        if (!alone[i])
            continue;
        add_first_of(list, WHOAMI_VALIDATES, i);
        add_first_of(list, WHOAMI_SITE, i);
        had++;
    }
    size_t count;
    const struct whoami *rows = whoami_rows(&count);
    for (size_t i = 0; i < count; i++)
        if (rows[i].use == WHOAMI_ABSENT || rows[i].use == WHOAMI_THROUGH)
            add(list, &rows[i], 0, false);
}

size_t plan_names(enum test_kind kind, size_t ways, const bool alone[static PLAN_WAYS],
    const struct whoami *unique, size_t *turn, struct plan_name names[static PLAN_NAMES])
{
    struct list list = {.names = names, .limit = PLAN_NAMES};
    if (kind == TEST_PUBLIC) {
        for (size_t i = 0; i < ways; i++) {
            add(&list, unique, i, false);
            add_first_of(&list, WHOAMI_SITE, i);
            add_first_of(&list, WHOAMI_VALIDATES, i);
        }
        return list.count;
    }
    bool standard = kind == TEST_STANDARD;
    list.limit = standard ? PLAN_STANDARD : PLAN_EXTENDED;
    for (size_t i = 0; i < (standard ? 1 : SYSTEM_NAMES); i++)
        add(&list, unique, 0, true);
    for (size_t i = 0; i < ways && (!standard || i < STANDARD_WAYS); i++)
        add(&list, unique, i, false);
    if (ways > 0 && !standard)
        add_traits(&list, ways, alone);
    if (ways > 0)
        add_rows(&list, standard, ways, turn);
    /* Behind one address may stand many resolvers: each unique name may bring another one. */
    for (size_t i = 0; ways > 0 && list.count < list.limit; i++)
        add(&list, unique, i % ways, false);
    return list.count;
}

const struct whoami *plan_instead(const struct whoami *failed, uint64_t *tried)
{
    size_t count;
    const struct whoami *rows = whoami_rows(&count), *best = NULL;
    for (size_t i = 0; i < count && i < 64; i++) {
        const struct whoami *row = &rows[i];
        if (row == failed)
            *tried |= 1ULL << i;
        if (*tried & 1ULL << i || row->use != failed->use || row->only != 0)
            continue;
        bool other = strcmp(row->run_by, failed->run_by) != 0;
        if (!best || (other && strcmp(best->run_by, failed->run_by) == 0))
            best = row;
    }
    if (best)
        *tried |= 1ULL << (best - rows);
    return best;
}

bool plan_label(const struct whoami *row, uint8_t wire[static NAME_WIRE_MAX], size_t *length)
{
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
    char text[NAME_TEXT_MAX + 48], label[48] = "";
    uint8_t random[16];
    *length = 0;
    if (row->label != WHOAMI_FIXED && getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return false;
    switch (row->label) {
    case WHOAMI_FIXED:
        break;
    case WHOAMI_HEX8:
        for (size_t i = 0; i < 4; i++)
            text_format(label + 2 * i, sizeof label - 2 * i, "%02x", random[i]);
        break;
    case WHOAMI_BASE32:
        for (size_t i = 0; i < 16; i++)
            label[i] = digits[random[i] % 32];
        break;
    case WHOAMI_UUID: /* RFC 9562, version 4 */
        random[6] = (uint8_t)(0x40 | (random[6] & 0x0F));
        random[8] = (uint8_t)(0x80 | (random[8] & 0x3F));
        for (size_t i = 0, at = 0; i < 16; i++) {
            if (i == 4 || i == 6 || i == 8 || i == 10)
                label[at++] = '-';
            text_format(label + at, sizeof label - at, "%02x", random[i]);
            at += 2;
        }
        break;
    }
    text_format(
        text, sizeof text, "%s%s%s", label, label[0] && row->name[0] != '-' ? "." : "", row->name);
    *length = name_parse(text, wire);
    return *length > 0;
}
