/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A wall clock that a test sets, for one program and its children: preloaded. The file CLOCK_OFFSET
 * holds twice eight octets, the nanoseconds that it is ahead, and that the boot clock is (which
 * goes on in a suspend); the kernel's word that it was set comes by the FIFO CLOCK_FIFO, one octet.
 * Opened at once: some of the processes may open nothing later. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static volatile const int64_t *ahead_ns;
static int (*real_gettime)(clockid_t, struct timespec *);
static int (*real_create)(int, int);
static int (*real_settime)(int, int, const struct itimerspec *, struct itimerspec *);
static int fifo = -1;

__attribute__((constructor)) static void start(void)
{
    real_gettime = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    real_create = (int (*)(int, int))dlsym(RTLD_NEXT, "timerfd_create");
    real_settime = (int (*)(int, int, const struct itimerspec *, struct itimerspec *))dlsym(
        RTLD_NEXT, "timerfd_settime");
    const char *path = getenv("CLOCK_OFFSET");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *map = file < 0 ? MAP_FAILED : mmap(NULL, 16, PROT_READ, MAP_SHARED, file, 0);
    if (map != MAP_FAILED)
        ahead_ns = map;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int status = real_gettime(clock, now);
    bool wall = clock == CLOCK_REALTIME;
    if (status != 0 || !ahead_ns || (!wall && clock != CLOCK_BOOTTIME))
        return status;
    int64_t all = (int64_t)now->tv_sec * 1000000000 + now->tv_nsec + ahead_ns[wall ? 0 : 1];
    now->tv_sec = all / 1000000000;
    now->tv_nsec = all % 1000000000;
    return 0;
}

int timerfd_create(int clock, int flags)
{
    const char *path = getenv("CLOCK_FIFO");
    if (clock != CLOCK_REALTIME || !path)
        return real_create(clock, flags);
    fifo = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    return fifo;
}

int timerfd_settime(int fd, int flags, const struct itimerspec *value, struct itimerspec *old)
{
    return fd == fifo ? 0 : real_settime(fd, flags, value, old);
}
