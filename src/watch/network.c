/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <limits.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/model.h"
#include "options.h"
#include "sources/discards.h"
#include "sources/links.h"
#include "sources/links_routes.h"
#include "sources/probe.h"
#include "guard/guard.h"
#include "sources/splitdns.h"
#include "sources/killswitch.h"
#include "sources/xfrm.h"
#include "watch/configuration.h"
#include "watch/private.h"

/* Routes are asked again at once, then not more often than this while changes go on. */
#define ASK_MS 20
#define DROP_MS 500
#define PUBLIC_MAX 16
#define WEB_PORT 443
#define DNS_PORT 53
/* Files of split DNS are read a moment after one of them changed: they change in bunches. */
#define SPLIT_MS 100
/* The keeper answers for one link after the other: they are read together. */
#define LINK_FILES_MS 20

static const char resolver_file[] = "/etc/resolv.conf";

static void read_discards(struct watch *watch)
{
    uint64_t totals[FAMILY_INDEXES];
    if (discards_read(totals))
        model_held(watch->model, totals, watch_clock());
}

static bool drop_underway(const struct watch *watch)
{
    size_t count = model_drop_count(watch->model);
    return count > 0 && model_drop_at(watch->model, count - 1)->end_ns == 0;
}

static void on_drop(uv_timer_t *timer)
{
    struct watch *watch = timer->data;
    read_discards(watch);
    if (!drop_underway(watch))
        uv_timer_stop(timer);
    show_changed(watch);
}

static bool packet_to(struct watch *watch, const struct address *to, uint8_t protocol,
    uint16_t port, struct xfrm_packet *packet)
{
    *packet = (struct xfrm_packet){.destination = *to, .protocol = protocol, .port = port};
    return links_source_to(watch->links, to, protocol, port, &packet->source, &packet->interface);
}

/* What policies without an interface make of web packets, for the same addresses that the routes
 * are asked for. */
static void read_policies(struct watch *watch)
{
    struct xfrm_packet packets[PUBLIC_MAX];
    for (enum family family = 0; watch->xfrm && family < FAMILY_INDEXES; family++) {
        const struct address *list;
        size_t count = links_routes_public(family, &list), leaving = 0;
        for (size_t i = 0; xfrm_count(watch->xfrm) > 0 && i < count && leaving < PUBLIC_MAX; i++)
            leaving += packet_to(watch, &list[i], IPPROTO_TCP, WEB_PORT, &packets[leaving]);
        model_ipsec_set(
            watch->model, family, xfrm_cover(watch->xfrm, packets, leaving), watch_clock());
    }
}

bool network_encrypts(struct watch *watch, const struct address *resolver)
{
    struct xfrm_packet packet;
    return watch->xfrm && xfrm_known(watch->xfrm) && xfrm_count(watch->xfrm) > 0 &&
           packet_to(watch, resolver, IPPROTO_UDP, DNS_PORT, &packet) &&
           xfrm_way_of(watch->xfrm, &packet) == XFRM_ESP;
}

/* What the person said, then what the system says; of a capture file's system nothing is known. */
static void take_splits(struct watch *watch)
{
    static struct split_domain list[OPTION_ROWS];
    size_t count = watch->options->split_count;
    memcpy(list, watch->options->splits, count * sizeof(*list));
    if (!watch->file)
        count += splitdns_read("", &watch->split_links, list + count, OPTION_ROWS - count);
    model_split_domains(watch->model, list, count, watch->file ? 0 : watch_clock());
}

/* Where systemd-resolved's folder is closed the keeper opens its files: of each link that is there,
 * and of those that went, so that their files are let go. */
static void ask_link_files(struct watch *watch)
{
    if (watch->file || !splitdns_links_closed("")) {
        splitdns_links_clear(&watch->split_links);
        return;
    }
    for (size_t i = 0; i < model_interface_count(watch->model); i++) {
        const struct interface *interface = model_interface_at(watch->model, i);
        if (interface && !guard_ask_link(watch->guard, interface->index))
            return;
    }
}

static void read_splits(struct watch *watch)
{
    ask_link_files(watch);
    take_splits(watch);
}

static void on_link_files(uv_timer_t *timer)
{
    struct watch *watch = timer->data;
    take_splits(watch);
    show_changed(watch);
}

void network_link_file(struct watch *watch, uint32_t index, int fd)
{
    splitdns_link_put(&watch->split_links, index, fd);
    if (!watch_timer_active(watch, TIMER_LINK_FILES))
        watch_timer(watch, TIMER_LINK_FILES, on_link_files, LINK_FILES_MS, 0);
}

static void read_killswitch(struct watch *watch)
{
    struct killswitch_info info;
    killswitch_find(watch->killswitch, watch->model, &info);
    model_killswitch_set(watch->model, &info, watch_clock());
}

static void settle(struct watch *watch)
{
    uint64_t now = watch_clock();
    links_ask_routes(watch->links, now);
    watch->routes_asked_ns = now;
    read_policies(watch);
    read_discards(watch);
    bool changed = model_settle(watch->model, now);
    read_killswitch(watch); /* roles are settled now */
    ingest_links_changed(&watch->ingest);
    configuration_read(watch);
    if (drop_underway(watch)) {
        read_discards(watch);
        if (!watch_timer_active(watch, TIMER_DROP))
            watch_timer(watch, TIMER_DROP, on_drop, DROP_MS, DROP_MS);
    }
    ask_link_files(watch);
    configuration_changed(watch);
    if (changed)
        schedule_network_changed(watch);
    else
        schedule_check_held(watch);
    show_changed(watch);
}

static void on_change(uv_timer_t *timer)
{
    settle(timer->data);
}

void network_read(struct watch *watch)
{
    bool heard = watch->links && links_read(watch->links, watch_clock());
    if (watch->links && watch->xfrm)
        heard |= xfrm_read(watch->xfrm);
    if (watch->links && watch->killswitch)
        heard |= killswitch_read(watch->killswitch);
    if (!heard)
        return;
    uint64_t now = watch_clock();
    if (now >= watch->routes_asked_ns + ASK_MS * MS || now < watch->routes_asked_ns)
        settle(watch);
    else if (!watch_timer_active(watch, TIMER_CHANGE))
        watch_timer(watch, TIMER_CHANGE, on_change, ASK_MS, 0);
}

void network_recheck(struct watch *watch)
{
    if (!watch->links)
        return;
    read_splits(watch);
    settle(watch);
}

static void on_links(uv_poll_t *poll, int status, int events)
{
    (void)status, (void)events;
    network_read(poll->data);
}

static void watch_resolver_files(struct watch *watch);

static void on_splits(uv_timer_t *timer)
{
    struct watch *watch = timer->data;
    watch_resolver_files(watch); /* a folder that was not there may be now */
    read_splits(watch);
    configuration_read(watch);
    show_changed(watch);
}

static void on_resolver_file(uv_fs_event_t *event, const char *name, int events, int status)
{
    (void)events, (void)status;
    struct watch *watch = event->data;
    bool etc = event == &watch->resolver_events[FS_ETC] && name;
    bool split =
        event >= &watch->resolver_events[FS_SPLIT] || (etc && strncmp(name, "dnsmasq.", 8) == 0);
    if (split && !watch_timer_active(watch, TIMER_SPLITS))
        watch_timer(watch, TIMER_SPLITS, on_splits, SPLIT_MS, 0);
    bool ours = etc && (strcmp(name, "resolv.conf") == 0 || strcmp(name, "nsswitch.conf") == 0 ||
                           strcmp(name, "hosts") == 0);
    if (split || (etc && !ours))
        return;
    watch_resolver_files(watch); /* a replaced file is another one to watch */
    configuration_read(watch);
    read_splits(watch); /* who writes the one often begins or ends with the others */
    if (watch->prober)
        prober_reconfigure(watch->prober);
    show_changed(watch);
}

/* Managers replace the file, write it in place, or replace what it links to: the directory, the
 * file itself and the directory of its target are watched. */
static void watch_resolver_files(struct watch *watch)
{
    char target[PATH_MAX] = "";
    const char *paths[FS_COUNT] = {"/etc", resolver_file, NULL, SPLITDNS_FOLDERS};
    if (realpath(resolver_file, target) && strcmp(target, resolver_file) != 0) {
        char *slash = strrchr(target, '/');
        if (slash != target)
            *slash = '\0';
        paths[FS_TARGET] = target;
    }
    for (size_t i = 0; i < FS_COUNT; i++) {
        uv_fs_event_stop(&watch->resolver_events[i]);
        if (paths[i])
            (void)uv_fs_event_start(&watch->resolver_events[i], on_resolver_file, paths[i], 0);
    }
}

int network_open(struct watch *watch)
{
    for (size_t i = 0; i < FS_COUNT; i++) {
        uv_fs_event_init(&watch->loop, &watch->resolver_events[i]);
        watch->resolver_events[i].data = watch;
    }
    read_splits(watch);
    if (watch->file)
        return 0;
    int error = links_open(&watch->links, watch->model, watch_clock());
    if (error != 0)
        return error;
    configuration_open(watch);
    settle(watch);
    watch_resolver_files(watch);
    uv_poll_init(&watch->loop, &watch->links_poll, links_fd(watch->links));
    watch->links_poll.data = watch;
    uv_poll_start(&watch->links_poll, UV_READABLE, on_links);
    if (watch->xfrm) {
        uv_poll_init(&watch->loop, &watch->xfrm_poll, xfrm_fd(watch->xfrm));
        watch->xfrm_poll.data = watch;
        uv_poll_start(&watch->xfrm_poll, UV_READABLE, on_links);
    }
    if (watch->killswitch) {
        uv_poll_init(&watch->loop, &watch->killswitch_poll, killswitch_fd(watch->killswitch));
        watch->killswitch_poll.data = watch;
        uv_poll_start(&watch->killswitch_poll, UV_READABLE, on_links);
    }
    return 0;
}

void network_close(struct watch *watch)
{
    splitdns_links_clear(&watch->split_links);
    if (watch->xfrm_poll.data)
        uv_poll_stop(&watch->xfrm_poll);
    xfrm_close(watch->xfrm);
    watch->xfrm = NULL;
    if (watch->killswitch_poll.data)
        uv_poll_stop(&watch->killswitch_poll);
    killswitch_close(watch->killswitch);
    watch->killswitch = NULL;
    if (!watch->links)
        return;
    configuration_close(watch);
    uv_poll_stop(&watch->links_poll);
    links_close(watch->links);
    watch->links = NULL;
}
