/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_WATCH_BROWSERS_H
#define LEAKTOP_WATCH_BROWSERS_H

#include <stdbool.h>
#include <stddef.h>

struct keeper_message;
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
/* The person asks for it: those of all people too, where they are shown. */
void browsers_recheck(struct watch *watch);
/* The key u: those of all people are read and shown, or no longer. What became of it is put into
 * the note. */
void browsers_all_people(struct watch *watch);
/* The keeper's answer about another person's file; fd is taken, -1: there is none. */
void browsers_answer(struct watch *watch, const struct keeper_message *message, int fd);
/* The command line of a process that asked, raw: words that end with NUL. */
void browsers_command(struct watch *watch, const char *words, size_t length, bool cut);

#endif
