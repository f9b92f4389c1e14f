/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/screen/before.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "views/screen/frame.h"

/* Columns of the table, in cells; 0: left out. */
struct columns {
    int what, before, now, mark, source, clock;
};

static struct columns columns_for(int width)
{
    struct columns c = {.what = 15, .mark = 12};
    if (width >= 110) {
        c.source = 30;
        c.clock = 8;
    }
    int rest = width - 2 - c.what - c.mark - 3 - (c.source ? c.source + 1 : 0) -
               (c.clock ? c.clock + 1 : 0);
    c.before = rest / 2;
    c.now = rest - c.before;
    return c;
}

static size_t rows_of(const struct picture *picture, struct compare_row rows[COMPARE_ROWS])
{
    return picture_compare(picture, rows);
}

static const char *when_text(const struct picture *picture, char *out, size_t size)
{
    char clock[TIME_TEXT];
    const struct baseline *baseline = model_baseline(picture->model);
    if (!baseline)
        text_format(out, size, "before: not known");
    else if (baseline->from_disk)
        text_format(out, size, "before, of %.10s %.5s UTC",
            time_format_rfc3339(baseline->taken_ns, clock), clock + 11);
    else
        text_format(out, size, "before, %s", time_format_clock(baseline->taken_ns, clock));
    return out;
}

static void draw_title(const struct area *area, const struct picture *picture)
{
    int end = frame_live(area, 0, area->columns - 1, picture, false) - 2;
    int x = terminal_text(area, 0, 1, end - 1, PAINT_STRONG, "before / after") + 2;
    char text[96];
    if (end - x > 20)
        terminal_text(area, 0, x, end - x, PAINT_DIM,
            model_baseline(picture->model) ? when_text(picture, text, sizeof(text))
                                           : "no baseline of this network");
}

static void draw_headings(const struct area *area, int row, const struct columns *c)
{
    int x = 1 + c->what + 1;
    terminal_text(area, row, x, c->before, PAINT_DIM, "before");
    x += c->before + 1;
    terminal_text(area, row, x, c->now, PAINT_DIM, "now");
    x += c->now + 1;
    if (c->source)
        terminal_text(area, row, x + c->mark + 1, c->source, PAINT_DIM, "rests on");
    if (c->clock)
        terminal_text(area, row, x + c->mark + 1 + c->source + 1, c->clock, PAINT_DIM, "seen");
}

static void draw_row(const struct area *area, int at, const struct picture *picture,
    const struct compare_row *row, const struct columns *c, bool selected)
{
    char text[PICTURE_TEXT], clock[TIME_TEXT];
    unsigned mark = selected ? PAINT_SELECTED : 0, plain = PAINT_PLAIN | mark;
    if (selected)
        terminal_repeat(area, at, 0, area->columns, plain, ' ');
    terminal_text(area, at, 0, 1, plain, selected ? ">" : " ");
    terminal_text(area, at, 1, c->what, plain, row->what);
    int x = 1 + c->what + 1;
    terminal_text(area, at, x, c->before, (unsigned)PAINT_DIM | mark,
        picture_text(picture, row->before, text, sizeof(text)));
    x += c->before + 1;
    terminal_text(area, at, x, c->now, plain, picture_text(picture, row->now, text, sizeof(text)));
    x += c->now + 1;
    terminal_format(area, at, x, c->mark, paint_state(row->state) | mark, "%c %s",
        state_symbol(row->state), row->word);
    x += c->mark + 1;
    if (c->source)
        terminal_text(area, at, x, c->source, (unsigned)PAINT_DIM | mark,
            picture_text(picture, row->source, text, sizeof(text)));
    if (c->clock && row->now_ns)
        terminal_text(area, at, x + c->source + 1, c->clock, (unsigned)PAINT_DIM | mark,
            time_format_clock(row->now_ns, clock));
}

/* Too narrow for a table: what and how, and below it both values. */
static void draw_item(const struct area *area, int at, const struct picture *picture,
    const struct compare_row *row, bool selected)
{
    char before[PICTURE_TEXT], now[PICTURE_TEXT];
    unsigned mark = selected ? PAINT_SELECTED : 0, plain = PAINT_PLAIN | mark;
    for (int i = 0; selected && i < 2; i++)
        terminal_repeat(area, at + i, 0, area->columns, plain, ' ');
    terminal_text(area, at, 0, 1, plain, selected ? ">" : " ");
    int x = terminal_format(area, at, 1, -1, paint_state(row->state) | mark, "%c %s",
        state_symbol(row->state), row->word);
    terminal_text(area, at, x + 1, -1, plain, row->what);
    picture_text(picture, row->before, before, sizeof(before));
    picture_text(picture, row->now, now, sizeof(now));
    int half = (area->columns - 6) / 2;
    x = terminal_text(area, at + 1, 3, half, (unsigned)PAINT_DIM | mark, before);
    x = terminal_text(area, at + 1, x + 1, 1, (unsigned)PAINT_DIM | mark, ">");
    terminal_text(area, at + 1, x + 1, -1, plain, now);
}

/* The selected row's sentence, so that Enter is seldom needed. */
static void draw_why(const struct area *area, int row, const struct picture *picture,
    const struct compare_row *chosen)
{
    char text[PICTURE_TEXT];
    struct area below = {area->row + row, area->column, area->rows - row, area->columns};
    frame_wrapped(
        &below, 0, 1, PAINT_STRONG, picture_text(picture, chosen->why, text, sizeof(text)));
}

static void draw_none(const struct area *area, const struct picture *picture)
{
    bool tunnel = model_tunnel_up(picture->model);
    frame_wrapped(area, 0, 1, PAINT_DIM,
        tunnel
            ? "Nothing to compare with: none was taken on this network without the tunnel. Once "
              "the tunnel is down for a while, leaktop takes one by itself."
            : "What is seen without a tunnel becomes the baseline, by itself, once it is known; b "
              "takes it now. It holds addresses and routes, no names.");
}

void before_view(
    const struct area *area, const struct picture *picture, struct ui *ui, struct spot *spot)
{
    struct compare_row rows[COMPARE_ROWS];
    size_t count = rows_of(picture, rows);
    bool table = area->columns >= 72;
    draw_title(area, picture);
    int first = 1, why = area->rows >= 10 ? 2 : 0;
    struct columns columns = columns_for(area->columns);
    if (table && area->rows > 4) {
        draw_headings(area, 1, &columns);
        first = 2;
    }
    if (!model_baseline(picture->model)) {
        struct area note = {area->row + first, area->column, 3, area->columns};
        draw_none(&note, picture);
        first += 4;
    }
    int lines = table ? 1 : 2, room = (area->rows - first - why) / lines;
    if (room < 1)
        room = 1;
    if (ui->row >= count)
        ui->row = count ? count - 1 : 0;
    if (ui->row < ui->row_top)
        ui->row_top = ui->row;
    if (ui->row >= ui->row_top + (size_t)room)
        ui->row_top = ui->row - (size_t)room + 1;
    for (size_t i = 0; i < (size_t)room && ui->row_top + i < count; i++) {
        const struct compare_row *row = &rows[ui->row_top + i];
        int at = first + (int)i * lines;
        bool selected = ui->row_top + i == ui->row;
        if (table)
            draw_row(area, at, picture, row, &columns, selected);
        else
            draw_item(area, at, picture, row, selected);
        if (selected)
            *spot = (struct spot){area->row + at, area->column, false};
    }
    if (why && count > 0)
        draw_why(area, area->rows - why, picture, &rows[ui->row]);
}

void before_move(const struct picture *picture, struct ui *ui, int by)
{
    struct compare_row rows[COMPARE_ROWS];
    long count = (long)rows_of(picture, rows), at = (long)ui->row + by;
    ui->row = at < 0 || count == 0 ? 0 : at >= count ? (size_t)(count - 1) : (size_t)at;
}

bool before_page(struct page *page, const struct area *screen, const struct picture *picture,
    const struct ui *ui)
{
    struct compare_row rows[COMPARE_ROWS];
    char text[PICTURE_TEXT], clock[TIME_TEXT];
    size_t count = rows_of(picture, rows);
    if (ui->row >= count)
        return false;
    const struct compare_row *row = &rows[ui->row];
    page_start(page, page_popup_width(screen));
    page->state = row->state;
    snprintf(page->title, sizeof(page->title), "%s: %c %s", row->what, state_symbol(row->state),
        row->word);
    if (row->now_ns)
        snprintf(
            page->right, sizeof(page->right), "seen %s", time_format_clock(row->now_ns, clock));
    page_add(page, "Before", PAINT_PLAIN, picture_text(picture, row->before, text, sizeof(text)));
    if (model_baseline(picture->model))
        page_add(page, "", PAINT_DIM, when_text(picture, text, sizeof(text)));
    page_add(page, "", PAINT_PLAIN, "");
    page_add(page, "Now", PAINT_STRONG, picture_text(picture, row->now, text, sizeof(text)));
    page_add(page, "", PAINT_DIM, picture_text(picture, row->source, text, sizeof(text)));
    page_add(page, "", PAINT_PLAIN, "");
    page_add(page, "Says", PAINT_PLAIN, picture_text(picture, row->why, text, sizeof(text)));
    return true;
}
