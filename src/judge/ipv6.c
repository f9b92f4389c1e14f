/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "judge/private.h"

#include "base/text.h"

/* ipv6: does IPv6 take another way than IPv4, for web and for DNS? */

static bool is_leak(const struct lookup *lookup)
{
    return exposure_leaks(lookup->exposure) && lookup->resolver.family == FAMILY_IPV6;
}

static bool has_ipv6(const struct model *model)
{
    for (size_t i = 0; i < model_interface_count(model); i++) {
        const struct interface *interface = model_interface_at(model, i);
        if (!interface->present || interface->role == ROLE_LOOPBACK)
            continue;
        for (size_t j = 0; j < interface->address_count; j++) {
            const struct address *address = &interface->addresses[j].address;
            if (address->family == FAMILY_IPV6 && !address_is_link_local(address))
                return true;
        }
    }
    return model_route(model, FAMILY_INDEX_6)->state == ROUTE_PRESENT;
}

void judge_ipv6(const struct model *model, uint64_t now, struct check *check)
{
    (void)now;
    const struct web_route *route = model_route(model, FAMILY_INDEX_6);
    const struct latched *latched = model_latched(model);
    const char *blind;
    const char *name = model_interface_name(model, route->interface);
    bool outside = route_outside(model, FAMILY_INDEX_6);
    bool expected = model_expectation(model)->expectation != EXPECT_NONE;
    const struct public_address *seen = model_public(model, FAMILY_INDEX_6);
    const struct interface *seen_by = model_interface(model, seen->interface);
    const struct connect *connect = connection_outside(model, FAMILY_INDEX_6);
    bool tor = model_expectation(model)->expectation == EXPECT_TOR;
    bool web_leaks = expected && outside && (model_tunnel_up(model) || (tor && connect)) &&
                     (connect || (seen->agree > 0 && seen_by && seen_by->role == ROLE_UPLINK &&
                                     seen->checked_ns >= model_recent(model)->since_ns));
    check->checked_ns = model_last_change_ns(model);

    if (latched->by_family[FAMILY_INDEX_6] || web_leaks) {
        unsigned long long leaks = latched->by_family[FAMILY_INDEX_6];
        if (leaks && web_leaks)
            check_say(check, STATE_LEAK, "web and %llu look-up%s left outside the tunnel", leaks,
                plural(leaks));
        else if (leaks)
            check_say(
                check, STATE_LEAK, "%llu look-up%s left outside the tunnel", leaks, plural(leaks));
        else
            check_say(check, STATE_LEAK, "web leaves by %s, outside the tunnel", name);
        text_format(check->means, sizeof(check->means),
            "Sites and resolvers that are reached over IPv6 see your own address, and the network "
            "next "
            "to you sees where you go.");
        check_evidence_newest(check, model, is_leak, 5);
        if (connect) {
            char when[TIME_TEXT], to[ADDRESS_TEXT];
            check_evidence(check, "%s TCP connection by %s to %s port %u%s%s",
                time_format_millis(connect->time_ns, when),
                model_interface_name(model, connect->interface),
                address_format(&connect->destination, to), (unsigned)connect->port,
                connect->own ? ", leaktop's own" : " of ",
                connect->own ? "" : connect->process.name);
        }
    } else if (model_capture(model)->file) {
        check_say(check, STATE_OFF, "a capture file tells no routes; no look-up outside");
        return;
    } else if (!has_ipv6(model)) {
        check_say(check, STATE_OFF, "this machine has no IPv6");
        return;
    } else if (!expected) {
        check_say(check, STATE_OFF, "nothing is expected; IPv6 web route: %s",
            route->state == ROUTE_PRESENT ? name : "none");
        return;
    } else if (route->state == ROUTE_UNKNOWN) {
        check_say(check, STATE_UNKNOWN, "the kernel did not say which way IPv6 takes");
        return;
    } else if (tor && !model_tunnel_up(model)) {
        check_say(check, STATE_OFF, "Tor takes programs, not a family: apps tells who is outside");
        return;
    } else if (outside && model_tunnel_up(model)) {
        check_say(check, STATE_WARN, "web would leave by %s; nothing seen yet", name);
        text_format(check->means, sizeof(check->means),
            "A site that has an IPv6 address would be reached outside the tunnel, unless a "
            "firewall "
            "holds it back.");
    } else if (!model_tunnel_up(model)) {
        check_say(check, STATE_UNKNOWN, "the tunnel is not the web route now");
        return;
    } else if (!capture_works(model, &blind)) {
        check_say(check, STATE_UNKNOWN, "%s", blind);
        return;
    } else if (family_in_tunnel(model, FAMILY_INDEX_6)) {
        check_say(check, STATE_OK, "takes the tunnel (%s), as IPv4 does", name);
    } else {
        check_say(check, STATE_OK, "no way out: %s",
            route->state == ROUTE_BLOCKED ? "its route is blocked" : "no route");
    }
    check_evidence(check, "kernel's route for public IPv6 addresses: %s%s",
        route->state == ROUTE_PRESENT   ? name
        : route->state == ROUTE_BLOCKED ? "blocked"
                                        : "none",
        route->mixed ? ", others take another way" : "");
    if (check->state != STATE_OK)
        advise_family(check, model, FAMILY_INDEX_6,
            model_interface_name(model, outside   ? route->interface
                                        : connect ? connect->interface
                                                  : latched->interface));
}
