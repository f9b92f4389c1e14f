/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_WATCH_FILELINKS_H
#define LEAKTOP_WATCH_FILELINKS_H

#include <stdint.h>

struct fact;
struct model;
struct options;

/* The interfaces of a capture file. It tells an index and a hardware type at most (SLL2), so names
 * and roles come from -t and -u, from this machine where it has an interface of that name and
 * index, and else from the hardware type: a link without one is a tunnel, Ethernet is an uplink. */

struct filelinks;

struct filelinks *filelinks_new(struct model *model, const struct options *options);
void filelinks_free(struct filelinks *filelinks);
/* Make sure that the interface of this fact is in the model; returns its index there. link_type is
 * that of the file, for those whose packets do not tell. */
uint32_t filelinks_see(struct filelinks *filelinks, const struct fact *fact, int link_type);

#endif
