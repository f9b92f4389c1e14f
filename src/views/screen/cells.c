/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/screen/cells.h"

#include <string.h>

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Length of the unit at text: an escape is one. */
static size_t unit(const char *text)
{
    if (text[0] != '\\' || text[1] == '\0')
        return 1;
    return digit(text[1]) && digit(text[2]) && digit(text[3]) ? 4 : 2;
}

static char harmless(char c)
{
    if (c >= ' ' && c <= '~')
        return c;
    return '?';
}

size_t cells_fit(const char *text, size_t width, bool keep_end, char *out, size_t size)
{
    size_t length = strlen(text), at = 0, from = 0;
    if (width >= size)
        width = size - 1;
    if (width == 0) {
        out[0] = '\0';
        return 0;
    }
    bool cut = length > width;
    size_t room = cut ? width - 1 : width;
    if (cut && keep_end) {
        while (length - from > room)
            from += unit(text + from);
        if (from > length)
            from = length;
        out[at++] = '~';
        room++;
    }
    while (text[from] && at < room) {
        size_t step = unit(text + from);
        if (at + step > room)
            break;
        for (size_t i = 0; i < step; i++)
            out[at++] = harmless(text[from++]);
    }
    if (cut && !keep_end)
        out[at++] = '~';
    out[at] = '\0';
    return at;
}

size_t cells_wrap(const char *text, size_t width, const char **next)
{
    size_t length = strlen(text);
    if (width == 0)
        width = 1;
    if (length <= width) {
        *next = text + length;
        return length;
    }
    size_t blank = 0, hard = 0;
    for (size_t i = 0; i <= width;) {
        if (text[i] == ' ')
            blank = i;
        hard = i;
        i += unit(text + i);
    }
    if (blank > 0) {
        *next = text + blank + 1;
        return blank;
    }
    if (hard == 0)
        hard = width;
    *next = text + hard;
    return hard;
}

int cells_share(int width, unsigned long long part, unsigned long long whole)
{
    if (whole == 0 || part == 0)
        return 0;
    if (part >= whole)
        return width;
    int filled = (int)((double)part / (double)whole * width + 0.5);
    if (filled < 1)
        filled = 1;
    return filled >= width && width > 1 ? width - 1 : filled;
}
