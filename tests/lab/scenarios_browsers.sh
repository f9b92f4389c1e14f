# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What browsers are set to, beside what they do.

# A person with a home and profiles; leaktop watches as that person.
ana_with() { # ana_with TRR-MODE: of Firefox's network.trr.mode
    local home=$LAB/home-ana profile
    profile=$home/.mozilla/firefox/x.default
    grep -q '^ana:' "$LAB/etc/passwd" || echo "ana:x:4711:4711::$home:/bin/sh" >>"$LAB/etc/passwd"
    rm -rf "$home"
    mkdir -p "$profile" "$home/.config/chromium"
    printf '[Profile0]\nName=everyday\nIsRelative=1\nPath=x.default\n' >"$home/.mozilla/firefox/profiles.ini"
    printf 'user_pref("network.trr.mode", %s);\nuser_pref("network.trr.uri", "%s");\n' "$1" \
        "https://doh.example.org/dns-query" >"$profile/prefs.js"
    echo '{"dns_over_https":{"mode":"off"}}' >"$home/.config/chromium/Local State"
    chown -R 4711:4711 "$home"
    # shellcheck disable=SC2034
    OPTIONS+=(-U ana)
}

by_ana() { # by_ana PROGRAM NAME...: looked up by a program of that name, of ana's
    on user setpriv --reuid 4711 --clear-groups "$LAB_HERE/ask.py" --as "$1" "${@:2}" >/dev/null 2>&1
}

pair browsers-set "Firefox is set to the system's resolver" \
    "it is set to DNS over HTTPS by itself, which nobody marked as intended"
scenario_browsers_set() {
    local mode=5
    [[ $1 == innocent ]] || mode=2
    wireguard_up
    resolver "$TUNNEL4"
    ana_with "$mode"
    watch 2 passive
    by_ana firefox-esr one.browsers.example.net
    watched
    if [[ $1 == innocent ]]; then
        expect verdict=ok exit=0 browser-dns=off left=0 leaks=none
    else
        expect verdict=ok exit=0 browser-dns=off says.browser-dns='yet all by plain DNS: firefox' \
            says.browser-dns='firefox everyday .ana.: set to DNS over HTTPS' \
            says.browser-dns='doh.example.org' says.browser-dns='seen: 1 look-up by plain DNS in the tunnel' \
            left=0 leaks=none
    fi
}

says browsers-half-written "a profile that ends in the middle: unknown, with the reason"
scenario_browsers_half_written() {
    wireguard_up
    resolver "$TUNNEL4"
    ana_with 2
    printf 'user_pref("network.trr.mo' >"$LAB/home-ana/.mozilla/firefox/x.default/prefs.js"
    watch 2 passive
    ask one.half.example.net
    watched
    expect verdict=ok exit=0 browser-dns=unknown left=0 leaks=none
}

pair browsers-secure "Firefox, set to DNS over HTTPS alone, asks plainly what it asks so on purpose" \
    "it asks a name plainly"
scenario_browsers_secure() {
    wireguard_up
    resolver "$TUNNEL4"
    ana_with 3
    watch 2 passive
    by_ana firefox-esr doh.example.org use-application-dns.net www.youtube.com
    ask --as firefox-esr root.secure.example.net
    [[ $1 == innocent ]] || by_ana firefox-esr two.secure.example.net
    watched
    if [[ $1 == innocent ]]; then
        expect verdict=ok exit=0 browser-dns=warn says.browser-dns='by itself: firefox' left=0 leaks=none
    else
        expect verdict=ok exit=0 browser-dns=warn says.browser-dns='otherwise than it is set to: firefox' \
            says.browser-dns='two.secure.example.net' says.browser-dns='yet asked otherwise: 1 look-up;' \
            left=0 leaks=none
    fi
}

says browsers-no-home "the home of the person cannot be opened: unknown, with the reason"
scenario_browsers_no_home() {
    wireguard_up
    resolver "$TUNNEL4"
    ana_with 5
    rm -rf "$LAB/home-ana"
    watch 2 passive
    ask one.nohome.example.net
    watched
    expect verdict=ok exit=0 browser-dns=unknown says.browser-dns='home folder of ana' left=0 leaks=none
}

pair browsers-changed "settings that are written anew while leaktop runs, the same as before" \
    "DNS over HTTPS is switched on while leaktop runs"
scenario_browsers_changed() {
    local profile=$LAB/home-ana/.mozilla/firefox/x.default mode=5
    wireguard_up
    resolver "$TUNNEL4"
    ana_with 5
    watch 4 passive
    [[ $1 == innocent ]] || mode=3
    printf 'user_pref("network.trr.mode", %s);\nuser_pref("media.peerconnection.enabled", false);\n' \
        "$mode" >"$profile/prefs-1.js"
    chown 4711:4711 "$profile/prefs-1.js"
    mv "$profile/prefs-1.js" "$profile/prefs.js"
    ask one.changed.example.net
    watched
    if [[ $1 == innocent ]]; then
        expect verdict=ok exit=0 browser-dns=off left=0 leaks=none
    else
        expect verdict=ok exit=0 browser-dns=warn says.browser-dns='set to DNS over HTTPS alone' \
            says.webrtc='address policy: WebRTC is off, media.peerconnection.enabled' left=0 leaks=none
    fi
}

# tor_browser_with LINE...: ana has it where torbrowser-launcher puts it
tor_browser_with() {
    local folder=$LAB/home-ana/.local/share/torbrowser/tbb/x86_64/tor-browser/Browser/TorBrowser/Data/Browser
    mkdir -p "$folder/profile.default"
    printf '%s\n' "$@" >"$folder/profile.default/prefs.js"
    chown -R 4711:4711 "$LAB/home-ana"
}

pair browsers-tor "Tor Browser beside Firefox: each is as it should be" \
    "somebody switched Tor Browser's remote names off"
scenario_browsers_tor() {
    local names=true
    wireguard_up
    resolver "$TUNNEL4"
    ana_with 5
    [[ $1 == innocent ]] || names=false
    tor_browser_with "user_pref(\"network.proxy.socks_remote_dns\", $names);"
    watch 2 passive
    by_ana firefox-esr one.tor.example.net
    watched
    if [[ $1 == innocent ]]; then
        expect verdict=ok exit=0 browser-dns=off says.browser-dns='tor-browser tor-browser .ana.: set to Tor' \
            browser.tor-browser=tor left=0 leaks=none
    else
        expect verdict=ok exit=0 browser-dns=warn says.browser-dns='network.proxy.socks.remote.dns = 0 was set' \
            browser.tor-browser=off \
            left=0 leaks=none
    fi
}
