/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Databases of the MaxMind format: those of tests/data/networks (made by tests/lab/mmdb.pl), and
 * what becomes of damaged ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "sources/networks_database.h"

#define FOLDER "tests/data/networks/"
#ifndef DAMAGED
#define DAMAGED 30000
#endif

static struct networks_database databases_of(const char *first, const char *second)
{
    struct networks_database databases = {0};
    const char *const paths[] = {first, second};
    for (size_t i = 0; i < 2 && paths[i]; i++)
        (void)snprintf(databases.paths[databases.count++], NETWORKS_PATH, "%s", paths[i]);
    return databases;
}

static struct network ask(const struct networks_database *databases, const char *text, char *why)
{
    struct address address;
    struct network network = {.asn = -1};
    assert_true(address_parse(text, &address));
    (void)networks_database_ask(databases, &address, &network, 1, why, 160);
    return network;
}

static void each_shape(void **state)
{
    (void)state;
    static const struct {
        const char *name, *first, *second, *address;
        int64_t asn;
        const char *org, *country;
        enum network_source source;
    } cases[] = {
        {"GeoLite2-ASN", FOLDER "GeoLite2-ASN.mmdb", NULL, "203.0.113.53", 64496, "Database ISP",
            "", NETWORK_DATABASE},
        {"IPv6", FOLDER "GeoLite2-ASN.mmdb", NULL, "2001:db8:2::53", 64496, "Database ISP", "",
            NETWORK_DATABASE},
        {"a country alone leaves the AS to others", FOLDER "GeoLite2-Country.mmdb", NULL,
            "203.0.113.53", -1, "", "BE", NETWORK_NOT_KNOWN},
        {"both", FOLDER "GeoLite2-ASN.mmdb", FOLDER "GeoLite2-Country.mmdb", "203.0.113.53", 64496,
            "Database ISP", "BE", NETWORK_DATABASE},
        {"flat, and no control sequence comes through", FOLDER "ipinfo_lite.mmdb", NULL,
            "203.0.113.53", 64496, "Flat\\027[31m ISP", "LU", NETWORK_DATABASE},
        {"the first one is believed", FOLDER "ipinfo_lite.mmdb", FOLDER "GeoLite2-Country.mmdb",
            "203.0.113.53", 64496, "Flat\\027[31m ISP", "LU", NETWORK_DATABASE},
        {"not in it", FOLDER "GeoLite2-ASN.mmdb", NULL, "192.0.2.66", -1, "", "",
            NETWORK_NOT_KNOWN},
        {"no such file, and one that is there", FOLDER "none.mmdb", FOLDER "GeoLite2-ASN.mmdb",
            "203.0.113.53", 64496, "Database ISP", "", NETWORK_DATABASE},
    };
    char why[160];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct networks_database databases = databases_of(cases[i].first, cases[i].second);
        struct network network = ask(&databases, cases[i].address, why);
        if (network.asn != cases[i].asn || strcmp(network.org, cases[i].org) != 0 ||
            strcmp(network.country, cases[i].country) != 0 || network.source != cases[i].source)
            fail_msg("%s: AS%lld \"%s\" %s", cases[i].name, (long long)network.asn, network.org,
                network.country);
        assert_int_equal(why[0] != '\0', strstr(cases[i].first, "none") != NULL);
    }
}

/* What a service said stays where no database knows better. */
static void keeps_what_was_known(void **state)
{
    (void)state;
    char why[160];
    struct address address;
    struct network network = {.source = NETWORK_SAID, .asn = 1, .org = "said", .country = "ZZ"};
    struct networks_database databases = databases_of(FOLDER "GeoLite2-Country.mmdb", NULL);
    assert_true(address_parse("203.0.113.53", &address));
    assert_int_equal(networks_database_ask(&databases, &address, &network, 1, why, sizeof(why)), 1);
    assert_int_equal(network.asn, 1);
    assert_string_equal(network.org, "said");
    assert_string_equal(network.country, "BE");
    assert_int_equal(network.source, NETWORK_SAID);
}

/* A file without a place, as a path. */
static int scratch_fd = -1;
static const char *scratch(void)
{
    static char path[64];
    if (scratch_fd < 0)
        scratch_fd = memfd_create("mmdb", MFD_CLOEXEC);
    assert_true(scratch_fd >= 0);
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", scratch_fd);
    return path;
}

static void write_file(const unsigned char *bytes, size_t length)
{
    assert_int_equal(ftruncate(scratch_fd, 0), 0);
    assert_int_equal(pwrite(scratch_fd, bytes, length, 0), length);
}

static void not_databases(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "", "x", "MaxMind.com", "\xab\xcd\xefMaxMind.com", "<html><body>not found</body></html>"};
    char why[160];
    struct networks_database databases = databases_of(scratch(), NULL);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        write_file((const unsigned char *)texts[i], strlen(texts[i]));
        assert_int_equal(ask(&databases, "203.0.113.53", why).asn, -1);
        assert_true(why[0] != '\0');
    }
    char folder[] = "/tmp/leaktop-mmdb-XXXXXX", fifo[64];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(fifo, sizeof(fifo), "%s/x.mmdb", folder);
    assert_int_equal(mkfifo(fifo, 0600), 0); /* nobody writes to it: not waited for */
    databases = databases_of(fifo, NULL);
    assert_int_equal(ask(&databases, "203.0.113.53", why).asn, -1);
    assert_true(why[0] != '\0');
    (void)unlink(fifo);
    (void)rmdir(folder);
    databases = databases_of("/dev/zero", "/");
    assert_int_equal(ask(&databases, "203.0.113.53", why).asn, -1);
}

/* libmaxminddb 1.7 itself loses some memory when the metadata of a file is damaged. */
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#define LEAKS_COUNT(count) ((count) ? __lsan_enable() : __lsan_disable())
#else
#define LEAKS_COUNT(count) ((void)(count))
#endif

static unsigned long next_random(unsigned long *seed)
{
    *seed = *seed * 6364136223846793005UL + 1442695040888963407UL;
    return *seed >> 33;
}

/* Octets changed at random, and files cut: it may say anything or nothing, escaped and bounded. */
static void damaged(void **state)
{
    (void)state;
    static const char *const names[] = {FOLDER "GeoLite2-ASN.mmdb", FOLDER "ipinfo_lite.mmdb"};
    static const char *const addresses[] = {"203.0.113.53", "2001:db8:2::53", "1.2.3.4"};
    static unsigned char whole[2][8192], bytes[8192];
    struct networks_database databases = databases_of(scratch(), NULL);
    unsigned long seed = 7;
    unsigned read = 0;
    size_t lengths[2];
    for (size_t i = 0; i < 2; i++) {
        FILE *file = fopen(names[i], "re");
        assert_non_null(file);
        lengths[i] = fread(whole[i], 1, sizeof(whole[i]), file);
        assert_int_equal(fclose(file), 0);
    }
    LEAKS_COUNT(false);
    for (unsigned i = 0; i < DAMAGED; i++) {
        size_t length = lengths[i % 2];
        memcpy(bytes, whole[i % 2], length);
        for (unsigned long changes = 1 + next_random(&seed) % 6; changes > 0; changes--)
            bytes[next_random(&seed) % length] = (unsigned char)next_random(&seed);
        write_file(bytes, i % 7 == 0 ? next_random(&seed) % length : length);
        char why[160];
        struct network network = ask(&databases, addresses[i % 3], why);
        read += why[0] == '\0';
        assert_true(strlen(network.org) < sizeof(network.org) && strlen(network.country) <= 2);
        for (const char *at = network.org; *at; at++)
            assert_true(*at >= ' ' && *at <= '~');
    }
    LEAKS_COUNT(true);
    assert_true(read > DAMAGED / 10); /* most are read, or nothing was tried here */
}

static void finds_them(void **state)
{
    (void)state;
    static const char named[2][NETWORKS_PATH] = {"/srv/a.mmdb", "/srv/b.mmdb"};
    struct networks_database databases;
    networks_database_find(&databases, named, 2);
    assert_true(databases.count >= 2 && databases.count <= NETWORKS_DATABASES);
    assert_string_equal(databases.paths[0], "/srv/a.mmdb");
    assert_string_equal(databases.paths[1], "/srv/b.mmdb");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_shape),
        cmocka_unit_test(keeps_what_was_known),
        cmocka_unit_test(not_databases),
        cmocka_unit_test(damaged),
        cmocka_unit_test(finds_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
