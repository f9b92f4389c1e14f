/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_TESTS_SCENES_H
#define LEAKTOP_TESTS_SCENES_H

#include <stdbool.h>
#include <stdint.h>

#include "judge/judge.h"
#include "model/model.h"
#include "views/screen/screen.h"

/* What scene.c shows: models made without a packet. */

#define SECOND 1000000000ULL
/* 2026-03-14 20:14:03 UTC. */
#define START (1773519243ULL * SECOND)

struct scene {
    struct model *model;
    uint64_t now;
    uint16_t id;
    struct verdict verdict;
    struct screen_progress progress;
};

struct asked {
    const char *name; /* presentation form; NULL: none */
    const char *resolver, *source, *app, *user;
    const char *via, *command; /* NULL: none */
    const char *answer;        /* an address; NULL: none */
    const char *liar;          /* who answered without being asked; NULL: nobody */
    uint32_t interface;
    int pid;
    bool forwarded, by_ipsec, stun_check;
    enum transport transport;
    enum certainty certainty;
    uint16_t type, port;
    unsigned rtt_ms; /* 0: no answer */
};
void ask(struct scene *scene, const struct asked *asked);

/* False where there is no scene of that name. */
bool scenes_build(struct scene *scene, const char *what);

/* What comes later, on a signal. */
void ask_tunnelled(struct scene *scene, const char *name);
void ask_leaking(struct scene *scene, const char *name);
/* scenes_outside.c: probes, egress resolvers, services, settings and a baseline. */
void scene_outside(struct scene *scene);
/* scenes_programs.c: programs of every kind; so many of one kind. */
void scene_programs(struct scene *scene);
void scene_observers(struct scene *scene); /* names that leave by other ways than look-ups */
void scene_tor(struct scene *scene); /* programs that hand a Tor client names, and addresses */
void scene_crowd(struct scene *scene, unsigned count);
/* The tunnel wg0 is the web route of IPv4, or is not. */
void scene_tunnel(struct scene *scene, bool up);
void scene_timeline(struct scene *scene); /* scenes_timeline.c: an evening with a drop */
/* In the scene bootstrap: the tunnel comes up to the very address that was answered. */
void server_reached(struct scene *scene);

#endif
