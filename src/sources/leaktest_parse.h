/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_LEAKTEST_PARSE_H
#define LEAKTOP_SOURCES_LEAKTEST_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/address.h"
#include "model/outside.h"
#include "sources/claim.h"
#include "tables/leaktest.h"

/* What a leak test service answers -> the resolvers that came. Pure. */

#define LEAKTEST_CAME_MAX 32 /* those beyond are not looked at */
#define LEAKTEST_ID_MAX 33

struct leaktest_came {
    struct address address;
    struct claim_network network;
    enum ternary minimises;
};

/* Fills came[] and *count. False, and *why in words, where the answer has not the form that the row
 * promises, or names nobody. */
bool leaktest_parse(const struct leaktest *row, const char *body, size_t length,
    struct leaktest_came came[static LEAKTEST_CAME_MAX], size_t *count, const char **why);

/* LEAKTEST_RESULT: the ID, letters and digits alone, blanks around it aside. */
bool leaktest_id(const char *body, size_t length, char id[static LEAKTEST_ID_MAX]);

#endif
