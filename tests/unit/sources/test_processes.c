/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/processes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct process_finder *finder;

static int set_up(void **state)
{
    (void)state;
    finder = process_finder_new();
    return finder ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    process_finder_free(finder);
    return 0;
}

static uint64_t inode_of(int fd)
{
    struct stat status;
    assert_int_equal(fstat(fd, &status), 0);
    return status.st_ino;
}

/* A child that holds a socket of its own and lives until it is killed. */
struct holder {
    pid_t pid;
    uint64_t inode;
};

static void *open_and_tell(void *pipe_end)
{
    struct stat status = {0};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd >= 0)
        fstat(fd, &status);
    uint64_t inode = status.st_ino;
    if (write(*(int *)pipe_end, &inode, sizeof(inode)) != sizeof(inode))
        _exit(1);
    for (;;)
        pause();
}

static struct holder start_holder(const char *name, bool in_thread)
{
    struct holder holder;
    int line[2];
    assert_int_equal(pipe(line), 0);
    holder.pid = fork();
    assert_true(holder.pid >= 0);
    if (holder.pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        prctl(PR_SET_NAME, name, 0, 0, 0);
        pthread_t thread;
        if (!in_thread)
            open_and_tell(&line[1]);
        pthread_create(&thread, NULL, open_and_tell, &line[1]);
        for (;;)
            pause();
    }
    assert_int_equal(read(line[0], &holder.inode, sizeof(holder.inode)), sizeof(holder.inode));
    close(line[0]);
    close(line[1]);
    assert_true(holder.inode != 0);
    return holder;
}

static void end_holder(const struct holder *holder)
{
    kill(holder->pid, SIGKILL);
    assert_int_equal(waitpid(holder->pid, NULL, 0), holder->pid);
}

static void own_socket(void **state)
{
    (void)state;
    struct process_identity found;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    assert_true(process_find(finder, inode_of(fd), getuid(), &found));
    assert_int_equal(found.pid, getpid());
    assert_true(found.start > 0);
    assert_string_equal(found.name, "test_processes");
    assert_non_null(strstr(found.path, "test_processes"));
    close(fd);
}

static void childs_socket(void **state)
{
    (void)state;
    struct process_identity found;
    struct holder holder = start_holder("a (b) c 1 2", false);
    assert_true(process_find(finder, holder.inode, getuid(), &found));
    assert_int_equal(found.pid, holder.pid);
    assert_string_equal(found.name, "a (b) c 1 2");
    uint64_t start = found.start;
    assert_true(start > 0);
    /* Again, from memory. */
    assert_true(process_find(finder, holder.inode, getuid(), &found));
    assert_int_equal(found.pid, holder.pid);
    assert_true(found.start == start);
    end_holder(&holder);
}

static void name_of_sixteen_octets_is_whole(void **state)
{
    (void)state;
    struct process_identity found;
    struct holder holder = start_holder("123456789012345", false);
    assert_true(process_find(finder, holder.inode, getuid(), &found));
    assert_string_equal(found.name, "123456789012345");
    end_holder(&holder);
}

static void threads_belong_to_their_process(void **state)
{
    (void)state;
    struct process_identity found;
    struct holder holder = start_holder("threaded", true);
    assert_true(process_find(finder, holder.inode, getuid(), &found));
    assert_int_equal(found.pid, holder.pid);
    end_holder(&holder);
}

static void wrong_owner_is_only_a_hint(void **state)
{
    (void)state;
    struct process_identity found;
    struct holder holder = start_holder("dropped", false);
    assert_true(process_find(finder, holder.inode, getuid() + 1, &found));
    assert_int_equal(found.pid, holder.pid);
    end_holder(&holder);
}

static void dead_process_is_not_remembered(void **state)
{
    (void)state;
    struct process_identity found;
    struct holder holder = start_holder("short", false);
    assert_true(process_find(finder, holder.inode, getuid(), &found));
    end_holder(&holder);
    assert_false(process_find(finder, holder.inode, getuid(), &found));
    assert_int_equal(found.pid, 0);
    assert_int_equal(found.name[0], 0);
}

static void nobody_holds_it(void **state)
{
    (void)state;
    struct process_identity found;
    assert_false(process_find(finder, 0, getuid(), &found));
    assert_false(process_find(finder, UINT64_MAX, getuid(), &found));
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    uint64_t inode = inode_of(fd);
    close(fd);
    assert_false(process_find(finder, inode, getuid(), &found));
}

/* More questions for nobody's sockets than may be answered by walking through everything: those who
 * were found lately are still found. */
static void questions_without_answer_cost_no_other(void **state)
{
    (void)state;
    struct process_identity found;
    struct holder holder = start_holder("resolver", false);
    assert_true(process_find(finder, holder.inode, getuid(), &found));
    for (uint64_t i = 0; i < 200; i++)
        assert_false(process_find(finder, UINT64_MAX - i, getuid(), &found));
    assert_true(process_find(finder, holder.inode, getuid(), &found));
    assert_int_equal(found.pid, holder.pid);
    end_holder(&holder);
}

/* More finders than are remembered: each is found, the order of memory holds. */
static void many_processes(void **state)
{
    (void)state;
    enum { COUNT = 40 };
    struct holder holders[COUNT];
    struct process_identity found;
    for (unsigned i = 0; i < COUNT; i++)
        holders[i] = start_holder("many", false);
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < COUNT; i++) {
            assert_true(process_find(finder, holders[i].inode, getuid(), &found));
            assert_int_equal(found.pid, holders[i].pid);
        }
    }
    for (unsigned i = 0; i < COUNT; i++)
        end_holder(&holders[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(own_socket, set_up, tear_down),
        cmocka_unit_test_setup_teardown(childs_socket, set_up, tear_down),
        cmocka_unit_test_setup_teardown(name_of_sixteen_octets_is_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(threads_belong_to_their_process, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_owner_is_only_a_hint, set_up, tear_down),
        cmocka_unit_test_setup_teardown(dead_process_is_not_remembered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nobody_holds_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(questions_without_answer_cost_no_other, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_processes, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
