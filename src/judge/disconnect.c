/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "judge/private.h"

#include "base/text.h"

/* disconnect: when the tunnel dropped, what left before it came back; did something hold it? */

static const struct drop *worst_drop(const struct model *model)
{
    const struct drop *worst = NULL;
    for (size_t i = model_drop_count(model); i-- > 0;) {
        const struct drop *drop = model_drop_at(model, i);
        if (drop->end_ns != 0 && drop->end_ns <= model_cleared_ns(model))
            continue;
        if (!worst ||
            drop->lookups_left + drop->connects_left > worst->lookups_left + worst->connects_left)
            worst = drop;
    }
    return worst;
}

void judge_disconnect(const struct model *model, uint64_t now, struct check *check)
{
    const char *blind;
    size_t count = model_drop_count(model);
    check->checked_ns = model_last_change_ns(model);
    if (model_capture(model)->file) {
        check_say(check, STATE_OFF, "a capture file does not tell when the tunnel was up");
        return;
    }
    if (count == 0) {
        check_say(check, STATE_OFF, "no drop yet");
        return;
    }
    const struct drop *worst = worst_drop(model);
    const struct drop *last = model_drop_at(model, count - 1);
    bool underway = last->end_ns == 0;
    uint64_t held = 0;
    for (size_t i = 0; i < count; i++) {
        const struct drop *drop = model_drop_at(model, i);
        char when[TIME_TEXT], span[TIME_TEXT];
        held += drop->held;
        if (count - i > 6)
            continue;
        check_evidence(check, "%s %s%s%s%s: %u look-up%s and %u connection%s left, %s",
            time_format_clock(drop->start_ns, when), drop->tunnel,
            !drop->partial                   ? " dropped"
            : drop->family == FAMILY_INDEX_6 ? " lost IPv6"
                                             : " lost IPv4",
            drop->end_ns ? " for " : ", not back yet",
            drop->end_ns ? time_format_span(drop->end_ns - drop->start_ns, span) : "",
            (unsigned)drop->lookups_left, plural(drop->lookups_left), (unsigned)drop->connects_left,
            plural(drop->connects_left),
            !drop->held_known ? "what was held back is not known"
            : drop->held      ? "packets were held back"
                              : "nothing was held back");
    }
    if (worst && worst->lookups_left + worst->connects_left > 0) {
        uint64_t left = (uint64_t)worst->lookups_left + worst->connects_left;
        char span[TIME_TEXT], when[TIME_TEXT];
        uint64_t end = worst->end_ns ? worst->end_ns : now;
        check_say(check, STATE_LEAK, "%llu left while %s%s%s", (unsigned long long)left,
            worst->partial ? "one family was outside" : "the tunnel was down",
            worst->end_ns ? " for " : " since ",
            worst->end_ns ? time_format_span(end - worst->start_ns, span)
                          : time_format_clock(worst->start_ns, when));
        text_format(check->means, sizeof(check->means),
            "No kill switch held. Each time the tunnel drops, programs go on by the uplink.");
        advise_drop(check, model);
        return;
    }
    if (!capture_works(model, &blind)) {
        check_say(check, STATE_UNKNOWN, "%zu drop%s; %s", count, plural(count), blind);
        return;
    }
    if (held > 0) {
        check_say(check, STATE_OK, "%zu drop%s%s, nothing left, %llu packet%s held back", count,
            plural(count), underway ? ", one under way" : "", (unsigned long long)held,
            plural(held));
        text_format(check->means, sizeof(check->means),
            "Something tried to leave while the tunnel was down, and nothing did.");
        return;
    }
    if (underway)
        check_say(check, STATE_UNKNOWN, "the tunnel is down; nothing left, nothing tried");
    else
        check_say(check, STATE_OFF, "%zu drop%s, nothing tried to leave: proves nothing", count,
            plural(count));
}
