/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "guard/frames.h"
#include "guard/keeper.h"
#include "guard/linkfile.h"
#include "guard/rights.h"
#include "guard/ring.h"
#include "sources/homefile.h"

/* A ring of 2 MiB: about 20,000 facts with names as they are, some hundred milliseconds of a
 * flood in which main may be drawing. */
#define RING_SLOTS 4096
/* The keeper's end is waited for so long. */
#define FAREWELL_MS 1000

/* ---- starting ---- */

static void explain_missing_right(struct guard *guard)
{
    char path[128], shown[72]; /* what the reason has room for */
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path));
    bool whole = length > 0 && length < (ssize_t)sizeof(shown) - 4;
    if (getuid() == 0) {
        text_format(guard->capture_reason, sizeof(guard->capture_reason),
            "no right to capture packets: CAP_NET_RAW is missing although this is root "
            "(in a container, add it)");
        return;
    }
    if (whole)
        text_escape(path, (size_t)length, shown, sizeof(shown));
    text_format(guard->capture_reason, sizeof(guard->capture_reason),
        "no right to capture packets: run it with sudo, or once: sudo setcap "
        "cap_net_raw,cap_sys_ptrace,cap_dac_read_search+p %s",
        whole ? shown : "on the program");
}

/* Main: nobody special from here on. */
static int become_main(const struct rights_user *user, struct guard *guard)
{
    int error = rights_become(user, NULL, 0);
    if (error)
        return error;
    /* A core file would hold the names that were looked up. */
    struct rlimit none = {0};
    if (setrlimit(RLIMIT_CORE, &none) < 0)
        return -errno;
    /* Changing the user made /proc/self root's; what is in this process now is its user's to see.
     * Where that is nobody, others are nobody too. */
    if (prctl(PR_SET_DUMPABLE, user->person ? 1 : 0, 0, 0, 0) < 0)
        return -errno;
    guard->uid = user->uid;
    guard->gid = user->gid;
    text_escape(user->name, strlen(user->name), guard->user, sizeof(guard->user));
    text_format(guard->home, sizeof(guard->home), "%s", user->home);
    return 0;
}

static int start_keeper(struct guard *guard, const struct guard_plan *plan,
    const struct rights_user *user, const struct rights_user *servant)
{
    int pair[2];
    struct keeper keeper = {.ring = guard->ring,
        .frames = guard->frames,
        .main_pid = getpid(),
        .capture_file = plan->capture_file,
        .others = rights_are_roots(user),
        .user = servant};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return -errno;
    pid_t pid = fork();
    if (pid == 0) {
        keeper.main = pair[1];
        keeper_run(&keeper);
    }
    int error = pid < 0 ? -errno : 0;
    close(pair[1]);
    if (error) {
        close(pair[0]);
        return error;
    }
    guard->keeper = pair[0];
    guard->keeper_pid = pid;
    return 0;
}

void guard_prepare(void)
{
    if (getuid() != 0)
        rights_lower();
}

/* The folder in which a service keeps what it learns. Its parent is root's alone, so nobody lays a
 * link there; what it cannot be opened for is said where it is needed. */
static int open_state(const struct rights_user *user)
{
    static const char path[] = "/var/lib/leaktop";
    if (mkdir(path, 0700) < 0 && errno != EEXIST)
        return 0;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 && fchown(fd, user->uid, user->gid) == 0 && fchmod(fd, 0700) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return 0;
}

int guard_start(const struct guard_plan *plan, struct guard *guard, char *error, size_t error_size)
{
    struct rights_user user, servant;
    *guard = (struct guard){.keeper = -1};
    int result = rights_find_main(plan->user, &user, error, error_size);
    if (result)
        return result;
    rights_find_servant(&servant);
    guard->ring = ring_new(RING_SLOTS);
    if (!guard->ring) {
        text_format(error, error_size, "out of memory");
        return -ENOMEM;
    }
    guard->may_capture = rights_have(CAP_NET_RAW);
    if (guard->may_capture || plan->capture_file >= 0) {
        /* Without memory for it, there is no evidence but what is written. */
        guard->frames = plan->frames ? frames_new() : NULL;
        result = start_keeper(guard, plan, &user, &servant);
        if (result) {
            text_format(error, error_size, "cannot start a process: %s", strerror(-result));
            goto failed;
        }
    }
    guard->others = guard->keeper >= 0 && plan->capture_file < 0 && rights_are_roots(&user);
    if (!guard->may_capture) {
        explain_missing_right(guard);
        if (plan->capture_file < 0)
            ring_fail(guard->ring, guard->capture_reason);
    }
    if (plan->capture_file >= 0)
        close(plan->capture_file);
    else if (!user.person && getuid() == 0)
        guard->state = open_state(&user);
    result = become_main(&user, guard);
    if (result) {
        text_format(error, error_size, "cannot give up rights: %s", strerror(-result));
        goto failed;
    }
    return 0;
failed:
    guard_stop(guard);
    return result;
}

/* ---- ending ---- */

static void drop_passed(struct guard *guard)
{
    if (guard->passed > 0)
        close(guard->passed);
    guard->passed = 0;
}

void guard_stop(struct guard *guard)
{
    if (guard->keeper >= 0)
        close(guard->keeper);
    guard->keeper = -1;
    for (int waited = 0; guard->keeper_pid > 0 && waited < FAREWELL_MS; waited += 2) {
        pid_t ended = waitpid(guard->keeper_pid, NULL, WNOHANG);
        if (ended == guard->keeper_pid || (ended < 0 && errno != EINTR))
            guard->keeper_pid = 0;
        else
            poll(NULL, 0, 2);
    }
    guard->keeper_pid = 0;
    drop_passed(guard);
    if (guard->state > 0)
        close(guard->state);
    guard->state = 0;
    frames_free(guard->frames);
    guard->frames = NULL;
    ring_free(guard->ring);
    guard->ring = NULL;
}

/* ---- messages ---- */

size_t keeper_size(uint32_t kind)
{
    switch (kind) {
    case KEEPER_OWNER:
    case KEEPER_CAPTURE:
    case KEEPER_EXACT:
    case KEEPER_COMMAND:
    case KEEPER_LINK:
    case KEEPER_PROFILE:
        return sizeof(struct keeper_message);
    case KEEPER_FLOWS:
        return sizeof(struct keeper_flows);
    default:
        return 0;
    }
}

static bool ask(const struct guard *guard, const void *question, size_t size)
{
    return guard->keeper >= 0 &&
           send(guard->keeper, question, size, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)size;
}

bool guard_ask_owner(struct guard *guard, uint64_t token, uint64_t inode, uint32_t uid)
{
    struct keeper_message message = {
        .kind = KEEPER_OWNER, .token = token, .inode = inode, .uid = uid};
    return ask(guard, &message, sizeof(message));
}

bool guard_ask_flows(struct guard *guard, struct keeper_flows *flows)
{
    flows->kind = KEEPER_FLOWS;
    return ask(guard, flows, sizeof(*flows));
}

bool guard_ask_link(struct guard *guard, uint32_t index)
{
    struct keeper_message message = {.kind = KEEPER_LINK, .value = index};
    return ask(guard, &message, sizeof(message));
}

bool guard_ask_profile(
    struct guard *guard, uint64_t token, uint32_t uid, const char *path, uint32_t position)
{
    struct keeper_message message = {
        .kind = KEEPER_PROFILE, .value = position, .token = token, .uid = uid};
    if (strlen(path) >= sizeof(message.text))
        return false;
    text_format(message.text, sizeof(message.text), "%s", path);
    return ask(guard, &message, sizeof(message));
}

void guard_stop_flows(struct guard *guard)
{
    struct keeper_message message = {.kind = KEEPER_EXACT};
    (void)ask(guard, &message, sizeof(message));
}

static bool is_sound(const union keeper_any *message, size_t length)
{
    if (length < sizeof(message->kind) || length != keeper_size(message->kind))
        return false;
    if (message->kind == KEEPER_COMMAND)
        return message->message.value <= sizeof(message->message.text);
    return message->kind != KEEPER_FLOWS || message->flows.count <= KEEPER_FLOWS_MAX;
}

/* There is room for one descriptor; the kernel closes what comes beyond it. */
static ssize_t receive(struct guard *guard, union keeper_any *message)
{
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec part = {.iov_base = message, .iov_len = sizeof(*message)};
    struct msghdr envelope = {.msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = CMSG_LEN(sizeof(int))};
    drop_passed(guard);
    ssize_t length = recvmsg(guard->keeper, &envelope, MSG_DONTWAIT | MSG_TRUNC | MSG_CMSG_CLOEXEC);
    const struct cmsghdr *passed = length > 0 ? CMSG_FIRSTHDR(&envelope) : NULL;
    if (passed && passed->cmsg_level == SOL_SOCKET && passed->cmsg_type == SCM_RIGHTS &&
        passed->cmsg_len == CMSG_LEN(sizeof(int)))
        memcpy(&guard->passed, CMSG_DATA(passed), sizeof(int));
    return length;
}

/* What came with it is what such a message may bring. */
static bool passes_file(const struct guard *guard, const union keeper_any *message)
{
    if (message->kind == KEEPER_LINK)
        return linkfile_is_sound(guard->passed);
    return message->kind == KEEPER_PROFILE &&
           homefile_is_sound(guard->passed, message->message.uid);
}

int guard_receive(struct guard *guard, union keeper_any *message)
{
    while (guard->keeper >= 0) {
        ssize_t length = receive(guard, message);
        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return 0;
        if (length <= 0) {
            close(guard->keeper);
            guard->keeper = -1;
            return -1;
        }
        if (!is_sound(message, (size_t)length))
            continue;
        if (!passes_file(guard, message))
            drop_passed(guard);
        if (message->kind == KEEPER_OWNER || message->kind == KEEPER_EXACT ||
            message->kind == KEEPER_PROFILE)
            message->message.text[sizeof(message->message.text) - 1] = '\0';
        return 1;
    }
    return -1;
}
