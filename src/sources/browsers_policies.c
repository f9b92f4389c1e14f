/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/browsers_parse.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* An administrator's policies for Firefox's family: policies.json. */

struct policies {
    struct firefox_prefs *prefs;
    const char *trouble; /* the first */
};

/* Sets it where the policy is locked, or nobody else did; trouble where the value is none for it.
 */
static void set_value(
    struct policies *policies, enum firefox_pref pref, const json_t *value, bool locked)
{
    struct firefox_prefs *prefs = policies->prefs;
    const char *trouble = NULL;
    if (!value || (!locked && prefs->values[pref].set))
        return;
    if (json_is_integer(value))
        trouble = firefox_pref_number(prefs, pref, (long)json_integer_value(value));
    else if (json_is_boolean(value))
        trouble = firefox_pref_boolean(prefs, pref, json_is_true(value));
    else if (json_is_string(value))
        trouble = firefox_pref_text(
            prefs, pref, json_string_value(value), json_string_length(value), false);
    else
        trouble = "has a policy that is not as it is known";
    if (trouble && !policies->trouble)
        policies->trouble = trouble;
    if (!trouble && locked)
        prefs->values[pref].locked = true;
    prefs->mode_by_policy |= pref == PREF_TRR_MODE;
    prefs->webrtc_by_policy |= pref >= PREF_WEBRTC;
}

static void set_number(struct policies *policies, enum firefox_pref pref, long number, bool locked)
{
    json_t *value = json_integer(number);
    set_value(policies, pref, value, locked);
    json_decref(value);
}

static bool is_of(const json_t *value, bool right)
{
    return !value || right;
}

/* An array of domains, as the one text that the setting has. */
static void set_domains(struct policies *policies, const json_t *domains, bool locked)
{
    char text[PREF_TEXT] = "";
    struct firefox_value *value = &policies->prefs->values[PREF_EXCLUDED];
    size_t count = json_array_size(domains);
    bool cut = false;
    if (!domains || (!locked && value->set))
        return;
    for (size_t i = 0; i < count; i++) {
        const char *domain = json_string_value(json_array_get(domains, i));
        size_t used = strlen(text), length = domain ? strlen(domain) : 0;
        cut |= used + length + 2 > sizeof(text);
        if (domain && used + length + 2 <= sizeof(text))
            text_format(text + used, sizeof(text) - used, "%s%s", used ? "," : "", domain);
    }
    (void)firefox_pref_text(policies->prefs, PREF_EXCLUDED, text, strlen(text), cut);
    value->items = (unsigned)count;
    value->locked |= locked;
}

static void apply_doh(struct policies *policies, const json_t *policy)
{
    const json_t *enabled = json_object_get(policy, "Enabled");
    const json_t *locked = json_object_get(policy, "Locked");
    const json_t *fallback = json_object_get(policy, "Fallback");
    const json_t *server = json_object_get(policy, "ProviderURL");
    const json_t *excluded = json_object_get(policy, "ExcludedDomains");
    bool wins = json_is_true(locked);
    if (!json_is_object(policy) || !is_of(enabled, json_is_boolean(enabled)) ||
        !is_of(locked, json_is_boolean(locked)) || !is_of(fallback, json_is_boolean(fallback)) ||
        !is_of(server, json_is_string(server)) || !is_of(excluded, json_is_array(excluded))) {
        policies->trouble = "has a DNSOverHTTPS that is not as it is known";
        return;
    }
    if (enabled)
        set_number(policies, PREF_TRR_MODE,
            !json_is_true(enabled)    ? 5
            : json_is_false(fallback) ? 3
                                      : 2,
            wins);
    set_value(policies, PREF_TRR_URI, server, wins);
    set_domains(policies, excluded, wins);
}

/* "host:port" */
static void set_server(struct policies *policies, const json_t *server, enum firefox_pref host,
    enum firefox_pref port, bool locked)
{
    const char *text = json_string_value(server);
    const char *colon = text ? strrchr(text, ':') : NULL;
    if (!server)
        return;
    if (!colon) {
        policies->trouble = "has a Proxy that is not as it is known";
        return;
    }
    json_t *name = json_stringn(text, (size_t)(colon - text));
    set_value(policies, host, name, locked);
    json_decref(name);
    set_number(policies, port, strtol(colon + 1, NULL, 10), locked);
}

static void apply_proxy(struct policies *policies, const json_t *policy)
{
    static const struct {
        const char *word;
        int type;
    } modes[] = {{"none", 0}, {"manual", 1}, {"autoConfig", 2}, {"autoDetect", 4}, {"system", 5}};
    const char *mode = json_string_value(json_object_get(policy, "Mode"));
    const json_t *http = json_object_get(policy, "HTTPProxy");
    bool locked = json_is_true(json_object_get(policy, "Locked"));
    for (size_t i = 0; mode && i < sizeof(modes) / sizeof(modes[0]); i++)
        if (strcmp(mode, modes[i].word) == 0)
            set_number(policies, PREF_PROXY_TYPE, modes[i].type, locked);
    set_server(policies, http, PREF_HTTP_PROXY, PREF_HTTP_PROXY_PORT, locked);
    set_server(policies,
        json_is_true(json_object_get(policy, "UseHTTPProxyForAllProtocols"))
            ? http
            : json_object_get(policy, "SSLProxy"),
        PREF_TLS_PROXY, PREF_TLS_PROXY_PORT, locked);
    set_server(
        policies, json_object_get(policy, "SOCKSProxy"), PREF_SOCKS, PREF_SOCKS_PORT, locked);
    set_value(policies, PREF_SOCKS_VERSION, json_object_get(policy, "SOCKSVersion"), locked);
    set_value(policies, PREF_SOCKS4_NAMES, json_object_get(policy, "UseProxyForDNS"), locked);
    set_value(policies, PREF_SOCKS5_NAMES, json_object_get(policy, "UseProxyForDNS"), locked);
    set_value(policies, PREF_DIRECT, json_object_get(policy, "Passthrough"), locked);
}

/* Settings by their names: a value, or {Value, Status}. */
static void apply_preferences(struct policies *policies, json_t *list)
{
    const char *name;
    json_t *entry;
    json_object_foreach(list, name, entry)
    {
        enum firefox_pref pref = firefox_pref_named(name);
        const json_t *value = json_is_object(entry) ? json_object_get(entry, "Value") : entry;
        const char *status = json_string_value(json_object_get(entry, "Status"));
        if (pref != PREF_COUNT)
            set_value(policies, pref, value,
                !json_is_object(entry) || (status && strcmp(status, "locked") == 0));
    }
}

const char *firefox_policies_read(struct firefox_prefs *prefs, const char *text, size_t length)
{
    struct policies policies = {.prefs = prefs};
    json_t *file = json_loadb(text, length, 0, NULL);
    const json_t *list = json_object_get(file, "policies");
    const json_t *doh = json_object_get(list, "DNSOverHTTPS");
    if (!json_is_object(file))
        policies.trouble = "is no JSON, or half-written";
    else if (list && !json_is_object(list))
        policies.trouble = "is no list of policies";
    if (!policies.trouble && doh)
        apply_doh(&policies, doh);
    if (!policies.trouble) {
        apply_proxy(&policies, json_object_get(list, "Proxy"));
        apply_preferences(&policies, json_object_get(list, "Preferences"));
    }
    if (json_object_size(list) > 0)
        prefs->values[PREF_ROLLOUT_MODE].set = false;
    json_decref(file);
    return policies.trouble;
}
