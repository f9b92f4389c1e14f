/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/jsonpart.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#define DEPTH_MAX 512

struct reader {
    const char *at, *end;
};

bool utf8_valid(const char *text, size_t length)
{
    const unsigned char *at = (const unsigned char *)text, *end = at + length;
    while (at < end) {
        uint64_t octets;
        if (end - at >= 8 && (memcpy(&octets, at, 8), (octets & 0x8080808080808080U) == 0)) {
            at += 8;
            continue;
        }
        unsigned char first = *at++, low = 0x80, high = 0xbf;
        size_t more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
        if ((first >= 0x80 && first < 0xc2) || first > 0xf4 || more > (size_t)(end - at))
            return false;
        /* No longer form of a shorter one, no half of a pair, nothing beyond the last. */
        if (first == 0xe0)
            low = 0xa0;
        else if (first == 0xed)
            high = 0x9f;
        else if (first == 0xf0)
            low = 0x90;
        else if (first == 0xf4)
            high = 0x8f;
        for (; more > 0; more--, at++, low = 0x80, high = 0xbf)
            if (*at < low || *at > high)
                return false;
    }
    return true;
}

static void skip_space(struct reader *reader)
{
    while (reader->at < reader->end && (*reader->at == ' ' || *reader->at == '\n' ||
                                           *reader->at == '\t' || *reader->at == '\r'))
        reader->at++;
}

/* The next that is no space; '\0' at the end. */
static char next(struct reader *reader)
{
    skip_space(reader);
    return (char)(reader->at < reader->end ? *reader->at : '\0');
}

static bool take(struct reader *reader, char wanted)
{
    if (next(reader) != wanted || reader->at == reader->end)
        return false;
    reader->at++;
    return true;
}

/* Behind the opening quote, to behind the closing one. */
static bool skip_string(struct reader *reader)
{
    while (reader->at < reader->end) {
        unsigned char octet = (unsigned char)*reader->at++;
        if (octet == '"')
            return true;
        if (octet < 0x20)
            return false;
        if (octet != '\\')
            continue;
        if (reader->at == reader->end)
            return false;
        char kind = *reader->at++;
        if (kind == 'u') {
            for (int i = 0; i < 4; i++)
                if (reader->at == reader->end || !isxdigit((unsigned char)*reader->at++))
                    return false;
        } else if (kind == '\0' || !strchr("\"\\/bfnrt", kind)) {
            return false;
        }
    }
    return false;
}

static bool skip_digits(struct reader *reader)
{
    const char *began = reader->at;
    while (reader->at < reader->end && isdigit((unsigned char)*reader->at))
        reader->at++;
    return reader->at > began;
}

static bool at_one_of(const struct reader *reader, const char *set)
{
    return reader->at < reader->end && *reader->at != '\0' && strchr(set, *reader->at);
}

static bool skip_number(struct reader *reader)
{
    if (at_one_of(reader, "-"))
        reader->at++;
    if (at_one_of(reader, "0"))
        reader->at++;
    else if (!skip_digits(reader))
        return false;
    if (at_one_of(reader, ".")) {
        reader->at++;
        if (!skip_digits(reader))
            return false;
    }
    if (!at_one_of(reader, "eE"))
        return true;
    reader->at++;
    if (at_one_of(reader, "+-"))
        reader->at++;
    return skip_digits(reader);
}

/* A text, a number or a word. */
static bool skip_plain(struct reader *reader)
{
    static const char *const words[] = {"true", "false", "null"};
    if (at_one_of(reader, "\"")) {
        reader->at++;
        return skip_string(reader);
    }
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        size_t length = strlen(words[i]);
        if ((size_t)(reader->end - reader->at) >= length &&
            memcmp(reader->at, words[i], length) == 0) {
            reader->at += length;
            return true;
        }
    }
    return skip_number(reader);
}

static bool skip_key(struct reader *reader)
{
    return take(reader, '"') && skip_string(reader) && take(reader, ':');
}

/* One value, whatever it holds; how deep that is does not cost the stack. */
static bool skip_value(struct reader *reader)
{
    bool object[DEPTH_MAX];
    size_t depth = 0;
    for (;;) {
        char first = next(reader);
        bool opened = first == '{' || first == '[';
        if (opened) {
            if (depth == DEPTH_MAX)
                return false;
            reader->at++;
            object[depth++] = first == '{';
            /* An empty one is closed below. */
            if (next(reader) != (first == '{' ? '}' : ']')) {
                if (first == '{' && !skip_key(reader))
                    return false;
                continue;
            }
        } else if (!skip_plain(reader)) {
            return false;
        }
        while (depth > 0 && take(reader, object[depth - 1] ? '}' : ']'))
            depth--;
        if (depth == 0)
            return true;
        if (!take(reader, ',') || (object[depth - 1] && !skip_key(reader)))
            return false;
    }
}

static void found(struct json_part *parts, size_t count, const char *key, size_t key_length,
    const char *text, size_t length)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(parts[i].key) == key_length && memcmp(parts[i].key, key, key_length) == 0) {
            parts[i].text = text;
            parts[i].length = length;
        }
}

bool jsonpart_find(const char *text, size_t length, struct json_part *parts, size_t count)
{
    struct reader reader = {.at = text, .end = text + length};
    for (size_t i = 0; i < count; i++) {
        parts[i].text = NULL;
        parts[i].length = 0;
    }
    if (!utf8_valid(text, length) || !take(&reader, '{'))
        return false;
    bool more = !take(&reader, '}');
    while (more) {
        if (!take(&reader, '"'))
            return false;
        const char *key = reader.at;
        if (!skip_string(&reader))
            return false;
        size_t key_length = (size_t)(reader.at - key) - 1;
        if (!take(&reader, ':'))
            return false;
        skip_space(&reader);
        const char *value = reader.at;
        if (!skip_value(&reader))
            return false;
        found(parts, count, key, key_length, value, (size_t)(reader.at - value));
        more = take(&reader, ',');
        if (!more && !take(&reader, '}'))
            return false;
    }
    skip_space(&reader);
    return reader.at == reader.end;
}
