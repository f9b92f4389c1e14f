/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_BUS_H
#define LEAKTOP_SOURCES_BUS_H

#include <stdbool.h>
#include <systemd/sd-bus.h>
#include <uv.h>

/* The system's D-Bus on the loop, for sources that read properties of one service. Nothing blocks,
 * nothing is ever started by asking, a call is given up after 5 s. It holds a timer only while
 * something is awaited. */

struct bus;

struct bus_watch {
    const char *service; /* well-known name; lasts as long as the bus */
    const char *path;    /* of the object whose changed properties are told; NULL: of all */
    /* The service came, or properties of it changed: a good moment to read them. */
    void (*changed)(void *context);
    /* The bus, or the service, is gone; calls under way are never answered. */
    void (*lost)(void *context);
    void *context;
};

/* 0, or -ENOMEM. Connects with the first bus_ready. */
int bus_open(struct bus **out, uv_loop_t *loop, const struct bus_watch *watch);
/* NULL allowed; lost is not called. Memory goes when the loop runs next. */
void bus_close(struct bus *bus);

/* True where there is a connection, or one could be begun now. Call it from the loop before calls
 * are made that no callback of the bus makes. */
bool bus_ready(struct bus *bus);
/* A method with the arguments of types (see sd_bus_message_append), answered to done. False, and
 * done is not called, where it cannot be sent. */
bool bus_call(struct bus *bus, const char *path, const char *interface, const char *method,
    sd_bus_message_handler_t done, void *context, const char *types, ...);
/* All properties of an interface of an object. */
bool bus_get_all(struct bus *bus, const char *path, const char *interface,
    sd_bus_message_handler_t done, void *context);

/* One value of a dictionary, of D-Bus type `type`, where the message stands: 1 it was read, 0 it is
 * of no interest and was left, negative it cannot be read. */
typedef int bus_read_value(sd_bus_message *message, const char *key, const char *type, void *into);
/* a{sv} where the message stands; each value goes to read. False where it cannot be read. */
bool bus_read_dictionary(sd_bus_message *message, bus_read_value *read, void *into);

#endif
