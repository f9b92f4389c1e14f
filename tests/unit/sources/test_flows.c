/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/flows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "namespace.h"
#include "sources/flow_code.h"

#define MS 1000000ULL
#define SECOND (1000 * MS)

/* ---- the table ---- */

static struct flow_record record(uint64_t time_ns, uint64_t socket, uint16_t port, const char *name)
{
    struct flow_record made = {.time_ns = time_ns,
        .socket = socket,
        .family = 4,
        .protocol = IPPROTO_UDP,
        .source_port = htons(port),
        .destination_port = htons(53),
        .source = {10, 0, 0, 1},
        .destination = {9, 9, 9, 9},
        .owner = {.pid = 100 + (uint32_t)socket, .uid = 1000, .start_ns = 5 * SECOND}};
    memcpy(made.owner.name, name, strnlen(name, sizeof(made.owner.name)));
    return made;
}

static struct flow packet(uint64_t time_ns, uint16_t port)
{
    return (struct flow){.time_ns = time_ns,
        .source = {.family = 4, .bytes = {10, 0, 0, 1}},
        .destination = {.family = 4, .bytes = {9, 9, 9, 9}},
        .source_port = port,
        .destination_port = 53,
        .protocol = IPPROTO_UDP};
}

enum step_kind { SENDS = 1, CLOSES };

struct step {
    enum step_kind kind;
    uint64_t at_ms, socket;
    const char *name;
};

/* All from one port, to one resolver. */
static const struct {
    const char *situation;
    struct step steps[5];
    uint64_t packet_ms;
    enum flow_found found;
    const char *name;
} uses[] = {
    {"nobody sent", {{0}}, 100, FLOW_UNKNOWN, NULL},
    {"one sent just before", {{SENDS, 100, 1, "dig"}}, 100, FLOW_FOUND, "dig"},
    {"by a connection from long ago", {{SENDS, 100, 1, "kdig"}}, 3600000, FLOW_FOUND, "kdig"},
    {"gone before its packet was read", {{SENDS, 100, 1, "dig"}, {CLOSES, 101, 1, NULL}}, 100,
        FLOW_FOUND, "dig"},
    {"waited for the neighbour's address", {{SENDS, 100, 1, "dig"}, {CLOSES, 101, 1, NULL}}, 3100,
        FLOW_FOUND, "dig"},
    {"closed, and a raw socket sends as if it were that port",
        {{SENDS, 100, 1, "dig"}, {CLOSES, 101, 1, NULL}}, 9000, FLOW_OTHER, NULL},
    {"the port is another's since: the packet is the first one's",
        {{SENDS, 100, 1, "dig"}, {CLOSES, 101, 1, NULL}, {SENDS, 102, 2, "curl"}}, 101, FLOW_FOUND,
        "dig"},
    {"the port is another's since: the packet is the second one's",
        {{SENDS, 100, 1, "dig"}, {CLOSES, 101, 1, NULL}, {SENDS, 102, 2, "curl"}}, 102, FLOW_FOUND,
        "curl"},
    {"only who came after the packet is known", {{SENDS, 200, 2, "curl"}}, 100, FLOW_OTHER, NULL},
    {"one socket, handed on: who sent at that time",
        {{SENDS, 100, 1, "first"}, {SENDS, 200, 1, "second"}, {SENDS, 300, 1, "first"}}, 250,
        FLOW_FOUND, "second"},
    {"the same one again and again: since its first packet",
        {{SENDS, 100, 1, "unbound"}, {SENDS, 200, 1, "unbound"}, {SENDS, 300, 1, "unbound"}}, 150,
        FLOW_FOUND, "unbound"},
    {"a thread, and the program's name is not known", {{SENDS, 100, 1, ""}}, 100, FLOW_NAMELESS,
        NULL},
    {"a name of sixteen octets", {{SENDS, 100, 1, "0123456789abcdef"}}, 100, FLOW_FOUND,
        "0123456789abcdef"},
};

static void play(struct flows *flows, const struct step *step)
{
    if (step->kind == SENDS) {
        struct flow_record made = record(step->at_ms * MS, step->socket, 40000, step->name);
        if (strcmp(step->name, "second") == 0)
            made.owner.pid = 777;
        flows_add(flows, &made);
    } else if (step->kind == CLOSES) {
        const struct flow_end end = {.time_ns = step->at_ms * MS, .socket = step->socket};
        flows_end(flows, &end);
    }
}

static void who_sent(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
        struct flow_process process = {0};
        struct flows *flows = flows_new(7);
        for (size_t s = 0; s < 5; s++)
            play(flows, &uses[i].steps[s]);
        /* Captured a little after the record was made. */
        struct flow flow = packet(uses[i].packet_ms * MS + 4000, 40000);
        enum flow_found found = flows_find(flows, &flow, &process);
        if (found != uses[i].found ||
            (uses[i].name && strncmp(process.name, uses[i].name, sizeof(process.name)) != 0))
            fail_msg("%s: %d, \"%.16s\"", uses[i].situation, found, process.name);
        flows_close(flows);
    }
}

static void each_part_of_the_flow_counts(void **state)
{
    (void)state;
    struct flow_process process;
    struct flows *flows = flows_new(7);
    const struct flow_record made = record(100 * MS, 1, 40000, "dig");
    flows_add(flows, &made);
    const struct flow right = packet(100 * MS, 40000);
    assert_int_equal(flows_find(flows, &right, &process), FLOW_FOUND);
    assert_int_equal(process.pid, 101);
    assert_int_equal(process.uid, 1000);
    assert_int_equal(process.start, 500);
    struct flow either = right;
    either.protocol = 0; /* DNSCrypt: not known by which it came */
    assert_int_equal(flows_find(flows, &either, &process), FLOW_FOUND);
    for (unsigned part = 0; part < 6; part++) {
        struct flow wrong = right;
        if (part == 0)
            wrong.source.bytes[3]++;
        else if (part == 1)
            wrong.destination.bytes[0]++;
        else if (part == 2)
            wrong.source_port++;
        else if (part == 3)
            wrong.destination_port++;
        else if (part == 4)
            wrong.protocol = IPPROTO_TCP;
        else
            wrong.source.family = 6;
        if (flows_find(flows, &wrong, &process) != FLOW_UNKNOWN)
            fail_msg("part %u does not count", part);
    }
    flows_close(flows);
}

/* However many flows there were: a wrong one is never found, the newest always are. */
static void bounded(void **state)
{
    (void)state;
    struct flow_process process;
    struct flows *flows = flows_new(7);
    for (uint64_t i = 1; i <= 100000; i++) {
        struct flow_record made = record(i * MS, i, (uint16_t)(i % 60000), "many");
        made.owner.pid = (uint32_t)i;
        flows_add(flows, &made);
    }
    unsigned found = 0;
    for (uint64_t i = 1; i <= 100000; i++) {
        const struct flow flow = packet(i * MS, (uint16_t)(i % 60000));
        if (flows_find(flows, &flow, &process) != FLOW_FOUND)
            continue;
        found++;
        if (process.pid != (int32_t)i)
            fail_msg("%u named for %u", (unsigned)process.pid, (unsigned)i);
    }
    assert_int_equal(found, 16384);
    flows_close(flows);
}

static void commands_are_kept_by_process(void **state)
{
    (void)state;
    char text[FLOW_COMMAND];
    struct flow_process process;
    struct flows *flows = flows_new(7);
    struct flow_record made = record(100 * MS, 1, 40000, "dig");
    memcpy(made.owner.command, "dig\0a.lab", 10);
    made.owner.command_length = 10;
    flows_add(flows, &made);
    const struct flow flow = packet(100 * MS, 40000);
    assert_int_equal(flows_find(flows, &flow, &process), FLOW_FOUND);
    assert_int_equal(flows_command(flows, &process, text), 10);
    assert_memory_equal(text, "dig\0a.lab", 10);
    process.start++; /* the number went to another process */
    assert_int_equal(flows_command(flows, &process, text), 0);
    made.owner.command_length = FLOW_COMMAND + 1; /* a length that cannot be */
    made.owner.start_ns += SECOND;
    flows_add(flows, &made);
    assert_int_equal(flows_command(flows, &process, text), 0);
    flows_close(flows);
}

/* ---- the instructions ---- */

static void jumps_stay_inside(void **state)
{
    (void)state;
    int64_t values[FLOW_VALUES] = {0};
    for (enum flow_code code = 0; code < FLOW_CODES; code++) {
        struct bpf_insn out[FLOW_CODE_MAX];
        size_t count = flow_code(code, values, out);
        assert_true(count > 4 && count <= FLOW_CODE_MAX);
        assert_int_equal(out[count - 1].code, BPF_JMP | BPF_EXIT);
        for (size_t i = 0; i < count; i++) {
            unsigned class = BPF_CLASS(out[i].code), what = BPF_OP(out[i].code);
            if (class != BPF_JMP || what == BPF_CALL || what == BPF_EXIT)
                continue;
            /* Forwards only, so that it ends. */
            if (out[i].off < 0 || i + 1 + (size_t)out[i].off >= count)
                fail_msg("program %u, instruction %zu jumps to %d", code, i, out[i].off);
        }
    }
}

/* ---- the kernel ---- */

static uint64_t monotonic(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

struct sent {
    int pid;
    struct flow flow;
};

static void say(struct sent *sent, int family, bool connected)
{
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    bool is_four = family == AF_INET;
    const struct sockaddr *to = is_four ? (struct sockaddr *)&four : (struct sockaddr *)&six;
    socklen_t size = is_four ? sizeof(four) : sizeof(six);
    four.sin_port = six.sin6_port = htons(53535);
    int fd = socket(family, SOCK_DGRAM, 0);
    if (connected)
        (void)connect(fd, to, size);
    (void)sendto(fd, "x", 1, 0, connected ? NULL : to, connected ? 0 : size);
    sent->flow =
        (struct flow){.time_ns = monotonic(), .protocol = IPPROTO_UDP, .destination_port = 53535};
    struct sockaddr_in6 from = {0};
    size = sizeof(from);
    (void)getsockname(fd, (struct sockaddr *)&from, &size);
    sent->flow.source_port = ntohs(from.sin6_port);
    address_parse(is_four ? "127.0.0.1" : "::1", &sent->flow.source);
    sent->flow.destination = sent->flow.source;
}

/* What a child of that name sends to itself over lo, and is gone. */
static bool send_as(const char *name, int family, bool connected, struct sent *sent)
{
    int pipes[2];
    if (pipe(pipes) != 0)
        return false;
    int pid = fork();
    if (pid == 0) {
        prctl(PR_SET_NAME, name, 0, 0, 0);
        say(sent, family, connected);
        (void)!write(pipes[1], sent, sizeof(*sent));
        _exit(0);
    }
    bool good = read(pipes[0], sent, sizeof(*sent)) == sizeof(*sent);
    close(pipes[0]);
    close(pipes[1]);
    sent->pid = pid;
    return waitpid(pid, NULL, 0) == pid && good;
}

enum { GOOD, SKIPPED, BAD };

/* In a network namespace of our own. */
static int kernel_tells(void)
{
    static const struct {
        const char *name;
        int family;
        bool connected;
    } ways[] = {
        {"asks-four", AF_INET, true},
        {"sends-four", AF_INET, false},
        {"asks-six", AF_INET6, true},
        {"sends-six", AF_INET6, false},
    };
    char why[128] = "";
    struct flows *flows;
    (void)!system("ip link set lo up");
    int error = flows_open(&flows, why, sizeof(why));
    if (error != 0) {
        print_message("%s\n", why);
        return error == -EPERM || error == -ENOSYS || error == -EACCES ? SKIPPED : BAD;
    }
    int result = GOOD;
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        struct flow_process process = {0};
        struct sent sent;
        char command[FLOW_COMMAND];
        if (!send_as(ways[i].name, ways[i].family, ways[i].connected, &sent))
            result = BAD;
        flows_read(flows);
        enum flow_found found = flows_find(flows, &sent.flow, &process);
        size_t length = flows_command(flows, &process, command);
        if (found == FLOW_FOUND && process.pid == sent.pid && process.uid == 0 &&
            strcmp(process.name, ways[i].name) == 0 && memmem(command, length, "test_flows", 10))
            continue;
        print_message("%s: %d, pid %d for %d, name \"%.16s\"\n", ways[i].name, found, process.pid,
            sent.pid, process.name);
        result = BAD;
    }
    flows_close(flows);
    return result;
}

/* Each in a child, for namespaces are not left again. */
static void in_child(int pid_namespaces)
{
    if (getuid() != 0) {
        print_message("needs root\n");
        skip();
    }
    fflush(stdout);
    int status, pid = fork();
    if (pid == 0) {
        if (!namespace_enter())
            _exit(SKIPPED);
        for (int i = 0; i < pid_namespaces; i++) {
            if (unshare(CLONE_NEWPID) != 0)
                _exit(SKIPPED);
            pid = fork();
            if (pid != 0) {
                waitpid(pid, &status, 0);
                _exit(WIFEXITED(status) ? WEXITSTATUS(status) : BAD);
            }
        }
        int result = kernel_tells();
        fflush(stdout);
        _exit(result);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == SKIPPED)
        skip();
    assert_int_equal(WEXITSTATUS(status), GOOD);
}

static void the_kernel_tells(void **state)
{
    (void)state;
    in_child(0);
}

static void where_processes_are_counted_anew(void **state)
{
    (void)state;
    in_child(1);
    in_child(2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_sent),
        cmocka_unit_test(each_part_of_the_flow_counts),
        cmocka_unit_test(bounded),
        cmocka_unit_test(commands_are_kept_by_process),
        cmocka_unit_test(jumps_stay_inside),
        cmocka_unit_test(the_kernel_tells),
        cmocka_unit_test(where_processes_are_counted_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
