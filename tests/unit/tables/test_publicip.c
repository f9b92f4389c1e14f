/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/name.h"
#include "tables/publicip.h"
#include "tables/vpn.h"

static void every_row_is_complete(void **state)
{
    (void)state;
    size_t count;
    const struct publicip_service *rows = publicip_services(&count);
    for (size_t i = 0; i < count; i++) {
        const struct publicip_service *row = &rows[i];
        uint8_t wire[NAME_WIRE_MAX];
        if (name_parse(row->host, wire) == 0 || row->host[strlen(row->host) - 1] == '.')
            fail_msg("%s: no host name", row->host);
        if (row->path[0] != '/' || !row->run_by[0] || row->form >= PUBLICIP_FORMS)
            fail_msg("%s: incomplete", row->host);
        if (row->families < PUBLICIP_IPV4 || row->families > PUBLICIP_BOTH)
            fail_msg("%s: no family", row->host);
        const char *paths[] = {row->address, row->asn, row->network, row->country};
        for (size_t j = 0; j < 4; j++) {
            if (row->form == PUBLICIP_JSON && paths[j][0] != '/' && (j == 0 || paths[j][0]))
                fail_msg("%s: '%s' is no path", row->host, paths[j]);
            if (row->form == PUBLICIP_TEXT && paths[j][0])
                fail_msg("%s: plain text has no fields", row->host);
            if (row->form == PUBLICIP_LINES && (strchr(paths[j], '/') || (j == 0 && !paths[j][0])))
                fail_msg("%s: '%s' is no key", row->host, paths[j]);
        }
        if ((row->provider[0] == '\0') != (row->statement[0] == '\0') ||
            (row->statement[0] && row->form == PUBLICIP_TEXT) ||
            (row->statement[0] == '/') != (row->statement[0] && row->form == PUBLICIP_JSON))
            fail_msg("%s: a statement that nobody makes", row->host);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(row->host, rows[j].host);
    }
}

/* Six are asked at most, each run by somebody else. */
static void enough_witnesses_per_family(void **state)
{
    (void)state;
    size_t count;
    const struct publicip_service *rows = publicip_services(&count);
    for (unsigned family = PUBLICIP_IPV4; family <= PUBLICIP_IPV6; family++) {
        size_t witnesses = 0;
        for (size_t i = 0; i < count; i++) {
            bool known = false;
            for (size_t j = 0; j < i; j++)
                known |= (rows[j].families & family) && strcmp(rows[i].run_by, rows[j].run_by) == 0;
            witnesses += (rows[i].families & family) && !known;
        }
        assert_true(witnesses >= 8);
    }
}

/* A statement counts against a tunnel by the name of its provider. */
static void providers_are_known_vpns(void **state)
{
    (void)state;
    static const char *const interfaces[] = {"wg0-mullvad", "wgivpn", "nordlynx", "CloudflareWARP"};
    size_t count, found = 0;
    const struct publicip_service *rows = publicip_services(&count);
    for (size_t i = 0; i < sizeof interfaces / sizeof *interfaces; i++) {
        const char *provider = vpn_by_interface(interfaces[i]);
        assert_non_null(provider);
        for (size_t j = 0; j < count; j++)
            if (strcmp(rows[j].provider, provider) == 0) {
                found++;
                break;
            }
    }
    assert_int_equal(found, sizeof interfaces / sizeof *interfaces);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_complete),
        cmocka_unit_test(enough_witnesses_per_family),
        cmocka_unit_test(providers_are_known_vpns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
