/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/text.h"
#include "sources/browsers.h"
#include "tables/browsers.h"

static char home[] = "/tmp/leaktop-browsers-XXXXXX";

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status, (void)kind, (void)walk;
    return strcmp(path, home) == 0 ? 0 : remove(path);
}

static void empty_home(void)
{
    nftw(home, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* The path below home, its folders made. */
static const char *place(const char *below)
{
    static char path[512];
    text_format(path, sizeof(path), "%s/%s", home, below);
    for (char *slash = path + sizeof(home); (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        (void)mkdir(path, 0700);
        *slash = '/';
    }
    return path;
}

static void put(const char *below, const char *text)
{
    FILE *file = fopen(place(below), "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static struct browsers_query query = {.root = home, .home = home};

static size_t read_rows(uid_t user, struct browser_profile *list, size_t room)
{
    struct browsers_home own = {.folder = open(home, O_PATH | O_DIRECTORY), .user = user};
    assert_true(own.folder >= 0);
    struct browsers_files files = browsers_home_files(&own);
    size_t count = browsers_read(&files, &query, list, room);
    close(own.folder);
    return count;
}

/* Rows as "name/package/profile=mode" or "...!reason", joined by blanks. */
static const char *found(uid_t user)
{
    static char out[2048];
    struct browser_profile list[BROWSERS_MAX];
    size_t count = read_rows(user, list, BROWSERS_MAX);
    out[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        size_t used = strlen(out);
        bool known = list[i].settings.trouble[0] == '\0';
        text_format(out + used, sizeof(out) - used, "%s%s/%s/%s%s%s", i ? " " : "", list[i].name,
            list[i].package, list[i].profile, known ? "=" : "!",
            known ? browser_mode_word(list[i].settings.mode) : list[i].settings.trouble);
    }
    return out;
}

#define INI "[Profile0]\nName=default\nIsRelative=1\nPath=p0\n"
#define MODE3 "user_pref(\"network.trr.mode\", 3);\n"
#define FIREFOX ".mozilla/firefox/"

static void test_found(void **state)
{
    (void)state;
    assert_string_equal(found(getuid()), "");
    put(FIREFOX "profiles.ini", INI "[Install4F]\nDefault=p0\n[Profile1]\nName=a b\nIsRelative=1\n"
                                    "Path=Profiles/p1\n[General]\nVersion=2\n");
    put(FIREFOX "p0/prefs.js", MODE3);
    put(FIREFOX "Profiles/p1/prefs.js", "");
    put(FIREFOX "Profiles/p1/user.js", "user_pref(\"network.trr.mode\", 2);");
    put("snap/chromium/common/chromium/Local State", "{\"dns_over_https\":{\"mode\":\"off\"}}");
    put(".config/chromium/Local State",
        "{\"profile\":{\"info_cache\":{\"Default\":{},\"Profile 1\":{}}}}");
    put(".config/chromium/Profile 1/Preferences",
        "{\"proxy\":{\"mode\":\"fixed_servers\",\"server\":\"socks5://127.0.0.1:9050\"}}");
    assert_string_equal(found(getuid()), "firefox/native/default=secure firefox/native/a "
                                         "b=automatic chromium/native/Default=automatic "
                                         "chromium/native/Profile 1=tor chromium/snap/=off");
    empty_home();
}

static void test_every_place(void **state)
{
    (void)state;
    for (size_t i = 0; browser_place_at(i); i++) {
        const struct browser_place *row = browser_place_at(i);
        static const char *const files[] = {"profiles.ini", "Local State", "prefs.js"};
        static const char *const came[] = {"default=secure", "=automatic", "tor-browser-x=tor"};
        char folder[256] = "", path[300], wanted[128];
        for (const char *at = row->folder; *at; at++) {
            size_t used = strlen(folder);
            text_format(folder + used, sizeof(folder) - used, *at == '*' ? "-x" : "%c", *at);
        }
        text_format(path, sizeof(path), "%s/%s", folder, files[row->family]);
        put(path, row->family == BROWSER_FIREFOX    ? INI
                  : row->family == BROWSER_CHROMIUM ? "{}"
                                                    : "");
        text_format(path, sizeof(path), "%s/p0/prefs.js", folder);
        if (row->family == BROWSER_FIREFOX)
            put(path, MODE3);
        text_format(wanted, sizeof(wanted), "%s/%s/%s", row->name, row->package, came[row->family]);
        assert_string_equal(found(getuid()), wanted);
        empty_home();
    }
}

static void profile_with(const char *file)
{
    put(FIREFOX "profiles.ini", INI);
    put(FIREFOX "p0/prefs.js", MODE3);
    assert_string_equal(found(getuid()), "firefox/native/default=secure");
    assert_int_equal(unlink(place(file)), 0);
}

static void test_refused(void **state)
{
    (void)state;
    profile_with(FIREFOX "p0/prefs.js");
    assert_string_equal(found(getuid()), "firefox/native/default!prefs.js is not there");
    assert_int_equal(symlink("/etc/shadow", place(FIREFOX "p0/prefs.js")), 0);
    assert_string_equal(found(getuid()), "firefox/native/default!prefs.js is a link");
    assert_int_equal(unlink(place(FIREFOX "p0/prefs.js")), 0);
    assert_int_equal(mkfifo(place(FIREFOX "p0/prefs.js"), 0600), 0);
    assert_string_equal(found(getuid()), "firefox/native/default!prefs.js is no regular file");
    assert_int_equal(unlink(place(FIREFOX "p0/prefs.js")), 0);
    assert_int_equal(mkdir(place(FIREFOX "p0/prefs.js"), 0700), 0);
    assert_string_equal(found(getuid()), "firefox/native/default!prefs.js is no regular file");
    assert_int_equal(rmdir(place(FIREFOX "p0/prefs.js")), 0);
    put(FIREFOX "p0/prefs.js", MODE3);
    assert_int_equal(truncate(place(FIREFOX "p0/prefs.js"), 100L << 20), 0);
    assert_string_equal(found(getuid()), "firefox/native/default!prefs.js is too long");
    put(FIREFOX "p0/prefs.js", MODE3 "user_pref(\"a");
    assert_string_equal(found(getuid()), "firefox/native/default!prefs.js is half-written");
    put(FIREFOX "p0/prefs.js", MODE3);
    assert_string_equal(
        found(getuid() + 1), "firefox/native/!profiles.ini belongs to somebody else");
    if (getuid() != 0) {
        assert_int_equal(chmod(place(FIREFOX "p0/prefs.js"), 0), 0);
        assert_string_equal(found(getuid()), "firefox/native/default!prefs.js may not be read");
    }
    empty_home();
}

static void test_paths(void **state)
{
    (void)state;
    static const struct {
        const char *path, *came;
    } cases[] = {
        {"../../outside", "!its folder cannot be read"},
        {"/etc", "!its folder cannot be read"},
        {"p0//", "!its folder cannot be read"},
        {"linked", "!its folder is reached by a link, or is none"},
        {"none", "!its folder is not there"},
        {"p0", "=secure"},
    };
    put("outside/prefs.js", MODE3);
    put(FIREFOX "p0/prefs.js", MODE3);
    assert_int_equal(symlink("p0", place(FIREFOX "linked")), 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char ini[256], wanted[256];
        text_format(ini, sizeof(ini), "[Profile0]\nName=n\nIsRelative=1\nPath=%s\n", cases[i].path);
        put(FIREFOX "profiles.ini", ini);
        text_format(wanted, sizeof(wanted), "firefox/native/n%s", cases[i].came);
        assert_string_equal(found(getuid()), wanted);
    }
    put(FIREFOX "profiles.ini", "[Profile0]\nName=\x1b[31m\nIsRelative=0\nPath=/etc\n");
    assert_string_equal(found(getuid()), "firefox/native/\\027[31m!its folder lies elsewhere");
    put(FIREFOX "profiles.ini", INI "[broken\n");
    assert_string_equal(found(getuid()), "firefox/native/!profiles.ini is damaged");
    empty_home();
}

#define POLICIES "policies/policies.json"

/* Policies are those of the first file there is; a browser in a package of its own has not all. */
static void test_policies(void **state)
{
    (void)state;
    put(FIREFOX "profiles.ini", INI);
    put(FIREFOX "p0/prefs.js", MODE3);
    put("snap/firefox/common/.mozilla/firefox/profiles.ini", INI);
    put("snap/firefox/common/.mozilla/firefox/p0/prefs.js", MODE3);
    put("usr/lib/firefox-esr/distribution/policies.json",
        "{\"policies\":{\"DNSOverHTTPS\":{\"Enabled\":false,\"Locked\":true}}}");
    assert_string_equal(found(getuid()), "firefox/native/default=off firefox/snap/default=secure");
    put("etc/firefox/" POLICIES,
        "{\"policies\":{\"DNSOverHTTPS\":{\"Enabled\":true,\"Locked\":true}}}");
    assert_string_equal(
        found(getuid()), "firefox/native/default=automatic firefox/snap/default=automatic");
    put("etc/firefox/" POLICIES, "{\"policies\":{");
    assert_string_equal(found(getuid()),
        "firefox/native/default!/etc/firefox/policies/policies.json is no JSON, or half-written "
        "firefox/snap/default!/etc/firefox/policies/policies.json is no JSON, or half-written");
    assert_int_equal(unlink(place("etc/firefox/" POLICIES)), 0);
    assert_int_equal(mkfifo(place("etc/firefox/" POLICIES), 0600), 0);
    assert_string_equal(found(getuid()),
        "firefox/native/default!/etc/firefox/policies/policies.json cannot be read "
        "firefox/snap/default!/etc/firefox/policies/policies.json cannot be read");
    empty_home();
}

#define MANAGED "etc/chromium/policies/managed/"

/* All files of the folder count; what contradicts itself is not known. */
static void test_managed(void **state)
{
    (void)state;
    put(".config/chromium/Local State", "{\"dns_over_https\":{\"mode\":\"secure\"}}");
    put(MANAGED "readme", "no policy");
    assert_string_equal(found(getuid()), "chromium/native/=secure");
    put(MANAGED "a.json", "{}");
    assert_string_equal(found(getuid()), "chromium/native/=secure");
    put(MANAGED "a.json", "{\"HomepageLocation\":\"x\"}");
    assert_string_equal(found(getuid()), "chromium/native/=off");
    put(MANAGED "b.json", "{\"DnsOverHttpsMode\":\"automatic\"}");
    assert_string_equal(found(getuid()), "chromium/native/=automatic");
    put(MANAGED "c.json", "{\"DnsOverHttpsMode\":\"off\"}");
    assert_string_equal(found(getuid()),
        "chromium/native/!/etc/chromium/policies/managed has a file that is damaged, or "
        "contradicts another");
    assert_int_equal(unlink(place(MANAGED "c.json")), 0);
    put(MANAGED "b.json", "{\"DnsOverHttpsMode\":\"maybe\"}");
    assert_string_equal(
        found(getuid()), "chromium/native/!policy DnsOverHttpsMode has no known value");
    put(MANAGED "b.json", "{\"DnsOverHttpsMode\":");
    assert_string_equal(found(getuid()),
        "chromium/native/!/etc/chromium/policies/managed has a file that is damaged, or "
        "contradicts another");
    assert_int_equal(unlink(place(MANAGED "b.json")), 0);
    assert_int_equal(mkfifo(place(MANAGED "b.json"), 0600), 0);
    assert_string_equal(found(getuid()), "chromium/native/!/etc/chromium/policies/managed has a "
                                         "file that cannot be read");
    empty_home();
}

/* Tor Browser where it was unpacked, and what somebody changed; a folder that is a link is none of
 * them, but for a snap's of now. */
static void test_patterns(void **state)
{
    (void)state;
#define TOR "/Browser/TorBrowser/Data/Browser/profile.default/prefs.js"
    put("tor-browser" TOR, "");
    put("tor-browser_en-US" TOR, "user_pref(\"network.proxy.type\", 0);");
    put("elsewhere" TOR, "");
    put("tor-browser-empty/readme", "");
    assert_int_equal(symlink("elsewhere", place("tor-browser-linked")), 0);
    const char *came = found(getuid());
    if (strcmp(came,
            "tor-browser/native/tor-browser=tor tor-browser/native/tor-browser_en-US=off") != 0)
        assert_string_equal(
            came, "tor-browser/native/tor-browser_en-US=off tor-browser/native/tor-browser=tor");
    empty_home();
    put("snap/brave/7/.config/BraveSoftware/Brave-Browser/Local State", "{}");
    put("snap/brave/8/.config/BraveSoftware/Brave-Browser/Local State",
        "{\"dns_over_https\":{\"mode\":\"off\"}}");
    assert_int_equal(symlink("8", place("snap/brave/current")), 0);
    assert_string_equal(found(getuid()), "brave/snap/=off");
    assert_int_equal(unlink(place("snap/brave/current")), 0);
    assert_int_equal(symlink("../brave/8", place("snap/brave/current")), 0);
    assert_string_equal(found(getuid()), "brave/snap/!snap/brave/current/.config/BraveSoftware/"
                                         "Brave-Browser is reached by a link, or "
                                         "is none");
    empty_home();
}

/* What a running browser was told to use, a profile that profiles.ini names by its whole path, and
 * another folder for settings than .config. */
static void test_elsewhere(void **state)
{
    (void)state;
    static const struct browsers_extra extra[] = {
        {BROWSER_FIREFOX, "firefox", "work/p1"},
        {BROWSER_FIREFOX, "firefox", ".mozilla/firefox/p0"},
        {BROWSER_FIREFOX, "firefox", "work/none"},
        {BROWSER_CHROMIUM, "chromium", "work/data"},
        {BROWSER_TOR_BROWSER, "tor-browser",
            "work/t/Browser/TorBrowser/Data/Browser/profile.default"},
    };
    char ini[256];
    put(FIREFOX "profiles.ini", INI);
    put(FIREFOX "p0/prefs.js", MODE3);
    put("work/p1/prefs.js", "");
    put("work/data/Local State", "{}");
    put("work/t" TOR, "");
    query.extra = extra;
    query.extra_count = sizeof(extra) / sizeof(extra[0]);
    assert_string_equal(found(getuid()),
        "firefox/native/default=secure firefox/native/p1=off chromium/native/=automatic "
        "tor-browser/native/t=tor");
    query.extra_count = 0;
    text_format(ini, sizeof(ini), "[Profile0]\nName=n\nIsRelative=0\nPath=%s/work/p1\n", home);
    put(FIREFOX "profiles.ini", ini);
    assert_string_equal(found(getuid()), "firefox/native/n=off");
    text_format(ini, sizeof(ini), "[Profile0]\nName=n\nIsRelative=0\nPath=%s/../work/p1\n", home);
    put(FIREFOX "profiles.ini", ini);
    assert_string_equal(found(getuid()), "firefox/native/n!its folder cannot be read");
    empty_home();
    put(".config/chromium/Local State", "{}");
    put("settings/vivaldi/Local State", "{}");
    query.config = "settings";
    assert_string_equal(found(getuid()), "vivaldi/native/=automatic");
    query.config = NULL;
    empty_home();
}

/* Words with NULs behind them. came: "name folder", "" nothing. */
static const struct command_case {
    const char *situation;
    const char *words;
    size_t length;
    bool cut;
    const char *came;
} command_cases[] = {
#define WORDS(text) text, sizeof(text)
    {"Chromium", WORDS("/usr/lib/chromium/chromium\0--type=x\0--user-data-dir=/home/ana/a b"),
        false, "chromium a b"},
    {"Chrome", WORDS("/opt/google/chrome/chrome\0--user-data-dir=/home/ana/d/"), false, "chrome d"},
    {"without", WORDS("chromium\0--type=x"), false, ""},
    {"elsewhere", WORDS("chromium\0--user-data-dir=/home/anna/d"), false, ""},
    {"the home itself", WORDS("chromium\0--user-data-dir=/home/ana/"), false, ""},
    {"cut", WORDS("chromium\0--user-data-dir=/home/ana/d"), true, "chromium d"},
    {"cut within", "chromium\0--user-data-dir=/home/ana/d", 36, true, ""},
    {"another program", WORDS("cat\0--user-data-dir=/home/ana/d"), false, ""},
    {"Firefox", WORDS("/usr/lib/firefox-esr/firefox-esr\0--headless\0--profile\0/home/ana/p"),
        false, "firefox p"},
    {"Firefox, one dash", WORDS("firefox\0-profile\0/home/ana/p"), false, "firefox p"},
    {"Firefox, nothing behind it", WORDS("firefox\0-profile"), false, ""},
    {"Tor Browser", WORDS("/home/ana/x/tb/Browser/firefox.real\0--class\0Tor Browser"), false,
        "tor-browser x/tb/Browser/TorBrowser/Data/Browser/profile.default"},
    {"Tor Browser, newer", WORDS("/home/ana/tb/Browser/firefox"), false,
        "tor-browser tb/Browser/TorBrowser/Data/Browser/profile.default"},
    {"nothing", "", 0, false, ""},
};

static void test_command(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(command_cases) / sizeof(command_cases[0]); i++) {
        const struct command_case *row = &command_cases[i];
        struct browsers_extra extra = {0};
        char came[400] = "", *words = malloc(row->length + 1);
        assert_non_null(words);
        memcpy(words, row->words, row->length);
        words = realloc(words, row->length ? row->length : 1);
        if (browsers_extra(words, row->length, row->cut, "/home/ana", &extra))
            text_format(came, sizeof(came), "%s %s", extra.name, extra.folder);
        free(words);
        if (strcmp(came, row->came) != 0)
            fail_msg("%s: %s, not %s", row->situation, came, row->came);
    }
}

/* A home whose .config is a link: only what is behind it counts. */
static void test_linked_away(void **state)
{
    (void)state;
    put("elsewhere/chromium/Local State", "{}");
    assert_int_equal(symlink("elsewhere", place(".config")), 0);
    assert_string_equal(
        found(getuid()), "chromium/native/!.config/chromium is reached by a link, or is none");
    empty_home();
}

/* More than there is room for: no more than that. */
static void test_many(void **state)
{
    (void)state;
    FILE *file = fopen(place(FIREFOX "profiles.ini"), "w");
    assert_non_null(file);
    for (unsigned i = 0; i < BROWSERS_MAX + 50; i++)
        fprintf(file, "[Profile%u]\nName=n%u\nIsRelative=1\nPath=p0\n", i, i);
    fclose(file);
    put(FIREFOX "p0/prefs.js", MODE3);
    struct browser_profile list[BROWSERS_MAX + 1];
    memset(list, 0x5a, sizeof(list));
    assert_int_equal(read_rows(getuid(), list, BROWSERS_MAX), BROWSERS_MAX);
    assert_string_equal(list[BROWSERS_MAX - 2].profile, "n254");
    assert_string_equal(list[BROWSERS_MAX - 1].name, "any");
    assert_string_equal(
        list[BROWSERS_MAX - 1].settings.trouble, "the rest: more profiles than are read");
    assert_int_equal(list[BROWSERS_MAX].profile[0], 0x5a);
    empty_home();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_found),
        cmocka_unit_test(test_every_place),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_policies),
        cmocka_unit_test(test_managed),
        cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_elsewhere),
        cmocka_unit_test(test_command),
        cmocka_unit_test(test_linked_away),
        cmocka_unit_test(test_many),
    };
    if (!mkdtemp(home))
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    empty_home();
    rmdir(home);
    return failed;
}
