/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_SPLITDNS_FORMATS_H
#define LEAKTOP_SOURCES_SPLITDNS_FORMATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/model.h"

/* For sources/splitdns alone: text of each file -> what it says. Texts come as they are in the
 * file, without a NUL; whatever cannot be understood is left out. */

/* What was found so far; never more than max, and nothing twice. */
struct splits {
    struct split_domain *out;
    size_t count, max;
    const char *source; /* the file that is read: of what is added now */
    /* Where all other names go: never more than forward_max; 0: they are not wanted. */
    struct configured_resolver *forwards;
    size_t forward_count, forward_max;
};

/* True where the names below a domain may be sent elsewhere without anybody gaining all names: not
 * the root, not a delegated top-level domain or what registries sell below one ("co.uk"), of the
 * reverse zones those of private addresses. */
bool splitdns_counts(const uint8_t *wire, size_t length);

/* domain: presentation form, with or without a final dot. It counts as above or is left out.
 * address: FAMILY_NONE any. */
void splits_add(
    struct splits *splits, const char *domain, const struct address *address, uint32_t interface);

/* A resolver for all names that no domain takes. Nothing twice. */
void splits_forward(struct splits *splits, const struct address *address);

#define SPLIT_SERVERS 8
#define SPLIT_SEARCH 32
#define SPLIT_DOMAIN 256

/* Servers and domains that belong together: of a link, or of resolved as a whole. */
struct split_scope {
    size_t server_count, domain_count;
    struct address servers[SPLIT_SERVERS];
    char domains[SPLIT_SEARCH][SPLIT_DOMAIN];
};

/* State of a link, of systemd-networkd (networkd-state-file.c: DNS, DOMAINS, ROUTE_DOMAINS) or of
 * systemd-resolved (resolved-link.c: SERVERS, DOMAINS with ~ before routing-only ones). Adds. */
void splitdns_link(const char *text, size_t length, struct split_scope *scope);
/* resolved.conf(5): DNS and Domains of section [Resolve]. Adds; an empty value takes back. */
void splitdns_resolved(const char *text, size_t length, struct split_scope *scope);
/* Each domain with each server. */
void splits_add_scope(struct splits *splits, const struct split_scope *scope, uint32_t interface);

/* dnsmasq(8): server=/domain/.../address, rev-server=network/bits,address; server=address forwards
 */
void splitdns_dnsmasq(const char *text, size_t length, struct splits *splits);
/* unbound.conf(5): forward-zone and stub-zone with addresses; that of the root forwards */
void splitdns_unbound(const char *text, size_t length, struct splits *splits);

#endif
