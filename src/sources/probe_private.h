/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_PROBE_PRIVATE_H
#define LEAKTOP_SOURCES_PROBE_PRIVATE_H

/* For src/sources/probe*.c alone. */

#include <uv.h>

#include "base/name.h"
#include "model/model.h"
#include "sources/probe.h"
#include "sources/probe_plan.h"
#include "sources/probe_service.h"
#include "sources/stub.h"
#include "tables/whoami.h"

#define QUESTION_MS 5000
/* Names asked elsewhere because a service failed, in a test. */
#define AGAIN_MAX 24
#define QUESTIONS_MAX (PLAN_NAMES + AGAIN_MAX)
/* How often one of them is: each takes up to QUESTION_MS. */
#define AGAIN_EACH 2
/* So many lost, and nothing answered: a resolver out of reach, more would only wait. */
#define LOST_ENOUGH 2
#define SERVICES 2
/* Threads of the system's path that may hang at a time. */
#define SYSTEM_MAX 5

struct own_question {
    uint8_t wire[NAME_WIRE_MAX];
    size_t length;
    uint64_t serial;      /* the model's probe */
    uint64_t asked_ns;    /* wall clock */
    uint64_t deadline_ms; /* in loop time */
    bool waiting;
};

struct question {
    struct own_question own;
    struct prober *prober;
    const struct whoami *row;
    struct way *way;
    uint64_t tried; /* rows of the table, by plan_instead */
    unsigned times; /* how often it was asked elsewhere before */
    bool silent;    /* answered, without what the row promises */
    bool again;     /* to be asked elsewhere */
};

struct system_question {
    struct own_question own;
    bool running; /* a thread is at it */
    bool elsewhere;
    uint64_t own_again_ms;
};

/* Whom this test asks, and what it told so far. */
struct way {
    struct plan_way plan;
    struct stub *stub;    /* NULL: could not be opened */
    struct address asked; /* FAMILY_NONE: one of several, the system chose */
    bool alone;           /* it is one resolver */
    bool default_only;    /* 127.0.0.1 because nothing is configured */
    unsigned answered, told, lost;
    bool invents; /* answered for a name that does not exist */
    bool posted;  /* its traits are with the model */
    struct egress_resolver traits;
};

struct prober {
    uv_loop_t *loop;
    struct model *model;
    uint64_t (*clock)(void);
    void (*hook)(void *context);
    void *hook_context;
    struct budget *budget; /* NULL: none */
    bool busy, stale, posted;
    enum test_kind kind; /* of the test under way */
    uint32_t test;       /* the model's */
    struct way ways[PLAN_WAYS];
    size_t way_count;
    struct question questions[QUESTIONS_MAX];
    size_t asked;                             /* of questions */
    size_t turn;                              /* tests begin with another row each */
    const struct leaktest *chosen;            /* a leak test service beside; NULL: none */
    struct probe_service *services[SERVICES]; /* of this test; NULL: not asked */
    struct system_question systems[SYSTEM_MAX];
    unsigned system_again;
    /* [probe] zone: TXT, and where that authority does not say so, A and AAAA */
    struct whoami own_zone[3];
    bool zone_by_address;
    char zone[NAME_TEXT_MAX];
    int pipe[2];
    uv_poll_t pipe_poll;
    uv_timer_t timer;
    size_t open_handles;
};

/* probe.c */
const struct whoami *probe_unique(const struct prober *prober);
/* Names go to the model before they go out: the capture may show them within a millisecond. */
void probe_announce(struct prober *prober, struct own_question *own, const struct probe *begin);
/* False, and it is finished, where its authority was asked as often as it may be. */
bool probe_within_budget(struct prober *prober, const struct whoami *row, struct own_question *own);
/* Once; further ones change nothing. What follows from it is done when the loop comes round. */
void probe_finish(struct prober *prober, struct own_question *own, enum probe_state state,
    const char *reason, const struct address *egress);
void probe_post_egress(struct prober *prober, const struct own_question *own,
    const struct egress_resolver *came, const struct network *network);

/* probe_answer.c: stub_answer for a struct question. */
void probe_on_answer(void *context, int status, const uint8_t *answer, size_t length);
/* What was told of each way as a whole goes to the model, once nothing of it is waited for: a way
 * that hangs holds up no other. */
void probe_post_traits(struct prober *prober);

/* probe_system.c */
void probe_system_ask(struct prober *prober, const struct whoami *row, bool elsewhere);
void probe_system_cancel(struct prober *prober);
/* What is over its time ends; *next: when to look again, if sooner. Returns whether one waits. */
bool probe_system_step(struct prober *prober, uint64_t now_ms, uint64_t *next_ms);
int probe_system_open(struct prober *prober);

#endif
