/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "judge/private.h"

#include <string.h>

#include "base/text.h"

/* apps: do programs differ in their way out? Each look-up outside the tunnel is a leak of `dns`
 * already; here stands which programs part from the others, and whose connections do. */

/* What a program does that the others do not, worst first. */
enum way { WAY_LEAKS, WAY_SPLIT, WAY_TUNNEL, WAY_OTHER, WAYS };

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
    uint64_t cleared = model_cleared_ns(model);
    if (app->exposed + app->bypass > 0 && app->leaked_ns > cleared)
        return WAY_LEAKS;
    if (app->connects > 0 && app->connected_ns > cleared && !intended(model, app))
        return WAY_SPLIT;
    if (app->tunnelled > 0 && app->tunnelled_ns >= model_recent(model)->since_ns)
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

static void say_app(
    struct check *check, const struct model *model, const struct app *app, enum way way)
{
    char when[TIME_TEXT], by[INTERFACE_NAME * 2] = "", user[PROCESS_NAME + 4] = "";
    if (app->user[0])
        text_format(user, sizeof(user), " (%s)", app->user);
    for (size_t i = 0; i < sizeof(app->interfaces) / sizeof(app->interfaces[0]); i++) {
        size_t used = strlen(by);
        if (app->interfaces[i])
            text_format(by + used, sizeof(by) - used, "%s%s", i ? ", " : " by ",
                model_interface_name(model, app->interfaces[i]));
    }
    uint64_t outside = app->exposed + app->bypass;
    if (way == WAY_LEAKS)
        check_evidence(check, "%s%s: %llu of %llu look-ups outside the tunnel%s, last %s",
            app->name, user, (unsigned long long)outside, (unsigned long long)app->lookups, by,
            time_format_clock(app->leaked_ns, when));
    else if (way == WAY_SPLIT)
        check_evidence(check,
            "%s%s: %llu connection%s outside the tunnel by %s, last %s; %llu look-up%s inside it",
            app->name, user, (unsigned long long)app->connects, plural(app->connects),
            model_interface_name(model, app->connected_by),
            time_format_clock(app->connected_ns, when), (unsigned long long)app->tunnelled,
            plural(app->tunnelled));
    else
        check_evidence(check, "%s%s: %llu look-up%s in the tunnel%s", app->name, user,
            (unsigned long long)app->tunnelled, plural(app->tunnelled), by);
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

void judge_apps(const struct model *model, uint64_t now, struct check *check)
{
    (void)now;
    const char *blind;
    bool works = capture_works(model, &blind);
    bool expected = model_expectation(model)->expectation != EXPECT_NONE;
    struct sum sum = sum_up(model, check);
    check->checked_ns = model_last_change_ns(model);
    text_format(check->means, sizeof(check->means),
        "A program can have a way out of its own: a resolver in its settings, a socket bound to "
        "the "
        "uplink, a rule of a split tunnel. What it sends there is not hidden.");
    if (!expected && sum.programs[WAY_LEAKS] == 0) {
        check_say(check, STATE_OFF, "nothing is expected of programs");
    } else if (sum.programs[WAY_LEAKS] > 0) {
        check_say(check, STATE_WARN, "outside the tunnel: %s%s%s", sum.names[WAY_LEAKS],
            sum.programs[WAY_TUNNEL] ? "; inside: " : "", sum.names[WAY_TUNNEL]);
        check_advise(check, "look at these programs' own DNS settings, or stop them meanwhile");
        if (sum.nameless)
            check_advise(
                check, "where the program is not known, the look-up's detail may tell more");
    } else if (sum.programs[WAY_SPLIT] > 0) {
        check_say(check, STATE_WARN, "connections outside the tunnel: %s", sum.names[WAY_SPLIT]);
        check_advise(check,
            "if that is meant so (split tunnel): for each of them [intended] rule = program:NAME");
    } else if (!works) {
        check_say(check, STATE_UNKNOWN, "%s", blind);
    } else if (model_capture(model)->dropped > model_recent(model)->dropped_before) {
        check_say(check, STATE_UNKNOWN, "packets were dropped unseen: a program may be missing");
    } else if (sum.programs[WAY_TUNNEL] > 0) {
        check_say(check, STATE_OK, "%u program%s, all in the tunnel: %s", sum.programs[WAY_TUNNEL],
            plural(sum.programs[WAY_TUNNEL]), sum.names[WAY_TUNNEL]);
    } else {
        check_say(check, STATE_OFF, "no program looked a name up since the last change");
    }
}

enum app_harm judge_app_harm(const struct model *model, const struct app *app)
{
    const unsigned link = 1U << TRANSPORT_MDNS | 1U << TRANSPORT_LLMNR | 1U << TRANSPORT_NBNS;
    enum way way = way_of(model, app);
    if (way == WAY_LEAKS || way == WAY_SPLIT)
        return way == WAY_LEAKS ? APP_LEAKS : APP_SPLIT;
    if (app->open > 0)
        return APP_OPEN;
    if (app->transports && (app->transports & ~link) == 0)
        return APP_LAN;
    return app->tunnelled > 0 ? APP_TUNNELLED : APP_INTERNAL;
}
