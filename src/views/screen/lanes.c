/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/screen/lanes.h"

#include <stdio.h>

#include "base/text.h"
#include "model/history.h"

#define SECOND_NS 1000000000ULL

const char lanes_legend[] =
    "= tunnel  X outside  o nothing expected  - no route  # blocked  ? packets not seen";

static const unsigned spans[LANES_ZOOMS] = {1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800};
/* Closer or wider is the person's choice. */
#define FIRST_CHOICE 2
#define LAST_CHOICE 6

static int step_columns(int columns)
{
    return columns >= 60 ? 20 : columns >= 20 ? 10 : 1;
}

unsigned lanes_zoom(const struct picture *picture, int columns, unsigned zoom)
{
    if (zoom > 0)
        return zoom < LANES_ZOOMS ? zoom : LANES_ZOOMS;
    uint64_t start = model_start_ns(picture->model);
    uint64_t newest = history_newest_ns(picture_history(picture));
    uint64_t wanted = newest > start ? (newest - start) / SECOND_NS : 0;
    unsigned choice = FIRST_CHOICE;
    /* A step of the window is kept free. */
    uint64_t room = (uint64_t)(columns - step_columns(columns));
    while (choice < LAST_CHOICE && room * spans[choice] < wanted)
        choice++;
    return choice + 1;
}

struct lanes lanes_window(const struct picture *picture, int columns, unsigned zoom, uint64_t at_ns)
{
    if (columns < 1)
        columns = 1;
    unsigned span = spans[lanes_zoom(picture, columns, zoom) - 1];
    struct lanes lanes = {.span_ns = span * SECOND_NS, .columns = columns};
    uint64_t step = lanes.span_ns * (uint64_t)step_columns(columns);
    uint64_t length = lanes.span_ns * (uint64_t)columns;
    uint64_t newest = history_newest_ns(picture_history(picture));
    uint64_t end = (newest / step + 1) * step;
    if (at_ns > 0 && at_ns + length < end)
        end = (at_ns / step + 1) * step;
    lanes.start_ns = end > length ? end - length : 0;
    /* It fills up from the start on, as long as all is in it. */
    uint64_t begin = model_start_ns(picture->model) / step * step;
    if (begin > lanes.start_ns && newest >= begin)
        lanes.start_ns = begin;
    return lanes;
}

const char *lanes_title(const struct lanes *lanes, bool brief, char out[static LANES_TITLE])
{
    char from[TIME_TEXT], to[TIME_TEXT];
    unsigned span = (unsigned)(lanes->span_ns / SECOND_NS);
    uint64_t end = lanes->start_ns + lanes->span_ns * (uint64_t)lanes->columns;
    bool whole = lanes->start_ns % (60 * SECOND_NS) == 0 && end % (60 * SECOND_NS) == 0;
    int width = whole ? 5 : 8;
    time_format_clock(lanes->start_ns, from);
    time_format_clock(end, to);
    if (brief)
        text_format(out, LANES_TITLE, "%.5s to %.5s", from, to);
    else
        text_format(out, LANES_TITLE, "%.*s to %.*s, %u %s a column", width, from, width, to,
            span < 60 ? span : span / 60, span < 60 ? "s" : "min");
    return out;
}

const char *lanes_word(enum lane lane)
{
    static const char *const words[LANE_COUNT] = {
        "IPv4", "IPv6", "tunnelled", "exposed", "bypass", "lan", "all", "leak"};
    return (unsigned)lane < LANE_COUNT ? words[lane] : "?";
}

static const struct {
    char sign;
    unsigned paint;
} signs[HISTORY_WAY_COUNT] = {
    [HISTORY_WAY_UNKNOWN] = {'?', PAINT_UNKNOWN},
    [HISTORY_WAY_TUNNEL] = {'=', PAINT_OK},
    [HISTORY_WAY_NONE] = {'-', PAINT_DIM},
    [HISTORY_WAY_BLOCKED] = {'#', PAINT_PLAIN},
    [HISTORY_WAY_OUTSIDE] = {'o', PAINT_UNPROTECTED},
    [HISTORY_WAY_EXPOSED] = {'X', PAINT_LEAK},
};

static uint32_t count_of(const struct history_span *span, enum lane lane)
{
    const uint32_t *counts = span->counts;
    switch (lane) {
    case LANE_TUNNELLED:
        return counts[HISTORY_TUNNELLED];
    case LANE_EXPOSED:
        return counts[HISTORY_EXPOSED];
    case LANE_BYPASS:
        return counts[HISTORY_BYPASS];
    case LANE_LAN:
        return counts[HISTORY_LAN];
    case LANE_LEAK:
        return counts[HISTORY_EXPOSED] + counts[HISTORY_BYPASS] + counts[HISTORY_STUN] +
               counts[HISTORY_CONNECTIONS];
    case LANE_ALL:
        return counts[HISTORY_TUNNELLED] + counts[HISTORY_EXPOSED] + counts[HISTORY_BYPASS] +
               counts[HISTORY_LAN] + counts[HISTORY_OPEN] + counts[HISTORY_OTHER];
    case LANE_IPV4:
    case LANE_IPV6:
    case LANE_COUNT:
        break;
    }
    return 0;
}

static void read_column(
    const struct picture *picture, const struct lanes *lanes, int column, struct history_span *span)
{
    uint64_t from = lanes->start_ns + lanes->span_ns * (uint64_t)column;
    history_read(picture_history(picture), from, from + lanes->span_ns, span);
}

/* Where each look-up is one too many, any is a sign; where they are many, how many. */
static void draw_count(const struct area *area, int row, int x, const struct history_span *span,
    enum lane lane, uint32_t peak, unsigned mark)
{
    uint32_t count = count_of(span, lane);
    bool leak = lane == LANE_EXPOSED || lane == LANE_BYPASS || lane == LANE_LEAK;
    if (count == 0)
        terminal_text(area, row, x, 1,
            (span->unwatched ? (unsigned)PAINT_UNKNOWN : (unsigned)PAINT_DIM) | mark,
            span->unwatched ? "?" : ".");
    else if (leak || lane == LANE_LAN)
        terminal_text(area, row, x, 1, (leak ? (unsigned)PAINT_LEAK : (unsigned)PAINT_WARN) | mark,
            leak ? "X" : "!");
    else
        terminal_level(area, row, x, (lane == LANE_ALL ? PAINT_PLAIN : PAINT_OK) | mark,
            count * 3 > peak * 2 ? 3
            : count * 3 > peak   ? 2
                                 : 1);
}

static uint32_t add_up(
    const struct picture *picture, const struct lanes *lanes, enum lane lane, uint32_t *peak)
{
    uint32_t sum = 0;
    *peak = 0;
    for (int i = 0; i < lanes->columns; i++) {
        struct history_span span;
        read_column(picture, lanes, i, &span);
        uint32_t count = count_of(&span, lane);
        sum += count;
        *peak = count > *peak ? count : *peak;
    }
    return sum;
}

int lanes_draw(const struct area *area, int row, int column, const struct picture *picture,
    const struct lanes *lanes, enum lane lane, uint64_t at_ns)
{
    uint32_t peak = 0;
    bool way = lane == LANE_IPV4 || lane == LANE_IPV6;
    if (lane == LANE_TUNNELLED || lane == LANE_ALL)
        add_up(picture, lanes, lane, &peak);
    for (int i = 0; i < lanes->columns; i++) {
        struct history_span span;
        uint64_t from = lanes->start_ns + lanes->span_ns * (uint64_t)i;
        bool at = at_ns >= from && at_ns < from + lanes->span_ns;
        unsigned mark = at ? PAINT_SELECTED : 0;
        read_column(picture, lanes, i, &span);
        if (!span.began) {
            terminal_text(area, row, column + i, 1, (unsigned)PAINT_PLAIN | mark, " ");
        } else if (way) {
            enum history_way led = span.ways[lane == LANE_IPV6 ? FAMILY_INDEX_6 : FAMILY_INDEX_4];
            char text[2] = {signs[led].sign, '\0'};
            terminal_text(area, row, column + i, 1, signs[led].paint | mark, text);
        } else {
            draw_count(area, row, column + i, &span, lane, peak, mark);
        }
    }
    return column + lanes->columns;
}

void lanes_draw_row(const struct area *area, int row, int label, const struct picture *picture,
    const struct lanes *lanes, enum lane lane, uint64_t at_ns)
{
    int start = area->columns >= 60 ? 1 : 0;
    terminal_text(area, row, start, label, PAINT_DIM, lanes_word(lane));
    int x = lanes_draw(area, row, start + label + 1, picture, lanes, lane, at_ns) + 2;
    if (lane == LANE_IPV4 || lane == LANE_IPV6 || area->columns - x < 8)
        return;
    uint32_t peak, sum = add_up(picture, lanes, lane, &peak);
    terminal_format(area, row, x, -1, PAINT_DIM, "%u", (unsigned)sum);
}
