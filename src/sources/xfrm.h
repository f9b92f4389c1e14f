/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_XFRM_H
#define LEAKTOP_SOURCES_XFRM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "model/model.h"

/* The kernel's IPsec policies (ip-xfrm(8)) of direction out, those that belong to no interface. To
 * read them takes CAP_NET_ADMIN; to go on hearing of changes does not: they are read once, before
 * rights are given up, and followed from then on. What is lost after that cannot be read again. */

struct xfrm;

/* Subscribe and read. NULL where that is not permitted, this kernel has none of it, or memory is
 * short: nothing is known then. */
struct xfrm *xfrm_open(void);
void xfrm_close(struct xfrm *xfrm);
/* Becomes readable when something changed. */
int xfrm_fd(const struct xfrm *xfrm);
/* Take all that is pending, without waiting. True where policies changed. */
bool xfrm_read(struct xfrm *xfrm);
/* False: notifications were lost, or there are more policies than are kept. */
bool xfrm_known(const struct xfrm *xfrm);
size_t xfrm_count(const struct xfrm *xfrm);

/* A packet that this machine would send. */
struct xfrm_packet {
    struct address source, destination; /* a source that is not known fits no narrower policy */
    uint32_t interface;                 /* by which it would leave */
    uint8_t protocol;                   /* IPPROTO_* */
    uint16_t port;                      /* of the destination */
};

enum xfrm_way {
    XFRM_CLEAR,   /* no policy, or one that lets it pass as it is, or may do so */
    XFRM_ESP,     /* it leaves inside ESP or not at all */
    XFRM_BLOCKED, /* a policy forbids it */
};

enum xfrm_way xfrm_way_of(const struct xfrm *xfrm, const struct xfrm_packet *packet);
/* What becomes of several; blocked ones have no say, for they do not leave. */
enum ipsec_cover xfrm_cover(
    const struct xfrm *xfrm, const struct xfrm_packet *packets, size_t count);

/* Take one message of the kernel as if it had been received. False where it is malformed. */
bool xfrm_feed(struct xfrm *xfrm, const void *data, size_t length);
/* For tests: one without sockets. */
struct xfrm *xfrm_new_offline(void);

#endif
