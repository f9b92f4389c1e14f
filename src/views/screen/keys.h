/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_VIEWS_SCREEN_KEYS_H
#define LEAKTOP_VIEWS_SCREEN_KEYS_H

#include <stdbool.h>
#include <stddef.h>

struct area;

/* The one table of keys: input is looked up in it, the footer and the help are drawn from it. */

enum action {
    ACTION_NONE,
    ACTION_DASHBOARD,
    ACTION_LOOKUPS,
    ACTION_OBSERVERS,
    ACTION_APPS,
    ACTION_TIMELINE,
    ACTION_BEFORE,
    ACTION_OUTSIDE,
    ACTION_ZOOM_IN,
    ACTION_ZOOM_OUT,
    ACTION_OLDER_LEAK,
    ACTION_NEWER_LEAK,
    ACTION_NEXT_PANEL,
    ACTION_UP,
    ACTION_DOWN,
    ACTION_PAGE_UP,
    ACTION_PAGE_DOWN,
    ACTION_HOME,
    ACTION_END,
    ACTION_ENTER,
    ACTION_BACK,
    ACTION_PAUSE,
    ACTION_FILTER,
    ACTION_SORT,
    ACTION_RECHECK,
    ACTION_RECHECK_ALL,
    ACTION_CLEAR,
    ACTION_LEAK,
    ACTION_EXPECT,
    ACTION_INTEND,
    ACTION_BASELINE,
    ACTION_ALL_PEOPLE,
    ACTION_EXPORT,
    ACTION_EXTENDED,
    ACTION_PUBLIC,
    ACTION_MASK,
    ACTION_HELP,
    ACTION_REDRAW,
    ACTION_SUSPEND,
    ACTION_QUIT,
};

/* Where the person is. */
enum place {
    PLACE_DASHBOARD = 1,
    PLACE_LOOKUPS = 2,
    PLACE_CHECK = 4,  /* detail of a check */
    PLACE_LOOKUP = 8, /* detail of a look-up */
    PLACE_HELP = 16,
    PLACE_BEFORE = 32,
    PLACE_PAGE = 64, /* a page that is only read: what the outside sees, a row of before/after */
    PLACE_APPS = 128,
    PLACE_NAMES = 256, /* a page about a program, or about a name */
    PLACE_OBSERVERS = 512,
    PLACE_TIMELINE = 1024,
};

#define KEY_CODES 4

struct key {
    short codes[KEY_CODES]; /* characters and enum terminal_key; 0 ends */
    enum action action;
    const char *show;  /* as the help writes it */
    const char *brief; /* as the footer writes it */
    const char *label; /* footer: what it does, in a word or two; NULL: not in a footer */
    const char *help;
    unsigned places; /* where it works */
    unsigned footer; /* where the footer names it */
    int weight;      /* in a narrow footer the heaviest goes first */
};

/* What changes which keys the footer names. */
struct key_situation {
    bool leak; /* there is a latch to clear */
    bool paused;
    bool filter;   /* a filter is on */
    bool markable; /* a look-up that leaked is at hand */
};

size_t keys_count(void);
const struct key *keys_at(size_t position);
enum action keys_action(enum place place, int code);
/* Draw what fits of place's keys into the row, never cut in the middle. */
void keys_footer(const struct area *area, int row, int column, int end, enum place place,
    const struct key_situation *situation);

#endif
