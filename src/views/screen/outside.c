/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/screen/outside.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "views/screen/outside_text.h"

/* A section's first line has its label, the others go on under it. */
struct section {
    struct page *page;
    const struct picture *picture;
    const char *label; /* "" once it was written */
};

static struct section begin(struct page *page, const struct picture *picture, const char *label)
{
    return (struct section){page, picture, label};
}

static void add(struct section *section, unsigned paint, const char *text)
{
    char plain[2 * PICTURE_TEXT];
    if (section->label[0] && section->page->count > 0)
        page_add(section->page, "", PAINT_PLAIN, "");
    page_add(section->page, section->label, paint,
        picture_text(section->picture, text, plain, sizeof(plain)));
    section->label = "";
}

/* ---- egress resolvers ---- */

static void add_resolver(struct section *section, const struct egress_resolver *egress)
{
    const struct model *model = section->picture->model;
    char text[OUTSIDE_TEXT];
    add(section, PAINT_STRONG, outside_resolver_text(model, egress, text));
    add(section, PAINT_PLAIN, outside_ways_text(model, egress, text));
    add(section, PAINT_DIM, outside_traits_text(egress, text));
    if (egress->subnet[0]) {
        text_format(text, sizeof(text), "gives away a part of your address: \x02%s\x03 (ECS)",
            egress->subnet);
        add(section, PAINT_WARN, text);
    }
}

void outside_egress(struct page *page, const struct picture *picture)
{
    const struct model *model = picture->model;
    struct section section = begin(page, picture, "Egress");
    char text[OUTSIDE_TEXT];
    size_t count = model_egress_count(model);
    for (enum test_kind kind = 0; kind < TEST_KINDS; kind++)
        if (model_test(model, kind)->serial)
            add(&section, PAINT_DIM, outside_test_text(model_test(model, kind), text));
    /* Those of the newest test first. */
    for (int newest = 1; newest >= 0; newest--)
        for (size_t i = 0; i < count; i++) {
            const struct egress_resolver *egress = model_egress_at(model, i);
            bool now = egress->test == outside_newest_test(model);
            if (now == (newest == 1))
                add_resolver(&section, egress);
        }
    if (count == 0)
        add(&section, PAINT_DIM, "no resolver is known that asked the world for us");
}

void outside_probes(struct page *page, const struct picture *picture, size_t most)
{
    const struct model *model = picture->model;
    struct section section = begin(page, picture, "Names");
    char text[OUTSIDE_TEXT];
    for (size_t i = model_probe_count(model); i-- > 0 && most > 0; most--) {
        const struct probe *probe = model_probe_at(model, i);
        if (!probe)
            continue;
        judge_probe_life(model, probe, text, sizeof(text));
        add(&section, outside_probe_paint(probe), text);
        enum state ends = judge_probe_ends(model, probe, text, sizeof(text));
        if (text[0] && ends != STATE_OFF)
            add(&section, ends == STATE_WARN ? PAINT_WARN : PAINT_DIM, text);
    }
    if (model_probes_held_reason(model)[0]) {
        text_format(text, sizeof(text), "held back: %s", model_probes_held_reason(model));
        add(&section, PAINT_WARN, text);
    }
}

/* ---- the public address ---- */

static void add_said(struct section *section, const struct said *said)
{
    char text[OUTSIDE_TEXT], clock[TIME_TEXT], address[ADDRESS_TEXT];
    const struct model *model = section->picture->model;
    switch (said->outcome) {
    case SAID_PENDING:
        text_format(text, sizeof(text), "  %s: being asked since %s", said->service,
            time_format_clock(said->asked_ns, clock));
        break;
    case SAID_ADDRESS:
        text_format(text, sizeof(text), "  %s: \x02%s\x03 by %s, %s", said->service,
            address_format(&said->address, address), model_interface_name(model, said->interface),
            time_format_clock(said->done_ns, clock));
        break;
    case SAID_FAILED:
        text_format(text, sizeof(text), "  %s: %s, %s", said->service, said->reason,
            time_format_clock(said->done_ns, clock));
        break;
    }
    add(section, said->outcome == SAID_FAILED ? PAINT_WARN : PAINT_PLAIN, text);
    if (said->provider[0] && said->using != TERNARY_UNKNOWN) {
        text_format(text, sizeof(text), "    %s says: you are %susing %s", said->provider,
            said->using == TERNARY_YES ? "" : "not ", said->provider);
        add(section, PAINT_DIM, text);
    }
}

void outside_services(struct page *page, const struct picture *picture)
{
    static const char *const words[FAMILY_INDEXES] = {"IPv4", "IPv6"};
    struct section section = begin(page, picture, "Services");
    char text[OUTSIDE_TEXT], kind[OUTSIDE_TEXT];
    for (size_t f = 0; f < FAMILY_INDEXES; f++) {
        const struct public_address *seen = model_public(picture->model, (enum family)f);
        if (!seen->asked_ever)
            continue;
        text_format(text, sizeof(text), "%s: ", words[f]);
        outside_public_text(
            picture->model, (enum family)f, text + strlen(text), sizeof(text) - strlen(text));
        add(&section, PAINT_STRONG, text);
        if (outside_kind_text(seen, kind, sizeof(kind))[0])
            add(&section, PAINT_WARN, kind);
        for (size_t i = 0; i < seen->said_count; i++)
            add_said(&section, &seen->said[i]);
    }
}

/* ---- what is set ---- */

void outside_settings(struct page *page, const struct picture *picture)
{
    const struct model *model = picture->model;
    const struct resolver_setup *setup = model_resolver_setup(model);
    struct section section = begin(page, picture, "Set");
    char text[OUTSIDE_TEXT];
    if (setup->trouble[0]) {
        text_format(text, sizeof(text), "/etc/resolv.conf: %s", setup->trouble);
        add(&section, PAINT_WARN, text);
    }
    for (size_t i = 0; i < model_configured_count(model); i++) {
        const struct configured_resolver *resolver = model_configured_at(model, i);
        add(&section, outside_configured_paint(model, resolver),
            outside_configured_text(model, resolver, text));
    }
    if (model_configured_count(model) == 0)
        add(&section, PAINT_DIM, "no resolver is configured, or none is known");
    /* What can leak first. */
    for (int plain = 0; plain < 2; plain++)
        for (size_t i = 0; i < model_setting_count(model); i++) {
            const struct setting *setting = model_setting_at(model, i);
            if ((setting->state == STATE_OFF) != (plain == 1))
                continue;
            text_format(text, sizeof(text), "%s: %s: %s%s%s", setting->source, setting->what,
                setting->value, setting->why[0] ? "; " : "", setting->why);
            add(&section, plain ? PAINT_DIM : PAINT_WARN, text);
        }
}

/* ---- what leaktop sends ---- */

void outside_schedule(struct page *page, const struct picture *picture)
{
    struct section section = begin(page, picture, "Sends");
    char text[OUTSIDE_TEXT];
    for (enum activity activity = 0; activity < ACTIVITIES; activity++)
        if (outside_activity_text(picture->model, activity, text, sizeof(text))[0])
            add(&section, PAINT_PLAIN, text);
}

const char *outside_schedule_line(const struct picture *picture, char *out, size_t size)
{
    char text[OUTSIDE_TEXT];
    out[0] = '\0';
    for (enum activity activity = 0; activity < ACTIVITIES; activity++) {
        size_t used = strlen(out);
        if (outside_activity_text(picture->model, activity, text, sizeof(text))[0])
            text_format(out + used, size - used, "%s%s", used ? "   " : "", text);
    }
    return out;
}

void outside_page(struct page *page, const struct area *screen, const struct picture *picture)
{
    page_start(page, page_popup_width(screen));
    snprintf(page->title, sizeof(page->title), "as the outside sees it");
    outside_egress(page, picture);
    outside_services(page, picture);
    outside_settings(page, picture);
    outside_schedule(page, picture);
    outside_probes(page, picture, 24);
    page_add(page, "", PAINT_PLAIN, "");
    page_add(page, "Not seen", PAINT_DIM,
        "cookies, logins, fingerprints, what was written, file metadata; see doc/limits.md");
}

void outside_send_page(struct page *page, const struct area *screen, const struct picture *picture,
    enum test_kind kind)
{
    bool public = kind == TEST_PUBLIC;
    char text[OUTSIDE_TEXT];
    (void)picture;
    page_start(page, page_popup_width(screen));
    snprintf(page->title, sizeof(page->title), "%s?",
        public ? "ask the public resolvers" : "extended test");
    page_add(page, "Sends", PAINT_STRONG,
        public
            ? "a few names of its own to each of Cloudflare, Google, Quad9 and OpenDNS"
            : "36 names of its own, all at once, to your resolvers and by the system's own path");
    page_add(page, "Why", PAINT_PLAIN,
        public ? "whether somebody on the way answers for them, and who asks the world then"
               : "behind one resolver may stand many: each name may bring another one to light");
    page_add(page, "Learn", PAINT_PLAIN,
        public ? "these operators learn the address that you have for the world now"
               : "the authorities of the names learn which resolvers ask for you");
    page_add(page, "", PAINT_PLAIN, "");
    text_format(text, sizeof(text), "%s",
        "They take the way that any program's look-ups take now, by which they may leak. While an "
        "expected tunnel is down nothing is sent.");
    page_add(page, "", PAINT_PLAIN, text);
}
