/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_CLAIM_H
#define LEAKTOP_SOURCES_CLAIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"

/* What a service on the network claims, as raw octets, made into values that can be kept. */

/* What a service says of the network that an address belongs to. */
struct claim_network {
    int64_t asn;     /* -1 not told */
    char org[64];    /* escaped; "" not told */
    char country[3]; /* "" not told */
};

extern const struct claim_network claim_network_none;

/* The text is one address and nothing else (blanks and line ends around it aside), and one that a
 * server can have seen as its client's; an IPv4-mapped IPv6 address is given as the IPv4 one.
 * False, and *out with family FAMILY_NONE, otherwise. */
bool claim_address(const char *text, size_t length, struct address *out);

/* False for what no server on the Internet sees as its client's: unspecified, loopback, link-local,
 * multicast, reserved; and for the ranges from which resolvers invent answers (198.18.0.0/15,
 * fc00::/18). Private and documentation ranges pass: there are servers at home, too. */
bool claim_plausible(const struct address *address);

/* An address with NUL and "/128" */
#define CLAIM_SUBNET (ADDRESS_TEXT + 4)

/* "203.0.113.0/24", or with a scope behind it as in RFC 7871, "203.0.113.0/24/20": the prefix that
 * was given away, normalised, into out. False, and out "", where it is none; a length of 0 gives
 * nothing away and is none. */
bool claim_subnet(const char *text, size_t length, char out[static CLAIM_SUBNET]);

/* True for what is used at home, within a company or by a carrier (RFC 1918, 4193, 6598): no server
 * on the Internet sees it as its client's. Documentation ranges are none. */
bool claim_private(const struct address *address);

/* "AS64500", "64500", "AS64500 Name" or "Name" into network->asn and network->org. A part that the
 * text does not hold stays as it is. */
void claim_operator(struct claim_network *network, const char *text, size_t length);

/* Two letters into network->country; anything else changes nothing. */
void claim_country(struct claim_network *network, const char *text, size_t length);

#endif
