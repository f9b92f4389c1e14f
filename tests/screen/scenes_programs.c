/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scenes.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/fact.h"
#include "base/name.h"
#include "base/text.h"

/* Programs: each takes its own ways out. */

enum { UPLINK = 2, TUNNEL = 3 };

static struct address address(const char *text)
{
    struct address value;
    if (!address_parse(text, &value))
        exit(2);
    return value;
}

static void connects(struct scene *scene, const char *program, int pid, const char *to)
{
    static uint16_t port = 40000;
    struct connect connect = {.time_ns = scene->now,
        .interface = UPLINK,
        .source = address("192.0.2.7"),
        .destination = address(to),
        .source_port = ++port,
        .port = 443};
    struct process process = {.pid = pid, .start = 1, .uid = 1000, .uid_known = true};
    text_format(process.name, sizeof(process.name), "%s", program);
    text_format(process.user, sizeof(process.user), "ana");
    model_connect_add(scene->model, &connect);
    model_connect_process(scene->model, connect.source_port, &process, false);
    scene->now += SECOND;
}

static void inside(
    struct scene *scene, const char *program, int pid, const char *name, enum transport transport)
{
    ask(scene, &(struct asked){.name = name,
                   .resolver = transport == TRANSPORT_DOH ? "1.1.1.1" : "10.2.0.1",
                   .source = "10.2.0.2",
                   .app = program,
                   .user = "ana",
                   .pid = pid,
                   .interface = TUNNEL,
                   .transport = transport,
                   .certainty = transport == TRANSPORT_DOH ? CERTAINTY_NAME : CERTAINTY_PLAIN,
                   .type = transport == TRANSPORT_DOH ? 0 : 1,
                   .port = transport == TRANSPORT_DOH ? 443 : 53,
                   .rtt_ms = 20});
    scene->now += SECOND;
}

static void outside(
    struct scene *scene, const char *program, int pid, const char *name, const char *resolver)
{
    ask(scene, &(struct asked){.name = name,
                   .resolver = resolver,
                   .source = "192.0.2.7",
                   .app = program,
                   .user = program ? "ana" : NULL,
                   .command = program ? "--of a command line" : NULL,
                   .pid = pid,
                   .interface = UPLINK,
                   .type = 28,
                   .port = 53,
                   .rtt_ms = 9});
    scene->now += SECOND;
}

void scene_programs(struct scene *scene)
{
    for (unsigned i = 0; i < 30; i++) {
        char name[64];
        snprintf(name, sizeof(name), "page%u.example.com", i);
        inside(scene, "firefox-esr", 4211 + (int)(i % 3), name, TRANSPORT_UDP);
    }
    inside(scene, "firefox-esr", 4211, "cloudflare-dns.com", TRANSPORT_DOH);
    for (unsigned i = 0; i < 8; i++)
        inside(scene, "curl", 9000, "api.example.net", TRANSPORT_UDP);
    outside(scene, "firefox-esr", 4211, "shop.example.com", "192.0.2.53");
    outside(scene, "firefox-esr", 4211, "shop.example.com", "192.0.2.53");
    outside(scene, "dig", 9120, "www.example.org", "192.0.2.53");
    outside(scene, "dig", 9120, "a\\009b.example", "198.51.100.53");
    inside(scene, "steam", 7001, "store.example.net", TRANSPORT_UDP);
    connects(scene, "steam", 7001, "203.0.113.80");
    connects(scene, "steam", 7001, "203.0.113.81");
    ask(scene, &(struct asked){.name = "_ipp._tcp.local",
                   .resolver = "224.0.0.251",
                   .source = "192.0.2.7",
                   .app = "avahi-daemon",
                   .user = "avahi",
                   .pid = 611,
                   .interface = UPLINK,
                   .transport = TRANSPORT_MDNS,
                   .type = 12,
                   .port = 5353});
    ask(scene, &(struct asked){.name = "gone.example.net",
                   .resolver = "10.2.0.1",
                   .source = "10.2.0.2",
                   .interface = TUNNEL,
                   .type = 1,
                   .port = 53,
                   .rtt_ms = 9});
    ask(scene, &(struct asked){.name = "updates.example.org",
                   .resolver = "10.2.0.1",
                   .source = "172.17.0.2",
                   .interface = TUNNEL,
                   .forwarded = true,
                   .type = 1,
                   .port = 53,
                   .rtt_ms = 11});
    struct intended rule = {.program = "cupsd"};
    model_intend(scene->model, &rule);
    outside(scene, "cupsd", 640, "printer.example", "192.0.2.53");
}

static void site(struct scene *scene, enum fact_kind kind, uint8_t flags, uint32_t interface,
    const char *name, const char *server, const char *program)
{
    struct fact fact = {.time_ns = scene->now,
        .kind = (uint8_t)kind,
        .flags = flags,
        .direction = DIRECTION_OUT,
        .interface = interface,
        .source = address(interface == TUNNEL ? "10.2.0.2" : "192.0.2.7"),
        .destination = address(server),
        .source_port = 50000,
        .destination_port = kind == FACT_HELLO ? 443 : 80};
    fact.name_length = (uint8_t)name_parse(name, fact.name);
    uint64_t serial = model_site_add(scene->model, &fact);
    struct process process = {.pid = 7001, .start = 1};
    text_format(process.name, sizeof(process.name), "%s", program);
    model_site_process(scene->model, serial, &process);
    scene->now += SECOND;
}

void scene_observers(struct scene *scene)
{
    site(scene, FACT_HELLO, 0, UPLINK, "cdn.example.net", "203.0.113.80", "steam");
    site(scene, FACT_HELLO, 0, TUNNEL, "api.example.net", "203.0.113.90", "curl");
    site(scene, FACT_HTTP, 0, UPLINK, "updates.example.org", "203.0.113.81", "steam");
    site(scene, FACT_HTTP, FACT_STATUS, UPLINK, "ocsp.example.com", "203.0.113.82", "steam");
    /* Encrypted DNS past the tunnel, to a resolver with a name and to one without. */
    for (int i = 0; i < 2; i++)
        ask(scene, &(struct asked){.name = i ? NULL : "dns.google",
                       .resolver = i ? "9.9.9.9" : "8.8.8.8",
                       .source = "192.0.2.7",
                       .app = "chromium",
                       .user = "ana",
                       .pid = 5005,
                       .interface = UPLINK,
                       .transport = i ? TRANSPORT_DOT : TRANSPORT_DOH,
                       .certainty = i ? CERTAINTY_BEHAVIOUR : CERTAINTY_NAME,
                       .port = i ? 853 : 443});
    /* To the router, which asks on. */
    outside(scene, "dig", 9120, "router.example.org", "192.168.1.1");
}

/* to: an address, or else a name. */
static void hands(struct scene *scene, const char *program, int pid, const char *to)
{
    static uint16_t port = 42000;
    struct fact fact = {.time_ns = scene->now,
        .kind = FACT_SOCKS,
        .source = address("127.0.0.1"),
        .destination = address("127.0.0.1"),
        .source_port = ++port,
        .destination_port = 9050,
        .class = 5,
        .id = SOCKS_CONNECT,
        .type = 443};
    if (address_parse(to, &fact.addresses[0]))
        fact.address_count = 1;
    else
        fact.name_length = (uint8_t)name_parse(to, fact.name);
    uint64_t serial = model_socks_add(scene->model, &fact);
    struct process client = {.pid = pid, .start = 1, .uid = 1000, .uid_known = true};
    struct process tor = {.pid = 900, .start = 1, .tor = true, .name = "tor", .user = "debian-tor"};
    text_format(client.name, sizeof(client.name), "%s", program);
    text_format(client.user, sizeof(client.user), "ana");
    model_socks_client(scene->model, serial, &client);
    model_socks_server(scene->model, serial, &tor);
    scene->now += SECOND;
}

void scene_tor(struct scene *scene)
{
    hands(scene, "firefox.real", 3000, "hidden.example.org");
    hands(scene, "firefox.real", 3000, "news.example.org");
    hands(scene, "firefox.real", 3000, "news.example.org");
    outside(scene, "firefox-esr", 4211, "everyday.example.com", "192.0.2.53");
    ask(scene, &(struct asked){.name = "before.example.net",
                   .resolver = "192.0.2.53",
                   .source = "192.0.2.7",
                   .app = "curl",
                   .user = "ana",
                   .answer = "203.0.113.44",
                   .pid = 9000,
                   .interface = UPLINK,
                   .type = 1,
                   .port = 53,
                   .rtt_ms = 9});
    scene->now += SECOND;
    hands(scene, "curl", 9000, "203.0.113.44");
    ask(scene, &(struct asked){.resolver = "198.51.100.99",
                   .source = "192.0.2.7",
                   .app = "firefox-esr",
                   .user = "ana",
                   .answer = "203.0.113.200",
                   .interface = UPLINK,
                   .pid = 4211,
                   .transport = TRANSPORT_STUN,
                   .port = 3478,
                   .rtt_ms = 22});
}

void scene_crowd(struct scene *scene, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        char program[32], name[64];
        snprintf(program, sizeof(program), "program%05u", i);
        snprintf(name, sizeof(name), "host%u.example.net", i);
        if (i % 100 == 7)
            outside(scene, program, 1000 + (int)i, name, "192.0.2.53");
        else
            inside(scene, program, 1000 + (int)i, name, TRANSPORT_UDP);
    }
}
