/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_DECODE_PEER_H
#define LEAKTOP_DECODE_PEER_H

#include <stdbool.h>
#include <stdint.h>

#include "decode/cursor.h"

/* The packets by which a tunnel is set up, and a few of those that it sends afterwards: who sends
 * them is the tunnel's outside, and their destination is its far end. Each function says whether
 * the payload is one, and which (enum peer); what does not look like one is no error. */

enum peer_port { PORT_IKE = 500, PORT_IKE_NAT = 4500 };

/* Of a datagram: WireGuard (protocol paper, 5.4.2) and OpenVPN on any port, IKE (RFC 7296, RFC
 * 2408) and ESP in UDP (RFC 3948) on theirs. */
bool peer_udp(const struct cursor *payload, uint16_t destination_port, uint8_t *peer);

/* Any message of WireGuard, data included (protocol paper, 5.4): by its type, the three zeros
 * behind it and its length. What would be one question of a DNS message with that ID is none. */
bool peer_is_wireguard(const struct cursor *payload);

/* Of a segment that a client begins with: OpenVPN. */
bool peer_tcp(const struct cursor *payload, uint8_t *peer);

/* Of what follows IP protocol 50 (RFC 4303). Only one packet of 1,024 is told, by its sequence
 * number and so also the first: the kernel filter lets no others pass. */
bool peer_esp(const struct cursor *payload, uint8_t *peer);

#endif
