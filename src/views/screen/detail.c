/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/screen/detail.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "model/intended.h"
#include "views/screen/frame.h"
#include "views/screen/intend.h"
#include "views/screen/outside.h"

static void add_text(struct page *page, const struct picture *picture, const char *label,
    unsigned paint, const char *text)
{
    char plain[PICTURE_TEXT];
    page_add(page, label, paint, picture_text(picture, text, plain, sizeof(plain)));
}

static void add_numbered(struct page *page, const struct picture *picture, const char *label,
    const char (*lines)[EVIDENCE_TEXT], size_t count)
{
    char plain[PICTURE_TEXT], text[PICTURE_TEXT + 8];
    for (size_t i = 0; i < count; i++) {
        picture_text(picture, lines[i], plain, sizeof(plain));
        if (count > 1)
            text_format(text, sizeof(text), "%zu  %s", i + 1, plain);
        else
            text_format(text, sizeof(text), "%s", plain);
        page_add(page, i == 0 ? label : "", PAINT_PLAIN, text);
    }
}

/* What the check rests on beyond its evidence. */
static void add_sections(struct page *page, const struct picture *picture, enum check_id id)
{
    if (model_capture(picture->model)->file)
        return;
    if (id == CHECK_DNS) {
        outside_egress(page, picture);
        outside_settings(page, picture);
        outside_probes(page, picture, 6);
    }
    if (id == CHECK_PUBLIC_IP)
        outside_services(page, picture);
    if (id == CHECK_DNS || id == CHECK_PUBLIC_IP)
        outside_schedule(page, picture);
}

void detail_check(
    struct page *page, const struct area *screen, const struct picture *picture, enum check_id id)
{
    char clock[TIME_TEXT];
    const struct check *check = &picture->shown->checks[id];
    page_start(page, page_popup_width(screen));
    page->state = check->state;
    snprintf(page->title, sizeof(page->title), "%s: %c %s", check_word(id),
        state_symbol(check->state), state_word(check->state));
    snprintf(page->right, sizeof(page->right), "%s%s",
        check->checked_ns ? "checked " : "not checked yet",
        check->checked_ns ? time_format_clock(check->checked_ns, clock) : "");
    page_add(page, "Question", PAINT_PLAIN, check_question(id));
    page_add(page, "", PAINT_PLAIN, "");
    add_text(page, picture, "Saw", PAINT_STRONG, check->summary);
    if (check->means[0]) {
        page_add(page, "", PAINT_PLAIN, "");
        add_text(page, picture, "Means", PAINT_PLAIN, check->means);
    }
    page_add(page, "", PAINT_PLAIN, "");
    if (check->evidence_count == 0)
        page_add(page, "Evidence", PAINT_DIM, "none");
    add_numbered(page, picture, "Evidence", check->evidence, check->evidence_count);
    if (check->advice_count > 0) {
        page_add(page, "", PAINT_PLAIN, "");
        add_numbered(page, picture, "Do", check->advice, check->advice_count);
    }
    add_sections(page, picture, id);
    page_add(page, "", PAINT_PLAIN, "");
    page_add(page, "Not seen", PAINT_DIM,
        "cookies, logins, fingerprints, what was written, file metadata; see doc/limits.md");
}

void detail_evidence(const struct area *area, const struct picture *picture, enum check_id id)
{
    const struct check *check = &picture->shown->checks[id];
    char plain[PICTURE_TEXT];
    int row = 0, last = check->advice_count > 0 ? area->rows - 2 : area->rows;
    if (check->evidence_count == 0)
        terminal_text(area, 0, 0, -1, PAINT_DIM, "none");
    for (size_t i = 0; i < check->evidence_count && row < last; i++) {
        picture_text(picture, check->evidence[i], plain, sizeof(plain));
        struct area rest = {area->row, area->column, last, area->columns};
        row += frame_wrapped(&rest, row, 0, PAINT_PLAIN, plain);
    }
    if (check->advice_count == 0)
        return;
    char text[PICTURE_TEXT + 8];
    snprintf(text, sizeof(text), "do: %s",
        picture_text(picture, check->advice[0], plain, sizeof(plain)));
    frame_wrapped(area, last, 0, PAINT_STRONG, text);
}

void detail_clear(struct page *page, const struct area *screen, const struct picture *picture)
{
    char text[PICTURE_TEXT], clock[TIME_TEXT];
    const struct latched *latched = model_latched(picture->model);
    page_start(page, page_popup_width(screen));
    snprintf(page->title, sizeof(page->title), "clear the leak?");
    uint64_t last_ns = latched->last_ns > latched->stun_ns ? latched->last_ns : latched->stun_ns;
    char stun[64] = "";
    if (latched->stun > 0)
        snprintf(stun, sizeof(stun), "%s%llu STUN request%s", latched->leaks ? " and " : "",
            (unsigned long long)latched->stun, latched->stun == 1 ? "" : "s");
    if (latched->leaks > 0)
        snprintf(text, sizeof(text),
            "%llu look-up%s%s that leaked, the last at %s, will no longer make the verdict. The "
            "list of leaks keeps them.",
            (unsigned long long)latched->leaks, latched->leaks == 1 ? "" : "s", stun,
            time_format_clock(last_ns, clock));
    else if (latched->stun > 0)
        snprintf(text, sizeof(text),
            "%s outside the tunnel, the last at %s, will no longer make the verdict. The list of "
            "leaks keeps them.",
            stun, time_format_clock(last_ns, clock));
    else
        snprintf(text, sizeof(text),
            "What leaked up to now will no longer make the verdict. The "
            "list of leaks keeps it.");
    page_add(page, "", PAINT_PLAIN, text);
    page_add(page, "", PAINT_PLAIN, "");
    page_add(page, "", PAINT_PLAIN,
        "It mends nothing: the next look-up that leaves outside the tunnel is a leak again.");
}

void detail_expect(struct page *page, const struct area *screen, const struct picture *picture,
    enum expectation proposed)
{
    static const char *const will[] = {
        [EXPECT_NONE] =
            "Nothing is counted on: what leaves outside a tunnel is shown as open, and is "
            "no leak.",
        [EXPECT_VPN] =
            "A tunnel is counted on: every look-up that leaves outside it is a leak, also "
            "while it is down.",
        [EXPECT_TOR] = "Tor is counted on: every look-up that leaves by itself, outside Tor, is a "
                       "leak.",
        [EXPECT_COUNT] = "Starts with what is there: once a tunnel has been the web route, it is "
                         "counted on until you say otherwise.",
    };
    char text[PICTURE_TEXT];
    const struct expectation_info *now = model_expectation(picture->model);
    const char *word = proposed == EXPECT_COUNT ? "auto" : expectation_word(proposed);
    page_start(page, page_popup_width(screen));
    snprintf(page->title, sizeof(page->title), "expect %s?", word);
    snprintf(text, sizeof(text), "%s%s", expectation_word(now->expectation),
        now->automatic ? " (auto)" : "");
    page_add(page, "Now", PAINT_PLAIN, text);
    page_add(page, "Then", PAINT_STRONG, word);
    page_add(page, "", PAINT_PLAIN, "");
    page_add(page, "", PAINT_PLAIN, will[proposed <= EXPECT_COUNT ? proposed : EXPECT_NONE]);
    page_add(page, "", PAINT_PLAIN, "Look-ups already seen stay judged as they are.");
}

/* What was marked, here or in the configuration, as lines that can be kept there. */
static void help_rules(struct page *page, const struct picture *picture)
{
    char line[INTENDED_TEXT + 16];
    size_t count = model_intended_count(picture->model);
    if (count == 0)
        return;
    page_add(page, "", PAINT_PLAIN, "");
    page_add(
        page, "", PAINT_STRONG, "Intended, as the configuration file keeps it below [intended]:");
    for (size_t i = 0; i < count; i++)
        page_add(page, "", PAINT_PLAIN,
            intend_line(picture, model_intended_at(picture->model, i), line, sizeof(line)));
}

void detail_help(struct page *page, const struct area *screen, const struct picture *picture)
{
    page_start(page, page_popup_width(screen));
    snprintf(page->title, sizeof(page->title), "help");
    snprintf(page->right, sizeof(page->right), "leaktop " LEAKTOP_VERSION);
    char text[PICTURE_TEXT];
    bool wide = page->indent > 0;
    for (size_t i = 0; i < keys_count(); i++) {
        const struct key *key = keys_at(i), *next = keys_at(i + 1);
        char show[64], help[PAGE_WIDTH];
        snprintf(show, sizeof(show), "%s", key->show);
        snprintf(help, sizeof(help), "%s", key->help);
        /* Keys that go together share a line, so that all of them fit 80x24. */
        bool pair =
            next && ((key->action == ACTION_UP && next->action == ACTION_DOWN) ||
                        (key->action == ACTION_RECHECK && next->action == ACTION_RECHECK_ALL) ||
                        (key->action == ACTION_DASHBOARD && next->action == ACTION_LOOKUPS) ||
                        (key->action == ACTION_BEFORE && next->action == ACTION_BASELINE) ||
                        (key->action == ACTION_FILTER && next->action == ACTION_SORT) ||
                        (key->action == ACTION_OBSERVERS && next->action == ACTION_APPS) ||
                        (key->action == ACTION_BACK && next->action == ACTION_PAUSE) ||
                        (key->action == ACTION_OUTSIDE && next->action == ACTION_ALL_PEOPLE) ||
                        (key->action == ACTION_EXTENDED && next->action == ACTION_PUBLIC) ||
                        (key->action == ACTION_LEAK && next->action == ACTION_CLEAR) ||
                        (key->action == ACTION_INTEND && next->action == ACTION_EXPECT) ||
                        (key->action == ACTION_EXPORT && next->action == ACTION_MASK) ||
                        (key->action == ACTION_REDRAW && next->action == ACTION_SUSPEND) ||
                        (key->action == ACTION_HELP && next->action == ACTION_QUIT));
        if (key->action == ACTION_PAGE_UP) {
            /* Four that move far, on one. */
            snprintf(show, sizeof(show), "PgUp/Dn Home End");
            snprintf(help, sizeof(help), "a page; first line (look-ups: follow newest), last line");
            i += 3;
        } else if (pair) {
            snprintf(show, sizeof(show), "%s  %s", key->show, next->show);
            snprintf(help, sizeof(help), "%s; %s", key->help, next->help);
            i++;
        }
        /* All that is view 5's alone, on one. */
        while (key->action == ACTION_TIMELINE && keys_at(i + 1) &&
               keys_at(i + 1)->places == PLACE_TIMELINE) {
            size_t shown = strlen(show), told = strlen(help);
            next = keys_at(++i);
            snprintf(show + shown, sizeof(show) - shown, "  %s", next->show);
            snprintf(help + told, sizeof(help) - told, "; %s", next->help);
        }
        snprintf(text, sizeof(text), wide ? "%-17s%s" : "%s: %s", show, help);
        size_t before = page->count;
        int indent = page->indent;
        page->indent = 0;
        page_add(page, "", PAINT_PLAIN, text);
        page->indent = indent;
        if (page->count > before)
            page->lines[before].lead = (int)strlen(show);
    }
    static const char *const notes[] = {
        "Symbols: + ok  ! warn  X leak  ? unknown  - off  o unprotected",
        "Filter: text, name~part, app= exposure= iface= to= (all must match)",
        "Rows: X exposed, bypass leaked; + tunnelled; ! lan; o open, intended",
        "Outside leaktop: cookies, logins, browser fingerprints, what you write, file metadata: a "
        "hidden address does not hide these, and no check of leaktop's speaks of them",
    };
    page->indent = 0;
    for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
        size_t before = page->count;
        page_add(page, "", PAINT_PLAIN, notes[i]);
        if (page->count > before)
            page->lines[before].lead = (int)strcspn(notes[i], ":") + 1;
    }
    help_rules(page, picture);
}
