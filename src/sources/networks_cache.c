/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/networks_cache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "sources/claim.h"
#include "sources/statefolder.h"

#define FILE_NAME "networks.json"
#define SCHEMA "leaktop-networks/1"
#define FILE_MOST 131072

static bool is_fresh(const struct networks_row *row, int64_t now_s)
{
    int64_t age = now_s - row->asked_s;
    /* One from the future was written before the clock was set. */
    return row->asked_s > 0 && age >= 0 &&
           age < (row->asn >= 0 ? NETWORKS_CACHE_S : NETWORKS_SILENT_S);
}

const struct networks_row *networks_cache_find(
    const struct networks_cache *cache, const struct address *address, int64_t now_s)
{
    const struct networks_row *best = NULL;
    for (size_t i = 0; i < NETWORKS_CACHED; i++) {
        const struct networks_row *row = &cache->rows[i];
        if (is_fresh(row, now_s) &&
            address_within(address, &row->prefix.base, row->prefix.length) &&
            (!best || row->prefix.length > best->prefix.length))
            best = row;
    }
    return best;
}

const char *networks_cache_org(const struct networks_cache *cache, int64_t asn)
{
    for (size_t i = 0; i < NETWORKS_CACHED; i++)
        if (cache->rows[i].asked_s > 0 && cache->rows[i].asn == asn && cache->rows[i].org[0])
            return cache->rows[i].org;
    return "";
}

void networks_cache_put(struct networks_cache *cache, const struct networks_row *row)
{
    struct networks_row *place = &cache->rows[0];
    for (size_t i = 0; i < NETWORKS_CACHED; i++) {
        struct networks_row *one = &cache->rows[i];
        if (one->asked_s > 0 && one->prefix.length == row->prefix.length &&
            address_equal(&one->prefix.base, &row->prefix.base)) {
            place = one;
            break;
        }
        if (one->asked_s < place->asked_s)
            place = one;
    }
    *place = *row;
    cache->changed = true;
}

static bool take_row(const json_t *value, struct networks_row *out)
{
    char text[ADDRESS_TEXT];
    struct claim_network said = claim_network_none;
    const json_t *asn = json_object_get(value, "asn"), *asked = json_object_get(value, "asked");
    const json_t *length = json_object_get(value, "length");
    *out =
        (struct networks_row){.asn = json_integer_value(asn), .asked_s = json_integer_value(asked)};
    if (!json_is_integer(asn) || !json_is_integer(asked) || !json_is_integer(length) ||
        out->asn <= 0 || out->asn >= UINT32_MAX || out->asked_s <= 0 ||
        !statefolder_text(json_object_get(value, "base"), text, sizeof(text)) ||
        !address_parse(text, &out->prefix.base) ||
        !statefolder_text(json_object_get(value, "org"), out->org, sizeof(out->org)) ||
        !statefolder_text(json_object_get(value, "country"), text, sizeof(text)))
        return false;
    claim_country(&said, text, strlen(text));
    memcpy(out->country, said.country, sizeof(out->country));
    json_int_t bits = json_integer_value(length);
    if (bits < 0 || bits > (out->prefix.base.family == FAMILY_IPV4 ? 32 : 128))
        return false;
    out->prefix.length = (uint8_t)bits;
    return true;
}

void networks_cache_read(struct networks_cache *cache, const struct statefolder *state,
    int64_t now_s, char *why, size_t why_size)
{
    memset(cache, 0, sizeof(*cache));
    json_t *value = statefolder_read(state, FILE_NAME, FILE_MOST, why, why_size);
    const char *schema = json_string_value(json_object_get(value, "schema"));
    const json_t *rows = json_object_get(value, "rows");
    size_t count = json_array_size(rows), kept = 0;
    bool good = schema && strcmp(schema, SCHEMA) == 0 && count <= NETWORKS_CACHED;
    for (size_t i = 0; good && i < count; i++) {
        good = take_row(json_array_get(rows, i), &cache->rows[kept]);
        if (good && is_fresh(&cache->rows[kept], now_s))
            kept++;
    }
    if (value && !good)
        text_format(why, why_size, "is damaged");
    memset(&cache->rows[good ? kept : 0], 0,
        (NETWORKS_CACHED - (good ? kept : 0)) * sizeof(cache->rows[0]));
    json_decref(value);
}

int networks_cache_write(struct networks_cache *cache, const struct statefolder *state)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < NETWORKS_CACHED; i++) {
        const struct networks_row *row = &cache->rows[i];
        char base[ADDRESS_TEXT];
        if (row->asked_s > 0 && row->asn > 0)
            json_array_append_new(
                rows, json_pack("{s:s,s:i,s:I,s:s,s:s,s:I}", "base",
                          address_format(&row->prefix.base, base), "length",
                          (int)row->prefix.length, "asn", (json_int_t)row->asn, "country",
                          row->country, "org", row->org, "asked", (json_int_t)row->asked_s));
    }
    json_t *value = json_pack("{s:s,s:o}", "schema", SCHEMA, "rows", rows);
    int error = value ? statefolder_write(state, FILE_NAME, value) : -ENOMEM;
    json_decref(value);
    cache->changed = false;
    return error;
}
