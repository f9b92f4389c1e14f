/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_VIEWS_SCREEN_SCREEN_H
#define LEAKTOP_VIEWS_SCREEN_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/words.h"
#include "judge/judge.h"

struct intended;
struct model;

/* The live screen (ncursesw). It reads model and verdict, owns the terminal, and turns keys into
 * requests; it changes nothing by itself but what is shown. */

struct screen;

struct screen_options {
    bool ascii;    /* --ascii, or a locale that is not UTF-8 */
    bool no_color; /* --no-color, or NO_COLOR set and not empty */
    bool mask;
    bool passive;
    const char *host; /* escaped host name */
};

enum screen_request {
    REQUEST_NONE,
    REQUEST_QUIT,
    REQUEST_RECHECK,     /* r: the selected check (argument: enum check_id) */
    REQUEST_RECHECK_ALL, /* R */
    REQUEST_CLEAR_LATCH, /* c, confirmed */
    REQUEST_EXPECT,      /* v, confirmed (argument: enum expectation, or EXPECT_COUNT for auto) */
    REQUEST_INTEND,      /* a, confirmed: the rule is screen_intended's */
    REQUEST_BASELINE,    /* b */
    REQUEST_ALL_PEOPLE,  /* u */
    REQUEST_EXTENDED,    /* x, confirmed */
    REQUEST_PUBLIC_RESOLVERS, /* X, confirmed */
    REQUEST_EXPORT,           /* e */
    REQUEST_SUSPEND,          /* Ctrl-Z */
    REQUEST_LOST,             /* end of file or an error on the terminal */
};

/* What the footer line or header shows of work under way. */
struct screen_progress {
    bool probing;       /* probes are out */
    bool asking_public; /* public address services are being asked */
    char note[160];     /* newest note for the person, "" none (e.g. what r sends) */
};

/* True where this terminal can do it; else a sentence in error that names TERM, --once and
 * --headless. No byte is written. */
bool screen_possible(char *error, size_t error_size);

/* Take the terminal. NULL with error. */
struct screen *screen_open(const struct screen_options *options, char *error, size_t error_size);
/* Give the terminal back as it was; prints what gathered on standard error meanwhile. False where
 * the terminal takes nothing any more. NULL allowed. */
bool screen_close(struct screen *screen);

/* Read all keys that are there (descriptor 0 is readable). Returns the first request other than
 * NONE; call again until REQUEST_NONE. */
enum screen_request screen_input(
    struct screen *screen, const struct model *model, const struct verdict *verdict, int *argument);

/* The rule that the last REQUEST_INTEND is about, valid until the next screen_input. */
const struct intended *screen_intended(const struct screen *screen);

/* Draw what changed since the last call: nothing is written where nothing changed. now: for "live"
 * and pauses only; it is never itself shown ticking. */
void screen_draw(struct screen *screen, const struct model *model, const struct verdict *verdict,
    const struct screen_progress *progress);
/* True while the terminal has not taken all of the last picture: no other is drawn meanwhile. Then
 * screen_send when descriptor 1 can be written to, and screen_draw when all is gone. */
bool screen_waiting(const struct screen *screen);
void screen_send(struct screen *screen);

/* A leak: ring the bell, and have the terminal show a notice with that text (printable ASCII), as
 * soon as it takes bytes; a newer one replaces one that still waits. */
void screen_alarm(struct screen *screen, bool bell, enum notice notice, const char *text);
/* The terminal's title from now on (printable ASCII); what it was before comes back with the
 * terminal. Only where terminfo tells a terminal of xterm's kind. */
void screen_title(struct screen *screen, const char *title);

/* SIGWINCH was received. */
void screen_resize(struct screen *screen);
/* Before stopping on Ctrl-Z / after SIGCONT. */
void screen_suspend(struct screen *screen);
void screen_resume(struct screen *screen);
/* Async-signal-safe: put the terminal back from a crash handler, with pre-built bytes only. */
void screen_crash_restore(void);
/* Masking is on now (also the line left on quit respects it). */
bool screen_masked(const struct screen *screen);

#endif
