/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_NETLINK_H
#define LEAKTOP_SOURCES_NETLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mnl_socket;
struct nlmsghdr;

/* A netlink socket and what was learnt of talking to the kernel by one: only the kernel is
 * believed, a late answer to an earlier question is passed over, a dump that the kernel says was
 * interrupted is told apart from a good one, nothing waits for ever. */

/* Room for one receive: the kernel cuts dumps into pieces of at most 32 KiB. */
#define NETLINK_BUFFER 65536
/* Room for a question that netlink_ask takes. */
#define NETLINK_REQUEST 512

struct netlink {
    int bus; /* NETLINK_ROUTE, NETLINK_SOCK_DIAG */
    struct mnl_socket *socket;
    uint32_t sequence;
    uint8_t *buffer; /* NETLINK_BUFFER */
};

/* One message, whole and within its buffer; length is that of header and payload. False: enough,
 * the rest is not wanted. */
typedef bool netlink_each(void *context, const struct nlmsghdr *message, size_t length);

/* 0, or -errno and nothing to close. */
int netlink_open(struct netlink *netlink, int bus);
/* Also right on one that is all zero. */
void netlink_close(struct netlink *netlink);
int netlink_fd(const struct netlink *netlink); /* -1: not open */

/* Ask the kernel and hand each message of its answer to each. The caller has filled type, flags and
 * payload; the sequence is put in here. 0; -errno, also where the kernel answered with that error;
 * -EINTR: the dump was interrupted by a change and may lack something. */
int netlink_ask(
    struct netlink *netlink, struct nlmsghdr *request, netlink_each *each, void *context);

/* One receive of notifications, without waiting: 0; -EAGAIN nothing there; -ENOBUFS some were lost;
 * another -errno. */
int netlink_receive(struct netlink *netlink, netlink_each *each, void *context);

#endif
