/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/http.h"

#include <string.h>
#include <strings.h>

#include "base/name.h"

struct span {
    const uint8_t *at;
    size_t length;
};

static const char *const methods[] = {
    "GET ", "POST ", "HEAD ", "PUT ", "OPTIONS ", "DELETE ", "PATCH ", "CONNECT "};

static bool begins(struct span text, const char *with)
{
    size_t length = strlen(with);
    return text.length >= length && strncasecmp((const char *)text.at, with, length) == 0;
}

static struct span skip(struct span text, size_t octets)
{
    return (struct span){text.at + octets, text.length - octets};
}

/* Up to the first of these octets, or all of it. */
static struct span until(struct span text, const char *ends)
{
    size_t length = 0;
    while (length < text.length && !(text.at[length] && strchr(ends, text.at[length])))
        length++;
    return (struct span){text.at, length};
}

/* The next line without its end; false where no line ends in here. */
static bool next_line(struct span *rest, struct span *line)
{
    const uint8_t *end = memchr(rest->at, '\n', rest->length);
    if (!end)
        return false;
    *line = (struct span){rest->at, (size_t)(end - rest->at)};
    *rest = skip(*rest, line->length + 1);
    if (line->length > 0 && line->at[line->length - 1] == '\r')
        line->length--;
    return true;
}

/* "user@host:port" and "[2001:db8::1]:port" lose all but the host. */
static struct span host_of(struct span authority)
{
    const uint8_t *user = memchr(authority.at, '@', authority.length);
    if (user)
        authority = skip(authority, (size_t)(user - authority.at) + 1);
    if (authority.length > 0 && authority.at[0] == '[') {
        struct span address = until(authority, "]");
        address.length += address.length < authority.length;
        return address;
    }
    return until(authority, ": \t");
}

/* A GET of a certificate's status is one word of base64, with escapes, behind the last slash. */
static bool is_status_target(struct span target, struct span host)
{
    enum { LEAST = 60 };
    size_t word = 0;
    for (size_t i = 0; i < target.length; i++) {
        uint8_t octet = target.at[i];
        bool base64 = (octet >= '0' && octet <= '9') || (octet >= 'A' && octet <= 'Z') ||
                      (octet >= 'a' && octet <= 'z') || octet == '%' || octet == '+' ||
                      octet == '=';
        if (octet == '/')
            word = word >= LEAST ? word : 0;
        else if (!base64)
            return false;
        else
            word++;
    }
    return word >= LEAST && begins(host, "ocsp");
}

bool http_read(const struct cursor *payload, struct fact *fact)
{
    struct span rest = {payload->at, cursor_left(payload)}, line, target = {0}, host = {0};
    bool status = false;
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]) && !target.at; i++)
        if (rest.length > 4 && memcmp(rest.at, methods[i], 3) == 0 && begins(rest, methods[i]) &&
            next_line(&rest, &line))
            target = skip(line, strlen(methods[i]));
    if (!target.at)
        return false;
    struct span path = until(target, " ");
    if (path.length == target.length || !begins(skip(target, path.length), " HTTP/1."))
        return false;
    if (begins(path, "http://"))
        host = host_of(until(skip(path, strlen("http://")), "/?#"));
    else if (path.length > 0 && path.at[0] != '/' && path.at[0] != '*')
        host = host_of(path);
    while (next_line(&rest, &line) && line.length > 0) {
        if (!host.at && begins(line, "host:")) {
            struct span value = skip(line, strlen("host:"));
            while (value.length > 0 && (value.at[0] == ' ' || value.at[0] == '\t'))
                value = skip(value, 1);
            host = host_of(value);
        } else if (begins(line, "content-type: application/ocsp-request")) {
            status = true;
        }
    }
    if (!host.at)
        return false;
    fact->name_length = (uint8_t)name_of_host(host.at, host.length, fact->name);
    if (fact->name_length == 0)
        return false;
    if (status || is_status_target(path, host))
        fact->flags |= FACT_STATUS;
    fact->kind = FACT_HTTP;
    return true;
}
