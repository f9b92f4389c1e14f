/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "judge/private.h"

#include <string.h>

#include "base/text.h"
#include "tables/whoami.h"

/* What leaktop's own names showed, from both ends: how they left, and who came to ask for them. */

#define LIVES 4     /* probes whose whole life is told */
#define RESOLVERS 4 /* egress resolvers that are told one by one */
#define ENDS 3      /* resolvers whose other end is somebody else */
#define NETWORK_TEXT 128

static bool is_recent(const struct model *model, const struct probe *probe)
{
    return probe && probe->asked_ns >= model_recent(model)->since_ns;
}

/* ---- who that is ---- */

enum owner { OWNER_NOBODY_KNOWN, OWNER_VPN, OWNER_ISP, OWNER_MACHINE };

static bool same_network(const struct network *one, const struct network *two)
{
    return one->asn >= 0 && one->asn == two->asn;
}

/* AS numbers are a hint and no more; an address that web sites see as this machine's is proof. */
static enum owner owner_of(const struct model *model, const struct address *address, bool *proof)
{
    const struct network *network = model_network_of(model, address);
    enum owner owner = OWNER_NOBODY_KNOWN;
    *proof = false;
    for (size_t f = 0; f < FAMILY_INDEXES; f++) {
        const struct public_address *seen = model_public(model, (enum family)f);
        if (seen->address.family == FAMILY_NONE || seen->checked_ns < model_recent(model)->since_ns)
            continue;
        const struct interface *by = model_interface(model, seen->interface);
        enum role role = by ? by->role : model_web_role(model, (enum family)f);
        bool tunnel = role == ROLE_TUNNEL;
        if (address_equal(&seen->address, address)) {
            *proof = true;
            return tunnel ? OWNER_VPN : OWNER_MACHINE;
        }
        if (same_network(network, model_public_network(model, (enum family)f)) &&
            (tunnel || role == ROLE_UPLINK))
            owner = tunnel ? OWNER_VPN : OWNER_ISP;
    }
    const struct baseline *before = model_baseline(model);
    for (size_t f = 0; before && owner == OWNER_NOBODY_KNOWN && f < FAMILY_INDEXES; f++)
        if (before->public_addresses[f].address.family != FAMILY_NONE &&
            same_network(network, &before->public_addresses[f].network))
            owner = OWNER_ISP;
    return owner;
}

/* " (VPN's)", " (ISP's network, AS64496 Example)", " (AS64500 Example)", or "". */
static const char *whose(
    const struct model *model, const struct address *address, char out[static NETWORK_TEXT])
{
    const struct network *network = model_network_of(model, address);
    char number[24] = "";
    bool proof;
    enum owner owner = owner_of(model, address, &proof);
    const char *word = owner == OWNER_VPN       ? (proof ? "VPN's" : "VPN's network")
                       : owner == OWNER_ISP     ? "ISP's network"
                       : owner == OWNER_MACHINE ? "this machine's own public address"
                                                : "";
    if (network->asn >= 0)
        text_format(number, sizeof(number), "AS%lld", (long long)network->asn);
    bool named = number[0] || network->org[0];
    if (proof || (!named && !word[0]))
        text_format(out, NETWORK_TEXT, "%s%s%s", word[0] ? " (" : "", word, word[0] ? ")" : "");
    else
        text_format(out, NETWORK_TEXT, " (%s%s%s%s%s)", word, word[0] && named ? ", " : "", number,
            number[0] && network->org[0] ? " " : "", network->org);
    return out;
}

/* ---- one probe's life ---- */

void judge_probe_life(const struct model *model, const struct probe *probe, char *out, size_t size)
{
    char when[TIME_TEXT], span[TIME_TEXT], resolver[ADDRESS_TEXT], egress[ADDRESS_TEXT];
    char way[120] = "not captured", came[ADDRESS_TEXT + 48 + NETWORK_TEXT] = "", end[128],
         who[NETWORK_TEXT];
    /* The end of a name tells most: a long one loses its beginning. */
    size_t length = strlen(probe->label);
    const char *label = length > 64 ? probe->label + length - 64 : probe->label;
    if (probe->captured)
        text_format(way, sizeof(way), "%s %s at %s to %s over %s%s",
            probe->left ? "left by" : "went over", model_interface_name(model, probe->interface),
            time_format_millis(probe->left_ns, when), address_format(&probe->resolver, resolver),
            transport_word(probe->transport), probe->mixed_case ? " in mixed letter case" : "");
    if (probe->egress.family != FAMILY_NONE)
        text_format(came, sizeof(came), "; asked of the authority by %s%s",
            address_format(&probe->egress, egress), whose(model, &probe->egress, who));
    if (probe->state == PROBE_PENDING)
        text_format(end, sizeof(end), "no answer yet");
    else if (probe->state == PROBE_FAILED)
        text_format(end, sizeof(end), "%s", probe->reason);
    else
        text_format(end, sizeof(end), "answered after %s%s%s",
            time_format_span(probe->done_ns - probe->asked_ns, span), probe->reason[0] ? ": " : "",
            probe->reason);
    text_format(out, size, "\x02%s\x03: %s%s; %s", label, way, came, end);
}

/* Which of them say most: those that left outside, then whose two ends are known, then failures. */
static unsigned tells(const struct probe *probe)
{
    return (probe->left && exposure_leaks(probe->exposure))                           ? 0
           : probe->egress.family != FAMILY_NONE && probe->control && probe->captured ? 1
           : probe->state == PROBE_FAILED                                             ? 2
           : probe->control                                                           ? 3
           : probe->egress.family != FAMILY_NONE                                      ? 4
                                                                                      : 5;
}

void judge_probe_evidence(const struct model *model, struct check *check)
{
    char life[EVIDENCE_TEXT];
    unsigned said = 0;
    for (unsigned wanted = 0; wanted <= 5 && said < LIVES; wanted++) {
        const char *reason = NULL;
        for (size_t i = model_probe_count(model); i-- > 0 && said < LIVES;) {
            const struct probe *probe = model_probe_at(model, i);
            if (!is_recent(model, probe) || tells(probe) != wanted)
                continue;
            /* One failure of a kind is enough, and of good lives two. */
            if (wanted == 2 && reason && strcmp(reason, probe->reason) == 0)
                continue;
            if (wanted == 1 && said >= LIVES / 2)
                break;
            reason = probe->reason;
            said++;
            judge_probe_life(model, probe, life, sizeof(life));
            check_evidence(check, "probe %s", life);
        }
    }
    if (model_probes_held_reason(model)[0])
        check_evidence(check, "probes are held back: %s", model_probes_held_reason(model));
}

/* ---- who came ---- */

static const char *known(enum ternary value, const char *yes, const char *no)
{
    return value == TERNARY_YES ? yes : value == TERNARY_NO ? no : "";
}

static void tell_resolver(
    const struct model *model, const struct egress_resolver *egress, struct check *check)
{
    char address[ADDRESS_TEXT], span[TIME_TEXT], who[NETWORK_TEXT],
        site[64] = "", subnet[sizeof(egress->subnet) + 64] = "";
    if (egress->site[0])
        text_format(site, sizeof(site), "; calls itself %s", egress->site);
    if (egress->subnet[0])
        text_format(subnet, sizeof(subnet), "; told the authority of \x02%s\x03 (client subnet)",
            egress->subnet);
    check_evidence(check, "egress resolver %s%s: came %u time%s in that test, after %s%s%s%s%s%s%s",
        address_format(&egress->address, address), whose(model, &egress->address, who),
        (unsigned)egress->test_seen, plural(egress->test_seen),
        egress->rtt_ns ? time_format_span(egress->rtt_ns, span) : "a time not known", subnet,
        known(egress->validates, "; validates DNSSEC", "; does not validate DNSSEC"),
        known(egress->minimises, "; minimises names", "; tells each server the whole name"),
        known(egress->mixes_case, "; mixes letter case", ""), site,
        egress->paths & (1U << PROBE_SERVICE) ? "; told by a leak test service, too" : "");
}

/* How the newest test fared, and what asking at once is worth. */
static void tell_test(const struct model *model, struct check *check)
{
    static const char *const words[TEST_KINDS] = {[TEST_STANDARD] = "standard test",
        [TEST_EXTENDED] = "extended test",
        [TEST_PUBLIC] = "public resolvers"};
    const struct test *newest = model_test(model, TEST_STANDARD);
    for (enum test_kind kind = 0; kind < TEST_KINDS; kind++)
        if (model_test(model, kind)->serial > newest->serial)
            newest = model_test(model, kind);
    if (newest->serial == 0 || newest->started_ns < model_recent(model)->since_ns)
        return;
    char took[TIME_TEXT], sum[TIME_TEXT];
    if (newest->ended_ns == 0)
        check_evidence(check, "%s: under way, %u of %u names done, %u of them failed",
            words[newest->kind], newest->done, newest->names, newest->failed);
    else
        check_evidence(check, "%s: %u names, %u failed, in %s; in turn its answers had taken %s",
            words[newest->kind], newest->names, newest->failed,
            time_format_span(newest->ended_ns - newest->started_ns, took),
            time_format_span(newest->rtt_sum_ns, sum));
}

void judge_egress_list(const struct model *model, struct check *check)
{
    tell_test(model, check);
    uint32_t newest = 0;
    unsigned came = 0, told = 0;
    for (size_t i = 0; i < model_egress_count(model); i++)
        if (model_egress_at(model, i)->test > newest)
            newest = model_egress_at(model, i)->test;
    for (size_t i = 0; i < model_egress_count(model); i++) {
        const struct egress_resolver *egress = model_egress_at(model, i);
        if (egress->test != newest || egress->last_ns < model_recent(model)->since_ns)
            continue;
        came++;
        if (told < RESOLVERS) {
            tell_resolver(model, egress, check);
            told++;
        }
    }
    if (came > told)
        check_evidence(check, "and %u more egress resolvers came in that test", came - told);
}

/* ---- asked one, and another came ---- */

/* The asked address does not stand for itself: its server calls itself as no server of its operator
 * does. */
static void tell_sites(const struct model *model, struct check *check)
{
    for (size_t i = 0; i < model_egress_count(model); i++) {
        const struct egress_resolver *egress = model_egress_at(model, i);
        const char *runs = whoami_public_operator(&egress->asked);
        char asked[ADDRESS_TEXT];
        if (!runs || !egress->site[0] || egress->last_ns < model_recent(model)->since_ns ||
            whoami_site_fits(runs, egress->site))
            continue;
        check_evidence(check,
            "%s is %s's, and what answers there calls itself %s, not as %s's servers do: somebody "
            "on the way answers in its place",
            address_format(&egress->asked, asked), runs, egress->site, runs);
        return;
    }
}

/* Another resolver, of another operator, for whom the same one comes. NULL: none. */
static const struct probe *same_end(const struct model *model, const struct probe *probe)
{
    const char *runs = whoami_public_operator(&probe->resolver);
    for (size_t i = 0; i < model_probe_count(model); i++) {
        const struct probe *other = model_probe_at(model, i);
        if (!is_recent(model, other) || !other->left || other->resolver.family == FAMILY_NONE ||
            !address_equal(&other->egress, &probe->egress) ||
            address_equal(&other->resolver, &probe->resolver))
            continue;
        const char *theirs = whoami_public_operator(&other->resolver);
        if (runs && (theirs ? strcmp(theirs, runs) != 0 : !address_is_public(&other->resolver)))
            return other;
    }
    return NULL;
}

/* The asked resolver and the one that came are not the same: what that says. */
static enum state tell_ends(
    const struct model *model, const struct probe *probe, char *out, size_t size)
{
    char asked[ADDRESS_TEXT], came[ADDRESS_TEXT], other[ADDRESS_TEXT], who[NETWORK_TEXT],
        asks[96] = "";
    bool proof;
    enum owner owner = owner_of(model, &probe->egress, &proof);
    address_format(&probe->resolver, asked);
    address_format(&probe->egress, came);
    whose(model, &probe->egress, who);
    const char *runs = whoami_public_operator(&probe->resolver);
    if (runs)
        text_format(asks, sizeof(asks), " (%s)", runs);
    if (!address_is_public(&probe->resolver)) {
        if (owner != OWNER_VPN)
            text_format(out, size, "%s forwards: %s%s asked the world for it", asked, came, who);
        return STATE_OFF;
    }
    const struct network *network = model_network_of(model, &probe->resolver);
    const struct probe *same = same_end(model, probe);
    if (same_network(network, model_network_of(model, &probe->egress))) {
        text_format(out, size,
            "asked %s%s, and %s%s asked the world: another address of that network", asked, asks,
            came, who);
        return STATE_OFF;
    }
    if (same) {
        text_format(out, size,
            "asked %s%s, and %s%s asked the world, who comes for %s as well: interception on the "
            "way, one resolver answers for both",
            asked, asks, came, who, address_format(&same->resolver, other));
        return STATE_WARN;
    }
    if (runs && (owner == OWNER_ISP || owner == OWNER_MACHINE)) {
        text_format(out, size,
            "asked %s%s by %s, and %s%s asked the world: interception on the way, by a resolver "
            "there",
            asked, asks, model_interface_name(model, probe->interface), came, who);
        return STATE_WARN;
    }
    text_format(out, size,
        "asked %s%s, and %s%s asked the world: interception on the way, or another address of "
        "that resolver, or it forwards",
        asked, asks, came, who);
    return STATE_UNKNOWN;
}

enum state judge_probe_ends(
    const struct model *model, const struct probe *probe, char *out, size_t size)
{
    char asked[ADDRESS_TEXT], left[ADDRESS_TEXT];
    out[0] = '\0';
    if (!probe->left || probe->resolver.family == FAMILY_NONE)
        return STATE_OFF;
    if (probe->asked.family != FAMILY_NONE && !address_is_loopback(&probe->asked) &&
        !model_is_local(model, &probe->asked) && !address_equal(&probe->asked, &probe->resolver)) {
        text_format(out, size, "asked %s, and it left to %s: this machine itself redirects it",
            address_format(&probe->asked, asked), address_format(&probe->resolver, left));
        return STATE_WARN;
    }
    if (probe->egress.family != FAMILY_NONE && !address_equal(&probe->egress, &probe->resolver))
        return tell_ends(model, probe, out, size);
    return STATE_OFF;
}

void judge_interception_evidence(const struct model *model, struct check *check)
{
    unsigned long long foreign = model_totals(model)->foreign_answers;
    struct address told[ENDS];
    unsigned count = 0;
    if (foreign > 0)
        check_evidence(check, "%llu answer%s came from an address that was not asked", foreign,
            plural(foreign));
    tell_sites(model, check);
    for (size_t i = model_probe_count(model); i-- > 0 && count < ENDS;) {
        const struct probe *probe = model_probe_at(model, i);
        char text[EVIDENCE_TEXT];
        bool had = false;
        if (!is_recent(model, probe) || probe->resolver.family == FAMILY_NONE)
            continue;
        for (unsigned j = 0; j < count; j++)
            had |= address_equal(&told[j], &probe->resolver);
        bool redirected = probe->left && probe->asked.family != FAMILY_NONE &&
                          !address_equal(&probe->asked, &probe->resolver);
        if (had || (probe->egress.family == FAMILY_NONE && !redirected))
            continue;
        (void)judge_probe_ends(model, probe, text, sizeof(text));
        bool apart =
            redirected || (probe->left && !address_equal(&probe->egress, &probe->resolver));
        if (apart)
            told[count++] = probe->resolver;
        if (text[0])
            check_evidence(check, "%s", text);
    }
}
