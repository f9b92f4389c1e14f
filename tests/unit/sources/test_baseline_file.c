/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Baselines and networks on disk: written whole, read strictly, and nobody else's. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"
#include "sources/baseline_file.h"
#include "sources/networks_cache.h"
#include "sources/statefolder.h"

#define NETWORK "192.168.1.1 192.168.1.0/24"
#define TAKEN 1700000000000000000ULL

static char root[64];
static struct statefolder folder;

static struct address address_of(const char *text)
{
    struct address address;
    assert_true(address_parse(text, &address));
    return address;
}

static int begin(void **state)
{
    (void)state;
    text_format(root, sizeof(root), "/tmp/leaktop-state-XXXXXX");
    assert_non_null(mkdtemp(root));
    assert_int_equal(setenv("XDG_STATE_HOME", root, 1), 0);
    statefolder_open(&folder, 0, "");
    return folder.folder < 0 ? -1 : 0;
}

static void empty(const char *path)
{
    DIR *dir = opendir(path);
    const struct dirent *entry;
    while (dir && (entry = readdir(dir)))
        if (entry->d_name[0] != '.')
            (void)unlinkat(dirfd(dir), entry->d_name, 0);
    if (dir)
        closedir(dir);
}

static int end(void **state)
{
    (void)state;
    char path[128];
    statefolder_close(&folder);
    text_format(path, sizeof(path), "%s/leaktop", root);
    empty(path);
    (void)rmdir(path);
    (void)rmdir(root);
    return 0;
}

static struct baseline make(void)
{
    struct baseline baseline = {.taken_ns = TAKEN};
    text_format(baseline.network, sizeof(baseline.network), NETWORK);
    baseline.routes[0].known = baseline.routes[1].known = true;
    text_format(baseline.routes[0].interface, 64, "eth\\0270");
    baseline.routes[0].gateway = address_of("192.168.1.1");
    baseline.public_addresses[0] =
        (struct baseline_address){address_of("203.0.113.2"), {.source = NETWORK_DATABASE,
                                                                 .asn = 4294967294,
                                                                 .org = "An ISP \"quoted\"",
                                                                 .country = "NL"}};
    baseline.egress[0] = (struct baseline_address){address_of("2001:db8:2::53"), {.asn = -1}};
    baseline.egress[1] = (struct baseline_address){
        address_of("203.0.113.53"), {.source = NETWORK_CYMRU, .asn = 1, .org = "x"}};
    baseline.egress_count = 2;
    baseline.resolvers[0] = address_of("192.168.1.1");
    baseline.resolver_count = 1;
    return baseline;
}

static const char *only_file(void)
{
    static char path[400];
    DIR *dir = opendir(folder.path);
    const struct dirent *entry;
    path[0] = '\0';
    assert_non_null(dir);
    while ((entry = readdir(dir)))
        if (entry->d_name[0] != '.')
            text_format(path, sizeof(path), "%s/%s", folder.path, entry->d_name);
    closedir(dir);
    return path;
}

static void comes_back(void **state)
{
    (void)state;
    struct baseline baseline = make(), read;
    struct stat status;
    char why[120];
    assert_false(baseline_file_read(&folder, NETWORK, &read, why, sizeof(why)));
    assert_string_equal(why, "");
    assert_int_equal(baseline_file_write(&folder, &baseline), 0);
    assert_true(baseline_file_read(&folder, NETWORK, &read, why, sizeof(why)));
    assert_true(read.from_disk);
    read.from_disk = false;
    assert_memory_equal(&read, &baseline, sizeof(read));
    assert_int_equal(stat(only_file(), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(stat(folder.path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    /* Another network's is not this one's. */
    assert_false(baseline_file_read(&folder, "10.0.0.1 10.0.0.0/8", &read, why, sizeof(why)));
    assert_string_equal(why, "");
}

static char *slurp(size_t *length)
{
    static char text[65536];
    FILE *file = fopen(only_file(), "re");
    assert_non_null(file);
    *length = fread(text, 1, sizeof(text) - 1, file);
    text[*length] = '\0';
    assert_int_equal(fclose(file), 0);
    return text;
}

static void spill(const char *path, const char *text, size_t length)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

/* Half written at any place, or with any one thing other than it was written. */
static void damaged(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to;
    } edits[] = {
        {"leaktop-baseline/1", "leaktop-baseline/2"},
        {"192.168.1.0/24", "192.168.2.0/24"},
        {"\"taken\": 1700000000", "\"taken\": 0"},
        {"\"taken\": 1700000000", "\"taken\": 99999999999999"},
        {"\"taken\": 1700000000", "\"taken\": \"yesterday\""},
        {"\"interface\": \"eth", "\"interface\": \"\\u001b[31m"},
        {"\"interface\": \"eth", "\"interface\": \"\\u00e9"},
        {"\"interface\": \"eth", "\"interface\": 7, \"x\": \""},
        {"\"203.0.113.2\"", "\"2001:db8::2\""},
        {"\"203.0.113.2\"", "\"203.0.113.256\""},
        {"\"203.0.113.2\"", "null"},
        {"4294967294", "4294967296"},
        {"4294967294", "\"64496\""},
        {"\"NL\"", "\"NLD\""},
        {"\"from\": \"database\"", "\"from\": \"hearsay\""},
        {"\"egress\": [", "\"egress\": [7, "},
        {"\"resolvers\": [", "\"resolvers\": [\"\", "},
        {"\"resolvers\"", "\"egress\""},
        {"\"routes\"", "\"routs\""},
    };
    struct baseline baseline = make(), read;
    char why[120], path[400], changed[4096];
    size_t length;
    assert_int_equal(baseline_file_write(&folder, &baseline), 0);
    text_format(path, sizeof(path), "%s", only_file());
    const char *whole = slurp(&length);
    for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
        const char *at = strstr(whole, edits[i].from);
        assert_non_null(at);
        text_format(changed, sizeof(changed), "%.*s%s%s", (int)(at - whole), whole, edits[i].to,
            at + strlen(edits[i].from));
        spill(path, changed, strlen(changed));
        if (baseline_file_read(&folder, NETWORK, &read, why, sizeof(why)))
            fail_msg("%s for %s is taken", edits[i].to, edits[i].from);
        assert_string_equal(why, "is damaged");
    }
    for (size_t cut = 0; cut < length; cut++) {
        spill(path, whole, cut);
        assert_false(baseline_file_read(&folder, NETWORK, &read, why, sizeof(why)));
        assert_string_equal(why, "is damaged");
    }
    /* The next one that is written mends it. */
    assert_int_equal(baseline_file_write(&folder, &baseline), 0);
    assert_true(baseline_file_read(&folder, NETWORK, &read, why, sizeof(why)));
}

static void refused(void **state)
{
    (void)state;
    static char large[70000];
    struct baseline baseline = make(), read;
    char why[120], path[400];
    assert_int_equal(baseline_file_write(&folder, &baseline), 0);
    text_format(path, sizeof(path), "%s", only_file());
    assert_int_equal(chmod(path, 0620), 0);
    assert_false(baseline_file_read(&folder, NETWORK, &read, why, sizeof(why)));
    assert_string_equal(why, "others may write to it");
    memset(large, ' ', sizeof(large));
    assert_int_equal(unlink(path), 0);
    spill(path, large, sizeof(large));
    assert_int_equal(chmod(path, 0600), 0);
    assert_false(baseline_file_read(&folder, NETWORK, &read, why, sizeof(why)));
    assert_string_equal(why, "is longer than any of ours");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/etc/hostname", path), 0);
    assert_false(baseline_file_read(&folder, NETWORK, &read, why, sizeof(why)));
    assert_string_equal(why, "is a link");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0); /* and nobody waits for who writes to it */
    assert_false(baseline_file_read(&folder, NETWORK, &read, why, sizeof(why)));
    assert_string_equal(why, "is no plain file");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(baseline_file_write(&folder, &baseline), 0);
    if (geteuid() != 0)
        return;
    assert_int_equal(chown(path, 65534, 65534), 0);
    assert_false(baseline_file_read(&folder, NETWORK, &read, why, sizeof(why)));
    assert_string_equal(why, "belongs to somebody else");
}

static void oldest_goes(void **state)
{
    (void)state;
    struct baseline baseline = make(), read;
    char why[120];
    for (unsigned i = 0; i < BASELINE_FILES + 10; i++) {
        text_format(baseline.network, sizeof(baseline.network), "10.0.%u.1 10.0.%u.0/24", i, i);
        assert_int_equal(baseline_file_write(&folder, &baseline), 0);
    }
    unsigned found = 0;
    DIR *dir = opendir(folder.path);
    assert_non_null(dir);
    const struct dirent *entry;
    while ((entry = readdir(dir)))
        found += strncmp(entry->d_name, "network-", 8) == 0;
    closedir(dir);
    assert_int_equal(found, BASELINE_FILES);
    assert_true(baseline_file_read(&folder, baseline.network, &read, why, sizeof(why)));
    assert_false(baseline_file_read(&folder, "10.0.0.1 10.0.0.0/24", &read, why, sizeof(why)));
}

/* A folder that is another's, a link, or not to be had: said, and every call fails in peace. */
static void folders(void **state)
{
    (void)state;
    struct statefolder other;
    struct baseline baseline = make(), read;
    char why[120], path[128];
    text_format(path, sizeof(path), "%s/else", root);
    assert_int_equal(symlink("/tmp", path), 0);
    assert_int_equal(setenv("XDG_STATE_HOME", path, 1), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    text_format(path, sizeof(path), "%s/else/leaktop", root);
    assert_int_equal(symlink("/tmp", path), 0);
    statefolder_open(&other, 0, "");
    assert_int_equal(other.folder, -1);
    assert_non_null(strstr(other.trouble, "leaktop: "));
    assert_int_equal(baseline_file_write(&other, &baseline), -ENOENT);
    assert_false(baseline_file_read(&other, NETWORK, &read, why, sizeof(why)));
    statefolder_prune(&other, "network-", ".json", 0);
    statefolder_close(&other);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(unsetenv("XDG_STATE_HOME"), 0);
    statefolder_open(&other, 0, "");
    assert_int_equal(other.folder, -1);
    assert_non_null(strstr(other.trouble, "no home"));
    /* Below a home all of it is made, for its user alone. */
    text_format(path, sizeof(path), "%s/else", root);
    assert_int_equal(setenv("XDG_STATE_HOME", "/proc/self/none", 1), 0); /* not to be had */
    statefolder_open(&other, 0, path);
    assert_true(other.folder >= 0);
    statefolder_close(&other);
    static const char *const made[] = {"/.local/state/leaktop", "/.local/state", "/.local", ""};
    for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
        struct stat status;
        text_format(path, sizeof(path), "%s/else%s", root, made[i]);
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_mode & 0777, 0700);
        assert_int_equal(rmdir(path), 0);
    }
}

static void networks(void **state)
{
    (void)state;
    static struct networks_cache cache, read;
    char why[120];
    int64_t now = 1700000000;
    struct address inside = address_of("203.0.113.77"), outside = address_of("192.0.2.1");
    struct networks_row wide = {.prefix = {address_of("203.0.0.0"), 16}, .asn = 1, .asked_s = now};
    struct networks_row narrow = {
        .prefix = {address_of("203.0.113.0"), 24}, .asn = 2, .country = "NL", .asked_s = now};
    struct networks_row silent = {
        .prefix = {address_of("192.0.2.0"), 24}, .asn = -1, .asked_s = now};
    text_format(narrow.org, sizeof(narrow.org), "LAB-ISP");
    networks_cache_put(&cache, &narrow);
    networks_cache_put(&cache, &wide);
    networks_cache_put(&cache, &silent);
    assert_int_equal(networks_cache_find(&cache, &inside, now)->asn, 2);
    assert_int_equal(networks_cache_find(&cache, &outside, now)->asn, -1);
    assert_null(networks_cache_find(&cache, &outside, now + NETWORKS_SILENT_S));
    assert_null(networks_cache_find(&cache, &inside, now + NETWORKS_CACHE_S));
    assert_null(networks_cache_find(&cache, &inside, now - 1)); /* the clock was set back */
    assert_string_equal(networks_cache_org(&cache, 2), "LAB-ISP");
    assert_true(cache.changed);
    assert_int_equal(networks_cache_write(&cache, &folder), 0);
    networks_cache_read(&read, &folder, now + 5, why, sizeof(why));
    assert_string_equal(why, "");
    assert_int_equal(networks_cache_find(&read, &inside, now + 5)->asn, 2);
    assert_string_equal(networks_cache_find(&read, &inside, now + 5)->country, "NL");
    assert_null(networks_cache_find(&read, &outside, now + 5)); /* nobody told: not kept */
    networks_cache_read(&read, &folder, now + NETWORKS_CACHE_S, why, sizeof(why));
    assert_null(networks_cache_find(&read, &inside, now + 5));
    size_t length;
    const char *whole = slurp(&length);
    char path[400];
    text_format(path, sizeof(path), "%s", only_file());
    for (size_t cut = 0; cut < length; cut++) {
        spill(path, whole, cut);
        networks_cache_read(&read, &folder, now, why, sizeof(why));
        assert_string_equal(why, "is damaged");
        assert_null(networks_cache_find(&read, &inside, now));
    }
    for (unsigned i = 0; i < 2 * NETWORKS_CACHED; i++) { /* the oldest goes */
        struct networks_row row = {
            .prefix = {address_of("10.0.0.0"), 24}, .asn = i + 1, .asked_s = now + 1 + i};
        row.prefix.base.bytes[1] = (uint8_t)(i >> 8);
        row.prefix.base.bytes[2] = (uint8_t)i;
        networks_cache_put(&cache, &row);
    }
    assert_null(networks_cache_find(&cache, &inside, now + 600));
    assert_int_equal(networks_cache_write(&cache, &folder), 0);
    networks_cache_read(&read, &folder, now + 600, why, sizeof(why));
    assert_string_equal(why, "");
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(comes_back),
        IN_FOLDER(damaged),
        IN_FOLDER(refused),
        IN_FOLDER(oldest_goes),
        IN_FOLDER(folders),
        IN_FOLDER(networks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
