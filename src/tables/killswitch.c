/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tables/killswitch.h"

#include <stddef.h>
#include <string.h>

/* Names that VPN clients give to what they lay, from their sources. */
static const struct {
    const char *name, *owner;
} tables[] =
    {
        {"mullvad", "Mullvad"},
        {"nordvpn", "NordVPN"},
        {"windscribe", "Windscribe"},
        {"cloudflare-warp", "Cloudflare WARP"},
},
  dummies[] = {
      {"pvpnksintrf0", "Proton VPN"},
      {"pvpnksintrf1", "Proton VPN"},
      {"pvpnrouteintrf0", "Proton VPN"},
      {"pvpnrouteintrf1", "Proton VPN"},
      {"ipv6leakintrf0", "Proton VPN"},
      {"ipv6leakintrf1", "Proton VPN"},
};

const char *killswitch_table_owner(const char *table)
{
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        if (strcmp(tables[i].name, table) == 0)
            return tables[i].owner;
    return NULL;
}

const char *killswitch_dummy_owner(const char *interface)
{
    for (size_t i = 0; i < sizeof(dummies) / sizeof(dummies[0]); i++)
        if (strcmp(dummies[i].name, interface) == 0)
            return dummies[i].owner;
    return NULL;
}
