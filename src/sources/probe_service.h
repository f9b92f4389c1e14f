/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_PROBE_SERVICE_H
#define LEAKTOP_SOURCES_PROBE_SERVICE_H

#include <stdbool.h>

#include "tables/leaktest.h"

/* For src/sources/probe*.c alone: the leak test services of a test. Its names are looked up as any
 * program's are, its answers come by HTTPS. A service that fails fails alone. */

struct prober;
struct probe_service;

/* Ask row for so many names. NULL where nothing could be begun: it may not be asked again yet, or
 * without memory. Each result calls nothing but the model's functions and probe_finish. */
struct probe_service *probe_service_begin(
    struct prober *prober, const struct leaktest *row, unsigned names);
bool probe_service_busy(const struct probe_service *service); /* NULL: no */
/* Gives up what is under way. NULL allowed. */
void probe_service_end(struct probe_service *service);

#endif
