/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_VIEWS_SCREEN_APPS_H
#define LEAKTOP_VIEWS_SCREEN_APPS_H

#include <stdbool.h>

#include "views/screen/picture.h"
#include "views/screen/terminal.h"
#include "views/screen/ui.h"

/* View 4: one row per program and user. */

/* The whole view below the verdict. */
void apps_view(
    const struct area *area, const struct picture *picture, struct ui *ui, struct spot *spot);
/* Move the cursor by so many rows (positive: down); from then on no row moves by itself. */
void apps_move(const struct picture *picture, struct ui *ui, int by);
/* The next order. */
void apps_sort(struct ui *ui);
/* The program under the cursor; NULL: there is none. */
const struct app *apps_selected(const struct picture *picture, struct ui *ui);

#endif
