/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/screen/screen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "views/screen/apps.h"
#include "views/screen/before.h"
#include "views/screen/compose.h"
#include "views/screen/dashboard.h"
#include "views/screen/drawn.h"
#include "views/screen/intend.h"
#include "views/screen/keys.h"
#include "views/screen/lookups.h"
#include "views/screen/observers.h"
#include "views/screen/page.h"
#include "views/screen/picture.h"
#include "views/screen/terminal.h"
#include "views/screen/timeline.h"
#include "views/screen/ui.h"

/* A paste of a megabyte is read in pieces, so that packets and signals get their turn. */
#define KEYS_AT_ONCE 4096

struct screen {
    bool passive, mask;
    char host[128];
    struct ui ui;
    struct frozen *frozen; /* while paused */
    bool dirty;            /* something of our own changed */
    struct drawn drawn;
    struct routes routes;
    struct verdict starting;
    struct page page;
    struct {
        bool bell, retitle;
        enum notice notice;
        char text[320], title[320];
    } alarm; /* what the terminal is still to be told */
};

bool screen_possible(char *error, size_t error_size)
{
    return terminal_possible(error, error_size);
}

struct screen *screen_open(const struct screen_options *options, char *error, size_t error_size)
{
    struct screen *screen = calloc(1, sizeof(*screen));
    if (!screen) {
        text_format(error, error_size, "no memory for the screen");
        return NULL;
    }
    if (terminal_open(options->ascii, options->no_color, error, error_size) != 0) {
        free(screen);
        return NULL;
    }
    screen->passive = options->passive;
    screen->mask = options->mask;
    text_format(screen->host, sizeof(screen->host), "%s", options->host ? options->host : "");
    screen->ui.view = PLACE_DASHBOARD;
    screen->ui.observer = OBSERVER_COUNT;
    screen->dirty = true;
    return screen;
}

bool screen_close(struct screen *screen)
{
    if (!screen)
        return true;
    bool took = terminal_close();
    frozen_free(screen->frozen);
    free(screen);
    return took;
}

static struct picture picture_of(struct screen *screen, const struct model *model,
    const struct verdict *verdict, const struct screen_progress *progress)
{
    return (struct picture){.model = model,
        .verdict = verdict,
        .progress = progress,
        .mask = screen->mask,
        .host = screen->host,
        .shown = screen->frozen ? frozen_verdict(screen->frozen) : verdict,
        .routes = screen->frozen ? frozen_routes(screen->frozen) : &screen->routes,
        .frozen = screen->frozen};
}

static void say(struct screen *screen, const char *text)
{
    text_format(screen->ui.note, sizeof(screen->ui.note), "%s", text);
}

/* What a recheck of this check will send, said before it is done. */
static void say_recheck(struct screen *screen, bool all, enum check_id id)
{
    const char *what = "judged anew from what is known; nothing is sent";
    if (screen->passive)
        what = "passive: nothing is sent; judged anew from what is known";
    else if (all)
        what = "sends look-ups of names of its own, and asks public-address services by HTTPS";
    else if (id == CHECK_DNS || id == CHECK_IPV6)
        what = "sends look-ups of names of its own, the way the system gives them";
    else if (id == CHECK_PUBLIC_IP)
        what = "asks public-address services by HTTPS, for IPv4 and for IPv6";
    text_format(screen->ui.note, sizeof(screen->ui.note), "recheck %s: %s",
        all ? "all" : check_word(id), what);
}

static void open_popup(struct screen *screen, enum popup popup)
{
    screen->ui.popup = popup;
    screen->ui.scroll = 0;
}

static void pause_or_go_on(
    struct screen *screen, const struct model *model, const struct verdict *verdict)
{
    struct timespec now;
    if (screen->frozen) {
        frozen_free(screen->frozen);
        screen->frozen = NULL;
        return;
    }
    clock_gettime(CLOCK_REALTIME, &now);
    screen->frozen =
        frozen_take(model, verdict, (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec);
    if (!screen->frozen)
        say(screen, "no memory to hold the view; it stays live");
}

static void set_filter(struct screen *screen, const char *text)
{
    filter_set(&screen->ui.filter, text);
    if (text[0]) {
        /* The newest match, not the one nearest to the old place. */
        lookups_newest(&screen->ui);
        timeline_newest(&screen->ui);
        rows_follow(&screen->ui.apps);
        rows_follow(&screen->ui.observed);
    }
}

/* A key while the filter is typed. Everything that is no command of typing is text. */
static void type_key(struct screen *screen, int key)
{
    struct ui *ui = &screen->ui;
    char text[FILTER_TEXT];
    text_format(text, sizeof(text), "%s", ui->filter.text);
    size_t length = strlen(text);
    if (key == TERMINAL_ENTER) {
        ui->typing = false;
    } else if (key == TERMINAL_ESCAPE) {
        ui->typing = false;
        set_filter(screen, "");
    } else if (key == TERMINAL_CTRL_U) {
        set_filter(screen, "");
    } else if (key == TERMINAL_BACKSPACE) {
        if (length == 0)
            ui->typing = false;
        else
            text[length - 1] = '\0';
        set_filter(screen, text);
    } else if (key >= ' ' && key <= '~' && length + 1 < sizeof(text)) {
        text[length] = (char)key;
        text[length + 1] = '\0';
        set_filter(screen, text);
    }
}

static bool says_no(int key)
{
    return key == 'n' || key == 'N' || key == TERMINAL_ESCAPE || key == 'q';
}

/* y or n; v (or up and down) goes on to the next expectation. */
static enum screen_request answer_key(struct screen *screen, int key, int *argument)
{
    struct ui *ui = &screen->ui;
    bool expect = ui->popup == POPUP_EXPECT;
    if (key == 'y' || key == 'Y') {
        open_popup(screen, POPUP_NONE);
        if (!expect)
            return REQUEST_CLEAR_LATCH;
        *argument = (int)ui->proposed;
        return REQUEST_EXPECT;
    }
    if (says_no(key)) {
        open_popup(screen, POPUP_NONE);
        say(screen, expect ? "what you count on stays as it was" : "the leak stays in the verdict");
    } else if (expect && (key == 'v' || key == TERMINAL_DOWN || key == TERMINAL_TAB)) {
        ui->proposed =
            ui->proposed == EXPECT_COUNT ? EXPECT_NONE : (enum expectation)(ui->proposed + 1);
    } else if (expect && (key == TERMINAL_UP || key == TERMINAL_BACK_TAB)) {
        ui->proposed =
            ui->proposed == EXPECT_NONE ? EXPECT_COUNT : (enum expectation)(ui->proposed - 1);
    }
    return REQUEST_NONE;
}

static enum screen_request answer_intend(struct screen *screen, int key)
{
    struct ui *ui = &screen->ui;
    bool yes = key == 'y' || key == 'Y' || key == TERMINAL_ENTER;
    if (key == 'm')
        screen->mask = !screen->mask;
    else if (!yes && !says_no(key))
        intend_key(ui, key);
    if (!yes && !says_no(key))
        return REQUEST_NONE;
    open_popup(screen, ui->intend_detail ? POPUP_LOOKUP : POPUP_NONE);
    if (yes)
        return REQUEST_INTEND;
    say(screen, "nothing is marked");
    return REQUEST_NONE;
}

/* x and X. */
static enum screen_request answer_send(struct screen *screen, int key)
{
    bool yes = key == 'y' || key == 'Y';
    if (!yes && !says_no(key))
        return REQUEST_NONE;
    open_popup(screen, POPUP_NONE);
    if (yes)
        return screen->ui.sending == TEST_PUBLIC ? REQUEST_PUBLIC_RESOLVERS : REQUEST_EXTENDED;
    say(screen, "nothing is sent");
    return REQUEST_NONE;
}

static void move(struct screen *screen, const struct picture *picture, enum action action)
{
    struct ui *ui = &screen->ui;
    struct area area = terminal_area();
    bool down = action == ACTION_DOWN || action == ACTION_PAGE_DOWN;
    bool page = action == ACTION_PAGE_DOWN || action == ACTION_PAGE_UP;
    int sign = down ? 1 : -1;
    if (ui->popup != POPUP_NONE) {
        if (action == ACTION_HOME || action == ACTION_END)
            ui->scroll = action == ACTION_HOME ? 0 : PAGE_LINES;
        else
            ui->scroll += sign * (page ? ui->page_rows : 1);
        if (ui->scroll < 0)
            ui->scroll = 0;
        return;
    }
    bool list = ui->view == PLACE_LOOKUPS || ui->on_lookups;
    bool apps = ui->view == PLACE_APPS;
    if (apps || ui->view == PLACE_OBSERVERS) {
        struct row_list *rows = apps ? &ui->apps : &ui->observed;
        if (action == ACTION_HOME)
            rows_follow(rows);
        else
            (apps ? apps_move : observers_move)(
                picture, ui, action == ACTION_END ? ROWS_MAX : sign * (page ? rows->page : 1));
        return;
    }
    if (ui->view == PLACE_TIMELINE) {
        if (action == ACTION_HOME)
            timeline_newest(ui);
        else
            timeline_move(picture, ui,
                action == ACTION_END ? PICTURE_EVENTS : sign * (page ? ui->events.rows : 1));
        return;
    }
    if (ui->view == PLACE_BEFORE) {
        bool ends = action == ACTION_HOME || action == ACTION_END;
        before_move(picture, ui,
            ends   ? (action == ACTION_END ? COMPARE_ROWS : -COMPARE_ROWS)
            : page ? sign * 8
                   : sign);
        return;
    }
    if (action == ACTION_HOME && list)
        lookups_newest(ui);
    else if (action == ACTION_END && list)
        lookups_oldest(picture, ui);
    else if (list)
        lookups_move(picture, ui, sign * (page ? ui->list.rows : 1));
    else
        dashboard_move(&area, picture, ui,
            action == ACTION_HOME                    ? -CHECK_COUNT
            : action == ACTION_END || (page && down) ? CHECK_COUNT
            : page                                   ? -CHECK_COUNT
                                                     : sign);
}

static void enter(struct screen *screen, const struct picture *picture)
{
    struct ui *ui = &screen->ui;
    if (ui->view == PLACE_BEFORE) {
        open_popup(screen, POPUP_COMPARE);
        return;
    }
    if (ui->view == PLACE_DASHBOARD && !ui->on_lookups) {
        ui->popup_check = ui->selected;
        open_popup(screen, POPUP_CHECK);
        return;
    }
    if (ui->view == PLACE_OBSERVERS) {
        const struct observed *row = observers_selected(picture, ui);
        if (!row) {
            say(screen, "there is no name to show");
            return;
        }
        ui->popup_observed = row->serial;
        ui->popup_newest = picture_newest(picture);
        open_popup(screen, POPUP_OBSERVED);
        return;
    }
    if (ui->view == PLACE_APPS) {
        const struct app *app = apps_selected(picture, ui);
        if (!app) {
            say(screen, "there is no program to show");
            return;
        }
        ui->popup_app = *app;
        ui->popup_newest = picture_newest(picture);
        open_popup(screen, POPUP_APP);
        return;
    }
    const struct lookup *lookup = NULL;
    if (ui->view == PLACE_TIMELINE) {
        const struct event *event = timeline_selected(picture, ui);
        if (!event) {
            say(screen, "there is nothing to show");
            return;
        }
        lookup = timeline_lookup(picture, event);
        if (!lookup) {
            ui->popup_event = *event;
            open_popup(screen, POPUP_EVENT);
            return;
        }
    } else {
        lookup = lookups_selected(picture, ui);
    }
    if (!lookup) {
        say(screen, "there is no look-up to show");
        return;
    }
    ui->popup_lookup = *lookup;
    open_popup(screen, POPUP_LOOKUP);
}

/* One step back: popup, then filter, then the dashboard, then its first panel. */
static void back(struct ui *ui)
{
    if (ui->popup != POPUP_NONE)
        ui->popup = POPUP_NONE;
    else if (ui->filter.text[0])
        filter_set(&ui->filter, "");
    else if (ui->view != PLACE_DASHBOARD)
        ui->view = PLACE_DASHBOARD;
    else
        ui->on_lookups = false;
    ui->scroll = 0;
}

static void ask_expect(struct screen *screen, const struct model *model)
{
    const struct expectation_info *now = model_expectation(model);
    screen->ui.proposed = now->automatic ? EXPECT_NONE : (enum expectation)(now->expectation + 1);
    open_popup(screen, POPUP_EXPECT);
}

static void go_to(struct ui *ui, enum place view)
{
    ui->popup = POPUP_NONE;
    ui->view = view;
    if (view == PLACE_DASHBOARD)
        ui->on_lookups = false;
}

static enum screen_request act(
    struct screen *screen, const struct picture *picture, enum action action, int *argument)
{
    struct ui *ui = &screen->ui;
    const char *refusal;
    switch (action) {
    case ACTION_NONE:
        say(screen, "that key does nothing here; ? lists the keys");
        break;
    case ACTION_DASHBOARD:
        go_to(ui, PLACE_DASHBOARD);
        break;
    case ACTION_LOOKUPS:
        go_to(ui, PLACE_LOOKUPS);
        break;
    case ACTION_OBSERVERS:
        go_to(ui, PLACE_OBSERVERS);
        break;
    case ACTION_APPS:
        go_to(ui, PLACE_APPS);
        break;
    case ACTION_TIMELINE:
        go_to(ui, PLACE_TIMELINE);
        break;
    case ACTION_ZOOM_IN:
    case ACTION_ZOOM_OUT:
        if (!timeline_zoom(picture, ui, action == ACTION_ZOOM_IN ? -1 : 1))
            say(screen, action == ACTION_ZOOM_IN ? "a column is a second: there is no closer"
                                                 : "a column is half an hour: there is no wider");
        break;
    case ACTION_OLDER_LEAK:
    case ACTION_NEWER_LEAK:
        if (!timeline_leak(picture, ui, action == ACTION_OLDER_LEAK ? 1 : -1))
            say(screen, action == ACTION_OLDER_LEAK ? "there is no leak before this line"
                                                    : "there is no leak after this line");
        break;
    case ACTION_BEFORE:
        go_to(ui, PLACE_BEFORE);
        break;
    case ACTION_OUTSIDE:
        open_popup(screen, ui->popup == POPUP_OUTSIDE ? POPUP_NONE : POPUP_OUTSIDE);
        break;
    case ACTION_EXPORT:
        return REQUEST_EXPORT;
    case ACTION_BASELINE:
        return REQUEST_BASELINE;
    case ACTION_ALL_PEOPLE:
        return REQUEST_ALL_PEOPLE;
    case ACTION_EXTENDED:
    case ACTION_PUBLIC:
        if (screen->passive || model_capture(picture->model)->file) {
            say(screen, screen->passive ? "passive: nothing is sent" : "a file: nothing is sent");
            break;
        }
        ui->sending = action == ACTION_PUBLIC ? TEST_PUBLIC : TEST_EXTENDED;
        open_popup(screen, POPUP_SEND);
        break;
    case ACTION_NEXT_PANEL:
        if (ui->view == PLACE_OBSERVERS)
            observers_next(ui);
        else
            ui->on_lookups = !ui->on_lookups;
        break;
    case ACTION_UP:
    case ACTION_DOWN:
    case ACTION_PAGE_UP:
    case ACTION_PAGE_DOWN:
    case ACTION_HOME:
    case ACTION_END:
        move(screen, picture, action);
        break;
    case ACTION_ENTER:
        enter(screen, picture);
        break;
    case ACTION_BACK:
        back(ui);
        break;
    case ACTION_PAUSE:
        pause_or_go_on(screen, picture->model, picture->verdict);
        break;
    case ACTION_FILTER:
        go_to(
            ui, ui->view == PLACE_APPS || ui->view == PLACE_OBSERVERS || ui->view == PLACE_TIMELINE
                    ? ui->view
                    : PLACE_LOOKUPS);
        ui->typing = true;
        break;
    case ACTION_SORT:
        if (ui->view == PLACE_OBSERVERS)
            observers_sort(ui);
        else
            apps_sort(ui);
        break;
    case ACTION_RECHECK:
        *argument = (int)(ui->popup == POPUP_CHECK ? ui->popup_check : ui->selected);
        say_recheck(screen, false, (enum check_id) * argument);
        return REQUEST_RECHECK;
    case ACTION_RECHECK_ALL:
        say_recheck(screen, true, CHECK_DNS);
        return REQUEST_RECHECK_ALL;
    case ACTION_CLEAR:
        if (picture->verdict->state == STATE_LEAK)
            open_popup(screen, POPUP_CLEAR);
        else
            say(screen, "there is no leak to clear");
        break;
    case ACTION_LEAK:
        if (lookups_leak(picture, ui))
            go_to(ui, PLACE_LOOKUPS);
        else
            say(screen, "there is no leak among the look-ups that are kept");
        break;
    case ACTION_EXPECT:
        ask_expect(screen, picture->model);
        break;
    case ACTION_INTEND:
        refusal = intend_ask(ui, picture);
        if (refusal)
            say(screen, refusal);
        else
            open_popup(screen, POPUP_INTEND);
        break;
    case ACTION_MASK:
        screen->mask = !screen->mask;
        say(screen, screen->mask ? "names and your addresses are hidden" : "names are shown");
        break;
    case ACTION_HELP:
        open_popup(screen, ui->popup == POPUP_HELP ? POPUP_NONE : POPUP_HELP);
        break;
    case ACTION_REDRAW:
        terminal_redraw();
        break;
    case ACTION_SUSPEND:
        return REQUEST_SUSPEND;
    case ACTION_QUIT:
        return REQUEST_QUIT;
    }
    return REQUEST_NONE;
}

static enum screen_request handle(
    struct screen *screen, const struct picture *picture, int key, int *argument)
{
    struct ui *ui = &screen->ui;
    ui->note[0] = '\0';
    screen->dirty = true;
    if (key == TERMINAL_CTRL_Z)
        return REQUEST_SUSPEND;
    if (key == TERMINAL_CTRL_C)
        return REQUEST_QUIT;
    bool moving = key == TERMINAL_UP || key == TERMINAL_DOWN || key == TERMINAL_PAGE_UP ||
                  key == TERMINAL_PAGE_DOWN;
    if (ui->typing && !moving && key != TERMINAL_CTRL_L) {
        type_key(screen, key);
        return REQUEST_NONE;
    }
    if (ui->popup == POPUP_CLEAR || ui->popup == POPUP_EXPECT)
        return answer_key(screen, key, argument);
    if (ui->popup == POPUP_INTEND)
        return answer_intend(screen, key);
    if (ui->popup == POPUP_SEND)
        return answer_send(screen, key);
    return act(screen, picture, keys_action(ui_place(ui), key), argument);
}

enum screen_request screen_input(
    struct screen *screen, const struct model *model, const struct verdict *verdict, int *argument)
{
    if (!screen || !model || !verdict)
        return REQUEST_NONE;
    int unused;
    struct picture picture = picture_of(screen, model, verdict, &screen->drawn.progress);
    for (int i = 0; i < KEYS_AT_ONCE || !terminal_pending(); i++) {
        int key = terminal_key();
        if (key == TERMINAL_LOST)
            return REQUEST_LOST;
        if (key == TERMINAL_NONE)
            return REQUEST_NONE;
        enum screen_request request = handle(screen, &picture, key, argument ? argument : &unused);
        if (request != REQUEST_NONE)
            return request;
        picture = picture_of(screen, model, verdict, &screen->drawn.progress);
    }
    return REQUEST_NONE;
}

const struct intended *screen_intended(const struct screen *screen)
{
    return &screen->ui.rules[screen->ui.rule];
}

/* The first picture stands before the kernel's first answer: it judges nothing. */
static bool nothing_known(const struct model *model)
{
    return !model_capture(model)->file && model_lookup_newest(model) == 0 &&
           model_route(model, FAMILY_INDEX_4)->state == ROUTE_UNKNOWN &&
           model_route(model, FAMILY_INDEX_6)->state == ROUTE_UNKNOWN;
}

static void starting(struct verdict *verdict)
{
    memset(verdict, 0, sizeof(*verdict));
    verdict->state = STATE_UNKNOWN;
    text_format(verdict->summary, sizeof(verdict->summary), "starting: nothing is known yet");
    for (size_t i = 0; i < CHECK_COUNT; i++) {
        verdict->checks[i].id = (enum check_id)i;
        verdict->checks[i].state = STATE_UNKNOWN;
        text_format(verdict->checks[i].summary, sizeof(verdict->checks[i].summary), "starting");
    }
}

void screen_draw(struct screen *screen, const struct model *model, const struct verdict *verdict,
    const struct screen_progress *progress)
{
    static const struct screen_progress idle;
    if (!screen || !model || !verdict)
        return;
    if (!progress)
        progress = &idle;
    if (!screen->dirty && !drawn_differs(&screen->drawn, model, verdict, progress))
        return;
    screen_send(screen);
    if (terminal_waiting()) {
        screen->dirty = true;
        return;
    }
    /* A newer word of the work under way replaces the answer to the last key. */
    if (progress->note[0] && strcmp(progress->note, screen->drawn.progress.note) != 0)
        screen->ui.note[0] = '\0';
    screen->dirty = false;
    drawn_keep(&screen->drawn, model, verdict, progress);
    if (!screen->frozen)
        routes_read(model, &screen->routes);
    if (nothing_known(model)) {
        starting(&screen->starting);
        verdict = &screen->starting;
    }
    struct picture picture = picture_of(screen, model, verdict, progress);
    struct area area = terminal_area();
    struct spot spot = {0, 0, false};
    terminal_clear();
    compose_draw(&area, &picture, &screen->ui, &screen->page, &spot);
    terminal_flush(&area, spot.row, spot.column, spot.visible);
}

/* Not between the pieces of a picture. */
static void tell_terminal(struct screen *screen)
{
    if (terminal_waiting())
        return;
    if (screen->alarm.retitle && terminal_title(screen->alarm.title))
        screen->alarm.retitle = false;
    if ((screen->alarm.bell || screen->alarm.notice != NOTICE_NONE) &&
        terminal_alarm(screen->alarm.bell, screen->alarm.notice, screen->alarm.text)) {
        screen->alarm.bell = false;
        screen->alarm.notice = NOTICE_NONE;
    }
}

void screen_alarm(struct screen *screen, bool bell, enum notice notice, const char *text)
{
    if (!screen)
        return;
    screen->alarm.bell |= bell;
    screen->alarm.notice = notice;
    text_format(screen->alarm.text, sizeof(screen->alarm.text), "%s", text);
    tell_terminal(screen);
}

void screen_title(struct screen *screen, const char *title)
{
    if (!screen)
        return;
    if (strcmp(title, screen->alarm.title) != 0) {
        text_format(screen->alarm.title, sizeof(screen->alarm.title), "%s", title);
        screen->alarm.retitle = true;
    }
    tell_terminal(screen);
}

bool screen_waiting(const struct screen *screen)
{
    return screen && terminal_waiting();
}

void screen_send(struct screen *screen)
{
    if (!screen)
        return;
    terminal_send();
    tell_terminal(screen);
}

void screen_resize(struct screen *screen)
{
    if (!screen)
        return;
    terminal_resized();
    screen->dirty = true;
}

void screen_suspend(struct screen *screen)
{
    if (screen)
        terminal_suspend();
}

void screen_resume(struct screen *screen)
{
    if (!screen)
        return;
    terminal_resume();
    screen->alarm.retitle = screen->alarm.title[0] != '\0';
    tell_terminal(screen);
    screen->dirty = true;
}

void screen_crash_restore(void)
{
    terminal_crash_restore();
}

bool screen_masked(const struct screen *screen)
{
    return screen && screen->mask;
}
