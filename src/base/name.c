/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/name.h"

#include <string.h>

#include "base/address.h"
#include "base/hash.h"

/* RFC 1035, 2.3.4 */
#define LABEL_MAX 63

bool name_valid(const uint8_t *wire, size_t length)
{
    if (length == 0 || length > NAME_WIRE_MAX)
        return false;
    size_t at = 0;
    while (at < length) {
        uint8_t label = wire[at];
        if (label == 0)
            return at + 1 == length;
        if (label > LABEL_MAX)
            return false;
        at += 1U + label;
    }
    return false;
}

size_t name_format(const uint8_t *wire, size_t length, char out[static NAME_TEXT_MAX])
{
    size_t used = 0;
    size_t at = 0;
    while (at < length && wire[at] != 0) {
        size_t end = at + 1 + wire[at];
        if (end > length)
            break;
        if (at > 0)
            out[used++] = '.';
        for (at++; at < end; at++) {
            uint8_t octet = wire[at];
            if (octet <= ' ' || octet >= 0x7F) {
                out[used++] = '\\';
                out[used++] = (char)('0' + octet / 100);
                out[used++] = (char)('0' + octet / 10 % 10);
                out[used++] = (char)('0' + octet % 10);
            } else {
                if (octet == '.' || octet == '\\')
                    out[used++] = '\\';
                out[used++] = (char)octet;
            }
        }
    }
    if (used == 0)
        out[used++] = '.';
    out[used] = '\0';
    return used;
}

static bool digit(char octet)
{
    return octet >= '0' && octet <= '9';
}

/* Takes one octet of a label, escaped or not, from *text. */
static bool parse_octet(const char **text, uint8_t *out)
{
    const char *from = *text;
    if (*from != '\\') {
        *out = (uint8_t)*from;
        *text = from + 1;
        return true;
    }
    if (from[1] == '\0')
        return false;
    if (!digit(from[1])) {
        *out = (uint8_t)from[1];
        *text = from + 2;
        return true;
    }
    if (!digit(from[2]) || !digit(from[3]))
        return false;
    int value = (from[1] - '0') * 100 + (from[2] - '0') * 10 + (from[3] - '0');
    if (value > 255)
        return false;
    *out = (uint8_t)value;
    *text = from + 4;
    return true;
}

size_t name_parse(const char *text, uint8_t out[static NAME_WIRE_MAX])
{
    if (strcmp(text, ".") == 0) {
        out[0] = 0;
        return 1;
    }
    size_t used = 0;
    while (*text != '\0') {
        size_t label = used++; /* the length octet, filled in when it is known */
        while (*text != '\0' && *text != '.') {
            /* One octet stays free for the root label. */
            if (used >= NAME_WIRE_MAX - 1 || !parse_octet(&text, &out[used]))
                return 0;
            used++;
        }
        size_t length = used - label - 1;
        if (length == 0 || length > LABEL_MAX)
            return 0;
        out[label] = (uint8_t)length;
        if (*text == '.')
            text++;
    }
    if (used == 0)
        return 0;
    out[used++] = 0;
    return used;
}

/* "192.0.2.1", "2001:db8::1", "[2001:db8::1]": they name nothing. */
static bool literal(const uint8_t *host, size_t length)
{
    char text[ADDRESS_TEXT];
    struct address address;
    if (length > 2 && host[0] == '[' && host[length - 1] == ']') {
        host++;
        length -= 2;
    }
    if (length >= sizeof text || memchr(host, '\0', length))
        return false;
    memcpy(text, host, length);
    text[length] = '\0';
    return address_parse(text, &address);
}

size_t name_of_host(const uint8_t *host, size_t length, uint8_t out[static NAME_WIRE_MAX])
{
    if (length > 0 && host[length - 1] == '.')
        length--;
    /* The length of the first label and the root label come on top. */
    if (length == 0 || length > NAME_WIRE_MAX - 2 || literal(host, length))
        return 0;
    /* Each dot stands where the length of the label behind it goes. */
    size_t label = 0;
    for (size_t i = 0; i <= length; i++) {
        if (i < length && host[i] != '.') {
            out[i + 1] = host[i];
            continue;
        }
        size_t octets = i - label;
        if (octets == 0 || octets > LABEL_MAX)
            return 0;
        out[label] = (uint8_t)octets;
        label = i + 1;
    }
    out[length + 1] = 0;
    return length + 2;
}

bool name_equal(const uint8_t *a, size_t a_length, const uint8_t *b, size_t b_length)
{
    if (a_length != b_length)
        return false;
    /* Length octets are below 'A': folding the whole name changes letters only. */
    while (a_length >= sizeof(uint64_t)) {
        uint64_t x, y;
        memcpy(&x, a, sizeof x);
        memcpy(&y, b, sizeof y);
        if (x != y && hash_fold_octets(x) != hash_fold_octets(y))
            return false;
        a += sizeof x;
        b += sizeof y;
        a_length -= sizeof x;
    }
    uint64_t x = 0, y = 0;
    if (a_length > 0) {
        memcpy(&x, a, a_length);
        memcpy(&y, b, a_length);
    }
    return hash_fold_octets(x) == hash_fold_octets(y);
}

uint64_t name_hash(const uint8_t *wire, size_t length, uint64_t seed)
{
    return hash_folded(wire, length, seed);
}

bool name_below(const uint8_t *wire, size_t length, const uint8_t *suffix, size_t suffix_length)
{
    /* Only label boundaries count: "notexample" is not below "example". */
    while (length > suffix_length) {
        size_t label = 1U + wire[0];
        if (label > length)
            return false;
        wire += label;
        length -= label;
    }
    return name_equal(wire, length, suffix, suffix_length);
}
