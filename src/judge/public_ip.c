/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "judge/private.h"

#include <string.h>

#include "base/text.h"
#include "tables/vpn.h"

/* public-ip: is the address that web sites see the tunnel's, for both families, and do the services
 * agree? */

static const char *const words[FAMILY_INDEXES] = {"IPv4", "IPv6"};

/* What one family contributes to the verdict. */
struct finding {
    bool asked;    /* at least one service was */
    bool agreed;   /* two say the same, and nothing changed since they were asked */
    bool stale;    /* that is from before the last change of the network */
    bool disagree; /* another says otherwise */
    bool outside;  /* a service was reached outside the tunnel, or saw an address of an uplink */
    bool same;     /* by the tunnel, and yet the address from before it */
    bool missing;  /* the family has a way out, and what sites see of it is not known */
    const char *denied; /* the provider that says: not ours */
};

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

/* No question was sent before the network last changed. */
static bool is_current(const struct model *model, const struct public_address *seen)
{
    uint64_t since = model_recent(model)->since_ns;
    for (size_t i = 0; i < seen->said_count; i++)
        if (seen->said[i].outcome == SAID_ADDRESS && seen->said[i].asked_ns < since)
            return false;
    return seen->checked_ns >= since;
}

/* Whose tunnel it must be; NULL: no provider is known by it. */
static const char *provider_expected(const struct model *model)
{
    const struct interface *tunnel = model_tunnel(model);
    if (model_expectation(model)->expectation == EXPECT_TOR)
        return "Tor";
    return tunnel && model_tunnel_up(model) ? vpn_by_interface(tunnel->name) : NULL;
}

static bool went_outside(const struct model *model, enum family family, uint32_t interface)
{
    const struct interface *by = model_interface(model, interface);
    return by && by->role == ROLE_UPLINK && model_ipsec(model, family) != IPSEC_ALL;
}

/* ---- rows ---- */

static void said_row(struct check *check, const struct model *model, const struct said *said)
{
    char when[TIME_TEXT], address[ADDRESS_TEXT], took[TIME_TEXT], statement[80] = "";
    time_format_clock(said->done_ns ? said->done_ns : said->asked_ns, when);
    if (said->outcome == SAID_PENDING) {
        check_evidence(check, "%s %s: no answer yet", when, said->service);
        return;
    }
    uint64_t ns = said->done_ns > said->asked_ns ? said->done_ns - said->asked_ns : 0;
    time_format_span(ns, took);
    if (said->outcome == SAID_FAILED) {
        check_evidence(check, "%s %s: %s (after %s)", when, said->service, said->reason, took);
        return;
    }
    if (said->provider[0] && said->using != TERNARY_UNKNOWN)
        text_format(statement, sizeof(statement), "; %s says: you are %susing it", said->provider,
            said->using == TERNARY_YES ? "" : "not ");
    check_evidence(check, "%s %s: \x02%s\x03, asked by %s in %s%s", when, said->service,
        address_format(&said->address, address), model_interface_name(model, said->interface), took,
        statement);
}

static void kind_row(struct check *check, enum family family, const struct public_address *seen)
{
    if (seen->own)
        check_evidence(check, "%s: it is an address of this machine itself, without NAT%s",
            words[family], seen->temporary ? "; a temporary one (RFC 8981)" : "");
    if (seen->nat64)
        check_evidence(check, "%s: reached over IPv6, through a NAT64: many share that address",
            words[family]);
    if (seen->cgnat)
        check_evidence(check,
            "%s: the way out begins in 100.64.0.0/10: other customers share that address",
            words[family]);
    if (seen->proxy[0])
        check_evidence(check, "%s: proxy: %s", words[family], seen->proxy);
}

/* ---- one family ---- */

static void look_outside(struct check *check, const struct model *model, enum family family,
    const struct public_address *seen, struct finding *finding)
{
    bool own = is_uplink_address(model, &seen->address);
    finding->outside = own || went_outside(model, family, seen->interface);
    if (finding->outside)
        check_evidence(
            check, "%s leaves outside the tunnel: that is your own address", words[family]);
    /* One service may be reached by another way than the others. */
    for (size_t i = 0; i < seen->said_count && !finding->outside; i++) {
        const struct said *said = &seen->said[i];
        if (said->outcome != SAID_ADDRESS || (!went_outside(model, family, said->interface) &&
                                                 !is_uplink_address(model, &said->address)))
            continue;
        finding->outside = true;
        check_evidence(check, "%s: %s was reached outside the tunnel, by %s", words[family],
            said->service, model_interface_name(model, said->interface));
    }
    const struct baseline *before = model_baseline(model);
    if (finding->outside || !before ||
        !address_equal(&before->public_addresses[family].address, &seen->address))
        return;
    finding->same = true;
    check_evidence(check,
        "%s: asked by %s, and yet the address that sites saw before the tunnel: it ends in your "
        "own "
        "network, or where you are known by that address",
        words[family], model_interface_name(model, seen->interface));
}

static void look_at_statements(struct check *check, const struct model *model, enum family family,
    const struct public_address *seen, struct finding *finding)
{
    const char *expected = provider_expected(model);
    for (size_t i = 0; expected && i < seen->said_count; i++) {
        const struct said *said = &seen->said[i];
        if (said->outcome != SAID_ADDRESS || said->using != TERNARY_NO ||
            strcmp(said->provider, expected) != 0)
            continue;
        finding->denied = expected;
        check_evidence(check,
            "%s: the tunnel is %s's by its name, and %s says that you are not "
            "using it",
            words[family], expected, expected);
    }
}

static void add_text(char text[static SUMMARY_TEXT], const struct model *model, enum family family,
    const struct public_address *seen)
{
    char address[ADDRESS_TEXT];
    const struct network *network = model_public_network(model, family);
    size_t used = strlen(text);
    text_format(text + used, SUMMARY_TEXT - used, "%s%s \x02%s\x03%s%s (%u of %u)",
        used ? ", " : "", words[family], address_format(&seen->address, address),
        network->org[0] ? " " : "", network->org, (unsigned)seen->agree, (unsigned)seen->asked);
}

static struct finding look(struct check *check, const struct model *model, enum family family,
    char text[static SUMMARY_TEXT])
{
    const struct public_address *seen = model_public(model, family);
    bool expected = model_expectation(model)->expectation != EXPECT_NONE;
    bool leaves = model_route(model, family)->state == ROUTE_PRESENT;
    struct finding finding = {.asked = seen->asked_ever && seen->asked > 0};
    char address[ADDRESS_TEXT], other[ADDRESS_TEXT];
    if (!finding.asked) {
        finding.missing = leaves;
        if (finding.missing && seen->error[0])
            check_evidence(check, "%s: %s", words[family], seen->error);
        return finding;
    }
    finding.stale = !is_current(model, seen);
    finding.agreed = seen->agree >= 2 && !finding.stale;
    finding.missing = leaves && !finding.agreed;
    finding.disagree = seen->other.family != FAMILY_NONE;
    if (finding.disagree)
        check_evidence(check, "%s: the services disagree: \x02%s\x03 and \x02%s\x03", words[family],
            address_format(&seen->address, address), address_format(&seen->other, other));
    if (seen->agree == 0) {
        check_evidence(check, "%s: no answer from %u services: %s", words[family],
            (unsigned)seen->asked, seen->error[0] ? seen->error : "no reason known");
        return finding;
    }
    add_text(text, model, family, seen);
    check_evidence(check, "%s: %u of %u services said \x02%s\x03, asked by %s%s", words[family],
        (unsigned)seen->agree, (unsigned)seen->asked, address_format(&seen->address, address),
        model_interface_name(model, seen->interface),
        finding.stale ? "; the network has changed since" : "");
    kind_row(check, family, seen);
    if (!finding.stale && expected)
        look_outside(check, model, family, seen, &finding);
    if (!finding.stale)
        look_at_statements(check, model, family, seen, &finding);
    return finding;
}

/* ---- both ---- */

static void merge(struct finding *all, const struct finding *one)
{
    all->asked |= one->asked;
    all->agreed |= one->agreed;
    all->stale |= one->stale;
    all->disagree |= one->disagree;
    all->outside |= one->outside;
    all->same |= one->same;
    all->missing |= one->missing;
    all->denied = one->denied ? one->denied : all->denied;
}

static void conclude(
    struct check *check, const struct model *model, const struct finding *all, const char *text)
{
    bool expected = model_expectation(model)->expectation != EXPECT_NONE;
    bool pending = model_public(model, FAMILY_INDEX_4)->pending ||
                   model_public(model, FAMILY_INDEX_6)->pending;
    bool asked_ever = model_public(model, FAMILY_INDEX_4)->asked_ever ||
                      model_public(model, FAMILY_INDEX_6)->asked_ever;
    const char *between = text[0] ? ": " : "";
    if (!asked_ever)
        check_say(check, pending ? STATE_UNKNOWN : STATE_OFF, "%s",
            pending ? "being asked" : "not asked");
    else if (all->outside)
        check_say(check, STATE_LEAK, "sites see your own address: %s", text);
    else if (all->denied)
        check_say(check, STATE_WARN, "%s says that you are not using it: %s", all->denied, text);
    else if (all->disagree)
        check_say(check, STATE_WARN, "the services disagree: %s", text);
    else if (all->same)
        check_say(check, STATE_WARN, "sites see the address of before the tunnel: %s", text);
    else if (all->missing && pending && !all->agreed)
        check_say(check, STATE_UNKNOWN, "being asked");
    else if (all->missing && all->stale)
        check_say(check, STATE_UNKNOWN, "not asked since the network changed%s%s", between, text);
    else if (all->missing && text[0])
        check_say(check, STATE_UNKNOWN, "%s%s",
            all->agreed ? "known for one family only: " : "fewer than two services agree: ", text);
    else if (all->missing)
        check_say(
            check, STATE_UNKNOWN, all->asked ? "no service answered" : "no service was asked");
    else if (!all->agreed)
        check_say(check, STATE_UNKNOWN, "%s%s%s",
            text[0] ? "fewer than two services agree" : "not asked: no route", between, text);
    else if (expected && !model_tunnel_up(model))
        check_say(check, STATE_UNKNOWN, "the tunnel is not the web route now; last seen %s", text);
    else if (!expected)
        check_say(check, STATE_OFF, "nothing is expected; %s", text);
    else
        check_say(check, STATE_OK, "%s", text);
}

/* Where Tor is expected, what counts is what comes out of it: nothing else is asked. */
static bool judge_exit(const struct model *model, struct check *check)
{
    const struct tor *tor = model_tor(model);
    char exit[ADDRESS_TEXT];
    if (model_expectation(model)->expectation != EXPECT_TOR || tor->exit == EXIT_NOT_ASKED)
        return false;
    address_format(&tor->exit_address, exit);
    check->checked_ns = tor->exit_ns;
    text_format(check->means, sizeof(check->means),
        "Sites that are visited by Tor see an exit's address. Programs outside Tor show them your "
        "own: apps names those.");
    if (tor->exit == EXIT_TOR)
        check_say(check, STATE_OK, "by Tor: its exit %s", exit);
    else if (tor->exit == EXIT_NOT_TOR)
        check_say(check, STATE_WARN, "Tor's port leads out by %s, which is no exit of Tor", exit);
    else if (tor->exit == EXIT_FAILED)
        check_say(check, STATE_UNKNOWN, "through Tor: %s", tor->exit_reason);
    else
        check_say(check, STATE_UNKNOWN, "being asked, through Tor");
    return true;
}

void judge_public_ip(const struct model *model, uint64_t now, struct check *check)
{
    (void)now;
    if (judge_exit(model, check))
        return;
    struct finding all = {0}, each[FAMILY_INDEXES];
    char text[SUMMARY_TEXT] = "";
    for (enum family family = 0; family < FAMILY_INDEXES; family++) {
        each[family] = look(check, model, family, text);
        merge(&all, &each[family]);
        if (model_public(model, family)->checked_ns > check->checked_ns)
            check->checked_ns = model_public(model, family)->checked_ns;
    }
    for (enum family family = 0; family < FAMILY_INDEXES; family++)
        for (size_t i = 0; i < model_public(model, family)->said_count; i++)
            said_row(check, model, &model_public(model, family)->said[i]);
    text_format(check->means, sizeof(check->means),
        "This is the address that web sites see. It tells nothing about names: they may take "
        "another way.");
    conclude(check, model, &all, text);
    for (enum family family = 0; family < FAMILY_INDEXES; family++)
        if (each[family].outside)
            advise_family(check, model, family,
                model_interface_name(model, model_public(model, family)->interface));
}
