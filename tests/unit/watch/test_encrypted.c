/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which hellos are taken for connections to a resolver, and how sure that is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/name.h"
#include "model/model.h"
#include "tables/encrypted.h"
#include "watch/encrypted.h"

#define NOW 1700000000000000000ULL

static struct encrypted *fresh(void)
{
    struct encrypted_table *table = encrypted_new();
    struct address alone;
    assert_non_null(table);
    assert_true(address_parse("192.0.2.1", &alone));
    assert_true(encrypted_add(table, "dns.lab.example", NULL));
    assert_true(encrypted_add(table, NULL, &alone));
    struct encrypted *encrypted = encrypted_watch_new(table);
    assert_non_null(encrypted);
    return encrypted;
}

static void classifies(void **state)
{
    static const struct {
        const char *what;
        const char *to, *name; /* NULL: none in the hello */
        uint16_t port;
        bool quic;
        uint8_t alpn;
        bool is; /* a look-up, or STUN */
        enum transport transport;
        enum certainty certainty;
        bool named;
    } cases[] = {
        {"a web site", "203.0.113.5", "www.example", 443, false, ALPN_H2, false, 0, 0, false},
        {"a web site over QUIC", "203.0.113.5", "www.example", 443, true, ALPN_H3, false, 0, 0,
            false},
        {"known name", "203.0.113.5", "dns.google", 443, false, ALPN_H2, true, TRANSPORT_DOH,
            CERTAINTY_NAME, true},
        {"known name, other letters", "203.0.113.5", "DNS.Google", 443, false, ALPN_H2, true,
            TRANSPORT_DOH, CERTAINTY_NAME, true},
        {"known name over QUIC", "203.0.113.5", "dns.google", 443, true, ALPN_H3, true,
            TRANSPORT_DOH3, CERTAINTY_NAME, true},
        {"known name, another port", "203.0.113.5", "dns.google", 8443, false, 0, true,
            TRANSPORT_DOH, CERTAINTY_NAME, true},
        {"name that ends alike", "203.0.113.5", "evil-dns.google", 443, false, 0, false, 0, 0,
            false},
        {"from the configuration", "203.0.113.5", "dns.lab.example", 443, false, 0, true,
            TRANSPORT_DOH, CERTAINTY_NAME, true},
        {"address alone", "8.8.8.8", NULL, 443, false, ALPN_H2, true, TRANSPORT_DOH,
            CERTAINTY_ADDRESS, false},
        {"address from the configuration", "192.0.2.1", NULL, 443, false, ALPN_H2, true,
            TRANSPORT_DOH, CERTAINTY_ADDRESS, false},
        {"dedicated address, unknown name", "8.8.8.8", "my.resolver.example", 443, false, 0, true,
            TRANSPORT_DOH, CERTAINTY_ADDRESS, true},
        {"dedicated address, another port", "8.8.8.8", NULL, 8443, false, 0, false, 0, 0, false},
        {"behind a front", "8.8.8.8", "cloudflare-ech.com", 443, false, ALPN_H2, true,
            TRANSPORT_DOH, CERTAINTY_ADDRESS, false},
        {"DoT by port", "203.0.113.5", "unknown.example", 853, false, 0, true, TRANSPORT_DOT,
            CERTAINTY_BEHAVIOUR, true},
        {"DoT by name", "203.0.113.5", "dns.google", 853, false, 0, true, TRANSPORT_DOT,
            CERTAINTY_NAME, true},
        {"DoT by protocol", "203.0.113.5", "unknown.example", 443, false, ALPN_DOT, true,
            TRANSPORT_DOT, CERTAINTY_BEHAVIOUR, true},
        {"DoQ by port", "203.0.113.5", NULL, 853, true, 0, true, TRANSPORT_DOQ, CERTAINTY_BEHAVIOUR,
            false},
        {"DoQ by protocol", "203.0.113.5", NULL, 4433, true, ALPN_DOQ, true, TRANSPORT_DOQ,
            CERTAINTY_BEHAVIOUR, false},
        {"STUN over TLS by port", "203.0.113.5", "turn.example", 5349, false, 0, true,
            TRANSPORT_STUN, 0, false},
        {"STUN over TLS by protocol", "203.0.113.5", "turn.example", 443, false, ALPN_STUN, true,
            TRANSPORT_STUN, 0, false},
    };
    (void)state;
    struct encrypted *encrypted = fresh();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fact hello = {.time_ns = NOW,
            .kind = FACT_HELLO,
            .direction = DIRECTION_OUT,
            .transport = cases[i].quic ? TRANSPORT_UDP : TRANSPORT_TCP,
            .destination_port = cases[i].port,
            .alpn = cases[i].alpn};
        assert_true(address_parse(cases[i].to, &hello.destination));
        if (cases[i].name)
            hello.name_length = (uint8_t)name_parse(cases[i].name, hello.name);
        struct lookup lookup = {.name_length = hello.name_length};
        bool is = encrypted_classify(encrypted, &hello, &lookup);
        if (is != cases[i].is || (is && (lookup.transport != cases[i].transport ||
                                            lookup.certainty != cases[i].certainty ||
                                            (lookup.name_length > 0) != cases[i].named)))
            fail_msg("%s: %d, %s, %s, name %d", cases[i].what, is, transport_word(lookup.transport),
                certainty_word(lookup.certainty), lookup.name_length);
    }
    encrypted_watch_free(encrypted);
}

/* A resolver's name was looked up; what is then spoken to at the answer without a name is it. */
static void learns(void **state)
{
    (void)state;
    struct encrypted *encrypted = fresh();
    struct fact answer = {.time_ns = NOW, .kind = FACT_ANSWER, .address_count = 1};
    struct fact hello = {.time_ns = NOW + 1000,
        .kind = FACT_HELLO,
        .transport = TRANSPORT_TCP,
        .destination_port = 443};
    struct lookup lookup = {0};
    assert_true(address_parse("203.0.113.77", &answer.addresses[0]));
    hello.destination = answer.addresses[0];
    assert_false(encrypted_classify(encrypted, &hello, &lookup));
    answer.name_length = (uint8_t)name_parse("www.example", answer.name);
    encrypted_learn(encrypted, &answer);
    assert_false(encrypted_classify(encrypted, &hello, &lookup));
    answer.name_length = (uint8_t)name_parse("dns.lab.example", answer.name);
    encrypted_learn(encrypted, &answer);
    assert_true(encrypted_classify(encrypted, &hello, &lookup));
    assert_int_equal(lookup.certainty, CERTAINTY_BEHAVIOUR);
    assert_int_equal(lookup.transport, TRANSPORT_DOH);
    /* A web site at the same address has its own name. */
    hello.name_length = (uint8_t)name_parse("www.example", hello.name);
    assert_false(encrypted_classify(encrypted, &hello, &lookup));
    /* An hour later nobody remembers. */
    hello.name_length = 0;
    hello.time_ns = NOW + 3601ULL * 1000000000ULL;
    assert_false(encrypted_classify(encrypted, &hello, &lookup));
    encrypted_watch_free(encrypted);
}

/* What a browser is set to ask is a resolver, however often it is read. */
static void adds(void **state)
{
    (void)state;
    static const char *const hosts[] = {"own.lab.example", "192.0.2.99", "2001:db8::99", "", "."};
    struct encrypted *encrypted = fresh();
    struct fact hello = {
        .time_ns = NOW, .kind = FACT_HELLO, .transport = TRANSPORT_TCP, .destination_port = 443};
    struct lookup lookup = {0};
    hello.name_length = (uint8_t)name_parse("own.lab.example", hello.name);
    assert_true(address_parse("203.0.113.9", &hello.destination));
    assert_false(encrypted_classify(encrypted, &hello, &lookup));
    for (int round = 0; round < 1000; round++)
        for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
            encrypted_watch_add(encrypted, hosts[i]);
    assert_true(encrypted_classify(encrypted, &hello, &lookup));
    assert_int_equal(lookup.certainty, CERTAINTY_NAME);
    hello.name_length = 0;
    assert_true(address_parse("2001:db8::99", &hello.destination));
    assert_true(encrypted_classify(encrypted, &hello, &lookup));
    /* There is room for others. */
    encrypted_watch_add(encrypted, "last.lab.example");
    hello.name_length = (uint8_t)name_parse("last.lab.example", hello.name);
    assert_true(encrypted_classify(encrypted, &hello, &lookup));
    encrypted_watch_free(encrypted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classifies),
        cmocka_unit_test(learns),
        cmocka_unit_test(adds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
