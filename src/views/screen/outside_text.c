/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/screen/outside_text.h"

#include <string.h>

#include "base/text.h"
#include "views/screen/terminal.h"

static void append(char *out, size_t size, const char *text)
{
    size_t used = strlen(out);
    text_format(out + used, size - used, "%s", text);
}

/* " AS64500 Example (CH)"; "" where nothing is known. */
static const char *network_text(const struct network *network, char *out, size_t size)
{
    out[0] = '\0';
    size_t used = 0;
    if (network->asn >= 0)
        text_format(out, size, " AS%lld", (long long)network->asn);
    used = strlen(out);
    if (network->org[0])
        text_format(out + used, size - used, " %s", network->org);
    used = strlen(out);
    if (network->country[0])
        text_format(out + used, size - used, " (%s)", network->country);
    return out;
}

uint32_t outside_newest_test(const struct model *model)
{
    uint32_t newest = 0;
    for (enum test_kind kind = 0; kind < TEST_KINDS; kind++)
        if (model_test(model, kind)->serial > newest)
            newest = model_test(model, kind)->serial;
    return newest;
}

static const char *test_word(enum test_kind kind)
{
    static const char *const words[TEST_KINDS] = {
        "standard test", "extended test", "public resolvers"};
    return (unsigned)kind < TEST_KINDS ? words[kind] : "?";
}

const char *outside_test_text(const struct test *test, char out[static OUTSIDE_TEXT])
{
    char clock[TIME_TEXT], wall[TIME_TEXT], turn[TIME_TEXT], failed[32] = "";
    if (test->failed)
        text_format(failed, sizeof(failed), ", %u failed", test->failed);
    if (test->ended_ns == 0)
        text_format(out, OUTSIDE_TEXT, "%s since %s: %u of %u names%s", test_word(test->kind),
            time_format_clock(test->started_ns, clock), test->done, test->names, failed);
    else
        text_format(out, OUTSIDE_TEXT, "%s %s: %u of %u names in %s%s; one by one %s",
            test_word(test->kind), time_format_clock(test->started_ns, clock), test->done,
            test->names,
            time_format_span(
                test->ended_ns > test->started_ns ? test->ended_ns - test->started_ns : 0, wall),
            failed, time_format_span(test->rtt_sum_ns, turn));
    return out;
}

const char *outside_resolver_text(
    const struct model *model, const struct egress_resolver *egress, char out[static OUTSIDE_TEXT])
{
    char address[ADDRESS_TEXT], network[128], span[TIME_TEXT], rtt[TIME_TEXT + 4] = "", of[32] = "";
    for (enum test_kind kind = 0; kind < TEST_KINDS; kind++)
        if (egress->test && model_test(model, kind)->serial == egress->test)
            text_format(of, sizeof(of), " of %u", model_test(model, kind)->names);
    if (egress->rtt_ns)
        text_format(rtt, sizeof(rtt), ", %s", time_format_span(egress->rtt_ns, span));
    text_format(out, OUTSIDE_TEXT, "%s%s; came %u%s times%s",
        address_format(&egress->address, address),
        network_text(model_network_of(model, &egress->address), network, sizeof(network)),
        (unsigned)egress->test_seen, of, rtt);
    return out;
}

const char *outside_ways_text(
    const struct model *model, const struct egress_resolver *egress, char out[static OUTSIDE_TEXT])
{
    static const char *const words[PROBE_PATHS] = {
        "the system", "a configured resolver", "a public resolver", "a leak test service"};
    char clock[TIME_TEXT], address[ADDRESS_TEXT], tail[NAME_TEXT_MAX + 96];
    bool first = true;
    (void)model;
    text_format(out, OUTSIDE_TEXT, "by way of ");
    for (enum probe_path path = 0; path < PROBE_PATHS; path++)
        if (egress->paths & (1U << path)) {
            append(out, OUTSIDE_TEXT, first ? "" : ", ");
            append(out, OUTSIDE_TEXT, words[path]);
            first = false;
        }
    if (egress->asked.family != FAMILY_NONE) {
        text_format(tail, sizeof(tail), " (%s)", address_format(&egress->asked, address));
        append(out, OUTSIDE_TEXT, tail);
    }
    text_format(tail, sizeof(tail), "; last at %s", time_format_clock(egress->last_ns, clock));
    append(out, OUTSIDE_TEXT, tail);
    return out;
}

const char *outside_traits_text(const struct egress_resolver *egress, char out[static OUTSIDE_TEXT])
{
    static const struct {
        const char *what, *no, *yes;
    } words[] = {
        {"DNSSEC", "does not validate DNSSEC", "validates DNSSEC"},
        {"minimised names", "sends whole names", "sends minimised names"},
        {"0x20", "no 0x20", "0x20"},
    };
    enum ternary values[] = {egress->validates, egress->minimises, egress->mixes_case};
    char unknown[64] = "";
    out[0] = '\0';
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (values[i] == TERNARY_UNKNOWN) {
            append(unknown, sizeof(unknown), unknown[0] ? ", " : "");
            append(unknown, sizeof(unknown), words[i].what);
            continue;
        }
        append(out, OUTSIDE_TEXT, out[0] ? "; " : "");
        append(out, OUTSIDE_TEXT, values[i] == TERNARY_YES ? words[i].yes : words[i].no);
    }
    if (unknown[0]) {
        append(out, OUTSIDE_TEXT, out[0] ? "; not known: " : "not known: ");
        append(out, OUTSIDE_TEXT, unknown);
    }
    if (egress->site[0]) {
        append(out, OUTSIDE_TEXT, "; calls itself ");
        append(out, OUTSIDE_TEXT, egress->site);
    }
    return out;
}

/* ---- names, from both ends ---- */

unsigned outside_probe_paint(const struct probe *probe)
{
    if (probe->left && (probe->exposure == EXPOSURE_EXPOSED || probe->exposure == EXPOSURE_BYPASS))
        return PAINT_LEAK;
    return probe->state == PROBE_FAILED ? PAINT_WARN : PAINT_PLAIN;
}

/* ---- the public address ---- */

const char *outside_public_text(
    const struct model *model, enum family family, char *out, size_t size)
{
    const struct public_address *seen = model_public(model, family);
    char address[ADDRESS_TEXT], other[ADDRESS_TEXT], network[128];
    if (seen->address.family == FAMILY_NONE)
        text_format(out, size, "%s",
            seen->pending    ? "being asked"
            : seen->error[0] ? seen->error
                             : "no service answered");
    else if (seen->other.family != FAMILY_NONE)
        text_format(out, size, "the services disagree: \x02%s\x03 (%u of %u) and \x02%s\x03",
            address_format(&seen->address, address), (unsigned)seen->agree, (unsigned)seen->asked,
            address_format(&seen->other, other));
    else
        text_format(out, size, "\x02%s\x03%s, %u of %u services, by %s",
            address_format(&seen->address, address),
            network_text(model_network_of(model, &seen->address)->source != NETWORK_NOT_KNOWN
                             ? model_network_of(model, &seen->address)
                             : &seen->network,
                network, sizeof(network)),
            (unsigned)seen->agree, (unsigned)seen->asked,
            model_interface_name(model, seen->interface));
    return out;
}

const char *outside_kind_text(const struct public_address *seen, char *out, size_t size)
{
    const struct {
        bool holds;
        const char *words;
    } kinds[] = {
        {seen->own_uplink, "an address that this machine's uplink has"},
        {seen->own && !seen->own_uplink, "an address of this very machine"},
        {seen->temporary, "a temporary one, as IPv6 has for privacy"},
        {seen->cgnat, "shared with other customers (CGNAT)"},
        {seen->nat64, "reached over NAT64"},
        {seen->proxy[0] != '\0', "by a proxy: "},
    };
    out[0] = '\0';
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (!kinds[i].holds)
            continue;
        append(out, size, out[0] ? "; " : "  ");
        append(out, size, kinds[i].words);
    }
    append(out, size, seen->proxy);
    return out;
}

/* ---- what is set ---- */

unsigned outside_configured_paint(
    const struct model *model, const struct configured_resolver *resolver)
{
    const struct interface *by = model_interface(model, resolver->interface);
    bool outside = resolver->use == RESOLVER_ASKED && resolver->route_known && !resolver->blocked &&
                   !resolver->by_ipsec && by && by->role == ROLE_UPLINK &&
                   model_expectation(model)->expectation != EXPECT_NONE;
    return outside ? PAINT_WARN : resolver->use == RESOLVER_ASKED ? PAINT_PLAIN : PAINT_DIM;
}

const char *outside_configured_text(const struct model *model,
    const struct configured_resolver *resolver, char out[static OUTSIDE_TEXT])
{
    static const char *const uses[] = {
        [RESOLVER_ASKED] = "",
        [RESOLVER_SOME] = ", for some domains",
        [RESOLVER_FALLBACK] = ", where no other is left",
        [RESOLVER_IGNORED] = ", not read",
    };
    static const char *const tls[] = {
        [TLS_OFF] = "", [TLS_TRIED] = ", TLS where it can", [TLS_REQUIRED] = ", TLS only"};
    char address[ADDRESS_TEXT], way[INTERFACE_NAME + 32] = "", link[INTERFACE_NAME + 16] = "";
    if (resolver->blocked)
        text_format(way, sizeof(way), " has no way out");
    else if (resolver->by_ipsec)
        text_format(way, sizeof(way), " by IPsec policy");
    else if (resolver->interface)
        text_format(way, sizeof(way), " by %s", model_interface_name(model, resolver->interface));
    if (resolver->link)
        text_format(link, sizeof(link), " of %s", model_interface_name(model, resolver->link));
    text_format(out, OUTSIDE_TEXT, "%s%s%s%s%s  (%s%s%s%s)",
        address_format(&resolver->address, address), link, way, uses[resolver->use],
        tls[resolver->tls], resolver->source, resolver->manager[0] ? ", " : "", resolver->manager,
        "");
    return out;
}

/* ---- what leaktop sends ---- */

const char *outside_activity_text(
    const struct model *model, enum activity activity, char *out, size_t size)
{
    static const char *const words[ACTIVITIES] = {"look-ups", "public address", "networks"};
    const struct activity_state *state = model_activity(model, activity);
    char last[TIME_TEXT], next[TIME_TEXT];
    out[0] = '\0';
    if (!state->running && state->started_ns == 0 && state->next_ns == 0 && !state->note[0])
        return out;
    text_format(out, size, "%s: ", words[activity]);
    size_t used = strlen(out);
    if (state->running)
        text_format(
            out + used, size - used, "since %s", time_format_clock(state->started_ns, last));
    else if (state->started_ns)
        text_format(out + used, size - used, "last %s", time_format_clock(state->started_ns, last));
    used = strlen(out);
    bool begun = state->running || state->started_ns;
    if (state->next_ns && !state->running)
        text_format(out + used, size - used, "%snext %s%s", begun ? ", " : "",
            time_format_clock(state->next_ns, next), state->failures ? " (failed)" : "");
    used = strlen(out);
    if (state->note[0])
        text_format(
            out + used, size - used, "%s%s", begun || state->next_ns ? "; " : "", state->note);
    return out;
}
