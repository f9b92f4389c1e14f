/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tables/browsers.h"

#include <stdbool.h>
#include <string.h>

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
    {"opera", BROWSER_CHROMIUM, "native", ".config/opera"},
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
