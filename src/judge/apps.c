/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "judge/private.h"

#include <string.h>

#include "base/name.h"
#include "base/text.h"

/* apps: do programs differ in their way out? Each look-up outside the tunnel is a leak of `dns`
 * already; here stands which programs part from the others, and whose connections do. With Tor: who
 * speaks to it, who is outside it, and who hands it addresses that he looked up himself. */

/* What a program does that the others do not, worst first. */
enum way {
    WAY_LEAKS,
    WAY_SPLIT,
    WAY_HANDS, /* Tor addresses whose names it looked up itself */
    WAY_MIXED, /* uses Tor, and looks names up beside it, where that is no leak */
    WAY_TOR,
    WAY_TUNNEL,
    WAY_OTHER,
    WAYS
};

/* The person said that this program may leave as it likes. */
static bool intended(const struct model *model, const struct app *app)
{
    for (size_t i = 0; i < model_intended_count(model); i++) {
        const struct intended *rule = model_intended_at(model, i);
        if (strcmp(rule->program, app->name) == 0 && rule->name[0] == '\0' &&
            rule->resolver.family == FAMILY_NONE)
            return true;
    }
    return false;
}

static enum way way_of(const struct model *model, const struct app *app)
{
    uint64_t cleared = model_cleared_ns(model), since = model_recent(model)->since_ns;
    if (app->exposed + app->bypass > 0 && app->leaked_ns > cleared)
        return WAY_LEAKS;
    if (app->connects > 0 && app->connected_ns > cleared && !intended(model, app))
        return WAY_SPLIT;
    bool by_tor = app->tor_names + app->tor_addresses > 0;
    if (by_tor && app->handed_ns > cleared)
        return WAY_HANDS;
    if (by_tor && app->tor_ns > cleared && app->open > 0 && !intended(model, app))
        return WAY_MIXED;
    if (by_tor && app->tor_ns >= since)
        return WAY_TOR;
    if (app->tunnelled > 0 && app->tunnelled_ns >= since)
        return WAY_TUNNEL;
    return WAY_OTHER;
}

struct sum {
    unsigned programs[WAYS];
    char names[WAYS][80]; /* the first few */
    bool nameless;        /* of some that left outside the program is not known */
};

static void add_name(char *list, size_t size, const char *name, unsigned before)
{
    enum { NAMED = 3 };
    size_t used = strlen(list);
    if (before < NAMED)
        text_format(list + used, size - used, "%s%s", before ? ", " : "", name);
    else if (before == NAMED)
        text_format(list + used, size - used, ", ...");
}

static bool of_app(const struct app *app, const struct process *process)
{
    return strcmp(process->name, app->name) == 0 && strcmp(process->user, app->user) == 0;
}

/* The newest few names that it looked up itself outside, each once: ": a.example, b.example". */
static void names_outside(const struct model *model, const struct app *app, char *out, size_t size)
{
    enum { NAMED = 3 };
    const struct lookup *said[NAMED];
    size_t count = 0;
    out[0] = '\0';
    for (uint64_t serial = model_lookup_newest(model); serial != 0 && count < NAMED; serial--) {
        const struct lookup *lookup = model_lookup(model, serial);
        if (!lookup)
            break;
        bool outside = exposure_leaks(lookup->exposure) || lookup->exposure == EXPOSURE_OPEN;
        if (!outside || lookup->own || lookup->transport == TRANSPORT_STUN ||
            lookup->name_length == 0 || !of_app(app, &lookup->process))
            continue;
        bool again = false;
        for (size_t i = 0; i < count; i++)
            again |=
                name_equal(said[i]->name, said[i]->name_length, lookup->name, lookup->name_length);
        char name[NAME_TEXT_MAX];
        size_t used = strlen(out), length = name_format(lookup->name, lookup->name_length, name);
        if (again)
            continue;
        text_format(out + used, size - used, "%s\x02%s%s\x03", count ? ", " : ": ",
            length > 60 ? "~" : "", length > 60 ? name + length - 60 : name);
        said[count++] = lookup;
    }
}

/* Of what it handed to Tor as an address, the newest: "b.example as 192.0.2.2". */
static void handed(const struct model *model, const struct app *app, char *out, size_t size)
{
    out[0] = '\0';
    for (uint64_t serial = model_socks_newest(model); serial != 0; serial--) {
        const struct socks_request *request = model_socks(model, serial);
        char name[NAME_TEXT_MAX], address[ADDRESS_TEXT];
        if (!request)
            return;
        if (!request->looked_up || strcmp(request->program, app->name) != 0 ||
            strcmp(request->user, app->user) != 0)
            continue;
        size_t length = name_format(request->name, request->name_length, name);
        text_format(out, size, ", last \x02%s%s\x03 as %s", length > 60 ? "~" : "",
            length > 60 ? name + length - 60 : name, address_format(&request->address, address));
        return;
    }
}

static void say_tor(struct check *check, const struct app *app, const char *who)
{
    if (app->tor_names + app->tor_addresses == 0)
        return;
    char addresses[40] = "";
    if (app->tor_addresses > 0)
        text_format(addresses, sizeof(addresses), "%u address%s%s", (unsigned)app->tor_addresses,
            app->tor_addresses == 1 ? "" : "es", app->tor_names ? " and " : "");
    if (app->tor_names > 0)
        check_evidence(check, "%s: %s%u name%s handed to Tor", who, addresses,
            (unsigned)app->tor_names, plural(app->tor_names));
    else
        check_evidence(check, "%s: %s handed to Tor", who, addresses);
}

static void say_app(
    struct check *check, const struct model *model, const struct app *app, enum way way)
{
    char when[TIME_TEXT], by[INTERFACE_NAME * 2] = "", who[2 * PROCESS_NAME + 4], names[240];
    bool tor = model_expectation(model)->expectation == EXPECT_TOR;
    text_format(who, sizeof(who), app->user[0] ? "%s (%s)" : "%s", app->name, app->user);
    for (size_t i = 0; i < sizeof(app->interfaces) / sizeof(app->interfaces[0]); i++) {
        size_t used = strlen(by);
        if (app->interfaces[i])
            text_format(by + used, sizeof(by) - used, "%s%s", i ? ", " : " by ",
                model_interface_name(model, app->interfaces[i]));
    }
    uint64_t outside = app->exposed + app->bypass;
    switch (way) {
    case WAY_LEAKS:
        names_outside(model, app, names, sizeof(names));
        check_evidence(check, "%s: %llu of %llu look-ups outside %s%s, last %s%s", who,
            (unsigned long long)outside, (unsigned long long)app->lookups,
            tor ? "Tor" : "the tunnel", by, time_format_clock(app->leaked_ns, when), names);
        say_tor(check, app, who);
        break;
    case WAY_SPLIT:
        check_evidence(check,
            "%s: %llu connection%s outside %s by %s, last %s; %llu look-up%s inside it", who,
            (unsigned long long)app->connects, plural(app->connects), tor ? "Tor" : "the tunnel",
            model_interface_name(model, app->connected_by),
            time_format_clock(app->connected_ns, when), (unsigned long long)app->tunnelled,
            plural(app->tunnelled));
        say_tor(check, app, who);
        break;
    case WAY_MIXED:
        names_outside(model, app, names, sizeof(names));
        check_evidence(check, "%s: %llu look-up%s beside Tor%s%s", who,
            (unsigned long long)app->open, plural(app->open), by, names);
        say_tor(check, app, who);
        break;
    case WAY_HANDS:
    case WAY_TOR:
        say_tor(check, app, who);
        break;
    case WAY_TUNNEL:
    case WAY_OTHER:
    case WAYS:
        check_evidence(check, "%s: %llu look-up%s in the tunnel%s", who,
            (unsigned long long)app->tunnelled, plural(app->tunnelled), by);
        break;
    }
    handed(model, app, names, sizeof(names));
    if (app->handed_ns > model_cleared_ns(model))
        check_evidence(check, "%s: handed Tor %u address%s that it had looked up itself%s", who,
            (unsigned)app->tor_looked_up, app->tor_looked_up == 1 ? "" : "es", names);
}

/* Programs that look names up in the open while others use Tor. */
static void say_beside(struct check *check, const struct model *model)
{
    enum { SAID = 6 };
    unsigned said = 0;
    for (size_t i = 0; i < model_app_count(model) && said < SAID; i++) {
        const struct app *app = model_app_at(model, i);
        char names[240];
        if (way_of(model, app) != WAY_OTHER || app->open == 0)
            continue;
        names_outside(model, app, names, sizeof(names));
        check_evidence(check, "%s: %llu look-up%s in the open, not by Tor%s", app->name,
            (unsigned long long)app->open, plural(app->open), names);
        said++;
    }
}

static void say_exit(struct check *check, const struct model *model)
{
    const struct tor *tor = model_tor(model);
    char when[TIME_TEXT], address[ADDRESS_TEXT];
    time_format_clock(tor->exit_ns, when);
    switch (tor->exit) {
    case EXIT_TOR:
        check_evidence(check, "%s check.torproject.org through Tor: by its exit %s", when,
            address_format(&tor->exit_address, address));
        break;
    case EXIT_NOT_TOR:
        check_evidence(check, "%s check.torproject.org through that port: NOT Tor, but %s", when,
            address_format(&tor->exit_address, address));
        break;
    case EXIT_FAILED:
        check_evidence(check, "%s check.torproject.org through Tor: %s", when, tor->exit_reason);
        break;
    case EXIT_NOT_ASKED:
    case EXIT_ASKED:
        break;
    }
}

static struct sum sum_up(const struct model *model, struct check *check)
{
    struct sum sum = {0};
    for (enum way way = 0; way < WAY_OTHER; way++) {
        for (size_t i = 0; i < model_app_count(model); i++) {
            const struct app *app = model_app_at(model, i);
            if (way_of(model, app) != way)
                continue;
            add_name(sum.names[way], sizeof(sum.names[way]), app->name, sum.programs[way]++);
            sum.nameless |= way == WAY_LEAKS && strcmp(app->name, "unknown") == 0;
            say_app(check, model, app, way);
        }
    }
    return sum;
}

/* True where it is about programs that use Tor but do not leave their names to it. */
static bool judge_careless(struct check *check, const struct sum *sum)
{
    bool hands = sum->programs[WAY_HANDS] > 0;
    if (!hands && sum->programs[WAY_MIXED] == 0)
        return false;
    if (hands)
        check_say(
            check, STATE_WARN, "looked names up before asking Tor: %s", sum->names[WAY_HANDS]);
    else
        check_say(
            check, STATE_WARN, "uses Tor, and looks names up beside it: %s", sum->names[WAY_MIXED]);
    check_advise(check, "let Tor look names up: SOCKS5 with remote DNS (curl: --socks5-hostname; "
                        "Firefox: Proxy DNS when using SOCKS v5), or torsocks");
    return true;
}

static void judge_outside(const struct model *model, const struct sum *sum, struct check *check)
{
    bool tor = model_expectation(model)->expectation == EXPECT_TOR;
    enum way inside = tor ? WAY_TOR : WAY_TUNNEL;
    enum state state = tor ? STATE_LEAK : STATE_WARN;
    if (sum->programs[WAY_LEAKS] > 0) {
        check_say(check, state, "outside %s: %s%s%s", tor ? "Tor" : "the tunnel",
            sum->names[WAY_LEAKS], sum->programs[inside] ? "; inside: " : "", sum->names[inside]);
        check_advise(check, tor ? "start these programs by torsocks, set Tor's SOCKS port as their "
                                  "proxy with remote DNS, or stop them meanwhile"
                                : "look at these programs' own DNS settings, or stop them "
                                  "meanwhile");
        if (sum->nameless)
            check_advise(
                check, "where the program is not known, the look-up's detail may tell more");
        return;
    }
    check_say(check, state, "connections outside %s: %s%s%s", tor ? "Tor" : "the tunnel",
        sum->names[WAY_SPLIT], tor && sum->programs[inside] ? "; by Tor: " : "",
        tor ? sum->names[inside] : "");
    check_advise(check, "if that is meant so%s: for each of them [intended] rule = program:NAME",
        tor ? "" : " (split tunnel)");
}

void judge_apps(const struct model *model, uint64_t now, struct check *check)
{
    (void)now;
    const char *blind;
    bool works = capture_works(model, &blind);
    enum expectation expected = model_expectation(model)->expectation;
    bool tor = model_tor(model)->seen_ns != 0;
    struct sum sum = sum_up(model, check);
    unsigned inside = sum.programs[WAY_TUNNEL] + sum.programs[WAY_TOR];
    check->checked_ns = model_last_change_ns(model);
    text_format(check->means, sizeof(check->means),
        tor || expected == EXPECT_TOR
            ? "Who uses Tor for one program and not for another can be known by the other. A name "
              "that is looked up before Tor is asked tells the resolver what Tor was to hide."
            : "A program can have a way out of its own: a resolver in its settings, a socket bound "
              "to the uplink, a rule of a split tunnel. What it sends there is not hidden.");
    if (sum.programs[WAY_LEAKS] > 0 || (expected != EXPECT_NONE && sum.programs[WAY_SPLIT] > 0)) {
        judge_outside(model, &sum, check);
    } else if (judge_careless(check, &sum)) {
        /* said */
    } else if (expected == EXPECT_NONE) {
        check_say(check, STATE_OFF, "nothing is expected of programs%s%s",
            sum.programs[WAY_TOR] ? "; by Tor: " : "", sum.names[WAY_TOR]);
    } else if (!works) {
        check_say(check, STATE_UNKNOWN, "%s", blind);
    } else if (model_capture(model)->dropped > model_recent(model)->dropped_before) {
        check_say(check, STATE_UNKNOWN, "packets were dropped unseen: a program may be missing");
    } else if (inside > 0) {
        bool both = sum.programs[WAY_TUNNEL] > 0 && sum.programs[WAY_TOR] > 0;
        check_say(check, STATE_OK, "%u program%s, all %s: %s%s%s", inside, plural(inside),
            both                    ? "in the tunnel or by Tor"
            : sum.programs[WAY_TOR] ? "by Tor"
                                    : "in the tunnel",
            sum.names[WAY_TUNNEL], both ? "; by Tor: " : "", sum.names[WAY_TOR]);
    } else {
        check_say(check, STATE_OFF, "no program looked a name up since the last change");
    }
    if (tor && expected != EXPECT_TOR)
        say_beside(check, model);
    if (tor)
        say_exit(check, model);
}

enum app_harm judge_app_harm(const struct model *model, const struct app *app)
{
    const unsigned link = 1U << TRANSPORT_MDNS | 1U << TRANSPORT_LLMNR | 1U << TRANSPORT_NBNS;
    static const enum app_harm harms[WAYS] = {[WAY_LEAKS] = APP_LEAKS,
        [WAY_SPLIT] = APP_SPLIT,
        [WAY_HANDS] = APP_HANDS,
        [WAY_MIXED] = APP_MIXED,
        [WAY_TOR] = APP_TOR};
    enum way way = way_of(model, app);
    if (way != WAY_TUNNEL && way != WAY_OTHER)
        return harms[way];
    if (app->open > 0)
        return APP_OPEN;
    if (app->transports && (app->transports & ~link) == 0)
        return APP_LAN;
    return app->tunnelled > 0 ? APP_TUNNELLED : APP_INTERNAL;
}
