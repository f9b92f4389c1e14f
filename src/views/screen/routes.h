/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_VIEWS_SCREEN_ROUTES_H
#define LEAKTOP_VIEWS_SCREEN_ROUTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/model.h"

/* Web route and DNS routes of both families, side by side, as values: what the dashboards draw. */

#define WAYS_MAX 24

/* One way that look-ups of a family take: an interface and a resolver. */
struct dns_way {
    char interface[INTERFACE_NAME]; /* "-" not known */
    enum role role;
    struct address resolver;
    unsigned transports; /* bit per enum transport */
    uint64_t lookups;    /* since the last network change */
    enum exposure exposure;
    enum excuse excuse;    /* of the newest look-up there */
    bool seen;             /* false: configured only, no look-up went there */
    struct address egress; /* FAMILY_NONE not known */
    enum state mark;       /* how it differs from the web route */
    char words[24];
};

struct family_routes {
    enum route_state web_state;
    char web_interface[INTERFACE_NAME];
    enum role web_role;
    bool web_mixed, web_outside; /* outside: leaves in the open although a tunnel is expected */
    struct address web_source;
    struct dns_way ways[WAYS_MAX]; /* those that leak are never the ones left out */
    size_t count, left_out;
    uint64_t lookups; /* of all ways: the whole of which a way has its share */
};

struct routes {
    struct family_routes family[FAMILY_INDEXES];
};

void routes_read(const struct model *model, struct routes *routes);
/* "udp, tcp" into out. */
const char *routes_transports(const struct dns_way *way, char *out, size_t size);
/* "99%", "<1%", "-" for a way no look-up took. */
const char *routes_share(
    const struct family_routes *family, const struct dns_way *way, char *out, size_t size);
/* "tunnel", "uplink", "no route", "blocked", "not known". */
const char *routes_web_word(const struct family_routes *family);
/* Ways of a family in the order of display, at most most of them, those that leak first to stay. */
size_t routes_pick(const struct family_routes *family, size_t most, size_t picked[WAYS_MAX]);

#endif
