/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/resolved_private.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define CALL_USEC 5000000U

static const char service[] = "org.freedesktop.resolve1";
static const char manager_path[] = "/org/freedesktop/resolve1";
static const char manager_interface[] = "org.freedesktop.resolve1.Manager";
static const char link_interface[] = "org.freedesktop.resolve1.Link";
static const char properties[] = "org.freedesktop.DBus.Properties";

/* A link that is being asked about. */
struct asked_link {
    struct resolved *resolved;
    uint32_t index;
};

struct resolved {
    uv_loop_t *loop;
    void (*changed)(void *context);
    void *context;
    sd_bus *bus; /* NULL: not there */
    uv_poll_t poll;
    uv_timer_t timer;
    bool polling;   /* poll is open */
    bool poll_open; /* or still closing */
    bool closing;
    size_t open_handles;
    unsigned awaited; /* answers of this round */
    struct asked_link asked[RESOLVED_LINKS];
    bool again; /* asked for while one was under way */
    bool failed;
    struct resolved_state next; /* what this round told up to now */
    struct resolved_state state;
    bool known;
};

static void pump(struct resolved *resolved);
static void ask_all(struct resolved *resolved);

static void release(struct resolved *resolved)
{
    if (--resolved->open_handles == 0)
        free(resolved);
}

static void on_timer_closed(uv_handle_t *handle)
{
    release(handle->data);
}

static void on_poll_closed(uv_handle_t *handle)
{
    struct resolved *resolved = handle->data;
    resolved->poll_open = false;
    release(resolved);
}

/* The bus is gone, or not to be spoken to. */
static void drop_bus(struct resolved *resolved)
{
    if (resolved->polling) {
        uv_poll_stop(&resolved->poll);
        uv_close((uv_handle_t *)&resolved->poll, on_poll_closed);
        resolved->polling = false;
    }
    uv_timer_stop(&resolved->timer);
    sd_bus_close_unref(resolved->bus);
    resolved->bus = NULL;
    resolved->awaited = 0;
    resolved->again = false;
}

static void lose(struct resolved *resolved)
{
    bool was = resolved->known;
    drop_bus(resolved);
    resolved->known = false;
    if (was && !resolved->closing)
        resolved->changed(resolved->context);
}

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
        ask_all(resolved);
    }
}

/* GetAll of an object's interface, never starting the service. */
static int get_all(struct resolved *resolved, const char *path, const char *interface,
    sd_bus_message_handler_t done, void *context)
{
    sd_bus_message *call = NULL;
    int r =
        sd_bus_message_new_method_call(resolved->bus, &call, service, path, properties, "GetAll");
    if (r >= 0)
        r = sd_bus_message_set_auto_start(call, 0);
    if (r >= 0)
        r = sd_bus_message_append(call, "s", interface);
    if (r >= 0)
        r = sd_bus_call_async(resolved->bus, NULL, call, done, context, CALL_USEC);
    sd_bus_message_unref(call);
    if (r >= 0)
        resolved->awaited++;
    return r;
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
        (void)get_all(resolved, path, link_interface, on_link, asked);
    end_round(resolved);
    return 1;
}

static void ask_link(struct resolved *resolved, struct asked_link *asked)
{
    sd_bus_message *call = NULL;
    int r = sd_bus_message_new_method_call(
        resolved->bus, &call, service, manager_path, manager_interface, "GetLink");
    if (r >= 0)
        r = sd_bus_message_set_auto_start(call, 0);
    if (r >= 0)
        r = sd_bus_message_append(call, "i", (int32_t)asked->index);
    if (r >= 0)
        r = sd_bus_call_async(resolved->bus, NULL, call, on_link_path, asked, CALL_USEC);
    sd_bus_message_unref(call);
    if (r >= 0)
        resolved->awaited++;
}

static int on_manager(sd_bus_message *message, void *context, sd_bus_error *error)
{
    (void)error;
    struct resolved *resolved = context;
    resolved->failed = sd_bus_message_is_method_error(message, NULL) ||
                       !resolved_parse(message, 0, &resolved->next);
    for (size_t i = 0; !resolved->failed && i < resolved->next.link_count; i++) {
        resolved->asked[i] = (struct asked_link){resolved, resolved->next.links[i].index};
        ask_link(resolved, &resolved->asked[i]);
    }
    end_round(resolved);
    return 1;
}

static void ask_all(struct resolved *resolved)
{
    memset(&resolved->next, 0, sizeof(resolved->next));
    resolved->failed = false;
    if (get_all(resolved, manager_path, manager_interface, on_manager, resolved) < 0)
        lose(resolved);
}

static int on_changed(sd_bus_message *message, void *context, sd_bus_error *error)
{
    (void)message, (void)error;
    struct resolved *resolved = context;
    resolved_ask(resolved);
    return 0;
}

/* Its name came or went. */
static int on_owner(sd_bus_message *message, void *context, sd_bus_error *error)
{
    (void)error;
    struct resolved *resolved = context;
    const char *name, *before, *now;
    if (sd_bus_message_read(message, "sss", &name, &before, &now) < 0)
        return 0;
    if (now[0] == '\0' && resolved->known) {
        resolved->known = false;
        resolved->changed(resolved->context);
    } else if (now[0] != '\0') {
        resolved_ask(resolved);
    }
    return 0;
}

/* ---- on the loop ---- */

static void on_poll(uv_poll_t *poll, int status, int events)
{
    (void)events;
    struct resolved *resolved = poll->data;
    if (status < 0)
        lose(resolved);
    else
        pump(resolved);
}

static void on_timer(uv_timer_t *timer)
{
    pump(timer->data);
}

static void arm(struct resolved *resolved)
{
    int wanted = sd_bus_get_events(resolved->bus);
    uint64_t due = UINT64_MAX;
    int events = ((wanted & POLLIN) ? UV_READABLE : 0) | ((wanted & POLLOUT) ? UV_WRITABLE : 0);
    if (wanted < 0 || sd_bus_get_timeout(resolved->bus, &due) < 0) {
        lose(resolved);
        return;
    }
    uv_poll_start(&resolved->poll, events, on_poll);
    if (due == UINT64_MAX) {
        uv_timer_stop(&resolved->timer);
        return;
    }
    uint64_t now = uv_hrtime() / 1000;
    uv_timer_start(&resolved->timer, on_timer, due > now ? (due - now) / 1000 + 1 : 0, 0);
}

static void pump(struct resolved *resolved)
{
    int r = 1;
    while (resolved->bus && r > 0)
        r = sd_bus_process(resolved->bus, NULL);
    if (!resolved->bus)
        return;
    if (r < 0)
        lose(resolved);
    else
        arm(resolved);
}

/* The bus of the system, if it is there; nothing waits for it. */
static void connect_bus(struct resolved *resolved)
{
    if (resolved->poll_open || sd_bus_open_system(&resolved->bus) < 0) {
        resolved->bus = NULL;
        return;
    }
    sd_bus *bus = resolved->bus;
    int r = sd_bus_match_signal_async(
        bus, NULL, service, NULL, properties, "PropertiesChanged", on_changed, NULL, resolved);
    if (r >= 0)
        r = sd_bus_add_match_async(bus, NULL,
            "type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',"
            "arg0='org.freedesktop.resolve1'",
            on_owner, NULL, resolved);
    int fd = r >= 0 ? sd_bus_get_fd(bus) : -1;
    if (fd < 0 || uv_poll_init(resolved->loop, &resolved->poll, fd) != 0) {
        drop_bus(resolved);
        return;
    }
    resolved->poll.data = resolved;
    resolved->polling = resolved->poll_open = true;
    resolved->open_handles++;
}

void resolved_ask(struct resolved *resolved)
{
    if (!resolved->bus)
        connect_bus(resolved);
    if (!resolved->bus)
        return;
    if (resolved->awaited > 0) {
        resolved->again = true;
        return;
    }
    ask_all(resolved);
    if (resolved->bus)
        arm(resolved);
}

int resolved_open(
    struct resolved **out, uv_loop_t *loop, void (*changed)(void *context), void *context)
{
    *out = NULL;
    struct resolved *resolved = calloc(1, sizeof(*resolved));
    if (!resolved)
        return -ENOMEM;
    resolved->loop = loop;
    resolved->changed = changed;
    resolved->context = context;
    uv_timer_init(loop, &resolved->timer);
    resolved->timer.data = resolved;
    resolved->open_handles = 1;
    *out = resolved;
    resolved_ask(resolved);
    return 0;
}

void resolved_close(struct resolved *resolved)
{
    if (!resolved)
        return;
    resolved->closing = true;
    drop_bus(resolved);
    uv_close((uv_handle_t *)&resolved->timer, on_timer_closed);
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
