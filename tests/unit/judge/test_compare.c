/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Before and after, row by row. The world of a case is the usual one but for what the case says:
 * before, eth0, the ISP's resolver and address; now, all by wg0. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/name.h"
#include "base/text.h"
#include "judge/compare.h"
#include "judge/judge.h"
#include "model/model.h"

#define NOW 1700000000000000000ULL
#define SECOND 1000000000ULL
#define UPLINK 2U
#define TUNNEL 3U

#define ISP 64496
#define VPN 64511
#define OTHER 64500

struct situation {
    const char *name;
    /* What is looked at: the first row that is called so (of the family), and what it must say. */
    const char *row;
    enum state state;
    const char *word, *why;
    /* The world. NULL and 0: as usual. */
    const char *expect;          /* vpn */
    const char *route4, *route6; /* wg0; "eth0", "none", "blocked", "unknown" */
    bool no_baseline;
    const char *was_egress;   /* 203.0.113.53; "none" */
    int64_t was_asn;          /* of it and of the public addresses before: ISP */
    const char *was_public;   /* 203.0.113.2; "none" */
    const char *was_route6;   /* eth0; "none" */
    const char *was_resolver; /* 192.168.1.1; "none" */
    const char *egress;       /* 192.0.2.66; "none" */
    int64_t asn;              /* of it: VPN; -1 not known */
    const char *probe_by;     /* wg0; "eth0", "none": not captured */
    const char *seen;         /* 192.0.2.66; "none" */
    int64_t public_asn;       /* VPN */
    const char *public_by;    /* wg0; "eth0", "none": not known */
    unsigned agree;           /* 2 */
    const char *disagrees;    /* what another service said */
    const char *resolver;     /* configured: 10.64.0.1; "none" */
    const char *resolver_by;  /* wg0; "eth0", "none" */
    const char *asked;        /* a program's look-up went to: 10.64.0.1; "none" */
    const char *asked_by;     /* wg0; "eth0" */
    const char *capture;      /* works; "blind", "dropped" */
    bool intended;            /* that look-up is marked as intended */
    const char *connect_by;   /* a program's TCP connection by "eth0" */
};

static const struct situation situations[] = {
    /* web routes */
    {"the tunnel carries IPv4", "web IPv4", STATE_OK, "changed", "takes the tunnel",
        .expect = "vpn"},
    {"the tunnel carries IPv6", "web IPv6", STATE_OK, "changed", "takes the tunnel",
        .expect = "vpn"},
    {"IPv6 stays on the uplink, unseen", "web IPv6", STATE_WARN, "the same",
        "now as before by eth0", .route6 = "eth0"},
    {"IPv6 stays on the uplink, and a program used it", "web IPv6", STATE_LEAK, "the same",
        ": leak", .route6 = "eth0", .connect_by = "eth0"},
    {"IPv6 stays on the uplink, nothing is expected", "web IPv6", STATE_WARN, "the same",
        "nothing is expected", .route6 = "eth0", .expect = "none"},
    {"IPv6 is blocked", "web IPv6", STATE_OK, "gone", "no way out", .route6 = "blocked"},
    {"no IPv6 before or now", "web IPv6", STATE_OFF, "the same", "before and now", .route6 = "none",
        .was_route6 = "none"},
    {"the kernel is silent", "web IPv6", STATE_UNKNOWN, "unknown", "did not say",
        .route6 = "unknown"},
    {"no tunnel, none expected", "web IPv4", STATE_OFF, "no tunnel", "nothing to compare",
        .route4 = "eth0", .route6 = "eth0", .expect = "none"},
    {"the expected tunnel is down", "web IPv4", STATE_WARN, "the same", "tunnel is down",
        .route4 = "eth0", .route6 = "eth0", .asked = "none", .probe_by = "none"},
    {"the expected tunnel is down, a look-up left", "web IPv4", STATE_LEAK, "the same", ": leak",
        .route4 = "eth0", .route6 = "eth0", .asked = "192.168.1.1", .asked_by = "eth0"},
    {"Tor changes no route", "web IPv4", STATE_OFF, "the same", "Tor", .route4 = "eth0",
        .route6 = "eth0", .expect = "tor", .asked = "none", .probe_by = "none"},
    {"no baseline", "web IPv4", STATE_UNKNOWN, "unknown", "no baseline", .no_baseline = true},

    /* look-ups */
    {"another resolver, in the tunnel", "DNS IPv4", STATE_OK, "changed", "through the tunnel",
        .expect = "vpn"},
    {"the same resolver, in the tunnel", "DNS IPv4", STATE_OK, "the same",
        "the same resolver, asked through the tunnel now", .asked = "192.168.1.1"},
    {"the router is still asked", "DNS IPv4", STATE_LEAK, "the same", "left by eth0: leak",
        .asked = "192.168.1.1", .asked_by = "eth0"},
    {"another resolver, outside", "DNS IPv4", STATE_LEAK, "changed", "left by eth0: leak",
        .asked = "9.9.9.9", .asked_by = "eth0"},
    {"beside the tunnel, nothing expected", "DNS IPv4", STATE_WARN, "the same", "beside",
        .asked = "192.168.1.1", .asked_by = "eth0", .expect = "none"},
    {"a probe alone leaves outside", "DNS IPv4", STATE_LEAK, "changed", "outside the tunnel",
        .asked = "none", .probe_by = "eth0"},
    {"a probe alone leaves by the tunnel", "DNS IPv4", STATE_OK, "changed", "through the tunnel",
        .asked = "none"},
    {"a look-up that is marked as intended, besides", "DNS IPv4", STATE_OK, "the same",
        "but for what is no leak", .asked = "192.168.1.1", .asked_by = "eth0", .intended = true},
    {"only what is marked as intended", "DNS IPv4", STATE_UNKNOWN, "the same",
        "nothing was seen leaving by the tunnel", .asked = "192.168.1.1", .asked_by = "eth0",
        .intended = true, .probe_by = "none"},
    {"nothing was asked", "DNS IPv4", STATE_UNKNOWN, "unknown", "no look-up over IPv4",
        .asked = "none", .probe_by = "none"},
    {"the capture is blind", "DNS IPv4", STATE_UNKNOWN, "unknown", "blind", .capture = "blind"},
    {"packets were dropped", "DNS IPv4", STATE_UNKNOWN, "changed", "dropped unseen",
        .capture = "dropped"},
    {"the resolvers before are not known", "DNS IPv4", STATE_UNKNOWN, "unknown",
        "before is not known", .was_resolver = "none"},
    {"no resolver over IPv6", "DNS IPv6", STATE_OFF, "the same", "no resolver is set",
        .expect = "vpn"},
    {"an IPv6 resolver outside", "DNS IPv6", STATE_LEAK, "changed", "left by eth0",
        .asked = "2001:db8:1::1", .asked_by = "eth0"},
    {"the tunnel is down and the router is asked", "DNS IPv4", STATE_LEAK, "the same", ": leak",
        .route4 = "eth0", .route6 = "eth0", .asked = "192.168.1.1", .asked_by = "eth0"},
    {"the tunnel is down and all is quiet", "DNS IPv4", STATE_UNKNOWN, "no tunnel",
        "tunnel is down", .route4 = "eth0", .route6 = "eth0", .asked = "none", .probe_by = "none"},
    {"no tunnel, none expected", "DNS IPv4", STATE_OFF, "no tunnel", "nothing to compare",
        .route4 = "eth0", .route6 = "eth0", .expect = "none", .asked = "192.168.1.1",
        .asked_by = "eth0", .probe_by = "eth0"},
    {"no baseline", "DNS IPv4", STATE_UNKNOWN, "unknown", "no baseline", .no_baseline = true},

    /* who asks the world: the interface decides, never who owns the address */
    {"the VPN's resolver now", "egress resolver", STATE_OK, "changed", "through the tunnel",
        .expect = "vpn"},
    {"the ISP's, asked outside", "egress resolver", STATE_LEAK, "the same",
        "now as before the ISP's resolver, asked by eth0: leak", .egress = "203.0.113.53",
        .asn = ISP, .probe_by = "eth0"},
    {"the same public resolver, in the tunnel", "egress resolver", STATE_OK, "the same",
        "the same resolver, asked through the tunnel now", .was_egress = "198.51.100.99",
        .egress = "198.51.100.99", .asn = OTHER},
    {"the same public resolver, outside", "egress resolver", STATE_LEAK, "the same",
        "now as before the resolver, asked by eth0: leak", .was_egress = "198.51.100.99",
        .egress = "198.51.100.99", .asn = OTHER, .probe_by = "eth0"},
    {"another of the ISP's, in the tunnel", "egress resolver", STATE_WARN, "changed",
        "your ISP's resolver answers although asked by the tunnel", .egress = "203.0.113.54",
        .asn = ISP},
    {"the very same of the ISP's, in the tunnel", "egress resolver", STATE_WARN, "the same",
        "your ISP's resolver", .egress = "203.0.113.53", .asn = ISP},
    {"the ISP's network is known only now", "egress resolver", STATE_WARN, "changed",
        "your ISP's resolver", .egress = "203.0.113.54", .asn = ISP, .was_asn = -1},
    {"the tunnel ends in the ISP's network", "egress resolver", STATE_OK, "changed",
        "through the tunnel", .egress = "203.0.113.54", .asn = ISP, .public_asn = ISP},
    {"a network that nobody knows", "egress resolver", STATE_OK, "changed", "through the tunnel",
        .asn = -1},
    {"the VPN's own, outside", "egress resolver", STATE_LEAK, "changed",
        "asked outside the tunnel, by eth0: leak", .probe_by = "eth0"},
    {"outside, nothing expected", "egress resolver", STATE_WARN, "changed", "beside the tunnel",
        .probe_by = "eth0", .expect = "none"},
    {"its way was not captured", "egress resolver", STATE_UNKNOWN, "changed", "not captured",
        .probe_by = "none"},
    {"the same, its way not captured", "egress resolver", STATE_UNKNOWN, "the same", "not captured",
        .egress = "203.0.113.53", .asn = ISP, .probe_by = "none"},
    {"not known before", "egress resolver", STATE_UNKNOWN, "unknown", "not known",
        .was_egress = "none"},
    {"not known before, outside now", "egress resolver", STATE_LEAK, "unknown", ": leak",
        .was_egress = "none", .probe_by = "eth0"},
    {"not known now", "egress resolver", STATE_UNKNOWN, "unknown", "is not known",
        .egress = "none"},
    {"no tunnel, none expected", "egress resolver", STATE_OFF, "no tunnel", "nothing to compare",
        .route4 = "eth0", .route6 = "eth0", .expect = "none", .probe_by = "eth0"},
    {"no baseline", "egress resolver", STATE_UNKNOWN, "unknown", "no baseline",
        .no_baseline = true},

    /* what sites see */
    {"the tunnel's address", "public IPv4", STATE_OK, "changed", "the tunnel's address",
        .expect = "vpn"},
    {"the same address, outside", "public IPv4", STATE_LEAK, "the same", ": leak",
        .seen = "203.0.113.2", .public_asn = ISP, .public_by = "eth0"},
    {"the same address, by the tunnel", "public IPv4", STATE_WARN, "the same",
        "although asked by the tunnel", .seen = "203.0.113.2", .public_asn = ISP},
    {"another address, outside", "public IPv4", STATE_LEAK, "changed", "outside the tunnel: leak",
        .public_by = "eth0"},
    {"outside, nothing expected", "public IPv4", STATE_WARN, "changed", "outside the tunnel",
        .public_by = "eth0", .expect = "none"},
    {"one service alone", "public IPv4", STATE_UNKNOWN, "unknown", "fewer than two", .agree = 1},
    {"one service alone, outside", "public IPv4", STATE_LEAK, "changed", ": leak", .agree = 1,
        .public_by = "eth0"},
    {"services disagree", "public IPv4", STATE_UNKNOWN, "unknown", "disagree",
        .disagrees = "198.51.100.7"},
    {"by which interface is not known", "public IPv4", STATE_UNKNOWN, "changed", "not known",
        .public_by = "none"},
    {"not known before", "public IPv4", STATE_UNKNOWN, "unknown", "before is not known",
        .was_public = "none"},
    {"not asked", "public IPv4", STATE_UNKNOWN, "unknown", "is not known", .seen = "none"},
    {"IPv6 is switched off", "public IPv6", STATE_OK, "gone", "nothing of it leaves",
        .route6 = "none"},
    {"no IPv6 before or now", "public IPv6", STATE_OFF, "the same", "before and now",
        .route6 = "none", .was_route6 = "none"},
    {"no baseline", "public IPv4", STATE_UNKNOWN, "unknown", "no baseline", .no_baseline = true},

    /* what is set */
    {"the VPN's resolver is set", "configured", STATE_OK, "changed", "reached by the tunnel",
        .expect = "vpn"},
    {"the router stays set", "configured", STATE_WARN, "the same", "would be asked by eth0",
        .resolver = "192.168.1.1", .resolver_by = "eth0"},
    {"the same, by the tunnel", "configured", STATE_OK, "the same",
        "the same, but reached by the tunnel", .was_resolver = "9.9.9.9", .resolver = "9.9.9.9"},
    {"a stub", "configured", STATE_OFF, "changed", "a stub", .resolver = "127.0.0.53",
        .resolver_by = "none"},
    {"its way is not known", "configured", STATE_UNKNOWN, "changed", "not known",
        .resolver_by = "none"},
    {"none", "configured", STATE_UNKNOWN, "unknown", "no configured resolver", .resolver = "none"},
    {"not known before", "configured", STATE_UNKNOWN, "unknown", "before is not known",
        .was_resolver = "none"},
    {"no baseline", "configured", STATE_UNKNOWN, "unknown", "no baseline", .no_baseline = true},
};

static const char * or (const char *value, const char *usual)
{
    return value ? value : usual;
}

static bool is(const char *value, const char *word)
{
    return value && strcmp(value, word) == 0;
}

static struct address address_of(const char *text)
{
    struct address address = {0};
    if (!is(text, "none"))
        assert_true(address_parse(text, &address));
    return address;
}

static uint32_t index_of(const char *name)
{
    return is(name, "none") ? 0 : is(name, "eth0") ? UPLINK : TUNNEL;
}

static struct network network_of(int64_t asn)
{
    struct network network = {.source = NETWORK_SAID, .asn = asn};
    return network;
}

static void make_links(struct model *model, const struct situation *situation)
{
    struct interface uplink = {.index = UPLINK, .link_type = 1, .up = true, .gateway_route = true};
    struct interface tunnel = {.index = TUNNEL, .link_type = 65534, .up = true};
    text_format(uplink.name, sizeof(uplink.name), "eth0");
    text_format(tunnel.name, sizeof(tunnel.name), "wg0");
    text_format(tunnel.kind, sizeof(tunnel.kind), "wireguard");
    uplink.address_count = tunnel.address_count = 1;
    uplink.addresses[0] = (struct interface_address){address_of("192.168.1.2"), 24, false};
    tunnel.addresses[0] = (struct interface_address){address_of("10.64.0.2"), 32, false};
    model_interface_set(model, &uplink, NOW);
    model_interface_set(model, &tunnel, NOW);
    const char *wanted[] = { or (situation->route4, "wg0"), or (situation->route6, "wg0")};
    for (enum family family = 0; family < FAMILY_INDEXES; family++) {
        struct web_route route = {.state = is(wanted[family], "none")      ? ROUTE_NONE
                                           : is(wanted[family], "blocked") ? ROUTE_BLOCKED
                                           : is(wanted[family], "unknown") ? ROUTE_UNKNOWN
                                                                           : ROUTE_PRESENT};
        if (route.state == ROUTE_PRESENT)
            route.interface = index_of(wanted[family]);
        model_route_set(model, family, &route, NOW);
    }
    const char *expect = or (situation->expect, "vpn");
    model_expect(model,
        is(expect, "none")  ? EXPECT_NONE
        : is(expect, "tor") ? EXPECT_TOR
                            : EXPECT_VPN,
        false, NOW);
    model_settle(model, NOW);
}

static void make_capture(struct model *model, const struct situation *situation)
{
    struct capture_info info = {.possible = true,
        .running = true,
        .control = is(situation->capture, "blind") ? CONTROL_MISSED : CONTROL_SEEN,
        .dropped = is(situation->capture, "dropped") ? 7 : 0};
    model_capture_set(model, &info, NOW);
}

static void make_baseline(struct model *model, const struct situation *situation)
{
    struct baseline baseline = {.taken_ns = NOW - 3600 * SECOND};
    int64_t asn = situation->was_asn ? situation->was_asn : ISP;
    const char *egress = or (situation->was_egress, "203.0.113.53");
    const char *was = or (situation->was_public, "203.0.113.2");
    const char *resolver = or (situation->was_resolver, "192.168.1.1");
    for (size_t f = 0; f < 2; f++)
        baseline.routes[f].known = true;
    text_format(baseline.routes[0].interface, 64, "eth0");
    if (!is(situation->was_route6, "none"))
        text_format(baseline.routes[1].interface, 64, "eth0");
    baseline.public_addresses[0] = (struct baseline_address){address_of(was), network_of(asn)};
    if (!is(situation->was_route6, "none"))
        baseline.public_addresses[1] =
            (struct baseline_address){address_of("2001:db8:1::2"), network_of(asn)};
    if (!is(egress, "none"))
        baseline.egress[baseline.egress_count++] = (struct baseline_address){
            address_of(egress), network_of(is(egress, "198.51.100.99") ? OTHER : asn)};
    if (!is(resolver, "none"))
        baseline.resolvers[baseline.resolver_count++] = address_of(resolver);
    struct network later = network_of(ISP);
    if (asn < 0)
        model_network_set(model, &baseline.public_addresses[0].address, &later, NOW);
    if (!situation->no_baseline)
        model_baseline_set(model, &baseline, NOW);
}

static void look_up(struct model *model, const char *name, const char *to, uint32_t by)
{
    struct lookup lookup = {.time_ns = NOW + SECOND,
        .interface = by,
        .transport = TRANSPORT_UDP,
        .resolver = address_of(to),
        .resolver_port = 53,
        .source_port = 40000,
        .type = 1,
        .settled = true};
    lookup.source = address_of(lookup.resolver.family == FAMILY_IPV6 ? "2001:db8:1::5"
                               : by == UPLINK                        ? "192.168.1.2"
                                                                     : "10.64.0.2");
    lookup.name_length = (uint8_t)name_parse(name, lookup.name);
    judge_exposure(model, &lookup);
    model_lookup_add(model, &lookup);
}

static void make_probe(struct model *model, const struct situation *situation)
{
    static const char name[] = "0123abcd.probe.example";
    const char *egress = or (situation->egress, "192.0.2.66"),
               *by = or (situation->probe_by, "wg0");
    uint8_t wire[NAME_WIRE_MAX];
    size_t length = name_parse(name, wire);
    struct probe begin = {.path = PROBE_SYSTEM, .control = true};
    struct address address = address_of(egress);
    uint64_t serial = model_probe_start(model, &begin, wire, length, NOW + SECOND);
    if (!is(by, "none"))
        look_up(model, name, is(by, "eth0") ? "192.168.7.1" : "10.64.0.1", index_of(by));
    model_probe_done(model, serial, PROBE_ANSWERED, NULL,
        address.family == FAMILY_NONE ? NULL : &address, NOW + 2 * SECOND);
    if (address.family == FAMILY_NONE)
        return;
    struct egress_resolver came = {.address = address, .paths = 1U << PROBE_SYSTEM};
    model_egress(model, &came, NOW + 2 * SECOND);
    struct network network = network_of(situation->asn ? situation->asn : VPN);
    if (network.asn >= 0)
        model_network_set(model, &address, &network, NOW);
}

static void make_public(struct model *model, const struct situation *situation)
{
    const char *seen = or (situation->seen, "192.0.2.66");
    const char *by = or (situation->public_by, "wg0");
    struct public_address value = {.asked_ever = !is(seen, "none"),
        .checked_ns = NOW + SECOND,
        .address = address_of(seen),
        .interface = index_of(by),
        .agree = situation->agree ? situation->agree : 2,
        .asked = 2,
        .network = network_of(situation->public_asn ? situation->public_asn : VPN)};
    if (situation->disagrees)
        value.other = address_of(situation->disagrees);
    model_public_set(model, FAMILY_INDEX_4, &value, NOW + SECOND);
}

static void make_configured(struct model *model, const struct situation *situation)
{
    const char *address = or (situation->resolver, "10.64.0.1");
    const char *by = or (situation->resolver_by, "wg0");
    struct configured_resolver list[1] = {{.address = address_of(address),
        .interface = index_of(by),
        .route_known = !is(by, "none")}};
    text_format(list[0].source, sizeof(list[0].source), "/etc/resolv.conf:1");
    model_configured_resolvers(model, list, is(address, "none") ? 0 : 1, NOW);
}

static struct model *make(const struct situation *situation)
{
    struct model *model = model_new(5, NOW);
    assert_non_null(model);
    make_links(model, situation);
    make_capture(model, situation);
    make_baseline(model, situation);
    make_configured(model, situation);
    struct intended rule = {.name = "www.example"};
    if (situation->intended)
        assert_true(model_intend(model, &rule));
    if (!is(situation->asked, "none"))
        look_up(model, "www.example", or (situation->asked, "10.64.0.1"),
            index_of(or (situation->asked_by, "wg0")));
    make_probe(model, situation);
    make_public(model, situation);
    if (situation->connect_by) {
        struct connect connect = {.time_ns = NOW + SECOND,
            .interface = index_of(situation->connect_by),
            .destination = address_of("2001:db8:80::80"),
            .port = 443,
            .process = {.pid = 77}};
        model_connect_add(model, &connect);
    }
    return model;
}

static const struct compare_row *row_of(
    const struct compare_row *rows, size_t count, const char *what)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(rows[i].what, what) == 0)
            return &rows[i];
    return NULL;
}

static void each_situation(void **state)
{
    (void)state;
    bool wrong = false;
    for (size_t i = 0; i < sizeof(situations) / sizeof(situations[0]); i++) {
        const struct situation *situation = &situations[i];
        struct compare_row rows[COMPARE_ROWS];
        struct model *model = make(situation);
        size_t count = judge_compare(model, rows);
        const struct compare_row *row = row_of(rows, count, situation->row);
        if (!row || row->state != situation->state || strcmp(row->word, situation->word) != 0 ||
            !strstr(row->why, situation->why)) {
            print_error("%s, %s: expected %s \"%s\" \"...%s...\", got %s \"%s\" \"%s\"\n",
                situation->row, situation->name, state_word(situation->state), situation->word,
                situation->why, row ? state_word(row->state) : "no row", row ? row->word : "",
                row ? row->why : "");
            wrong = true;
        }
        model_free(model);
    }
    assert_false(wrong);
}

/* All rows are there in each situation, hold words, and never the address unmarked. */
static void rows_are_whole(void **state)
{
    (void)state;
    static const char *const whats[] = {"web IPv4", "web IPv6", "DNS IPv4", "DNS IPv6",
        "egress resolver", "public IPv4", "public IPv6", "configured"};
    for (size_t i = 0; i < sizeof(situations) / sizeof(situations[0]); i++) {
        struct compare_row rows[COMPARE_ROWS];
        struct model *model = make(&situations[i]);
        size_t count = judge_compare(model, rows);
        for (size_t j = 0; j < sizeof(whats) / sizeof(whats[0]); j++) {
            const struct compare_row *row = row_of(rows, count, whats[j]);
            assert_non_null(row);
            char plain[COMPARE_TEXT + 32];
            assert_true(row->before[0] && row->now[0] && row->word[0] && row->why[0]);
            assert_int_not_equal(row->state, STATE_UNPROTECTED);
            if (j == 5 || j == 6) {
                judge_plain(row->before, true, plain, sizeof(plain));
                assert_null(strstr(plain, "203.0.113.2"));
                judge_plain(row->now, true, plain, sizeof(plain));
                assert_null(strstr(plain, "192.0.2.66"));
            }
        }
        model_free(model);
    }
}

/* A look-up that leaked is not made good by the next one to the same resolver. */
static void a_leak_stays(void **state)
{
    (void)state;
    static const struct situation situation = {.name = "", .asked = "none"};
    struct compare_row rows[COMPARE_ROWS];
    struct model *model = make(&situation);
    look_up(model, "first.example", "192.168.1.1", UPLINK);
    struct intended rule = {.name = "second.example"};
    assert_true(model_intend(model, &rule));
    look_up(model, "second.example", "192.168.1.1", UPLINK);
    size_t count = judge_compare(model, rows);
    assert_int_equal(row_of(rows, count, "DNS IPv4")->state, STATE_LEAK);
    model_free(model);
}

/* Each resolver that came has a row; what is too much is left out before other rows are. */
static void many_egresses(void **state)
{
    (void)state;
    static const struct situation situation = {.name = ""};
    struct compare_row rows[COMPARE_ROWS];
    struct model *model = make(&situation);
    for (unsigned i = 1; i <= 60; i++) {
        struct egress_resolver came = {.address = address_of("198.51.100.1")};
        came.address.bytes[3] = (uint8_t)i;
        model_egress(model, &came, NOW + 3 * SECOND);
    }
    size_t count = judge_compare(model, rows);
    assert_true(count <= COMPARE_ROWS);
    assert_non_null(row_of(rows, count, "configured"));
    assert_non_null(row_of(rows, count, "public IPv6"));
    assert_true(count > 20);
    model_free(model);
}

/* The check of look-ups says who the world sees, and no AS makes it worse than it is. */
static void the_check_tells(void **state)
{
    (void)state;
    static const struct situation situation = {.name = "", .egress = "203.0.113.54", .asn = ISP};
    static struct verdict verdict;
    struct model *model = make(&situation);
    judge_all(model, NOW + 4 * SECOND, &verdict);
    const struct check *check = &verdict.checks[CHECK_DNS];
    bool found = false;
    for (size_t i = 0; i < check->evidence_count; i++)
        found |= strstr(check->evidence[i], "your ISP's resolver answers") != NULL;
    assert_true(found);
    assert_true(check->state == STATE_OK || check->state == STATE_WARN);
    model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_situation),
        cmocka_unit_test(rows_are_whole),
        cmocka_unit_test(a_leak_stays),
        cmocka_unit_test(many_egresses),
        cmocka_unit_test(the_check_tells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
