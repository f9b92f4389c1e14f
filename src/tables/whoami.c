/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tables/whoami.h"

#include <arpa/nameser.h>

/* None of them publishes a limit: our own. */
#define OWN 2

/* Only names that any resolver may be asked for. Left out on purpose: names that answer with the
 * client's own address instead of the resolver's (whoami.cloudflare in class CH, myip.opendns.com),
 * and rs.dns-oarc.net, which was retired in 2023. */
static const struct whoami rows[] = {
    /* Its authority answers NXDOMAIN to a label that is no option and not 1 to 8 hex digits. */
    {"test.dnscheck.tools", ns_t_txt, WHOAMI_FIELDS, WHOAMI_HEX8, "addr.tools", OWN},
    {"o-o.myaddr.l.google.com", ns_t_txt, WHOAMI_PLAIN, WHOAMI_FIXED, "Google", OWN},
    {"whoami.ds.akahelp.net", ns_t_txt, WHOAMI_PAIRS, WHOAMI_FIXED, "Akamai", OWN},
    {"resolver.dnscrypt.info", ns_t_txt, WHOAMI_SENTENCE, WHOAMI_FIXED, "DNSCrypt project", OWN},
    {"whoami.akamai.net", ns_t_a, WHOAMI_A, WHOAMI_FIXED, "Akamai", OWN},
    {"resolver-identity.cloudfront.net", ns_t_a, WHOAMI_A, WHOAMI_FIXED, "Amazon CloudFront", OWN},
    {"maxmind.test-ipv6.com", ns_t_txt, WHOAMI_QUOTED, WHOAMI_FIXED, "test-ipv6.com", OWN},
};

const struct whoami *whoami_rows(size_t *count)
{
    *count = sizeof rows / sizeof *rows;
    return rows;
}

const struct whoami *whoami_unique(void)
{
    return &rows[0];
}
