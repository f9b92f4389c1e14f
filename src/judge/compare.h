/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_JUDGE_COMPARE_H
#define LEAKTOP_JUDGE_COMPARE_H

#include <stddef.h>
#include <stdint.h>

#include "base/words.h"

struct model;

/* Before and after the tunnel, row by row: what changed, what did not, and whether it should have.
 * Pure. */

#define COMPARE_ROWS 32
#define COMPARE_TEXT 160

struct compare_row {
    char what[24]; /* "web IPv4", "egress resolver" */
    /* As values for people, "not known" with the reason where nothing is; what `mask` hides stands
     * between marks, as in a check's evidence. */
    char before[COMPARE_TEXT], now[COMPARE_TEXT];
    enum state state; /* STATE_OK as it should be, STATE_LEAK, STATE_WARN, STATE_UNKNOWN, STATE_OFF:
                         nothing to judge */
    char word[32];    /* "changed", "the same", "in part", "unknown" */
    char why[COMPARE_TEXT]; /* one sentence: "now as before the ISP's resolver: leak" */
    char source[96];        /* on what `now` rests: "3 services, asked by wg0" */
    uint64_t now_ns;        /* of the newest value, 0 not known */
};

/* Returns how many rows there are; without a baseline each says so and is STATE_UNKNOWN. */
size_t judge_compare(const struct model *model, struct compare_row rows[static COMPARE_ROWS]);

#endif
