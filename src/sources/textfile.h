/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_TEXTFILE_H
#define LEAKTOP_SOURCES_TEXTFILE_H

#include <stddef.h>

/* How much of a configuration file is read: more than any real one has. */
#define TEXTFILE_MAX 65536

/* Read a regular file, links followed (a FIFO, device or directory is an error and is not opened)
 * into out, no NUL behind it. Of a longer one what room holds, up to its last whole line.
 * 0 and *length, or -errno. */
int textfile_read(const char *path, char *out, size_t room, size_t *length);
/* The same of a file that is open, from its beginning; it stays open. */
int textfile_read_open(int fd, char *out, size_t room, size_t *length);

#endif
