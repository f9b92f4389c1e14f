/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/packet.h"

#include <stdlib.h>
#include <string.h>

#include "decode/content.h"
#include "decode/cursor.h"
#include "decode/dns.h"
#include "decode/dnscrypt.h"
#include "decode/fragment.h"
#include "decode/hello.h"
#include "decode/ip.h"
#include "decode/link.h"
#include "decode/quic.h"
#include "decode/several.h"
#include "decode/stream.h"

/* Tor's DNSPort has no number of its own; 9053 is that of its manual's examples. */
enum port {
    PORT_DNS = 53,
    PORT_NBNS = 137,
    PORT_MDNS = 5353,
    PORT_LLMNR = 5355,
    PORT_TOR_DNS = 9053
};

/* The top bit of a class in mDNS is no part of it: "unicast response wanted" in a question, "flush
 * your cache" in an answer (RFC 6762, 18.12 and 18.13). */
#define MDNS_CLASS 0x7FFF

#define SWEEP_NS 1000000000U

struct packet_decoder {
    struct packet_counts counts;
    struct fragments *fragments;
    struct streams *streams;
    struct hellos *hellos;
    packet_sink *sink;
    void *context;
    uint64_t swept_ns;
};

/* A transport header that is judged, with all that stands around it. */
struct arrival {
    const struct frame *frame;
    const struct datagram *datagram;
    uint64_t time_ns;
    uint8_t flags; /* enum fact_flag known so far */
};

/* In place: a struct returned is a struct copied, and that costs here. */
static inline void put_address(struct address *address, uint8_t family, const uint8_t *octets)
{
    address->family = family;
    if (family == FAMILY_IPV6) {
        memcpy(address->bytes, octets, 16);
    } else {
        memcpy(address->bytes, octets, 4);
        memset(address->bytes + 4, 0, 12);
    }
}

/* Which of the relatives of DNS speaks between these ports. Which side asks is said by the message,
 * not by the ports. */
static bool transport_of(uint16_t source, uint16_t destination, bool tcp, uint8_t *transport)
{
    if (destination == PORT_DNS || source == PORT_DNS)
        *transport = tcp ? TRANSPORT_TCP : TRANSPORT_UDP;
    else if (destination == PORT_LLMNR || source == PORT_LLMNR)
        *transport = TRANSPORT_LLMNR;
    else if (!tcp && (destination == PORT_MDNS || source == PORT_MDNS))
        *transport = TRANSPORT_MDNS;
    else if (!tcp && (destination == PORT_NBNS || source == PORT_NBNS))
        *transport = TRANSPORT_NBNS;
    else
        return false;
    return true;
}

/* Random octets pass for a message now and then. Where one begins was guessed, it must look like
 * what resolvers send: one question of a class in use (or none, in a response), opcode QUERY,
 * NOTIFY or UPDATE. */
static bool plausible(const struct dns_head *head)
{
    unsigned opcode = (head->flags & DNS_OPCODE) >> 11;
    bool counts = head->questions == 1 ||
                  (head->questions == 0 && head->answers > 0 && (head->flags & DNS_RESPONSE) != 0);
    bool class = head->class == 1 || head->class == 3 || head->class == 254 || head->class == 255;
    return counts && class && (opcode == 0 || opcode == 4 || opcode == 5);
}

/* A type and a class that somebody could ask for. Type 0 is reserved (RFC 6895, 3.1), and of
 * classes only these were ever in use; a tunnel's packets on a port of DNS are told by it. */
static bool asks_something(const struct dns_head *head)
{
    uint16_t class = head->class;
    bool known = class == 1 || class == 3 || class == 4 || class == 254 || class == 255;
    return head->questions == 0 || (head->type != 0 && known);
}

/* Everything that only some kinds of facts have. */
static void fact_clear(struct fact *fact)
{
    fact->rcode = fact->id = fact->type = fact->class = fact->answers = 0;
    fact->name_length = 0;
}

/* A DNSCrypt response: that there is one is all that it tells. */
static void encrypted_fact(struct packet_decoder *decoder, struct fact *fact)
{
    fact_clear(fact);
    fact->kind = FACT_ANSWER;
    fact->transport = TRANSPORT_DNSCRYPT;
    decoder->sink(decoder->context, fact);
}

/* Read one message into fact, whose transport is set, and hand it on. */
static enum dns_outcome read_message(
    struct packet_decoder *decoder, struct cursor *message, bool guessed, struct fact *fact)
{
    struct dns_head head;
    if (dnscrypt_encrypted(message)) {
        encrypted_fact(decoder, fact);
        return DNS_OK;
    }
    enum dns_outcome outcome = dns_read(message, &head, fact->name);
    if (outcome != DNS_OK)
        return outcome;
    bool global = fact->transport == TRANSPORT_UDP || fact->transport == TRANSPORT_TCP;
    if ((global && !asks_something(&head)) || (guessed && !plausible(&head)))
        return DNS_BAD;

    fact->name_length = head.name_length;
    if (fact->transport == TRANSPORT_NBNS && head.name_length > 0) {
        fact->name_length = (uint8_t)dns_netbios_decode(fact->name, head.name_length);
        if (fact->name_length == 0)
            return DNS_BAD;
    }
    if (dnscrypt_certificate(fact->name, fact->name_length))
        fact->transport = TRANSPORT_DNSCRYPT;
    bool response = (head.flags & DNS_RESPONSE) != 0;
    if (!response && head.questions == 0)
        return DNS_OK; /* nothing is asked: keepalive, DNS stateful operations (RFC 8490) */

    fact->kind = response ? FACT_ANSWER : FACT_QUESTION;
    if (head.flags & DNS_TRUNCATED)
        fact->flags |= FACT_TRUNCATED;
    /* In LLMNR this bit says "tentative" (RFC 4795, 2.1.1). */
    if ((head.flags & DNS_RECURSION_DESIRED) && fact->transport != TRANSPORT_LLMNR)
        fact->flags |= FACT_RECURSION;
    if (head.edns)
        fact->flags |= FACT_EDNS;
    fact->rcode = response ? head.rcode : 0;
    fact->id = head.id;
    fact->type = head.type;
    fact->class = fact->transport == TRANSPORT_MDNS ? head.class & MDNS_CLASS : head.class;
    fact->answers = head.answers;
    fact->address_count = response ? head.address_count : 0;
    memcpy(fact->addresses, head.addresses, fact->address_count * sizeof fact->addresses[0]);
    if (!response)
        decoder->counts.questions++;
    decoder->sink(decoder->context, fact);
    if (fact->transport == TRANSPORT_MDNS || fact->transport == TRANSPORT_LLMNR) {
        size_t more = several_rest(message, fact, decoder->sink, decoder->context);
        decoder->counts.questions += response ? 0 : more;
    }
    return DNS_OK;
}

static void count_losses(struct packet_decoder *decoder)
{
    decoder->counts.fragments_lost = fragments_lost(decoder->fragments);
    decoder->counts.streams_lost = streams_lost(decoder->streams);
}

/* Everything but kind, transport and what the message says. The name is left as it is: to write
 * 255 octets for each packet would cost more than all the rest. */
static void fact_begin(struct fact *fact, const struct arrival *arrival)
{
    fact->time_ns = arrival->time_ns;
    fact->interface = arrival->frame->interface;
    fact->link_type = arrival->frame->link_type;
    fact->direction = arrival->frame->direction;
    fact->flags = arrival->flags;
    fact->alpn = fact->address_count = 0;
    put_address(&fact->source, arrival->datagram->family, arrival->datagram->source);
    put_address(&fact->destination, arrival->datagram->family, arrival->datagram->destination);
}

/* A transport header that is not all there. Ports come first: without them nothing claims to be
 * DNS. */
static enum dns_outcome header_cut(const struct cursor *payload, bool tcp)
{
    uint8_t transport;
    if (cursor_cut(payload))
        return DNS_SHORT;
    struct cursor ports = *payload;
    ports.failed = false;
    uint16_t source_port = cursor_u16(&ports);
    uint16_t destination_port = cursor_u16(&ports);
    bool ours = !ports.failed && transport_of(source_port, destination_port, tcp, &transport);
    return ours ? DNS_BAD : DNS_OK;
}

/* Where the ports tell nothing, the octets may. */
static enum dns_outcome hand_on(
    struct packet_decoder *decoder, enum content content, const struct fact *fact)
{
    if (content == CONTENT_FACT)
        decoder->sink(decoder->context, fact);
    return content == CONTENT_BAD ? DNS_BAD : DNS_OK;
}

static enum dns_outcome read_unnamed_udp(
    struct packet_decoder *decoder, struct cursor *payload, struct fact *fact)
{
    if (fact->destination_port == PORT_TOR_DNS || fact->source_port == PORT_TOR_DNS) {
        struct cursor message = *payload;
        fact->transport = TRANSPORT_UDP;
        if (read_message(decoder, &message, true, fact) == DNS_OK)
            return DNS_OK;
    }
    if (dnscrypt_asks(payload)) {
        fact->transport = TRANSPORT_DNSCRYPT;
        /* What only looks like it claims nothing. */
        read_message(decoder, payload, true, fact);
        return DNS_OK;
    }
    fact_clear(fact);
    fact->transport = TRANSPORT_UDP;
    return hand_on(decoder, content_udp(payload, fact), fact);
}

/* The beginning of a tunnel on a port of DNS: some networks let nothing else through. */
static enum dns_outcome peer_instead(
    struct packet_decoder *decoder, const struct cursor *payload, struct fact *fact)
{
    fact_clear(fact);
    if (content_udp(payload, fact) != CONTENT_FACT || fact->kind != FACT_PEER)
        return DNS_BAD;
    decoder->sink(decoder->context, fact);
    return DNS_OK;
}

static enum dns_outcome read_udp(
    struct packet_decoder *decoder, struct cursor *payload, const struct arrival *arrival)
{
    struct fact fact;
    const uint8_t *header = cursor_take(payload, 8);
    if (!header)
        return header_cut(payload, false);
    fact.source_port = octets_u16(header);
    fact.destination_port = octets_u16(header + 2);
    bool named = transport_of(fact.source_port, fact.destination_port, false, &fact.transport);
    /* Zero is for jumbograms (RFC 2675, 4), and for lengths left to the network card. */
    uint16_t length = octets_u16(header + 4);
    if (length != 0) {
        if (length < 8)
            return named ? DNS_BAD : DNS_OK;
        cursor_limit(payload, length - 8U);
    }
    if (!named && quic_begins(payload)) {
        const struct hello_place place = {arrival->frame, arrival->datagram, arrival->time_ns,
            fact.source_port, fact.destination_port};
        hellos_datagram(decoder->hellos, &place, payload);
        return DNS_OK;
    }
    fact_begin(&fact, arrival);
    if (named && !content_overrides(payload)) {
        struct cursor message = *payload;
        enum dns_outcome outcome = read_message(decoder, &message, false, &fact);
        return outcome == DNS_BAD ? peer_instead(decoder, payload, &fact) : outcome;
    }
    return read_unnamed_udp(decoder, payload, &fact);
}

static void connect_fact(struct packet_decoder *decoder, const struct arrival *arrival,
    uint16_t source_port, uint16_t destination_port)
{
    struct fact fact;
    fact_begin(&fact, arrival);
    fact_clear(&fact);
    fact.kind = FACT_CONNECT;
    fact.transport = TRANSPORT_TCP;
    fact.source_port = source_port;
    fact.destination_port = destination_port;
    decoder->sink(decoder->context, &fact);
}

static enum dns_outcome read_unnamed_tcp(struct packet_decoder *decoder,
    const struct cursor *payload, const struct arrival *arrival, uint16_t source_port,
    uint16_t destination_port)
{
    struct fact fact;
    fact_begin(&fact, arrival);
    fact_clear(&fact);
    fact.transport = TRANSPORT_TCP;
    fact.source_port = source_port;
    fact.destination_port = destination_port;
    return hand_on(decoder, content_tcp(payload, &fact), &fact);
}

static enum dns_outcome read_esp(
    struct packet_decoder *decoder, const struct cursor *payload, const struct arrival *arrival)
{
    struct fact fact;
    fact_begin(&fact, arrival);
    fact_clear(&fact);
    fact.transport = TRANSPORT_UDP;
    fact.source_port = fact.destination_port = 0;
    return hand_on(decoder, content_esp(payload, &fact), &fact);
}

static enum dns_outcome read_tcp(
    struct packet_decoder *decoder, struct cursor *payload, const struct arrival *arrival)
{
    const uint8_t *header = cursor_take(payload, 20);
    if (!header)
        return header_cut(payload, true);
    uint16_t source_port = octets_u16(header);
    uint16_t destination_port = octets_u16(header + 2);
    struct stream_segment segment = {
        .sequence = octets_u32(header + 4),
        .flags = header[13],
        .link_type = arrival->frame->link_type,
        .time_ns = arrival->time_ns,
    };
    if ((segment.flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN)
        connect_fact(decoder, arrival, source_port, destination_port);

    uint8_t transport;
    bool named = transport_of(source_port, destination_port, true, &transport);
    size_t header_length = (size_t)(header[12] >> 4) * 4;
    if (header_length < 20 || !cursor_skip(payload, header_length - 20)) {
        if (!named)
            return DNS_OK;
        return cursor_cut(payload) ? DNS_SHORT : DNS_BAD;
    }
    if (!named) {
        const struct hello_place place = {
            arrival->frame, arrival->datagram, arrival->time_ns, source_port, destination_port};
        hellos_segment(decoder->hellos, &place, segment.sequence, segment.flags, payload);
        if (cursor_left(payload) == 0)
            return DNS_OK;
        return read_unnamed_tcp(decoder, payload, arrival, source_port, destination_port);
    }

    segment.payload = *payload;
    /* How long a fragmented segment is on the wire is not known here: what is there counts. */
    if (arrival->datagram->fragment)
        segment.payload.missing = 0;
    struct stream_flow flow = {
        .interface = arrival->frame->interface,
        .source_port = source_port,
        .destination_port = destination_port,
        .direction = arrival->frame->direction,
    };
    put_address(&flow.source, arrival->datagram->family, arrival->datagram->source);
    put_address(&flow.destination, arrival->datagram->family, arrival->datagram->destination);
    streams_segment(decoder->streams, &flow, &segment);
    count_losses(decoder);
    return DNS_OK;
}

/* What the streams hand back. */
static enum dns_outcome read_streamed(void *context, const struct stream_message *message)
{
    struct packet_decoder *decoder = context;
    const struct stream_flow *flow = message->flow;
    struct cursor octets = message->octets;
    struct fact fact;
    transport_of(flow->source_port, flow->destination_port, true, &fact.transport);
    fact.time_ns = message->time_ns;
    fact.interface = flow->interface;
    fact.link_type = message->link_type;
    fact.direction = flow->direction;
    fact.flags = 0;
    fact.alpn = fact.address_count = 0;
    fact.source = flow->source;
    fact.destination = flow->destination;
    fact.source_port = flow->source_port;
    fact.destination_port = flow->destination_port;
    enum dns_outcome outcome = read_message(decoder, &octets, message->guessed, &fact);
    if (outcome == DNS_BAD)
        outcome = peer_instead(decoder, &message->octets, &fact);
    if (outcome == DNS_BAD && !message->guessed)
        decoder->counts.malformed++;
    return outcome;
}

static enum dns_outcome read_transport(struct packet_decoder *decoder, struct cursor *payload,
    uint8_t protocol, const struct arrival *arrival)
{
    switch (protocol) {
    case IP_UDP:
        return read_udp(decoder, payload, arrival);
    case IP_TCP:
        return read_tcp(decoder, payload, arrival);
    case IP_ESP:
        return read_esp(decoder, payload, arrival);
    default:
        decoder->counts.undecoded++;
        return DNS_OK;
    }
}

/* Of an IPv6 fragment, the extension headers that stand behind the fragment header. */
static enum dns_outcome read_joined(
    struct packet_decoder *decoder, struct cursor *payload, const struct arrival *arrival)
{
    uint8_t protocol = arrival->datagram->protocol;
    if (arrival->datagram->family == FAMILY_IPV6 && !ip_pass_extensions(payload, &protocol)) {
        if (cursor_cut(payload))
            return DNS_SHORT;
        decoder->counts.undecoded++;
        return DNS_OK;
    }
    return read_transport(decoder, payload, protocol, arrival);
}

/* The first fragment is judged by itself, and mostly that is all there is to do. Only where it does
 * not hold the whole question are the later ones joined to it. */
static enum dns_outcome read_fragment(
    struct packet_decoder *decoder, const struct cursor *payload, struct arrival *arrival)
{
    const struct datagram *datagram = arrival->datagram;
    const struct frame *frame = arrival->frame;
    struct cursor joined = *payload;
    enum dns_outcome outcome;
    if (datagram->fragment_offset == 0) {
        bool small = cursor_left(payload) < FRAGMENT_HEAD;
        if (small && fragments_settled(decoder->fragments, frame, datagram, arrival->time_ns))
            return DNS_OK;
        joined.missing = UINT16_MAX;
        outcome = read_joined(decoder, &joined, arrival);
        if (outcome != DNS_SHORT) {
            if (small)
                fragments_settle(decoder->fragments, frame, datagram, arrival->time_ns);
            return outcome;
        }
    }
    if (!fragments_add(decoder->fragments, frame, datagram, payload, arrival->time_ns, &joined))
        return DNS_OK;
    arrival->flags |= FACT_FRAGMENTED;
    outcome = read_joined(decoder, &joined, arrival);
    if (outcome == DNS_SHORT)
        return DNS_OK;
    fragments_settle(decoder->fragments, frame, datagram, arrival->time_ns);
    return outcome;
}

/* Once a second by the packets' own clock, also where that clock was set back. */
void packet_sweep(struct packet_decoder *decoder, uint64_t time_ns)
{
    decoder->swept_ns = time_ns;
    fragments_sweep(decoder->fragments, time_ns);
    streams_sweep(decoder->streams, time_ns);
    hellos_sweep(decoder->hellos, time_ns);
    count_losses(decoder);
}

void packet_decode(struct packet_decoder *decoder, int link_type, const uint8_t *data,
    size_t captured, size_t original, uint64_t time_ns, uint32_t interface)
{
    struct frame frame;
    struct datagram datagram;
    decoder->counts.packets++;
    if (time_ns - decoder->swept_ns >= SWEEP_NS)
        packet_sweep(decoder, time_ns);

    size_t missing = original > captured ? original - captured : 0;
    struct cursor at = cursor_over(data, captured, missing);
    if (!link_read(link_type, &at, interface, &frame) || !ip_read(&at, &datagram)) {
        decoder->counts.undecoded++;
        return;
    }
    struct arrival arrival = {&frame, &datagram, time_ns, 0};
    enum dns_outcome outcome;
    if (datagram.fragment) {
        outcome = read_fragment(decoder, &at, &arrival);
        count_losses(decoder);
    } else {
        outcome = read_transport(decoder, &at, datagram.protocol, &arrival);
    }
    if (outcome == DNS_BAD)
        decoder->counts.malformed++;
    else if (outcome == DNS_SHORT)
        decoder->counts.undecoded++;
}

bool packet_waiting(const struct packet_decoder *decoder)
{
    return hellos_waiting(decoder->hellos);
}

void packet_end(struct packet_decoder *decoder)
{
    hellos_end(decoder->hellos);
}

bool packet_link_known(int link_type)
{
    return link_known(link_type);
}

struct packet_decoder *packet_decoder_new(uint64_t seed, packet_sink *sink, void *context)
{
    struct packet_decoder *decoder = calloc(1, sizeof *decoder);
    if (!decoder)
        return NULL;
    decoder->sink = sink;
    decoder->context = context;
    decoder->fragments = fragments_new(seed);
    decoder->streams = streams_new(seed, read_streamed, decoder);
    decoder->hellos = hellos_new(seed, sink, context,
        (struct hello_counts){&decoder->counts.hellos, &decoder->counts.malformed});
    if (!decoder->fragments || !decoder->streams || !decoder->hellos) {
        packet_decoder_free(decoder);
        return NULL;
    }
    return decoder;
}

void packet_decoder_free(struct packet_decoder *decoder)
{
    if (!decoder)
        return;
    fragments_free(decoder->fragments);
    streams_free(decoder->streams);
    hellos_free(decoder->hellos);
    free(decoder);
}

const struct packet_counts *packet_counts(const struct packet_decoder *decoder)
{
    return &decoder->counts;
}
