/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watch/browsers_others.h"

#include <setjmp.h>
#include <stdarg.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"
#include "guard/guard.h"
#include "sources/accounts.h"
#include "sources/otherhome.h"

/* Other people's browsers, read by way of a keeper that is played here, in order or not. */

static char root[] = "/tmp/leaktop-others-XXXXXX";

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status, (void)kind, (void)walk;
    return strcmp(path, root) == 0 ? 0 : remove(path);
}

static const char *place(const char *below)
{
    static char path[512];
    text_format(path, sizeof(path), "%s/%s", root, below);
    for (char *slash = path + sizeof(root); (slash = strchr(slash, '/')); slash++) {
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

/* Everybody is who runs this, but for the watched one and the last. */
static const char *accounts(void)
{
    static char path[512];
    char lines[2048], me[16];
    text_format(me, sizeof(me), "%u", 1234U);
    text_format(lines, sizeof(lines),
        "root:x:0:0::/root:/bin/sh\nghost:x:%s:1:::\nana:x:%s:1::%s/ana:/bin/sh\n"
        "ben:x:2001:1::%s/ben:/bin/sh\nnobody:x:65534:1::%s/ana:/bin/sh\n\x1b[m:x:%s:1::%s/none:\n",
        me, me, root, root, root, me, root);
    put("passwd", lines);
    text_format(path, sizeof(path), "%s/passwd", root);
    return path;
}

static void people_are_accounts(void **state)
{
    (void)state;
    struct account list[ACCOUNTS_MAX];
    assert_int_equal(accounts_read(accounts(), list, ACCOUNTS_MAX), 3);
    assert_string_equal(list[0].name, "ana");
    assert_string_equal(list[1].name, "ben");
    assert_string_equal(list[2].name, "\\027[m");
    assert_int_equal(accounts_read(accounts(), list, 1), 1);
    assert_int_equal(accounts_read("/nonexistent", list, 1), 0);
}

/* ---- what the keeper opens ---- */

static void only_files_of_browsers_are_opened(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        const char *why; /* NULL: it is opened; "" there is none */
    } cases[] = {
        {".mozilla/firefox/profiles.ini", NULL},
        {".mozilla/firefox/p/prefs.js", NULL},
        {".mozilla/firefox/p/user.js", ""},
        {".mozilla/firefox/p/logins.json", "lies elsewhere"},
        {".mozilla/firefox/prefs.js", "lies elsewhere"},
        {".mozilla/firefox/a/b/c/d/prefs.js", "lies elsewhere"},
        {".mozilla/firefox/../firefox/profiles.ini", "lies elsewhere"},
        {".mozilla/firefox/p/../p/prefs.js", "lies elsewhere"},
        {".mozilla/firefox//profiles.ini", "lies elsewhere"},
        {"/etc/shadow", "lies elsewhere"},
        {"", "lies elsewhere"},
        {"secret/prefs.js", "lies elsewhere"},
        {".config/chromium/Local State", "is a link"},
        {".config/chromium/Default/Preferences", "is no regular file"},
        {".config/chromium/Default/Login Data", "lies elsewhere"},
        {".config/chromium/Default/x/Preferences", "lies elsewhere"},
        {"tor-browser/Browser/TorBrowser/Data/Browser/profile.default/prefs.js", NULL},
        {"tor-browser/Browser/TorBrowser/Data/Browser/profile.default/x/prefs.js",
            "lies elsewhere"},
        {".librewolf/profiles.ini", "is reached by a link, or is none"},
    };
    struct otherhome *homes = otherhome_new(accounts());
    assert_non_null(homes);
    put("ana/.mozilla/firefox/profiles.ini", "");
    put("ana/.mozilla/firefox/p/prefs.js", "");
    put("ana/.mozilla/firefox/p/logins.json", "");
    put("ana/secret/prefs.js", "");
    put("ana/wolf/profiles.ini", "");
    put("ana/tor-browser/Browser/TorBrowser/Data/Browser/profile.default/prefs.js", "");
    put("ana/.config/chromium/Default/x", "");
    assert_int_equal(symlink("/etc/shadow", place("ana/.config/chromium/Local State")), 0);
    assert_int_equal(mkfifo(place("ana/.config/chromium/Default/Preferences"), 0600), 0);
    assert_int_equal(symlink("wolf", place("ana/.librewolf")), 0);
    if (getuid() == 0)
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
            char path[256];
            text_format(path, sizeof(path), "ana/%s", cases[i].path);
            if (!cases[i].why && chown(place(path), 1234, 1234) != 0)
                fail();
        }
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]) && getuid() == 0; i++) {
        struct homefile_why why;
        int fd = otherhome_open(homes, 1234, cases[i].path, 100, &why);
        if ((fd >= 0) != !cases[i].why ||
            (cases[i].why && strcmp(why.words ? why.words : "", cases[i].why) != 0))
            fail_msg("%s: %d, %s", cases[i].path, fd, why.words ? why.words : "");
        assert_true(fd < 0 || homefile_is_sound(fd, 1234));
        assert_false(fd >= 0 && homefile_is_sound(fd, 1235));
        if (fd >= 0)
            close(fd);
    }
    struct homefile_why why;
    char folder[128];
    assert_int_equal(otherhome_open(homes, 999, ".mozilla/firefox/profiles.ini", 100, &why), -1);
    assert_int_equal(otherhome_open(NULL, 1234, ".mozilla/firefox/profiles.ini", 100, &why), -1);
    assert_int_equal(otherhome_open(homes, 2001, ".mozilla/firefox/profiles.ini", 100, &why), -1);
    otherhome_match(homes, 1234, "tor-browser*/Browser/TorBrowser/Data/Browser/profile.default", 0,
        folder, sizeof(folder));
    assert_string_equal(folder, "tor-browser/Browser/TorBrowser/Data/Browser/profile.default");
    otherhome_match(homes, 1234, "tor-browser*/Browser/TorBrowser/Data/Browser/profile.default", 1,
        folder, sizeof(folder));
    assert_string_equal(folder, "");
    otherhome_match(homes, 1234, "*", 0, folder, sizeof(folder));
    assert_string_equal(folder, "");
    otherhome_free(homes);
    nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* ---- a whole reading ---- */

/* Answers what was asked, the last first, `most` questions at a time. True where all is read. */
static bool serve(struct browsers_others *others, int keeper, size_t most)
{
    static struct keeper_message questions[64];
    size_t count = 0;
    bool done = false;
    while (count < most && recv(keeper, &questions[count], sizeof(questions[0]), MSG_DONTWAIT) ==
                               (ssize_t)sizeof(questions[0]))
        count++;
    while (count > 0) {
        const struct keeper_message *question = &questions[--count];
        struct homefile_why why = {0};
        int home = question->uid == 2001 ? open(place("ben"), O_PATH) : -1;
        char folder[128] = "";
        int fd = -1;
        assert_int_equal(question->kind, KEEPER_PROFILE);
        if (strchr(question->text, '*')) {
            if (question->value == 0 && home >= 0 && strncmp(question->text, "tor", 3) == 0)
                text_format(folder, sizeof(folder), "%s",
                    "tor-browser/Browser/TorBrowser/Data/Browser/profile.default");
        } else if (home >= 0) {
            fd = homefile_open(home, question->text, getuid(), KEEPER_PROFILE_MOST, &why);
        }
        if (home >= 0)
            close(home);
        else
            why = (struct homefile_why){.words = "may not be read", .folder = true, .denied = true};
        done = browsers_others_answer(others, question->token,
            (why.folder ? KEEPER_WHY_FOLDER : 0) | (why.denied ? KEEPER_WHY_DENIED : 0),
            folder[0]   ? folder
            : why.words ? why.words
                        : "",
            fd);
    }
    return done;
}

static void each_person_is_read(void **state)
{
    (void)state;
    int pair[2];
    static struct browser_profile rows[BROWSERS_MAX];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    struct guard guard = {.keeper = pair[0], .uid = 1234};
    struct browsers_others *others = browsers_others_new(&guard, accounts());
    assert_non_null(others);
    put("ben/.mozilla/firefox/profiles.ini",
        "[Profile0]\nName=one\nIsRelative=1\nPath=p\n[Profile1]\nName=two\nIsRelative=1\nPath=q\n");
    put("ben/.mozilla/firefox/p/prefs.js", "user_pref(\"network.trr.mode\", 3);");
    put("ben/.mozilla/firefox/q/prefs.js", "user_pref(\"network.trr.mo");
    put("ben/tor-browser/Browser/TorBrowser/Data/Browser/profile.default/prefs.js", "");
    for (unsigned again = 0; again < 2; again++) {
        unsigned turns = 0;
        browsers_others_start(others);
        assert_true(browsers_others_busy(others));
        while (!serve(others, pair[1], again ? 5 : 64))
            assert_true(turns++ < 2000);
        assert_false(browsers_others_busy(others));
        assert_int_equal(browsers_others_rows(others, rows, BROWSERS_MAX), 3);
        assert_string_equal(rows[0].profile, "one");
        assert_string_equal(rows[0].user, "ben");
        assert_int_equal(rows[0].settings.mode, BROWSER_SECURE);
        assert_string_equal(rows[1].settings.trouble, "prefs.js is half-written");
        assert_int_equal(rows[2].settings.mode, BROWSER_TOR);
        assert_string_equal(rows[2].profile, "tor-browser");
    }
    /* An answer that nobody waits for, and nobody who answers. */
    assert_false(browsers_others_answer(others, 7, 0, "", -1));
    close(pair[1]);
    browsers_others_start(others);
    assert_false(browsers_others_busy(others));
    assert_int_equal(browsers_others_rows(others, rows, BROWSERS_MAX), 1);
    assert_string_equal(rows[0].name, "any");
    browsers_others_free(others);
    close(pair[0]);
    nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(people_are_accounts),
        cmocka_unit_test(only_files_of_browsers_are_opened), cmocka_unit_test(each_person_is_read)};
    if (!mkdtemp(root))
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    rmdir(root);
    return failed;
}
