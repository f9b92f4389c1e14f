/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/publicip_parse.h"

#include <jansson.h>
#include <string.h>

/* Longest key of a row's path, with NUL. */
#define KEY_MAX 32

/* The value at path ("/geo/asn") in root, NULL where there is none. Borrowed from root. */
static const json_t *json_at(const json_t *root, const char *path)
{
    const json_t *value = path[0] == '/' ? root : NULL;
    while (value && path[0] == '/') {
        size_t length = strcspn(path + 1, "/");
        char key[KEY_MAX];
        if (length >= sizeof key)
            return NULL;
        memcpy(key, path + 1, length);
        key[length] = '\0';
        value = json_object_get(value, key);
        path += 1 + length;
    }
    return value;
}

static void read_json_operator(struct claim_network *network, const json_t *value)
{
    if (json_is_string(value)) {
        claim_operator(network, json_string_value(value), json_string_length(value));
    } else if (json_is_integer(value)) {
        json_int_t number = json_integer_value(value);
        if (number > 0 && number < UINT32_MAX)
            network->asn = number;
    }
}

static bool read_json(const struct publicip_service *service, const char *body, size_t length,
    struct publicip_said *said, const char **why)
{
    bool found = false;
    /* Two values for one key would leave it to chance which of them counts. The library itself
     * bounds nesting, and refuses NUL within strings. */
    json_t *root = json_loadb(body, length, JSON_REJECT_DUPLICATES, NULL);
    const json_t *address = json_at(root, service->address);
    if (!json_is_object(root)) {
        *why = "the answer is no JSON object";
    } else if (!json_is_string(address)) {
        *why = "the answer names no address";
    } else if (!claim_address(
                   json_string_value(address), json_string_length(address), &said->address)) {
        *why = "what the answer names is no address";
    } else {
        found = true;
        read_json_operator(&said->network, json_at(root, service->asn));
        read_json_operator(&said->network, json_at(root, service->network));
        const json_t *country = json_at(root, service->country);
        if (json_is_string(country))
            claim_country(&said->network, json_string_value(country), json_string_length(country));
        const json_t *statement = json_at(root, service->statement);
        if (json_is_boolean(statement))
            said->using = json_is_true(statement) ? TERNARY_YES : TERNARY_NO;
    }
    json_decref(root);
    return found;
}

/* The value of the first line "key=value". False where there is none. */
static bool line_of(
    const char *body, size_t length, const char *key, const char **value, size_t *value_length)
{
    size_t key_length = strlen(key);
    while (key_length > 0 && length > 0) {
        const char *end = memchr(body, '\n', length);
        size_t line = end ? (size_t)(end - body) : length;
        if (line > key_length && memcmp(body, key, key_length) == 0 && body[key_length] == '=') {
            *value = body + key_length + 1;
            *value_length = line - key_length - 1;
            return true;
        }
        size_t taken = line < length ? line + 1 : line;
        body += taken;
        length -= taken;
    }
    return false;
}

static bool word_is(const char *value, size_t length, const char *word)
{
    return length == strlen(word) && memcmp(value, word, length) == 0;
}

static bool read_lines(const struct publicip_service *service, const char *body, size_t length,
    struct publicip_said *said, const char **why)
{
    const char *value;
    size_t value_length;
    if (!line_of(body, length, service->address, &value, &value_length)) {
        *why = "the answer names no address";
        return false;
    }
    if (!claim_address(value, value_length, &said->address)) {
        *why = "what the answer names is no address";
        return false;
    }
    if (line_of(body, length, service->country, &value, &value_length))
        claim_country(&said->network, value, value_length);
    if (line_of(body, length, service->statement, &value, &value_length))
        said->using = word_is(value, value_length, "off") ? TERNARY_NO
                      : word_is(value, value_length, "on") || word_is(value, value_length, "plus")
                          ? TERNARY_YES
                          : TERNARY_UNKNOWN;
    return true;
}

static bool read_body(const struct publicip_service *service, const char *body, size_t length,
    struct publicip_said *said, const char **why)
{
    switch (service->form) {
    case PUBLICIP_TEXT:
        if (claim_address(body, length, &said->address))
            return true;
        *why = "the answer is no address";
        return false;
    case PUBLICIP_JSON:
        return read_json(service, body, length, said, why);
    case PUBLICIP_LINES:
        return read_lines(service, body, length, said, why);
    case PUBLICIP_FORMS:
        break;
    }
    *why = "a form that is not known";
    return false;
}

/* What a browser would show: of a network that wants a sign-in first, or of somebody in between. */
static bool is_page(const char *body, size_t length)
{
    static const char mark[] = "\xef\xbb\xbf"; /* UTF-8's byte order mark */
    if (length >= sizeof mark - 1 && memcmp(body, mark, sizeof mark - 1) == 0) {
        body += sizeof mark - 1;
        length -= sizeof mark - 1;
    }
    while (length > 0 && strchr(" \t\r\n", body[0]) && body[0] != '\0') {
        body++;
        length--;
    }
    return length > 0 && body[0] == '<';
}

bool publicip_parse(const struct publicip_service *service, enum address_family family,
    const char *body, size_t length, struct publicip_said *said, const char **why)
{
    const char *reason = NULL;
    *said = (struct publicip_said){.network = claim_network_none};
    bool good = false;
    if (length == 0)
        reason = "empty answer";
    else if (length > PUBLICIP_BODY_MAX)
        reason = "the answer is too long";
    else if (is_page(body, length))
        reason = "a web page instead of an address";
    else
        good = read_body(service, body, length, said, &reason);
    if (good && said->address.family != family) {
        /* Something between us and the service speaks the other protocol to it. */
        reason = "the answer names an address of the other family";
        good = false;
    } else if (good && claim_private(&said->address)) {
        reason = "the answer names a private address";
        good = false;
    }
    if (!good)
        *said = (struct publicip_said){.network = claim_network_none};
    if (why)
        *why = good ? "" : reason;
    return good;
}
