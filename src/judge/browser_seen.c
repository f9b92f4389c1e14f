/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "judge/browsers.h"

#include <string.h>

#include "base/name.h"
#include "base/text.h"
#include "judge/private.h"
#include "tables/browsers.h"
#include "tables/special_names.h"

/* What the programs of a browser were seen to do, beside what it is set to. */

/* Tor Browser's program is named like Firefox; its folder tells them apart. */
static bool is_tor_command(const char *command)
{
    return strstr(command, "tor-browser") || strstr(command, "TorBrowser") ||
           strstr(command, "Tor Browser");
}

static bool is_of(const struct model *model, const struct browser_profile *row, const char *process,
    const char *user, int32_t pid)
{
    if (row->user[0] && user[0] && strcmp(row->user, user) != 0)
        return false;
    if (strncmp(process, "firefox", 7) == 0 && is_tor_command(model_command_of_pid(model, pid)))
        return row->tor;
    return browser_is_process(row->name, row->package, process);
}

bool browser_sent(
    const struct model *model, const struct browser_profile *row, const struct lookup *lookup)
{
    return is_of(model, row, lookup->process.name, lookup->process.user, lookup->process.pid);
}

static enum browser_way way_of(enum exposure exposure)
{
    return exposure == EXPOSURE_TUNNELLED ? BROWSER_IN
           : exposure_leaks(exposure)     ? BROWSER_OUT
                                          : BROWSER_ELSE;
}

static bool is_encrypted(enum transport transport)
{
    return transport >= TRANSPORT_DOT && transport <= TRANSPORT_DNSCRYPT;
}

static void add_app(struct browser_seen *seen, const struct app *app)
{
    for (enum exposure exposure = 0; exposure < EXPOSURE_COUNT; exposure++) {
        enum browser_way way = way_of(exposure);
        seen->stub[way] += app->by_stub[exposure];
        seen->plain[way] +=
            app->by[TRANSPORT_UDP][exposure] + (uint64_t)app->by[TRANSPORT_TCP][exposure];
        for (enum transport transport = 0; transport < TRANSPORT_COUNT; transport++)
            if (is_encrypted(transport) && app->by[transport][exposure] > 0) {
                seen->own[way] += app->by[transport][exposure];
                seen->transports |= 1U << transport;
            }
    }
    if (app->leaked_ns > seen->leaked_ns)
        seen->leaked_ns = app->leaked_ns;
}

void browser_seen(
    const struct model *model, const struct browser_profile *row, struct browser_seen *seen)
{
    memset(seen, 0, sizeof(*seen));
    for (size_t i = 0; i < model_app_count(model); i++) {
        const struct app *app = model_app_at(model, i);
        if (is_of(model, row, app->name, app->user, app->pids[0]))
            add_app(seen, app);
    }
}

uint64_t browser_seen_sum(const uint64_t counts[static BROWSER_WAYS])
{
    return counts[BROWSER_IN] + counts[BROWSER_OUT] + counts[BROWSER_ELSE];
}

/* "3 look-ups by plain DNS in the tunnel, 1 outside it" */
static void add_counts(char *out, size_t size, const uint64_t counts[static BROWSER_WAYS],
    const char *what, const char *by)
{
    static const char *const ways[] = {" in the tunnel", " outside it", ""};
    bool first = true;
    for (size_t way = 0; way < BROWSER_WAYS; way++) {
        size_t used = strlen(out);
        if (counts[way] == 0)
            continue;
        if (first)
            text_format(out + used, size - used, "%s%llu %s%s%s%s",
                used ? ", " : "seen: ", (unsigned long long)counts[way], what, plural(counts[way]),
                by, way == BROWSER_OUT ? " outside the tunnel" : ways[way]);
        else
            text_format(out + used, size - used, ", %llu%s", (unsigned long long)counts[way],
                way == BROWSER_ELSE ? " else" : ways[way]);
        first = false;
    }
}

void browser_seen_words(const struct browser_seen *seen, char *out, size_t size)
{
    static const struct {
        enum transport transport;
        const char *name;
    } names[] = {{TRANSPORT_DOH, "DoH"}, {TRANSPORT_DOH3, "DoH3"}, {TRANSPORT_DOT, "DoT"},
        {TRANSPORT_DOQ, "DoQ"}, {TRANSPORT_DNSCRYPT, "DNSCrypt"}};
    char what[48] = "";
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        size_t used = strlen(what);
        if (seen->transports & (1U << names[i].transport))
            text_format(what + used, sizeof(what) - used, "%s%s", used ? "/" : "", names[i].name);
    }
    size_t used = strlen(what);
    text_format(what + used, sizeof(what) - used, " connection");
    out[0] = '\0';
    add_counts(out, size, seen->own, what, "");
    add_counts(out, size, seen->plain, "look-up", " by plain DNS");
    add_counts(out, size, seen->stub, "look-up", " by the system's resolver");
    if (!out[0])
        text_format(out, size, "nothing seen of it");
}

/* ---- contradictions ---- */

static bool is_below(const struct lookup *lookup, const char *domain, size_t length)
{
    char text[NAME_TEXT_MAX];
    uint8_t wire[NAME_WIRE_MAX];
    if (length == 0 || length >= sizeof(text))
        return false;
    text_format(text, sizeof(text), "%.*s", (int)length, domain);
    size_t wire_length = name_parse(text[0] == '.' ? text + 1 : text, wire);
    return wire_length > 1 && name_below(lookup->name, lookup->name_length, wire, wire_length);
}

static bool is_excepted(const struct browser_settings *set, const struct lookup *lookup)
{
    if (set->excluded_cut)
        return true; /* it may be */
    for (const char *at = set->excluded; *at;) {
        size_t length = strcspn(at, ", ");
        if (is_below(lookup, at, length))
            return true;
        at += length + strspn(at + length, ", ");
    }
    return false;
}

/* A name of one label, or one that means this machine or its neighbours. */
static bool is_local(const struct lookup *lookup)
{
    static const char *const domains[] = {"local", "localhost", "home.arpa", "ipv4only.arpa"};
    if (lookup->name_length < 3 || lookup->name[0] + 2U == lookup->name_length)
        return true;
    for (size_t i = 0; i < sizeof(domains) / sizeof(domains[0]); i++)
        if (is_below(lookup, domains[i], strlen(domains[i])))
            return true;
    return false;
}

bool browser_contradicts(
    const struct model *model, const struct browser_profile *row, const struct lookup *lookup)
{
    const struct browser_settings *set = &row->settings;
    bool tor = set->mode == BROWSER_TOR;
    bool plain = lookup->transport == TRANSPORT_UDP || lookup->transport == TRANSPORT_TCP ||
                 lookup->via[0] != '\0';
    if ((!tor && set->mode != BROWSER_SECURE) || lookup->own || !lookup->settled ||
        lookup->time_ns < row->since_ns || lookup->time_ns <= model_cleared_ns(model) ||
        lookup->transport > TRANSPORT_DNSCRYPT || !lookup->process.name[0] ||
        lookup->excuse != EXCUSE_NONE || !browser_sent(model, row, lookup))
        return false;
    if (tor)
        return set->direct == 0 && !is_local(lookup);
    return plain && !is_local(lookup) && !is_excepted(set, lookup) &&
           !is_below(lookup, set->provider, strlen(set->provider)) &&
           !browser_asks_plainly(row->chromium, lookup->name, lookup->name_length, lookup->type) &&
           special_name(lookup->name, lookup->name_length) == NAME_ORDINARY;
}

/* ---- words ---- */

void browser_title(const struct browser_profile *row, char *out, size_t size)
{
    text_format(out, size, "%s%s%.40s%s%.32s%s", row->name, row->profile[0] ? " " : "",
        row->profile, row->user[0] ? " (" : "", row->user, row->user[0] ? ")" : "");
}

void browser_webrtc_evidence(struct check *check, const struct model *model, unsigned most)
{
    for (size_t i = 0; i < model_browser_count(model) && most > 0; i++) {
        const struct browser_profile *row = model_browser_at(model, i);
        const struct browser_settings *set = &row->settings;
        char title[BROWSER_TEXT + 80];
        if (set->webrtc == BROWSER_WEBRTC_UNKNOWN && !set->webrtc_source[0] && !set->trouble[0])
            continue;
        browser_title(row, title, sizeof(title));
        check_evidence(check, "%s: address policy: %s%s%s", title,
            browser_webrtc_words(set->webrtc),
            set->webrtc_source[0] || set->trouble[0] ? ", " : " (default)",
            set->webrtc_source[0] ? set->webrtc_source : set->trouble);
        most--;
    }
}
