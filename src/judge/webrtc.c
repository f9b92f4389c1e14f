/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "judge/private.h"

#include "base/name.h"
#include "base/text.h"
#include "judge/browsers.h"
#include "tables/special_names.h"

/* webrtc: did STUN leave outside the tunnel? */

static void stun_evidence(struct check *check, const struct model *model, bool leaks, unsigned most)
{
    for (uint64_t serial = model_lookup_newest(model); serial != 0 && most > 0; serial--) {
        const struct lookup *lookup = model_lookup(model, serial);
        if (!lookup)
            break;
        if (lookup->transport != TRANSPORT_STUN || exposure_leaks(lookup->exposure) != leaks ||
            lookup->exposure == EXPOSURE_INTERNAL)
            continue;
        char when[TIME_TEXT], server[ADDRESS_TEXT], learned[ADDRESS_TEXT];
        char by[2 * PROCESS_NAME + 32] = "";
        if (lookup->process.pid)
            text_format(by, sizeof(by), " by %s (pid %d, %s)", lookup->process.name,
                (int)lookup->process.pid, lookup->process.user[0] ? lookup->process.user : "?");
        bool told = lookup->answers[0].family != FAMILY_NONE;
        check_evidence(check, "%s %s > %s port %u%s%s%s%s%s%s",
            time_format_millis(lookup->time_ns, when),
            model_interface_name(model, lookup->interface),
            address_format(&lookup->resolver, server), (unsigned)lookup->resolver_port, by,
            told               ? ", learned \x02"
            : lookup->answered ? ""
                               : ", no answer seen",
            told ? address_format(&lookup->answers[0], learned) : "", told ? "\x03" : "",
            lookup->stun_check ? " (a check between peers)" : "",
            lookup->excuse != EXCUSE_NONE ? ", no leak" : "");
        most--;
    }
}

/* Pages got a random name in place of a local address. */
static void candidate_evidence(struct check *check, const struct model *model)
{
    enum { SAID = 2 };
    for (size_t i = 0, said = 0; i < model_told_count(model) && said < SAID; i++) {
        const struct told *told = model_told_at(model, i);
        char name[NAME_TEXT_MAX], when[TIME_TEXT];
        if (!special_is_candidate(told->name, told->name_length))
            continue;
        name_format(told->name, told->name_length, name);
        check_evidence(check,
            "%s mDNS candidate %s announced by %s: pages get it in place of the "
            "local address",
            time_format_clock(told->last_ns, when), name,
            model_interface_name(model, told->interface));
        said++;
    }
}

static void judge_leak(const struct model *model, uint64_t now, struct check *check)
{
    const struct latched *latched = model_latched(model);
    char when[TIME_TEXT], server[ADDRESS_TEXT], learned[ADDRESS_TEXT];
    const struct lookup *newest = NULL;
    for (uint64_t serial = model_lookup_newest(model); serial != 0 && !newest; serial--) {
        const struct lookup *lookup = model_lookup(model, serial);
        if (!lookup)
            break;
        if (lookup->transport == TRANSPORT_STUN && exposure_leaks(lookup->exposure))
            newest = lookup;
    }
    bool told = newest && newest->answers[0].family != FAMILY_NONE;
    bool quiet = now > latched->stun_ns + 10ULL * 1000000000ULL;
    check_say(check, STATE_LEAK, "%llu STUN request%s left by %s%s%s%s%s%s%s%s",
        (unsigned long long)latched->stun, plural(latched->stun),
        newest ? model_interface_name(model, newest->interface) : "an uplink", newest ? " to " : "",
        newest ? address_format(&newest->resolver, server) : "", told ? ", which learned \x02" : "",
        told ? address_format(&newest->answers[0], learned) : "", told ? "\x03" : "",
        quiet ? ", quiet since " : "", quiet ? time_format_clock(latched->stun_ns, when) : "");
    text_format(check->means, sizeof(check->means),
        "A web page can read the address that a STUN server saw. Outside the tunnel that is your "
        "own, and so the page knows who you are although its traffic takes the tunnel.");
    advise_stun(check, model, newest);
}

void judge_webrtc(const struct model *model, uint64_t now, struct check *check)
{
    const struct totals *totals = model_totals(model);
    const char *blind;
    unsigned long long hidden = totals->stun[EXPOSURE_TUNNELLED];
    unsigned long long open = totals->stun[EXPOSURE_OPEN];
    unsigned long long excused = totals->stun[EXPOSURE_BOOTSTRAP];
    bool expected = model_expectation(model)->expectation != EXPECT_NONE;
    check->checked_ns = model_last_change_ns(model);
    if (model_latched(model)->stun > 0) {
        judge_leak(model, now, check);
        stun_evidence(check, model, true, 8);
        candidate_evidence(check, model);
        browser_webrtc_evidence(check, model, 6);
        return;
    }
    if (!expected)
        check_say(check, STATE_OFF,
            open ? "nothing is expected; %llu STUN request%s left in the open"
                 : "nothing is expected; no STUN seen",
            open, plural(open));
    else if (!capture_works(model, &blind))
        check_say(check, STATE_UNKNOWN, "%s", blind);
    else if (hidden > 0)
        check_say(
            check, STATE_OK, "%llu STUN request%s, all by the tunnel", hidden, plural(hidden));
    else if (open + excused > 0)
        check_say(check, STATE_OFF, "%llu STUN request%s outside the tunnel, none a leak",
            open + excused, plural(open + excused));
    else
        check_say(check, STATE_OFF, "no STUN seen");
    text_format(check->means, sizeof(check->means),
        "STUN tells a server, and by it a web page, the address that packets come from.");
    stun_evidence(check, model, false, 6);
    candidate_evidence(check, model);
    browser_webrtc_evidence(check, model, 6);
}
