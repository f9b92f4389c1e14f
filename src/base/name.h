/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_BASE_NAME_H
#define LEAKTOP_BASE_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fact.h"

/* Domain names: wire form is what facts carry, presentation form (RFC 1035, 5.1; RFC 4343) is what
 * people see. */

/* True where wire[0..length) is an uncompressed name: labels of 1..63, ends with the root label,
 * nothing behind it. */
bool name_valid(const uint8_t *wire, size_t length);

/* Presentation form without the final dot; "." for the root. Anything but printable ASCII, and a
 * dot or backslash inside a label, is escaped (\DDD, \. and \\). wire must be valid. Returns the
 * length without NUL. */
size_t name_format(const uint8_t *wire, size_t length, char out[static NAME_TEXT_MAX]);

/* Wire form of presentation text (with or without the final dot, escapes understood). Returns the
 * length in octets, 0 where text is no name. */
size_t name_parse(const char *text, uint8_t out[static NAME_WIRE_MAX]);

/* Wire form of a host name as protocols other than DNS carry it, dots between labels: any octets
 * make a label, and who shows them escapes them. An address is no name. Returns the length in
 * octets, 0 where host is no name. */
size_t name_of_host(const uint8_t *host, size_t length, uint8_t out[static NAME_WIRE_MAX]);

/* Equal without regard to ASCII letter case (RFC 4343). */
bool name_equal(const uint8_t *a, size_t a_length, const uint8_t *b, size_t b_length);

/* Hash without regard to letter case, keyed. */
uint64_t name_hash(const uint8_t *wire, size_t length, uint64_t seed);

/* True where name is suffix or lies below it. */
bool name_below(const uint8_t *wire, size_t length, const uint8_t *suffix, size_t suffix_length);

#endif
