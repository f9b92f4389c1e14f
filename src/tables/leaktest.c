/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tables/leaktest.h"

#include <string.h>

/* Only those whose interface is documented or that many programs use. dnscheck.tools answers in the
 * DNS itself: it is a row of whoami.c. */
static const struct leaktest rows[] = {
    {"map.help.every1dns.net", "map.help.every1dns.net", "/", "", LEAKTEST_EACH, LEAKTEST_MAP, 0,
        "Cloudflare", 10},
    {"mullvad", "dnsleak.am.i.mullvad.net", "/", "", LEAKTEST_EACH, LEAKTEST_LIST, 0, "Mullvad", 5},
    {"ipleak.net", "ipleak.net", "/dnsdetection/", "", LEAKTEST_SESSION, LEAKTEST_HITS, 40,
        "AirVPN", 5},
    {"ip-api.com", "edns.ip-api.com", "/json", "", LEAKTEST_EACH, LEAKTEST_EDNS, 32, "ip-api.com",
        5},
    {"bash.ws", "bash.ws", "/dnsleak/test/*?json", "/id", LEAKTEST_RESULT, LEAKTEST_LIST, 0,
        "macvk", 5},
};

const struct leaktest *leaktest_rows(size_t *count)
{
    *count = sizeof rows / sizeof *rows;
    return rows;
}

const struct leaktest *leaktest_by_key(const char *key)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].key, key) == 0)
            return &rows[i];
    return NULL;
}

const struct leaktest *leaktest_map(void)
{
    return &rows[0];
}
