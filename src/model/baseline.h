/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_MODEL_BASELINE_H
#define LEAKTOP_MODEL_BASELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/outside.h"

/* What was seen without a tunnel, kept to compare with. It holds no names. Values only. */

#define BASELINE_EGRESS 16
#define BASELINE_RESOLVERS 16
#define BASELINE_NETWORK 96

struct baseline_address {
    struct address address; /* FAMILY_NONE: not known then */
    struct network network;
};

struct baseline {
    uint64_t taken_ns; /* 0: there is none */
    bool from_disk;    /* of an earlier run */
    /* The network that it was taken in: gateway and prefix of the uplink, by family, e.g.
     * "192.168.1.1 192.168.1.0/24"; two baselines of one network have the same. */
    char network[BASELINE_NETWORK];
    struct baseline_route {
        bool known;
        char interface[64]; /* "" no route */
        struct address gateway;
    } routes[2]; /* by enum family */
    struct baseline_address public_addresses[2];
    struct baseline_address egress[BASELINE_EGRESS];
    size_t egress_count;
    struct address resolvers[BASELINE_RESOLVERS];
    size_t resolver_count;
};

#endif
