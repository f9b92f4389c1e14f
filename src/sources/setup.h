/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_SETUP_H
#define LEAKTOP_SOURCES_SETUP_H

#include <stddef.h>

#include "model/model.h"

/* How look-ups are set up on this machine, from files that anybody may read: who writes
 * /etc/resolv.conf, its options, nsswitch.conf, /etc/hosts, caches. Bounded; nothing is executed.
 */

#define SETUP_ROWS 16

struct setup {
    struct resolver_setup resolver;
    struct setting rows[SETUP_ROWS];
    size_t count;
};

/* root: a prefix to all paths, "" the real ones. Always fills *out; what is not there has no row.
 */
void setup_read(const char *root, struct setup *out);

#endif
