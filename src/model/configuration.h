/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_MODEL_CONFIGURATION_H
#define LEAKTOP_MODEL_CONFIGURATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/words.h"

/* What is set on this machine, beside what is done. Values only. */

/* Whether a name would be sent to a resolver that is configured. */
enum resolver_use {
    RESOLVER_ASKED,    /* by programs themselves, or for them by what they ask: any name may go */
    RESOLVER_SOME,     /* only for some domains (split DNS, a link's routing domains) */
    RESOLVER_FALLBACK, /* only where no other is left (systemd-resolved's FallbackDNS) */
    RESOLVER_IGNORED,  /* stands there and is not read: a fourth line, a link without default route
                        */
};

struct configured_resolver {
    struct address address;
    uint16_t port;                                              /* 0: 53, or 853 where encrypted */
    enum resolver_tls { TLS_OFF, TLS_TRIED, TLS_REQUIRED } tls; /* DNS over TLS */
    enum resolver_use use;
    uint32_t link;      /* index of the interface that it is set for; 0: for all */
    uint32_t interface; /* by the kernel's route to it now, or its link; 0 not known */
    bool blocked;       /* no route, or an unreachable one */
    bool route_known;
    bool by_ipsec;    /* a policy encrypts what is sent to it */
    char source[96];  /* the file or service that says so: "/etc/resolv.conf:2" */
    char manager[32]; /* "systemd-resolved", "NetworkManager", ...; "" plain file */
};

/* One thing that is set and bears on look-ups, in words: a row for people. */
struct setting {
    char source[96];  /* file with line, or service: "/etc/nsswitch.conf:7", "systemd-resolved" */
    char what[48];    /* "hosts order", "options", "DNS over TLS", "domains of wlan0" */
    char value[160];  /* escaped */
    uint32_t link;    /* index of the interface that it is about; 0 none */
    enum state state; /* STATE_OFF: a fact and no more; STATE_WARN: it can leak */
    char why[160];    /* why it matters; "" */
};

#define SETTINGS_MAX 96

/* Who writes and reads the resolver configuration of this machine: advice is chosen by it. */
struct resolver_setup {
    char manager[32];    /* of /etc/resolv.conf; "" nobody known: by hand */
    char target[96];     /* what the link leads to; "" it is a plain file */
    bool stub;           /* programs ask a stub on this machine */
    bool resolved;       /* systemd-resolved runs and is asked (stub, or "resolve" in nsswitch) */
    bool networkmanager; /* runs */
    char trouble[96];    /* why /etc/resolv.conf could not be read: "dangling link", ...; "" */
};

#endif
