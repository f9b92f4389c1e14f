/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/socks.h"

#include <string.h>

#include "base/name.h"

enum { CONNECT = 0x01, RESOLVE = 0xF0, RESOLVE_PTR = 0xF1 };
enum { TYPE_IPV4 = 1, TYPE_NAME = 3, TYPE_IPV6 = 4 };

static bool known(uint8_t command)
{
    return command == CONNECT || command == RESOLVE || command == RESOLVE_PTR;
}

static void put_address(struct fact *fact, uint8_t family, const uint8_t *octets)
{
    struct address *address = &fact->addresses[0];
    memset(address, 0, sizeof *address);
    address->family = family;
    memcpy(address->bytes, octets, family == FAMILY_IPV4 ? 4 : 16);
    fact->address_count = 1;
}

/* A name; or an address in letters, which some clients send for want of a better way. */
static bool put_host(struct fact *fact, const uint8_t *host, size_t length)
{
    char text[ADDRESS_TEXT];
    fact->name_length = (uint8_t)name_of_host(host, length, fact->name);
    if (fact->name_length > 0)
        return true;
    if (length >= sizeof text || memchr(host, '\0', length))
        return false;
    memcpy(text, host, length);
    text[length] = '\0';
    if (!address_parse(text, &fact->addresses[0]))
        return false;
    fact->address_count = 1;
    return true;
}

/* Octets before the next NUL, which is taken too; NULL where there is none. */
static const uint8_t *take_string(struct cursor *at, size_t *length)
{
    const uint8_t *end = memchr(at->at, '\0', cursor_left(at));
    if (!end)
        return NULL;
    *length = (size_t)(end - at->at);
    return cursor_take(at, *length + 1);
}

static bool read_4(struct cursor *at, struct fact *fact)
{
    size_t length;
    uint8_t command = cursor_u8(at);
    uint16_t port = cursor_u16(at);
    const uint8_t *octets = cursor_take(at, 4);
    if (!octets || !known(command) || !take_string(at, &length))
        return false;
    /* 0.0.0.x says that a name follows (SOCKS4A). */
    bool named = octets[0] == 0 && octets[1] == 0 && octets[2] == 0;
    if (named) {
        const uint8_t *host = octets[3] != 0 ? take_string(at, &length) : NULL;
        if (!host || !put_host(fact, host, length))
            return false;
    } else {
        put_address(fact, FAMILY_IPV4, octets);
    }
    fact->id = command;
    fact->type = port;
    return cursor_left(at) == 0;
}

static bool read_5(struct cursor *at, struct fact *fact)
{
    uint8_t command = cursor_u8(at);
    if (command == 1 && cursor_left(at) > 5 && at->at[0] == 0 && at->at[1] == 5) {
        cursor_skip(at, 2); /* it was the greeting: one way to authenticate, none */
        command = cursor_u8(at);
    }
    uint8_t reserved = cursor_u8(at), type = cursor_u8(at);
    if (at->failed || !known(command) || reserved != 0)
        return false;
    size_t length = type == TYPE_IPV4   ? 4
                    : type == TYPE_IPV6 ? 16
                    : type == TYPE_NAME ? cursor_u8(at)
                                        : 0;
    const uint8_t *octets = length ? cursor_take(at, length) : NULL;
    uint16_t port = cursor_u16(at);
    if (!octets || at->failed || cursor_left(at) != 0)
        return false;
    if (type == TYPE_NAME) {
        if (!put_host(fact, octets, length))
            return false;
    } else {
        put_address(fact, type == TYPE_IPV4 ? FAMILY_IPV4 : FAMILY_IPV6, octets);
    }
    fact->id = command;
    fact->type = port;
    return true;
}

bool socks_read(const struct cursor *payload, struct fact *fact)
{
    struct cursor at = *payload;
    if (at.missing > 0)
        return false;
    uint8_t version = cursor_u8(&at);
    if (!(version == 4 ? read_4(&at, fact) : version == 5 && read_5(&at, fact))) {
        fact->name_length = fact->address_count = 0;
        return false;
    }
    fact->kind = FACT_SOCKS;
    fact->class = version;
    return true;
}
