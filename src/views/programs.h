/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_VIEWS_PROGRAMS_H
#define LEAKTOP_VIEWS_PROGRAMS_H

#include <stdbool.h>
#include <stddef.h>

#include "judge/judge.h"
#include "model/model.h"

/* Programs in the order and in the words in which the screen and the text report tell of them. */

struct program {
    const struct app *app;
    enum app_harm harm;
};

enum program_sort {
    PROGRAMS_BY_HARM, /* worst first, then by activity */
    PROGRAMS_BY_LOOKUPS,
    PROGRAMS_BY_OUTSIDE,
    PROGRAMS_BY_CONNECTS,
    PROGRAMS_BY_LAST,
    PROGRAMS_BY_NAME,
    PROGRAM_SORTS
};

void programs_sort(struct program *list, size_t count, enum program_sort sort);
/* "worst first", "most look-ups first", ... */
const char *programs_sort_word(enum program_sort sort);

/* X ! o + -; a program that is not known has ? where it does no harm. */
char programs_symbol(const struct program *program);
/* "leaks", "connects outside", "by Tor", "tunnelled", "nothing outside", ... */
const char *programs_word(enum app_harm harm);
/* What it is taken for, in the screen's colours. */
enum state programs_state(enum app_harm harm);

/* Why a program is called unknown. */
extern const char programs_unknown[];

#define PROGRAM_TEXT 400
/* Its name; the address of a machine for which look-ups were forwarded is hidden where masked. */
const char *programs_name(const struct app *app, bool mask, char out[static PROGRAM_TEXT]);
/* Outside of what a leak is: "the tunnel" or "Tor", by what is expected. */
const char *programs_hidden(const struct model *model);
/* "104 look-ups: 102 tunnelled, 2 exposed; 3 connections outside the tunnel" */
const char *programs_counts(
    const struct model *model, const struct app *app, char out[static PROGRAM_TEXT]);
/* "wg0, wlan0": by which its look-ups left, and its connections outside the tunnel. "-" none. */
const char *programs_interfaces(
    const struct model *model, const struct app *app, char out[static PROGRAM_TEXT]);
/* "udp, doh". "-" none. */
const char *programs_transports(const struct app *app, char out[static PROGRAM_TEXT]);
/* "udp 102, doh 2". "-" none. */
const char *programs_transport_counts(const struct app *app, char out[static PROGRAM_TEXT]);
/* At most `most` resolvers and how many more are known: "10.2.0.1 +2"; "~" behind the number where
 * there may be more still. "-" none. */
const char *programs_resolvers(const struct app *app, size_t most, char out[static PROGRAM_TEXT]);

#endif
