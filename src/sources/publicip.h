/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_PUBLICIP_H
#define LEAKTOP_SOURCES_PUBLICIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct model;

/* The address that web sites see, per family, by libcurl's multi interface on the loop: HTTPS only,
 * no redirects, 4 KiB at most, 6 s a service; services of tables/publicip are asked in turn until two
 * agree or all three asked have spoken. */

struct publicip;

int publicip_open(
    struct publicip **out, uv_loop_t *loop, struct model *model, uint64_t (*clock)(void));
void publicip_close(struct publicip *publicip);
/* Ask both families (one that has no web route is not asked). Nothing while one is under way. */
void publicip_ask(struct publicip *publicip);
bool publicip_busy(const struct publicip *publicip);
void publicip_on_result(struct publicip *publicip, void (*hook)(void *context), void *context);

#endif
