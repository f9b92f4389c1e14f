/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tables/publicip.h"

/* Where a service publishes no limit: our own. */
#define OWN 30

/* Left out on purpose: services without HTTPS, with a key or a required header, with private
 * interfaces of a VPN client, and those whose answer's form nobody has confirmed. NordVPN keeps an
 * answer for up to an hour, but by address: what it says of one stays true that long. */
static const struct publicip_service services[] = {
    {"ifconfig.co", "/json", PUBLICIP_BOTH, PUBLICIP_JSON, "/ip", "/asn", "/asn_org",
        "/country_iso", "ifconfig.co", "", "", 60},
    {"ipv4.icanhazip.com", "/", PUBLICIP_IPV4, PUBLICIP_TEXT, "", "", "", "", "Cloudflare", "", "",
        OWN},
    {"ipv6.icanhazip.com", "/", PUBLICIP_IPV6, PUBLICIP_TEXT, "", "", "", "", "Cloudflare", "", "",
        OWN},
    {"www.cloudflare.com", "/cdn-cgi/trace", PUBLICIP_BOTH, PUBLICIP_LINES, "ip", "", "", "loc",
        "Cloudflare", "Cloudflare WARP", "warp", OWN},
    {"api.ipify.org", "/", PUBLICIP_IPV4, PUBLICIP_TEXT, "", "", "", "", "ipify", "", "", OWN},
    {"api6.ipify.org", "/", PUBLICIP_IPV6, PUBLICIP_TEXT, "", "", "", "", "ipify", "", "", OWN},
    {"ipinfo.io", "/json", PUBLICIP_IPV4, PUBLICIP_JSON, "/ip", "", "/org", "/country", "IPinfo",
        "", "", OWN},
    {"v6.ipinfo.io", "/json", PUBLICIP_IPV6, PUBLICIP_JSON, "/ip", "", "/org", "/country", "IPinfo",
        "", "", OWN},
    {"ipv4.am.i.mullvad.net", "/json", PUBLICIP_IPV4, PUBLICIP_JSON, "/ip", "", "/organization", "",
        "Mullvad", "Mullvad", "/mullvad_exit_ip", OWN},
    {"ipv6.am.i.mullvad.net", "/json", PUBLICIP_IPV6, PUBLICIP_JSON, "/ip", "", "/organization", "",
        "Mullvad", "Mullvad", "/mullvad_exit_ip", OWN},
    {"checkip.amazonaws.com", "/", PUBLICIP_IPV4, PUBLICIP_TEXT, "", "", "", "", "Amazon", "", "",
        OWN},
    {"checkip.global.api.aws", "/", PUBLICIP_BOTH, PUBLICIP_TEXT, "", "", "", "", "Amazon", "", "",
        OWN},
    {"4.ident.me", "/", PUBLICIP_IPV4, PUBLICIP_TEXT, "", "", "", "", "ident.me", "", "", OWN},
    {"6.ident.me", "/", PUBLICIP_IPV6, PUBLICIP_TEXT, "", "", "", "", "ident.me", "", "", OWN},
    {"myipv4.addr.tools", "/", PUBLICIP_IPV4, PUBLICIP_TEXT, "", "", "", "", "addr.tools", "", "",
        OWN},
    {"myipv6.addr.tools", "/", PUBLICIP_IPV6, PUBLICIP_TEXT, "", "", "", "", "addr.tools", "", "",
        OWN},
    {"ipv4.ipleak.net", "/json/", PUBLICIP_IPV4, PUBLICIP_JSON, "/ip", "/as_number", "/isp_name",
        "/country_code", "AirVPN", "", "", OWN},
    {"ipv6.ipleak.net", "/json/", PUBLICIP_IPV6, PUBLICIP_JSON, "/ip", "/as_number", "/isp_name",
        "/country_code", "AirVPN", "", "", OWN},
    {"api.ivpn.net", "/v4/geo-lookup", PUBLICIP_BOTH, PUBLICIP_JSON, "/ip_address", "", "/isp",
        "/country_code", "IVPN", "IVPN", "/isIvpnServer", OWN},
    {"ifconfig.me", "/ip", PUBLICIP_BOTH, PUBLICIP_TEXT, "", "", "", "", "ifconfig.me", "", "",
        OWN},
    {"whatismyip.akamai.com", "/", PUBLICIP_IPV4, PUBLICIP_TEXT, "", "", "", "", "Akamai", "", "",
        OWN},
    {"ipecho.net", "/plain", PUBLICIP_IPV4, PUBLICIP_TEXT, "", "", "", "", "ipecho.net", "", "",
        OWN},
    {"api.nordvpn.com", "/v1/helpers/ips/insights", PUBLICIP_BOTH, PUBLICIP_JSON, "/ip", "", "",
        "/country_code", "NordVPN", "NordVPN", "/protected", OWN},
    /* Its word about an IPv6 exit is not known; "poll sparingly". */
    {"check.torproject.org", "/api/ip", PUBLICIP_IPV4, PUBLICIP_JSON, "/IP", "", "", "",
        "Tor Project", "Tor", "/IsTor", 300},
};

const struct publicip_service *publicip_services(size_t *count)
{
    *count = sizeof services / sizeof *services;
    return services;
}
