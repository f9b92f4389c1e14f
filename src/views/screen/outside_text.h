/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_VIEWS_SCREEN_OUTSIDE_TEXT_H
#define LEAKTOP_VIEWS_SCREEN_OUTSIDE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "model/model.h"

/* Sentences about what the outside sees; names and the person's addresses stand between marks, as
 * in a check's evidence. Each returns out. */

#define OUTSIDE_TEXT 400

/* Serial of the newest test of any kind; 0: none. */
uint32_t outside_newest_test(const struct model *model);
/* "standard test 12:00:01: 6 of 6 names in 31 ms, in turn 180 ms" */
const char *outside_test_text(const struct test *test, char out[static OUTSIDE_TEXT]);
/* "203.0.113.53 AS64496 Example (NL); came 3 of 6 times, 12 ms" */
const char *outside_resolver_text(
    const struct model *model, const struct egress_resolver *egress, char out[static OUTSIDE_TEXT]);
/* "by way of the system, a configured resolver (10.64.0.1); last at 12:00:01" */
const char *outside_ways_text(
    const struct model *model, const struct egress_resolver *egress, char out[static OUTSIDE_TEXT]);
/* "validates DNSSEC; not known: minimised names, 0x20; calls itself ..." */
const char *outside_traits_text(
    const struct egress_resolver *egress, char out[static OUTSIDE_TEXT]);

/* How a name of our own stands out. */
unsigned outside_probe_paint(const struct probe *probe);
/* "203.0.113.7 AS64500 Example (CH), 3 of 3 services, by wg0" or why not. */
const char *outside_public_text(
    const struct model *model, enum family family, char *out, size_t size);
/* "  an address of this machine itself; shared with other customers (CGNAT)"; "" nothing to say */
const char *outside_kind_text(const struct public_address *seen, char *out, size_t size);

const char *outside_configured_text(const struct model *model,
    const struct configured_resolver *resolver, char out[static OUTSIDE_TEXT]);
unsigned outside_configured_paint(
    const struct model *model, const struct configured_resolver *resolver);

/* "look-ups: last 12:00:01, next 12:01:03"; "" where nothing is known of it. */
const char *outside_activity_text(
    const struct model *model, enum activity activity, char *out, size_t size);

#endif
