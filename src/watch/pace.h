/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_WATCH_PACE_H
#define LEAKTOP_WATCH_PACE_H

#include <stdint.h>

/* When what leaktop sends by itself is sent. Pure: times and chance are passed in. */

#define PACE_QUIET_MS 400   /* after a change of the network the new way gets that to come up, */
#define PACE_LATEST_MS 3000 /* but changes that go on postpone no longer than this */

/* Until the next time by itself: interval_ms; after failures in a row first sooner (30 s, or the
 * interval where that is less), then doubling, to at most eight intervals or an hour, whichever is
 * less, but never below the interval. With a jitter of a tenth up or down, so that machines that
 * started together do not ask together; random: any 32 bits. */
uint64_t pace_next_ms(uint64_t interval_ms, unsigned failures, uint32_t random);

/* A change at now_ms, the first of a row at first_ms: how long to wait for the row's end. */
uint64_t pace_settle_ms(uint64_t first_ms, uint64_t now_ms);

#endif
