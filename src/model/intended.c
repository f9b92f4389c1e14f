/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/intended.h"

#include <string.h>

#include "base/name.h"
#include "base/text.h"

#define BLANK "\\032"
#define STAR "\\042"

enum part { PART_NAME, PART_RESOLVER, PART_INTERFACE, PART_PROGRAM, PART_COUNT };

static const char *const keys[PART_COUNT] = {
    [PART_NAME] = "name:",
    [PART_RESOLVER] = "resolver:",
    [PART_INTERFACE] = "interface:",
    [PART_PROGRAM] = "program:",
};

static bool take_name(const char *value, struct intended *out)
{
    uint8_t wire[NAME_WIRE_MAX];
    char text[NAME_TEXT_MAX];
    bool below = strncmp(value, "*.", 2) == 0;
    size_t length = name_parse(below ? value + 2 : value, wire);
    if (length == 0 || (below && length == 1)) /* all names are no rule */
        return false;
    if (strchr(below ? value + 2 : value, '*')) /* a name that has one is spelled with \042 */
        return false;
    if (name_format(wire, length, text) + (below ? 2 : 0) >= sizeof(out->name) ||
        (!below && strncmp(text, "*.", 2) == 0))
        return false;
    text_format(out->name, sizeof(out->name), "%s%s", below ? "*." : "", text);
    return true;
}

/* A text of the model: escaped already, but for its blanks. */
static bool take_text(const char *value, char *out, size_t size)
{
    size_t used = 0;
    while (*value) {
        if (used + 1 == size)
            return false;
        out[used] = *value++;
        if (strncmp(value - 1, BLANK, sizeof(BLANK) - 1) == 0) {
            out[used] = ' ';
            value += sizeof(BLANK) - 2;
        }
        used++;
    }
    out[used] = '\0';
    return used > 0;
}

static bool take(enum part part, const char *value, struct intended *out)
{
    switch (part) {
    case PART_NAME:
        return take_name(value, out);
    case PART_RESOLVER:
        return address_parse(value, &out->resolver);
    case PART_INTERFACE:
        return take_text(value, out->interface, sizeof(out->interface));
    case PART_PROGRAM:
        return take_text(value, out->program, sizeof(out->program));
    default:
        return false;
    }
}

static enum part which_part(const char *word)
{
    enum part part = 0;
    while (part < PART_COUNT && strncmp(word, keys[part], strlen(keys[part])) != 0)
        part++;
    return part;
}

bool intended_parse(const char *text, struct intended *out, const char **why)
{
    static const char *const not_taken[PART_COUNT] = {
        [PART_NAME] = "name: wants a name, or *. and a name for all below it",
        [PART_RESOLVER] = "resolver: wants an address",
        [PART_INTERFACE] = "interface: wants an interface's name",
        [PART_PROGRAM] = "program: wants a program's name, its blanks as \\032",
    };
    bool given[PART_COUNT] = {false}, any = false;
    *out = (struct intended){0};
    for (;;) {
        char word[INTENDED_TEXT];
        text += strspn(text, " \t");
        size_t length = strcspn(text, " \t");
        if (length == 0)
            break;
        *why = "a part is too long";
        if (length >= sizeof(word))
            return false;
        memcpy(word, text, length);
        word[length] = '\0';
        text += length;
        for (size_t i = 0; i < length; i++)
            if (word[i] < ' ' || word[i] > '~') {
                *why = "only printable ASCII; other octets as \\DDD, as the screen shows them";
                return false;
            }
        enum part part = which_part(word);
        *why = "a part is name:, resolver:, interface: or program: and its value";
        if (part == PART_COUNT)
            return false;
        *why = "a part is given twice";
        if (given[part])
            return false;
        *why = not_taken[part];
        if (!take(part, word + strlen(keys[part]), out))
            return false;
        given[part] = any = true;
    }
    *why = "a rule has one part at least: name:, resolver:, interface: or program:";
    return any;
}

struct line {
    char *out;
    size_t used, size;
};

static void put(struct line *line, const char *text, size_t length)
{
    if (line->used + length >= line->size) {
        line->size = line->used + 1; /* full: no more, and no half of this */
        return;
    }
    memcpy(line->out + line->used, text, length);
    line->used += length;
    line->out[line->used] = '\0';
}

static void put_part(struct line *line, enum part part, const char *value)
{
    if (value[0] == '\0')
        return;
    if (line->used > 0)
        put(line, " ", 1);
    put(line, keys[part], strlen(keys[part]));
    const char *all_below = part == PART_NAME && strncmp(value, "*.", 2) == 0 ? value : NULL;
    for (; *value; value++)
        if (*value == ' ')
            put(line, BLANK, sizeof(BLANK) - 1);
        else if (*value == '*' && part == PART_NAME && value != all_below)
            put(line, STAR, sizeof(STAR) - 1);
        else
            put(line, value, 1);
}

const char *intended_format(const struct intended *rule, char *out, size_t size)
{
    char address[ADDRESS_TEXT] = "";
    struct line line = {.out = out, .size = size};
    if (rule->resolver.family != FAMILY_NONE)
        address_format(&rule->resolver, address);
    out[0] = '\0';
    put_part(&line, PART_PROGRAM, rule->program);
    put_part(&line, PART_NAME, rule->name);
    put_part(&line, PART_RESOLVER, address);
    put_part(&line, PART_INTERFACE, rule->interface);
    return out;
}
