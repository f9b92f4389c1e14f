/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/bus.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>

#include "base/text.h"

#define CALL_USEC 5000000U

static const char properties[] = "org.freedesktop.DBus.Properties";

struct bus {
    uv_loop_t *loop;
    struct bus_watch watch;
    sd_bus *connection; /* NULL: none */
    uv_poll_t poll;
    uv_timer_t timer;
    bool polling;   /* poll is open */
    bool poll_open; /* or still closing */
    size_t open_handles;
};

static void release(struct bus *bus)
{
    if (--bus->open_handles == 0)
        free(bus);
}

static void on_timer_closed(uv_handle_t *handle)
{
    release(handle->data);
}

static void on_poll_closed(uv_handle_t *handle)
{
    struct bus *bus = handle->data;
    bus->poll_open = false;
    release(bus);
}

static void drop(struct bus *bus)
{
    if (bus->polling) {
        uv_poll_stop(&bus->poll);
        uv_close((uv_handle_t *)&bus->poll, on_poll_closed);
        bus->polling = false;
    }
    uv_timer_stop(&bus->timer);
    sd_bus_close_unref(bus->connection);
    bus->connection = NULL;
}

static void lose(struct bus *bus)
{
    drop(bus);
    bus->watch.lost(bus->watch.context);
}

static void pump(struct bus *bus);

static void on_poll(uv_poll_t *poll, int status, int events)
{
    (void)events;
    struct bus *bus = poll->data;
    if (status < 0)
        lose(bus);
    else
        pump(bus);
}

static void on_timer(uv_timer_t *timer)
{
    pump(timer->data);
}

/* Wait for what the connection waits for. */
static void arm(struct bus *bus)
{
    int wanted = sd_bus_get_events(bus->connection);
    uint64_t due = UINT64_MAX;
    int events = ((wanted & POLLIN) ? UV_READABLE : 0) | ((wanted & POLLOUT) ? UV_WRITABLE : 0);
    if (wanted < 0 || sd_bus_get_timeout(bus->connection, &due) < 0) {
        lose(bus);
        return;
    }
    uv_poll_start(&bus->poll, events, on_poll);
    if (due == UINT64_MAX) {
        uv_timer_stop(&bus->timer);
        return;
    }
    uint64_t now = uv_hrtime() / 1000;
    uv_timer_start(&bus->timer, on_timer, due > now ? (due - now) / 1000 + 1 : 0, 0);
}

/* What arrived goes to the callbacks, which may make calls, and may find that all is lost. */
static void pump(struct bus *bus)
{
    int r = 1;
    while (bus->connection && r > 0)
        r = sd_bus_process(bus->connection, NULL);
    if (!bus->connection)
        return;
    if (r < 0)
        lose(bus);
    else
        arm(bus);
}

static int on_properties(sd_bus_message *message, void *context, sd_bus_error *error)
{
    (void)message, (void)error;
    struct bus *bus = context;
    bus->watch.changed(bus->watch.context);
    return 0;
}

/* The service's name came or went. */
static int on_owner(sd_bus_message *message, void *context, sd_bus_error *error)
{
    (void)error;
    struct bus *bus = context;
    const char *name, *before, *now;
    if (sd_bus_message_read(message, "sss", &name, &before, &now) < 0)
        return 0;
    if (now[0] == '\0')
        bus->watch.lost(bus->watch.context);
    else
        bus->watch.changed(bus->watch.context);
    return 0;
}

static int add_matches(struct bus *bus)
{
    char match[192];
    text_format(match, sizeof(match),
        "type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='%s'",
        bus->watch.service);
    int r = sd_bus_match_signal_async(bus->connection, NULL, bus->watch.service, bus->watch.path,
        properties, "PropertiesChanged", on_properties, NULL, bus);
    return r < 0 ? r : sd_bus_add_match_async(bus->connection, NULL, match, on_owner, NULL, bus);
}

bool bus_ready(struct bus *bus)
{
    if (bus->connection)
        return true;
    if (bus->poll_open || sd_bus_open_system(&bus->connection) < 0) {
        bus->connection = NULL;
        return false;
    }
    int fd = add_matches(bus) >= 0 ? sd_bus_get_fd(bus->connection) : -1;
    if (fd < 0 || uv_poll_init(bus->loop, &bus->poll, fd) != 0) {
        drop(bus);
        return false;
    }
    bus->poll.data = bus;
    bus->polling = bus->poll_open = true;
    bus->open_handles++;
    return true;
}

bool bus_call(struct bus *bus, const char *path, const char *interface, const char *method,
    sd_bus_message_handler_t done, void *context, const char *types, ...)
{
    sd_bus_message *call = NULL;
    va_list arguments;
    if (!bus->connection)
        return false;
    int r = sd_bus_message_new_method_call(
        bus->connection, &call, bus->watch.service, path, interface, method);
    if (r >= 0)
        r = sd_bus_message_set_auto_start(call, 0);
    va_start(arguments, types);
    if (r >= 0)
        r = sd_bus_message_appendv(call, types, arguments);
    va_end(arguments);
    if (r >= 0)
        r = sd_bus_call_async(bus->connection, NULL, call, done, context, CALL_USEC);
    sd_bus_message_unref(call);
    if (r < 0)
        return false;
    /* At the latest when the loop comes round it is sent, whoever called. */
    uv_timer_start(&bus->timer, on_timer, 0, 0);
    return true;
}

bool bus_get_all(struct bus *bus, const char *path, const char *interface,
    sd_bus_message_handler_t done, void *context)
{
    return bus_call(bus, path, properties, "GetAll", done, context, "s", interface);
}

static bool read_value(sd_bus_message *message, bus_read_value *read, void *into)
{
    const char *key, *type;
    char kind, signature[16];
    if (sd_bus_message_read(message, "s", &key) < 0 ||
        sd_bus_message_peek_type(message, &kind, &type) < 0 ||
        sd_bus_message_enter_container(message, 'v', type) < 0)
        return false;
    text_format(signature, sizeof(signature), "%s", type); /* reading on may move it */
    int r = read(message, key, signature, into);
    if (r == 0)
        r = sd_bus_message_skip(message, NULL);
    return r >= 0 && sd_bus_message_exit_container(message) >= 0;
}

bool bus_read_dictionary(sd_bus_message *message, bus_read_value *read, void *into)
{
    if (sd_bus_message_enter_container(message, 'a', "{sv}") < 0)
        return false;
    int r;
    while ((r = sd_bus_message_enter_container(message, 'e', "sv")) > 0)
        if (!read_value(message, read, into) || sd_bus_message_exit_container(message) < 0)
            return false;
    return r == 0 && sd_bus_message_exit_container(message) >= 0;
}

int bus_open(struct bus **out, uv_loop_t *loop, const struct bus_watch *watch)
{
    *out = NULL;
    struct bus *bus = calloc(1, sizeof(*bus));
    if (!bus)
        return -ENOMEM;
    bus->loop = loop;
    bus->watch = *watch;
    uv_timer_init(loop, &bus->timer);
    bus->timer.data = bus;
    bus->open_handles = 1;
    *out = bus;
    return 0;
}

void bus_close(struct bus *bus)
{
    if (!bus)
        return;
    drop(bus);
    uv_close((uv_handle_t *)&bus->timer, on_timer_closed);
}
