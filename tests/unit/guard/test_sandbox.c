/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard/sandbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What the capture process holds. */
static struct sandbox_capture held;

/* The loopback interface of an empty network namespace, so that not even a mistake sends anything.
 */
static int open_packets(void)
{
    int fd = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_ALL));
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    if (fd >= 0)
        ioctl(fd, SIOCSIFFLAGS, &request);
    return fd;
}

static struct sockaddr_ll loopback(void)
{
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP), .sll_ifindex = 1, .sll_halen = 6};
    return address;
}

/* Each of these is one forbidden thing; what it returns does not matter. */

static void open_a_file(void)
{
    (void)!open("/etc/passwd", O_RDONLY);
}

static void open_a_socket(void)
{
    (void)!socket(AF_INET, SOCK_DGRAM, 0);
}

static void send_a_frame(void)
{
    struct sockaddr_ll to = loopback();
    (void)!sendto(held.packets, "x", 1, 0, (struct sockaddr *)&to, sizeof(to));
}

static void send_a_frame_by_message(void)
{
    struct sockaddr_ll to = loopback();
    struct iovec part = {.iov_base = (char[]){"x"}, .iov_len = 1};
    struct msghdr message = {
        .msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = &part, .msg_iovlen = 1};
    (void)!sendmsg(held.packets, &message, 0);
}

static void send_frames_at_once(void)
{
    struct mmsghdr messages[1] = {0};
    (void)!sendmmsg(held.packets, messages, 1, 0);
}

static void write_to_the_packets(void)
{
    (void)!write(held.packets, "x", 1);
}

static void write_parts_to_the_packets(void)
{
    struct iovec part = {.iov_base = (char[]){"x"}, .iov_len = 1};
    (void)!writev(held.packets, &part, 1);
}

static void change_the_packets(void)
{
    int on = 1;
    (void)!setsockopt(held.packets, SOL_PACKET, PACKET_LOSS, &on, sizeof(on));
}

static void ask_another_socket(void)
{
    int value;
    socklen_t size = sizeof(value);
    (void)!getsockopt(held.wake, SOL_SOCKET, SO_TYPE, &value, &size);
}

static void write_to_another(void)
{
    uint64_t one = 1;
    (void)!write(held.room, &one, sizeof(one));
}

static void read_another(void)
{
    uint64_t count;
    (void)!read(held.wake, &count, sizeof(count));
}

static void execute(void)
{
    char *arguments[] = {(char[]){"true"}, NULL};
    execve("/bin/true", arguments, arguments + 1);
}

static void fork_another(void)
{
    if (fork() == 0)
        _exit(0);
}

static void trace(void)
{
    (void)!ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}

static void read_memory_of_another(void)
{
    char octet;
    struct iovec here = {.iov_base = &octet, .iov_len = 1};
    (void)!process_vm_readv(1, &here, 1, &here, 1, 0);
}

static void signal_another(void)
{
    (void)!syscall(SYS_kill, 1, 0);
}

static void become_root(void)
{
    (void)!setuid(0);
}

static void run_memory(void)
{
    (void)!mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void make_memory_executable(void)
{
    static _Alignas(4096) char page[4096];
    (void)!mprotect(page, sizeof(page), PROT_READ | PROT_EXEC);
}

static void map_a_file(void)
{
    (void)!mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, held.room, 0);
}

static void take_memory(void)
{
    (void)!mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void unblock_the_bell(void)
{
    (void)!fcntl(held.wake, F_SETFL, 0);
}

static void queue_calls(void)
{
    (void)!syscall(SYS_io_uring_setup, 1, NULL);
}

static void load_a_program(void)
{
    (void)!syscall(SYS_bpf, 0, NULL, 0);
}

static void poll_thousands(void)
{
    (void)!syscall(SYS_poll, NULL, 1000, 0);
}

static void leave_the_namespace(void)
{
    (void)!unshare(CLONE_NEWNS);
}

/* And these must go on working. */

static void ring_the_bell(void)
{
    uint64_t one = 1;
    if (write(held.wake, &one, sizeof(one)) != sizeof(one))
        _exit(9);
}

static void wait_for_room(void)
{
    uint64_t count;
    struct pollfd end = {.fd = held.room, .events = POLLIN};
    if (poll(&end, 1, 1) != 0 || read(held.room, &count, sizeof(count)) != -1)
        _exit(9);
}

static void count_drops(void)
{
    struct tpacket_stats statistics;
    socklen_t size = sizeof(statistics);
    if (held.packets >= 0 &&
        getsockopt(held.packets, SOL_PACKET, PACKET_STATISTICS, &statistics, &size) != 0)
        _exit(9);
}

static void tell_the_time(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0 ||
        syscall(SYS_clock_gettime, CLOCK_REALTIME, &now) != 0)
        _exit(9);
}

static void read_the_file(void)
{
    char octet;
    if (read(held.file, &octet, 1) != 1)
        _exit(9);
}

static void use_memory(void)
{
    for (size_t size = 64; size < 64 << 20; size *= 4) {
        char *memory = malloc(size);
        if (!memory)
            _exit(9);
        memset(memory, 1, size);
        memory = realloc(memory, size * 2);
        free(memory);
    }
}

enum where { LIVE = 1, FILE_ = 2, BOTH = 3 };

struct attempt {
    const char *what;
    void (*make)(void);
    enum where where;
};

static const struct attempt forbidden[] = {
    {"openat", open_a_file, BOTH},
    {"socket", open_a_socket, BOTH},
    {"sendto on the packet socket", send_a_frame, LIVE},
    {"sendmsg on the packet socket", send_a_frame_by_message, LIVE},
    {"sendmmsg on the packet socket", send_frames_at_once, LIVE},
    {"write to the packet socket", write_to_the_packets, LIVE},
    {"writev to the packet socket", write_parts_to_the_packets, LIVE},
    {"setsockopt on the packet socket", change_the_packets, LIVE},
    {"getsockopt on another", ask_another_socket, BOTH},
    {"write to another descriptor", write_to_another, BOTH},
    {"read of another descriptor", read_another, BOTH},
    {"execve", execute, BOTH},
    {"fork", fork_another, BOTH},
    {"ptrace", trace, BOTH},
    {"process_vm_readv", read_memory_of_another, BOTH},
    {"kill", signal_another, BOTH},
    {"setuid", become_root, BOTH},
    {"mmap of executable memory", run_memory, BOTH},
    {"mprotect to executable", make_memory_executable, BOTH},
    {"mmap of a file", map_a_file, BOTH},
    {"mmap while live", take_memory, LIVE},
    {"fcntl", unblock_the_bell, BOTH},
    {"io_uring_setup", queue_calls, BOTH},
    {"bpf", load_a_program, BOTH},
    {"poll of a thousand", poll_thousands, BOTH},
    {"unshare", leave_the_namespace, BOTH},
};

static const struct attempt allowed[] = {
    {"write to the bell", ring_the_bell, BOTH},
    {"wait for room", wait_for_room, BOTH},
    {"read the file", read_the_file, FILE_},
    {"take and give memory", use_memory, FILE_},
    {"count drops", count_drops, LIVE},
    {"tell the time", tell_the_time, BOTH},
};

/* Wait status of a child that enters the sandbox and makes the attempt. -1: it could not enter. */
static int status_of(const struct attempt *attempt, bool live)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        /* Without root the namespace comes with a user namespace. */
        if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
            _exit(77);
        held = (struct sandbox_capture){.packets = -1, .file = -1};
        held.wake = eventfd(0, EFD_NONBLOCK);
        held.room = eventfd(0, EFD_NONBLOCK);
        if (live)
            held.packets = open_packets();
        else
            held.file = open("/dev/zero", O_RDONLY);
        if ((live ? held.packets : held.file) < 0)
            _exit(77);
        if (sandbox_limit(16) != 0 || sandbox_capture(&held) != 0)
            _exit(78);
        attempt->make();
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void forbidden_calls_kill(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
        for (int live = 0; live < 2; live++) {
            if ((forbidden[i].where & (live ? LIVE : FILE_)) == 0)
                continue;
#ifdef __SANITIZE_ADDRESS__
            if (forbidden[i].make == take_memory)
                continue;
#endif
            int status = status_of(&forbidden[i], live);
            if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
                skip(); /* no namespaces for us here */
            if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
                fail_msg("%s (%s): wait status 0x%x, expected death by SIGSYS", forbidden[i].what,
                    live ? "live" : "file", status);
        }
    }
}

static void what_it_needs_works(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++) {
        for (int live = 0; live < 2; live++) {
            if ((allowed[i].where & (live ? LIVE : FILE_)) == 0)
                continue;
            int status = status_of(&allowed[i], live);
            if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
                skip();
            if (status != 0)
                fail_msg(
                    "%s (%s): wait status 0x%x", allowed[i].what, live ? "live" : "file", status);
        }
    }
}

/* ---- the keeper's ---- */

/* In a child: 0, or the number of the line that went wrong. */
#define IN_CHILD(condition)                                                                        \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "line %d, errno %d\n", __LINE__, errno);                               \
            _exit(1);                                                                              \
        }                                                                                          \
    } while (0)

static int in_child(void (*body)(void))
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        body();
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static bool refused(long result)
{
    return result == -1 && errno == EPERM;
}

static void keeper_body(void)
{
    IN_CHILD(sandbox_limit(64) == 0 && sandbox_keeper(-1) == 0);
    char *arguments[] = {(char[]){"true"}, NULL};
    IN_CHILD(refused(execve("/bin/true", arguments, arguments + 1)));
    IN_CHILD(refused(open("/tmp/leaktop-test-sandbox", O_WRONLY | O_CREAT, 0600)));
    IN_CHILD(refused(open("/dev/null", O_WRONLY | O_TRUNC)));
    IN_CHILD(refused(unlink("/tmp/leaktop-test-sandbox")));
    IN_CHILD(refused(ptrace(PTRACE_TRACEME, 0, NULL, NULL)));
    IN_CHILD(refused(kill(getppid(), SIGTERM)));
    IN_CHILD(refused(socket(AF_INET6, SOCK_STREAM, 0)));
    IN_CHILD(refused(socket(AF_NETLINK, SOCK_RAW, 0)));
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    IN_CHILD(fd >= 0);
    IN_CHILD(refused(connect(fd, (struct sockaddr *)&to, sizeof(to))));
    IN_CHILD(refused(sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to))));
    IN_CHILD(open("/proc/self/stat", O_RDONLY) >= 0);
    pid_t child = fork();
    if (child == 0)
        for (;;)
            pause();
    IN_CHILD(child > 0 && kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
}

static void keeper_cannot_act(void **state)
{
    (void)state;
    assert_int_equal(in_child(keeper_body), 0);
}

/* ---- descriptors, signals, limits ---- */

static void detach_body(void)
{
    int kept = open("/dev/zero", O_RDONLY), other = open("/dev/zero", O_RDONLY);
    int high = fcntl(kept, F_DUPFD, 200), between = fcntl(kept, F_DUPFD, 150);
    int above = fcntl(kept, F_DUPFD, 300);
    const int keep[] = {-1, high, kept};
    IN_CHILD(sandbox_detach("leaktop-test", keep, 3) == 0);
    IN_CHILD(fcntl(kept, F_GETFD) >= 0 && fcntl(high, F_GETFD) >= 0);
    IN_CHILD(fcntl(other, F_GETFD) < 0 && fcntl(between, F_GETFD) < 0);
    IN_CHILD(fcntl(above, F_GETFD) < 0);
    struct stat null, standard;
    IN_CHILD(stat("/dev/null", &null) == 0);
    for (int fd = 0; fd < 3; fd++)
        IN_CHILD(fstat(fd, &standard) == 0 && standard.st_rdev == null.st_rdev);
    char name[16];
    IN_CHILD(prctl(PR_GET_NAME, name) == 0 && strcmp(name, "leaktop-test") == 0);
    IN_CHILD(getpgid(0) == getpid());
    static const int ignored[] = {SIGINT, SIGQUIT, SIGHUP, SIGTSTP, SIGTTOU, SIGTTIN, SIGPIPE};
    for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
        IN_CHILD(signal(ignored[i], SIG_DFL) == SIG_IGN);
    IN_CHILD(signal(SIGTERM, SIG_DFL) == SIG_DFL);
}

static void detached_from_the_terminal(void **state)
{
    (void)state;
    assert_int_equal(in_child(detach_body), 0);
}

static void limit_body(void)
{
    IN_CHILD(sandbox_limit(20) == 0);
    IN_CHILD(prctl(PR_GET_DUMPABLE) == 0);
    int signal_number;
    IN_CHILD(prctl(PR_GET_PDEATHSIG, &signal_number) == 0 && signal_number == SIGKILL);
    struct rlimit limit;
    IN_CHILD(getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max == 20);
    IN_CHILD(getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_max == 0);
    IN_CHILD(getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_max == 0);
    /* More than a limit that is already there is no error. */
    IN_CHILD(sandbox_limit(1000) == 0);
    IN_CHILD(getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max == 20);
}

static void limits_hold(void **state)
{
    (void)state;
    assert_int_equal(in_child(limit_body), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forbidden_calls_kill),
        cmocka_unit_test(what_it_needs_works),
        cmocka_unit_test(keeper_cannot_act),
        cmocka_unit_test(detached_from_the_terminal),
        cmocka_unit_test(limits_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
