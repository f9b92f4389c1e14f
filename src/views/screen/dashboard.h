/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_VIEWS_SCREEN_DASHBOARD_H
#define LEAKTOP_VIEWS_SCREEN_DASHBOARD_H

#include "views/screen/picture.h"
#include "views/screen/terminal.h"
#include "views/screen/ui.h"

/* View 1: verdict, routes, checks, newest look-ups, events. From 72x20 on in panels (dashboard.c),
 * on smaller screens folded (compact.c). Both draw the whole screen. */

void dashboard_draw(
    const struct area *area, const struct picture *picture, struct ui *ui, struct spot *spot);
void compact_draw(
    const struct area *area, const struct picture *picture, struct ui *ui, struct spot *spot);

/* Move the cursor among the checks as they stand on this screen. */
void dashboard_move(const struct area *area, const struct picture *picture, struct ui *ui, int by);

#endif
