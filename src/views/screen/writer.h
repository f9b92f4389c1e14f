/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_VIEWS_SCREEN_WRITER_H
#define LEAKTOP_VIEWS_SCREEN_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* What goes to the terminal. One that stops reading (Ctrl-S, a frozen SSH session, a text being
 * selected in some windows) must stop nothing else: curses writes a picture into memory, and from
 * there it is sent as the terminal takes it. The terminal stays blocking, since the shell shares
 * its open file; no more is written at once than a terminal that can be written to takes. */

/* The stream to give to curses, which writes to the terminal at that descriptor. NULL with errno.
 */
FILE *writer_open(int descriptor);
void writer_close(void);

/* What curses writes in between is kept, and sent as far as the terminal takes it at once. */
void writer_begin(void);
void writer_end(void);
/* In between: bytes of our own. */
void writer_add(const char *bytes, size_t length);

/* True while something is still to be sent. */
bool writer_waiting(void);
/* Send what the terminal takes at once. */
void writer_send(void);
/* Send the rest, for as long as the terminal takes something every so many milliseconds. False
 * where it does not: the rest is forgotten. */
bool writer_drain(int patience_ms);

/* Bytes past all this, with the same patience. Async-signal-safe. */
bool writer_push(int descriptor, const char *bytes, size_t length, int patience_ms);

#endif
