/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tables/special_names.h"

#include <stdbool.h>
#include <string.h>

#include "base/fact.h"
#include "base/name.h"

struct row {
    const char *domain; /* the last two labels, small letters */
    /* What stands before them. "*" in front: one label or more; "@": a letter; "#": digits;
     * "~" at the end: the rest of the label, not empty. */
    const char *front;
    enum special_name kind;
};

/* Sorted by domain. Strict on purpose: a name that a person visits ("mullvad.net", and
 * "login.tailscale.com" too) or that the operator's web pages ask for ("api.nordvpn.com") would
 * hide that visit; so would a host that serves more than the check ("fedoraproject.org",
 * "www.gstatic.com"). */
static const struct row rows[] = {
    {"adguard.com", "2.dnscrypt.default.ns#", NAME_DNSCRYPT}, /* named before the convention */
    {"adguard.com", "2.dnscrypt.family.ns#", NAME_DNSCRYPT},
    {"airdns.org", "*.vpn", NAME_VPN_SERVER}, /* AirVPN */
    {"android.com", "connectivitycheck", NAME_CONNECTIVITY},
    {"apple.com", "captive", NAME_CONNECTIVITY}, {"archlinux.org", "ping", NAME_CONNECTIVITY},
    {"brave-http-only.com", "detectportal", NAME_CONNECTIVITY},
    {"cg-dialup.net", "#-#-@@", NAME_VPN_SERVER}, /* CyberGhost */
    {"cloudflare-ech.com", "", NAME_ECH_FRONT},   /* the domain itself */
    {"cloudflareclient.com", "api", NAME_VPN_SERVER},
    {"cloudflareclient.com", "engage", NAME_VPN_SERVER}, {"connman.net", "ipv4", NAME_CONNECTIVITY},
    {"connman.net", "ipv6", NAME_CONNECTIVITY}, {"debian.org", "network-test", NAME_CONNECTIVITY},
    {"elementary.io", "capnet", NAME_CONNECTIVITY}, {"expressnetw.com", "*", NAME_VPN_SERVER},
    {"firefox.com", "detectportal", NAME_CONNECTIVITY}, {"gnome.org", "nmcheck", NAME_CONNECTIVITY},
    {"goldenfrog.com", "*.vpn", NAME_VPN_SERVER}, /* VyprVPN */
    {"gstatic.com", "connectivitycheck", NAME_CONNECTIVITY},
    {"hideservers.net", "*", NAME_VPN_SERVER}, /* hide.me */
    {"ivpn.net", "*.gw", NAME_VPN_SERVER}, {"ivpn.net", "*.wg", NAME_VPN_SERVER},
    {"ivpn.net", "api", NAME_VPN_SERVER}, {"kde.org", "networkcheck", NAME_CONNECTIVITY},
    {"manjaro.org", "ping", NAME_CONNECTIVITY}, {"msftconnecttest.com", "ipv6", NAME_CONNECTIVITY},
    {"msftconnecttest.com", "www", NAME_CONNECTIVITY}, {"msftncsi.com", "dns", NAME_CONNECTIVITY},
    {"msftncsi.com", "ipv6", NAME_CONNECTIVITY}, {"msftncsi.com", "www", NAME_CONNECTIVITY},
    {"mullvad.net", "*.relays", NAME_VPN_SERVER}, {"mullvad.net", "api", NAME_VPN_SERVER},
    {"nordvpn.com", "@@#", NAME_VPN_SERVER},
    {"nordvpn.com", "@@-@@#", NAME_VPN_SERVER}, /* by way of another country */
    {"nordvpn.com", "@@-onion#", NAME_VPN_SERVER}, {"opensuse.org", "conncheck", NAME_CONNECTIVITY},
    {"piaservers.net", "serverlist", NAME_VPN_SERVER},
    {"pointtoserver.com", "*", NAME_VPN_SERVER}, /* PureVPN */
    {"privacy.network", "*", NAME_VPN_SERVER},   /* Private Internet Access */
    {"proton.me", "vpn-api", NAME_VPN_SERVER}, {"protonvpn.ch", "api", NAME_VPN_SERVER},
    {"protonvpn.net", "node-~", NAME_VPN_SERVER}, {"surfshark.com", "*.prod", NAME_VPN_SERVER},
    {"tailscale.com", "controlplane", NAME_VPN_SERVER}, {"tailscale.com", "derp#", NAME_VPN_SERVER},
    {"tailscale.com", "derp#@", NAME_VPN_SERVER}, /* one node of a region */
    {"tailscale.com", "log", NAME_VPN_SERVER},
    {"ubuntu.com", "connectivity-check", NAME_CONNECTIVITY},
    {"whiskergalaxy.com", "*", NAME_VPN_SERVER}, /* Windscribe */
};
#define ROWS (sizeof(rows) / sizeof(*rows))
#define DOMAIN_MAX 24 /* octets of the longest domain with its NUL, and more */

static bool letter(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

/* front fits text, which has no empty labels. */
static bool fits(const char *front, const char *text)
{
    if (front[0] == '*') {
        size_t tail = strlen(front + 1), length = strlen(text);
        return length > tail && strcmp(text + length - tail, front + 1) == 0;
    }
    for (; *front; front++)
        switch (*front) {
        case '~':
            return *text != '\0' && !strchr(text, '.');
        case '@':
            if (!letter(*text++))
                return false;
            break;
        case '#':
            if (!digit(*text))
                return false;
            while (digit(*text))
                text++;
            break;
        default:
            if (*front != *text++)
                return false;
            break;
        }
    return *text == '\0';
}

/* Labels with dots between them, small letters. False where they do not fit or hold an octet that
 * no host's name has. */
static bool spell(const uint8_t *wire, size_t length, char *out, size_t size)
{
    size_t used = 0;
    for (size_t at = 0; at < length; at += 1U + wire[at]) {
        if (used + wire[at] + 2U > size)
            return false;
        if (at > 0)
            out[used++] = '.';
        for (size_t i = 1; i <= wire[at]; i++) {
            char c = (char)wire[at + i];
            if (c >= 'A' && c <= 'Z')
                c = (char)(c - 'A' + 'a');
            if (!letter(c) && !digit(c) && c != '-' && c != '_')
                return false;
            out[used++] = c;
        }
    }
    out[used] = '\0';
    return true;
}

/* The first row of that domain; ROWS: none. */
static size_t find_domain(const char *domain)
{
    size_t low = 0, high = ROWS;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (strcmp(rows[middle].domain, domain) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < ROWS && strcmp(rows[low].domain, domain) == 0 ? low : ROWS;
}

enum special_name special_name(const uint8_t *wire, size_t length)
{
    static const uint8_t certificate[] = "\1"
                                         "2"
                                         "\15"
                                         "dnscrypt-cert";
    char domain[DOMAIN_MAX], front[NAME_WIRE_MAX + 1];
    if (!name_valid(wire, length))
        return NAME_ORDINARY;
    /* Where the last label and the one before it begin. */
    size_t last = 0, second = 0, labels = 0;
    for (size_t at = 0; wire[at] != 0; at += 1U + wire[at], labels++) {
        second = last;
        last = at;
    }
    const size_t certificate_length = sizeof(certificate) - 1;
    if (labels > 2 && length > certificate_length &&
        name_equal(wire, certificate_length, certificate, certificate_length))
        return NAME_DNSCRYPT;
    if (labels < 2 || !spell(wire + second, length - 1 - second, domain, sizeof(domain)))
        return NAME_ORDINARY;
    size_t row = find_domain(domain);
    if (row == ROWS || !spell(wire, second, front, sizeof(front)))
        return NAME_ORDINARY;
    for (; row < ROWS && strcmp(rows[row].domain, domain) == 0; row++)
        if (fits(rows[row].front, front))
            return rows[row].kind;
    return NAME_ORDINARY;
}

bool special_is_candidate(const uint8_t *wire, size_t length)
{
    enum { UUID = 36 };
    static const uint8_t local[] = "\5local";
    if (length != 1 + UUID + sizeof(local) || wire[0] != UUID ||
        !name_equal(wire + 1 + UUID, sizeof(local), local, sizeof(local)))
        return false;
    for (size_t i = 0; i < UUID; i++) {
        uint8_t octet = wire[1 + i];
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        bool hexadecimal = (octet >= '0' && octet <= '9') || (octet >= 'a' && octet <= 'f') ||
                           (octet >= 'A' && octet <= 'F');
        if (dash ? octet != '-' : !hexadecimal)
            return false;
    }
    return true;
}
