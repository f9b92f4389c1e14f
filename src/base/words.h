/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_BASE_WORDS_H
#define LEAKTOP_BASE_WORDS_H

#include <stdbool.h>

/* The words of the project (doc/design.md, section 2), each enum with its names beside it.
 * Every *_word() returns a static string that is never NULL; a value out of range gives "?". */

enum transport {
    TRANSPORT_UDP,
    TRANSPORT_TCP,
    TRANSPORT_DOT,
    TRANSPORT_DOQ,
    TRANSPORT_DOH,
    TRANSPORT_DOH3,
    TRANSPORT_DNSCRYPT,
    TRANSPORT_MDNS,
    TRANSPORT_LLMNR,
    TRANSPORT_NBNS,
    TRANSPORT_STUN, /* no look-up: what browsers ask a STUN server; never among the resolvers */
    TRANSPORT_COUNT
};

enum role {
    ROLE_UNKNOWN, /* null in the report */
    ROLE_LOOPBACK,
    ROLE_TUNNEL,
    ROLE_UPLINK,
    ROLE_OVERLAY,
    ROLE_INNER,
    ROLE_COUNT
};

enum expectation { EXPECT_NONE, EXPECT_VPN, EXPECT_TOR, EXPECT_COUNT };

enum exposure {
    EXPOSURE_UNKNOWN, /* null in the report */
    EXPOSURE_INTERNAL,
    EXPOSURE_TUNNELLED,
    EXPOSURE_EXPOSED,
    EXPOSURE_BYPASS,
    EXPOSURE_LAN,
    EXPOSURE_BOOTSTRAP,
    EXPOSURE_OPEN,
    EXPOSURE_COUNT
};

/* How it is known that an encrypted connection carries names. */
enum certainty {
    CERTAINTY_PLAIN,     /* not encrypted, or told by the protocol itself */
    CERTAINTY_NAME,      /* the server's name is that of a known resolver */
    CERTAINTY_ADDRESS,   /* its address is one, and no name was seen or a front's */
    CERTAINTY_BEHAVIOUR, /* port or protocol that only resolvers use, or a resolver's name was
                            looked up and its answer connected to */
    CERTAINTY_COUNT
};

/* Why a look-up that left outside the tunnel is none of its leaks. */
enum excuse {
    EXCUSE_NONE,
    EXCUSE_CLIENT,       /* the VPN client's own, by its process */
    EXCUSE_SERVER_NAME,  /* the name is that of a VPN's server */
    EXCUSE_PEER,         /* the tunnel came up to the very address that was answered */
    EXCUSE_SPLIT,        /* split DNS sends names below this domain there */
    EXCUSE_CONNECTIVITY, /* the system's check whether there is a network */
    EXCUSE_INTENDED,     /* the person said so */
    EXCUSE_COUNT
};

/* State of a check, and overall verdict. Order is no severity. */
enum state {
    STATE_OK,
    STATE_WARN,
    STATE_LEAK,
    STATE_UNKNOWN,
    STATE_OFF,
    STATE_UNPROTECTED, /* overall verdict only */
    STATE_COUNT
};

/* How a terminal is asked to show a notice on the desktop: OSC 777 or OSC 9. */
enum notice { NOTICE_NONE, NOTICE_777, NOTICE_9 };

const char *transport_word(enum transport transport);
/* A question's type shows: not inside an encrypted connection (type 0 there), and STUN has none. */
bool transport_shows_type(enum transport transport, unsigned type);
const char *role_word(enum role role); /* "unknown" for ROLE_UNKNOWN */
const char *expectation_word(enum expectation expectation);
const char *exposure_word(enum exposure exposure); /* "unknown" for EXPOSURE_UNKNOWN */
/* "", "name seen", "address alone", "behaviour" */
const char *certainty_word(enum certainty certainty);
/* "" for EXCUSE_NONE, else what it is: "the VPN client's own", "split DNS", ... */
const char *excuse_word(enum excuse excuse);
const char *state_word(enum state state);
/* The one-character symbol that always stands beside the word: + ! X ? - o */
char state_symbol(enum state state);
/* The symbol of an exposure in a list: + X ! o and blank. */
char exposure_symbol(enum exposure exposure);

/* RR type in presentation form ("A", "HTTPS", "TYPE65280" per RFC 3597). Into out; returns out. */
#define RRTYPE_TEXT 16
const char *rrtype_format(unsigned type, char out[static RRTYPE_TEXT]);
/* RCODE in presentation form ("NOERROR", "NXDOMAIN", "RCODE23"). */
const char *rcode_format(unsigned rcode, char out[static RRTYPE_TEXT]);

#endif
