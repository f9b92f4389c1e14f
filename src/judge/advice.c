/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "judge/advice.h"

#include <string.h>

#include "base/text.h"
#include "judge/private.h"
#include "tables/vpn.h"

/* The texts that the values of a situation point to. */
struct words {
    char resolver[ADDRESS_TEXT], good[ADDRESS_TEXT], server[ADDRESS_TEXT];
    char file[96], port[8];
};

static void advise(struct check *check, const struct advice *advice)
{
    char line[EVIDENCE_TEXT];
    for (size_t i = 0; advice_line(advice, i, line, sizeof(line)); i++)
        check_advise(check, "%s", line);
}

/* ---- what this machine has ---- */

static const char *tunnel_name(const struct model *model)
{
    const struct interface *tunnel = model_tunnel(model);
    if (tunnel)
        return tunnel->index ? tunnel->name : NULL; /* policies have no interface */
    size_t drops = model_drop_count(model);
    return drops > 0 ? model_drop_at(model, drops - 1)->tunnel : NULL;
}

static enum advice_vpn vpn_of(const struct model *model)
{
    static const struct {
        const char *client;
        enum advice_vpn vpn;
    } clients[] = {{"Mullvad", VPN_MULLVAD}, {"NordVPN", VPN_NORD}, {"Proton VPN", VPN_PROTON}};
    static const struct {
        const char *kind, *begins;
        enum advice_vpn vpn;
    } kinds[] = {
        {"wireguard", "", VPN_WIREGUARD},
        {"amneziawg", "", VPN_WIREGUARD},
        {"ovpn", "", VPN_OPENVPN},
        {"ovpn-dco", "", VPN_OPENVPN},
        {"tun", "wg", VPN_WIREGUARD}, /* in user space; named as people name them */
        {"tun", "tun", VPN_OPENVPN},
        {"tun", "tap", VPN_OPENVPN},
    };
    const struct interface *tunnel = model_tunnel(model);
    if (!tunnel)
        return VPN_OTHER;
    if (tunnel->index == 0)
        return VPN_IPSEC;
    const char *client = vpn_by_interface(tunnel->name);
    for (size_t i = 0; client && i < sizeof(clients) / sizeof(clients[0]); i++)
        if (strcmp(clients[i].client, client) == 0)
            return clients[i].vpn;
    for (size_t i = 0; !client && i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(kinds[i].kind, tunnel->kind) == 0 &&
            strncmp(kinds[i].begins, tunnel->name, strlen(kinds[i].begins)) == 0)
            return kinds[i].vpn;
    return VPN_OTHER;
}

static bool in_tunnel(const struct model *model, uint32_t interface)
{
    const struct interface *by = model_interface(model, interface);
    return by && by->role == ROLE_TUNNEL;
}

/* A resolver that the tunnel carries: one that is set here, or was seen to answer there; else a
 * public one, for the tunnel is the web route: the local network sees none of it. */
static void good_resolver(
    const struct model *model, const struct address *bad, char out[static ADDRESS_TEXT])
{
    for (size_t i = 0; i < model_configured_count(model); i++) {
        const struct configured_resolver *resolver = model_configured_at(model, i);
        if (!resolver->blocked && in_tunnel(model, resolver->interface) &&
            !(bad && address_equal(bad, &resolver->address))) {
            address_format(&resolver->address, out);
            return;
        }
    }
    for (size_t i = 0; i < model_used_count(model); i++) {
        const struct used_resolver *used = model_used_at(model, i);
        if (used->answers > 0 && used->role == ROLE_TUNNEL && used->port == 53 &&
            in_tunnel(model, used->interface) && !(bad && address_equal(bad, &used->address))) {
            address_format(&used->address, out);
            return;
        }
    }
    static const char *const publics[FAMILY_INDEXES][2] = {
        {"9.9.9.9", "1.1.1.1"}, {"2620:fe::fe", "2606:4700:4700::1111"}};
    bool six = !family_in_tunnel(model, FAMILY_INDEX_4) && family_in_tunnel(model, FAMILY_INDEX_6);
    struct address first;
    const char *const *choice = publics[six ? FAMILY_INDEX_6 : FAMILY_INDEX_4];
    bool same = bad && address_parse(choice[0], &first) && address_equal(bad, &first);
    text_format(out, ADDRESS_TEXT, "%s", choice[same ? 1 : 0]);
}

/* Who has the resolvers of this machine in hand, whichever of them is asked. */
static enum advice_manager manager_of(const struct model *model)
{
    const struct resolver_setup *setup = model_resolver_setup(model);
    bool resolved = setup->resolved, networkmanager = setup->networkmanager;
    for (size_t i = 0; i < model_configured_count(model); i++) {
        const char *manager = model_configured_at(model, i)->manager;
        resolved |= strcmp(manager, "systemd-resolved") == 0;
        networkmanager |= strcmp(manager, "NetworkManager") == 0;
    }
    return resolved ? MANAGED_RESOLVED : networkmanager ? MANAGED_NETWORKMANAGER : MANAGED_BY_HAND;
}

static void start(struct advice *advice, const struct model *model, struct words *words,
    enum advice_problem problem, const char *uplink)
{
    struct address server;
    *words = (struct words){0};
    *advice =
        (struct advice){.problem = problem, .manager = manager_of(model), .vpn = vpn_of(model)};
    advice->values[VALUE_TUNNEL] = tunnel_name(model);
    advice->values[VALUE_UPLINK] = uplink;
    if (model_peer_newest(model, &server)) {
        advice->values[VALUE_SERVER] = address_format(&server, words->server);
        advice->values[VALUE_SERVER_FAMILY] = server.family == FAMILY_IPV6 ? "ip6" : "ip";
    }
}

static void put_resolver(struct advice *advice, const struct model *model, struct words *words,
    const struct address *resolver)
{
    good_resolver(model, resolver, words->good);
    advice->values[VALUE_GOOD] = words->good;
    if (!strchr(words->good, ':'))
        advice->values[VALUE_GOOD4] = words->good;
    if (resolver->family == FAMILY_NONE)
        return;
    const char *text = address_format(resolver, words->resolver);
    advice->values[VALUE_RESOLVER] = text;
    advice->values[address_is_public(resolver) ? VALUE_PUBLIC : VALUE_LOCAL] = text;
    advice->values[VALUE_FAMILY] = resolver->family == FAMILY_IPV6 ? "ip6" : "ip";
}

/* ---- who set it ---- */

static const struct configured_resolver *configured(
    const struct model *model, const struct address *resolver)
{
    for (size_t i = 0; i < model_configured_count(model); i++)
        if (address_equal(&model_configured_at(model, i)->address, resolver))
            return model_configured_at(model, i);
    return NULL;
}

static enum advice_manager manager_word(const char *word)
{
    static const struct {
        const char *word;
        enum advice_manager manager;
    } managers[] = {
        {"", MANAGED_BY_HAND},
        {"systemd-resolved", MANAGED_RESOLVED},
        {"systemd-resolve", MANAGED_RESOLVED}, /* its process, cut */
        {"NetworkManager", MANAGED_NETWORKMANAGER},
        {"resolvconf", MANAGED_RESOLVCONF},
        {"openresolv", MANAGED_RESOLVCONF},
        {"dhclient", MANAGED_DHCLIENT},
        {"dnsmasq", MANAGED_DNSMASQ},
        {"unbound", MANAGED_UNBOUND},
    };
    for (size_t i = 0; i < sizeof(managers) / sizeof(managers[0]); i++)
        if (strcmp(managers[i].word, word) == 0)
            return managers[i].manager;
    return MANAGED_OTHER;
}

static void put_source(
    struct advice *advice, struct words *words, const struct configured_resolver *found)
{
    text_format(words->file, sizeof(words->file), "%s", found->source);
    char *colon = strrchr(words->file, ':');
    if (colon)
        *colon = '\0'; /* the line's number */
    if (words->file[0] == '/')
        advice->values[VALUE_FILE] = words->file;
    advice->values[VALUE_MANAGER] = found->manager;
}

/* The kernel's word about routes comes a moment after the deed. */
#define BEFORE_DROP_NS 200000000ULL

static bool during_drop(const struct model *model, uint64_t time_ns)
{
    for (size_t i = 0; i < model_drop_count(model); i++) {
        const struct drop *drop = model_drop_at(model, i);
        if (!drop->partial && time_ns + BEFORE_DROP_NS >= drop->start_ns &&
            (drop->end_ns == 0 || time_ns <= drop->end_ns))
            return true;
    }
    return false;
}

void advise_resolver(struct check *check, const struct model *model, const struct lookup *lookup,
    const struct address *resolver, const char *interface)
{
    if (lookup && during_drop(model, lookup->time_ns)) {
        check_advise(check, "it left while the tunnel was down: what holds it then stands at "
                            "disconnect");
        check_advise(check, "then press c to clear the leak from the verdict");
        return;
    }
    struct advice advice;
    struct words words;
    const struct configured_resolver *found = configured(model, resolver);
    const char *stub = lookup ? lookup->via : "";
    const struct resolver_setup *setup = model_resolver_setup(model);
    start(&advice, model, &words, ADVISE_RESOLVER, interface);
    put_resolver(&advice, model, &words, resolver);
    if (lookup && lookup->process.pid)
        advice.values[VALUE_PROGRAM] = stub[0] ? stub : lookup->process.name;
    if (found) {
        put_source(&advice, &words, found);
        advice.manager = manager_word(found->manager);
        bool read = strncmp(found->source, "/etc/resolv.conf", 16) == 0;
        if (advice.manager == MANAGED_RESOLVED && read)
            advice.manager = MANAGED_RESOLVED_PAST;
        if (advice.manager == MANAGED_NETWORKMANAGER && setup->resolved)
            advice.manager = MANAGED_RESOLVED;
    } else if (stub[0] && manager_word(stub) != MANAGED_OTHER) {
        advice.manager = manager_word(stub); /* a forwarder whose file nobody read */
    } else if (lookup && lookup->exposure == EXPOSURE_BYPASS) {
        advice.problem = ADVISE_ENCRYPTED;
    } else {
        advice.problem = ADVISE_PROGRAM;
        if (!advice.values[VALUE_PROGRAM])
            advice.values[VALUE_PROGRAM] = "a program";
    }
    advise(check, &advice);
    check_advise(check, "then press r to check again, and c to clear the leak from the verdict");
}

/* ---- the other checks ---- */

void advise_family(
    struct check *check, const struct model *model, enum family family, const char *interface)
{
    struct advice advice;
    struct words words;
    start(&advice, model, &words, family == FAMILY_INDEX_6 ? ADVISE_IPV6 : ADVISE_IPV4, interface);
    if (advice.manager == MANAGED_RESOLVED && model_resolver_setup(model)->networkmanager)
        advice.manager = MANAGED_NETWORKMANAGER; /* addresses are its business, not the other's */
    advise(check, &advice);
    check_advise(check, "then press r to check again");
}

void advise_drop(struct check *check, const struct model *model)
{
    struct advice advice;
    struct words words;
    start(&advice, model, &words, ADVISE_DROP, NULL);
    advise(check, &advice);
}

void advise_stun(struct check *check, const struct model *model, const struct lookup *stun)
{
    struct advice advice;
    struct words words;
    start(&advice, model, &words, ADVISE_STUN,
        stun ? model_interface_name(model, stun->interface) : NULL);
    if (stun) {
        text_format(words.port, sizeof(words.port), "%u", (unsigned)stun->resolver_port);
        advice.values[VALUE_PORT] = words.port;
    }
    advise(check, &advice);
    check_advise(check, "then press c to clear the leak from the verdict");
}

void advise_local(struct check *check, const struct model *model, const char *interface)
{
    struct advice advice;
    struct words words;
    start(&advice, model, &words, ADVISE_LOCAL, interface);
    advise(check, &advice);
}
