/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_VIEWS_SCREEN_LOOKUPS_H
#define LEAKTOP_VIEWS_SCREEN_LOOKUPS_H

#include <stdbool.h>
#include <stdint.h>

#include "views/screen/picture.h"
#include "views/screen/terminal.h"
#include "views/screen/ui.h"

/* View 2, and the list of look-ups that the dashboards show too. */

/* Draw the list into area. focused: with cursor and filter; else the newest, whatever was chosen.
 */
void lookups_list(const struct area *area, const struct picture *picture, struct ui *ui,
    bool focused, bool headings, struct spot *spot);
/* The whole view below the verdict. */
void lookups_view(
    const struct area *area, const struct picture *picture, struct ui *ui, struct spot *spot);

/* How a look-up's exposure stands out. */
unsigned lookups_paint(const struct lookup *lookup);

/* Move the cursor by so many items (positive: older). */
void lookups_move(const struct picture *picture, struct ui *ui, int by);
void lookups_newest(struct ui *ui); /* follow again */
/* The cursor to the newest leak, or where it is on one, to the one before; a filter that hides it
 * ends. False: none is kept. */
bool lookups_leak(const struct picture *picture, struct ui *ui);
void lookups_oldest(const struct picture *picture, struct ui *ui);
/* The look-up under the cursor; NULL: there is none. */
const struct lookup *lookups_selected(const struct picture *picture, const struct ui *ui);

#endif
