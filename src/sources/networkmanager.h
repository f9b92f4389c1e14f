/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_NETWORKMANAGER_H
#define LEAKTOP_SOURCES_NETWORKMANAGER_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "model/model.h"

/* What NetworkManager hands to whoever resolves names, by its bus (DnsManager): how it writes
 * resolv.conf, and the servers and domains of each interface. Only read; see bus.h. */

struct networkmanager;

#define NETWORKMANAGER_SERVERS 16
#define NETWORKMANAGER_ROWS 16

/* changed is called whenever it answered, or is gone. 0 or -ENOMEM; that it does not run is no
 * error. */
int networkmanager_open(
    struct networkmanager **out, uv_loop_t *loop, void (*changed)(void *context), void *context);
void networkmanager_close(struct networkmanager *manager); /* NULL allowed */
/* Read again. */
void networkmanager_ask(struct networkmanager *manager);

/* It answered, and still runs. */
bool networkmanager_known(const struct networkmanager *manager);
/* It runs a dnsmasq of its own that programs ask (dns=dnsmasq): its servers are those below. */
bool networkmanager_forwards(const struct networkmanager *manager);
/* The servers of all interfaces: address, source, manager, and use RESOLVER_SOME where they have
 * domains and nothing but those, else RESOLVER_ASKED. At most max; returns how many. */
size_t networkmanager_servers(
    const struct networkmanager *manager, struct configured_resolver *out, size_t max);
/* Mode, and what each interface has, as rows. */
size_t networkmanager_settings(
    const struct networkmanager *manager, struct setting *out, size_t max);

#endif
