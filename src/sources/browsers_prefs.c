/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/browsers_parse.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>

#include "sources/jsonpart.h"

/* ---- Firefox: user_pref("name", value); ---- */

struct lexer {
    const char *at, *end;
    const char *trouble; /* NULL: none yet */
};

struct value {
    enum { VALUE_BOOLEAN, VALUE_NUMBER, VALUE_STRING } kind;
    long number;
    char text[PREF_TEXT];
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

/* ---- the settings that count ---- */

enum kind { NUMBER, BOOLEAN, TEXT, LIST };

static const struct {
    const char *name;
    enum kind kind;
} rows[PREF_COUNT] = {
    [PREF_TRR_MODE] = {"network.trr.mode", NUMBER},
    [PREF_ROLLOUT_MODE] = {"doh-rollout.mode", NUMBER},
    [PREF_TRR_URI] = {"network.trr.uri", TEXT},
    [PREF_ROLLOUT_URI] = {"doh-rollout.uri", TEXT},
    [PREF_DEFAULT_URI] = {"network.trr.default_provider_uri", TEXT},
    [PREF_EXCLUDED] = {"network.trr.excluded-domains", LIST},
    [PREF_BUILTIN_EXCLUDED] = {"network.trr.builtin-excluded-domains", LIST},
    [PREF_PROXY_TYPE] = {"network.proxy.type", NUMBER},
    [PREF_SOCKS] = {"network.proxy.socks", TEXT},
    [PREF_SOCKS_PORT] = {"network.proxy.socks_port", NUMBER},
    [PREF_SOCKS_VERSION] = {"network.proxy.socks_version", NUMBER},
    [PREF_SOCKS4_NAMES] = {"network.proxy.socks_remote_dns", BOOLEAN},
    [PREF_SOCKS5_NAMES] = {"network.proxy.socks5_remote_dns", BOOLEAN},
    [PREF_TLS_PROXY] = {"network.proxy.ssl", TEXT},
    [PREF_TLS_PROXY_PORT] = {"network.proxy.ssl_port", NUMBER},
    [PREF_HTTP_PROXY] = {"network.proxy.http", TEXT},
    [PREF_HTTP_PROXY_PORT] = {"network.proxy.http_port", NUMBER},
    [PREF_FAILOVER] = {"network.proxy.failover_direct", BOOLEAN},
    [PREF_DIRECT] = {"network.proxy.no_proxies_on", LIST},
    [PREF_VERSION] = {"extensions.lastAppVersion", TEXT},
    [PREF_WEBRTC] = {"media.peerconnection.enabled", BOOLEAN},
    [PREF_ICE_PROXIED] = {"media.peerconnection.ice.proxy_only", BOOLEAN},
    [PREF_ICE_BEHIND_PROXY] = {"media.peerconnection.ice.proxy_only_if_behind_proxy", BOOLEAN},
    [PREF_ICE_ROUTE] = {"media.peerconnection.ice.default_address_only", BOOLEAN},
    [PREF_ICE_NO_HOST] = {"media.peerconnection.ice.no_host", BOOLEAN},
    [PREF_ICE_RELAYED] = {"media.peerconnection.ice.relay_only", BOOLEAN},
};

const char *firefox_pref_name(enum firefox_pref pref)
{
    return rows[pref].name;
}

enum firefox_pref firefox_pref_named(const char *name)
{
    /* Most of the thousands that a profile has are told apart by their first octets. */
    static const char *const begins[] = {"network.", "doh-", "media.p", "extensions.l"};
    enum firefox_pref pref = 0;
    size_t i = 0;
    while (i < 4 && strncmp(name, begins[i], strlen(begins[i])) != 0)
        i++;
    if (i == 4)
        return PREF_COUNT;
    while (pref < PREF_COUNT && strcmp(rows[pref].name, name) != 0)
        pref++;
    return pref;
}

const char *firefox_pref_number(struct firefox_prefs *prefs, enum firefox_pref pref, long number)
{
    struct firefox_value *value = &prefs->values[pref];
    if (rows[pref].kind != NUMBER || number < 0 || number > INT_MAX)
        return "has a setting of the wrong kind";
    if (!value->locked) {
        value->set = true;
        value->number = (int)number;
    }
    return NULL;
}

const char *firefox_pref_boolean(struct firefox_prefs *prefs, enum firefox_pref pref, bool value)
{
    if (rows[pref].kind != BOOLEAN)
        return "has a setting of the wrong kind";
    if (!prefs->values[pref].locked) {
        prefs->values[pref].set = true;
        prefs->values[pref].number = value;
    }
    return NULL;
}

const char *firefox_pref_text(
    struct firefox_prefs *prefs, enum firefox_pref pref, const char *text, size_t length, bool cut)
{
    struct firefox_value *value = &prefs->values[pref];
    if (rows[pref].kind != TEXT && rows[pref].kind != LIST)
        return "has a setting of the wrong kind";
    if (length >= sizeof(value->text)) {
        length = sizeof(value->text) - 1;
        cut = true;
    }
    if (cut && rows[pref].kind == TEXT)
        return "has a setting that is too long";
    if (value->locked)
        return NULL;
    value->set = true;
    value->cut = cut;
    memcpy(value->text, text, length);
    value->text[length] = '\0';
    value->items = browser_list_count(value->text);
    return NULL;
}

static void keep(
    struct lexer *lexer, struct firefox_prefs *prefs, const char *name, const struct value *value)
{
    enum firefox_pref pref = firefox_pref_named(name);
    const char *trouble = NULL;
    if (pref == PREF_COUNT)
        return;
    if (value->kind == VALUE_NUMBER)
        trouble = firefox_pref_number(prefs, pref, value->number);
    else if (value->kind == VALUE_BOOLEAN)
        trouble = firefox_pref_boolean(prefs, pref, value->number != 0);
    else
        trouble = firefox_pref_text(prefs, pref, value->text, strlen(value->text), value->cut);
    if (trouble)
        fail(lexer, trouble);
    else if (rows[pref].kind == LIST && value->cut)
        prefs->values[pref].items = value->items;
}

void firefox_prefs_init(struct firefox_prefs *prefs, bool tor)
{
    memset(prefs, 0, sizeof(*prefs));
    prefs->tor = tor;
}

const char *firefox_prefs_read(struct firefox_prefs *prefs, const char *text, size_t length)
{
    struct lexer lexer = {.at = text, .end = text + length};
    if (length > 0 && memchr(text, '\0', length))
        return "is no text";
    if (!utf8_valid(text, length)) /* none that the browser wrote */
        return "is no UTF-8";
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
