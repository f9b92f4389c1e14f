/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/screen/picture.h"

#include <stdlib.h>
#include <string.h>

#include "base/name.h"
#include "base/text.h"

const char picture_hidden[] = "(hidden)";

struct frozen {
    uint64_t since_ns, seen;
    struct verdict verdict;
    struct routes routes;
    struct compare_row rows[COMPARE_ROWS];
    size_t row_count;
    struct lookup *lookups; /* oldest .. newest */
    uint64_t oldest, newest;
    struct app *apps;
    size_t app_count;
    struct observed *observed;
    uint8_t *names; /* theirs */
    size_t observed_count;
    struct history *history;
    struct event events[PICTURE_EVENTS];
    uint64_t event_oldest, event_newest;
};

/* What the list of look-ups counts: STUN requests stand in it too. */
static uint64_t seen_of(const struct model *model)
{
    const struct totals *totals = model_totals(model);
    uint64_t seen = totals->lookups;
    for (size_t i = 0; i < EXPOSURE_COUNT; i++)
        seen += totals->stun[i];
    return seen;
}

static bool keep_apps(struct frozen *frozen, const struct model *model)
{
    size_t count = model_app_count(model);
    frozen->apps = calloc(count + 1, sizeof(*frozen->apps));
    if (!frozen->apps)
        return false;
    for (size_t i = 0; i < count; i++)
        frozen->apps[i] = *model_app_at(model, i);
    frozen->app_count = count;
    return true;
}

/* The model may give a row, and its name, to another one meanwhile. */
static bool keep_observed(struct frozen *frozen, const struct model *model)
{
    size_t count = model_observed_count(model), octets = 1;
    for (size_t i = 0; i < count; i++)
        octets += model_observed_at(model, i)->name_length;
    frozen->observed = calloc(count + 1, sizeof(*frozen->observed));
    frozen->names = malloc(octets);
    if (!frozen->observed || !frozen->names)
        return false;
    uint8_t *name = frozen->names;
    for (size_t i = 0; i < count; i++) {
        struct observed *row = &frozen->observed[i];
        *row = *model_observed_at(model, i);
        if (row->name_length > 0)
            memcpy(name, row->name, row->name_length);
        row->name = name;
        name += row->name_length;
    }
    frozen->observed_count = count;
    return true;
}

struct frozen *frozen_take(const struct model *model, const struct verdict *verdict, uint64_t now)
{
    struct frozen *frozen = calloc(1, sizeof(*frozen));
    if (!frozen)
        return NULL;
    frozen->since_ns = now;
    frozen->seen = seen_of(model);
    frozen->verdict = *verdict;
    routes_read(model, &frozen->routes);
    frozen->row_count = judge_compare(model, frozen->rows);
    frozen->newest = model_lookup_newest(model);
    frozen->oldest = model_lookup_oldest(model);
    if (frozen->newest > 0 && frozen->oldest > 0) {
        size_t count = (size_t)(frozen->newest - frozen->oldest + 1);
        frozen->lookups = calloc(count, sizeof(*frozen->lookups));
        if (!frozen->lookups) {
            free(frozen);
            return NULL;
        }
        for (size_t i = 0; i < count; i++) {
            const struct lookup *lookup = model_lookup(model, frozen->oldest + i);
            if (lookup)
                frozen->lookups[i] = *lookup;
        }
    }
    frozen->history = history_copy(model_history(model));
    if (!frozen->history || !keep_apps(frozen, model) || !keep_observed(frozen, model)) {
        frozen_free(frozen);
        return NULL;
    }
    frozen->event_newest = model_event_newest(model);
    frozen->event_oldest = frozen->event_newest + 1;
    for (size_t i = 0; i < PICTURE_EVENTS && frozen->event_oldest > 1; i++) {
        const struct event *event = model_event_get(model, frozen->event_oldest - 1);
        if (!event)
            break;
        frozen->event_oldest--;
        frozen->events[frozen->event_oldest % PICTURE_EVENTS] = *event;
    }
    return frozen;
}

void frozen_free(struct frozen *frozen)
{
    if (!frozen)
        return;
    free(frozen->lookups);
    free(frozen->apps);
    free(frozen->observed);
    free(frozen->names);
    history_free(frozen->history);
    free(frozen);
}

const struct verdict *frozen_verdict(const struct frozen *frozen)
{
    return &frozen->verdict;
}

const struct routes *frozen_routes(const struct frozen *frozen)
{
    return &frozen->routes;
}

uint64_t frozen_since_ns(const struct frozen *frozen)
{
    return frozen->since_ns;
}

uint64_t frozen_new(const struct frozen *frozen, const struct model *model)
{
    uint64_t seen = seen_of(model);
    return seen > frozen->seen ? seen - frozen->seen : 0;
}

size_t picture_compare(const struct picture *picture, struct compare_row rows[static COMPARE_ROWS])
{
    if (!picture->frozen)
        return judge_compare(picture->model, rows);
    memcpy(rows, picture->frozen->rows, sizeof(picture->frozen->rows));
    return picture->frozen->row_count;
}

size_t picture_app_count(const struct picture *picture)
{
    return picture->frozen ? picture->frozen->app_count : model_app_count(picture->model);
}

const struct app *picture_app(const struct picture *picture, size_t position)
{
    if (!picture->frozen)
        return model_app_at(picture->model, position);
    return position < picture->frozen->app_count ? &picture->frozen->apps[position] : NULL;
}

size_t picture_observed_count(const struct picture *picture)
{
    return picture->frozen ? picture->frozen->observed_count : model_observed_count(picture->model);
}

const struct observed *picture_observed(const struct picture *picture, size_t position)
{
    if (!picture->frozen)
        return model_observed_at(picture->model, position);
    return position < picture->frozen->observed_count ? &picture->frozen->observed[position] : NULL;
}

const struct history *picture_history(const struct picture *picture)
{
    return picture->frozen ? picture->frozen->history : model_history(picture->model);
}

uint64_t picture_newest(const struct picture *picture)
{
    return picture->frozen ? picture->frozen->newest : model_lookup_newest(picture->model);
}

uint64_t picture_oldest(const struct picture *picture)
{
    return picture->frozen ? picture->frozen->oldest : model_lookup_oldest(picture->model);
}

const struct lookup *picture_lookup(const struct picture *picture, uint64_t serial)
{
    const struct frozen *frozen = picture->frozen;
    if (!frozen)
        return model_lookup(picture->model, serial);
    if (!frozen->lookups || serial < frozen->oldest || serial > frozen->newest)
        return NULL;
    const struct lookup *lookup = &frozen->lookups[serial - frozen->oldest];
    return lookup->serial == serial ? lookup : NULL;
}

uint64_t picture_seen(const struct picture *picture)
{
    return picture->frozen ? picture->frozen->seen : seen_of(picture->model);
}

uint64_t picture_event_newest(const struct picture *picture)
{
    return picture->frozen ? picture->frozen->event_newest : model_event_newest(picture->model);
}

const struct event *picture_event(const struct picture *picture, uint64_t serial)
{
    const struct frozen *frozen = picture->frozen;
    if (serial == 0)
        return NULL;
    if (!frozen)
        return model_event_get(picture->model, serial);
    if (serial < frozen->event_oldest || serial > frozen->event_newest)
        return NULL;
    return &frozen->events[serial % PICTURE_EVENTS];
}

uint64_t picture_note_newest(const struct picture *picture)
{
    const struct event *event;
    uint64_t serial = picture_event_newest(picture);
    for (; (event = picture_event(picture, serial)); serial--)
        if (strcmp(event->kind, "note") == 0)
            return serial;
    return 0;
}

/* An address of this machine, or the one that the world sees. */
static bool personal(const struct model *model, const struct address *address)
{
    if (address->family == FAMILY_NONE || address_is_loopback(address))
        return false;
    if (model_is_local(model, address))
        return true;
    for (size_t f = 0; f < FAMILY_INDEXES; f++) {
        const struct public_address *public = model_public(model, (enum family)f);
        if (address_equal(&public->address, address) || address_equal(&public->other, address))
            return true;
        const struct baseline *before = model_baseline(model);
        if (before && address_equal(&before->public_addresses[f].address, address))
            return true;
    }
    return false;
}

static bool address_octet(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' ||
           c == '.';
}

/* The longest beginning of the run that is an address, so that "10.0.0.7:53" and "10.0.0.7." are
 * found too. 0: none. */
static size_t address_at(const char *run, size_t length, struct address *address)
{
    char text[ADDRESS_TEXT];
    if (length >= sizeof(text))
        length = sizeof(text) - 1;
    for (; length >= 2; length--) {
        memcpy(text, run, length);
        text[length] = '\0';
        if (address_parse(text, address))
            return length;
    }
    return 0;
}

const char *picture_text(const struct picture *picture, const char *text, char *out, size_t size)
{
    char plain[1024];
    if (!picture->mask)
        return judge_plain(text, false, out, size);
    judge_plain(text, true, plain, sizeof(plain));
    size_t at = 0;
    for (const char *p = plain; *p && at + 1 < size;) {
        size_t run = 0, found;
        struct address address;
        while (address_octet(p[run]))
            run++;
        if (run > 0 && (found = address_at(p, run, &address)) > 0 &&
            personal(picture->model, &address)) {
            text_format(out + at, size - at, "%s", picture_hidden);
            at += strlen(out + at);
            p += found;
            continue;
        }
        if (run == 0)
            run = 1;
        while (run-- > 0 && at + 1 < size)
            out[at++] = *p++;
    }
    out[at] = '\0';
    return out;
}

const char *picture_name(
    const struct picture *picture, const struct lookup *lookup, char out[static NAME_TEXT_MAX])
{
    char address[ADDRESS_TEXT];
    if (lookup->name_length == 0)
        text_format(out, NAME_TEXT_MAX, "%s",
            lookup->transport == TRANSPORT_STUN
                ? picture_address(picture, &lookup->resolver, address)
                : "-");
    else if (picture->mask)
        text_format(out, NAME_TEXT_MAX, "%s", picture_hidden);
    else
        name_format(lookup->name, lookup->name_length, out);
    return out;
}

const char *picture_address(
    const struct picture *picture, const struct address *address, char out[static ADDRESS_TEXT])
{
    if (picture->mask && personal(picture->model, address))
        text_format(out, ADDRESS_TEXT, "%s", picture_hidden);
    else
        address_format(address, out);
    return out;
}

const char *picture_own(
    const struct picture *picture, const struct address *address, char out[static ADDRESS_TEXT])
{
    if (picture->mask && address->family != FAMILY_NONE)
        text_format(out, ADDRESS_TEXT, "%s", picture_hidden);
    else
        address_format(address, out);
    return out;
}

static const char *endpoint(const char *text, uint16_t port, char out[static ENDPOINT_TEXT])
{
    text_format(out, ENDPOINT_TEXT, strchr(text, ':') ? "[%s]:%u" : "%s:%u", text, port);
    return out;
}

const char *picture_source(
    const struct picture *picture, const struct lookup *lookup, char out[static ENDPOINT_TEXT])
{
    char text[ADDRESS_TEXT];
    return endpoint(picture_own(picture, &lookup->source, text), lookup->source_port, out);
}

const char *picture_resolver(
    const struct picture *picture, const struct lookup *lookup, char out[static ENDPOINT_TEXT])
{
    char text[ADDRESS_TEXT];
    return endpoint(picture_address(picture, &lookup->resolver, text), lookup->resolver_port, out);
}

const char *picture_excuse(enum excuse excuse)
{
    static const char *const words[EXCUSE_COUNT] = {
        [EXCUSE_NONE] = "",
        [EXCUSE_CLIENT] = "VPN's own",
        [EXCUSE_SERVER_NAME] = "VPN's own",
        [EXCUSE_PEER] = "VPN's own",
        [EXCUSE_SPLIT] = "split DNS",
        [EXCUSE_CONNECTIVITY] = "net check",
        [EXCUSE_INTENDED] = "intended",
    };
    return (unsigned)excuse < EXCUSE_COUNT ? words[excuse] : "";
}

const char *picture_exposure(
    const struct lookup *lookup, int width, char out[static EXPOSURE_WORDS])
{
    const char *word = exposure_word(lookup->exposure), *why = picture_excuse(lookup->excuse);
    /* "bootstrap" is its own reason. */
    if (lookup->excuse == EXCUSE_NONE || lookup->exposure == EXPOSURE_BOOTSTRAP)
        text_format(out, EXPOSURE_WORDS, "%s", word);
    else if (width >= EXPOSURE_WORDS - 1)
        text_format(out, EXPOSURE_WORDS, "%s, %s", word, why);
    else
        text_format(out, EXPOSURE_WORDS, "%s", why);
    return out;
}

bool picture_encrypted(const struct lookup *lookup)
{
    return lookup->transport != TRANSPORT_STUN &&
           !transport_shows_type(lookup->transport, lookup->type);
}

const char *picture_type(const struct lookup *lookup, char out[static RRTYPE_TEXT])
{
    if (lookup->transport == TRANSPORT_STUN)
        text_format(out, RRTYPE_TEXT, "STUN");
    else if (picture_encrypted(lookup))
        text_format(out, RRTYPE_TEXT, "-");
    else
        rrtype_format(lookup->type, out);
    return out;
}

const char *picture_by(
    const struct picture *picture, const struct lookup *lookup, bool more, char *out, size_t size)
{
    const struct process *process = &lookup->process;
    if (lookup->own) {
        text_format(out, size, "leaktop probe");
    } else if (lookup->forwarded) {
        /* Another machine's or a container's address tells as much of the person as their own. */
        char from[ADDRESS_TEXT];
        text_format(out, size, "from %s",
            picture->mask ? picture_hidden : address_format(&lookup->source, from));
    } else if (process->name[0] && more && process->pid > 0) {
        text_format(out, size, "%s %d %s", process->name, (int)process->pid, process->user);
    } else if (process->name[0]) {
        text_format(out, size, "%s", process->name);
    } else if (process->uid_known && process->user[0]) {
        text_format(out, size, "user %s", process->user);
    } else if (process->uid_known) {
        text_format(out, size, "uid %u", process->uid);
    } else {
        text_format(out, size, lookup->settled ? "?" : "");
    }
    return out;
}
