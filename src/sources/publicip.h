/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_PUBLICIP_H
#define LEAKTOP_SOURCES_PUBLICIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "model/model.h"

struct budget;

/* The address that web sites see, per family, by libcurl's multi interface on the loop: HTTPS only,
 * no redirects, no proxy, 4 KiB at most, 6 s a service. Three services of tables/publicip, run by
 * different people, are asked at once; where one fails or no two agree, up to three more, none
 * later than 6.25 s after the first. What two agree on is posted while others are under way. With
 * every call others come first, so that none sees all; the provider whose tunnel it is by the
 * interface's name is always one of them. Without IPv4, IPv4 is asked for through a NAT64. */

struct publicip;

/* 0, or -errno. clock gives the wall clock in ns. */
int publicip_open(
    struct publicip **out, uv_loop_t *loop, struct model *model, uint64_t (*clock)(void));
/* Cancels what is under way; handles are closed when the loop runs next. */
void publicip_close(struct publicip *publicip);
/* Ask both families (one that has no web route is not asked). Nothing while one is under way. */
void publicip_ask(struct publicip *publicip);
/* Give up what is under way: connections are closed, what was known before stays. */
void publicip_cancel(struct publicip *publicip);
/* A family that is withheld is not asked; what is under way for it is given up. */
void publicip_withhold(struct publicip *publicip, enum family family, bool withheld);
/* No service is asked more often than the budget allows; another is taken. NULL: no limit. Not
 * owned. */
void publicip_budget(struct publicip *publicip, struct budget *budget);
bool publicip_busy(const struct publicip *publicip);
/* Called whenever a result was posted; may be NULL. */
void publicip_on_result(struct publicip *publicip, void (*hook)(void *context), void *context);

#endif
