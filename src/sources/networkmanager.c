/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/networkmanager.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "sources/bus.h"

static const char service[] = "org.freedesktop.NetworkManager";
static const char dns_path[] = "/org/freedesktop/NetworkManager/DnsManager";
static const char dns_interface[] = "org.freedesktop.NetworkManager.DnsManager";

/* An entry of Configuration. */
struct nm_entry {
    char interface[INTERFACE_NAME];
    char servers[160], domains[120]; /* escaped, for people */
    struct address addresses[8];
    size_t address_count;
    bool vpn, some; /* some: it has domains that only route */
};

struct nm_state {
    char mode[32], writes[32];
    struct nm_entry entries[NETWORKMANAGER_ROWS];
    size_t count;
};

struct networkmanager {
    struct bus *bus;
    void (*changed)(void *context);
    void *context;
    bool known, awaited, again;
    struct nm_state state;
};

static void append(char *out, size_t size, const char *text)
{
    char escaped[80];
    size_t used = strlen(out);
    text_escape(text, strlen(text), escaped, sizeof(escaped));
    text_format(out + used, size - used, "%s%s", used ? " " : "", escaped);
}

static int read_strings(sd_bus_message *message, struct nm_entry *entry, bool servers)
{
    const char *text;
    int r = sd_bus_message_enter_container(message, 'a', "s");
    if (r < 0)
        return r;
    while ((r = sd_bus_message_read(message, "s", &text)) > 0) {
        enum { KEPT = sizeof(entry->addresses) / sizeof(entry->addresses[0]) };
        append(servers ? entry->servers : entry->domains,
            servers ? sizeof(entry->servers) : sizeof(entry->domains), text);
        if (servers && entry->address_count < KEPT &&
            address_parse(text, &entry->addresses[entry->address_count]))
            entry->address_count++;
        entry->some |= !servers && text[0] == '~' && strcmp(text, "~.") != 0;
    }
    return r < 0 ? r : sd_bus_message_exit_container(message);
}

/* One key of an entry; 0: of no interest. */
static int read_key(
    sd_bus_message *message, const char *key, const char *type, struct nm_entry *entry)
{
    const char *text;
    int flag, r = 0;
    if (strcmp(type, "as") == 0 && (strcmp(key, "nameservers") == 0 || strcmp(key, "domains") == 0))
        r = read_strings(message, entry, key[0] == 'n');
    else if (strcmp(type, "s") == 0 && strcmp(key, "interface") == 0) {
        if ((r = sd_bus_message_read(message, "s", &text)) >= 0)
            text_escape(text, strlen(text), entry->interface, sizeof(entry->interface));
    } else if (strcmp(type, "b") == 0 && strcmp(key, "vpn") == 0) {
        if ((r = sd_bus_message_read(message, "b", &flag)) >= 0)
            entry->vpn = flag != 0;
    } else {
        return 0;
    }
    return r < 0 ? r : 1;
}

static int read_entry_value(sd_bus_message *message, const char *key, const char *type, void *into)
{
    return read_key(message, key, type, into);
}

static int read_property(sd_bus_message *message, const char *key, const char *type, void *into)
{
    struct nm_state *state = into;
    const char *text;
    int r;
    bool mode = strcmp(key, "Mode") == 0, writes = strcmp(key, "RcManager") == 0;
    if (strcmp(type, "s") == 0 && (mode || writes)) {
        if ((r = sd_bus_message_read(message, "s", &text)) < 0)
            return r;
        text_escape(text, strlen(text), mode ? state->mode : state->writes, sizeof(state->mode));
        return 1;
    }
    if (strcmp(type, "aa{sv}") != 0 || strcmp(key, "Configuration") != 0)
        return 0;
    if ((r = sd_bus_message_enter_container(message, 'a', "a{sv}")) < 0)
        return r;
    while ((r = sd_bus_message_at_end(message, 0)) == 0) {
        struct nm_entry entry = {0};
        if (!bus_read_dictionary(message, read_entry_value, &entry))
            return -EBADMSG;
        if (state->count < NETWORKMANAGER_ROWS)
            state->entries[state->count++] = entry;
    }
    if (r < 0 || (r = sd_bus_message_exit_container(message)) < 0)
        return r;
    return 1;
}

static int on_answer(sd_bus_message *message, void *context, sd_bus_error *error)
{
    (void)error;
    struct networkmanager *manager = context;
    struct nm_state state = {0};
    manager->awaited = false;
    manager->known = !sd_bus_message_is_method_error(message, NULL) &&
                     bus_read_dictionary(message, read_property, &state);
    if (manager->known)
        manager->state = state;
    manager->changed(manager->context);
    if (manager->again) {
        manager->again = false;
        networkmanager_ask(manager);
    }
    return 1;
}

void networkmanager_ask(struct networkmanager *manager)
{
    if (manager->awaited)
        manager->again = true;
    else if (bus_ready(manager->bus))
        manager->awaited = bus_get_all(manager->bus, dns_path, dns_interface, on_answer, manager);
}

static void on_changed(void *context)
{
    networkmanager_ask(context);
}

static void on_lost(void *context)
{
    struct networkmanager *manager = context;
    bool was = manager->known;
    manager->known = manager->awaited = manager->again = false;
    if (was)
        manager->changed(manager->context);
}

int networkmanager_open(
    struct networkmanager **out, uv_loop_t *loop, void (*changed)(void *context), void *context)
{
    *out = NULL;
    struct networkmanager *manager = calloc(1, sizeof(*manager));
    if (!manager)
        return -ENOMEM;
    const struct bus_watch watch = {service, dns_path, on_changed, on_lost, manager};
    if (bus_open(&manager->bus, loop, &watch) != 0) {
        free(manager);
        return -ENOMEM;
    }
    manager->changed = changed;
    manager->context = context;
    *out = manager;
    networkmanager_ask(manager);
    return 0;
}

void networkmanager_close(struct networkmanager *manager)
{
    if (!manager)
        return;
    bus_close(manager->bus);
    free(manager);
}

bool networkmanager_known(const struct networkmanager *manager)
{
    return manager && manager->known;
}

bool networkmanager_forwards(const struct networkmanager *manager)
{
    return networkmanager_known(manager) && strcmp(manager->state.mode, "dnsmasq") == 0;
}

size_t networkmanager_servers(
    const struct networkmanager *manager, struct configured_resolver *out, size_t max)
{
    size_t count = 0;
    for (size_t i = 0; networkmanager_known(manager) && i < manager->state.count; i++) {
        const struct nm_entry *entry = &manager->state.entries[i];
        for (size_t j = 0; j < entry->address_count && count < max; j++) {
            struct configured_resolver *row = &out[count++];
            *row = (struct configured_resolver){.address = entry->addresses[j],
                .use = entry->some ? RESOLVER_SOME : RESOLVER_ASKED};
            text_format(row->manager, sizeof(row->manager), "NetworkManager");
            text_format(row->source, sizeof(row->source), "NetworkManager%s%s",
                entry->interface[0] ? ", " : "", entry->interface);
        }
    }
    return count;
}

size_t networkmanager_settings(
    const struct networkmanager *manager, struct setting *out, size_t max)
{
    size_t count = 0;
    if (!networkmanager_known(manager))
        return 0;
    const struct nm_state *state = &manager->state;
    if (count < max && state->mode[0]) {
        struct setting *row = &out[count++];
        *row = (struct setting){.state = STATE_OFF};
        text_format(row->source, sizeof(row->source), "NetworkManager");
        text_format(row->what, sizeof(row->what), "mode");
        text_format(row->value, sizeof(row->value), "%s, resolv.conf by %s", state->mode,
            state->writes[0] ? state->writes : "?");
    }
    for (size_t i = 0; i < state->count && count < max; i++) {
        const struct nm_entry *entry = &state->entries[i];
        struct setting *row = &out[count++];
        *row = (struct setting){.state = STATE_OFF};
        text_format(row->source, sizeof(row->source), "NetworkManager%s%s",
            entry->interface[0] ? ", " : "", entry->interface);
        text_format(
            row->what, sizeof(row->what), "%s", entry->vpn ? "servers of a VPN" : "servers");
        text_format(row->value, sizeof(row->value), "%.90s%s%.60s",
            entry->servers[0] ? entry->servers : "none", entry->domains[0] ? "; domains " : "",
            entry->domains);
    }
    return count;
}
