/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/name.h"
#include "tables/encrypted.h"

static struct encrypted_table *table;

static int open_table(void **state)
{
    (void)state;
    table = encrypted_new();
    return table ? 0 : -1;
}

static int close_table(void **state)
{
    (void)state;
    encrypted_free(table);
    encrypted_free(NULL);
    return 0;
}

static bool by_name(const char *text, const char **provider)
{
    uint8_t wire[NAME_WIRE_MAX];
    size_t length = name_parse(text, wire);
    if (length == 0)
        fail_msg("%s is no name", text);
    return encrypted_by_name(table, wire, length, provider);
}

static void expect_host(const char *host, const char *provider)
{
    char text[300];
    const char *got = NULL;
    bool below = strncmp(host, "*.", 2) == 0;
    (void)snprintf(text, sizeof text, "%s%s", below ? "a.B-1." : "", below ? host + 2 : host);
    if (!by_name(text, &got) || strcmp(got, provider) != 0)
        fail_msg("%s: expected %s, got %s", text, provider, got ? got : "nothing");
    if (below)
        return;
    (void)snprintf(text, sizeof text, "x%s", host); /* a neighbour's name */
    if (by_name(text, NULL) && !strstr(text, ".cloudflare-dns.com") && !strstr(text, ".nextdns.io"))
        fail_msg("%s passes for %s", text, host);
}

static void expect_address(const char *text, const char *provider, bool dedicated)
{
    struct address address;
    const char *got = NULL;
    bool alone = !dedicated;
    assert_true(address_parse(text, &address));
    if (!encrypted_by_address(table, &address, &got, &alone) || strcmp(got, provider) != 0)
        fail_msg("%s: expected %s, got %s", text, provider, got ? got : "nothing");
    if (alone != dedicated)
        fail_msg("%s: dedicated is %d", text, alone);
}

/* Each row of the file that people edit is found by all that it says. */
static void every_row(void **state)
{
    (void)state;
    FILE *file = fopen("src/tables/encrypted.tsv", "re");
    assert_non_null(file);
    char line[4096];
    size_t hosts = 0, addresses = 0;
    while (fgets(line, sizeof line, file)) {
        char *columns[6], *rest = line;
        if (line[0] == '#')
            continue;
        line[strcspn(line, "\n")] = '\0';
        for (size_t i = 0; i < 6; i++)
            assert_non_null(columns[i] = strsep(&rest, "\t"));
        for (size_t i = 1; i <= 3; i++)
            for (char *word; (word = strsep(&columns[i], " "));) {
                if (strcmp(word, "-") == 0)
                    continue;
                if (i == 1)
                    expect_host(word, columns[0]);
                else
                    expect_address(word, columns[0], strcmp(columns[5], "yes") == 0);
                i == 1 ? hosts++ : addresses++;
            }
    }
    fclose(file);
    assert_true(hosts > 300 && addresses > 500);
}

static void names(void **state)
{
    (void)state;
    static const struct {
        const char *name, *provider; /* NULL: no resolver */
    } cases[] = {
        {"dns.google", "Google DNS"},
        {"DNS.gOOgle", "Google DNS"},
        {"evil-dns.google", NULL},
        {"xdns.google", NULL},
        {"dns.google.example", NULL},
        {"a.dns.google", NULL},
        {"google", NULL},
        {"dns\\.google", NULL}, /* one label with a dot inside */
        {"abc123.dns.nextdns.io", "NextDNS"},
        {"phone-abc123.dns.nextdns.io", "NextDNS"},
        {"a.b.c.dns.nextdns.io", "NextDNS"},
        {"dns.nextdns.io", "NextDNS"},
        {"my.nextdns.io", NULL}, /* its web pages */
        {"xdns.nextdns.io", NULL},
        {"abc123.dns.nextdns.io.example", NULL},
        {"firefox.dns.nextdns.io", "NextDNS"},
        {"mozilla.cloudflare-dns.com", "Cloudflare DNS"},
        {"chrome.cloudflare-dns.com", "Cloudflare DNS"},
        {"cloudflare-dns.com", "Cloudflare DNS"},
        {"www.cloudflare.com", NULL},
        {"cloudflare-gateway.com", NULL},
        {"q1w2e3.cloudflare-gateway.com", "Cloudflare DNS"},
        {"doh.opendns.com", "Cisco OpenDNS"},
        {"cleanbrowsing.org", NULL},
        {"mullvad.net", NULL},
        {"use-application-dns.net", NULL}, /* a canary */
        {"1.1.1.1", NULL},
        {".", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *got = NULL;
        bool found = by_name(cases[i].name, &got);
        if (found != (cases[i].provider != NULL) || (found && strcmp(got, cases[i].provider) != 0))
            fail_msg("%s: expected %s, got %s", cases[i].name,
                cases[i].provider ? cases[i].provider : "nothing", got ? got : "nothing");
    }
}

/* What is no name in wire form is nobody's, and is not read past its end. */
static void no_names(void **state)
{
    (void)state;
    uint8_t wire[NAME_WIRE_MAX];
    size_t length = name_parse("abc.dns.nextdns.io", wire);
    for (size_t cut = 0; cut < length; cut++)
        assert_false(encrypted_by_name(table, wire, cut, NULL));
    wire[0] = 64;
    assert_false(encrypted_by_name(table, wire, length, NULL));
}

static void addresses(void **state)
{
    (void)state;
    expect_address("1.1.1.1", "Cloudflare DNS", true);
    expect_address("8.8.4.4", "Google DNS", true);
    expect_address("2620:fe::fe", "Quad9 DNS", true);
    expect_address("104.16.248.249", "Cloudflare DNS", false);
    static const char *const strangers[] = {
        "1.1.1.4", "192.168.1.1", "::", "0.0.0.0", "2620:fe::ff", "8.8.8.9"};
    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++) {
        struct address address;
        assert_true(address_parse(strangers[i], &address));
        if (encrypted_by_address(table, &address, NULL, NULL))
            fail_msg("%s passes for a resolver", strangers[i]);
    }
    assert_false(encrypted_by_address(table, &(struct address){0}, NULL, NULL));
}

static void additions(void **state)
{
    (void)state;
    struct address with, alone;
    assert_true(address_parse("192.0.2.7", &with) && address_parse("2001:db8::7", &alone));
    assert_true(encrypted_add(table, "doh.corp.example", &with));
    assert_true(encrypted_add(table, "*.dns.corp.example", NULL));
    assert_true(encrypted_add(table, NULL, &alone));
    expect_host("doh.corp.example", "the configuration");
    expect_host("*.dns.corp.example", "the configuration");
    expect_address("192.0.2.7", "the configuration", false);
    expect_address("2001:db8::7", "the configuration", true);
    assert_true(encrypted_add(table, "dns.google", NULL)); /* is there: stays */
    expect_host("dns.google", "Google DNS");

    static const char *const refused[] = {"", ".", "*", "*.", "*.*", "a..b", "a.*.b",
        "label-that-is-longer-than-sixty-three-octets-which-no-name-can-have.example"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (encrypted_add(table, refused[i], NULL))
            fail_msg("'%s' was taken for a name", refused[i]);
    assert_false(encrypted_add(table, NULL, NULL));
    assert_false(encrypted_add(table, NULL, &(struct address){0}));
}

/* A full table refuses, and still answers. */
static void full(void **state)
{
    (void)state;
    char name[32];
    size_t taken = 0;
    while (taken < 10000) {
        (void)snprintf(name, sizeof name, "h%zu.example", taken);
        if (!encrypted_add(table, name, NULL))
            break;
        taken++;
    }
    assert_in_range(taken, 60, 9999);
    assert_true(by_name("h0.example", NULL));
    assert_false(by_name(name, NULL));
    for (taken = 0; taken < 10000; taken++) {
        uint8_t bytes[4] = {10, 0, (uint8_t)(taken >> 8), (uint8_t)taken};
        struct address address = address_from_ipv4(bytes);
        if (!encrypted_add(table, NULL, &address)) {
            assert_false(encrypted_by_address(table, &address, NULL, NULL));
            break;
        }
    }
    assert_in_range(taken, 500, 9999);
    expect_address("10.0.0.0", "the configuration", true);
    assert_true(by_name("dns.google", NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_row, open_table, close_table),
        cmocka_unit_test_setup_teardown(names, open_table, close_table),
        cmocka_unit_test_setup_teardown(no_names, open_table, close_table),
        cmocka_unit_test_setup_teardown(addresses, open_table, close_table),
        cmocka_unit_test_setup_teardown(additions, open_table, close_table),
        cmocka_unit_test_setup_teardown(full, open_table, close_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
