/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_SPLITDNS_H
#define LEAKTOP_SOURCES_SPLITDNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/model.h"

/* Which names this machine's resolver sends elsewhere on purpose, from the files of
 * systemd-resolved (state of each link), NetworkManager's and dnsmasq's configuration, unbound's
 * forward and stub zones. Only what anybody may read, and what was opened by who may; bounded;
 * nothing is executed.
 *
 * A domain of one label counts only where it is no delegated top-level domain ("lan", "corp"): a
 * network that hands out "com" as a search domain gains nothing. */

/* systemd-resolved's files of links, open, where its folder is closed to this user. */
#define SPLITDNS_LINKS 64
struct splitdns_links {
    size_t count;
    struct {
        uint32_t index; /* of the interface */
        int fd;         /* regular file */
    } each[SPLITDNS_LINKS];
};

/* fd is taken, and closed where there is no room; what was there of that link is closed. -1: the
 * link has no such file. */
void splitdns_link_put(struct splitdns_links *links, uint32_t index, int fd);
/* All are closed. */
void splitdns_links_clear(struct splitdns_links *links);
/* True where the folder of these files is there and must not be read. root: see below. */
bool splitdns_links_closed(const char *root);

/* At most max entries to out; returns how many. root: a prefix to all paths, "" the real ones.
 * links: NULL none. */
size_t splitdns_read(
    const char *root, const struct splitdns_links *links, struct split_domain *out, size_t max);

/* Where a forwarder on this machine sends the names that no domain takes: dnsmasq's servers and
 * unbound's forward zone of the root; address, source and manager of each are set. program:
 * "dnsmasq" or "unbound". At most max; returns how many. */
size_t splitdns_forwards(
    const char *root, const char *program, struct configured_resolver *out, size_t max);

/* The folders whose files it reads, beside /etc/dnsmasq.conf: a change in one is a reason to read
 * again. They need not be there. The files of links lie below the first one, in a folder that is
 * closed; resolved writes its resolv.conf with each change of them. */
#define SPLITDNS_FOLDER_COUNT 8
#define SPLITDNS_FOLDERS                                                                           \
    "/run/systemd/resolve", "/run/systemd/netif/links", "/etc/systemd",                            \
        "/etc/systemd/resolved.conf.d", "/etc/dnsmasq.d", "/etc/NetworkManager/dnsmasq.d",         \
        "/etc/unbound", "/etc/unbound/unbound.conf.d"

#endif
