/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose name a process has: a browser's helpers are the browser's. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "watch/identity.h"

/* A process of that name, which waits; its number. It ends with this one. */
static pid_t start(const char *name)
{
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        prctl(PR_SET_NAME, name);
        if (write(ready[1], "", 1) == 1)
            pause();
        _exit(0);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    close(ready[1]);
    return pid;
}

static void names(void **state)
{
    (void)state;
    static const struct {
        const char *is, *told, *named;
    } cases[] = {
        {"Socket Process", "Socket Process", "fire) (fox 7"},
        {"RDD Process", "RDD Process", "fire) (fox 7"},
        {"curl", "curl", "curl"},
        /* It is gone, and another has its number: what was told is all that is known. */
        {"curl", "Socket Process", "Socket Process"},
    };
    struct identity identity = {0};
    prctl(PR_SET_NAME, "fire) (fox 7");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pid_t pid = start(cases[i].is);
        struct process process =
            identity_process(&identity, getuid(), pid, 0, cases[i].told, strlen(cases[i].told));
        assert_string_equal(process.name, cases[i].named);
        assert_int_equal(process.pid, pid);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
    struct process gone = identity_process(&identity, getuid(), 0, 0, "Socket Process", 16);
    assert_string_equal(gone.name, "Socket Process");
}

/* The same program from the folder of Tor Browser, and from another. */
static void tor_browser(void **state)
{
    (void)state;
    static const struct {
        const char *argument, *named;
    } cases[] = {
        {"/home/ana/tor-browser/Browser/firefox", "firefox.real"},
        {"TorBrowser/Data/Browser/profile.default", "firefox.real"},
        {"/home/ana/.mozilla/firefox/TorBrowser", "firefox"},
        {"", "firefox"},
    };
    struct identity identity = {0};
    /* Its own command line is not for this program to write: a shell waits under that argument. */
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int ready[2];
        char byte;
        assert_int_equal(pipe(ready), 0);
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            dup2(ready[1], STDOUT_FILENO);
            execl("/bin/sh", "sh", "-c", "echo; sleep 20", "sh", cases[i].argument, NULL);
            _exit(1);
        }
        assert_int_equal(read(ready[0], &byte, 1), 1);
        struct process process = identity_process(&identity, getuid(), pid, 0, "firefox", 7);
        assert_string_equal(process.name, cases[i].named);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        close(ready[0]);
        close(ready[1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(tor_browser),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
