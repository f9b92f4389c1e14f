/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_VIEWS_ALARM_H
#define LEAKTOP_VIEWS_ALARM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "judge/judge.h"

struct leak;
struct model;

/* When somebody is to be told of a leak, and in which words. Once per burst: a leak that is in the
 * list already is counted and rings nobody, and so is what comes within ALARM_QUIET_NS of the one
 * before, until the burst has lasted ALARM_BURST_NS. */

#define ALARM_QUIET_NS 10000000000ULL
#define ALARM_BURST_NS 60000000000ULL

/* All zero at the beginning. */
struct alarm_state {
    uint64_t news;      /* of the ledger, as last looked at */
    unsigned checks;    /* 1 << enum check_id: those that were at leak */
    uint64_t pending;   /* leaks that nobody was told of yet */
    uint64_t rang_ns;   /* 0: never */
    uint64_t newest_ns; /* when the newest leak was found */
};

struct alarm {
    uint64_t leaks;          /* new since the last alarm, at least 1 */
    enum check_id check;     /* that it belongs to */
    const struct leak *leak; /* the newest, the model's; NULL: the check alone tells */
};

/* Look what is new. True where it is time to tell, with *alarm filled. */
bool alarm_look(struct alarm_state *state, const struct model *model, const struct verdict *verdict,
    uint64_t now, struct alarm *alarm);

/* One sentence in printable ASCII that holds no name and no address. Returns out. */
#define ALARM_TEXT 320
const char *alarm_sentence(
    const struct alarm *alarm, const struct verdict *verdict, char out[static ALARM_TEXT]);

/* The state of the verdict for a title. Returns out. */
const char *alarm_title(
    const struct model *model, const struct verdict *verdict, char out[static ALARM_TEXT]);

/* What a command is told, as "LEAKTOP_NAME=VALUE": each is printable ASCII. With mask, names and
 * the person's addresses are "(hidden)". How many were written. */
#define ALARM_FIELDS 12
#define ALARM_FIELD 1280
size_t alarm_fields(const struct alarm *alarm, const struct verdict *verdict, uint64_t now,
    bool mask, char fields[static ALARM_FIELDS][ALARM_FIELD]);

#endif
