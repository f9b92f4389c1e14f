/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/whoami_parse.h"

#include <arpa/nameser.h>
#include <string.h>
#include <strings.h>

#include "decode/cursor.h"
#include "decode/dns.h"

/* One character-string of a TXT record: raw octets, not terminated. */
struct string {
    const char *at;
    size_t length;
};

/* Strings of one record that are looked at; the forms known have at most two. */
#define STRINGS_MAX 4

struct reading {
    struct whoami_said *said;
    unsigned addresses; /* different ones */
    bool invented;
};

const char *whoami_outcome_word(enum whoami_outcome outcome)
{
    static const char *const words[] = {
        [WHOAMI_SAID] = "",
        [WHOAMI_SILENT] = "the answer does not tell who asked",
        [WHOAMI_INVENTED] = "the answer holds an address that nobody can have asked from",
        [WHOAMI_MALFORMED] = "malformed answer",
    };
    _Static_assert(sizeof words / sizeof *words == WHOAMI_OUTCOMES, "a word for each outcome");
    return outcome < WHOAMI_OUTCOMES ? words[outcome] : "?";
}

static void take_address(struct reading *reading, const struct address *address)
{
    if (!claim_plausible(address)) {
        reading->invented = true;
        return;
    }
    if (address_equal(&reading->said->egress, address))
        return;
    reading->said->egress = *address;
    reading->addresses++;
}

static void take_text(struct reading *reading, struct string text)
{
    struct address address;
    if (claim_address(text.at, text.length, &address))
        take_address(reading, &address);
}

/* True where text begins with prefix in any letter case; *text is then what stands behind it. */
static bool strip(struct string *text, const char *prefix)
{
    size_t length = strlen(prefix);
    if (text->length < length || strncasecmp(text->at, prefix, length) != 0)
        return false;
    text->at += length;
    text->length -= length;
    return true;
}

/* What stands before the first of one octet; the rest goes to *rest, without it. */
static struct string split(struct string text, char at, struct string *rest)
{
    const char *found = text.length ? memchr(text.at, at, text.length) : NULL;
    if (!found) {
        *rest = (struct string){text.at + text.length, 0};
        return text;
    }
    size_t length = (size_t)(found - text.at);
    *rest = (struct string){found + 1, text.length - length - 1};
    return (struct string){text.at, length};
}

/* The inside of the parentheses that text begins with, inner ones kept. */
static struct string parenthesised(struct string text)
{
    size_t depth = 0;
    for (size_t i = 0; i < text.length; i++) {
        if (text.at[i] == '(')
            depth++;
        else if (text.at[i] == ')' && depth > 0 && --depth == 0)
            return (struct string){text.at + 1, i - 1};
        if (depth == 0)
            break;
    }
    return (struct string){text.at, 0};
}

/* "ns" is who asked. "ip" follows the client subnet that the resolver sent on ("ecs"): it is made
 * up from a prefix, and is neither the resolver's nor the client's. */
static void read_pairs(struct reading *reading, const struct string *strings, size_t count)
{
    struct string key = strings[0];
    if (count == 2 && strip(&key, "ns") && key.length == 0)
        take_text(reading, strings[1]);
}

/* Three forms of one service, by age: "resolver: ADDRESS", "remoteIp: ADDRESS", and
 * "FROM: ADDRESS#PORT (network) (place) (UDP)". */
static void read_fields(struct reading *reading, struct string text)
{
    struct string rest;
    if (strip(&text, "resolver: ") || strip(&text, "remoteIp: ")) {
        take_text(reading, text);
    } else if (strip(&text, "resolverOrg: ") || strip(&text, "remoteOrg: ")) {
        claim_operator(&reading->said->network, text.at, text.length);
    } else if (strip(&text, "FROM: ")) {
        take_text(reading, split(text, '#', &rest));
        split(rest, ' ', &rest);
        struct string org = parenthesised(rest);
        claim_operator(&reading->said->network, org.at, org.length);
    }
}

/* ip='ADDRESS' as='NUMBER' isp='NAME' country='CC', in any order. A quote within a value ends it.
 */
static void read_quoted(struct reading *reading, struct string text)
{
    while (text.length > 0) {
        struct string value, rest;
        struct string key = split(text, '=', &rest);
        while (key.length > 0 && key.at[0] == ' ') {
            key.at++;
            key.length--;
        }
        if (!strip(&rest, "'"))
            return;
        value = split(rest, '\'', &text);
        if (value.length == rest.length)
            return; /* the quote that should end it is missing: cut in the middle */
        if (strip(&key, "ip") && key.length == 0)
            take_text(reading, value);
        else if ((strip(&key, "as") || strip(&key, "isp")) && key.length == 0)
            claim_operator(&reading->said->network, value.at, value.length);
        else if (strip(&key, "country") && key.length == 0)
            claim_country(&reading->said->network, value.at, value.length);
    }
}

static void read_strings(
    struct reading *reading, enum whoami_shape shape, const struct string *strings, size_t count)
{
    struct string text = strings[0];
    switch (shape) {
    case WHOAMI_PLAIN:
        /* The other record of the pair, "edns0-client-subnet PREFIX", is no address. */
        if (count == 1)
            take_text(reading, text);
        break;
    case WHOAMI_PAIRS:
        read_pairs(reading, strings, count);
        break;
    case WHOAMI_SENTENCE:
        if (strip(&text, "Resolver IP:"))
            take_text(reading, text);
        break;
    case WHOAMI_FIELDS:
        read_fields(reading, text);
        break;
    case WHOAMI_QUOTED:
        read_quoted(reading, text);
        break;
    case WHOAMI_OWN_ZONE:
        read_fields(reading, text);
        if (count == 1)
            take_text(reading, text);
        break;
    case WHOAMI_A:
    case WHOAMI_SHAPES:
        break;
    }
}

static void read_record(
    struct reading *reading, enum whoami_shape shape, const struct dns_record *record)
{
    struct address address;
    if (shape == WHOAMI_A) {
        if (dns_record_address(record, &address) && address.family == FAMILY_IPV4)
            take_address(reading, &address);
        return;
    }
    struct cursor texts = dns_record_texts(record);
    struct string strings[STRINGS_MAX];
    size_t count = 0;
    const uint8_t *text;
    size_t length;
    while (count < STRINGS_MAX && dns_text_next(&texts, &text, &length))
        strings[count++] = (struct string){(const char *)text, length};
    if (count > 0)
        read_strings(reading, shape, strings, count);
}

enum whoami_outcome whoami_parse(
    const struct whoami *row, const uint8_t *answer, size_t length, struct whoami_said *said)
{
    *said = (struct whoami_said){.network = claim_network_none};
    struct reading reading = {.said = said};
    struct cursor message = cursor_over(answer, length, 0);
    struct dns_head head;
    uint8_t name[NAME_WIRE_MAX];
    struct dns_answers walk;
    if (dns_read(&message, &head, name) != DNS_OK || !(head.flags & DNS_RESPONSE) ||
        !dns_answers_begin(&walk, answer, length))
        return WHOAMI_MALFORMED;
    if (head.rcode != 0)
        return WHOAMI_SILENT;
    /* Owners are not compared: a CNAME may stand before the record, and who could put in a foreign
     * record could as well change the right one. */
    struct dns_record record;
    while (dns_answer_next(&walk, &record))
        if (record.type == row->type && record.class == ns_c_in)
            read_record(&reading, row->shape, &record);
    if (!walk.at.failed && reading.addresses == 1)
        return WHOAMI_SAID;
    /* Two different addresses are not the form that the row promises: a pool's list, a portal. */
    *said = (struct whoami_said){.network = claim_network_none};
    if (walk.at.failed)
        return WHOAMI_MALFORMED;
    return reading.invented && reading.addresses == 0 ? WHOAMI_INVENTED : WHOAMI_SILENT;
}
