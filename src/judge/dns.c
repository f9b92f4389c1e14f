/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "judge/private.h"

#include <string.h>

#include "base/text.h"

/* dns: do look-ups leave only by the tunnel, and who is the resolver that the world sees? */

static bool is_leak(const struct lookup *lookup)
{
    return exposure_leaks(lookup->exposure);
}

static bool is_tunnelled(const struct lookup *lookup)
{
    return lookup->exposure == EXPOSURE_TUNNELLED;
}

static bool is_excused(const struct lookup *lookup)
{
    return lookup->excuse != EXCUSE_NONE;
}

static bool is_open(const struct lookup *lookup)
{
    return lookup->exposure == EXPOSURE_OPEN;
}

/* What probes since the last network change showed. */
struct probe_sum {
    unsigned left_tunnel, left_outside, failed;
    unsigned told;               /* of those in the tunnel: an authority said who asked it */
    const struct probe *outside; /* the newest that left outside */
    const struct probe *failure, *untold;
};

static struct probe_sum sum_probes(const struct model *model)
{
    struct probe_sum sum = {0};
    uint64_t since = model_recent(model)->since_ns, cleared = model_cleared_ns(model);
    for (size_t i = 0; i < model_probe_count(model); i++) {
        const struct probe *probe = model_probe_at(model, i);
        if (!probe || probe->asked_ns < since)
            continue;
        if (probe->left && exposure_leaks(probe->exposure) && probe->asked_ns > cleared) {
            sum.left_outside++;
            sum.outside = probe;
        } else if (probe->left && probe->exposure == EXPOSURE_TUNNELLED &&
                   probe->state == PROBE_ANSWERED) {
            sum.left_tunnel++;
            sum.told += probe->egress.family != FAMILY_NONE;
            if (probe->egress.family == FAMILY_NONE && probe->reason[0])
                sum.untold = probe;
        }
        if (probe->state == PROBE_FAILED) {
            sum.failed++;
            sum.failure = probe;
        }
    }
    return sum;
}

static void excused_evidence(struct check *check, const struct model *model)
{
    const struct totals *totals = model_totals(model);
    for (size_t i = EXCUSE_NONE + 1; i < EXCUSE_COUNT; i++)
        if (totals->excused[i] > 0)
            check_evidence(check, "%llu outside the tunnel that %s no leak: %s",
                (unsigned long long)totals->excused[i], totals->excused[i] == 1 ? "is" : "are",
                excuse_word((enum excuse)i));
    check_evidence_newest(check, model, is_excused, 3);
}

static void resolver_evidence(struct check *check, const struct model *model)
{
    static const char *const uses[] = {[RESOLVER_ASKED] = "",
        [RESOLVER_SOME] = ", for some domains",
        [RESOLVER_FALLBACK] = ", where no other is left",
        [RESOLVER_IGNORED] = ", not read"};
    char address[ADDRESS_TEXT];
    if (model_resolver_setup(model)->trouble[0])
        check_evidence(check, "/etc/resolv.conf: %s", model_resolver_setup(model)->trouble);
    for (size_t i = 0; i < model_configured_count(model) && i < 4; i++) {
        const struct configured_resolver *resolver = model_configured_at(model, i);
        const char *by = "", *name = "";
        if (resolver->blocked) {
            by = ", which has no way out";
        } else if (resolver->route_known && resolver->interface) {
            by = ", reached by ";
            name = model_interface_name(model, resolver->interface);
        }
        check_evidence(check, "%s: nameserver %s%s%s%s", resolver->source,
            address_format(&resolver->address, address), by, name, uses[resolver->use]);
    }
}

/* The capture runs and nothing speaks against it, but that nothing was to be seen yet. */
static bool only_quiet(const struct model *model)
{
    const struct capture_info *capture = model_capture(model);
    return capture->possible && capture->running && capture->control == CONTROL_NONE &&
           !capture->restarts;
}

/* A resolver that any name may be sent to and that lies outside the tunnel: nothing left yet, but
 * it will. */
static const struct configured_resolver *outside_resolver(const struct model *model)
{
    for (size_t i = 0; i < model_configured_count(model); i++) {
        const struct configured_resolver *resolver = model_configured_at(model, i);
        if (resolver->use != RESOLVER_ASKED)
            continue;
        const struct interface *interface = model_interface(model, resolver->interface);
        if (resolver->route_known && !resolver->blocked && !resolver->by_ipsec && interface &&
            interface->role == ROLE_UPLINK)
            return resolver;
    }
    return NULL;
}

static void judge_leak(
    const struct model *model, uint64_t now, const struct probe_sum *sum, struct check *check)
{
    const struct latched *latched = model_latched(model);
    const struct totals *totals = model_totals(model);
    char when[TIME_TEXT], quiet[TIME_TEXT + 32] = "";
    const struct lookup *newest = NULL;
    struct address resolver = {0};
    const char *interface = "";
    if (latched->leaks) {
        if (now > latched->last_ns + 10ULL * 1000000000ULL ||
            latched->last_ns < model_recent(model)->since_ns)
            text_format(quiet, sizeof(quiet), ", quiet since %s",
                time_format_clock(latched->last_ns, when));
        interface = model_interface_name(model, latched->interface);
        if (latched->onions == latched->leaks)
            check_say(check, STATE_LEAK, "%llu look-up%s for an onion name, by %s%s",
                (unsigned long long)latched->onions, plural(latched->onions), interface, quiet);
        else
            check_say(check, STATE_LEAK, "%llu of %llu look-ups left outside, by %s%s",
                (unsigned long long)latched->leaks, (unsigned long long)totals->lookups, interface,
                quiet);
        for (uint64_t s = model_lookup_newest(model); s != 0; s--) {
            const struct lookup *lookup = model_lookup(model, s);
            if (!lookup)
                break;
            if (!lookup->own && lookup->transport != TRANSPORT_STUN && is_leak(lookup)) {
                newest = lookup;
                resolver = lookup->resolver;
                interface = model_interface_name(model, lookup->interface);
                break;
            }
        }
    } else if (sum->outside) {
        interface = model_interface_name(model, sum->outside->interface);
        resolver = sum->outside->resolver;
        check_say(check, STATE_LEAK, "leaktop's own probe left by %s: others will too", interface);
    }
    if (latched->leaks > 0 && latched->onions == latched->leaks)
        text_format(check->means, sizeof(check->means),
            "Names of onion services are none of DNS. The resolver that was asked, and whoever "
            "carried the question in the clear, learned which service was meant, and when.");
    else if (latched->leaks > 0 && totals->by_exposure[EXPOSURE_EXPOSED] == 0)
        text_format(check->means, sizeof(check->means),
            "The operator of the resolver learned which names were asked for, when, and by your "
            "own "
            "address. The local network and the ISP learned that it was asked, not the names.");
    else
        text_format(check->means, sizeof(check->means),
            "The local network, the ISP and the resolver learned which names were asked for, and "
            "when. They did not learn pages, paths or what was typed.");
    check_evidence_newest(check, model, is_leak, 5);
    excused_evidence(check, model);
    judge_egress_evidence(model, check);
    judge_interception_evidence(model, check);
    judge_probe_evidence(model, check);
    judge_egress_list(model, check);
    resolver_evidence(check, model);
    if (latched->onions > 0)
        check_advise(check, "onion names: only by programs that hand names to Tor (SOCKS5 with "
                            "remote DNS, or Tor's DNSPort)");
    if (totals->leaks_lost)
        check_evidence(check, "%llu more leaks are not in the list: it is full",
            (unsigned long long)totals->leaks_lost);
    advise_resolver(check, model, newest, &resolver, interface);
}

static void judge_unexpected(const struct model *model, const char *blind, struct check *check)
{
    const struct totals *totals = model_totals(model);
    unsigned long long open = totals->by_exposure[EXPOSURE_OPEN];
    const struct recent *recent = model_recent(model);
    unsigned long long hidden = recent->by_exposure[EXPOSURE_TUNNELLED];
    text_format(check->means, sizeof(check->means),
        "Without a VPN or Tor the network next to you, the ISP and the resolver learn each name. "
        "That is no leak, and no protection either. A VPN on the router is not seen from here.");
    bool up = model_tunnel_up(model);
    if (up && open > 0)
        check_say(check, STATE_WARN, "%llu look-up%s beside the tunnel; none is expected", open,
            plural(open));
    else if (blind && (up || open + totals->by_exposure[EXPOSURE_TUNNELLED] == 0))
        check_say(check, STATE_UNKNOWN, "%s", blind);
    else if (up && model_capture(model)->dropped > recent->dropped_before)
        check_say(check, STATE_UNKNOWN, "packets were dropped unseen");
    else if (up && hidden > 0)
        check_say(
            check, STATE_OK, "%llu look-up%s left by the tunnel only", hidden, plural(hidden));
    else if (up)
        check_say(check, STATE_UNKNOWN, "no look-up seen since the last change");
    else
        check_say(check, STATE_OFF, "nothing is expected; %llu look-up%s left in the open", open,
            plural(open));
    check_evidence_newest(check, model, is_open, 5);
    judge_egress_evidence(model, check);
    judge_interception_evidence(model, check);
    judge_probe_evidence(model, check);
    judge_egress_list(model, check);
    resolver_evidence(check, model);
}

void judge_dns(const struct model *model, uint64_t now, struct check *check)
{
    const struct recent *recent = model_recent(model);
    const char *blind = NULL;
    bool works = capture_works(model, &blind);
    struct probe_sum sum = sum_probes(model);
    check->checked_ns = model_last_change_ns(model);

    if (model_latched(model)->leaks || sum.left_outside) {
        judge_leak(model, now, &sum, check);
        return;
    }
    if (model_expectation(model)->expectation == EXPECT_NONE) {
        judge_unexpected(model, works ? NULL : blind, check);
        return;
    }
    uint64_t tunnelled = recent->by_exposure[EXPOSURE_TUNNELLED];
    bool tor = model_expectation(model)->expectation == EXPECT_TOR;
    /* With Tor every machine has one: it is for programs that do not use Tor. */
    const struct configured_resolver *outside = tor ? NULL : outside_resolver(model);
    uint64_t dropped = model_capture(model)->dropped;
    /* What is set warns before the first packet: it rests on none. */
    bool set_outside = outside && only_quiet(model) && model_tunnel_up(model);
    if (!works && !set_outside) {
        check_say(check, STATE_UNKNOWN, "%s", blind);
    } else if (dropped > recent->dropped_before) {
        check_say(check, STATE_UNKNOWN,
            "%llu packets were dropped unseen: a leak may be among them",
            (unsigned long long)(dropped - recent->dropped_before));
        check_advise(check, "c clears this too, once fewer packets come than can be read");
    } else if (!model_capture(model)->file && !model_tunnel_up(model) &&
               model_expectation(model)->expectation == EXPECT_VPN) {
        check_say(check, STATE_UNKNOWN, "the tunnel is down; no look-up left since");
    } else if (outside) {
        char address[ADDRESS_TEXT];
        check_say(check, STATE_WARN, "resolver %s would be asked by %s",
            address_format(&outside->address, address),
            model_interface_name(model, outside->interface));
        text_format(check->means, sizeof(check->means),
            "Nothing left this way yet. The next look-up that asks this resolver will.");
        advise_resolver(
            check, model, NULL, &outside->address, model_interface_name(model, outside->interface));
    } else if (model_capture(model)->file && recent->by_exposure[EXPOSURE_OPEN] > 0) {
        unsigned long long open = recent->by_exposure[EXPOSURE_OPEN];
        check_say(check, STATE_WARN, "%llu look-up%s in the open before the tunnel was seen", open,
            plural(open));
        check_advise(check, "-e vpn or -t NAME says that a VPN was expected from the start");
    } else if (tor && recent->tor_names > 0) {
        check_say(check, STATE_OK,
            "%llu name%s handed to Tor since the last change, none asked "
            "beside it",
            (unsigned long long)recent->tor_names, plural(recent->tor_names));
        text_format(check->means, sizeof(check->means),
            "Tor's exits looked these names up. A program that does not use Tor would ask the "
            "system's resolver: its look-ups would leave outside.");
    } else if (tunnelled > 0 || sum.told > 0) {
        const struct interface *tunnel = model_tunnel(model);
        if (tunnelled > 0)
            check_say(check, STATE_OK, "%llu look-up%s since the last change, all by %s",
                (unsigned long long)tunnelled, plural(tunnelled),
                tunnel ? tunnel->name : "the tunnel");
        else
            check_say(check, STATE_OK, "the probes left by %s; no other look-up yet",
                tunnel ? tunnel->name : "the tunnel");
        text_format(check->means, sizeof(check->means),
            "The network next to you and the ISP did not learn these names. The VPN and the "
            "resolver did. Of encrypted resolvers, those that are known are watched.");
    } else if (sum.left_tunnel > 0) {
        /* Whoever answered so may have asked nobody: what was seen is no look-up in the world. */
        check_say(check, STATE_UNKNOWN,
            "no look-up seen since the last change; nobody tells who "
            "asks the world: %s",
            sum.untold ? sum.untold->reason : "not asked");
    } else if (sum.failed) {
        check_say(check, STATE_UNKNOWN, "no look-up seen since the last change; probe: %s",
            sum.failure->reason);
    } else {
        check_say(check, STATE_UNKNOWN, "no look-up seen since the last change");
    }
    check_evidence_newest(check, model, is_tunnelled, 3);
    excused_evidence(check, model);
    judge_egress_evidence(model, check);
    judge_interception_evidence(model, check);
    judge_probe_evidence(model, check);
    judge_egress_list(model, check);
    resolver_evidence(check, model);
}
