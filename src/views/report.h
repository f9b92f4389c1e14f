/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_VIEWS_REPORT_H
#define LEAKTOP_VIEWS_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "judge/judge.h"

struct model;

struct report_options {
    bool mask;
    uint64_t start_ns, end_ns; /* what was observed */
};

/* The report (doc/report.schema.json) as one JSON object and a newline. 0, or -1 where writing or
 * memory failed. */
int report_json(FILE *out, const struct model *model, const struct verdict *verdict,
    const struct report_options *options);
/* The same for people, in the same words. */
int report_text(FILE *out, const struct model *model, const struct verdict *verdict,
    const struct report_options *options);

#endif
