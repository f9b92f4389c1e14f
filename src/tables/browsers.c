/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tables/browsers.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/fact.h"
#include "base/name.h"

/* Where Tor Browser's one profile lies below the folder that it was unpacked to. */
#define TOR_PROFILE "/Browser/TorBrowser/Data/Browser/profile.default"

/* A new browser, or a new way to package one, is a row. */
static const struct browser_place places[] = {
    {"firefox", BROWSER_FIREFOX, "native", ".mozilla/firefox"},
    {"firefox", BROWSER_FIREFOX, "native", ".config/mozilla/firefox"},
    {"firefox", BROWSER_FIREFOX, "snap", "snap/firefox/common/.mozilla/firefox"},
    {"firefox", BROWSER_FIREFOX, "flatpak", ".var/app/org.mozilla.firefox/.mozilla/firefox"},
    {"librewolf", BROWSER_FIREFOX, "native", ".librewolf"},
    {"librewolf", BROWSER_FIREFOX, "native", ".config/librewolf/librewolf"},
    {"librewolf", BROWSER_FIREFOX, "flatpak", ".var/app/io.gitlab.librewolf-community/.librewolf"},
    {"chromium", BROWSER_CHROMIUM, "native", ".config/chromium"},
    {"chromium", BROWSER_CHROMIUM, "snap", "snap/chromium/common/chromium"},
    {"chromium", BROWSER_CHROMIUM, "flatpak", ".var/app/org.chromium.Chromium/config/chromium"},
    {"chromium", BROWSER_CHROMIUM, "flatpak",
        ".var/app/io.github.ungoogled_software.ungoogled_chromium/config/chromium"},
    {"chrome", BROWSER_CHROMIUM, "native", ".config/google-chrome"},
    {"chrome", BROWSER_CHROMIUM, "native", ".config/google-chrome-beta"},
    {"chrome", BROWSER_CHROMIUM, "native", ".config/google-chrome-unstable"},
    {"chrome", BROWSER_CHROMIUM, "flatpak", ".var/app/com.google.Chrome/config/google-chrome"},
    {"brave", BROWSER_CHROMIUM, "native", ".config/BraveSoftware/Brave-Browser"},
    {"brave", BROWSER_CHROMIUM, "flatpak",
        ".var/app/com.brave.Browser/config/BraveSoftware/Brave-Browser"},
    {"edge", BROWSER_CHROMIUM, "native", ".config/microsoft-edge"},
    {"edge", BROWSER_CHROMIUM, "native", ".config/microsoft-edge-beta"},
    {"edge", BROWSER_CHROMIUM, "flatpak", ".var/app/com.microsoft.Edge/config/microsoft-edge"},
    {"vivaldi", BROWSER_CHROMIUM, "native", ".config/vivaldi"},
    {"vivaldi", BROWSER_CHROMIUM, "flatpak", ".var/app/com.vivaldi.Vivaldi/config/vivaldi"},
    {"brave", BROWSER_CHROMIUM, "snap", "snap/brave/current/.config/BraveSoftware/Brave-Browser"},
    {"vivaldi", BROWSER_CHROMIUM, "snap", "snap/vivaldi/current/.config/vivaldi"},
    {"chrome", BROWSER_CHROMIUM, "flatpak",
        ".var/app/com.google.ChromeDev/config/google-chrome-unstable"},
    {"opera", BROWSER_CHROMIUM, "native", ".config/opera"},
    {"opera", BROWSER_CHROMIUM, "snap", "snap/opera/current/.config/opera"},
    {"opera", BROWSER_CHROMIUM, "flatpak", ".var/app/com.opera.Opera/config/opera"},
    {"firefox", BROWSER_FIREFOX, "flatpak", ".var/app/org.mozilla.firefox/config/mozilla/firefox"},
    {"tor-browser", BROWSER_TOR_BROWSER, "native", "tor-browser*" TOR_PROFILE},
    {"tor-browser", BROWSER_TOR_BROWSER, "native", "Downloads/tor-browser*" TOR_PROFILE},
    {"tor-browser", BROWSER_TOR_BROWSER, "native", "Desktop/tor-browser*" TOR_PROFILE},
    {"tor-browser", BROWSER_TOR_BROWSER, "native", ".local/opt/tor-browser*" TOR_PROFILE},
    {"tor-browser", BROWSER_TOR_BROWSER, "native",
        ".local/share/torbrowser/tbb/*/tor-browser*" TOR_PROFILE},
    {"tor-browser", BROWSER_TOR_BROWSER, "flatpak",
        ".var/app/org.torproject.torbrowser-launcher/data/torbrowser/tbb/*/"
        "tor-browser*" TOR_PROFILE},
};

const struct browser_place *browser_place_at(size_t position)
{
    return position < sizeof(places) / sizeof(places[0]) ? &places[position] : NULL;
}

static const struct {
    const char *name;
    bool native; /* of that packaging alone; else of all */
    const char *path;
} policies[] = {
    {"firefox", false, "/etc/firefox/policies/policies.json"},
    {"firefox", true, "/usr/lib/firefox/distribution/policies.json"},
    {"firefox", true, "/usr/lib/firefox-esr/distribution/policies.json"},
    {"librewolf", true, "/usr/lib/librewolf/distribution/policies.json"},
    {"librewolf", true, "/usr/share/librewolf/distribution/policies.json"},
};

const char *browser_policies_at(const struct browser_place *place, size_t position)
{
    bool native = strcmp(place->package, "native") == 0;
    for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++)
        if (strcmp(policies[i].name, place->name) == 0 && (native || !policies[i].native) &&
            position-- == 0)
            return policies[i].path;
    return NULL;
}

static const struct {
    const char *name;
    const char *path;
} policy_folders[] = {
    {"chrome", "/etc/opt/chrome/policies/managed"},
    {"chromium", "/etc/chromium/policies/managed"},
    {"brave", "/etc/brave/policies/managed"},
    {"edge", "/etc/opt/edge/policies/managed"},
    {"vivaldi", "/etc/vivaldi/policies/managed"},
};

const char *browser_policy_folder(const struct browser_place *place)
{
    for (size_t i = 0; i < sizeof(policy_folders) / sizeof(policy_folders[0]); i++)
        if (strcmp(place->package, "native") == 0 &&
            strcmp(policy_folders[i].name, place->name) == 0)
            return policy_folders[i].path;
    return NULL;
}

/* ---- files ---- */

/* What stands behind the folder in a path, its slash taken off; NULL: the path lies elsewhere. A
 * star in the folder stands for the rest of a part. */
static const char *behind(const char *folder, const char *path)
{
    for (; *folder; folder++) {
        if (*folder == '*') {
            path += strcspn(path, "/");
        } else if (*folder == *path) {
            path++;
        } else {
            return NULL;
        }
    }
    return *path == '/' ? path + 1 : NULL;
}

/* Parts of a path; 0 where one of them is empty or leads up. */
static unsigned parts_of(const char *path)
{
    unsigned parts = 0;
    for (;;) {
        size_t length = strcspn(path, "/");
        if (length == 0 || (length <= 2 && strncmp(path, "..", length) == 0))
            return 0;
        parts++;
        if (path[length] == '\0')
            return parts;
        path += length + 1;
    }
}

static bool ends_with(const char *path, const char *name)
{
    const char *slash = strrchr(path, '/');
    return strcmp(slash ? slash + 1 : path, name) == 0;
}

static bool is_file_of(enum browser_family family, const char *rest)
{
    unsigned parts = parts_of(rest);
    bool prefs = ends_with(rest, "prefs.js") || ends_with(rest, "user.js");
    switch (family) {
    case BROWSER_FIREFOX:
        return strcmp(rest, "profiles.ini") == 0 || (prefs && parts >= 2 && parts <= 4);
    case BROWSER_CHROMIUM:
        return strcmp(rest, "Local State") == 0 || (parts == 2 && ends_with(rest, "Preferences"));
    case BROWSER_TOR_BROWSER:
        return prefs && parts == 1;
    }
    return false;
}

bool browser_owns_file(const char *path)
{
    if (parts_of(path) == 0)
        return false;
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        const char *rest = behind(places[i].folder, path);
        if (rest && is_file_of(places[i].family, rest))
            return true;
    }
    return false;
}

bool browser_owns_pattern(const char *pattern)
{
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        if (strchr(places[i].folder, '*') && strcmp(places[i].folder, pattern) == 0)
            return true;
    return false;
}

/* ---- processes ---- */

/* A browser has the name of its processes, or a name that begins so, but for these. */
static const struct {
    const char *browser, *package, *process; /* package NULL: any */
} processes[] = {
    {"edge", NULL, "msedge"},
    {"chromium", "snap", "chrome"},
    {"chromium", "flatpak", "chrome"},
    {"tor-browser", NULL, "firefox.real"},
};

bool browser_is_process(const char *browser, const char *package, const char *process)
{
    for (size_t i = 0; i < sizeof(processes) / sizeof(processes[0]); i++)
        if (strcmp(processes[i].browser, browser) == 0 &&
            (!processes[i].package || strcmp(processes[i].package, package) == 0) &&
            strncmp(process, processes[i].process, strlen(processes[i].process)) == 0)
            return true;
    if (strcmp(process, "firefox.real") == 0)
        return false;
    return strncmp(process, browser, strlen(browser)) == 0;
}

/* ---- names that are asked plainly on purpose ---- */

static const char *const firefox_asks[] = {
    /* Is DNS over HTTPS unwanted here? */
    "use-application-dns.net",
    "sitereview.zscaler.com",
    "google.com",
    "www.google.com",
    "forcesafesearch.google.com",
    "www.youtube.com",
    "m.youtube.com",
    "youtubei.googleapis.com",
    "youtube.googleapis.com",
    "www.youtube-nocookie.com",
    "restrict.youtube.com",
    "restrictmoderate.youtube.com",
    "doh.test",
};

/* Of Firefox 153, as the kernel shows them: 15 octets. WebRTC is the socket process's. */
static const char *const helpers[] = {"Socket Process", "Isolated Web Co", "WebExtensions",
    "RDD Process", "Utility Process", "forkserver"};

bool browser_is_helper(const char *process)
{
    for (size_t i = 0; i < sizeof(helpers) / sizeof(helpers[0]); i++)
        if (strcmp(process, helpers[i]) == 0)
            return true;
    return false;
}

/* Chromium asks for three names of one label each, of 7 to 15 letters made by chance, to learn who
 * answers names that do not exist. */
static bool is_chance(const uint8_t *wire, size_t length)
{
    if (length < 9 || length > 17 || wire[0] + 2U != length)
        return false;
    for (size_t i = 1; i + 1 < length; i++)
        if (!islower(wire[i]))
            return false;
    return true;
}

bool browser_asks_plainly(bool chromium, const uint8_t *wire, size_t length, unsigned type)
{
    enum { TYPE_A = 1 };
    char text[NAME_TEXT_MAX];
    if (chromium)
        return is_chance(wire, length);
    if (type != TYPE_A)
        return false;
    (void)name_format(wire, length, text);
    for (size_t i = 0; i < sizeof(firefox_asks) / sizeof(firefox_asks[0]); i++)
        if (strcasecmp(text, firefox_asks[i]) == 0)
            return true;
    return false;
}
