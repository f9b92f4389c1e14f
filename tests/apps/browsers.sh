# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Real Firefox and Chromium on the user's machine, each as a person with a home and a profile of
# their own, silent but for the pages that the scenario visits. To be sourced after tests/lab/lab.sh.

declare -A PERSON_ID=([ana]=4711 [ben]=4712)
DOH_URI=https://doh.example.org/dns-query # of the lab: services.sh
OUTSIDE_TABLE=100

person() { # person NAME: with an empty home
    local home=$LAB/home-$1 id=${PERSON_ID[$1]}
    grep -q "^$1:" "$LAB/etc/passwd" || {
        echo "$1:x:$id:$id::$home:/bin/sh" >>"$LAB/etc/passwd"
        echo "$1:x:$id:" >>"$LAB/etc/group"
    }
    rm -rf "$home"
    mkdir -p "$home"
    chown "$id:$id" "$home"
}

# What Firefox asks by itself, off. Some of it heeds environment variables or policies only.
firefox_silent() {
    local setting
    for setting in network.captive-portal-service.enabled network.connectivity-service.enabled \
        app.normandy.enabled dom.push.connection.enabled browser.region.update.enabled \
        extensions.update.enabled extensions.getAddons.cache.enabled \
        media.gmp-manager.updateEnabled browser.newtabpage.enabled \
        browser.newtabpage.activity-stream.feeds.topsites \
        browser.newtabpage.activity-stream.feeds.system.topsites \
        browser.topsites.contile.enabled browser.safebrowsing.malware.enabled \
        browser.safebrowsing.phishing.enabled browser.aboutwelcome.enabled \
        dom.security.https_first dom.security.https_first_schemeless network.prefetch-next; do
        echo "user_pref(\"$setting\", false);"
    done
    cat <<'END'
user_pref("browser.region.network.url", "");
user_pref("browser.startup.homepage_override.mstone", "ignore");
user_pref("services.settings.server", "data:,");
END
}

# firefox_set PERSON MODE [LINE...]: a profile with DNS over HTTPS off, automatic or secure, more by
# lines of its user.js
firefox_set() {
    local profile=$LAB/home-$1/.mozilla/firefox/x.default id=${PERSON_ID[$1]} mode
    case $2 in
    off) mode=5 ;;
    automatic) mode=2 ;;
    secure) mode=3 ;;
    esac
    command -v firefox-esr >/dev/null || skip "no firefox-esr"
    mkdir -p "$profile" "$LAB/etc/firefox/policies"
    printf '[Profile0]\nName=everyday\nIsRelative=1\nPath=x.default\nDefault=1\n' \
        >"$LAB/home-$1/.mozilla/firefox/profiles.ini"
    {
        firefox_silent
        echo "user_pref(\"network.trr.mode\", $mode);"
        [[ $mode == 5 ]] || printf 'user_pref("network.trr.%s", "%s");\n' uri "$DOH_URI" \
            custom_uri "$DOH_URI"
        [[ $# -lt 3 ]] || printf '%s\n' "${@:3}"
    } >"$profile/user.js"
    cp "$profile/user.js" "$profile/prefs.js" # as after its first run
    chown -R "$id:$id" "$LAB/home-$1"
    cat >"$LAB/etc/firefox/policies/policies.json" <<END
{"policies": {"Certificates": {"Install": ["$LAB/ca.pem"]}, "DisableTelemetry": true,
 "DisableFirefoxStudies": true, "DisableAppUpdate": true}}
END
}

# chromium_set PERSON off|automatic|secure [POLICY...]: by managed policy, which is for all people
# of the machine; more of it as "Name": value
chromium_set() {
    local more=
    command -v chromium >/dev/null || skip "no chromium"
    mkdir -p "$LAB/etc/chromium/policies/managed" "$LAB/home-$1/.config/chromium"
    echo '{}' >"$LAB/home-$1/.config/chromium/Local State" # of its first run
    chown -R "${PERSON_ID[$1]}:${PERSON_ID[$1]}" "$LAB/home-$1"
    [[ $2 == off ]] || more=", \"DnsOverHttpsTemplates\": \"$DOH_URI\""
    [[ $# -lt 3 ]] || more+=$(printf ', %s' "${@:3}")
    cat >"$LAB/etc/chromium/policies/managed/lab.json" <<END
{"DnsOverHttpsMode": "$2", "BrowserSignin": 0, "HttpsUpgradesEnabled": false,
 "CACertificates": ["$(openssl x509 -in "$LAB/ca.pem" -outform DER | base64 -w0)"]$more}
END
}

# start_browser PERSON firefox|chromium URL: in the background, on the machine
# BROWSER_AT (user), in the group BROWSER_GROUP (the person's own)
start_browser() {
    local home=$LAB/home-$1 command
    case $2 in
    firefox)
        command=(MOZ_REMOTE_SETTINGS_DEVTOOLS=1 firefox-esr --headless --no-remote --profile
            "$home/.mozilla/firefox/x.default")
        ;;
    chromium)
        command=(chromium --headless=new --no-sandbox --disable-gpu --no-first-run
            "--user-data-dir=$home/.config/chromium" --disable-background-networking
            --disable-component-update --host-resolver-rules="MAP *.google.com ~NOTFOUND,
                MAP *.googleapis.com ~NOTFOUND, MAP *.gvt1.com ~NOTFOUND")
        ;;
    esac
    start "${BROWSER_AT:-user}" "$2-$1.log" setpriv --reuid "${PERSON_ID[$1]}" \
        --regid "${BROWSER_GROUP:-${PERSON_ID[$1]}}" --clear-groups env -i "PATH=$PATH" LANG=C.UTF-8 \
        "HOME=$home" "USER=$1" "${command[@]}" "$3"
    disown "$STARTED" # bash would say how it was ended
}

# Whatever runs as that person in this world, but leaktop: browsers have many processes.
person_gone() { # person_gone NAME...
    local pids i id person
    for person; do
        id=${PERSON_ID[$person]}
        for ((i = 0; i < 40; i++)); do
            mapfile -t pids < <(pgrep -u "$id" -l | awk '$2 != "leaktop" { print $1 }')
            [[ ${#pids[@]} -gt 0 ]] || break
            kill -KILL "${pids[@]}" 2>/dev/null
            sleep 0.05
        done
    done
}

came() { # came HOST [PATH]: was a page of it, or what it fetched, asked for?
    grep -q " $1 ${2:-/}" "$LAB/pages.log"
}

# visited HOST [PATH]: wait until the page came, at most as long as is watched
visited() {
    until came "$@"; do
        [[ $(now_ms) -lt $UNTIL ]] || return 1
        sleep 0.1
    done
}

# outside_for RULE...: what this rule of `ip rule` selects leaves by the uplink
outside_for() {
    on user ip route replace default via "$ROUTER4" dev eth0 src "$USER4" table "$OUTSIDE_TABLE"
    on user ip -6 route replace default via "$ROUTER6" dev eth0 src "$USER6" table "$OUTSIDE_TABLE"
    on user ip rule add "$@" lookup "$OUTSIDE_TABLE" pref 90
    [[ $* == *.*.*.* ]] || on user ip -6 rule add "$@" lookup "$OUTSIDE_TABLE" pref 90
}
