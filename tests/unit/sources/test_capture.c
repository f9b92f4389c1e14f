/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/capture.h"

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
};

static const struct filter_case packets[] = {
    {"query", 17, 40000, 53, 0, true},
    {"answer", 17, 53, 40000, 0, true},
    {"mDNS", 17, 5353, 5353, 0, true},
    {"LLMNR", 17, 40000, 5355, 0, true},
    {"NBNS", 17, 137, 137, 0, true},
    {"other UDP", 17, 40000, 443, 0, false},
    {"DNS over TCP", 6, 40000, 53, 0x18, true},
    {"DNS over TCP, back", 6, 53, 40000, 0x10, true},
    {"LLMNR over TCP", 6, 40000, 5355, 0x18, true},
    {"TCP that begins", 6, 40000, 443, 0x02, true},
    {"TCP that begins, with ECN", 6, 40000, 443, 0xC2, true},
    {"TCP that is taken up", 6, 443, 40000, 0x12, false},
    {"other TCP", 6, 40000, 443, 0x18, false},
    {"TCP to a name port of UDP", 6, 40000, 137, 0x18, false},
    {"SCTP", 132, 40000, 53, 0, false},
};

static struct bpf_program program;

static int compile(void **state)
{
    (void)state;
    pcap_t *pcap = pcap_open_dead(DLT_LINUX_SLL2, 2048);
    int result = pcap_compile(pcap, &program, capture_filter, 1, PCAP_NETMASK_UNKNOWN);
    if (result != 0)
        fprintf(stderr, "%s\n", pcap_geterr(pcap));
    pcap_close(pcap);
    return result;
}

static int forget(void **state)
{
    (void)state;
    pcap_freecode(&program);
    return 0;
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
    append(bytes, "0123456789abcdef", 16);
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

/* NBNS and mDNS ports over TCP pass in tagged frames: there the rules are coarser. */
static bool passes_tagged(const struct filter_case *one)
{
    return one->passes || strcmp(one->situation, "TCP to a name port of UDP") == 0;
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
                if (passes(&bytes) != passes_tagged(&packets[i]))
                    fail_msg("%s, IPv%c, tag 0x%x that is gone", packets[i].situation,
                        family == V4 ? '4' : '6', tags[tag]);
                build(&bytes, &packets[i], (enum family)family);
                put16(prepend(&bytes, 4) + 2, ethertype);
                put16(bytes_at(&bytes), 20);
                cook(&bytes, tags[tag]);
                if (passes(&bytes) != passes_tagged(&packets[i]))
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
        cmocka_unit_test_setup_teardown(names_and_beginnings_pass, compile, forget),
        cmocka_unit_test_setup_teardown(tagged_frames_pass_likewise, compile, forget),
        cmocka_unit_test_setup_teardown(fragments_and_extensions_pass, compile, forget),
        cmocka_unit_test(whole_file),
        cmocka_unit_test(file_without_packets),
        cmocka_unit_test(cut_files_are_read_as_far_as_they_go),
        cmocka_unit_test(damaged_record),
        cmocka_unit_test(other_files_are_refused),
        cmocka_unit_test(end_of_the_lifeline_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
