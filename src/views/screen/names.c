/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/screen/names.h"

#include <string.h>

#include "base/name.h"
#include "base/text.h"
#include "views/screen/lookups.h"

static bool same_way(const struct lookup *a, const struct lookup *b)
{
    return a->type == b->type && a->transport == b->transport && a->interface == b->interface &&
           a->exposure == b->exposure && a->excuse == b->excuse && a->own == b->own &&
           strcmp(a->process.name, b->process.name) == 0 &&
           address_equal(&a->resolver, &b->resolver) &&
           name_equal(a->name, a->name_length, b->name, b->name_length);
}

static void add(struct names *names, const struct lookup *lookup)
{
    uint64_t hash = name_hash(lookup->name, lookup->name_length, lookup->type);
    size_t at = (size_t)(hash % NAMES_BUCKETS);
    names->lookups++;
    for (; names->buckets[at]; at = (at + 1) % NAMES_BUCKETS) {
        size_t line = names->buckets[at] - 1U;
        if (same_way(names->lines[line].newest, lookup)) {
            names->lines[line].count++;
            return;
        }
    }
    if (names->count == NAMES_MAX) {
        names->beyond++;
        return;
    }
    names->lines[names->count].newest = lookup;
    names->lines[names->count].count = 1;
    names->buckets[at] = (uint16_t)++names->count;
}

void names_read(struct names *names, const struct picture *picture, uint64_t newest,
    bool (*wanted)(const void *of, const struct lookup *lookup), const void *of)
{
    memset(names, 0, sizeof(*names));
    uint64_t oldest = picture_oldest(picture);
    for (uint64_t serial = picture_newest(picture); serial >= oldest && serial > 0; serial--) {
        const struct lookup *lookup = picture_lookup(picture, serial);
        if (!lookup || !wanted(of, lookup))
            continue;
        if (serial > newest)
            names->later++;
        else
            add(names, lookup);
    }
}

void names_write(
    const struct names *names, struct page *page, const struct picture *picture, bool who)
{
    char text[2 * PICTURE_TEXT + NAME_TEXT_MAX], name[NAME_TEXT_MAX], type[RRTYPE_TEXT],
        clock[TIME_TEXT], address[ADDRESS_TEXT], by[2 * PROCESS_NAME + 16], times[24];
    const char *label = who ? "Look-ups" : "Names";
    for (size_t i = 0; i < names->count; i++) {
        const struct lookup *lookup = names->lines[i].newest;
        times[0] = '\0';
        if (names->lines[i].count > 1)
            text_format(times, sizeof(times), " x%u", names->lines[i].count);
        text_format(text, sizeof(text), "%s %c %s %s%s  %s %s %s",
            time_format_clock(lookup->time_ns, clock), exposure_symbol(lookup->exposure),
            picture_type(lookup, type),
            who ? picture_by(picture, lookup, false, by, sizeof(by))
                : picture_name(picture, lookup, name),
            times, model_interface_name(picture->model, lookup->interface),
            transport_word(lookup->transport),
            picture_address(picture, &lookup->resolver, address));
        page_add(page, label, lookups_paint(lookup), text);
        label = "";
    }
    if (names->count == 0)
        page_add(page, label, PAINT_DIM, "none is kept");
    if (names->later > 0) {
        text_format(text, sizeof(text), "%llu came since this page was opened",
            (unsigned long long)names->later);
        page_add(page, "", PAINT_WARN, text);
    }
    if (names->beyond > 0) {
        text_format(text, sizeof(text), "and %llu older ones: key 2, then / and %s",
            (unsigned long long)names->beyond, who ? "name~" : "app=");
        page_add(page, "", PAINT_DIM, text);
    }
}
