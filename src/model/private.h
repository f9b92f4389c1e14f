/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_MODEL_PRIVATE_H
#define LEAKTOP_MODEL_PRIVATE_H

/* The inside of struct model, for src/model/ alone. */

#include "model/model.h"

#define INTERFACES_MAX 2048
#define INTERFACE_BUCKETS 4096
#define MORE_ADDRESSES_MAX 16384
#define FORCED_MAX 16
#define LOOKUPS_KEPT 4096 /* power of two */
#define LOOKUP_BUCKETS 8192
#define RESOLVERS_MAX 256
#define RTT_SAMPLES 16
#define EVENTS_KEPT 512
#define DROPS_KEPT 64
#define CONNECTS_KEPT 128
#define PROBES_KEPT 160
#define EGRESS_MAX 64
#define OWN_NAMES_KEPT 256
#define OWN_NAME_NS (15ULL * 1000000000ULL)
#define CONFIGURED_MAX 64
#define NETWORKS_KEPT 256
#define LEDGER_MAX 32768
#define LEDGER_SHARES 64
#define PACKETS_HELD 256
#define PACKETS_MAX 512
#define INTENDED_MAX 64
#define SPLIT_MAX 64
#define PEERS_KEPT 16
#define COMMANDS_KEPT 256
#define TOLD_MAX 32
#define SOCKS_KEPT 256
#define VPN_SERVERS_MAX 64
/* A tunnel's far end is spoken to at most this long before or after the tunnel is the web route,
 * and looked up at most as long before that. */
#define PEER_NS (60ULL * 1000000000ULL)
/* A far end that was spoken to this lately is no new one: several take turns, and WireGuard renews
 * a session that is used every two minutes. */
#define PEER_TURN_NS (180ULL * 1000000000ULL)
/* An answer that comes from somebody else is looked for among so many of the newest look-ups. */
#define FOREIGN_WALK 64
/* A packet that crosses a bridge and its port, or a VLAN and its parent, shows again so soon. */
#define COPY_NS (100ULL * 1000000ULL)
/* ESP that left by an interface so lately says that answers there come out of it: one of a thousand
 * packets is told, and a key lives about as long. */
#define ESP_NS (3600ULL * 1000000000ULL)
#define ESP_KEPT 4
/* A capture that began so lately may have missed the question. */
#define UNASKED_FRESH_NS (5ULL * 1000000000ULL)
/* Answers without a question are taken at this rate, and so many at once: a neighbour can send them
 * too. */
#define UNASKED_A_SECOND 20
#define UNASKED_BURST 60
/* Stands for the index of the tunnel that has no interface. */
#define IPSEC_TUNNEL UINT32_MAX
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

struct network_slot {
    struct address address;
    struct network network;
    uint64_t used_ns;
};

struct ledger_line {
    struct leak leak;
    uint8_t *name; /* what leak.name points to */
    uint64_t key;
    uint32_t next; /* position + 1 in the chain */
    /* Position + 1 of its packets in the evidence; 0 none. */
    uint16_t first_packet, newest_packet;
};

/* A packet that is kept. */
struct packet {
    uint32_t number; /* 0: free */
    uint32_t line;   /* position of its ledger line */
    uint8_t share;   /* of ledger_shares, whose line it is */
    uint64_t time_ns;
    uint32_t original;
    uint16_t link_type, length;
    uint8_t *octets;
};

struct intended_rule {
    struct intended rule;
    uint8_t name_length; /* of the pattern without its star; 0: any name */
    uint8_t name[NAME_WIRE_MAX];
    bool below; /* the pattern was "*.name" */
};

struct peer_contact {
    uint64_t time_ns;      /* 0: free */
    uint64_t handshake_ns; /* the newest that began; 0 none */
    struct address address;
};

struct esp_contact {
    uint64_t time_ns; /* 0: free */
    uint32_t interface;
};

struct command_line {
    int32_t pid;
    uint64_t start;
    char text[COMMAND_TEXT];
};

struct observed_table;

/* What says whether the tunnel answers. */
struct silence {
    uint64_t since_ns; /* 0: it does, as far as is known */
    uint64_t asked_ns; /* the first look-up in it that was not answered */
    unsigned unanswered;
    bool answered; /* one ever was: whoever never answers is no server that fell silent */
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
    struct address *more_addresses;                /* sorted; grows to MORE_ADDRESSES_MAX */
    size_t more_count;
    struct forced_role forced[FORCED_MAX];
    size_t forced_count;
    bool links_changed; /* since the last settle */
    bool begin_anew;    /* the next settle counts as a change of the network */
    struct web_route routes[FAMILY_INDEXES];
    struct web_route settled_routes[FAMILY_INDEXES];
    enum ipsec_cover ipsec[FAMILY_INDEXES], settled_ipsec[FAMILY_INDEXES];
    struct killswitch_info killswitch;
    struct interface ipsec_tunnel; /* what model_tunnel shows for it */
    struct esp_contact esp[ESP_KEPT];
    size_t esp_next;
    uint64_t unasked_ns; /* the allowance below was last filled */
    unsigned unasked_left;
    char settled_texts[FAMILY_INDEXES][100]; /* those routes in words, by the roles of then */
    bool settled_once;
    unsigned protected_families; /* bit per family whose web route is the tunnel */
    unsigned dropped_families;   /* those that the present drop lost */
    uint32_t tunnel;       /* index of the tunnel, or the last one that was it; IPSEC_TUNNEL */
    uint64_t tunnel_up_ns; /* since when some family is in it; 0: none is */
    struct peer_contact peers[PEERS_KEPT];
    size_t peer_next;
    struct peer_contact peer_now; /* the far end of the tunnel that is up; time 0: none yet */
    uint32_t peer_serial;
    struct intended_rule *intended; /* INTENDED_MAX */
    size_t intended_count;
    struct split_domain *splits; /* SPLIT_MAX */
    size_t split_count;
    struct command_line *commands; /* COMMANDS_KEPT */
    size_t command_next;
    struct vpn_server {
        uint8_t length;
        uint8_t name[NAME_WIRE_MAX];
    } vpn_servers[VPN_SERVERS_MAX];
    size_t vpn_server_count;
    struct told told[TOLD_MAX];
    size_t told_count;
    char host[64];
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
    struct observed_table *observed;
    struct tor tor;
    struct socks_request *socks; /* SOCKS_KEPT */
    uint64_t socks_serial;

    struct ledger_line *ledger; /* grows to LEDGER_MAX */
    size_t ledger_count, ledger_room;
    uint64_t ledger_news;
    uint16_t ledger_shares[LEDGER_SHARES]; /* lines of a program and user; [0] forwarded ones */
    uint32_t *ledger_buckets;              /* twice ledger_room, position + 1 */
    uint32_t packet_number;                /* given last */
    struct packet held[PACKETS_HELD];      /* for look-ups that are in no line yet */
    struct packet *packets;                /* of the ledger; grows to PACKETS_MAX */
    size_t packet_count, packet_room;
    uint16_t packet_shares[LEDGER_SHARES];
    uint64_t packets_lost;

    struct history *history;
    struct event *events; /* EVENTS_KEPT */
    uint64_t event_serial;
    struct silence silent;
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
    struct test tests[TEST_KINDS];
    uint32_t test_serial;
    struct network_slot *networks; /* NETWORKS_KEPT */
    size_t network_count;
    struct activity_state activities[ACTIVITIES];
    struct setting *settings; /* SETTINGS_MAX */
    size_t setting_count;
    struct resolver_setup setup;
    struct browser_profile *browsers; /* BROWSERS_MAX */
    size_t browser_count;
    struct baseline baseline;
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

/* interfaces.c: the writable one by index, NULL not known. */
struct interface *interfaces_find(struct model *model, uint32_t index);
bool interfaces_same_route(const struct web_route *a, const struct web_route *b);

/* lookups.c: NULL where it was evicted; a hash of asker, asked and message ID, which is what an
 * answer has in common with its question; the resolver's row, made where there is none. */
struct lookup_slot *lookups_slot(const struct model *model, uint64_t serial);
uint64_t lookups_key(const struct model *model, const struct address *asker, uint16_t asker_port,
    const struct address *asked, uint16_t asked_port, uint16_t id);
struct resolver_slot *lookups_resolver(struct model *model, const struct lookup *lookup);
/* The look-up counts from now on with this exposure and excuse, for all that it was
 * counted in. */
void lookups_rejudge(
    struct model *model, struct lookup_slot *slot, enum exposure exposure, enum excuse excuse);

/* apps.c: the program of a settled look-up; it counts there by so many; a web connection of a
 * program left outside the tunnel. */
void apps_add(struct model *model, struct lookup_slot *slot);
void apps_count(struct app *app, const struct lookup *lookup, int by);
void apps_connected(struct model *model, const struct connect *connect);
/* The look-up of this settled slot was asked of a Tor client. */
void apps_to_tor(struct model *model, const struct lookup_slot *slot);
/* A STUN request, settled; by: 1, or -1 where it is taken back. */
void apps_stun(struct model *model, const struct lookup *lookup, int by);
/* A settled request to a Tor client; named: it held a name. */
void apps_asked_tor(struct model *model, const struct socks_request *request, bool named);

/* settle.c: a bit for each family that is in the tunnel. */
unsigned settle_families(const struct model *model);

/* drops.c: a drop begins or ends, now that these families are in the tunnel; the present one is
 * none to the person. */
void drops_settle(struct model *model, unsigned families, uint64_t now);
void drops_dismiss(struct model *model, uint64_t now);
/* A look-up left, or was answered; a handshake of a tunnel began, and before it another to the same
 * far end. */
void drops_asked(struct model *model, const struct lookup *lookup);
void drops_answered(struct model *model, const struct lookup *lookup, uint64_t now);
void drops_handshake(struct model *model, uint64_t before_ns, uint64_t now);

/* excuses.c: the tunnel is there, or a peer was spoken to: look-ups that led to it are no leaks. */
void excuses_followed(struct model *model, uint64_t now);
/* The far end of a tunnel was spoken to at that address. */
bool excuses_is_peer(const struct model *model, const struct address *address);

/* ipsec.c */
/* All of the family's web route is encrypted by policies, whatever interface it leaves by. */
bool ipsec_is_tunnel(const struct model *model, enum family family);
/* An ESP packet left. */
void ipsec_esp_seen(struct model *model, const struct fact *fact);

/* ledger.c */
void ledger_add(struct model *model, const struct lookup *lookup);
/* One of a line's leaks proved to be none. */
void ledger_take_back(struct model *model, const struct lookup *lookup);
/* The STUN server's answer to a leak in the list. */
void ledger_learned(struct model *model, const struct lookup *lookup);
void ledger_free(struct model *model);

/* evidence.c */
/* A leak was counted in that line: its packet is kept, where it has one and there is room. */
void evidence_add(struct model *model, size_t line, size_t share, const struct lookup *lookup);
/* That look-up proved to be no leak, or (NULL) none of the line was one. */
void evidence_drop(struct model *model, size_t line, const struct lookup *lookup);
void evidence_free(struct model *model);

/* observed.c */
struct observed_table *observed_new(void); /* NULL without memory */
void observed_free(struct observed_table *table);
/* A settled look-up that is not leaktop's. */
void observed_lookup(struct model *model, const struct lookup *lookup);
/* One of those became a leak, or proved to be none. */
void observed_rejudged(struct model *model, const struct lookup *lookup, bool leak);
/* A settled request with a name in it went to a Tor client. */
void observed_socks(struct model *model, const struct socks_request *request);

/* probes.c: the name is one of leaktop's own, and was asked for at about that time. */
bool probes_own_name(
    const struct model *model, const uint8_t *wire, size_t length, uint64_t time_ns);
/* Note that the capture shows this name. True where it is one of our own. */
bool probes_seen(struct model *model, const struct lookup *lookup);

#endif
