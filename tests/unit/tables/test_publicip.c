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
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(row->host, rows[j].host);
    }
}

/* Four are asked at most, each run by somebody else. */
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_complete),
        cmocka_unit_test(enough_witnesses_per_family),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
