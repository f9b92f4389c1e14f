/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_STUB_H
#define LEAKTOP_SOURCES_STUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/address.h"

/* A stub resolver (c-ares) on the loop: asks the resolvers of /etc/resolv.conf as it stood when the
 * stub was opened, or one that it was given, over UDP, over TCP where an answer was cut. Holds a
 * timer only while something is under way. */

struct stub;

/* status is one of ARES_*, with the response code as the resolver gave it (ARES_ESERVFAIL,
 * ARES_EREFUSED, ...); answer, valid during the call, is NULL where no message came. Within this
 * call the stub must neither be asked nor be closed. */
typedef void stub_answer(void *context, int status, const uint8_t *answer, size_t length);

/* 0, or -errno; with -EIO the resolver configuration could not be read. */
int stub_open(struct stub **out, uv_loop_t *loop);
/* The same for this one resolver. scope: index of the interface where the address is link-local;
 * else it is not looked at, and the kernel chooses the way as for any program. */
int stub_open_at(struct stub **out, uv_loop_t *loop, const struct address *server, uint16_t port,
    uint32_t scope);
/* What is under way ends with ARES_EDESTRUCTION, within this call. NULL allowed. Memory goes when
 * the loop runs next. */
void stub_close(struct stub *stub);

/* Ask for an absolute name (no search domain is ever appended). The answer may come
 * within this call. One that fails at a resolver is asked of the next one, as glibc does. Without
 * memory it comes with ARES_ENOMEM. */
void stub_ask(struct stub *stub, const char *name, uint16_t class, uint16_t type,
    stub_answer *answer, void *context);

/* How many resolvers it asks; the first into *first, FAMILY_NONE where there is none. Where none is
 * configured, the default is one: 127.0.0.1 (resolv.conf(5)). */
size_t stub_servers(const struct stub *stub, struct address *first);

#endif
