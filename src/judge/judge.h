/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_JUDGE_JUDGE_H
#define LEAKTOP_JUDGE_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/words.h"

struct app;
struct model;
struct lookup;
struct probe;

/* Model -> verdicts. Pure functions. */

enum check_id {
    CHECK_DNS,
    CHECK_IPV6,
    CHECK_BROWSER_DNS,
    CHECK_DISCONNECT,
    CHECK_APPS,
    CHECK_WEBRTC,
    CHECK_LOCAL_NAMES,
    CHECK_PUBLIC_IP,
    CHECK_COUNT
};

#define SUMMARY_TEXT 200
#define EVIDENCE_TEXT 320
#define EVIDENCE_LINES 16
#define ADVICE_LINES 14

struct check {
    enum check_id id;
    enum state state;           /* never STATE_UNPROTECTED */
    char summary[SUMMARY_TEXT]; /* one line */
    /* In summary, evidence, means and advice, and in the verdict's summary, what `mask` hides
     * (names, the person's public address) stands between \x02 and \x03; judge_plain takes the
     * marks out. */
    char evidence[EVIDENCE_LINES][EVIDENCE_TEXT];
    size_t evidence_count;
    char means[EVIDENCE_TEXT]; /* what it means, and what it does not; "" */
    /* What to do about it. A line that begins with "# " is a whole command for a root shell. */
    char advice[ADVICE_LINES][EVIDENCE_TEXT];
    size_t advice_count;
    uint64_t checked_ns; /* 0: never */
};

struct verdict {
    enum state state;                 /* leak, warn, ok, unknown, unprotected */
    char summary[SUMMARY_TEXT];       /* one sentence; never says safe; holds no names */
    bool quiet;                       /* leak, and none since the last network change or for 10 s */
    uint64_t last_leak_ns;            /* 0: none since the latch was cleared */
    struct check checks[CHECK_COUNT]; /* in the order of enum check_id */
};

/* The check's id as users write it ("browser-dns"), and the question that it answers. */
const char *check_word(enum check_id id);
const char *check_question(enum check_id id);

/* Judge one look-up by the interface by which it leaves: sets its exposure and excuse from its
 * interface, transport, time, resolver, source, name and process. See doc/design.md, section 5. */
void judge_exposure(const struct model *model, struct lookup *lookup);

/* A name of leaktop's own from both ends, in one sentence with marks: how it left, who came to ask
 * for it and whose that is, and when the answer was there. */
void judge_probe_life(const struct model *model, const struct probe *probe, char *out, size_t size);
/* What its two ends say together, where they are not the same: "" and STATE_OFF where there is
 * nothing to say; STATE_WARN for interception, STATE_UNKNOWN where it may be. */
enum state judge_probe_ends(
    const struct model *model, const struct probe *probe, char *out, size_t size);

/* What a program is taken for by all that is known of it, worst first. */
enum app_harm {
    APP_LEAKS,     /* look-ups outside the tunnel */
    APP_SPLIT,     /* connections outside the tunnel, its look-ups not */
    APP_HANDS,     /* asks Tor for addresses whose names it looked up beside it */
    APP_MIXED,     /* uses Tor, and looks names up beside it where that is no leak */
    APP_OPEN,      /* look-ups in the open, where that is no leak */
    APP_LAN,       /* told the local link alone */
    APP_TOR,       /* by Tor */
    APP_TUNNELLED, /* in the tunnel alone */
    APP_INTERNAL,  /* asked on this machine alone, or nothing since the leaks were cleared */
    APP_HARMS
};
enum app_harm judge_app_harm(const struct model *model, const struct app *app);

/* Judge everything. */
void judge_all(const struct model *model, uint64_t now, struct verdict *verdict);

/* Copy evidence text without the marks; with mask, names become "(hidden)". Returns out. */
const char *judge_plain(const char *text, bool mask, char *out, size_t size);

/* Exit status of --once (0, 1, 3, 4). */
int judge_exit_status(const struct verdict *verdict);

#endif
