/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/setup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"

/* Files of a small root, and what is read of them. */

static char root[] = "/tmp/leaktop-setup-XXXXXX";

static void put(const char *path, const char *text)
{
    char whole[256];
    snprintf(whole, sizeof(whole), "%s%s", root, path);
    for (char *at = whole + strlen(root) + 1; (at = strchr(at, '/')) != NULL; at++) {
        *at = '\0';
        (void)mkdir(whole, 0755);
        *at = '/';
    }
    (void)unlink(whole);
    (void)rmdir(whole);
    if (strncmp(text, "-> ", 3) == 0) {
        assert_int_equal(symlink(text + 3, whole), 0);
        return;
    }
    if (strcmp(text, "[folder]") == 0) {
        assert_int_equal(mkdir(whole, 0755), 0);
        return;
    }
    FILE *file = fopen(whole, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* One line for each row: "SOURCE WHAT=VALUE (WHY)"; then trouble, manager, and what holds. */
static void show(const struct setup *setup, char *out, size_t size)
{
    out[0] = '\0';
    for (size_t i = 0; i < setup->count; i++) {
        size_t used = strlen(out);
        const struct setting *row = &setup->rows[i];
        text_format(out + used, size - used, "%s %s=%s%s%s%s|", row->source, row->what, row->value,
            row->why[0] ? " (" : "", row->why, row->why[0] ? ")" : "");
    }
    size_t used = strlen(out);
    const struct resolver_setup *resolver = &setup->resolver;
    text_format(out + used, size - used, "%s|%s|%s%s%s", resolver->manager, resolver->trouble,
        resolver->stub ? "stub " : "", resolver->resolved ? "resolved " : "",
        resolver->networkmanager ? "nm" : "");
}

static void files(void **state)
{
    static const struct {
        const char *situation, *resolv, *nsswitch, *hosts, *expected;
    } cases[] = {
        {"plain", "nameserver 192.0.2.1\n", "hosts: files dns\n", "127.0.0.1 localhost\n",
            "/etc/nsswitch.conf:1 hosts order=files dns|"
            "/etc/hosts hosts file=1 entry (names in it are not asked for)|||"},
        {"options that matter",
            "search a.example b.example # x\nnameserver 192.0.2.1\noptions rotate ndots:5 edns0\n",
            "passwd: files\nhosts:\tfiles\tdns # here\n", "# none\n\n",
            "/etc/resolv.conf:1 search domains=a.example b.example (short names are asked below "
            "these)|/etc/resolv.conf:3 options=rotate ndots:5 edns0 (the resolvers are asked in "
            "turn: each of them gets names; names with fewer dots are first tried below the search "
            "domains: more names leave)|/etc/nsswitch.conf:2 hosts order=files\\009dns|"
            "/etc/hosts hosts file=0 entries (names in it are not asked for)|||"},
        {"options alone, and none of a longer word",
            "options\nnameserver 192.0.2.1\noptionsx rotate\n", "", "",
            "/etc/hosts hosts file=0 entries (names in it are not asked for)|||"},
        {"resolved's stub", "nameserver 127.0.0.53\n", "hosts: resolve [!UNAVAIL=return] dns\n", "",
            "/etc/nsswitch.conf:1 hosts order=resolve [!UNAVAIL=return] dns (systemd-resolved is "
            "asked without a packet on lo)|"
            "/etc/hosts hosts file=0 entries (names in it are not asked "
            "for)|systemd-resolved||stub "
            "resolved "},
        {"a stub of somebody's", "nameserver 127.0.0.1\n", "hosts: files mdns4_minimal dns\n", "",
            "/etc/nsswitch.conf:1 hosts order=files mdns4_minimal dns (names below .local go to "
            "the "
            "neighbours)|/etc/hosts hosts file=0 entries (names in it are not asked for)|||stub "},
        {"dangling link", "-> /run/none/resolv.conf", "", "",
            "/etc/hosts hosts file=0 entries (names in it are not asked for)||a dangling link to "
            "/run/none/resolv.conf|"},
        {"a folder", "[folder]", "", "",
            "/etc/hosts hosts file=0 entries (names in it are not asked for)||a directory|"},
        {"escapes", "nameserver 192.0.2.1\nsearch \x1b[2Jx\n", "", "",
            "/etc/resolv.conf:2 search domains=\\027[2Jx (short names are asked below these)|"
            "/etc/hosts hosts file=0 entries (names in it are not asked for)|||"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        static struct setup setup;
        char got[4096];
        put("/etc/resolv.conf", cases[i].resolv);
        put("/etc/nsswitch.conf", cases[i].nsswitch);
        put("/etc/hosts", cases[i].hosts);
        setup_read(root, &setup);
        show(&setup, got, sizeof(got));
        if (strcmp(got, cases[i].expected) != 0)
            fail_msg("%s:\n%s\n%s", cases[i].situation, got, cases[i].expected);
    }
}

static void missing_and_large(void **state)
{
    static struct setup setup;
    char whole[256];
    (void)state;
    snprintf(whole, sizeof(whole), "%s/etc/resolv.conf", root);
    (void)rmdir(whole);
    (void)unlink(whole);
    setup_read(root, &setup);
    assert_string_equal(setup.resolver.trouble, "missing: 127.0.0.1 is asked instead");
    put("/etc/resolv.conf", "nameserver 192.0.2.1\n");
    FILE *file = fopen(whole, "a");
    for (int i = 0; i < 100000; i++)
        fputs("# padding that nobody reads\n", file);
    fclose(file);
    setup_read(root, &setup);
    assert_non_null(strstr(setup.resolver.trouble, "very large"));
    put("/run/NetworkManager/x", "");
    put("/run/nscd/socket", "");
    setup_read(root, &setup);
    assert_true(setup.resolver.networkmanager);
    assert_string_equal(setup.rows[setup.count - 1].value, "nscd");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files),
        cmocka_unit_test(missing_and_large),
    };
    if (!mkdtemp(root))
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    char command[128];
    snprintf(command, sizeof(command), "rm -rf %s", root);
    return system(command) != 0 || failed;
}
