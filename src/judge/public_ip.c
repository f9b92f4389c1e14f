/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "judge/private.h"

#include "base/text.h"

/* public-ip: is the address that web sites see the tunnel's, for both families, and do the services
 * agree? */

static const char *const words[FAMILY_INDEXES] = {"IPv4", "IPv6"};

static bool is_uplink_address(const struct model *model, const struct address *address)
{
    for (size_t i = 0; i < model_interface_count(model); i++) {
        const struct interface *interface = model_interface_at(model, i);
        if (!interface->present || interface->role != ROLE_UPLINK)
            continue;
        for (size_t j = 0; j < interface->address_count; j++)
            if (address_equal(&interface->addresses[j].address, address))
                return true;
    }
    return false;
}

void judge_public_ip(const struct model *model, uint64_t now, struct check *check)
{
    (void)now;
    bool expected = model_expectation(model)->expectation != EXPECT_NONE;
    bool pending = false, asked = false, disagree = false, outside = false, agreed = false;
    bool failed = false;
    char text[SUMMARY_TEXT] = "";
    for (size_t f = 0; f < FAMILY_INDEXES; f++) {
        const struct public_address *seen = model_public(model, (enum family)f);
        char address[ADDRESS_TEXT], other[ADDRESS_TEXT];
        asked |= seen->asked_ever;
        pending |= seen->pending;
        if (seen->checked_ns > check->checked_ns)
            check->checked_ns = seen->checked_ns;
        if (!seen->asked_ever || seen->asked == 0)
            continue;
        size_t used = 0;
        while (text[used])
            used++;
        const char *comma = used ? ", " : "";
        if (seen->other.family) {
            disagree = true;
            check_evidence(check, "%s: the services disagree: \x02%s\x03 and \x02%s\x03", words[f],
                address_format(&seen->address, address), address_format(&seen->other, other));
        }
        if (seen->agree == 0) {
            failed |= model_route(model, (enum family)f)->state == ROUTE_PRESENT;
            check_evidence(check, "%s: no answer from %u services: %s", words[f],
                (unsigned)seen->asked, seen->error[0] ? seen->error : "no reason known");
            continue;
        }
        address_format(&seen->address, address);
        text_format(text + used, sizeof(text) - used, "%s%s \x02%s\x03%s%s (%u of %u)", comma,
            words[f], address, seen->network.org[0] ? " " : "", seen->network.org,
            (unsigned)seen->agree, (unsigned)seen->asked);
        agreed |= seen->agree >= 2;
        failed |= seen->agree < 2;
        check_evidence(check, "%s: %u of %u services said \x02%s\x03, asked by %s", words[f],
            (unsigned)seen->agree, (unsigned)seen->asked, address,
            model_interface_name(model, seen->interface));
        const struct interface *by = model_interface(model, seen->interface);
        bool current = seen->checked_ns >= model_recent(model)->since_ns;
        if (expected && current &&
            ((by && by->role == ROLE_UPLINK && model_ipsec(model, (enum family)f) != IPSEC_ALL) ||
                is_uplink_address(model, &seen->address))) {
            outside = true;
            check_evidence(
                check, "%s leaves outside the tunnel: that is your own address", words[f]);
        }
    }
    text_format(check->means, sizeof(check->means),
        "This is the address that web sites see. It tells nothing about names: they may take "
        "another "
        "way.");
    if (!asked)
        check_say(check, pending ? STATE_UNKNOWN : STATE_OFF, "%s",
            pending ? "being asked" : "not asked");
    else if (outside)
        check_say(check, STATE_LEAK, "sites see your own address: %s", text);
    else if (disagree)
        check_say(check, STATE_WARN, "the services disagree: %s", text);
    else if (!agreed)
        check_say(check, STATE_UNKNOWN, "%s%s",
            pending   ? "being asked"
            : text[0] ? "fewer than two services agree: "
            : failed  ? "no service answered"
                      : "not asked: no route",
            pending ? "" : text);
    else if (expected && !model_tunnel_up(model))
        check_say(check, STATE_UNKNOWN, "the tunnel is not the web route now; last seen %s", text);
    else if (!expected)
        check_say(check, STATE_OFF, "nothing is expected; %s", text);
    else
        check_say(check, STATE_OK, "%s", text);
}
