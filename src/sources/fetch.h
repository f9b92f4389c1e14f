/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_FETCH_H
#define LEAKTOP_SOURCES_FETCH_H

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/address.h"

/* Small HTTPS GETs over one address family, by libcurl's multi interface on the loop. No redirects,
 * no proxy, no cookies, no connection or session kept; certificates are verified against the
 * system's authorities. Holds a timer only while something is under way. */

#define FETCH_BODY_MAX 4096
#define FETCH_TOTAL_MS 6000L
#define FETCH_CONNECT_MS 4000L
#define FETCH_SOCKS_MS 30000L

struct fetcher;
struct fetch;

struct fetch_result {
    const char *why;  /* in words why there is no body; NULL: status 200, and the body is whole */
    const char *body; /* not terminated */
    size_t length;
    /* The addresses that the connection left from and went to, as text; NULL not known. */
    const char *local, *remote;
    const char *via; /* of the header of that name (RFC 9110, 7.6.3): who received it last; "" */
};

/* Called from the loop, once; what it points to is valid during the call. It may begin and cancel
 * fetches, and must not close the fetcher. */
typedef void fetch_done(void *context, const struct fetch_result *result);

/* 0, or -errno. */
int fetch_open(struct fetcher **out, uv_loop_t *loop);
/* All fetches must have ended or been cancelled. NULL allowed. Memory goes when the loop runs
 * next. */
void fetch_close(struct fetcher *fetcher);

/* Begin https://host/path; path has its leading slash. The name is looked up as an application
 * does, absolute. NULL without memory. */
struct fetch *fetch_begin(struct fetcher *fetcher, const char *host, const char *path,
    enum address_family family, fetch_done *done, void *context);
/* The same from a service that speaks JSON only to those who say that they want it. */
struct fetch *fetch_begin_json(struct fetcher *fetcher, const char *host, const char *path,
    enum address_family family, fetch_done *done, void *context);
/* The same through a SOCKS5 proxy, which looks the name up; family and certificate are checked as
 * far as it lets. Each goes by credentials of its own: Tor keeps such streams apart from all others
 * (IsolateSOCKSAuth). A circuit is built first, so it may take FETCH_SOCKS_MS. */
struct fetch *fetch_begin_socks(struct fetcher *fetcher, const char *host, const char *path,
    const struct address *socks, uint16_t port, fetch_done *done, void *context);
/* Give it up: done is not called. NULL allowed; not for one that has ended. */
void fetch_cancel(struct fetch *fetch);

#endif
