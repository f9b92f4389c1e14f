/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_VIEWS_SCREEN_ROWS_H
#define LEAKTOP_VIEWS_SCREEN_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Rows of a table that is sorted. It follows its order until the cursor moved; then neither the
 * cursor nor the rows move by themselves: new ones come at the end. */

#define ROWS_MAX 2048

struct row_list {
    bool moved;
    unsigned sort;     /* the table's own */
    uint64_t selected; /* key of the chosen row, */
    size_t at, top;    /* its place and that of the first drawn, among those that are shown */
    int page;          /* rows that fitted when drawn last */
    size_t count;
    struct {
        uint16_t position; /* in the table */
        uint64_t key;      /* of what was there: another one's may be there now */
    } rows[ROWS_MAX];
};

/* A table of at most ROWS_MAX rows, as of now. */
struct row_table {
    const void *of;
    size_t count;
    uint64_t (*key)(const void *of, size_t position); /* never 0 */
    bool (*shown)(const void *of, size_t position);
    /* Positions of all rows in that order. */
    void (*sort)(const void *of, unsigned sort, uint16_t *positions);
};

/* Bring the list to what is there now. visible gets the table's positions of the rows that are
 * shown, in their order; returns how many, of which list->at is the chosen one. */
size_t rows_settle(
    struct row_list *list, const struct row_table *table, uint16_t visible[static ROWS_MAX]);
/* Move the cursor by so many rows (positive: down). */
void rows_move(struct row_list *list, const struct row_table *table, int by);
/* Follow the order again. */
void rows_follow(struct row_list *list);
/* Scroll so that the chosen one of count rows is among the `page` that fit. */
void rows_scroll(struct row_list *list, size_t count, int page);

#endif
