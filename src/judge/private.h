/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_JUDGE_PRIVATE_H
#define LEAKTOP_JUDGE_PRIVATE_H

/* For src/judge/ alone. */

#include "judge/judge.h"
#include "model/model.h"

/* One file per check. Each fills state, summary, evidence, means and advice of an emptied check. */
void judge_dns(const struct model *model, uint64_t now, struct check *check);
void judge_ipv6(const struct model *model, uint64_t now, struct check *check);
void judge_disconnect(const struct model *model, uint64_t now, struct check *check);
void judge_local_names(const struct model *model, uint64_t now, struct check *check);
void judge_webrtc(const struct model *model, uint64_t now, struct check *check);
void judge_browser_dns(const struct model *model, uint64_t now, struct check *check);
void judge_apps(const struct model *model, uint64_t now, struct check *check);
void judge_public_ip(const struct model *model, uint64_t now, struct check *check);

/* --- helpers (common.c) --- */

void check_say(struct check *check, enum state state, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Adds a line where there is room. */
void check_evidence(struct check *check, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void check_advise(struct check *check, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The evidence line of one look-up: time, way, resolver, type, marked name, program. */
void check_evidence_lookup(
    struct check *check, const struct model *model, const struct lookup *lookup);
/* The newest kept look-ups of which `wanted` is true, at most `most`. */
void check_evidence_newest(struct check *check, const struct model *model,
    bool (*wanted)(const struct lookup *lookup), unsigned most);

/* The capture can be relied on: it runs, and was seen to see. Else *why says why not. */
bool capture_works(const struct model *model, const char **why);
/* A family's web route is the tunnel now, all of it. */
bool family_in_tunnel(const struct model *model, enum family family);
/* The interface of a present web route lies outside the tunnel (uplink, or nothing known of it). */
bool route_outside(const struct model *model, enum family family);
/* A connection that proves that the web leaves outside over this family, since the last network
 * change: of a program, or leaktop's own question for the public address; not a VPN client's own to
 * its server. NULL: none seen. */
const struct connect *connection_outside(const struct model *model, enum family family);
bool exposure_leaks(enum exposure exposure);
/* "1 look-up", "3 look-ups" */
const char *plural(uint64_t count);

/* compare_dns.c: a line that lays the resolvers that the world sees before and after the tunnel
 * side by side, where both are known. */
void judge_egress_evidence(const struct model *model, struct check *check);

/* probes.c: leaktop's own names from both ends, since the last network change. */
/* Each a line: left by which way, asked of the authority by whom, answered after how long; or why
 * not. */
void judge_probe_evidence(const struct model *model, struct check *check);
/* The resolvers that came in the newest test, and what is known of them. */
void judge_egress_list(const struct model *model, struct check *check);
/* Asked one, and another came, or answered: interception or forwarding, and by whom. */
void judge_interception_evidence(const struct model *model, struct check *check);

/* --- advice.c: what to do, for the resolver manager and the VPN that this machine has --- */

/* About look-ups that leave by `interface` to `resolver`; lookup: one of them, or NULL where none
 * left yet. */
void advise_resolver(struct check *check, const struct model *model, const struct lookup *lookup,
    const struct address *resolver, const char *interface);
/* About a family that leaves by `interface`, outside the tunnel. */
void advise_family(
    struct check *check, const struct model *model, enum family family, const char *interface);
void advise_drop(struct check *check, const struct model *model);
/* stun: a request that left, or NULL. */
void advise_stun(struct check *check, const struct model *model, const struct lookup *stun);
/* interface: by which the neighbours were asked or told; NULL not known. */
void advise_local(struct check *check, const struct model *model, const char *interface);

#endif
