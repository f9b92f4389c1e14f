/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_TABLES_ENCRYPTED_H
#define LEAKTOP_TABLES_ENCRYPTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"

/* Known resolvers that are asked over encrypted connections, by the name in their TLS handshake
 * and by address. The rows are compiled from src/tables/encrypted.tsv; what the configuration adds
 * lies beside them. */

struct encrypted_table;

/* The compiled rows and room for more; NULL without memory. */
struct encrypted_table *encrypted_new(void);
void encrypted_free(struct encrypted_table *table);

/* One more resolver ([encrypted-dns] in the configuration). host: a name, "*.example" for all
 * below it, or NULL; address: or NULL. An address without a host is dedicated; beside a host it may
 * serve other names. False where there is no more room, host is no name, or both are NULL. */
bool encrypted_add(struct encrypted_table *table, const char *host, const struct address *address);

/* True where the name (wire form, any letter case) is that of a resolver. Cost does not grow with
 * the table. *provider, where provider is not NULL: who runs it (static); else untouched. */
bool encrypted_by_name(
    const struct encrypted_table *table, const uint8_t *wire, size_t length, const char **provider);
/* True where a resolver answers at that address. *dedicated: nothing else does (no web site shares
 * the address), so that the address alone tells enough beside another name. */
bool encrypted_by_address(const struct encrypted_table *table, const struct address *address,
    const char **provider, bool *dedicated);

#endif
