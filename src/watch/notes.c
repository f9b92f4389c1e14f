/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "model/model.h"
#include "options.h"
#include "watch/private.h"

static void line_done(struct watch *watch)
{
    char text[EVENT_TEXT];
    text_escape(watch->notes_line, watch->notes_length, text, sizeof(text));
    if (watch->notes_length > 0)
        model_event(watch->model, watch_clock(), "note", "", "%s", text);
    watch->notes_length = 0;
}

static void on_notes(uv_poll_t *poll, int status, int events)
{
    (void)status, (void)events;
    struct watch *watch = poll->data;
    char bytes[1024];
    ssize_t got = read(watch->notes_fd, bytes, sizeof(bytes));
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
        uv_poll_stop(poll);
        return;
    }
    for (ssize_t i = 0; i < got; i++) {
        if (bytes[i] == '\n' || watch->notes_length == sizeof(watch->notes_line))
            line_done(watch);
        if (bytes[i] != '\n')
            watch->notes_line[watch->notes_length++] = bytes[i];
    }
    show_changed(watch);
}

void notes_open(struct watch *watch)
{
    struct stat stat;
    watch->notes_fd = -1;
    if (!watch->options->notes[0])
        return;
    /* Both ends, so that the end of one writer is not the end of the notes. */
    watch->notes_fd = open(watch->options->notes, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (watch->notes_fd < 0 || fstat(watch->notes_fd, &stat) != 0 || !S_ISFIFO(stat.st_mode)) {
        model_event(watch->model, watch_clock(), "note", "",
            "the FIFO for notes cannot be opened: %s",
            watch->notes_fd < 0 ? strerror(errno) : "it is none");
        notes_close(watch);
        return;
    }
    uv_poll_init(&watch->loop, &watch->notes_poll, watch->notes_fd);
    watch->notes_poll.data = watch;
    uv_poll_start(&watch->notes_poll, UV_READABLE, on_notes);
}

void notes_close(struct watch *watch)
{
    if (watch->notes_fd < 0)
        return;
    if (watch->notes_poll.data)
        uv_poll_stop(&watch->notes_poll);
    close(watch->notes_fd);
    watch->notes_fd = -1;
}
