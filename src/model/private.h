/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_MODEL_PRIVATE_H
#define LEAKTOP_MODEL_PRIVATE_H

/* The inside of struct model, for src/model/ alone. */

#include "model/model.h"

#define INTERFACES_MAX 2048
#define INTERFACE_BUCKETS 4096
#define FORCED_MAX 16
#define LOOKUPS_KEPT 4096 /* power of two */
#define LOOKUP_BUCKETS 8192
#define RESOLVERS_MAX 256
#define RTT_SAMPLES 16
#define APPS_MAX 1024
#define EVENTS_KEPT 512
#define DROPS_KEPT 64
#define CONNECTS_KEPT 128
#define PROBES_KEPT 48
#define EGRESS_MAX 64
#define OWN_NAMES_KEPT 64
#define OWN_NAME_NS (15ULL * 1000000000ULL)
#define CONFIGURED_MAX 16
#define LEDGER_MAX 32768
/* A packet that crosses a bridge and its port, or a VLAN and its parent, shows again so soon. */
#define COPY_NS (100ULL * 1000000ULL)
/* A drop is heard of at most this much later than it happened. */
#define DROP_GRACE_NS (200ULL * 1000000ULL)

struct forced_role {
    char name[INTERFACE_NAME];
    enum role role;
};

/* Chains of a hash table whose entries lie in a ring of serials: an evicted serial ends its chain,
 * for all behind it are older still. */
struct lookup_slot {
    uint64_t next;   /* serial of the next in the chain */
    uint64_t key;    /* hash */
    uint32_t ledger; /* position + 1 of its ledger line, 0 none */
    uint32_t app;    /* position + 1 of its app, 0 none */
    struct lookup lookup;
};

struct resolver_slot {
    struct used_resolver used;
    uint64_t rtt[RTT_SAMPLES];
};

struct own_name {
    uint64_t until_ns;
    uint64_t hash; /* of the name, so that most look-ups are told apart by one number */
    uint8_t length;
    uint8_t wire[NAME_WIRE_MAX];
};

struct probe_slot {
    struct probe probe;
    uint64_t hash;
    uint8_t length;
    uint8_t wire[NAME_WIRE_MAX];
};

struct ledger_line {
    struct leak leak;
    uint8_t *name; /* what leak.name points to */
    uint64_t key;
    uint32_t next; /* position + 1 in the chain */
};

struct model {
    uint64_t seed;
    uint64_t revision;
    uint64_t start_ns, last_change_ns, cleared_ns;

    struct interface interfaces[INTERFACES_MAX];
    size_t interface_count;
    uint16_t interface_buckets[INTERFACE_BUCKETS]; /* position + 1, open addressing */
    uint32_t cached_index;                         /* the interface asked for last, */
    uint16_t cached_at;                            /* and its position + 1 */
    struct forced_role forced[FORCED_MAX];
    size_t forced_count;
    bool links_changed; /* since the last settle */
    struct web_route routes[FAMILY_INDEXES];
    struct web_route settled_routes[FAMILY_INDEXES];
    char settled_texts[FAMILY_INDEXES][100]; /* those routes in words, by the roles of then */
    bool settled_once;
    unsigned protected_families; /* bit per family whose web route is the tunnel */
    unsigned dropped_families;   /* those that the present drop lost */
    uint32_t tunnel;             /* index of the tunnel, or the last one that was it */
    struct expectation_info expectation;

    struct lookup_slot *lookups; /* LOOKUPS_KEPT */
    uint64_t lookup_serial;
    uint64_t lookup_unsettled; /* every serial below is settled or evicted */
    uint64_t lookup_buckets[LOOKUP_BUCKETS];
    struct resolver_slot *resolvers; /* RESOLVERS_MAX */
    size_t resolver_count;
    size_t resolver_cached;
    struct app *apps; /* APPS_MAX */
    size_t app_count;

    struct ledger_line *ledger; /* grows to LEDGER_MAX */
    size_t ledger_count, ledger_room;
    uint32_t *ledger_buckets; /* twice ledger_room, position + 1 */

    struct event *events; /* EVENTS_KEPT */
    uint64_t event_serial;
    struct drop drops[DROPS_KEPT];
    size_t drop_count;
    uint64_t held_totals[FAMILY_INDEXES], held_base[FAMILY_INDEXES];
    bool held_known;
    struct connect connects[CONNECTS_KEPT];
    size_t connect_count;
    uint64_t connect_serial;
    struct probe_slot *probes; /* PROBES_KEPT */
    uint64_t probe_serial;
    char probes_held[96];
    struct egress_resolver egress[EGRESS_MAX];
    size_t egress_count;
    struct own_name *own_names; /* OWN_NAMES_KEPT */
    size_t own_next;
    uint64_t own_until_ns; /* no own name or probe is looked for later than this */
    struct configured_resolver configured[CONFIGURED_MAX];
    size_t configured_count;
    struct public_address public_addresses[FAMILY_INDEXES];
    struct capture_info capture;
    struct totals totals;
    struct recent recent;
    struct latched latched;
};

static inline enum family model_family_of(const struct address *address)
{
    return address->family == FAMILY_IPV6 ? FAMILY_INDEX_6 : FAMILY_INDEX_4;
}

static inline void model_touch(struct model *model, uint64_t now)
{
    model->revision++;
    if (now > model->last_change_ns)
        model->last_change_ns = now;
}

static inline bool model_exposure_leaks(enum exposure exposure)
{
    return exposure == EXPOSURE_EXPOSED || exposure == EXPOSURE_BYPASS;
}

/* roles.c: give every interface its role, from kinds, routes and the person's word. */
void roles_settle(struct model *model);
bool roles_tunnel_kind(const struct interface *interface);

/* interfaces.c: the writable one by index, NULL not known. */
struct interface *interfaces_find(struct model *model, uint32_t index);
bool interfaces_same_route(const struct web_route *a, const struct web_route *b);

/* ledger.c */
void ledger_add(struct model *model, const struct lookup *lookup);
void ledger_free(struct model *model);

/* probes.c: note that the capture shows this name. True where it is one of our own. */
bool probes_seen(struct model *model, const struct lookup *lookup);

#endif
