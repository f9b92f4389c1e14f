/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard/guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard/linkfile.h"
#include "guard/rights.h"
#include "guard/ring.h"

/* ---- messages ---- */

static void only_whole_messages_count(void **state)
{
    (void)state;
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    struct guard guard = {.keeper = pair[0]};
    struct keeper_message message = {.kind = KEEPER_OWNER, .token = 5};
    union keeper_any got;
    char longer[sizeof(message) + 1] = {0};
    memset(message.text, 'x', sizeof(message.text));
    assert_int_equal(guard_receive(&guard, &got), 0);
    memcpy(longer, &message, sizeof(message));
    send(pair[1], &message, sizeof(message) - 1, 0);
    send(pair[1], longer, sizeof(longer), 0);
    message.kind = 77;
    send(pair[1], &message, sizeof(message), 0);
    assert_int_equal(guard_receive(&guard, &got), 0);
    message.kind = KEEPER_OWNER;
    send(pair[1], &message, sizeof(message), 0);
    assert_int_equal(guard_receive(&guard, &got), 1);
    assert_int_equal(got.message.token, 5);
    assert_int_equal(
        strnlen(got.message.text, sizeof(got.message.text)), sizeof(got.message.text) - 1);
    close(pair[1]);
    assert_int_equal(guard_receive(&guard, &got), -1);
    assert_int_equal(guard.keeper, -1);
    assert_int_equal(guard_receive(&guard, &got), -1);
    assert_false(guard_ask_owner(&guard, 1, 2, 3));
}

static void asking_never_blocks(void **state)
{
    (void)state;
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    struct guard guard = {.keeper = pair[0]};
    unsigned asked = 0;
    while (guard_ask_owner(&guard, asked, 1, 0))
        assert_true(++asked < 100000);
    assert_true(asked > 8);
    close(pair[0]);
    close(pair[1]);
}

/* ---- files of links ---- */

static char root[] = "/tmp/linkfile-XXXXXX";

static void folder_below_root(void)
{
    static const char *const parts[] = {"/run", "/run/systemd", "/run/systemd/resolve"};
    char path[128];
    assert_non_null(mkdtemp(root));
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
        snprintf(path, sizeof(path), "%s%s", root, parts[i]);
        assert_int_equal(mkdir(path, 0700), 0);
    }
    snprintf(path, sizeof(path), "%s%s", root, LINKFILE_FOLDER);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(chdir(path), 0);
}

static void make_file(const char *name, off_t size)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, size), 0);
    close(fd);
}

static void only_regular_files_of_links_are_opened(void **state)
{
    static const struct {
        uint32_t index;
        int result; /* 0: opened */
    } cases[] = {{1, 0}, {2, -EINVAL}, {3, -EINVAL}, {4, -EINVAL}, {5, -EINVAL}, {6, 0},
        {7, -ENOENT}, {0, -EINVAL}, {0x80000001U, -EINVAL}, {UINT32_MAX, -EINVAL}};
    (void)state;
    int before = open("/", O_RDONLY | O_DIRECTORY);
    int here = open(".", O_RDONLY | O_DIRECTORY);
    folder_below_root();
    make_file("1", 100);
    assert_int_equal(symlink("1", "2"), 0);
    assert_int_equal(mkfifo("3", 0600), 0);
    assert_int_equal(mkdir("4", 0700), 0);
    make_file("5", LINKFILE_MOST + 1);
    make_file("6", LINKFILE_MOST);
    make_file("0", 1);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        int fd = linkfile_open(root, cases[i].index);
        if (cases[i].result != (fd >= 0 ? 0 : fd))
            fail_msg("%u: %d", cases[i].index, fd);
        assert_int_equal(linkfile_is_sound(fd), fd >= 0);
        if (fd >= 0)
            close(fd);
    }
    /* Nor is the folder a link to another one. */
    assert_int_equal(rename("../netif", "../other"), 0);
    assert_int_equal(symlink("other", "../netif"), 0);
    assert_true(linkfile_open(root, 1) < 0);
    static const char *const made[] = {"1", "2", "3", "5", "6", "0", "../netif"};
    for (size_t i = 0; i < sizeof(made) / sizeof(*made); i++)
        assert_int_equal(unlink(made[i]), 0);
    assert_int_equal(rmdir("4"), 0);
    assert_int_equal(chdir(root), 0);
    assert_int_equal(rmdir("run/systemd/resolve/other"), 0);
    assert_int_equal(rmdir("run/systemd/resolve"), 0);
    assert_int_equal(rmdir("run/systemd"), 0);
    assert_int_equal(rmdir("run"), 0);
    assert_int_equal(rmdir(root), 0);
    assert_int_equal(fchdir(here), 0);
    int after = open("/", O_RDONLY | O_DIRECTORY);
    assert_int_equal(after, here + 1); /* nothing stays open */
    close(before), close(here), close(after);
}

static void pass(int to, uint32_t kind, const int *fds, size_t count)
{
    struct keeper_message message = {.kind = kind, .value = 3};
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(2 * sizeof(int))];
    } control = {0};
    struct iovec part = {&message, sizeof(message)};
    struct msghdr envelope = {.msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = CMSG_SPACE(count * sizeof(int))};
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(&control.header), fds, count * sizeof(int));
    assert_true(sendmsg(to, &envelope, 0) > 0);
}

static void what_is_passed_is_a_file(void **state)
{
    (void)state;
    int pair[2], pipes[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    assert_int_equal(pipe(pipes), 0);
    const struct {
        uint32_t kind;
        size_t count;
        int fds[2];
        bool taken;
    } cases[] = {
        {KEEPER_LINK, 1, {open("/etc/passwd", O_RDONLY)}, true},
        {KEEPER_LINK, 1, {pipes[0]}, false},
        {KEEPER_LINK, 1, {open("/", O_RDONLY)}, false},
        {KEEPER_LINK, 1, {open("/dev/null", O_RDONLY)}, false},
        {KEEPER_LINK, 1, {open("/etc/passwd", O_PATH)}, false},
        {KEEPER_LINK, 2, {open("/etc/passwd", O_RDONLY), pipes[0]}, true},
        {KEEPER_PROFILE, 1, {open("/etc/passwd", O_RDONLY)}, true}, /* root's, as is asked for */
        {KEEPER_PROFILE, 1, {pipes[0]}, false},
        {KEEPER_PROFILE, 1, {open("/", O_RDONLY)}, false},
        {KEEPER_PROFILE, 1, {open("/etc/passwd", O_PATH)}, false},
        {KEEPER_OWNER, 1, {open("/etc/passwd", O_RDONLY)}, false},
    };
    struct guard guard = {.keeper = pair[0]};
    int first_free = dup(0);
    close(first_free);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        union keeper_any got;
        pass(pair[1], cases[i].kind, cases[i].fds, cases[i].count);
        assert_int_equal(guard_receive(&guard, &got), 1);
        assert_int_equal(got.message.value, 3);
        if ((guard.passed > 0) != cases[i].taken)
            fail_msg("case %zu: %d", i, guard.passed);
        /* Not taken: the next message, or none, closes it. */
        assert_int_equal(guard_receive(&guard, &got), 0);
        assert_int_equal(guard.passed, 0);
        int next = dup(0);
        assert_int_equal(next, first_free);
        close(next);
    }
    close(pair[0]), close(pair[1]);
}

/* ---- whom main becomes ---- */

struct choice {
    const char *situation, *wanted, *sudo_uid, *sudo_gid;
    const char *account; /* whom it becomes; NULL: see uid */
    unsigned uid, gid;
    bool person;
    int result;
};

static const char *servant(void)
{
    return getpwnam("leaktop") ? "leaktop" : "nobody";
}

static void as_root(void **state)
{
    (void)state;
    if (getuid() != 0)
        skip();
    const struct choice choices[] = {
        {"nothing said", NULL, NULL, NULL, servant(), 0, 0, false, 0},
        {"sudo by an account", NULL, "1", "1", "daemon", 0, 0, true, 0},
        {"sudo by nobody we know", NULL, "54321", "54322", NULL, 54321, 54322, true, 0},
        {"sudo by nobody we know, no group", NULL, "54321", NULL, NULL, 54321, 54321, true, 0},
        {"sudo by root", NULL, "0", "0", servant(), 0, 0, false, 0},
        {"SUDO_UID is a name", NULL, "daemon", "1", servant(), 0, 0, false, 0},
        {"SUDO_UID is negative", NULL, "-1", "1", servant(), 0, 0, false, 0},
        {"SUDO_UID is 2^32 - 1", NULL, "4294967295", "1", servant(), 0, 0, false, 0},
        {"SUDO_UID is 2^32", NULL, "4294967296", "1", servant(), 0, 0, false, 0},
        {"SUDO_UID has a tail", NULL, "1 ", "1", servant(), 0, 0, false, 0},
        {"SUDO_UID is empty", NULL, "", "", servant(), 0, 0, false, 0},
        {"--user", "daemon", "54321", "54321", "daemon", 0, 0, true, 0},
        {"--user root", "root", NULL, NULL, "root", 0, 0, true, 0},
        {"--user that is not there", "no\x1Bsuch", NULL, NULL, NULL, 0, 0, false, -ENOENT},
    };
    for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
        const struct choice *choice = &choices[i];
        struct rights_user user;
        char error[128] = "";
        unsetenv("SUDO_UID");
        unsetenv("SUDO_GID");
        if (choice->sudo_uid)
            setenv("SUDO_UID", choice->sudo_uid, 1);
        if (choice->sudo_gid)
            setenv("SUDO_GID", choice->sudo_gid, 1);
        int result = rights_find_main(choice->wanted, &user, error, sizeof(error));
        if (result != choice->result)
            fail_msg("%s: %d", choice->situation, result);
        if (result != 0) {
            assert_non_null(strstr(error, "no user \"no\\027such\""));
            continue;
        }
        unsigned uid = choice->uid, gid = choice->gid;
        if (choice->account) {
            const struct passwd *account = getpwnam(choice->account);
            assert_non_null(account);
            uid = account->pw_uid;
            gid = account->pw_gid;
            assert_string_equal(user.name, choice->account);
            assert_string_equal(user.home, account->pw_dir);
        }
        if (user.uid != uid || user.gid != gid || user.person != choice->person ||
            user.group_count < 1)
            fail_msg("%s: uid %u gid %u person %d groups %d", choice->situation, user.uid, user.gid,
                user.person, user.group_count);
    }
}

static void rights_are_gone_for_good(void **state)
{
    (void)state;
    if (getuid() != 0)
        skip();
    pid_t child = fork();
    if (child == 0) {
        static const cap_value_t keep[] = {CAP_NET_RAW};
        struct rights_user user = {.uid = 54321, .gid = 54322, .groups = {54322}, .group_count = 1};
        if (rights_become(&user, keep, 1) != 0)
            _exit(1);
        if (!rights_have(CAP_NET_RAW) || rights_have(CAP_SETUID) || rights_have(CAP_SYS_ADMIN))
            _exit(2);
        if (setuid(0) == 0 || setgid(0) == 0 || prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN) != 0)
            _exit(3);
        if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
            _exit(4);
        /* Once more, as the capture does: less is left, and nothing fails. */
        if (rights_become(&user, NULL, 0) != 0 || rights_have(CAP_NET_RAW))
            _exit(5);
        /* And there is no way to become anybody else. */
        user.uid = 12345;
        _exit(rights_become(&user, NULL, 0) == 0 ? 6 : 0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* ---- three processes read a file ---- */

/* In a child, as guard_start changes who we are. What goes wrong is the exit status. */
static int read_file_as_main(const char *octets, size_t length, enum capture_state expected)
{
    pid_t child = fork();
    if (child != 0) {
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        return status;
    }
    int fd = memfd_create("capture", 0);
    if (write(fd, octets, length) != (ssize_t)length || lseek(fd, 0, SEEK_SET) != 0)
        _exit(10);
    struct guard_plan plan = {.capture_file = fd};
    struct guard guard;
    char error[192];
    if (guard_start(&plan, &guard, error, sizeof(error)) != 0)
        _exit(11);
    if (fcntl(fd, F_GETFD) >= 0 || guard.keeper < 0 || rights_have(CAP_NET_RAW))
        _exit(12);
    struct rlimit core;
    if (getrlimit(RLIMIT_CORE, &core) != 0 || core.rlim_max != 0)
        _exit(13);
    struct ring_status status = {.state = CAPTURE_STARTING};
    struct fact fact;
    uint64_t foreign = 0;
    do {
        struct pollfd end = {.fd = ring_fd(guard.ring), .events = POLLIN};
        if (poll(&end, 1, 5000) != 1)
            _exit(14);
        while (ring_take(guard.ring, &fact, &foreign))
            ;
        ring_status(guard.ring, &status);
    } while (status.state == CAPTURE_STARTING || status.state == CAPTURE_RUNNING);
    if (status.state != expected)
        _exit(15);
    if (expected == CAPTURE_FAILED && status.text[0] == '\0')
        _exit(16);
    guard_stop(&guard);
    /* Nobody is left to wait for. */
    _exit(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD && guard.keeper == -1 ? 0 : 17);
}

static void a_file_is_read_and_all_end(void **state)
{
    (void)state;
    static const char empty_capture[24] =
        "\xD4\xC3\xB2\xA1\2\0\4\0\0\0\0\0\0\0\0\0\xFF\xFF\0\0\x65\0\0";
    assert_int_equal(read_file_as_main(empty_capture, sizeof(empty_capture), CAPTURE_ENDED), 0);
    assert_int_equal(read_file_as_main("no capture", 10, CAPTURE_FAILED), 0);
    assert_int_equal(read_file_as_main("", 0, CAPTURE_FAILED), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_whole_messages_count),
        cmocka_unit_test(asking_never_blocks),
        cmocka_unit_test(only_regular_files_of_links_are_opened),
        cmocka_unit_test(what_is_passed_is_a_file),
        cmocka_unit_test(as_root),
        cmocka_unit_test(rights_are_gone_for_good),
        cmocka_unit_test(a_file_is_read_and_all_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
