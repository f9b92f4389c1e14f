/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_BASE_TEXT_H
#define LEAKTOP_BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* The one door through which text from outside (process names, user names, service answers,
 * interface names, file paths) passes before anybody may show, print or store it: printable ASCII
 * stays, every other octet and the backslash become \DDD. Never cuts an escape in half. Returns
 * out; size includes the NUL and is at least 1. */
const char *text_escape(const char *from, size_t from_length, char *out, size_t size);

/* Format like snprintf, always terminated; what does not fit is cut. */
void text_format(char *out, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Wall-clock texts of a time in ns since 1970. */
#define TIME_TEXT 40
const char *time_format_clock(uint64_t ns, char out[static TIME_TEXT]);   /* local, 20:14:03 */
const char *time_format_millis(uint64_t ns, char out[static TIME_TEXT]);  /* local, 20:14:03.118 */
const char *time_format_rfc3339(uint64_t ns, char out[static TIME_TEXT]); /* UTC, with ms and Z */
/* A span for people: "31 ms", "2.1 s", "14 min". */
const char *time_format_span(uint64_t ns, char out[static TIME_TEXT]);

#endif
