/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_RESOLVCONF_H
#define LEAKTOP_SOURCES_RESOLVCONF_H

#include <stddef.h>

#include "model/model.h"

#define RESOLVCONF_MAX 16

/* What glibc reads of the nameserver lines (MAXNS). */
#define RESOLVCONF_READ 3

/* Parse the text of a resolv.conf(5): nameserver lines (all are listed; those beyond
 * RESOLVCONF_READ have use RESOLVER_IGNORED), the manager by its header and by link_target (""
 * none). source is the path that is named in each entry with its line. Returns how many of out[]
 * were filled. Route fields stay unset. */
size_t resolvconf_parse(const char *text, size_t length, const char *source,
    const char *link_target, struct configured_resolver out[static RESOLVCONF_MAX]);

/* Read path (bounded to 64 KiB; a FIFO, directory or dangling link is an error), parse it; where a
 * local stub of systemd-resolved stands there, also its upstream servers from `upstream`
 * (/run/systemd/resolve/resolv.conf), with use RESOLVER_SOME: which of them it asks for what is not
 * said there. 0 and *count, or -errno. */
int resolvconf_read(const char *path, const char *upstream,
    struct configured_resolver out[static RESOLVCONF_MAX], size_t *count);

#endif
