/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_VIEWS_SCREEN_DRAWN_H
#define LEAKTOP_VIEWS_SCREEN_DRAWN_H

#include <stdbool.h>
#include <stdint.h>

#include "judge/judge.h"
#include "views/screen/screen.h"

/* What was drawn last: where nothing differs from it, not one byte goes to the terminal. */
struct drawn {
    bool any;
    uint64_t revision;
    struct verdict verdict;
    struct screen_progress progress;
};

bool drawn_differs(const struct drawn *drawn, const struct model *model,
    const struct verdict *verdict, const struct screen_progress *progress);
void drawn_keep(struct drawn *drawn, const struct model *model, const struct verdict *verdict,
    const struct screen_progress *progress);

#endif
