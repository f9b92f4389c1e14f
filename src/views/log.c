/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/log.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "judge/judge.h"
#include "model/model.h"
#include "views/lines.h"

/* A reader of a pipe that somebody made non-blocking is waited for so long. */
#define READER_MS 1000

struct log_view {
    int fd;
    const char *path; /* NULL: no file of its own */
    bool mask;
    bool begun;
    int error; /* errno of the first write that failed */
    enum state state;
    enum state checks[CHECK_COUNT];
    uint64_t event;  /* serial written last */
    uint64_t lookup; /* newest serial looked at; unsettled leaks hold it back */
};

int log_open(const char *path)
{
    struct stat status;
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0600);
    if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
        status.st_uid == geteuid() && (status.st_mode & 077))
        (void)fchmod(fd, 0600);
    return fd;
}

struct log_view *log_view_new(int fd, const char *path, bool mask)
{
    struct log_view *log = calloc(1, sizeof(*log));
    if (log) {
        log->fd = fd;
        log->path = path;
        log->mask = mask;
    }
    return log;
}

void log_view_free(struct log_view *log)
{
    if (log && log->path)
        close(log->fd);
    free(log);
}

int log_view_reopen(struct log_view *log)
{
    struct stat old, now;
    /* Opening a FIFO would wait for its reader. */
    if (!log->path || fstat(log->fd, &old) < 0 || !S_ISREG(old.st_mode))
        return 0;
    if (lstat(log->path, &now) == 0 && now.st_dev == old.st_dev && now.st_ino == old.st_ino)
        return 0;
    int fd = log_open(log->path);
    if (fd < 0)
        return -errno;
    close(log->fd);
    log->fd = fd;
    return 1;
}

/* ---- lines ---- */

/* A disk that is full takes the beginning of a line: that is taken back, unless somebody else has
 * written behind it meanwhile. */
static void take_back(int fd, size_t written)
{
    struct stat status;
    off_t end = lseek(fd, 0, SEEK_CUR);
    if (written > 0 && end >= (off_t)written && fstat(fd, &status) == 0 &&
        S_ISREG(status.st_mode) && status.st_size == end)
        (void)!ftruncate(fd, end - (off_t)written);
}

static int write_line(int fd, const char *line, size_t length)
{
    size_t done = 0;
    while (done < length) {
        ssize_t put = write(fd, line + done, length - done);
        if (put > 0) {
            done += (size_t)put;
            continue;
        }
        int error = put < 0 ? errno : EIO;
        struct pollfd reader = {.fd = fd, .events = POLLOUT};
        if (error == EINTR || (error == EAGAIN && poll(&reader, 1, READER_MS) > 0))
            continue;
        take_back(fd, done);
        return error;
    }
    return 0;
}

static void put(struct log_view *log, json_t *line)
{
    char *text = line ? json_dumps(line, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
    json_decref(line);
    if (!text) {
        log->error = log->error ? log->error : ENOMEM;
        return;
    }
    size_t length = strlen(text);
    text[length] = '\n'; /* in place of the NUL */
    if (log->error == 0)
        log->error = write_line(log->fd, text, length + 1);
    free(text);
}

static void put_state(struct log_view *log, const char *time, const char *check, enum state state,
    const char *summary)
{
    char plain[512];
    put(log, json_pack("{s:s,s:s,s:s,s:s}", "time", time, check ? "check" : "kind",
                 check ? check : "verdict", "state", state_word(state), "summary",
                 judge_plain(summary, log->mask, plain, sizeof(plain))));
}

/* More came between two turns than is kept. */
static void put_gap(struct log_view *log, const char *time, const char *what, uint64_t count)
{
    put(log, json_pack("{s:s,s:s,s:I,s:s}", "time", time, "kind", "gap", "count", (json_int_t)count,
                 "text", what));
}

static void put_events(struct log_view *log, const struct model *model, const char *time)
{
    uint64_t missed = 0;
    for (uint64_t serial = log->event + 1; serial <= model_event_newest(model); serial++) {
        const struct event *event = model_event_get(model, serial);
        if (event && missed > 0)
            put_gap(log, time, "events came faster than they could be written", missed);
        if (event) {
            put(log, lines_event(event));
            missed = 0;
        } else {
            missed++;
        }
        log->event = serial;
    }
}

static void put_leaks(struct log_view *log, const struct model *model, const char *time)
{
    uint64_t oldest = model_lookup_oldest(model);
    if (log->lookup + 1 < oldest) {
        put_gap(log, time, "look-ups came faster than they could be looked through",
            oldest - log->lookup - 1);
        log->lookup = oldest - 1;
    }
    for (uint64_t serial = log->lookup + 1; serial <= model_lookup_newest(model); serial++) {
        const struct lookup *lookup = model_lookup(model, serial);
        if (lookup && !lookup->settled)
            break;
        if (lookup && !lookup->own &&
            (lookup->exposure == EXPOSURE_EXPOSED || lookup->exposure == EXPOSURE_BYPASS))
            put(log, lines_lookup(model, lookup, log->mask));
        log->lookup = serial;
    }
}

bool log_view_write(
    struct log_view *log, const struct model *model, const struct verdict *verdict, uint64_t now)
{
    char time[TIME_TEXT];
    time_format_rfc3339(now, time);
    put_events(log, model, time);
    put_leaks(log, model, time);
    for (size_t i = 0; i < CHECK_COUNT; i++) {
        const struct check *check = &verdict->checks[i];
        if (!log->begun || log->checks[i] != check->state)
            put_state(log, time, check_word(check->id), check->state, check->summary);
        log->checks[i] = check->state;
    }
    if (!log->begun || log->state != verdict->state)
        put_state(log, time, NULL, verdict->state, verdict->summary);
    log->state = verdict->state;
    log->begun = true;
    errno = log->error;
    return log->error == 0;
}
