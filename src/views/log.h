/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_VIEWS_LOG_H
#define LEAKTOP_VIEWS_LOG_H

#include <stdbool.h>
#include <stdint.h>

struct model;
struct verdict;

/* Changes as JSON lines, for a service: verdicts, events, leaks (with their names, unless masked).
 * Each line is one write(2) at the end of the file: whatever kills leaktop, no line is half there.
 */

struct log_view;

/* Open a log to append to, mode 0600 where it is this user's plain file; never through a link. A
 * descriptor, or -1 with errno. */
int log_open(const char *path);

/* Writes to fd, which log_view_free closes where path is not NULL. path: where fd was opened, not
 * copied; NULL: it is no file of its own (standard output). NULL without memory. */
struct log_view *log_view_new(int fd, const char *path, bool mask);
void log_view_free(struct log_view *log);
/* The file was moved away: go on in a new one at the same path. 1 done, 0 where it is still the
 * same file or none of its own, or -errno: then it goes on in the old one. */
int log_view_reopen(struct log_view *log);
/* Write what is new since the last call. False with errno where writing failed; then no part of the
 * line is left in a plain file. */
bool log_view_write(
    struct log_view *log, const struct model *model, const struct verdict *verdict, uint64_t now);

#endif
