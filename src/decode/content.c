/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/content.h"

#include <net/if_arp.h>

#include "decode/dnscrypt.h"
#include "decode/http.h"
#include "decode/socks.h"

/* 3478 and 3479 are STUN's (RFC 8489, RFC 5780); 19302 is that of the servers which browsers ask by
 * default. */
static bool stun_port(uint16_t port)
{
    return port == 3478 || port == 3479 || port == 19302;
}

static enum content read_stun(const struct cursor *payload, bool datagram, struct fact *fact)
{
    struct stun stun;
    bool own = stun_port(fact->source_port) || stun_port(fact->destination_port);
    switch (stun_read(payload, datagram, own, &stun)) {
    case STUN_NONE:
        return CONTENT_NONE;
    case STUN_BAD:
        return own ? CONTENT_BAD : CONTENT_NONE;
    case STUN_READ:
        break;
    }
    bool request = stun.type == STUN_BINDING || stun.type == STUN_ALLOCATE;
    fact->kind = request ? FACT_STUN : FACT_STUN_ANSWER;
    fact->type = stun.type;
    fact->id = stun.id;
    if (stun.username)
        fact->flags |= FACT_ICE;
    if (stun.mapped.family != FAMILY_NONE) {
        fact->addresses[0] = stun.mapped;
        fact->address_count = 1;
    }
    return CONTENT_FACT;
}

static enum content dnscrypt_fact(struct fact *fact)
{
    fact->kind = FACT_ANSWER;
    fact->transport = TRANSPORT_DNSCRYPT;
    return CONTENT_FACT;
}

static enum content peer_fact(uint8_t peer, struct fact *fact)
{
    if (fact->direction == DIRECTION_IN)
        return CONTENT_NONE;
    fact->kind = FACT_PEER;
    fact->type = peer;
    return CONTENT_FACT;
}

enum content content_udp(const struct cursor *payload, struct fact *fact)
{
    uint8_t peer;
    if (peer_udp(payload, fact->destination_port, &peer))
        return peer_fact(peer, fact);
    if (dnscrypt_encrypted(payload))
        return dnscrypt_fact(fact);
    return read_stun(payload, true, fact);
}

enum content content_tcp(const struct cursor *payload, struct fact *fact)
{
    struct cursor message = *payload;
    uint8_t peer;
    if (peer_tcp(payload, &peer))
        return peer_fact(peer, fact);
    if (cursor_skip(&message, 2) && dnscrypt_encrypted(&message))
        return dnscrypt_fact(fact);
    if (fact->direction != DIRECTION_IN || fact->link_type == ARPHRD_LOOPBACK) {
        if (socks_read(payload, fact) || http_read(payload, fact))
            return CONTENT_FACT;
    }
    return read_stun(payload, false, fact);
}

enum content content_esp(const struct cursor *payload, struct fact *fact)
{
    uint8_t peer;
    return peer_esp(payload, &peer) ? peer_fact(peer, fact) : CONTENT_NONE;
}
