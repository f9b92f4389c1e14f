/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* Other programs read these words: the test spells them out once more. */
static void words_are_the_contract(void **state)
{
    static const char *const transports[] = {"udp", "tcp", "dot", "doq", "doh", "doh3", "dnscrypt",
        "mdns", "llmnr", "nbns", "stun", "?"};
    static const char *const roles[] = {
        "unknown", "loopback", "tunnel", "uplink", "overlay", "inner", "?"};
    static const char *const expectations[] = {"none", "vpn", "tor", "?"};
    static const char *const exposures[] = {
        "unknown", "internal", "tunnelled", "exposed", "bypass", "lan", "bootstrap", "open", "?"};
    static const char *const states[] = {
        "ok", "warn", "leak", "unknown", "off", "unprotected", "?"};
    static const char *const certainties[] = {"", "name seen", "address alone", "behaviour", "?"};
    static const char *const excuses[] = {"", "the VPN client's own", "name of a VPN server",
        "the tunnel came up to the address answered", "split DNS", "connectivity check",
        "marked as intended", "?"};
    (void)state;
    for (unsigned i = 0; i < LENGTH(certainties); i++)
        assert_string_equal(certainty_word((enum certainty)i), certainties[i]);
    for (unsigned i = 0; i < LENGTH(excuses); i++)
        assert_string_equal(excuse_word((enum excuse)i), excuses[i]);
    for (unsigned i = 0; i < LENGTH(transports); i++)
        assert_string_equal(transport_word((enum transport)i), transports[i]);
    for (unsigned i = 0; i < LENGTH(roles); i++)
        assert_string_equal(role_word((enum role)i), roles[i]);
    for (unsigned i = 0; i < LENGTH(expectations); i++)
        assert_string_equal(expectation_word((enum expectation)i), expectations[i]);
    for (unsigned i = 0; i < LENGTH(exposures); i++)
        assert_string_equal(exposure_word((enum exposure)i), exposures[i]);
    for (unsigned i = 0; i < LENGTH(states); i++)
        assert_string_equal(state_word((enum state)i), states[i]);
    assert_string_equal(state_word((enum state) - 1), "?");
}

static void symbols_stand_beside_them(void **state)
{
    static const char of_states[] = "+!X?-o";
    static const char of_exposures[] = "? +XX!+o";
    (void)state;
    for (unsigned i = 0; i < STATE_COUNT; i++)
        assert_int_equal(state_symbol((enum state)i), of_states[i]);
    for (unsigned i = 0; i < EXPOSURE_COUNT; i++)
        assert_int_equal(exposure_symbol((enum exposure)i), of_exposures[i]);
    assert_int_equal(state_symbol(STATE_COUNT), '?');
    assert_int_equal(exposure_symbol(EXPOSURE_COUNT), '?');
}

static void types_and_rcodes(void **state)
{
    static const struct {
        unsigned number;
        const char *type, *rcode;
    } cases[] = {
        {0, "TYPE0", "NOERROR"},
        {1, "A", "FORMERR"},
        {3, "TYPE3", "NXDOMAIN"},
        {16, "TXT", "BADVERS"},
        {23, "TYPE23", "BADCOOKIE"},
        {24, "SIG", "RCODE24"},
        {28, "AAAA", "RCODE28"},
        {51, "NSEC3PARAM", "RCODE51"},
        {61, "OPENPGPKEY", "RCODE61"},
        {65, "HTTPS", "RCODE65"},
        {255, "ANY", "RCODE255"},
        {65280, "TYPE65280", "RCODE65280"},
        {65535, "TYPE65535", "RCODE65535"},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        char out[RRTYPE_TEXT];
        assert_string_equal(rrtype_format(cases[i].number, out), cases[i].type);
        assert_string_equal(rcode_format(cases[i].number, out), cases[i].rcode);
    }
}

static void types_show(void **state)
{
    static const struct {
        enum transport transport;
        unsigned type;
        bool shows;
    } cases[] = {
        {TRANSPORT_UDP, 1, true},
        {TRANSPORT_TCP, 28, true},
        {TRANSPORT_UDP, 0, true}, /* a reserved type is one that was asked for */
        {TRANSPORT_MDNS, 12, true},
        {TRANSPORT_LLMNR, 1, true},
        {TRANSPORT_NBNS, 32, true},
        {TRANSPORT_DOT, 0, false},
        {TRANSPORT_DOQ, 0, false},
        {TRANSPORT_DOH, 0, false},
        {TRANSPORT_DOH3, 0, false},
        {TRANSPORT_DNSCRYPT, 0, false},
        {TRANSPORT_DNSCRYPT, 16, true}, /* the certificate is asked for in the clear */
        {TRANSPORT_STUN, 0, false},
        {TRANSPORT_STUN, 1, false},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++)
        assert_int_equal(transport_shows_type(cases[i].transport, cases[i].type), cases[i].shows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_the_contract),
        cmocka_unit_test(symbols_stand_beside_them),
        cmocka_unit_test(types_and_rcodes),
        cmocka_unit_test(types_show),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
