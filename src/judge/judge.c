/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "judge/judge.h"

#include <string.h>

#include "base/text.h"
#include "judge/private.h"

static const struct check_row {
    const char *word;
    const char *question;
    void (*judge)(const struct model *model, uint64_t now, struct check *check);
    bool bears; /* on the overall verdict beyond `leak` */
} rows[] = {
    [CHECK_DNS] = {"dns", "Do look-ups leave only by the tunnel?", judge_dns, true},
    [CHECK_IPV6] = {"ipv6", "Does IPv6 take another way than IPv4?", judge_ipv6, true},
    [CHECK_BROWSER_DNS] = {"browser-dns", "Which browsers use a resolver of their own?",
        judge_browser_dns, false},
    [CHECK_DISCONNECT] = {"disconnect", "What left while the tunnel was down?", judge_disconnect,
        true},
    [CHECK_APPS] = {"apps", "Do programs differ in their DNS route?", judge_apps, true},
    [CHECK_WEBRTC] = {"webrtc", "Did STUN leave outside the tunnel?", judge_webrtc, true},
    [CHECK_LOCAL_NAMES] = {"local-names", "Are names broadcast on the local link?",
        judge_local_names, false},
    [CHECK_PUBLIC_IP] = {"public-ip", "Is the address that web sites see the tunnel's?",
        judge_public_ip, false},
};
_Static_assert(sizeof(rows) / sizeof(rows[0]) == CHECK_COUNT, "a row per check");

const char *check_word(enum check_id id)
{
    return id < CHECK_COUNT ? rows[id].word : "?";
}

const char *check_question(enum check_id id)
{
    return id < CHECK_COUNT ? rows[id].question : "?";
}

static bool any(const struct verdict *verdict, enum state state, bool all)
{
    for (size_t i = 0; i < CHECK_COUNT; i++)
        if (verdict->checks[i].state == state && (all || rows[i].bears))
            return true;
    return false;
}

/* "dns, ipv6" of the checks in that state. */
static void list_of(
    const struct verdict *verdict, enum state state, bool all, char *out, size_t size)
{
    out[0] = '\0';
    for (size_t i = 0; i < CHECK_COUNT; i++) {
        size_t used = strlen(out);
        if (verdict->checks[i].state == state && (all || rows[i].bears))
            text_format(out + used, size - used, "%s%s", used ? ", " : "", rows[i].word);
    }
}

static void summarise_leak(const struct model *model, uint64_t now, struct verdict *verdict)
{
    char list[120], when[TIME_TEXT];
    const struct latched *latched = model_latched(model);
    list_of(verdict, STATE_LEAK, true, list, sizeof(list));
    verdict->last_leak_ns = latched->last_ns;
    if (latched->leaks == 0) {
        const struct check *first = &verdict->checks[0];
        while (first->state != STATE_LEAK)
            first++;
        if (latched->stun > 0 && latched->stun_ns > latched->last_ns)
            verdict->last_leak_ns = latched->stun_ns;
        verdict->quiet =
            verdict->last_leak_ns > 0 && now > verdict->last_leak_ns + 10ULL * 1000000000ULL;
        text_format(verdict->summary, sizeof(verdict->summary), "%s: %s", list, first->summary);
        return;
    }
    verdict->quiet = latched->last_ns < model_recent(model)->since_ns ||
                     now > latched->last_ns + 10ULL * 1000000000ULL;
    unsigned long long leaks = latched->leaks;
    const char *by = model_interface_name(model, latched->interface);
    time_format_clock(latched->last_ns, when);
    if (verdict->quiet)
        text_format(verdict->summary, sizeof(verdict->summary),
            "%s: %llu look-up%s leaked by %s, last %s, quiet since", list, leaks, plural(leaks), by,
            when);
    else
        text_format(verdict->summary, sizeof(verdict->summary),
            "%s: %llu look-up%s left %s by %s, last %s", list, leaks, plural(leaks),
            latched->onions == latched->leaks                     ? "for an onion name"
            : model_expectation(model)->expectation == EXPECT_TOR ? "outside Tor"
                                                                  : "outside the tunnel",
            by, when);
}

static void summarise_unprotected(const struct model *model, struct verdict *verdict)
{
    const struct totals *totals = model_totals(model);
    const char *by = "";
    for (size_t f = 0; f < FAMILY_INDEXES && !by[0]; f++)
        if (model_route(model, (enum family)f)->state == ROUTE_PRESENT)
            by = model_interface_name(model, model_route(model, (enum family)f)->interface);
    const char *blind;
    if (!capture_works(model, &blind) && totals->lookups == 0)
        text_format(verdict->summary, sizeof(verdict->summary),
            "no tunnel, and none is expected: web and names leave in the open%s%s; %s",
            by[0] ? " by " : "", by, blind);
    else
        text_format(verdict->summary, sizeof(verdict->summary),
            "no tunnel, and none is expected: %llu look-up%s left in the open%s%s",
            (unsigned long long)totals->by_exposure[EXPOSURE_OPEN],
            plural(totals->by_exposure[EXPOSURE_OPEN]), by[0] ? " by " : "", by);
}

static void summarise_rest(const struct model *model, struct verdict *verdict)
{
    const struct check *dns = &verdict->checks[CHECK_DNS];
    char list[120];
    if (verdict->state == STATE_OK) {
        char notes[120];
        list_of(verdict, STATE_WARN, true, notes, sizeof(notes));
        text_format(verdict->summary, sizeof(verdict->summary), "%s%s%s", dns->summary,
            notes[0] ? "; look at " : "", notes);
        return;
    }
    list_of(verdict, verdict->state, false, list, sizeof(list));
    const struct check *first = NULL;
    for (size_t i = 0; i < CHECK_COUNT && !first; i++)
        if (verdict->checks[i].state == verdict->state && rows[i].bears)
            first = &verdict->checks[i];
    text_format(verdict->summary, sizeof(verdict->summary), "%s%s%s", list, list[0] ? ": " : "",
        first ? first->summary
              : (model_capture(model)->possible ? "nothing to judge yet" : "nothing was seen"));
}

void judge_all(const struct model *model, uint64_t now, struct verdict *verdict)
{
    memset(verdict, 0, sizeof(*verdict));
    for (size_t i = 0; i < CHECK_COUNT; i++) {
        struct check *check = &verdict->checks[i];
        check->id = (enum check_id)i;
        rows[i].judge(model, now, check);
    }
    bool expected = model_expectation(model)->expectation != EXPECT_NONE;
    if (any(verdict, STATE_LEAK, true)) {
        verdict->state = STATE_LEAK;
        summarise_leak(model, now, verdict);
        return;
    }
    if (!expected && !model_tunnel_up(model)) {
        verdict->state = STATE_UNPROTECTED;
        summarise_unprotected(model, verdict);
        return;
    }
    if (any(verdict, STATE_WARN, false))
        verdict->state = STATE_WARN;
    else if (any(verdict, STATE_UNKNOWN, false) || !any(verdict, STATE_OK, false))
        verdict->state = STATE_UNKNOWN; /* no evidence is no good news */
    else
        verdict->state = STATE_OK;
    summarise_rest(model, verdict);
}

const char *judge_plain(const char *text, bool mask, char *out, size_t size)
{
    size_t at = 0;
    bool inside = false;
    for (; *text && at + 1 < size; text++) {
        if (*text == '\x02') {
            inside = true;
            if (mask) {
                text_format(out + at, size - at, "(hidden)");
                at += strlen(out + at);
            }
        } else if (*text == '\x03') {
            inside = false;
        } else if (!inside || !mask) {
            out[at++] = *text;
        }
    }
    out[at < size ? at : size - 1] = '\0';
    return out;
}

int judge_exit_status(const struct verdict *verdict)
{
    switch (verdict->state) {
    case STATE_LEAK:
        return 1;
    case STATE_UNKNOWN:
    case STATE_OFF:
    case STATE_COUNT:
        return 3;
    case STATE_UNPROTECTED:
        return 4;
    case STATE_OK:
    case STATE_WARN:
        break;
    }
    return 0;
}
