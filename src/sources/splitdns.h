/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_SPLITDNS_H
#define LEAKTOP_SOURCES_SPLITDNS_H

#include <stddef.h>

#include "model/model.h"

/* Which names this machine's resolver sends elsewhere on purpose, from the files of
 * systemd-resolved (state of each link), NetworkManager's and dnsmasq's configuration, unbound's
 * forward and stub zones. Only what anybody may read; bounded; nothing is executed.
 *
 * A domain of one label counts only where it is no delegated top-level domain ("lan", "corp"): a
 * network that hands out "com" as a search domain gains nothing. */

/* At most max entries to out; returns how many. root: a prefix to all paths, "" the real ones. */
size_t splitdns_read(const char *root, struct split_domain *out, size_t max);

/* The folders whose files it reads, beside /etc/dnsmasq.conf: a change in one is a reason to read
 * again. They need not be there. */
#define SPLITDNS_FOLDER_COUNT 8
#define SPLITDNS_FOLDERS                                                                           \
    "/run/systemd/resolve/netif", "/run/systemd/netif/links", "/etc/systemd",                      \
        "/etc/systemd/resolved.conf.d", "/etc/dnsmasq.d", "/etc/NetworkManager/dnsmasq.d",         \
        "/etc/unbound", "/etc/unbound/unbound.conf.d"

#endif
