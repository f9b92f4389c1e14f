/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/claim.h"

#include <string.h>

#include "base/text.h"

const struct claim_network claim_network_none = {.asn = -1};

static bool is_blank(char octet)
{
    return octet == ' ' || octet == '\t' || octet == '\r' || octet == '\n';
}

static void trim(const char **text, size_t *length)
{
    while (*length > 0 && is_blank((*text)[0])) {
        (*text)++;
        (*length)--;
    }
    while (*length > 0 && is_blank((*text)[*length - 1]))
        (*length)--;
}

static bool is_digit(char octet)
{
    return octet >= '0' && octet <= '9';
}

bool claim_plausible(const struct address *address)
{
    const uint8_t *bytes = address->bytes;
    if (address->family == FAMILY_NONE || address_is_loopback(address) ||
        address_is_link_local(address) || address_is_multicast(address))
        return false;
    if (address->family == FAMILY_IPV4) {
        bool invented = bytes[0] == 198 && (bytes[1] & 0xFE) == 18;
        return bytes[0] != 0 && bytes[0] < 240 && !invented;
    }
    static const uint8_t unspecified[16];
    bool invented = bytes[0] == 0xFC && bytes[1] == 0 && (bytes[2] & 0xC0) == 0;
    return memcmp(bytes, unspecified, sizeof unspecified) != 0 && !invented;
}

bool claim_private(const struct address *address)
{
    const uint8_t *bytes = address->bytes;
    if (address->family == FAMILY_IPV6)
        return (bytes[0] & 0xFE) == 0xFC;
    return address->family == FAMILY_IPV4 &&
           (bytes[0] == 10 || (bytes[0] == 172 && (bytes[1] & 0xF0) == 16) ||
               (bytes[0] == 192 && bytes[1] == 168) ||
               (bytes[0] == 100 && (bytes[1] & 0xC0) == 64));
}

/* ::ffff:0:0/96 (RFC 4291, 2.5.5.2): what a server with one socket for both families sees. */
static void unmap(struct address *address)
{
    static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF};
    if (address->family == FAMILY_IPV6 && memcmp(address->bytes, mapped, sizeof mapped) == 0)
        *address = address_from_ipv4(address->bytes + sizeof mapped);
}

bool claim_address(const char *text, size_t length, struct address *out)
{
    char bare[ADDRESS_TEXT];
    *out = (struct address){0};
    trim(&text, &length);
    if (length == 0 || length >= sizeof bare)
        return false;
    memcpy(bare, text, length);
    bare[length] = '\0';
    /* A zone has a meaning on the machine that says it only; a NUL would hide what follows. */
    if (strlen(bare) != length || strchr(bare, '%') || !address_parse(bare, out))
        return false;
    unmap(out);
    if (claim_plausible(out))
        return true;
    *out = (struct address){0};
    return false;
}

bool claim_subnet(const char *text, size_t length, char out[static CLAIM_SUBNET])
{
    out[0] = '\0';
    trim(&text, &length);
    const char *slash = length ? memchr(text, '/', length) : NULL;
    struct address address;
    if (!slash || !claim_address(text, (size_t)(slash - text), &address))
        return false;
    const char *at = slash + 1, *end = text + length;
    unsigned prefix = 0, digits = 0;
    while (at < end && is_digit(*at) && digits++ < 3)
        prefix = prefix * 10 + (unsigned)(*at++ - '0');
    if (digits == 0 || prefix == 0 || prefix > (address.family == FAMILY_IPV6 ? 128 : 32) ||
        (at < end && *at != '/'))
        return false;
    char bare[ADDRESS_TEXT];
    for (unsigned bit = prefix; bit < 128; bit++)
        address.bytes[bit / 8] &= (uint8_t) ~(0x80U >> bit % 8);
    text_format(out, CLAIM_SUBNET, "%s/%u", address_format(&address, bare), prefix);
    return true;
}

/* How many octets of text are an AS number (RFC 6793: 32 bits; 0 and the last are reserved by
 * RFC 7607 and RFC 7300), 0 where it begins with none. */
static size_t read_asn(const char *text, size_t length, int64_t *asn)
{
    size_t at = 0;
    if (length > 2 && (text[0] | 0x20) == 'a' && (text[1] | 0x20) == 's')
        at = 2;
    int64_t number = 0;
    size_t first = at;
    while (at < length && is_digit(text[at]) && at - first < 10)
        number = number * 10 + (text[at++] - '0');
    bool ends = at == length || text[at] == ' ';
    /* "1984 Hosting" is a name: without "AS" in front the number stands alone. */
    if (at == first || !ends || (first == 0 && at < length) || number <= 0 || number >= UINT32_MAX)
        return 0;
    *asn = number;
    return at;
}

void claim_operator(struct claim_network *network, const char *text, size_t length)
{
    trim(&text, &length);
    size_t used = read_asn(text, length, &network->asn);
    text += used;
    length -= used;
    trim(&text, &length);
    if (length > 0)
        text_escape(text, length, network->org, sizeof network->org);
}

void claim_country(struct claim_network *network, const char *text, size_t length)
{
    if (length != 2)
        return;
    for (size_t i = 0; i < length; i++)
        if ((text[i] | 0x20) < 'a' || (text[i] | 0x20) > 'z')
            return;
    for (size_t i = 0; i < length; i++)
        network->country[i] = (char)(text[i] & ~0x20);
    network->country[length] = '\0';
}
