/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_RESOLVED_H
#define LEAKTOP_SOURCES_RESOLVED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "model/model.h"

/* What systemd-resolved is set to, by its bus (org.freedesktop.resolve1(5)): servers, domains and
 * default route of each link, fallbacks, DNS over TLS. Only properties are read, which anybody may;
 * nothing is called that changes anything, and the service is never started by asking. No call
 * blocks: answers come on the loop, within 5 s or not at all. It holds no timer while none is
 * awaited. */

struct resolved;

#define RESOLVED_SERVERS 48
#define RESOLVED_LINKS 32

/* changed is called whenever it answered, or is gone. 0, or -errno where there is no memory;
 * a bus that is not there is no error: resolved_ask looks for it again. */
int resolved_open(
    struct resolved **out, uv_loop_t *loop, void (*changed)(void *context), void *context);
/* NULL allowed. */
void resolved_close(struct resolved *resolved);

/* Read everything again, as links and routes changed: not all properties tell their changes. */
void resolved_ask(struct resolved *resolved);

/* It answered, and still runs. */
bool resolved_known(const struct resolved *resolved);
/* Its servers, with use as its rules make it (all links with the best matching domain are asked; a
 * link with "~." takes all; else links that are a default route, and the global ones), link, tls,
 * port, source and manager set; the rest is the caller's. At most max; returns how many. */
size_t resolved_servers(
    const struct resolved *resolved, struct configured_resolver *out, size_t max);
/* What else is set, as rows. */
size_t resolved_settings(const struct resolved *resolved, struct setting *out, size_t max);

#endif
