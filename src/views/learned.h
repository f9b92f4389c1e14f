/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_VIEWS_LEARNED_H
#define LEAKTOP_VIEWS_LEARNED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/words.h"
#include "model/model.h"

/* What each observer learned, in the order and in the words in which the screen and the text report
 * tell it. */

/* How much of a name an observer learned. */
enum grasp {
    GRASP_NOTHING,
    GRASP_TIME,      /* that an encrypted resolver was asked, and when */
    GRASP_EXPECTED,  /* name and time, and it was meant to: the tunnel, and who was asked */
    GRASP_OPEN,      /* name and time, where nothing else was expected */
    GRASP_PRESUMED,  /* name and time, if the resolver next to this machine passes it on */
    GRASP_NEIGHBOUR, /* name and time: asked of all neighbours */
    GRASP_LEAK,      /* name and time, which were to stay hidden */
    GRASP_COUNT
};

enum grasp learned_grasp(const struct learned *learned, enum observer observer);
/* - ~ + o ? ! X */
char learned_symbol(enum grasp grasp);
enum state learned_state(enum grasp grasp);
/* "learned name and time, as expected", ... */
const char *learned_means(enum grasp grasp);
/* The worst of what somebody learned of the row. */
enum grasp learned_worst(const struct observed *row);
/* Nothing but an encrypted resolver being asked: the row is for the names inside. */
bool learned_inside(const struct observed *row);

enum learned_sort {
    LEARNED_BY_HARM,
    LEARNED_BY_LAST,
    LEARNED_BY_COUNT,
    LEARNED_BY_NAME,
    LEARNED_SORTS
};
/* Of an observer alone, or (OBSERVER_COUNT) of all: by what it, or who learned most, learned. */
void learned_order(const struct observed *const *rows, size_t count, enum observer observer,
    enum learned_sort sort, uint16_t *positions);
const char *learned_sort_word(enum learned_sort sort);

#define LEARNED_TEXT 400
/* "shop.example.com"; of names inside an encrypted connection "inside dns.google". */
const char *learned_name(const struct observed *row, bool mask, char out[static LEARNED_TEXT]);
/* How it was seen: "look-up, TLS server name". */
const char *learned_how(const struct learned *learned, char out[static LEARNED_TEXT]);
/* "local network", "ISP", "resolver", and "VPN", "Tor exit" or both by what is expected. */
const char *learned_observer(const struct model *model, enum observer observer);
/* Whose network it is, as far as that is known: an interface, an operator. "" not known. */
const char *learned_who(const struct model *model, enum observer observer);

struct learned_total {
    uint64_t names, leaked; /* rows of names that it learned; of these to stay hidden */
    uint64_t presumed;      /* and those of which it is only presumed */
    uint64_t timed;         /* encrypted resolvers of which it learned that they were asked */
    uint64_t times;         /* all packets */
    struct address from[4]; /* under which addresses; FAMILY_NONE ends */
    uint64_t more_from;     /* rows from other addresses than these */
};
void learned_add(struct learned_total *total, const struct observed *row, enum observer observer);
/* "5 names (3 leaked, 1 presumed) and those of 1 encrypted resolver" */
const char *learned_total_text(const struct learned_total *total, char out[static LEARNED_TEXT]);

/* What none of them could see, and what leaktop cannot say. */
extern const char learned_limits[];
/* What the symbols say, in a line of 76 cells. */
extern const char learned_legend[];

#endif
