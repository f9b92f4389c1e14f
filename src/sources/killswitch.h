/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_KILLSWITCH_H
#define LEAKTOP_SOURCES_KILLSWITCH_H

#include <stdbool.h>
#include <stddef.h>

#include "model/model.h"

/* Chains of nftables (iptables-nft's too) that see what this machine sends, and their rules by
 * interface. Reading them takes CAP_NET_ADMIN, hearing of changes afterwards does not: they are
 * read once, before rights are given up, and followed. A rule that looks at anything but interface
 * and mark (addresses, ports, users, sets of them) is passed over: it holds a part only. */

struct killswitch;

/* Subscribe and read. NULL where that is not permitted, there is no nftables, or memory is short.
 */
struct killswitch *killswitch_open(void);
void killswitch_close(struct killswitch *killswitch); /* NULL allowed */
/* Becomes readable when something changed. */
int killswitch_fd(const struct killswitch *killswitch);
/* Take all that is pending, without waiting. True where something changed. */
bool killswitch_read(struct killswitch *killswitch);
/* What looks like a kill switch: those rules (NULL: they could not be read), and routes and policy
 * rules that the kernel is asked for now. Interfaces by the model. */
void killswitch_find(
    const struct killswitch *killswitch, const struct model *model, struct killswitch_info *info);

/* Take one message of the kernel as if it had been received. False where it is malformed. */
bool killswitch_feed(struct killswitch *killswitch, const void *data, size_t length);
/* For tests: one without sockets; and what its rules alone say. */
struct killswitch *killswitch_new_offline(void);
void killswitch_rules(
    const struct killswitch *killswitch, const struct model *model, struct killswitch_info *info);

/* Routes and policy rules alone (killswitch_routes.c). */
void killswitch_routes(const struct model *model, struct killswitch_info *info);

#endif
