/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_VIEWS_SCREEN_FILTER_H
#define LEAKTOP_VIEWS_SCREEN_FILTER_H

#include <stdbool.h>
#include <stddef.h>

struct app;
struct event;
struct lookup;
struct model;
struct observed;

/* The filter of look-ups and of programs: words, all of which must match. "name~x" the name holds
 * x; "app=x", "exposure=x", "iface=x", "to=x" begin with x; any other word is looked for in all of
 * them. Letter case does not matter. Of a program, name~ is its own name, and the others hold where
 * any of its look-ups did. */

#define FILTER_TEXT 128
#define FILTER_TERMS 16

enum filter_field { FILTER_ANY, FILTER_NAME, FILTER_APP, FILTER_EXPOSURE, FILTER_IFACE, FILTER_TO };

struct filter {
    char text[FILTER_TEXT];  /* as typed */
    char words[FILTER_TEXT]; /* the terms' values, each ended by NUL */
    struct filter_term {
        enum filter_field field;
        const char *value; /* into words */
    } terms[FILTER_TERMS];
    size_t count; /* 0: everything matches */
};

/* Understand text; filter must not be moved afterwards. */
void filter_set(struct filter *filter, const char *text);
bool filter_match(
    const struct filter *filter, const struct model *model, const struct lookup *lookup);
bool filter_match_app(
    const struct filter *filter, const struct model *model, const struct app *app);
/* A row of names: what its look-ups and other ways tell. */
bool filter_match_observed(
    const struct filter *filter, const struct model *model, const struct observed *row);
/* An event: all words in its text or its kind, iface= its interface. What a leak's line shows of
 * its look-up is the look-up's to match. */
bool filter_match_event(const struct filter *filter, const struct event *event);
/* The filter as it may be shown; masked, what it says of names is hidden. Returns out. */
const char *filter_show(const struct filter *filter, bool mask, char *out, size_t size);

#endif
