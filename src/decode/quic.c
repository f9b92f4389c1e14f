/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/quic.h"

#include <string.h>

enum { LONG_HEADER = 0x80, FIXED_BIT = 0x40, TYPE_BITS = 0x30, RESERVED_BITS = 0x0C };
enum { NUMBER_MOST = 4 };

enum packet_type { TYPE_INITIAL, TYPE_RETRY, TYPE_OTHER };

enum frame_type {
    FRAME_PADDING = 0x00,
    FRAME_PING = 0x01,
    FRAME_ACK = 0x02,
    FRAME_ACK_ECN = 0x03,
    FRAME_CRYPTO = 0x06,
    FRAME_CLOSE = 0x1c,
};

static bool version_of(uint32_t number, uint8_t *version)
{
    if (number == 1)
        *version = QUIC_V1;
    else if (number == 0x6b3343cf)
        *version = QUIC_V2;
    else
        return false;
    return true;
}

/* Version 2 moved the numbers of the types, so that nobody relies on them (RFC 9369, 3.2). */
static enum packet_type type_of(uint8_t first, uint8_t version)
{
    unsigned type = (first & TYPE_BITS) >> 4;
    unsigned initial = version == QUIC_V2 ? 1 : 0;
    unsigned retry = version == QUIC_V2 ? 0 : 3;
    return type == initial ? TYPE_INITIAL : type == retry ? TYPE_RETRY : TYPE_OTHER;
}

/* Variable-length integer (RFC 9000, 16). */
static uint64_t varint(struct cursor *from)
{
    uint64_t value = cursor_u8(from);
    unsigned more = (1U << (value >> 6)) - 1;
    value &= 0x3F;
    for (; more > 0; more--)
        value = value << 8 | cursor_u8(from);
    return value;
}

bool quic_begins(const struct cursor *datagram)
{
    uint8_t version;
    const uint8_t *at = datagram->at;
    return cursor_left(datagram) > 5 &&
           (at[0] & (LONG_HEADER | FIXED_BIT)) == (LONG_HEADER | FIXED_BIT) &&
           version_of(octets_u32(at + 1), &version);
}

/* One packet, with the datagram standing behind it then. False where it cannot be walked over. */
static bool packet_read(
    struct cursor *datagram, struct quic_initial *initial, enum packet_type *type)
{
    struct cursor at = *datagram;
    if (!quic_begins(datagram))
        return false;
    cursor_rebase(&at);
    uint8_t first = cursor_u8(&at);
    version_of(cursor_u32(&at), &initial->version);
    *type = type_of(first, initial->version);
    initial->dcid_length = cursor_u8(&at);
    initial->dcid = cursor_take(&at, initial->dcid_length);
    uint8_t source = cursor_u8(&at);
    cursor_skip(&at, source);
    if (initial->dcid_length > QUIC_DCID_MOST || source > QUIC_DCID_MOST || *type == TYPE_RETRY)
        return false;
    initial->token = false;
    if (*type == TYPE_INITIAL) {
        uint64_t token = varint(&at);
        if (token > cursor_left(&at))
            return false;
        cursor_skip(&at, (size_t)token);
        initial->token = token > 0;
    }
    uint64_t length = varint(&at);
    if (at.failed || length > cursor_left_on_wire(&at))
        return false;
    initial->number_at = cursor_offset(&at);
    size_t held = cursor_left(&at);
    if (held > length)
        held = (size_t)length;
    initial->packet = cursor_over(datagram->at, initial->number_at + held, (size_t)length - held);
    cursor_skip(&at, held);
    at.missing -= (size_t)length - held;
    *datagram = at;
    return true;
}

bool quic_next(struct cursor *datagram, struct quic_initial *initial)
{
    enum packet_type type;
    while (packet_read(datagram, initial, &type))
        if (type == TYPE_INITIAL)
            return true;
    return false;
}

enum quic_opened quic_open(struct quic_crypto *crypto, const struct quic_keys *keys,
    const struct quic_initial *initial, uint8_t room[static QUIC_PACKET_MOST],
    struct cursor *frames)
{
    const uint8_t *octets = initial->packet.at;
    const uint8_t *number_octets = octets + initial->number_at;
    size_t held = cursor_left(&initial->packet) - initial->number_at;
    uint8_t mask[QUIC_SAMPLE], first, unmasked[NUMBER_MOST];
    uint32_t number = 0;
    /* The sample is taken as if the number had its four octets (RFC 9001, 5.4.2). */
    if (held < NUMBER_MOST + QUIC_SAMPLE ||
        !quic_crypto_mask(crypto, keys, number_octets + NUMBER_MOST, mask))
        return QUIC_CLOSED;
    first = octets[0] ^ (mask[0] & 0x0F);
    size_t number_length = (first & 0x03) + 1U;
    for (size_t i = 0; i < number_length; i++) {
        unmasked[i] = number_octets[i] ^ mask[1 + i];
        number = number << 8 | unmasked[i];
    }
    const struct quic_part header[3] = {
        {&first, 1}, {octets + 1, initial->number_at - 1}, {unmasked, number_length}};
    const uint8_t *sealed = number_octets + number_length;
    /* The tag stands at the end, so it is the first that is missing. */
    size_t promised = held + initial->packet.missing - number_length - QUIC_TAG;
    size_t length = held - number_length < promised ? held - number_length : promised;
    if (length > QUIC_PACKET_MOST)
        length = QUIC_PACKET_MOST;
    bool whole = initial->packet.missing == 0 && length == promised;
    if (!quic_crypto_open(
            crypto, keys, number, header, sealed, length, whole ? sealed + length : NULL, room))
        return QUIC_CLOSED;
    /* Protected as they are, these bits are zero for whoever has the keys (RFC 9000, 17.2). */
    if ((first & RESERVED_BITS) != 0)
        return QUIC_CLOSED;
    *frames = cursor_over(room, length, promised - length);
    return whole ? QUIC_OPEN : QUIC_GUESSED;
}

/* Most of what a client sends first. */
static void pass_padding(struct cursor *frames)
{
    size_t length = 0, left = cursor_left(frames);
    while (length < left && frames->at[length] == FRAME_PADDING)
        length++;
    cursor_skip(frames, length);
}

static void pass_ack(struct cursor *frames, bool ecn)
{
    varint(frames); /* largest */
    varint(frames); /* delay */
    uint64_t ranges = varint(frames);
    varint(frames); /* first range */
    for (; ranges > 0 && !frames->failed; ranges--) {
        varint(frames); /* gap */
        varint(frames); /* range */
    }
    for (int i = 0; ecn && i < 3; i++)
        varint(frames);
}

static void pass_octets(struct cursor *frames, uint64_t length)
{
    if (length > cursor_left_on_wire(frames))
        cursor_spoil(frames);
    else
        cursor_skip(frames, (size_t)length);
}

static void pass_close(struct cursor *frames)
{
    varint(frames); /* error */
    varint(frames); /* frame that was wrong */
    pass_octets(frames, varint(frames));
}

static void read_crypto(struct cursor *frames, struct quic_piece *piece)
{
    piece->offset = varint(frames);
    uint64_t length = varint(frames);
    size_t held = cursor_left(frames);
    if (length > cursor_left_on_wire(frames))
        cursor_spoil(frames);
    if (frames->failed)
        return;
    if (held > length)
        held = (size_t)length;
    piece->octets = cursor_over(frames->at, held, (size_t)length - held);
    cursor_skip(frames, held);
    frames->missing -= (size_t)length - held;
}

enum quic_frame quic_frame_next(struct cursor *frames, struct quic_piece *piece)
{
    while (!frames->failed && cursor_left(frames) > 0) {
        switch (varint(frames)) {
        case FRAME_PADDING:
            pass_padding(frames);
            break;
        case FRAME_PING:
            break;
        case FRAME_ACK:
            pass_ack(frames, false);
            break;
        case FRAME_ACK_ECN:
            pass_ack(frames, true);
            break;
        case FRAME_CRYPTO:
            read_crypto(frames, piece);
            if (!frames->failed)
                return QUIC_CRYPTO;
            break;
        case FRAME_CLOSE:
            pass_close(frames);
            break;
        default:
            if (!frames->failed)
                cursor_spoil(frames);
            break;
        }
    }
    return frames->failed && frames->missing == 0 ? QUIC_BAD : QUIC_END;
}
