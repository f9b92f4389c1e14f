/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/system_lookup.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fact.h"

/* glibc's resolver keeps some 70 KiB of answers on the stack; nss modules take more. */
#define STACK_BYTES ((size_t)512 * 1024)

struct job {
    uint64_t token;
    int pipe;
    char name[NAME_TEXT_MAX + 1]; /* with its final dot */
};

static void take_addresses(const struct addrinfo *list, struct system_lookup_result *result)
{
    size_t count = 0;
    for (; list && count < 2; list = list->ai_next) {
        struct address address = {0};
        if (list->ai_family == AF_INET)
            address = address_from_ipv4(
                (const uint8_t *)&((const struct sockaddr_in *)(const void *)list->ai_addr)
                    ->sin_addr);
        else if (list->ai_family == AF_INET6)
            address = address_from_ipv6(
                ((const struct sockaddr_in6 *)(const void *)list->ai_addr)->sin6_addr.s6_addr);
        if (address.family != FAMILY_NONE &&
            (count == 0 || !address_equal(&address, &result->addresses[0])))
            result->addresses[count++] = address;
    }
}

static void *run(void *argument)
{
    struct job *job = argument;
    struct addrinfo *list = NULL;
    /* Without AI_ADDRCONFIG: both families are asked for, whatever addresses there are. */
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct system_lookup_result result = {.token = job->token};
    result.status = getaddrinfo(job->name, NULL, &hints, &list);
    result.error = result.status == EAI_SYSTEM ? errno : 0;
    if (result.status == 0) {
        take_addresses(list, &result);
        freeaddrinfo(list);
    }
    /* A reader that is gone is no error: nobody waits any more. */
    while (write(job->pipe, &result, sizeof result) < 0 && errno == EINTR)
        ;
    close(job->pipe);
    free(job);
    return NULL;
}

static int start_thread(struct job *job)
{
    pthread_attr_t attributes;
    pthread_t thread;
    int error = pthread_attr_init(&attributes);
    if (error)
        return error;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    /* Signals are the loop's; and SIGPIPE must not end the program when the reader is gone. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&thread, &attributes, run, job);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return error;
}

int system_lookup_start(const char *name, uint64_t token, int pipe)
{
    size_t length = strlen(name);
    if (length == 0 || length >= NAME_TEXT_MAX)
        return -EINVAL;
    struct job *job = calloc(1, sizeof *job);
    if (!job)
        return -ENOMEM;
    job->token = token;
    memcpy(job->name, name, length);
    /* Absolute: the search domains of resolv.conf(5) are not tried. */
    if (name[length - 1] != '.')
        job->name[length] = '.';
    int error;
    job->pipe = fcntl(pipe, F_DUPFD_CLOEXEC, 0);
    if (job->pipe < 0) {
        error = -errno;
        goto fail;
    }
    error = -start_thread(job);
    if (error == 0)
        return 0; /* NOLINT(clang-analyzer-unix.Malloc): the job is the thread's now */
    close(job->pipe);
fail:
    free(job);
    return error;
}
