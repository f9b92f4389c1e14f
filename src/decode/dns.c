/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/dns.h"

#include <string.h>

enum { TYPE_A = 1, TYPE_NS = 2, TYPE_CNAME = 5, TYPE_PTR = 12, TYPE_TXT = 16, TYPE_AAAA = 28 };
enum { TYPE_DNAME = 39, TYPE_OPT = 41, CLASS_IN = 1 };

#define LABEL_MAX 63
/* Two top bits of a length octet: both set for a pointer; one alone is reserved. */
#define LABEL_POINTER 0xC0
/* 255 octets hold at most 127 labels; no honest name needs a pointer in front of each. */
#define POINTERS_MAX 127

size_t dns_name_read(struct cursor *cursor, uint8_t name[static NAME_WIRE_MAX])
{
    const uint8_t *base = cursor->base;
    size_t end = (size_t)(cursor->end - base);
    size_t at = cursor_offset(cursor);
    size_t run = at; /* labels that stand in a row are copied at once */
    size_t used = 0;
    size_t after = 0; /* where the name ends at the place that was asked for */
    int pointers = 0;
    if (cursor->failed)
        return 0;
    for (;;) {
        if (at >= end)
            goto ran_out;
        uint8_t label = base[at];
        if (label == 0)
            break;
        if (label <= LABEL_MAX) {
            at += 1U + label;
            if (used + (at - run) >= NAME_WIRE_MAX) /* the root label is still to come */
                goto bad;
            continue;
        }
        if (label < LABEL_POINTER)
            goto bad;
        if (at + 1 >= end)
            goto ran_out;
        size_t target = octets_u16(base + at) & 0x3FFFU;
        memcpy(name + used, base + run, at - run);
        used += at - run;
        if (after == 0)
            after = at + 2;
        /* "A prior occurrence" (RFC 1035, 4.1.4): before the run that the pointer ends. So every
         * pointer leads further back, and no chain of them is a loop. */
        if (target < DNS_HEADER || target >= run || ++pointers > POINTERS_MAX)
            goto bad;
        run = at = target;
    }
    at++;
    memcpy(name + used, base + run, at - run);
    used += at - run;
    cursor->at = base + (after != 0 ? after : at);
    return used;
bad:
    cursor_spoil(cursor);
ran_out:
    cursor->failed = true;
    return 0;
}

/* Passes a name without looking where its pointer leads. */
static void skip_name(struct cursor *cursor)
{
    for (;;) {
        uint8_t label = cursor_u8(cursor);
        if (label == 0) /* the end, or failed */
            return;
        if (label <= LABEL_MAX) {
            cursor_skip(cursor, label);
        } else {
            cursor_skip(cursor, 1);
            if (label < LABEL_POINTER)
                cursor_spoil(cursor);
            return;
        }
    }
}

static void skip_record(struct cursor *cursor)
{
    skip_name(cursor);
    const uint8_t *fixed = cursor_take(cursor, 10);
    if (fixed)
        cursor_skip(cursor, octets_u16(fixed + 8));
}

/* Behind a record's owner name. In mDNS the top bit of a class is no part of it (RFC 6762, 18.13);
 * elsewhere no class has it. */
static void read_answer(struct cursor *cursor, const uint8_t *fixed, struct dns_head *head)
{
    uint16_t type = octets_u16(fixed);
    uint16_t length = octets_u16(fixed + 8);
    const uint8_t *rdata = cursor_take(cursor, length);
    bool ipv4 = type == TYPE_A && length == 4;
    bool ipv6 = type == TYPE_AAAA && length == 16;
    if (!rdata || !(ipv4 || ipv6) || (octets_u16(fixed + 2) & 0x7FFF) != CLASS_IN ||
        head->address_count == FACT_ADDRESSES)
        return;
    struct address *address = &head->addresses[head->address_count++];
    address->family = ipv4 ? FAMILY_IPV4 : FAMILY_IPV6;
    memset(address->bytes, 0, sizeof address->bytes);
    memcpy(address->bytes, rdata, length);
}

/* RFC 6891, 6.1: the OPT record, owner root, in the additional section. */
static void find_edns(struct cursor *rest, struct dns_head *head)
{
    for (unsigned left = head->additionals; left > 0 && !rest->failed; left--) {
        struct cursor ahead = *rest;
        const uint8_t *record = cursor_take(&ahead, 11);
        if (record && record[0] == 0 && octets_u16(record + 1) == TYPE_OPT) {
            head->edns = true;
            /* RFC 6891, 6.1.3: the upper eight bits of the rcode lead the TTL field. */
            head->rcode = (uint16_t)(record[5] << 4 | head->rcode);
            return;
        }
        skip_record(rest);
    }
}

/* The records behind the first entry, which was read already. Each step takes octets or fails, so
 * that counts which lie cost no more than the message is long. */
static void read_records(
    struct cursor *rest, unsigned questions_left, unsigned answers_left, struct dns_head *head)
{
    for (; questions_left > 0 && !rest->failed; questions_left--) {
        skip_name(rest);
        cursor_skip(rest, 4);
    }
    for (; answers_left > 0 && !rest->failed; answers_left--) {
        skip_name(rest);
        const uint8_t *fixed = cursor_take(rest, 10);
        if (fixed)
            read_answer(rest, fixed, head);
    }
    if (head->additionals == 0)
        return;
    for (unsigned left = head->authorities; left > 0 && !rest->failed; left--)
        skip_record(rest);
    find_edns(rest, head);
}

static enum dns_outcome outcome_of_failure(const struct cursor *cursor)
{
    return cursor_cut(cursor) ? DNS_SHORT : DNS_BAD;
}

enum dns_outcome dns_read(
    struct cursor *message, struct dns_head *head, uint8_t name[static NAME_WIRE_MAX])
{
    cursor_rebase(message);
    const uint8_t *header = cursor_take(message, DNS_HEADER);
    if (!header)
        return outcome_of_failure(message);
    head->id = octets_u16(header);
    head->flags = octets_u16(header + 2);
    head->rcode = head->flags & 0x000F;
    head->questions = octets_u16(header + 4);
    head->answers = octets_u16(header + 6);
    head->authorities = octets_u16(header + 8);
    head->additionals = octets_u16(header + 10);
    head->edns = false;
    head->type = head->class = 0;
    head->name_length = head->address_count = 0;

    unsigned questions_left = head->questions;
    unsigned answers_left = head->answers;
    if (questions_left > 0) {
        head->name_length = (uint8_t)dns_name_read(message, name);
        const uint8_t *fixed = cursor_take(message, 4);
        if (!fixed)
            return outcome_of_failure(message);
        head->type = octets_u16(fixed);
        head->class = octets_u16(fixed + 2);
        questions_left--;
    } else if (head->answers > 0) {
        head->name_length = (uint8_t)dns_name_read(message, name);
        const uint8_t *fixed = cursor_take(message, 10);
        if (!fixed)
            return outcome_of_failure(message);
        head->type = octets_u16(fixed);
        head->class = octets_u16(fixed + 2);
        read_answer(message, fixed, head);
        answers_left--;
    }
    if (answers_left > 0 || head->additionals > 0)
        read_records(message, questions_left, answers_left, head);
    return DNS_OK;
}

size_t dns_netbios_decode(uint8_t name[static NAME_WIRE_MAX], size_t length)
{
    enum { ENCODED = 32, DECODED = 15 }; /* the sixteenth octet is the service */
    if (length < 1 + ENCODED + 1 || name[0] != ENCODED)
        return 0;
    for (size_t i = 1; i <= ENCODED; i++)
        if (name[i] < 'A' || name[i] > 'P')
            return 0;
    size_t kept = 0;
    for (size_t i = 0; i < DECODED; i++) {
        const uint8_t *pair = name + 1 + 2 * i;
        uint8_t octet = (uint8_t)((pair[0] - 'A') << 4 | (pair[1] - 'A'));
        /* Written behind what is still to be read: octet i comes from octets 2i and 2i + 1. */
        name[1 + i] = octet;
        /* Padding is spaces; the wildcard "*" is padded with NUL (RFC 1002, 4.2.18). */
        if (octet != ' ' && octet != 0)
            kept = i + 1;
    }
    name[0] = (uint8_t)kept;
    if (kept == 0)
        return 1;
    name[1 + kept] = 0;
    return kept + 2;
}

bool dns_answers_begin(struct dns_answers *walk, const uint8_t *message, size_t length)
{
    walk->at = cursor_over(message, length, 0);
    walk->left = 0;
    const uint8_t *header = cursor_take(&walk->at, DNS_HEADER);
    if (!header)
        return false;
    for (unsigned left = octets_u16(header + 4); left > 0 && !walk->at.failed; left--) {
        skip_name(&walk->at);
        cursor_skip(&walk->at, 4);
    }
    if (walk->at.failed)
        return false;
    walk->left = octets_u16(header + 6);
    return true;
}

bool dns_answer_next(struct dns_answers *walk, struct dns_record *record)
{
    if (walk->left == 0 || walk->at.failed)
        return false;
    walk->left--;
    record->owner_length = (uint8_t)dns_name_read(&walk->at, record->owner);
    const uint8_t *fixed = cursor_take(&walk->at, 10);
    if (!fixed)
        return false;
    record->type = octets_u16(fixed);
    record->class = octets_u16(fixed + 2);
    record->ttl = octets_u32(fixed + 4);
    record->rdata_length = octets_u16(fixed + 8);
    record->rdata = cursor_take(&walk->at, record->rdata_length);
    return record->rdata != NULL;
}

bool dns_record_address(const struct dns_record *record, struct address *address)
{
    if (record->class != CLASS_IN)
        return false;
    if (record->type == TYPE_A && record->rdata_length == 4) {
        *address = address_from_ipv4(record->rdata);
        return true;
    }
    if (record->type == TYPE_AAAA && record->rdata_length == 16) {
        *address = address_from_ipv6(record->rdata);
        return true;
    }
    return false;
}

struct cursor dns_record_texts(const struct dns_record *record)
{
    return cursor_over(record->rdata, record->type == TYPE_TXT ? record->rdata_length : 0, 0);
}

bool dns_text_next(struct cursor *texts, const uint8_t **text, size_t *length)
{
    if (texts->failed || cursor_left(texts) == 0)
        return false;
    *length = cursor_u8(texts);
    *text = cursor_take(texts, *length);
    return *text != NULL;
}

size_t dns_record_name(const struct dns_answers *walk, const struct dns_record *record,
    uint8_t name[static NAME_WIRE_MAX])
{
    if (record->type != TYPE_CNAME && record->type != TYPE_NS && record->type != TYPE_PTR &&
        record->type != TYPE_DNAME)
        return 0;
    struct cursor rdata = walk->at;
    rdata.at = record->rdata;
    rdata.end = record->rdata + record->rdata_length;
    rdata.failed = false;
    size_t length = dns_name_read(&rdata, name);
    return rdata.at == rdata.end ? length : 0;
}
