/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/screen/drawn.h"

#include <string.h>

#include "model/model.h"

static bool same_lines(const char (*a)[EVIDENCE_TEXT], const char (*b)[EVIDENCE_TEXT], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(a[i], b[i]) != 0)
            return false;
    return true;
}

static bool same_check(const struct check *a, const struct check *b)
{
    return a->state == b->state && a->checked_ns == b->checked_ns &&
           a->evidence_count == b->evidence_count && a->advice_count == b->advice_count &&
           strcmp(a->summary, b->summary) == 0 && strcmp(a->means, b->means) == 0 &&
           same_lines(a->evidence, b->evidence, a->evidence_count) &&
           same_lines(a->advice, b->advice, a->advice_count);
}

static bool same_verdict(const struct verdict *a, const struct verdict *b)
{
    for (size_t i = 0; i < CHECK_COUNT; i++)
        if (!same_check(&a->checks[i], &b->checks[i]))
            return false;
    return a->state == b->state && a->quiet == b->quiet && strcmp(a->summary, b->summary) == 0;
}

static bool same_progress(const struct screen_progress *a, const struct screen_progress *b)
{
    return a->probing == b->probing && a->asking_public == b->asking_public &&
           strcmp(a->note, b->note) == 0;
}

bool drawn_differs(const struct drawn *drawn, const struct model *model,
    const struct verdict *verdict, const struct screen_progress *progress)
{
    return !drawn->any || model_revision(model) != drawn->revision ||
           !same_progress(progress, &drawn->progress) || !same_verdict(verdict, &drawn->verdict);
}

void drawn_keep(struct drawn *drawn, const struct model *model, const struct verdict *verdict,
    const struct screen_progress *progress)
{
    drawn->any = true;
    drawn->revision = model_revision(model);
    drawn->verdict = *verdict;
    drawn->progress = *progress;
}
