/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/screen/dashboard.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "views/screen/detail.h"
#include "views/screen/frame.h"
#include "views/screen/lanes.h"
#include "views/screen/lookups.h"
#include "views/screen/outside.h"
#include "views/screen/routes.h"

/* Rows of each part, by the height there is. */
struct layout {
    int means;
    bool headings, event_rule, cannot_see, schedule, beside;
    int routes[FAMILY_INDEXES]; /* rows of each family */
    int checks, lookups, lanes, events, note;
};

static int family_rows(const struct family_routes *family)
{
    return family->count > 0 ? (int)(family->count + (family->left_out ? 1 : 0)) : 1;
}

static struct layout layout_for(
    const struct area *area, const struct picture *picture, const struct ui *ui)
{
    int rows = area->rows;
    char line[OUTSIDE_LINE];
    struct layout l = {
        .means = rows >= 28 ? frame_means_rows(area, picture, rows >= 36 ? 2 : 1) : 0,
        .headings = rows >= 23,
        .event_rule = rows >= 23,
        .cannot_see = rows >= 30 && area->columns >= 110,
        .schedule = rows >= 36 && area->columns >= 110 &&
                    outside_schedule_line(picture, line, sizeof(line))[0],
        .beside = rows >= 30 && area->columns >= 110,
        .checks = CHECK_COUNT,
        .lanes = rows >= 36 && area->columns >= 110 ? 5 : 0,
        .note = frame_note(picture, ui) ? 1 : 0,
        .events = 1};
    int wanted[FAMILY_INDEXES], most = rows < 24 ? 3 : rows < 30 ? 4 : 4 + (rows - 30) / 4;
    for (size_t f = 0; f < FAMILY_INDEXES; f++) {
        wanted[f] = family_rows(&picture->routes->family[f]);
        l.routes[f] = 1;
    }
    for (int left = most - 2; left > 0; left--) {
        size_t f = wanted[0] - l.routes[0] >= wanted[1] - l.routes[1] ? 0 : 1;
        if (wanted[f] > l.routes[f])
            l.routes[f]++;
    }
    int fixed = 2 + l.means + 1 + l.headings + l.routes[0] + l.routes[1] + 1 + l.checks + 1 +
                l.event_rule + (l.lanes ? l.lanes + 1 : 0) + l.cannot_see + l.schedule + l.note + 1;
    int left = rows - fixed;
    if (left >= 6)
        l.events = 2 + (left - 6) / 5;
    if (l.events > 12)
        l.events = 12;
    /* A note tells where an evening has got to: what happened since must not push it off. */
    uint64_t note = picture_note_newest(picture);
    if (l.events == 1 && left >= 4 && note > 0 && note < picture_event_newest(picture))
        l.events = 2;
    l.lookups = left - l.events;
    return l;
}

static void draw_web(const struct area *area, int row, const struct picture *picture,
    const struct family_routes *family, int iface, bool wide)
{
    char address[ADDRESS_TEXT];
    const char *word = routes_web_word(family);
    unsigned paint = family->web_state == ROUTE_UNKNOWN   ? PAINT_UNKNOWN
                     : family->web_outside                ? PAINT_LEAK
                     : family->web_state != ROUTE_PRESENT ? PAINT_DIM
                     : family->web_role == ROLE_TUNNEL    ? PAINT_OK
                                                          : PAINT_PLAIN;
    terminal_text(area, row, 7, iface, paint, family->web_interface);
    terminal_text(area, row, 7 + iface + 1, 9, paint, word);
    if (wide && family->web_source.family != FAMILY_NONE)
        terminal_text(area, row, 7 + iface + 11, 20, PAINT_DIM,
            picture_own(picture, &family->web_source, address));
}

/* Columns of the DNS side. */
struct dns_columns {
    int start, iface, address, transport, lookups, bar, share, egress, mark;
};

static struct dns_columns dns_columns_for(int width, int iface)
{
    struct dns_columns c = {.iface = iface, .share = 4};
    bool wide = width >= 110;
    c.start = 7 + iface + (wide ? 33 : 12);
    c.transport = wide ? 12 : 8;
    c.lookups = wide ? 8 : 0;
    c.bar = wide ? (width >= 150 ? 20 : 10) : 0;
    c.egress = width >= 150 ? 24 : 0;
    c.mark = 11;
    int used = c.start + c.iface + 1 + 1 + c.transport + 1 + (c.lookups ? c.lookups + 1 : 0) +
               (c.bar ? c.bar + 1 : 0) + c.share + 2 + (c.egress ? c.egress + 1 : 0) + c.mark + 1;
    c.address = width - used;
    if (c.address > 39)
        c.address = 39;
    return c;
}

static void draw_headings(const struct area *area, int row, const struct dns_columns *c)
{
    int x = c->start;
    terminal_text(area, row, 7, -1, PAINT_DIM, "web route");
    terminal_text(area, row, x, -1, PAINT_DIM, "DNS route");
    x += c->iface + 1 + c->address + 1 + c->transport + 1;
    if (c->lookups) {
        terminal_right(area, row, x + c->lookups, PAINT_DIM, "look-ups");
        x += c->lookups + 1;
    }
    x += c->bar ? c->bar + 1 : 0;
    terminal_right(area, row, x + c->share, PAINT_DIM, "share");
    x += c->share + 2;
    if (c->egress)
        terminal_text(area, row, x, c->egress, PAINT_DIM, "seen from outside");
}

static void draw_way(const struct area *area, int row, const struct picture *picture,
    const struct family_routes *family, const struct dns_way *way, const struct dns_columns *c)
{
    char text[80], address[ADDRESS_TEXT];
    unsigned paint = way->mark == STATE_LEAK ? PAINT_LEAK : way->seen ? PAINT_PLAIN : PAINT_DIM;
    unsigned state = paint_state(way->mark);
    int x = c->start;
    terminal_text(area, row, x, c->iface, paint, way->interface);
    x += c->iface + 1;
    terminal_text(
        area, row, x, c->address, paint, picture_address(picture, &way->resolver, address));
    x += c->address + 1;
    terminal_text(area, row, x, c->transport, paint,
        way->transports ? routes_transports(way, text, sizeof(text)) : "");
    x += c->transport + 1;
    if (c->lookups) {
        snprintf(text, sizeof(text), "%llu", (unsigned long long)way->lookups);
        terminal_right(area, row, x + c->lookups, PAINT_PLAIN, way->seen ? text : "-");
        x += c->lookups + 1;
    }
    if (c->bar) {
        terminal_bar(area, row, x, c->bar, state, way->lookups, family->lookups);
        x += c->bar + 1;
    }
    terminal_right(area, row, x + c->share, way->mark == STATE_LEAK ? paint : PAINT_PLAIN,
        routes_share(family, way, text, sizeof(text)));
    x += c->share + 2;
    if (c->egress) {
        terminal_format(area, row, x, c->egress, PAINT_PLAIN, "%s %s",
            way->egress.family ? picture_address(picture, &way->egress, address) : "-",
            model_network_of(picture->model, &way->egress)->org);
        x += c->egress + 1;
    }
    terminal_format(
        area, row, x, area->columns - x, state, "%c %s", state_symbol(way->mark), way->words);
}

static int draw_routes(
    const struct area *area, int row, const struct picture *picture, const struct layout *layout)
{
    static const char *const words[FAMILY_INDEXES] = {"IPv4", "IPv6"};
    int iface = frame_interface_width(picture->model, area->columns >= 110 ? 15 : 9);
    struct dns_columns c = dns_columns_for(area->columns, iface);
    frame_rule(area, row++, "routes", "web | DNS", false);
    if (layout->headings)
        draw_headings(area, row++, &c);
    for (size_t f = 0; f < FAMILY_INDEXES; f++) {
        const struct family_routes *family = &picture->routes->family[f];
        size_t picked[WAYS_MAX];
        int rows = layout->routes[f];
        terminal_text(area, row, 1, 5, PAINT_STRONG, words[f]);
        draw_web(area, row, picture, family, iface, area->columns >= 110);
        if (family->count == 0)
            terminal_text(area, row, c.start, -1, PAINT_DIM,
                family->web_state == ROUTE_NONE ? "-" : "no look-up seen");
        if (family->count == 0 && family->web_outside)
            terminal_format(area, row, area->columns - 1 - c.mark, c.mark, PAINT_LEAK, "X outside");
        bool more = family_rows(family) > rows;
        size_t count = routes_pick(family, (size_t)(more && rows > 1 ? rows - 1 : rows), picked);
        for (size_t i = 0; i < count; i++)
            draw_way(area, row + (int)i, picture, family, &family->ways[picked[i]], &c);
        if (more && rows > 1)
            terminal_format(area, row + (int)count, c.start, -1, PAINT_DIM, "and %zu more",
                family->count + family->left_out - count);
        row += rows;
    }
    return row;
}

static void draw_check(const struct area *area, int row, const struct picture *picture,
    const struct check *check, bool selected)
{
    char text[SUMMARY_TEXT + 64];
    unsigned mark = selected ? PAINT_SELECTED : 0;
    unsigned state = paint_state(check->state) | mark;
    unsigned plain = (check->state == STATE_OFF ? PAINT_DIM : PAINT_PLAIN) | mark;
    if (selected)
        terminal_repeat(area, row, 0, area->columns, plain, ' ');
    terminal_text(area, row, 0, 1, plain, selected ? ">" : " ");
    terminal_format(
        area, row, 1, 10, state, "%c %s", state_symbol(check->state), state_word(check->state));
    terminal_text(area, row, 12, 12, plain, check_word(check->id));
    terminal_text(area, row, 25, area->columns - 26, plain,
        picture_text(picture, check->summary, text, sizeof(text)));
}

static int draw_checks(const struct area *area, int row, const struct picture *picture,
    struct ui *ui, const struct layout *layout, struct spot *spot)
{
    struct area list = {area->row + row, area->column, layout->checks + 1, area->columns};
    bool focused = !ui->on_lookups;
    if (layout->beside) {
        char title[80];
        list.columns = area->columns * 58 / 100 < 100 ? area->columns * 58 / 100 : 100;
        struct area side = {
            list.row, list.column + list.columns, list.rows, area->columns - list.columns};
        snprintf(title, sizeof(title), "%s: evidence", check_word(ui->selected));
        terminal_repeat(&side, 0, 0, 1, PAINT_DIM, '+');
        struct area rule = {side.row, side.column + 1, 1, side.columns - 1};
        frame_rule(&rule, 0, title, "Enter for all", false);
        for (int i = 1; i < side.rows; i++)
            terminal_repeat(&side, i, 0, 1, PAINT_DIM, '|');
        struct area text = {side.row + 1, side.column + 2, side.rows - 1, side.columns - 3};
        detail_evidence(&text, picture, ui->selected);
    }
    frame_rule(&list, 0, "checks", "", focused && !ui->popup);
    for (size_t i = 0; i < CHECK_COUNT; i++) {
        bool selected = focused && ui->selected == (enum check_id)i;
        draw_check(&list, (int)i + 1, picture, &picture->shown->checks[i], selected);
        if (selected)
            *spot = (struct spot){list.row + (int)i + 1, list.column, false};
    }
    return row + list.rows;
}

static int draw_newest(const struct area *area, int row, const struct picture *picture,
    struct ui *ui, const struct layout *layout, struct spot *spot)
{
    char text[96];
    const struct capture_info *capture = model_capture(picture->model);
    snprintf(text, sizeof(text), "%llu seen, %llu dropped%s",
        (unsigned long long)picture_seen(picture), (unsigned long long)capture->dropped,
        ui->on_lookups && ui->list.moved ? ", Home: newest" : "");
    frame_rule(area, row, ui->filter.text[0] && ui->on_lookups ? "look-ups (filtered)" : "look-ups",
        text, ui->on_lookups);
    struct area list = {area->row + row + 1, area->column, layout->lookups, area->columns};
    if (layout->lookups > 0)
        lookups_list(&list, picture, ui, ui->on_lookups, false, spot);
    return row + 1 + layout->lookups;
}

/* What stands on view 5 above its list. */
static int draw_lanes(
    const struct area *area, int row, const struct picture *picture, const struct layout *layout)
{
    static const enum lane shown[] = {LANE_IPV4, LANE_IPV6, LANE_TUNNELLED, LANE_LEAK, LANE_LAN};
    char title[LANES_TITLE];
    if (layout->lanes == 0)
        return row;
    struct lanes lanes = lanes_window(picture, area->columns - 20, 0, 0);
    frame_rule(area, row++, lanes_title(&lanes, false, title), "5 Timeline", false);
    for (int i = 0; i < layout->lanes; i++)
        lanes_draw_row(area, row++, 9, picture, &lanes, shown[i], 0);
    return row;
}

/* Where there is no room for lanes: two of them instead of a rule. */
static void draw_spark(const struct area *area, int row, const struct picture *picture)
{
    char title[LANES_TITLE];
    int columns = (area->columns - 14 - 26) / 2;
    struct lanes lanes = lanes_window(picture, columns < 60 ? columns : 60, 0, 0);
    int x = terminal_text(area, row, 1, -1, PAINT_DIM, "all ");
    x = lanes_draw(area, row, x, picture, &lanes, LANE_ALL, 0);
    x = terminal_text(area, row, x + 2, -1, PAINT_DIM, "leak ");
    x = lanes_draw(area, row, x, picture, &lanes, LANE_LEAK, 0);
    const char *to = strstr(lanes_title(&lanes, false, title), "to ");
    terminal_text(area, row, x + 2, area->columns - x - 3, PAINT_DIM, to ? to : "");
}

static int draw_events(
    const struct area *area, int row, const struct picture *picture, const struct layout *layout)
{
    if (layout->event_rule && layout->lanes)
        frame_rule(area, row++, "events", "", false);
    else if (layout->event_rule)
        draw_spark(area, row++, picture);
    uint64_t serial = picture_event_newest(picture), note = picture_note_newest(picture);
    for (int i = 0; i<layout->events; i++, serial -= serial> 0) {
        if (i > 0 && i == layout->events - 1 && note > 0 && note < serial)
            serial = note; /* older than what fits: it keeps the last row */
        const struct event *event = picture_event(picture, serial);
        if (event)
            frame_event(area, row + i, picture, event, i == 0);
        else if (i == 0)
            terminal_text(area, row, 1, -1, PAINT_DIM, "nothing happened yet");
    }
    return row + layout->events;
}

void dashboard_draw(
    const struct area *area, const struct picture *picture, struct ui *ui, struct spot *spot)
{
    struct layout layout = layout_for(area, picture, ui);
    int row = 2;
    frame_header(area, 0, picture);
    frame_verdict(area, 1, picture);
    frame_means(area, row, layout.means, picture);
    row += layout.means;
    row = draw_routes(area, row, picture, &layout);
    row = draw_checks(area, row, picture, ui, &layout, spot);
    row = draw_newest(area, row, picture, ui, &layout, spot);
    row = draw_lanes(area, row, picture, &layout);
    row = draw_events(area, row, picture, &layout);
    if (layout.schedule) {
        char line[OUTSIDE_LINE];
        terminal_format(area, row++, 1, area->columns - 2, PAINT_DIM, "leaktop sends  %s",
            outside_schedule_line(picture, line, sizeof(line)));
    }
    if (layout.cannot_see)
        frame_rule(area, row++,
            "cannot see: cookies, logins, fingerprints, what was written, file metadata", "",
            false);
    if (layout.note) {
        char plain[PICTURE_TEXT];
        terminal_text(area, row, 1, area->columns - 2, PAINT_STRONG,
            picture_text(picture, frame_note(picture, ui), plain, sizeof(plain)));
    }
    frame_footer(area, area->rows - 1, picture, ui, false);
}
