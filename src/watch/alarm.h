/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_WATCH_ALARM_H
#define LEAKTOP_WATCH_ALARM_H

struct watch;

/* Tells of new leaks what was asked for in the configuration: the terminal, and a command. */

/* Nothing is told of a file, nor with --once. */
void alarm_open(struct watch *watch);
/* After each verdict. */
void alarm_check(struct watch *watch);
/* After the loop has closed all handles. A command that still runs is left to run. */
void alarm_close(struct watch *watch);

#endif
