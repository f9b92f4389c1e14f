/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is exported, read back by libpcap, and block by block. What tshark says: tests/screen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <pcap/pcap.h>

#include "base/frame.h"
#include "base/name.h"
#include "base/text.h"
#include "model/model.h"
#include "views/lines.h"
#include "views/pcapng.h"

#define NOW 1700000000123456789ULL

static const struct packet {
    const char *name, *interface, *program, *comment;
    enum transport transport;
    enum exposure exposure;
    uint32_t index, original;
    uint16_t length;
} packets[] = {
    /* In the order in which they are told, not in that of time. */
    {"late.example", "wlan0", "dig",
        "leak (exposed): at 2023-11-14T22:13:20.125Z a look-up of late.example A left by wlan0 to "
        "192.0.2.53 over udp, outside the tunnel; program: dig (pid 7, ana); the first kept of 1 "
        "alike, 2023-11-14T22:13:20.125Z to 2023-11-14T22:13:20.125Z",
        TRANSPORT_UDP, EXPOSURE_EXPOSED, 2, 81, 81},
    {"dns.example", "eth0", "",
        "leak (bypass): at 2023-11-14T22:13:20.124Z an encrypted look-up to the resolver "
        "dns.example "
        "left by eth0 to 192.0.2.53 over doh, outside the tunnel; program: not known; the first "
        "kept of 1 alike, 2023-11-14T22:13:20.124Z to 2023-11-14T22:13:20.124Z",
        TRANSPORT_DOH, EXPOSURE_BYPASS, 3, 2200, 1536},
    {"x\033[31m\xe2\x80\xae.example", "wlan0", "evil",
        "leak (exposed): at 2023-11-14T22:13:20.123Z a look-up of "
        "x\\027[31m\\226\\128\\174.example "
        "A left by wlan0 to 192.0.2.53 over udp, outside the tunnel; program: evil (pid 7, ana); "
        "the "
        "first kept of 1 alike, 2023-11-14T22:13:20.123Z to 2023-11-14T22:13:20.123Z",
        TRANSPORT_UDP, EXPOSURE_EXPOSED, 2, 0, 0},
};
#define PACKETS (sizeof(packets) / sizeof(packets[0]))

static uint64_t time_of(size_t i)
{
    return NOW + (PACKETS - 1 - i) * 1000001U;
}

static struct model *model_with_packets(void)
{
    struct model *model = model_new(1, NOW);
    model_expect(model, EXPECT_VPN, false, NOW);
    for (size_t i = 0; i < PACKETS; i++) {
        const struct packet *packet = &packets[i];
        struct interface interface = {.index = packet->index, .present = true, .up = true};
        text_format(interface.name, sizeof(interface.name), "%s", packet->interface);
        model_interface_set(model, &interface, NOW);
        struct frame frame = {.time_ns = time_of(i),
            .original = packet->original,
            .link_type = DLT_LINUX_SLL2,
            .length = packet->length};
        memset(frame.octets, 'a' + (int)i, packet->length);
        struct lookup lookup = {.time_ns = time_of(i),
            .interface = packet->index,
            .transport = packet->transport,
            .exposure = packet->exposure,
            .settled = true,
            .type = packet->transport == TRANSPORT_UDP,
            .id = (uint16_t)i,
            .packet = model_hold_packet(model, &frame)};
        if (packet->program[0])
            lookup.process = (struct process){.pid = 7, .user = "ana"};
        text_format(lookup.process.name, sizeof(lookup.process.name), "%s", packet->program);
        address_parse("192.0.2.53", &lookup.resolver);
        address_parse("192.0.2.7", &lookup.source);
        size_t label = strcspn(packet->name, ".");
        lookup.name[0] = (uint8_t)label;
        memcpy(lookup.name + 1, packet->name, label);
        memcpy(lookup.name + 1 + label, "\7example", 9);
        lookup.name_length = (uint8_t)(label + 10);
        model_lookup_add(model, &lookup);
    }
    return model;
}

static char *written(const struct model *model, size_t *length)
{
    char *text = NULL;
    size_t count = 99;
    FILE *out = open_memstream(&text, length);
    assert_non_null(out);
    assert_int_equal(pcapng_write(out, model, &count), 0);
    fclose(out);
    assert_int_equal(count, model_leak_count(model));
    return text;
}

static void libpcap_reads_it(void **state)
{
    (void)state;
    struct model *model = model_with_packets();
    char *text, error[PCAP_ERRBUF_SIZE];
    size_t length;
    text = written(model, &length);
    FILE *in = fmemopen(text, length, "r");
    pcap_t *pcap = pcap_fopen_offline_with_tstamp_precision(in, PCAP_TSTAMP_PRECISION_NANO, error);
    if (!pcap)
        fail_msg("%s", error);
    assert_int_equal(pcap_datalink(pcap), DLT_LINUX_SLL2);
    struct pcap_pkthdr *header;
    const u_char *octets;
    for (size_t i = PACKETS; i-- > 0;) {
        assert_int_equal(pcap_next_ex(pcap, &header, &octets), 1);
        assert_int_equal(
            (uint64_t)header->ts.tv_sec * 1000000000U + (uint64_t)header->ts.tv_usec, time_of(i));
        assert_int_equal(header->caplen, packets[i].length);
        assert_int_equal(header->len, packets[i].original);
        for (size_t j = 0; j < header->caplen; j++)
            assert_int_equal(octets[j], 'a' + (int)i);
    }
    assert_int_equal(pcap_next_ex(pcap, &header, &octets), PCAP_ERROR_BREAK);
    pcap_close(pcap);
    free(text);
    model_free(model);
}

static uint32_t word(const char *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof(value));
    return value;
}

static void blocks_and_comments(void **state)
{
    (void)state;
    static const uint32_t wanted[] = {0x0A0D0D0A, 1, 6, 1, 6, 6};
    struct model *model = model_with_packets();
    size_t length, at = 0, block = 0, packet = PACKETS;
    char *text = written(model, &length);
    for (; at < length; block++) {
        uint32_t size = word(text + at + 4);
        assert_true(block < sizeof(wanted) / sizeof(wanted[0]));
        assert_int_equal(word(text + at), wanted[block]);
        assert_int_equal(size % 4, 0);
        assert_true(size <= length - at);
        assert_int_equal(word(text + at + size - 4), size);
        if (wanted[block] == 6) {
            const char *option = text + at + 28 + (word(text + at + 20) + 3) / 4 * 4;
            const struct packet *row = &packets[--packet];
            assert_int_equal(word(text + at + 8), strcmp(row->interface, "eth0") == 0);
            assert_int_equal(word(option) & 0xFFFF, 1);
            char *comment = strndup(option + 4, word(option) >> 16);
            assert_string_equal(comment, row->comment);
            free(comment);
        }
        at += size;
    }
    assert_int_equal(block, sizeof(wanted) / sizeof(wanted[0]));
    free(text);
    model_free(model);
}

/* Events, leaks and drops, in the order of time. */
static void lines_in_order(void **state)
{
    (void)state;
    struct model *model = model_with_packets();
    char *text = NULL, *rest = NULL, last[64] = "";
    size_t length, leaks = 0, notes = 0;
    model_event(model, NOW + 500, "note", "", "between");
    model_event(model, NOW + 5000000, "note", "", "behind");
    FILE *out = open_memstream(&text, &length);
    assert_int_equal(lines_all(out, model, true), 0);
    fclose(out);
    assert_null(strstr(text, "late.example"));
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        json_t *object = json_loads(line, 0, NULL);
        const char *time = json_string_value(json_object_get(object, "time"));
        const char *kind = json_string_value(json_object_get(object, "kind"));
        assert_non_null(time);
        assert_true(strcmp(last, time) <= 0);
        text_format(last, sizeof(last), "%s", time);
        leaks += json_object_get(object, "count") != NULL;
        notes += strcmp(kind, "note") == 0;
        json_decref(object);
    }
    assert_int_equal(leaks, PACKETS);
    assert_int_equal(notes, 2);
    free(text);
    model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(libpcap_reads_it),
        cmocka_unit_test(blocks_and_comments),
        cmocka_unit_test(lines_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
