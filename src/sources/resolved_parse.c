/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/resolved_private.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "sources/bus.h"

/* The properties of systemd-resolved's manager and links. Whoever has its name on the bus is root
 * or it itself; what it says is bounded and escaped all the same. */

struct resolved_link *resolved_link(struct resolved_state *state, uint32_t index)
{
    if (index == 0)
        return &state->global;
    for (size_t i = 0; i < state->link_count; i++)
        if (state->links[i].index == index)
            return &state->links[i];
    if (state->link_count == RESOLVED_LINKS)
        return NULL;
    struct resolved_link *link = &state->links[state->link_count++];
    *link = (struct resolved_link){.index = index, .default_route = true};
    return link;
}

static void add_server(struct resolved_state *state, uint32_t link, const void *octets,
    size_t length, uint16_t port, bool fallback)
{
    if (state->server_count == RESOLVED_SERVERS || (length != 4 && length != 16))
        return;
    struct resolved_server server = {.port = port, .link = link, .fallback = fallback};
    server.address = length == 4 ? address_from_ipv4(octets) : address_from_ipv6(octets);
    for (size_t i = 0; i < state->server_count; i++)
        if (state->servers[i].link == link && state->servers[i].fallback == fallback &&
            address_equal(&state->servers[i].address, &server.address))
            return;
    state->servers[state->server_count++] = server;
    (void)resolved_link(state, link);
}

/* a(iiay), a(iiayqs), a(iay), a(iayqs): interface, family, address, port, name. */
static int read_servers(sd_bus_message *message, const char *type, uint32_t of, bool fallback,
    struct resolved_state *state)
{
    bool indexed = strncmp(type, "a(ii", 4) == 0, extended = strstr(type, "qs)") != NULL;
    int r = sd_bus_message_enter_container(message, 'a', type + 1);
    if (r <= 0)
        return r;
    char inner[16];
    size_t length = strlen(type + 2) - 1;
    if (length >= sizeof(inner))
        return -1;
    memcpy(inner, type + 2, length);
    inner[length] = '\0';
    while ((r = sd_bus_message_enter_container(message, 'r', inner)) > 0) {
        int32_t link = (int32_t)of, family;
        const void *octets;
        size_t size;
        uint16_t port = 0;
        const char *name;
        if (indexed && (r = sd_bus_message_read(message, "i", &link)) < 0)
            return r;
        if ((r = sd_bus_message_read(message, "i", &family)) < 0 ||
            (r = sd_bus_message_read_array(message, 'y', &octets, &size)) < 0)
            return r;
        if (extended && (r = sd_bus_message_read(message, "qs", &port, &name)) < 0)
            return r;
        if (link >= 0)
            add_server(state, (uint32_t)link, octets, size, port, fallback);
        if ((r = sd_bus_message_exit_container(message)) < 0)
            return r;
    }
    return r < 0 ? r : sd_bus_message_exit_container(message);
}

static void add_domain(struct resolved_state *state, uint32_t of, const char *domain, bool routes)
{
    struct resolved_link *link = resolved_link(state, of);
    char escaped[64];
    if (!link)
        return;
    text_escape(domain, strlen(domain), escaped, sizeof(escaped));
    bool all = strcmp(domain, ".") == 0 && routes;
    link->takes_all |= all;
    char word[72];
    snprintf(word, sizeof(word), "%s%s", routes ? "~" : "", escaped);
    size_t used = strlen(link->domains);
    if (!strstr(link->domains, word))
        text_format(
            link->domains + used, sizeof(link->domains) - used, "%s%s", used ? " " : "", word);
}

/* a(isb) or a(sb) */
static int read_domains(
    sd_bus_message *message, const char *type, uint32_t of, struct resolved_state *state)
{
    bool indexed = strcmp(type, "a(isb)") == 0;
    int r = sd_bus_message_enter_container(message, 'a', indexed ? "(isb)" : "(sb)");
    if (r <= 0)
        return r;
    while ((r = sd_bus_message_enter_container(message, 'r', indexed ? "isb" : "sb")) > 0) {
        int32_t link = (int32_t)of;
        const char *domain;
        int routes;
        if (indexed && (r = sd_bus_message_read(message, "i", &link)) < 0)
            return r;
        if ((r = sd_bus_message_read(message, "sb", &domain, &routes)) < 0)
            return r;
        if (link >= 0)
            add_domain(state, (uint32_t)link, domain, routes != 0);
        if ((r = sd_bus_message_exit_container(message)) < 0)
            return r;
    }
    return r < 0 ? r : sd_bus_message_exit_container(message);
}

static int read_word(sd_bus_message *message, char *out, size_t size)
{
    const char *text;
    int r = sd_bus_message_read(message, "s", &text);
    if (r >= 0)
        text_escape(text, strlen(text), out, size);
    return r;
}

/* Whose properties are read. */
struct object {
    uint32_t link; /* 0: the manager's */
    struct resolved_state *state;
};

static int read_property(sd_bus_message *message, const char *name, const char *type, void *into)
{
    const struct object *object = into;
    struct resolved_state *state = object->state;
    uint32_t of = object->link;
    struct resolved_link *link = resolved_link(state, of);
    if (!link)
        return 0; /* more links than are kept */
    struct {
        const char *name;
        char *out;
        size_t size;
    } words[] = {
        {"DNSOverTLS", link->tls, sizeof(link->tls)},
        {"DNSSEC", link->dnssec, sizeof(link->dnssec)},
        {"LLMNR", link->llmnr, sizeof(link->llmnr)},
        {"MulticastDNS", link->mdns, sizeof(link->mdns)},
        {"DNSStubListener", state->stub, sizeof(state->stub)},
        {"ResolvConfMode", state->mode, sizeof(state->mode)},
    };
    bool fallback = strcmp(name, "FallbackDNS") == 0 || strcmp(name, "FallbackDNSEx") == 0;
    bool servers = fallback || strcmp(name, "DNS") == 0 || strcmp(name, "DNSEx") == 0;
    if (servers && (strcmp(type, "a(iiay)") == 0 || strcmp(type, "a(iiayqs)") == 0 ||
                       strcmp(type, "a(iay)") == 0 || strcmp(type, "a(iayqs)") == 0)) {
        int r = read_servers(message, type, of, fallback, state);
        return r < 0 ? r : 1;
    }
    if (strcmp(name, "Domains") == 0 &&
        (strcmp(type, "a(isb)") == 0 || strcmp(type, "a(sb)") == 0)) {
        int r = read_domains(message, type, of, state);
        return r < 0 ? r : 1;
    }
    if (strcmp(name, "DefaultRoute") == 0 && strcmp(type, "b") == 0) {
        int value;
        int r = sd_bus_message_read(message, "b", &value);
        link->default_route = r < 0 || value != 0;
        return r < 0 ? r : 1;
    }
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(name, words[i].name) == 0 && strcmp(type, "s") == 0) {
            int r = read_word(message, words[i].out, words[i].size);
            return r < 0 ? r : 1;
        }
    return 0;
}

bool resolved_parse(sd_bus_message *message, uint32_t link, struct resolved_state *state)
{
    struct object object = {link, state};
    return bus_read_dictionary(message, read_property, &object);
}

enum resolver_use resolved_use(
    const struct resolved_state *state, const struct resolved_server *server)
{
    bool any = false, taken = state->global.takes_all;
    for (size_t i = 0; i < state->server_count; i++)
        any |= !state->servers[i].fallback;
    for (size_t i = 0; i < state->link_count; i++)
        taken |= state->links[i].takes_all;
    if (server->fallback)
        return any ? RESOLVER_FALLBACK : RESOLVER_ASKED;
    const struct resolved_link *link = &state->global;
    for (size_t i = 0; i < state->link_count; i++)
        if (server->link != 0 && state->links[i].index == server->link)
            link = &state->links[i];
    bool asked = taken ? link->takes_all : server->link == 0 || link->default_route;
    return asked ? RESOLVER_ASKED : link->domains[0] ? RESOLVER_SOME : RESOLVER_IGNORED;
}
