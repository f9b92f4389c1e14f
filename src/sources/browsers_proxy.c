/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/browsers_parse.h"

#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/text.h"

/* What both families' files say of servers and proxies. */

void browser_server(const char *uri, char *out, size_t size)
{
    static const char scheme[] = "https://";
    out[0] = '\0';
    if (strncmp(uri, scheme, strlen(scheme)) != 0)
        return;
    const char *host = uri + strlen(scheme);
    size_t length = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/?#{ ");
    if (length <= strlen(host) && !memchr(host, '@', length))
        text_escape(host, length, out, size);
}

/* Where Tor and Tor Browser listen for SOCKS, unless told otherwise; a path is that of a socket,
 * which nobody but they use so. */
static bool is_tor(const char *host, unsigned port)
{
    struct address address;
    if (strncmp(host, "file:", 5) == 0)
        return true;
    bool here = strcmp(host, "localhost") == 0 ||
                (address_parse(host, &address) && address_is_loopback(&address));
    return here && (port == 9050 || port == 9150);
}

void browser_proxy(struct browser_settings *settings, const char *scheme, const char *host,
    unsigned port, enum browser_names names)
{
    char shown[BROWSER_TEXT], at[16] = "";
    /* A name and a password before the host are not for the report. */
    const char *bare = strrchr(host, '@') ? strrchr(host, '@') + 1 : host;
    text_escape(bare, strlen(bare), shown, sizeof(shown));
    if (port != 0)
        text_format(at, sizeof(at), ":%u", port);
    text_format(settings->proxy, sizeof(settings->proxy), "%s%s%.60s%s", scheme,
        shown[0] ? " " : "", shown, at);
    settings->names = names;
    if (strncmp(scheme, "SOCKS", 5) == 0 && names == BROWSER_NAMES_PROXY && is_tor(bare, port)) {
        settings->mode = BROWSER_TOR;
        settings->provider[0] = settings->trouble[0] = '\0';
        text_format(settings->source, sizeof(settings->source), "its proxy is Tor's");
    }
}

unsigned browser_list_count(const char *list)
{
    unsigned count = 0;
    while (*list) {
        size_t part = strcspn(list, ",; ");
        count += part > 0;
        list += part + (list[part] != '\0');
    }
    return count;
}
