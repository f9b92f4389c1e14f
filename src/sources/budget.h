/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_BUDGET_H
#define LEAKTOP_SOURCES_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

/* How often strangers are asked, at most: each service by its own terms, and all together by
 * packets an hour. What is about to send takes from here first, whoever wants it sent: a key that
 * is held down, a route that flaps and the schedule draw on one account. No clock: now_ms is a
 * time that never goes back (a loop's), so that a clock set back neither stops nor frees anything.
 */

struct budget;

struct budget_terms {
    const char *service; /* its name, or that of an own errand; copied */
    unsigned seconds;    /* between two questions, in the long run; 0 as 1 */
    unsigned at_once;    /* so many may come in a row when none came lately; 0 as 1 */
    unsigned packets;    /* that a question costs of the hour's, both ways; 0: nothing is sent */
};

#define BUDGET_SERVICES 128 /* known at a time; then those that have all saved up are forgotten */

/* packets_an_hour in all, of which at_once may go in a row. NULL without memory. */
struct budget *budget_new(unsigned packets_an_hour, unsigned at_once);
void budget_free(struct budget *budget); /* NULL allowed */

/* True: one question may be sent now, and is counted. False: nothing is counted, and it may in
 * *wait_ms (NULL allowed), if nobody else takes it before. */
bool budget_take(
    struct budget *budget, const struct budget_terms *terms, uint64_t now_ms, uint64_t *wait_ms);
/* The same without taking. */
bool budget_would(const struct budget *budget, const struct budget_terms *terms, uint64_t now_ms,
    uint64_t *wait_ms);
/* How long ago that service was last asked, in ms; false: not within what is remembered. */
bool budget_last(
    const struct budget *budget, const char *service, uint64_t now_ms, uint64_t *ago_ms);

#endif
