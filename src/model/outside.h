/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_MODEL_OUTSIDE_H
#define LEAKTOP_MODEL_OUTSIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/name.h"
#include "base/words.h"

/* What the outside sees of this machine: probes and who asked the world for them, the address that
 * web sites see, and the networks that such addresses belong to. Values only; the functions that
 * post and read them stand in model.h. */

enum ternary { TERNARY_UNKNOWN, TERNARY_NO, TERNARY_YES };

/* ---- the network of an address ---- */

/* Who says so; a later one is believed more. */
enum network_source {
    NETWORK_NOT_KNOWN,
    NETWORK_SAID,     /* the service that was asked about something else said it in passing */
    NETWORK_CYMRU,    /* Team Cymru, over DNS */
    NETWORK_DATABASE, /* a MaxMind-format file on this machine */
};

struct network {
    enum network_source source;
    int64_t asn;     /* -1 not known */
    char org[64];    /* escaped; "" not known */
    char country[3]; /* two letters, of registration rather than of use; "" not known */
};

/* ---- probes ---- */

/* The ways by which programs ask, one probe each. */
enum probe_path {
    PROBE_SYSTEM,     /* getaddrinfo, as most programs ask */
    PROBE_CONFIGURED, /* one configured resolver, asked directly */
    PROBE_PUBLIC,     /* a well-known public resolver, asked directly: on key only */
    PROBE_SERVICE,    /* a leak test service: its name by the system, its answer by HTTPS */
    PROBE_PATHS
};

enum probe_state { PROBE_PENDING, PROBE_ANSWERED, PROBE_FAILED };

/* One name that leaktop asked for, from both ends: how it left, and who asked the world for it. */
struct probe {
    uint64_t serial; /* 1, 2, ... */
    uint32_t test;   /* serial of the test that it belongs to; 0 none */
    enum probe_path path;
    struct address asked;      /* whom it was handed to; FAMILY_NONE: the system chose */
    char label[NAME_TEXT_MAX]; /* the name, presentation form */
    uint64_t asked_ns, done_ns;
    enum probe_state state;
    char reason[96];       /* why it failed, or why no egress resolver is known; "" */
    struct address egress; /* who asked the authority; FAMILY_NONE not known */
    bool control;          /* its name is unique, so the capture must show it */
    /* Filled by the model when the capture shows the name leaving: */
    bool captured;      /* seen at all, loopback included */
    bool left;          /* seen leaving the machine */
    uint64_t left_ns;   /* when the copy told of here left */
    uint32_t interface; /* by which it left (the least protected one if several) */
    enum transport transport;
    struct address resolver; /* to whom it left */
    enum exposure exposure;
    bool mixed_case; /* it left in other letter case than it was asked in ("0x20") */
    unsigned ways;   /* how many different interface and resolver pairs it left by, 0xff at most */
};

/* A test: several probes at once. */
enum test_kind {
    TEST_STANDARD, /* 6 names: at start, at every network change, on schedule */
    TEST_EXTENDED, /* 36 names: on key */
    TEST_PUBLIC,   /* the well-known public resolvers: on key */
    TEST_KINDS
};

struct test {
    uint32_t serial; /* 1, 2, ...; 0: none yet */
    enum test_kind kind;
    uint64_t started_ns, ended_ns; /* ended 0: under way */
    unsigned names;                /* to be asked for in all, repetitions elsewhere included */
    unsigned done, failed;         /* of them; failed are done as well */
    uint64_t rtt_sum_ns;           /* of those that were answered: what asking in turn had taken */
};

/* A resolver that came to ask an authority for one of our names. */
struct egress_resolver {
    struct address address;
    char probe[NAME_TEXT_MAX]; /* the newest name for which it came */
    uint32_t seen;             /* how often it came, */
    uint32_t test_seen;        /* and in the newest test that it came in, */
    uint32_t test;             /* the serial of that test */
    uint64_t first_ns, last_ns;
    uint64_t rtt_ns;      /* the shortest, from our question to the answer; 0 not known */
    unsigned paths;       /* 1 << enum probe_path, of all that it came by */
    struct address asked; /* who was asked when it came last; FAMILY_NONE: the system chose */
    /* The part of our address that it gave away (RFC 7871), "203.0.113.0/24"; "" none seen */
    char subnet[ADDRESS_TEXT + 4];
    enum ternary validates;  /* DNSSEC: a name with a bad signature was refused */
    enum ternary minimises;  /* RFC 9156 */
    enum ternary mixes_case; /* "0x20": asks in random upper and lower case */
    char site[48];           /* what it calls itself (id.server, hostname.bind), escaped; "" */
};

/* ---- what leaktop sends by itself ---- */

enum activity {
    ACTIVITY_NAMES,    /* tests of look-ups */
    ACTIVITY_ADDRESS,  /* the public address */
    ACTIVITY_NETWORKS, /* networks of addresses, by DNS */
    ACTIVITIES
};

struct activity_state {
    bool running;
    uint64_t started_ns, ended_ns; /* of the present or last time; 0 never */
    uint64_t next_ns;              /* when it comes by itself; 0: nothing is planned */
    unsigned failures;             /* in a row: the reason why the next is farther away */
    char note[96];                 /* why not, or why later: "the tunnel is down"; "" */
};

/* ---- the public address ---- */

/* What one service said. */
enum said_outcome {
    SAID_PENDING,
    SAID_ADDRESS,
    SAID_FAILED, /* reason says why */
};
struct said {
    char service[48]; /* its host name */
    enum said_outcome outcome;
    uint64_t asked_ns, done_ns;
    struct address address; /* where SAID_ADDRESS */
    uint32_t interface;     /* by which the connection went; 0 not known */
    char reason[96];        /* "TLS: certificate not trusted", "an HTML page", "timed out", ... */
    /* What a provider says about its own network: "Mullvad", "Tor". */
    char provider[32];  /* "" it makes no such statement */
    enum ternary using; /* "you are using ..." */
};
#define SAID_MAX 8

struct public_address {
    bool asked_ever;
    bool pending; /* services are being asked now */
    uint64_t checked_ns;
    struct address address; /* what at least two services said; or the only word, see agree */
    struct address other;   /* what another said, where they disagree */
    uint32_t interface;     /* by which the connections went; 0 not known */
    uint32_t agree, asked;
    struct network network; /* as the services said; model_network_of may know better */
    char error[128];        /* why there is no address; "" */
    struct said said[SAID_MAX];
    size_t said_count;
    /* What kind of address it is, compared with this machine's own. */
    bool own;        /* an address of this very machine, on any interface */
    bool own_uplink; /* one that an uplink has */
    bool temporary;  /* the kernel gave it for privacy (RFC 8981) */
    bool cgnat;      /* the way out begins in 100.64.0.0/10: shared with other customers */
    bool nat64;      /* IPv4 services were reached over IPv6 (RFC 6146) */
    char proxy[96];  /* what on the way said that it is a proxy; "" none */
};

#endif
