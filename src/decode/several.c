/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/several.h"

#include <string.h>

#include "base/name.h"
#include "decode/dns.h"

/* The cache-flush and unicast-response bits are no part of a class (RFC 6762, 18.12 and 18.13). */
#define CLASS_MASK 0x7FFF
/* Entries looked at: a message of many records of few names is read no further. */
#define ENTRIES_MAX 64

enum { QUESTION_FIXED = 4, RECORD_FIXED = 10 };

struct seen {
    uint8_t name[NAME_WIRE_MAX];
    uint8_t length;
    uint16_t type;
};

struct walk {
    struct seen seen[SEVERAL_MAX + 1];
    size_t count;
    bool by_type; /* two questions for one name differ by what they ask for */
};

static bool is_known(const struct walk *walk, const struct fact *fact)
{
    for (size_t i = 0; i < walk->count; i++) {
        const struct seen *seen = &walk->seen[i];
        if ((!walk->by_type || seen->type == fact->type) &&
            name_equal(seen->name, seen->length, fact->name, fact->name_length))
            return true;
    }
    return false;
}

static void keep(struct walk *walk, const struct fact *fact)
{
    struct seen *seen = &walk->seen[walk->count++];
    memcpy(seen->name, fact->name, fact->name_length);
    seen->length = fact->name_length;
    seen->type = fact->type;
}

/* One entry into fact; false where the message does not hold it whole. */
static bool read_entry(struct cursor *rest, bool record, struct fact *fact)
{
    fact->name_length = (uint8_t)dns_name_read(rest, fact->name);
    const uint8_t *fixed = cursor_take(rest, record ? RECORD_FIXED : QUESTION_FIXED);
    if (!fixed)
        return false;
    fact->type = octets_u16(fixed);
    fact->class = octets_u16(fixed + 2) & CLASS_MASK;
    return !record || cursor_skip(rest, octets_u16(fixed + 8));
}

/* The question section of an answer is passed, that of a question is told. */
static bool pass_questions(struct cursor *rest, unsigned questions, struct fact *fact)
{
    for (; questions > 0; questions--)
        if (!read_entry(rest, false, fact))
            return false;
    return true;
}

size_t several_rest(
    const struct cursor *message, struct fact *fact, packet_sink *sink, void *context)
{
    struct cursor rest = *message;
    struct walk walk;
    rest.at = rest.base;
    rest.failed = false;
    const uint8_t *header = cursor_take(&rest, DNS_HEADER);
    bool response = fact->kind == FACT_ANSWER;
    if (!header || (response && fact->direction != DIRECTION_OUT))
        return 0;
    unsigned questions = octets_u16(header + 4);
    unsigned entries = response ? octets_u16(header + 6) : questions;
    if (entries == 0 || (entries == 1 && !(response && questions > 0)))
        return 0; /* the first is all */
    walk.count = 0;
    walk.by_type = !response;
    keep(&walk, fact);
    fact->address_count = 0;
    if (response && (questions > ENTRIES_MAX || !pass_questions(&rest, questions, fact)))
        return 0;
    for (unsigned i = 0; i < entries && i < ENTRIES_MAX && walk.count <= SEVERAL_MAX; i++) {
        if (!read_entry(&rest, response, fact))
            break;
        if (is_known(&walk, fact))
            continue;
        keep(&walk, fact);
        sink(context, fact);
    }
    return walk.count - 1;
}
