/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_VIEWS_SCREEN_FRAME_H
#define LEAKTOP_VIEWS_SCREEN_FRAME_H

#include <stdbool.h>
#include <stddef.h>

#include "views/screen/picture.h"
#include "views/screen/terminal.h"
#include "views/screen/ui.h"

/* What every view shares: header, verdict, section rules, note and footer. */

/* Name of the program, what is expected, the tunnel, and whether it is live. */
void frame_header(const struct area *area, int row, const struct picture *picture);
/* The verdict as one row: symbol, word, sentence; a leak fills the row. */
void frame_verdict(const struct area *area, int row, const struct picture *picture);
/* What the verdict means, on the rows below it; how many it needs, at most most. */
int frame_means_rows(const struct area *area, const struct picture *picture, int most);
void frame_means(const struct area *area, int row, int rows, const struct picture *picture);
/* The verdict on two short rows: symbol, word and checks, then the sentence. */
void frame_verdict_short(const struct area *area, const struct picture *picture);
/* "live", "PAUSED since 20:13:30, 12 new", ... ending before column end; returns where it begins.
 */
int frame_live(const struct area *area, int row, int end, const struct picture *picture, bool more);
/* "-- title ------- right --" */
void frame_rule(
    const struct area *area, int row, const char *title, const char *right, bool focused);
/* Note, or NULL: the newest answer to a key, else of the work under way. */
const char *frame_note(const struct picture *picture, const struct ui *ui);
/* Keys of this place; with a note of so few rows that it has none of its own, the note. */
void frame_footer(const struct area *area, int row, const struct picture *picture,
    const struct ui *ui, bool with_note);
/* One event: time, kind, text. */
void frame_event(const struct area *area, int row, const struct picture *picture,
    const struct event *event, bool strong);
/* Wrapped text from row on; returns the rows used. */
int frame_wrapped(const struct area *area, int row, int column, unsigned paint, const char *text);
/* The filter, from column to end; while it is typed, the cursor behind it. */
void frame_filter(const struct area *area, int row, int column, int end,
    const struct picture *picture, const struct ui *ui, struct spot *spot);
/* Cells that the names of interfaces that matter need, at most most. */
int frame_interface_width(const struct model *model, int most);

#endif
