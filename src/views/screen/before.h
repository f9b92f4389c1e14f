/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_VIEWS_SCREEN_BEFORE_H
#define LEAKTOP_VIEWS_SCREEN_BEFORE_H

#include "views/screen/page.h"
#include "views/screen/picture.h"
#include "views/screen/ui.h"

/* View 6: what was before the tunnel and what is now, row by row. */

/* The whole view below the verdict. */
void before_view(
    const struct area *area, const struct picture *picture, struct ui *ui, struct spot *spot);
/* Move the cursor by so many rows; more than there are: to the end. */
void before_move(const struct picture *picture, struct ui *ui, int by);
/* The chosen row, whole. False where there is none. */
bool before_page(struct page *page, const struct area *screen, const struct picture *picture,
    const struct ui *ui);

#endif
