/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static void only_capitals_are_folded(void **state)
{
    (void)state;
    for (unsigned octet = 0; octet < 256; octet++) {
        uint64_t expected = octet >= 'A' && octet <= 'Z' ? octet + 32 : octet;
        for (unsigned place = 0; place < 64; place += 8) {
            /* Neighbours with all bits set would show a carry. */
            uint64_t around = ~(UINT64_C(0xFF) << place);
            uint64_t got = hash_fold_octets(around | (uint64_t)octet << place);
            if (got != (around | expected << place))
                fail_msg("octet %u at bit %u: got %016lx", octet, place, (unsigned long)got);
        }
    }
}

static void every_octet_and_the_length_count(void **state)
{
    uint8_t octets[33] = {0};
    (void)state;
    for (size_t length = 0; length < sizeof octets; length++) {
        uint64_t plain = hash_bytes(octets, length, 1);
        assert_true(plain != hash_bytes(octets, length + 1, 1));
        assert_true(plain != hash_bytes(octets, length, 2));
        for (size_t i = 0; i < length; i++) {
            octets[i] = 1;
            assert_true(plain != hash_bytes(octets, length, 1));
            octets[i] = 0;
        }
    }
}

static void folded_hash_ignores_case_and_nothing_else(void **state)
{
    (void)state;
    assert_true(hash_folded("WwW.ExAmPlE", 11, 5) == hash_folded("www.example", 11, 5));
    assert_true(hash_folded("www.example", 11, 5) == hash_bytes("www.example", 11, 5));
    assert_true(hash_folded("[ww", 3, 5) != hash_folded("{ww", 3, 5));
    assert_true(hash_folded("\xC1ww", 3, 5) != hash_folded("\xE1ww", 3, 5));
    assert_true(hash_folded(NULL, 0, 5) == hash_bytes(NULL, 0, 5));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_capitals_are_folded),
        cmocka_unit_test(every_octet_and_the_length_count),
        cmocka_unit_test(folded_hash_ignores_case_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
