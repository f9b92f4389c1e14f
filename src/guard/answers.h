/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_GUARD_ANSWERS_H
#define LEAKTOP_GUARD_ANSWERS_H

#include <stdbool.h>

/* The keeper's side of main's questions: who sent a packet, who holds a socket. */

struct answers;

/* main: socket to main. Loads what needs root's rights, so it is called before they are given up;
 * where those are missing, or the kernel lacks what it takes, sockets' holders can still be asked
 * for. others: main may have the browsers' files of all people. NULL without memory. */
struct answers *answers_open(int main, bool others);
/* NULL is allowed. In a child too: its copy goes, memory and mappings included. */
void answers_close(struct answers *answers);
/* Readable when answers_collect should be called although nobody asks; -1: never. */
int answers_fd(const struct answers *answers);
void answers_collect(struct answers *answers);
/* Tell main which source there is. */
void answers_announce(struct answers *answers);
/* Answer what waits, only so much in one turn. False when main is gone. */
bool answers_serve(struct answers *answers);

#endif
