/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/leaktest_parse.h"

#include <jansson.h>
#include <string.h>

struct list {
    struct leaktest_came *came;
    size_t count;
};

static const char *text_at(const json_t *object, const char *key, size_t *length)
{
    const json_t *value = json_object_get(object, key);
    *length = json_string_length(value);
    return json_string_value(value);
}

/* NULL where the text is no address that can have come. */
static struct leaktest_came *add(struct list *list, const char *text, size_t length)
{
    struct address address;
    if (!text || list->count == LEAKTEST_CAME_MAX || !claim_address(text, length, &address))
        return NULL;
    for (size_t i = 0; i < list->count; i++)
        if (address_equal(&list->came[i].address, &address))
            return &list->came[i];
    struct leaktest_came *came = &list->came[list->count++];
    *came = (struct leaktest_came){.address = address, .network = claim_network_none};
    return came;
}

static void read_operator(struct leaktest_came *came, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    if (json_is_string(value)) {
        claim_operator(&came->network, json_string_value(value), json_string_length(value));
    } else if (json_is_integer(value)) {
        json_int_t number = json_integer_value(value);
        if (number > 0 && number < UINT32_MAX)
            came->network.asn = number;
    }
}

/* A missing value is "" or false there. */
static void read_list(struct list *list, const json_t *root)
{
    size_t i;
    const json_t *entry;
    json_array_foreach(root, i, entry)
    {
        size_t length;
        const char *type = text_at(entry, "type", &length);
        if (type && strcmp(type, "dns") != 0)
            continue;
        const char *text = text_at(entry, "ip", &length);
        struct leaktest_came *came = add(list, text, length);
        if (!came)
            continue;
        read_operator(came, entry, "asn");
        read_operator(came, entry, "org");
        read_operator(came, entry, "organization");
        text = text_at(entry, "country", &length);
        if (text)
            claim_country(&came->network, text, length);
    }
}

static void read_hits(struct list *list, const json_t *root)
{
    json_t *addresses = json_object_get(root, "ip");
    const char *key;
    json_t *hits;
    json_object_foreach(addresses, key, hits)
    {
        if (json_is_integer(hits) && json_integer_value(hits) > 0)
            add(list, key, strlen(key));
    }
}

static void read_edns(struct list *list, const json_t *root)
{
    const json_t *dns = json_object_get(root, "dns");
    size_t length;
    const char *text = text_at(dns, "ip", &length);
    struct leaktest_came *came = add(list, text, length);
    text = text_at(dns, "geo", &length);
    const char *org = came && text ? strstr(text, " - ") : NULL;
    if (org)
        claim_operator(&came->network, org + 3, strlen(org + 3));
}

static void read_map(struct list *list, const json_t *root)
{
    size_t length;
    const char *text = text_at(root, "ip", &length);
    struct leaktest_came *came = add(list, text, length);
    if (!came)
        return;
    const json_t *isp = json_object_get(root, "isp");
    read_operator(came, isp, "asn");
    read_operator(came, isp, "name");
    const json_t *minimises = json_object_get(root, "qname_minimization");
    if (json_is_boolean(minimises))
        came->minimises = json_is_true(minimises) ? TERNARY_YES : TERNARY_NO;
}

bool leaktest_parse(const struct leaktest *row, const char *body, size_t length,
    struct leaktest_came came[static LEAKTEST_CAME_MAX], size_t *count, const char **why)
{
    struct list list = {.came = came};
    *count = 0;
    json_t *root = json_loadb(body, length, JSON_REJECT_DUPLICATES, NULL);
    bool form = row->form == LEAKTEST_LIST ? json_is_array(root) : json_is_object(root);
    if (!form) {
        json_decref(root);
        *why = root ? "the answer has another form than promised" : "the answer is no JSON";
        return false;
    }
    switch (row->form) {
    case LEAKTEST_LIST:
        read_list(&list, root);
        break;
    case LEAKTEST_HITS:
        read_hits(&list, root);
        break;
    case LEAKTEST_EDNS:
        read_edns(&list, root);
        break;
    case LEAKTEST_MAP:
        read_map(&list, root);
        break;
    }
    json_decref(root);
    *count = list.count;
    *why = "the answer names no resolver";
    return list.count > 0;
}

bool leaktest_id(const char *body, size_t length, char id[static LEAKTEST_ID_MAX])
{
    static const char blanks[] = " \t\r\n";
    while (length > 0 && memchr(blanks, body[0], sizeof blanks - 1)) {
        body++;
        length--;
    }
    while (length > 0 && memchr(blanks, body[length - 1], sizeof blanks - 1))
        length--;
    if (length == 0 || length >= LEAKTEST_ID_MAX)
        return false;
    for (size_t i = 0; i < length; i++) {
        char lower = (char)(body[i] | 0x20);
        if (!(body[i] >= '0' && body[i] <= '9') && !(lower >= 'a' && lower <= 'z'))
            return false;
    }
    memcpy(id, body, length);
    id[length] = '\0';
    return true;
}
