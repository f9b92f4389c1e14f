/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "model/model.h"

#define START 1700000000000000000ULL
#define SECOND 1000000000ULL

static struct address address(const char *text)
{
    struct address value;
    assert_true(address_parse(text, &value));
    return value;
}

static void add(struct interface *interface, const char *text, uint8_t prefix, bool temporary)
{
    interface->addresses[interface->address_count++] =
        (struct interface_address){address(text), prefix, temporary};
}

/* uplink: the one address of eth0 that matters here. */
static struct model *machine(const char *uplink, bool tunnel)
{
    struct model *model = model_new(7, START);
    struct interface eth = {.index = 2, .name = "eth0", .link_type = 1, .up = true};
    eth.gateway_route = true;
    add(&eth, uplink, 24, false);
    add(&eth, "2001:db8:1::7", 64, false);
    add(&eth, "2001:db8:1::abcd", 64, true);
    struct interface wg = {
        .index = 3, .name = "wg0", .kind = "wireguard", .link_type = 65534, .up = true};
    add(&wg, "100.64.7.7", 32, false);
    model_interface_set(model, &eth, START);
    model_interface_set(model, &wg, START);
    const struct web_route route = {.state = ROUTE_PRESENT, .interface = tunnel ? 3 : 2};
    model_route_set(model, FAMILY_INDEX_4, &route, START);
    model_route_set(model, FAMILY_INDEX_6, &route, START);
    model_settle(model, START);
    return model;
}

/* o: own, u: an uplink's, t: temporary, c: carrier's NAT, n: NAT64 */
static void kinds(void **state)
{
    (void)state;
    static const struct {
        const char *situation, *uplink, *seen;
        uint32_t by;
        bool tunnel;
        const char *kinds;
    } cases[] = {
        {"behind a router", "192.168.1.7", "203.0.113.7", 2, false, ""},
        {"no NAT", "203.0.113.7", "203.0.113.7", 2, false, "ou"},
        {"no NAT, asked by the tunnel", "203.0.113.7", "203.0.113.7", 3, true, "ou"},
        {"IPv6, the stable one", "192.168.1.7", "2001:db8:1::7", 2, false, "ou"},
        {"IPv6, for privacy", "192.168.1.7", "2001:db8:1::abcd", 2, false, "out"},
        {"IPv6, of the tunnel's server", "192.168.1.7", "2001:db8:9::7", 3, true, ""},
        {"a carrier's NAT", "100.64.9.9", "203.0.113.7", 2, false, "c"},
        {"a carrier's NAT, by which way is not known", "100.127.9.9", "203.0.113.7", 0, false, "c"},
        {"just beside that range", "100.128.9.9", "203.0.113.7", 2, false, ""},
        {"a tunnel may use that range", "192.168.1.7", "203.0.113.7", 3, true, ""},
        {"a carrier's NAT below the tunnel", "100.64.9.9", "203.0.113.7", 3, true, ""},
        {"IPv6 beside a carrier's NAT", "100.64.9.9", "2001:db8:9::7", 2, false, ""},
        {"a translator of this machine", "192.0.0.2", "203.0.113.7", 2, false, "n"},
        {"just beside it", "192.0.0.8", "203.0.113.7", 2, false, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct model *model = machine(cases[i].uplink, cases[i].tunnel);
        struct public_address value = {.asked_ever = true,
            .checked_ns = START,
            .address = address(cases[i].seen),
            .interface = cases[i].by,
            .agree = 3,
            .asked = 3,
            .own = true, /* the source's word on it does not count */
            .cgnat = true};
        enum family family = value.address.family == FAMILY_IPV6 ? FAMILY_INDEX_6 : FAMILY_INDEX_4;
        model_public_set(model, family, &value, START);
        const struct public_address *seen = model_public(model, family);
        char got[8];
        text_format(got, sizeof got, "%s%s%s%s%s", seen->own ? "o" : "",
            seen->own_uplink ? "u" : "", seen->temporary ? "t" : "", seen->cgnat ? "c" : "",
            seen->nat64 ? "n" : "");
        if (strcmp(got, cases[i].kinds) != 0)
            fail_msg("%s: '%s', not '%s'", cases[i].situation, got, cases[i].kinds);
        model_free(model);
    }
}

/* What the tunnel's outer packets went to, one word a contact: seconds since it came up, and whose
 * address (192.0.2.N). */
static void far_ends(void **state)
{
    (void)state;
    static const struct {
        const char *situation, *contacts;
        bool tunnel;
        uint32_t serial;
    } cases[] = {
        {"the same all along", "1:1 120:1 240:1", true, 0},
        {"the first after it came up", "-5:2 1:1", true, 0},
        {"it roams", "1:1 60:2", true, 1},
        {"and is spoken to on and on", "1:1 60:2 61:2 180:2", true, 1},
        {"there and back, later", "1:1 60:2 300:1", true, 2},
        {"two take turns", "1:1 2:2 100:1 101:2 200:1 201:2", true, 1},
        {"three do", "1:1 2:2 3:3 120:1 121:2 122:3", true, 2},
        {"no tunnel", "1:1 60:2", false, 0},
        {"known from before it came up", "-9:2 1:1 60:2", true, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct model *model = machine("192.168.1.7", cases[i].tunnel);
        const char *at = cases[i].contacts;
        while (*at) {
            char *end;
            long seconds = strtol(at, &end, 10);
            uint8_t bytes[4] = {192, 0, 2, (uint8_t)strtol(end + 1, &end, 10)};
            struct fact fact = {.kind = FACT_PEER,
                .time_ns = START + (uint64_t)(seconds * (int64_t)SECOND),
                .interface = 2,
                .destination = address_from_ipv4(bytes)};
            model_peer_seen(model, &fact);
            at = *end == ' ' ? end + 1 : end;
        }
        if (model_peer_serial(model) != cases[i].serial)
            fail_msg("%s: %u, not %u", cases[i].situation, (unsigned)model_peer_serial(model),
                (unsigned)cases[i].serial);
        model_free(model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds),
        cmocka_unit_test(far_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
