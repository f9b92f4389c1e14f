/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/name.h"
#include "model/model.h"

#define START 1700000000000000000ULL
#define SECOND 1000000000ULL

static struct address address(const char *text)
{
    struct address value;
    assert_true(address_parse(text, &value));
    return value;
}

static struct model *machine(void)
{
    struct model *model = model_new(7, START);
    struct interface eth = {.index = 2, .name = "eth0", .link_type = 1, .up = true};
    eth.addresses[eth.address_count++] = (struct interface_address){address("10.0.0.7"), 24, false};
    eth.gateway_route = true;
    model_interface_set(model, &eth, START);
    struct web_route route = {.state = ROUTE_PRESENT, .interface = 2};
    model_route_set(model, FAMILY_INDEX_4, &route, START);
    model_ipsec_set(model, FAMILY_INDEX_4, IPSEC_ALL, START);
    model_settle(model, START);
    struct capture_info info = {
        .possible = true, .running = true, .control = CONTROL_SEEN, .since_ns = START};
    model_capture_set(model, &info, START);
    return model;
}

static struct fact answer_at(uint64_t time_ns, uint16_t id)
{
    struct fact fact = {.time_ns = time_ns,
        .kind = FACT_ANSWER,
        .direction = DIRECTION_IN,
        .interface = 2,
        .source = address("9.9.9.9"),
        .destination = address("10.0.0.7"),
        .source_port = 53,
        .destination_port = 40000,
        .id = id,
        .type = 1,
        .class = 1};
    fact.name_length = (uint8_t)name_parse("a.example", fact.name);
    return fact;
}

/* A neighbour who sends look-alike answers gets a few into the list, not the person's own out. */
static void flood_is_bounded(void **state)
{
    (void)state;
    struct model *model = machine();
    unsigned taken = 0;
    for (unsigned i = 0; i < 100000; i++) { /* in ten seconds */
        struct fact fact = answer_at(START + 10 * SECOND + i * (SECOND / 10000), (uint16_t)i);
        fact.source_port = (uint16_t)(1024 + i / 65536);
        taken += !model_answer(model, &fact) && model_answer_unasked(model, &fact);
    }
    printf("of 100000 answers in 10 s %u were taken\n", taken);
    assert_true(taken >= 200 && taken <= 280);
    assert_int_equal(model_leak_count(model), 0);
    struct fact later = answer_at(START + 60 * SECOND, 9);
    later.source_port = 9;
    assert_true(model_answer_unasked(model, &later));
    struct fact back = answer_at(START + 7 * SECOND, 10); /* the clock was set back */
    back.source_port = 9;
    assert_true(model_answer_unasked(model, &back));
    model_free(model);
}

static void what_is_taken(void **state)
{
    static const struct {
        const char *name;
        uint64_t after;
        const char *source, *destination;
        enum direction direction;
        enum transport transport;
        uint32_t interface;
        bool name_known, taken;
    } cases[] = {
        {"an answer", 10, "9.9.9.9", "10.0.0.7", DIRECTION_IN, TRANSPORT_UDP, 2, true, true},
        {"over TCP", 10, "9.9.9.9", "10.0.0.7", DIRECTION_IN, TRANSPORT_TCP, 2, true, true},
        {"just after the capture began", 4, "9.9.9.9", "10.0.0.7", DIRECTION_IN, TRANSPORT_UDP, 2,
            true, false},
        {"of a file that tells no direction", 10, "9.9.9.9", "10.0.0.7", DIRECTION_UNKNOWN,
            TRANSPORT_UDP, 2, true, false},
        {"without a name", 10, "9.9.9.9", "10.0.0.7", DIRECTION_IN, TRANSPORT_UDP, 2, false, false},
        {"a neighbour's mDNS", 10, "10.0.0.8", "10.0.0.7", DIRECTION_IN, TRANSPORT_MDNS, 2, true,
            false},
        {"by a link that is not known", 10, "9.9.9.9", "10.0.0.7", DIRECTION_IN, TRANSPORT_UDP, 9,
            true, false},
        {"of the other family", 10, "2001:db8::9", "10.0.0.7", DIRECTION_IN, TRANSPORT_UDP, 2, true,
            false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct model *model = machine();
        struct fact fact = answer_at(START + cases[i].after * SECOND, 1);
        fact.source = address(cases[i].source);
        fact.destination = address(cases[i].destination);
        fact.direction = (uint8_t)cases[i].direction;
        fact.transport = (uint8_t)cases[i].transport;
        fact.interface = cases[i].interface;
        if (!cases[i].name_known)
            fact.name_length = 0;
        if (model_answer_unasked(model, &fact) != cases[i].taken)
            fail_msg("%s: %staken", cases[i].name, cases[i].taken ? "not " : "");
        assert_int_equal(model_lookup_newest(model), cases[i].taken);
        const struct lookup *lookup = model_lookup(model, 1);
        if (cases[i].taken)
            assert_true(lookup->by_ipsec && lookup->answered &&
                        lookup->exposure == EXPOSURE_TUNNELLED && !lookup->forwarded);
        /* the copy of it on the port of a bridge is the same */
        if (cases[i].taken)
            assert_true(model_answer(model, &fact));
        model_free(model);
    }
}

/* leaktop's own probe is proven by its answer alone. */
static void own_probe(void **state)
{
    (void)state;
    struct model *model = machine();
    struct fact fact = answer_at(START + 10 * SECOND, 1);
    struct probe begin = {.path = PROBE_CONFIGURED, .control = true};
    model_probe_start(
        model, &begin, fact.name, fact.name_length, START + 10 * SECOND - SECOND / 10);
    assert_true(model_answer_unasked(model, &fact));
    const struct probe *probe = model_probe_at(model, 0);
    assert_true(probe->captured && probe->left);
    assert_int_equal(probe->exposure, EXPOSURE_TUNNELLED);
    assert_int_equal(model_totals(model)->lookups, 0);
    model_free(model);
}

static void the_tunnel_has_a_name(void **state)
{
    (void)state;
    struct model *model = machine();
    assert_true(model_tunnel_up(model));
    assert_string_equal(model_tunnel(model)->name, "IPsec policy");
    assert_true(model_tunnel(model)->present);
    assert_int_equal(model_web_role(model, FAMILY_INDEX_4), ROLE_TUNNEL);
    assert_int_equal(model_expectation(model)->expectation, EXPECT_VPN);
    model_ipsec_set(model, FAMILY_INDEX_4, IPSEC_SOME, START + SECOND);
    model_settle(model, START + SECOND);
    assert_int_equal(model_drop_count(model), 1);
    assert_string_equal(model_drop_at(model, 0)->tunnel, "IPsec policy");
    assert_string_equal(model_tunnel(model)->name, "IPsec policy"); /* the one that last was it */
    assert_false(model_tunnel(model)->present);
    assert_int_equal(model_web_role(model, FAMILY_INDEX_4), ROLE_UPLINK);
    model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flood_is_bounded),
        cmocka_unit_test(what_is_taken),
        cmocka_unit_test(own_probe),
        cmocka_unit_test(the_tunnel_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
