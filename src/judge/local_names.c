/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "judge/private.h"

#include <string.h>

#include "base/name.h"
#include "base/text.h"
#include "tables/special_names.h"

/* local-names: are names broadcast on the local link? */

static bool is_lan(const struct lookup *lookup)
{
    return lookup->exposure == EXPOSURE_LAN;
}

/* Of those that were asked for, the random ones of WebRTC, which tell nobody's name. */
static unsigned long long candidates_asked(const struct model *model)
{
    unsigned long long count = 0;
    for (uint64_t serial = model_lookup_newest(model); serial != 0; serial--) {
        const struct lookup *lookup = model_lookup(model, serial);
        if (!lookup)
            break;
        count += is_lan(lookup) && !lookup->own && lookup->transport != TRANSPORT_STUN &&
                 special_is_candidate(lookup->name, lookup->name_length);
    }
    return count;
}

/* What they were told without a question of this machine: announcements and answers. *candidates:
 * how many of them were random names of WebRTC. */
static unsigned long long told_evidence(
    struct check *check, const struct model *model, unsigned long long *candidates)
{
    unsigned long long count = 0;
    for (size_t i = 0; i < model_told_count(model); i++) {
        const struct told *told = model_told_at(model, i);
        char full[NAME_TEXT_MAX];
        name_format(told->name, told->name_length, full);
        size_t length = strlen(full);
        bool candidate = special_is_candidate(told->name, told->name_length);
        count += told->count;
        *candidates += candidate ? told->count : 0;
        check_evidence(check, "told by %s over %s: %s\x02%s\x03",
            model_interface_name(model, told->interface), transport_word(told->transport),
            told->host  ? "this machine's own name "
            : candidate ? "a random name of WebRTC "
                        : "",
            length > 80 ? full + length - 80 : full);
    }
    return count;
}

/* By which the neighbours were asked or told last; 0 none. */
static uint32_t newest_interface(const struct model *model)
{
    for (uint64_t serial = model_lookup_newest(model); serial != 0; serial--) {
        const struct lookup *lookup = model_lookup(model, serial);
        if (!lookup)
            break;
        if (is_lan(lookup))
            return lookup->interface;
    }
    size_t count = model_told_count(model);
    return count > 0 ? model_told_at(model, count - 1)->interface : 0;
}

void judge_local_names(const struct model *model, uint64_t now, struct check *check)
{
    (void)now;
    const char *blind;
    unsigned long long count = model_totals(model)->by_exposure[EXPOSURE_LAN];
    check->checked_ns = model_last_change_ns(model);
    unsigned long long candidates = candidates_asked(model);
    unsigned long long told = told_evidence(check, model, &candidates);
    if (count + told > candidates) {
        bool host = false;
        for (size_t i = 0; i < model_told_count(model); i++)
            host |= model_told_at(model, i)->host;
        check_say(check, STATE_WARN, "%llu name%s asked of the local link, %llu told%s", count,
            plural(count), told, host ? ", this machine's own among them" : "");
        text_format(check->means, sizeof(check->means),
            "Everybody on the same network learned these names, and that this machine asked or "
            "answers to them. The ISP did not.");
        check_evidence_newest(check, model, is_lan, 8);
        uint32_t by = newest_interface(model);
        advise_local(check, model, by ? model_interface_name(model, by) : NULL);
    } else if (!capture_works(model, &blind)) {
        check_say(check, STATE_UNKNOWN, "%s", blind);
    } else if (candidates > 0) {
        check_say(check, STATE_OK, "none but random ones of WebRTC, %llu time%s", candidates,
            plural(candidates));
        text_format(check->means, sizeof(check->means),
            "A browser hands pages a random name in place of this machine's local address, and "
            "answers to it on the local link. Neighbours learn that a page uses WebRTC.");
    } else {
        char since[TIME_TEXT];
        check_say(
            check, STATE_OK, "none seen since %s", time_format_clock(model_start_ns(model), since));
    }
}
