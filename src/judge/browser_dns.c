/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "judge/private.h"

#include <string.h>

#include "base/text.h"
#include "judge/browsers.h"
#include "tables/browsers.h"

/* browser-dns: which browsers ask a resolver of their own, and is that intended? What a profile is
 * set to stands beside what the programs of that browser were seen to do; the wire wins. */

#define GROUPS_MAX 48

/* The profiles of one browser of one user: their programs cannot be told apart. */
struct group {
    const struct browser_profile *row; /* the first */
    struct browser_seen seen;
    bool strict;             /* each is set to DNS over HTTPS alone, or to Tor */
    uint64_t contradictions; /* kept look-ups that went past that, and the newest */
    const struct lookup *newest;
};

struct sum {
    struct group groups[GROUPS_MAX];
    size_t groups_count;
    uint8_t group_of[BROWSERS_MAX]; /* GROUPS_MAX: there was no room */
    unsigned profiles, unknown;
    char own[80], leaks[80],
        intended[80];            /* browsers with a resolver of their own; outside; so meant */
    char past[80];               /* set to it alone, or to Tor, and seen to go past it */
    char fallen[80];             /* set to it, and seen on plain DNS alone */
    char tor[BROWSER_TEXT + 24]; /* what is wrong with Tor Browser */
    bool own_in_tunnel;
    const char *unknown_why;
};

static bool intended(const struct model *model, const struct browser_profile *row)
{
    for (size_t i = 0; i < model_intended_count(model); i++) {
        const struct intended *rule = model_intended_at(model, i);
        if (rule->program[0] && browser_is_process(row->name, row->package, rule->program))
            return true;
    }
    return false;
}

static void add(char *list, size_t size, const char *name)
{
    size_t used = strlen(list);
    if (!strstr(list, name))
        text_format(list + used, size - used, "%s%s", used ? ", " : "", name);
}

/* ---- who belongs together, and what was seen of them ---- */

static bool same_browser(const struct browser_profile *a, const struct browser_profile *b)
{
    return strcmp(a->name, b->name) == 0 && strcmp(a->package, b->package) == 0 &&
           strcmp(a->user, b->user) == 0;
}

static bool is_strict(const struct browser_profile *row)
{
    return row->settings.mode == BROWSER_SECURE || row->settings.mode == BROWSER_TOR;
}

static void group_rows(const struct model *model, struct sum *sum)
{
    for (size_t i = 0; i < model_browser_count(model); i++) {
        const struct browser_profile *row = model_browser_at(model, i);
        size_t at = 0;
        while (at < sum->groups_count && !same_browser(sum->groups[at].row, row))
            at++;
        if (at == sum->groups_count && at < GROUPS_MAX) {
            struct group *group = &sum->groups[sum->groups_count++];
            group->row = row;
            group->strict = true;
            browser_seen(model, row, &group->seen);
        }
        sum->group_of[i] = (uint8_t)at;
        if (at < GROUPS_MAX)
            sum->groups[at].strict &= is_strict(row);
    }
}

/* All profiles whose programs may have sent it are set so that it should not have been. */
static struct group *contradicted(
    const struct model *model, struct sum *sum, const struct lookup *lookup)
{
    struct group *found = NULL;
    bool sent[GROUPS_MAX] = {false};
    for (size_t i = 0; i < sum->groups_count; i++) {
        sent[i] = browser_sent(model, sum->groups[i].row, lookup);
        if (sent[i] && !sum->groups[i].strict)
            return NULL;
        if (sent[i] && !found)
            found = &sum->groups[i];
    }
    for (size_t i = 0; found && i < model_browser_count(model); i++)
        if (sum->group_of[i] == GROUPS_MAX ||
            (sent[sum->group_of[i]] &&
                !browser_contradicts(model, model_browser_at(model, i), lookup)))
            return NULL;
    return found;
}

static void find_contradictions(const struct model *model, struct sum *sum)
{
    bool any = false;
    for (size_t i = 0; i < sum->groups_count; i++)
        any |= sum->groups[i].strict;
    for (uint64_t serial = model_lookup_newest(model); any && serial != 0; serial--) {
        const struct lookup *lookup = model_lookup(model, serial);
        if (!lookup)
            break;
        struct group *group = contradicted(model, sum, lookup);
        if (!group)
            continue;
        group->contradictions++;
        if (!group->newest)
            group->newest = lookup;
    }
}

/* ---- words ---- */

static const char *mode_words(enum browser_mode mode)
{
    switch (mode) {
    case BROWSER_OFF:
        return "the system's resolver";
    case BROWSER_AUTOMATIC:
        return "DNS over HTTPS, falling back to the system's resolver";
    case BROWSER_SECURE:
        return "DNS over HTTPS alone";
    case BROWSER_TOR:
        return "Tor";
    case BROWSER_UNKNOWN:
        break;
    }
    return "not known";
}

static void say_profile(
    struct check *check, const struct browser_profile *row, const struct group *group)
{
    const struct browser_settings *set = &row->settings;
    char words[200] = "", title[BROWSER_TEXT + 80], more[200] = "";
    if (group)
        browser_seen_words(&group->seen, words, sizeof(words));
    if (set->provider[0])
        text_format(more, sizeof(more), " (%s)", set->provider);
    size_t used = strlen(more);
    if (set->source[0] || set->trouble[0])
        text_format(
            more + used, sizeof(more) - used, ", %s", set->trouble[0] ? set->trouble : set->source);
    used = strlen(more);
    if (set->exclusions > 0 && set->mode > BROWSER_OFF)
        text_format(more + used, sizeof(more) - used, ", %u domain%s excepted", set->exclusions,
            plural(set->exclusions));
    used = strlen(more);
    if (set->proxy[0])
        text_format(more + used, sizeof(more) - used, "; proxy %s, %s", set->proxy,
            browser_names_words(set->names));
    used = strlen(more);
    if (set->direct > 0)
        text_format(more + used, sizeof(more) - used, ", %u past it", set->direct);
    browser_title(row, title, sizeof(title));
    check_evidence(check, "%s: set to %s%s; %s", title, mode_words(set->mode), more, words);
}

static void say_contradiction(
    struct check *check, const struct model *model, const struct group *group)
{
    char title[BROWSER_TEXT + 80];
    if (group->contradictions == 0)
        return;
    browser_title(group->row, title, sizeof(title));
    check_evidence(check,
        "%s is set to %s, yet asked otherwise: %llu look-up%s; the newest:", title,
        mode_words(group->row->settings.mode), (unsigned long long)group->contradictions,
        plural(group->contradictions));
    check_evidence_lookup(check, model, group->newest);
}

/* What it comes to for names: the server that is set, or whose they are. */
static const char *route_words(const struct group *group)
{
    const struct browser_settings *set = &group->row->settings;
    bool own = browser_seen_sum(group->seen.own) > 0;
    if (set->mode == BROWSER_TOR || set->mode == BROWSER_UNKNOWN)
        return mode_words(set->mode);
    if (set->mode == BROWSER_SECURE || own)
        return set->provider[0] ? set->provider : "DNS over HTTPS";
    return "the system's resolver";
}

/* Those that differ are named. */
static void say_differences(struct check *check, const struct sum *sum)
{
    char text[EVIDENCE_TEXT - 40] = "";
    bool differ = false;
    for (size_t i = 0; i < sum->groups_count; i++) {
        const struct group *group = &sum->groups[i];
        size_t used = strlen(text);
        differ |= strcmp(route_words(group), route_words(&sum->groups[0])) != 0;
        text_format(text + used, sizeof(text) - used, "%s%s by %s", used ? ", " : "",
            group->row->name, route_words(group));
    }
    if (differ)
        check_evidence(check, "browsers differ: %s", text);
}

/* ---- the verdict ---- */

static void add_row(const struct model *model, struct sum *sum, size_t position)
{
    const struct browser_profile *row = model_browser_at(model, position);
    const struct browser_settings *set = &row->settings;
    static const struct browser_seen none;
    size_t at = sum->group_of[position];
    const struct browser_seen *seen = at < GROUPS_MAX ? &sum->groups[at].seen : &none;
    bool asked_own = browser_seen_sum(seen->own) > 0;
    bool asked_plain = browser_seen_sum(seen->plain) + browser_seen_sum(seen->stub) > 0;
    /* Automatic is what most are set to; where nothing was seen, it counts where somebody chose it,
     * or where it asks a server of its own whatever the system's resolver is. */
    bool automatic =
        set->mode == BROWSER_AUTOMATIC && !asked_plain && (!row->chromium || set->provider[0]);
    sum->profiles++;
    if (set->mode == BROWSER_UNKNOWN && sum->unknown++ == 0)
        sum->unknown_why = set->trouble;
    if (seen->own[BROWSER_OUT] > 0 && seen->leaked_ns > model_cleared_ns(model))
        add(sum->leaks, sizeof(sum->leaks), row->name);
    if (at < GROUPS_MAX && sum->groups[at].contradictions > 0)
        add(sum->past, sizeof(sum->past), row->name);
    if (set->warning[0] && !sum->tor[0])
        text_format(sum->tor, sizeof(sum->tor), "%s: %s", row->name, set->warning);
    if (set->mode == BROWSER_AUTOMATIC && asked_plain && !asked_own)
        add(sum->fallen, sizeof(sum->fallen), row->name);
    if (set->mode == BROWSER_SECURE || automatic || asked_own) {
        if (intended(model, row))
            add(sum->intended, sizeof(sum->intended), row->name);
        else
            add(sum->own, sizeof(sum->own), row->name);
        sum->own_in_tunnel |= seen->own[BROWSER_IN] > 0;
    }
}

static void say_rows(const struct model *model, struct check *check, const struct sum *sum)
{
    size_t i = 0;
    for (size_t at = 0; at < sum->groups_count; at++)
        say_contradiction(check, model, &sum->groups[at]);
    say_differences(check, sum);
    for (; i < sum->profiles && check->evidence_count + 1 < EVIDENCE_LINES; i++)
        say_profile(check, model_browser_at(model, i),
            sum->group_of[i] < GROUPS_MAX ? &sum->groups[sum->group_of[i]] : NULL);
    if (i + 1 == sum->profiles)
        say_profile(check, model_browser_at(model, i), NULL);
    else if (i < sum->profiles)
        check_evidence(check, "and %zu profiles more", sum->profiles - i);
}

/* What is no leak and no contradiction. */
static void say_rest(const struct model *model, struct check *check, const struct sum *sum)
{
    bool expected = model_expectation(model)->expectation != EXPECT_NONE;
    if (sum->own[0] && expected) {
        check_say(
            check, STATE_WARN, "DNS over HTTPS by itself: %s; not marked as intended", sum->own);
        check_advise(
            check, "in the browser's settings: DNS over HTTPS off, to ask the VPN's resolver");
        check_advise(check, "or, if it is meant so: [intended] rule = program:NAME");
    } else if (sum->unknown > 0 && !sum->own[0]) {
        check_say(check, STATE_UNKNOWN, "%u of %u profile%s: what %s set to is not known: %.80s",
            sum->unknown, sum->profiles, plural(sum->profiles),
            sum->unknown == 1 ? "it is" : "they are", sum->unknown_why);
    } else if (sum->own[0]) {
        check_say(check, STATE_OFF, "nothing is expected; DNS over HTTPS by itself: %s", sum->own);
    } else if (sum->intended[0] && expected && sum->own_in_tunnel) {
        check_say(check, STATE_OK, "asked a resolver of its own in the tunnel, as intended: %s",
            sum->intended);
    } else if (sum->fallen[0]) {
        check_say(check, STATE_OFF, "set to DNS over HTTPS where it can, yet all by plain DNS: %s",
            sum->fallen);
    } else {
        check_say(check, STATE_OFF, "%u profile%s, set to the system's resolver or as intended",
            sum->profiles, plural(sum->profiles));
    }
}

void judge_browser_dns(const struct model *model, uint64_t now, struct check *check)
{
    (void)now;
    struct sum sum = {0};
    group_rows(model, &sum);
    find_contradictions(model, &sum);
    for (size_t i = 0; i < model_browser_count(model); i++)
        add_row(model, &sum, i);
    say_rows(model, check, &sum);
    check->checked_ns = model_last_change_ns(model);
    text_format(check->means, sizeof(check->means),
        "A browser's own resolver learns its names, in the tunnel or not; the VPN's does not. "
        "Inside the tunnel that is no leak. Of several profiles of a browser it does not show "
        "which one asked.");
    if (sum.leaks[0]) {
        check_say(
            check, STATE_LEAK, "asked a resolver of its own outside the tunnel: %s", sum.leaks);
    } else if (sum.past[0]) {
        check_say(check, STATE_WARN, "seen to ask otherwise than it is set to: %s", sum.past);
        check_advise(check,
            "look at the browser's own page of settings: what is set holds from its "
            "next start on, or a policy or an extension is over it");
    } else if (sum.tor[0]) {
        check_say(check, STATE_WARN, "changed so that names may pass by Tor: %s", sum.tor);
        check_advise(check, "in its about:config: set it back, or install it anew");
    } else if (sum.profiles == 0) {
        check_say(check, STATE_OFF,
            model_capture(model)->file ? "a capture file does not tell what browsers are set to"
                                       : "no browser found");
    } else {
        say_rest(model, check, &sum);
    }
}
