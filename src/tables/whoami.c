/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tables/whoami.h"

#include <arpa/nameser.h>
#include <string.h>

#define IN ns_c_in
#define CH ns_c_chaos

/* None of them publishes a limit: our own. */
#define OWN 2

/* Only names that any resolver may be asked for. Left out on purpose: names that answer with the
 * client's own address instead of the resolver's (whoami.cloudflare in class CH, myip.opendns.com),
 * rs.dns-oarc.net, which was retired in 2023, and locations.publicdns.goog, which tells of Google's
 * sites alone and in a long answer. */
static const struct whoami rows[] = {
    /* Its authority answers NXDOMAIN to a label that is no option and not 1 to 8 hex digits. */
    {"test.dnscheck.tools", ns_t_txt, IN, WHOAMI_EGRESS, WHOAMI_FIELDS, WHOAMI_HEX8, 0, true,
        "addr.tools", "", OWN},
    {"o-o.myaddr.l.google.com", ns_t_txt, IN, WHOAMI_EGRESS, WHOAMI_PLAIN, WHOAMI_FIXED, 0, true,
        "Google", "", OWN},
    {"whoami.ds.akahelp.net", ns_t_txt, IN, WHOAMI_EGRESS, WHOAMI_PAIRS, WHOAMI_FIXED, 0, true,
        "Akamai", "", OWN},
    {"resolver.dnscrypt.info", ns_t_txt, IN, WHOAMI_EGRESS, WHOAMI_SENTENCE, WHOAMI_FIXED, 0, true,
        "DNSCrypt project", "", OWN},
    {"resolver-identity.cloudfront.net", ns_t_a, IN, WHOAMI_EGRESS, WHOAMI_A, WHOAMI_FIXED, 4, true,
        "Amazon CloudFront", "", OWN},
    {"maxmind.test-ipv6.com", ns_t_txt, IN, WHOAMI_EGRESS, WHOAMI_QUOTED, WHOAMI_FIXED, 0, true,
        "test-ipv6.com", "", OWN},
    {"whoami.akamai.net", ns_t_a, IN, WHOAMI_EGRESS, WHOAMI_A, WHOAMI_FIXED, 4, true, "Akamai", "",
        OWN},
    {"test-ipv4.dnscheck.tools", ns_t_txt, IN, WHOAMI_EGRESS, WHOAMI_FIELDS, WHOAMI_HEX8, 4, false,
        "addr.tools", "", OWN},
    {"test-ipv6.dnscheck.tools", ns_t_txt, IN, WHOAMI_EGRESS, WHOAMI_FIELDS, WHOAMI_HEX8, 6, false,
        "addr.tools", "", OWN},
    {"whoami.ipv4.akahelp.net", ns_t_txt, IN, WHOAMI_EGRESS, WHOAMI_PAIRS, WHOAMI_FIXED, 4, false,
        "Akamai", "", OWN},
    {"whoami.ipv6.akahelp.net", ns_t_txt, IN, WHOAMI_EGRESS, WHOAMI_PAIRS, WHOAMI_FIXED, 6, false,
        "Akamai", "", OWN},
    {"edns-client-sub.net", ns_t_txt, IN, WHOAMI_EGRESS, WHOAMI_DICT, WHOAMI_FIXED, 0, false,
        "edns-client-sub.net", "", OWN},
    {"ip.test-ipv6.com", ns_t_txt, IN, WHOAMI_EGRESS, WHOAMI_PLAIN, WHOAMI_FIXED, 0, false,
        "test-ipv6.com", "", OWN},
    /* Their form is documented nowhere. */
    {"whoami.lua.powerdns.org", ns_t_txt, IN, WHOAMI_EGRESS, WHOAMI_LOOSE, WHOAMI_FIXED, 0, false,
        "PowerDNS", "", OWN},
    {"whoami-ecs.lua.powerdns.org", ns_t_txt, IN, WHOAMI_EGRESS, WHOAMI_LOOSE, WHOAMI_FIXED, 0,
        false, "PowerDNS", "", OWN},
    {"whoami-ecs.v4.powerdns.org", ns_t_txt, IN, WHOAMI_EGRESS, WHOAMI_LOOSE, WHOAMI_FIXED, 4,
        false, "PowerDNS", "", OWN},
    {"whoami-ecs.v6.powerdns.org", ns_t_txt, IN, WHOAMI_EGRESS, WHOAMI_LOOSE, WHOAMI_FIXED, 6,
        false, "PowerDNS", "", OWN},

    {"-badsig.test.dnscheck.tools", ns_t_a, IN, WHOAMI_VALIDATES, WHOAMI_NOTHING, WHOAMI_HEX8, 0,
        false, "addr.tools", "", OWN},

    /* Answered by the resolver itself, or by whoever stands in its place. */
    {"id.server", ns_t_txt, CH, WHOAMI_SITE, WHOAMI_NAME, WHOAMI_FIXED, 0, false, "", "", OWN},
    {"hostname.bind", ns_t_txt, CH, WHOAMI_SITE, WHOAMI_NAME, WHOAMI_FIXED, 0, false, "", "", OWN},
    {"version.bind", ns_t_txt, CH, WHOAMI_SITE, WHOAMI_NAME, WHOAMI_FIXED, 0, false, "", "", OWN},

    /* No operator: it is the root that says that there is no such zone. */
    {"nonexistent-zone.dnscrypt-test", ns_t_a, IN, WHOAMI_ABSENT, WHOAMI_NOTHING, WHOAMI_FIXED, 0,
        false, "", "", OWN},

    {"is-cf.help.every1dns.net", ns_t_a, IN, WHOAMI_THROUGH, WHOAMI_NOTHING, WHOAMI_UUID, 0, false,
        "Cloudflare", "Cloudflare's resolver", OWN},
    {"is-dot.help.every1dns.net", ns_t_a, IN, WHOAMI_THROUGH, WHOAMI_NOTHING, WHOAMI_UUID, 0, false,
        "Cloudflare", "Cloudflare's resolver over DNS over TLS", OWN},
    {"is-doh.help.every1dns.net", ns_t_a, IN, WHOAMI_THROUGH, WHOAMI_NOTHING, WHOAMI_UUID, 0, false,
        "Cloudflare", "Cloudflare's resolver over DNS over HTTPS", OWN},
    {"id.server.on.quad9.net", ns_t_txt, IN, WHOAMI_THROUGH, WHOAMI_NAME, WHOAMI_FIXED, 0, false,
        "Quad9", "Quad9", OWN},
    {"debug.opendns.com", ns_t_txt, IN, WHOAMI_THROUGH, WHOAMI_SERVER, WHOAMI_FIXED, 0, false,
        "Cisco OpenDNS", "OpenDNS", OWN},
};

static const struct whoami_public publics[] = {
    {"Cloudflare", {"1.1.1.1", "1.0.0.1", "2606:4700:4700::1111", "2606:4700:4700::1001"}},
    {"Quad9", {"9.9.9.9", "149.112.112.112", "2620:fe::fe", "2620:fe::9"}},
    {"Google", {"8.8.8.8", "8.8.4.4", "2001:4860:4860::8888", "2001:4860:4860::8844"}},
    {"Cisco OpenDNS", {"208.67.222.222", "208.67.220.220", "2620:119:35::35", "2620:119:53::53"}},
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

const struct whoami *whoami_unique_else(void)
{
    size_t i = 0;
    while (rows[i].use != WHOAMI_THROUGH || rows[i].label == WHOAMI_FIXED)
        i++;
    return &rows[i];
}

const struct whoami_public *whoami_publics(size_t *count)
{
    *count = sizeof publics / sizeof *publics;
    return publics;
}

const char *whoami_public_operator(const struct address *address)
{
    for (size_t i = 0; i < sizeof publics / sizeof *publics; i++)
        for (size_t j = 0; j < 4 && publics[i].addresses[j]; j++) {
            struct address known;
            if (address_parse(publics[i].addresses[j], &known) && address_equal(&known, address))
                return publics[i].run_by;
        }
    return NULL;
}

static bool letters_digits(const char *text, size_t letters)
{
    size_t at = 0;
    while (at < letters && ((text[at] | 0x20) >= 'a' && (text[at] | 0x20) <= 'z'))
        at++;
    if (at < letters || !text[at])
        return false;
    return text[at + strspn(text + at, "0123456789")] == '\0';
}

bool whoami_site_fits(const char *run_by, const char *site)
{
    if (strcmp(run_by, "Cloudflare") == 0) /* "txl01": an airport's code and digits */
        return letters_digits(site, 3);
    if (strcmp(run_by, "Quad9") == 0) { /* "res711.qbre1", and longer forms of the same */
        const char *dot = strchr(site, '.');
        return strncmp(site, "res", 3) == 0 && dot && dot[1] == 'q';
    }
    return strcmp(run_by, "Google") != 0; /* which does not answer such questions at all */
}
