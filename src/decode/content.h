/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_DECODE_CONTENT_H
#define LEAKTOP_DECODE_CONTENT_H

#include <stdbool.h>

#include "base/fact.h"
#include "decode/cursor.h"
#include "decode/peer.h"
#include "decode/stun.h"

/* What is recognised by its octets rather than its port: STUN, the beginnings of tunnels, encrypted
 * DNSCrypt responses, SOCKS and unencrypted web requests. Each packet is read for itself. */

enum content {
    CONTENT_NONE, /* not known */
    CONTENT_FACT, /* *fact is complete */
    CONTENT_BAD,  /* STUN on its own port that does not hold what it claims */
};

/* Of fact, times, addresses and ports are set, transport is what carries it, and all the rest is
 * zero. Left as it is unless the answer is CONTENT_FACT. payload: the datagram, or what a segment
 * holds. Tunnels' packets that came in are passed over: only their destination would tell. */
enum content content_udp(const struct cursor *payload, struct fact *fact);
enum content content_tcp(const struct cursor *payload, struct fact *fact);
enum content content_esp(const struct cursor *payload, struct fact *fact);

/* True where a datagram between the ports of DNS and its relatives is STUN all the same: counts of
 * questions and answers that these four octets would be do not occur. Or WireGuard, whose far end
 * may listen on any port. */
static inline bool content_overrides(const struct cursor *payload)
{
    return cursor_left(payload) >= 8 &&
           (octets_u32(payload->at + 4) == STUN_COOKIE || peer_is_wireguard(payload));
}

#endif
