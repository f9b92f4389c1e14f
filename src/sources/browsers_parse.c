/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/browsers_parse.h"

#include <ctype.h>
#include <jansson.h>
#include <limits.h>
#include <string.h>

#include "base/text.h"

/* ---- Firefox: user_pref("name", value); ---- */

struct lexer {
    const char *at, *end;
    const char *trouble; /* NULL: none yet */
};

struct value {
    enum { VALUE_BOOLEAN, VALUE_NUMBER, VALUE_STRING } kind;
    long number;
    char text[256];
    unsigned items; /* of a string with commas: pieces that are not empty */
    bool cut;       /* the string is longer than text holds */
};

static void fail(struct lexer *lexer, const char *trouble)
{
    if (!lexer->trouble)
        lexer->trouble = trouble;
}

static bool at_word(const struct lexer *lexer, const char *word)
{
    size_t length = strlen(word);
    return (size_t)(lexer->end - lexer->at) >= length && memcmp(lexer->at, word, length) == 0;
}

static void skip_space(struct lexer *lexer)
{
    while (lexer->at < lexer->end) {
        if (isspace((unsigned char)*lexer->at)) {
            lexer->at++;
        } else if (*lexer->at == '#' || at_word(lexer, "//")) {
            while (lexer->at < lexer->end && *lexer->at != '\n')
                lexer->at++;
        } else if (at_word(lexer, "/*")) {
            lexer->at += 2;
            while (lexer->at < lexer->end && !at_word(lexer, "*/"))
                lexer->at++;
            if (lexer->at == lexer->end)
                fail(lexer, "ends within a comment");
            else
                lexer->at += 2;
        } else {
            return;
        }
    }
}

static void expect(struct lexer *lexer, char wanted)
{
    skip_space(lexer);
    if (lexer->at == lexer->end)
        fail(lexer, "is half-written");
    else if (*lexer->at++ != wanted)
        fail(lexer, "is no list of settings");
}

/* The octet or character behind a backslash; what is no ASCII stands as a question mark, since no
 * setting that counts has any. */
static char unescape(struct lexer *lexer)
{
    char kind = *lexer->at++;
    size_t digits = kind == 'x' ? 2 : kind == 'u' ? 4 : 0;
    unsigned code = 0;
    if (kind == 'n' || kind == 'r')
        return kind == 'n' ? '\n' : '\r';
    if (digits == 0)
        return kind;
    for (size_t i = 0; i < digits; i++) {
        if (lexer->at == lexer->end || !isxdigit((unsigned char)*lexer->at)) {
            fail(lexer, "has a damaged string");
            return '?';
        }
        char digit = *lexer->at++;
        code = code * 16 +
               (unsigned)(isdigit((unsigned char)digit) ? digit - '0' : (digit | 32) - 'a' + 10);
    }
    return (char)(code > 0 && code < 128 ? code : '?');
}

static void read_string(struct lexer *lexer, struct value *value)
{
    size_t length = 0;
    bool inside = false;
    char quote = *lexer->at++;
    value->kind = VALUE_STRING;
    while (lexer->at < lexer->end && *lexer->at != quote && !lexer->trouble) {
        char next = *lexer->at++;
        if (next == '\\' && lexer->at < lexer->end)
            next = unescape(lexer);
        if (length + 1 < sizeof(value->text))
            value->text[length++] = next;
        else
            value->cut = true;
        bool part = next != ',' && next != ' ';
        value->items += part && !inside;
        inside = part || (inside && next != ',');
    }
    value->text[length] = '\0';
    if (lexer->at == lexer->end)
        fail(lexer, "is half-written");
    else
        lexer->at++;
}

static void read_number(struct lexer *lexer, struct value *value)
{
    bool negative = *lexer->at == '-';
    value->kind = VALUE_NUMBER;
    if (*lexer->at == '-' || *lexer->at == '+')
        lexer->at++;
    if (lexer->at == lexer->end || !isdigit((unsigned char)*lexer->at)) {
        fail(lexer, lexer->at == lexer->end ? "is half-written" : "is no list of settings");
        return;
    }
    while (lexer->at < lexer->end && isdigit((unsigned char)*lexer->at)) {
        value->number = value->number * 10 + (*lexer->at++ - '0');
        if (value->number > INT_MAX) {
            fail(lexer, "has a number that is too large");
            return;
        }
    }
    if (negative)
        value->number = -value->number;
}

static void read_value(struct lexer *lexer, struct value *value)
{
    skip_space(lexer);
    memset(value, 0, sizeof(*value));
    if (lexer->at == lexer->end) {
        fail(lexer, "is half-written");
    } else if (*lexer->at == '"' || *lexer->at == '\'') {
        read_string(lexer, value);
    } else if (at_word(lexer, "true") || at_word(lexer, "false")) {
        value->number = *lexer->at == 't';
        lexer->at += value->number ? 4 : 5;
    } else {
        read_number(lexer, value);
    }
}

static void keep_number(struct lexer *lexer, const struct value *value, int *kept)
{
    if (value->kind == VALUE_NUMBER && value->number >= 0)
        *kept = (int)value->number;
    else
        fail(lexer, "has a mode that is no number");
}

static void keep_text(struct lexer *lexer, const struct value *value, char kept[static 256])
{
    if (value->kind == VALUE_STRING && !value->cut)
        memcpy(kept, value->text, sizeof(value->text));
    else
        fail(lexer, "has a server that is no address");
}

static void keep(
    struct lexer *lexer, struct firefox_prefs *prefs, const char *name, const struct value *value)
{
    if (strcmp(name, "network.trr.mode") == 0)
        keep_number(lexer, value, &prefs->trr_mode);
    else if (strcmp(name, "doh-rollout.mode") == 0)
        keep_number(lexer, value, &prefs->rollout_mode);
    else if (strcmp(name, "network.trr.uri") == 0)
        keep_text(lexer, value, prefs->uri);
    else if (strcmp(name, "doh-rollout.uri") == 0)
        keep_text(lexer, value, prefs->rollout_uri);
    else if (strcmp(name, "network.trr.default_provider_uri") == 0)
        keep_text(lexer, value, prefs->default_uri);
    else if (strcmp(name, "network.trr.excluded-domains") == 0)
        prefs->exclusions = value->items;
}

void firefox_prefs_init(struct firefox_prefs *prefs)
{
    memset(prefs, 0, sizeof(*prefs));
    prefs->trr_mode = prefs->rollout_mode = -1;
}

const char *firefox_prefs_read(struct firefox_prefs *prefs, const char *text, size_t length)
{
    struct lexer lexer = {.at = text, .end = text + length};
    if (length > 0 && memchr(text, '\0', length))
        return "is no text";
    skip_space(&lexer);
    while (lexer.at < lexer.end && !lexer.trouble) {
        struct value name, value;
        if (!at_word(&lexer, "user_pref"))
            return lexer.end - lexer.at < 9 &&
                           memcmp(lexer.at, "user_pref", (size_t)(lexer.end - lexer.at)) == 0
                       ? "is half-written"
                       : "is no list of settings";
        lexer.at += strlen("user_pref");
        expect(&lexer, '(');
        read_value(&lexer, &name);
        expect(&lexer, ',');
        read_value(&lexer, &value);
        expect(&lexer, ')');
        expect(&lexer, ';');
        if (!lexer.trouble && name.kind != VALUE_STRING)
            fail(&lexer, "is no list of settings");
        if (!lexer.trouble)
            keep(&lexer, prefs, name.text, &value);
        skip_space(&lexer);
    }
    return lexer.trouble;
}

/* ---- Firefox's policies ---- */

static bool is_of(const json_t *value, bool right)
{
    return !value || right;
}

static const char *apply_policy(struct firefox_prefs *prefs, const json_t *policy)
{
    const json_t *enabled = json_object_get(policy, "Enabled");
    const json_t *locked = json_object_get(policy, "Locked");
    const json_t *fallback = json_object_get(policy, "Fallback");
    const json_t *server = json_object_get(policy, "ProviderURL");
    const json_t *excluded = json_object_get(policy, "ExcludedDomains");
    if (!json_is_object(policy) || !is_of(enabled, json_is_boolean(enabled)) ||
        !is_of(locked, json_is_boolean(locked)) || !is_of(fallback, json_is_boolean(fallback)) ||
        !is_of(server, json_is_string(server) && json_string_length(server) < sizeof(prefs->uri)) ||
        !is_of(excluded, json_is_array(excluded)))
        return "has a DNSOverHTTPS that is not as it is known";
    bool wins = json_is_true(locked);
    if (enabled && (wins || prefs->trr_mode < 0)) {
        prefs->trr_mode = !json_is_true(enabled) ? 5 : json_is_false(fallback) ? 3 : 2;
        prefs->by_policy = true;
    }
    if (server && (wins || !prefs->uri[0]))
        text_format(prefs->uri, sizeof(prefs->uri), "%s", json_string_value(server));
    if (excluded && (wins || prefs->exclusions == 0))
        prefs->exclusions = (unsigned)json_array_size(excluded);
    return NULL;
}

const char *firefox_policies_read(struct firefox_prefs *prefs, const char *text, size_t length)
{
    json_t *file = json_loadb(text, length, 0, NULL);
    const json_t *policies = json_object_get(file, "policies");
    const json_t *doh = json_object_get(policies, "DNSOverHTTPS");
    const char *trouble = NULL;
    if (!json_is_object(file))
        trouble = "is no JSON, or half-written";
    else if (policies && !json_is_object(policies))
        trouble = "is no list of policies";
    else if (doh)
        trouble = apply_policy(prefs, doh);
    if (json_object_size(policies) > 0)
        prefs->rollout_mode = -1;
    json_decref(file);
    return trouble;
}

/* ---- what it comes to ---- */

/* "https://host:443/path{?dns}" -> host, escaped; "" where it is none. */
static void host_of(const char *uri, char *out, size_t size)
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

void firefox_settings(const struct firefox_prefs *prefs, struct browser_settings *settings)
{
    bool chosen = prefs->trr_mode >= 0;
    int mode = chosen ? prefs->trr_mode : prefs->rollout_mode;
    memset(settings, 0, sizeof(*settings));
    settings->exclusions = prefs->exclusions;
    if (prefs->by_policy)
        text_format(settings->source, sizeof(settings->source), "policy DNSOverHTTPS");
    else if (chosen || mode >= 0)
        text_format(settings->source, sizeof(settings->source), "%s = %d",
            chosen ? "network.trr.mode" : "doh-rollout.mode", mode);
    if (mode == 2 || mode == 3) {
        const char *uri = prefs->uri[0]           ? prefs->uri
                          : prefs->rollout_uri[0] ? prefs->rollout_uri
                                                  : prefs->default_uri;
        settings->mode = mode == 2 ? BROWSER_AUTOMATIC : BROWSER_SECURE;
        host_of(uri, settings->provider, sizeof(settings->provider));
    } else if (mode <= 0 || mode == 5) {
        settings->mode = BROWSER_OFF;
    } else {
        text_format(settings->trouble, sizeof(settings->trouble), "mode %d has no meaning", mode);
    }
}

/* ---- Chromium ---- */

static enum browser_mode mode_of(const char *word)
{
    static const struct {
        const char *word;
        enum browser_mode mode;
    } modes[] = {
        {"off", BROWSER_OFF}, {"automatic", BROWSER_AUTOMATIC}, {"secure", BROWSER_SECURE}};
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
        if (strcmp(word, modes[i].word) == 0)
            return modes[i].mode;
    return BROWSER_UNKNOWN;
}

/* Several servers, with blanks between them, have no one name. */
static void set_server(struct browser_settings *settings, const char *templates)
{
    settings->provider[0] = '\0';
    if (settings->mode > BROWSER_OFF && !strchr(templates, ' '))
        host_of(templates, settings->provider, sizeof(settings->provider));
}

void chromium_settings(const char *text, size_t length, struct browser_settings *settings)
{
    memset(settings, 0, sizeof(*settings));
    json_t *state = json_loadb(text, length, 0, NULL);
    if (!json_is_object(state)) {
        text_format(settings->trouble, sizeof(settings->trouble), "is no JSON, or half-written");
        json_decref(state);
        return;
    }
    const json_t *doh = json_object_get(state, "dns_over_https");
    const json_t *mode = json_object_get(doh, "mode");
    const json_t *templates = json_object_get(doh, "templates");
    const char *word = json_string_value(mode);
    if ((doh && !json_is_object(doh)) || (mode && !word) ||
        (templates && !json_is_string(templates))) {
        text_format(
            settings->trouble, sizeof(settings->trouble), "dns_over_https is not as it is known");
    } else if (!mode) {
        settings->mode = BROWSER_AUTOMATIC;
    } else {
        settings->mode = mode_of(word);
        if (settings->mode == BROWSER_UNKNOWN)
            text_format(settings->trouble, sizeof(settings->trouble),
                "dns_over_https.mode has no known value");
        else
            text_format(
                settings->source, sizeof(settings->source), "dns_over_https.mode = %s", word);
    }
    if (json_is_string(templates))
        set_server(settings, json_string_value(templates));
    json_decref(state);
}

/* Keeps a policy's text; false where it is none, too long, or another than before. */
static bool keep_policy(const json_t *value, char *kept, size_t size)
{
    const char *text = json_string_value(value);
    if (!value)
        return true;
    if (!text || strlen(text) >= size || (kept[0] && strcmp(kept, text) != 0))
        return false;
    text_format(kept, size, "%s", text);
    return true;
}

const char *chromium_policies_read(
    struct chromium_policies *policies, const char *text, size_t length)
{
    json_t *file = json_loadb(text, length, 0, NULL);
    const char *trouble = NULL;
    if (!json_is_object(file))
        trouble = "is no JSON, or half-written";
    else if (!keep_policy(json_object_get(file, "DnsOverHttpsMode"), policies->mode,
                 sizeof(policies->mode)) ||
             !keep_policy(json_object_get(file, "DnsOverHttpsTemplates"), policies->templates,
                 sizeof(policies->templates)))
        trouble = "is not as it is known, or contradicts another";
    policies->any |= json_object_size(file) > 0;
    json_decref(file);
    return trouble;
}

void chromium_policies_apply(
    const struct chromium_policies *policies, struct browser_settings *settings)
{
    if (!policies->any)
        return;
    memset(settings, 0, sizeof(*settings));
    settings->mode = policies->mode[0] ? mode_of(policies->mode) : BROWSER_OFF;
    text_format(settings->source, sizeof(settings->source), "%s",
        policies->mode[0] ? "policy DnsOverHttpsMode" : "policies that leave it open");
    if (settings->mode == BROWSER_UNKNOWN)
        text_format(settings->trouble, sizeof(settings->trouble),
            "policy DnsOverHttpsMode has no known value");
    set_server(settings, policies->templates);
}
