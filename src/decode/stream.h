/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_DECODE_STREAM_H
#define LEAKTOP_DECODE_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "decode/cursor.h"
#include "decode/dns.h"

/* DNS over TCP (RFC 7766): segments -> messages, each direction of a connection for itself. Only
 * the head of each message is gathered; the rest is passed by its length, whether the capture holds
 * it or not. */

/* One direction of a connection on one interface. Hashed and compared as octets: start from
 * zeros. */
struct stream_flow {
    uint32_t interface;
    uint16_t source_port, destination_port; /* host order */
    struct address source, destination;
    uint8_t direction; /* enum direction */
    uint8_t zero;
};
_Static_assert(sizeof(struct stream_flow) == 44, "no padding");

enum tcp_flag { TCP_FIN = 0x01, TCP_SYN = 0x02, TCP_RST = 0x04, TCP_ACK = 0x10 };

struct stream_segment {
    uint32_t sequence;
    uint8_t flags;         /* enum tcp_flag */
    uint16_t link_type;    /* ARPHRD_*, handed back to the reader */
    struct cursor payload; /* with missing: octets that the capture does not hold */
    uint64_t time_ns;
};

/* What the reader is told of one message, or of its beginning. */
struct stream_message {
    const struct stream_flow *flow;
    uint64_t time_ns; /* of the segment that brought the last octet of it */
    uint16_t link_type;
    /* Nobody saw the stream begin: that a message starts here is a guess, and what does not look
     * like one is no fault of the sender. */
    bool guessed;
    struct cursor octets; /* missing: what its length field promises beyond */
};

/* Judges the beginning of a message: DNS_SHORT asks for more of it. */
typedef enum dns_outcome stream_reader(void *context, const struct stream_message *message);

struct streams;

/* NULL without memory. seed keys the table. streams_free accepts NULL. */
struct streams *streams_new(uint64_t seed, stream_reader *reader, void *context);
void streams_free(struct streams *streams);

/* One segment, in whatever order. Calls the reader for each message that it completes. */
void streams_segment(
    struct streams *streams, const struct stream_flow *flow, const struct stream_segment *segment);

/* Stop waiting for segments that do not come; what stands behind them is read. */
void streams_sweep(struct streams *streams, uint64_t time_ns);

/* Streams in which octets were lost that were needed. */
uint64_t streams_lost(const struct streams *streams);

#endif
