/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/private.h"

#include <string.h>

#include "base/text.h"

/* What is set: resolvers, and whatever else bears on look-ups. */

void model_configured_resolvers(
    struct model *model, const struct configured_resolver *list, size_t count, uint64_t now)
{
    if (count > CONFIGURED_MAX)
        count = CONFIGURED_MAX;
    bool same = count == model->configured_count;
    for (size_t i = 0; same && i < count; i++)
        same = address_equal(&list[i].address, &model->configured[i].address);
    bool known = model->configured_count != 0 || model->settled_once;
    for (size_t i = 0; i < count; i++)
        model->configured[i] = list[i];
    model->configured_count = count;
    if (!same && known) {
        char text[EVENT_TEXT] = "";
        for (size_t i = 0; i < count && i < 3; i++) {
            char address[ADDRESS_TEXT];
            size_t used = strlen(text);
            text_format(text + used, sizeof(text) - used, "%s%s", i ? ", " : "",
                address_format(&list[i].address, address));
        }
        model_event(model, now, "resolver", "", "configured resolvers: %s", count ? text : "none");
    }
    model_touch(model, now);
}

size_t model_configured_count(const struct model *model)
{
    return model->configured_count;
}

const struct configured_resolver *model_configured_at(const struct model *model, size_t position)
{
    return position < model->configured_count ? &model->configured[position] : NULL;
}

void model_settings(struct model *model, const struct setting *list, size_t count, uint64_t now)
{
    if (count > SETTINGS_MAX)
        count = SETTINGS_MAX;
    if (count == model->setting_count && memcmp(list, model->settings, count * sizeof(*list)) == 0)
        return;
    memcpy(model->settings, list, count * sizeof(*list));
    model->setting_count = count;
    model_touch(model, now);
}

size_t model_setting_count(const struct model *model)
{
    return model->setting_count;
}

const struct setting *model_setting_at(const struct model *model, size_t position)
{
    return position < model->setting_count ? &model->settings[position] : NULL;
}

void model_resolver_setup_set(struct model *model, const struct resolver_setup *setup, uint64_t now)
{
    model->setup = *setup;
    model_touch(model, now);
}

const struct resolver_setup *model_resolver_setup(const struct model *model)
{
    return &model->setup;
}
