/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_WATCH_WATCH_H
#define LEAKTOP_WATCH_WATCH_H

struct guard;
struct options;
struct killswitch;
struct xfrm;

/* Wires sources, model, judge and views to one event loop, and runs it until the end. */

enum watch_mode { WATCH_SCREEN, WATCH_ONCE, WATCH_HEADLESS };

/* xfrm: the IPsec policies, killswitch: the firewall's rules; opened with rights, or NULL, and
 * closed in any case. log: the descriptor of --log, taken over, or -1. Returns the exit status of
 * the program. What went wrong is said on standard error. */
int watch_run(struct guard *guard, struct xfrm *xfrm, struct killswitch *killswitch,
    const struct options *options, enum watch_mode mode, int log);

#endif
