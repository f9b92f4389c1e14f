/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_DECODE_FRAGMENT_H
#define LEAKTOP_DECODE_FRAGMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "decode/cursor.h"
#include "decode/ip.h"
#include "decode/link.h"

/* Joins the beginnings of fragmented datagrams. Only the first FRAGMENT_HEAD octets are ever kept:
 * transport header, DNS header and the longest question fit in them with room for extension
 * headers, and no later fragment can change what is asked. */
#define FRAGMENT_HEAD 512

struct fragments;

/* NULL without memory. seed keys the table. fragments_free accepts NULL. */
struct fragments *fragments_new(uint64_t seed);
void fragments_free(struct fragments *fragments);

/* Note one fragment, payload being its part of the datagram. True where *joined now covers more of
 * the datagram's beginning than before; it is valid until the next call. */
bool fragments_add(struct fragments *fragments, const struct frame *frame,
    const struct datagram *datagram, const struct cursor *payload, uint64_t time_ns,
    struct cursor *joined);

/* The datagram needs no joining any more: its name is known, or it is none of ours. What still
 * comes of it is ignored. */
void fragments_settle(struct fragments *fragments, const struct frame *frame,
    const struct datagram *datagram, uint64_t time_ns);

/* True where the datagram was settled, so that a fragment that comes again tells nothing new. */
bool fragments_settled(const struct fragments *fragments, const struct frame *frame,
    const struct datagram *datagram, uint64_t time_ns);

/* Give up what waited too long. */
void fragments_sweep(struct fragments *fragments, uint64_t time_ns);

/* Datagrams given up because a fragment never came, did not agree with another, or had to make
 * room. */
uint64_t fragments_lost(const struct fragments *fragments);

#endif
