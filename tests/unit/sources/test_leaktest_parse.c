/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/text.h"
#include "sources/leaktest_parse.h"

/* Each shape, and each way to fail of it. came: "ADDRESS/asn/org/country/minimises", joined by
 * blanks; "" refused. */
static const struct answer_case {
    const char *situation, *key, *body, *came;
} cases[] = {
    {"list", "mullvad",
        "[{\"hostname\":null,\"ip\":\"192.0.2.53\",\"mullvad_dns\":false,\"country\":\"Nowhere\","
        "\"organization\":\"Example\"}]",
        "192.0.2.53/-1/Example//0"},
    {"list of two", "mullvad", "[{\"ip\":\"192.0.2.53\"},{\"ip\":\"2001:db8::53\"}]",
        "192.0.2.53/-1///0 2001:db8::53/-1///0"},
    {"the same twice", "mullvad", "[{\"ip\":\"192.0.2.53\"},{\"ip\":\"192.0.2.53\"}]",
        "192.0.2.53/-1///0"},
    {"empty list", "mullvad", "[]", ""},
    {"no list", "mullvad", "{\"ip\":\"192.0.2.53\"}", ""},
    {"list of other things", "mullvad", "[1,null,\"192.0.2.53\",[],{}]", ""},
    {"no address", "mullvad", "[{\"ip\":\"somewhere\"}]", ""},
    {"invented", "mullvad", "[{\"ip\":\"127.0.0.1\"}]", ""},
    {"HTML", "mullvad", "<html><body>192.0.2.53</body></html>", ""},
    {"cut", "mullvad", "[{\"ip\":\"192.0.2.53\"}", ""},
    {"a key twice", "mullvad", "[{\"ip\":\"192.0.2.53\",\"ip\":\"192.0.2.54\"}]", ""},
    {"escape sequence", "mullvad", "[{\"ip\":\"192.0.2.53\",\"organization\":\"\\u001b[31mred\"}]",
        "192.0.2.53/-1/\\027[31mred//0"},

    {"only of type dns", "bash.ws",
        "[{\"ip\":\"192.0.2.1\",\"type\":\"ip\",\"country\":\"NL\",\"asn\":\"AS1 A\"},"
        "{\"ip\":\"192.0.2.53\",\"type\":\"dns\",\"country\":\"CH\",\"asn\":\"AS64500 Example\","
        "\"country_name\":false,\"org\":\"\"},{\"ip\":\"DNS may be leaking.\",\"type\":"
        "\"conclusion\"}]",
        "192.0.2.53/64500/Example/CH/0"},
    {"only the caller", "bash.ws", "[{\"ip\":\"192.0.2.1\",\"type\":\"ip\"}]", ""},

    {"hits", "ipleak.net",
        "{\"session\":\"x\",\"ip\":{\"192.0.2.53\":3,\"2001:db8::53\":1,\"192.0.2.9\":0}}",
        "192.0.2.53/-1///0 2001:db8::53/-1///0"},
    {"hits, none", "ipleak.net", "{\"session\":\"x\",\"ip\":{}}", ""},
    {"hits, a list", "ipleak.net", "{\"ip\":[\"192.0.2.53\"]}", ""},
    {"hits, no numbers", "ipleak.net", "{\"ip\":{\"192.0.2.53\":\"3\"}}", ""},

    {"edns", "ip-api.com",
        "{\"dns\":{\"ip\":\"192.0.2.53\",\"geo\":\"Nowhere - Example\"},\"edns\":{\"ip\":"
        "\"203.0.113.0\"}}",
        "192.0.2.53/-1/Example//0"},
    {"edns alone is not who came", "ip-api.com", "{\"edns\":{\"ip\":\"203.0.113.1\"}}", ""},

    {"map", "map.help.every1dns.net",
        "{\"ip\":\"192.0.2.53\",\"ip_version\":1,\"protocol\":\"udp\",\"qname_minimization\":true,"
        "\"isp\":{\"asn\":64500,\"name\":\"Example\"}}",
        "192.0.2.53/64500/Example//2"},
    {"map, whole names", "map.help.every1dns.net",
        "{\"ip\":\"192.0.2.53\",\"qname_minimization\":false}", "192.0.2.53/-1///1"},
    {"map, no word of it", "map.help.every1dns.net",
        "{\"ip\":\"192.0.2.53\",\"qname_minimization\":\"yes\"}", "192.0.2.53/-1///0"},
};

static void answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct leaktest_came came[LEAKTEST_CAME_MAX];
        size_t count = 99;
        const char *why = "";
        const struct leaktest *row = leaktest_by_key(cases[i].key);
        assert_non_null(row);
        bool good = leaktest_parse(row, cases[i].body, strlen(cases[i].body), came, &count, &why);
        char got[512] = "";
        for (size_t j = 0; good && j < count; j++) {
            char address[ADDRESS_TEXT];
            size_t used = strlen(got);
            text_format(got + used, sizeof got - used, "%s%s/%lld/%s/%s/%d", j ? " " : "",
                address_format(&came[j].address, address), (long long)came[j].network.asn,
                came[j].network.org, came[j].network.country, (int)came[j].minimises);
        }
        if (good != (cases[i].came[0] != '\0') || strcmp(got, cases[i].came) != 0 ||
            (!good && !why[0]))
            fail_msg("%s: got '%s', '%s'", cases[i].situation, got, why);
    }
}

static void more_than_there_is_room_for(void **state)
{
    (void)state;
    char body[4096] = "{\"ip\":{";
    for (unsigned i = 0; i < 100; i++) {
        size_t used = strlen(body);
        text_format(body + used, sizeof body - used, "%s\"192.0.2.%u\":1", i ? "," : "", i + 1);
    }
    strcat(body, "}}");
    struct leaktest_came came[LEAKTEST_CAME_MAX];
    size_t count;
    const char *why;
    assert_true(
        leaktest_parse(leaktest_by_key("ipleak.net"), body, strlen(body), came, &count, &why));
    assert_int_equal(count, LEAKTEST_CAME_MAX);
}

static void ids(void **state)
{
    (void)state;
    static const struct {
        const char *body, *id;
    } list[] = {{"a1B2c3", "a1B2c3"}, {" 42\r\n", "42"}, {"", ""}, {"\n", ""}, {"../x", ""},
        {"a.b", ""}, {"a b", ""}, {"<html>", ""}, {"0123456789abcdef0123456789abcdef0", ""}};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        char id[LEAKTEST_ID_MAX] = "";
        bool good = leaktest_id(list[i].body, strlen(list[i].body), id);
        if (good != (list[i].id[0] != '\0') || (good && strcmp(id, list[i].id) != 0))
            fail_msg("'%s': got '%s'", list[i].body, id);
    }
}

static void rows(void **state)
{
    (void)state;
    size_t count;
    const struct leaktest *list = leaktest_rows(&count);
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(leaktest_by_key(list[i].key), &list[i]);
        assert_int_equal(list[i].path[0], '/');
        assert_true(list[i].label <= 40 && list[i].seconds_between > 0);
        assert_int_equal(list[i].wire == LEAKTEST_RESULT, strchr(list[i].path, '*') != NULL);
        assert_int_equal(list[i].wire == LEAKTEST_RESULT, list[i].id_path[0] == '/');
    }
    assert_null(leaktest_by_key("none"));
    assert_int_equal(leaktest_map()->form, LEAKTEST_MAP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers),
        cmocka_unit_test(more_than_there_is_room_for),
        cmocka_unit_test(ids),
        cmocka_unit_test(rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
