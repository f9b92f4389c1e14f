/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/text.h"
#include "sources/browsers_parse.h"

#define PREF(name, value) "user_pref(\"" name "\", " value ");\n"
#define HEAD "// Mozilla User Preferences\n\n/* DO NOT\n EDIT */\n"

/* came: "mode provider exclusions source", or the reason after "!" */
static void describe(const struct browser_settings *settings, char *out, size_t size)
{
    if (settings->trouble[0])
        text_format(out, size, "!%s", settings->trouble);
    else
        text_format(out, size, "%s %s %u %s", browser_mode_word(settings->mode),
            settings->provider[0] ? settings->provider : "-", settings->exclusions,
            settings->source[0] ? settings->source : "-");
}

static void firefox(const char *prefs, size_t length, const char *user, char *out, size_t size)
{
    struct firefox_prefs kept;
    struct browser_settings settings;
    firefox_prefs_init(&kept, false);
    const char *trouble = firefox_prefs_read(&kept, prefs, length);
    if (!trouble && user)
        trouble = firefox_prefs_read(&kept, user, strlen(user));
    firefox_settings(&kept, &settings);
    if (trouble)
        text_format(out, size, "!%s", trouble);
    else
        describe(&settings, out, size);
}

static const struct firefox_case {
    const char *situation, *prefs, *user, *came;
} firefox_cases[] = {
    {"empty", "", NULL, "off - 0 -"},
    {"nothing set", HEAD PREF("a.b", "\"c\\\"d\"") PREF("n", "-7"), NULL, "off - 0 -"},
    {"mode 2", PREF("network.trr.mode", "2"), NULL, "automatic - 0 network.trr.mode = 2"},
    {"mode 3 with server",
        PREF("network.trr.mode", "3") PREF("network.trr.uri", "\"https://doh.example/q\""), NULL,
        "secure doh.example 0 network.trr.mode = 3"},
    {"server's port",
        PREF("network.trr.mode", "3") PREF("network.trr.uri", "'https://[::1]:8443/'"), NULL,
        "secure [::1] 0 network.trr.mode = 3"},
    {"mode 5", PREF("network.trr.mode", "5"), NULL, "off - 0 network.trr.mode = 5"},
    {"mode 5 beats the rollout", PREF("network.trr.mode", "5") PREF("doh-rollout.mode", "2"), NULL,
        "off - 0 network.trr.mode = 5"},
    {"rollout",
        PREF("doh-rollout.mode", "2") PREF("doh-rollout.uri", "\"https://roll.example/dns\""), NULL,
        "automatic roll.example 0 doh-rollout.mode = 2"},
    {"reserved mode", PREF("network.trr.mode", "1"), NULL, "!mode 1 has no meaning"},
    {"the later one wins", PREF("network.trr.mode", "3") PREF("network.trr.mode", "5"), NULL,
        "off - 0 network.trr.mode = 5"},
    {"user.js goes over it", PREF("network.trr.mode", "5"), PREF("network.trr.mode", "3"),
        "secure - 0 network.trr.mode = 3"},
    {"user.js is damaged", PREF("network.trr.mode", "5"), "user_pref(\"network.trr.mode\", 3",
        "!is half-written"},
    {"exclusions", PREF("network.trr.excluded-domains", "\"a.example, b.example,,\""), NULL,
        "off - 2 -"},
    {"set in a comment", "// " PREF("network.trr.mode", "3"), NULL, "off - 0 -"},
    {"set in a string", PREF("x", "\"user_pref('network.trr.mode', 3);\""), NULL, "off - 0 -"},
    {"several on a line", "user_pref('a',1);user_pref('network.trr.mode',3);", NULL,
        "secure - 0 network.trr.mode = 3"},
    {"escaped name", PREF("network\\x2etrr.\\u006dode", "3"), NULL,
        "secure - 0 network.trr.mode = 3"},
    {"mode as text", PREF("network.trr.mode", "\"3\""), NULL, "!has a setting of the wrong kind"},
    {"mode as boolean", PREF("network.trr.mode", "true"), NULL, "!has a setting of the wrong kind"},
    {"negative mode", PREF("network.trr.mode", "-1"), NULL, "!has a setting of the wrong kind"},
    {"huge mode", PREF("network.trr.mode", "99999999999999999999"), NULL,
        "!has a number that is too large"},
    {"server with escapes",
        PREF("network.trr.mode", "2") PREF("network.trr.uri", "\"https://a\\u001b[31m/\""), NULL,
        "automatic a\\027[31m 0 network.trr.mode = 2"},
    {"credentials in it",
        PREF("network.trr.mode", "2") PREF("network.trr.uri", "\"https://me@doh.example/\""), NULL,
        "automatic - 0 network.trr.mode = 2"},
    {"no https", PREF("network.trr.mode", "2") PREF("network.trr.uri", "\"doh.example\""), NULL,
        "automatic - 0 network.trr.mode = 2"},
    {"Latin-1", PREF("a", "\"caf\xe9\"") PREF("network.trr.mode", "3"), NULL, "!is no UTF-8"},
    {"UTF-8", PREF("a", "\"caf\u00e9\"") PREF("network.trr.mode", "3"), NULL,
        "secure - 0 network.trr.mode = 3"},
    {"server as number", PREF("network.trr.uri", "1"), NULL, "!has a setting of the wrong kind"},
    {"HTML", "<html>", NULL, "!is no list of settings"},
    {"something else called", "lockPref(\"network.trr.mode\", 3);", NULL,
        "!is no list of settings"},
    {"open comment", "/* ", NULL, "!ends within a comment"},
};

static void test_firefox(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(firefox_cases) / sizeof(firefox_cases[0]); i++) {
        const struct firefox_case *row = &firefox_cases[i];
        char came[200];
        firefox(row->prefs, strlen(row->prefs), row->user, came, sizeof(came));
        if (strcmp(came, row->came) != 0)
            fail_msg("%s: %s, not %s", row->situation, came, row->came);
    }
}

/* Cut anywhere but behind a whole setting, nothing is believed; nothing is read beyond the end. */
static void test_firefox_cut(void **state)
{
    (void)state;
    static const char whole[] = HEAD PREF("a", "\"\\u0041\\\"\"") PREF("network.trr.mode", "3");
    size_t head = strlen(HEAD);
    for (size_t cut = head; cut < sizeof(whole) - 1; cut++) {
        char *part = malloc(cut), came[200];
        assert_non_null(part);
        memcpy(part, whole, cut);
        firefox(part, cut, NULL, came, sizeof(came));
        bool between = cut == head || whole[cut - 1] == ';' || whole[cut - 1] == '\n';
        if (between != (came[0] != '!'))
            fail_msg("cut at %zu: %s", cut, came);
        free(part);
    }
}

static void test_firefox_other_encodings(void **state)
{
    (void)state;
    static const char wide[] = "\xff\xfeu\0s\0e\0r\0";
    static const char marked[] = "\xef\xbb\xbfuser_pref(\"network.trr.mode\", 3);";
    static const char hole[] = "user_pref(\"a\", 1);\n\0user_pref(\"network.trr.mode\", 3);";
    char came[200];
    firefox(wide, sizeof(wide), NULL, came, sizeof(came));
    assert_string_equal(came, "!is no text");
    firefox(marked, sizeof(marked) - 1, NULL, came, sizeof(came));
    assert_string_equal(came, "!is no list of settings");
    firefox(hole, sizeof(hole) - 1, NULL, came, sizeof(came));
    assert_string_equal(came, "!is no text");
}

#define POLICY(inside) "{\"policies\":{\"DNSOverHTTPS\":{" inside "}}}"
#define SERVER "\"ProviderURL\":\"https://work.example/q\""

static const struct policy_case {
    const char *situation, *prefs, *policies, *came;
} policy_cases[] = {
    {"no policies", PREF("network.trr.mode", "3"), "{}", "secure - 0 network.trr.mode = 3"},
    {"rollout, no policies", PREF("doh-rollout.mode", "2"), "{\"policies\":{}}",
        "automatic - 0 doh-rollout.mode = 2"},
    {"rollout, another policy", PREF("doh-rollout.mode", "2"), "{\"policies\":{\"X\":true}}",
        "off - 0 -"},
    {"on", "", POLICY("\"Enabled\":true," SERVER),
        "automatic work.example 0 policy: network.trr.mode = 2"},
    {"on without falling back", "", POLICY("\"Enabled\":true,\"Fallback\":false"),
        "secure - 0 policy: network.trr.mode = 3"},
    {"off, chosen on", PREF("network.trr.mode", "3"), POLICY("\"Enabled\":false"),
        "secure - 0 network.trr.mode = 3"},
    {"off and locked, chosen on", PREF("network.trr.mode", "3"),
        POLICY("\"Enabled\":false,\"Locked\":true"), "off - 0 policy: network.trr.mode = 5"},
    {"exclusions", "", POLICY("\"ExcludedDomains\":[\"a\",\"b\"]"), "off - 2 -"},
    {"mode is no boolean", "", POLICY("\"Enabled\":1"),
        "!has a DNSOverHTTPS that is not as it is known"},
    {"server is no text", "", POLICY("\"ProviderURL\":[]"),
        "!has a DNSOverHTTPS that is not as it is known"},
    {"server without a mode, chosen",
        PREF("network.trr.mode", "2") PREF("network.trr.uri", "\"https://own.example/\""),
        POLICY(SERVER), "automatic own.example 0 network.trr.mode = 2"},
    {"locked server, chosen another",
        PREF("network.trr.mode", "2") PREF("network.trr.uri", "\"https://own.example/\""),
        POLICY(SERVER ",\"Locked\":true"), "automatic work.example 0 network.trr.mode = 2"},
    {"by the setting's name, locked", PREF("network.trr.mode", "5"),
        "{\"policies\":{\"Preferences\":{\"network.trr.mode\":{\"Value\":3,\"Status\":\"locked\"}}}"
        "}",
        "secure - 0 policy: network.trr.mode = 3"},
    {"by the setting's name, as a default", PREF("network.trr.mode", "5"),
        "{\"policies\":{\"Preferences\":{\"network.trr.mode\":{\"Value\":3,\"Status\":\"default\"}}"
        "}}",
        "off - 0 network.trr.mode = 5"},
    {"by the setting's name, a word", "",
        "{\"policies\":{\"Preferences\":{\"network.trr.mode\":{\"Value\":\"3\"}}}}",
        "!has a setting of the wrong kind"},
    {"a list", "", "{\"policies\":[]}", "!is no list of policies"},
    {"half-written", "", "{\"policies\":{", "!is no JSON, or half-written"},
    {"nothing", "", "", "!is no JSON, or half-written"},
};

static void test_firefox_policies(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(policy_cases) / sizeof(policy_cases[0]); i++) {
        const struct policy_case *row = &policy_cases[i];
        struct firefox_prefs prefs;
        struct browser_settings settings;
        char came[200];
        firefox_prefs_init(&prefs, false);
        assert_null(firefox_prefs_read(&prefs, row->prefs, strlen(row->prefs)));
        const char *trouble = firefox_policies_read(&prefs, row->policies, strlen(row->policies));
        firefox_settings(&prefs, &settings);
        if (trouble)
            text_format(came, sizeof(came), "!%s", trouble);
        else
            describe(&settings, came, sizeof(came));
        if (strcmp(came, row->came) != 0)
            fail_msg("%s: %s, not %s", row->situation, came, row->came);
    }
}

static const struct chromium_case {
    const char *situation, *state, *came;
} chromium_cases[] = {
    {"nothing set", "{}", "automatic - 0 -"},
    {"no mode", "{\"dns_over_https\":{\"templates\":\"\"}}", "automatic - 0 -"},
    {"off", "{\"dns_over_https\":{\"mode\":\"off\",\"templates\":\"https://a.example/\"}}",
        "off - 0 dns_over_https.mode = off"},
    {"automatic", "{\"dns_over_https\":{\"mode\":\"automatic\"}}",
        "automatic - 0 dns_over_https.mode = automatic"},
    {"secure",
        "{\"dns_over_https\":{\"mode\":\"secure\",\"templates\":\"https://a.example/q{?dns}\"}}",
        "secure a.example 0 dns_over_https.mode = secure"},
    {"two servers",
        "{\"dns_over_https\":{\"mode\":\"secure\",\"templates\":\"https://a/ https://b/\"}}",
        "secure - 0 dns_over_https.mode = secure"},
    {"unheard-of mode", "{\"dns_over_https\":{\"mode\":\"maybe\"}}",
        "!dns_over_https.mode has no known value"},
    {"mode is no text", "{\"dns_over_https\":{\"mode\":3}}",
        "!dns_over_https is not as it is known"},
    {"settings are a list", "{\"dns_over_https\":[]}", "!dns_over_https is not as it is known"},
    {"mode elsewhere", "{\"a\":{\"dns_over_https\":{\"mode\":\"secure\"}}}", "automatic - 0 -"},
    {"a list", "[]", "!is no JSON, or half-written"},
    {"nothing", "", "!is no JSON, or half-written"},
    {"more behind it", "{} {}", "!is no JSON, or half-written"},
};

static void test_chromium(void **state)
{
    (void)state;
    struct browser_settings settings;
    char came[200];
    for (size_t i = 0; i < sizeof(chromium_cases) / sizeof(chromium_cases[0]); i++) {
        const struct chromium_case *row = &chromium_cases[i];
        chromium_settings(row->state, strlen(row->state), &settings);
        describe(&settings, came, sizeof(came));
        if (strcmp(came, row->came) != 0)
            fail_msg("%s: %s, not %s", row->situation, came, row->came);
        for (size_t cut = 0; cut < strlen(row->state); cut++) {
            chromium_settings(row->state, cut, &settings);
            if (row->came[0] != '!' && settings.mode != BROWSER_UNKNOWN)
                fail_msg("%s: cut at %zu, believed", row->situation, cut);
        }
    }
}

/* ---- proxies and WebRTC ---- */

/* "mode|proxy|names|past it|webrtc|its source|warning" */
static void describe_rest(const struct browser_settings *settings, char *out, size_t size)
{
    static const char *const names[] = {"-", "proxy", "local", "unsure"};
    static const char *const webrtc[] = {
        "?", "all", "route", "public", "proxied", "relayed", "off"};
    text_format(out, size, "%s|%s|%s|%u|%s|%s|%s", browser_mode_word(settings->mode),
        settings->proxy, names[settings->names], settings->direct, webrtc[settings->webrtc],
        settings->webrtc_source, settings->warning);
}

#define TYPE1 PREF("network.proxy.type", "1")
#define SOCKS(port)                                                                                \
    TYPE1 PREF("network.proxy.socks", "\"127.0.0.1\"") PREF("network.proxy.socks_port", port)
#define NAMES4(on) PREF("network.proxy.socks_remote_dns", on)
#define NAMES5(on) PREF("network.proxy.socks5_remote_dns", on)
#define VERSION(number) PREF("extensions.lastAppVersion", "\"" number "\"")
#define ICE "media.peerconnection.ice."

static const struct rest_case {
    const char *situation;
    bool tor;
    const char *prefs, *policies, *came;
} rest_cases[] = {
    {"nothing", false, "", NULL, "off||-|0|all||"},
    {"a proxy that is not used", false, PREF("network.proxy.socks", "\"127.0.0.1\""), NULL,
        "off||-|0|all||"},
    {"SOCKS, old version", false, SOCKS("1080") VERSION("115.9.1"), NULL,
        "off|SOCKS5 127.0.0.1:1080|local|0|all||"},
    {"SOCKS, new version", false, SOCKS("1080") VERSION("128.0"), NULL,
        "off|SOCKS5 127.0.0.1:1080|proxy|0|all||"},
    {"SOCKS, version not known", false, SOCKS("1080"), NULL,
        "off|SOCKS5 127.0.0.1:1080|unsure|0|all||"},
    {"new version, switched off", false, SOCKS("1080") VERSION("140.0") NAMES5("false"), NULL,
        "off|SOCKS5 127.0.0.1:1080|local|0|all||"},
    {"old version, switched on", false, SOCKS("1080") VERSION("102.0") NAMES4("true"), NULL,
        "off|SOCKS5 127.0.0.1:1080|proxy|0|all||"},
    {"SOCKS4", false, SOCKS("1080") VERSION("140.0") PREF("network.proxy.socks_version", "4"), NULL,
        "off|SOCKS4 127.0.0.1:1080|local|0|all||"},
    {"SOCKS4a", false, SOCKS("1080") NAMES4("true") PREF("network.proxy.socks_version", "4"), NULL,
        "off|SOCKS4 127.0.0.1:1080|proxy|0|all||"},
    {"Tor's port", false, SOCKS("9050") NAMES5("true"), NULL,
        "tor|SOCKS5 127.0.0.1:9050|proxy|0|all||"},
    {"Tor's port, names here", false, SOCKS("9050") NAMES5("false"), NULL,
        "off|SOCKS5 127.0.0.1:9050|local|0|all||"},
    {"that port elsewhere", false,
        TYPE1 PREF("network.proxy.socks", "\"192.0.2.1\"") PREF("network.proxy.socks_port", "9050")
            NAMES5("true"),
        NULL, "off|SOCKS5 192.0.2.1:9050|proxy|0|all||"},
    {"exceptions", false,
        SOCKS("9050") NAMES5("true")
            PREF("network.proxy.no_proxies_on", "\"a.example, 10.0.0.0/8\""),
        NULL, "tor|SOCKS5 127.0.0.1:9050|proxy|2|all||"},
    {"HTTP for all", false,
        TYPE1 PREF("network.proxy.ssl", "\"p.example\"") PREF("network.proxy.ssl_port", "3128"),
        NULL, "off|HTTP p.example:3128|proxy|0|all||"},
    {"HTTP for the unencrypted", false, TYPE1 PREF("network.proxy.http", "\"p.example\""), NULL,
        "off|HTTP (unencrypted pages alone) p.example|local|0|all||"},
    {"PAC", false, PREF("network.proxy.type", "2"), NULL,
        "off|as a script says (PAC), none where that fails|unsure|0|all||"},
    {"WPAD alone", false,
        PREF("network.proxy.type", "4") PREF("network.proxy.failover_direct", "false"), NULL,
        "off|as the network says (WPAD)|unsure|0|all||"},
    {"escapes", false, TYPE1 PREF("network.proxy.socks", "\"\\u001b[2J\"") NAMES5("true"), NULL,
        "off|SOCKS5 \\027[2J|proxy|0|all||"},
    {"by policy", false, "",
        "{\"policies\":{\"Proxy\":{\"Mode\":\"manual\",\"SOCKSProxy\":\"localhost:9150\","
        "\"SOCKSVersion\":5,\"UseProxyForDNS\":true}}}",
        "tor|SOCKS5 localhost:9150|proxy|0|all||"},
    {"none by locked policy", false, SOCKS("9050") NAMES5("true"),
        "{\"policies\":{\"Proxy\":{\"Mode\":\"none\",\"Locked\":true}}}", "off||-|0|all||"},
    {"none by policy, chosen", false, SOCKS("9050") NAMES5("true"),
        "{\"policies\":{\"Proxy\":{\"Mode\":\"none\"}}}",
        "tor|SOCKS5 127.0.0.1:9050|proxy|0|all||"},
    {"WebRTC off", false, PREF("media.peerconnection.enabled", "false"), NULL,
        "off||-|0|off|media.peerconnection.enabled|"},
    {"WebRTC on", false, PREF("media.peerconnection.enabled", "true"), NULL, "off||-|0|all||"},
    {"no host candidates", false, PREF(ICE "no_host", "true"), NULL,
        "off||-|0|public|" ICE "no_host|"},
    {"default route alone", false, PREF(ICE "default_address_only", "true"), NULL,
        "off||-|0|route|" ICE "default_address_only|"},
    {"relays alone, the strictest", false,
        PREF(ICE "relay_only", "true") PREF(ICE "no_host", "true"), NULL,
        "off||-|0|relayed|" ICE "relay_only|"},
    {"behind a proxy, with none", false, PREF(ICE "proxy_only_if_behind_proxy", "true"), NULL,
        "off||-|0|all||"},
    {"behind a proxy", false,
        SOCKS("1080") NAMES5("true") PREF(ICE "proxy_only_if_behind_proxy", "true"), NULL,
        "off|SOCKS5 127.0.0.1:1080|proxy|0|proxied|" ICE "proxy_only_if_behind_proxy|"},
    {"WebRTC by policy", false, "",
        "{\"policies\":{\"Preferences\":{\"media.peerconnection.enabled\":{\"Value\":false,"
        "\"Status\":\"locked\"}}}}",
        "off||-|0|off|policy: media.peerconnection.enabled|"},
    {"Tor Browser", true, "", NULL, "tor|SOCKS5 127.0.0.1:9150|proxy|0|off|Tor Browser's default|"},
    {"Tor Browser at the system's Tor", true, PREF("network.proxy.socks_port", "9050"), NULL,
        "tor|SOCKS5 127.0.0.1:9050|proxy|0|off|Tor Browser's default|"},
    {"Tor Browser, names here", true, NAMES4("false"), NULL,
        "off|SOCKS5 127.0.0.1:9150|local|0|off|Tor Browser's default|"
        "network.proxy.socks_remote_dns = 0 was set"},
    {"Tor Browser, names here, new", true, NAMES5("false"), NULL,
        "off|SOCKS5 127.0.0.1:9150|local|0|off|Tor Browser's default|"
        "network.proxy.socks5_remote_dns = 0 was set"},
    {"Tor Browser, no proxy", true, PREF("network.proxy.type", "0"), NULL,
        "off||-|0|off|Tor Browser's default|network.proxy.type = 0 was set"},
    {"Tor Browser, another proxy", true, PREF("network.proxy.socks", "\"192.0.2.1\""), NULL,
        "off|SOCKS5 192.0.2.1:9150|proxy|0|off|Tor Browser's default|"
        "its proxy is not Tor's: SOCKS5 192.0.2.1:9150"},
    {"Tor Browser with WebRTC", true, PREF("media.peerconnection.enabled", "true"), NULL,
        "tor|SOCKS5 127.0.0.1:9150|proxy|0|all|media.peerconnection.enabled|"},
};

static void test_firefox_rest(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rest_cases) / sizeof(rest_cases[0]); i++) {
        const struct rest_case *row = &rest_cases[i];
        struct firefox_prefs prefs;
        struct browser_settings settings;
        char came[400];
        firefox_prefs_init(&prefs, row->tor);
        assert_null(firefox_prefs_read(&prefs, row->prefs, strlen(row->prefs)));
        if (row->policies)
            assert_null(firefox_policies_read(&prefs, row->policies, strlen(row->policies)));
        firefox_settings(&prefs, &settings);
        describe_rest(&settings, came, sizeof(came));
        if (strcmp(came, row->came) != 0)
            fail_msg("%s: %s, not %s", row->situation, came, row->came);
    }
}

#define FIXED(server) "{\"proxy\":{\"mode\":\"fixed_servers\",\"server\":\"" server "\"}}"

static const struct preferences_case {
    const char *situation, *preferences, *policies, *came;
} preferences_cases[] = {
    {"nothing", "{}", NULL, "automatic||-|0|all||"},
    {"Tor's port", FIXED("socks5://127.0.0.1:9050"), NULL,
        "tor|SOCKS5 127.0.0.1:9050|proxy|0|all||"},
    {"Tor's port, IPv6", FIXED("socks5://[::1]:9150/"), NULL, "tor|SOCKS5 ::1:9150|proxy|0|all||"},
    {"SOCKS4", FIXED("socks4://127.0.0.1:9050"), NULL,
        "automatic|SOCKS4 127.0.0.1:9050|local|0|all||"},
    {"HTTP", FIXED("me:secret@p.example:8080"), NULL,
        "automatic|HTTP p.example:8080|proxy|0|all||"},
    {"several", FIXED("http=a:1;socks=b:2"), NULL, "automatic|several|unsure|0|all||"},
    {"a script", "{\"proxy\":{\"mode\":\"pac_script\"}}", NULL,
        "automatic|as a script says (PAC)|unsure|0|all||"},
    {"the system's", "{\"proxy\":{\"mode\":\"system\"}}", NULL, "automatic||-|0|all||"},
    {"unheard-of", "{\"proxy\":{\"mode\":\"maybe\"}}", NULL,
        "!has a proxy that is not as it is known"},
    {"no object", "{\"proxy\":[]}", NULL, "!has a proxy that is not as it is known"},
    {"half-written", "{\"proxy\":", NULL, "!is no JSON, or half-written"},
    {"WebRTC", "{\"webrtc\":{\"ip_handling_policy\":\"disable_non_proxied_udp\"}}", NULL,
        "automatic||-|0|proxied|webrtc.ip_handling_policy|"},
    {"WebRTC's default said", "{\"webrtc\":{\"ip_handling_policy\":\"default\"}}", NULL,
        "automatic||-|0|all|webrtc.ip_handling_policy|"},
    {"by policies", "{}",
        "{\"ProxyMode\":\"fixed_servers\",\"ProxyServer\":\"socks5://localhost:9050\","
        "\"WebRtcIPHandling\":\"default_public_interface_only\",\"ProxyBypassList\":\"a,b\"}",
        "tor|SOCKS5 localhost:9050|proxy|2|public|policy WebRtcIPHandling|"},
    {"by one policy", "{}",
        "{\"ProxySettings\":{\"ProxyMode\":\"fixed_servers\",\"ProxyServer\":\"p.example:1\"}}",
        "off|HTTP p.example:1|proxy|0|all||"},
    {"another policy beside Tor", FIXED("socks5://127.0.0.1:9050"), "{\"X\":1}",
        "tor|SOCKS5 127.0.0.1:9050|proxy|0|all||"},
    {"none by policy beside Tor", FIXED("socks5://127.0.0.1:9050"), "{\"ProxyMode\":\"direct\"}",
        "off||-|0|all||"},
};

static void test_chromium_rest(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(preferences_cases) / sizeof(preferences_cases[0]); i++) {
        const struct preferences_case *row = &preferences_cases[i];
        struct browser_settings settings;
        struct chromium_policies policies = {0};
        char came[400];
        chromium_settings("{}", 2, &settings);
        const char *trouble =
            chromium_preferences(row->preferences, strlen(row->preferences), &settings);
        if (row->policies)
            assert_null(chromium_policies_read(&policies, row->policies, strlen(row->policies)));
        chromium_policies_apply(&policies, &settings);
        if (trouble)
            text_format(came, sizeof(came), "!%s", trouble);
        else
            describe_rest(&settings, came, sizeof(came));
        if (strcmp(came, row->came) != 0)
            fail_msg("%s: %s, not %s", row->situation, came, row->came);
    }
}

static void found(void *context, const char *folder)
{
    char *out = context;
    size_t used = strlen(out);
    text_format(out + used, 100 - used, "%s;", folder);
}

static void test_chromium_profiles(void **state)
{
    (void)state;
    static const char text[] = "{\"profile\":{\"info_cache\":{\"Default\":{},\"Profile 1\":{},"
                               "\"..\":{},\"a/b\":{},\"\":{}}}}";
    char came[100] = "";
    assert_int_equal(chromium_profiles(text, strlen(text), found, came), 2);
    assert_string_equal(came, "Default;Profile 1;");
    assert_int_equal(chromium_profiles("[]", 2, found, came), 0);
    assert_int_equal(chromium_profiles("{", 1, found, came), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_firefox),
        cmocka_unit_test(test_firefox_cut),
        cmocka_unit_test(test_firefox_other_encodings),
        cmocka_unit_test(test_firefox_policies),
        cmocka_unit_test(test_firefox_rest),
        cmocka_unit_test(test_chromium),
        cmocka_unit_test(test_chromium_rest),
        cmocka_unit_test(test_chromium_profiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
