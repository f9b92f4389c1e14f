/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "sources/publicip_tally.h"

/* Votes as a word: a letter is an address (192.0.2.'a'), '-' a failure, '.' not done yet. */
static size_t votes_of(const char *word, struct publicip_vote *votes)
{
    size_t count = strlen(word);
    for (size_t i = 0; i < count; i++) {
        const uint8_t bytes[4] = {192, 0, 2, (uint8_t)word[i]};
        votes[i] = (struct publicip_vote){.done = word[i] != '.', .interface = (uint32_t)i + 1};
        votes[i].said.network = claim_network_none;
        if (word[i] != '.' && word[i] != '-')
            votes[i].said.address = address_from_ipv4(bytes);
    }
    return count;
}

static void wanted(void **state)
{
    (void)state;
    static const struct {
        const char *votes;
        size_t wanted;
    } cases[] = {{"", 3}, {".", 2}, {"..", 1}, {"...", 0}, {"a.", 1}, {"-.", 2}, {"--", 3},
        {"aa", 1}, {"aa.", 0}, {"aaa", 0}, {"aab", 0}, {"aba", 0}, {"aa-", 1}, {"a..", 0},
        {"-..", 1}, {"abc", 1}, {"ab.", 0}, {"abc.", 0}, {"---", 3}, {"--..", 1}, {"--...", 0},
        {"abcd", 1}, {"abcde", 1}, {"abcdef", 0}, {"----", 2}, {"-----", 1}, {"------", 0},
        {"---aa", 1}, {"----ab", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct publicip_vote votes[PUBLICIP_VOTES_MAX];
        size_t got = publicip_tally_wanted(votes, votes_of(cases[i].votes, votes));
        if (got != cases[i].wanted)
            fail_msg("'%s': expected %zu, got %zu", cases[i].votes, cases[i].wanted, got);
    }
}

static void results(void **state)
{
    (void)state;
    static const struct {
        const char *votes;
        char address, other; /* '-' none */
        uint32_t agree, asked, interface;
    } cases[] = {
        {"aa", 'a', '-', 2, 2, 1},
        {"aba", 'a', 'b', 2, 3, 1},
        {"abb", 'b', 'a', 2, 3, 2},
        {"-bb", 'b', '-', 2, 3, 2},
        {"abcd", 'a', 'b', 1, 4, 1},
        {"--a-", 'a', '-', 1, 4, 3},
        {"----", '-', '-', 0, 4, 0},
        {"a.", 'a', '-', 1, 2, 1},
        {"", '-', '-', 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct publicip_vote votes[PUBLICIP_VOTES_MAX];
        struct public_address out = {.network = {.org = "old", .asn = 7}, .interface = 99};
        publicip_tally(votes, votes_of(cases[i].votes, votes), &out);
        char address = out.address.family ? (char)out.address.bytes[3] : '-';
        char other = out.other.family ? (char)out.other.bytes[3] : '-';
        if (address != cases[i].address || other != cases[i].other || out.agree != cases[i].agree ||
            out.asked != cases[i].asked || out.interface != cases[i].interface ||
            out.network.asn != -1 || out.network.org[0])
            fail_msg("'%s': got %c, other %c, %u of %u, interface %u", cases[i].votes, address,
                other, out.agree, out.asked, out.interface);
    }
}

/* Only those who are believed are believed about the network, too. */
static void networks(void **state)
{
    (void)state;
    struct publicip_vote votes[PUBLICIP_VOTES_MAX];
    struct public_address out = {0};
    size_t count = votes_of("bab-", votes);
    strcpy(votes[1].said.network.org, "Other");
    votes[1].said.network.asn = 64501;
    strcpy(votes[2].said.network.org, "Example");
    strcpy(votes[2].said.network.country, "CH");
    votes[2].said.network.asn = 64500;
    publicip_tally(votes, count, &out);
    assert_string_equal(out.network.org, "Example");
    assert_string_equal(out.network.country, "CH");
    assert_int_equal(out.network.asn, 64500);
}

/* Who passed each answer on. */
static void proxies(void **state)
{
    (void)state;
    static const struct {
        const char *situation, *votes, *via[4], *variable, *wanted;
    } cases[] = {
        {"none", "aaa", {"", "", ""}, NULL, ""},
        {"every answer", "aaa", {"gate", "gate", "gate"}, NULL, "gate passed every answer"},
        {"those that failed have no say", "a-aa", {"gate", "", "gate", "gate"}, NULL,
            "gate passed"},
        {"two answers are too few", "aa", {"gate", "gate"}, NULL, ""},
        {"one is the service's own", "aaa", {"cdn", "", ""}, NULL, ""},
        {"two are", "aaa", {"", "cdn", "cdn"}, NULL, ""},
        {"each its own", "aaa", {"cdn", "front", "edge"}, NULL, ""},
        {"a variable", "aaa", {"", "", ""}, "https_proxy", "https_proxy is set"},
        {"seen beats set", "aaa", {"gate", "gate", "gate"}, "https_proxy", "gate passed"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct publicip_vote votes[PUBLICIP_VOTES_MAX];
        struct public_address out = {0};
        size_t count = votes_of(cases[i].votes, votes);
        for (size_t j = 0; j < count; j++)
            strcpy(votes[j].via, cases[i].via[j]);
        publicip_tally_proxy(votes, count, cases[i].variable, &out);
        if (cases[i].wanted[0] ? !strstr(out.proxy, cases[i].wanted) : out.proxy[0])
            fail_msg("%s: '%s'", cases[i].situation, out.proxy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wanted),
        cmocka_unit_test(results),
        cmocka_unit_test(networks),
        cmocka_unit_test(proxies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
