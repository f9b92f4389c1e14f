/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/screen/intend.h"

#include <stdio.h>
#include <string.h>

#include "base/name.h"
#include "base/text.h"
#include "model/intended.h"
#include "views/screen/cells.h"
#include "views/screen/lookups.h"

static bool leaks(const struct lookup *lookup)
{
    return lookup->exposure == EXPOSURE_EXPOSED || lookup->exposure == EXPOSURE_BYPASS;
}

const char *intend_refusal(const struct lookup *lookup)
{
    if (lookup->own)
        return "that is leaktop's own probe: counted nowhere, nothing to mark";
    if (lookup->excuse == EXCUSE_INTENDED)
        return "that is marked as intended already";
    if (lookup->excuse != EXCUSE_NONE)
        return "that is no leak already (Enter says why): nothing to mark";
    if (leaks(lookup))
        return lookup->settled ? NULL
                               : "who asked is still being found out: a moment, then a again";
    switch (lookup->exposure) {
    case EXPOSURE_TUNNELLED:
        return "that left by the tunnel: no leak, nothing to mark";
    case EXPOSURE_INTERNAL:
        return "that did not leave this machine: no leak, nothing to mark";
    case EXPOSURE_LAN:
        return "that stayed on the local link: no leak, nothing to mark";
    case EXPOSURE_OPEN:
        return "nothing was expected when that left: no leak, nothing to mark";
    case EXPOSURE_BOOTSTRAP:
    case EXPOSURE_UNKNOWN:
    case EXPOSURE_EXPOSED:
    case EXPOSURE_BYPASS:
    case EXPOSURE_COUNT:
        break;
    }
    return "that is no leak: nothing to mark";
}

bool intend_offered(const struct picture *picture, const struct ui *ui)
{
    const struct lookup *lookup = NULL;
    if (ui->popup == POPUP_LOOKUP)
        lookup = &ui->popup_lookup;
    else if (ui->popup == POPUP_NONE && (ui->view == PLACE_LOOKUPS || ui->on_lookups))
        lookup = lookups_selected(picture, ui);
    return lookup && !intend_refusal(lookup);
}

/* The look-up's name as a rule has it, or with all below it. False where no rule can say it: it has
 * none, or is too long, or begins with a star, which a rule would take for a pattern. */
static bool name_part(const struct lookup *lookup, bool below, char *out, size_t size)
{
    char name[NAME_TEXT_MAX], part[NAME_TEXT_MAX + 4];
    if (lookup->name_length <= 1)
        return false;
    name_format(lookup->name, lookup->name_length, name);
    if (!below && strncmp(name, "*.", 2) == 0)
        return false;
    text_format(part, sizeof(part), "%s%s", below ? "*." : "", name);
    if (strlen(part) >= size)
        return false;
    text_format(out, size, "%s", part);
    return true;
}

size_t intend_propose(const struct model *model, const struct lookup *lookup,
    struct intended rules[static INTEND_RULES])
{
    const char *program = lookup->forwarded ? "" : lookup->process.name;
    const char *interface = model_interface_name(model, lookup->interface);
    size_t count = 0;
    memset(rules, 0, INTEND_RULES * sizeof(*rules));
    struct intended *rule = &rules[count++];
    text_format(rule->program, sizeof(rule->program), "%s", program);
    bool named = name_part(lookup, false, rule->name, sizeof(rule->name));
    if (!named || !program[0])
        rule->resolver = lookup->resolver;
    if (program[0]) {
        rule = &rules[count++];
        text_format(rule->program, sizeof(rule->program), "%s", program);
    }
    if (name_part(lookup, true, rules[count].name, sizeof(rules[count].name)))
        count++;
    rule = &rules[count++];
    rule->resolver = lookup->resolver;
    text_format(rule->interface, sizeof(rule->interface), "%s", interface);
    rule = &rules[count++];
    text_format(rule->interface, sizeof(rule->interface), "%s", interface);
    return count;
}

struct intend_cover intend_covers(const struct model *model, const struct intended *rule)
{
    struct intend_cover cover = {0, 0};
    uint64_t newest = model_lookup_newest(model);
    for (uint64_t serial = model_lookup_oldest(model); serial != 0 && serial <= newest; serial++) {
        const struct lookup *lookup = model_lookup(model, serial);
        if (!lookup || lookup->own || !leaks(lookup))
            continue;
        cover.leaks++;
        if (model_rule_fits(model, rule, lookup))
            cover.covered++;
    }
    return cover;
}

const char *intend_words(const struct picture *picture, const struct intended *rule, size_t width,
    char *out, size_t size)
{
    char address[ADDRESS_TEXT], name[sizeof(rule->name)] = "", before[PROCESS_NAME + 16],
                                after[INTERFACE_NAME + ADDRESS_TEXT + 32];
    bool below = strncmp(rule->name, "*.", 2) == 0, resolver = rule->resolver.family != FAMILY_NONE;
    const char *shown = picture->mask ? picture_hidden : rule->name + (below ? 2 : 0);
    text_format(before, sizeof(before), "%s asks %s", rule->program[0] ? rule->program : "anybody",
        rule->name[0] ? "for " : "anything");
    text_format(after, sizeof(after), "%s%s%s%s%s", below ? " and below" : "",
        resolver ? " of " : "", resolver ? picture_address(picture, &rule->resolver, address) : "",
        rule->interface[0] ? " by " : "", rule->interface);
    size_t others = strlen(before) + strlen(after);
    /* The end of a name says most. */
    if (rule->name[0])
        cells_fit(shown, width > others + 8 ? width - others : 8, true, name, sizeof(name));
    text_format(out, size, "%s%s%s", before, name, after);
    return out;
}

const char *intend_line(
    const struct picture *picture, const struct intended *rule, char *out, size_t size)
{
    struct intended shown = *rule;
    char text[INTENDED_TEXT];
    if (picture->mask && rule->name[0])
        text_format(shown.name, sizeof(shown.name), "%s", picture_hidden);
    text_format(out, size, "rule = %s", intended_format(&shown, text, sizeof(text)));
    return out;
}

/* "> 1  dig asks for shop.example.com          1 of 3 leaks", as wide as the page. */
static void add_rule(struct page *page, const struct picture *picture, const struct intended *rule,
    size_t number, bool selected)
{
    char words[PICTURE_TEXT * 2], fitted[PAGE_WIDTH], covers[40], line[PAGE_WIDTH];
    struct intend_cover cover = intend_covers(picture->model, rule);
    text_format(covers, sizeof(covers), "%u of %u leak%s", cover.covered, cover.leaks,
        cover.leaks == 1 ? "" : "s");
    int room = page->width > (int)strlen(covers) + 7 ? page->width - (int)strlen(covers) - 7 : 0;
    intend_words(picture, rule, (size_t)room, words, sizeof(words));
    cells_fit(words, (size_t)room, false, fitted, sizeof(fitted));
    text_format(line, sizeof(line), "%c %zu  %-*s  %s", selected ? '>' : ' ', number + 1, room,
        fitted, covers);
    page_add(page, "", selected ? (unsigned)PAINT_STRONG | PAINT_SELECTED : PAINT_PLAIN, line);
}

static void add_rules(struct page *page, const struct picture *picture, const struct ui *ui)
{
    int indent = page->indent;
    bool list = indent > 0;
    page->indent = 0;
    for (size_t i = 0; i < ui->rule_count && list; i++)
        add_rule(page, picture, &ui->rules[i], i, i == ui->rule);
    if (!list) {
        char words[PICTURE_TEXT * 2];
        page_add(page, "", PAINT_STRONG,
            intend_words(picture, &ui->rules[ui->rule], SIZE_MAX, words, sizeof(words)));
    }
    page->indent = indent;
}

void intend_page(struct page *page, const struct area *screen, const struct picture *picture,
    const struct ui *ui)
{
    char text[512], covers[48], line[INTENDED_TEXT + 16];
    const struct intended *rule = &ui->rules[ui->rule];
    struct intend_cover cover = intend_covers(picture->model, rule);
    page_start(page, page_popup_width(screen));
    text_format(page->title, sizeof(page->title), "mark as intended?");
    text_format(page->right, sizeof(page->right), "rule %zu of %zu", ui->rule + 1, ui->rule_count);
    add_rules(page, picture, ui);
    page_add(page, "", PAINT_PLAIN, "");
    if (cover.leaks == 1)
        text_format(covers, sizeof(covers), "the one leak");
    else
        text_format(covers, sizeof(covers), "%u of the %u leaks", cover.covered, cover.leaks);
    text_format(text, sizeof(text),
        "no leak any more, until leaktop ends: %s in the list, and what fits from now on. Shown "
        "all the same, as intended.",
        covers);
    page_add(page, "Then", PAINT_PLAIN, text);
    if (!rule->name[0] && !(rule->program[0] && rule->resolver.family != FAMILY_NONE))
        page_add(page, "", PAINT_WARN,
            rule->program[0]
                ? "Wide: whatever that program asks outside the tunnel is no leak any more."
                : "Wide: whoever asks whatever that way outside the tunnel is no leak any more.");
    page_add(page, "", PAINT_PLAIN, "");
    page_add(page, "Keep it", PAINT_PLAIN, "in ~/.config/leaktop/leaktop.conf, below [intended]:");
    page_add(page, "", PAINT_STRONG, intend_line(picture, rule, line, sizeof(line)));
}

const char *intend_ask(struct ui *ui, const struct picture *picture)
{
    bool detail = ui->popup == POPUP_LOOKUP;
    if (!detail && ui->view == PLACE_DASHBOARD && !ui->on_lookups)
        return "a marks a look-up: Tab goes to them";
    const struct lookup *lookup = detail ? &ui->popup_lookup : lookups_selected(picture, ui);
    if (!lookup)
        return "there is no look-up to mark";
    /* What was learned since the view was frozen counts. */
    const struct lookup *now = model_lookup(picture->model, lookup->serial);
    lookup = now ? now : lookup;
    const char *refusal = intend_refusal(lookup);
    if (refusal)
        return refusal;
    ui->rule_count = intend_propose(picture->model, lookup, ui->rules);
    ui->rule = 0;
    ui->intend_detail = detail;
    return NULL;
}

void intend_key(struct ui *ui, int key)
{
    size_t count = ui->rule_count, before = ui->rule;
    if (key == TERMINAL_PAGE_DOWN || key == TERMINAL_PAGE_UP)
        ui->scroll += key == TERMINAL_PAGE_DOWN ? ui->page_rows : -ui->page_rows;
    else if (key == 'a' || key == 'j' || key == TERMINAL_DOWN || key == TERMINAL_TAB)
        ui->rule = (ui->rule + 1) % count;
    else if (key == 'k' || key == TERMINAL_UP || key == TERMINAL_BACK_TAB)
        ui->rule = (ui->rule + count - 1) % count;
    else if (key >= '1' && key < '1' + (int)count)
        ui->rule = (size_t)(key - '1');
    if (ui->rule != before)
        ui->scroll = 0;
}
