/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/lines.h"

#include <stdlib.h>

#include "base/name.h"
#include "base/text.h"
#include "model/model.h"
#include "views/values.h"

static json_t *type_value(enum transport transport, uint16_t type)
{
    char text[RRTYPE_TEXT];
    return transport_shows_type(transport, type) ? json_string(rrtype_format(type, text))
                                                 : json_null();
}

static json_t *certainty_value(enum certainty certainty)
{
    return certainty == CERTAINTY_PLAIN ? json_null() : json_string(certainty_word(certainty));
}

json_t *lines_event(const struct event *event)
{
    return json_pack("{s:o,s:s,s:s,s:s}", "time", value_time(event->time_ns), "kind", event->kind,
        "interface", event->interface, "text", event->text);
}

json_t *lines_lookup(const struct model *model, const struct lookup *lookup, bool mask)
{
    bool stun = lookup->transport == TRANSPORT_STUN;
    char resolver[ADDRESS_TEXT];
    return json_pack("{s:o,s:s,s:s,s:o,s:o,s:s,s:o,s:s,s:s,s:o,s:o,s:o,s:o}", "time",
        value_time(lookup->time_ns), "kind", "leak", "exposure", exposure_word(lookup->exposure),
        "name", value_name(lookup->name, lookup->name_length, mask), "type",
        type_value(lookup->transport, lookup->type), "transport", transport_word(lookup->transport),
        "certainty", certainty_value(lookup->certainty), "interface",
        model_interface_name(model, lookup->interface), "resolver",
        address_format(&lookup->resolver, resolver), "process",
        lookup->process.pid ? json_string(lookup->process.name) : json_null(), "user",
        lookup->process.uid_known ? json_string(lookup->process.user) : json_null(), "via",
        value_text(lookup->via), "learned",
        stun ? value_address(&lookup->answers[0], mask) : json_null());
}

json_t *lines_leak(const struct leak *leak, bool mask)
{
    char resolver[ADDRESS_TEXT];
    return json_pack("{s:o,s:s,s:o,s:I,s:s,s:o,s:o,s:s,s:o,s:s,s:s,s:o,s:o,s:o,s:o}", "time",
        value_time(leak->first_ns), "kind", "leak", "last", value_time(leak->last_ns), "count",
        (json_int_t)leak->count, "exposure", exposure_word(leak->exposure), "name",
        value_name(leak->name, leak->name_length, mask), "type",
        type_value(leak->transport, leak->type), "transport", transport_word(leak->transport),
        "certainty", certainty_value(leak->certainty), "interface", leak->interface, "resolver",
        address_format(&leak->resolver, resolver), "process",
        leak->process.pid ? json_string(leak->process.name) : json_null(), "user",
        leak->process.uid_known ? json_string(leak->process.user) : json_null(), "forwarded_from",
        value_address(&leak->forwarded_from, mask), "learned", value_address(&leak->learned, mask));
}

json_t *lines_drop(const struct drop *drop)
{
    static const char *const families[FAMILY_INDEXES] = {"ipv4", "ipv6"};
    return json_pack("{s:o,s:s,s:o,s:s,s:o,s:I,s:I,s:o}", "time", value_time(drop->start_ns),
        "kind", "drop", "end", value_time(drop->end_ns), "tunnel", drop->tunnel, "family",
        drop->partial ? json_string(families[drop->family]) : json_null(), "lookups_left",
        (json_int_t)drop->lookups_left, "connections_left", (json_int_t)drop->connects_left, "held",
        drop->held_known ? json_integer((json_int_t)drop->held) : json_null());
}

/* ---- all of them, in the order of time ---- */

enum source { SOURCE_EVENT, SOURCE_LEAK, SOURCE_DROP };

struct moment {
    uint64_t time_ns;
    enum source source;
    uint64_t at;
};

/* What happened at the same time stays in this order, whatever sorts. */
static int earlier(const void *left, const void *right)
{
    const struct moment *a = left, *b = right;
    if (a->time_ns != b->time_ns)
        return a->time_ns < b->time_ns ? -1 : 1;
    if (a->source != b->source)
        return a->source < b->source ? -1 : 1;
    return a->at < b->at ? -1 : a->at > b->at;
}

static size_t gather(const struct model *model, struct moment *moments, size_t room)
{
    size_t count = 0;
    uint64_t newest = model_event_newest(model);
    for (uint64_t serial = newest; serial > 0 && count < room; serial--) {
        const struct event *event = model_event_get(model, serial);
        if (!event)
            break;
        moments[count++] = (struct moment){event->time_ns, SOURCE_EVENT, serial};
    }
    for (size_t i = 0; i < model_leak_count(model) && count < room; i++)
        if (!model_leak_at(model, i)->intended)
            moments[count++] = (struct moment){model_leak_at(model, i)->first_ns, SOURCE_LEAK, i};
    for (size_t i = 0; i < model_drop_count(model) && count < room; i++)
        moments[count++] = (struct moment){model_drop_at(model, i)->start_ns, SOURCE_DROP, i};
    return count;
}

static json_t *line_of(const struct model *model, const struct moment *moment, bool mask)
{
    switch (moment->source) {
    case SOURCE_EVENT:
        return lines_event(model_event_get(model, moment->at));
    case SOURCE_LEAK:
        return lines_leak(model_leak_at(model, (size_t)moment->at), mask);
    case SOURCE_DROP:
        return lines_drop(model_drop_at(model, (size_t)moment->at));
    }
    return NULL;
}

static size_t event_count(const struct model *model)
{
    size_t count = 0;
    for (uint64_t serial = model_event_newest(model); serial > 0 && model_event_get(model, serial);
         serial--)
        count++;
    return count;
}

int lines_all(FILE *out, const struct model *model, bool mask)
{
    size_t room = event_count(model) + model_leak_count(model) + model_drop_count(model);
    struct moment *moments = calloc(room + 1, sizeof(*moments));
    int result = moments ? 0 : -1;
    size_t count = moments ? gather(model, moments, room) : 0;
    if (moments)
        qsort(moments, count, sizeof(*moments), earlier);
    for (size_t i = 0; i < count && result == 0; i++) {
        json_t *line = line_of(model, &moments[i], mask);
        if (!line || json_dumpf(line, out, JSON_COMPACT | JSON_ENSURE_ASCII) != 0 ||
            fputc('\n', out) == EOF)
            result = -1;
        json_decref(line);
    }
    free(moments);
    return fflush(out) == EOF ? -1 : result;
}
