/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "model/history.h"
#include "views/screen/lanes.h"
#include "views/screen/timeline.h"

#define MINUTE_NS (60ULL * 1000000000ULL)
#define AROUND_NS (5ULL * 1000000000ULL)

static const char *mark_words(const struct event *event)
{
    switch (event->mark) {
    case STATE_OK:
        return "as it should be";
    case STATE_WARN:
        return "something may leave outside the tunnel";
    case STATE_LEAK:
        return "something left outside the tunnel";
    case STATE_UNKNOWN:
        return "what left meanwhile was not seen";
    case STATE_OFF:
    case STATE_UNPROTECTED:
    case STATE_COUNT:
        break;
    }
    return "neither good nor bad by itself";
}

/* The drop that began or ended with this event. */
static void add_drop(struct page *page, const struct picture *picture, const struct event *event)
{
    char text[PICTURE_TEXT], from[TIME_TEXT], to[TIME_TEXT], span[TIME_TEXT], held[48] = "";
    if (strcmp(event->kind, "tunnel") != 0)
        return;
    for (size_t i = 0; i < model_drop_count(picture->model); i++) {
        const struct drop *drop = model_drop_at(picture->model, i);
        if (drop->start_ns != event->time_ns && drop->end_ns != event->time_ns)
            continue;
        time_format_millis(drop->start_ns, from);
        if (drop->end_ns)
            text_format(text, sizeof(text), "%s to %s, %s", from,
                time_format_millis(drop->end_ns, to),
                time_format_span(drop->end_ns - drop->start_ns, span));
        else
            text_format(text, sizeof(text), "since %s, still down", from);
        page_add(page, "Drop", PAINT_PLAIN, text);
        if (drop->held_known)
            snprintf(
                held, sizeof(held), "; %llu packets held back", (unsigned long long)drop->held);
        text_format(text, sizeof(text), "%u look-up%s and %u connection%s left outside meanwhile%s",
            (unsigned)drop->lookups_left, drop->lookups_left == 1 ? "" : "s",
            (unsigned)drop->connects_left, drop->connects_left == 1 ? "" : "s", held);
        page_add(
            page, "", drop->lookups_left || drop->connects_left ? PAINT_LEAK : PAINT_PLAIN, text);
    }
}

/* What was counted in the minute around it. */
static void add_counts(struct page *page, const struct picture *picture, const struct event *event)
{
    char text[PICTURE_TEXT];
    struct history_span span;
    uint64_t minute = event->time_ns / MINUTE_NS * MINUTE_NS;
    history_read(picture_history(picture), minute, minute + MINUTE_NS, &span);
    text_format(text, sizeof(text),
        "in that minute: look-ups %u tunnelled, %u exposed, %u bypass, %u lan, %u open; %u "
        "STUN requests and %u connections outside",
        (unsigned)span.counts[HISTORY_TUNNELLED], (unsigned)span.counts[HISTORY_EXPOSED],
        (unsigned)span.counts[HISTORY_BYPASS], (unsigned)span.counts[HISTORY_LAN],
        (unsigned)span.counts[HISTORY_OPEN], (unsigned)span.counts[HISTORY_STUN],
        (unsigned)span.counts[HISTORY_CONNECTIONS]);
    page_add(page, "Counted", PAINT_PLAIN, span.began ? text : "nothing is known of that minute");
}

static bool near(const struct event *a, const struct event *b)
{
    uint64_t apart = a->time_ns > b->time_ns ? a->time_ns - b->time_ns : b->time_ns - a->time_ns;
    return apart <= AROUND_NS;
}

/* What came just before and after, in the order in which it came. */
static void add_around(struct page *page, const struct picture *picture, const struct event *event)
{
    char line[PICTURE_TEXT + TIME_TEXT + 32], text[PICTURE_TEXT], clock[TIME_TEXT];
    const struct event *other;
    uint64_t first = event->serial;
    while ((other = picture_event(picture, first - 1)) && near(event, other) &&
           event->serial - first < 8)
        first--;
    const char *label = "Around it";
    for (uint64_t serial = first; (other = picture_event(picture, serial)) && serial < first + 16;
         serial++) {
        if (!near(event, other))
            break;
        text_format(line, sizeof(line), "%s %c %s: %s", time_format_millis(other->time_ns, clock),
            other->mark == STATE_COUNT ? ' ' : state_symbol(other->mark), other->kind,
            picture_text(picture, other->text, text, sizeof(text)));
        page_add(page, label, other->serial == event->serial ? PAINT_STRONG : PAINT_PLAIN, line);
        label = "";
    }
}

void timeline_page(struct page *page, const struct area *screen, const struct picture *picture,
    const struct ui *ui)
{
    char text[PICTURE_TEXT], clock[TIME_TEXT];
    const struct event *event = &ui->popup_event;
    page_start(page, page_popup_width(screen));
    bool marked = event->mark != STATE_COUNT;
    page->state = event->mark;
    if (marked)
        snprintf(page->title, sizeof(page->title), "%s: %c %s", event->kind,
            state_symbol(event->mark), state_word(event->mark));
    else
        snprintf(page->title, sizeof(page->title), "%s", event->kind);
    snprintf(page->right, sizeof(page->right), "%s", time_format_millis(event->time_ns, clock));
    page_add(
        page, "Happened", PAINT_STRONG, picture_text(picture, event->text, text, sizeof(text)));
    if (event->interface[0])
        page_add(page, "Interface", PAINT_PLAIN, event->interface);
    page_add(page, "Time", PAINT_PLAIN, time_format_rfc3339(event->time_ns, clock));
    page_add(
        page, "Says", marked ? paint_state(event->mark) : (unsigned)PAINT_DIM, mark_words(event));
    add_drop(page, picture, event);
    add_counts(page, picture, event);
    add_around(page, picture, event);
}
