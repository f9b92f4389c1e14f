/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* Descriptors that the capture process, or libpcap within it, polls at once. */
#define POLLED_MAX 4
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* ---- descriptors and signals ---- */

static bool kept(unsigned fd, const int *keep, size_t keep_count)
{
    for (size_t i = 0; i < keep_count; i++) {
        if (keep[i] >= 0 && (unsigned)keep[i] == fd)
            return true;
    }
    return false;
}

static int close_others(const int *keep, size_t keep_count)
{
    unsigned highest = STDERR_FILENO;
    for (size_t i = 0; i < keep_count; i++) {
        if (keep[i] > (int)highest)
            highest = (unsigned)keep[i];
    }
    for (unsigned fd = STDERR_FILENO + 1; fd < highest; fd++) {
        if (!kept(fd, keep, keep_count))
            close((int)fd);
    }
    if (close_range(highest + 1, UINT_MAX, 0) == 0)
        return 0;
    if (errno != ENOSYS && errno != EPERM)
        return -errno;
    /* Before Linux 5.9, or in a sandbox that does not know the call. */
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return -errno;
    for (rlim_t fd = highest + 1; fd < limit.rlim_cur && fd < INT_MAX; fd++)
        close((int)fd);
    return 0;
}

static int silence_standard(void)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0)
        return -errno;
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (null != fd && dup2(null, fd) < 0)
            return -errno;
    }
    if (null > STDERR_FILENO)
        close(null);
    return 0;
}

int sandbox_detach(const char *name, const int *keep, size_t keep_count)
{
    static const int of_the_terminal[] = {
        SIGINT, SIGQUIT, SIGHUP, SIGTSTP, SIGTTIN, SIGTTOU, SIGPIPE};
    for (size_t i = 0; i < COUNT_OF(of_the_terminal); i++)
        signal(of_the_terminal[i], SIG_IGN);
    signal(SIGTERM, SIG_DFL);
    signal(SIGCHLD, SIG_DFL);
    /* Ctrl-C and Ctrl-Z are main's to answer. */
    setpgid(0, 0);
    if (prctl(PR_SET_NAME, name, 0, 0, 0) < 0)
        return -errno;
    int error = silence_standard();
    if (error == 0)
        error = close_others(keep, keep_count);
    return error;
}

static int limit(__rlimit_resource_t resource, rlim_t most)
{
    struct rlimit now;
    if (getrlimit(resource, &now) < 0)
        return -errno;
    if (now.rlim_max != RLIM_INFINITY && now.rlim_max < most)
        most = now.rlim_max;
    struct rlimit then = {.rlim_cur = most, .rlim_max = most};
    return setrlimit(resource, &then) < 0 ? -errno : 0;
}

int sandbox_limit(unsigned descriptors)
{
    int error = limit(RLIMIT_CORE, 0);
    if (error == 0)
        error = limit(RLIMIT_FSIZE, 0);
    if (error == 0)
        error = limit(RLIMIT_NOFILE, descriptors);
    if (error == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
        error = -errno;
    if (error == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
        error = -errno;
    return error;
}

/* ---- system calls ---- */

static int allow_all(scmp_filter_ctx filter, const int *calls, size_t count)
{
    int error = 0;
    for (size_t i = 0; i < count && error == 0; i++) {
        /* A call that this architecture does not have is none to allow. */
        if (calls[i] >= 0)
            error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
    }
    return error;
}

#define IS(argument, value) SCMP_CMP(argument, SCMP_CMP_EQ, value, 0)
#define AT_MOST(argument, value) SCMP_CMP(argument, SCMP_CMP_LE, value, 0)
#define HAS_NONE_OF(argument, bits) SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, bits, 0)
/* Descriptors are compared as what they are: 32 bits, whatever stands in the other half. */
#define IS_FD(argument, fd) SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, UINT32_MAX, (uint32_t)(fd))

static int allow_on(scmp_filter_ctx filter, int call, int fd)
{
    return fd < 0 ? 0 : seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1, IS_FD(0, fd));
}

static int allow_poll(scmp_filter_ctx filter)
{
    int error = 0;
    if (SCMP_SYS(poll) >= 0)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(poll), 1, AT_MOST(1, POLLED_MAX));
    /* What poll(3) calls where there is no such system call. */
    return error ? error
                 : seccomp_rule_add(
                       filter, SCMP_ACT_ALLOW, SCMP_SYS(ppoll), 1, AT_MOST(1, POLLED_MAX));
}

/* Memory that is neither a file's nor ever executed, and a key for the tables in it. */
static int allow_memory(scmp_filter_ctx filter)
{
    static const int calls[] = {
        SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(getrandom)};
    int error = allow_all(filter, calls, COUNT_OF(calls));
    return error ? error
                 : seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 3,
                       HAS_NONE_OF(2, PROT_EXEC),
                       SCMP_CMP(3, SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS), IS_FD(4, -1));
}

static int load(scmp_filter_ctx filter)
{
    int error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 1);
    return error ? error : seccomp_load(filter);
}

int sandbox_capture(const struct sandbox_capture *plan)
{
    static const int calls[] = {
        SCMP_SYS(exit_group),
        SCMP_SYS(clock_gettime),   /* where the vDSO cannot tell the time */
        SCMP_SYS(restart_syscall), /* poll, after SIGSTOP and SIGCONT */
        SCMP_SYS(rt_sigreturn),
#ifdef __SANITIZE_ADDRESS__
        SCMP_SYS(madvise),
        SCMP_SYS(sched_yield),
        SCMP_SYS(sigaltstack),
#endif
    };
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (!filter)
        return -ENOMEM;
    int error = allow_all(filter, calls, COUNT_OF(calls));
    if (error == 0)
        error = allow_poll(filter);
    if (error == 0)
        error = allow_on(filter, SCMP_SYS(write), plan->wake);
    if (error == 0)
        error = allow_on(filter, SCMP_SYS(read), plan->room);
    if (error == 0)
        error = allow_on(filter, SCMP_SYS(read), plan->file);
    /* Drops, and what is wrong with the socket. */
    if (error == 0)
        error = allow_on(filter, SCMP_SYS(getsockopt), plan->packets);
    if (error == 0 && plan->file >= 0)
        error = allow_memory(filter);
    if (error == 0)
        error = load(filter);
    seccomp_release(filter);
    return error;
}

/* libpcap opens the packet socket and asks for interfaces by one of AF_UNIX or AF_INET. */
static int allow_sockets(scmp_filter_ctx filter)
{
    static const unsigned families[] = {AF_PACKET, AF_UNIX, AF_INET};
    int error = 0;
    for (size_t i = 0; i < COUNT_OF(families) && error == 0; i++)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1, IS(0, families[i]));
    if (error == 0)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socketpair), 1, IS(0, AF_UNIX));
    /* send(2) to main; with no address, as it is a connected socket. */
    return error ? error : seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(sendto), 1, IS(4, 0));
}

int sandbox_keeper(int main)
{
    static const int calls[] = {
        /* looking */
        SCMP_SYS(read),
        SCMP_SYS(close),
        SCMP_SYS(fstat),
        SCMP_SYS(newfstatat),
        SCMP_SYS(statx),
        SCMP_SYS(lseek),
        SCMP_SYS(getdents64),
        SCMP_SYS(readlinkat),
        SCMP_SYS(readlink),
        SCMP_SYS(access),
        SCMP_SYS(faccessat),
        SCMP_SYS(faccessat2),
        SCMP_SYS(getpid),
        SCMP_SYS(getppid),
        SCMP_SYS(gettid),
        SCMP_SYS(getuid),
        SCMP_SYS(geteuid),
        SCMP_SYS(getgid),
        SCMP_SYS(getegid),
        SCMP_SYS(getresuid),
        SCMP_SYS(getresgid),
        SCMP_SYS(uname),
        SCMP_SYS(capget),
        SCMP_SYS(clock_gettime),
        SCMP_SYS(getrandom),
        /* waiting and telling */
        SCMP_SYS(poll),
        SCMP_SYS(ppoll),
        SCMP_SYS(recvfrom),
        SCMP_SYS(write),
        SCMP_SYS(clock_nanosleep),
        SCMP_SYS(restart_syscall),
        SCMP_SYS(exit),
        SCMP_SYS(exit_group),
        /* memory */
        SCMP_SYS(brk),
        SCMP_SYS(munmap),
        SCMP_SYS(mremap),
        SCMP_SYS(madvise),
        /* a new capture, its cryptography (which begins once, and says so to waiting threads), and
         * its way to fewer rights */
        SCMP_SYS(futex),
        SCMP_SYS(clone),
        SCMP_SYS(clone3),
        SCMP_SYS(fork),
        SCMP_SYS(vfork),
        SCMP_SYS(wait4),
        SCMP_SYS(waitid),
        SCMP_SYS(rt_sigaction),
        SCMP_SYS(rt_sigprocmask),
        SCMP_SYS(rt_sigreturn),
        SCMP_SYS(setpgid),
        SCMP_SYS(set_robust_list),
        SCMP_SYS(rseq),
        SCMP_SYS(set_tid_address),
        SCMP_SYS(capset),
        SCMP_SYS(prctl),
        SCMP_SYS(seccomp),
        SCMP_SYS(prlimit64),
        SCMP_SYS(getrlimit),
        SCMP_SYS(ugetrlimit),
        SCMP_SYS(setrlimit),
        SCMP_SYS(setresuid),
        SCMP_SYS(setresgid),
        SCMP_SYS(close_range),
        SCMP_SYS(dup),
        SCMP_SYS(dup2),
        SCMP_SYS(dup3),
        SCMP_SYS(fcntl),
        SCMP_SYS(eventfd2),
        /* opening the packets */
        SCMP_SYS(setsockopt),
        SCMP_SYS(getsockopt),
        SCMP_SYS(getsockname),
        SCMP_SYS(bind),
        SCMP_SYS(ioctl),
#ifdef __SANITIZE_ADDRESS__
        SCMP_SYS(sched_yield),
        SCMP_SYS(sigaltstack),
#endif
    };
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!filter)
        return -ENOMEM;
    int error = allow_all(filter, calls, COUNT_OF(calls));
    if (error == 0)
        error = allow_sockets(filter);
    /* A file's descriptor is handed to main, and to nobody else; no address can be given there. */
    if (error == 0)
        error = allow_on(filter, SCMP_SYS(sendmsg), main);
    /* Nothing is opened to be written, but for /dev/null by the capture; RLIMIT_FSIZE is 0. */
    if (error == 0)
        error = seccomp_rule_add(
            filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1, HAS_NONE_OF(2, O_CREAT | O_TRUNC));
    if (error == 0)
        error =
            seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, HAS_NONE_OF(2, PROT_EXEC));
    if (error == 0)
        error = seccomp_rule_add(
            filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, HAS_NONE_OF(2, PROT_EXEC));
    if (error == 0)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(kill), 1, IS(1, SIGKILL));
    if (error == 0)
        error = load(filter);
    seccomp_release(filter);
    return error;
}
