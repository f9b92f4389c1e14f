/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "judge/private.h"

#include <string.h>

#include "base/text.h"

/* browser-dns: which browsers ask a resolver of their own, and is that intended? What a profile is
 * set to stands beside what the programs of that name were seen to do; the wire wins. */

/* What the look-ups of a browser's processes told. */
struct seen {
    uint64_t lookups, tunnelled, bypass;
    uint64_t leaked_ns;
    unsigned transports;
};

/* "firefox" is also firefox-esr and firefox-bin; Edge's processes have another name. */
static bool is_process_of(const char *browser, const char *process)
{
    const char *prefix = strcmp(browser, "edge") == 0 ? "msedge" : browser;
    return strncmp(process, prefix, strlen(prefix)) == 0;
}

static struct seen seen_of(const struct model *model, const char *browser)
{
    struct seen seen = {0};
    for (size_t i = 0; i < model_app_count(model); i++) {
        const struct app *app = model_app_at(model, i);
        if (!is_process_of(browser, app->name))
            continue;
        seen.lookups += app->lookups;
        seen.tunnelled += app->tunnelled;
        seen.bypass += app->bypass;
        seen.transports |= app->transports;
        if (app->leaked_ns > seen.leaked_ns)
            seen.leaked_ns = app->leaked_ns;
    }
    return seen;
}

static bool intended(const struct model *model, const char *browser)
{
    for (size_t i = 0; i < model_intended_count(model); i++) {
        const struct intended *rule = model_intended_at(model, i);
        if (rule->program[0] && is_process_of(browser, rule->program))
            return true;
    }
    return false;
}

static const char *mode_words(enum browser_mode mode)
{
    switch (mode) {
    case BROWSER_OFF:
        return "the system's resolver";
    case BROWSER_AUTOMATIC:
        return "DNS over HTTPS, falling back to the system's resolver";
    case BROWSER_SECURE:
        return "DNS over HTTPS alone";
    case BROWSER_UNKNOWN:
        break;
    }
    return "not known";
}

static void seen_words(const struct seen *seen, char *out, size_t size)
{
    text_format(out, size, "nothing seen of it");
    if (seen->lookups == 0)
        return;
    text_format(out, size, "seen: %llu look-up%s, %llu in the tunnel, by",
        (unsigned long long)seen->lookups, plural(seen->lookups),
        (unsigned long long)seen->tunnelled);
    for (enum transport transport = 0; transport < TRANSPORT_COUNT; transport++) {
        size_t used = strlen(out);
        if (seen->transports & (1U << transport))
            text_format(out + used, size - used, " %s", transport_word(transport));
    }
}

static void say_profile(
    struct check *check, const struct browser_profile *row, const struct seen *seen)
{
    const struct browser_settings *set = &row->settings;
    char words[120], provider[BROWSER_TEXT + 8] = "", source[BROWSER_TEXT + 8] = "";
    seen_words(seen, words, sizeof(words));
    if (set->provider[0])
        text_format(provider, sizeof(provider), " (%s)", set->provider);
    if (set->source[0] || set->trouble[0])
        text_format(source, sizeof(source), ", %s", set->trouble[0] ? set->trouble : set->source);
    check_evidence(check, "%s%s%.40s: set to %s%s%s; %s", row->name, row->profile[0] ? " " : "",
        row->profile, mode_words(set->mode), provider, source, words);
}

struct sum {
    unsigned profiles, own, unknown;
    char names[80], leaks[80]; /* those with a resolver of their own; that left outside */
};

static void add(char *list, size_t size, const char *name)
{
    size_t used = strlen(list);
    if (!strstr(list, name))
        text_format(list + used, size - used, "%s%s", used ? ", " : "", name);
}

void judge_browser_dns(const struct model *model, uint64_t now, struct check *check)
{
    (void)now;
    struct sum sum = {0};
    bool expected = model_expectation(model)->expectation != EXPECT_NONE;
    for (size_t i = 0; i < model_browser_count(model); i++) {
        const struct browser_profile *row = model_browser_at(model, i);
        struct seen seen = seen_of(model, row->name);
        sum.profiles++;
        say_profile(check, row, &seen);
        sum.unknown += row->settings.mode == BROWSER_UNKNOWN;
        if (seen.bypass > 0 && seen.leaked_ns > model_cleared_ns(model))
            add(sum.leaks, sizeof(sum.leaks), row->name);
        bool own = row->settings.mode == BROWSER_AUTOMATIC || row->settings.mode == BROWSER_SECURE;
        if (own && !intended(model, row->name)) {
            sum.own++;
            add(sum.names, sizeof(sum.names), row->name);
        }
    }
    check->checked_ns = model_last_change_ns(model);
    text_format(check->means, sizeof(check->means),
        "A browser's own resolver learns its names, in the tunnel or not; the VPN's does not. "
        "Inside "
        "the tunnel that is no leak.");
    if (sum.leaks[0]) {
        check_say(
            check, STATE_LEAK, "asked a resolver of its own outside the tunnel: %s", sum.leaks);
    } else if (sum.profiles == 0) {
        check_say(check, STATE_OFF, "no browser found");
    } else if (sum.own > 0 && expected) {
        check_say(
            check, STATE_WARN, "DNS over HTTPS by itself: %s; not marked as intended", sum.names);
        check_advise(
            check, "in the browser's settings: DNS over HTTPS off, to ask the VPN's resolver");
        check_advise(check, "or, if it is meant so: [intended] rule = program:NAME");
    } else if (sum.own > 0) {
        check_say(check, STATE_OFF, "nothing is expected; DNS over HTTPS by itself: %s", sum.names);
    } else if (sum.unknown > 0) {
        check_say(check, STATE_UNKNOWN, "%u of %u profiles: what they are set to is not known",
            sum.unknown, sum.profiles);
    } else {
        check_say(check, STATE_OFF, "%u profile%s, set to the system's resolver or as intended",
            sum.profiles, plural(sum.profiles));
    }
}
