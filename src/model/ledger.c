/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/private.h"

#include <stdlib.h>
#include <string.h>

#include "base/name.h"
#include "base/text.h"

/* The list of leaks stays for the session. Equal leaks are one line with a count; when it is full,
 * what is not kept is counted, so that a flood of others' look-ups cannot push a line out. */

static uint64_t key_of(const struct model *model, const struct lookup *lookup)
{
    uint64_t key = name_hash(lookup->name, lookup->name_length, model->seed);
    key ^= address_hash(&lookup->resolver, model->seed);
    key = key * 31 + lookup->type;
    key = key * 31 + (uint64_t)lookup->transport * 16 + (uint64_t)lookup->exposure;
    key = key * 31 + (uint64_t)(uint32_t)lookup->process.pid;
    if (lookup->forwarded)
        key ^= address_hash(&lookup->source, ~model->seed);
    key *= 0xff51afd7ed558ccdULL;
    return key ^ (key >> 29);
}

static bool same(const struct leak *leak, const struct lookup *lookup, const char *interface)
{
    struct address from = lookup->forwarded ? lookup->source : (struct address){0};
    return leak->type == lookup->type && leak->transport == lookup->transport &&
           leak->exposure == lookup->exposure && leak->process.pid == lookup->process.pid &&
           leak->process.start == lookup->process.start &&
           address_equal(&leak->resolver, &lookup->resolver) &&
           address_equal(&leak->forwarded_from, &from) && strcmp(leak->interface, interface) == 0 &&
           name_equal(leak->name, leak->name_length, lookup->name, lookup->name_length);
}

static bool grow(struct model *model)
{
    size_t room = model->ledger_room ? 2 * model->ledger_room : 256;
    if (room > LEDGER_MAX)
        return false;
    struct ledger_line *lines = realloc(model->ledger, room * sizeof(*lines));
    if (!lines)
        return false;
    model->ledger = lines;
    uint32_t *buckets = calloc(2 * room, sizeof(*buckets));
    if (!buckets)
        return false;
    free(model->ledger_buckets);
    model->ledger_buckets = buckets;
    model->ledger_room = room;
    for (size_t i = 0; i < model->ledger_count; i++) {
        uint32_t *bucket = &buckets[lines[i].key % (2 * room)];
        lines[i].next = *bucket;
        *bucket = (uint32_t)(i + 1);
    }
    return true;
}

/* Whose lines are counted together: those of this program of this user, or of all machines that
 * this one forwards for: none of them alone can fill the list and so push the leaks of others out
 * of it. */
static size_t share_of(const struct model *model, const struct lookup *lookup)
{
    uint64_t hash = model->seed;
    if (!lookup->forwarded) {
        for (const char *c = lookup->process.name; *c; c++)
            hash = (hash ^ (uint8_t)*c) * 0x100000001b3ULL;
        hash = (hash ^ (lookup->process.uid + 1)) * 0x100000001b3ULL;
        hash = hash ^ (hash >> 32) ^ 1;
    }
    return lookup->forwarded ? 0 : 1 + hash % (LEDGER_SHARES - 1);
}

static struct ledger_line *find(struct model *model, const struct lookup *lookup, uint64_t key)
{
    const char *interface = model_interface_name(model, lookup->interface);
    if (model->ledger_room == 0)
        return NULL;
    uint32_t at = model->ledger_buckets[key % (2 * model->ledger_room)];
    for (; at != 0; at = model->ledger[at - 1].next) {
        struct ledger_line *line = &model->ledger[at - 1];
        if (line->key == key && same(&line->leak, lookup, interface))
            return line;
    }
    return NULL;
}

void ledger_take_back(struct model *model, const struct lookup *lookup)
{
    struct ledger_line *line = find(model, lookup, key_of(model, lookup));
    if (!line || line->leak.intended)
        return;
    evidence_drop(model, (size_t)(line - model->ledger), lookup);
    if (line->leak.count > 1)
        line->leak.count--;
    else
        line->leak.intended = true;
}

void ledger_learned(struct model *model, const struct lookup *lookup)
{
    struct ledger_line *line = find(model, lookup, key_of(model, lookup));
    if (line)
        line->leak.learned = lookup->answers[0];
}

static void lose(struct model *model)
{
    model->totals.leaks_lost++;
    model->ledger_news++;
}

void ledger_add(struct model *model, const struct lookup *lookup)
{
    uint64_t key = key_of(model, lookup);
    struct ledger_line *known = find(model, lookup, key);
    size_t share = share_of(model, lookup);
    if (known) {
        size_t position = (size_t)(known - model->ledger);
        if (known->leak.intended)
            evidence_drop(model, position, NULL);
        if (lookup->time_ns > model->cleared_ns &&
            (known->leak.intended || known->leak.last_ns <= model->cleared_ns))
            known->leak.news = ++model->ledger_news;
        known->leak.count = known->leak.intended ? 1 : known->leak.count + 1;
        known->leak.intended = false;
        if (lookup->time_ns > known->leak.last_ns)
            known->leak.last_ns = lookup->time_ns;
        evidence_add(model, position, share, lookup);
        return;
    }
    if (model->ledger_shares[share] >= LEDGER_MAX / 2) {
        lose(model);
        return;
    }
    if (model->ledger_count >= model->ledger_room && !grow(model)) {
        lose(model);
        return;
    }
    uint8_t *name = malloc(lookup->name_length + 1u);
    if (!name) {
        lose(model);
        return;
    }
    memcpy(name, lookup->name, lookup->name_length);
    struct ledger_line *line = &model->ledger[model->ledger_count++];
    uint32_t *bucket = &model->ledger_buckets[key % (2 * model->ledger_room)];
    *line = (struct ledger_line){.name = name, .key = key, .next = *bucket};
    *bucket = (uint32_t)model->ledger_count;
    line->leak = (struct leak){
        .news = lookup->time_ns > model->cleared_ns ? ++model->ledger_news : 0,
        .first_ns = lookup->time_ns,
        .last_ns = lookup->time_ns,
        .count = 1,
        .transport = lookup->transport,
        .exposure = lookup->exposure,
        .type = lookup->type,
        .certainty = lookup->certainty,
        .learned = lookup->transport == TRANSPORT_STUN ? lookup->answers[0] : (struct address){0},
        .resolver = lookup->resolver,
        .process = lookup->process,
        .name_length = lookup->name_length,
        .name = name};
    model->ledger_shares[share]++;
    if (lookup->forwarded)
        line->leak.forwarded_from = lookup->source;
    text_format(line->leak.interface, sizeof(line->leak.interface), "%s",
        model_interface_name(model, lookup->interface));
    evidence_add(model, model->ledger_count - 1, share, lookup);
}

void ledger_free(struct model *model)
{
    evidence_free(model);
    for (size_t i = 0; i < model->ledger_count; i++)
        free(model->ledger[i].name);
    free(model->ledger);
    free(model->ledger_buckets);
}

uint64_t model_leak_news(const struct model *model)
{
    return model->ledger_news;
}

size_t model_leak_count(const struct model *model)
{
    return model->ledger_count;
}

const struct leak *model_leak_at(const struct model *model, size_t position)
{
    return position < model->ledger_count ? &model->ledger[position].leak : NULL;
}
