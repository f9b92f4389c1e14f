/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scenes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/name.h"
#include "base/text.h"
#include "tables/vpn.h"

static struct address address(const char *text)
{
    struct address value;
    if (!address_parse(text, &value)) {
        fprintf(stderr, "scene: %s is no address\n", text);
        exit(2);
    }
    return value;
}

static void interface(struct scene *scene, uint32_t index, const char *name, const char *kind,
    const char *at, bool up)
{
    struct interface value = {.index = index, .link_type = 1, .up = up, .present = true};
    text_format(value.name, sizeof(value.name), "%s", name);
    if (strcmp(name, "lo") == 0)
        value.link_type = 772; /* ARPHRD_LOOPBACK */
    text_format(value.kind, sizeof(value.kind), "%s", kind);
    value.gateway_route = kind[0] == '\0';
    if (at) {
        value.address_count = 1;
        value.addresses[0] = (struct interface_address){address(at), 24, false};
    }
    model_interface_set(scene->model, &value, scene->now);
}

static void route(struct scene *scene, enum family family, uint32_t index, const char *source)
{
    struct web_route value = {.state = index ? ROUTE_PRESENT : ROUTE_NONE, .interface = index};
    if (source)
        value.source = address(source);
    model_route_set(scene->model, family, &value, scene->now);
}

static void answered(struct scene *scene, const struct asked *asked, const struct lookup *lookup)
{
    struct fact answer = {.time_ns = scene->now + asked->rtt_ms * 1000000ULL,
        .interface = asked->interface,
        .kind = asked->transport == TRANSPORT_STUN ? FACT_STUN_ANSWER : FACT_ANSWER,
        .direction = DIRECTION_IN,
        .transport = (uint8_t)asked->transport,
        .source = lookup->resolver,
        .destination = lookup->source,
        .source_port = lookup->resolver_port,
        .destination_port = lookup->source_port,
        .id = lookup->id,
        .type = lookup->type,
        .class = 1,
        .answers = 1,
        .name_length = lookup->name_length};
    memcpy(answer.name, lookup->name, lookup->name_length);
    if (asked->answer) {
        answer.address_count = 1;
        answer.addresses[0] = address(asked->answer);
    }
    if (asked->liar) {
        answer.source = address(asked->liar);
        model_answer(scene->model, &answer);
        answer.source = lookup->resolver;
    }
    if (asked->rtt_ms != 0)
        model_answer(scene->model, &answer);
}

void ask(struct scene *scene, const struct asked *asked)
{
    struct lookup lookup = {.time_ns = scene->now,
        .interface = asked->interface,
        .transport = asked->transport,
        .source = address(asked->source),
        .resolver = address(asked->resolver),
        .source_port = 51544,
        .resolver_port = asked->port,
        .id = ++scene->id,
        .type = asked->type,
        .class = 1};
    lookup.certainty = asked->certainty;
    lookup.forwarded = asked->forwarded;
    lookup.by_ipsec = asked->by_ipsec;
    lookup.stun_check = asked->stun_check;
    if (asked->name)
        lookup.name_length = (uint8_t)name_parse(asked->name, lookup.name);
    const struct interface *way = model_interface(scene->model, asked->interface);
    lookup.role = way ? way->role : ROLE_UNKNOWN;
    judge_exposure(scene->model, &lookup);
    uint64_t serial = model_lookup_add(scene->model, &lookup);
    struct process process = {.pid = asked->pid, .start = 1, .uid = 1000, .uid_known = true};
    text_format(process.name, sizeof(process.name), "%s", asked->app ? asked->app : "");
    text_format(process.user, sizeof(process.user), "%s", asked->user ? asked->user : "");
    process.vpn_client = vpn_by_process(process.name) != NULL;
    if (asked->pid)
        lookup.process = process;
    if (asked->via)
        text_format(lookup.via, sizeof(lookup.via), "%s", asked->via);
    if (asked->command)
        model_command(scene->model, &process, asked->command);
    judge_exposure(scene->model, &lookup);
    model_lookup_settle(scene->model, serial, &lookup);
    answered(scene, asked, &lookup);
}

void ask_tunnelled(struct scene *scene, const char *name)
{
    ask(scene, &(struct asked){.name = name,
                   .resolver = "10.2.0.1",
                   .source = "10.2.0.2",
                   .app = "firefox",
                   .user = "ana",
                   .pid = 4211,
                   .interface = 3,
                   .type = 1,
                   .port = 53,
                   .rtt_ms = 31});
}

void ask_leaking(struct scene *scene, const char *name)
{
    ask(scene, &(struct asked){.name = name,
                   .resolver = "192.0.2.53",
                   .source = "192.0.2.7",
                   .app = "dig",
                   .user = "ana",
                   .pid = 9120,
                   .interface = 2,
                   .type = 28,
                   .port = 53});
}

static void capture(struct scene *scene, bool possible, const char *reason)
{
    struct capture_info info = {.possible = possible,
        .running = possible,
        .control = possible ? CONTROL_SEEN : CONTROL_NONE,
        .packets = 1024,
        .since_ns = scene->now};
    text_format(info.reason, sizeof(info.reason), "%s", reason);
    model_capture_set(scene->model, &info, scene->now);
}

/* A machine with an uplink and, where up, a WireGuard tunnel over it. */
static void machine(struct scene *scene, bool tunnel, const char *ipv6)
{
    interface(scene, 1, "lo", "", "127.0.0.1", true);
    interface(scene, 2, "wlan0", "", "192.0.2.7", true);
    route(scene, FAMILY_INDEX_4, 2, "192.0.2.7");
    route(scene, FAMILY_INDEX_6, ipv6 ? 2 : 0, ipv6);
    model_settle(scene->model, scene->now);
    capture(scene, true, "");
    if (!tunnel)
        return;
    scene->now += SECOND;
    interface(scene, 3, "wg0", "wireguard", "10.2.0.2", true);
    route(scene, FAMILY_INDEX_4, 3, "10.2.0.2");
    model_settle(scene->model, scene->now);
    scene->now += SECOND;
}

static void evening(struct scene *scene, unsigned names)
{
    for (unsigned i = 0; i < names; i++) {
        char name[64];
        snprintf(name, sizeof(name), "host%u.example.net", i);
        ask_tunnelled(scene, name);
        scene->now += SECOND;
    }
}

static void public_address(struct scene *scene)
{
    struct public_address value = {.asked_ever = true,
        .checked_ns = scene->now,
        .address = address("203.0.113.7"),
        .interface = 3,
        .agree = 3,
        .asked = 3,
        .network = {.asn = 64500}};
    text_format(value.network.org, sizeof(value.network.org), "ExampleVPN");
    model_public_set(scene->model, FAMILY_INDEX_4, &value, scene->now);
}

static void hostile(struct scene *scene)
{
    /* ESC [ 2 J, BEL, BS, C1 CSI, U+202E and a dot inside a label. */
    static const char *const names[] = {
        "\\027[2J\\007evil.example",
        "back\\008\\008space.example",
        "c1\\155[31mred.example",
        "bidi\\226\\128\\174gnp.example",
        "dot\\.inside.example",
        "quote\\\"and\\\\slash.example",
        "very.long.name.with.many.labels.that.does.not.fit.into.any.column.www.registered.example",
    };
    char escaped[64];
    text_escape("wl\x1b[31m0", 8, escaped, sizeof(escaped));
    interface(scene, 7, escaped, "", NULL, true);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        ask_leaking(scene, names[i]);
        scene->now += SECOND;
    }
    struct asked asked = {.name = "name.example",
        .resolver = "192.0.2.53",
        .source = "192.0.2.7",
        .user = "ana",
        .pid = 666,
        .interface = 2,
        .type = 1,
        .port = 53};
    char app[64];
    text_escape("fire\x1b]0;x\x07", 10, app, sizeof(app));
    asked.app = app;
    ask(scene, &asked);
    scene->now += SECOND;
}

void scene_tunnel(struct scene *scene, bool up)
{
    interface(scene, 3, "wg0", "wireguard", "10.2.0.2", up);
    route(scene, FAMILY_INDEX_4, up ? 3 : 2, up ? "10.2.0.2" : "192.0.2.7");
    model_settle(scene->model, scene->now);
    scene->now += SECOND;
}

/* A tunnel that went down, and the look-up of its server by a program that nobody knows. */
static void server_asked(struct scene *scene)
{
    scene_tunnel(scene, false);
    ask(scene, &(struct asked){.name = "gw.myvpn.example",
                   .resolver = "192.0.2.53",
                   .source = "192.0.2.7",
                   .app = "my-vpn-script",
                   .user = "root",
                   .answer = "203.0.113.77",
                   .pid = 321,
                   .interface = 2,
                   .type = 1,
                   .port = 53,
                   .rtt_ms = 12});
    scene->now += SECOND;
}

/* And it comes up to the very address that was answered. */
void server_reached(struct scene *scene)
{
    struct fact peer = {.time_ns = scene->now,
        .interface = 2,
        .kind = FACT_PEER,
        .direction = DIRECTION_OUT,
        .type = PEER_WIREGUARD,
        .destination = address("203.0.113.77")};
    model_peer_seen(scene->model, &peer);
    scene_tunnel(scene, true);
}

/* Every way by which a name can leave, and every reason why one that left is no leak. */
static void ways(struct scene *scene)
{
    static const struct asked rows[] = {
        {.name = "shop.example.com",
            .resolver = "192.0.2.53",
            .source = "192.0.2.7",
            .app = "firefox",
            .user = "ana",
            .via = "systemd-resolved",
            .command =
                "/usr/lib/firefox-esr/firefox-esr --private-window https://shop.example.com/",
            .answer = "198.51.100.4",
            .liar = "192.0.2.1",
            .interface = 2,
            .pid = 4242,
            .type = 1,
            .port = 53,
            .rtt_ms = 12},
        {.name = "dns.google",
            .resolver = "8.8.8.8",
            .source = "192.0.2.7",
            .app = "chromium",
            .user = "ana",
            .interface = 2,
            .pid = 5001,
            .transport = TRANSPORT_DOH,
            .certainty = CERTAINTY_NAME,
            .port = 443},
        {.resolver = "1.1.1.1",
            .source = "192.0.2.7",
            .app = "firefox",
            .user = "ana",
            .interface = 2,
            .pid = 4242,
            .transport = TRANSPORT_DOH3,
            .certainty = CERTAINTY_ADDRESS,
            .port = 443},
        {.name = "dot.example",
            .resolver = "9.9.9.9",
            .source = "10.2.0.2",
            .app = "stubby",
            .user = "stubby",
            .interface = 3,
            .pid = 812,
            .transport = TRANSPORT_DOT,
            .certainty = CERTAINTY_BEHAVIOUR,
            .port = 853},
        {.resolver = "198.51.100.99",
            .source = "192.0.2.7",
            .app = "firefox",
            .user = "ana",
            .answer = "203.0.113.200",
            .interface = 2,
            .pid = 4242,
            .transport = TRANSPORT_STUN,
            .port = 3478,
            .rtt_ms = 22},
        {.name = "wiki.corp.lab",
            .resolver = "192.0.2.10",
            .source = "192.0.2.7",
            .app = "firefox",
            .user = "ana",
            .via = "systemd-resolved",
            .answer = "192.0.2.80",
            .interface = 2,
            .pid = 4242,
            .type = 28,
            .port = 53,
            .rtt_ms = 3},
        {.name = "connectivity-check.ubuntu.com",
            .resolver = "192.0.2.53",
            .source = "192.0.2.7",
            .app = "NetworkManager",
            .user = "root",
            .interface = 2,
            .pid = 700,
            .type = 1,
            .port = 53,
            .rtt_ms = 9},
        {.name = "updates.example.org",
            .resolver = "192.0.2.53",
            .source = "172.17.0.2",
            .interface = 2,
            .forwarded = true,
            .type = 1,
            .port = 53,
            .rtt_ms = 11},
        {.name = "printer.intended.example",
            .resolver = "192.0.2.53",
            .source = "192.0.2.7",
            .app = "cupsd",
            .user = "root",
            .interface = 2,
            .pid = 640,
            .type = 1,
            .port = 53,
            .rtt_ms = 8},
    };
    struct split_domain split = {.resolver = address("192.0.2.10"), .interface = 2};
    split.length = (uint8_t)name_parse("corp.lab", split.domain);
    text_format(split.source, sizeof(split.source), "systemd-resolved");
    model_split_domains(scene->model, &split, 1, scene->now);
    struct intended rule = {.name = "*.intended.example", .program = "cupsd"};
    model_intend(scene->model, &rule);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ask(scene, &rows[i]);
        scene->now += SECOND;
    }
}

/* What is seldom seen, and what is hostile where nothing hostile was expected. */
static void odd(struct scene *scene)
{
    static const struct asked rows[] = {
        {.name = "intranet.example",
            .resolver = "192.0.2.10",
            .source = "192.0.2.7",
            .app = "charon",
            .user = "root",
            .interface = 2,
            .pid = 88,
            .by_ipsec = true,
            .type = 1,
            .port = 53,
            .rtt_ms = 4},
        {.name = "2.dnscrypt-cert.resolver.example",
            .resolver = "192.0.2.44",
            .source = "192.0.2.7",
            .app = "dnscrypt-proxy",
            .user = "_dnscrypt",
            .interface = 2,
            .pid = 99,
            .transport = TRANSPORT_DNSCRYPT,
            .type = 16,
            .port = 8443,
            .rtt_ms = 20},
        {.resolver = "192.0.2.200",
            .source = "192.0.2.7",
            .app = "firefox",
            .user = "ana",
            .interface = 2,
            .pid = 4242,
            .stun_check = true,
            .transport = TRANSPORT_STUN,
            .port = 51000},
        {.name = "esc\\027[31m.very-long-label-of-a-resolver.somewhere.in.the.doh.world.example",
            .resolver = "2001:db8:1234:5678:9abc:def0:1234:5678",
            .source = "192.0.2.7",
            .app = "a program with blanks",
            .user = "ana",
            .command =
                "a program with blanks --\\027]0;title\\007 "
                "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            .interface = 2,
            .pid = 1234567,
            .transport = TRANSPORT_DOQ,
            .certainty = CERTAINTY_BEHAVIOUR,
            .port = 853},
        {.name = ".",
            .resolver = "198.41.0.4",
            .source = "192.0.2.7",
            .app = "unbound",
            .user = "unbound",
            .interface = 2,
            .pid = 505,
            .type = 2,
            .port = 53,
            .rtt_ms = 40},
        {.name = "7.2.0.192.in-addr.arpa",
            .resolver = "192.0.2.53",
            .source = "192.0.2.7",
            .interface = 2,
            .type = 12,
            .port = 53},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ask(scene, &rows[i]);
        scene->now += SECOND;
    }
}

bool scenes_build(struct scene *scene, const char *what)
{
    if (strcmp(what, "empty") == 0)
        return true;
    if (strcmp(what, "nocapture") == 0) {
        machine(scene, true, NULL);
        capture(scene, false, "packets cannot be captured without rights: sudo leaktop");
        return true;
    }
    if (strcmp(what, "unprotected") == 0) {
        machine(scene, false, "2001:db8::7");
        ask_leaking(scene, "open.example.org");
        return true;
    }
    if (strcmp(what, "clean") == 0) {
        machine(scene, true, NULL);
        evening(scene, 6);
        public_address(scene);
        return true;
    }
    if (strcmp(what, "ways") == 0) {
        machine(scene, true, NULL);
        evening(scene, 3);
        public_address(scene);
        ways(scene);
        return true;
    }
    if (strcmp(what, "programs") == 0 || strcmp(what, "crowd") == 0) {
        machine(scene, true, NULL);
        if (strcmp(what, "programs") == 0)
            scene_programs(scene);
        else
            scene_crowd(scene, 10000);
        return true;
    }
    if (strcmp(what, "tor") == 0) {
        machine(scene, false, NULL);
        model_expect(scene->model, EXPECT_TOR, false, scene->now);
        scene_tor(scene);
        return true;
    }
    if (strcmp(what, "observers") == 0) {
        machine(scene, true, NULL);
        scene_outside(scene);
        scene_programs(scene);
        scene_observers(scene);
        return true;
    }
    if (strcmp(what, "timeline") == 0) {
        machine(scene, false, NULL);
        scene_timeline(scene);
        return true;
    }
    if (strcmp(what, "outside") == 0) {
        machine(scene, true, NULL);
        evening(scene, 3);
        scene_outside(scene);
        return true;
    }
    if (strcmp(what, "odd") == 0) {
        machine(scene, true, NULL);
        odd(scene);
        return true;
    }
    if (strcmp(what, "bootstrap") == 0) {
        machine(scene, true, NULL);
        evening(scene, 2);
        server_asked(scene);
        return true;
    }
    if (strcmp(what, "many") == 0) {
        machine(scene, true, NULL);
        evening(scene, 3000);
        return true;
    }
    if (strcmp(what, "crash") == 0 || strcmp(what, "complain") == 0 || strcmp(what, "leak") == 0 ||
        strcmp(what, "hostile") == 0) {
        machine(scene, true, "2001:db8::7");
        evening(scene, 9);
        public_address(scene);
        if (strcmp(what, "hostile") == 0)
            hostile(scene);
        ask_leaking(scene, "shop.example.com");
        scene->now += SECOND;
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
        scene->now += SECOND;
        ask(scene, &(struct asked){.name = "www.example.org",
                       .resolver = "2001:db8::53",
                       .source = "2001:db8::7",
                       .app = "curl",
                       .user = "ana",
                       .pid = 777,
                       .interface = 2,
                       .type = 65,
                       .port = 53});
        ask_tunnelled(scene, "api.example.net");
        model_event(scene->model, scene->now, "note", "", "step 2: the resolver is the router's");
        return true;
    }
    return false;
}
