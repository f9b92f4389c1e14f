/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/probe.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/name.h"
#include "decode/dns.h"
#include "model/model.h"
#include "mounts.h"
#include "namespace.h"
#include "tables/whoami.h"

/* Real questions to resolvers on the loopback of a namespace of our own, each of which behaves as
 * it is told. */

enum manner {
    SAY_GOOD,
    SAY_NXDOMAIN,
    SAY_SERVFAIL,
    SAY_REFUSED,
    SAY_SILENT,
    SAY_WRONG_ID, /* first an answer with another ID, then the right one */
    SAY_TWICE,
    SAY_LATE,    /* after 700 ms */
    SAY_CUT,     /* TC over UDP, whole over TCP */
    SAY_GARBAGE, /* the answer section does not hold what it claims */
    SAY_INVENTED,
    SAY_SERVICE_DOWN,  /* SERVFAIL below dnscheck.tools */
    SAY_NOTHING_KNOWN, /* an empty answer to everything */
    SAY_VALIDATES,     /* SERVFAIL to a bad signature */
};

#define SERVERS 2
#define LOG_MAX 256

/* 127.0.0.2 and 127.0.0.3; at 127.0.0.1 nobody listens. */
static struct {
    pthread_mutex_t lock;
    enum manner manners[SERVERS];
    struct {
        size_t server;
        uint16_t type;
        bool tcp;
        char name[NAME_TEXT_MAX];
    } log[LOG_MAX];
    size_t logged;
} world = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int listeners[SERVERS][2]; /* UDP, TCP */

/* ---- the resolvers ---- */

static const struct whoami *row_of(const char *name)
{
    size_t count;
    const struct whoami *rows = whoami_rows(&count), *best = NULL;
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(name), suffix = strlen(rows[i].name);
        if (length >= suffix && strcasecmp(name + length - suffix, rows[i].name) == 0 &&
            (!best || suffix > strlen(best->name)))
            best = &rows[i];
    }
    return best;
}

/* One record of the strings, or an address, appended at *at. */
static void put_record(
    uint8_t *message, size_t *at, uint16_t type, const char *one, const char *two)
{
    uint8_t rdata[600];
    size_t length = 0;
    if (type == ns_t_a) {
        inet_pton(AF_INET, one, rdata);
        length = 4;
    } else {
        for (const char *text = one; text; text = text == one ? two : NULL) {
            rdata[length++] = (uint8_t)strlen(text);
            memcpy(rdata + length, text, strlen(text));
            length += strlen(text);
        }
    }
    size_t end = DNS_HEADER;
    while (message[end] != 0)
        end += message[end] + 1U;
    const uint8_t class = message[end + 4];
    const uint8_t fixed[12] = {
        0xC0, 12, 0, (uint8_t)type, 0, class, 0, 0, 0, 1, (uint8_t)(length >> 8), (uint8_t)length};
    memcpy(message + *at, fixed, sizeof fixed);
    memcpy(message + *at + sizeof fixed, rdata, length);
    *at += sizeof fixed + length;
    message[7]++;
}

static void put_answer(size_t server, uint8_t *message, size_t *at, const char *name, uint16_t type,
    enum manner manner)
{
    const struct whoami *row = row_of(name);
    const char *address = manner == SAY_INVENTED ? "0.0.0.0" : "203.0.113.53";
    if (strstr(name, "own.example") && type == ns_t_txt) {
        put_record(message, at, type, "203.0.113.99", NULL);
        return;
    }
    if (!row || row->type != type)
        return; /* NODATA */
    switch (row->shape) {
    case WHOAMI_A:
        put_record(message, at, type, address, NULL);
        break;
    case WHOAMI_PLAIN:
        put_record(message, at, type, "edns0-client-subnet 198.51.100.0/24", NULL);
        put_record(message, at, type, "203.0.113.54", NULL);
        break;
    case WHOAMI_PAIRS:
        put_record(message, at, type, "ip", "198.51.100.1");
        put_record(message, at, type, "ns", "203.0.113.53");
        break;
    case WHOAMI_SENTENCE:
        put_record(message, at, type, "Resolver IP: 203.0.113.53", NULL);
        break;
    case WHOAMI_QUOTED:
        put_record(message, at, type, "ip='203.0.113.53' as='64500'", NULL);
        break;
    case WHOAMI_FIELDS:
        put_record(message, at, type, "remoteIp: 203.0.113.53", NULL);
        put_record(message, at, type, "remoteOrg: AS64500 Example", NULL);
        break;
    case WHOAMI_NOTHING:
        put_record(message, at, type, address, NULL);
        break;
    case WHOAMI_DICT:
        put_record(message, at, type, "{'recursive': {'srcip': '203.0.113.53'}}", NULL);
        break;
    case WHOAMI_LOOSE:
        put_record(message, at, type, "203.0.113.53", NULL);
        break;
    case WHOAMI_NAME:
        put_record(message, at, type, server ? "second.example" : "first.example", NULL);
        break;
    default:
        break;
    }
}

/* Make the answer of a question in place. Returns its length, 0 for none. */
static size_t make_answer(
    size_t server, uint8_t *message, size_t length, bool tcp, enum manner *manner)
{
    struct cursor cursor = cursor_over(message, length, 0);
    struct dns_head head;
    uint8_t wire[NAME_WIRE_MAX];
    if (dns_read(&cursor, &head, wire) != DNS_OK || head.name_length == 0)
        return 0;
    char name[NAME_TEXT_MAX];
    name_format(wire, head.name_length, name);
    pthread_mutex_lock(&world.lock);
    *manner = world.manners[server];
    if (world.logged < LOG_MAX) {
        world.log[world.logged].server = server;
        world.log[world.logged].type = head.type;
        world.log[world.logged].tcp = tcp;
        strcpy(world.log[world.logged++].name, name);
    }
    pthread_mutex_unlock(&world.lock);
    size_t at = DNS_HEADER + head.name_length + 4;
    message[2] |= 0x80;
    message[3] = 0x80;
    memset(message + 6, 0, 6);
    switch (*manner) {
    case SAY_SILENT:
        return 0;
    case SAY_NXDOMAIN:
        message[3] |= ns_r_nxdomain;
        return at;
    case SAY_SERVFAIL:
        message[3] |= ns_r_servfail;
        return at;
    case SAY_REFUSED:
        message[3] |= ns_r_refused;
        return at;
    case SAY_CUT:
        if (!tcp) {
            message[2] |= 0x02;
            return at;
        }
        break;
    case SAY_GARBAGE:
        message[7] = 3;
        message[at] = 0xC0;
        return at + 1;
    case SAY_SERVICE_DOWN:
        if (!strstr(name, "dnscheck.tools"))
            break;
        message[3] |= ns_r_servfail;
        return at;
    case SAY_NOTHING_KNOWN:
        return at;
    default:
        break;
    }
    if (strstr(name, "-badsig.") && *manner == SAY_VALIDATES) {
        message[3] |= ns_r_servfail;
        return at;
    }
    if (strstr(name, "dnscrypt-test") || strstr(name, "is-")) {
        message[3] |= ns_r_nxdomain;
        return at;
    }
    put_answer(server, message, &at, name, head.type, *manner);
    return at;
}

static void serve_udp(size_t server)
{
    uint8_t message[2048];
    struct sockaddr_storage from;
    socklen_t from_length = sizeof from;
    int fd = listeners[server][0];
    ssize_t got = recvfrom(fd, message, 512, 0, (struct sockaddr *)&from, &from_length);
    if (got <= 0)
        return;
    enum manner manner = SAY_GOOD;
    size_t length = make_answer(server, message, (size_t)got, false, &manner);
    if (length == 0)
        return;
    if (manner == SAY_LATE)
        nanosleep(&(struct timespec){.tv_nsec = 700000000}, NULL);
    if (manner == SAY_WRONG_ID) {
        message[0] ^= 0xFF;
        message[length - 1] ^= 1; /* the address in it is another */
        sendto(fd, message, length, 0, (struct sockaddr *)&from, from_length);
        message[length - 1] ^= 1;
        message[0] ^= 0xFF;
    }
    for (int i = 0; i < (manner == SAY_TWICE ? 2 : 1); i++)
        sendto(fd, message, length, 0, (struct sockaddr *)&from, from_length);
}

/* The C library sends both its questions over one connection. */
static void serve_tcp(size_t server)
{
    const struct timeval patience = {.tv_usec = 300000};
    uint8_t message[2048];
    int fd = accept4(listeners[server][1], NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    while (recv(fd, message, 2, MSG_WAITALL) == 2) {
        ssize_t wanted = message[0] << 8 | message[1];
        if (wanted > 512 || recv(fd, message + 2, (size_t)wanted, MSG_WAITALL) != wanted)
            break;
        enum manner manner = SAY_GOOD;
        size_t length = make_answer(server, message + 2, (size_t)wanted, true, &manner);
        message[0] = (uint8_t)(length >> 8);
        message[1] = (uint8_t)length;
        if (length == 0 || send(fd, message, length + 2, MSG_NOSIGNAL) < 0)
            break;
    }
    close(fd);
}

static void *serve(void *unused)
{
    (void)unused;
    struct pollfd waiting[2 * SERVERS];
    for (size_t i = 0; i < 2 * SERVERS; i++)
        waiting[i] = (struct pollfd){.fd = listeners[i / 2][i % 2], .events = POLLIN};
    for (;;) {
        if (poll(waiting, 2 * SERVERS, -1) < 0)
            continue;
        for (size_t i = 0; i < 2 * SERVERS; i++) {
            if (!(waiting[i].revents & POLLIN))
                continue;
            if (i % 2 == 0)
                serve_udp(i / 2);
            else
                serve_tcp(i / 2);
        }
    }
    return NULL;
}

static bool start_servers(void)
{
    for (size_t i = 0; i < SERVERS; i++) {
        struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(53)};
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + (uint32_t)i);
        for (int tcp = 0; tcp < 2; tcp++) {
            int fd = socket(AF_INET, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
            if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) < 0 ||
                (tcp && listen(fd, 8) < 0))
                return false;
            listeners[i][tcp] = fd;
        }
    }
    pthread_t thread;
    return pthread_create(&thread, NULL, serve, NULL) == 0 && pthread_detach(thread) == 0;
}

/* ---- the prober against them ---- */

static uint64_t wall_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

struct fixture {
    uv_loop_t loop;
    struct model *model;
    struct prober *prober;
    unsigned told;
};

#define BOTH "nameserver 127.0.0.2\nnameserver 127.0.0.3\n"
#define SEARCH "search corp.example office.example\noptions ndots:5\n"

static void configure(const char *resolv_conf, enum manner first, enum manner second)
{
    assert_true(mounts_write("/etc/resolv.conf", resolv_conf));
    pthread_mutex_lock(&world.lock);
    world.manners[0] = first;
    world.manners[1] = second;
    world.logged = 0;
    pthread_mutex_unlock(&world.lock);
}

static void on_told(void *context)
{
    struct fixture *fixture = context;
    fixture->told++;
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    if (!fixture || uv_loop_init(&fixture->loop) != 0)
        return -1;
    fixture->model = model_new(1, wall_clock());
    if (!fixture->model ||
        prober_open(&fixture->prober, &fixture->loop, fixture->model, wall_clock) != 0)
        return -1;
    prober_on_result(fixture->prober, on_told, fixture);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    prober_close(fixture->prober);
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    int error = uv_loop_close(&fixture->loop);
    model_free(fixture->model);
    free(fixture);
    return error;
}

static void on_deadline(uv_timer_t *timer)
{
    *(bool *)timer->data = true;
}

/* Run the loop until the round is over; fail where that takes longer than it may. */
static void run(struct fixture *fixture, uint64_t limit_ms)
{
    bool over = false;
    uv_timer_t limit;
    uv_timer_init(&fixture->loop, &limit);
    limit.data = &over;
    uv_timer_start(&limit, on_deadline, limit_ms, 0);
    while (prober_busy(fixture->prober) && !over)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&limit, NULL);
    while (uv_is_closing((uv_handle_t *)&limit) && uv_loop_alive(&fixture->loop)) {
        uv_run(&fixture->loop, UV_RUN_NOWAIT);
        break;
    }
    if (over)
        fail_msg("the round took longer than %u ms", (unsigned)limit_ms);
}

static void round_of(struct fixture *fixture, uint64_t limit_ms)
{
    prober_test(fixture->prober, TEST_STANDARD);
    assert_true(prober_busy(fixture->prober));
    run(fixture, limit_ms);
}

/* The unique names of the first round: by c-ares and by the system. */
static const struct probe *unique(const struct fixture *fixture, bool system)
{
    for (size_t i = 0; i < model_probe_count(fixture->model); i++) {
        const struct probe *probe = model_probe_at(fixture->model, i);
        if ((probe->path == PROBE_SYSTEM) == system && (system || probe->control))
            return probe;
    }
    fail_msg("no such probe");
    return NULL;
}

static void check(const struct probe *probe, enum probe_state state, const char *reason)
{
    if (probe->state != state || strcmp(probe->reason, reason) != 0)
        fail_msg("%s: state %d, '%s'; expected %d, '%s'", probe->label, (int)probe->state,
            probe->reason, (int)state, reason);
}

static size_t fixed_asked(const struct fixture *fixture)
{
    size_t count = 0;
    for (size_t i = 0; i < model_probe_count(fixture->model); i++)
        count += !model_probe_at(fixture->model, i)->control;
    return count;
}

static size_t logged(const char *part, uint16_t type, bool tcp)
{
    size_t count = 0;
    pthread_mutex_lock(&world.lock);
    for (size_t i = 0; i < world.logged; i++)
        count += strstr(world.log[i].name, part) && (type == 0 || world.log[i].type == type) &&
                 world.log[i].tcp == tcp;
    pthread_mutex_unlock(&world.lock);
    return count;
}

static void answered(void **state)
{
    struct fixture *fixture = *state;
    configure(SEARCH BOTH, SAY_GOOD, SAY_GOOD);
    round_of(fixture, 2000);
    const struct probe *ares = unique(fixture, false), *system = unique(fixture, true);
    check(ares, PROBE_ANSWERED, "");
    check(system, PROBE_ANSWERED, "no such name, or no addresses");
    assert_true(ares->control && system->control);
    assert_string_not_equal(ares->label, system->label);
    /* What was said is what was asked. */
    assert_int_equal(logged(ares->label, ns_t_txt, false), 1);
    assert_int_equal(logged(system->label, ns_t_a, false), 1);
    assert_int_equal(logged(system->label, ns_t_aaaa, false), 1);
    /* No search domain was appended to anything. */
    assert_int_equal(logged("corp.example", 0, false) + logged("office.example", 0, false), 0);
    /* Six names: these two, and one each of four other operators. */
    assert_int_equal(model_probe_count(fixture->model), 6);
    assert_int_equal(fixed_asked(fixture), 4);
    const struct test *test = model_test(fixture->model, TEST_STANDARD);
    assert_int_equal(test->names, 6);
    assert_int_equal(test->done, 6);
    assert_int_equal(test->failed, 0);
    assert_true(test->ended_ns >= test->started_ns && test->rtt_sum_ns > 0);
    char text[ADDRESS_TEXT];
    assert_string_equal(address_format(&ares->egress, text), "203.0.113.53");
    assert_int_equal(system->egress.family, FAMILY_NONE);
    const struct egress_resolver *egress = model_egress_at(fixture->model, 0);
    assert_string_equal(address_format(&egress->address, text), "203.0.113.53");
    assert_int_equal(model_network_of(fixture->model, &egress->address)->asn, 64500);
    assert_string_equal(model_network_of(fixture->model, &egress->address)->org, "Example");
    assert_int_equal(egress->test_seen, 4); /* Google's row told another one */
    assert_int_equal(egress->test, test->serial);
    assert_true(egress->rtt_ns > 0 && egress->rtt_ns < 2000000000U);
    assert_string_equal(model_egress_at(fixture->model, 1)->subnet, "198.51.100.0/24");
    assert_true(fixture->told >= 1);
    /* Idle means idle: no timer, no descriptor. */
    assert_false(uv_loop_alive(&fixture->loop));

    /* Another test: other unique names. */
    round_of(fixture, 2000);
    assert_int_equal(model_probe_count(fixture->model), 12);
    for (size_t i = 0; i < 12; i++)
        for (size_t j = 0; j < i; j++) {
            const struct probe *one = model_probe_at(fixture->model, i),
                               *two = model_probe_at(fixture->model, j);
            if (one->control)
                assert_string_not_equal(one->label, two->label);
        }
}

/* A round ends for each of these; what the two unique names then say. */
static const struct manner_case {
    const char *situation, *resolv_conf;
    enum manner first, second;
    enum probe_state ares_state;
    const char *ares_reason, *egress;
    enum probe_state system_state;
} manners[] = {
    {"NXDOMAIN is an answer", BOTH, SAY_NXDOMAIN, SAY_NXDOMAIN, PROBE_ANSWERED, "NXDOMAIN", "-",
        PROBE_ANSWERED},
    {"SERVFAIL everywhere", BOTH, SAY_SERVFAIL, SAY_SERVFAIL, PROBE_FAILED, "SERVFAIL", "-",
        PROBE_FAILED},
    {"REFUSED by the only one", "nameserver 127.0.0.2\n", SAY_REFUSED, SAY_GOOD, PROBE_FAILED,
        "REFUSED", "-", PROBE_FAILED},
    {"REFUSED by all", BOTH, SAY_REFUSED, SAY_REFUSED, PROBE_FAILED, "REFUSED", "-", PROBE_FAILED},
    {"the second one helps", BOTH, SAY_SERVFAIL, SAY_GOOD, PROBE_ANSWERED, "", "203.0.113.53",
        PROBE_ANSWERED},
    {"an answer with a wrong ID first", BOTH, SAY_WRONG_ID, SAY_GOOD, PROBE_ANSWERED, "",
        "203.0.113.53", PROBE_ANSWERED},
    {"each answer twice", BOTH, SAY_TWICE, SAY_TWICE, PROBE_ANSWERED, "", "203.0.113.53",
        PROBE_ANSWERED},
    {"cut, whole over TCP", BOTH, SAY_CUT, SAY_CUT, PROBE_ANSWERED, "", "203.0.113.53",
        PROBE_ANSWERED},
    {"the answer holds no record that it claims", BOTH, SAY_GARBAGE, SAY_GARBAGE, PROBE_FAILED,
        "malformed answer", "-", PROBE_ANSWERED}, /* to the C library: no addresses */
    {"no resolver configured", "", SAY_GOOD, SAY_GOOD, PROBE_FAILED, "no resolver configured", "-",
        PROBE_FAILED},
    {"nobody listens there", "nameserver 127.0.0.9\n", SAY_GOOD, SAY_GOOD, PROBE_FAILED,
        "no resolver can be reached", "-", PROBE_FAILED},
};

static void each_manner(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof manners / sizeof *manners; i++) {
        const struct manner_case *one = &manners[i];
        void *inner;
        char egress[ADDRESS_TEXT];
        assert_int_equal(set_up(&inner), 0);
        struct fixture *fixture = inner;
        configure(one->resolv_conf, one->first, one->second);
        round_of(fixture, 3000);
        const struct probe *ares = unique(fixture, false), *system = unique(fixture, true);
        address_format(&ares->egress, egress);
        if (ares->state != one->ares_state || strcmp(ares->reason, one->ares_reason) != 0 ||
            strcmp(egress, one->egress) != 0 || system->state != one->system_state)
            fail_msg("%s: c-ares %d '%s' %s, system %d '%s'", one->situation, (int)ares->state,
                ares->reason, egress, (int)system->state, system->reason);
        if (system->state == PROBE_FAILED && !system->reason[0])
            fail_msg("%s: the system's failure has no reason", one->situation);
        for (size_t j = 0; j < model_probe_count(fixture->model); j++)
            assert_int_not_equal(model_probe_at(fixture->model, j)->state, PROBE_PENDING);
        assert_int_equal(tear_down(&inner), 0);
    }
    /* The last cases over TCP: it was really used. */
    configure(BOTH, SAY_CUT, SAY_CUT);
    void *inner;
    assert_int_equal(set_up(&inner), 0);
    round_of(inner, 3000);
    assert_int_equal(logged(unique(inner, false)->label, ns_t_txt, true), 1);
    assert_int_equal(tear_down(&inner), 0);
}

static void late(void **state)
{
    struct fixture *fixture = *state;
    configure("nameserver 127.0.0.2\n", SAY_LATE, SAY_GOOD);
    prober_test(fixture->prober, TEST_STANDARD);
    while (unique(fixture, false)->state == PROBE_PENDING)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    check(unique(fixture, false), PROBE_ANSWERED, "");
    const struct probe *ares = unique(fixture, false);
    assert_true(ares->done_ns - ares->asked_ns >= 600000000U);
}

/* Silence: all ends within its 5 s, the C library's own patience notwithstanding, and as nobody
 * answers anything, nothing is asked elsewhere. */
static void silent(void **state)
{
    struct fixture *fixture = *state;
    configure("nameserver 127.0.0.2\n", SAY_SILENT, SAY_GOOD);
    uint64_t begun = wall_clock();
    round_of(fixture, 5400);
    assert_true(wall_clock() - begun > 4000000000U);
    assert_int_equal(model_probe_count(fixture->model), 6);
    for (size_t i = 0; i < model_probe_count(fixture->model); i++)
        check(model_probe_at(fixture->model, i), PROBE_FAILED, "timed out");
    const struct test *test = model_test(fixture->model, TEST_STANDARD);
    assert_int_equal(test->names, 6);
    assert_int_equal(test->failed, 6);
    assert_int_equal(model_egress_count(fixture->model), 0);

    /* With the thread still hanging another test is possible, and the program can end. */
    configure("nameserver 127.0.0.3\n", SAY_SILENT, SAY_GOOD);
    round_of(fixture, 2000);
    const struct probe *last =
        model_probe_at(fixture->model, model_probe_count(fixture->model) - 1);
    check(last, PROBE_ANSWERED, "");
}

/* A service that fails is no resolver that fails: its names are asked of another one. */
static void elsewhere(void **state)
{
    struct fixture *fixture = *state;
    configure("nameserver 127.0.0.2\n", SAY_SERVICE_DOWN, SAY_GOOD);
    round_of(fixture, 3000);
    check(unique(fixture, false), PROBE_FAILED, "SERVFAIL");
    const struct test *test = model_test(fixture->model, TEST_STANDARD);
    /* The system's name and the direct one, once each. */
    assert_int_equal(test->names, 8);
    assert_int_equal(test->done, 8);
    assert_int_equal(test->failed, 2);
    size_t systems = 0, egresses = 0;
    for (size_t i = 0; i < model_probe_count(fixture->model); i++) {
        const struct probe *probe = model_probe_at(fixture->model, i);
        systems += probe->path == PROBE_SYSTEM;
        egresses += probe->egress.family != FAMILY_NONE;
        if (probe->path == PROBE_SYSTEM && probe->state == PROBE_ANSWERED)
            assert_non_null(strstr(probe->label, whoami_unique_else()->name));
    }
    assert_int_equal(systems, 2);
    assert_int_equal(egresses, 5);

    /* All services down but not the resolver: bounded. */
    configure("nameserver 127.0.0.2\n", SAY_NOTHING_KNOWN, SAY_GOOD);
    round_of(fixture, 3000);
    test = model_test(fixture->model, TEST_STANDARD);
    assert_true(test->names > 6 && test->names <= 6 + 5 * 2 + 1);
    assert_int_equal(test->done, test->names);
}

/* Each configured resolver is asked directly, but for what nobody would ask. */
static void directly(void **state)
{
    struct fixture *fixture = *state;
    configure("nameserver 127.0.0.2\n", SAY_GOOD, SAY_VALIDATES);
    struct configured_resolver list[5];
    memset(list, 0, sizeof list);
    static const char *const addresses[] = {
        "127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.6"};
    static const enum resolver_use uses[] = {
        RESOLVER_ASKED, RESOLVER_ASKED, RESOLVER_IGNORED, RESOLVER_SOME, RESOLVER_FALLBACK};
    for (size_t i = 0; i < 5; i++) {
        assert_true(address_parse(addresses[i], &list[i].address));
        list[i].use = uses[i];
    }
    model_configured_resolvers(fixture->model, list, 5, wall_clock());
    prober_test(fixture->prober, TEST_EXTENDED);
    run(fixture, 4000);
    const struct test *test = model_test(fixture->model, TEST_EXTENDED);
    assert_true(test->names >= 36 && test->done == test->names);
    size_t asked[2] = {0}, systems = 0, others = 0;
    for (size_t i = 0; i < model_probe_count(fixture->model); i++) {
        const struct probe *probe = model_probe_at(fixture->model, i);
        char text[ADDRESS_TEXT];
        address_format(&probe->asked, text);
        if (probe->path == PROBE_SYSTEM)
            systems++;
        else if (probe->path == PROBE_SERVICE) /* there is no web here */
            assert_int_equal(probe->state, PROBE_FAILED);
        else if (strcmp(text, "127.0.0.2") == 0)
            asked[0]++;
        else if (strcmp(text, "127.0.0.3") == 0)
            asked[1]++;
        else
            others++;
    }
    assert_true(asked[0] > 10 && asked[1] > 10);
    assert_int_equal(systems, 3);
    assert_int_equal(others, 0);
    /* The second one's habits; its egress came last by it, or by the first: one address. */
    bool validates = false, not = false, named = false;
    for (size_t i = 0; i < model_probe_count(fixture->model); i++) {
        const struct probe *probe = model_probe_at(fixture->model, i);
        bool second = address_equal(&probe->asked, &list[1].address);
        validates |= second && strstr(probe->reason, "DNSSEC is validated");
        not |= !second && strstr(probe->reason, "DNSSEC is not validated");
        named |= second && strstr(probe->reason, "second.example");
    }
    assert_true(validates && not &&named);
}

static void cancelled(void **state)
{
    struct fixture *fixture = *state;
    configure(BOTH, SAY_SILENT, SAY_SILENT);
    prober_test(fixture->prober, TEST_STANDARD);
    for (int i = 0; i < 3; i++)
        uv_run(&fixture->loop, UV_RUN_NOWAIT);
    prober_cancel(fixture->prober);
    assert_false(prober_busy(fixture->prober));
    check(unique(fixture, false), PROBE_FAILED, "cancelled");
    check(unique(fixture, true), PROBE_FAILED, "cancelled");
    prober_cancel(fixture->prober); /* twice does no harm */
    fixture->told = 0;
    uv_run(&fixture->loop, UV_RUN_ONCE);
    assert_int_equal(fixture->told, 1);
    /* c-ares asks nothing again: neither repeats nor the next server. */
    const char *label = unique(fixture, false)->label;
    nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    assert_int_equal(logged(label, ns_t_txt, false), 1);
    nanosleep(&(struct timespec){.tv_sec = 1, .tv_nsec = 600000000}, NULL);
    uv_run(&fixture->loop, UV_RUN_NOWAIT);
    assert_int_equal(logged(label, ns_t_txt, false), 1);
}

static void reconfigured(void **state)
{
    struct fixture *fixture = *state;
    configure("nameserver 127.0.0.9\n", SAY_GOOD, SAY_GOOD);
    round_of(fixture, 2000);
    check(unique(fixture, false), PROBE_FAILED, "no resolver can be reached");
    configure("nameserver 127.0.0.3\n", SAY_SILENT, SAY_GOOD);
    prober_reconfigure(fixture->prober);
    round_of(fixture, 2000);
    check(
        model_probe_at(fixture->model, model_probe_count(fixture->model) - 1), PROBE_ANSWERED, "");

    /* While a round is under way: it is given up for one that asks the new resolvers. */
    configure("nameserver 127.0.0.2\n", SAY_SILENT, SAY_GOOD);
    prober_test(fixture->prober, TEST_STANDARD);
    size_t asked = model_probe_count(fixture->model);
    prober_test(fixture->prober, TEST_STANDARD); /* nothing: one is under way */
    assert_int_equal(model_probe_count(fixture->model), asked);
    configure("nameserver 127.0.0.3\n", SAY_SILENT, SAY_GOOD);
    prober_reconfigure(fixture->prober);
    round_of(fixture, 2000);
    check(model_probe_at(fixture->model, asked - 1), PROBE_FAILED, "cancelled");
    check(model_probe_at(fixture->model, asked + 1), PROBE_ANSWERED, ""); /* behind the system's */
}

static void own_zone(void **state)
{
    struct fixture *fixture = *state;
    configure(BOTH, SAY_GOOD, SAY_GOOD);
    prober_zone(fixture->prober, "probe.own.example.");
    round_of(fixture, 2000);
    const struct probe *ares = unique(fixture, false);
    char text[ADDRESS_TEXT];
    check(ares, PROBE_ANSWERED, "");
    assert_string_equal(address_format(&ares->egress, text), "203.0.113.99");
    assert_string_equal(ares->label + 16, ".probe.own.example");
    assert_int_equal(logged(".probe.own.example", ns_t_txt, false), 1);
    /* No names, or no room: the table's stays. */
    const char *const bad[] = {NULL, "", ".", "a..b",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        prober_zone(fixture->prober, bad[i]);
        round_of(fixture, 2000);
        const struct probe *found = NULL;
        for (size_t j = model_probe_count(fixture->model); j-- > 0 && !found;)
            if (model_probe_at(fixture->model, j)->path == PROBE_SYSTEM)
                found = model_probe_at(fixture->model, j);
        assert_non_null(strstr(found->label, whoami_unique()->name));
    }
}

static void invented(void **state)
{
    struct fixture *fixture = *state;
    configure(BOTH, SAY_INVENTED, SAY_INVENTED);
    for (int i = 0; i < 6; i++)
        round_of(fixture, 2000);
    bool seen = false;
    for (size_t i = 0; i < model_probe_count(fixture->model); i++)
        seen |= strstr(model_probe_at(fixture->model, i)->reason, "nobody can have asked") != NULL;
    assert_true(seen);
    for (size_t i = 0; i < model_egress_count(fixture->model); i++)
        assert_int_not_equal(model_egress_at(fixture->model, i)->address.bytes[0], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answered, set_up, tear_down),
        cmocka_unit_test(each_manner),
        cmocka_unit_test_setup_teardown(cancelled, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reconfigured, set_up, tear_down),
        cmocka_unit_test_setup_teardown(own_zone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(invented, set_up, tear_down),
        cmocka_unit_test_setup_teardown(late, set_up, tear_down),
        cmocka_unit_test_setup_teardown(silent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(elsewhere, set_up, tear_down),
        cmocka_unit_test_setup_teardown(directly, set_up, tear_down),
    };
    if (!namespace_enter() || !mounts_enter() || !loopback_up() ||
        !mounts_replace("/etc/resolv.conf", "") ||
        !mounts_replace("/etc/nsswitch.conf", "hosts: files dns\n") || !start_servers())
        return 0;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
