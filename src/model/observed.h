/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_MODEL_OBSERVED_H
#define LEAKTOP_MODEL_OBSERVED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"

/* Who learned which name in this session: one row for each name that left this machine, by whatever
 * way, and in it what each observer could read of it. A name is a name: one in a TLS hello, in an
 * unencrypted web request or in a question for a certificate's status counts as one that was looked
 * up. leaktop's own are left out. */

enum observer {
    OBSERVER_NETWORK, /* who carries or hears packets next to this machine */
    OBSERVER_ISP,
    OBSERVER_RESOLVER, /* the operator of the resolver that was asked */
    OBSERVER_TUNNEL,   /* the VPN, or the far end of another tunnel; Tor's exit */
    OBSERVER_COUNT
};

/* How a name was seen; bits of learned.how are 1 << this. */
enum sight {
    SIGHT_LOOKUP,    /* a question in plain DNS, or one that the observer itself answers */
    SIGHT_ENCRYPTED, /* that this encrypted resolver was asked, and when: not which names */
    SIGHT_TLS,       /* the server's name in a hello (SNI) */
    SIGHT_HTTP,      /* the Host of an unencrypted request */
    SIGHT_STATUS,    /* a certificate's status was asked for, unencrypted (OCSP, RFC 6960) */
    SIGHT_LOCAL,     /* asked of all neighbours (mDNS, LLMNR, NBNS) */
    SIGHT_SOCKS,     /* handed to a Tor client, whose exit resolves it */
    SIGHT_COUNT
};

/* What one observer learned of one name. */
struct learned {
    uint64_t first_ns, last_ns;
    uint32_t count;      /* 0: nothing */
    uint32_t unasked;    /* of these, outside the tunnel although something was expected */
    uint8_t how;         /* bits of enum sight */
    bool presumed;       /* of nothing but what a resolver next to this machine will forward */
    struct address from; /* the newest came from this address, as this machine sent it */
};

struct observed {
    struct learned by[OBSERVER_COUNT];
    uint64_t serial; /* of the row; never one of another */
    uint64_t last_ns;
    uint32_t interface;    /* the newest left by it, */
    struct address server; /* to this resolver, web server or Tor client */
    char program[64];      /* of the newest that is known; "" none is */
    uint8_t name_length;   /* 0: an encrypted resolver without a name; it is `server` */
    const uint8_t *name;   /* wire form, the model's */
};

/* "local network", "ISP", "resolver", "VPN or Tor exit" */
const char *observer_word(enum observer observer);
/* "looked up", "encrypted look-up", "TLS server name", "HTTP host", ... */
const char *sight_word(enum sight sight);

#endif
