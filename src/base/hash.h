/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_BASE_HASH_H
#define LEAKTOP_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* SipHash-1-3 of length octets at data. Whoever does not know the seed cannot choose input that
 * collides: what the tables hash comes from the network. */
uint64_t hash_bytes(const void *data, size_t length, uint64_t seed);

/* The same with ASCII capitals folded to small letters (RFC 4343). Safe on a whole name in wire
 * form: its length octets are at most 63 and so below 'A'. */
uint64_t hash_folded(const void *data, size_t length, uint64_t seed);

/* Eight octets with ASCII capitals made small, all at once. */
uint64_t hash_fold_octets(uint64_t octets);

#endif
