/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watch/encrypted.h"

#include <stdlib.h>

#include "base/address.h"
#include "base/name.h"
#include "model/model.h"
#include "tables/encrypted.h"
#include "tables/special_names.h"

enum port {
    PORT_HTTPS = 443,
    PORT_DOQ_OLD = 784,
    PORT_DOT = 853,
    PORT_DOQ_ALT = 8853,
    PORT_STUNS = 5349
};

#define LEARNED_MAX 64
/* So long after it was looked up, a resolver's address is connected to. */
#define LEARNED_NS (3600ULL * 1000000000ULL)

struct learned_address {
    struct address address;
    uint64_t time_ns;
};

struct encrypted {
    struct encrypted_table *table;
    struct learned_address learned[LEARNED_MAX];
    size_t next;
};

struct encrypted *encrypted_watch_new(struct encrypted_table *table)
{
    struct encrypted *encrypted = table ? calloc(1, sizeof(*encrypted)) : NULL;
    if (!encrypted) {
        encrypted_free(table);
        return NULL;
    }
    encrypted->table = table;
    return encrypted;
}

void encrypted_watch_free(struct encrypted *encrypted)
{
    if (!encrypted)
        return;
    encrypted_free(encrypted->table);
    free(encrypted);
}

void encrypted_watch_add(struct encrypted *encrypted, const char *host)
{
    struct address address;
    uint8_t wire[NAME_WIRE_MAX];
    bool dedicated;
    if (address_parse(host, &address)) {
        if (!encrypted_by_address(encrypted->table, &address, NULL, &dedicated))
            (void)encrypted_add(encrypted->table, NULL, &address);
        return;
    }
    size_t length = name_parse(host, wire);
    if (length > 1 && !encrypted_by_name(encrypted->table, wire, length, NULL))
        (void)encrypted_add(encrypted->table, host, NULL);
}

static const struct learned_address *find_learned(
    const struct encrypted *encrypted, const struct address *address)
{
    for (size_t i = 0; i < LEARNED_MAX; i++)
        if (address_equal(&encrypted->learned[i].address, address))
            return &encrypted->learned[i];
    return NULL;
}

void encrypted_learn(struct encrypted *encrypted, const struct fact *answer)
{
    if (answer->name_length == 0 ||
        !encrypted_by_name(encrypted->table, answer->name, answer->name_length, NULL))
        return;
    for (size_t i = 0; i < answer->address_count; i++) {
        const struct learned_address *known = find_learned(encrypted, &answer->addresses[i]);
        size_t at = known ? (size_t)(known - encrypted->learned) : encrypted->next++ % LEARNED_MAX;
        encrypted->learned[at] = (struct learned_address){answer->addresses[i], answer->time_ns};
    }
}

/* The name in the hello is the true server's: none is missing, and it is not that of a front behind
 * which any site may stand. That an ECH extension is there tells nothing: browsers send one always.
 */
static bool name_is_told(const struct fact *hello)
{
    return hello->name_length > 0 &&
           special_name(hello->name, hello->name_length) != NAME_ECH_FRONT;
}

static enum certainty certainty_of(const struct encrypted *encrypted, const struct fact *hello)
{
    bool dedicated = false;
    if (hello->name_length > 0 &&
        encrypted_by_name(encrypted->table, hello->name, hello->name_length, NULL))
        return CERTAINTY_NAME;
    bool told = name_is_told(hello);
    if (encrypted_by_address(encrypted->table, &hello->destination, NULL, &dedicated) &&
        (!told || dedicated))
        return CERTAINTY_ADDRESS;
    const struct learned_address *learned = find_learned(encrypted, &hello->destination);
    if (!told && learned && hello->time_ns < learned->time_ns + LEARNED_NS)
        return CERTAINTY_BEHAVIOUR;
    return CERTAINTY_PLAIN;
}

bool encrypted_classify(
    const struct encrypted *encrypted, const struct fact *hello, struct lookup *lookup)
{
    bool quic = hello->transport == TRANSPORT_UDP;
    uint16_t port = hello->destination_port;
    lookup->type = 0;
    lookup->stun_check = false;
    if ((hello->alpn & ALPN_STUN) || (!quic && port == PORT_STUNS)) {
        lookup->transport = TRANSPORT_STUN;
        lookup->name_length = 0;
        return true;
    }
    lookup->certainty = certainty_of(encrypted, hello);
    bool own_port =
        quic ? port == PORT_DOT || port == PORT_DOQ_OLD || port == PORT_DOQ_ALT : port == PORT_DOT;
    bool own_protocol = (hello->alpn & (quic ? ALPN_DOQ : ALPN_DOT)) != 0;
    if (own_port || own_protocol) {
        lookup->transport = quic ? TRANSPORT_DOQ : TRANSPORT_DOT;
        if (lookup->certainty == CERTAINTY_PLAIN)
            lookup->certainty = CERTAINTY_BEHAVIOUR;
    } else if (lookup->certainty == CERTAINTY_PLAIN ||
               (lookup->certainty != CERTAINTY_NAME && port != PORT_HTTPS)) {
        return false;
    } else {
        lookup->transport = quic ? TRANSPORT_DOH3 : TRANSPORT_DOH;
    }
    if (!name_is_told(hello))
        lookup->name_length = 0;
    return true;
}
