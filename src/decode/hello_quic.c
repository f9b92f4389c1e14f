/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/fact.h"
#include "decode/hello_private.h"
#include "decode/link.h"

/* The least that a client may choose (RFC 9000, 7.2): what has less was not sent first. */
#define DCID_LEAST 8

/* Within this a packet with a token answers the server's Retry (RFC 9000, 8.1.2); later it is a new
 * connection with a token from an old one. */
#define RETRY_WITHIN_NS 10000000000U

/* An Initial packet without its protection. */
struct opened {
    struct cursor frames;
    uint64_t time_ns;
    bool proven; /* that the keys are right */
};

static bool same_dcid(const struct hello_entry *entry, const struct quic_initial *initial)
{
    return entry->dcid_length == initial->dcid_length &&
           memcmp(entry->dcid, initial->dcid, initial->dcid_length) == 0;
}

static bool open_with(struct hellos *hellos, const struct quic_keys *keys,
    const struct quic_initial *initial, struct opened *opened)
{
    enum quic_opened outcome =
        quic_open(hellos->crypto, keys, initial, hellos->opened, &opened->frames);
    opened->proven = outcome == QUIC_OPEN;
    return outcome != QUIC_CLOSED;
}

/* Without a tag, what was decrypted must look like a hello's beginning. */
static bool plausible(const struct opened *opened)
{
    struct cursor frames = opened->frames;
    struct quic_piece piece;
    struct tls_hello hello;
    if (opened->proven)
        return true;
    if (quic_frame_next(&frames, &piece) != QUIC_CRYPTO || piece.offset != 0)
        return false;
    enum tls_outcome outcome = tls_hello_read(piece.octets, &hello);
    return cursor_left(&piece.octets) > 5 && (outcome == TLS_OK || outcome == TLS_SHORT);
}

static void adopt(
    struct hello_entry *entry, const struct quic_initial *initial, const struct quic_keys *keys)
{
    entry->version = initial->version;
    entry->dcid_length = initial->dcid_length;
    memcpy(entry->dcid, initial->dcid, initial->dcid_length);
    entry->keys = *keys;
}

/* The rest of a hello can come in this datagram's next packet, or in another datagram. */
static void add_piece(struct hellos *hellos, struct hello_entry *entry,
    const struct quic_piece *piece, const struct opened *opened)
{
    if (!entry->slot)
        hello_gather_begin(hellos, entry, opened->time_ns);
    struct hello_slot *slot = entry->slot;
    if (piece->offset < GATHER_OCTETS)
        gather_add(
            &slot->gather, (size_t)piece->offset, piece->octets.at, cursor_left(&piece->octets));
    hello_gather_noted(slot, opened->time_ns);
    if (piece->octets.missing > 0)
        slot->cut = true;
}

/* A whole hello in one frame is read where it lies. True where that was all there is to do. */
static bool read_at_once(
    struct hellos *hellos, struct hello_entry *entry, const struct quic_piece *piece)
{
    struct tls_hello hello;
    if (entry->slot || piece->offset != 0)
        return false;
    enum tls_outcome outcome = hello_read(hellos, entry, piece->octets, &hello);
    if (outcome == TLS_SHORT)
        return false;
    hello_decide(hellos, entry, outcome, &hello, true);
    return true;
}

static void read_frames(struct hellos *hellos, struct hello_entry *entry, struct opened *opened)
{
    struct quic_piece piece;
    enum quic_frame frame;
    while ((frame = quic_frame_next(&opened->frames, &piece)) == QUIC_CRYPTO) {
        entry->touched_ns = opened->time_ns;
        if (read_at_once(hellos, entry, &piece))
            return;
        add_piece(hellos, entry, &piece, opened);
    }
    if (frame == QUIC_BAD) {
        /* Whoever has the keys knows better; without a tag it may be noise. */
        if (opened->proven)
            ++*hellos->counts.malformed;
        hello_set_state(hellos, entry, HELLO_DONE);
        return;
    }
    if (!entry->slot)
        return;
    if (opened->frames.missing > 0)
        entry->slot->cut = true;
    hello_read_gathered(hellos, entry);
}

/* A packet that the keys of its connection do not open can be one of another connection by the same
 * ports, or the answer to a Retry, whose keys follow from the name that the server chose. */
static struct hello_entry *begin(struct hellos *hellos, struct hello_entry *entry,
    struct hello_entry *free_place, const struct hello_flow *flow, const struct hello_place *place,
    const struct quic_initial *initial, struct opened *opened)
{
    struct quic_keys keys;
    if (initial->dcid_length < (initial->token ? 1 : DCID_LEAST) ||
        !quic_crypto_derive(hellos->crypto, (enum quic_version)initial->version, initial->dcid,
            initial->dcid_length, &keys) ||
        !open_with(hellos, &keys, initial, opened) || !plausible(opened))
        return NULL;
    bool answer = entry && initial->token && place->time_ns - entry->touched_ns < RETRY_WITHIN_NS;
    if (!answer) {
        if (!entry)
            entry = free_place;
        hello_settle(hellos, entry, flow, place);
    }
    adopt(entry, initial, &keys);
    return entry;
}

void hellos_datagram(
    struct hellos *hellos, const struct hello_place *place, const struct cursor *payload)
{
    struct cursor datagram = *payload;
    struct quic_initial initial;
    struct hello_flow flow;
    struct hello_entry *free_place;
    if (place->frame->direction == DIRECTION_IN || !quic_next(&datagram, &initial))
        return;
    hello_flow_make(&flow, place, IP_UDP);
    struct hello_entry *entry = hello_find(hellos, &flow, &free_place);
    do {
        struct opened opened = {.time_ns = place->time_ns};
        if (entry && entry->state == HELLO_DONE && same_dcid(entry, &initial))
            continue;
        if (!entry || entry->version != initial.version ||
            !open_with(hellos, &entry->keys, &initial, &opened) ||
            !(opened.proven || same_dcid(entry, &initial))) {
            struct hello_entry *begun =
                begin(hellos, entry, free_place, &flow, place, &initial, &opened);
            if (!begun)
                continue;
            entry = begun;
        }
        if (entry->state == HELLO_OPEN)
            read_frames(hellos, entry, &opened);
    } while (quic_next(&datagram, &initial));
}
