/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/screen/apps_page.h"

#include <stdio.h>
#include <string.h>

#include "base/name.h"
#include "base/text.h"
#include "views/programs.h"
#include "model/intended.h"
#include "views/screen/intend.h"
#include "views/screen/lookups.h"
#include "views/screen/names.h"

/* ---- its names ---- */

static bool is_its(const void *of, const struct lookup *lookup)
{
    return model_app_asked(of, lookup);
}

static void add_names(struct page *page, const struct picture *picture, const struct app *app,
    const struct names *names)
{
    char text[PICTURE_TEXT];
    uint64_t known = names->lookups + names->later;
    names_write(names, page, picture, false);
    if (app->lookups <= known)
        return;
    text_format(text, sizeof(text), "%llu look-ups are too old to be kept one by one",
        (unsigned long long)(app->lookups - known));
    page_add(page, "", PAINT_DIM, text);
}

/* ---- who it is ---- */

static void add_pids(struct page *page, const struct app *app)
{
    enum { KEPT = sizeof(app->pids) / sizeof(app->pids[0]) };
    char text[KEPT * 12 + 32] = "";
    size_t count = 0;
    for (; count < KEPT && app->pids[count]; count++) {
        size_t used = strlen(text);
        text_format(
            text + used, sizeof(text) - used, "%s%d", count ? ", " : "", (int)app->pids[count]);
    }
    if (count == KEPT) {
        size_t used = strlen(text);
        text_format(text + used, sizeof(text) - used, ", and older ones");
    }
    page_add(page, count > 1 ? "Pids" : "Pid", PAINT_PLAIN, count ? text : "not known");
}

static void add_command(struct page *page, const struct picture *picture, const struct names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        const char *command = model_command_of(picture->model, &names->lines[i].newest->process);
        if (!command[0])
            continue;
        page_add(page, "Command", PAINT_PLAIN, picture->mask ? picture_hidden : command);
        return;
    }
}

/* ---- which ways ---- */

static bool is_of(const struct app *app, const char *program, const char *user)
{
    return strcmp(program[0] ? program : "unknown", app->name) == 0 && strcmp(user, app->user) == 0;
}

static void add_connections(struct page *page, const struct picture *picture, const struct app *app)
{
    enum { SHOWN = 8 };
    char text[PICTURE_TEXT], clock[TIME_TEXT], address[ADDRESS_TEXT];
    if (app->connects == 0)
        return;
    text_format(text, sizeof(text), "%llu to public addresses outside %s, last %s by %s",
        (unsigned long long)app->connects, programs_hidden(picture->model),
        time_format_clock(app->connected_ns, clock),
        model_interface_name(picture->model, app->connected_by));
    page_add(page, "Connects", PAINT_WARN, text);
    size_t shown = 0;
    for (size_t i = model_connect_count(picture->model); i-- > 0 && shown < SHOWN;) {
        const struct connect *connect = model_connect_at(picture->model, i);
        if (connect->own || !is_of(app, connect->process.name, connect->process.user))
            continue;
        text_format(text, sizeof(text), "%s %s > %s port %u",
            time_format_clock(connect->time_ns, clock),
            model_interface_name(picture->model, connect->interface),
            picture->mask ? picture_hidden : address_format(&connect->destination, address),
            connect->port);
        page_add(page, "", PAINT_PLAIN, text);
        shown++;
    }
}

/* With the role that each has now. */
static void add_interfaces(struct page *page, const struct picture *picture, const struct app *app)
{
    char text[PROGRAM_TEXT] = "";
    for (size_t i = 0; i < sizeof(app->interfaces) / sizeof(app->interfaces[0]); i++) {
        const struct interface *interface = model_interface(picture->model, app->interfaces[i]);
        size_t used = strlen(text);
        if (app->interfaces[i])
            text_format(text + used, sizeof(text) - used, "%s%s (%s)", used ? ", " : "",
                model_interface_name(picture->model, app->interfaces[i]),
                role_word(interface ? interface->role : ROLE_UNKNOWN));
    }
    page_add(page, "Left by", PAINT_PLAIN, text[0] ? text : "no look-up left");
}

/* What it asked of a Tor client, the newest. */
static void add_tor(struct page *page, const struct picture *picture, const struct app *app)
{
    enum { SHOWN = 12 };
    char text[2 * PICTURE_TEXT], name[NAME_TEXT_MAX], address[ADDRESS_TEXT], clock[TIME_TEXT];
    if (app->tor_names + app->tor_addresses == 0)
        return;
    text_format(text, sizeof(text),
        "%u requests by name, %u by address; of these %u looked up "
        "before",
        (unsigned)app->tor_names, (unsigned)app->tor_addresses, (unsigned)app->tor_looked_up);
    page_add(page, "To Tor", app->tor_looked_up ? PAINT_WARN : PAINT_PLAIN, text);
    size_t shown = 0;
    for (uint64_t serial = model_socks_newest(picture->model); serial > 0 && shown < SHOWN;
         serial--) {
        const struct socks_request *request = model_socks(picture->model, serial);
        if (!request)
            break;
        if (!request->to_tor || !is_of(app, request->program, request->user))
            continue;
        name[0] = '\0';
        if (request->name_length > 0 && !picture->mask)
            name_format(request->name, request->name_length, name);
        bool by_name = request->address.family == FAMILY_NONE;
        address_format(&request->address, address);
        text_format(text, sizeof(text), "%s %c %s%s%s%s port %u",
            time_format_clock(request->time_ns, clock), request->looked_up ? '!' : '+',
            picture->mask ? picture_hidden
            : by_name     ? name
                          : address,
            request->looked_up ? ", looked up as " : "", request->looked_up ? name : "",
            by_name ? "" : " (address)", request->port);
        page_add(page, "", request->looked_up ? PAINT_WARN : PAINT_PLAIN, text);
        shown++;
    }
}

/* The newest servers that it asked for its address (WebRTC), and what they saw. */
static void add_stun(struct page *page, const struct picture *picture, const struct app *app)
{
    enum { SHOWN = 8 };
    char text[PICTURE_TEXT], server[ENDPOINT_TEXT], address[ADDRESS_TEXT], clock[TIME_TEXT];
    if (app->stun == 0)
        return;
    text_format(text, sizeof(text), "%u request%s, %u outside %s", (unsigned)app->stun,
        app->stun == 1 ? "" : "s", (unsigned)app->stun_outside, programs_hidden(picture->model));
    page_add(page, "STUN", app->stun_outside ? PAINT_LEAK : PAINT_PLAIN, text);
    size_t shown = 0;
    for (uint64_t serial = picture_newest(picture); serial > 0 && shown < SHOWN; serial--) {
        const struct lookup *lookup = picture_lookup(picture, serial);
        if (serial < picture_oldest(picture))
            break;
        if (!lookup || lookup->transport != TRANSPORT_STUN ||
            !is_of(app, lookup->process.name, lookup->process.user))
            continue;
        bool learned = lookup->answers[0].family != FAMILY_NONE;
        text_format(text, sizeof(text), "%s %c %s by %s%s%s",
            time_format_clock(lookup->time_ns, clock), exposure_symbol(lookup->exposure),
            picture_resolver(picture, lookup, server),
            model_interface_name(picture->model, lookup->interface), learned ? ", saw " : "",
            learned ? picture_own(picture, &lookup->answers[0], address) : "");
        page_add(page, "", lookups_paint(lookup), text);
        shown++;
    }
}

static void add_ways(struct page *page, const struct picture *picture, const struct app *app)
{
    char text[PROGRAM_TEXT], plain[PROGRAM_TEXT];
    add_interfaces(page, picture, app);
    page_add(page, "Over", PAINT_PLAIN, programs_transport_counts(app, text));
    page_add(page, "To", PAINT_PLAIN,
        picture_text(picture, programs_resolvers(app, SIZE_MAX, text), plain, sizeof(plain)));
    add_connections(page, picture, app);
    add_stun(page, picture, app);
    add_tor(page, picture, app);
}

/* ---- what it means, and what to do ---- */

static const char *means(const struct app *app, enum app_harm harm)
{
    switch (harm) {
    case APP_LEAKS:
        return app->exposed > 0
                   ? "names that it looked up there were read by the local network, the ISP and "
                     "the resolver"
                   : "its resolver learned the names with your real address, the ISP only that it "
                     "was asked";
    case APP_SPLIT:
        return "the other ends of its connections learned your real address, the ISP which "
               "addresses these are";
    case APP_HANDS:
        return "what it hides by Tor it looked up beside it: who read these look-ups knows where "
               "it "
               "went";
    case APP_MIXED:
        return "it uses Tor, and looks names up beside it: who reads those knows that both are one "
               "program";
    case APP_TOR:
        return "Tor's exit learned the names, without your address; look-ups beside it were not "
               "seen";
    case APP_OPEN:
        return "its look-ups left outside a tunnel, and that is no leak: nothing was expected, or "
               "it was meant so";
    case APP_LAN:
        return "neighbours on the local link learned the names, nobody beyond";
    case APP_TUNNELLED:
        return "its look-ups left by the tunnel: only the VPN and the resolver behind it learned "
               "the names";
    case APP_INTERNAL:
    case APP_HARMS:
        break;
    }
    return "it asked resolvers on this machine, or nothing left since the leaks were cleared";
}

static void add_advice(
    struct page *page, const struct picture *picture, const struct app *app, enum app_harm harm)
{
    char line[INTENDED_TEXT + 16], text[INTENDED_TEXT + 96];
    bool known = strcmp(app->name, "unknown") != 0 && strncmp(app->name, "forwarded ", 10) != 0;
    if (harm == APP_HANDS || harm == APP_MIXED || app->tor_looked_up > 0)
        page_add(page, "Do", PAINT_PLAIN,
            "let it hand Tor names: SOCKS4a, or SOCKS5 with remote DNS (socks5h, \"proxy DNS\")");
    if (harm != APP_LEAKS && harm != APP_SPLIT)
        return;
    if (!known) {
        page_add(page, "Do", PAINT_PLAIN,
            app->name[0] == 'f' ? "look into the container or machine that it was forwarded for"
                                : "the detail of a look-up (key 2, Enter) may tell more of who "
                                  "asked");
        return;
    }
    page_add(page, "Do", PAINT_PLAIN,
        harm == APP_LEAKS ? "look at its own DNS and proxy settings, or stop it meanwhile"
                          : "look whether it is bound to that interface, or a rule sends it there");
    struct intended rule = {.name = ""};
    text_format(rule.program, sizeof(rule.program), "%s", app->name);
    text_format(text, sizeof(text), "if it is meant so: %s below [intended] in the configuration",
        intend_line(picture, &rule, line, sizeof(line)));
    page_add(page, "", PAINT_PLAIN, text);
}

void apps_page(
    struct page *page, const struct area *screen, const struct picture *picture, struct ui *ui)
{
    static struct names names; /* large */
    char text[PROGRAM_TEXT], clock[TIME_TEXT];
    struct app *app = &ui->popup_app;
    for (size_t i = 0; i < picture_app_count(picture); i++) {
        const struct app *now = picture_app(picture, i);
        if (strcmp(now->name, app->name) == 0 && strcmp(now->user, app->user) == 0)
            *app = *now;
    }
    struct program program = {app, judge_app_harm(picture->model, app)};
    names_read(&names, picture, ui->popup_newest, is_its, app);
    page_start(page, page_popup_width(screen));
    page->state = programs_state(program.harm);
    snprintf(page->title, sizeof(page->title), "%.60s: %c %s",
        programs_name(app, picture->mask, text), programs_symbol(&program),
        programs_word(program.harm));
    snprintf(page->right, sizeof(page->right), "last %s", time_format_clock(app->last_ns, clock));
    page_add(page, "Saw", PAINT_STRONG, programs_counts(picture->model, app, text));
    page_add(page, "Means", PAINT_PLAIN, means(app, program.harm));
    if (strcmp(app->name, "unknown") == 0)
        page_add(page, "", PAINT_PLAIN, programs_unknown);
    add_advice(page, picture, app, program.harm);
    page_add(page, "", PAINT_PLAIN, "");
    add_ways(page, picture, app);
    page_add(page, "", PAINT_PLAIN, "");
    page_add(page, "User", PAINT_PLAIN, app->user[0] ? app->user : "not known");
    add_pids(page, app);
    add_command(page, picture, &names);
    page_add(page, "", PAINT_PLAIN, "");
    add_names(page, picture, app, &names);
    page_add(page, "", PAINT_PLAIN, "");
    page_add(page, "Not seen", PAINT_DIM,
        "what it sent inside its connections: paths, forms, cookies, logins; see doc/limits.md");
}
