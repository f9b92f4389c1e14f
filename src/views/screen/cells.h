/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_VIEWS_SCREEN_CELLS_H
#define LEAKTOP_VIEWS_SCREEN_CELLS_H

#include <stdbool.h>
#include <stddef.h>

/* Text in cells. What a screen shows is printable ASCII, so an octet is a cell. */

/* Bring text into at most width cells: octets that are no printable ASCII become '?', what does not
 * fit is cut, at its end or (keep_end) at its beginning, with '~' where it was cut; a \DDD escape
 * is never cut in half. Returns the length in cells. */
size_t cells_fit(const char *text, size_t width, bool keep_end, char *out, size_t size);

/* Where a line of at most width cells ends: at a blank if there is one, else hard. *next gets where
 * the following line begins. Returns the line's length. */
size_t cells_wrap(const char *text, size_t width, const char **next);

/* Filled cells of a bar: some where part > 0, not all where part < whole. */
int cells_share(int width, unsigned long long part, unsigned long long whole);

#endif
