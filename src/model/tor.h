/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_MODEL_TOR_H
#define LEAKTOP_MODEL_TOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "base/fact.h"

/* What is known of a Tor client on this machine, and what programs asked of it. */

enum socks_command {
    SOCKS_CONNECT = 0x01,
    SOCKS_BIND = 0x02,
    SOCKS_ASSOCIATE = 0x03,
    SOCKS_RESOLVE = 0xF0,     /* Tor's own: a name's address (socks-extensions.txt) */
    SOCKS_RESOLVE_PTR = 0xF1, /* and the other way */
};

/* A SOCKS request that was seen: of a program to what may be a Tor client. */
struct socks_request {
    uint64_t serial; /* 1, 2, ...; 0 never */
    uint64_t time_ns;
    struct address source, server;
    uint16_t source_port, server_port;
    uint8_t version;                 /* 4, 5 */
    uint8_t command;                 /* enum socks_command */
    uint16_t port;                   /* asked for */
    bool to_tor;                     /* whoever listens there is a Tor client */
    bool client_known, server_known; /* or will never be; */
    bool settled;                    /* both */
    int32_t pid;                     /* of the program; 0 not known */
    char program[64], user[64];
    struct address address; /* asked for; FAMILY_NONE: a name was */
    uint8_t name_length;
    uint8_t name[NAME_WIRE_MAX]; /* asked for; or, of an address: the name that the program had */
    bool looked_up;              /* looked up itself and was answered this address for, */
    uint64_t lookup;             /* the look-up's serial */
};

enum exit_state {
    EXIT_NOT_ASKED,
    EXIT_ASKED,
    EXIT_TOR,     /* the Tor project's service says that its exit asked */
    EXIT_NOT_TOR, /* it says that it was not */
    EXIT_FAILED,
};

struct tor {
    uint64_t seen_ns;     /* a Tor client was last seen at work here; 0: never */
    int32_t pid;          /* 0 not known */
    struct address socks; /* where it takes requests; FAMILY_NONE not known */
    uint16_t socks_port;
    enum exit_state exit;
    uint64_t exit_ns;            /* of that answer */
    struct address exit_address; /* FAMILY_NONE not told */
    char exit_reason[96];        /* why it failed, escaped */
};

#endif
