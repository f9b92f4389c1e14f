/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "judge/compare.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "judge/compare_private.h"

/* Web routes, public addresses and configured resolvers; what is asked and who asks the world for
 * it stand in compare_dns.c. */

static const char *const families[FAMILY_INDEXES] = {"IPv4", "IPv6"};

/* ---- helpers of both files ---- */

struct compare_row *compare_row_new(struct comparison *comparison, const char *format, ...)
{
    static struct compare_row none;
    va_list arguments;
    struct compare_row *row =
        comparison->count < COMPARE_ROWS ? &comparison->rows[comparison->count++] : &none;
    *row = (struct compare_row){.state = STATE_UNKNOWN};
    va_start(arguments, format);
    vsnprintf(row->what, sizeof(row->what), format, arguments);
    va_end(arguments);
    return row;
}

void compare_say(
    struct compare_row *row, enum state state, const char *word, const char *format, ...)
{
    va_list arguments;
    row->state = state;
    text_format(row->word, sizeof(row->word), "%s", word);
    va_start(arguments, format);
    vsnprintf(row->why, sizeof(row->why), format, arguments);
    va_end(arguments);
}

void compare_append(char *text, size_t size, const char *format, ...)
{
    va_list arguments;
    size_t used = strlen(text);
    va_start(arguments, format);
    if (used < size)
        vsnprintf(text + used, size - used, format, arguments);
    va_end(arguments);
}

bool compare_settled(const struct comparison *comparison, struct compare_row *row)
{
    if (comparison->tunnel)
        return false;
    if (comparison->expected == EXPECT_VPN)
        compare_say(row, STATE_UNKNOWN, "no tunnel",
            "the expected tunnel is down: there is no after to compare with");
    else
        compare_say(row, STATE_OFF, "no tunnel", "nothing to compare: no tunnel");
    return true;
}

const char *compare_network(const struct network *network, char out[static COMPARE_NETWORK])
{
    out[0] = '\0';
    if (network->asn >= 0)
        compare_append(out, COMPARE_NETWORK, " AS%lld", (long long)network->asn);
    if (network->org[0])
        compare_append(out, COMPARE_NETWORK, " %s", network->org);
    if (network->country[0])
        compare_append(out, COMPARE_NETWORK, " (%s)", network->country);
    return out;
}

const struct network *compare_network_before(
    const struct model *model, const struct baseline_address *row)
{
    const struct network *known = model_network_of(model, &row->address);
    return row->network.asn < 0 && known->asn >= 0 ? known : &row->network;
}

/* ---- rows ---- */

static bool route_was_none(const struct baseline *baseline, size_t family)
{
    return baseline->routes[family].known && !baseline->routes[family].interface[0];
}

/* A look-up or a connection of this family, leaktop's own for the public address included, was seen
 * outside since the network changed. */
static bool seen_outside(const struct comparison *comparison, enum family family)
{
    const struct model *model = comparison->model;
    const struct public_address *seen = model_public(model, family);
    const struct interface *by = model_interface(model, seen->interface);
    return comparison->leaks[family].count > 0 || connection_outside(model, family) != NULL ||
           (seen->agree > 0 && by && by->role == ROLE_UPLINK &&
               seen->checked_ns >= model_recent(model)->since_ns &&
               model_ipsec(model, family) != IPSEC_ALL);
}

static void web_row(struct comparison *comparison, enum family family)
{
    const struct model *model = comparison->model;
    const struct baseline *baseline = comparison->baseline;
    const struct baseline_route *before = &baseline->routes[family];
    const struct web_route *now = model_route(model, family);
    const char *name = model_interface_name(model, now->interface);
    char address[ADDRESS_TEXT];
    struct compare_row *row = compare_row_new(comparison, "web %s", families[family]);
    text_format(row->source, sizeof(row->source), "the kernel's route for public addresses");
    row->now_ns = model_recent(model)->since_ns;

    text_format(row->before, sizeof(row->before), "%s",
        !before->known          ? "not known"
        : !before->interface[0] ? "no route"
                                : before->interface);
    if (before->known && before->interface[0] && before->gateway.family != FAMILY_NONE)
        compare_append(
            row->before, sizeof(row->before), " to %s", address_format(&before->gateway, address));
    bool present = now->state == ROUTE_PRESENT;
    bool policy = present && model_family_in_tunnel(model, family) &&
                  model_interface(model, now->interface) &&
                  model_interface(model, now->interface)->role != ROLE_TUNNEL;
    text_format(row->now, sizeof(row->now), "%s%s%s",
        present                       ? name
        : now->state == ROUTE_BLOCKED ? "blocked"
        : now->state == ROUTE_NONE    ? "no route"
                                      : "not known: the kernel did not say",
        policy ? ", encrypted by IPsec policy" : "",
        present && now->mixed ? ", others take another way" : "");
    bool same = present && strcmp(before->interface, name) == 0;
    bool none_before = route_was_none(baseline, family);
    const char *word = same ? "the same" : before->known ? "changed" : "unknown";

    if (now->state == ROUTE_UNKNOWN)
        compare_say(row, STATE_UNKNOWN, "unknown", "the kernel did not say which way it takes");
    else if (comparison->expected == EXPECT_TOR && !comparison->tunnel)
        compare_say(row, STATE_OFF, word, "Tor changes no route");
    else if (!comparison->tunnel && comparison->expected == EXPECT_VPN &&
             route_outside(model, family))
        compare_say(row, seen_outside(comparison, family) ? STATE_LEAK : STATE_WARN, word, "%s",
            seen_outside(comparison, family)
                ? "the expected tunnel is down, and something left this way: leak"
                : "the expected tunnel is down: what leaves now takes this way");
    else if (compare_settled(comparison, row))
        return;
    else if (!present)
        compare_say(row, none_before ? STATE_OFF : STATE_OK, none_before ? "the same" : "gone",
            "%s", none_before ? "no way out, before and now" : "no way out beside the tunnel");
    else if (model_family_in_tunnel(model, family))
        compare_say(row, STATE_OK, word, "takes the tunnel now");
    else if (comparison->expected == EXPECT_NONE)
        compare_say(row, STATE_WARN, word, "leaves beside the tunnel; nothing is expected");
    else if (seen_outside(comparison, family))
        compare_say(row, STATE_LEAK, word, "%s by %s, outside the tunnel, and something left: leak",
            same ? "now as before" : "leaves", name);
    else
        compare_say(row, STATE_WARN, word, "%s by %s, outside the tunnel; nothing seen yet",
            same ? "now as before" : "leaves", name);
}

/* Which way the question for the public address went. */
static enum compare_way public_way(
    const struct model *model, enum family family, const struct public_address *seen)
{
    const struct interface *by = model_interface(model, seen->interface);
    if (model_family_in_tunnel(model, family) && model_ipsec(model, family) == IPSEC_ALL)
        return COMPARE_INSIDE;
    if (!by || by->role == ROLE_UNKNOWN)
        return COMPARE_NOT_KNOWN;
    return by->role == ROLE_TUNNEL   ? COMPARE_INSIDE
           : by->role == ROLE_UPLINK ? COMPARE_OUTSIDE
                                     : COMPARE_NOT_KNOWN;
}

static void public_now(const struct model *model, enum family family, bool current,
    const struct public_address *seen, struct compare_row *row)
{
    char address[ADDRESS_TEXT], network[COMPARE_NETWORK];
    enum route_state route = model_route(model, family)->state;
    if (current && seen->address.family != FAMILY_NONE)
        text_format(row->now, sizeof(row->now), "\x02%s\x03%s",
            address_format(&seen->address, address),
            compare_network(model_public_network(model, family), network));
    else
        text_format(row->now, sizeof(row->now), "not known: %s",
            route == ROUTE_NONE || route == ROUTE_BLOCKED ? "no way out"
            : seen->pending                               ? "being asked"
            : current && seen->error[0]                   ? seen->error
            : model_probes_held_reason(model)[0]          ? model_probes_held_reason(model)
                                                          : "not asked since the last change");
    text_format(row->source, sizeof(row->source), "%u of %u services, asked by %s",
        (unsigned)(current ? seen->agree : 0), (unsigned)(current ? seen->asked : 0),
        model_interface_name(model, current ? seen->interface : 0));
    row->now_ns = current ? seen->checked_ns : 0;
}

static void judge_public_row(const struct comparison *comparison, enum family family,
    const struct baseline_address *before, const struct public_address *seen,
    struct compare_row *row)
{
    const struct model *model = comparison->model;
    bool known = before->address.family != FAMILY_NONE;
    bool same = known && address_equal(&before->address, &seen->address);
    const char *word = same ? "the same" : known ? "changed" : "unknown";
    enum compare_way way = public_way(model, family, seen);
    enum state outside = comparison->expected == EXPECT_NONE ? STATE_WARN : STATE_LEAK;
    if (seen->own_uplink || way == COMPARE_OUTSIDE)
        compare_say(row, outside, word, "%s, asked outside the tunnel%s",
            same ? "sites see the same address as before" : "sites see your own address",
            outside == STATE_LEAK ? ": leak" : "");
    else if (seen->other.family != FAMILY_NONE)
        compare_say(row, STATE_UNKNOWN, "unknown", "the services disagree now");
    else if (same)
        compare_say(row, STATE_WARN, word,
            "sites see the same address as before, although asked by the tunnel");
    else if (seen->agree < 2)
        compare_say(row, STATE_UNKNOWN, "unknown", "fewer than two services agree now");
    else if (way == COMPARE_NOT_KNOWN)
        compare_say(row, STATE_UNKNOWN, word, "by which interface it was asked is not known");
    else if (!known && !route_was_none(comparison->baseline, family))
        compare_say(row, STATE_UNKNOWN, word, "what it was before is not known");
    else
        compare_say(row, STATE_OK, known ? word : "new", "sites see the tunnel's address now");
}

static void public_row(struct comparison *comparison, enum family family)
{
    const struct model *model = comparison->model;
    const struct baseline_address *before = &comparison->baseline->public_addresses[family];
    const struct public_address *seen = model_public(model, family);
    bool current = seen->asked_ever && seen->checked_ns >= model_recent(model)->since_ns;
    bool none_before = route_was_none(comparison->baseline, family);
    enum route_state route = model_route(model, family)->state;
    char address[ADDRESS_TEXT], network[COMPARE_NETWORK];
    struct compare_row *row = compare_row_new(comparison, "public %s", families[family]);
    if (before->address.family != FAMILY_NONE)
        text_format(row->before, sizeof(row->before), "\x02%s\x03%s",
            address_format(&before->address, address),
            compare_network(compare_network_before(model, before), network));
    else
        text_format(row->before, sizeof(row->before), "%s", none_before ? "no route" : "not known");
    public_now(model, family, current, seen, row);
    if (compare_settled(comparison, row))
        return;
    if (current && seen->address.family != FAMILY_NONE)
        judge_public_row(comparison, family, before, seen, row);
    else if (route == ROUTE_NONE || route == ROUTE_BLOCKED)
        compare_say(row, none_before ? STATE_OFF : STATE_OK, none_before ? "the same" : "gone",
            "%s", none_before ? "no way out, before and now" : "nothing of it leaves now");
    else
        compare_say(row, STATE_UNKNOWN, "unknown", "what sites see now is not known");
}

static bool was_configured(const struct baseline *baseline, const struct address *address)
{
    for (size_t i = 0; i < baseline->resolver_count; i++)
        if (address_equal(&baseline->resolvers[i], address))
            return true;
    return false;
}

/* What is set: a warning before the first name leaves. */
static void configured_row(struct comparison *comparison)
{
    const struct model *model = comparison->model;
    const struct baseline *baseline = comparison->baseline;
    struct compare_row *row = compare_row_new(comparison, "configured");
    const struct configured_resolver *outside = NULL;
    size_t set = 0, kept = 0, inside = 0, here = 0;
    char address[ADDRESS_TEXT];
    compare_list(baseline->resolvers, baseline->resolver_count, row->before, sizeof(row->before));
    for (size_t i = 0; i < model_configured_count(model); i++) {
        const struct configured_resolver *resolver = model_configured_at(model, i);
        if (resolver->use != RESOLVER_ASKED)
            continue;
        const struct interface *by = model_interface(model, resolver->interface);
        bool stub = address_is_loopback(&resolver->address);
        kept += was_configured(baseline, &resolver->address);
        here += stub;
        if (!stub && resolver->route_known && !resolver->blocked) {
            inside += resolver->by_ipsec || (by && by->role == ROLE_TUNNEL);
            if (!resolver->by_ipsec && by && by->role == ROLE_UPLINK)
                outside = resolver;
        }
        compare_append(row->now, sizeof(row->now), "%s%s", set++ ? ", " : "",
            address_format(&resolver->address, address));
        if (resolver->blocked)
            compare_append(row->now, sizeof(row->now), " (no way)");
        else if (resolver->route_known && resolver->interface && !stub)
            compare_append(row->now, sizeof(row->now), " by %s",
                model_interface_name(model, resolver->interface));
        if (!row->source[0])
            text_format(row->source, sizeof(row->source), "%s", resolver->source);
    }
    row->now_ns = model_last_change_ns(model);
    const char *word = set == 0 || baseline->resolver_count == 0 ? "unknown"
                       : kept == 0                               ? "changed"
                       : kept < set                              ? "in part"
                                                                 : "the same";
    if (set == 0)
        text_format(row->now, sizeof(row->now), "not known: none found");
    if (compare_settled(comparison, row))
        return;
    if (outside)
        compare_say(row, STATE_WARN, word, "%s would be asked by %s, outside the tunnel",
            address_format(&outside->address, address),
            model_interface_name(model, outside->interface));
    else if (set == 0)
        compare_say(row, STATE_UNKNOWN, word, "no configured resolver is known");
    else if (here > 0 && inside == 0)
        compare_say(row, STATE_OFF, word, "a stub on this machine: what it asks shows above");
    else if (inside + here < set)
        compare_say(row, STATE_UNKNOWN, word, "by which way one of them is reached is not known");
    else if (baseline->resolver_count == 0)
        compare_say(row, STATE_UNKNOWN, word, "what it was before is not known");
    else
        compare_say(row, STATE_OK, word, "%s",
            kept == set ? "the same, but reached by the tunnel now" : "reached by the tunnel");
}

/* ---- all of them ---- */

size_t judge_compare(const struct model *model, struct compare_row rows[static COMPARE_ROWS])
{
    static const struct baseline none = {0};
    struct comparison comparison = {.model = model,
        .baseline = model_baseline(model) ? model_baseline(model) : &none,
        .rows = rows,
        .tunnel = model_tunnel_up(model),
        .expected = model_expectation(model)->expectation};
    compare_dns_gather(&comparison);
    for (enum family family = 0; family < FAMILY_INDEXES; family++)
        web_row(&comparison, family);
    for (enum family family = 0; family < FAMILY_INDEXES; family++)
        compare_dns_row(&comparison, family);
    compare_egress_rows(&comparison);
    for (enum family family = 0; family < FAMILY_INDEXES; family++)
        public_row(&comparison, family);
    configured_row(&comparison);
    if (comparison.baseline == &none)
        for (size_t i = 0; i < comparison.count; i++) {
            text_format(rows[i].before, sizeof(rows[i].before), "none was taken on this network");
            compare_say(
                &rows[i], STATE_UNKNOWN, "unknown", "no baseline was taken on this network");
        }
    return comparison.count;
}
