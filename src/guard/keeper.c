/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard/keeper.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "guard/answers.h"
#include "guard/guard.h"
#include "guard/frames.h"
#include "guard/ring.h"
#include "guard/sandbox.h"
#include "sources/capture.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* Exit status of a capture process that has itself reported why. */
#define EXIT_REPORTED 3

/* Before a new capture is started: the first time, and at most after one that died early. Where it
 * cannot even be opened, asking each second would wake the machine for nothing. */
#define RETRY_FIRST_MS 100
#define RETRY_MOST_MS 800
#define RETRY_OPEN_MOST_MS 30000
/* One that ran for so long did not die early. */
#define SETTLED_MS 10000
/* The capture's end is waited for so long when the keeper itself ends. */
#define FAREWELL_MS 200
#define PRIORITY (-10)
#define KEEPER_DESCRIPTORS 64
#define CAPTURE_DESCRIPTORS 16

static const cap_value_t keeper_rights[] = {CAP_NET_RAW, CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH};

struct keeping {
    const struct keeper *keeper;
    struct answers *answers; /* NULL: a file is read, or there is no memory */
    int main_alive;          /* pidfd of main, or -1 */
    pid_t capture;           /* 0: none runs */
    int lifeline;            /* our end of a socket pair with it; -1 */
    bool stopped;            /* it was, by a signal */
    int children;            /* signalfd: something became of a child; -1 */
    uint64_t started_ms;
    uint64_t retry_at_ms; /* when none runs; 0: never again */
    unsigned retry_ms;
};

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* ---- the capture process ---- */

static _Noreturn void give_up(struct ring *ring, const char *text)
{
    ring_fail(ring, text);
    _exit(EXIT_REPORTED);
}

static _Noreturn void capture_process(
    const struct keeper *keeper, struct answers *answers, int lifeline)
{
    struct ring *ring = keeper->ring;
    char error[sizeof(((struct ring_status *)NULL)->text)];
    bool live = keeper->capture_file < 0;
    const int keep[] = {ring_wake_fd(ring), ring_room_fd(ring), lifeline, keeper->capture_file};
    /* What the keeper knows of others' processes is not for who parses packets. */
    answers_close(answers);
    if (sandbox_detach("leaktop-capture", keep, COUNT_OF(keep)) < 0)
        give_up(ring, "the capture process could not let go of its descriptors");
    struct capture *capture = capture_new();
    if (!capture)
        give_up(ring, "the capture process has no memory");
    if (live && capture_open_live(capture, error, sizeof(error)) < 0)
        give_up(ring, error);
    if (rights_become(keeper->user, NULL, 0) < 0 || sandbox_limit(CAPTURE_DESCRIPTORS) < 0)
        give_up(ring, "the capture process could not give up its rights");
    const struct sandbox_capture plan = {
        .packets = live ? capture_socket(capture) : -1,
        .file = keeper->capture_file,
        .wake = ring_wake_fd(ring),
        .room = ring_room_fd(ring),
    };
    if (sandbox_capture(&plan) < 0)
        give_up(ring, "the capture process could not enter its sandbox (seccomp)");
    if (!live &&
        capture_open_file(capture, keeper->capture_file, lifeline, error, sizeof(error)) < 0)
        give_up(ring, error);
    bool good = capture_run(capture, ring, keeper->frames, lifeline);
    _exit(good ? EXIT_SUCCESS : EXIT_REPORTED);
}

/* ---- keeping one running ---- */

static void tell_main(const struct keeping *keeping, uint32_t value)
{
    struct keeper_message message = {
        .kind = KEEPER_CAPTURE, .value = value, .pid = (int32_t)keeping->capture};
    /* Main is behind by hundreds of messages where this fails; the ring's status tells it too. */
    send(keeping->keeper->main, &message, sizeof(message), MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void retry_later(struct keeping *keeping, bool opened)
{
    unsigned most = opened ? RETRY_MOST_MS : RETRY_OPEN_MOST_MS;
    if (opened && now_ms() - keeping->started_ms >= SETTLED_MS)
        keeping->retry_ms = 0;
    keeping->retry_ms = keeping->retry_ms == 0 ? RETRY_FIRST_MS : keeping->retry_ms * 2;
    if (keeping->retry_ms > most)
        keeping->retry_ms = most;
    keeping->retry_at_ms = now_ms() + keeping->retry_ms;
}

static void start_capture(struct keeping *keeping)
{
    int pair[2];
    keeping->retry_at_ms = 0;
    keeping->started_ms = now_ms();
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
        retry_later(keeping, false);
        return;
    }
    ring_adopt(keeping->keeper->ring);
    if (keeping->keeper->frames)
        frames_adopt(keeping->keeper->frames);
    pid_t pid = fork();
    if (pid == 0)
        capture_process(keeping->keeper, keeping->answers, pair[1]);
    close(pair[1]);
    if (pid < 0) {
        close(pair[0]);
        ring_fail(keeping->keeper->ring, "the capture process could not be started");
        retry_later(keeping, false);
        return;
    }
    keeping->capture = pid;
    keeping->lifeline = pair[0];
    tell_main(keeping, CAPTURE_STARTED);
}

/* What it had not told of its end itself. */
static void tell_end(const struct keeping *keeping, int status)
{
    char text[128];
    if (WIFEXITED(status) && (WEXITSTATUS(status) == EXIT_REPORTED || WEXITSTATUS(status) == 0))
        return;
    if (WIFSIGNALED(status))
        text_format(text, sizeof(text), "the capture process died by signal %d (%s)",
            WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        text_format(text, sizeof(text), "the capture process ended by itself");
    ring_fail(keeping->keeper->ring, text);
}

static void capture_ended(struct keeping *keeping)
{
    int status = 0;
    /* Its descriptors are closed: it is dead, or nearly so, or up to no good. */
    kill(keeping->capture, SIGKILL);
    while (waitpid(keeping->capture, &status, 0) < 0 && errno == EINTR)
        ;
    close(keeping->lifeline);
    keeping->lifeline = -1;
    tell_end(keeping, status);
    /* A file is read once: what a process that died of it had not read stays unread. */
    if (keeping->keeper->capture_file < 0)
        retry_later(keeping, !(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_REPORTED));
    /* 0 would say that one was started. */
    keeping->stopped = false;
    tell_main(keeping, status != 0 ? (uint32_t)status : UINT32_MAX);
    keeping->capture = 0;
}

/* A stopped process keeps its descriptors, so that only the signal tells. Several in a row are one:
 * what holds now is asked for. */
static void child_changed(struct keeping *keeping)
{
    struct signalfd_siginfo signals[4];
    siginfo_t change = {0};
    (void)!read(keeping->children, signals, sizeof(signals));
    while (keeping->capture != 0 &&
           waitid(P_PID, (id_t)keeping->capture, &change, WSTOPPED | WCONTINUED | WNOHANG) == 0 &&
           change.si_pid != 0) {
        bool stopped = change.si_code != CLD_CONTINUED;
        if (stopped != keeping->stopped)
            tell_main(keeping, stopped ? CAPTURE_STOPPED : CAPTURE_GOES_ON);
        keeping->stopped = stopped;
        change.si_pid = 0;
    }
}

/* ---- the loop ---- */

static void farewell(struct keeping *keeping)
{
    if (keeping->capture == 0)
        return;
    /* That ends it; and our own end does in any case (PR_SET_PDEATHSIG). */
    close(keeping->lifeline);
    for (int waited = 0; waited < FAREWELL_MS; waited += 5) {
        if (waitpid(keeping->capture, NULL, WNOHANG) != 0)
            return;
        poll(NULL, 0, 5);
    }
    kill(keeping->capture, SIGKILL);
    waitpid(keeping->capture, NULL, 0);
}

static int time_left(const struct keeping *keeping)
{
    if (keeping->capture != 0 || keeping->retry_at_ms == 0)
        return -1;
    uint64_t now = now_ms();
    return keeping->retry_at_ms > now ? (int)(keeping->retry_at_ms - now) : 0;
}

/* False when main is gone. Where a file is read it has nothing to ask. */
static bool hear_main(const struct keeping *keeping)
{
    char end;
    if (keeping->answers)
        return answers_serve(keeping->answers);
    return recv(keeping->keeper->main, &end, sizeof(end), MSG_DONTWAIT) != 0;
}

static void keep(struct keeping *keeping)
{
    if (keeping->answers)
        answers_announce(keeping->answers);
    start_capture(keeping);
    for (;;) {
        struct pollfd ends[] = {
            {.fd = keeping->keeper->main, .events = POLLIN},
            {.fd = keeping->main_alive, .events = POLLIN},
            {.fd = keeping->lifeline, .events = POLLIN},
            {.fd = keeping->answers ? answers_fd(keeping->answers) : -1, .events = POLLIN},
            {.fd = keeping->children, .events = POLLIN},
        };
        int ready = poll(ends, COUNT_OF(ends), time_left(keeping));
        if (ready > 0) {
            if (ends[1].revents != 0 || (ends[0].revents != 0 && !hear_main(keeping)))
                break;
            if (ends[4].revents != 0)
                child_changed(keeping);
            if (ends[3].revents != 0)
                answers_collect(keeping->answers);
            if (ends[2].revents != 0)
                capture_ended(keeping);
        }
        if (keeping->capture == 0 && keeping->retry_at_ms != 0 && now_ms() >= keeping->retry_at_ms)
            start_capture(keeping);
    }
    farewell(keeping);
}

void keeper_run(struct keeper *keeper)
{
    struct ring *ring = keeper->ring;
    struct keeping keeping = {.keeper = keeper, .lifeline = -1};
    bool live = keeper->capture_file < 0;
    const int spared[] = {
        ring_wake_fd(ring), ring_room_fd(ring), keeper->main, keeper->capture_file};
    if (sandbox_detach("leaktop-keeper", spared, COUNT_OF(spared)) < 0)
        give_up(ring, "the keeper could not let go of its descriptors");
    /* The socket's end tells of main's end too, unless a child of main's holds it open. */
    keeping.main_alive = (int)syscall(SYS_pidfd_open, keeper->main_pid, 0);
    if (getppid() != keeper->main_pid)
        _exit(EXIT_SUCCESS);
    /* Both work for a moment and sleep. On a busy machine that moment must come before the kernel's
     * ring is full, and while the one who asked still holds its socket. Only root may say so. */
    if (live)
        (void)setpriority(PRIO_PROCESS, 0, PRIORITY);
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, NULL);
    keeping.children = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    if (live)
        keeping.answers = answers_open(keeper->main, keeper->others);
    if (rights_become(keeper->user, keeper_rights, live ? COUNT_OF(keeper_rights) : 0) < 0 ||
        sandbox_limit(KEEPER_DESCRIPTORS) < 0 || sandbox_keeper(keeper->main) < 0)
        give_up(ring, "the keeper could not give up its rights");
    keep(&keeping);
    _exit(EXIT_SUCCESS);
}
