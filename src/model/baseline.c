/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/private.h"

void model_baseline_set(struct model *model, const struct baseline *baseline, uint64_t now)
{
    model->baseline = baseline ? *baseline : (struct baseline){0};
    model_touch(model, now);
}

const struct baseline *model_baseline(const struct model *model)
{
    return model->baseline.taken_ns ? &model->baseline : NULL;
}
