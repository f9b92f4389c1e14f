/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/screen/frame.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "views/screen/cells.h"
#include "views/screen/intend.h"
#include "views/screen/screen.h"

static void upper(const char *word, char *out, size_t size)
{
    size_t at = 0;
    for (; word[at] && at + 1 < size; at++)
        out[at] = (char)toupper((unsigned char)word[at]);
    out[at] = '\0';
}

static const char *capture_word(const struct capture_info *capture)
{
    if (capture->file)
        return capture->ended ? "file, read to its end" : "file, reading";
    if (capture->running)
        return capture->control == CONTROL_MISSED ? "CAPTURE BLIND" : "live";
    if (capture->possible)
        return capture->since_ns || capture->reason[0] ? "CAPTURE DOWN" : "starting";
    return capture->reason[0] ? "NO CAPTURE" : "starting";
}

/* How far the test under way is. */
static const char *probing_text(const struct model *model, char out[static 48])
{
    for (enum test_kind kind = 0; kind < TEST_KINDS; kind++) {
        const struct test *test = model_test(model, kind);
        if (test->serial == 0 || test->ended_ns != 0)
            continue;
        snprintf(out, 48, ", asked %u of %u names", test->done, test->names);
        return out;
    }
    return ", probing";
}

int frame_live(const struct area *area, int row, int end, const struct picture *picture, bool more)
{
    char text[160], clock[TIME_TEXT];
    const char *word = capture_word(model_capture(picture->model));
    unsigned paint = strcmp(word, "live") == 0 ? PAINT_PLAIN : PAINT_WARN;
    if (picture->frozen) {
        snprintf(text, sizeof(text), more ? "PAUSED since %s, %llu new" : "PAUSED %s, %llu new",
            time_format_clock(frozen_since_ns(picture->frozen), clock),
            (unsigned long long)frozen_new(picture->frozen, picture->model));
        paint = PAINT_BAR_WARN;
    } else {
        const struct screen_progress *progress = picture->progress;
        char asking[48];
        const char *work = !progress || !more        ? ""
                           : progress->probing       ? probing_text(picture->model, asking)
                           : progress->asking_public ? ", asking public address"
                                                     : "";
        uint64_t changed = model_last_change_ns(picture->model);
        snprintf(text, sizeof(text), "%s%s%s%s", word, work,
            more && changed ? "  last change " : "",
            more && changed ? time_format_clock(changed, clock) : "");
    }
    return terminal_right(area, row, end, paint, text);
}

/* The tunnel, or the lack of one. */
static void tunnel_text(const struct model *model, char *out, size_t size)
{
    char clock[TIME_TEXT];
    const struct interface *tunnel = model_tunnel(model);
    size_t drops = model_drop_count(model);
    const struct drop *drop = drops ? model_drop_at(model, drops - 1) : NULL;
    if (drop && drop->end_ns == 0 && drop->partial)
        text_format(out, size, "tunnel %s without %s since %s", drop->tunnel,
            drop->family == FAMILY_INDEX_6 ? "IPv6" : "IPv4",
            time_format_clock(drop->start_ns, clock));
    else if (drop && drop->end_ns == 0)
        text_format(out, size, "tunnel %s DOWN since %s", drop->tunnel,
            time_format_clock(drop->start_ns, clock));
    else if (!tunnel)
        text_format(out, size, "no tunnel");
    else if (tunnel->role == ROLE_TUNNEL && tunnel->present)
        text_format(out, size, "tunnel %s", tunnel->name);
    else
        text_format(out, size, "tunnel %s gone", tunnel->name);
}

void frame_header(const struct area *area, int row, const struct picture *picture)
{
    char text[160];
    const struct model *model = picture->model;
    const struct expectation_info *expectation = model_expectation(model);
    int gap = area->columns >= 100 ? 4 : 3;
    int end = frame_live(area, row, area->columns - 1, picture, area->columns >= 72) - 2;
    int x = terminal_text(area, row, 1, end - 1, PAINT_STRONG, "leaktop");
    if (area->columns >= 110) {
        x = terminal_text(area, row, x + 1, end - x - 1, PAINT_DIM, LEAKTOP_VERSION);
        if (picture->host && picture->host[0])
            x = terminal_text(area, row, x + gap, end - x - gap, PAINT_PLAIN,
                picture->mask ? picture_hidden : picture->host);
    }
    snprintf(text, sizeof(text), "expect %s%s", expectation_word(expectation->expectation),
        expectation->automatic ? " (auto)" : "");
    if (end - x - gap > 0)
        x = terminal_text(area, row, x + gap, end - x - gap, PAINT_PLAIN, text);
    tunnel_text(model, text, sizeof(text));
    if (end - x - gap > 0)
        x = terminal_text(area, row, x + gap, end - x - gap, PAINT_PLAIN, text);
    const struct capture_info *capture = model_capture(model);
    snprintf(text, sizeof(text), "%llu packets%s, %llu dropped",
        (unsigned long long)capture->packets, capture->malformed ? ", some malformed" : "",
        (unsigned long long)capture->dropped);
    if (area->columns >= 130 && x + gap + (int)strlen(text) < end)
        terminal_text(area, row, x + gap, -1, PAINT_DIM, text);
}

/* The verdict's sentence. Too long for its room, it loses what the verdict's word says already, so
 * that the time at its end stays. */
static const char *sentence(
    const struct picture *picture, const char *text, int room, char *out, size_t size)
{
    static const char tunnel[] = " outside the tunnel", outside[] = " outside";
    picture_text(picture, text, out, size);
    char *found = strstr(out, tunnel);
    if ((int)strlen(out) > room && found) {
        char *rest = found + strlen(tunnel);
        memmove(found + strlen(outside), rest, strlen(rest) + 1);
    }
    return out;
}

void frame_verdict(const struct area *area, int row, const struct picture *picture)
{
    char word[32], text[SUMMARY_TEXT + 64], plain[SUMMARY_TEXT + 32];
    enum state state = picture->verdict->state;
    upper(state_word(state), word, sizeof(word));
    if (state == STATE_LEAK)
        terminal_repeat(area, row, 0, area->columns, paint_bar(state), ' ');
    snprintf(text, sizeof(text), " %c %s ", state_symbol(state), word);
    int x = terminal_text(area, row, 0, -1, paint_bar(state), text);
    terminal_text(area, row, x + 2, area->columns - x - 3,
        state == STATE_LEAK ? paint_bar(state) : (unsigned)PAINT_STRONG,
        sentence(picture, picture->verdict->summary, area->columns - x - 3, plain, sizeof(plain)));
}

static const char *means_of(const struct picture *picture, char *out, size_t size)
{
    const struct verdict *verdict = picture->verdict;
    for (size_t i = 0; i < CHECK_COUNT; i++)
        if (verdict->checks[i].state == verdict->state && verdict->checks[i].means[0])
            return picture_text(picture, verdict->checks[i].means, out, size);
    out[0] = '\0';
    return out;
}

/* Under the sentence of the verdict. */
static int means_column(const struct verdict *verdict)
{
    return (int)strlen(state_word(verdict->state)) + 6;
}

int frame_means_rows(const struct area *area, const struct picture *picture, int most)
{
    char plain[EVIDENCE_TEXT + 32];
    int width = area->columns - 2 * means_column(picture->verdict), rows = 1;
    const char *next = means_of(picture, plain, sizeof(plain));
    if (width < 20)
        return 1;
    cells_wrap(next, (size_t)width, &next);
    for (; *next && rows < most; rows++)
        cells_wrap(next, (size_t)width, &next);
    return rows;
}

void frame_means(const struct area *area, int row, int rows, const struct picture *picture)
{
    char plain[EVIDENCE_TEXT + 32];
    const struct verdict *verdict = picture->verdict;
    bool leak = verdict->state == STATE_LEAK;
    for (int i = 0; leak && i < rows; i++)
        terminal_repeat(area, row + i, 0, area->columns, paint_bar(verdict->state), ' ');
    struct area text = {area->row + row, area->column, rows, area->columns};
    frame_wrapped(&text, 0, means_column(verdict),
        leak ? paint_bar(verdict->state) : (unsigned)PAINT_DIM,
        means_of(picture, plain, sizeof(plain)));
}

/* The sentence without the list of checks before it, which stands in the row above. */
static const char *after_list(const char *summary)
{
    const char *colon = strstr(summary, ": ");
    if (!colon)
        return summary;
    for (const char *p = summary; p < colon; p++)
        if (!islower((unsigned char)*p) && *p != ',' && *p != ' ' && *p != '-' && *p != '6')
            return summary;
    return colon + 2;
}

void frame_verdict_short(const struct area *area, const struct picture *picture)
{
    char word[32], text[SUMMARY_TEXT], plain[SUMMARY_TEXT + 32];
    const struct verdict *verdict = picture->verdict;
    enum state state = verdict->state;
    upper(state_word(state), word, sizeof(word));
    int end = area->columns;
    if (end < 6) {
        terminal_format(area, 0, 0, 1, paint_bar(state), "%c", state_symbol(state));
        return;
    }
    if (state == STATE_LEAK)
        terminal_repeat(area, 0, 0, area->columns, paint_bar(state), ' ');
    if (area->rows >= 4 && area->columns >= 30)
        end = frame_live(area, 0, area->columns, picture, false) - 1;
    snprintf(text, sizeof(text), end < 9 ? "%c %s" : " %c %s ", state_symbol(state), word);
    int x = terminal_text(area, 0, 0, end, paint_bar(state), text) + 1;
    text[0] = '\0';
    for (size_t i = 0; i < CHECK_COUNT; i++) {
        size_t used = strlen(text);
        if (verdict->checks[i].state == state)
            snprintf(text + used, sizeof(text) - used, "%s%s", used ? " " : "",
                check_word((enum check_id)i));
    }
    unsigned paint = state == STATE_LEAK ? paint_bar(state) : (unsigned)PAINT_STRONG;
    if (state != STATE_OK && end - x > 3)
        terminal_text(area, 0, x, end - x, paint, text);
    terminal_text(area, 1, 0, area->columns, PAINT_STRONG,
        sentence(picture, after_list(verdict->summary), area->columns, plain, sizeof(plain)));
}

void frame_rule(
    const struct area *area, int row, const char *title, const char *right, bool focused)
{
    terminal_repeat(area, row, 0, area->columns, PAINT_DIM, '-');
    int end = area->columns - 3;
    if (right && right[0] && (int)(strlen(title) + strlen(right)) + 12 < area->columns) {
        terminal_repeat(
            area, row, end - 1 - (int)strlen(right), (int)strlen(right) + 2, PAINT_DIM, ' ');
        end = terminal_right(area, row, end, PAINT_DIM, right) - 2;
    }
    if (area->columns < 8)
        return;
    int x = terminal_text(area, row, 2, 1, PAINT_DIM, " ");
    x = terminal_text(area, row, x, end - x - 1, focused ? PAINT_STRONG : PAINT_PLAIN, title);
    terminal_text(area, row, x, 1, PAINT_DIM, " ");
}

const char *frame_note(const struct picture *picture, const struct ui *ui)
{
    if (ui->note[0])
        return ui->note;
    return picture->progress && picture->progress->note[0] ? picture->progress->note : NULL;
}

void frame_footer(const struct area *area, int row, const struct picture *picture,
    const struct ui *ui, bool with_note)
{
    const char *note = with_note ? frame_note(picture, ui) : NULL;
    if (note) {
        char plain[PICTURE_TEXT];
        terminal_text(area, row, 0, area->columns, PAINT_STRONG,
            picture_text(picture, note, plain, sizeof(plain)));
        return;
    }
    if (ui->popup != POPUP_NONE)
        return; /* it names its own keys */
    struct key_situation situation = {.leak = picture->verdict->state == STATE_LEAK,
        .paused = picture->frozen != NULL,
        .filter = ui->filter.text[0] != '\0',
        .markable = intend_offered(picture, ui)};
    int margin = area->columns >= 60 ? 1 : 0;
    keys_footer(area, row, margin, area->columns - margin, ui_place(ui), &situation);
}

void frame_event(const struct area *area, int row, const struct picture *picture,
    const struct event *event, bool strong)
{
    char clock[TIME_TEXT], plain[PICTURE_TEXT];
    bool leak = strcmp(event->kind, "leak") == 0;
    bool narrow = area->columns < 60;
    int margin = 1;
    int x =
        terminal_text(area, row, margin, 8, PAINT_DIM, time_format_clock(event->time_ns, clock));
    if (!narrow)
        x = terminal_format(
            area, row, x + 1, 9, leak ? PAINT_LEAK : PAINT_DIM, "%-9s", event->kind);
    terminal_text(area, row, x + 1, area->columns - x - 1 - margin,
        leak     ? PAINT_LEAK
        : strong ? PAINT_STRONG
                 : PAINT_PLAIN,
        picture_text(picture, event->text, plain, sizeof(plain)));
}

int frame_wrapped(const struct area *area, int row, int column, unsigned paint, const char *text)
{
    int width = area->columns - 2 * column, used = 0;
    if (width <= 0)
        return 0;
    for (const char *from = text, *next; *from && row + used < area->rows; from = next, used++) {
        char line[PICTURE_TEXT];
        int length = (int)cells_wrap(from, (size_t)width, &next);
        /* What does not fit below says so at the end of the last line. */
        bool cut = *next && row + used + 1 == area->rows;
        text_format(line, sizeof(line), "%.*s", cut ? (int)strlen(from) : length, from);
        terminal_text(area, row + used, column, width, paint, line);
    }
    return used;
}

int frame_interface_width(const struct model *model, int most)
{
    int width = 5;
    for (size_t i = 0; i < model_interface_count(model) && width < most; i++) {
        const struct interface *interface = model_interface_at(model, i);
        if (!interface || (interface->role != ROLE_TUNNEL && interface->role != ROLE_UPLINK &&
                              interface->role != ROLE_OVERLAY))
            continue;
        int length = (int)strlen(interface->name);
        if (length > width)
            width = length;
    }
    return width < most ? width : most;
}

void frame_filter(const struct area *area, int row, int column, int end,
    const struct picture *picture, const struct ui *ui, struct spot *spot)
{
    char shown[FILTER_TEXT + 64];
    /* What is typed is seen by the one who types; with names masked it is hidden afterwards. */
    filter_show(&ui->filter, picture->mask && !ui->typing, shown, sizeof(shown));
    size_t length = strlen(shown);
    int room = end - column - 2;
    if (room < 4)
        return;
    const char *visible =
        ui->typing && (int)length >= room ? shown + length - (size_t)room + 1 : shown;
    column = terminal_text(area, row, column, 1, PAINT_KEY, "/");
    column =
        terminal_text(area, row, column, room, ui->typing ? PAINT_STRONG : PAINT_WARN, visible);
    if (ui->typing)
        *spot = (struct spot){area->row + row, area->column + column, true};
}
