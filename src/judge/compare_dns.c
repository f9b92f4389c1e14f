/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "judge/compare_private.h"

#include <string.h>

#include "base/text.h"

/* Whom this machine asks, and who asks the world for it: before and now. */

static const char *const families[FAMILY_INDEXES] = {"IPv4", "IPv6"};

static enum family family_of(const struct address *address)
{
    return address->family == FAMILY_IPV6 ? FAMILY_INDEX_6 : FAMILY_INDEX_4;
}

/* The list of resolvers holds the newest exposure of each: a leak before it must not be lost. */
void compare_dns_gather(struct comparison *comparison)
{
    const struct model *model = comparison->model;
    uint64_t since = model_recent(model)->since_ns, oldest = model_lookup_oldest(model);
    for (uint64_t serial = model_lookup_newest(model); serial != 0 && serial >= oldest; serial--) {
        const struct lookup *lookup = model_lookup(model, serial);
        if (!lookup || lookup->time_ns < since)
            break;
        if (lookup->own || lookup->transport == TRANSPORT_STUN ||
            !exposure_leaks(lookup->exposure) || lookup->excuse != EXCUSE_NONE)
            continue;
        struct compare_leaks *leaks = &comparison->leaks[family_of(&lookup->resolver)];
        if (leaks->count++ == 0)
            leaks->newest = lookup;
    }
}

void compare_list(const struct address *list, size_t count, char *out, size_t size)
{
    char address[ADDRESS_TEXT];
    out[0] = '\0';
    for (size_t i = 0; i < count; i++)
        compare_append(out, size, "%s%s", i ? ", " : "", address_format(&list[i], address));
    if (count == 0)
        text_format(out, size, "not known");
}

static bool listed(const struct address *list, size_t count, const struct address *address)
{
    for (size_t i = 0; i < count; i++)
        if (address_equal(&list[i], address))
            return true;
    return false;
}

/* ---- look-ups ---- */

/* What is asked over one family since the last network change. */
struct asked {
    uint64_t lookups, newest_ns;
    size_t resolvers, kept; /* kept: asked before, too */
    bool inside, outside, unsure;
    bool beside; /* in the open, and no leak: excused, or nothing is expected */
    const char *outside_by;
    struct address outside_to;
};

static void note_way(struct asked *asked, const struct model *model, enum exposure exposure,
    enum role role, const struct address *to, uint32_t interface)
{
    bool leaks = exposure_leaks(exposure);
    if (leaks || (exposure == EXPOSURE_OPEN && role == ROLE_UPLINK)) {
        asked->outside |= leaks;
        asked->beside |= !leaks;
        asked->outside_by = model_interface_name(model, interface);
        asked->outside_to = *to;
    }
    asked->inside |= exposure == EXPOSURE_TUNNELLED;
    asked->unsure |= exposure == EXPOSURE_UNKNOWN;
}

static void gather_used(const struct comparison *comparison, enum family family,
    const struct address *before, size_t before_count, struct asked *asked, struct compare_row *row)
{
    const struct model *model = comparison->model;
    uint64_t total = 0;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < model_used_count(model); i++) {
            const struct used_resolver *used = model_used_at(model, i);
            char address[ADDRESS_TEXT];
            if (used->since_change == 0 || family_of(&used->address) != family ||
                used->exposure == EXPOSURE_INTERNAL || used->exposure == EXPOSURE_LAN ||
                used->exposure == EXPOSURE_BOOTSTRAP)
                continue;
            if (pass == 0) {
                total += used->since_change;
                continue;
            }
            compare_append(row->now, sizeof(row->now), "%s%s by %s", asked->resolvers++ ? ", " : "",
                address_format(&used->address, address),
                model_interface_name(model, used->interface));
            if (used->since_change < total)
                compare_append(row->now, sizeof(row->now), " %u %%",
                    (unsigned)(used->since_change * 100 / total));
            asked->kept += listed(before, before_count, &used->address);
            if (used->last_ns > asked->newest_ns)
                asked->newest_ns = used->last_ns;
            note_way(asked, model, used->exposure, used->role, &used->address, used->interface);
        }
    asked->lookups = total;
}

/* Own probes are counted in no list of resolvers; where nothing else was asked they tell the way
 * that look-ups would take. */
static unsigned gather_probes(const struct comparison *comparison, enum family family,
    const struct address *before, size_t before_count, struct asked *asked, struct compare_row *row)
{
    const struct model *model = comparison->model;
    struct address seen[8];
    size_t seen_count = 0;
    unsigned probes = 0;
    for (size_t i = model_probe_count(model); i-- > 0;) {
        const struct probe *probe = model_probe_at(model, i);
        char address[ADDRESS_TEXT];
        if (!probe || !probe->left || probe->asked_ns < model_recent(model)->since_ns ||
            family_of(&probe->resolver) != family || probe->resolver.family == FAMILY_NONE)
            continue;
        const struct interface *by = model_interface(model, probe->interface);
        note_way(asked, model, probe->exposure, by ? by->role : ROLE_UNKNOWN, &probe->resolver,
            probe->interface);
        probes++;
        if (probe->left_ns > asked->newest_ns)
            asked->newest_ns = probe->left_ns;
        /* Beside others' look-ups only the way that leaks is told. */
        if ((asked->lookups > 0 && !exposure_leaks(probe->exposure)) ||
            listed(seen, seen_count, &probe->resolver) ||
            seen_count == sizeof(seen) / sizeof(seen[0]))
            continue;
        seen[seen_count++] = probe->resolver;
        compare_append(row->now, sizeof(row->now), "%s%s by %s", asked->resolvers++ ? ", " : "",
            address_format(&probe->resolver, address),
            model_interface_name(model, probe->interface));
        asked->kept += listed(before, before_count, &probe->resolver);
    }
    return probes;
}

static void judge_dns_row(const struct comparison *comparison, enum family family,
    const struct asked *asked, const char *word, struct compare_row *row)
{
    const struct model *model = comparison->model;
    const struct compare_leaks *leaks = &comparison->leaks[family];
    const struct recent *recent = model_recent(model);
    char address[ADDRESS_TEXT];
    const char *blind;
    if (leaks->count > 0)
        compare_say(row, STATE_LEAK, word, "%u look-up%s to %s left by %s: leak", leaks->count,
            plural(leaks->count), address_format(&leaks->newest->resolver, address),
            model_interface_name(model, leaks->newest->interface));
    else if (asked->outside)
        compare_say(row, STATE_LEAK, word, "%s is asked by %s, outside the tunnel: leak",
            address_format(&asked->outside_to, address), asked->outside_by);
    else if (compare_settled(comparison, row))
        return;
    else if (!capture_works(model, &blind))
        compare_say(row, STATE_UNKNOWN, "unknown", "%.*s", COMPARE_TEXT - 1, blind);
    else if (model_capture(model)->dropped > recent->dropped_before)
        compare_say(
            row, STATE_UNKNOWN, word, "packets were dropped unseen: a leak may be among them");
    else if (asked->unsure)
        compare_say(row, STATE_UNKNOWN, word, "which way some look-ups took is not known");
    else if (asked->beside && comparison->expected == EXPECT_NONE)
        compare_say(row, STATE_WARN, word, "%s is asked by %s beside the tunnel",
            address_format(&asked->outside_to, address), asked->outside_by);
    else if (asked->resolvers == 0)
        compare_say(row, STATE_UNKNOWN, "unknown", "no look-up over %s seen since the last change",
            families[family]);
    else if (!asked->inside)
        compare_say(row, STATE_UNKNOWN, word, "nothing was seen leaving by the tunnel");
    else if (strcmp(word, "unknown") == 0)
        compare_say(row, STATE_UNKNOWN, word, "what was asked before is not known");
    else if (asked->beside)
        compare_say(row, STATE_OK, word, "asked through the tunnel, but for what is no leak");
    else
        compare_say(row, STATE_OK, word, "%s",
            asked->kept == asked->resolvers ? "the same resolver, asked through the tunnel now"
                                            : "asked through the tunnel");
}

void compare_dns_row(struct comparison *comparison, enum family family)
{
    const struct model *model = comparison->model;
    const struct baseline *baseline = comparison->baseline;
    struct address before[BASELINE_RESOLVERS];
    size_t before_count = 0;
    struct asked asked = {0};
    struct compare_row *row = compare_row_new(comparison, "DNS %s", families[family]);
    for (size_t i = 0; i < baseline->resolver_count; i++)
        if (family_of(&baseline->resolvers[i]) == family)
            before[before_count++] = baseline->resolvers[i];
    bool none_before = before_count == 0 && baseline->resolver_count > 0;
    compare_list(before, before_count, row->before, sizeof(row->before));
    if (none_before)
        text_format(row->before, sizeof(row->before), "none configured");
    gather_used(comparison, family, before, before_count, &asked, row);
    unsigned probes = gather_probes(comparison, family, before, before_count, &asked, row);
    if (asked.lookups > 0)
        text_format(row->source, sizeof(row->source), "%llu look-up%s since the last change",
            (unsigned long long)asked.lookups, plural(asked.lookups));
    else if (probes > 0)
        text_format(row->source, sizeof(row->source), "%u probe%s since the last change", probes,
            plural(probes));
    else
        text_format(row->source, sizeof(row->source), "the capture");
    row->now_ns = asked.newest_ns;
    if (asked.resolvers == 0)
        text_format(row->now, sizeof(row->now), "not known: no look-up seen since the last change");
    const char *word = baseline->resolver_count == 0  ? "unknown"
                       : asked.resolvers == 0         ? "unknown"
                       : asked.kept == 0              ? "changed"
                       : asked.kept < asked.resolvers ? "in part"
                                                      : "the same";
    judge_dns_row(comparison, family, &asked, word, row);
    bool set = false;
    for (size_t i = 0; i < model_configured_count(model); i++)
        set |= family_of(&model_configured_at(model, i)->address) == family;
    if (row->state == STATE_UNKNOWN && asked.resolvers == 0 && comparison->tunnel && none_before &&
        !set)
        compare_say(row, STATE_OFF, "the same", "no resolver is set for it, and none was asked");
}

/* ---- egress resolvers ---- */

/* By which way leaktop's own names left for which this resolver came. The worst is told: one that
 * left outside is enough. */
static enum compare_way way_of(
    const struct model *model, const struct egress_resolver *egress, const struct probe **witness)
{
    enum compare_way way = COMPARE_NOT_KNOWN;
    *witness = NULL;
    for (size_t i = model_probe_count(model); i-- > 0;) {
        const struct probe *probe = model_probe_at(model, i);
        if (!probe || probe->asked_ns < model_recent(model)->since_ns || !probe->left ||
            !address_equal(&probe->egress, &egress->address))
            continue;
        const struct interface *by = model_interface(model, probe->interface);
        if (exposure_leaks(probe->exposure) ||
            (probe->exposure == EXPOSURE_OPEN && by && by->role == ROLE_UPLINK)) {
            *witness = probe;
            return COMPARE_OUTSIDE;
        }
        if (probe->exposure == EXPOSURE_TUNNELLED && way == COMPARE_NOT_KNOWN) {
            way = COMPARE_INSIDE;
            *witness = probe;
        }
    }
    return way;
}

/* The address belongs to the ISP's network, as far as AS numbers tell: that of the public address
 * before. Where the tunnel ends in the very same network, they tell nothing. */
static bool is_isp(const struct comparison *comparison, const struct network *network)
{
    if (network->asn < 0)
        return false;
    for (size_t f = 0; f < FAMILY_INDEXES; f++) {
        const struct public_address *seen = model_public(comparison->model, (enum family)f);
        if (seen->address.family != FAMILY_NONE &&
            seen->checked_ns >= model_recent(comparison->model)->since_ns &&
            model_public_network(comparison->model, (enum family)f)->asn == network->asn)
            return false;
    }
    for (size_t f = 0; f < FAMILY_INDEXES; f++) {
        const struct baseline_address *before = &comparison->baseline->public_addresses[f];
        if (before->address.family != FAMILY_NONE &&
            compare_network_before(comparison->model, before)->asn == network->asn)
            return true;
    }
    return false;
}

static void egress_before(const struct comparison *comparison, const struct address *now,
    struct compare_row *row, bool *same)
{
    const struct model *model = comparison->model;
    const struct baseline *baseline = comparison->baseline;
    char address[ADDRESS_TEXT], network[COMPARE_NETWORK];
    const struct baseline_address *shown = baseline->egress_count ? &baseline->egress[0] : NULL;
    *same = false;
    for (size_t i = 0; i < baseline->egress_count && now && !*same; i++)
        if (address_equal(&baseline->egress[i].address, now)) {
            shown = &baseline->egress[i];
            *same = true;
        }
    if (!shown) {
        text_format(row->before, sizeof(row->before), "not known");
        return;
    }
    text_format(row->before, sizeof(row->before), "%s%s", address_format(&shown->address, address),
        compare_network(compare_network_before(model, shown), network));
    if (!*same && baseline->egress_count > 1)
        compare_append(row->before, sizeof(row->before), ", %zu more", baseline->egress_count - 1);
}

static void egress_row(struct comparison *comparison, const struct egress_resolver *egress)
{
    const struct model *model = comparison->model;
    const struct network *network = model_network_of(model, &egress->address);
    const struct probe *witness;
    char address[ADDRESS_TEXT], text[COMPARE_NETWORK];
    bool same, any_before = comparison->baseline->egress_count > 0;
    struct compare_row *row = compare_row_new(comparison, "egress resolver");
    enum compare_way way = way_of(model, egress, &witness);
    egress_before(comparison, &egress->address, row, &same);
    text_format(row->now, sizeof(row->now), "%s%s", address_format(&egress->address, address),
        compare_network(network, text));
    if (witness)
        text_format(row->source, sizeof(row->source), "a probe that left by %s to %s",
            model_interface_name(model, witness->interface),
            address_format(&witness->resolver, address));
    else
        text_format(row->source, sizeof(row->source), "a probe; its way was not captured");
    row->now_ns = egress->last_ns;
    bool isp = is_isp(comparison, network);
    const char *word = same ? "the same" : any_before ? "changed" : "unknown";
    const char *who = isp ? "the ISP's resolver" : "the resolver";
    const char *by = witness ? model_interface_name(model, witness->interface) : "-";
    if (way == COMPARE_OUTSIDE && comparison->expected != EXPECT_NONE) {
        if (same)
            compare_say(row, STATE_LEAK, word, "now as before %s, asked by %s: leak", who, by);
        else
            compare_say(row, STATE_LEAK, word, "asked outside the tunnel, by %s: leak", by);
    } else if (compare_settled(comparison, row)) {
        return;
    } else if (way == COMPARE_OUTSIDE) {
        compare_say(
            row, STATE_WARN, word, "asked beside the tunnel, by %s; nothing is expected", by);
    } else if (way == COMPARE_NOT_KNOWN) {
        compare_say(row, STATE_UNKNOWN, word, "by which way it was asked was not captured");
    } else if (isp) {
        compare_say(
            row, STATE_WARN, word, "your ISP's resolver answers although asked by the tunnel");
    } else if (same) {
        compare_say(row, STATE_OK, word, "the same resolver, asked through the tunnel now");
    } else if (!any_before) {
        compare_say(
            row, STATE_UNKNOWN, word, "asked through the tunnel; what came before is not known");
    } else {
        compare_say(row, STATE_OK, word, "another resolver, asked through the tunnel");
    }
}

void compare_egress_rows(struct comparison *comparison)
{
    const struct model *model = comparison->model;
    uint64_t since = model_recent(model)->since_ns;
    bool any = false, same;
    /* Room is left for the rows that follow. */
    for (size_t i = 0; i < model_egress_count(model) && comparison->count < COMPARE_ROWS - 4; i++) {
        const struct egress_resolver *egress = model_egress_at(model, i);
        /* One that came because it was asked by the person's key is nobody's resolver here. */
        if (egress->last_ns < since || egress->paths == 1U << PROBE_PUBLIC)
            continue;
        egress_row(comparison, egress);
        any = true;
    }
    if (any)
        return;
    const struct test *test = model_test(model, TEST_STANDARD);
    struct compare_row *row = compare_row_new(comparison, "egress resolver");
    egress_before(comparison, NULL, row, &same);
    text_format(row->now, sizeof(row->now), "not known: %s",
        model_probes_held_reason(model)[0] ? model_probes_held_reason(model)
        : test->serial && test->started_ns >= since && !test->ended_ns ? "a test is under way"
        : test->serial && test->started_ns >= since                    ? "no probe told one"
                                                    : "not asked since the last change");
    text_format(row->source, sizeof(row->source), "probes");
    if (!compare_settled(comparison, row))
        compare_say(row, STATE_UNKNOWN, "unknown", "who asks the world now is not known");
}

void judge_egress_evidence(const struct model *model, struct check *check)
{
    /* Worst first. */
    static const enum state order[] = {STATE_LEAK, STATE_WARN, STATE_OK};
    struct compare_row rows[COMPARE_ROWS];
    struct comparison comparison = {.model = model,
        .baseline = model_baseline(model),
        .rows = rows,
        .tunnel = model_tunnel_up(model),
        .expected = model_expectation(model)->expectation};
    if (!comparison.baseline || !comparison.tunnel)
        return;
    compare_egress_rows(&comparison);
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
        for (size_t j = 0; j < comparison.count; j++)
            if (rows[j].state == order[i]) {
                check_evidence(check,
                    "resolver that the world sees: before %.60s; now %.60s: %.90s", rows[j].before,
                    rows[j].now, rows[j].why);
                return;
            }
}
