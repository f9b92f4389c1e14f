/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_VIEWS_SCREEN_INTEND_H
#define LEAKTOP_VIEWS_SCREEN_INTEND_H

#include <stdbool.h>
#include <stddef.h>

#include "views/screen/page.h"
#include "views/screen/picture.h"
#include "views/screen/ui.h"

/* Mark as intended: which rules a look-up proposes, and the question that is asked before one of
 * them holds. */

/* NULL where a look-up may be marked; else why there is nothing to mark. */
const char *intend_refusal(const struct lookup *lookup);

/* True where the look-up under the cursor, or the one whose detail is open, may be marked. */
bool intend_offered(const struct picture *picture, const struct ui *ui);

/* Rules that fit the look-up, narrowest first; at least one where intend_refusal is NULL. Returns
 * how many. */
size_t intend_propose(const struct model *model, const struct lookup *lookup,
    struct intended rules[static INTEND_RULES]);

/* Leaks among the look-ups that are kept, and how many of them the rule would take back. */
struct intend_cover {
    unsigned leaks, covered;
};
struct intend_cover intend_covers(const struct model *model, const struct intended *rule);

/* "dig asks for shop.example.com", the name cut to its end where all is longer than width; names
 * hidden where the picture is masked. Returns out. */
const char *intend_words(const struct picture *picture, const struct intended *rule, size_t width,
    char *out, size_t size);
/* The rule as the configuration has it; names hidden likewise. Returns out. */
const char *intend_line(
    const struct picture *picture, const struct intended *rule, char *out, size_t size);

/* The rules for the look-up at hand into ui, to ask about them. NULL, or why nothing is asked. */
const char *intend_ask(struct ui *ui, const struct picture *picture);
/* A key that chooses among them: a or the arrows the next, a number that one; PgUp and PgDn scroll.
 */
void intend_key(struct ui *ui, int key);
/* What a will do, with the rules of ui to choose from. */
void intend_page(struct page *page, const struct area *screen, const struct picture *picture,
    const struct ui *ui);

#endif
