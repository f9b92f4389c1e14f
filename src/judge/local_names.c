/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "judge/private.h"

#include <string.h>

#include "base/name.h"
#include "base/text.h"

/* local-names: are names broadcast on the local link? */

static bool is_lan(const struct lookup *lookup)
{
    return lookup->exposure == EXPOSURE_LAN;
}

/* What they were told without a question of this machine: announcements and answers. */
static unsigned long long told_evidence(struct check *check, const struct model *model)
{
    unsigned long long count = 0;
    for (size_t i = 0; i < model_told_count(model); i++) {
        const struct told *told = model_told_at(model, i);
        char full[NAME_TEXT_MAX];
        name_format(told->name, told->name_length, full);
        size_t length = strlen(full);
        count += told->count;
        check_evidence(check, "told by %s over %s: %s\x02%s\x03",
            model_interface_name(model, told->interface), transport_word(told->transport),
            told->host ? "this machine's own name " : "", length > 80 ? full + length - 80 : full);
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
    unsigned long long told = told_evidence(check, model);
    if (count + told > 0) {
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
    } else {
        char since[TIME_TEXT];
        check_say(
            check, STATE_OK, "none seen since %s", time_format_clock(model_start_ns(model), since));
    }
}
