/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/screen/filter.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/name.h"
#include "base/text.h"
#include "model/model.h"
#include "judge/judge.h"
#include "views/learned.h"
#include "views/programs.h"
#include "views/screen/picture.h"

static const struct {
    const char *prefix;
    enum filter_field field;
} fields[] = {
    {"name~", FILTER_NAME},
    {"app=", FILTER_APP},
    {"exposure=", FILTER_EXPOSURE},
    {"iface=", FILTER_IFACE},
    {"to=", FILTER_TO},
};

void filter_set(struct filter *filter, const char *text)
{
    char typed[FILTER_TEXT];
    text_format(typed, sizeof(typed), "%s", text);
    memset(filter, 0, sizeof(*filter));
    text_format(filter->text, sizeof(filter->text), "%s", typed);
    text_format(filter->words, sizeof(filter->words), "%s", typed);
    char *rest = NULL;
    for (char *word = strtok_r(filter->words, " ", &rest); word && filter->count < FILTER_TERMS;
         word = strtok_r(NULL, " ", &rest)) {
        struct filter_term *term = &filter->terms[filter->count];
        *term = (struct filter_term){FILTER_ANY, word};
        for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
            if (strncasecmp(word, fields[i].prefix, strlen(fields[i].prefix)) == 0)
                *term = (struct filter_term){fields[i].field, word + strlen(fields[i].prefix)};
        /* "app=" while the value is still to be typed filters nothing. */
        if (term->value[0])
            filter->count++;
    }
}

static bool begins(const char *text, const char *with)
{
    return strncasecmp(text, with, strlen(with)) == 0;
}

static const char *app_of(const struct lookup *lookup)
{
    return lookup->own ? "leaktop" : lookup->process.name;
}

static bool name_holds(const struct lookup *lookup, const char *value)
{
    char name[NAME_TEXT_MAX];
    if (lookup->name_length == 0)
        return false;
    name_format(lookup->name, lookup->name_length, name);
    return strcasestr(name, value) != NULL;
}

static bool term_match(
    const struct filter_term *term, const struct model *model, const struct lookup *lookup)
{
    char to[ADDRESS_TEXT];
    switch (term->field) {
    case FILTER_NAME:
        return name_holds(lookup, term->value);
    case FILTER_APP:
        return begins(app_of(lookup), term->value);
    case FILTER_EXPOSURE:
        return begins(exposure_word(lookup->exposure), term->value) ||
               begins(picture_excuse(lookup->excuse), term->value);
    case FILTER_IFACE:
        return begins(model_interface_name(model, lookup->interface), term->value);
    case FILTER_TO:
        return begins(address_format(&lookup->resolver, to), term->value);
    case FILTER_ANY:
        break;
    }
    return name_holds(lookup, term->value) || strcasestr(app_of(lookup), term->value) ||
           strcasestr(lookup->via, term->value) ||
           strcasestr(exposure_word(lookup->exposure), term->value) ||
           strcasestr(picture_excuse(lookup->excuse), term->value) ||
           strcasestr(model_interface_name(model, lookup->interface), term->value) ||
           strcasestr(transport_word(lookup->transport), term->value) ||
           strcasestr(address_format(&lookup->resolver, to), term->value);
}

bool filter_match(
    const struct filter *filter, const struct model *model, const struct lookup *lookup)
{
    for (size_t i = 0; i < filter->count; i++)
        if (!term_match(&filter->terms[i], model, lookup))
            return false;
    return true;
}

/* ---- programs ---- */

/* What its row tells of the ways that its look-ups took. */
static bool app_exposure(const struct model *model, const struct app *app, const char *value)
{
    const struct {
        enum exposure exposure;
        uint64_t count;
    } counts[] = {{EXPOSURE_EXPOSED, app->exposed}, {EXPOSURE_BYPASS, app->bypass},
        {EXPOSURE_TUNNELLED, app->tunnelled}, {EXPOSURE_OPEN, app->open}};
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        if (counts[i].count > 0 && begins(exposure_word(counts[i].exposure), value))
            return true;
    return begins(programs_word(judge_app_harm(model, app)), value);
}

static bool app_interface(const struct model *model, const struct app *app, const char *value)
{
    for (size_t i = 0; i < sizeof(app->interfaces) / sizeof(app->interfaces[0]); i++)
        if (app->interfaces[i] && begins(model_interface_name(model, app->interfaces[i]), value))
            return true;
    return app->connects > 0 && begins(model_interface_name(model, app->connected_by), value);
}

static bool app_resolver(const struct app *app, const char *value)
{
    char to[ADDRESS_TEXT];
    for (size_t i = 0; i < sizeof(app->resolvers) / sizeof(app->resolvers[0]); i++)
        if (app->resolvers[i].family != FAMILY_NONE &&
            begins(address_format(&app->resolvers[i], to), value))
            return true;
    return false;
}

static bool app_term(
    const struct filter_term *term, const struct model *model, const struct app *app)
{
    char transports[PROGRAM_TEXT];
    switch (term->field) {
    case FILTER_NAME:
        return strcasestr(app->name, term->value) != NULL;
    case FILTER_APP:
        return begins(app->name, term->value);
    case FILTER_EXPOSURE:
        return app_exposure(model, app, term->value);
    case FILTER_IFACE:
        return app_interface(model, app, term->value);
    case FILTER_TO:
        return app_resolver(app, term->value);
    case FILTER_ANY:
        break;
    }
    return strcasestr(app->name, term->value) || strcasestr(app->user, term->value) ||
           app_exposure(model, app, term->value) || app_interface(model, app, term->value) ||
           app_resolver(app, term->value) ||
           strcasestr(programs_transports(app, transports), term->value);
}

bool filter_match_app(const struct filter *filter, const struct model *model, const struct app *app)
{
    for (size_t i = 0; i < filter->count; i++)
        if (!app_term(&filter->terms[i], model, app))
            return false;
    return true;
}

/* ---- who learned which name ---- */

static bool observed_exposure(const struct observed *row, const char *value)
{
    enum grasp worst = learned_worst(row);
    bool inside = learned_inside(row);
    return (worst == GRASP_LEAK && begins(inside ? "bypass" : "exposed", value)) ||
           (row->by[OBSERVER_TUNNEL].count > 0 && begins("tunnelled", value)) ||
           (worst == GRASP_NEIGHBOUR && begins("lan", value)) ||
           (worst == GRASP_OPEN && begins("open", value));
}

static bool observed_how(const struct observed *row, const char *value)
{
    char how[LEARNED_TEXT];
    for (size_t i = 0; i < OBSERVER_COUNT; i++)
        if (strcasestr(learned_how(&row->by[i], how), value))
            return true;
    return false;
}

static bool observed_term(
    const struct filter_term *term, const struct model *model, const struct observed *row)
{
    char name[LEARNED_TEXT], to[ADDRESS_TEXT];
    const char *interface = row->interface ? model_interface_name(model, row->interface) : "";
    address_format(&row->server, to);
    switch (term->field) {
    case FILTER_NAME:
        return strcasestr(learned_name(row, false, name), term->value) != NULL;
    case FILTER_APP:
        return begins(row->program, term->value);
    case FILTER_EXPOSURE:
        return observed_exposure(row, term->value);
    case FILTER_IFACE:
        return begins(interface, term->value);
    case FILTER_TO:
        return begins(to, term->value);
    case FILTER_ANY:
        break;
    }
    return strcasestr(learned_name(row, false, name), term->value) ||
           strcasestr(row->program, term->value) || strcasestr(interface, term->value) ||
           strcasestr(to, term->value) || observed_exposure(row, term->value) ||
           observed_how(row, term->value);
}

bool filter_match_observed(
    const struct filter *filter, const struct model *model, const struct observed *row)
{
    for (size_t i = 0; i < filter->count; i++)
        if (!observed_term(&filter->terms[i], model, row))
            return false;
    return true;
}

/* ---- what happened ---- */

bool filter_match_event(const struct filter *filter, const struct event *event)
{
    for (size_t i = 0; i < filter->count; i++) {
        const struct filter_term *term = &filter->terms[i];
        bool matches = term->field == FILTER_IFACE ? begins(event->interface, term->value)
                                                   : strcasestr(event->text, term->value) ||
                                                         strcasestr(event->kind, term->value);
        if (!matches)
            return false;
    }
    return true;
}

const char *filter_show(const struct filter *filter, bool mask, char *out, size_t size)
{
    if (!mask) {
        text_format(out, size, "%s", filter->text);
        return out;
    }
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < filter->count; i++) {
        const struct filter_term *term = &filter->terms[i];
        const char *prefix = "";
        for (size_t f = 0; f < sizeof(fields) / sizeof(fields[0]); f++)
            if (fields[f].field == term->field)
                prefix = fields[f].prefix;
        bool hide = term->field == FILTER_ANY || term->field == FILTER_NAME;
        text_format(out + used, size - used, "%s%s%s", used ? " " : "", prefix,
            hide ? "(hidden)" : term->value);
        used += strlen(out + used);
    }
    return out;
}
