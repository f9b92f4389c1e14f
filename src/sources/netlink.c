/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/netlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

/* The kernel answers within the send; this only keeps a broken one from holding the screen. */
#define ANSWER_SECONDS 1
/* Pieces of other answers that are passed over before an answer counts as lost. */
#define STRAY_MAX 64

static int socket_open(struct netlink *netlink)
{
    netlink->socket = mnl_socket_open2(netlink->bus, SOCK_CLOEXEC);
    if (!netlink->socket)
        return -errno;
    struct timeval limit = {.tv_sec = ANSWER_SECONDS};
    if (mnl_socket_bind(netlink->socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
        setsockopt(mnl_socket_get_fd(netlink->socket), SOL_SOCKET, SO_RCVTIMEO, &limit,
            sizeof(limit)) < 0) {
        int error = -errno;
        mnl_socket_close(netlink->socket);
        netlink->socket = NULL;
        return error;
    }
    return 0;
}

int netlink_open(struct netlink *netlink, int bus)
{
    *netlink = (struct netlink){.bus = bus};
    netlink->buffer = malloc(NETLINK_BUFFER);
    if (!netlink->buffer)
        return -ENOMEM;
    int error = socket_open(netlink);
    if (error)
        netlink_close(netlink);
    return error;
}

void netlink_close(struct netlink *netlink)
{
    if (netlink->socket)
        mnl_socket_close(netlink->socket);
    free(netlink->buffer);
    *netlink = (struct netlink){0};
}

int netlink_fd(const struct netlink *netlink)
{
    return netlink->socket ? mnl_socket_get_fd(netlink->socket) : -1;
}

/* Octets in the buffer, 0 for a datagram to pass over, -errno. mnl_socket_recvfrom does not tell
 * who sent: a process with CAP_NET_ADMIN in this namespace can write to our port. */
static int receive(struct netlink *netlink, int flags, size_t *length)
{
    struct sockaddr_nl from = {0};
    struct iovec room = {.iov_base = netlink->buffer, .iov_len = NETLINK_BUFFER};
    struct msghdr message = {
        .msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &room, .msg_iovlen = 1};
    ssize_t got;
    do
        got = recvmsg(netlink_fd(netlink), &message, flags);
    while (got < 0 && errno == EINTR);
    *length = 0;
    if (got < 0)
        return -errno;
    if (message.msg_flags & MSG_TRUNC)
        return -ENOBUFS; /* what was cut off is lost, as if the queue had been full */
    if (message.msg_namelen == sizeof(from) && from.nl_pid == 0)
        *length = (size_t)got;
    return 0;
}

/* The next message of a receive; NULL at its end, and where what follows is no message. */
static const struct nlmsghdr *message_at(const uint8_t *buffer, size_t length, size_t *at)
{
    if (length - *at < sizeof(struct nlmsghdr))
        return NULL;
    const struct nlmsghdr *message = (const void *)(buffer + *at);
    if (message->nlmsg_len < sizeof(*message) || message->nlmsg_len > length - *at)
        return NULL;
    size_t step = MNL_ALIGN((size_t)message->nlmsg_len);
    *at = step < length - *at ? *at + step : length;
    return message;
}

static int error_of(const struct nlmsghdr *message)
{
    int32_t error;
    if (message->nlmsg_len < sizeof(*message) + sizeof(error))
        return -EBADMSG;
    memcpy(&error, message + 1, sizeof(error));
    return error > 0 ? -EBADMSG : error;
}

/* What is left of a dump that is not wanted goes away with its socket. */
static int reopen(struct netlink *netlink)
{
    mnl_socket_close(netlink->socket);
    netlink->socket = NULL;
    return socket_open(netlink);
}

int netlink_ask(
    struct netlink *netlink, struct nlmsghdr *request, netlink_each *each, void *context)
{
    if (!netlink->socket)
        return -ENOTCONN;
    request->nlmsg_seq = ++netlink->sequence;
    if (mnl_socket_sendto(netlink->socket, request, request->nlmsg_len) < 0)
        return -errno;
    bool interrupted = false;
    for (int strays = 0; strays < STRAY_MAX;) {
        size_t length;
        int error = receive(netlink, 0, &length);
        if (error)
            return error == -EAGAIN ? -ETIMEDOUT : error;
        const struct nlmsghdr *message;
        bool ours = false;
        for (size_t at = 0; (message = message_at(netlink->buffer, length, &at)) != NULL;) {
            if (message->nlmsg_seq != request->nlmsg_seq)
                continue;
            ours = true;
            interrupted |= (message->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
            if (message->nlmsg_type == NLMSG_ERROR)
                return error_of(message);
            if (message->nlmsg_type == NLMSG_DONE) {
                error = message->nlmsg_len >= sizeof(*message) + sizeof(int32_t)
                            ? error_of(message)
                            : 0; /* old kernels end without a number */
                return error ? error : interrupted ? -EINTR : 0;
            }
            if (message->nlmsg_type < NLMSG_MIN_TYPE)
                continue;
            bool more = each(context, message, message->nlmsg_len);
            if (!(message->nlmsg_flags & NLM_F_MULTI))
                return 0;
            if (!more)
                return reopen(netlink);
        }
        strays += !ours;
    }
    return -ETIMEDOUT;
}

int netlink_receive(struct netlink *netlink, netlink_each *each, void *context)
{
    size_t length;
    int error = receive(netlink, MSG_DONTWAIT, &length);
    if (error)
        return error;
    const struct nlmsghdr *message;
    for (size_t at = 0; (message = message_at(netlink->buffer, length, &at)) != NULL;)
        if (message->nlmsg_type >= NLMSG_MIN_TYPE && !each(context, message, message->nlmsg_len))
            break;
    return 0;
}
