/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "options.h"

static char root[] = "/tmp/leaktop-options-XXXXXX";
static struct options options;
static char error[256];

static const char *path_of(const char *name)
{
    static char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", root, name);
    return path;
}

static void write_file(const char *name, const char *text, mode_t mode)
{
    FILE *file = fopen(path_of(name), "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0 && fclose(file) == 0);
    assert_int_equal(chmod(path_of(name), mode), 0);
}

static int make_root(void **state)
{
    (void)state;
    static const char *const folders[] = {
        "xdg", "xdg/leaktop", "home", "home/.config", "home/.config/leaktop"};
    if (!mkdtemp(root))
        return -1;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (mkdir(path_of(folders[i]), 0755) != 0)
            return -1;
    return 0;
}

static int remove_root(void **state)
{
    (void)state;
    static const char *const names[] = {
        "config", "home/.config/leaktop", "home/.config", "home", "xdg/leaktop", "xdg", ""};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        (void)remove(path_of(names[i]));
    return 0;
}

static void reset(void)
{
    char *argv[] = {(char[]){"leaktop"}, NULL};
    assert_int_equal(options_parse(&options, 1, argv, error, sizeof error), 0);
}

static void values(void **state)
{
    (void)state;
    reset();
    assert_true(options.attribution_exact);
    assert_true(options.cymru);
    write_file("config",
        "\xEF\xBB\xBF[attribution]\nexact = no\n"
        "[encrypted-dns]\nserver = doh.corp.example 192.0.2.1 2001:db8::1 ; ours\n"
        "server = *.dns.corp.example\nserver = - 192.0.2.9\n"
        "[intended]\n\trule = name:*.corp.example program:Web\\032Content\n"
        "[vpn]\nserver = Gate.Example.\n"
        "[local]\nsplit = lan\r\nsplit = corp.example 10.0.0.53\n"
        "[network]\ncymru = no\ndatabase = /srv/one.mmdb\ndatabase = /srv/two.mmdb\n"
        "[probe]\ninterval=10\nzone = z.example", /* the last line has no end */
        0644);
    int result = options_read_file(&options, path_of("config"), error, sizeof error);
    if (result != 0)
        fail_msg("%s", error);
    assert_false(options.attribution_exact);
    assert_false(options.cymru);
    assert_int_equal(options.database_count, 2);
    assert_string_equal(options.databases[1], "/srv/two.mmdb");
    assert_int_equal(options.resolver_count, 3);
    assert_string_equal(options.resolvers[0].host, "doh.corp.example");
    assert_int_equal(options.resolvers[0].address_count, 2);
    assert_int_equal(options.resolvers[0].addresses[1].family, FAMILY_IPV6);
    assert_string_equal(options.resolvers[1].host, "*.dns.corp.example");
    assert_int_equal(options.resolvers[1].address_count, 0);
    assert_string_equal(options.resolvers[2].host, "");
    assert_int_equal(options.resolvers[2].address_count, 1);
    assert_int_equal(options.rule_count, 1);
    assert_string_equal(options.rules[0].name, "*.corp.example");
    assert_string_equal(options.rules[0].program, "Web Content");
    assert_int_equal(options.server_count, 1);
    assert_string_equal(options.servers[0], "Gate.Example.");
    assert_int_equal(options.split_count, 2);
    assert_int_equal(options.splits[0].length, 5);
    assert_int_equal(options.splits[0].resolver.family, FAMILY_NONE);
    assert_int_equal(options.splits[1].resolver.bytes[3], 53);
    assert_string_equal(options.zone, "z.example");
    assert_true(options.probe_interval == 10);
}

/* What is told of a leak, and what is no way to say so. */
static void alarms(void **state)
{
    (void)state;
    static const struct {
        const char *line, *why; /* NULL: taken */
    } cases[] = {
        {"bell = yes", NULL},
        {"bell = loud", "yes or no"},
        {"title = no", NULL},
        {"title =", "yes or no"},
        {"notice = no", NULL},
        {"notice = 777", NULL},
        {"notice = yes", "not no, 777 or 9"},
        {"command = /bin/true", NULL},
        {"command = /bin/true %alarm -x $(id)", NULL},
        {"command = true", "a program's path, from the root, and its arguments"},
        {"command = ../true", "a program's path, from the root, and its arguments"},
        {"command =", "a program's path, from the root, and its arguments"},
        {"command = /a 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15", NULL},
        {"command = /a 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16", "16 words at most"},
        {"sound = yes", "no such key in this section"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[256];
        (void)snprintf(text, sizeof text, "[alarm]\n%s\n", cases[i].line);
        write_file("config", text, 0644);
        reset();
        assert_false(options.alarm.bell || options.alarm.title || options.alarm.command[0]);
        assert_int_equal(options.alarm.notice, NOTICE_NONE);
        int result = options_read_file(&options, path_of("config"), error, sizeof error);
        if ((result == 0) != (cases[i].why == NULL))
            fail_msg("case %zu: %s", i, result ? error : "taken");
        if (cases[i].why && !strstr(error, cases[i].why))
            fail_msg("case %zu: %s", i, error);
    }
    write_file(
        "config", "[alarm]\nbell=yes\ntitle=yes\nnotice=9\ncommand=/bin/true  a b ; c\n", 0644);
    reset();
    assert_int_equal(options_read_file(&options, path_of("config"), error, sizeof error), 0);
    assert_true(options.alarm.bell && options.alarm.title);
    assert_int_equal(options.alarm.notice, NOTICE_9);
    assert_string_equal(options.alarm.command, "/bin/true  a b");
}

/* 64 rows of each are taken, the next is refused by its line. */
static void bounds(void **state)
{
    (void)state;
    static const struct {
        const char *section, *before; /* a host's name follows */
    } keys[] = {
        {"encrypted-dns", "server = "},
        {"intended", "rule = name:"},
        {"vpn", "server = "},
        {"local", "split = "},
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        for (size_t rows = OPTION_ROWS; rows <= OPTION_ROWS + 1; rows++) {
            char text[8192];
            size_t used = (size_t)snprintf(text, sizeof text, "[%s]\n", keys[i].section);
            for (size_t j = 0; j < rows; j++)
                used += (size_t)snprintf(
                    text + used, sizeof text - used, "%sh%zu.example\n", keys[i].before, j);
            write_file("config", text, 0644);
            reset();
            int result = options_read_file(&options, path_of("config"), error, sizeof error);
            assert_int_equal(result, rows > OPTION_ROWS ? -1 : 0);
            if (result != 0)
                assert_non_null(strstr(error, "config: line 66 is not understood: there are 64"));
        }
}

/* The place that is read, told by what stands in it. */
static void places(void **state)
{
    (void)state;
    static const struct {
        const char *name, *xdg, *home; /* zone in each; NULL: no file */
        mode_t mode;
        const char *zone; /* NULL: refused */
    } cases[] = {
        {"none", NULL, NULL, 0644, ""},
        {"the home's", NULL, "h.example", 0644, "h.example"},
        {"XDG's", "x.example", NULL, 0600, "x.example"},
        {"XDG's before the home's", "x.example", "h.example", 0644, "x.example"},
        {"anybody may write", NULL, "h.example", 0646, NULL},
        {"anybody may write the first", "x.example", "h.example", 0666, NULL},
        {"the user's own group may write", "x.example", NULL, 0664, "x.example"},
    };
    if (access("/etc/leaktop.conf", F_OK) == 0)
        skip();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[64], xdg[512], home[512];
        reset();
        (void)snprintf(xdg, sizeof xdg, "%s", path_of("xdg"));
        (void)snprintf(home, sizeof home, "%s", path_of("home"));
        assert_int_equal(setenv("XDG_CONFIG_HOME", xdg, 1), 0);
        if (cases[i].xdg) {
            (void)snprintf(text, sizeof text, "[probe]\nzone = %s\n", cases[i].xdg);
            write_file("xdg/leaktop/leaktop.conf", text, cases[i].mode);
        }
        if (cases[i].home) {
            (void)snprintf(text, sizeof text, "[probe]\nzone = %s\n", cases[i].home);
            write_file("home/.config/leaktop/leaktop.conf", text, cases[i].mode);
        }
        int result = options_read_default(&options, home, error, sizeof error);
        if ((result == 0) != (cases[i].zone != NULL))
            fail_msg("%s: %s", cases[i].name, result ? error : "was read");
        if (cases[i].zone)
            assert_string_equal(options.zone, cases[i].zone);
        else
            assert_non_null(strstr(error, "others may write"));
        (void)remove(path_of("xdg/leaktop/leaktop.conf"));
        (void)remove(path_of("home/.config/leaktop/leaktop.conf"));
    }
    reset();
    assert_int_equal(options_read_default(&options, "", error, sizeof error), 0);
}

/* Garbage is refused or read, and ends. */
static void garbage(void **state)
{
    (void)state;
    static const char octets[] = "[]=:;#\\ \n\t\"'*.-a1\xFF";
    unsigned seed = 1;
    for (size_t round = 0; round < 2000; round++) {
        char text[600] = "[intended]\nrule = ";
        size_t used = strlen(text);
        for (; used < 32 + round % 500; used++)
            text[used] = octets[rand_r(&seed) % (int)(sizeof octets - 1)];
        text[used] = '\0';
        write_file("config", text, 0644);
        reset();
        if (options_read_file(&options, path_of("config"), error, sizeof error) != 0)
            assert_non_null(strstr(error, "config: line "));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),
        cmocka_unit_test(alarms),
        cmocka_unit_test(bounds),
        cmocka_unit_test(places),
        cmocka_unit_test(garbage),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
