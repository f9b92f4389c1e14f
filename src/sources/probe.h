/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_PROBE_H
#define LEAKTOP_SOURCES_PROBE_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "model/outside.h"

struct budget;
struct model;

/* Active probes: names that nobody else asks for, so that the capture can show by which way they
 * left, and names whose answer tells who asked, or how that resolver behaves. By the system's own
 * path (getaddrinfo, as an application does), by the resolvers of /etc/resolv.conf, and by each
 * configured resolver directly (c-ares). All names of a test go out at once. No socket is bound to
 * an interface: each takes the way that the kernel gives to any program.
 *
 * A probe is answered where the world answered, NXDOMAIN and empty answers included: its reason
 * then says why no egress resolver is known. It failed where no answer came, a resolver gave up
 * (SERVFAIL, REFUSED), or the answer cannot be read; then, and where the answer does not tell what
 * the service promises, the name is asked of another service, at most twice. Every question ends
 * within 5 s. */

struct prober;

/* 0, or -errno. clock gives the wall clock in ns. */
int prober_open(struct prober **out, uv_loop_t *loop, struct model *model, uint64_t (*clock)(void));
/* Cancels what is under way; handles are closed when the loop runs next. */
void prober_close(struct prober *prober);

/* Begin a test: its progress is the model's struct test of that kind. Nothing while the same or a
 * bigger one is under way, unless the configuration changed meanwhile: then that one is given up
 * for it; a bigger one replaces the standard one. Never while probes are held: the caller decides
 * that. */
void prober_test(struct prober *prober, enum test_kind kind);
/* Give up the test under way: nothing is asked again (a repetition would take the way that the
 * system has now). Its probes end as failed, "cancelled". The system's own path alone cannot be
 * stopped: the C library may repeat that one unique name for as long as it likes. */
void prober_cancel(struct prober *prober);
bool prober_busy(const struct prober *prober);
/* The resolver configuration changed: it is read anew before the next test. */
void prober_reconfigure(struct prober *prober);
/* Ask unique names below this zone instead of the table's (TXT that tells the asker, or A and AAAA
 * that are its address, see contrib/whoami-authority); NULL: the table's. Copied; one that is
 * no name, or leaves no room for a label, is ignored. */
void prober_zone(struct prober *prober, const char *zone);
/* A leak test service (tables/leaktest.h) to ask in each test beside; NULL: none, as at first.
 * False where there is no such one. */
bool prober_service(struct prober *prober, const char *key);
/* No name's authority is asked more often than the budget allows. NULL: no limit. Not owned. */
void prober_budget(struct prober *prober, struct budget *budget);
/* Called whenever a result was posted; may be NULL. */
void prober_on_result(struct prober *prober, void (*hook)(void *context), void *context);

#endif
