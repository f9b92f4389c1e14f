/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_DECODE_PACKET_H
#define LEAKTOP_DECODE_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fact.h"

/* Bytes of one captured frame -> facts. No allocation after packet_decoder_new, no I/O, no clock.
 */

struct packet_decoder;

/* What the decoder counted, never reset. */
struct packet_counts {
    uint64_t packets;   /* frames given to packet_decode */
    uint64_t questions; /* facts of kind FACT_QUESTION */
    uint64_t hellos;    /* facts of kind FACT_HELLO */
    /* Frames that claim to carry DNS and do not hold what they claim, and connections that begin
     * with such a ClientHello. */
    uint64_t malformed;
    uint64_t undecoded; /* link types or protocols that the decoder does not know: not malformed */
    uint64_t fragments_lost; /* datagrams whose missing fragments never came */
    uint64_t streams_lost;   /* DNS/TCP streams given up: gap, or table full */
};

/* Receives one fact; called zero or more times within packet_decode. The fact is the decoder's
 * and valid during the call only. */
typedef void packet_sink(void *context, const struct fact *fact);

/* A decoder with its tables (fragments, TCP streams), or NULL without memory. seed keys the hash
 * tables. The caller frees it with packet_decoder_free (NULL allowed). */
struct packet_decoder *packet_decoder_new(uint64_t seed, packet_sink *sink, void *context);
void packet_decoder_free(struct packet_decoder *decoder);

/* True where link_type (LINKTYPE_/DLT_ value as libpcap gives it) can be decoded. */
bool packet_link_known(int link_type);

/* Decode one frame. captured: octets at data; original: octets on the wire (captured <= original).
 * time_ns: its time stamp; it also ages the tables. interface: kernel index where the link type
 * itself does not tell it (SLL2 does), else 0. */
void packet_decode(struct packet_decoder *decoder, int link_type, const uint8_t *data,
    size_t captured, size_t original, uint64_t time_ns, uint32_t interface);

/* True while something waits for packets that belong to it: a clock that goes on without packets
 * must then be told to packet_sweep. */
bool packet_waiting(const struct packet_decoder *decoder);
/* Give up what has waited too long at time_ns, by the clock of the packets; packet_decode does so
 * by itself. */
void packet_sweep(struct packet_decoder *decoder, uint64_t time_ns);
/* No packet comes any more: what still waits is told as far as it goes. */
void packet_end(struct packet_decoder *decoder);

const struct packet_counts *packet_counts(const struct packet_decoder *decoder);

#endif
