/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_JUDGE_COMPARE_PRIVATE_H
#define LEAKTOP_JUDGE_COMPARE_PRIVATE_H

/* For compare.c and compare_dns.c alone. */

#include "judge/compare.h"
#include "judge/private.h"

#define COMPARE_NETWORK 96

/* What decides: by which way a question left, never who owns an address. */
enum compare_way { COMPARE_NOT_KNOWN, COMPARE_INSIDE, COMPARE_OUTSIDE };

struct comparison {
    const struct model *model;
    const struct baseline *baseline; /* never NULL; all zeros where there is none */
    struct compare_row *rows;
    size_t count;
    bool tunnel; /* is up */
    enum expectation expected;
    /* Look-ups that leaked since the last network change, by the family that carried them. */
    struct compare_leaks {
        unsigned count;
        const struct lookup *newest;
    } leaks[FAMILY_INDEXES];
};

/* A row, STATE_UNKNOWN; one that is thrown away where there is no more room. */
struct compare_row *compare_row_new(struct comparison *comparison, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void compare_say(struct compare_row *row, enum state state, const char *word, const char *format,
    ...) __attribute__((format(printf, 4, 5)));
void compare_append(char *text, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* There is no tunnel, so nothing to compare: said, and true. */
bool compare_settled(const struct comparison *comparison, struct compare_row *row);
/* " AS64500 Name (CC)" of what is known, with the blank in front; returns out. */
const char *compare_network(const struct network *network, char out[static COMPARE_NETWORK]);
/* The network of an address of the baseline: as it was known then, or as it is known now. */
const struct network *compare_network_before(
    const struct model *model, const struct baseline_address *row);
/* Addresses behind commas, "not known" for none. */
void compare_list(const struct address *list, size_t count, char *out, size_t size);

/* compare_dns.c */
void compare_dns_gather(struct comparison *comparison);
void compare_dns_row(struct comparison *comparison, enum family family);
void compare_egress_rows(struct comparison *comparison);

#endif
