/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What real clients said first, recorded as hexadecimal digits in tests/data/hellos. */
#include "decode/packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "hello_build.h"

static const struct {
    const char *client;
    unsigned protocol; /* IP's number: 6 TCP, 17 UDP */
    const char *expected;
} recorded[] = {
    {"openssl-s_client", 6, "www.example.com 3"},
    {"openssl-tls12-no-name", 6, "- 0"},
    {"curl", 6, "site.example.org 3"},
    {"curl-address", 6, "- 3"},
    {"kdig-tls", 6, "dot.example.net 8"},
    {"kdig-https", 6, "doh.example.net 2"},
    {"python-idn", 6, "xn--bcher-kva.example 0"},
    {"ngtcp2", 17, "dns.adguard-dns.com 4"},
};

static uint8_t octets[4000];
static struct bytes bytes;
static struct seen seen;
static unsigned port = 40000;

static size_t load(const char *client)
{
    char path[128];
    unsigned octet;
    size_t length = 0;
    snprintf(path, sizeof path, "tests/data/hellos/%s.hex", client);
    FILE *file = fopen(path, "r");
    if (!file)
        fail_msg("%s: not there", path);
    while (length < sizeof octets && fscanf(file, "%2x", &octet) == 1)
        octets[length++] = (uint8_t)octet;
    fclose(file);
    return length;
}

static void send_part(unsigned protocol, size_t from, size_t to)
{
    bytes_clear(&bytes);
    append(&bytes, octets + from, to - from);
    if (protocol == 6)
        wrap_tcp(&bytes, port, 443, (uint32_t)(1 + from), 0x10);
    else
        wrap_udp(&bytes, port, 443);
    wrap_ipv4(&bytes, protocol);
    decode(&seen, RAW, &bytes, 1 + from);
}

static const char *told(void)
{
    static char line[NAME_TEXT_MAX + 16];
    if (seen.count != 1 || seen.facts[0].kind != FACT_HELLO)
        return "nothing";
    snprintf(line, sizeof line, "%s %u%s", name_of(&seen.facts[0]), seen.facts[0].alpn,
        seen.facts[0].flags ? " with a flag" : "");
    return line;
}

static void as_recorded(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(recorded); i++) {
        size_t length = load(recorded[i].client);
        seen_begin(&seen);
        send_part(recorded[i].protocol, 0, length);
        if (strcmp(told(), recorded[i].expected) != 0)
            fail_msg("%s: %s, expected %s", recorded[i].client, told(), recorded[i].expected);
        assert_int_equal(packet_counts(seen.decoder)->malformed, 0);
        seen_end(&seen);
    }
}

/* In two segments, the second first or last. */
static void cut_anywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(recorded); i++) {
        size_t length = load(recorded[i].client);
        if (recorded[i].protocol != 6)
            continue;
        seen_begin(&seen);
        for (size_t cut = 1; cut < length; cut++) {
            port++;
            bytes_clear(&bytes);
            wrap_tcp(&bytes, port, 443, 0, 0x02);
            wrap_ipv4(&bytes, 6);
            decode(&seen, RAW, &bytes, 1);
            seen.count = 0;
            send_part(6, cut % 2 ? cut : 0, cut % 2 ? length : cut);
            send_part(6, cut % 2 ? 0 : cut, cut % 2 ? cut : length);
            if (strcmp(told(), recorded[i].expected) != 0)
                fail_msg("%s, cut at %zu: %s", recorded[i].client, cut, told());
        }
        seen_end(&seen);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_recorded),
        cmocka_unit_test(cut_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
