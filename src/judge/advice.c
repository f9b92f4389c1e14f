/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "judge/private.h"

#include <string.h>

void advise_resolver(struct check *check, const struct model *model, const struct address *resolver,
    const char *interface)
{
    char text[ADDRESS_TEXT];
    address_format(resolver, text);
    const struct configured_resolver *found = NULL;
    for (size_t i = 0; i < model_configured_count(model) && !found; i++)
        if (address_equal(&model_configured_at(model, i)->address, resolver))
            found = model_configured_at(model, i);
    if (!found) {
        check_advise(check, "no resolver file names %s: the program asked it by itself:", text);
        check_advise(
            check, "look for a DNS setting of that program, or stop it while you need the VPN");
    } else if (strcmp(found->manager, "systemd-resolved") == 0) {
        check_advise(
            check, "resolvectl dns %s \"\"   takes the resolvers from %s,", interface, interface);
        check_advise(
            check, "resolvectl domain TUNNEL '~.'   sends all names to the tunnel's resolver");
    } else if (strcmp(found->manager, "NetworkManager") == 0) {
        check_advise(
            check, "nmcli connection modify NAME-OF-%s ipv4.ignore-auto-dns yes", interface);
        check_advise(
            check, "ipv6.ignore-auto-dns yes; and in the VPN's profile ipv4.dns-priority -50");
    } else {
        check_advise(
            check, "%s says %s: put the VPN's resolver there instead", found->source, text);
        if (found->manager[0])
            check_advise(check, "(that file is written by %s: set it there, or it comes back)",
                found->manager);
        else
            check_advise(
                check, "(WireGuard: a DNS = line in its configuration; OpenVPN: an up script)");
    }
    if (address_is_public(resolver))
        check_advise(check, "or route %s into the tunnel", text);
    else if (resolver->family != FAMILY_NONE)
        check_advise(
            check, "(a resolver on your own network is reached past the tunnel by most VPNs)");
    check_advise(check, "then press r to check again, and c to clear the leak from the verdict");
}
