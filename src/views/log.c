/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/log.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/name.h"
#include "base/text.h"
#include "judge/judge.h"
#include "model/model.h"

struct log_view {
    FILE *out;
    bool mask;
    bool begun;
    enum state state;
    enum state checks[CHECK_COUNT];
    uint64_t event;  /* serial written last */
    uint64_t lookup; /* newest serial looked at; unsettled leaks hold it back */
};

struct log_view *log_view_new(FILE *out, bool mask)
{
    struct log_view *log = calloc(1, sizeof(*log));
    if (log) {
        log->out = out;
        log->mask = mask;
    }
    return log;
}

void log_view_free(struct log_view *log)
{
    free(log);
}

static void put(struct log_view *log, json_t *line)
{
    if (line && json_dumpf(line, log->out, JSON_COMPACT | JSON_ENSURE_ASCII) == 0)
        fputc('\n', log->out);
    json_decref(line);
}

static void put_state(struct log_view *log, const char *time, const char *check, enum state state,
    const char *summary)
{
    char plain[512];
    put(log, json_pack("{s:s,s:s,s:s,s:s}", "time", time, check ? "check" : "kind",
                 check ? check : "verdict", "state", state_word(state), "summary",
                 judge_plain(summary, log->mask, plain, sizeof(plain))));
}

static void put_leak(struct log_view *log, const struct model *model, const struct lookup *lookup)
{
    char when[TIME_TEXT], name[NAME_TEXT_MAX], type[RRTYPE_TEXT], resolver[ADDRESS_TEXT],
        learned[ADDRESS_TEXT];
    json_t *name_value = json_null(), *learned_value = json_null();
    if (lookup->name_length) {
        name_format(lookup->name, lookup->name_length, name);
        name_value = json_string(log->mask ? "(hidden)" : name);
    }
    if (lookup->transport == TRANSPORT_STUN && lookup->answers[0].family)
        learned_value =
            json_string(log->mask ? "(hidden)" : address_format(&lookup->answers[0], learned));
    put(log,
        json_pack("{s:s,s:s,s:s,s:o,s:o,s:s,s:o,s:s,s:s,s:o,s:o,s:o,s:o}", "time",
            time_format_rfc3339(lookup->time_ns, when), "kind", "leak", "exposure",
            exposure_word(lookup->exposure), "name", name_value, "type",
            transport_shows_type(lookup->transport, lookup->type)
                ? json_string(rrtype_format(lookup->type, type))
                : json_null(),
            "transport", transport_word(lookup->transport), "certainty",
            lookup->certainty == CERTAINTY_PLAIN ? json_null()
                                                 : json_string(certainty_word(lookup->certainty)),
            "interface", model_interface_name(model, lookup->interface), "resolver",
            address_format(&lookup->resolver, resolver), "process",
            lookup->process.pid ? json_string(lookup->process.name) : json_null(), "user",
            lookup->process.uid_known ? json_string(lookup->process.user) : json_null(), "via",
            lookup->via[0] ? json_string(lookup->via) : json_null(), "learned", learned_value));
}

bool log_view_write(
    struct log_view *log, const struct model *model, const struct verdict *verdict, uint64_t now)
{
    char when[TIME_TEXT], time[TIME_TEXT];
    time_format_rfc3339(now, time);
    for (uint64_t serial = log->event + 1; serial <= model_event_newest(model); serial++) {
        const struct event *event = model_event_get(model, serial);
        if (event)
            put(log,
                json_pack("{s:s,s:s,s:s,s:s}", "time", time_format_rfc3339(event->time_ns, when),
                    "kind", event->kind, "interface", event->interface, "text", event->text));
        log->event = serial;
    }
    for (uint64_t serial = log->lookup + 1; serial <= model_lookup_newest(model); serial++) {
        const struct lookup *lookup = model_lookup(model, serial);
        if (lookup && !lookup->settled)
            break;
        if (lookup && !lookup->own &&
            (lookup->exposure == EXPOSURE_EXPOSED || lookup->exposure == EXPOSURE_BYPASS))
            put_leak(log, model, lookup);
        log->lookup = serial;
    }
    for (size_t i = 0; i < CHECK_COUNT; i++) {
        const struct check *check = &verdict->checks[i];
        if (!log->begun || log->checks[i] != check->state)
            put_state(log, time, check_word(check->id), check->state, check->summary);
        log->checks[i] = check->state;
    }
    if (!log->begun || log->state != verdict->state)
        put_state(log, time, NULL, verdict->state, verdict->summary);
    log->state = verdict->state;
    log->begun = true;
    return fflush(log->out) == 0 && !ferror(log->out);
}
