/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_VIEWS_SCREEN_TIMELINE_H
#define LEAKTOP_VIEWS_SCREEN_TIMELINE_H

#include "views/screen/page.h"
#include "views/screen/picture.h"
#include "views/screen/terminal.h"
#include "views/screen/ui.h"

/* View 5: what happened, newest first, one line each, under lanes that show at a glance which way
 * out each family had and when look-ups left. It follows the newest until the cursor moved. */

/* The whole view below the verdict. */
void timeline_view(
    const struct area *area, const struct picture *picture, struct ui *ui, struct spot *spot);
/* Move the cursor by so many lines (positive: down, which is older). */
void timeline_move(const struct picture *picture, struct ui *ui, int by);
/* To the next leak, older (1) or newer (-1). False: there is none. */
bool timeline_leak(const struct picture *picture, struct ui *ui, int step);
void timeline_newest(struct ui *ui);
/* Closer (-1) or wider (1). False: there is no more. */
bool timeline_zoom(const struct picture *picture, struct ui *ui, int by);
/* What the cursor is on; NULL: nothing happened. */
const struct event *timeline_selected(const struct picture *picture, const struct ui *ui);
/* The look-up, or STUN request, that a leak's line tells of, while it is kept; else NULL. */
const struct lookup *timeline_lookup(const struct picture *picture, const struct event *event);

/* An event, whole (timeline_page.c): ui->popup_event. */
void timeline_page(struct page *page, const struct area *screen, const struct picture *picture,
    const struct ui *ui);

#endif
