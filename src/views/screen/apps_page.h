/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_VIEWS_SCREEN_APPS_PAGE_H
#define LEAKTOP_VIEWS_SCREEN_APPS_PAGE_H

#include "views/screen/page.h"
#include "views/screen/picture.h"
#include "views/screen/ui.h"

/* A program, whole: ui->popup_app, brought up to date where the model still knows it. Of its names
 * those that were there when the page was opened: a page that is read does not move. */
void apps_page(
    struct page *page, const struct area *screen, const struct picture *picture, struct ui *ui);

#endif
