/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/screen/page.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "views/screen/cells.h"
#include "views/screen/intend.h"

#define INDENT 10

void page_start(struct page *page, int width)
{
    page->title[0] = page->right[0] = '\0';
    page->state = STATE_COUNT;
    page->width = width < 8 ? 8 : width >= PAGE_WIDTH ? PAGE_WIDTH - 1 : width;
    page->indent = page->width >= 50 ? INDENT : 0;
    page->count = 0;
}

static struct page_line *new_line(struct page *page, unsigned paint)
{
    if (page->count == PAGE_LINES)
        return NULL;
    struct page_line *line = &page->lines[page->count++];
    line->paint = paint;
    line->indent = page->indent;
    line->lead = 0;
    line->label[0] = line->text[0] = '\0';
    return line;
}

void page_add(struct page *page, const char *label, unsigned paint, const char *text)
{
    char all[1024];
    int lead = 0;
    if (page->indent == 0 && label[0]) {
        text_format(all, sizeof(all), "%s: %s", label, text);
        lead = (int)strlen(label) + 1;
    } else {
        text_format(all, sizeof(all), "%s", text);
    }
    bool first = true;
    for (const char *from = all, *next; first || *from; from = next, first = false) {
        struct page_line *line = new_line(page, paint);
        if (!line)
            return;
        int length = (int)cells_wrap(from, (size_t)(page->width - page->indent), &next);
        text_format(line->text, sizeof(line->text), "%.*s", length, from);
        if (first && page->indent)
            text_format(line->label, sizeof(line->label), "%s", label);
        line->lead = first ? lead : 0;
    }
}

void page_draw_lines(const struct page *page, const struct area *area, int from)
{
    for (int row = 0; row < area->rows && from + row < (int)page->count; row++) {
        const struct page_line *line = &page->lines[from + row];
        terminal_text(area, row, 0, line->indent - 1, PAINT_STRONG, line->label);
        terminal_text(area, row, line->indent, -1, line->paint, line->text);
        if (line->lead > 0)
            terminal_format(area, row, 0, -1, PAINT_STRONG, "%.*s", line->lead, line->text);
    }
}

static bool whole_screen(const struct area *screen)
{
    return screen->columns < 60 || screen->rows < 16;
}

int page_popup_width(const struct area *screen)
{
    if (whole_screen(screen))
        return screen->columns - 2;
    int width = screen->columns - 8;
    return width > 100 ? 100 : width;
}

static void keep_in_range(const struct page *page, struct ui *ui, int rows)
{
    int last = (int)page->count - rows;
    ui->page_rows = rows > 0 ? rows : 1;
    if (ui->scroll > last)
        ui->scroll = last;
    if (ui->scroll < 0)
        ui->scroll = 0;
}

static void position_text(const struct page *page, const struct ui *ui, int rows, char out[48])
{
    out[0] = '\0';
    if ((int)page->count > rows)
        snprintf(out, 48, "%d-%d of %zu", ui->scroll + 1, ui->scroll + rows, page->count);
}

static unsigned title_paint(const struct page *page)
{
    return page->state == STATE_COUNT ? (unsigned)PAINT_STRONG : paint_state(page->state);
}

static void bottom(const struct area *area, int row, int start, const char *position,
    const char *hint, const struct ui *ui)
{
    int end = area->columns - start;
    if (position[0])
        end = terminal_right(area, row, end, PAINT_DIM, position) - 1;
    struct key_situation situation = {
        .markable = ui->popup == POPUP_LOOKUP && !intend_refusal(&ui->popup_lookup)};
    if (hint)
        terminal_text(area, row, start, end - start, PAINT_STRONG, hint);
    else
        keys_footer(area, row, start, end, ui_place(ui), &situation);
}

static void popup_whole(const struct page *page, const struct area *screen, struct ui *ui,
    const char *hint, struct spot *spot)
{
    int first = 1, rows = screen->rows - 3;
    for (int row = first; row < screen->rows; row++)
        terminal_repeat(screen, row, 0, screen->columns, PAINT_PLAIN, ' ');
    if (rows < 1) {
        /* Three rows: the text rather than its title. */
        first = 0;
        rows = screen->rows - 2;
    }
    char position[48];
    keep_in_range(page, ui, rows);
    position_text(page, ui, rows, position);
    if (first) {
        int end = screen->columns - 1;
        if ((int)(strlen(page->title) + strlen(page->right)) + 3 < end)
            end = terminal_right(screen, 1, end, PAINT_DIM, page->right) - 1;
        terminal_text(screen, 1, 1, end - 1, title_paint(page), page->title);
    }
    struct area text = {screen->row + 1 + first, screen->column + 1, rows, screen->columns - 2};
    page_draw_lines(page, &text, ui->scroll);
    /* The rows of the view below, its note among them, are covered. */
    bottom(screen, screen->rows - 1, 1, position, ui->note[0] ? ui->note : hint, ui);
    *spot = (struct spot){1, 0, false};
}

void page_popup(const struct page *page, const struct area *screen, struct ui *ui, const char *hint,
    struct spot *spot)
{
    if (whole_screen(screen)) {
        popup_whole(page, screen, ui, hint, spot);
        return;
    }
    int columns = page->width + 4, most = screen->rows - 4;
    int rows = (int)page->count < most ? (int)page->count : most;
    struct area box = {2, (screen->columns - columns) / 2, rows + 2, columns};
    if (screen->rows >= 40 && rows + 8 < screen->rows)
        box.row = 5;
    keep_in_range(page, ui, rows);
    for (int row = 0; row < box.rows; row++) {
        /* A margin, or the frame reads as part of what it covers. */
        terminal_repeat(screen, box.row + row, box.column - 2, columns + 4, PAINT_PLAIN, ' ');
        bool edge = row == 0 || row == box.rows - 1;
        terminal_repeat(&box, row, 0, columns, PAINT_DIM, edge ? '-' : ' ');
        terminal_repeat(&box, row, 0, 1, PAINT_DIM, edge ? '+' : '|');
        terminal_repeat(&box, row, columns - 1, 1, PAINT_DIM, edge ? '+' : '|');
    }
    char text[112], position[48];
    int end = columns - 2;
    if (page->right[0] && (int)(strlen(page->title) + strlen(page->right)) + 10 < columns) {
        snprintf(text, sizeof(text), " %s ", page->right);
        end = terminal_right(&box, 0, end, PAINT_DIM, text);
    }
    snprintf(text, sizeof(text), " %s ", page->title);
    terminal_text(&box, 0, 2, end - 3, title_paint(page), text);
    struct area inner = {box.row + 1, box.column + 2, rows, columns - 4};
    page_draw_lines(page, &inner, ui->scroll);
    position_text(page, ui, rows, position);
    int bottom_row = box.rows - 1;
    terminal_repeat(&box, bottom_row, 1, columns - 2, PAINT_PLAIN, ' ');
    bottom(&box, bottom_row, 2, position, hint, ui);
    *spot = (struct spot){box.row, box.column + 2, false};
}
