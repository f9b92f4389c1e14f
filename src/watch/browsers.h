/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_WATCH_BROWSERS_H
#define LEAKTOP_WATCH_BROWSERS_H

#include <stdbool.h>
#include <stddef.h>

struct watch;

/* What the watched user's browsers are set to: read with the first frame, when the person has
 * something checked again, and a moment after a file that was read was changed or replaced, or a
 * browser was seen that was told to use another folder. Live only. */

struct browsers;

/* Nothing is read where there is no memory. */
void browsers_open(struct watch *watch);
void browsers_close(struct watch *watch);
/* Read anew, now. */
void browsers_update(struct watch *watch);
/* The command line of a process that asked, raw: words that end with NUL. */
void browsers_command(struct watch *watch, const char *words, size_t length, bool cut);

#endif
