/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/fact.h"
#include "base/name.h"
#include "base/text.h"
#include "model/model.h"

/* Names in hellos and web requests: who learned them, and which of them were to stay hidden. */

enum { UPLINK = 2, TUNNEL = 3 };

static struct model *model;
static uint64_t now = 1000;

static int start(void **state)
{
    (void)state;
    struct interface uplink = {.index = UPLINK,
        .name = "eth0",
        .present = true,
        .up = true,
        .role = ROLE_UPLINK,
        .role_fixed = true};
    struct interface tunnel = {.index = TUNNEL,
        .name = "wg0",
        .kind = "wireguard",
        .present = true,
        .up = true,
        .role = ROLE_TUNNEL,
        .role_fixed = true};
    model = model_new(1, now);
    if (!model)
        return -1;
    model_interface_set(model, &uplink, now);
    model_interface_set(model, &tunnel, now);
    model_expect(model, EXPECT_VPN, false, now);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    model_free(model);
    return 0;
}

static uint64_t hello(uint32_t interface, const char *name)
{
    struct fact fact = {
        .time_ns = ++now, .kind = FACT_HELLO, .direction = DIRECTION_OUT, .interface = interface};
    assert_true(address_parse("192.0.2.7", &fact.source));
    assert_true(address_parse("203.0.113.80", &fact.destination));
    fact.name_length = (uint8_t)name_parse(name, fact.name);
    return model_site_add(model, &fact);
}

static const struct observed *row_of(uint64_t serial)
{
    for (size_t i = 0; i < model_observed_count(model); i++)
        if (model_observed_at(model, i)->serial == serial)
            return model_observed_at(model, i);
    fail_msg("no row");
    return NULL;
}

static void told(uint64_t serial, const char *program, bool vpn_client, bool tor)
{
    struct process process = {.pid = 7, .start = 1, .vpn_client = vpn_client, .tor = tor};
    text_format(process.name, sizeof(process.name), "%s", program);
    model_site_process(model, serial, &process);
}

static void who_may_leave_outside(void **state)
{
    (void)state;
    static const struct {
        const char *name, *program;
        uint32_t interface;
        bool vpn_client, tor;
        unsigned unasked; /* of local network and ISP each */
    } cases[] = {
        {"in.example", "curl", TUNNEL, false, false, 0},
        {"out.example", "curl", UPLINK, false, false, 1},
        {"gate.example", "openconnect", UPLINK, true, false, 0},
        {"www.random.example", "tor", UPLINK, false, true, 0},
        {"store.example", "steam", UPLINK, false, false, 0}, /* marked by its program */
        {"host.lan", "curl", UPLINK, false, false, 0},       /* marked by its name */
    };
    struct intended rules[] = {{.program = "steam"}, {.name = "*.lan"}};
    for (size_t i = 0; i < 2; i++)
        assert_true(model_intend(model, &rules[i]));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t serial = hello(cases[i].interface, cases[i].name);
        told(serial, cases[i].program, cases[i].vpn_client, cases[i].tor);
        const struct observed *row = row_of(serial);
        bool in = cases[i].interface == TUNNEL;
        assert_string_equal(row->program, cases[i].program);
        assert_int_equal(row->by[OBSERVER_TUNNEL].count, in);
        assert_int_equal(row->by[OBSERVER_ISP].count, !in);
        if (row->by[OBSERVER_ISP].unasked != cases[i].unasked ||
            row->by[OBSERVER_NETWORK].unasked != cases[i].unasked)
            fail_msg("%s: %u", cases[i].name, row->by[OBSERVER_ISP].unasked);
    }
}

/* What another program leaked of the same name stays. */
static void others_stay(void **state)
{
    (void)state;
    uint64_t serial = hello(UPLINK, "shared.example");
    told(serial, "curl", false, false);
    assert_int_equal(hello(UPLINK, "shared.example"), serial);
    told(serial, "openconnect", true, false);
    assert_int_equal(row_of(serial)->by[OBSERVER_ISP].count, 2);
    assert_int_equal(row_of(serial)->by[OBSERVER_ISP].unasked, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_may_leave_outside, start, stop),
        cmocka_unit_test_setup_teardown(others_stay, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
