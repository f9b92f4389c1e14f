/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_TABLES_PUBLICIP_H
#define LEAKTOP_TABLES_PUBLICIP_H

#include <stddef.h>

/* Web services that answer with the address that they were asked from. */

enum publicip_form {
    PUBLICIP_TEXT,  /* the address and nothing else, blanks and line ends around it allowed */
    PUBLICIP_JSON,  /* an object; address, network, ... are paths in it: "/ip", "/geo/asn" */
    PUBLICIP_LINES, /* key=value lines; address, country are keys */
    PUBLICIP_FORMS
};

enum publicip_families {
    PUBLICIP_IPV4 = 1, /* the host has A records */
    PUBLICIP_IPV6 = 2, /* the host has AAAA records */
    PUBLICIP_BOTH = 3,
};

struct publicip_service {
    const char *host, *path; /* https://host/path; path begins with its slash */
    enum publicip_families families;
    enum publicip_form form;
    const char *address; /* where in the answer; "" for PUBLICIP_TEXT */
    const char *asn;     /* the AS number ("AS64500", 64500); "" not told */
    const char *network; /* the operator's name, maybe with the AS in front; "" not told */
    const char *country; /* two letters; "" not told */
    const char *run_by;  /* two services of one operator are one witness */
    /* What a provider says about its own network: who ("Mullvad", as tables/vpn.h calls it), and
     * where in the answer: true and false, or "on"/"plus" and "off" in a line. "" no statement. */
    const char *provider, *statement;
    /* It is asked no more often: its published terms, or ours. sources/budget holds it. */
    unsigned seconds_between;
};

const struct publicip_service *publicip_services(size_t *count);

#endif
