/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_VIEWS_SCREEN_COMPOSE_H
#define LEAKTOP_VIEWS_SCREEN_COMPOSE_H

#include "views/screen/page.h"
#include "views/screen/picture.h"
#include "views/screen/terminal.h"
#include "views/screen/ui.h"

/* The whole picture: the view at hand in the layout that this size allows, and what is open over
 * it. page is room for the text of a popup. */
void compose_draw(const struct area *area, const struct picture *picture, struct ui *ui,
    struct page *page, struct spot *spot);

#endif
