/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_PROBE_H
#define LEAKTOP_SOURCES_PROBE_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct budget;
struct model;

/* Active probes: names that nobody else asks for, so that the capture can show by which way they
 * left, and names whose answer tells who asked. By c-ares (the configured resolvers) and by the
 * system's own path (getaddrinfo, as an application does).
 *
 * A probe is answered where the world answered, NXDOMAIN and empty answers included: its reason
 * then says why no egress resolver is known. It failed where no answer came, or a resolver gave up
 * (SERVFAIL, REFUSED). Every question ends within 5 s. */

struct prober;

/* 0, or -errno. clock gives the wall clock in ns. */
int prober_open(struct prober **out, uv_loop_t *loop, struct model *model, uint64_t (*clock)(void));
/* Cancels what is under way; handles are closed when the loop runs next. */
void prober_close(struct prober *prober);

/* One round: a unique name by each path, and the whoami names until two of all told an egress
 * resolver. Nothing while a round is under way, unless the configuration changed meanwhile: then
 * that round is given up for a new one. Never while it is held: the caller decides that. */
void prober_round(struct prober *prober);
/* Give up the round under way: nothing is asked again (a repetition would take the way that the
 * system has now). Its probes end as failed, "cancelled". The system's own path alone cannot be
 * stopped: the C library may repeat that one unique name for as long as it likes. */
void prober_cancel(struct prober *prober);
bool prober_busy(const struct prober *prober);
/* The resolver configuration changed: c-ares reads it anew before the next round. */
void prober_reconfigure(struct prober *prober);
/* Ask unique names below this zone instead of the table's; NULL: the table's. Copied; one that is
 * no name, or leaves no room for a label, is ignored. */
void prober_zone(struct prober *prober, const char *zone);
/* No name's authority is asked more often than the budget allows. NULL: no limit. Not owned. */
void prober_budget(struct prober *prober, struct budget *budget);
/* Called whenever a result was posted; may be NULL. */
void prober_on_result(struct prober *prober, void (*hook)(void *context), void *context);

#endif
