/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_WATCH_BEFORE_H
#define LEAKTOP_WATCH_BEFORE_H

#include <stdbool.h>

struct watch;

/* Before and after: while no tunnel is up, what is seen becomes the baseline of this network, in
 * memory and on disk; while one is up, that of an earlier time is there to compare with. */

struct before;

/* What cannot be kept in the state folder is said among the events; nothing else depends on it. */
void before_open(struct watch *watch);
void before_close(struct watch *watch);
/* Something changed: take, refresh or load what there is for this network. Cheap; at most ten times
 * a second unless `now` says so. */
void before_update(struct watch *watch, bool now);
/* The key b: take one now. What became of it is put into the note. */
void before_take(struct watch *watch);

#endif
