/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The decoder in the sandbox of the live capture, where nothing can be opened and no memory taken:
 * whatever libcrypto does for the first time must have been done before. And that happens in the
 * keeper's sandbox already. */
#include "decode/packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard/sandbox.h"
#include "quic_build.h"

/* The sanitizer's heap does not give back what was freed, but takes more: that needs the sandbox of
 * a capture file, which allows to take memory and nothing else beyond. */
#ifdef __SANITIZE_ADDRESS__
enum { ROUNDS = 200, FILE_READ = STDIN_FILENO };
#else
enum { ROUNDS = 20000, FILE_READ = -1 };
#endif

enum { KINDS = 6 };

/* Shared between the children, so that this process never begins with libcrypto itself. */
static struct packets {
    struct bytes datagrams[KINDS], hello;
} * packets;
static struct bytes message, frames;

static void make_datagram(struct bytes *bytes, const struct quic_plan *plan, size_t from, size_t to)
{
    bytes_clear(bytes);
    bytes_clear(&frames);
    append_crypto(&frames, from, bytes_at(&message) + from, to - from);
    append_initial(bytes, &frames, plan);
    wrap_udp(bytes, 50000, 443);
    wrap_ipv4(bytes, 17);
}

/* A whole hello, two halves, one of another version, a tag that is wrong, and one after Retry. */
static void make_all(void)
{
    bytes_clear(&message);
    append_hello(&message,
        &(struct hello_plan){.host = "quic.example", .alpn = "h3", .before = 600, .ech = true});
    size_t length = bytes_length(&message);
    make_datagram(
        &packets->datagrams[0], &(struct quic_plan){.version = 1, .padding = 1162}, 0, length);
    make_datagram(&packets->datagrams[1], &(struct quic_plan){.version = 1}, 0, length / 2);
    make_datagram(&packets->datagrams[2], &(struct quic_plan){.version = 1}, length / 2, length);
    make_datagram(
        &packets->datagrams[3], &(struct quic_plan){.version = 2, .padding = 1162}, 0, length);
    make_datagram(
        &packets->datagrams[4], &(struct quic_plan){.version = 1, .key_dcid = "another1"}, 0, 400);
    make_datagram(&packets->datagrams[5],
        &(struct quic_plan){.version = 1, .dcid = "chosen-01", .dcid_length = 9, .token = 40}, 0,
        length);
    hello_stream(&packets->hello, &(struct hello_plan){.host = "tcp.example", .alpn = "h2"});
    wrap_tcp(&packets->hello, 50000, 443, 1, 0x10);
    wrap_ipv4(&packets->hello, 6);
}

static void count(void *context, const struct fact *fact)
{
    uint64_t *facts = context;
    *facts += fact->kind == FACT_HELLO;
}

static void decode_all(struct packet_decoder *decoder)
{
    uint64_t time_ns = UINT64_C(1700000000000000000);
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned kind = 0; kind < KINDS; kind++) {
            struct bytes *bytes = &packets->datagrams[kind];
            /* Ports of its own for each connection, but the two halves belong together. */
            put16(bytes_at(bytes) + 20, 1024 + (round * 5 + (kind == 2 ? 1 : kind)) % 60000);
            packet_decode(decoder, RAW, bytes_at(bytes), bytes_length(bytes), bytes_length(bytes),
                time_ns += 1000000, 1);
        }
        struct bytes *hello = &packets->hello;
        put16(bytes_at(hello) + 20, 1024 + round % 60000);
        packet_decode(decoder, RAW, bytes_at(hello), bytes_length(hello), bytes_length(hello),
            time_ns += 1000000, 1);
    }
    packet_end(decoder);
}

static void decode_in_sandbox(void)
{
    const struct sandbox_capture plan = {.packets = -1, .file = FILE_READ, .wake = -1, .room = -1};
    uint64_t facts = 0;
    if (sandbox_keeper(-1) != 0)
        _exit(77);
    struct packet_decoder *decoder = packet_decoder_new(7, count, &facts);
    if (!decoder || sandbox_limit(16) != 0 || sandbox_capture(&plan) != 0)
        _exit(78);
    decode_all(decoder);
    /* Some ports come again while their first hello is remembered, and are then no news. */
    _exit(facts >= ROUNDS && facts <= ROUNDS * (uint64_t)KINDS ? 0 : 9);
}

static void in_child(void (*work)(void))
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        work();
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (status != 0)
        fail_msg("wait status 0x%x", status);
}

static void nothing_is_asked_of_the_kernel(void **state)
{
    (void)state;
    packets =
        mmap(NULL, sizeof *packets, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(packets != MAP_FAILED);
    in_child(make_all);
    in_child(decode_in_sandbox);
    munmap(packets, sizeof *packets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_is_asked_of_the_kernel)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
