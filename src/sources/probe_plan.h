/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_PROBE_PLAN_H
#define LEAKTOP_SOURCES_PROBE_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/name.h"
#include "model/outside.h"
#include "tables/whoami.h"

/* What a test asks for, and of whom. No I/O but for random labels. */

struct model;

#define PLAN_WAYS 16
#define PLAN_NAMES 40 /* in a test, repetitions elsewhere not counted */
#define PLAN_STANDARD 6
#define PLAN_EXTENDED 36

/* Somebody whom the prober asks. */
struct plan_way {
    enum probe_path path;   /* PROBE_CONFIGURED or PROBE_PUBLIC */
    bool by_file;           /* the resolvers of /etc/resolv.conf, as it stands */
    struct address address; /* else this one */
    uint16_t port;          /* 0: 53 */
    uint32_t scope;         /* interface of a link-local address */
};

/* Ways of a test: first the file's resolvers, then each configured one that programs may ask, and
 * that is not the file's only one; for TEST_PUBLIC the well-known ones. Left out is what would
 * leave outside the tunnel while one is expected: the file alone tells what programs do there.
 * file_one: the only resolver of the file, FAMILY_NONE where there are several. */
size_t plan_ways(const struct model *model, enum test_kind kind, const struct address *file_one,
    struct plan_way ways[static PLAN_WAYS]);

struct plan_name {
    const struct whoami *row;
    size_t way;   /* position; not where system */
    bool system;  /* by the system's own path */
    bool control; /* its name is unique */
};

/* Names of a test. alone[i]: way i is one resolver, of which traits can be told. unique: the row of
 * unique names. *turn rotates the other rows from test to test. */
size_t plan_names(enum test_kind kind, size_t ways, const bool alone[static PLAN_WAYS],
    const struct whoami *unique, size_t *turn, struct plan_name names[static PLAN_NAMES]);

/* Another row to ask instead of one that failed, of a use that tells the same and, where possible,
 * of another operator. tried: bits of positions in the table, which it adds to. NULL: no more. */
const struct whoami *plan_instead(const struct whoami *failed, uint64_t *tried);

/* The name to ask for, with a new label where the row has one. False where there is no randomness,
 * or no room. */
bool plan_label(const struct whoami *row, uint8_t wire[static NAME_WIRE_MAX], size_t *length);

#endif
