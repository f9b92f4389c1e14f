/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_WATCH_ENCRYPTED_H
#define LEAKTOP_WATCH_ENCRYPTED_H

#include <stdbool.h>

#include "base/fact.h"

struct encrypted_table;
struct lookup;

/* Which encrypted connections carry names, and how that is known. */

struct encrypted;

/* Takes the table over; NULL without memory (the table is then freed). */
struct encrypted *encrypted_watch_new(struct encrypted_table *table);
void encrypted_watch_free(struct encrypted *encrypted);

/* One more resolver, which a browser's settings name: host is a name or an address. What is known
 * already, or is neither, changes nothing. */
void encrypted_watch_add(struct encrypted *encrypted, const char *host);

/* A look-up of a resolver's own name was answered: those addresses are the resolver's. */
void encrypted_learn(struct encrypted *encrypted, const struct fact *answer);

/* True where this FACT_HELLO begins an encrypted connection to a resolver, or STUN over TLS. Sets
 * transport and certainty of the look-up, and takes a front's name out of it. */
bool encrypted_classify(
    const struct encrypted *encrypted, const struct fact *hello, struct lookup *lookup);

#endif
