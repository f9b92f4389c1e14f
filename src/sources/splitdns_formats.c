/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/splitdns_formats.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/name.h"
#include "base/text.h"

/* Longer lines are left out. */
#define LINE_MAX_OCTETS 4096
#define BLANKS " \t\r\v\f"

/* ---- which domains count ---- */

static size_t labels_of(const uint8_t *wire, const uint8_t *labels[static 3], size_t length)
{
    size_t count = 0;
    for (size_t at = 0; at < length && wire[at] != 0; at += 1U + wire[at], count++) {
        labels[0] = labels[1];
        labels[1] = labels[2];
        labels[2] = wire + at;
    }
    return count;
}

static bool label_among(const uint8_t *label, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(list[i]) == label[0] &&
            strncasecmp((const char *)label + 1, list[i], label[0]) == 0)
            return true;
    return false;
}

/* An octet of an address in a reverse zone; -1: none. */
static int label_octet(const uint8_t *label)
{
    int value = 0;
    if (!label || label[0] < 1 || label[0] > 3)
        return -1;
    for (size_t i = 1; i <= label[0]; i++) {
        if (label[i] < '0' || label[i] > '9')
            return -1;
        value = value * 10 + label[i] - '0';
    }
    return value <= 255 ? value : -1;
}

/* The zone lies within that of private or link-local addresses. last: the labels at the end, in
 * their order, NULL where there are fewer; two of them are in-addr.arpa or ip6.arpa. */
static bool private_reverse(const uint8_t *wire, size_t length, bool ipv4)
{
    const uint8_t *last[5] = {NULL};
    for (size_t at = 0; at < length && wire[at] != 0; at += 1U + wire[at]) {
        memmove(last, last + 1, 4 * sizeof(*last));
        last[4] = wire + at;
    }
    if (ipv4) {
        int first = label_octet(last[2]), second = label_octet(last[1]);
        return first == 10 || (first == 192 && second == 168) || (first == 169 && second == 254) ||
               (first == 172 && second >= 16 && second <= 31) ||
               (first == 100 && second >= 64 && second <= 127);
    }
    /* fc00::/7 and fe80::/10: what is written first comes last. */
    const uint8_t *first = last[2], *second = last[1], *third = last[0];
    if (!first || !second || first[0] != 1 || second[0] != 1 || (first[1] | 0x20) != 'f')
        return false;
    if ((second[1] | 0x20) == 'c' || (second[1] | 0x20) == 'd')
        return true;
    return (second[1] | 0x20) == 'e' && third && third[0] == 1 &&
           strchr("89abAB", third[1]) != NULL;
}

bool splitdns_counts(const uint8_t *wire, size_t length)
{
    static const uint8_t ipv4[] = "\7in-addr\4arpa", ipv6[] = "\3ip6\4arpa";
    /* None of them is, or will be, a delegated top-level domain (RFC 6761, RFC 6762, and what
     * networks use although nobody said so). ".box" is delegated: fritz.box counts, box does not.
     */
    static const char *const local[] = {"lan", "home", "corp", "internal", "intranet", "private",
        "local", "localdomain", "homenet", "workgroup", "test", "consul", "lxd", "mesh"};
    static const char *const registry[] = {
        "co", "com", "net", "org", "gov", "gob", "edu", "ac", "or", "ne", "go", "mil", "gouv"};
    const uint8_t *labels[3] = {NULL};
    if (!name_valid(wire, length))
        return false;
    if (name_below(wire, length, ipv4, sizeof(ipv4)))
        return private_reverse(wire, length, true);
    if (name_below(wire, length, ipv6, sizeof(ipv6)))
        return private_reverse(wire, length, false);
    switch (labels_of(wire, labels, length)) {
    case 0:
        return false;
    case 1:
        return label_among(labels[2], local, sizeof(local) / sizeof(*local));
    case 2:
        return labels[2][0] != 2 ||
               !label_among(labels[1], registry, sizeof(registry) / sizeof(*registry));
    default:
        return true;
    }
}

void splits_forward(struct splits *splits, const struct address *address)
{
    for (size_t i = 0; i < splits->forward_count; i++)
        if (address_equal(&splits->forwards[i].address, address))
            return;
    if (address->family == FAMILY_NONE || splits->forward_count == splits->forward_max)
        return;
    struct configured_resolver *row = &splits->forwards[splits->forward_count++];
    *row = (struct configured_resolver){.address = *address};
    text_format(row->source, sizeof(row->source), "%s", splits->source);
}

void splits_add(
    struct splits *splits, const char *domain, const struct address *address, uint32_t interface)
{
    struct split_domain *row = splits->out + splits->count;
    if (splits->count == splits->max)
        return;
    memset(row, 0, sizeof(*row)); /* padding too: rows are compared as a whole */
    size_t length = name_parse(domain, row->domain);
    if (length == 0 || !splitdns_counts(row->domain, length))
        return;
    row->length = (uint8_t)length;
    row->resolver = *address;
    row->interface = interface;
    for (size_t i = 0; i < splits->count; i++)
        if (name_equal(splits->out[i].domain, splits->out[i].length, row->domain, length) &&
            address_equal(&splits->out[i].resolver, address) &&
            splits->out[i].interface == interface)
            return;
    text_escape(splits->source, strlen(splits->source), row->source, sizeof(row->source));
    splits->count++;
}

/* ---- lines and words ---- */

struct text {
    const char *at;
    size_t left;
};

/* The next line without the blanks around it; false at the end. What is too long or holds a NUL is
 * skipped. */
static bool next_line(struct text *text, char line[static LINE_MAX_OCTETS])
{
    while (text->left > 0) {
        const char *end = memchr(text->at, '\n', text->left);
        const char *from = text->at;
        size_t length = end ? (size_t)(end - from) : text->left;
        text->at += length + (end != NULL);
        text->left -= length + (end != NULL);
        if (length >= LINE_MAX_OCTETS || memchr(from, '\0', length))
            continue;
        while (length > 0 && strchr(BLANKS, from[length - 1]))
            length--;
        while (length > 0 && strchr(BLANKS, *from)) {
            from++;
            length--;
        }
        memcpy(line, from, length);
        line[length] = '\0';
        return true;
    }
    return false;
}

static char *next_word(char **line)
{
    char *word = *line + strspn(*line, BLANKS);
    char *end = word + strcspn(word, BLANKS);
    if (word == end)
        return NULL;
    *line = *end ? end + 1 : end;
    *end = '\0';
    return word;
}

/* The value of "key=value", blanks around the = allowed; NULL: another key. */
static char *value_of(char *line, const char *key)
{
    size_t length = strlen(key);
    if (strncmp(line, key, length) != 0)
        return NULL;
    line += length;
    line += strspn(line, BLANKS);
    return *line == '=' ? line + 1 + strspn(line + 1, BLANKS) : NULL;
}

static char *first_word(char *value)
{
    value[strcspn(value, BLANKS)] = '\0';
    return value;
}

/* An address with what the formats put behind it: "10.0.0.53#name", "[2001:db8::1]:853%eth0",
 * "10.0.0.53:853", "10.0.0.53@5353". */
static bool server_address(char *text, struct address *out)
{
    if (*text == '[') {
        text++;
        text[strcspn(text, "]")] = '\0';
    } else {
        text[strcspn(text, "#@")] = '\0';
        char *colon = strchr(text, ':');
        if (colon && !strchr(colon + 1, ':'))
            *colon = '\0';
    }
    if (!strchr(text, ':'))
        text[strcspn(text, "%")] = '\0';
    return address_parse(text, out);
}

/* ---- systemd ---- */

static void scope_servers(struct split_scope *scope, char *value)
{
    for (char *word; (word = next_word(&value)) && scope->server_count < SPLIT_SERVERS;)
        if (server_address(word, &scope->servers[scope->server_count]))
            scope->server_count++;
}

static void scope_domains(struct split_scope *scope, char *value)
{
    for (char *word; (word = next_word(&value)) && scope->domain_count < SPLIT_SEARCH;) {
        word += *word == '~';
        if (strlen(word) < SPLIT_DOMAIN)
            text_format(scope->domains[scope->domain_count++], SPLIT_DOMAIN, "%s", word);
    }
}

void splitdns_link(const char *text, size_t length, struct split_scope *scope)
{
    struct text rest = {text, length};
    char line[LINE_MAX_OCTETS], *value;
    while (next_line(&rest, line))
        if ((value = value_of(line, "DNS")) || (value = value_of(line, "SERVERS")))
            scope_servers(scope, value);
        else if ((value = value_of(line, "DOMAINS")) || (value = value_of(line, "ROUTE_DOMAINS")))
            scope_domains(scope, value);
}

void splitdns_resolved(const char *text, size_t length, struct split_scope *scope)
{
    struct text rest = {text, length};
    char line[LINE_MAX_OCTETS], *value;
    bool inside = false;
    while (next_line(&rest, line))
        if (line[0] == '[') {
            inside = strcmp(line, "[Resolve]") == 0;
        } else if (inside && (value = value_of(line, "DNS"))) {
            scope->server_count = *value ? scope->server_count : 0;
            scope_servers(scope, value);
        } else if (inside && (value = value_of(line, "Domains"))) {
            scope->domain_count = *value ? scope->domain_count : 0;
            scope_domains(scope, value);
        }
}

void splits_add_scope(struct splits *splits, const struct split_scope *scope, uint32_t interface)
{
    for (size_t i = 0; i < scope->domain_count; i++)
        for (size_t j = 0; j < scope->server_count; j++)
            if (strcmp(scope->domains[i], ".") == 0)
                splits_forward(splits, &scope->servers[j]);
            else
                splits_add(splits, scope->domains[i], &scope->servers[j], interface);
}

/* ---- dnsmasq ---- */

/* "/corp.example/10.in-addr.arpa/10.0.0.53#53@eth0": domains, and last who answers for them. None
 * is dnsmasq itself, # the servers for everything else: neither is sent elsewhere. */
static void dnsmasq_server(char *value, struct splits *splits)
{
    struct address address;
    if (value[0] != '/' && server_address(value, &address))
        splits_forward(splits, &address);
    if (value[0] != '/')
        return;
    char *last = strrchr(value, '/');
    *last = '\0';
    if (last == value || !server_address(last + 1, &address))
        return;
    for (char *rest = value + 1, *domain; (domain = strsep(&rest, "/"));) {
        domain += strncmp(domain, "*.", 2) == 0 ? 2 : *domain == '.';
        if (*domain && *domain != '#')
            splits_add(splits, domain, &address, 0);
    }
}

/* The reverse zone of the first `whole` parts of an address: octets of IPv4, nibbles of IPv6. */
static void reverse_zone(const struct address *network, size_t whole, char out[static SPLIT_DOMAIN])
{
    bool ipv4 = network->family == FAMILY_IPV4;
    out[0] = '\0';
    for (size_t i = whole; i-- > 0;) {
        size_t used = strlen(out);
        if (ipv4)
            text_format(out + used, SPLIT_DOMAIN - used, "%u.", network->bytes[i]);
        else
            text_format(out + used, SPLIT_DOMAIN - used, "%x.",
                (network->bytes[i / 2] >> (i % 2 ? 0 : 4)) & 0xFU);
    }
    size_t used = strlen(out);
    text_format(out + used, SPLIT_DOMAIN - used, ipv4 ? "in-addr.arpa" : "ip6.arpa");
}

/* "172.16.0.0/12,10.0.0.53": where the length ends within a label, one zone for each. */
static void dnsmasq_reverse(char *value, struct splits *splits)
{
    struct address network, address;
    char *comma = strchr(value, ','), *slash = strchr(value, '/');
    if (!comma || (slash && slash > comma) || !server_address(comma + 1, &address))
        return;
    *comma = '\0';
    if (slash)
        *slash = '\0';
    if (!address_parse(value, &network))
        return;
    unsigned unit = network.family == FAMILY_IPV4 ? 8 : 4;
    unsigned most = network.family == FAMILY_IPV4 ? 32 : 128;
    unsigned long bits = slash ? strtoul(slash + 1, NULL, 10) : most;
    if (bits == 0 || bits > most)
        return;
    size_t whole = (bits + unit - 1) / unit;
    unsigned spare = (unsigned)(whole * unit - bits);
    for (unsigned i = 0; i < 1U << spare; i++) {
        char zone[SPLIT_DOMAIN];
        struct address part = network;
        uint8_t *octet = &part.bytes[(whole - 1) * unit / 8];
        unsigned shift = unit == 4 && whole % 2 ? 4 : 0; /* the upper nibble is the earlier part */
        unsigned mask = ((1U << spare) - 1U) << shift;
        *octet = (uint8_t)((*octet & ~mask) | (i << shift));
        reverse_zone(&part, whole, zone);
        splits_add(splits, zone, &address, 0);
    }
}

void splitdns_dnsmasq(const char *text, size_t length, struct splits *splits)
{
    struct text rest = {text, length};
    char line[LINE_MAX_OCTETS], *value;
    while (next_line(&rest, line)) {
        for (char *hash = line; (hash = strchr(hash, '#')); hash++)
            if (hash == line || strchr(BLANKS, hash[-1])) {
                *hash = '\0'; /* elsewhere it stands before a port */
                break;
            }
        if ((value = value_of(line, "server")))
            dnsmasq_server(first_word(value), splits);
        else if ((value = value_of(line, "rev-server")))
            dnsmasq_reverse(first_word(value), splits);
    }
}

/* ---- unbound ---- */

/* The next token: a word, or what stands in quotes; comments are skipped. */
static bool next_token(struct text *text, char out[static SPLIT_DOMAIN])
{
    while (text->left > 0) {
        char quote = *text->at;
        if (quote == '\n' || quote == '\0' || strchr(BLANKS, quote)) {
            text->at++;
            text->left--;
            continue;
        }
        bool quoted = quote == '"' || quote == '\'', comment = quote == '#';
        size_t from = quoted, length = 0;
        while (from + length < text->left) {
            char octet = text->at[from + length];
            if (octet == '\n' || (quoted && octet == quote) ||
                (!quoted && !comment && (octet == '\0' || strchr(BLANKS, octet))))
                break;
            length++;
        }
        size_t taken = from + length + (quoted && from + length < text->left);
        bool fits = !comment && length < SPLIT_DOMAIN && !memchr(text->at + from, '\0', length);
        if (fits) {
            memcpy(out, text->at + from, length);
            out[length] = '\0';
        }
        text->at += taken;
        text->left -= taken;
        if (fits)
            return true;
    }
    return false;
}

void splitdns_unbound(const char *text, size_t length, struct splits *splits)
{
    /* Clauses: what has no value of its own. */
    static const char *const clauses[] = {
        "server:", "remote-control:", "forward-zone:", "stub-zone:", "auth-zone:", "view:",
        "python:", "dynlib:", "dnscrypt:", "cachedb:", "ipset:", "dnstap:", "rpz:"};
    struct text rest = {text, length};
    struct split_scope zone = {0};
    char token[SPLIT_DOMAIN], value[SPLIT_DOMAIN];
    bool inside = false;
    while (next_token(&rest, token)) {
        size_t clause = 0;
        while (clause < sizeof(clauses) / sizeof(*clauses) && strcmp(token, clauses[clause]) != 0)
            clause++;
        if (clause < sizeof(clauses) / sizeof(*clauses)) {
            splits_add_scope(splits, &zone, 0);
            zone = (struct split_scope){0};
            inside = strcmp(token, "forward-zone:") == 0 || strcmp(token, "stub-zone:") == 0;
            continue;
        }
        if (token[0] == '\0' || token[strlen(token) - 1] != ':' || !next_token(&rest, value))
            continue;
        if (!inside)
            continue;
        if (strcmp(token, "name:") == 0) {
            zone.domain_count = 0;
            scope_domains(&zone, value);
        } else if (strcmp(token, "forward-addr:") == 0 || strcmp(token, "stub-addr:") == 0) {
            scope_servers(&zone, value);
        }
    }
    splits_add_scope(splits, &zone, 0);
}
