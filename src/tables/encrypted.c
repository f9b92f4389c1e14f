/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tables/encrypted.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/fact.h"
#include "base/hash.h"
#include "base/name.h"

struct row {
    const char *provider;
    const char *hosts, *addresses; /* separated by blanks */
    bool dedicated;
};

#include "encrypted_rows.h"

/* Room for what the configuration adds. */
#define EXTRA_HOSTS 64
#define EXTRA_ADDRESSES 512
#define HOSTS (ROWS_HOSTS + EXTRA_HOSTS)
#define ADDRESSES (ROWS_ADDRESSES + EXTRA_ADDRESSES)
#define OCTETS (ROWS_OCTETS + EXTRA_HOSTS * NAME_WIRE_MAX)

/* Open addressing, at most half full, so that a chain of full slots stays short. What is asked for
 * comes from the network, but only these rows fill slots: nobody else can make a chain longer. */
#define HOST_SLOTS 1024
#define ADDRESS_SLOTS 4096
static_assert(2 * HOSTS <= HOST_SLOTS, "HOST_SLOTS: the next power of two");
static_assert(2 * ADDRESSES <= ADDRESS_SLOTS, "ADDRESS_SLOTS: the next power of two");

#define LABELS_MAX 127 /* of one octet each, RFC 1035, 2.3.4 */

struct host {
    const char *provider;
    uint16_t at; /* in octets[] */
    uint8_t length;
    bool below; /* any name below this one, not the name itself */
};

struct place {
    const char *provider;
    struct address address;
    bool dedicated;
};

struct encrypted_table {
    size_t host_count, place_count, octet_count;
    uint16_t host_slots[HOST_SLOTS]; /* 1 + index; 0: free */
    uint16_t place_slots[ADDRESS_SLOTS];
    bool depths[LABELS_MAX + 1]; /* some wildcard stands above names with so many labels behind */
    struct host hosts[HOSTS];
    struct place places[ADDRESSES];
    uint8_t octets[OCTETS]; /* the hosts' wire forms */
};

/* The slot that holds the host, or the free one where it belongs. */
static size_t host_slot(
    const struct encrypted_table *table, const uint8_t *wire, size_t length, bool below)
{
    size_t slot = name_hash(wire, length, below) % HOST_SLOTS;
    for (;; slot = (slot + 1) % HOST_SLOTS) {
        if (table->host_slots[slot] == 0)
            return slot;
        const struct host *host = &table->hosts[table->host_slots[slot] - 1];
        if (host->below == below &&
            name_equal(table->octets + host->at, host->length, wire, length))
            return slot;
    }
}

static size_t place_slot(const struct encrypted_table *table, const struct address *address)
{
    size_t slot = address_hash(address, 0) % ADDRESS_SLOTS;
    while (table->place_slots[slot] != 0 &&
           !address_equal(&table->places[table->place_slots[slot] - 1].address, address))
        slot = (slot + 1) % ADDRESS_SLOTS;
    return slot;
}

static size_t count_labels(const uint8_t *wire)
{
    size_t count = 0;
    for (size_t at = 0; wire[at] != 0; at += 1U + wire[at])
        count++;
    return count;
}

/* Where it is there already, the first row stays. */
static bool put_host(struct encrypted_table *table, const char *text, const char *provider)
{
    uint8_t wire[NAME_WIRE_MAX];
    bool below = strncmp(text, "*.", 2) == 0;
    size_t length = name_parse(below ? text + 2 : text, wire);
    if (length < 2 || strchr(below ? text + 2 : text, '*')) /* the root is nobody's */
        return false;
    uint16_t *slot = &table->host_slots[host_slot(table, wire, length, below)];
    if (*slot != 0)
        return true;
    if (table->host_count == HOSTS || length > OCTETS - table->octet_count)
        return false;
    memcpy(table->octets + table->octet_count, wire, length);
    table->hosts[table->host_count++] = (struct host){.provider = provider,
        .at = (uint16_t)table->octet_count,
        .length = (uint8_t)length,
        .below = below};
    table->octet_count += length;
    if (below)
        table->depths[count_labels(wire)] = true;
    *slot = (uint16_t)table->host_count;
    return true;
}

static bool put_place(struct encrypted_table *table, const struct address *address,
    const char *provider, bool dedicated)
{
    if (address->family == FAMILY_NONE)
        return false;
    uint16_t *slot = &table->place_slots[place_slot(table, address)];
    if (*slot != 0) {
        table->places[*slot - 1].dedicated |= dedicated;
        return true;
    }
    if (table->place_count == ADDRESSES)
        return false;
    table->places[table->place_count++] =
        (struct place){.provider = provider, .address = *address, .dedicated = dedicated};
    *slot = (uint16_t)table->place_count;
    return true;
}

/* The next word of a list separated by blanks into out; false at its end. */
static bool next_word(const char **list, char out[static NAME_TEXT_MAX])
{
    *list += strspn(*list, " ");
    size_t length = strcspn(*list, " ");
    if (length == 0 || length >= NAME_TEXT_MAX)
        return false;
    memcpy(out, *list, length);
    out[length] = '\0';
    *list += length;
    return true;
}

struct encrypted_table *encrypted_new(void)
{
    static_assert(OCTETS <= UINT16_MAX, "host.at");
    struct encrypted_table *table = calloc(1, sizeof(*table));
    if (!table)
        return NULL;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        const struct row *row = &rows[i];
        char word[NAME_TEXT_MAX];
        for (const char *list = row->hosts; next_word(&list, word);)
            (void)put_host(table, word, row->provider);
        for (const char *list = row->addresses; next_word(&list, word);) {
            struct address address;
            (void)address_parse(word, &address);
            (void)put_place(table, &address, row->provider, row->dedicated);
        }
    }
    return table;
}

void encrypted_free(struct encrypted_table *table)
{
    free(table);
}

bool encrypted_add(struct encrypted_table *table, const char *host, const struct address *address)
{
    static const char provider[] = "the configuration";
    if (!host && !address)
        return false;
    if (host && !put_host(table, host, provider))
        return false;
    return !address || put_place(table, address, provider, host == NULL);
}

bool encrypted_by_name(
    const struct encrypted_table *table, const uint8_t *wire, size_t length, const char **provider)
{
    if (!name_valid(wire, length))
        return false;
    uint16_t index = table->host_slots[host_slot(table, wire, length, false)];
    size_t labels = count_labels(wire);
    for (size_t at = 0; index == 0 && labels > 1; labels--) {
        at += 1U + wire[at];
        if (table->depths[labels - 1])
            index = table->host_slots[host_slot(table, wire + at, length - at, true)];
    }
    if (index == 0)
        return false;
    if (provider)
        *provider = table->hosts[index - 1].provider;
    return true;
}

bool encrypted_by_address(const struct encrypted_table *table, const struct address *address,
    const char **provider, bool *dedicated)
{
    uint16_t index =
        address->family == FAMILY_NONE ? 0 : table->place_slots[place_slot(table, address)];
    if (index == 0)
        return false;
    if (provider)
        *provider = table->places[index - 1].provider;
    if (dedicated)
        *dedicated = table->places[index - 1].dedicated;
    return true;
}
