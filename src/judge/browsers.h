/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_JUDGE_BROWSERS_H
#define LEAKTOP_JUDGE_BROWSERS_H

/* For src/judge/ alone: what the programs of a browser were seen to do. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct browser_profile;
struct check;
struct lookup;
struct model;

enum browser_way { BROWSER_IN, BROWSER_OUT, BROWSER_ELSE, BROWSER_WAYS };

/* Of all profiles of one browser of one user: which of them asked does not show. By the way that
 * it left: in the tunnel, outside it, else (nothing is expected, or it is none of the web's). */
struct browser_seen {
    uint64_t own[BROWSER_WAYS];   /* connections to encrypted resolvers, of the browser's own */
    uint64_t plain[BROWSER_WAYS]; /* look-ups by plain DNS */
    uint64_t stub[BROWSER_WAYS];  /* and by a resolver on this machine for it, by whatever */
    unsigned transports;          /* of own: 1 << enum transport */
    uint64_t leaked_ns;           /* the newest of any outside; 0 none */
};

void browser_seen(
    const struct model *model, const struct browser_profile *row, struct browser_seen *seen);
uint64_t browser_seen_sum(const uint64_t counts[static BROWSER_WAYS]);
/* "seen: 41 DoH connections in the tunnel, 3 look-ups by plain DNS in the tunnel" */
void browser_seen_words(const struct browser_seen *seen, char *out, size_t size);

/* The look-up is of a process of that browser and user. */
bool browser_sent(
    const struct model *model, const struct browser_profile *row, const struct lookup *lookup);
/* It was seen to go past what the row is set to, since that is known to be so: by plain DNS
 * although DNS over HTTPS alone is set, by whatever although Tor's proxy is. Not what such a
 * browser asks so on purpose: its server's own name, domains that are excepted, questions about the
 * network. */
bool browser_contradicts(
    const struct model *model, const struct browser_profile *row, const struct lookup *lookup);

/* "firefox everyday (ana)" */
void browser_title(const struct browser_profile *row, char *out, size_t size);
/* A line for each browser that was found: which addresses WebRTC may use there; at most `most`. */
void browser_webrtc_evidence(struct check *check, const struct model *model, unsigned most);

#endif
