/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scenes.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/name.h"
#include "base/text.h"

/* What the outside sees: tests, egress resolvers, the public address, what is set and was before.
 */

static struct address address(const char *text)
{
    struct address value;
    if (!address_parse(text, &value))
        exit(2);
    return value;
}

static void network(struct scene *scene, const char *of, int64_t asn, const char *org)
{
    struct network value = {.source = NETWORK_DATABASE, .asn = asn, .country = "CH"};
    struct address at = address(of);
    text_format(value.org, sizeof(value.org), "%s", org);
    model_network_set(scene->model, &at, &value, scene->now);
}

static struct baseline_address before(const char *of, int64_t asn, const char *org)
{
    struct baseline_address value = {
        .address = address(of), .network = {.source = NETWORK_DATABASE, .asn = asn}};
    text_format(value.network.org, sizeof(value.network.org), "%s", org);
    return value;
}

static void baseline(struct scene *scene)
{
    struct baseline value = {.taken_ns = scene->now - 600 * SECOND, .egress_count = 1};
    text_format(value.network, sizeof(value.network), "192.0.2.1 192.0.2.0/24");
    value.routes[FAMILY_INDEX_4].known = value.routes[FAMILY_INDEX_6].known = true;
    text_format(value.routes[FAMILY_INDEX_4].interface, 64, "wlan0");
    value.routes[FAMILY_INDEX_4].gateway = address("192.0.2.1");
    value.public_addresses[FAMILY_INDEX_4] = before("198.51.100.77", 64496, "Example ISP");
    value.egress[0] = before("198.51.100.77", 64496, "Example ISP"); /* its own resolver */
    value.resolvers[0] = address("192.0.2.53");
    value.resolver_count = 1;
    model_baseline_set(scene->model, &value, scene->now);
}

/* A name of our own: by that interface to that resolver, and who came. */
static void probe(struct scene *scene, uint32_t test, const char *name, uint32_t interface,
    const char *resolver, const char *egress, bool outside)
{
    uint8_t wire[NAME_WIRE_MAX];
    struct probe begin = {.test = test, .path = PROBE_CONFIGURED, .control = true};
    struct address came = address(egress);
    begin.asked = address(resolver);
    size_t length = name_parse(name, wire);
    uint64_t serial = model_probe_start(scene->model, &begin, wire, length, scene->now);
    (outside ? ask_leaking : ask_tunnelled)(scene, name);
    (void)interface;
    scene->now += SECOND / 32;
    model_probe_done(scene->model, serial, PROBE_ANSWERED, "", &came, scene->now);
    struct egress_resolver row = {.address = came,
        .test = test,
        .rtt_ns = SECOND / 32,
        .paths = 1U << PROBE_CONFIGURED | 1U << PROBE_SYSTEM,
        .asked = begin.asked};
    text_format(row.probe, sizeof(row.probe), "%s", name);
    text_format(row.subnet, sizeof(row.subnet), "%s", outside ? "192.0.2.0/24" : "");
    model_egress(scene->model, &row, scene->now);
}

static void services(struct scene *scene)
{
    struct public_address value = {.asked_ever = true,
        .checked_ns = scene->now,
        .address = address("203.0.113.7"),
        .other = address("198.51.100.20"),
        .interface = 3,
        .agree = 2,
        .asked = 3,
        .network = {.asn = -1},
        .said_count = 3,
        .cgnat = true};
    static const struct {
        const char *service, *address, *reason;
    } said[] = {{"ifconfig.co", "203.0.113.7", ""}, {"am.i.mullvad.net", "203.0.113.7", ""},
        {"checkip.amazonaws.com", "", "an HTML page, where an address should be"}};
    for (size_t i = 0; i < 3; i++) {
        struct said *row = &value.said[i];
        row->outcome = said[i].address[0] ? SAID_ADDRESS : SAID_FAILED;
        row->done_ns = scene->now;
        row->interface = 3;
        if (said[i].address[0])
            row->address = address(said[i].address);
        text_format(row->service, sizeof(row->service), "%s", said[i].service);
        text_format(row->reason, sizeof(row->reason), "%s", said[i].reason);
    }
    text_format(value.said[1].provider, sizeof(value.said[1].provider), "Mullvad");
    value.said[1].using = TERNARY_NO;
    model_public_set(scene->model, FAMILY_INDEX_4, &value, scene->now);
}

static void settings(struct scene *scene)
{
    struct configured_resolver list[3] = {
        {.address = address("10.2.0.1"), .interface = 3, .route_known = true},
        {.address = address("192.0.2.53"),
            .interface = 2,
            .link = 2,
            .route_known = true,
            .use = RESOLVER_SOME,
            .tls = TLS_TRIED},
        {.address = address("9.9.9.9"), .use = RESOLVER_FALLBACK, .tls = TLS_REQUIRED}};
    text_format(list[0].source, sizeof(list[0].source), "/etc/resolv.conf:1");
    text_format(list[1].source, sizeof(list[1].source), "systemd-resolved");
    text_format(list[2].source, sizeof(list[2].source), "/etc/systemd/resolved.conf:4");
    model_configured_resolvers(scene->model, list, 3, scene->now);
    struct setting rows[2] = {{.what = "hosts order", .value = "files resolve dns"},
        {.what = "FallbackDNS",
            .value = "9.9.9.9",
            .state = STATE_WARN,
            .why = "asked as soon as no link has a resolver, which is when a VPN drops"}};
    text_format(rows[0].source, sizeof(rows[0].source), "/etc/nsswitch.conf:7");
    rows[0].state = STATE_OFF;
    text_format(rows[1].source, sizeof(rows[1].source), "systemd-resolved");
    model_settings(scene->model, rows, 2, scene->now);
    struct activity_state state = {
        .started_ns = scene->now, .ended_ns = scene->now, .next_ns = scene->now + 62 * SECOND};
    model_activity_set(scene->model, ACTIVITY_NAMES, &state);
    state.failures = 2;
    state.next_ns = scene->now + 600 * SECOND;
    model_activity_set(scene->model, ACTIVITY_ADDRESS, &state);
}

void scene_outside(struct scene *scene)
{
    network(scene, "203.0.113.9", 64511, "ExampleVPN");
    network(scene, "203.0.113.10", 64511, "ExampleVPN");
    network(scene, "198.51.100.53", 64496, "Example ISP");
    baseline(scene);
    settings(scene);
    uint32_t test = model_test_start(scene->model, TEST_STANDARD, 3, scene->now);
    probe(scene, test, "k3v9q.probe.example", 3, "10.2.0.1", "203.0.113.9", false);
    probe(scene, test, "m2d8x.probe.example", 3, "10.2.0.1", "203.0.113.10", false);
    probe(scene, test, "w7r5t.probe.example", 2, "192.0.2.53", "198.51.100.53", true);
    model_test_end(scene->model, test, scene->now);
    struct egress_resolver traits = {
        .validates = TERNARY_YES, .minimises = TERNARY_NO, .site = "res7.zrh"};
    struct address asked = address("10.2.0.1");
    model_egress_traits(scene->model, PROBE_CONFIGURED, &asked, &traits, scene->now);
    services(scene);
}
