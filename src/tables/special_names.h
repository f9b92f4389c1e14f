/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_TABLES_SPECIAL_NAMES_H
#define LEAKTOP_TABLES_SPECIAL_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Names that say by themselves why they are asked for. */

enum special_name {
    NAME_ORDINARY,
    NAME_VPN_SERVER,   /* relays and gateways of VPN services, none of which a person visits */
    NAME_CONNECTIVITY, /* hosts that a system asks to learn whether there is a network, and that
                          serve nothing else */
    NAME_ECH_FRONT,    /* outer names of ECH (cloudflare-ech.com): any site may stand behind */
    NAME_DNSCRYPT,     /* a DNSCrypt server's certificate: 2.dnscrypt-cert.PROVIDER */
};

/* Wire form, any letter case. Meant for every look-up that leaves: a name that is none of these is
 * told so by its last labels alone. */
enum special_name special_name(const uint8_t *wire, size_t length);

/* The random name that a browser hands to pages in place of a local address, and answers to over
 * mDNS: a UUID below "local" (draft-ietf-mmusic-mdns-ice-candidates, 3.1). */
bool special_is_candidate(const uint8_t *wire, size_t length);

#endif
