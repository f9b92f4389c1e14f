/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_BASE_FACT_H
#define LEAKTOP_BASE_FACT_H

#include <stdint.h>

#include "base/address.h"
#include "base/words.h"

/* What one packet told: the only thing that the capture process hands to the others. Fixed size,
 * no pointers, so that it can lie in memory shared with a process that is not trusted. */

enum fact_kind {
    FACT_NONE,
    FACT_QUESTION, /* a DNS question (any transport of enum transport) */
    FACT_ANSWER,   /* the response to one: addresses and ports as in the packet, not swapped */
    FACT_CONNECT,  /* a TCP connection is begun: SYN without ACK */
    /* The client's first words of an encrypted connection: a TLS ClientHello over TCP, or inside
     * QUIC Initial packets (transport UDP). Whether names go by it is not for the decoder to say.
     * name: the server's name (RFC 6066, 3), none where name_length is 0. One per connection. */
    FACT_HELLO,
    /* A STUN Binding or TURN Allocate request (RFC 8489, RFC 8656) and its success response.
     * transport: what carried it. id: a hash of the transaction ID. The response's first address is
     * the one that the server saw. */
    FACT_STUN,
    FACT_STUN_ANSWER,
    FACT_PEER, /* outer packets of a tunnel: type is an enum peer */
    /* A SOCKS request (RFC 1928, SOCKS4, SOCKS4A): class is the version, id the command, type the
     * port that is asked for. The name that is asked for, or else one address. */
    FACT_SOCKS,
    /* An unencrypted web request: name is its host's. */
    FACT_HTTP,
    FACT_KIND_COUNT
};

/* Relative to this machine, as the kernel says (SLL/SLL2 packet type). */
enum direction {
    DIRECTION_UNKNOWN, /* a file whose link type does not tell */
    DIRECTION_OUT,     /* sent or forwarded out of this interface */
    DIRECTION_IN,
    DIRECTION_COUNT
};

enum fact_flag {
    FACT_TRUNCATED = 1,  /* TC bit */
    FACT_RECURSION = 2,  /* RD bit */
    FACT_FRAGMENTED = 4, /* the name came from a reassembled datagram */
    FACT_EDNS = 8,
    FACT_ECH = 16, /* hello: the name is that of a front, the true one is encrypted (RFC 9849) */
    FACT_CUT = 32, /* hello: not all of it was seen, so a name that is missing proves nothing */
    FACT_ICE = 64, /* STUN: a check between peers (it has a USERNAME), not a question to a server */
    FACT_STATUS = 128, /* HTTP: a certificate's status is asked for (OCSP, RFC 6960) */
};

/* Protocols that a hello offers (RFC 7301), as far as they tell something; bits. */
enum alpn {
    ALPN_HTTP1 = 1,
    ALPN_H2 = 2,
    ALPN_H3 = 4,  /* drafts ("h3-29") too */
    ALPN_DOT = 8, /* "dot" (RFC 7858) */
    ALPN_DOQ = 16,
    ALPN_STUN = 32, /* "stun.turn", "stun.nat-discovery" (RFC 7443) */
    ALPN_OTHER = 64,
};

/* What a FACT_PEER says of the tunnel whose far end is the destination. */
enum peer {
    PEER_WIREGUARD, /* handshake initiation */
    PEER_OPENVPN,   /* hard reset of the client */
    PEER_IKE,       /* IKE_SA_INIT of the initiator, or the first message of IKEv1 */
    PEER_ESP,       /* an ESP packet, bare or in UDP; not each one of them is told */
    PEER_COUNT
};

/* Addresses of an answer that are kept. */
#define FACT_ADDRESSES 4

/* Longest name in wire form (RFC 1035, 2.3.4), with the root label. */
#define NAME_WIRE_MAX 255
/* Longest presentation form: each octet as \DDD, plus NUL. */
#define NAME_TEXT_MAX (4 * NAME_WIRE_MAX + 1)

struct fact {
    uint64_t time_ns;   /* wall clock of the packet, ns since 1970 */
    uint32_t interface; /* kernel index of the interface that it crossed; 0 not known */
    uint32_t frame;     /* the packet's number (guard/frames.h), 0 none; given by the ring */
    uint16_t link_type; /* ARPHRD_* of that interface (SLL/SLL2), 0 not known */
    uint8_t kind;       /* enum fact_kind */
    uint8_t direction;  /* enum direction */
    /* enum transport. For FACT_CONNECT TRANSPORT_TCP; for FACT_HELLO, FACT_STUN and FACT_PEER what
     * carried it, TRANSPORT_TCP or TRANSPORT_UDP. TRANSPORT_DNSCRYPT: a question for a certificate
     * (its name is known), or an answer that is encrypted (no name, no id). */
    uint8_t transport;
    uint8_t flags;  /* enum fact_flag */
    uint16_t rcode; /* answers; with EDNS the extended one */
    struct address source, destination;
    uint16_t source_port, destination_port; /* host order */
    uint16_t id;                            /* DNS message ID */
    uint16_t type, class;                   /* of the first question */
    uint16_t answers;                       /* ANCOUNT */
    uint8_t alpn;                           /* hello: enum alpn */
    uint8_t address_count;                  /* of addresses[] */
    uint8_t name_length;                    /* octets in name[], 0: no question section */
    /* Uncompressed wire form, validated: labels of 1..63 octets, ends with the root label.
     * Letter case as on the wire. NBNS: the decoded name as one label. Only name_length octets
     * are meaningful, and only these are copied through the ring; so it is with the addresses. */
    uint8_t name[NAME_WIRE_MAX];
    /* Of an answer: those of its A and AAAA records, in their order. */
    struct address addresses[FACT_ADDRESSES];
};

#endif
