/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tables/vpn.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Linux keeps 15 octets of a process name (TASK_COMM_LEN, include/linux/sched.h). */
#define COMM_MAX 15

struct process_row {
    const char *comm; /* cut to COMM_MAX, as the kernel does */
    const char *client;
};

/* Only processes that make the tunnel, or look its server up. Left out on purpose: those that also
 * answer or forward the look-ups of others (tailscaled, warp-svc, pia-unbound, sing-box, mihomo),
 * for what they ask is what the person asked, and must not pass as the client's own; interpreters
 * that carry a client ("python3"), NetworkManager, and AnyConnect's "vpn", which is too plain a
 * word. */
static const struct process_row processes[] = {
    {"mullvad-daemon", "Mullvad"},
    {"mullvad-gui", "Mullvad"},
    {"mullvad", "Mullvad"},
    {"protonvpn-app", "Proton VPN"},
    {"protonvpn", "Proton VPN"},
    {"nordvpnd", "NordVPN"},
    {"norduserd", "NordVPN"},
    {"nordvpn", "NordVPN"},
    {"pia-daemon", "Private Internet Access"},
    {"pia-client", "Private Internet Access"},
    {"pia-openvpn", "Private Internet Access"},
    {"pia-wireguard-g", "Private Internet Access"},
    {"expressvpn-daem", "ExpressVPN"},
    {"expressvpnd", "ExpressVPN"},
    {"ivpn-service", "IVPN"},
    {"ivpn-ui", "IVPN"},
    {"ivpn", "IVPN"},
    {"surfshark", "Surfshark"},
    {"Windscribe", "Windscribe"},
    {"windscribeopenv", "Windscribe"},
    {"windscribewstun", "Windscribe"},
    {"zerotier-one", "ZeroTier"},
    {"openvpn", "OpenVPN"},
    {"openvpn3-servic", "OpenVPN"},
    {"nm-openvpn-serv", "OpenVPN"},
    {"wireguard-go", "WireGuard"},
    {"boringtun", "WireGuard"},
    {"boringtun-cli", "WireGuard"},
    {"wg-quick", "WireGuard"},
    {"wg", "WireGuard"},
    {"charon", "strongSwan"},
    {"charon-systemd", "strongSwan"},
    {"charon-nm", "strongSwan"},
    {"pluto", "Libreswan"},
    {"openconnect", "OpenConnect"},
    {"nm-openconnect-", "OpenConnect"},
    {"vpnagentd", "Cisco AnyConnect"},
    {"PanGPS", "GlobalProtect"},
    {"PanGPA", "GlobalProtect"},
    {"openfortivpn", "FortiGate SSL VPN"},
    {"tor", "Tor"},
    {"arti", "Tor"},
};

const char *vpn_by_process(const char *comm)
{
    for (size_t i = 0; i < sizeof processes / sizeof *processes; i++)
        if (strncmp(processes[i].comm, comm, COMM_MAX) == 0)
            return processes[i].client;
    return NULL;
}

/* Names that only one client gives; "tun0" is everybody's. */
static const struct {
    const char *begins;
    const char *client;
} interfaces[] = {
    {"wg0-mullvad", "Mullvad"},
    {"proton", "Proton VPN"},
    {"nordlynx", "NordVPN"},
    {"nordtun", "NordVPN"},
    {"wgpia", "Private Internet Access"},
    {"wgivpn", "IVPN"},
    {"surfshark_", "Surfshark"},
    {"utun420", "Windscribe"},
    {"CloudflareWARP", "Cloudflare WARP"},
    {"tailscale", "Tailscale"},
    {"cscotun", "Cisco AnyConnect"},
    {"gpd", "GlobalProtect"},
};

const char *vpn_by_interface(const char *name)
{
    for (size_t i = 0; i < sizeof interfaces / sizeof *interfaces; i++)
        if (strncmp(interfaces[i].begins, name, strlen(interfaces[i].begins)) == 0)
            return interfaces[i].client;
    return NULL;
}

struct resolver_row {
    uint8_t family; /* enum address_family */
    uint8_t bits;   /* prefix length */
    uint8_t bytes[16];
    const char *provider;
};

/* Private ones (10.2.0.1, 172.16.0.1) may be somebody's router as well: whoever asks here knows by
 * which interface the address is reached. */
static const struct resolver_row resolvers[] = {
    {FAMILY_IPV4, 32, {10, 64, 0, 1}, "Mullvad"},
    {FAMILY_IPV4, 26, {100, 64, 0, 0}, "Mullvad"}, /* 100.64.0.1-63: content blocking */
    {FAMILY_IPV6, 128, {0xFC, 0, 0xBB, 0xBB, 0xBB, 0xBB, 0xBB, 0x01, [15] = 1}, "Mullvad"},
    {FAMILY_IPV4, 32, {10, 2, 0, 1}, "Proton VPN"},
    {FAMILY_IPV4, 32, {103, 86, 96, 100}, "NordVPN"},
    {FAMILY_IPV4, 32, {103, 86, 99, 100}, "NordVPN"},
    {FAMILY_IPV4, 32, {103, 86, 96, 96}, "NordVPN"}, /* Threat Protection Lite */
    {FAMILY_IPV4, 32, {103, 86, 99, 99}, "NordVPN"},
    {FAMILY_IPV4, 32, {10, 0, 0, 243}, "Private Internet Access"},
    {FAMILY_IPV4, 32, {10, 0, 0, 241}, "Private Internet Access"}, /* MACE */
    {FAMILY_IPV4, 32, {172, 16, 0, 1}, "IVPN"},
    {FAMILY_IPV4, 32, {10, 0, 254, 2}, "IVPN"}, /* AntiTracker */
    {FAMILY_IPV4, 32, {10, 0, 254, 3}, "IVPN"},
    {FAMILY_IPV4, 32, {162, 252, 172, 57}, "Surfshark"},
    {FAMILY_IPV4, 32, {149, 154, 159, 92}, "Surfshark"},
    {FAMILY_IPV4, 32, {10, 255, 255, 2}, "Windscribe"},
    {FAMILY_IPV4, 32, {10, 255, 255, 3}, "Windscribe"},
    {FAMILY_IPV4, 32, {127, 0, 2, 2}, "Cloudflare WARP"},
    {FAMILY_IPV4, 32, {127, 0, 2, 3}, "Cloudflare WARP"},
};

/* A mesh VPN's: the client on this machine answers there itself. */
static const struct resolver_row mesh_resolvers[] = {
    {FAMILY_IPV4, 32, {100, 100, 100, 100}, "Tailscale"},
    {FAMILY_IPV6, 128, {0xFD, 0x7A, 0x11, 0x5C, 0xA1, 0xE0, [15] = 0x53}, "Tailscale"},
};

static bool within(const uint8_t *bytes, const struct resolver_row *row)
{
    size_t whole = row->bits / 8;
    unsigned rest = row->bits % 8;
    if (memcmp(bytes, row->bytes, whole) != 0)
        return false;
    return rest == 0 || ((bytes[whole] ^ row->bytes[whole]) >> (8 - rest)) == 0;
}

static const char *find(
    const struct resolver_row *rows, size_t count, const struct address *address)
{
    for (size_t i = 0; i < count; i++)
        if (address->family == rows[i].family && within(address->bytes, &rows[i]))
            return rows[i].provider;
    return NULL;
}

static const char *find_mesh(const struct address *address)
{
    return find(mesh_resolvers, sizeof mesh_resolvers / sizeof *mesh_resolvers, address);
}

const char *vpn_by_resolver(const struct address *address)
{
    const char *provider = find(resolvers, sizeof resolvers / sizeof *resolvers, address);
    return provider ? provider : find_mesh(address);
}

bool vpn_mesh_resolver(const struct address *address)
{
    return find_mesh(address) != NULL;
}

bool vpn_mesh_process(const char *comm)
{
    static const char *const processes_of_meshes[] = {
        "tailscaled", "zerotier-one", "netbird", "nebula"};
    for (size_t i = 0; i < sizeof processes_of_meshes / sizeof *processes_of_meshes; i++)
        if (strcmp(processes_of_meshes[i], comm) == 0)
            return true;
    return false;
}

bool vpn_is_tor(const char *comm)
{
    return strcmp(comm, "tor") == 0 || strcmp(comm, "arti") == 0;
}
