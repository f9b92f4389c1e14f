/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "model/private.h"

static bool same(const struct killswitch_info *a, const struct killswitch_info *b)
{
    if (a->rules != b->rules || a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count && i < KILLSWITCH_ROWS; i++)
        if (a->rows[i].families != b->rows[i].families || a->rows[i].gap != b->rows[i].gap ||
            strcmp(a->rows[i].text, b->rows[i].text) != 0)
            return false;
    return true;
}

void model_killswitch_set(struct model *model, const struct killswitch_info *info, uint64_t now)
{
    if (same(&model->killswitch, info))
        return;
    model->killswitch = *info;
    model_touch(model, now);
}

const struct killswitch_info *model_killswitch(const struct model *model)
{
    return &model->killswitch;
}
