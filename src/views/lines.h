/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_VIEWS_LINES_H
#define LEAKTOP_VIEWS_LINES_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct drop;
struct event;
struct leak;
struct lookup;
struct model;

/* What happened, one JSON object each: the lines of --log and of an export. Each has "time" (RFC
 * 3339, UTC) and "kind". With mask, names and the addresses that STUN told are "(hidden)". The
 * caller's to release; NULL without memory. */
json_t *lines_event(const struct event *event);
/* One look-up that leaked, */
json_t *lines_lookup(const struct model *model, const struct lookup *lookup, bool mask);
/* and a line of the ledger: the same fields, with "last" and "count". */
json_t *lines_leak(const struct leak *leak, bool mask);
/* kind "drop": "end" is null while it lasts. */
json_t *lines_drop(const struct drop *drop);

/* Events, leaks of the ledger and drops in the order of time, a line each. 0, or -1 where writing
 * or memory failed. */
int lines_all(FILE *out, const struct model *model, bool mask);

#endif
