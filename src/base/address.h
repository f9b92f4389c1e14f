/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_BASE_ADDRESS_H
#define LEAKTOP_BASE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An IP address as a value. Not known is family 0, never 0.0.0.0. */
enum address_family { FAMILY_NONE = 0, FAMILY_IPV4 = 4, FAMILY_IPV6 = 6 };

struct address {
    uint8_t family;    /* enum address_family */
    uint8_t bytes[16]; /* network order; IPv4 in the first four, the rest zero */
};

/* Longest text of an address or of address/prefix, with its NUL. */
#define ADDRESS_TEXT 52

/* Build from 4 or 16 bytes in network order. */
struct address address_from_ipv4(const uint8_t bytes[static 4]);
struct address address_from_ipv6(const uint8_t bytes[static 16]);

/* Parse presentation form ("192.0.2.1", "2001:db8::1", a trailing %zone is ignored).
 * False, and *out with family FAMILY_NONE, where the text is no address. */
bool address_parse(const char *text, struct address *out);

/* Presentation form (RFC 5952) into out, "-" for FAMILY_NONE. Returns out. */
const char *address_format(const struct address *address, char out[static ADDRESS_TEXT]);

bool address_equal(const struct address *a, const struct address *b);
bool address_is_loopback(const struct address *address);
/* Multicast, or the IPv4 limited broadcast. */
bool address_is_multicast(const struct address *address);
/* fe80::/10 and 169.254/16. */
bool address_is_link_local(const struct address *address);
/* True where the address belongs to the global Internet: none of the special-purpose blocks
 * (RFC 6890: private, CGNAT, loopback, link-local, ULA, multicast, unspecified). */
bool address_is_public(const struct address *address);
/* True where the address lies in base/length: one family, and the first length bits alike. */
bool address_within(const struct address *address, const struct address *base, unsigned length);
/* The address with all bits behind the first length ones zero. */
struct address address_prefix(const struct address *address, unsigned length);
/* A 64-bit hash, keyed by seed so that a neighbour cannot aim for collisions. */
uint64_t address_hash(const struct address *address, uint64_t seed);

#endif
