/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_WATCH_ERRANDS_H
#define LEAKTOP_WATCH_ERRANDS_H

#include <stddef.h>
#include <stdint.h>

#include "model/model.h"

/* The two things that leaktop sends by itself, tests of names and questions for the public address:
 * when the next comes, what holds it, and what the model is told of that. */

struct budget;
struct watch;

enum cause { CAUSE_TIME, CAUSE_CHANGE, CAUSE_KEY, CAUSES };

#define ERRANDS (ACTIVITY_ADDRESS + 1)

struct errand {
    struct activity_state state; /* as the model was told */
    uint64_t due_ms;             /* of the timer, in loop time; 0: it is off */
    enum cause cause;            /* of what comes then, */
    enum test_kind kind;         /* and of names which test */
    enum test_kind running;      /* which is under way */
};

struct errands {
    struct budget *budget;
    struct errand list[ERRANDS]; /* by enum activity */
    size_t peers;                /* far ends of tunnels, as last looked at */
    uint64_t changed_ms; /* loop time of the first change that was not followed yet; 0 none */
};

/* The budget. 0 or -ENOMEM. */
int errands_open(struct watch *watch);
void errands_close(struct watch *watch);
/* The first of each, at once; names wait until the capture runs. */
void errands_start(struct watch *watch);

enum outcome {
    ERRAND_BEGUN,
    ERRAND_RUNS,  /* it did already */
    ERRAND_LATER, /* the budget holds it: next_ns of its state says until when */
    ERRAND_HELD,  /* its note says why */
    ERRAND_NONE,  /* nothing is ever sent: --passive, or a file */
};

/* Begin now, or as soon as the budget allows. kind: of ACTIVITY_NAMES. */
enum outcome errand_run(
    struct watch *watch, enum activity activity, enum cause cause, enum test_kind kind);
/* Give up what may not be sent any more; nothing is planned until the network changes. */
void errands_hold(struct watch *watch);
/* What ended is told, and its next time planned. */
void errands_follow(struct watch *watch);
/* The wall clock was set: the times that are shown are told anew. What is planned stays. */
void errands_clock_set(struct watch *watch);
/* Why nothing of that activity may be sent now; NULL where it may. */
const char *errand_held(const struct watch *watch, enum activity activity);

#endif
