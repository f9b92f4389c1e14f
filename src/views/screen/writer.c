/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/screen/writer.h"

#include <errno.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

/* A terminal that poll calls writable takes that much without a wait: a pseudo-terminal's buffer
 * grows by 256 octets (drivers/tty/tty_buffer.c), others have more room then. */
#define AT_ONCE 256

static struct {
    int terminal; /* not ours: never closed here */
    int memory;   /* the picture, -1: not open */
    FILE *stream; /* curses' own descriptor: the terminal, or between begin and end the memory */
    off_t written, sent;
} writer = {.terminal = -1, .memory = -1};

FILE *writer_open(int descriptor)
{
    int own = dup(descriptor);
    writer.terminal = descriptor;
    writer.written = writer.sent = 0;
    writer.memory = memfd_create("screen", MFD_CLOEXEC);
    writer.stream = own < 0 || writer.memory < 0 ? NULL : fdopen(own, "w");
    if (writer.stream)
        return writer.stream;
    int error = errno;
    if (own >= 0)
        close(own);
    writer_close();
    errno = error;
    return NULL;
}

void writer_close(void)
{
    if (writer.stream)
        fclose(writer.stream);
    if (writer.memory >= 0)
        close(writer.memory);
    writer.stream = NULL;
    writer.memory = -1;
    writer.written = writer.sent = 0;
}

void writer_begin(void)
{
    if (writer.sent == writer.written)
        writer.sent = writer.written = 0;
    lseek(writer.memory, writer.written, SEEK_SET);
    dup2(writer.memory, fileno(writer.stream));
}

void writer_end(void)
{
    writer.written = lseek(writer.memory, 0, SEEK_CUR);
    dup2(writer.terminal, fileno(writer.stream));
    writer_send();
}

void writer_add(const char *bytes, size_t length)
{
    ssize_t kept = write(fileno(writer.stream), bytes, length);
    (void)kept; /* memory: it is short only where there is none, and then the picture is too */
}

bool writer_waiting(void)
{
    return writer.sent < writer.written;
}

static bool writable(int descriptor, int patience_ms)
{
    struct pollfd terminal = {.fd = descriptor, .events = POLLOUT};
    return poll(&terminal, 1, patience_ms) > 0 && (terminal.revents & POLLOUT);
}

/* The next piece: false where the terminal takes none now. */
static bool send_piece(int patience_ms)
{
    char piece[AT_ONCE];
    ssize_t got = pread(writer.memory, piece, sizeof(piece), writer.sent);
    if (got <= 0) {
        writer.sent = writer.written;
        return false;
    }
    if (got > writer.written - writer.sent)
        got = (ssize_t)(writer.written - writer.sent);
    if (!writable(writer.terminal, patience_ms))
        return false;
    ssize_t gone = write(writer.terminal, piece, (size_t)got);
    if (gone < 0 && errno != EINTR && errno != EAGAIN)
        writer.sent = writer.written; /* nobody is there; reading tells that it is lost */
    if (gone > 0)
        writer.sent += gone;
    return gone > 0;
}

void writer_send(void)
{
    while (writer_waiting() && send_piece(0)) {
    }
}

bool writer_drain(int patience_ms)
{
    while (writer_waiting() && send_piece(patience_ms)) {
    }
    bool all = !writer_waiting();
    writer.sent = writer.written;
    return all;
}

bool writer_push(int descriptor, const char *bytes, size_t length, int patience_ms)
{
    while (length > 0) {
        if (!writable(descriptor, patience_ms))
            return false;
        ssize_t gone = write(descriptor, bytes, length < AT_ONCE ? length : AT_ONCE);
        if (gone < 0 && errno == EINTR)
            continue;
        if (gone <= 0)
            return false;
        bytes += gone;
        length -= (size_t)gone;
    }
    return true;
}
