/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/resolved_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "sources/bus.h"

static const char service[] = "org.freedesktop.resolve1";
static const char manager_path[] = "/org/freedesktop/resolve1";
static const char manager_interface[] = "org.freedesktop.resolve1.Manager";
static const char link_interface[] = "org.freedesktop.resolve1.Link";

/* A link that is being asked about. */
struct asked_link {
    struct resolved *resolved;
    uint32_t index;
};

struct resolved {
    struct bus *bus;
    void (*changed)(void *context);
    void *context;
    unsigned awaited; /* answers of this round */
    struct asked_link asked[RESOLVED_LINKS];
    bool again; /* asked for while one was under way */
    bool failed;
    struct resolved_state next; /* what this round told up to now */
    struct resolved_state state;
    bool known;
};

static void end_round(struct resolved *resolved)
{
    if (--resolved->awaited > 0)
        return;
    resolved->known = !resolved->failed;
    if (resolved->known)
        resolved->state = resolved->next;
    resolved->changed(resolved->context);
    if (resolved->again) {
        resolved->again = false;
        resolved_ask(resolved);
    }
}

static int on_link(sd_bus_message *message, void *context, sd_bus_error *error)
{
    (void)error;
    struct asked_link *asked = context;
    struct resolved *resolved = asked->resolved;
    /* A link that went meanwhile says nothing more. */
    if (!sd_bus_message_is_method_error(message, NULL))
        (void)resolved_parse(message, asked->index, &resolved->next);
    end_round(resolved);
    return 1;
}

static int on_link_path(sd_bus_message *message, void *context, sd_bus_error *error)
{
    (void)error;
    struct asked_link *asked = context;
    struct resolved *resolved = asked->resolved;
    const char *path;
    if (!sd_bus_message_is_method_error(message, NULL) &&
        sd_bus_message_read(message, "o", &path) >= 0)
        resolved->awaited += bus_get_all(resolved->bus, path, link_interface, on_link, asked);
    end_round(resolved);
    return 1;
}

static int on_manager(sd_bus_message *message, void *context, sd_bus_error *error)
{
    (void)error;
    struct resolved *resolved = context;
    resolved->failed = sd_bus_message_is_method_error(message, NULL) ||
                       !resolved_parse(message, 0, &resolved->next);
    for (size_t i = 0; !resolved->failed && i < resolved->next.link_count; i++) {
        struct asked_link *asked = &resolved->asked[i];
        *asked = (struct asked_link){resolved, resolved->next.links[i].index};
        resolved->awaited += bus_call(resolved->bus, manager_path, manager_interface, "GetLink",
            on_link_path, asked, "i", (int32_t)asked->index);
    }
    end_round(resolved);
    return 1;
}

void resolved_ask(struct resolved *resolved)
{
    if (resolved->awaited > 0) {
        resolved->again = true;
        return;
    }
    if (!bus_ready(resolved->bus))
        return;
    resolved->next = (struct resolved_state){0};
    resolved->failed = false;
    resolved->awaited =
        bus_get_all(resolved->bus, manager_path, manager_interface, on_manager, resolved);
}

static void on_changed(void *context)
{
    resolved_ask(context);
}

static void on_lost(void *context)
{
    struct resolved *resolved = context;
    bool was = resolved->known;
    resolved->known = resolved->again = false;
    resolved->awaited = 0;
    if (was)
        resolved->changed(resolved->context);
}

int resolved_open(
    struct resolved **out, uv_loop_t *loop, void (*changed)(void *context), void *context)
{
    *out = NULL;
    struct resolved *resolved = calloc(1, sizeof(*resolved));
    if (!resolved)
        return -ENOMEM;
    const struct bus_watch watch = {service, NULL, on_changed, on_lost, resolved};
    if (bus_open(&resolved->bus, loop, &watch) != 0) {
        free(resolved);
        return -ENOMEM;
    }
    resolved->changed = changed;
    resolved->context = context;
    *out = resolved;
    resolved_ask(resolved);
    return 0;
}

void resolved_close(struct resolved *resolved)
{
    if (!resolved)
        return;
    bus_close(resolved->bus);
    free(resolved);
}

/* ---- what is known ---- */

bool resolved_known(const struct resolved *resolved)
{
    return resolved && resolved->known;
}

static enum resolver_tls tls_of(const char *word)
{
    return strcmp(word, "yes") == 0             ? TLS_REQUIRED
           : strcmp(word, "opportunistic") == 0 ? TLS_TRIED
                                                : TLS_OFF;
}

static const struct resolved_link *link_of(const struct resolved_state *state, uint32_t index)
{
    for (size_t i = 0; index != 0 && i < state->link_count; i++)
        if (state->links[i].index == index)
            return &state->links[i];
    return &state->global;
}

size_t resolved_servers(
    const struct resolved *resolved, struct configured_resolver *out, size_t max)
{
    const struct resolved_state *state = &resolved->state;
    size_t count = 0;
    for (size_t i = 0; resolved->known && i < state->server_count && count < max; i++) {
        const struct resolved_server *server = &state->servers[i];
        struct configured_resolver *row = &out[count++];
        *row = (struct configured_resolver){.address = server->address,
            .port = server->port,
            .tls = tls_of(link_of(state, server->link)->tls),
            .use = resolved_use(state, server),
            .link = server->link};
        text_format(row->manager, sizeof(row->manager), "systemd-resolved");
        text_format(row->source, sizeof(row->source), "systemd-resolved, %s",
            server->fallback ? "FallbackDNS"
            : server->link   ? "of a link"
                             : "for all links");
    }
    return count;
}

static void say(struct setting *rows, size_t max, size_t *count, uint32_t link, const char *what,
    const char *value, const char *why)
{
    if (*count == max || !value[0])
        return;
    struct setting *row = &rows[(*count)++];
    *row = (struct setting){.state = STATE_OFF, .link = link};
    text_format(row->source, sizeof(row->source), "systemd-resolved");
    text_format(row->what, sizeof(row->what), "%s", what);
    text_format(row->value, sizeof(row->value), "%s", value);
    text_format(row->why, sizeof(row->why), "%s", why);
}

static void say_link(
    struct setting *rows, size_t max, size_t *count, const struct resolved_link *link)
{
    bool lan = strcmp(link->llmnr, "yes") == 0 || strcmp(link->mdns, "yes") == 0;
    say(rows, max, count, link->index, "domains", link->domains,
        link->takes_all ? "\"~.\": all names go to this link's resolvers" : "");
    if (link->index)
        say(rows, max, count, link->index, "default route", link->default_route ? "yes" : "no",
            link->default_route ? "any name may be asked of its resolvers" : "");
    say(rows, max, count, link->index, "DNS over TLS", link->tls,
        strcmp(link->tls, "opportunistic") == 0 ? "falls back to plain DNS" : "");
    say(rows, max, count, link->index, "DNSSEC", link->dnssec, "");
    say(rows, max, count, link->index, "LLMNR, mDNS",
        lan ? (strcmp(link->llmnr, "yes") == 0 ? "LLMNR yes" : "mDNS yes") : "",
        "names are asked of the neighbours");
}

size_t resolved_settings(const struct resolved *resolved, struct setting *out, size_t max)
{
    const struct resolved_state *state = &resolved->state;
    size_t count = 0;
    char list[160] = "", address[ADDRESS_TEXT];
    if (!resolved->known)
        return 0;
    for (size_t i = 0; i < state->server_count; i++) {
        size_t used = strlen(list);
        if (state->servers[i].fallback)
            text_format(list + used, sizeof(list) - used, "%s%s", used ? ", " : "",
                address_format(&state->servers[i].address, address));
    }
    say(out, max, &count, 0, "FallbackDNS", list,
        "asked as soon as no link has a resolver, which is when a VPN drops");
    if (list[0] && count > 0)
        out[count - 1].state = STATE_WARN;
    say(out, max, &count, 0, "resolv.conf mode", state->mode, "");
    say(out, max, &count, 0, "stub", state->stub, "");
    say_link(out, max, &count, &state->global);
    for (size_t i = 0; i < state->link_count; i++)
        say_link(out, max, &count, &state->links[i]);
    return count;
}
