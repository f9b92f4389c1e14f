/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/screen/dashboard.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "views/screen/frame.h"
#include "views/screen/lookups.h"
#include "views/screen/routes.h"

/* The dashboard where there is no room for panels: 40x12 and its like. */

static int rank(enum state state)
{
    static const int ranks[STATE_COUNT] = {[STATE_LEAK] = 0,
        [STATE_WARN] = 1,
        [STATE_UNKNOWN] = 2,
        [STATE_OK] = 3,
        [STATE_OFF] = 4,
        [STATE_UNPROTECTED] = 0};
    return (unsigned)state < STATE_COUNT ? ranks[state] : 2;
}

static bool fits_all(const struct area *area)
{
    return area->rows >= 20;
}

/* Checks in the order of this screen: the design's where all fit, else worst first. */
static void order_checks(
    const struct area *area, const struct verdict *verdict, enum check_id order[CHECK_COUNT])
{
    size_t count = 0;
    if (fits_all(area)) {
        for (size_t i = 0; i < CHECK_COUNT; i++)
            order[i] = (enum check_id)i;
        return;
    }
    for (int r = 0; r < 5; r++)
        for (size_t i = 0; i < CHECK_COUNT; i++)
            if (rank(verdict->checks[i].state) == r)
                order[count++] = (enum check_id)i;
}

void dashboard_move(const struct area *area, const struct picture *picture, struct ui *ui, int by)
{
    enum check_id order[CHECK_COUNT];
    bool panels = !ui_compact(area->rows, area->columns);
    order_checks(panels ? &(struct area){0, 0, 40, 0} : area, picture->shown, order);
    int at = 0;
    while (at < CHECK_COUNT - 1 && order[at] != ui->selected)
        at++;
    at += by;
    at = at < 0 ? 0 : at >= CHECK_COUNT ? CHECK_COUNT - 1 : at;
    ui->selected = order[at];
}

static void draw_routes(const struct area *area, int row, const struct picture *picture)
{
    static const char *const words[FAMILY_INDEXES] = {"IPv4", "IPv6"};
    int web = 0, dns = 0;
    web = terminal_text(area, row, 0, -1, PAINT_STRONG, "web");
    dns = terminal_text(area, row + 1, 0, -1, PAINT_STRONG, "DNS");
    for (size_t f = 0; f < FAMILY_INDEXES; f++) {
        const struct family_routes *family = &picture->routes->family[f];
        unsigned paint = family->web_outside ? PAINT_LEAK : PAINT_PLAIN;
        bool present = family->web_state == ROUTE_PRESENT;
        web = terminal_text(area, row, web + 1, -1, PAINT_DIM, words[f]);
        web =
            terminal_format(area, row, web + 1, -1, paint, "%s%s%s",
                present ? family->web_interface : "", present ? " " : "", routes_web_word(family)) +
            1;
        dns = terminal_text(area, row + 1, dns + 1, -1, PAINT_DIM, words[f]);
        size_t picked[WAYS_MAX], count = routes_pick(family, 3, picked);
        if (count == 0)
            dns = terminal_text(area, row + 1, dns + 1, -1, PAINT_DIM, "-");
        for (size_t i = 0; i < count; i++) {
            char share[16];
            const struct dns_way *way = &family->ways[picked[i]];
            routes_share(family, way, share, sizeof(share));
            bool whole = strcmp(share, "100%") == 0 || !way->seen;
            dns = terminal_format(area, row + 1, dns + 1, -1,
                way->mark == STATE_LEAK ? PAINT_LEAK : PAINT_PLAIN, "%s%s%s", way->interface,
                whole ? "" : " ", whole ? "" : share);
        }
        dns++;
    }
}

static void draw_check(const struct area *area, int row, const struct picture *picture,
    const struct check *check, bool selected)
{
    char text[SUMMARY_TEXT + 64];
    unsigned mark = selected ? PAINT_SELECTED : 0;
    unsigned plain = (check->state == STATE_OFF ? PAINT_DIM : PAINT_PLAIN) | mark;
    if (selected)
        terminal_repeat(area, row, 0, area->columns, plain, ' ');
    terminal_text(area, row, 0, 1, plain, selected ? ">" : " ");
    terminal_format(area, row, 1, 9, paint_state(check->state) | mark, "%c %s",
        state_symbol(check->state), state_word(check->state));
    int x = terminal_text(area, row, 11, -1, plain, check_word(check->id));
    x = x < 23 ? 23 : x + 1;
    if (area->columns - x >= 6)
        terminal_text(
            area, row, x, -1, plain, picture_text(picture, check->summary, text, sizeof(text)));
}

static bool folded(const struct check *check)
{
    return check->state == STATE_OK || check->state == STATE_OFF;
}

/* "+ ok disconnect   - off apps webrtc", the selected one left out: it has a row of its own. */
static void draw_folded(const struct area *area, int row, const struct verdict *verdict,
    enum check_id but, bool selecting)
{
    static const enum state states[] = {STATE_OK, STATE_OFF};
    int x = 1;
    for (size_t s = 0; s < 2; s++) {
        bool begun = false;
        for (size_t i = 0; i < CHECK_COUNT; i++) {
            if (verdict->checks[i].state != states[s] || (selecting && but == (enum check_id)i))
                continue;
            if (!begun)
                x = terminal_format(area, row, x, -1, paint_state(states[s]), "%c %s",
                    state_symbol(states[s]), state_word(states[s]));
            begun = true;
            x = terminal_format(
                area, row, x + 1, -1, PAINT_DIM, "%s", check_word((enum check_id)i));
        }
        x += begun ? 3 : 0;
    }
}

static int draw_checks(const struct area *area, int row, int rows, const struct picture *picture,
    const struct ui *ui, struct spot *spot)
{
    enum check_id order[CHECK_COUNT], shown[CHECK_COUNT];
    int count = 0, at = 0;
    bool selecting = !ui->on_lookups, all = fits_all(area) && rows >= CHECK_COUNT, rest = false;
    order_checks(area, picture->shown, order);
    for (size_t i = 0; i < CHECK_COUNT; i++) {
        const struct check *check = &picture->shown->checks[order[i]];
        if (!all && folded(check) && !(selecting && ui->selected == order[i])) {
            rest = true;
            continue;
        }
        if (ui->selected == order[i])
            at = count;
        shown[count++] = order[i];
    }
    /* The folded line gives way first, then the list scrolls to the selected check. */
    int room = rest && rows > count ? rows - 1 : rows;
    int first = at >= room ? at - room + 1 : 0;
    int used = 0;
    for (int i = first; i < count && used < room; i++, used++) {
        bool selected = selecting && shown[i] == ui->selected;
        draw_check(area, row + used, picture, &picture->shown->checks[shown[i]], selected);
        if (selected)
            *spot = (struct spot){area->row + row + used, area->column, false};
    }
    if (rest && used < rows) {
        draw_folded(area, row + used, picture->shown, ui->selected, selecting);
        used++;
    }
    return row + used;
}

void compact_draw(
    const struct area *area, const struct picture *picture, struct ui *ui, struct spot *spot)
{
    int rows = area->rows, row = 2;
    int bottom = rows >= 6 ? rows - 1 : rows;
    int event = rows >= 11 ? 1 : 0;
    frame_verdict_short(area, picture);
    if (rows >= 9) {
        draw_routes(area, row, picture);
        row += 2;
    }
    int newest = rows >= 12 ? 1 + (rows - 12) / 2 : 0;
    if (ui->on_lookups && newest == 0)
        newest = bottom - row > 2 ? 2 : bottom - row;
    row = draw_checks(area, row, bottom - row - event - newest, picture, ui, spot);
    struct area list = {area->row + row, area->column, bottom - event - row, area->columns};
    if (list.rows > 0)
        lookups_list(&list, picture, ui, ui->on_lookups, false, spot);
    const struct event *last = picture_event(picture, picture_event_newest(picture));
    if (event && last)
        frame_event(area, bottom - 1, picture, last, true);
    if (bottom < rows)
        frame_footer(area, bottom, picture, ui, true);
}
