/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_PUBLICIP_PARSE_H
#define LEAKTOP_SOURCES_PUBLICIP_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/address.h"
#include "model/outside.h"
#include "sources/claim.h"
#include "tables/publicip.h"

/* The body of a service's answer -> the address that it saw. Pure but for jansson's memory. */

/* No form known comes near this; what is longer is no answer. */
#define PUBLICIP_BODY_MAX 4096

struct publicip_said {
    struct address address; /* FAMILY_NONE: nothing usable */
    struct claim_network network;
    enum ternary using; /* the provider's statement about its own network, where the row has one */
};

/* True where the body, in the form that the row promises, holds an public address of the
 * family asked over. Otherwise false, said->address is FAMILY_NONE, and *why (static, may be NULL)
 * says in words what was wrong. */
bool publicip_parse(const struct publicip_service *service, enum address_family family,
    const char *body, size_t length, struct publicip_said *said, const char **why);

#endif
