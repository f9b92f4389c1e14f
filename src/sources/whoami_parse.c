/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/whoami_parse.h"

#include <arpa/nameser.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
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
        [WHOAMI_INVENTED] = "the answer is invented on the way: nobody can have asked from there",
        [WHOAMI_REFUSED] = "the resolver gave up",
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

static void take_subnet(struct reading *reading, struct string text)
{
    char subnet[CLAIM_SUBNET];
    if (claim_subnet(text.at, text.length, subnet))
        memcpy(reading->said->subnet, subnet, sizeof subnet);
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

/* What stands before the first blank. */
static struct string word_of(struct string text)
{
    struct string rest;
    while (text.length > 0 && text.at[0] == ' ') {
        text.at++;
        text.length--;
    }
    return split(text, ' ', &rest);
}

static enum ternary yes_or_no(struct string text)
{
    struct string word = word_of(text), yes = word, no = word;
    if (strip(&yes, "yes") && yes.length == 0)
        return TERNARY_YES;
    return strip(&no, "no") && no.length == 0 ? TERNARY_NO : TERNARY_UNKNOWN;
}

/* "ns" is who asked. "ip" follows the client subnet that the resolver sent on ("ecs"): it is made
 * up from a prefix, and is neither the resolver's nor the client's. */
static void read_pairs(struct reading *reading, const struct string *strings, size_t count)
{
    struct string key = strings[0], other = strings[0];
    if (count == 2 && strip(&key, "ns") && key.length == 0)
        take_text(reading, strings[1]);
    else if (count == 2 && strip(&other, "ecs") && other.length == 0)
        take_subnet(reading, strings[1]);
}

/* Three forms of one service, by age: "resolver: ADDRESS", "remoteIp: ADDRESS", and
 * "FROM: ADDRESS#PORT (network) (place) (UDP)". The subnet: "clientSubnet: PREFIX", or "ECS: PREFIX
 * (network) (place)". "minimised: yes" and "0x20: yes" only an authority that we know says. */
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
    } else if (strip(&text, "clientSubnet: ") || strip(&text, "ECS: ")) {
        take_subnet(reading, word_of(text));
    }
}

static void read_own_zone(struct reading *reading, struct string text, size_t count)
{
    struct string field = text;
    read_fields(reading, text);
    if (count == 1)
        take_text(reading, text);
    if (strip(&field, "minimised: "))
        reading->said->minimises = yes_or_no(field);
    else if (strip(&field, "0x20: "))
        reading->said->mixes_case = yes_or_no(field);
}

/* The value behind 'KEY': within *text, without its quotes; *text goes on behind it. Empty where
 * there is none. */
static struct string value_of(struct string *text, const char *key)
{
    struct string left = *text, rest;
    while (left.length > 0) {
        split(left, '\'', &rest);
        left = rest;
        struct string at = left;
        if (!strip(&at, key) || !strip(&at, "'"))
            continue;
        while (at.length > 0 && (at.at[0] == ':' || at.at[0] == ' ')) {
            at.at++;
            at.length--;
        }
        if (strip(&at, "'")) {
            struct string value = split(at, '\'', &rest);
            if (value.length == at.length)
                break; /* cut in the middle */
            *text = rest;
            return value;
        }
        size_t digits = 0;
        while (digits < at.length && at.at[digits] >= '0' && at.at[digits] <= '9')
            digits++;
        *text = (struct string){at.at + digits, at.length - digits};
        return (struct string){at.at, digits};
    }
    return (struct string){text->at, 0};
}

/* {'ecs': 'True', 'ecs_payload': {..., 'ip': '...', 'mask': '24', ...}, 'recursive': {'srcip':
 * '...', ...}, ...}, keys in any order. */
static void read_dict(struct reading *reading, struct string text)
{
    struct string at = text, payload = text;
    take_text(reading, value_of(&at, "srcip"));
    static const char mark[] = "'ecs_payload'";
    while (payload.length > 0 && !strip(&payload, mark)) {
        payload.at++;
        payload.length--;
    }
    struct string rest, inner = split(payload, '}', &rest), again = inner;
    struct string ip = value_of(&inner, "ip"), mask = value_of(&again, "mask");
    char prefix[CLAIM_SUBNET];
    if (ip.length > 0 && mask.length > 0 && ip.length + mask.length + 2 < sizeof prefix) {
        text_format(
            prefix, sizeof prefix, "%.*s/%.*s", (int)ip.length, ip.at, (int)mask.length, mask.at);
        take_subnet(reading, (struct string){prefix, strlen(prefix)});
    }
}

/* Of no documented form: words between blanks, commas, quotes and the like; an address is one, and
 * a prefix. */
static void read_loose(struct reading *reading, struct string text)
{
    static const char between[] = " \t,;='\"()[]{}";
    size_t at = 0;
    while (at < text.length) {
        size_t begin = at;
        while (at < text.length && !memchr(between, text.at[at], sizeof between - 1))
            at++;
        struct string word = {text.at + begin, at - begin};
        if (word.length > 0 && memchr(word.at, '/', word.length))
            take_subnet(reading, word);
        else
            take_text(reading, word);
        at += at < text.length;
    }
}

static void read_site(struct reading *reading, struct string text)
{
    if (text.length > 0)
        text_escape(text.at, text.length, reading->said->site, sizeof reading->said->site);
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
        if (count == 1 && strip(&text, "edns0-client-subnet "))
            take_subnet(reading, text);
        else if (count == 1)
            take_text(reading, text);
        break;
    case WHOAMI_PAIRS:
        read_pairs(reading, strings, count);
        break;
    case WHOAMI_SENTENCE:
        if (strip(&text, "Resolver IP:"))
            take_text(reading, text);
        else if (strip(&text, "EDNS0 client subnet:"))
            take_subnet(reading, text);
        break;
    case WHOAMI_FIELDS:
        read_fields(reading, text);
        break;
    case WHOAMI_QUOTED:
        read_quoted(reading, text);
        break;
    case WHOAMI_DICT:
        read_dict(reading, text);
        break;
    case WHOAMI_LOOSE:
        read_loose(reading, text);
        break;
    case WHOAMI_OWN_ZONE:
        read_own_zone(reading, text, count);
        break;
    case WHOAMI_NAME:
        if (count == 1)
            read_site(reading, text);
        break;
    case WHOAMI_SERVER:
        if (strip(&text, "server "))
            read_site(reading, text);
        break;
    case WHOAMI_A:
    case WHOAMI_NOTHING:
    case WHOAMI_SHAPES:
        break;
    }
}

static void read_record(
    struct reading *reading, enum whoami_shape shape, const struct dns_record *record)
{
    struct address address;
    if (shape == WHOAMI_A) {
        if (dns_record_address(record, &address))
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

static enum whoami_outcome judge_egress(struct reading *reading)
{
    struct whoami_said *said = reading->said;
    if (said->rcode != 0)
        return said->rcode == ns_r_nxdomain ? WHOAMI_SILENT : WHOAMI_REFUSED;
    if (reading->addresses == 1)
        return WHOAMI_SAID;
    /* Two different addresses are not the form that the row promises: a pool's list, a portal. */
    return reading->invented && reading->addresses == 0 ? WHOAMI_INVENTED : WHOAMI_SILENT;
}

/* What the response code tells, and whether there was a record. */
static enum whoami_outcome judge_code(
    enum whoami_use use, struct whoami_said *said, bool record, bool invented)
{
    bool good = said->rcode == 0 && record, absent = said->rcode == ns_r_nxdomain;
    switch (use) {
    case WHOAMI_SITE:
        return said->site[0]                ? WHOAMI_SAID
               : said->rcode == 0 || absent ? WHOAMI_SILENT
                                            : WHOAMI_REFUSED;
    case WHOAMI_VALIDATES:
        if (invented)
            return WHOAMI_INVENTED;
        said->validates = good                           ? TERNARY_NO
                          : said->rcode == ns_r_servfail ? TERNARY_YES
                                                         : TERNARY_UNKNOWN;
        return said->validates              ? WHOAMI_SAID
               : said->rcode == 0 || absent ? WHOAMI_SILENT
                                            : WHOAMI_REFUSED;
    case WHOAMI_ABSENT:
        return absent ? WHOAMI_SAID : said->rcode == 0 ? WHOAMI_INVENTED : WHOAMI_REFUSED;
    case WHOAMI_THROUGH:
        if (invented)
            return WHOAMI_INVENTED;
        said->through = good                         ? TERNARY_YES
                        : said->rcode == 0 || absent ? TERNARY_NO
                                                     : TERNARY_UNKNOWN;
        return said->through ? WHOAMI_SAID : WHOAMI_REFUSED;
    case WHOAMI_EGRESS:
        break;
    }
    return WHOAMI_SILENT;
}

enum whoami_outcome whoami_parse(
    const struct whoami *row, const uint8_t *answer, size_t length, struct whoami_said *said)
{
    const struct whoami_said nothing = {.network = claim_network_none};
    *said = nothing;
    struct reading reading = {.said = said};
    struct cursor message = cursor_over(answer, length, 0);
    struct dns_head head;
    uint8_t name[NAME_WIRE_MAX];
    struct dns_answers walk;
    if (dns_read(&message, &head, name) != DNS_OK || !(head.flags & DNS_RESPONSE) ||
        !dns_answers_begin(&walk, answer, length))
        return WHOAMI_MALFORMED;
    /* Owners are not compared: a CNAME may stand before the record, and who could put in a foreign
     * record could as well change the right one. */
    struct dns_record record;
    bool any = false;
    while (head.rcode == 0 && dns_answer_next(&walk, &record)) {
        struct address address;
        if (record.type != row->type || record.class != row->class)
            continue;
        any = true;
        if (row->shape != WHOAMI_NOTHING)
            read_record(&reading, row->shape, &record);
        else if (dns_record_address(&record, &address) && !claim_plausible(&address))
            reading.invented = true;
    }
    if (walk.at.failed) {
        *said = nothing;
        return WHOAMI_MALFORMED;
    }
    said->rcode = head.rcode;
    if (row->use != WHOAMI_EGRESS)
        return judge_code(row->use, said, any, reading.invented);
    enum whoami_outcome outcome = judge_egress(&reading);
    if (outcome != WHOAMI_SAID) {
        *said = nothing;
        said->rcode = head.rcode;
    }
    return outcome;
}
