/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_VIEWS_SCREEN_PAGE_H
#define LEAKTOP_VIEWS_SCREEN_PAGE_H

#include <stddef.h>

#include "views/screen/keys.h"
#include "views/screen/terminal.h"
#include "views/screen/ui.h"

/* A text with labels, wrapped to a width, that scrolls: popups, and panels beside a list. */

#define PAGE_LINES 1024
#define PAGE_WIDTH 128

struct page_line {
    unsigned paint;
    int indent; /* where the text begins; 0: it has no label beside it */
    int lead;   /* so many first cells are the label, written into the line */
    char label[12];
    char text[PAGE_WIDTH];
};

struct page {
    char title[96], right[64];
    enum state state; /* colours the title; STATE_COUNT: no state */
    int width, indent;
    size_t count;
    struct page_line lines[PAGE_LINES];
};

void page_start(struct page *page, int width);
/* label "": goes on under the one before. text "" with label "": an empty line. */
void page_add(struct page *page, const char *label, unsigned paint, const char *text);
/* Lines from `from` on into the area. */
void page_draw_lines(const struct page *page, const struct area *area, int from);

/* Width of text in a popup on this screen. */
int page_popup_width(const struct area *screen);
/* Draw as a popup below the verdict, framed where there is room, else as a whole screen. Keeps
 * ui->scroll in range. hint: replaces the keys of the bottom line, NULL: none does. */
void page_popup(const struct page *page, const struct area *screen, struct ui *ui, const char *hint,
    struct spot *spot);

#endif
