/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When a baseline is taken, kept, waited for and fetched again. Nothing is sent here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"
#include "guard/guard.h"
#include "model/model.h"
#include "options.h"
#include "watch/before.h"
#include "watch/private.h"

static struct watch watch;
static struct options options;
static char home[64];

static struct address address_of(const char *text)
{
    struct address address;
    assert_true(address_parse(text, &address));
    return address;
}

/* The machine is in the network of this gateway; by: the link that carries the web, 2 or 3. */
static void in_network(const char *gateway, const char *own, uint32_t by)
{
    uint64_t now = watch_clock();
    struct interface uplink = {.index = 2, .name = "eth0", .link_type = 1, .up = true};
    struct interface tunnel = {
        .index = 3, .name = "wg0", .kind = "wireguard", .link_type = 65534, .up = true};
    uplink.gateway_route = true;
    uplink.gateways[0] = address_of(gateway);
    uplink.address_count = tunnel.address_count = 1;
    uplink.addresses[0] = (struct interface_address){address_of(own), 24, false};
    tunnel.addresses[0] = (struct interface_address){address_of("10.64.0.2"), 32, false};
    struct web_route route = {.state = ROUTE_PRESENT, .interface = by};
    if (by == 2)
        route.gateway = uplink.gateways[0];
    model_interface_set(watch.model, &uplink, now);
    model_interface_set(watch.model, &tunnel, now);
    model_route_set(watch.model, FAMILY_INDEX_4, &route, now);
    model_settle(watch.model, now);
}

static void resolver(const char *text)
{
    struct configured_resolver list[1] = {{.address = address_of(text)}};
    model_configured_resolvers(watch.model, list, 1, watch_clock());
}

static int begin(void **state)
{
    (void)state;
    text_format(home, sizeof(home), "/tmp/leaktop-before-XXXXXX");
    if (!mkdtemp(home))
        return -1;
    (void)unsetenv("XDG_STATE_HOME");
    memset(&watch, 0, sizeof(watch));
    options = (struct options){.passive = true};
    watch.options = &options;
    watch.stopping = true; /* nobody looks */
    watch.model = model_new(11, watch_clock());
    assert_int_equal(uv_loop_init(&watch.loop), 0);
    for (size_t i = 0; i < TIMER_COUNT; i++) {
        assert_int_equal(uv_timer_init(&watch.loop, &watch.timers[i]), 0);
        watch.timers[i].data = &watch;
    }
    statefolder_open(&watch.state, 0, home);
    return watch.model ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    char command[128];
    before_close(&watch);
    statefolder_close(&watch.state);
    for (size_t i = 0; i < TIMER_COUNT; i++)
        uv_close((uv_handle_t *)&watch.timers[i], NULL);
    (void)uv_run(&watch.loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&watch.loop);
    model_free(watch.model);
    text_format(command, sizeof(command), "rm -rf %s", home);
    return system(command);
}

static bool told(const char *text)
{
    for (uint64_t serial = 1; serial <= model_event_newest(watch.model); serial++) {
        const struct event *event = model_event_get(watch.model, serial);
        if (event && strcmp(event->kind, "baseline") == 0 && strstr(event->text, text))
            return true;
    }
    return false;
}

static bool has_resolver(const char *text)
{
    const struct baseline *baseline = model_baseline(watch.model);
    struct address address = address_of(text);
    return baseline && baseline->resolver_count == 1 &&
           address_equal(&baseline->resolvers[0], &address);
}

/* At home, then with a tunnel, then elsewhere and home again. */
static void follows_the_network(void **state)
{
    (void)state;
    in_network("192.168.1.1", "192.168.1.7", 2);
    resolver("192.168.1.1");
    before_open(&watch);
    assert_true(told("taken before the tunnel"));
    assert_true(has_resolver("192.168.1.1"));
    in_network("192.168.1.1", "192.168.1.7", 3);
    resolver("10.64.0.1");
    before_update(&watch, true);
    assert_true(has_resolver("192.168.1.1"));
    assert_false(told("none was taken"));
    /* Roaming with the tunnel up. */
    in_network("10.9.0.1", "10.9.0.7", 3);
    before_update(&watch, true);
    assert_null(model_baseline(watch.model));
    assert_true(told("none was taken on this network"));
    in_network("192.168.1.1", "192.168.1.7", 3);
    before_update(&watch, true);
    assert_true(has_resolver("192.168.1.1"));
    assert_true(model_baseline(watch.model)->from_disk);
    /* What nobody took leaves nothing behind. */
    assert_string_equal(model_baseline(watch.model)->network, "192.168.1.1 192.168.1.0/24");
}

/* A VPN that comes up writes its resolver first. */
static void waits_for_what_changes(void **state)
{
    (void)state;
    in_network("192.168.1.1", "192.168.1.7", 2);
    resolver("192.168.1.1");
    before_open(&watch);
    resolver("10.64.0.1");
    before_update(&watch, true);
    assert_true(has_resolver("192.168.1.1"));
    assert_true(watch_timer_active(&watch, TIMER_BASELINE));
    in_network("192.168.1.1", "192.168.1.7", 3);
    before_update(&watch, true);
    uv_timer_stop(&watch.timers[TIMER_BASELINE]);
    before_update(&watch, true); /* as its timer does */
    assert_true(has_resolver("192.168.1.1"));
    assert_false(told("changed"));
}

static void takes_what_stood(void **state)
{
    (void)state;
    in_network("192.168.1.1", "192.168.1.7", 2);
    resolver("192.168.1.1");
    before_open(&watch);
    resolver("9.9.9.9");
    before_update(&watch, true);
    (void)uv_run(&watch.loop, UV_RUN_DEFAULT);
    assert_true(has_resolver("9.9.9.9"));
    assert_true(told("changed before the tunnel"));
}

static void by_key(void **state)
{
    (void)state;
    in_network("192.168.1.1", "192.168.1.7", 2);
    resolver("192.168.1.1");
    before_open(&watch);
    resolver("9.9.9.9");
    before_take(&watch); /* at once: the person says so */
    assert_true(has_resolver("9.9.9.9"));
    assert_non_null(strstr(watch.progress.note, "baseline taken: 0 public addresses"));
    assert_true(told("taken on key"));
    in_network("192.168.1.1", "192.168.1.7", 3);
    before_take(&watch);
    assert_non_null(strstr(watch.progress.note, "no baseline: a tunnel is up"));
    assert_true(has_resolver("9.9.9.9"));
}

/* What cannot be kept is said once, and is there until leaktop ends. */
static void without_a_folder(void **state)
{
    (void)state;
    statefolder_close(&watch.state);
    statefolder_open(&watch.state, 0, "/proc/self/none");
    in_network("192.168.1.1", "192.168.1.7", 2);
    resolver("192.168.1.1");
    before_open(&watch);
    assert_true(has_resolver("192.168.1.1"));
    assert_true(told("cannot be kept for later: /proc/self/none/.local/state/leaktop"));
    uint64_t events = model_event_newest(watch.model);
    before_take(&watch);
    assert_non_null(strstr(watch.progress.note, "it cannot be kept"));
    assert_int_equal(model_event_newest(watch.model), events + 1); /* taken on key */
}

/* Where questions are out, or were never asked, nothing is taken before the answers. */
static void waits_for_answers(void **state)
{
    (void)state;
    options.passive = false;
    in_network("192.168.1.1", "192.168.1.7", 2);
    resolver("192.168.1.1");
    before_open(&watch);
    assert_null(model_baseline(watch.model));
    before_take(&watch);
    assert_non_null(model_baseline(watch.model));
}

static void without_a_gateway(void **state)
{
    (void)state;
    in_network("192.168.1.1", "10.7.7.7", 3); /* one of a network that was left */
    resolver("10.64.0.1");
    before_open(&watch);
    assert_null(model_baseline(watch.model));
    assert_true(told("no gateway to know it by"));
    model_expect(watch.model, EXPECT_NONE, false, watch_clock());
    in_network("192.168.1.1", "10.7.7.7", 2);
    before_take(&watch);
    assert_non_null(strstr(watch.progress.note, "no baseline: no gateway"));
}

static void a_file_has_none(void **state)
{
    (void)state;
    watch.file = true;
    before_open(&watch);
    before_update(&watch, true);
    before_take(&watch);
    assert_non_null(strstr(watch.progress.note, "a capture file"));
}

#define WATCHED(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WATCHED(follows_the_network),
        WATCHED(waits_for_what_changes),
        WATCHED(takes_what_stood),
        WATCHED(by_key),
        WATCHED(without_a_folder),
        WATCHED(waits_for_answers),
        WATCHED(without_a_gateway),
        WATCHED(a_file_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
