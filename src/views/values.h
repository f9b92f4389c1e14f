/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_VIEWS_VALUES_H
#define LEAKTOP_VIEWS_VALUES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"

/* Values of the report and of the log as JSON: new references, null where a thing is not known. */

/* What stands for that which is masked. */
#define VALUE_HIDDEN "(hidden)"

json_t *value_text(const char *text); /* null for NULL and "" */
json_t *value_time(uint64_t ns);      /* RFC 3339, UTC; null for 0 */
/* A name in wire form; null where length is 0. */
json_t *value_name(const uint8_t *wire, size_t length, bool mask);
json_t *value_address(const struct address *address, bool mask); /* null for FAMILY_NONE */

#endif
