/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "judge/private.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/name.h"
#include "base/text.h"

void check_say(struct check *check, enum state state, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    check->state = state;
    vsnprintf(check->summary, sizeof(check->summary), format, arguments);
    va_end(arguments);
}

void check_evidence(struct check *check, const char *format, ...)
{
    if (check->evidence_count == EVIDENCE_LINES)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(check->evidence[check->evidence_count++], EVIDENCE_TEXT, format, arguments);
    va_end(arguments);
}

void check_advise(struct check *check, const char *format, ...)
{
    if (check->advice_count == ADVICE_LINES)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(check->advice[check->advice_count++], EVIDENCE_TEXT, format, arguments);
    va_end(arguments);
}

/* How it is known that it is one, and why it is none of the leaks. */
static void lookup_notes(const struct lookup *lookup, char *out, size_t size)
{
    out[0] = '\0';
    if (lookup->certainty != CERTAINTY_PLAIN)
        text_format(out, size, ", known by %s",
            lookup->certainty == CERTAINTY_NAME      ? "its name"
            : lookup->certainty == CERTAINTY_ADDRESS ? "its address alone"
                                                     : "behaviour");
    size_t used = strlen(out);
    if (lookup->by_ipsec)
        text_format(out + used, size - used, ", inside ESP");
    else if (lookup->excuse != EXCUSE_NONE)
        text_format(out + used, size - used, ": %s", excuse_word(lookup->excuse));
    used = strlen(out);
    char address[ADDRESS_TEXT];
    if (lookup->answered_by.family != FAMILY_NONE)
        text_format(out + used, size - used, "; %s answered, who was not asked",
            address_format(&lookup->answered_by, address));
    else if (lookup->answered_twice)
        text_format(out + used, size - used, "; answered twice, differently");
}

void check_evidence_lookup(
    struct check *check, const struct model *model, const struct lookup *lookup)
{
    char when[TIME_TEXT], resolver[ADDRESS_TEXT], type[RRTYPE_TEXT], full[NAME_TEXT_MAX];
    char from[ADDRESS_TEXT + 16] = "", by[3 * PROCESS_NAME + 48] = "", notes[120];
    bool named = lookup->name_length > 0;
    if (named)
        name_format(lookup->name, lookup->name_length, full);
    else
        text_format(full, sizeof(full), "names unseen");
    /* The end of a name tells most: a long one loses its beginning. */
    size_t length = strlen(full);
    const char *name = length > 80 ? full + length - 80 : full;
    if (lookup->process.pid)
        text_format(by, sizeof(by), " by %s (pid %d, %s)%s%s", lookup->process.name,
            (int)lookup->process.pid, lookup->process.user[0] ? lookup->process.user : "?",
            lookup->via[0] ? " via " : "", lookup->via);
    if (lookup->forwarded) {
        char address[ADDRESS_TEXT];
        text_format(from, sizeof(from), " for %s", address_format(&lookup->source, address));
    }
    lookup_notes(lookup, notes, sizeof(notes));
    check_evidence(check, "%s %s > %s %s%s%s %s%s%s%s%s%s%s",
        time_format_millis(lookup->time_ns, when), model_interface_name(model, lookup->interface),
        address_format(&lookup->resolver, resolver), transport_word(lookup->transport),
        lookup->type ? " " : "", lookup->type ? rrtype_format(lookup->type, type) : "",
        named ? "\x02" : "", name == full ? "" : "~", name, named ? "\x03" : "", by, from, notes);
}

void check_evidence_newest(struct check *check, const struct model *model,
    bool (*wanted)(const struct lookup *lookup), unsigned most)
{
    uint64_t oldest = model_lookup_oldest(model);
    for (uint64_t serial = model_lookup_newest(model); serial >= oldest && serial != 0 && most > 0;
         serial--) {
        const struct lookup *lookup = model_lookup(model, serial);
        if (!lookup || lookup->own || lookup->transport == TRANSPORT_STUN || !wanted(lookup))
            continue;
        check_evidence_lookup(check, model, lookup);
        most--;
    }
}

bool capture_works(const struct model *model, const char **why)
{
    const struct capture_info *capture = model_capture(model);
    *why = NULL;
    if (!capture->possible)
        *why = capture->reason[0] ? capture->reason : "packets cannot be captured";
    else if (!capture->running && !capture->ended)
        *why = capture->reason[0] ? capture->reason : "the capture is not running";
    else if (capture->control == CONTROL_MISSED)
        *why = "the capture is blind: what was sent was not seen";
    else if (capture->control == CONTROL_NONE)
        *why = capture->restarts ? "no packet seen since the capture started anew"
                                 : "no packet seen yet";
    return *why == NULL;
}

bool family_in_tunnel(const struct model *model, enum family family)
{
    return model_family_in_tunnel(model, family);
}

bool route_outside(const struct model *model, enum family family)
{
    return model_route(model, family)->state == ROUTE_PRESENT &&
           model_web_role(model, family) != ROLE_TUNNEL;
}

const struct connect *connection_outside(const struct model *model, enum family family)
{
    uint8_t wanted = family == FAMILY_INDEX_6 ? FAMILY_IPV6 : FAMILY_IPV4;
    for (size_t i = model_connect_count(model); i-- > 0;) {
        const struct connect *connect = model_connect_at(model, i);
        if (connect->destination.family == wanted && !connect->process.vpn_client &&
            (connect->own || connect->process.pid != 0) &&
            connect->time_ns > model_cleared_ns(model) &&
            connect->time_ns >= model_recent(model)->since_ns)
            return connect;
    }
    return NULL;
}

bool exposure_leaks(enum exposure exposure)
{
    return exposure == EXPOSURE_EXPOSED || exposure == EXPOSURE_BYPASS;
}

const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}
