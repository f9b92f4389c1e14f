/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_WATCH_BROWSERS_H
#define LEAKTOP_WATCH_BROWSERS_H

struct watch;

/* What the watched user's browsers are set to, read anew: with the first frame, and when the person
 * has something checked again. Live only. Nothing where this process is not that user. */
void browsers_update(struct watch *watch);

#endif
