/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/address.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/hash.h"

_Static_assert(ADDRESS_TEXT >= INET6_ADDRSTRLEN + sizeof "/128" - 1, "room for address/prefix");

struct block {
    uint8_t bytes[16];
    uint8_t bits;
    bool public;
};

/* The IANA special-purpose registries (RFC 6890, as updated), longest prefix first where blocks
 * lie within each other; public is their column "globally reachable". */
static const struct block blocks_ipv4[] = {
    {{192, 0, 0, 9}, 32, true},  /* PCP anycast, RFC 7723 */
    {{192, 0, 0, 10}, 32, true}, /* TURN anycast, RFC 8155 */
    {{0}, 8, false},             /* this network */
    {{10}, 8, false},            /* private */
    {{100, 64}, 10, false},      /* carrier-grade NAT, RFC 6598 */
    {{127}, 8, false},           /* loopback */
    {{169, 254}, 16, false},     /* link-local */
    {{172, 16}, 12, false},      /* private */
    {{192, 0, 0}, 24, false},    /* IETF protocol assignments */
    {{192, 0, 2}, 24, false},    /* documentation */
    {{192, 88, 99}, 24, false},  /* 6to4 relay anycast, deprecated by RFC 7526 */
    {{192, 168}, 16, false},     /* private */
    {{198, 18}, 15, false},      /* benchmarking */
    {{198, 51, 100}, 24, false}, /* documentation */
    {{203, 0, 113}, 24, false},  /* documentation */
    {{224}, 4, false},           /* multicast */
    {{240}, 4, false},           /* reserved, and the limited broadcast */
};

/* Global unicast is 2000::/3; what else is public stands here too. */
static const struct block blocks_ipv6[] = {
    {{0x20, 0x01, 0, 1, [15] = 1}, 128, true}, /* PCP anycast */
    {{0x20, 0x01, 0, 1, [15] = 2}, 128, true}, /* TURN anycast */
    {{0x20, 0x01, 0, 3}, 32, true},            /* AMT, RFC 7450 */
    {{0x20, 0x01, 0, 4, 1, 0x12}, 48, true},   /* AS112 */
    {{0x20, 0x01, 0, 0x20}, 28, true},         /* ORCHIDv2 */
    {{0x20, 0x01, 0, 0x30}, 28, true},         /* drone remote ID, RFC 9374 */
    {{0x20, 0x01, 0, 0}, 23, false},           /* the other IETF protocol assignments, Teredo */
    {{0x20, 0x01, 0x0D, 0xB8}, 32, false},     /* documentation */
    {{0x20, 0x02}, 16, false},                 /* 6to4 */
    {{0x3F, 0xFF, 0x00}, 20, false},           /* documentation, RFC 9637 */
    {{0x20}, 3, true},                         /* global unicast */
};

/* RFC 6052: the last four octets are the IPv4 address that the packet is for. */
static const struct block nat64 = {{0, 0x64, 0xFF, 0x9B}, 96, true};

static bool within(const uint8_t *bytes, const struct block *block)
{
    size_t whole = block->bits / 8;
    unsigned rest = block->bits % 8;
    if (memcmp(bytes, block->bytes, whole) != 0)
        return false;
    return rest == 0 || ((bytes[whole] ^ block->bytes[whole]) >> (8 - rest)) == 0;
}

static bool public_within(
    const uint8_t *bytes, const struct block *blocks, size_t count, bool otherwise)
{
    for (size_t i = 0; i < count; i++)
        if (within(bytes, &blocks[i]))
            return blocks[i].public;
    return otherwise;
}

static bool public_ipv4(const uint8_t *bytes)
{
    return public_within(bytes, blocks_ipv4, sizeof blocks_ipv4 / sizeof *blocks_ipv4, true);
}

struct address address_from_ipv4(const uint8_t bytes[static 4])
{
    struct address address = {.family = FAMILY_IPV4};
    memcpy(address.bytes, bytes, 4);
    return address;
}

struct address address_from_ipv6(const uint8_t bytes[static 16])
{
    struct address address = {.family = FAMILY_IPV6};
    memcpy(address.bytes, bytes, 16);
    return address;
}

bool address_parse(const char *text, struct address *out)
{
    char bare[INET6_ADDRSTRLEN];
    size_t length = strcspn(text, "%");
    *out = (struct address){0};
    if (length >= sizeof bare)
        return false;
    memcpy(bare, text, length);
    bare[length] = '\0';
    if (text[length] == '\0' && inet_pton(AF_INET, bare, out->bytes) == 1)
        out->family = FAMILY_IPV4;
    else if (inet_pton(AF_INET6, bare, out->bytes) == 1)
        out->family = FAMILY_IPV6;
    else
        *out = (struct address){0};
    return out->family != FAMILY_NONE;
}

const char *address_format(const struct address *address, char out[static ADDRESS_TEXT])
{
    const char *done = NULL;
    if (address->family == FAMILY_IPV4)
        done = inet_ntop(AF_INET, address->bytes, out, ADDRESS_TEXT);
    else if (address->family == FAMILY_IPV6)
        done = inet_ntop(AF_INET6, address->bytes, out, ADDRESS_TEXT);
    if (!done)
        memcpy(out, "-", 2);
    return out;
}

bool address_equal(const struct address *a, const struct address *b)
{
    if (a->family != b->family)
        return false;
    return a->family == FAMILY_NONE || memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

bool address_is_loopback(const struct address *address)
{
    static const struct block ipv4 = {{127}, 8, false};
    static const struct block ipv6 = {{[15] = 1}, 128, false};
    if (address->family == FAMILY_IPV4)
        return within(address->bytes, &ipv4);
    return address->family == FAMILY_IPV6 && within(address->bytes, &ipv6);
}

bool address_is_multicast(const struct address *address)
{
    static const struct block ipv4 = {{224}, 4, false};
    static const struct block broadcast = {{255, 255, 255, 255}, 32, false};
    static const struct block ipv6 = {{0xFF}, 8, false};
    if (address->family == FAMILY_IPV4)
        return within(address->bytes, &ipv4) || within(address->bytes, &broadcast);
    return address->family == FAMILY_IPV6 && within(address->bytes, &ipv6);
}

bool address_is_link_local(const struct address *address)
{
    static const struct block ipv4 = {{169, 254}, 16, false};
    static const struct block ipv6 = {{0xFE, 0x80}, 10, false};
    if (address->family == FAMILY_IPV4)
        return within(address->bytes, &ipv4);
    return address->family == FAMILY_IPV6 && within(address->bytes, &ipv6);
}

bool address_is_public(const struct address *address)
{
    if (address->family == FAMILY_IPV4)
        return public_ipv4(address->bytes);
    if (address->family != FAMILY_IPV6)
        return false;
    if (within(address->bytes, &nat64))
        return public_ipv4(address->bytes + 12);
    return public_within(
        address->bytes, blocks_ipv6, sizeof blocks_ipv6 / sizeof *blocks_ipv6, false);
}

static size_t octets_of(const struct address *address)
{
    return address->family == FAMILY_IPV4 ? 4 : 16;
}

bool address_within(const struct address *address, const struct address *base, unsigned length)
{
    size_t whole = length / 8;
    unsigned rest = length % 8;
    if (address->family != base->family || address->family == FAMILY_NONE ||
        length > octets_of(address) * 8 || memcmp(address->bytes, base->bytes, whole) != 0)
        return false;
    return rest == 0 || ((address->bytes[whole] ^ base->bytes[whole]) >> (8 - rest)) == 0;
}

struct address address_prefix(const struct address *address, unsigned length)
{
    struct address prefix = *address;
    size_t whole = length / 8;
    if (whole < sizeof(prefix.bytes)) {
        unsigned kept = 0xff00U >> (length % 8);
        prefix.bytes[whole] = (uint8_t)(prefix.bytes[whole] & kept);
        memset(prefix.bytes + whole + 1, 0, sizeof(prefix.bytes) - whole - 1);
    }
    return prefix;
}

uint64_t address_hash(const struct address *address, uint64_t seed)
{
    if (address->family == FAMILY_NONE)
        return hash_bytes("", 0, seed);
    return hash_bytes(address->bytes, address->family == FAMILY_IPV4 ? 4 : 16, seed);
}
