/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "model/private.h"

void model_killswitch_set(struct model *model, const struct killswitch_info *info, uint64_t now)
{
    if (memcmp(&model->killswitch, info, sizeof(*info)) == 0)
        return;
    memcpy(&model->killswitch, info, sizeof(*info)); /* padding too: it is compared as a whole */
    model_touch(model, now);
}

const struct killswitch_info *model_killswitch(const struct model *model)
{
    return &model->killswitch;
}
