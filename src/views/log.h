/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_VIEWS_LOG_H
#define LEAKTOP_VIEWS_LOG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct model;
struct verdict;

/* Changes as JSON lines, for a service: verdicts, events, leaks (with their names, unless masked).
 */

struct log_view;

/* Writes to out, which stays the caller's. NULL without memory. */
struct log_view *log_view_new(FILE *out, bool mask);
void log_view_free(struct log_view *log);
/* Write what is new since the last call. False where writing failed. */
bool log_view_write(
    struct log_view *log, const struct model *model, const struct verdict *verdict, uint64_t now);

#endif
