/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watch/configuration.h"

#include <dirent.h>
#include <pwd.h>
#include <string.h>

#include "base/text.h"
#include "model/model.h"
#include "sources/links.h"
#include "sources/links_routes.h"
#include "sources/networkmanager.h"
#include "sources/probe.h"
#include "sources/resolvconf.h"
#include "sources/resolved.h"
#include "sources/setup.h"
#include "sources/splitdns.h"
#include "sources/textfile.h"
#include "watch/private.h"

#define FORWARDS 16
#define ROWS (RESOLVCONF_MAX + RESOLVED_SERVERS + FORWARDS)

static const char resolver_file[] = "/etc/resolv.conf";
static const char resolved_file[] = "/run/systemd/resolve/resolv.conf";
static const char resolved_name[] = "systemd-resolved";

static bool is_resolved(const struct configured_resolver *resolver)
{
    return strcmp(resolver->manager, resolved_name) == 0 &&
           !address_is_loopback(&resolver->address);
}

/* Which way a question to it would take, asked as who asks it: what resolved knows of is asked by
 * its own user, and rules may tell users apart. It binds the questions for a link's servers to that
 * link (IP_UNICAST_IF), whatever the routes say. */
static void find_way(struct watch *watch, struct configured_resolver *resolver)
{
    const struct interface *link = model_interface(watch->model, resolver->link);
    uint32_t interface = 0;
    bool blocked = false;
    resolver->route_known = links_route_to(watch->links, &resolver->address,
                                is_resolved(resolver) ? watch->resolved_user : LINKS_OWN_USER,
                                &interface, &blocked) == 0;
    if (resolver->link && link && link->present && link->role != ROLE_LOOPBACK) {
        resolver->route_known = true;
        resolver->interface = resolver->link;
        resolver->blocked = !link->up;
    } else if (resolver->route_known) {
        resolver->interface = interface;
        resolver->blocked = blocked || interface == 0;
    } /* else the file itself may name the link: fe80::1%eth0 */
    resolver->by_ipsec = resolver->route_known && network_encrypts(watch, &resolver->address);
}

/* What programs never ask is not asked: resolved may run and stand beside. */
static size_t add_resolved(
    struct watch *watch, const struct resolver_setup *setup, struct configured_resolver *list)
{
    size_t count = resolved_servers(watch->resolved, list, RESOLVED_SERVERS);
    for (size_t i = 0; i < count; i++) {
        if (!setup->resolved)
            list[i].use = RESOLVER_IGNORED;
        if (list[i].link)
            text_format(list[i].source, sizeof(list[i].source), "%s, link %s", resolved_name,
                model_interface_name(watch->model, list[i].link));
    }
    return count;
}

/* Some process has that name. */
static bool runs(const char *program)
{
    bool found = false;
    DIR *folder = opendir("/proc");
    const struct dirent *entry;
    while (folder && !found && (entry = readdir(folder)) != NULL) {
        char path[64], comm[32] = "";
        size_t length = 0;
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
            continue;
        text_format(path, sizeof(path), "/proc/%.20s/comm", entry->d_name);
        if (textfile_read(path, comm, sizeof(comm) - 1, &length) != 0)
            continue;
        found = length == strlen(program) + 1 && memcmp(comm, program, length - 1) == 0;
    }
    if (folder)
        closedir(folder);
    return found;
}

/* A forwarder on this machine that programs ask: whom it asks in turn. The files of one that does
 * not run are nobody's. */
static size_t add_forwards(
    struct watch *watch, const struct resolver_setup *setup, struct configured_resolver *list)
{
    static const char *const programs[] = {"dnsmasq", "unbound"};
    size_t count = 0;
    if (!setup->stub || setup->resolved)
        return 0;
    /* NetworkManager tells its own dnsmasq by the bus: no file has it. */
    if (networkmanager_forwards(watch->networkmanager))
        return networkmanager_servers(watch->networkmanager, list, FORWARDS);
    for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
        size_t added = splitdns_forwards("", programs[i], list + count, FORWARDS - count);
        count += added > 0 && runs(programs[i]) ? added : 0;
    }
    return count;
}

static void tell_settings(struct watch *watch, const struct setup *setup)
{
    static struct setting rows[SETTINGS_MAX];
    size_t count = setup->count;
    memcpy(rows, setup->rows, count * sizeof(rows[0]));
    if (watch->resolved && setup->resolver.resolved)
        count += resolved_settings(watch->resolved, rows + count, SETTINGS_MAX - count);
    for (size_t i = setup->count; i < count; i++)
        if (rows[i].link) /* resolved's */
            text_format(rows[i].source, sizeof(rows[i].source), "%s, link %s", resolved_name,
                model_interface_name(watch->model, rows[i].link));
    count += networkmanager_settings(watch->networkmanager, rows + count, SETTINGS_MAX - count);
    model_settings(watch->model, rows, count, watch_clock());
}

void configuration_read(struct watch *watch)
{
    static struct setup setup; /* large, and read often */
    struct configured_resolver list[ROWS];
    size_t count = 0;
    bool bus = resolved_known(watch->resolved);
    setup_read("", &setup);
    if (resolvconf_read(resolver_file, bus ? NULL : resolved_file, list, &count) != 0)
        count = 0;
    if (bus)
        count += add_resolved(watch, &setup.resolver, list + count);
    count += add_forwards(watch, &setup.resolver, list + count);
    for (size_t i = 0; i < count; i++)
        find_way(watch, &list[i]);
    setup.resolver.networkmanager |= networkmanager_known(watch->networkmanager);
    model_resolver_setup_set(watch->model, &setup.resolver, watch_clock());
    tell_settings(watch, &setup);
    model_configured_resolvers(watch->model, list, count, watch_clock());
}

static void on_told(void *context)
{
    struct watch *watch = context;
    configuration_read(watch);
    if (watch->prober)
        prober_reconfigure(watch->prober);
    show_changed(watch);
}

void configuration_open(struct watch *watch)
{
    const struct passwd *user = getpwnam("systemd-resolve");
    watch->resolved_user = user ? user->pw_uid : LINKS_OWN_USER;
    if (resolved_open(&watch->resolved, &watch->loop, on_told, watch) != 0)
        watch->resolved = NULL;
    if (networkmanager_open(&watch->networkmanager, &watch->loop, on_told, watch) != 0)
        watch->networkmanager = NULL;
}

void configuration_changed(struct watch *watch)
{
    if (watch->resolved)
        resolved_ask(watch->resolved);
    if (watch->networkmanager)
        networkmanager_ask(watch->networkmanager);
}

void configuration_close(struct watch *watch)
{
    resolved_close(watch->resolved);
    watch->resolved = NULL;
    networkmanager_close(watch->networkmanager);
    watch->networkmanager = NULL;
}
