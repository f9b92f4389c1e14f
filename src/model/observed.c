/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/private.h"

#include <stdlib.h>
#include <string.h>

#include "base/name.h"
#include "base/text.h"

/* Rows of names and who learned them. The least lately seen makes room, one that left outside the
 * tunnel only when all kept ones did: two lists in the order of their last use. */

#define ROWS 2048
#define BUCKETS 4096 /* power of two */
#define NONE UINT16_MAX

enum list { LIST_QUIET, LIST_UNASKED, LISTS };

struct row {
    struct observed observed;
    uint8_t *name;
};

/* What is walked stands apart from the rows, close together. */
struct link {
    uint64_t key;
    uint16_t chain;          /* next with the same bucket */
    uint16_t before, behind; /* in its list */
    uint8_t list;
};

struct observed_table {
    size_t count;
    uint64_t serial, forgotten;
    uint16_t buckets[BUCKETS];
    uint16_t first[LISTS], last[LISTS]; /* the newest, the oldest */
    struct link links[ROWS];
    struct row rows[ROWS];
};

const char *observer_word(enum observer observer)
{
    static const char *const words[OBSERVER_COUNT] = {
        "local network", "ISP", "resolver", "VPN or Tor exit"};
    return observer < OBSERVER_COUNT ? words[observer] : "?";
}

const char *sight_word(enum sight sight)
{
    static const char *const words[SIGHT_COUNT] = {"look-up", "encrypted look-up",
        "TLS server name", "HTTP host", "certificate status", "asked of neighbours",
        "asked of Tor"};
    return sight < SIGHT_COUNT ? words[sight] : "?";
}

struct observed_table *observed_new(void)
{
    struct observed_table *table = calloc(1, sizeof(*table));
    if (!table)
        return NULL;
    memset(table->buckets, 0xFF, sizeof(table->buckets));
    memset(table->first, 0xFF, sizeof(table->first));
    memset(table->last, 0xFF, sizeof(table->last));
    return table;
}

void observed_free(struct observed_table *table)
{
    for (size_t i = 0; table && i < table->count; i++)
        free(table->rows[i].name);
    free(table);
}

static void unlink_row(struct observed_table *table, uint16_t at)
{
    struct link *row = &table->links[at];
    if (row->before == NONE)
        table->first[row->list] = row->behind;
    else
        table->links[row->before].behind = row->behind;
    if (row->behind == NONE)
        table->last[row->list] = row->before;
    else
        table->links[row->behind].before = row->before;
}

static void link_first(struct observed_table *table, uint16_t at, enum list list)
{
    struct link *row = &table->links[at];
    row->list = (uint8_t)list;
    row->before = NONE;
    row->behind = table->first[list];
    if (row->behind == NONE)
        table->last[list] = at;
    else
        table->links[row->behind].before = at;
    table->first[list] = at;
}

static void unchain(struct observed_table *table, uint16_t at)
{
    uint16_t *link = &table->buckets[table->links[at].key % BUCKETS];
    while (*link != NONE && *link != at)
        link = &table->links[*link].chain;
    if (*link == at)
        *link = table->links[at].chain;
}

static bool is_row(
    const struct row *row, const uint8_t *name, size_t length, const struct address *server)
{
    return length > 0
               ? name_equal(row->name, row->observed.name_length, name, length)
               : row->observed.name_length == 0 && address_equal(&row->observed.server, server);
}

static uint64_t key_of(
    const struct model *model, const uint8_t *name, size_t length, const struct address *server)
{
    return length > 0 ? name_hash(name, length, model->seed)
                      : lookups_key(model, server, 0, server, 0, 0);
}

static struct row *find(const struct model *model, uint64_t key, const uint8_t *name, size_t length,
    const struct address *server)
{
    struct observed_table *table = model->observed;
    for (uint16_t at = table->buckets[key % BUCKETS]; at != NONE; at = table->links[at].chain)
        if (table->links[at].key == key && is_row(&table->rows[at], name, length, server))
            return &table->rows[at];
    return NULL;
}

/* NULL without memory for the name. */
static struct row *make(struct model *model, uint64_t key, const uint8_t *name, size_t length,
    const struct address *server)
{
    struct observed_table *table = model->observed;
    uint8_t *copy = NULL;
    if (length > 0) {
        copy = malloc(length);
        if (!copy)
            return NULL;
        memcpy(copy, name, length);
    }
    uint16_t at;
    if (table->count < ROWS) {
        at = (uint16_t)table->count++;
    } else {
        at = table->last[LIST_QUIET] != NONE ? table->last[LIST_QUIET] : table->last[LIST_UNASKED];
        unlink_row(table, at);
        unchain(table, at);
        free(table->rows[at].name);
        table->forgotten++;
    }
    struct row *row = &table->rows[at];
    *row = (struct row){.name = copy};
    /* What is divided by the count of rows is its place. */
    row->observed.serial = ++table->serial * ROWS + at;
    row->observed.server = *server;
    row->observed.name_length = (uint8_t)length;
    row->observed.name = copy;
    table->links[at].key = key;
    table->links[at].chain = table->buckets[key % BUCKETS];
    table->buckets[key % BUCKETS] = at;
    link_first(table, at, LIST_QUIET);
    return row;
}

static struct row *row_for(struct model *model, const uint8_t *name, size_t length,
    const struct address *server, uint64_t time_ns)
{
    struct observed_table *table = model->observed;
    uint64_t key = key_of(model, name, length, server);
    struct row *row = find(model, key, name, length, server);
    if (!row)
        row = make(model, key, name, length, server);
    if (!row)
        return NULL;
    row->observed.server = *server;
    if (time_ns > row->observed.last_ns)
        row->observed.last_ns = time_ns;
    uint16_t at = (uint16_t)(row - table->rows);
    enum list list = (enum list)table->links[at].list;
    if (table->first[list] != at) {
        unlink_row(table, at);
        link_first(table, at, list);
    }
    return row;
}

/* What an observer learns by one packet. */
struct lesson {
    uint64_t time_ns;
    struct address from;
    enum sight sight;
    bool unasked, presumed;
};

static void teach(struct learned *learned, const struct lesson *lesson)
{
    if (learned->count == 0) {
        learned->first_ns = lesson->time_ns;
        learned->presumed = true;
    }
    learned->last_ns = lesson->time_ns;
    learned->count++;
    learned->unasked += lesson->unasked;
    learned->how |= (uint8_t)(1U << lesson->sight);
    learned->presumed &= lesson->presumed;
    learned->from = lesson->from;
}

/* A name that left by the real network, in the clear. */
static void teach_outside(struct observed *row, const struct lesson *lesson)
{
    teach(&row->by[OBSERVER_NETWORK], lesson);
    teach(&row->by[OBSERVER_ISP], lesson);
}

static void settle_list(struct model *model, struct row *row)
{
    struct observed_table *table = model->observed;
    bool unasked = false;
    for (size_t i = 0; i < OBSERVER_COUNT; i++)
        unasked |= row->observed.by[i].unasked > 0;
    enum list list = unasked ? LIST_UNASKED : LIST_QUIET;
    uint16_t at = (uint16_t)(row - table->rows);
    if (table->links[at].list == list)
        return;
    unlink_row(table, at);
    link_first(table, at, list);
}

static bool is_plain(enum transport transport)
{
    return transport == TRANSPORT_UDP || transport == TRANSPORT_TCP;
}

void observed_lookup(struct model *model, const struct lookup *lookup)
{
    struct lesson lesson = {.time_ns = lookup->time_ns,
        .from = lookup->source,
        .sight = is_plain(lookup->transport) ? SIGHT_LOOKUP : SIGHT_ENCRYPTED,
        .unasked = model_exposure_leaks(lookup->exposure)};
    bool hidden = lookup->exposure == EXPOSURE_TUNNELLED || lookup->role == ROLE_TUNNEL ||
                  lookup->role == ROLE_OVERLAY;
    if (lookup->exposure == EXPOSURE_INTERNAL || lookup->exposure == EXPOSURE_UNKNOWN)
        return;
    struct row *row =
        row_for(model, lookup->name, lookup->name_length, &lookup->resolver, lookup->time_ns);
    if (!row)
        return;
    struct observed *observed = &row->observed;
    observed->interface = lookup->interface;
    if (lookup->process.name[0])
        text_format(observed->program, sizeof(observed->program), "%s", lookup->process.name);
    if (lookup->exposure == EXPOSURE_LAN) {
        lesson.sight = SIGHT_LOCAL;
        teach(&observed->by[OBSERVER_NETWORK], &lesson);
        return;
    }
    if (hidden) {
        teach(&observed->by[OBSERVER_TUNNEL], &lesson);
    } else {
        /* What a resolver in this network is asked, it asks on: the ISP sees that. */
        struct lesson isp = lesson;
        isp.presumed = lesson.sight == SIGHT_LOOKUP && !address_is_public(&lookup->resolver);
        teach(&observed->by[OBSERVER_NETWORK], &lesson);
        teach(&observed->by[OBSERVER_ISP], &isp);
    }
    teach(&observed->by[OBSERVER_RESOLVER], &lesson);
    settle_list(model, row);
}

void observed_rejudged(struct model *model, const struct lookup *lookup, bool leak)
{
    struct row *row =
        find(model, key_of(model, lookup->name, lookup->name_length, &lookup->resolver),
            lookup->name, lookup->name_length, &lookup->resolver);
    for (size_t i = 0; row && i < OBSERVER_COUNT; i++) {
        struct learned *learned = &row->observed.by[i];
        if (leak && learned->count > learned->unasked &&
            (i != OBSERVER_TUNNEL || lookup->role == ROLE_TUNNEL))
            learned->unasked++;
        else if (!leak && learned->unasked > 0)
            learned->unasked--;
    }
    if (row)
        settle_list(model, row);
}

uint64_t model_site_add(struct model *model, const struct fact *fact)
{
    const struct interface *interface = interfaces_find(model, fact->interface);
    enum role role = interface ? interface->role : ROLE_UNKNOWN;
    if (fact->name_length == 0 || role == ROLE_LOOPBACK || role == ROLE_INNER ||
        address_is_loopback(&fact->destination) ||
        probes_own_name(model, fact->name, fact->name_length, fact->time_ns))
        return 0;
    const struct expectation_info *info = &model->expectation;
    bool hidden = role == ROLE_TUNNEL || role == ROLE_OVERLAY;
    bool expected =
        info->expectation != EXPECT_NONE && (!info->automatic || fact->time_ns >= info->since_ns);
    struct lesson lesson = {.time_ns = fact->time_ns,
        .from = fact->source,
        .sight = fact->kind == FACT_HELLO           ? SIGHT_TLS
                 : (fact->flags & FACT_STATUS) != 0 ? SIGHT_STATUS
                                                    : SIGHT_HTTP,
        .unasked = expected && !(interface && model_covers(model, interface))};
    struct row *row =
        row_for(model, fact->name, fact->name_length, &fact->destination, fact->time_ns);
    if (!row)
        return 0;
    row->observed.interface = fact->interface;
    if (hidden)
        teach(&row->observed.by[OBSERVER_TUNNEL], &lesson);
    else
        teach_outside(&row->observed, &lesson);
    settle_list(model, row);
    model_touch(model, fact->time_ns);
    return row->observed.serial;
}

/* What carries the tunnel must leave outside it, and so may what the person marked. */
static bool meant(
    const struct model *model, const struct observed *row, const struct process *process)
{
    struct lookup like = {.interface = row->interface,
        .resolver = row->server,
        .process = *process,
        .name_length = row->name_length};
    if (process->vpn_client || process->tor)
        return true;
    memcpy(like.name, row->name, row->name_length);
    return model_is_intended(model, &like);
}

void model_site_process(struct model *model, uint64_t serial, const struct process *process)
{
    struct row *row = &model->observed->rows[serial % ROWS];
    if (row->observed.serial != serial || !process->name[0])
        return;
    text_format(row->observed.program, sizeof(row->observed.program), "%s", process->name);
    bool take_back = meant(model, &row->observed, process);
    for (size_t i = 0; take_back && i < OBSERVER_COUNT; i++) {
        struct learned *learned = &row->observed.by[i];
        /* Those that this packet taught. */
        if (learned->unasked > 0 && learned->last_ns == row->observed.last_ns)
            learned->unasked--;
    }
    settle_list(model, row);
    model_touch(model, 0);
}

void observed_socks(struct model *model, const struct socks_request *request)
{
    const struct lesson lesson = {.time_ns = request->time_ns, .sight = SIGHT_SOCKS};
    struct row *row =
        row_for(model, request->name, request->name_length, &request->server, request->time_ns);
    if (!row)
        return;
    text_format(row->observed.program, sizeof(row->observed.program), "%s", request->program);
    teach(&row->observed.by[OBSERVER_TUNNEL], &lesson);
}

size_t model_observed_count(const struct model *model)
{
    return model->observed->count;
}

const struct observed *model_observed_at(const struct model *model, size_t position)
{
    const struct observed_table *table = model->observed;
    return position < table->count ? &table->rows[position].observed : NULL;
}

uint64_t model_observed_forgotten(const struct model *model)
{
    return model->observed->forgotten;
}
