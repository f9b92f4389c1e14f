/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define NS_PER_MS 1000000U
#define NS_PER_S 1000000000U
#define S_PER_MIN 60U
#define S_PER_H UINT64_C(3600)
#define S_PER_D UINT64_C(86400)

const char *text_escape(const char *from, size_t from_length, char *out, size_t size)
{
    size_t used = 0;
    for (size_t i = 0; i < from_length; i++) {
        uint8_t octet = (uint8_t)from[i];
        bool plain = octet >= ' ' && octet < 0x7F && octet != '\\';
        size_t needs = plain ? 1 : 4;
        if (used + needs >= size)
            break;
        if (plain) {
            out[used++] = (char)octet;
        } else {
            out[used++] = '\\';
            out[used++] = (char)('0' + octet / 100);
            out[used++] = (char)('0' + octet / 10 % 10);
            out[used++] = (char)('0' + octet % 10);
        }
    }
    out[used] = '\0';
    return out;
}

void text_format(char *out, size_t size, const char *format, ...)
{
    if (size == 0)
        return;
    va_list arguments;
    va_start(arguments, format);
    if (vsnprintf(out, size, format, arguments) < 0)
        out[0] = '\0';
    va_end(arguments);
}

static unsigned millis_of(uint64_t ns)
{
    return (unsigned)(ns % NS_PER_S / NS_PER_MS);
}

const char *time_format_clock(uint64_t ns, char out[static TIME_TEXT])
{
    time_t seconds = (time_t)(ns / NS_PER_S);
    struct tm parts;
    if (!localtime_r(&seconds, &parts) || strftime(out, TIME_TEXT, "%H:%M:%S", &parts) == 0)
        memcpy(out, "-", 2);
    return out;
}

const char *time_format_millis(uint64_t ns, char out[static TIME_TEXT])
{
    time_format_clock(ns, out);
    size_t used = strlen(out);
    text_format(out + used, TIME_TEXT - used, ".%03u", millis_of(ns));
    return out;
}

const char *time_format_rfc3339(uint64_t ns, char out[static TIME_TEXT])
{
    time_t seconds = (time_t)(ns / NS_PER_S);
    struct tm parts;
    if (!gmtime_r(&seconds, &parts)) {
        memcpy(out, "-", 2);
        return out;
    }
    size_t used = strftime(out, TIME_TEXT, "%Y-%m-%dT%H:%M:%S", &parts);
    text_format(out + used, TIME_TEXT - used, ".%03uZ", millis_of(ns));
    return out;
}

const char *time_format_span(uint64_t ns, char out[static TIME_TEXT])
{
    uint64_t ms = ns / NS_PER_MS;
    uint64_t s = ns / NS_PER_S;
    if (ms == 0)
        text_format(out, TIME_TEXT, ns == 0 ? "0 ms" : "<1 ms");
    else if (ms < 1000)
        text_format(out, TIME_TEXT, "%" PRIu64 " ms", ms);
    else if (s < 10)
        text_format(out, TIME_TEXT, "%" PRIu64 ".%" PRIu64 " s", s, ms % 1000 / 100);
    else if (s < S_PER_MIN)
        text_format(out, TIME_TEXT, "%" PRIu64 " s", s);
    else if (s < S_PER_H)
        text_format(out, TIME_TEXT, "%" PRIu64 " min", s / S_PER_MIN);
    else if (s < 2 * S_PER_D)
        text_format(out, TIME_TEXT, "%" PRIu64 " h %02" PRIu64 " min", s / S_PER_H,
            s % S_PER_H / S_PER_MIN);
    else
        text_format(out, TIME_TEXT, "%" PRIu64 " d", s / S_PER_D);
    return out;
}
