/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The log as a file: its mode, whole lines and nothing else, and a new one after the old was moved.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/text.h"
#include "judge/judge.h"
#include "model/model.h"
#include "views/log.h"

#define SECOND 1000000000ULL

static struct verdict verdict;
static char folder[] = "/tmp/leaktop-log-XXXXXX";
static char path[64], moved[64];

static int set_up(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    text_format(path, sizeof(path), "%s/log", folder);
    text_format(moved, sizeof(moved), "%s/log.1", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(path);
    unlink(moved);
    return rmdir(folder);
}

/* The number of lines; each is one JSON object, the last has its end. */
static size_t lines_of(const char *file)
{
    char *line = NULL;
    size_t room = 0, count = 0;
    FILE *in = fopen(file, "re");
    assert_non_null(in);
    for (ssize_t length; (length = getline(&line, &room, in)) > 0; count++) {
        json_t *value = json_loads(line, 0, NULL);
        assert_true(json_is_object(value));
        json_decref(value);
        assert_int_equal(line[length - 1], '\n');
    }
    free(line);
    fclose(in);
    return count;
}

static void say(struct model *model, unsigned number)
{
    model_event(model, number * SECOND, "note", "", "event %u, as long as some events are", number);
}

static void is_the_users_alone(void **state)
{
    (void)state;
    struct stat status;
    int fd = open(path, O_CREAT | O_WRONLY, 0644);
    assert_true(fd >= 0);
    close(fd);
    fd = log_open(path);
    assert_true(fd >= 0 && fstat(fd, &status) == 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    close(fd);
    assert_int_equal(symlink(path, moved), 0);
    assert_int_equal(log_open(moved), -1);
    unlink(moved);
    unlink(path);
}

static void goes_on_in_a_new_file(void **state)
{
    (void)state;
    struct model *model = model_new(1, SECOND);
    struct log_view *log = log_view_new(log_open(path), path, false);
    say(model, 1);
    assert_true(log_view_write(log, model, &verdict, SECOND));
    size_t first = lines_of(path);
    assert_int_equal(log_view_reopen(log), 0); /* it is the same still */
    assert_int_equal(rename(path, moved), 0);
    say(model, 2);
    assert_true(log_view_write(log, model, &verdict, SECOND));
    assert_int_equal(lines_of(moved), first + 1);
    assert_int_equal(log_view_reopen(log), 1);
    say(model, 3);
    assert_true(log_view_write(log, model, &verdict, SECOND));
    assert_int_equal(lines_of(moved), first + 1);
    assert_int_equal(lines_of(path), 1);
    /* Where none can be opened, the old one goes on. */
    unlink(path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(log_view_reopen(log), -EISDIR);
    say(model, 4);
    assert_true(log_view_write(log, model, &verdict, SECOND));
    rmdir(path);
    unlink(moved);
    log_view_free(log);
    model_free(model);
}

/* Killed at any moment: what is there are whole lines. */
static void survives_a_kill(void **state)
{
    (void)state;
    for (unsigned turn = 0; turn < 20; turn++) {
        pid_t child = fork();
        if (child == 0) {
            struct model *model = model_new(1, SECOND);
            struct log_view *log = log_view_new(log_open(path), path, false);
            for (unsigned i = 1;; i++) {
                say(model, i);
                (void)log_view_write(log, model, &verdict, i * SECOND);
            }
        }
        usleep(5000 + turn * 1500);
        kill(child, SIGKILL);
        assert_int_equal(waitpid(child, NULL, 0), child);
    }
    assert_true(lines_of(path) > 100);
    unlink(path);
}

/* A file that can grow no more takes the beginning of a line, like a disk that is full. */
static void takes_half_a_line_back(void **state)
{
    (void)state;
    int status;
    pid_t child = fork();
    if (child == 0) {
        struct model *model = model_new(1, SECOND);
        struct log_view *log = log_view_new(log_open(path), path, false);
        struct rlimit limit = {4000, 4000};
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &limit);
        bool good = true;
        for (unsigned i = 1; i < 1000 && good; i++) {
            say(model, i);
            good = log_view_write(log, model, &verdict, i * SECOND);
        }
        _exit(!good && errno == EFBIG ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_true(lines_of(path) > 20);
    unlink(path);
}

/* What came faster than it is kept is said, once. */
static void says_what_is_missing(void **state)
{
    (void)state;
    struct model *model = model_new(1, SECOND);
    struct log_view *log = log_view_new(log_open(path), path, false);
    char *line = NULL;
    size_t room = 0, gaps = 0;
    for (unsigned i = 1; i <= 1000; i++)
        say(model, i);
    assert_true(log_view_write(log, model, &verdict, SECOND));
    FILE *in = fopen(path, "re");
    assert_non_null(in);
    while (getline(&line, &room, in) > 0)
        gaps += strstr(line, "\"kind\":\"gap\",\"count\":488,") != NULL;
    assert_int_equal(gaps, 1);
    free(line);
    fclose(in);
    unlink(path);
    log_view_free(log);
    model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_the_users_alone),
        cmocka_unit_test(goes_on_in_a_new_file),
        cmocka_unit_test(survives_a_kill),
        cmocka_unit_test(takes_half_a_line_back),
        cmocka_unit_test(says_what_is_missing),
    };
    for (size_t i = 0; i < CHECK_COUNT; i++)
        verdict.checks[i].id = (enum check_id)i;
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
