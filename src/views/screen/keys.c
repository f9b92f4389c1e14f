/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/screen/keys.h"

#include <string.h>

#include "views/screen/terminal.h"

#define BOTH (PLACE_DASHBOARD | PLACE_LOOKUPS)
#define VIEWS (BOTH | PLACE_OBSERVERS | PLACE_APPS | PLACE_TIMELINE | PLACE_BEFORE)
#define DETAIL (PLACE_CHECK | PLACE_LOOKUP | PLACE_PAGE | PLACE_NAMES)
#define LISTS                                                                                      \
    (PLACE_LOOKUPS | PLACE_OBSERVERS | PLACE_APPS |                                                \
        PLACE_TIMELINE) /* those that a filter narrows */
#define ALL (VIEWS | DETAIL | PLACE_HELP)

static const struct key keys[] = {
    {{'1'}, ACTION_DASHBOARD, "1", "1", "Dashboard", "the dashboard", ALL,
        PLACE_LOOKUPS | PLACE_OBSERVERS | PLACE_APPS | PLACE_TIMELINE | PLACE_BEFORE, 5},
    {{'2'}, ACTION_LOOKUPS, "2", "2", "Look-ups", "all look-ups, newest first", ALL,
        PLACE_DASHBOARD | PLACE_APPS, 5},
    {{'3'}, ACTION_OBSERVERS, "3", "3", "Observers", "what each observer learned", ALL, BOTH, 7},
    {{'4'}, ACTION_APPS, "4", "4", "Applications", "programs, and their ways", ALL, BOTH, 7},
    {{'5'}, ACTION_TIMELINE, "5", "5", "Time", "what happened", ALL, BOTH, 7},
    {{'+', '='}, ACTION_ZOOM_IN, "+", "+/-", "Zoom", "closer", PLACE_TIMELINE, PLACE_TIMELINE, 3},
    {{'-'}, ACTION_ZOOM_OUT, "-", "", NULL, "wider", PLACE_TIMELINE, 0, 0},
    {{'n'}, ACTION_OLDER_LEAK, "n", "n/N", "Leak", "leak before", PLACE_TIMELINE, PLACE_TIMELINE,
        2},
    {{'N'}, ACTION_NEWER_LEAK, "N", "", NULL, "leak after", PLACE_TIMELINE, 0, 0},
    {{'6'}, ACTION_BEFORE, "6", "6", "Before", "before and after the tunnel", ALL, BOTH, 8},
    {{'b'}, ACTION_BASELINE, "b", "b", "Baseline", "take a baseline now", VIEWS, PLACE_BEFORE, 3},
    {{'o'}, ACTION_OUTSIDE, "o", "o", "Outside", "seen from outside, set, sent", ALL, VIEWS, 9},
    {{'u'}, ACTION_ALL_PEOPLE, "u", "", NULL, "all users' browsers", VIEWS | PLACE_CHECK, 0, 0},
    {{'x'}, ACTION_EXTENDED, "x", "x", "Extended test", "extended test (asks)",
        VIEWS | PLACE_CHECK | PLACE_PAGE, PLACE_PAGE | PLACE_BEFORE, 6},
    {{'X'}, ACTION_PUBLIC, "X", "", NULL, "public resolvers (asks)",
        VIEWS | PLACE_CHECK | PLACE_PAGE, 0, 0},
    {{TERMINAL_TAB, TERMINAL_BACK_TAB, TERMINAL_LEFT, TERMINAL_RIGHT}, ACTION_NEXT_PANEL,
        "Tab, left, right", "Tab", "Panel", "the other panel; in view 3 one observer",
        PLACE_DASHBOARD | PLACE_OBSERVERS, PLACE_DASHBOARD | PLACE_OBSERVERS, 9},
    {{TERMINAL_UP, 'k'}, ACTION_UP, "up, k", "up/down", "Scroll", "move up", ALL,
        DETAIL | PLACE_HELP, 4},
    {{TERMINAL_DOWN, 'j'}, ACTION_DOWN, "down, j", "", NULL, "move down", ALL, 0, 0},
    {{TERMINAL_PAGE_UP}, ACTION_PAGE_UP, "PgUp", "", NULL, "a page up", ALL, 0, 0},
    {{TERMINAL_PAGE_DOWN}, ACTION_PAGE_DOWN, "PgDn", "", NULL, "a page down", ALL, 0, 0},
    {{TERMINAL_HOME}, ACTION_HOME, "Home", "Home", "Newest", "first line; look-ups: follow newest",
        ALL, PLACE_LOOKUPS | PLACE_TIMELINE, 8},
    {{TERMINAL_END}, ACTION_END, "End", "", NULL, "last line", ALL, 0, 0},
    {{TERMINAL_ENTER}, ACTION_ENTER, "Enter", "Enter", "Why",
        "detail: what was seen, what it means, what to do", VIEWS, VIEWS, 2},
    {{TERMINAL_ESCAPE}, ACTION_BACK, "Esc", "Esc", "Back", "close or go back", ALL,
        DETAIL | PLACE_HELP | LISTS | PLACE_BEFORE, 1},
    {{' '}, ACTION_PAUSE, "space", "space", "Pause", "freeze the view (not the capture)", ALL,
        BOTH | PLACE_APPS | PLACE_TIMELINE, 6},
    {{'/'}, ACTION_FILTER, "/", "/", "Find", "filter as you type, see below", VIEWS,
        BOTH | PLACE_OBSERVERS | PLACE_APPS | PLACE_TIMELINE, 3},
    {{'s'}, ACTION_SORT, "s", "s", "Sort", "sort (views 3, 4)", PLACE_OBSERVERS | PLACE_APPS,
        PLACE_OBSERVERS | PLACE_APPS, 2},
    {{'r'}, ACTION_RECHECK, "r", "r", "Recheck", "check the selected row again",
        PLACE_DASHBOARD | PLACE_CHECK, PLACE_DASHBOARD | PLACE_CHECK, 7},
    {{'R'}, ACTION_RECHECK_ALL, "R", "", NULL, "check everything again", VIEWS | PLACE_CHECK, 0, 0},
    {{'l'}, ACTION_LEAK, "l", "l", "Leak", "newest leak, then older", VIEWS | PLACE_CHECK, BOTH,
        12},
    {{'c'}, ACTION_CLEAR, "c", "c", "Clear", "clear the leak verdict (asks)", VIEWS | PLACE_CHECK,
        VIEWS, 4},
    {{'a'}, ACTION_INTEND, "a", "a", "Intended", "mark as intended (asks)", BOTH | PLACE_LOOKUP,
        BOTH | PLACE_LOOKUP, 4},
    {{'v'}, ACTION_EXPECT, "v", "v", "Expect", "what you count on (asks)", VIEWS | PLACE_CHECK,
        PLACE_DASHBOARD, 10},
    {{'e'}, ACTION_EXPORT, "e", "e", "Export", "export report, evidence", ALL, PLACE_DASHBOARD, 12},
    {{'m'}, ACTION_MASK, "m", "m", "Mask", "hide names, addresses", ALL, PLACE_DASHBOARD, 11},
    {{TERMINAL_CTRL_L}, ACTION_REDRAW, "Ctrl-L", "", NULL, "draw the screen anew", ALL, 0, 0},
    {{TERMINAL_CTRL_Z}, ACTION_SUSPEND, "Ctrl-Z", "", NULL, "to the shell; fg comes back", ALL, 0,
        0},
    {{'?', TERMINAL_F1}, ACTION_HELP, "?, F1", "?", "Help", "this help", ALL, VIEWS, 0},
    {{'q', TERMINAL_CTRL_C}, ACTION_QUIT, "q, Ctrl-C", "q", "Quit", "quit", ALL, VIEWS, 0},
};
#define KEYS (sizeof(keys) / sizeof(keys[0]))

size_t keys_count(void)
{
    return KEYS;
}

const struct key *keys_at(size_t position)
{
    return position < KEYS ? &keys[position] : NULL;
}

enum action keys_action(enum place place, int code)
{
    if (code <= 0)
        return ACTION_NONE;
    for (size_t i = 0; i < KEYS; i++)
        for (size_t c = 0; c < KEY_CODES && keys[i].codes[c]; c++)
            if (keys[i].codes[c] == code && (keys[i].places & place))
                return keys[i].action;
    return ACTION_NONE;
}

static bool wanted(const struct key *key, enum place place, const struct key_situation *situation)
{
    if (!key->label || !(key->footer & place))
        return false;
    if (key->action == ACTION_CLEAR || key->action == ACTION_LEAK)
        return situation->leak;
    if (key->action == ACTION_INTEND)
        return situation->markable;
    return key->action != ACTION_BACK || !(place & LISTS) || situation->filter;
}

static const char *label_of(
    const struct key *key, enum place place, const struct key_situation *situation)
{
    if (key->action == ACTION_PAUSE && situation->paused)
        return "Go on";
    if (key->action == ACTION_BACK && (place & LISTS))
        return "End filter";
    if (key->action == ACTION_NEXT_PANEL && place == PLACE_OBSERVERS)
        return "Observer";
    if (key->action == ACTION_ENTER && (place & LISTS))
        return place == PLACE_APPS ? "Names" : "Detail";
    return key->label;
}

/* In view 3 Tab is what one comes for. */
static int weight_of(const struct key *key, enum place place)
{
    return key->action == ACTION_NEXT_PANEL && place == PLACE_OBSERVERS ? 3 : key->weight;
}

void keys_footer(const struct area *area, int row, int column, int end, enum place place,
    const struct key_situation *situation)
{
    bool shown[KEYS];
    int width = 0, gap = end - column >= 100 ? 3 : 2;
    for (size_t i = 0; i < KEYS; i++) {
        shown[i] = wanted(&keys[i], place, situation);
        if (shown[i])
            width +=
                (int)(strlen(keys[i].brief) + 1 + strlen(label_of(&keys[i], place, situation))) +
                gap;
    }
    while (width - gap > end - column) {
        size_t heaviest = KEYS;
        for (size_t i = 0; i < KEYS; i++)
            if (shown[i] && (heaviest == KEYS ||
                                weight_of(&keys[i], place) > weight_of(&keys[heaviest], place)))
                heaviest = i;
        if (heaviest == KEYS)
            return;
        shown[heaviest] = false;
        width -= (int)(strlen(keys[heaviest].brief) + 1 +
                       strlen(label_of(&keys[heaviest], place, situation))) +
                 gap;
    }
    for (size_t i = 0; i < KEYS; i++) {
        if (!shown[i])
            continue;
        column = terminal_text(area, row, column, -1, PAINT_KEY, keys[i].brief);
        column = terminal_text(
            area, row, column + 1, -1, PAINT_PLAIN, label_of(&keys[i], place, situation));
        column += gap;
    }
}
