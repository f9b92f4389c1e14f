/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/tls.h"

#include <string.h>

#include "base/name.h"

enum { RECORD_HANDSHAKE = 22, CLIENT_HELLO = 1, HANDSHAKE_HEADER = 4 };
enum { EXTENSION_NAME = 0, EXTENSION_ALPN = 16, EXTENSION_ECH = 0xfe0d };
enum { NAME_HOST = 0, ECH_OUTER = 0 };

/* SSL 3.0 to the 3.4 of TLS 1.3's early drafts: whatever stands there, the rest is laid out alike
 * (RFC 8446, 5.1 and appendix D). */
enum { VERSION_MAJOR = 3, VERSION_MINOR_MOST = 4 };

static uint32_t octets_u24(const uint8_t *octets)
{
    return (uint32_t)octets[0] << 16 | octets_u16(octets + 1);
}

/* The next length octets as a cursor of their own, as far as they are there. A length that leads
 * behind the end of what it lies in is a lie. */
static struct cursor part_of(struct cursor *from, size_t length)
{
    size_t held = cursor_left(from);
    if (!from->failed && length > cursor_left_on_wire(from))
        cursor_spoil(from);
    if (from->failed)
        return cursor_over(from->end, 0, 0);
    if (held > length)
        held = length;
    struct cursor part = cursor_over(from->at, held, length - held);
    from->at += held;
    from->missing -= length - held;
    return part;
}

static struct cursor part_u8(struct cursor *from)
{
    return part_of(from, cursor_u8(from));
}

static struct cursor part_u16(struct cursor *from)
{
    return part_of(from, cursor_u16(from));
}

/* The first host name counts; RFC 6066 allows no second. */
static void read_names(struct cursor *extension, struct tls_hello *hello)
{
    if (cursor_left_on_wire(extension) == 0)
        return;
    struct cursor names = part_u16(extension);
    while (!extension->failed && cursor_left_on_wire(&names) > 0) {
        uint8_t type = cursor_u8(&names);
        struct cursor host = part_u16(&names);
        if (names.failed || host.missing > 0)
            break;
        if (type == NAME_HOST && hello->name_length == 0)
            hello->name_length = (uint8_t)name_of_host(host.at, cursor_left(&host), hello->name);
    }
    if (names.failed && names.missing == 0)
        cursor_spoil(extension);
}

/* ---- what is offered ---- */

static const struct {
    const char *name;
    uint8_t bit;
    bool prefix; /* drafts have a number behind it */
} protocols[] = {
    {"http/1.1", ALPN_HTTP1, false},
    {"http/1.0", ALPN_HTTP1, false},
    {"http/0.9", ALPN_HTTP1, false},
    {"h2", ALPN_H2, false},
    {"h3", ALPN_H3, false},
    {"h3-", ALPN_H3, true},
    {"dot", ALPN_DOT, false},
    {"doq", ALPN_DOQ, false},
    {"doq-", ALPN_DOQ, true},
    {"stun.turn", ALPN_STUN, false},
    {"stun.nat-discovery", ALPN_STUN, false},
};

/* RFC 8701, 2: 0x0A0A, 0x1A1A, ... */
static bool grease(const uint8_t *octets, size_t length)
{
    return length == 2 && octets[0] == octets[1] && (octets[0] & 0x0F) == 0x0A;
}

static uint8_t protocol_bit(const uint8_t *octets, size_t length)
{
    if (length == 0 || grease(octets, length))
        return 0;
    for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++) {
        size_t known = strlen(protocols[i].name);
        if ((protocols[i].prefix ? length > known : length == known) &&
            memcmp(octets, protocols[i].name, known) == 0)
            return protocols[i].bit;
    }
    return ALPN_OTHER;
}

static void read_protocols(struct cursor *extension, struct tls_hello *hello)
{
    if (cursor_left_on_wire(extension) == 0)
        return;
    struct cursor list = part_u16(extension);
    while (!extension->failed && cursor_left_on_wire(&list) > 0) {
        struct cursor protocol = part_u8(&list);
        if (list.failed || protocol.missing > 0)
            break;
        hello->alpn |= protocol_bit(protocol.at, cursor_left(&protocol));
    }
    if (list.failed && list.missing == 0)
        cursor_spoil(extension);
}

/* ---- the message ---- */

/* False where an extension does not hold what it claims. */
static bool read_extension(uint16_t type, struct cursor *extension, struct tls_hello *hello)
{
    switch (type) {
    case EXTENSION_NAME:
        read_names(extension, hello);
        break;
    case EXTENSION_ALPN:
        read_protocols(extension, hello);
        break;
    case EXTENSION_ECH:
        if (cursor_left(extension) > 0 && cursor_u8(extension) == ECH_OUTER)
            hello->ech = true;
        break;
    default:
        break;
    }
    return !extension->failed || extension->missing > 0;
}

/* Everything behind the handshake header. */
static void read_body(struct cursor *body, struct tls_hello *hello)
{
    part_of(body, 2 + 32); /* version, random */
    part_u8(body);         /* session ID */
    part_u16(body);        /* cipher suites */
    part_u8(body);         /* compression methods */
    if (body->failed || cursor_left_on_wire(body) == 0)
        return; /* before TLS 1.3 there may be no extensions at all */
    struct cursor extensions = part_u16(body);
    while (!body->failed && cursor_left_on_wire(&extensions) > 0) {
        uint16_t type = cursor_u16(&extensions);
        struct cursor extension = part_u16(&extensions);
        if (!extensions.failed && !read_extension(type, &extension, hello))
            cursor_spoil(&extensions);
        if (extensions.failed) {
            if (extensions.missing == 0)
                cursor_spoil(body);
            break;
        }
    }
}

static bool version_known(const uint8_t *octets)
{
    return octets[0] == VERSION_MAJOR && octets[1] <= VERSION_MINOR_MOST;
}

enum tls_outcome tls_hello_read(struct cursor message, struct tls_hello *hello)
{
    hello->alpn = hello->name_length = 0;
    hello->ech = false;
    hello->wanted = HANDSHAKE_HEADER + 2;
    size_t held = cursor_left(&message);
    const uint8_t *octets = message.at;
    if (held > 0 && octets[0] != CLIENT_HELLO)
        return TLS_OTHER;
    if (held < hello->wanted)
        return TLS_SHORT;
    if (!version_known(octets + HANDSHAKE_HEADER))
        return TLS_OTHER;
    size_t length = octets_u24(octets + 1);
    if (length > TLS_HELLO_MOST - HANDSHAKE_HEADER)
        return TLS_BAD;
    hello->wanted = HANDSHAKE_HEADER + length;
    /* What its length promises comes later, or does not: no lie of what is here. */
    held -= HANDSHAKE_HEADER;
    if (held > length)
        held = length;
    struct cursor body = cursor_over(octets + HANDSHAKE_HEADER, held, length - held);
    read_body(&body, hello);
    if (body.failed && body.missing == 0)
        return TLS_BAD;
    return held == length ? TLS_OK : TLS_SHORT;
}

/* ---- records ---- */

bool tls_begins(const uint8_t *octets, size_t length)
{
    if (length == 0 || octets[0] != RECORD_HANDSHAKE)
        return false;
    if (length > 1 && octets[1] != VERSION_MAJOR)
        return false;
    if (length > 2 && octets[2] > VERSION_MINOR_MOST)
        return false;
    if (length < TLS_RECORD_HEADER)
        return true;
    size_t record = octets_u16(octets + 3);
    if (record == 0 || record > TLS_RECORD_MOST)
        return false;
    octets += TLS_RECORD_HEADER;
    length -= TLS_RECORD_HEADER;
    if (length > record)
        length = record;
    if (length > 0 && octets[0] != CLIENT_HELLO)
        return false;
    return length < HANDSHAKE_HEADER + 2 || version_known(octets + HANDSHAKE_HEADER);
}

/* One record's header and what of its octets is there. */
static enum tls_outcome read_record(struct cursor *stream, struct cursor *fragment)
{
    const uint8_t *header = stream->at;
    size_t held = cursor_left(stream);
    if (held < TLS_RECORD_HEADER)
        return TLS_SHORT;
    size_t length = octets_u16(header + 3);
    if (header[0] != RECORD_HANDSHAKE || !version_known(header + 1) || length == 0 ||
        length > TLS_RECORD_MOST)
        return TLS_OTHER;
    held -= TLS_RECORD_HEADER;
    if (held > length)
        held = length;
    *fragment = cursor_over(header + TLS_RECORD_HEADER, held, length - held);
    stream->at += TLS_RECORD_HEADER + held;
    return TLS_OK;
}

/* Octets of the message that its header promises, 0 before the header is there. */
static size_t message_length(const struct cursor *message)
{
    return cursor_left(message) < HANDSHAKE_HEADER ? 0
                                                   : HANDSHAKE_HEADER + octets_u24(message->at + 1);
}

enum tls_outcome tls_stream_read(
    struct cursor stream, uint8_t *room, size_t size, struct tls_hello *hello)
{
    struct cursor message, fragment;
    size_t begun = cursor_left(&stream), joined = 0;
    enum tls_outcome outcome = read_record(&stream, &message);
    hello->alpn = hello->name_length = 0;
    hello->ech = false;
    hello->wanted = begun + 1;
    if (outcome != TLS_OK)
        return outcome;
    size_t length = message_length(&message);
    bool split = message.missing == 0 && (length == 0 || length > cursor_left(&message));
    if (!split) {
        outcome = tls_hello_read(message, hello);
        hello->wanted += TLS_RECORD_HEADER;
        return outcome;
    }
    fragment = message;
    do {
        size_t taken = cursor_left(&fragment);
        if (taken > size - joined)
            taken = size - joined;
        memcpy(room + joined, fragment.at, taken);
        joined += taken;
        message = cursor_over(room, joined, 0);
        length = message_length(&message);
        if ((length > 0 && joined >= length) || joined == size || fragment.missing > 0)
            break;
    } while ((outcome = read_record(&stream, &fragment)) == TLS_OK);
    enum tls_outcome read = tls_hello_read(message, hello);
    /* Each octet that the message lacks is one of the stream at least. */
    hello->wanted = begun + (hello->wanted > joined ? hello->wanted - joined : 1);
    /* Something else in the midst of it. */
    if (read == TLS_SHORT && outcome == TLS_OTHER)
        return TLS_BAD;
    return read;
}
