/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/screen/observers.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "views/learned.h"
#include "views/screen/frame.h"

/* ---- which rows, in which order ---- */

struct table {
    const struct picture *picture;
    const struct ui *ui;
};

static uint64_t key_of(const void *of, size_t position)
{
    return picture_observed(((const struct table *)of)->picture, position)->serial;
}

static bool is_shown(const void *of, size_t position)
{
    const struct table *table = of;
    const struct observed *row = picture_observed(table->picture, position);
    enum observer observer = table->ui->observer;
    return (observer >= OBSERVER_COUNT || row->by[observer].count > 0) &&
           filter_match_observed(&table->ui->filter, table->picture->model, row);
}

static void sort(const void *of, unsigned sort, uint16_t *positions)
{
    const struct table *table = of;
    const struct observed *rows[ROWS_MAX];
    size_t count = picture_observed_count(table->picture);
    if (count > ROWS_MAX)
        count = ROWS_MAX;
    for (size_t i = 0; i < count; i++)
        rows[i] = picture_observed(table->picture, i);
    learned_order(rows, count, table->ui->observer, (enum learned_sort)sort, positions);
}

static struct row_table rows_of(const struct table *table)
{
    return (struct row_table){
        table, picture_observed_count(table->picture), key_of, is_shown, sort};
}

void observers_move(const struct picture *picture, struct ui *ui, int by)
{
    struct table table = {picture, ui};
    struct row_table rows = rows_of(&table);
    rows_move(&ui->observed, &rows, by);
}

void observers_next(struct ui *ui)
{
    ui->observer = ui->observer >= OBSERVER_COUNT ? 0 : (enum observer)(ui->observer + 1);
    rows_follow(&ui->observed);
}

void observers_sort(struct ui *ui)
{
    ui->observed.sort = (ui->observed.sort + 1) % LEARNED_SORTS;
    rows_follow(&ui->observed);
}

const struct observed *observers_selected(const struct picture *picture, struct ui *ui)
{
    uint16_t visible[ROWS_MAX];
    struct table table = {picture, ui};
    struct row_table rows = rows_of(&table);
    size_t count = rows_settle(&ui->observed, &rows, visible);
    return count ? picture_observed(picture, visible[ui->observed.at]) : NULL;
}

/* ---- a table of all observers ---- */

/* Cells of a name, of an observer's column, of the program; 0: not shown. */
struct columns {
    int name, cell, program;
};

static struct columns columns_for(int width)
{
    struct columns c = {.cell = width < 110 ? 13 : width < 160 ? 19 : 25};
    if (width >= 160)
        c.program = 16;
    c.name = width - 1 - OBSERVER_COUNT * (c.cell + 1) - (c.program ? c.program + 1 : 0);
    if (c.name > 80)
        c.name = 80;
    return c;
}

/* "X 20:14:03 x3", with room "X 20:12-20:14:03 x3", "X 20:12:40-20:14:03 x345". */
static const char *cell_text(
    const struct learned *learned, enum grasp grasp, int width, char out[static 64])
{
    char first[TIME_TEXT], last[TIME_TEXT];
    unsigned count = learned->count;
    if (grasp == GRASP_NOTHING) {
        snprintf(out, 64, "-");
        return out;
    }
    time_format_clock(learned->first_ns, first);
    time_format_clock(learned->last_ns, last);
    bool one = strcmp(first, last) == 0;
    int used = one || width < 19 ? snprintf(out, 64, "%c %s", learned_symbol(grasp), last)
               : width < 25 ? snprintf(out, 64, "%c %.5s-%s", learned_symbol(grasp), first, last)
                            : snprintf(out, 64, "%c %s-%s", learned_symbol(grasp), first, last);
    if (used + 2 + (count > 9) + (count > 99) + (count > 999) + (count > 9999) >= width)
        used -= 3; /* seconds give way to the count */
    if (count > 9999)
        snprintf(out + used, (size_t)(64 - used), " x%uk", count / 1000);
    else
        snprintf(out + used, (size_t)(64 - used), " x%u", count);
    return out;
}

static void draw_heads(const struct area *area, int row, int rows, const struct picture *picture,
    const struct columns *c, enum learned_sort sort)
{
    int x = terminal_text(
        area, row, 1, c->name, sort == LEARNED_BY_NAME ? PAINT_STRONG : PAINT_DIM, "name");
    terminal_text(area, row, x, 1, PAINT_STRONG, sort == LEARNED_BY_NAME ? "^" : "");
    if (rows > 1 && sort != LEARNED_BY_NAME)
        terminal_format(area, row + 1, 1, c->name, PAINT_DIM, "v %s", learned_sort_word(sort));
    for (enum observer observer = 0; observer < OBSERVER_COUNT; observer++) {
        x = 1 + c->name + 1 + (int)observer * (c->cell + 1);
        const char *word = learned_observer(picture->model, observer);
        terminal_text(
            area, row, x, c->cell, PAINT_DIM, (int)strlen(word) > c->cell ? "VPN/Tor exit" : word);
        const char *who = learned_who(picture->model, observer);
        if (rows > 1)
            terminal_text(area, row + 1, x, c->cell, PAINT_DIM,
                observer == OBSERVER_RESOLVER ? "(Enter)" : who);
    }
    if (c->program)
        terminal_text(area, row, 1 + c->name + 1 + OBSERVER_COUNT * (c->cell + 1), c->program,
            PAINT_DIM, "by");
}

static void draw_row(const struct area *area, int at, const struct picture *picture,
    const struct observed *row, const struct columns *c, bool selected)
{
    char name[LEARNED_TEXT], cell[64];
    unsigned mark = selected ? PAINT_SELECTED : 0, plain = PAINT_PLAIN | mark;
    if (selected)
        terminal_repeat(area, at, 0, area->columns, plain, ' ');
    terminal_text(area, at, 0, 1, plain, selected ? ">" : " ");
    terminal_name(area, at, 1, c->name, plain, learned_name(row, picture->mask, name));
    int x = 1 + c->name + 1;
    for (enum observer observer = 0; observer < OBSERVER_COUNT; observer++, x += c->cell + 1) {
        enum grasp grasp = learned_grasp(&row->by[observer], observer);
        unsigned paint = grasp == GRASP_NOTHING || grasp == GRASP_TIME
                             ? (unsigned)PAINT_DIM
                             : paint_state(learned_state(grasp));
        terminal_text(area, at, x, c->cell, paint | mark,
            cell_text(&row->by[observer], grasp, c->cell, cell));
    }
    if (c->program)
        terminal_text(area, at, x, c->program, plain, row->program[0] ? row->program : "-");
}

/* ---- one observer alone ---- */

static void draw_heads_one(const struct area *area, int row, enum learned_sort sort)
{
    bool wide = area->columns >= 110;
    int name = area->columns - 29 - (wide ? 61 : 24);
    const struct {
        int width;
        const char *word;
        enum learned_sort sort;
        char mark;
    } heads[] = {{2, "", LEARNED_BY_HARM, 'v'}, {name, "name", LEARNED_BY_NAME, '^'},
        {8, "first", LEARNED_SORTS, ' '}, {8, "last", LEARNED_BY_LAST, 'v'},
        {6, "times", LEARNED_BY_COUNT, 'v'}, {wide ? 24 : 23, "how", LEARNED_SORTS, ' '},
        {wide ? 19 : 0, "from", LEARNED_SORTS, ' '}, {wide ? 16 : 0, "by", LEARNED_SORTS, ' '}};
    int x = 1;
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        unsigned paint = heads[i].sort == sort ? PAINT_STRONG : PAINT_DIM;
        if (heads[i].width == 0)
            continue;
        int end = terminal_text(area, row, x, heads[i].width, paint, heads[i].word);
        if (heads[i].sort == sort)
            terminal_format(area, row, end, 1, paint, "%c", heads[i].mark);
        x += heads[i].width + (i > 0);
    }
}

static void draw_row_one(const struct area *area, int at, const struct picture *picture,
    const struct observed *row, enum observer observer, bool selected)
{
    bool wide = area->columns >= 110;
    int name_width = area->columns - 29 - (wide ? 61 : 24), x = 3;
    char name[LEARNED_TEXT], how[LEARNED_TEXT], clock[TIME_TEXT], from[ADDRESS_TEXT] = "-";
    const struct learned *learned = &row->by[observer];
    enum grasp grasp = learned_grasp(learned, observer);
    unsigned mark = selected ? PAINT_SELECTED : 0, plain = PAINT_PLAIN | mark;
    if (selected)
        terminal_repeat(area, at, 0, area->columns, plain, ' ');
    terminal_text(area, at, 0, 1, plain, selected ? ">" : " ");
    terminal_format(
        area, at, 1, 1, paint_state(learned_state(grasp)) | mark, "%c", learned_symbol(grasp));
    terminal_name(area, at, x, name_width, plain, learned_name(row, picture->mask, name));
    x += name_width + 1;
    terminal_text(
        area, at, x, 8, (unsigned)PAINT_DIM | mark, time_format_clock(learned->first_ns, clock));
    terminal_text(area, at, x + 9, 8, plain, time_format_clock(learned->last_ns, clock));
    terminal_format(area, at, x + 18, 6, plain, "%u", (unsigned)learned->count);
    x += 25;
    terminal_text(area, at, x, wide ? 24 : 23, plain, learned_how(learned, how));
    if (!wide)
        return;
    if (learned->from.family != FAMILY_NONE)
        picture_own(picture, &learned->from, from);
    terminal_text(area, at, x + 25, 19, plain, from);
    terminal_text(area, at, x + 45, 16, plain, row->program[0] ? row->program : "-");
}

/* ---- too narrow for a table ---- */

static void draw_item(const struct area *area, int at, const struct picture *picture,
    const struct observed *row, enum observer observer, bool selected)
{
    char name[LEARNED_TEXT], clock[TIME_TEXT];
    unsigned mark = selected ? PAINT_SELECTED : 0, plain = PAINT_PLAIN | mark;
    bool all = observer >= OBSERVER_COUNT;
    if (selected)
        terminal_repeat(area, at, 0, area->columns, plain, ' ');
    int x = terminal_text(area, at, 0, 1, plain, selected ? ">" : " ");
    for (enum observer i = all ? 0 : observer; i < OBSERVER_COUNT; i++) {
        enum grasp grasp = learned_grasp(&row->by[i], i);
        x = terminal_format(
            area, at, x, 1, paint_state(learned_state(grasp)) | mark, "%c", learned_symbol(grasp));
        if (!all)
            break;
    }
    uint64_t last_ns = all ? row->last_ns : row->by[observer].last_ns;
    x = terminal_text(
        area, at, x + 1, 8, (unsigned)PAINT_DIM | mark, time_format_clock(last_ns, clock));
    terminal_name(area, at, x + 1, -1, plain, learned_name(row, picture->mask, name));
}

/* ---- totals ---- */

static void add_up(
    const struct picture *picture, struct learned_total totals[static OBSERVER_COUNT])
{
    memset(totals, 0, OBSERVER_COUNT * sizeof(*totals));
    for (size_t i = 0; i < picture_observed_count(picture); i++)
        for (enum observer observer = 0; observer < OBSERVER_COUNT; observer++)
            learned_add(&totals[observer], picture_observed(picture, i), observer);
}

static void one_total(const struct picture *picture, const struct learned_total *total,
    enum observer observer, char *out, size_t size)
{
    char text[LEARNED_TEXT], address[ADDRESS_TEXT];
    text_format(out, size, "%s: %s, %llu time%s", learned_observer(picture->model, observer),
        learned_total_text(total, text), (unsigned long long)total->times,
        total->times == 1 ? "" : "s");
    size_t kept = sizeof(total->from) / sizeof(total->from[0]);
    for (size_t i = 0; i < kept && total->from[i].family != FAMILY_NONE; i++) {
        size_t used = strlen(out);
        text_format(out + used, size - used, "%s%s", i ? ", " : ", from ",
            picture_own(picture, &total->from[i], address));
    }
    if (total->more_from) {
        size_t used = strlen(out);
        text_format(out + used, size - used, " and others");
    }
}

/* "learned: local network 9 (7 leaked), ISP 3 to 8 (7), resolver 39 (4), VPN 34": from those that
 * are certain to those that are presumed. */
static void all_totals(const struct picture *picture,
    const struct learned_total totals[static OBSERVER_COUNT], bool brief, char *out, size_t size)
{
    char sure[24];
    text_format(out, size, "learned: ");
    for (enum observer observer = 0; observer < OBSERVER_COUNT; observer++) {
        const struct learned_total *total = &totals[observer];
        size_t used = strlen(out);
        text_format(
            sure, sizeof(sure), "%llu to ", (unsigned long long)(total->names - total->presumed));
        text_format(out + used, size - used, "%s%s %s%llu", observer ? ", " : "",
            brief && observer == OBSERVER_NETWORK ? "local"
                                                  : learned_observer(picture->model, observer),
            total->presumed ? sure : "", (unsigned long long)total->names);
        used = strlen(out);
        if (total->leaked)
            text_format(out + used, size - used, observer ? " (%llu)" : " (%llu leaked)",
                (unsigned long long)total->leaked);
    }
}

/* Whom the resolver operators are: those that were asked outside the tunnel first. */
static void resolvers_text(const struct picture *picture, char *out, size_t size)
{
    char address[ADDRESS_TEXT];
    text_format(out, size, "look-ups:");
    for (int leaks = 1; leaks >= 0; leaks--)
        for (size_t i = 0; i < model_used_count(picture->model); i++) {
            const struct used_resolver *used = model_used_at(picture->model, i);
            bool leaked = used->exposure == EXPOSURE_EXPOSED || used->exposure == EXPOSURE_BYPASS;
            if (leaked != (leaks == 1) || used->exposure == EXPOSURE_INTERNAL ||
                used->exposure == EXPOSURE_LAN)
                continue;
            const char *org = model_network_of(picture->model, &used->address)->org;
            size_t length = strlen(out);
            text_format(out + length, size - length, "%s %s%s%s %llu", length > 9 ? "," : "",
                picture_address(picture, &used->address, address), org[0] ? " " : "", org,
                (unsigned long long)used->lookups);
        }
}

/* Below the list: what the symbols say, who learned how much, and what none of them did. */
static void draw_below(
    const struct area *area, int row, const struct picture *picture, const struct ui *ui)
{
    struct learned_total totals[OBSERVER_COUNT];
    char text[2 * LEARNED_TEXT];
    add_up(picture, totals);
    terminal_text(area, row, 1, area->columns - 2, PAINT_DIM, learned_legend);
    if (ui->observer < OBSERVER_COUNT)
        one_total(picture, &totals[ui->observer], ui->observer, text, sizeof(text));
    else
        all_totals(picture, totals, area->columns < 110, text, sizeof(text));
    terminal_text(area, row + 1, 1, area->columns - 2, PAINT_STRONG, text);
    text_format(text, sizeof(text),
        "not by names: pages, forms, cookies, logins, fingerprints (Enter tells more)");
    if (ui->observer == OBSERVER_RESOLVER)
        resolvers_text(picture, text, sizeof(text));
    terminal_text(area, row + 2, 1, area->columns - 2, PAINT_DIM, text);
}

/* ---- the view ---- */

static void draw_title(const struct area *area, const struct picture *picture, struct ui *ui,
    size_t shown, struct spot *spot)
{
    char text[FILTER_TEXT + 128], clock[TIME_TEXT], lost[48] = "";
    uint64_t forgotten = model_observed_forgotten(picture->model);
    if (forgotten > 0)
        snprintf(lost, sizeof(lost), ", %llu forgotten", (unsigned long long)forgotten);
    bool filtered = ui->typing || ui->filter.text[0], one = ui->observer < OBSERVER_COUNT;
    bool narrow = area->columns < 72;
    int end = area->columns - 1;
    if (!narrow)
        end = frame_live(area, 0, end, picture, false) - 2;
    if (filtered)
        snprintf(text, sizeof(text), "%zu of %zu", shown, ui->observed.count);
    else if (narrow)
        snprintf(text, sizeof(text), "%zu name%s", shown, shown == 1 ? "" : "s");
    else
        snprintf(text, sizeof(text), "%zu name%s%s%s", shown, shown == 1 ? "" : "s", lost,
            ui->observed.moved ? ", rows held" : "");
    end = terminal_right(area, 0, end, PAINT_PLAIN, text) - 2;
    const char *who = one ? learned_observer(picture->model, ui->observer) : "all";
    if (narrow && !one)
        snprintf(
            text, sizeof(text), "LIRV local ISP resolver VPN"); /* what the symbols stand for */
    else if (narrow)
        snprintf(text, sizeof(text), "observer: %s", who);
    else if (one)
        snprintf(text, sizeof(text), "as the %s%s saw it", who,
            ui->observer == OBSERVER_RESOLVER ? "s" : "");
    else
        snprintf(text, sizeof(text), "as an observer saw it");
    int x = terminal_text(area, 0, 1, end - 1, PAINT_STRONG, text);
    if (filtered)
        frame_filter(area, 0, x + 2, end, picture, ui, spot);
    else if (!narrow)
        terminal_format(area, 0, x, end - x, PAINT_DIM, ", since %s",
            time_format_clock(model_start_ns(picture->model), clock));
    else if (end - x > 11)
        terminal_text(area, 0, x + 2, -1, PAINT_DIM, "(Tab next)");
}

static void draw_empty(const struct area *area, const struct picture *picture, const struct ui *ui)
{
    const char *why = "nobody learned a name yet";
    if (ui->filter.count > 0)
        why =
            ui->typing ? "no name matches the filter" : "no name matches the filter (Esc ends it)";
    else if (picture_observed_count(picture) > 0)
        why = "this observer learned nothing";
    frame_wrapped(area, 0, 1, PAINT_DIM, why);
}

void observers_view(
    const struct area *area, const struct picture *picture, struct ui *ui, struct spot *spot)
{
    uint16_t visible[ROWS_MAX];
    struct row_list *list = &ui->observed;
    struct table table = {picture, ui};
    struct row_table rows = rows_of(&table);
    struct spot typed = {.visible = false};
    size_t count = rows_settle(list, &rows, visible);
    enum learned_sort sorted = (enum learned_sort)list->sort;
    bool narrow = area->columns < 72, one = ui->observer < OBSERVER_COUNT;
    struct columns c = columns_for(area->columns);
    int heads = narrow || area->rows < 5 ? 0 : one || area->rows < 10 ? 1 : 2;
    int below = !narrow && area->rows >= 12 ? 3 : 0, room = area->rows - 1 - heads - below;
    rows_scroll(list, count, room);
    draw_title(area, picture, ui, count, &typed);
    if (heads && one)
        draw_heads_one(area, 1, sorted);
    else if (heads)
        draw_heads(area, 1, heads, picture, &c, sorted);
    if (count == 0) {
        struct area body = {area->row + 1 + heads, area->column, room, area->columns};
        draw_empty(&body, picture, ui);
    }
    for (int i = 0; i < room && list->top + (size_t)i < count; i++) {
        size_t at = list->top + (size_t)i;
        const struct observed *row = picture_observed(picture, visible[at]);
        bool selected = at == list->at;
        if (narrow)
            draw_item(area, 1 + heads + i, picture, row, ui->observer, selected);
        else if (one)
            draw_row_one(area, 1 + heads + i, picture, row, ui->observer, selected);
        else
            draw_row(area, 1 + heads + i, picture, row, &c, selected);
        if (selected)
            *spot = (struct spot){area->row + 1 + heads + i, area->column, false};
    }
    if (below)
        draw_below(area, area->rows - below, picture, ui);
    if (typed.visible)
        *spot = typed;
}
