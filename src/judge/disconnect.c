/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "judge/private.h"

#include <string.h>

#include "base/name.h"
#include "base/text.h"

/* disconnect: when the tunnel dropped, what left before it came back; did something hold it? */

#define LEFT_MOST 6 /* programs that are named */

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

/* What one program let out while the tunnel was gone. */
struct left {
    const struct process *process;
    unsigned lookups, connects, six; /* six: of both, over IPv6 */
    const struct lookup *newest;
};

static bool within(const struct drop *drop, uint64_t time_ns)
{
    /* The kernel's word about the route comes a moment after the deed. */
    const uint64_t grace = 200ULL * 1000000ULL;
    return time_ns + grace >= drop->start_ns && (drop->end_ns == 0 || time_ns <= drop->end_ns);
}

static struct left *left_of(struct left *list, size_t *count, const struct process *process)
{
    for (size_t i = 0; i < *count; i++)
        if (strcmp(list[i].process->name, process->name) == 0 &&
            strcmp(list[i].process->user, process->user) == 0)
            return &list[i];
    if (*count == LEFT_MOST)
        return NULL;
    list[*count] = (struct left){.process = process};
    return &list[(*count)++];
}

/* Of what is still kept: by which program, and over which family. */
static void left_evidence(struct check *check, const struct model *model, const struct drop *drop)
{
    struct left list[LEFT_MOST], *left;
    size_t count = 0;
    for (uint64_t serial = model_lookup_newest(model); serial != 0; serial--) {
        const struct lookup *lookup = model_lookup(model, serial);
        if (!lookup)
            break;
        if (lookup->own || !exposure_leaks(lookup->exposure) || !within(drop, lookup->time_ns) ||
            !(left = left_of(list, &count, &lookup->process)))
            continue;
        left->lookups++;
        left->six += lookup->resolver.family == FAMILY_IPV6;
        if (!left->newest && lookup->name_length > 0)
            left->newest = lookup;
    }
    for (size_t i = 0; i < model_connect_count(model); i++) {
        const struct connect *connect = model_connect_at(model, i);
        if (connect->own || connect->process.vpn_client || connect->process.pid == 0 ||
            !within(drop, connect->time_ns) || !(left = left_of(list, &count, &connect->process)))
            continue;
        left->connects++;
        left->six += connect->destination.family == FAMILY_IPV6;
    }
    for (size_t i = 0; i < count; i++) {
        char name[NAME_TEXT_MAX] = "";
        size_t length = 0;
        left = &list[i];
        if (left->newest)
            length = name_format(left->newest->name, left->newest->name_length, name);
        check_evidence(check, "left meanwhile: %s%s%s%s %u look-up%s, %u connection%s%s%s%s%s%s",
            left->process->name[0] ? left->process->name : "a program that is not known",
            left->process->user[0] ? " (" : "", left->process->user,
            left->process->user[0] ? ")" : "", left->lookups, plural(left->lookups), left->connects,
            plural(left->connects),
            left->six == 0                                ? ", over IPv4"
            : left->six == left->lookups + left->connects ? ", over IPv6"
                                                          : ", over IPv4 and IPv6",
            length ? ", last \x02" : "", length > 80 ? "~" : "",
            length > 80 ? name + length - 80 : name, length ? "\x03" : "");
    }
}

/* By what is laid: a hint where to look, never a proof, so no state comes of it. */
static void tell_killswitch(const struct model *model, struct check *check)
{
    static const char *const families[FAMILY_INDEXES] = {"IPv4", "IPv6"};
    const struct killswitch_info *info = model_killswitch(model);
    unsigned held = 0;
    if (info->rules == KILLSWITCH_NOT_ASKED)
        return;
    for (size_t i = 0; i < info->count; i++) {
        const struct killswitch_row *row = &info->rows[i];
        held |= row->gap ? 0 : row->families;
        check_evidence(check, "kill switch: %s: %s",
            row->gap ? "looks open, for an uplink is among them" : "looks armed", row->text);
    }
    for (enum family family = 0; family < FAMILY_INDEXES; family++)
        if (info->count > 0 && !(held & 1u << family) &&
            model_route(model, family)->state == ROUTE_PRESENT)
            check_evidence(
                check, "kill switch: nothing that was found would hold %s", families[family]);
    if (info->rules == KILLSWITCH_NO_RIGHTS)
        check_evidence(check,
            "kill switch: %sfirewall rules cannot be read without CAP_NET_ADMIN (as root)",
            info->count ? "" : "none among the routes; ");
    else if (info->rules == KILLSWITCH_LOST)
        check_evidence(
            check, "kill switch: changes of the firewall were lost; start leaktop again");
    else if (info->count == 0)
        check_evidence(check, "kill switch: nothing that looks like one was found");
}

static void judge_drops(const struct model *model, uint64_t now, struct check *check)
{
    const char *blind;
    size_t count = model_drop_count(model);
    check->checked_ns = model_last_change_ns(model);
    if (model_capture(model)->file) {
        check_say(check, STATE_OFF, "a capture file does not tell when the tunnel was up");
        return;
    }
    uint64_t silent = model_silent_ns(model);
    const struct interface *tunnel = model_tunnel(model);
    char since[TIME_TEXT];
    if (silent)
        check_evidence(check,
            "%s is still the web route, and nothing answers through it since %s: nothing leaves "
            "beside it by that",
            tunnel ? tunnel->name : "the tunnel", time_format_clock(silent, since));
    if (count == 0) {
        if (silent)
            check_say(check, STATE_OFF, "no drop yet; nothing answers through %s since %s",
                tunnel ? tunnel->name : "the tunnel", since);
        else
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
        check_evidence(check, "%s %s%s%s%s (%s): %u look-up%s and %u connection%s left, %s",
            time_format_clock(drop->start_ns, when), drop->tunnel,
            !drop->partial                   ? " dropped"
            : drop->family == FAMILY_INDEX_6 ? " lost IPv6"
                                             : " lost IPv4",
            drop->end_ns ? " for " : ", not back yet",
            drop->end_ns ? time_format_span(drop->end_ns - drop->start_ns, span) : "", drop->cause,
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
        left_evidence(check, model, worst);
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

void judge_disconnect(const struct model *model, uint64_t now, struct check *check)
{
    judge_drops(model, now, check);
    if (!model_capture(model)->file)
        tell_killswitch(model, check);
}
