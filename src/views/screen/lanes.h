/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_VIEWS_SCREEN_LANES_H
#define LEAKTOP_VIEWS_SCREEN_LANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "views/screen/picture.h"
#include "views/screen/terminal.h"

/* Rows of one cell per span of time: which way out each family had, and when look-ups left by
 * which. The spans are aligned to the clock and the window moves on in steps, with the next change:
 * nothing crawls by itself. */

struct lanes {
    uint64_t start_ns, span_ns; /* the first column's begin; a column */
    int columns;
};

/* How long a column is: 0 chooses it so that all since the start is there, up to an hour; else the
 * position in a list from 1 (a second) on. */
#define LANES_ZOOMS 12
/* The zoom that 0 stands for, in so many columns. */
unsigned lanes_zoom(const struct picture *picture, int columns, unsigned zoom);

/* The window of so many columns that has what is newest, or where at_ns is older than its begin,
 * that one. at_ns 0: none. */
struct lanes lanes_window(
    const struct picture *picture, int columns, unsigned zoom, uint64_t at_ns);
/* "20:00 to 20:15, 15 s a column"; brief: without the latter. Returns out. */
#define LANES_TITLE 64
const char *lanes_title(const struct lanes *lanes, bool brief, char out[static LANES_TITLE]);

enum lane {
    LANE_IPV4, /* the web route of a family */
    LANE_IPV6,
    LANE_TUNNELLED, /* look-ups */
    LANE_EXPOSED,
    LANE_BYPASS,
    LANE_LAN,
    LANE_ALL,
    LANE_LEAK, /* all that left outside the tunnel: look-ups, STUN requests, connections */
    LANE_COUNT
};
const char *lanes_word(enum lane lane);
/* One lane from column on; the column of at_ns is marked (0: none). Returns the column behind it.
 */
int lanes_draw(const struct area *area, int row, int column, const struct picture *picture,
    const struct lanes *lanes, enum lane lane, uint64_t at_ns);
/* Its word, the lane behind so many cells for it, and where there is room behind that, what it sums
 * up to. */
void lanes_draw_row(const struct area *area, int row, int label, const struct picture *picture,
    const struct lanes *lanes, enum lane lane, uint64_t at_ns);
/* What the signs of LANE_IPV4 and LANE_IPV6 say. */
extern const char lanes_legend[];

#endif
