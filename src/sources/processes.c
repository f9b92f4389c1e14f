/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/processes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* A process is looked at through an open /proc/PID only: the kernel ties that to the process and
 * not to its number, so that whatever is read by it is of one process, also when the number goes to
 * another in the meantime (fs/proc/base.c, proc_pid_make_inode; reads then fail with ESRCH). */

/* Sockets whose holder is remembered, and processes that are tried before all others: resolvers
 * open a new socket for each query. */
#define MEMO_SIZE 256
#define RECENT_MAX 16
/* A short-lived program is among the numbers given out last. Threads have numbers too, and a
 * program such as dig starts several. */
#define NEWEST_TRIED 48
/* Numbers that one walk through /proc may hold: beyond that the oldest are left out. */
#define PIDS_MAX 32768
/* Descriptors looked at for one question. */
#define LINKS_MAX 65536
/* Looking at every process there is takes at most one part in so many of the time, with so much of
 * it saved up for several questions at once. */
#define CREDIT_SHARE 10
#define CREDIT_MAX_NS 200000000

struct memo {
    uint64_t inode;
    pid_t pid;
    uint64_t start;
};

struct process_finder {
    int proc; /* /proc */
    struct memo memo[MEMO_SIZE];
    pid_t recent[RECENT_MAX]; /* newest first */
    unsigned recent_count;
    int64_t credit_ns;    /* for walks through everything; below 0: none now */
    uint64_t credited_ns; /* monotonic, when it was last raised */
    /* of the question at hand */
    char wanted[40]; /* "socket:[INODE]" */
    size_t wanted_length;
    unsigned links_left;
    pid_t pids[PIDS_MAX];
    uint32_t uids[PIDS_MAX];
};

static uint64_t monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

struct process_finder *process_finder_new(void)
{
    struct process_finder *finder = calloc(1, sizeof(*finder));
    if (!finder)
        return NULL;
    finder->proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (finder->proc < 0) {
        free(finder);
        return NULL;
    }
    return finder;
}

void process_finder_free(struct process_finder *finder)
{
    if (!finder)
        return;
    close(finder->proc);
    free(finder);
}

/* ---- reading one process ---- */

static int open_process(const struct process_finder *finder, pid_t pid)
{
    char number[16];
    snprintf(number, sizeof(number), "%d", (int)pid);
    return openat(finder->proc, number, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Length of what was read into out, which is terminated; -1. */
static ssize_t read_small(int directory, const char *file, char *out, size_t size)
{
    int fd = openat(directory, file, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t length = read(fd, out, size - 1);
    close(fd);
    out[length > 0 ? length : 0] = '\0';
    return length;
}

/* proc(5): the second field is the name in parentheses, which may hold anything; the 22nd is the
 * start time. */
static bool read_start(int process, uint64_t *start)
{
    char text[512];
    if (read_small(process, "stat", text, sizeof(text)) <= 0)
        return false;
    const char *at = strrchr(text, ')');
    for (int field = 2; at && field < 22; field++)
        at = strchr(at + 1, ' ');
    return at && sscanf(at, " %" SCNu64, start) == 1;
}

static pid_t read_number(int process, const char *key)
{
    char text[1024];
    if (read_small(process, "status", text, sizeof(text)) <= 0)
        return 0;
    const char *at = strstr(text, key);
    return at ? (pid_t)strtol(at + strlen(key), NULL, 10) : 0;
}

static bool holds_socket(struct process_finder *finder, int process)
{
    int directory = openat(process, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        return false;
    bool found = false;
    _Alignas(struct dirent64) char entries[8192];
    ssize_t length;
    while (!found && (length = getdents64(directory, entries, sizeof(entries))) > 0) {
        for (ssize_t at = 0; at < length && !found && finder->links_left > 0;) {
            const struct dirent64 *entry = (const struct dirent64 *)(entries + at);
            at += entry->d_reclen;
            if (entry->d_name[0] == '.')
                continue;
            finder->links_left--;
            char target[sizeof(finder->wanted)];
            ssize_t got = readlinkat(directory, entry->d_name, target, sizeof(target));
            found = got == (ssize_t)finder->wanted_length &&
                    memcmp(target, finder->wanted, finder->wanted_length) == 0;
        }
        if (finder->links_left == 0)
            break;
    }
    close(directory);
    return found;
}

static bool identify(int process, pid_t pid, struct process_identity *out)
{
    *out = (struct process_identity){.pid = pid};
    char name[sizeof(out->name) + 1] = "";
    if (!read_start(process, &out->start) || read_small(process, "comm", name, sizeof(name)) <= 0)
        return false;
    name[strcspn(name, "\n")] = '\0';
    memcpy(out->name, name, sizeof(out->name));
    /* Kernel threads have none, and others' may not be ours to read. */
    ssize_t length = readlinkat(process, "exe", out->path, sizeof(out->path) - 1);
    out->path[length > 0 ? length : 0] = '\0';
    return true;
}

static bool try_process(struct process_finder *finder, pid_t pid, struct process_identity *out)
{
    int process = open_process(finder, pid);
    if (process < 0)
        return false;
    bool found = holds_socket(finder, process);
    pid_t group = pid;
    if (found) {
        /* A thread's number shows the same descriptors; its process is who is meant. */
        group = read_number(process, "\nTgid:");
        if (group == pid)
            found = identify(process, pid, out);
    }
    close(process);
    return group == pid ? found : group > 0 && try_process(finder, group, out);
}

/* ---- whom to try ---- */

static void remember(
    struct process_finder *finder, uint64_t inode, const struct process_identity *found)
{
    finder->memo[inode % MEMO_SIZE] =
        (struct memo){.inode = inode, .pid = found->pid, .start = found->start};
    unsigned at = 0;
    while (at < finder->recent_count && finder->recent[at] != found->pid)
        at++;
    if (at == finder->recent_count && finder->recent_count < RECENT_MAX)
        finder->recent_count++;
    if (at == RECENT_MAX)
        at--;
    memmove(finder->recent + 1, finder->recent, at * sizeof(finder->recent[0]));
    finder->recent[0] = found->pid;
}

static bool find_remembered(
    struct process_finder *finder, uint64_t inode, struct process_identity *out)
{
    struct memo *memo = &finder->memo[inode % MEMO_SIZE];
    if (memo->inode != inode || memo->pid == 0)
        return false;
    int process = open_process(finder, memo->pid);
    bool same = process >= 0 && identify(process, memo->pid, out) && out->start == memo->start;
    if (process >= 0)
        close(process);
    if (!same)
        memo->pid = 0;
    return same;
}

static bool find_recent(struct process_finder *finder, struct process_identity *out)
{
    for (unsigned i = 0; i < finder->recent_count; i++) {
        if (try_process(finder, finder->recent[i], out))
            return true;
    }
    return false;
}

/* The number given out last, in this PID namespace: the fifth word of /proc/loadavg. */
static pid_t newest_number(const struct process_finder *finder)
{
    char text[128];
    if (read_small(finder->proc, "loadavg", text, sizeof(text)) <= 0)
        return 0;
    const char *last = strrchr(text, ' ');
    return last ? (pid_t)strtol(last + 1, NULL, 10) : 0;
}

static bool find_newest(struct process_finder *finder, pid_t newest, struct process_identity *out)
{
    for (pid_t pid = newest; pid > 0 && pid > newest - NEWEST_TRIED; pid--) {
        if (try_process(finder, pid, out))
            return true;
    }
    return false;
}

static size_t list_processes(struct process_finder *finder)
{
    size_t count = 0;
    _Alignas(struct dirent64) char entries[16384];
    ssize_t length;
    if (lseek(finder->proc, 0, SEEK_SET) < 0)
        return 0;
    while ((length = getdents64(finder->proc, entries, sizeof(entries))) > 0) {
        for (ssize_t at = 0; at < length;) {
            const struct dirent64 *entry = (const struct dirent64 *)(entries + at);
            at += entry->d_reclen;
            if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
                continue;
            /* The kernel lists them in rising order: the oldest numbers make place. */
            if (count == PIDS_MAX) {
                memmove(finder->pids, finder->pids + PIDS_MAX / 2,
                    PIDS_MAX / 2 * sizeof(finder->pids[0]));
                count = PIDS_MAX / 2;
            }
            finder->pids[count++] = (pid_t)strtol(entry->d_name, NULL, 10);
        }
    }
    return count;
}

static void turn_round(pid_t *pids, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        pid_t swap = pids[i];
        pids[i] = pids[count - 1 - i];
        pids[count - 1 - i] = swap;
    }
}

/* Where the numbers have wrapped, those above the newest are the older ones. */
static void newest_first(struct process_finder *finder, size_t count, pid_t newest)
{
    size_t young = count;
    while (young > 0 && finder->pids[young - 1] > newest)
        young--;
    turn_round(finder->pids, young);
    turn_round(finder->pids + young, count - young);
}

static uint32_t owner_of(const struct process_finder *finder, pid_t pid)
{
    char number[16];
    struct stat status;
    snprintf(number, sizeof(number), "%d", (int)pid);
    if (fstatat(finder->proc, number, &status, 0) < 0)
        return UINT32_MAX;
    return status.st_uid;
}

/* First the processes of the socket's owner. Then all others: a daemon that opened its socket as
 * root and became another user afterwards, or got it from another process. */
static bool find_anywhere(
    struct process_finder *finder, uint32_t uid, pid_t newest, struct process_identity *out)
{
    size_t count = list_processes(finder);
    newest_first(finder, count, newest);
    for (size_t i = 0; i < count; i++) {
        finder->uids[i] = owner_of(finder, finder->pids[i]);
        if (finder->uids[i] == uid && try_process(finder, finder->pids[i], out))
            return true;
    }
    for (size_t i = 0; i < count && finder->links_left > 0; i++) {
        if (finder->uids[i] != uid && finder->uids[i] != UINT32_MAX &&
            try_process(finder, finder->pids[i], out))
            return true;
    }
    return false;
}

static bool credit_left(struct process_finder *finder)
{
    uint64_t now = monotonic_ns();
    finder->credit_ns += (int64_t)((now - finder->credited_ns) / CREDIT_SHARE);
    if (finder->credit_ns > CREDIT_MAX_NS)
        finder->credit_ns = CREDIT_MAX_NS;
    finder->credited_ns = now;
    return finder->credit_ns > 0;
}

bool process_find(
    struct process_finder *finder, uint64_t inode, uint32_t uid, struct process_identity *out)
{
    *out = (struct process_identity){0};
    if (inode == 0)
        return false;
    if (find_remembered(finder, inode, out))
        return true;
    int length = snprintf(finder->wanted, sizeof(finder->wanted), "socket:[%" PRIu64 "]", inode);
    finder->wanted_length = (size_t)length;
    finder->links_left = LINKS_MAX;
    pid_t newest = newest_number(finder);
    bool found = find_recent(finder, out) || find_newest(finder, newest, out);
    if (!found && credit_left(finder)) {
        uint64_t before = monotonic_ns();
        found = find_anywhere(finder, uid, newest, out);
        finder->credit_ns -= (int64_t)(monotonic_ns() - before);
    }
    if (found)
        remember(finder, inode, out);
    else
        *out = (struct process_identity){0};
    return found;
}

size_t process_command(
    struct process_finder *finder, const struct process_identity *process, char *out, size_t size)
{
    uint64_t start = 0;
    ssize_t length = 0;
    int directory = open_process(finder, process->pid);
    if (directory < 0)
        return 0;
    if (read_start(directory, &start) && start == process->start)
        length = read_small(directory, "cmdline", out, size);
    close(directory);
    return length > 0 ? (size_t)length : 0;
}
