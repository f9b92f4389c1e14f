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
        assert_true(capture_run(capture, ring, NULL, -1));
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
    assert_true(capture_run(capture, ring, NULL, whole[0]));
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
        cmocka_unit_test(whole_file),
        cmocka_unit_test(file_without_packets),
        cmocka_unit_test(cut_files_are_read_as_far_as_they_go),
        cmocka_unit_test(damaged_record),
        cmocka_unit_test(other_files_are_refused),
        cmocka_unit_test(end_of_the_lifeline_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
