/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/baseline_file.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "sources/statefolder.h"

#define SCHEMA "leaktop-baseline/1"
#define FILE_MOST 65536
#define SECOND 1000000000ULL

static const char *const families[2] = {"ipv4", "ipv6"};
static const char *const sources[] = {[NETWORK_NOT_KNOWN] = "",
    [NETWORK_SAID] = "said",
    [NETWORK_CYMRU] = "cymru",
    [NETWORK_DATABASE] = "database"};
#define SOURCES (sizeof(sources) / sizeof(sources[0]))

/* What tells networks apart stands in the file itself; its name need not tell it to everybody. */
static void file_name(const char *network, char out[static STATEFOLDER_NAME])
{
    text_format(out, STATEFOLDER_NAME, "network-%016" PRIx64 ".json",
        hash_bytes(network, strlen(network), 0));
}

/* ---- writing ---- */

static json_t *address_value(const struct address *address)
{
    char text[ADDRESS_TEXT];
    return address->family == FAMILY_NONE ? json_null()
                                          : json_string(address_format(address, text));
}

static json_t *text_value(const char *text)
{
    return text[0] ? json_string(text) : json_null();
}

static json_t *row_value(const struct baseline_address *row)
{
    const struct network *network = &row->network;
    bool known = network->source < SOURCES && network->source != NETWORK_NOT_KNOWN;
    return json_pack("{s:o,s:o,s:o,s:o,s:s}", "address", address_value(&row->address), "asn",
        known && network->asn >= 0 ? json_integer(network->asn) : json_null(), "org",
        text_value(known ? network->org : ""), "country", text_value(known ? network->country : ""),
        "from", sources[known ? network->source : NETWORK_NOT_KNOWN]);
}

static json_t *route_value(const struct baseline_route *route)
{
    if (!route->known)
        return json_null();
    return json_pack("{s:o,s:o}", "interface", text_value(route->interface), "gateway",
        address_value(&route->gateway));
}

int baseline_file_write(const struct statefolder *state, const struct baseline *baseline)
{
    char name[STATEFOLDER_NAME];
    json_t *routes = json_object(), *public = json_object(), *egress = json_array(),
           *resolvers = json_array();
    for (size_t f = 0; f < 2; f++) {
        const struct baseline_address *row = &baseline->public_addresses[f];
        json_object_set_new(routes, families[f], route_value(&baseline->routes[f]));
        json_object_set_new(
            public, families[f], row->address.family == FAMILY_NONE ? json_null() : row_value(row));
    }
    for (size_t i = 0; i < baseline->egress_count; i++)
        json_array_append_new(egress, row_value(&baseline->egress[i]));
    for (size_t i = 0; i < baseline->resolver_count; i++)
        json_array_append_new(resolvers, address_value(&baseline->resolvers[i]));
    json_t *value = json_pack("{s:s,s:s,s:I,s:o,s:o,s:o,s:o}", "schema", SCHEMA, "network",
        baseline->network, "taken", (json_int_t)(baseline->taken_ns / SECOND), "routes", routes,
        "public", public, "egress", egress, "resolvers", resolvers);
    if (!value)
        return -ENOMEM;
    file_name(baseline->network, name);
    int error = statefolder_write(state, name, value);
    json_decref(value);
    if (error == 0) {
        statefolder_prune(state, "network-", ".json", BASELINE_FILES);
        statefolder_prune(state, "network-", ".new", 0);
    }
    return error;
}

/* ---- reading: one thing that is not as it was written, and nothing of the file counts ---- */

static bool take_address(const json_t *value, bool null, struct address *out)
{
    *out = (struct address){0};
    if (json_is_null(value))
        return null;
    const char *text = json_string_value(value);
    return text && strlen(text) < ADDRESS_TEXT && address_parse(text, out);
}

static bool take_row(const json_t *value, struct baseline_address *row)
{
    const json_t *asn = json_object_get(value, "asn");
    const char *from = json_string_value(json_object_get(value, "from"));
    struct network *network = &row->network;
    *network = (struct network){.asn = -1};
    if (!take_address(json_object_get(value, "address"), false, &row->address) || !from ||
        !statefolder_text(json_object_get(value, "org"), network->org, sizeof(network->org)) ||
        !statefolder_text(
            json_object_get(value, "country"), network->country, sizeof(network->country)))
        return false;
    if (json_is_integer(asn))
        network->asn = json_integer_value(asn);
    if ((!json_is_integer(asn) && !json_is_null(asn)) || network->asn < -1 ||
        network->asn > UINT32_MAX)
        return false;
    for (size_t i = 0; i < SOURCES; i++)
        if (strcmp(sources[i], from) == 0) {
            network->source = (enum network_source)i;
            return true;
        }
    return false;
}

static bool take_family(const json_t *value, size_t f, struct baseline *out)
{
    const json_t *route = json_object_get(json_object_get(value, "routes"), families[f]);
    const json_t *public = json_object_get(json_object_get(value, "public"), families[f]);
    struct baseline_route *row = &out->routes[f];
    if (!route || !public)
        return false;
    row->known = !json_is_null(route);
    if (row->known && (!statefolder_text(json_object_get(route, "interface"), row->interface,
                           sizeof(row->interface)) ||
                          !take_address(json_object_get(route, "gateway"), true, &row->gateway)))
        return false;
    if (json_is_null(public))
        return true;
    return take_row(public, &out->public_addresses[f]) &&
           out->public_addresses[f].address.family == (f == 0 ? FAMILY_IPV4 : FAMILY_IPV6);
}

static bool take_all(const json_t *value, struct baseline *out)
{
    const char *schema = json_string_value(json_object_get(value, "schema"));
    const json_t *taken = json_object_get(value, "taken");
    const json_t *egress = json_object_get(value, "egress");
    const json_t *resolvers = json_object_get(value, "resolvers");
    if (!schema || strcmp(schema, SCHEMA) != 0 || !json_is_integer(taken) ||
        json_integer_value(taken) <= 0 ||
        (uint64_t)json_integer_value(taken) > UINT64_MAX / SECOND ||
        !statefolder_text(json_object_get(value, "network"), out->network, sizeof(out->network)) ||
        !json_is_array(egress) || json_array_size(egress) > BASELINE_EGRESS ||
        !json_is_array(resolvers) || json_array_size(resolvers) > BASELINE_RESOLVERS)
        return false;
    out->taken_ns = (uint64_t)json_integer_value(taken) * SECOND;
    for (size_t f = 0; f < 2; f++)
        if (!take_family(value, f, out))
            return false;
    for (; out->egress_count < json_array_size(egress); out->egress_count++)
        if (!take_row(json_array_get(egress, out->egress_count), &out->egress[out->egress_count]))
            return false;
    for (; out->resolver_count < json_array_size(resolvers); out->resolver_count++)
        if (!take_address(json_array_get(resolvers, out->resolver_count), false,
                &out->resolvers[out->resolver_count]))
            return false;
    return true;
}

bool baseline_file_read(const struct statefolder *state, const char *network, struct baseline *out,
    char *why, size_t why_size)
{
    char name[STATEFOLDER_NAME];
    *out = (struct baseline){.from_disk = true};
    file_name(network, name);
    json_t *value = statefolder_read(state, name, FILE_MOST, why, why_size);
    if (!value)
        return false;
    bool good = take_all(value, out) && strcmp(out->network, network) == 0;
    if (!good)
        text_format(why, why_size, "is damaged");
    json_decref(value);
    return good;
}
