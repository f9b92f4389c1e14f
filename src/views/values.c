/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/values.h"

#include "base/name.h"
#include "base/text.h"

json_t *value_text(const char *text)
{
    return text && text[0] ? json_string(text) : json_null();
}

json_t *value_time(uint64_t ns)
{
    char text[TIME_TEXT];
    return ns ? json_string(time_format_rfc3339(ns, text)) : json_null();
}

json_t *value_name(const uint8_t *wire, size_t length, bool mask)
{
    char text[NAME_TEXT_MAX];
    if (length == 0)
        return json_null();
    name_format(wire, length, text);
    return json_string(mask ? VALUE_HIDDEN : text);
}

json_t *value_address(const struct address *address, bool mask)
{
    char text[ADDRESS_TEXT];
    if (address->family == FAMILY_NONE)
        return json_null();
    return json_string(mask ? VALUE_HIDDEN : address_format(address, text));
}
