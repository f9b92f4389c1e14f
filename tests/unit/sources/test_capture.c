/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/capture.h"
#include "sources/capture_filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pcap/pcap.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../decode/build.h"
#include "guard/ring.h"

/* ---- the kernel filter, on cooked frames ---- */

enum family { V4, V6 };

/* What a socket on "any" sees: the kernel's word for the protocol, then octets from there on. */
static void cook(struct bytes *bytes, unsigned protocol)
{
    put16(prepend(bytes, 20), protocol);
}

static void transport(struct bytes *bytes, enum family family, unsigned next)
{
    if (family == V4)
        wrap_ipv4(bytes, next);
    else
        wrap_ipv6(bytes, next);
}

struct filter_case {
    const char *situation;
    unsigned next, source, destination, flags;
    bool passes;
    const char *payload; /* hexadecimal, padded with "U"; NULL: some text */
    size_t size;
};

enum { BULK = 0x10, PUSHED = 0x18, SOME = 0 };

static const struct filter_case packets[] = {
    {"query", 17, 40000, 53, 0, true, NULL, SOME},
    {"answer", 17, 53, 40000, 0, true, NULL, SOME},
    {"mDNS", 17, 5353, 5353, 0, true, NULL, SOME},
    {"LLMNR", 17, 40000, 5355, 0, true, NULL, SOME},
    {"NBNS", 17, 137, 137, 0, true, NULL, SOME},
    {"other UDP", 17, 40000, 443, 0, false, NULL, SOME},
    {"DNS over TCP", 6, 40000, 53, 0x18, true, NULL, SOME},
    {"DNS over TCP, back", 6, 53, 40000, 0x10, true, NULL, SOME},
    {"LLMNR over TCP", 6, 40000, 5355, 0x18, true, NULL, SOME},
    {"TCP that begins", 6, 40000, 443, 0x02, true, NULL, SOME},
    {"TCP that begins, with ECN", 6, 40000, 443, 0xC2, true, NULL, SOME},
    {"TCP that is taken up", 6, 443, 40000, 0x12, false, NULL, SOME},
    {"other TCP", 6, 40000, 80, PUSHED, false, NULL, SOME},
    {"TCP to a name port of UDP", 6, 40000, 137, PUSHED, false, NULL, SOME},
    {"SCTP", 132, 40000, 53, 0, false, NULL, SOME},
    /* TLS */
    {"hello", 6, 40000, 443, PUSHED, true, "160301020001000200", 517},
    {"hello, larger than a segment", 6, 40000, 443, BULK, true, "160301070001000700", 1440},
    {"hello on another port", 6, 40000, 8443, PUSHED, true, "160301020001000200", 517},
    {"server's hello", 6, 443, 40000, PUSHED, false, "160303007a02000076", 1200},
    {"tail of a hello", 6, 40000, 443, PUSHED, true, "99aa00170000", 400},
    {"tail of few octets", 6, 40000, 443, PUSHED, true, "99", 1},
    {"tail to DoT", 6, 40000, 853, PUSHED, true, "99aa00170000", 400},
    {"tail to STUN over TLS", 6, 40000, 5349, PUSHED, true, "99aa00170000", 400},
    {"the middle of an upload", 6, 40000, 443, BULK, false, "99aa00170000", 1440},
    {"the middle of an upload, pushed", 6, 40000, 443, PUSHED, false, "99aa00170000", 1440},
    {"request", 6, 40000, 443, PUSHED, false, "1703030040aabbccddee", 69},
    {"change of cipher", 6, 40000, 443, PUSHED, false, "140303000101170303003500", 64},
    {"download", 6, 443, 40000, PUSHED, false, "99aa00170000", 400},
    {"acknowledgement", 6, 40000, 443, BULK, false, "", 0},
    /* QUIC */
    {"Initial, version 1", 17, 40000, 443, 0, true, "c30000000108112233", 1200},
    {"Initial, version 2", 17, 40000, 443, 0, true, "d36b3343cf08112233", 1200},
    {"Initial on another port", 17, 40000, 853, 0, true, "c30000000108112233", 1200},
    {"Handshake, version 1", 17, 40000, 443, 0, false, "e30000000108112233", 1200},
    {"0-RTT, version 1", 17, 40000, 443, 0, false, "d30000000108112233", 1200},
    {"short header", 17, 40000, 443, 0, false, "43112233445566778899", 1200},
    {"unknown version", 17, 40000, 443, 0, false, "c30a0a0a0a08112233", 1200},
    /* STUN */
    {"Binding request", 17, 40000, 3478, 0, true, "000100002112a442", 20},
    {"Binding request, any port", 17, 40000, 7777, 0, true, "000100002112a442", 20},
    {"Binding response", 17, 7777, 40000, 0, true, "0101000c2112a442", 32},
    {"Allocate", 17, 40000, 7777, 0, true, "000300082112a442", 28},
    {"classic on its port", 17, 40000, 3478, 0, true, "00010000aabbccdd", 20},
    {"classic answer", 17, 19302, 40000, 0, true, "01010000aabbccdd", 20},
    {"classic elsewhere", 17, 40000, 7777, 0, false, "00010000aabbccdd", 32},
    {"TURN's data", 17, 40000, 3478, 0, false, "4001012c", 304},
    {"Binding over TCP", 6, 40000, 3478, PUSHED, true, "000100002112a442", 20},
    {"lookalike over TCP", 6, 40000, 3478, PUSHED, false, "000100002112a443", 20},
    /* tunnels */
    {"WireGuard initiation", 17, 40000, 51820, 0, true, "01000000", 148},
    {"WireGuard data", 17, 40000, 51820, 0, false, "04000000", 1400},
    {"an initiation's first octets", 17, 40000, 51820, 0, false, "01000000", 149},
    {"OpenVPN reset", 17, 40000, 1194, 0, true, "38112233445566778800000000", 14},
    {"OpenVPN data", 17, 40000, 1194, 0, false, "48000000", 1300},
    {"OpenVPN reset, wrapped key", 17, 40000, 1194, 0, true, "5011223344556677880f00000100", 400},
    {"OpenVPN over TCP", 6, 40000, 1194, PUSHED, true, "000e38112233445566778800000000", 16},
    {"OpenVPN over TCP, data", 6, 40000, 1194, PUSHED, false, "040048112233445566", 1026},
    {"IKE", 17, 500, 500, 0, true, "1122334455667788", 300},
    {"IKE behind NAT", 17, 4500, 4500, 0, true, "00000000112233445566", 300},
    {"ESP in UDP, the first", 17, 4500, 4500, 0, true, "c000000100000001", 120},
    {"ESP in UDP, the second", 17, 4500, 4500, 0, false, "c000000100000002", 120},
    /* DNSCrypt */
    {"encrypted response", 17, 5443, 40000, 0, true, "7236666e76576a38", 320},
    {"encrypted response over TCP", 6, 5443, 40000, PUSHED, true, "01007236666e76576a38", 258},
    {"certificate", 17, 40000, 5443, 0, true,
        "00010100000100000000000001320d646e7363727970742d63657274", 50},
    {"half of the magic", 17, 5443, 40000, 0, false, "7236666e76576a39", 320},
};

static struct bpf_program program;

static int compile(void **state)
{
    (void)state;
    return capture_filter(&program) && bpf_validate(program.bf_insns, (int)program.bf_len) ? 0 : -1;
}

static bool passes(struct bytes *bytes)
{
    struct pcap_pkthdr header = {
        .caplen = (bpf_u_int32)bytes_length(bytes), .len = (bpf_u_int32)bytes_length(bytes)};
    return pcap_offline_filter(&program, &header, bytes_at(bytes)) > 0;
}

static void build(struct bytes *bytes, const struct filter_case *one, enum family family)
{
    bytes_clear(bytes);
    if (!one->payload)
        append(bytes, "0123456789abcdef", 16);
    for (const char *hex = one->payload; hex && *hex; hex += 2) {
        unsigned octet = 0;
        assert_int_equal(sscanf(hex, "%2x", &octet), 1);
        append(bytes, &(uint8_t){(uint8_t)octet}, 1);
    }
    while (one->payload && bytes_length(bytes) < one->size)
        append(bytes, "U", 1);
    if (one->next == 6)
        wrap_tcp(bytes, one->source, one->destination, 1, one->flags);
    else
        wrap_udp(bytes, one->source, one->destination);
    transport(bytes, family, one->next);
}

static void names_and_beginnings_pass(void **state)
{
    (void)state;
    static struct bytes bytes;
    for (size_t i = 0; i < LENGTH(packets); i++) {
        for (int family = V4; family <= V6; family++) {
            unsigned ethertype = family == V4 ? 0x0800 : 0x86DD;
            build(&bytes, &packets[i], (enum family)family);
            cook(&bytes, ethertype);
            if (passes(&bytes) != packets[i].passes)
                fail_msg("%s, IPv%c", packets[i].situation, family == V4 ? '4' : '6');
        }
    }
}

static void tagged_frames_pass_likewise(void **state)
{
    (void)state;
    static struct bytes bytes;
    static const unsigned tags[] = {0x8100, 0x88A8, 0x9100};
    for (size_t i = 0; i < LENGTH(packets); i++) {
        for (int family = V4; family <= V6; family++) {
            unsigned ethertype = family == V4 ? 0x0800 : 0x86DD;
            for (size_t tag = 0; tag < LENGTH(tags); tag++) {
                build(&bytes, &packets[i], (enum family)family);
                cook(&bytes, tags[tag]);
                if (passes(&bytes) != packets[i].passes)
                    fail_msg("%s, IPv%c, tag 0x%x that is gone", packets[i].situation,
                        family == V4 ? '4' : '6', tags[tag]);
                build(&bytes, &packets[i], (enum family)family);
                put16(prepend(&bytes, 4) + 2, ethertype);
                put16(bytes_at(&bytes), 20);
                cook(&bytes, tags[tag]);
                if (passes(&bytes) != packets[i].passes)
                    fail_msg("%s, IPv%c, behind tag 0x%x", packets[i].situation,
                        family == V4 ? '4' : '6', tags[tag]);
            }
        }
    }
}

static void fragments_and_extensions_pass(void **state)
{
    (void)state;
    static struct bytes bytes;
    const struct filter_case other = packets[5];
    build(&bytes, &other, V4);
    put16(bytes_at(&bytes) + 6, 185); /* a later fragment: its ports are somewhere else */
    cook(&bytes, 0x0800);
    assert_true(passes(&bytes));
    build(&bytes, &other, V4);
    bytes_at(&bytes)[9] = 1; /* of ICMP */
    put16(bytes_at(&bytes) + 6, 185);
    cook(&bytes, 0x0800);
    assert_false(passes(&bytes));
    static const uint8_t extensions[] = {0, 43, 44, 51, 60};
    for (size_t i = 0; i < LENGTH(extensions); i++) {
        build(&bytes, &other, V6);
        bytes_at(&bytes)[6] = extensions[i];
        cook(&bytes, 0x86DD);
        assert_true(passes(&bytes));
    }
    for (int family = V4; family <= V6; family++) {
        bytes_clear(&bytes);
        append(&bytes, "\xc0\0\0\1\0\0\4\1UUUUUUUU", 16);
        transport(&bytes, (enum family)family, 50);
        cook(&bytes, family == V4 ? 0x0800 : 0x86DD);
        assert_true(passes(&bytes));
        bytes_at(&bytes)[bytes_length(&bytes) - 9]++;
        assert_false(passes(&bytes));
    }
    build(&bytes, &packets[0], V4);
    cook(&bytes, 0x0806); /* ARP */
    assert_false(passes(&bytes));
}

/* ---- capture files ---- */

static void put_native32(struct bytes *bytes, uint32_t value)
{
    append(bytes, &value, 4);
}

static void file_header(struct bytes *bytes, uint32_t link_type)
{
    const uint16_t version[] = {2, 4};
    put_native32(bytes, 0xA1B2C3D4);
    append(bytes, version, 4);
    put_native32(bytes, 0);
    put_native32(bytes, 0);
    put_native32(bytes, 65535);
    put_native32(bytes, link_type);
}

static void file_record(struct bytes *bytes, uint32_t seconds, struct bytes *packet)
{
    put_native32(bytes, seconds);
    put_native32(bytes, 500);
    put_native32(bytes, (uint32_t)bytes_length(packet));
    put_native32(bytes, (uint32_t)bytes_length(packet));
    append(bytes, bytes_at(packet), bytes_length(packet));
}

static void build_file(struct bytes *file, uint32_t link_type, unsigned queries)
{
    static struct bytes packet;
    bytes_clear(file);
    file_header(file, link_type);
    for (unsigned i = 0; i < queries; i++) {
        query(&packet, "www.example.com", 1);
        wrap_udp(&packet, 40000 + i, 53);
        wrap_ipv4(&packet, 17);
        file_record(file, 1000 + i, &packet);
    }
}

struct outcome {
    bool opened;
    unsigned facts;
    uint64_t last_ns;
    struct ring_status status;
    char error[192];
};

static void read_all(const void *octets, size_t length, bool through_pipe, struct outcome *outcome)
{
    *outcome = (struct outcome){0};
    int ends[2] = {-1, -1};
    if (through_pipe) {
        assert_int_equal(pipe(ends), 0);
        assert_int_equal(write(ends[1], octets, length), length);
        close(ends[1]);
    } else {
        ends[0] = memfd_create("capture", 0);
        assert_int_equal(write(ends[0], octets, length), length);
        lseek(ends[0], 0, SEEK_SET);
    }
    struct ring *ring = ring_new(64);
    struct capture *capture = capture_new();
    assert_non_null(capture);
    outcome->opened =
        capture_open_file(capture, ends[0], -1, outcome->error, sizeof(outcome->error)) == 0;
    if (outcome->opened) {
        assert_int_equal(capture_socket(capture), -1);
        assert_true(capture_run(capture, ring, -1));
        struct fact fact;
        uint64_t foreign = 0;
        while (ring_take(ring, &fact, &foreign)) {
            outcome->facts++;
            outcome->last_ns = fact.time_ns;
        }
        assert_int_equal(foreign, 0);
        ring_status(ring, &outcome->status);
    }
    capture_close(capture);
    ring_free(ring);
    close(ends[0]);
}

static struct bytes file;

static void whole_file(void **state)
{
    (void)state;
    for (int through_pipe = 0; through_pipe < 2; through_pipe++) {
        struct outcome outcome;
        build_file(&file, RAW, 3);
        read_all(bytes_at(&file), bytes_length(&file), through_pipe, &outcome);
        assert_true(outcome.opened);
        assert_int_equal(outcome.facts, 3);
        assert_true(outcome.last_ns == 1002000500000U);
        assert_int_equal(outcome.status.state, CAPTURE_ENDED);
        assert_int_equal(outcome.status.packets, 3);
        assert_int_equal(outcome.status.questions, 3);
        assert_int_equal(outcome.status.link_type, DLT_RAW);
        assert_true(outcome.status.first_packet_ns == 1000000500000U);
        assert_true(outcome.status.last_packet_ns == 1002000500000U);
        assert_string_equal(outcome.status.text, "");
    }
}

static void file_without_packets(void **state)
{
    (void)state;
    struct outcome outcome;
    build_file(&file, RAW, 0);
    read_all(bytes_at(&file), bytes_length(&file), false, &outcome);
    assert_true(outcome.opened);
    assert_int_equal(outcome.status.state, CAPTURE_ENDED);
    assert_int_equal(outcome.status.packets, 0);
    assert_string_equal(outcome.status.text, "");
}

/* Cut at every octet: what is whole is read, and the text says where it broke off. */
static void cut_files_are_read_as_far_as_they_go(void **state)
{
    (void)state;
    struct outcome outcome;
    build_file(&file, RAW, 2);
    size_t record = (bytes_length(&file) - 24) / 2;
    for (size_t length = 24; length < bytes_length(&file); length++) {
        read_all(bytes_at(&file), length, length % 2, &outcome);
        assert_true(outcome.opened);
        assert_int_equal(outcome.status.state, CAPTURE_ENDED);
        assert_int_equal(outcome.facts, (length - 24) / record);
        bool whole = (length - 24) % record == 0;
        char start[80];
        snprintf(start, sizeof(start), "stopped after %u packets, at octet %zu: ", outcome.facts,
            length);
        if (whole ? outcome.status.text[0] != '\0'
                  : strncmp(outcome.status.text, start, strlen(start)) != 0)
            fail_msg("%zu octets: \"%s\"", length, outcome.status.text);
    }
}

static void damaged_record(void **state)
{
    (void)state;
    struct outcome outcome;
    build_file(&file, RAW, 2);
    size_t second = 24 + (bytes_length(&file) - 24) / 2;
    memset(bytes_at(&file) + second + 8, 0x7F, 4); /* its length */
    read_all(bytes_at(&file), bytes_length(&file), false, &outcome);
    assert_int_equal(outcome.facts, 1);
    assert_int_equal(outcome.status.state, CAPTURE_ENDED);
    assert_non_null(strstr(outcome.status.text, "stopped after 1 packets"));
}

struct refusal {
    const char *octets;
    size_t length;
    const char *reason;
};

static const struct refusal refusals[] = {
    {"", 0, "the file is empty"},
    {"This is a letter, and no capture.", 33, "not a capture file"},
    {"\xD4\xC3\xB2\xA1\2\0", 6, "not a capture file"},
    {"\x0A\x0D\x0D\x0A\x1C\0\0\0\x4D\x3C\x2B\x1A\xFF\xFF\xFF\xFF", 16, "not a capture file"},
};

static void other_files_are_refused(void **state)
{
    (void)state;
    struct outcome outcome;
    for (size_t i = 0; i < LENGTH(refusals); i++) {
        read_all(refusals[i].octets, refusals[i].length, i % 2, &outcome);
        assert_false(outcome.opened);
        assert_non_null(strstr(outcome.error, refusals[i].reason));
    }
    build_file(&file, 195, 1);
    read_all(bytes_at(&file), bytes_length(&file), false, &outcome);
    assert_false(outcome.opened);
    assert_non_null(strstr(outcome.error, "link type 195"));
}

static void end_of_the_lifeline_ends_it(void **state)
{
    (void)state;
    int line[2], silent[2];
    char error[192];
    struct capture *capture = capture_new();
    assert_non_null(capture);
    assert_int_equal(pipe(line), 0);
    assert_int_equal(pipe(silent), 0);
    close(line[1]);
    assert_int_equal(capture_open_file(capture, silent[0], line[0], error, sizeof(error)), -1);
    capture_close(capture);
    capture = capture_new();
    assert_non_null(capture);
    /* In the middle of a file whose rest does not come. */
    build_file(&file, RAW, 2);
    int whole[2];
    assert_int_equal(pipe(whole), 0);
    assert_int_equal(write(silent[1], bytes_at(&file), 60), 60);
    assert_int_equal(capture_open_file(capture, silent[0], whole[0], error, sizeof(error)), 0);
    struct ring *ring = ring_new(16);
    close(whole[1]);
    assert_true(capture_run(capture, ring, whole[0]));
    struct ring_status status;
    ring_status(ring, &status);
    assert_int_equal(status.state, CAPTURE_RUNNING);
    capture_close(capture);
    ring_free(ring);
    for (int i = 0; i < 2; i++)
        close(silent[i]);
    close(line[0]);
    close(whole[0]);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(names_and_beginnings_pass, compile, NULL),
        cmocka_unit_test_setup_teardown(tagged_frames_pass_likewise, compile, NULL),
        cmocka_unit_test_setup_teardown(fragments_and_extensions_pass, compile, NULL),
        cmocka_unit_test(whole_file),
        cmocka_unit_test(file_without_packets),
        cmocka_unit_test(cut_files_are_read_as_far_as_they_go),
        cmocka_unit_test(damaged_record),
        cmocka_unit_test(other_files_are_refused),
        cmocka_unit_test(end_of_the_lifeline_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
