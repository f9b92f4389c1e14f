/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/screen/compose.h"

#include "views/screen/about.h"
#include "views/screen/apps.h"
#include "views/screen/apps_page.h"
#include "views/screen/before.h"
#include "views/screen/dashboard.h"
#include "views/screen/detail.h"
#include "views/screen/frame.h"
#include "views/screen/intend.h"
#include "views/screen/lookups.h"
#include "views/screen/observers.h"
#include "views/screen/outside.h"
#include "views/screen/timeline.h"

static void draw_popup(const struct area *area, const struct picture *picture, struct ui *ui,
    struct page *page, struct spot *spot)
{
    const char *hint = NULL;
    const struct lookup *now;
    switch (ui->popup) {
    case POPUP_NONE:
        return;
    case POPUP_HELP:
        detail_help(page, area, picture);
        break;
    case POPUP_CHECK:
        detail_check(page, area, picture, ui->popup_check);
        break;
    case POPUP_LOOKUP:
        /* Who asked, the answer, and what it was after all are learned later. */
        now = picture_lookup(picture, ui->popup_lookup.serial);
        if (now)
            ui->popup_lookup = *now;
        about_lookup(page, area, picture, &ui->popup_lookup);
        break;
    case POPUP_CLEAR:
        detail_clear(page, area, picture);
        hint = "y Clear   n Leave it";
        break;
    case POPUP_EXPECT:
        detail_expect(page, area, picture, ui->proposed);
        hint = "y Change   v Another   n Leave it";
        break;
    case POPUP_INTEND:
        intend_page(page, area, picture, ui);
        hint =
            area->columns < 60 ? "y Mark  a Next  n Leave" : "Enter Mark   a Another   n Leave it";
        break;
    case POPUP_COMPARE:
        if (!before_page(page, area, picture, ui)) {
            ui->popup = POPUP_NONE;
            return;
        }
        break;
    case POPUP_OUTSIDE:
        outside_page(page, area, picture);
        break;
    case POPUP_APP:
        apps_page(page, area, picture, ui);
        break;
    case POPUP_OBSERVED:
        if (!observers_page(page, area, picture, ui)) {
            ui->popup = POPUP_NONE;
            return;
        }
        break;
    case POPUP_EVENT:
        timeline_page(page, area, picture, ui);
        break;
    case POPUP_SEND:
        outside_send_page(page, area, picture, ui->sending);
        hint = "y Send   n Do not";
        break;
    }
    page_popup(page, area, ui, hint, spot);
}

void compose_draw(const struct area *area, const struct picture *picture, struct ui *ui,
    struct page *page, struct spot *spot)
{
    if (area->rows < 4 || area->columns < 24) {
        frame_verdict_short(area, picture);
        return;
    }
    bool compact = ui_compact(area->rows, area->columns);
    if (ui->view == PLACE_DASHBOARD) {
        if (compact)
            compact_draw(area, picture, ui, spot);
        else
            dashboard_draw(area, picture, ui, spot);
    } else {
        int top = 2, bottom = area->rows >= 6 ? area->rows - 1 : area->rows;
        if (compact) {
            frame_verdict_short(area, picture);
        } else {
            frame_header(area, 0, picture);
            frame_verdict(area, 1, picture);
        }
        struct area body = {top, 0, bottom - top, area->columns};
        if (ui->view == PLACE_BEFORE)
            before_view(&body, picture, ui, spot);
        else if (ui->view == PLACE_APPS)
            apps_view(&body, picture, ui, spot);
        else if (ui->view == PLACE_OBSERVERS)
            observers_view(&body, picture, ui, spot);
        else if (ui->view == PLACE_TIMELINE)
            timeline_view(&body, picture, ui, spot);
        else
            lookups_view(&body, picture, ui, spot);
        if (bottom < area->rows)
            frame_footer(area, bottom, picture, ui, true);
    }
    draw_popup(area, picture, ui, page, spot);
}
