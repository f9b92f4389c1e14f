/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/screen/lookups.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "views/screen/frame.h"

static const struct filter no_filter;

/* Next look-up that the filter lets through, from serial on in steps of -1 (older) or 1. 0: none.
 */
static uint64_t matching(
    const struct picture *picture, const struct filter *filter, uint64_t serial, int step)
{
    uint64_t oldest = picture_oldest(picture), newest = picture_newest(picture);
    if (newest == 0 || oldest == 0)
        return 0;
    if (step < 0 && serial > newest)
        serial = newest;
    if (step > 0 && serial < oldest)
        serial = oldest;
    for (; serial >= oldest && serial <= newest; serial += (uint64_t)(int64_t)step) {
        const struct lookup *lookup = picture_lookup(picture, serial);
        if (lookup && filter_match(filter, picture->model, lookup))
            return serial;
    }
    return 0;
}

/* Bring cursor and top to what is there now. fill: the rows may move, so that none stays blank at
 * the end of the list while there is something above; without it, they stay where they are. */
static void settle(const struct picture *picture, struct lookup_list *list,
    const struct filter *filter, int rows, bool fill)
{
    fill |= list->rows != rows;
    list->rows = rows > 0 ? rows : 1;
    if (!list->moved)
        list->selected = list->top = UINT64_MAX;
    uint64_t selected = matching(picture, filter, list->selected, -1);
    if (selected == 0)
        selected = matching(picture, filter, list->selected, 1);
    uint64_t top = matching(picture, filter, list->top, -1);
    if (top < selected)
        top = selected;
    int distance = 0;
    for (uint64_t at = top; at > selected; distance++)
        at = matching(picture, filter, at - 1, -1);
    for (; distance >= list->rows; distance--)
        top = matching(picture, filter, top - 1, -1);
    int below = fill ? 0 : list->rows;
    for (uint64_t at = top; at != 0 && below < list->rows; below++)
        at = matching(picture, filter, at - 1, -1);
    for (uint64_t at = top; at != 0 && below < list->rows; below++) {
        at = matching(picture, filter, at + 1, 1);
        top = at ? at : top;
    }
    list->selected = selected;
    list->top = top;
}

void lookups_move(const struct picture *picture, struct ui *ui, int by)
{
    struct lookup_list *list = &ui->list;
    settle(picture, list, &ui->filter, list->rows, true);
    if (list->selected == 0)
        return;
    list->moved = true;
    for (; by != 0; by += by > 0 ? -1 : 1) {
        uint64_t next = by > 0 ? matching(picture, &ui->filter, list->selected - 1, -1)
                               : matching(picture, &ui->filter, list->selected + 1, 1);
        if (next == 0)
            break;
        list->selected = next;
    }
    settle(picture, list, &ui->filter, list->rows, true);
}

void lookups_newest(struct ui *ui)
{
    ui->list.moved = false;
}

static bool leaks(const struct lookup *lookup)
{
    return lookup && !lookup->own &&
           (lookup->exposure == EXPOSURE_EXPOSED || lookup->exposure == EXPOSURE_BYPASS);
}

bool lookups_leak(const struct picture *picture, struct ui *ui)
{
    struct lookup_list *list = &ui->list;
    uint64_t newest = picture_newest(picture), oldest = picture_oldest(picture), at = newest;
    const struct lookup *selected =
        ui->view == PLACE_LOOKUPS && list->moved ? picture_lookup(picture, list->selected) : NULL;
    if (leaks(selected) && filter_match(&ui->filter, picture->model, selected))
        at = list->selected - 1;
    /* Past the oldest it begins anew. */
    for (uint64_t looked = oldest; newest && looked <= newest; looked++, at--) {
        if (at < oldest || at > newest)
            at = newest;
        const struct lookup *lookup = picture_lookup(picture, at);
        if (!leaks(lookup))
            continue;
        if (!filter_match(&ui->filter, picture->model, lookup))
            filter_set(&ui->filter, "");
        list->moved = true;
        list->selected = at;
        settle(picture, list, &ui->filter, list->rows, true);
        return true;
    }
    return false;
}

void lookups_oldest(const struct picture *picture, struct ui *ui)
{
    uint64_t oldest = matching(picture, &ui->filter, 0, 1);
    if (oldest == 0)
        return;
    ui->list.moved = true;
    ui->list.selected = oldest;
    settle(picture, &ui->list, &ui->filter, ui->list.rows, true);
}

const struct lookup *lookups_selected(const struct picture *picture, const struct ui *ui)
{
    struct lookup_list list = ui->list;
    settle(picture, &list, &ui->filter, list.rows, false);
    return picture_lookup(picture, list.selected);
}

/* Columns by the width there is; 0: not shown. */
struct columns {
    int time, word, iface, via, to, type, name, by, answer;
    bool millis, more;
};

static struct columns columns_for(const struct picture *picture, int width, bool millis)
{
    struct columns c = {.time = 8, .word = 9, .via = 4, .to = 13, .type = 5, .by = 8};
    c.iface = frame_interface_width(picture->model, width >= 110 ? 15 : 8);
    if (width >= 90) {
        c.via = 5;
        c.to = 15;
        c.by = 14;
    }
    if (width >= 110) {
        c.to = 19;
        c.type = 6;
        c.by = 22;
        c.answer = 8;
        c.more = true;
    }
    /* The one transport with a long name is rare. */
    for (size_t i = 0; i < model_used_count(picture->model) && c.via < 8; i++)
        if (model_used_at(picture->model, i)->transport == TRANSPORT_DNSCRYPT)
            c.via = 8;
    if (width >= 130) {
        c.word = EXPOSURE_WORDS - 1;
        c.via = 8;
        c.to = 26;
        c.by = 28;
    }
    if (width >= 170)
        c.to = 39;
    if (millis && width >= 110) {
        c.millis = true;
        c.time = 12;
    }
    c.name = width - (1 + c.time + 1 + 2 + c.word + 1 + c.iface + 1 + c.via + 1 + c.to + 1 +
                         c.type + 1 + 1 + c.by + (c.answer ? c.answer + 1 : 0));
    if (c.name > 80) {
        /* On a very wide screen a name's line must still be followed by the eye. */
        c.by += (c.name - 80) / 4 < 20 ? (c.name - 80) / 4 : 20;
        c.name = 80;
    }
    return c;
}

static void draw_headings(const struct area *area, int row, const struct columns *c)
{
    const struct {
        int width;
        const char *word;
    } words[] = {{c->time, "time"}, {2 + c->word, "  exposure"}, {c->iface, "iface"},
        {c->via, "via"}, {c->to, "to"}, {c->type, "type"}, {c->name, "name"}, {c->by, "by"},
        {c->answer, "  answer"}};
    int column = 1;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (words[i].width <= 0)
            continue;
        terminal_text(area, row, column, words[i].width, PAINT_DIM, words[i].word);
        column += words[i].width + 1;
    }
}

unsigned lookups_paint(const struct lookup *lookup)
{
    switch (lookup->exposure) {
    case EXPOSURE_EXPOSED:
    case EXPOSURE_BYPASS:
        return PAINT_LEAK;
    case EXPOSURE_TUNNELLED:
    case EXPOSURE_BOOTSTRAP:
        return PAINT_OK;
    case EXPOSURE_LAN:
        return PAINT_WARN;
    case EXPOSURE_OPEN:
        return lookup->excuse == EXCUSE_NONE ? PAINT_UNPROTECTED : PAINT_PLAIN;
    case EXPOSURE_INTERNAL:
        return PAINT_DIM;
    case EXPOSURE_UNKNOWN:
    case EXPOSURE_COUNT:
        break;
    }
    return PAINT_UNKNOWN;
}

static const char *answer_text(const struct lookup *lookup, char out[TIME_TEXT])
{
    if (!lookup->answered || picture_encrypted(lookup))
        return "-";
    return lookup->rcode ? rcode_format(lookup->rcode, out) : time_format_span(lookup->rtt_ns, out);
}

static void draw_row(const struct area *area, int row, const struct picture *picture,
    const struct lookup *lookup, const struct columns *c, bool selected)
{
    char clock[TIME_TEXT], address[ADDRESS_TEXT], type[RRTYPE_TEXT], name[NAME_TEXT_MAX],
        by[2 * PROCESS_NAME + 16], answer[TIME_TEXT], word[EXPOSURE_WORDS];
    unsigned mark = selected ? PAINT_SELECTED : 0;
    unsigned plain =
        (lookup->own || lookup->exposure == EXPOSURE_INTERNAL ? PAINT_DIM : PAINT_PLAIN) | mark;
    if (selected)
        terminal_repeat(area, row, 0, area->columns, plain, ' ');
    int x = 1;
    terminal_text(area, row, 0, 1, plain, selected ? ">" : " ");
    terminal_text(area, row, x, c->time, (unsigned)PAINT_DIM | mark,
        c->millis ? time_format_millis(lookup->time_ns, clock)
                  : time_format_clock(lookup->time_ns, clock));
    x += c->time + 1;
    terminal_format(area, row, x, 2 + c->word, lookups_paint(lookup) | mark, "%c %s",
        exposure_symbol(lookup->exposure), picture_exposure(lookup, c->word, word));
    x += 2 + c->word + 1;
    terminal_text(
        area, row, x, c->iface, plain, model_interface_name(picture->model, lookup->interface));
    x += c->iface + 1;
    terminal_text(area, row, x, c->via, plain, transport_word(lookup->transport));
    x += c->via + 1;
    terminal_text(area, row, x, c->to, plain, picture_address(picture, &lookup->resolver, address));
    x += c->to + 1;
    terminal_text(area, row, x, c->type, plain, picture_type(lookup, type));
    x += c->type + 1;
    terminal_name(area, row, x, c->name, plain, picture_name(picture, lookup, name));
    x += c->name + 1;
    terminal_text(area, row, x, c->by, plain, picture_by(picture, lookup, c->more, by, sizeof(by)));
    x += c->by + 1;
    if (c->answer)
        terminal_right(area, row, x + c->answer, plain, answer_text(lookup, answer));
}

/* Too narrow for a table: the name, and below it by which way and who. */
static void draw_item(const struct area *area, int row, int lines, const struct picture *picture,
    const struct lookup *lookup, bool selected)
{
    char clock[TIME_TEXT], address[ADDRESS_TEXT], name[NAME_TEXT_MAX], by[2 * PROCESS_NAME + 16],
        word[EXPOSURE_WORDS];
    unsigned mark = selected ? PAINT_SELECTED : 0;
    unsigned plain =
        (lookup->own || lookup->exposure == EXPOSURE_INTERNAL ? PAINT_DIM : PAINT_PLAIN) | mark;
    for (int i = 0; selected && i < lines; i++)
        terminal_repeat(area, row + i, 0, area->columns, plain, ' ');
    terminal_text(area, row, 0, 1, plain, selected ? ">" : " ");
    terminal_text(
        area, row, 1, 8, (unsigned)PAINT_DIM | mark, time_format_clock(lookup->time_ns, clock));
    int x = terminal_format(area, row, 10, -1, lookups_paint(lookup) | mark, "%c %s",
        exposure_symbol(lookup->exposure), picture_exposure(lookup, 9, word));
    picture_name(picture, lookup, name);
    if (area->columns - x - 1 >= 12)
        terminal_name(area, row, x + 1, -1, plain, name);
    if (lines < 2)
        return;
    terminal_format(area, row + 1, 10, -1, plain, "%s %s %s %s",
        model_interface_name(picture->model, lookup->interface), transport_word(lookup->transport),
        picture_address(picture, &lookup->resolver, address),
        picture_by(picture, lookup, false, by, sizeof(by)));
}

static void draw_empty(const struct area *area, const struct picture *picture, const struct ui *ui)
{
    char text[PICTURE_TEXT];
    const struct capture_info *capture = model_capture(picture->model);
    const char *why = "no look-up seen yet";
    if (picture_newest(picture) > 0)
        why = ui->typing ? "no look-up matches the filter"
                         : "no look-up matches the filter (Esc ends it)";
    else if (!capture->possible && capture->reason[0])
        why = capture->reason;
    else if (capture->file)
        why = capture->ended ? "no look-up in this capture file" : "reading the capture file";
    else if (!capture->running)
        why = capture->reason[0] ? capture->reason : "starting";
    frame_wrapped(area, 0, 1, PAINT_DIM, picture_text(picture, why, text, sizeof(text)));
}

void lookups_list(const struct area *area, const struct picture *picture, struct ui *ui,
    bool focused, bool headings, struct spot *spot)
{
    struct lookup_list newest = {0};
    struct lookup_list *list = focused ? &ui->list : &newest;
    const struct filter *filter = focused ? &ui->filter : &no_filter;
    bool table = area->columns >= 72;
    int lines = table || area->rows < 6 || !focused ? 1 : 2;
    struct columns columns = columns_for(picture, area->columns, headings);
    struct area body = *area;
    if (headings && table && area->rows > 3) {
        draw_headings(area, 0, &columns);
        body.row++;
        body.rows--;
    }
    settle(picture, list, filter, body.rows / lines, false);
    if (list->selected == 0) {
        draw_empty(&body, picture, ui);
        if (focused)
            *spot = (struct spot){body.row, body.column, false};
        return;
    }
    uint64_t serial = list->top;
    for (int row = 0; row + lines <= body.rows && serial != 0; row += lines) {
        const struct lookup *lookup = picture_lookup(picture, serial);
        bool selected = focused && serial == list->selected;
        if (table)
            draw_row(&body, row, picture, lookup, &columns, selected);
        else
            draw_item(&body, row, lines, picture, lookup, selected);
        if (selected)
            *spot = (struct spot){body.row + row, body.column, false};
        serial = matching(picture, filter, serial - 1, -1);
    }
}

/* How many the filter lets through, and of how many. */
static void counts(
    const struct picture *picture, const struct filter *filter, uint64_t *matches, uint64_t *all)
{
    *matches = *all = 0;
    uint64_t oldest = picture_oldest(picture), newest = picture_newest(picture);
    for (uint64_t serial = oldest; serial != 0 && serial <= newest; serial++) {
        const struct lookup *lookup = picture_lookup(picture, serial);
        if (!lookup)
            continue;
        ++*all;
        if (filter_match(filter, picture->model, lookup))
            ++*matches;
    }
}

static uint64_t newer(const struct picture *picture, const struct ui *ui)
{
    uint64_t count = 0;
    for (uint64_t at = picture_newest(picture); at > ui->list.top && count < 10000; count++)
        at = matching(picture, &ui->filter, at - 1, -1);
    return count;
}

/* Title row: the filter, how much it shows, and whether the list follows. */
static void draw_title(
    const struct area *area, const struct picture *picture, struct ui *ui, struct spot *spot)
{
    char text[FILTER_TEXT + 128];
    /* The header tells the last change already: here the filter needs the room. */
    int end = frame_live(area, 0, area->columns - 1, picture, false) - 2;
    bool filtered = ui->typing || ui->filter.text[0];
    if (filtered) {
        uint64_t matches, all;
        counts(picture, &ui->filter, &matches, &all);
        snprintf(text, sizeof(text), "%llu of %llu", (unsigned long long)matches,
            (unsigned long long)all);
    } else if (ui->list.moved && area->columns >= 60) {
        snprintf(text, sizeof(text), "%llu seen, Home: newest",
            (unsigned long long)picture_seen(picture));
    } else {
        snprintf(text, sizeof(text), "%llu seen%s", (unsigned long long)picture_seen(picture),
            area->columns >= 72 ? ", following newest" : "");
    }
    end = terminal_right(area, 0, end, PAINT_PLAIN, text) - 2;
    int x = terminal_text(area, 0, 1, end - 1, PAINT_STRONG, "look-ups") + 2;
    if (!filtered) {
        uint64_t above = ui->list.moved ? newer(picture, ui) : 0;
        if (above > 0)
            terminal_format(
                area, 0, x, end - x, PAINT_WARN, "%llu newer above", (unsigned long long)above);
        return;
    }
    frame_filter(area, 0, x, end, picture, ui, spot);
}

/* What a packet tells beside its name. */
static void packet_words(const struct lookup *lookup, char *out, size_t size)
{
    char type[RRTYPE_TEXT];
    const char *excuse = picture_excuse(lookup->excuse);
    if (picture_encrypted(lookup))
        snprintf(out, size, "%s", certainty_word(lookup->certainty));
    else if (lookup->transport == TRANSPORT_STUN)
        snprintf(out, size, "STUN request");
    else
        snprintf(out, size, "%s?  id %04x", picture_type(lookup, type), lookup->id);
    size_t used = strlen(out);
    snprintf(out + used, size - used, "%s%s", excuse[0] ? "  no leak: " : "", excuse);
}

/* The selected packet in one line, so that Enter is seldom needed: where the table is narrow, what
 * it cut off. */
static void draw_packet(
    const struct area *area, int row, const struct picture *picture, const struct lookup *lookup)
{
    char clock[TIME_TEXT], source[ENDPOINT_TEXT], resolver[ENDPOINT_TEXT], name[NAME_TEXT_MAX],
        by[2 * PROCESS_NAME + 16], what[80];
    bool named = lookup->name_length > 0;
    int x = 1;
    packet_words(lookup, what, sizeof(what));
    picture_resolver(picture, lookup, resolver);
    picture_name(picture, lookup, name);
    if (area->columns < 110) {
        if (named)
            x = terminal_name(area, row, 1, -1, PAINT_DIM, name) + 2;
        terminal_format(area, row, x, -1, PAINT_DIM, "%s  by %s%s%s  to %s", what,
            picture_by(picture, lookup, false, by, sizeof(by)), lookup->via[0] ? " via " : "",
            lookup->via, resolver);
        return;
    }
    x = terminal_format(area, row, 1, -1, PAINT_DIM, "%s  %s > %s (%s)  %s  ",
        time_format_millis(lookup->time_ns, clock), picture_source(picture, lookup, source),
        resolver, model_interface_name(picture->model, lookup->interface), what);
    if (named)
        terminal_name(area, row, x, -1, PAINT_DIM, name);
}

void lookups_view(
    const struct area *area, const struct picture *picture, struct ui *ui, struct spot *spot)
{
    bool packet = area->rows >= 12 && area->columns >= 72;
    struct area list = {area->row + 1, area->column, area->rows - (packet ? 2 : 1), area->columns};
    struct spot typed = {.visible = false};
    lookups_list(&list, picture, ui, true, true, spot);
    draw_title(area, picture, ui, &typed);
    if (typed.visible)
        *spot = typed;
    const struct lookup *lookup = packet ? picture_lookup(picture, ui->list.selected) : NULL;
    if (lookup)
        draw_packet(area, area->rows - 1, picture, lookup);
}
