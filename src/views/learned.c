/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/learned.h"

#include <stdlib.h>
#include <string.h>

#include "base/name.h"
#include "base/text.h"

const char learned_limits[] =
    "A name tells which site and when, no page or form: of an unencrypted request (HTTP host) all "
    "of "
    "it can be read, of an encrypted one size and time. What sites learn from cookies, logins, "
    "fingerprints, what is written and file metadata is outside leaktop.";

const char learned_legend[] = "X leaked  ! neighbours  ~ time only  ? presumed  + expected  o open";

/* ---- how much ---- */

static const struct {
    char symbol;
    enum state state;
    const char *means;
} grasps[GRASP_COUNT] = {
    [GRASP_NOTHING] = {'-', STATE_OFF, "learned nothing"},
    [GRASP_TIME] = {'~', STATE_UNKNOWN,
        "learned the time alone: which encrypted resolver was "
        "asked, and when"},
    [GRASP_EXPECTED] = {'+', STATE_OK, "learned name and time, as expected"},
    [GRASP_OPEN] = {'o', STATE_UNPROTECTED, "learned name and time; nothing else was expected"},
    [GRASP_PRESUMED] = {'?', STATE_UNKNOWN,
        "learned name and time, if the resolver next to this "
        "machine passes them on unencrypted"},
    [GRASP_NEIGHBOUR] = {'!', STATE_WARN, "learned name and time: all neighbours were asked"},
    [GRASP_LEAK] = {'X', STATE_LEAK, "learned name and time, which were to stay hidden"},
};

static unsigned bit(enum sight sight)
{
    return 1U << sight;
}

enum grasp learned_grasp(const struct learned *learned, enum observer observer)
{
    bool outsider = observer == OBSERVER_NETWORK || observer == OBSERVER_ISP;
    if (learned->count == 0)
        return GRASP_NOTHING;
    if (learned->how == bit(SIGHT_ENCRYPTED) && observer != OBSERVER_RESOLVER)
        return GRASP_TIME;
    if (learned->presumed)
        return GRASP_PRESUMED;
    if (learned->unasked > 0)
        return GRASP_LEAK;
    if (learned->how == bit(SIGHT_LOCAL))
        return GRASP_NEIGHBOUR;
    return outsider ? GRASP_OPEN : GRASP_EXPECTED;
}

char learned_symbol(enum grasp grasp)
{
    if ((unsigned)grasp >= GRASP_COUNT)
        return '?';
    return grasps[grasp].symbol;
}

enum state learned_state(enum grasp grasp)
{
    return grasp < GRASP_COUNT ? grasps[grasp].state : STATE_UNKNOWN;
}

const char *learned_means(enum grasp grasp)
{
    return grasp < GRASP_COUNT ? grasps[grasp].means : "?";
}

enum grasp learned_worst(const struct observed *row)
{
    enum grasp worst = GRASP_NOTHING;
    for (enum observer observer = 0; observer < OBSERVER_COUNT; observer++) {
        enum grasp grasp = learned_grasp(&row->by[observer], observer);
        if (grasp > worst)
            worst = grasp;
    }
    return worst;
}

bool learned_inside(const struct observed *row)
{
    unsigned how = 0;
    for (size_t i = 0; i < OBSERVER_COUNT; i++)
        how |= row->by[i].how;
    return how == bit(SIGHT_ENCRYPTED);
}

/* ---- order ---- */

struct key {
    const struct observed *row;
    uint64_t count, last_ns;
    enum grasp grasp;
    uint16_t position;
    char name[48]; /* where rows are sorted by it: its beginning */
};

static int down(uint64_t a, uint64_t b)
{
    return (a < b) - (a > b);
}

static int by_last(const void *a, const void *b)
{
    const struct key *x = a, *y = b;
    int order = down(x->last_ns, y->last_ns);
    return order ? order : down(x->row->serial, y->row->serial);
}

static int by_harm(const void *a, const void *b)
{
    const struct key *x = a, *y = b;
    int order = down(x->grasp, y->grasp);
    return order ? order : by_last(a, b);
}

static int by_count(const void *a, const void *b)
{
    const struct key *x = a, *y = b;
    int order = down(x->count, y->count);
    return order ? order : by_last(a, b);
}

static int by_name(const void *a, const void *b)
{
    const struct key *x = a, *y = b;
    char one[LEARNED_TEXT], other[LEARNED_TEXT];
    int order = strcmp(x->name, y->name);
    if (order == 0 && strlen(x->name) + 1 == sizeof(x->name))
        order = strcmp(learned_name(x->row, false, one), learned_name(y->row, false, other));
    return order ? order : by_last(a, b);
}

static const struct {
    int (*compare)(const void *, const void *);
    const char *word;
} sorts[LEARNED_SORTS] = {
    [LEARNED_BY_HARM] = {by_harm, "worst first"},
    [LEARNED_BY_LAST] = {by_last, "newest first"},
    [LEARNED_BY_COUNT] = {by_count, "most often first"},
    [LEARNED_BY_NAME] = {by_name, "by name"},
};

void learned_order(const struct observed *const *rows, size_t count, enum observer observer,
    enum learned_sort sort, uint16_t *positions)
{
    char name[LEARNED_TEXT];
    struct key *keys = calloc(count ? count : 1, sizeof(*keys));
    for (size_t i = 0; i < count; i++) {
        positions[i] = (uint16_t)i;
        if (!keys)
            continue;
        keys[i] =
            (struct key){.row = rows[i], .last_ns = rows[i]->last_ns, .position = (uint16_t)i};
        keys[i].grasp = learned_worst(rows[i]);
        if (sort == LEARNED_BY_NAME)
            text_format(
                keys[i].name, sizeof(keys[i].name), "%s", learned_name(rows[i], false, name));
        for (size_t o = 0; o < OBSERVER_COUNT; o++)
            if (rows[i]->by[o].count > keys[i].count)
                keys[i].count = rows[i]->by[o].count;
        if (observer >= OBSERVER_COUNT)
            continue;
        const struct learned *learned = &rows[i]->by[observer];
        keys[i].grasp = learned_grasp(learned, observer);
        keys[i].count = learned->count;
        keys[i].last_ns = learned->last_ns;
    }
    if (!keys)
        return; /* in the table's own order, then */
    if (sort < LEARNED_SORTS && count > 1)
        qsort(keys, count, sizeof(*keys), sorts[sort].compare);
    for (size_t i = 0; i < count; i++)
        positions[i] = keys[i].position;
    free(keys);
}

const char *learned_sort_word(enum learned_sort sort)
{
    return sort < LEARNED_SORTS ? sorts[sort].word : "?";
}

/* ---- words ---- */

const char *learned_name(const struct observed *row, bool mask, char out[static LEARNED_TEXT])
{
    char name[NAME_TEXT_MAX] = "(hidden)", address[ADDRESS_TEXT];
    if (row->name_length == 0)
        text_format(name, sizeof(name), "%s", address_format(&row->server, address));
    else if (!mask)
        name_format(row->name, row->name_length, name);
    text_format(out, LEARNED_TEXT, "%s%s", learned_inside(row) ? "inside " : "", name);
    return out;
}

static void append(char *out, const char *between, const char *text)
{
    size_t used = strlen(out);
    text_format(out + used, LEARNED_TEXT - used, "%s%s", used ? between : "", text);
}

const char *learned_how(const struct learned *learned, char out[static LEARNED_TEXT])
{
    out[0] = '\0';
    for (enum sight sight = 0; sight < SIGHT_COUNT; sight++)
        if (learned->how & bit(sight))
            append(out, ", ", sight_word(sight));
    return out;
}

const char *learned_observer(const struct model *model, enum observer observer)
{
    if (observer == OBSERVER_TUNNEL && model_expectation(model)->expectation == EXPECT_VPN)
        return "VPN";
    return observer_word(observer);
}

static const char *operator_of(const struct model *model, bool before)
{
    const struct baseline *baseline = model_baseline(model);
    for (size_t f = 0; f < FAMILY_INDEXES; f++) {
        const struct network *network = model_public_network(model, (enum family)f);
        if (before && baseline)
            network = &baseline->public_addresses[f].network;
        if (network && network->org[0])
            return network->org;
    }
    return "";
}

const char *learned_who(const struct model *model, enum observer observer)
{
    const struct interface *tunnel = model_tunnel(model);
    switch (observer) {
    case OBSERVER_NETWORK:
        for (size_t i = 0; i < model_interface_count(model); i++) {
            const struct interface *interface = model_interface_at(model, i);
            if (interface && interface->present && interface->up && interface->gateway_route &&
                interface->role == ROLE_UPLINK)
                return interface->name;
        }
        return "";
    case OBSERVER_ISP:
        /* By the address of without the tunnel; with one up, the present one is the VPN's. */
        if (model_baseline(model) || !model_tunnel_up(model))
            return operator_of(model, model_baseline(model) != NULL);
        return "";
    case OBSERVER_TUNNEL:
        if (!tunnel)
            return "";
        if (model_tunnel_up(model) && operator_of(model, false)[0])
            return operator_of(model, false);
        return tunnel->name;
    case OBSERVER_RESOLVER:
    case OBSERVER_COUNT:
        break;
    }
    return "";
}

/* ---- totals ---- */

static void add_from(struct learned_total *total, const struct address *from)
{
    if (from->family == FAMILY_NONE)
        return;
    for (size_t i = 0; i < sizeof(total->from) / sizeof(total->from[0]); i++) {
        if (total->from[i].family == FAMILY_NONE)
            total->from[i] = *from;
        if (address_equal(&total->from[i], from))
            return;
    }
    total->more_from++;
}

void learned_add(struct learned_total *total, const struct observed *row, enum observer observer)
{
    const struct learned *learned = &row->by[observer];
    enum grasp grasp = learned_grasp(learned, observer);
    if (grasp == GRASP_NOTHING)
        return;
    total->times += learned->count;
    add_from(total, &learned->from);
    if (learned->how == bit(SIGHT_ENCRYPTED)) {
        total->timed++;
        return;
    }
    total->names++;
    total->leaked += learned->unasked > 0;
    total->presumed += grasp == GRASP_PRESUMED;
}

const char *learned_total_text(const struct learned_total *total, char out[static LEARNED_TEXT])
{
    char text[96] = "";
    text_format(out, LEARNED_TEXT, "%llu name%s", (unsigned long long)total->names,
        total->names == 1 ? "" : "s");
    if (total->leaked > 0 && total->presumed > 0)
        text_format(text, sizeof(text), " (%llu leaked, %llu presumed)",
            (unsigned long long)total->leaked, (unsigned long long)total->presumed);
    else if (total->leaked + total->presumed > 0)
        text_format(text, sizeof(text), " (%llu %s)",
            (unsigned long long)(total->leaked ? total->leaked : total->presumed),
            total->leaked ? "leaked" : "presumed");
    append(out, "", text);
    if (total->timed > 0) {
        text_format(text, sizeof(text), " + %llu encrypted", (unsigned long long)total->timed);
        append(out, "", text);
    }
    return out;
}
