/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_PROBE_H
#define LEAKTOP_SOURCES_PROBE_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct model;

/* Active probes: names that nobody else asks for, so that the capture can show by which way they
 * left, and names whose answer tells who asked. By c-ares (the configured resolvers) and by the
 * system's own path (getaddrinfo, as an application does). */

struct prober;

/* 0, or -errno. clock gives the wall clock in ns. */
int prober_open(struct prober **out, uv_loop_t *loop, struct model *model, uint64_t (*clock)(void));
/* Cancels what is under way; handles are closed when the loop runs next. */
void prober_close(struct prober *prober);

/* One round: a unique name by each path and the whoami names. Does nothing while a round is under
 * way. Never while it is held: the caller decides that. */
void prober_round(struct prober *prober);
/* Give up the round under way: nothing is asked again (a repetition would take the way that the system
 * has now). Its probes end as failed, "cancelled". */
void prober_cancel(struct prober *prober);
bool prober_busy(const struct prober *prober);
/* The resolver configuration changed: c-ares reads it anew before the next round. */
void prober_reconfigure(struct prober *prober);
/* Ask unique names below this zone instead of the table's; NULL: the table's. Copied. */
void prober_zone(struct prober *prober, const char *zone);
/* Called whenever a result was posted; may be NULL. */
void prober_on_result(struct prober *prober, void (*hook)(void *context), void *context);

#endif
