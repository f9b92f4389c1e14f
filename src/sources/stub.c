/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/stub.h"

#include <ares.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

/* With one resolver 1.5 s and 3 s; of three, each is asked once within 4.5 s. */
#define TIMEOUT_MS 1500
#define TRIES 2

/* c-ares passes over answers with SERVFAIL, NOTIMP and REFUSED, and says in the end only that no
 * server could be contacted. So the first channel takes every answer, and where it was one of
 * those, the second asks the remaining resolvers. */
enum { FIRST, REST, CHANNELS };

struct watched {
    uv_poll_t poll;
    struct channel *channel;
    ares_socket_t fd;
    struct watched *next;
};

struct channel {
    struct stub *stub;
    ares_channel ares; /* NULL: not open */
    struct watched *sockets;
};

struct stub {
    uv_loop_t *loop;
    uv_timer_t timer;
    struct channel channels[CHANNELS];
    size_t open_handles;
    uint32_t scope; /* of a link-local resolver; 0: none is */
};

struct question {
    struct stub *stub;
    stub_answer *answer;
    void *context;
    int first_status; /* of the first channel; ARES_SUCCESS: it has not spoken yet */
    uint16_t class, type;
    char name[]; /* terminated */
};

static void arm(struct stub *stub);

static void release(struct stub *stub)
{
    if (--stub->open_handles == 0)
        free(stub);
}

static void on_timer_closed(uv_handle_t *handle)
{
    release(handle->data);
}

static void on_socket_closed(uv_handle_t *handle)
{
    struct watched *watched = handle->data;
    struct stub *stub = watched->channel->stub;
    free(watched);
    release(stub);
}

static void on_socket(uv_poll_t *poll, int status, int events)
{
    struct watched *watched = poll->data;
    struct channel *channel = watched->channel;
    ares_socket_t fd = watched->fd;
    /* An error (ICMP: unreachable) is for c-ares to read from the socket. */
    bool readable = status < 0 || (events & UV_READABLE), writable = events & UV_WRITABLE;
    ares_process_fd(
        channel->ares, readable ? fd : ARES_SOCKET_BAD, writable ? fd : ARES_SOCKET_BAD);
    arm(channel->stub);
}

static void on_timer(uv_timer_t *timer)
{
    struct stub *stub = timer->data;
    for (size_t i = 0; i < CHANNELS; i++)
        if (stub->channels[i].ares)
            ares_process_fd(stub->channels[i].ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    arm(stub);
}

static void arm(struct stub *stub)
{
    bool wanted = false;
    uint64_t least_ms = 0;
    for (size_t i = 0; i < CHANNELS; i++) {
        struct timeval left;
        struct channel *channel = &stub->channels[i];
        if (!channel->ares || !ares_timeout(channel->ares, NULL, &left))
            continue;
        /* Rounded up: woken too early, c-ares would find nothing due and be asked again at once. */
        uint64_t ms = (uint64_t)left.tv_sec * 1000 + (uint64_t)left.tv_usec / 1000 + 1;
        if (!wanted || ms < least_ms)
            least_ms = ms;
        wanted = true;
    }
    if (wanted)
        uv_timer_start(&stub->timer, on_timer, least_ms, 0);
    else
        uv_timer_stop(&stub->timer);
}

static struct watched *watch_socket(struct channel *channel, ares_socket_t fd)
{
    for (struct watched *watched = channel->sockets; watched; watched = watched->next)
        if (watched->fd == fd)
            return watched;
    struct watched *watched = calloc(1, sizeof *watched);
    if (!watched || uv_poll_init(channel->stub->loop, &watched->poll, fd) != 0) {
        /* Its answer is not heard, and the question times out. */
        free(watched);
        return NULL;
    }
    watched->poll.data = watched;
    watched->channel = channel;
    watched->fd = fd;
    watched->next = channel->sockets;
    channel->sockets = watched;
    channel->stub->open_handles++;
    return watched;
}

/* c-ares closes the descriptor right after this: it must be out of the loop's set before. */
static void forget_socket(struct channel *channel, ares_socket_t fd)
{
    struct watched **link = &channel->sockets;
    while (*link && (*link)->fd != fd)
        link = &(*link)->next;
    struct watched *watched = *link;
    if (!watched)
        return;
    *link = watched->next;
    uv_poll_stop(&watched->poll);
    uv_close((uv_handle_t *)&watched->poll, on_socket_closed);
}

static void on_socket_state(void *context, ares_socket_t fd, int readable, int writable)
{
    struct channel *channel = context;
    if (!readable && !writable) {
        forget_socket(channel, fd);
        return;
    }
    struct watched *watched = watch_socket(channel, fd);
    if (watched)
        uv_poll_start(
            &watched->poll, (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0), on_socket);
}

static int open_channel(struct stub *stub, struct channel *channel, int flags)
{
    channel->stub = stub;
    struct ares_options options = {.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | flags,
        .timeout = TIMEOUT_MS,
        .tries = TRIES,
        .sock_state_cb = on_socket_state,
        .sock_state_cb_data = channel};
    int status = ares_init_options(&channel->ares, &options,
        ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
    if (status == ARES_SUCCESS)
        return 0;
    channel->ares = NULL;
    return status == ARES_ENOMEM ? -ENOMEM : -EIO;
}

/* c-ares of this age knows no scope of a link-local address: it is put in when the socket is
 * connected. Its other socket functions are what it does by itself. */
static ares_socket_t scoped_socket(int family, int type, int protocol, void *context)
{
    (void)context;
    return socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
}

static int scoped_close(ares_socket_t fd, void *context)
{
    (void)context;
    return close(fd);
}

static int scoped_connect(
    ares_socket_t fd, const struct sockaddr *to, ares_socklen_t length, void *context)
{
    const struct stub *stub = context;
    struct sockaddr_in6 scoped;
    if (to->sa_family != AF_INET6 || length < sizeof scoped)
        return connect(fd, to, length);
    memcpy(&scoped, to, sizeof scoped);
    scoped.sin6_scope_id = stub->scope;
    return connect(fd, (const struct sockaddr *)&scoped, sizeof scoped);
}

static ares_ssize_t scoped_receive(ares_socket_t fd, void *data, size_t size, int flags,
    struct sockaddr *from, ares_socklen_t *length, void *context)
{
    (void)context;
    return recvfrom(fd, data, size, flags, from, length);
}

static ares_ssize_t scoped_send(
    ares_socket_t fd, const struct iovec *parts, int count, void *context)
{
    (void)context;
    return writev(fd, parts, count);
}

static const struct ares_socket_functions scoped_functions = {
    scoped_socket, scoped_close, scoped_connect, scoped_receive, scoped_send};

int stub_open(struct stub **out, uv_loop_t *loop)
{
    *out = NULL;
    if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS)
        return -ENOMEM;
    struct stub *stub = calloc(1, sizeof *stub);
    int error = stub ? open_channel(stub, &stub->channels[FIRST], ARES_FLAG_NOCHECKRESP) : -ENOMEM;
    if (error) {
        free(stub);
        ares_library_cleanup();
        return error;
    }
    stub->loop = loop;
    uv_timer_init(loop, &stub->timer);
    stub->timer.data = stub;
    stub->open_handles = 1;
    *out = stub;
    return 0;
}

int stub_open_at(
    struct stub **out, uv_loop_t *loop, const struct address *server, uint16_t port, uint32_t scope)
{
    int error = stub_open(out, loop);
    if (error)
        return error;
    ares_channel ares = (*out)->channels[FIRST].ares;
    struct ares_addr_port_node node = {.family = server->family == FAMILY_IPV6 ? AF_INET6 : AF_INET,
        .udp_port = port,
        .tcp_port = port};
    memcpy(&node.addr, server->bytes, server->family == FAMILY_IPV6 ? 16 : 4);
    if (server->family == FAMILY_IPV6 && address_is_link_local(server)) {
        (*out)->scope = scope;
        ares_set_socket_functions(ares, &scoped_functions, *out);
    }
    if (ares_set_servers_ports(ares, &node) == ARES_SUCCESS)
        return 0;
    stub_close(*out);
    *out = NULL;
    return -ENOMEM;
}

void stub_close(struct stub *stub)
{
    if (!stub)
        return;
    for (size_t i = 0; i < CHANNELS; i++) {
        ares_channel ares = stub->channels[i].ares;
        stub->channels[i].ares = NULL; /* nobody falls back to it meanwhile */
        if (ares)
            ares_destroy(ares);
    }
    uv_timer_stop(&stub->timer);
    uv_close((uv_handle_t *)&stub->timer, on_timer_closed);
    ares_library_cleanup();
}

/* The channel to the resolvers behind the first one; NULL where there is only one. */
static struct channel *rest_of(struct stub *stub)
{
    struct channel *rest = &stub->channels[REST];
    struct ares_addr_port_node *servers = NULL;
    if (rest->ares || !stub->channels[FIRST].ares)
        return rest->ares ? rest : NULL;
    if (ares_get_servers_ports(stub->channels[FIRST].ares, &servers) != ARES_SUCCESS)
        return NULL;
    if (servers && servers->next && open_channel(stub, rest, 0) == 0 &&
        ares_set_servers_ports(rest->ares, servers->next) != ARES_SUCCESS) {
        ares_destroy(rest->ares);
        rest->ares = NULL;
    }
    ares_free_data(servers);
    return rest->ares ? rest : NULL;
}

static bool other_may_know(int status)
{
    return status == ARES_ESERVFAIL || status == ARES_EREFUSED || status == ARES_ENOTIMP;
}

static void on_answer(void *context, int status, int timeouts, unsigned char *answer, int length)
{
    (void)timeouts;
    struct question *question = context;
    bool first = question->first_status == ARES_SUCCESS;
    if (first && other_may_know(status)) {
        struct channel *rest = rest_of(question->stub);
        if (rest) {
            question->first_status = status;
            ares_query(
                rest->ares, question->name, question->class, question->type, on_answer, question);
            return;
        }
    }
    /* "Could not contact" stands for all that the others may have said. */
    if (!first && status == ARES_ECONNREFUSED)
        status = question->first_status;
    question->answer(question->context, status, length > 0 ? answer : NULL,
        answer && length > 0 ? (size_t)length : 0);
    free(question);
}

void stub_ask(struct stub *stub, const char *name, uint16_t class, uint16_t type,
    stub_answer *answer, void *context)
{
    size_t size = strlen(name) + 1;
    struct question *question = malloc(sizeof *question + size);
    if (!question) {
        answer(context, ARES_ENOMEM, NULL, 0);
        return;
    }
    *question = (struct question){
        .stub = stub, .answer = answer, .context = context, .class = class, .type = type};
    memcpy(question->name, name, size);
    ares_query(stub->channels[FIRST].ares, question->name, class, type, on_answer, question);
    arm(stub);
}

size_t stub_servers(const struct stub *stub, struct address *first)
{
    struct ares_addr_port_node *servers = NULL;
    size_t count = 0;
    *first = (struct address){0};
    if (ares_get_servers_ports(stub->channels[FIRST].ares, &servers) != ARES_SUCCESS)
        return 0;
    if (servers && servers->family == AF_INET)
        *first = address_from_ipv4((const uint8_t *)&servers->addr.addr4);
    else if (servers && servers->family == AF_INET6)
        *first = address_from_ipv6((const uint8_t *)&servers->addr.addr6);
    for (const struct ares_addr_port_node *at = servers; at; at = at->next)
        count++;
    ares_free_data(servers);
    return count;
}
