/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/screen/timeline.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "views/screen/frame.h"
#include "views/screen/lanes.h"

/* ---- which lines ---- */

/* Serials of the events that the filter lets through, newest first; how many are kept in all. */
struct lines {
    uint64_t serials[PICTURE_EVENTS];
    size_t count, kept;
};

/* A leak's line shows its look-up: that counts too. */
static bool matches(
    const struct picture *picture, const struct filter *filter, const struct event *event)
{
    if (filter_match_event(filter, event))
        return true;
    const struct lookup *lookup = timeline_lookup(picture, event);
    return lookup && filter_match(filter, picture->model, lookup);
}

static void gather(const struct picture *picture, const struct ui *ui, struct lines *lines)
{
    const struct event *event;
    lines->count = lines->kept = 0;
    for (uint64_t serial = picture_event_newest(picture);
         lines->kept < PICTURE_EVENTS && (event = picture_event(picture, serial)); serial--) {
        lines->kept++;
        if (matches(picture, &ui->filter, event))
            lines->serials[lines->count++] = serial;
    }
}

/* The newest that is no newer; the last where all are. */
static size_t place_of(const struct lines *lines, uint64_t serial)
{
    size_t at = 0;
    while (at + 1 < lines->count && lines->serials[at] > serial)
        at++;
    return at;
}

/* Bring cursor and top to what is there. Returns the cursor's place. */
static size_t settle(const struct lines *lines, struct lookup_list *list, int rows, size_t *top)
{
    list->rows = rows > 0 ? rows : 1;
    *top = 0;
    if (lines->count == 0) {
        list->selected = list->top = 0;
        return 0;
    }
    size_t room = (size_t)list->rows, at = list->moved ? place_of(lines, list->selected) : 0;
    *top = list->moved ? place_of(lines, list->top) : 0;
    if (*top > at)
        *top = at;
    if (at >= *top + room)
        *top = at - room + 1;
    if (*top + room > lines->count)
        *top = lines->count > room ? lines->count - room : 0;
    list->selected = lines->serials[at];
    list->top = lines->serials[*top];
    return at;
}

static void go_to(const struct lines *lines, struct lookup_list *list, size_t at)
{
    size_t top;
    list->moved = true;
    list->selected = lines->serials[at];
    settle(lines, list, list->rows, &top);
}

void timeline_move(const struct picture *picture, struct ui *ui, int by)
{
    struct lines lines;
    size_t top;
    gather(picture, ui, &lines);
    if (lines.count == 0)
        return;
    long at = (long)settle(&lines, &ui->events, ui->events.rows, &top) + by;
    long last = (long)lines.count - 1;
    go_to(&lines, &ui->events, (size_t)(at < 0 ? 0 : at > last ? last : at));
}

bool timeline_leak(const struct picture *picture, struct ui *ui, int step)
{
    struct lines lines;
    size_t top;
    gather(picture, ui, &lines);
    long at = (long)settle(&lines, &ui->events, ui->events.rows, &top);
    /* Where nothing was chosen yet, the newest line may be the leak that is meant. */
    if (!ui->events.moved && step > 0)
        at--;
    for (at += step; at >= 0 && at < (long)lines.count; at += step) {
        const struct event *event = picture_event(picture, lines.serials[at]);
        if (!event || event->mark != STATE_LEAK)
            continue;
        go_to(&lines, &ui->events, (size_t)at);
        return true;
    }
    return false;
}

void timeline_newest(struct ui *ui)
{
    ui->events.moved = false;
}

const struct event *timeline_selected(const struct picture *picture, const struct ui *ui)
{
    struct lines lines;
    struct lookup_list list = ui->events;
    size_t top;
    gather(picture, ui, &lines);
    settle(&lines, &list, list.rows, &top);
    return picture_event(picture, list.selected);
}

/* Look-ups stand in the order in which they were told, which differs from that of their times by a
 * moment at most. */
#define DISORDER 64

const struct lookup *timeline_lookup(const struct picture *picture, const struct event *event)
{
    uint64_t low = picture_oldest(picture), newest = picture_newest(picture), high = newest;
    if (event->mark != STATE_LEAK || low == 0)
        return NULL;
    uint64_t oldest = low;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        const struct lookup *lookup = picture_lookup(picture, middle);
        if (!lookup || lookup->time_ns < event->time_ns)
            low = middle + 1;
        else
            high = middle;
    }
    uint64_t from = low > oldest + DISORDER ? low - DISORDER : oldest;
    for (uint64_t serial = from; serial <= newest && serial <= low + DISORDER; serial++) {
        const struct lookup *lookup = picture_lookup(picture, serial);
        if (lookup && lookup->time_ns == event->time_ns && !lookup->own &&
            (lookup->exposure == EXPOSURE_EXPOSED || lookup->exposure == EXPOSURE_BYPASS))
            return lookup;
    }
    return NULL;
}

/* ---- lanes ---- */

/* What fits above the list, most telling first; drawn in the order of enum lane. */
static size_t choose_lanes(int rows, enum lane lanes[static LANE_COUNT])
{
    static const struct {
        int rows;
        unsigned lanes; /* 1 << enum lane */
    } choices[] = {
        {18, 1u << LANE_IPV4 | 1u << LANE_IPV6 | 1u << LANE_TUNNELLED | 1u << LANE_EXPOSED |
                 1u << LANE_BYPASS | 1u << LANE_LAN},
        {8, 1u << LANE_IPV4 | 1u << LANE_IPV6 | 1u << LANE_LEAK},
        {6, 1u << LANE_IPV4 | 1u << LANE_LEAK},
        {5, 1u << LANE_LEAK},
    };
    size_t count = 0;
    for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
        if (rows < choices[i].rows)
            continue;
        for (enum lane lane = 0; lane < LANE_COUNT; lane++)
            if (choices[i].lanes & (1u << lane))
                lanes[count++] = lane;
        break;
    }
    return count;
}

#define LABEL 9
#define LABEL_NARROW 4

/* Cells of a lane: beside its word, and with room for its sum. */
static int lane_columns(int columns)
{
    if (columns < 60)
        return columns - LABEL_NARROW - 1;
    return columns - 1 - LABEL - 1 - 9;
}

bool timeline_zoom(const struct picture *picture, struct ui *ui, int by)
{
    int columns = lane_columns(terminal_area().columns);
    int zoom = (int)lanes_zoom(picture, columns, ui->zoom) + by;
    if (zoom < 1 || zoom > LANES_ZOOMS)
        return false;
    ui->zoom = (unsigned)zoom;
    return true;
}

/* ---- the list ---- */

static unsigned paint_of(const struct event *event)
{
    return event->mark == STATE_COUNT ? (unsigned)PAINT_PLAIN : paint_state(event->mark);
}

/* A leak is told by its name and program while the look-up is kept. */
static void draw_leak(const struct area *area, int row, int x, const struct picture *picture,
    const struct lookup *lookup, unsigned plain)
{
    char name[NAME_TEXT_MAX], by[96], rest[160];
    bool wide = area->columns >= 72;
    picture_by(picture, lookup, area->columns >= 110, by, sizeof(by));
    picture_name(picture, lookup, name);
    rest[0] = '\0';
    if (wide)
        text_format(rest, sizeof(rest), " %s by %s over %s%s%s%s",
            lookup->transport == TRANSPORT_STUN ? "asked" : "left",
            model_interface_name(picture->model, lookup->interface),
            transport_word(lookup->transport), by[0] ? " (" : "", by, by[0] ? ")" : "");
    int room = area->columns - 1 - x - (int)strlen(rest);
    if (room < 16)
        room = area->columns - 1 - x;
    x = terminal_name(area, row, x, room, plain, name);
    terminal_text(area, row, x, area->columns - 1 - x, plain, rest);
}

static void draw_line(const struct area *area, int row, const struct picture *picture,
    const struct event *event, bool selected)
{
    char clock[TIME_TEXT], text[PICTURE_TEXT];
    unsigned mark = selected ? PAINT_SELECTED : 0, plain = PAINT_PLAIN | mark;
    bool narrow = area->columns < 60, millis = area->columns >= 72;
    const struct lookup *lookup = timeline_lookup(picture, event);
    if (selected)
        terminal_repeat(area, row, 0, area->columns, plain, ' ');
    terminal_text(area, row, 0, 1, plain, selected ? ">" : " ");
    int width = millis ? 12 : 8;
    if (millis)
        time_format_millis(event->time_ns, clock);
    else
        time_format_clock(event->time_ns, clock);
    terminal_text(area, row, 1, width, (unsigned)PAINT_DIM | mark, clock);
    int x = 1 + width + 1;
    terminal_format(area, row, x, 1, paint_of(event) | mark, "%c",
        event->mark == STATE_COUNT ? ' ' : state_symbol(event->mark));
    x += 2;
    if (!narrow || lookup) {
        int end = terminal_text(area, row, x, 10, paint_of(event) | mark, event->kind);
        x = narrow ? end + 1 : x + 11;
    }
    if (lookup)
        draw_leak(area, row, x, picture, lookup, plain);
    else
        terminal_text(area, row, x, area->columns - 1 - x, plain,
            picture_text(picture, event->text, text, sizeof(text)));
}

static void draw_title(const struct area *area, const struct picture *picture, struct ui *ui,
    const struct lines *lines, const struct lanes *lanes, struct spot *spot)
{
    char text[128], span[LANES_TITLE];
    bool filtered = ui->typing || ui->filter.text[0], narrow = area->columns < 72;
    int end = area->columns - 1;
    if (!narrow)
        end = frame_live(area, 0, end, picture, false) - 2;
    if (filtered)
        snprintf(text, sizeof(text), "%zu of %zu", lines->count, lines->kept);
    else
        text[0] = '\0';
    if (ui->events.moved && !filtered && lines->count > 0) {
        size_t newer = place_of(lines, ui->events.top);
        snprintf(text, sizeof(text), newer ? "%zu newer above" : "Home: newest", newer);
    }
    if (text[0])
        end = terminal_right(area, 0, end, PAINT_PLAIN, text) - 2;
    int x = terminal_text(area, 0, 1, end - 1, PAINT_STRONG, "timeline") + 2;
    if (filtered)
        frame_filter(area, 0, x, end, picture, ui, spot);
    else if (end - x >= 15)
        terminal_text(area, 0, x, end - x, PAINT_DIM, lanes_title(lanes, narrow, span));
}

static void draw_empty(const struct area *area, int row, const struct ui *ui)
{
    terminal_text(area, row, 1, -1, PAINT_DIM,
        ui->filter.count == 0 ? "nothing happened yet"
        : ui->typing          ? "no event matches the filter"
                              : "no event matches the filter (Esc ends it)");
}

void timeline_view(
    const struct area *area, const struct picture *picture, struct ui *ui, struct spot *spot)
{
    struct lines lines;
    enum lane shown[LANE_COUNT];
    struct spot typed = {.visible = false};
    size_t top, lane_count = choose_lanes(area->rows, shown);
    bool narrow = area->columns < 60;
    int legend = area->rows >= 26 && area->columns >= 72 ? 1 : 0;
    int first = 1 + (int)lane_count + legend, room = area->rows - first;
    gather(picture, ui, &lines);
    size_t at = settle(&lines, &ui->events, room, &top);
    const struct event *selected = picture_event(picture, ui->events.selected);
    uint64_t at_ns = ui->events.moved && selected ? selected->time_ns : 0;
    struct lanes lanes = lanes_window(picture, lane_columns(area->columns), ui->zoom, at_ns);
    draw_title(area, picture, ui, &lines, &lanes, &typed);
    for (size_t i = 0; i < lane_count; i++)
        lanes_draw_row(
            area, 1 + (int)i, narrow ? LABEL_NARROW : LABEL, picture, &lanes, shown[i], at_ns);
    if (legend)
        terminal_text(area, first - 1, 1 + LABEL + 1, -1, PAINT_DIM, lanes_legend);
    if (lines.count == 0)
        draw_empty(area, first, ui);
    for (int i = 0; i < room && top + (size_t)i < lines.count; i++) {
        size_t line = top + (size_t)i;
        const struct event *event = picture_event(picture, lines.serials[line]);
        if (event)
            draw_line(area, first + i, picture, event, line == at);
        if (line == at)
            *spot = (struct spot){area->row + first + i, area->column, false};
    }
    if (typed.visible)
        *spot = typed;
}
