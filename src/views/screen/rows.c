/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/screen/rows.h"

static void add(struct row_list *list, const struct row_table *table, uint16_t position)
{
    list->rows[list->count].position = position;
    list->rows[list->count++].key = table->key(table->of, position);
}

static void sort_anew(struct row_list *list, const struct row_table *table)
{
    uint16_t order[ROWS_MAX];
    table->sort(table->of, list->sort, order);
    list->count = 0;
    for (size_t i = 0; i < table->count; i++)
        add(list, table, order[i]);
}

/* Rows stay where they are; those that are new come behind them, those that are gone go. */
static void hold(struct row_list *list, const struct row_table *table)
{
    bool there[ROWS_MAX] = {false};
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        uint16_t position = list->rows[i].position;
        if (position >= table->count || table->key(table->of, position) != list->rows[i].key)
            continue;
        there[position] = true;
        list->rows[kept++] = list->rows[i];
    }
    list->count = kept;
    for (size_t i = 0; i < table->count; i++)
        if (!there[i])
            add(list, table, (uint16_t)i);
}

size_t rows_settle(
    struct row_list *list, const struct row_table *table, uint16_t visible[static ROWS_MAX])
{
    struct row_table all = *table;
    size_t count = 0, at = list->moved ? list->at : 0;
    if (all.count > ROWS_MAX)
        all.count = ROWS_MAX;
    if (list->moved)
        hold(list, &all);
    else
        sort_anew(list, &all);
    for (size_t i = 0; i < list->count; i++) {
        if (!all.shown(all.of, list->rows[i].position))
            continue;
        if (list->moved && list->rows[i].key == list->selected)
            at = count;
        visible[count++] = list->rows[i].position;
    }
    list->at = at < count ? at : count > 0 ? count - 1 : 0;
    list->selected = count > 0 ? all.key(all.of, visible[list->at]) : 0;
    return count;
}

void rows_move(struct row_list *list, const struct row_table *table, int by)
{
    uint16_t visible[ROWS_MAX];
    size_t count = rows_settle(list, table, visible);
    if (count == 0)
        return;
    long at = (long)list->at + by, last = (long)count - 1;
    list->at = (size_t)(at < 0 ? 0 : at > last ? last : at);
    list->selected = table->key(table->of, visible[list->at]);
    list->moved = true;
}

void rows_follow(struct row_list *list)
{
    list->moved = false;
    list->top = 0;
}

void rows_scroll(struct row_list *list, size_t count, int page)
{
    list->page = page > 0 ? page : 1;
    size_t room = (size_t)list->page;
    if (list->top > list->at)
        list->top = list->at;
    if (list->at >= list->top + room)
        list->top = list->at - room + 1;
    if (list->top + room > count)
        list->top = count > room ? count - room : 0;
}
