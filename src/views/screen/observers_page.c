/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/screen/observers.h"

#include <stdio.h>
#include <string.h>

#include "base/name.h"
#include "base/text.h"
#include "views/learned.h"
#include "views/screen/names.h"

static const char *const labels[OBSERVER_COUNT] = {"Network", "ISP", "Resolver", "VPN, Tor"};

static void add_observer(struct page *page, const struct picture *picture,
    const struct observed *row, enum observer observer)
{
    char text[2 * LEARNED_TEXT], how[LEARNED_TEXT], first[TIME_TEXT], last[TIME_TEXT],
        from[ADDRESS_TEXT];
    const struct learned *learned = &row->by[observer];
    enum grasp grasp = learned_grasp(learned, observer);
    const char *who = learned_who(picture->model, observer);
    text_format(text, sizeof(text), "%c %s%s%s%s", learned_symbol(grasp), learned_means(grasp),
        who[0] ? " (" : "", who, who[0] ? ")" : "");
    unsigned paint =
        grasp == GRASP_NOTHING ? (unsigned)PAINT_DIM : paint_state(learned_state(grasp));
    page_add(page, labels[observer], paint, text);
    if (grasp == GRASP_NOTHING)
        return;
    bool once = learned->count == 1;
    time_format_clock(learned->first_ns, first);
    time_format_clock(learned->last_ns, last);
    text_format(text, sizeof(text), "%u time%s, %s%s%s%s%s; %s", (unsigned)learned->count,
        once ? "" : "s", first, once ? "" : " to ", once ? "" : last,
        learned->from.family ? ", from " : "",
        learned->from.family ? picture_own(picture, &learned->from, from) : "",
        learned_how(learned, how));
    page_add(page, "", PAINT_PLAIN, text);
    if (learned->how & 1U << SIGHT_HTTP)
        page_add(page, "", PAINT_WARN,
            "unencrypted: pages, forms and cookies of these requests could be read as well");
    if (learned->how & 1U << SIGHT_STATUS)
        page_add(page, "", PAINT_PLAIN,
            "the question holds the certificate's number, by which the site can be found");
    if (learned->unasked > 0 && learned->unasked < learned->count) {
        text_format(
            text, sizeof(text), "%u of these were to stay hidden", (unsigned)learned->unasked);
        page_add(page, "", PAINT_PLAIN, text);
    }
}

static bool is_of_row(const void *of, const struct lookup *lookup)
{
    const struct observed *row = of;
    if (row->name_length == 0)
        return lookup->name_length == 0 && address_equal(&lookup->resolver, &row->server);
    return name_equal(lookup->name, lookup->name_length, row->name, row->name_length);
}

static const struct observed *find(const struct picture *picture, uint64_t serial)
{
    for (size_t i = 0; i < picture_observed_count(picture); i++)
        if (picture_observed(picture, i)->serial == serial)
            return picture_observed(picture, i);
    return NULL;
}

bool observers_page(struct page *page, const struct area *screen, const struct picture *picture,
    const struct ui *ui)
{
    static struct names names; /* large */
    char text[2 * LEARNED_TEXT], name[LEARNED_TEXT], clock[TIME_TEXT], address[ADDRESS_TEXT];
    const struct observed *row = find(picture, ui->popup_observed);
    if (!row)
        return false;
    enum grasp worst = learned_worst(row);
    page_start(page, page_popup_width(screen));
    page->state = learned_state(worst);
    snprintf(page->title, sizeof(page->title), "%c who learned it", learned_symbol(worst));
    snprintf(page->right, sizeof(page->right), "last %s", time_format_clock(row->last_ns, clock));
    learned_name(row, picture->mask, name);
    if (learned_inside(row))
        text_format(
            text, sizeof(text), "%s: the names that this encrypted resolver was asked", name);
    page_add(page, "Name", PAINT_STRONG, learned_inside(row) ? text : name);
    page_add(page, "", PAINT_PLAIN, "");
    for (enum observer observer = 0; observer < OBSERVER_COUNT; observer++)
        add_observer(page, picture, row, observer);
    page_add(page, "", PAINT_PLAIN, "");
    text_format(text, sizeof(text), "left by %s to %s",
        row->interface ? model_interface_name(picture->model, row->interface) : "Tor",
        picture_address(picture, &row->server, address));
    page_add(page, "Newest", PAINT_PLAIN, text);
    page_add(page, "Program", PAINT_PLAIN, row->program[0] ? row->program : "not known");
    page_add(page, "", PAINT_PLAIN, "");
    names_read(&names, picture, ui->popup_newest, is_of_row, row);
    names_write(&names, page, picture, true);
    page_add(page, "", PAINT_PLAIN, "");
    page_add(page, "Not seen", PAINT_DIM, learned_limits);
    return true;
}
