/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_WATCH_STUBS_H
#define LEAKTOP_WATCH_STUBS_H

#include <stdbool.h>
#include <stdint.h>

#include "model/model.h"

/* A program asks a resolver on this machine, and that asks the world: joins the two halves, so that
 * the row of what left names the program. Bounded: the newest questions to local resolvers count.
 */

struct stubs;

/* NULL without memory. seed keys the hash of names. */
struct stubs *stubs_new(uint64_t seed);
void stubs_free(struct stubs *stubs);

/* A question to a resolver on this machine was seen, and is in the model. */
void stubs_asked(struct stubs *stubs, const struct lookup *question);
/* Whose socket it went to; NULL: that will not be known. */
void stubs_server(struct stubs *stubs, uint64_t serial, const struct process *server);
/* Who asked it is settled in the model by now. */

#define STUB_CANDIDATES 16

/* The questions that may have caused a look-up. */
struct stub_candidates {
    uint8_t count;
    bool more; /* there were others, that found no room */
    uint64_t serials[STUB_CANDIDATES];
};

/* Those with the same name and type that still wait for their answer, and are no older than a stub
 * tries: to be called when the look-up is seen. */
void stubs_candidates(const struct stubs *stubs, const struct model *model,
    const struct lookup *lookup, struct stub_candidates *out);

enum stub_join {
    STUB_WAIT,   /* who asked, or who was asked, is not known yet */
    STUB_NONE,   /* sender asked for itself, or it cannot be told for whom */
    STUB_JOINED, /* *asker is who caused it */
};

/* sender is the process by which the look-up left. */
enum stub_join stubs_join(const struct stubs *stubs, const struct model *model,
    const struct process *sender, const struct stub_candidates *candidates, struct process *asker);

#endif
