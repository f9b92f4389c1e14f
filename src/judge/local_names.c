/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "judge/private.h"

#include "base/text.h"

/* local-names: are names broadcast on the local link? */

static bool is_lan(const struct lookup *lookup)
{
    return lookup->exposure == EXPOSURE_LAN;
}

void judge_local_names(const struct model *model, uint64_t now, struct check *check)
{
    (void)now;
    const char *blind;
    unsigned long long count = model_totals(model)->by_exposure[EXPOSURE_LAN];
    check->checked_ns = model_last_change_ns(model);
    if (count > 0) {
        check_say(
            check, STATE_WARN, "%llu name%s broadcast on the local link", count, plural(count));
        text_format(check->means, sizeof(check->means),
            "Everybody on the same network learned these names and that this machine asked. The "
            "ISP did "
            "not.");
        check_evidence_newest(check, model, is_lan, 8);
        check_advise(check, "mDNS: stop avahi-daemon, or set MulticastDNS=no in resolved.conf");
        check_advise(check, "LLMNR: set LLMNR=no in resolved.conf; NBNS: stop nmbd");
    } else if (!capture_works(model, &blind)) {
        check_say(check, STATE_UNKNOWN, "%s", blind);
    } else {
        char since[TIME_TEXT];
        check_say(
            check, STATE_OK, "none seen since %s", time_format_clock(model_start_ns(model), since));
    }
}
