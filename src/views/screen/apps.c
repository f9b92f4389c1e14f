/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/screen/apps.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "views/programs.h"
#include "views/screen/frame.h"

/* ---- which rows, in which order ---- */

struct table {
    const struct picture *picture;
    const struct filter *filter;
};

/* A program's place in the model may be given to another one: the name tells. */
static uint64_t key_of(const void *of, size_t position)
{
    const struct app *app = picture_app(((const struct table *)of)->picture, position);
    uint64_t name = hash_bytes(app->name, strlen(app->name), 0);
    return hash_bytes(app->user, strlen(app->user), name) | 1;
}

static bool is_shown(const void *of, size_t position)
{
    const struct table *table = of;
    return filter_match_app(
        table->filter, table->picture->model, picture_app(table->picture, position));
}

static void sort(const void *of, unsigned sort, uint16_t *positions)
{
    const struct picture *picture = ((const struct table *)of)->picture;
    struct program programs[APPS_MAX];
    size_t count = picture_app_count(picture);
    for (size_t i = 0; i < count && i < APPS_MAX; i++) {
        const struct app *app = picture_app(picture, i);
        programs[i] = (struct program){app, judge_app_harm(picture->model, app)};
    }
    programs_sort(programs, count, (enum program_sort)sort);
    for (size_t i = 0; i < count && i < APPS_MAX; i++)
        positions[i] = (uint16_t)(programs[i].app - picture_app(picture, 0));
}

static struct row_table rows_of(const struct table *table)
{
    return (struct row_table){table, picture_app_count(table->picture), key_of, is_shown, sort};
}

void apps_move(const struct picture *picture, struct ui *ui, int by)
{
    struct table table = {picture, &ui->filter};
    struct row_table rows = rows_of(&table);
    rows_move(&ui->apps, &rows, by);
}

void apps_sort(struct ui *ui)
{
    ui->apps.sort = (ui->apps.sort + 1) % PROGRAM_SORTS;
    rows_follow(&ui->apps);
}

const struct app *apps_selected(const struct picture *picture, struct ui *ui)
{
    uint16_t visible[ROWS_MAX];
    struct table table = {picture, &ui->filter};
    struct row_table rows = rows_of(&table);
    size_t count = rows_settle(&ui->apps, &rows, visible);
    return count ? picture_app(picture, visible[ui->apps.at]) : NULL;
}

/* ---- columns ---- */

enum column {
    COLUMN_NAME,
    COLUMN_USER,
    COLUMN_LOOKUPS,
    COLUMN_TUNNELLED,
    COLUMN_EXPOSED,
    COLUMN_BYPASS,
    COLUMN_OPEN,
    COLUMN_CONNECTS,
    COLUMN_LAST,
    COLUMN_BY,
    COLUMN_VIA,
    COLUMN_TO,
    COLUMNS
};

static const struct {
    const char *word, *brief;
    bool number;
} headings[COLUMNS] = {
    [COLUMN_NAME] = {"application", "applications", false},
    [COLUMN_USER] = {"user", "user", false},
    [COLUMN_LOOKUPS] = {"look-ups", "all", true},
    [COLUMN_TUNNELLED] = {"tunnelled", "tunn", true},
    [COLUMN_EXPOSED] = {"exposed", "expo", true},
    [COLUMN_BYPASS] = {"bypass", "bypa", true},
    [COLUMN_OPEN] = {"open", "open", true},
    [COLUMN_CONNECTS] = {"conns", "conn", true},
    [COLUMN_LAST] = {"last", "last", false},
    [COLUMN_BY] = {"by", "by", false},
    [COLUMN_VIA] = {"via", "via", false},
    [COLUMN_TO] = {"resolvers", "to", false},
};

/* Cells of each; 0: not shown. The last one that is shown takes the rest. */
struct columns {
    int width[COLUMNS];
    bool brief;
    size_t resolvers; /* so many are written out */
};

static struct columns columns_for(int width, enum program_sort sort)
{
    static const int brief[COLUMNS] = {14, [COLUMN_LOOKUPS] = 4, 4, 4, 4, [COLUMN_CONNECTS] = 4};
    static const int table[COLUMNS] = {15, 7, 8, 9, 7, 6, [COLUMN_CONNECTS] = 5, [COLUMN_TO] = 13};
    static const int wide[COLUMNS] = {18, 8, 8, 9, 7, 6, 5, 5, 8, 11, 8, 15};
    static const int widest[COLUMNS] = {28, 12, 8, 9, 7, 6, 5, 5, 8, 22, 16, 40};
    const int *widths = width < 72 ? brief : width < 110 ? table : width < 170 ? wide : widest;
    struct columns c = {.brief = width < 72, .resolvers = width < 170 ? 1 : 4};
    int used = 1;
    memcpy(c.width, widths, sizeof(c.width));
    if (sort == PROGRAMS_BY_LAST && c.width[COLUMN_LAST] == 0) {
        /* What rows are sorted by is shown. */
        c.width[COLUMN_LAST] = 8;
        c.width[COLUMN_TO] = 0;
        if (c.brief)
            c.width[COLUMN_BYPASS] = c.width[COLUMN_CONNECTS] = 0;
    }
    for (size_t i = 0; i < COLUMNS; i++)
        used += c.width[i] ? c.width[i] + 1 : 0;
    /* Names profit first. */
    int spare = width - used, most = width < 72 ? spare : spare / 2;
    if (spare > 0)
        c.width[COLUMN_NAME] += most < 24 ? most : 24;
    spare -= spare > 0 ? (most < 24 ? most : 24) : 0;
    if (c.width[COLUMN_TO])
        c.width[COLUMN_TO] += spare;
    return c;
}

static enum column sorted_by(enum program_sort sort)
{
    static const enum column of[PROGRAM_SORTS] = {[PROGRAMS_BY_LOOKUPS] = COLUMN_LOOKUPS,
        [PROGRAMS_BY_OUTSIDE] = COLUMN_EXPOSED,
        [PROGRAMS_BY_CONNECTS] = COLUMN_CONNECTS,
        [PROGRAMS_BY_LAST] = COLUMN_LAST,
        [PROGRAMS_BY_NAME] = COLUMN_NAME};
    return sort == PROGRAMS_BY_HARM ? COLUMNS : of[sort];
}

/* The heading of the column by which rows are sorted is marked: v downwards, ^ upwards. */
static void draw_headings(
    const struct area *area, int row, const struct columns *c, enum program_sort sort)
{
    enum column sorted = sorted_by(sort);
    if (sort == PROGRAMS_BY_HARM)
        terminal_text(area, row, 1, 1, PAINT_STRONG, "v");
    for (int i = 0, x = 1; i < COLUMNS; x += c->width[i] ? c->width[i] + 1 : 0, i++) {
        const char *word = c->brief ? headings[i].brief : headings[i].word;
        unsigned paint = (int)sorted == i ? PAINT_STRONG : PAINT_DIM;
        if (c->width[i] == 0)
            continue;
        int begin = i == COLUMN_NAME ? x + 2 : x, end;
        if (headings[i].number) {
            end = x + c->width[i];
            terminal_right(area, row, end, paint, word);
        } else {
            end = terminal_text(area, row, begin, x + c->width[i] - begin, paint, word);
        }
        if ((int)sorted == i)
            terminal_text(area, row, end, 1, paint, i == COLUMN_NAME ? "^" : "v");
    }
}

/* A number in so many cells: "123456", else "123k", "12M". */
static const char *count_text(uint64_t count, int width, char out[static 24])
{
    static const char units[] = {' ', 'k', 'M', 'G', 'T', 'P'};
    snprintf(out, 24, "%llu", (unsigned long long)count);
    for (size_t unit = 1; (int)strlen(out) > width && unit < sizeof(units); unit++) {
        count /= 1000;
        snprintf(out, 24, "%llu%c", (unsigned long long)count, units[unit]);
    }
    return out;
}

static uint64_t number_of(const struct app *app, enum column column)
{
    switch (column) {
    case COLUMN_LOOKUPS:
        return app->lookups;
    case COLUMN_TUNNELLED:
        return app->tunnelled;
    case COLUMN_EXPOSED:
        return app->exposed;
    case COLUMN_BYPASS:
        return app->bypass;
    case COLUMN_OPEN:
        return app->open;
    case COLUMN_CONNECTS:
        return app->connects;
    default:
        return 0;
    }
}

static const char *word_of(const struct picture *picture, const struct app *app, enum column column,
    const struct columns *c, char out[static PROGRAM_TEXT])
{
    char text[PROGRAM_TEXT], clock[TIME_TEXT];
    switch (column) {
    case COLUMN_USER:
        text_format(out, PROGRAM_TEXT, "%s", app->user[0] ? app->user : "-");
        break;
    case COLUMN_LAST:
        text_format(out, PROGRAM_TEXT, "%s", time_format_clock(app->last_ns, clock));
        break;
    case COLUMN_BY:
        programs_interfaces(picture->model, app, out);
        break;
    case COLUMN_VIA:
        programs_transports(app, out);
        break;
    case COLUMN_TO:
        picture_text(picture, programs_resolvers(app, c->resolvers, text), out, PROGRAM_TEXT);
        break;
    default:
        programs_name(app, picture->mask, out);
    }
    return out;
}

static void draw_row(const struct area *area, int row, const struct picture *picture,
    const struct program *program, const struct columns *c, bool selected)
{
    char text[PROGRAM_TEXT], digits[24];
    unsigned mark = selected ? PAINT_SELECTED : 0, plain = PAINT_PLAIN | mark;
    unsigned harm = paint_state(programs_state(program->harm)) | mark;
    if (selected)
        terminal_repeat(area, row, 0, area->columns, plain, ' ');
    terminal_text(area, row, 0, 1, plain, selected ? ">" : " ");
    terminal_format(area, row, 1, 1, harm, "%c", programs_symbol(program));
    for (int i = 0, x = 1; i < COLUMNS; x += c->width[i] ? c->width[i] + 1 : 0, i++) {
        if (c->width[i] == 0)
            continue;
        if (!headings[i].number) {
            int skip = i == COLUMN_NAME ? 2 : 0;
            /* Of what was forwarded the address at the end tells most. */
            bool end = skip && strncmp(program->app->name, "forwarded ", 10) == 0;
            (end ? terminal_name : terminal_text)(area, row, x + skip, c->width[i] - skip, plain,
                word_of(picture, program->app, (enum column)i, c, text));
            continue;
        }
        uint64_t count = number_of(program->app, (enum column)i);
        bool outside = i == COLUMN_EXPOSED || i == COLUMN_BYPASS;
        bool split = i == COLUMN_CONNECTS && program->harm <= APP_SPLIT;
        unsigned paint = count == 0                              ? (unsigned)PAINT_DIM | mark
                         : outside && program->harm == APP_LEAKS ? harm
                         : split                                 ? (unsigned)PAINT_WARN | mark
                                                                 : plain;
        terminal_right(area, row, x + c->width[i], paint, count_text(count, c->width[i], digits));
    }
}

/* ---- the view ---- */

static void draw_title(const struct area *area, const struct picture *picture, struct ui *ui,
    size_t shown, struct spot *spot)
{
    char text[FILTER_TEXT + 64];
    int end = frame_live(area, 0, area->columns - 1, picture, false) - 2;
    bool filtered = ui->typing || ui->filter.text[0];
    if (filtered)
        snprintf(text, sizeof(text), "%zu of %zu", shown, ui->apps.count);
    else
        snprintf(text, sizeof(text), "%s%s", programs_sort_word((enum program_sort)ui->apps.sort),
            ui->apps.moved && area->columns >= 72 ? ", rows held, Home: sort" : "");
    end = terminal_right(area, 0, end, PAINT_PLAIN, text) - 2;
    int x = terminal_text(area, 0, 1, end - 1, PAINT_STRONG, "applications") + 2;
    if (!filtered) {
        snprintf(text, sizeof(text), "%zu", ui->apps.count);
        terminal_text(area, 0, x, end - x, PAINT_DIM, text);
    } else {
        frame_filter(area, 0, x, end, picture, ui, spot);
    }
}

static void draw_empty(const struct area *area, const struct picture *picture, const struct ui *ui)
{
    bool filtered = picture_app_count(picture) > 0;
    frame_wrapped(area, 0, 1, PAINT_DIM,
        !filtered    ? "no program asked for a name yet, nor connected outside the tunnel"
        : ui->typing ? "no program matches the filter"
                     : "no program matches the filter (Esc ends it)");
}

/* Of the selected one what the table has no room for, so that Enter is seldom needed. */
static void draw_selected(
    const struct area *area, int row, const struct picture *picture, const struct program *program)
{
    char line[3 * PROGRAM_TEXT], name[PROGRAM_TEXT], counts[PROGRAM_TEXT], by[PROGRAM_TEXT],
        via[PROGRAM_TEXT], to[PROGRAM_TEXT], clock[TIME_TEXT];
    const struct app *app = program->app;
    text_format(line, sizeof(line), "%s: %s; %s", programs_name(app, picture->mask, name),
        strcmp(app->name, "unknown") == 0 ? programs_unknown : programs_word(program->harm),
        programs_counts(picture->model, app, counts));
    terminal_text(area, row, 1, area->columns - 2, PAINT_STRONG, line);
    text_format(counts, sizeof(counts), "by %s  over %s  to %s  last %s",
        programs_interfaces(picture->model, app, by), programs_transports(app, via),
        programs_resolvers(app, area->columns < 110 ? 2 : 4, to),
        time_format_clock(app->last_ns, clock));
    terminal_text(area, row + 1, 1, area->columns - 2, PAINT_DIM,
        picture_text(picture, counts, line, sizeof(line)));
}

void apps_view(
    const struct area *area, const struct picture *picture, struct ui *ui, struct spot *spot)
{
    uint16_t visible[ROWS_MAX];
    struct row_list *list = &ui->apps;
    struct table table = {picture, &ui->filter};
    struct row_table rows = rows_of(&table);
    struct spot typed = {.visible = false};
    size_t count = rows_settle(list, &rows, visible);
    enum program_sort sorted = (enum program_sort)list->sort;
    struct columns c = columns_for(area->columns, sorted);
    /* Where it is narrow, the headings are the title, until a filter needs its row. */
    bool title = !c.brief || ui->typing || ui->filter.text[0] || picture_app_count(picture) == 0;
    bool heads = area->rows > 4 && (!c.brief || !title);
    int below = area->rows >= 12 && area->columns >= 72 ? 2 : 0, first = title + heads;
    int room = area->rows - first - below;
    rows_scroll(list, count, room);
    if (title)
        draw_title(area, picture, ui, count, &typed);
    if (heads)
        draw_headings(area, first - 1, &c, sorted);
    if (count == 0) {
        struct area body = {area->row + first, area->column, room, area->columns};
        draw_empty(&body, picture, ui);
    }
    for (int row = 0; row < room && list->top + (size_t)row < count; row++) {
        size_t at = list->top + (size_t)row;
        const struct app *app = picture_app(picture, visible[at]);
        struct program program = {app, judge_app_harm(picture->model, app)};
        draw_row(area, first + row, picture, &program, &c, at == list->at);
        if (at != list->at)
            continue;
        *spot = (struct spot){area->row + first + row, area->column, false};
        if (below)
            draw_selected(area, area->rows - below, picture, &program);
    }
    if (typed.visible)
        *spot = typed;
}
