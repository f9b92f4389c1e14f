/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/networks_cymru.h"

#include <arpa/nameser.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "decode/cursor.h"
#include "decode/dns.h"
#include "sources/claim.h"

#define FIELDS 6
#define FIELD_MAX 96
/* Records of one answer that are looked at. */
#define RECORDS_MAX 16

void networks_cymru_origin_name(const struct address *address, char out[static NAME_TEXT_MAX])
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *bytes = address->bytes;
    if (address->family == FAMILY_IPV4) {
        text_format(out, NAME_TEXT_MAX, "0.%u.%u.%u.origin.asn.cymru.com", (unsigned)bytes[2],
            (unsigned)bytes[1], (unsigned)bytes[0]);
        return;
    }
    size_t at = 0;
    for (size_t i = 8; i-- > 0;) {
        out[at++] = digits[bytes[i] & 15];
        out[at++] = '.';
        out[at++] = digits[bytes[i] >> 4];
        out[at++] = '.';
    }
    text_format(out + at, NAME_TEXT_MAX - at, "origin6.asn.cymru.com");
}

void networks_cymru_as_name(int64_t asn, char out[static NAME_TEXT_MAX])
{
    text_format(out, NAME_TEXT_MAX, "AS%lld.asn.cymru.com", (long long)asn);
}

/* "A | B | C" into its fields, without the blanks around them; the last one takes what is left.
 * Returns their number. What is too long for a field makes it empty. */
static size_t split(
    const uint8_t *text, size_t length, size_t most, char fields[static FIELDS][FIELD_MAX])
{
    size_t count = 0;
    const char *at = (const char *)text, *end = at + length;
    while (count < most) {
        const char *bar = count + 1 < most ? memchr(at, '|', (size_t)(end - at)) : NULL;
        const char *stop = bar ? bar : end;
        while (at < stop && *at == ' ')
            at++;
        while (stop > at && stop[-1] == ' ')
            stop--;
        size_t size = (size_t)(stop - at);
        bool fits = size < FIELD_MAX && !memchr(at, '\0', size);
        memcpy(fields[count], at, fits ? size : 0);
        fields[count++][fits ? size : 0] = '\0';
        if (!bar)
            break;
        at = bar + 1;
    }
    return count;
}

static bool take_asn(const char *text, int64_t *out)
{
    struct claim_network said = claim_network_none;
    claim_operator(&said, text, strcspn(text, " "));
    *out = said.asn;
    return said.asn > 0;
}

static bool take_prefix(const char *text, struct networks_prefix *out)
{
    char address[FIELD_MAX], *end;
    const char *slash = strchr(text, '/');
    if (!slash || slash[1] < '0' || slash[1] > '9')
        return false;
    text_format(address, sizeof(address), "%.*s", (int)(slash - text), text);
    unsigned long length = strtoul(slash + 1, &end, 10);
    if (*end != '\0' || !address_parse(address, &out->base))
        return false;
    /* None is announced that is larger; an answer must not speak for half the Internet. */
    bool four = out->base.family == FAMILY_IPV4;
    if (length < (four ? 8UL : 16UL) || length > (four ? 32UL : 128UL))
        return false;
    out->length = (uint8_t)length;
    out->base = address_prefix(&out->base, out->length);
    return true;
}

/* The next TXT record's first string. False at the end. */
static bool next_text(struct dns_answers *walk, const uint8_t **text, size_t *length)
{
    struct dns_record record;
    while (dns_answer_next(walk, &record)) {
        struct cursor texts = dns_record_texts(&record);
        if (record.type == ns_t_txt && record.class == ns_c_in &&
            dns_text_next(&texts, text, length))
            return true;
    }
    return false;
}

static bool begin(const uint8_t *answer, size_t length, struct dns_answers *walk)
{
    struct cursor message = cursor_over(answer, length, 0);
    struct dns_head head;
    uint8_t name[NAME_WIRE_MAX];
    return dns_read(&message, &head, name) == DNS_OK && (head.flags & DNS_RESPONSE) &&
           head.rcode == 0 && dns_answers_begin(walk, answer, length);
}

bool networks_cymru_origin(const uint8_t *answer, size_t length, const struct address *address,
    struct networks_origin *out)
{
    struct dns_answers walk;
    const uint8_t *text;
    size_t size;
    bool found = false;
    if (!begin(answer, length, &walk))
        return false;
    for (unsigned i = 0; i < RECORDS_MAX && next_text(&walk, &text, &size); i++) {
        char fields[FIELDS][FIELD_MAX];
        struct networks_origin one = {.asn = -1};
        struct claim_network said = claim_network_none;
        if (split(text, size, 5, fields) < 3 || !take_asn(fields[0], &one.asn) ||
            !take_prefix(fields[1], &one.prefix) ||
            !address_within(address, &one.prefix.base, one.prefix.length) ||
            (found && one.prefix.length <= out->prefix.length))
            continue;
        claim_country(&said, fields[2], strlen(fields[2]));
        memcpy(one.country, said.country, sizeof(one.country));
        *out = one;
        found = true;
    }
    return found && !walk.at.failed;
}

bool networks_cymru_as(const uint8_t *answer, size_t length, int64_t asn, char *out, size_t size)
{
    struct dns_answers walk;
    const uint8_t *text;
    size_t used;
    out[0] = '\0';
    if (!begin(answer, length, &walk))
        return false;
    for (unsigned i = 0; i < RECORDS_MAX && next_text(&walk, &text, &used); i++) {
        char fields[FIELDS][FIELD_MAX];
        int64_t number;
        if (split(text, used, 5, fields) != 5 || !take_asn(fields[0], &number) || number != asn)
            continue;
        /* "NAME, CC": the country stands alone, too. */
        size_t name = strlen(fields[4]), country = strlen(fields[1]);
        if (country == 2 && name > 4 && strcmp(fields[4] + name - 2, fields[1]) == 0 &&
            memcmp(fields[4] + name - 4, ", ", 2) == 0)
            name -= 4;
        text_escape(fields[4], name, out, size);
        return out[0] != '\0' && !walk.at.failed;
    }
    return false;
}
