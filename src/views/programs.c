/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/programs.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* ---- order ---- */

static int down(uint64_t a, uint64_t b)
{
    return (a < b) - (a > b);
}

static int up(uint64_t a, uint64_t b)
{
    return -down(a, b);
}

static uint64_t outside(const struct app *app)
{
    return app->exposed + app->bypass;
}

static int by_name(const void *a, const void *b)
{
    const struct app *x = ((const struct program *)a)->app, *y = ((const struct program *)b)->app;
    int order = strcmp(x->name, y->name);
    return order ? order : strcmp(x->user, y->user);
}

static int by_lookups(const void *a, const void *b)
{
    const struct app *x = ((const struct program *)a)->app, *y = ((const struct program *)b)->app;
    int order = down(x->lookups, y->lookups);
    return order ? order : by_name(a, b);
}

static int by_outside(const void *a, const void *b)
{
    const struct app *x = ((const struct program *)a)->app, *y = ((const struct program *)b)->app;
    int order = down(outside(x), outside(y));
    return order ? order : by_lookups(a, b);
}

static int by_connects(const void *a, const void *b)
{
    const struct app *x = ((const struct program *)a)->app, *y = ((const struct program *)b)->app;
    int order = down(x->connects, y->connects);
    return order ? order : by_outside(a, b);
}

static int by_last(const void *a, const void *b)
{
    const struct app *x = ((const struct program *)a)->app, *y = ((const struct program *)b)->app;
    int order = down(x->last_ns, y->last_ns);
    return order ? order : by_name(a, b);
}

static int by_harm(const void *a, const void *b)
{
    const struct program *x = a, *y = b;
    int order = up(x->harm, y->harm);
    if (order)
        return order;
    return x->harm == APP_SPLIT ? by_connects(a, b) : by_outside(a, b);
}

static const struct {
    int (*compare)(const void *, const void *);
    const char *word;
} sorts[PROGRAM_SORTS] = {
    [PROGRAMS_BY_HARM] = {by_harm, "worst first"},
    [PROGRAMS_BY_LOOKUPS] = {by_lookups, "most look-ups first"},
    [PROGRAMS_BY_OUTSIDE] = {by_outside, "most outside first"},
    [PROGRAMS_BY_CONNECTS] = {by_connects, "most connections first"},
    [PROGRAMS_BY_LAST] = {by_last, "last seen first"},
    [PROGRAMS_BY_NAME] = {by_name, "by name"},
};

void programs_sort(struct program *list, size_t count, enum program_sort sort)
{
    if ((unsigned)sort < PROGRAM_SORTS && count > 1)
        qsort(list, count, sizeof(*list), sorts[sort].compare);
}

const char *programs_sort_word(enum program_sort sort)
{
    return (unsigned)sort < PROGRAM_SORTS ? sorts[sort].word : "?";
}

/* ---- words ---- */

const char programs_unknown[] =
    "who asked is not known: the socket was gone before its owner could be read";

static const struct {
    char symbol;
    enum state state;
    const char *word;
} harms[APP_HARMS] = {
    [APP_LEAKS] = {'X', STATE_LEAK, "leaks"},
    [APP_SPLIT] = {'!', STATE_WARN, "connects outside"},
    [APP_HANDS] = {'!', STATE_WARN, "looks up what it asks Tor for"},
    [APP_MIXED] = {'!', STATE_WARN, "Tor, and beside it"},
    [APP_OPEN] = {'o', STATE_UNPROTECTED, "open"},
    [APP_LAN] = {'!', STATE_WARN, "local link"},
    [APP_TOR] = {'+', STATE_OK, "by Tor"},
    [APP_TUNNELLED] = {'+', STATE_OK, "tunnelled"},
    [APP_INTERNAL] = {'-', STATE_OFF, "nothing outside"},
};

char programs_symbol(const struct program *program)
{
    if ((unsigned)program->harm >= APP_HARMS)
        return '?';
    if (program->harm >= APP_TOR && strcmp(program->app->name, "unknown") == 0)
        return '?';
    return harms[program->harm].symbol;
}

const char *programs_word(enum app_harm harm)
{
    return (unsigned)harm < APP_HARMS ? harms[harm].word : "?";
}

enum state programs_state(enum app_harm harm)
{
    return (unsigned)harm < APP_HARMS ? harms[harm].state : STATE_UNKNOWN;
}

const char *programs_name(const struct app *app, bool mask, char out[static PROGRAM_TEXT])
{
    static const char forwarded[] = "forwarded from ";
    if (mask && strncmp(app->name, forwarded, strlen(forwarded)) == 0)
        text_format(out, PROGRAM_TEXT, "%s(hidden)", forwarded);
    else
        text_format(out, PROGRAM_TEXT, "%s", app->name);
    return out;
}

static void append(char *out, const char *between, const char *text)
{
    size_t used = strlen(out);
    text_format(out + used, PROGRAM_TEXT - used, "%s%s", used ? between : "", text);
}

const char *programs_hidden(const struct model *model)
{
    return model_expectation(model)->expectation == EXPECT_TOR ? "Tor" : "the tunnel";
}

const char *programs_counts(
    const struct model *model, const struct app *app, char out[static PROGRAM_TEXT])
{
    const char *hidden = programs_hidden(model);
    const struct {
        uint64_t count;
        const char *word;
    } kinds[] = {
        {app->tunnelled, exposure_word(EXPOSURE_TUNNELLED)},
        {app->exposed, exposure_word(EXPOSURE_EXPOSED)},
        {app->bypass, exposure_word(EXPOSURE_BYPASS)},
        {app->open, exposure_word(EXPOSURE_OPEN)},
    };
    char text[96];
    bool begun = false;
    text_format(out, PROGRAM_TEXT, "%llu look-up%s", (unsigned long long)app->lookups,
        app->lookups == 1 ? "" : "s");
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (kinds[i].count == 0)
            continue;
        text_format(
            text, sizeof(text), "%llu %s", (unsigned long long)kinds[i].count, kinds[i].word);
        append(out, begun ? ", " : ": ", text);
        begun = true;
    }
    if (app->connects > 0) {
        text_format(text, sizeof(text), "%llu connection%s outside %s",
            (unsigned long long)app->connects, app->connects == 1 ? "" : "s", hidden);
        append(out, "; ", text);
    }
    if (app->stun > 0) {
        text_format(text, sizeof(text), "%u STUN request%s, %u outside %s", (unsigned)app->stun,
            app->stun == 1 ? "" : "s", (unsigned)app->stun_outside, hidden);
        append(out, "; ", text);
    }
    if (app->tor_names + app->tor_addresses > 0) {
        text_format(text, sizeof(text), "to Tor: %u by name, %u by address, %u of them looked up",
            (unsigned)app->tor_names, (unsigned)app->tor_addresses, (unsigned)app->tor_looked_up);
        append(out, "; ", text);
    }
    return out;
}

const char *programs_interfaces(
    const struct model *model, const struct app *app, char out[static PROGRAM_TEXT])
{
    bool connected = app->connects > 0;
    out[0] = '\0';
    for (size_t i = 0; i < sizeof(app->interfaces) / sizeof(app->interfaces[0]); i++) {
        if (app->interfaces[i] == 0)
            continue;
        append(out, ", ", model_interface_name(model, app->interfaces[i]));
        connected &= app->interfaces[i] != app->connected_by;
    }
    if (connected)
        append(out, ", ", model_interface_name(model, app->connected_by));
    if (!out[0])
        text_format(out, PROGRAM_TEXT, "-");
    return out;
}

const char *programs_transports(const struct app *app, char out[static PROGRAM_TEXT])
{
    out[0] = '\0';
    for (enum transport transport = 0; transport < TRANSPORT_COUNT; transport++)
        if (app->transports & 1U << transport)
            append(out, ", ", transport_word(transport));
    if (!out[0])
        text_format(out, PROGRAM_TEXT, "-");
    return out;
}

const char *programs_transport_counts(const struct app *app, char out[static PROGRAM_TEXT])
{
    char text[48];
    out[0] = '\0';
    for (enum transport transport = 0; transport < TRANSPORT_COUNT; transport++) {
        if (app->by_transport[transport] == 0)
            continue;
        text_format(text, sizeof(text), "%s %u", transport_word(transport),
            (unsigned)app->by_transport[transport]);
        append(out, ", ", text);
    }
    return out[0] ? out : programs_transports(app, out);
}

const char *programs_resolvers(const struct app *app, size_t most, char out[static PROGRAM_TEXT])
{
    enum { KEPT = sizeof(app->resolvers) / sizeof(app->resolvers[0]) };
    char address[ADDRESS_TEXT];
    size_t count = 0;
    while (count < KEPT && app->resolvers[count].family != FAMILY_NONE)
        count++;
    out[0] = '\0';
    for (size_t i = 0; i < count && i < most; i++)
        append(out, ", ", address_format(&app->resolvers[i], address));
    if (count > most) {
        size_t used = strlen(out);
        text_format(
            out + used, PROGRAM_TEXT - used, " +%zu%s", count - most, count == KEPT ? "~" : "");
    } else if (count == KEPT) {
        append(out, "", ", ~");
    }
    if (!out[0])
        text_format(out, PROGRAM_TEXT, "-");
    return out;
}
