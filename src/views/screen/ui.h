/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_VIEWS_SCREEN_UI_H
#define LEAKTOP_VIEWS_SCREEN_UI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "judge/judge.h"
#include "model/model.h"
#include "views/screen/filter.h"
#include "views/screen/keys.h"
#include "views/screen/rows.h"

/* Where the person is and what they chose: changed by keys, and by drawing only where what was
 * chosen no longer exists. */

enum popup {
    POPUP_NONE,
    POPUP_HELP,
    POPUP_CHECK,
    POPUP_LOOKUP,
    POPUP_CLEAR,
    POPUP_EXPECT,
    POPUP_INTEND,
    POPUP_COMPARE, /* a row of before/after */
    POPUP_OUTSIDE,
    POPUP_SEND, /* what x or X will send */
    POPUP_APP,
    POPUP_OBSERVED,
    POPUP_EVENT,
};

/* Rules that a look-up proposes when it is to be marked as intended. */
#define INTEND_RULES 5

/* A list of look-ups, or of events, newest on top. It follows the newest until the cursor moved;
 * then neither the cursor nor the rows move by themselves. */
struct lookup_list {
    bool moved;
    uint64_t selected, top; /* serials */
    int rows;               /* items that fitted when drawn last: a page */
};

struct ui {
    enum place view; /* that of one of the views */
    enum popup popup;
    enum check_id popup_check;
    struct lookup popup_lookup; /* a copy: the model may forget it */
    struct app popup_app;       /* the same */
    struct event popup_event;   /* the same */
    uint64_t popup_observed;    /* serial of its row */
    uint64_t popup_newest;      /* the newest look-up when the page was opened: later ones wait */
    int scroll, page_rows;      /* of the popup; page_rows as drawn last */
    enum check_id selected;
    bool on_lookups; /* the dashboard's look-ups have the cursor, not its checks */
    struct lookup_list list, events;
    unsigned zoom; /* of the lanes in view 5; see lanes.h */
    struct row_list apps, observed;
    enum observer observer; /* whose rows are shown; OBSERVER_COUNT: all of them */
    size_t row, row_top;    /* of before/after: chosen, and the first that is drawn */
    enum test_kind sending; /* in POPUP_SEND */
    struct filter filter;
    bool typing;                         /* the filter is being typed */
    enum expectation proposed;           /* in POPUP_EXPECT; EXPECT_COUNT is auto */
    struct intended rules[INTEND_RULES]; /* in POPUP_INTEND, */
    size_t rule_count, rule;             /* and the one that is chosen */
    bool intend_detail;                  /* it was asked for in the detail of a look-up */
    char note[160];                      /* answer to the last key, "" none */
};

/* Where the hardware cursor is parked: on the selected row. */
struct spot {
    int row, column;
    bool visible;
};

static inline enum place ui_place(const struct ui *ui)
{
    switch (ui->popup) {
    case POPUP_HELP:
        return PLACE_HELP;
    case POPUP_LOOKUP:
        return PLACE_LOOKUP;
    case POPUP_CHECK:
    case POPUP_CLEAR:
    case POPUP_EXPECT:
    case POPUP_INTEND:
    case POPUP_SEND:
        return PLACE_CHECK;
    case POPUP_COMPARE:
    case POPUP_OUTSIDE:
    case POPUP_EVENT:
        return PLACE_PAGE;
    case POPUP_APP:
    case POPUP_OBSERVED:
        return PLACE_NAMES;
    case POPUP_NONE:
        break;
    }
    return ui->view;
}

/* Too narrow or too low for panels: the compact layouts. */
static inline bool ui_compact(int rows, int columns)
{
    return rows < 20 || columns < 72;
}

#endif
