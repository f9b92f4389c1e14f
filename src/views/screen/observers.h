/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_VIEWS_SCREEN_OBSERVERS_H
#define LEAKTOP_VIEWS_SCREEN_OBSERVERS_H

#include "views/screen/page.h"
#include "views/screen/picture.h"
#include "views/screen/terminal.h"
#include "views/screen/ui.h"

/* View 3: what each observer learned, one row per name; of all observers, or of one. */

/* The whole view below the verdict. */
void observers_view(
    const struct area *area, const struct picture *picture, struct ui *ui, struct spot *spot);
/* Move the cursor by so many rows (positive: down); from then on no row moves by itself. */
void observers_move(const struct picture *picture, struct ui *ui, int by);
/* All, then each of them, then all again. */
void observers_next(struct ui *ui);
/* The next order. */
void observers_sort(struct ui *ui);
/* The row under the cursor; NULL: there is none. */
const struct observed *observers_selected(const struct picture *picture, struct ui *ui);

/* A name, whole (observers_page.c): the row of ui->popup_observed. False where it is gone. */
bool observers_page(struct page *page, const struct area *screen, const struct picture *picture,
    const struct ui *ui);

#endif
