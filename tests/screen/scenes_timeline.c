/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scenes.h"

#include <stdio.h>

/* An evening of a quarter of an hour: no tunnel, a tunnel, a drop, sleep, and what left outside. */

static void leak(struct scene *scene, const char *name)
{
    ask_leaking(scene, name);
    model_event(scene->model, scene->now, "leak", "wlan0",
        "a look-up left by wlan0 to 192.0.2.53 over udp, outside the tunnel");
}

static void names(struct scene *scene, unsigned from, unsigned to, uint64_t apart_ns)
{
    for (unsigned i = from; i < to; i++) {
        char name[64];
        snprintf(name, sizeof(name), "host%u.example.net", i);
        ask_tunnelled(scene, name);
        /* Some moments are busier than others. */
        for (unsigned more = 0; more < i % 7; more++)
            ask_tunnelled(scene, name);
        scene->now += apart_ns;
    }
}

static void asked_of_neighbours(struct scene *scene)
{
    ask(scene, &(struct asked){.name = "_ipp._tcp.local",
                   .resolver = "224.0.0.251",
                   .source = "192.0.2.7",
                   .app = "avahi-daemon",
                   .user = "avahi",
                   .pid = 611,
                   .interface = 2,
                   .transport = TRANSPORT_MDNS,
                   .type = 12,
                   .port = 5353});
}

void scene_timeline(struct scene *scene)
{
    model_event(scene->model, scene->now, "baseline", "", "taken by itself: no tunnel");
    for (unsigned i = 0; i < 8; i++) {
        ask_leaking(scene, "open.example.org"); /* nothing is expected yet */
        scene->now += 10 * SECOND;
    }
    scene_tunnel(scene, true);
    names(scene, 0, 40, 4 * SECOND);
    leak(scene, "first.example.com");
    asked_of_neighbours(scene);
    names(scene, 40, 70, 3 * SECOND);
    scene->now += 118000000;
    scene_tunnel(scene, false);
    leak(scene, "shop.example.com");
    scene->now += 1100000000;
    scene_tunnel(scene, true);
    names(scene, 70, 90, 2 * SECOND);
    scene->now += 120 * SECOND;
    model_event(scene->model, scene->now, "clock", "", "the machine slept for 2 min: asked anew");
    model_event_mark(scene->model, STATE_UNKNOWN);
    model_slept(scene->model, 120 * SECOND, scene->now);
    names(scene, 90, 110, 5 * SECOND);
    asked_of_neighbours(scene);
    leak(scene, "very.long.name.with.many.labels.that.does.not.fit.www.registered.example");
    scene->now += SECOND;
    model_event(scene->model, scene->now, "resolver", "", "configured resolvers: 10.2.0.1");
    model_event(scene->model, scene->now, "note", "", "step 2: the resolver is the router's");
    ask_tunnelled(scene, "api.example.net");
}
