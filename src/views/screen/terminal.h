/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_VIEWS_SCREEN_TERMINAL_H
#define LEAKTOP_VIEWS_SCREEN_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/words.h"

/* The terminal: the only file that knows curses. There is one, so its state lies in here. Callers
 * name meanings (enum paint), never attributes. Whatever a caller passes as text, only printable
 * ASCII is written: one octet is one cell, and no control sequence can pass. */

enum paint {
    PAINT_PLAIN,
    PAINT_STRONG, /* what the eye should find first */
    PAINT_DIM,    /* labels, rules, what is there for completeness */
    PAINT_KEY,    /* a key in the footer */
    PAINT_OK,     /* PAINT_OK + enum state: a state's colour as text ... */
    PAINT_WARN,
    PAINT_LEAK,
    PAINT_UNKNOWN,
    PAINT_OFF,
    PAINT_UNPROTECTED,
    PAINT_BAR_OK, /* ... and as a bar: PAINT_BAR_OK + enum state */
    PAINT_BAR_WARN,
    PAINT_BAR_LEAK,
    PAINT_BAR_UNKNOWN,
    PAINT_BAR_OFF,
    PAINT_BAR_UNPROTECTED,
    PAINT_COUNT
};
#define PAINT_SELECTED 0x100u /* or'ed to a paint: part of the selected row */

static inline unsigned paint_state(enum state state)
{
    return (unsigned)PAINT_OK + (unsigned)state;
}

static inline unsigned paint_bar(enum state state)
{
    return (unsigned)PAINT_BAR_OK + (unsigned)state;
}

/* A rectangle of the screen in cells. All drawing is relative to one and clipped to it. */
struct area {
    int row, column, rows, columns;
};

/* Keys beyond ASCII. */
enum terminal_key {
    TERMINAL_LOST = -2, /* end of file or an error: there is no terminal any more */
    TERMINAL_NONE = -1, /* no key is there */
    TERMINAL_CTRL_C = 3,
    TERMINAL_BACKSPACE = 8,
    TERMINAL_TAB = 9,
    TERMINAL_CTRL_L = 12,
    TERMINAL_ENTER = 13,
    TERMINAL_CTRL_U = 21,
    TERMINAL_CTRL_Z = 26,
    TERMINAL_ESCAPE = 27,
    TERMINAL_UP = 256,
    TERMINAL_DOWN,
    TERMINAL_LEFT,
    TERMINAL_RIGHT,
    TERMINAL_PAGE_UP,
    TERMINAL_PAGE_DOWN,
    TERMINAL_HOME,
    TERMINAL_END,
    TERMINAL_BACK_TAB,
    TERMINAL_F1,
    TERMINAL_OTHER, /* a key that has no meaning here */
};

/* Whether TERM names a terminal on which a cursor can be placed. Writes nothing; error gets a
 * sentence where it is false. */
bool terminal_possible(char *error, size_t error_size);

/* Take the terminal: 0, or -1 with error. Nothing is written before the first flush. Signal
 * dispositions stay as they were. Descriptor 2, where it is a terminal, is caught meanwhile. */
int terminal_open(bool ascii, bool no_color, char *error, size_t error_size);
/* Give it back and print what was caught; false where it takes nothing any more, so that nothing
 * should be said there either. Nothing happens where it is not open. */
bool terminal_close(void);
void terminal_suspend(void);
void terminal_resume(void);
/* Async-signal-safe. */
void terminal_crash_restore(void);

/* Ask the kernel for the size again; the next flush repaints everything. */
void terminal_resized(void);
/* The next flush repaints everything. */
void terminal_redraw(void);
struct area terminal_area(void);

/* Next key that is there; never waits longer than an escape sequence takes to arrive (25 ms). */
int terminal_key(void);
/* True where input is waiting. */
bool terminal_pending(void);

/* Start a new picture. */
void terminal_clear(void);
/* Bring the picture to the terminal, with what differs only, and park the cursor. */
void terminal_flush(const struct area *area, int row, int column, bool cursor_visible);
/* True where the terminal has not taken all of it yet; then terminal_send when it can be written
 * to, and no new picture before. */
bool terminal_waiting(void);
void terminal_send(void);

/* The bell, and a notice with that text. False where the terminal is not ours now. */
bool terminal_alarm(bool bell, enum notice notice, const char *text);
/* The title; give-back brings the old one back. False likewise. */
bool terminal_title(const char *title);

/* Text in at most width cells (negative: up to the area's edge); what does not fit is cut and ends
 * in '~'. Returns the column behind it. */
int terminal_text(
    const struct area *area, int row, int column, int width, unsigned paint, const char *text);
/* The same for a domain name: it loses its beginning, so that the registered end stays. */
int terminal_name(
    const struct area *area, int row, int column, int width, unsigned paint, const char *text);
/* Text that ends before column end. Returns the column where it begins. */
int terminal_right(const struct area *area, int row, int end, unsigned paint, const char *text);
int terminal_format(const struct area *area, int row, int column, int width, unsigned paint,
    const char *format, ...) __attribute__((format(printf, 6, 7)));
void terminal_repeat(
    const struct area *area, int row, int column, int width, unsigned paint, char glyph);
/* One cell: how much of the most there is, 1 to 3. */
void terminal_level(const struct area *area, int row, int column, unsigned paint, int level);
/* A bar of width cells of which part/whole is filled; never empty nor full by rounding alone. */
void terminal_bar(const struct area *area, int row, int column, int width, unsigned paint,
    unsigned long long part, unsigned long long whole);

#endif
