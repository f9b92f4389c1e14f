/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/http.h"
#include "decode/socks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "build.h"

/* Requests that programs make of a proxy, and those that name a web site in the clear. */

#define PAYLOAD(octets) octets, sizeof(octets) - 1
#define TEN "0123456789"
#define FIFTY TEN TEN TEN TEN TEN
#define BASE64 "MFMwUTBPME0wSzAJBgUrDgMCGgUABBTBL0V27RVZ7LBduom%2FnYB45SPUEwQU5Z1ZMIJHWMys"

struct request {
    const char *what;
    const char *payload;
    size_t length;
    const char *says; /* NULL: it is none */
};

static const struct request socks[] = {
    {"4", PAYLOAD("\4\1\0\x50\xc0\0\2\1user\0"), "4 1 80 192.0.2.1"},
    {"4 without a user", PAYLOAD("\4\1\1\xbb\xc0\0\2\1\0"), "4 1 443 192.0.2.1"},
    {"4A", PAYLOAD("\4\1\0\x50\0\0\0\1\0www.example\0"), "4 1 80 www.example"},
    {"4A, resolve", PAYLOAD("\4\xf0\0\0\0\0\0\1\0www.example\0"), "4 240 0 www.example"},
    {"4A with an address in letters",
        PAYLOAD("\4\1\0\x50\0\0\0\1\0"
                "192.0.2.7\0"),
        "4 1 80 192.0.2.7"},
    {"4A without its name", PAYLOAD("\4\1\0\x50\0\0\0\1\0"), NULL},
    {"4A whose name does not end", PAYLOAD("\4\1\0\x50\0\0\0\1\0www"), NULL},
    {"4 to nowhere", PAYLOAD("\4\1\0\x50\0\0\0\0\0"), NULL},
    {"4 whose user does not end", PAYLOAD("\4\1\0\x50\xc0\0\2\1user"), NULL},
    {"4 with something behind", PAYLOAD("\4\1\0\x50\xc0\0\2\1\0more"), NULL},
    {"4, bind", PAYLOAD("\4\2\0\x50\xc0\0\2\1\0"), NULL},
    {"5, a name", PAYLOAD("\5\1\0\3\x0bwww.example\1\xbb"), "5 1 443 www.example"},
    {"5, an address", PAYLOAD("\5\1\0\1\xc0\0\2\1\0\x50"), "5 1 80 192.0.2.1"},
    {"5, IPv6", PAYLOAD("\5\1\0\4\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1\0\x50"),
        "5 1 80 2001:db8::1"},
    {"5, an address in letters",
        PAYLOAD("\5\1\0\3\x09"
                "192.0.2.7\0\x50"),
        "5 1 80 192.0.2.7"},
    {"5 behind its greeting", PAYLOAD("\5\1\0\5\1\0\3\x0bwww.example\0\x50"), "5 1 80 www.example"},
    {"5, resolve", PAYLOAD("\5\xf0\0\3\x0bwww.example\0\0"), "5 240 0 www.example"},
    {"5, the other way", PAYLOAD("\5\xf1\0\1\xc0\0\2\1\0\0"), "5 241 0 192.0.2.1"},
    {"5, octets for letters", PAYLOAD("\5\1\0\3\5a\x1b.\xffz\0\x50"), "5 1 80 a\\027.\\255z"},
    {"5, no name", PAYLOAD("\5\1\0\3\0\0\x50"), NULL},
    {"5, an empty label", PAYLOAD("\5\1\0\3\4a..b\0\x50"), NULL},
    {"5, greeting", PAYLOAD("\5\1\0"), NULL},
    {"5, greeting with two ways", PAYLOAD("\5\2\0\2"), NULL},
    {"5, bind", PAYLOAD("\5\2\0\1\xc0\0\2\1\0\x50"), NULL},
    {"5, UDP", PAYLOAD("\5\3\0\1\0\0\0\0\0\0"), NULL},
    {"5, a type that is none", PAYLOAD("\5\1\0\2\xc0\0\2\1\0\x50"), NULL},
    {"5, reserved", PAYLOAD("\5\1\1\1\xc0\0\2\1\0\x50"), NULL},
    {"5, a name that is longer", PAYLOAD("\5\1\0\3\x20www.example\1\xbb"), NULL},
    {"5, something behind", PAYLOAD("\5\1\0\1\xc0\0\2\1\0\x50more"), NULL},
    {"6", PAYLOAD("\6\1\0\1\xc0\0\2\1\0\x50"), NULL},
    {"nothing", PAYLOAD(""), NULL},
};

static const struct request http[] = {
    {"GET", PAYLOAD("GET / HTTP/1.1\r\nHost: www.example\r\n\r\n"), "www.example"},
    {"a port", PAYLOAD("GET / HTTP/1.1\r\nhost:  www.example:8080\r\n\r\n"), "www.example"},
    {"bare line ends", PAYLOAD("GET / HTTP/1.0\nHost: www.example\n\n"), "www.example"},
    {"cut behind the field", PAYLOAD("POST /a HTTP/1.1\r\nA: b\r\nHost: w.example\r\nCookie: x"),
        "w.example"},
    {"cut in the field", PAYLOAD("GET / HTTP/1.1\r\nHost: www.exam"), NULL},
    {"no field", PAYLOAD("GET / HTTP/1.0\r\n\r\nHost: www.example\r\n"), NULL},
    {"an address", PAYLOAD("GET / HTTP/1.1\r\nHost: 192.0.2.1\r\n\r\n"), NULL},
    {"IPv6", PAYLOAD("GET / HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n\r\n"), NULL},
    {"through a proxy",
        PAYLOAD("GET http://u:p@www.example:81/p?q HTTP/1.1\r\nHost: other\r\n\r\n"),
        "www.example"},
    {"CONNECT", PAYLOAD("CONNECT www.example:443 HTTP/1.1\r\n\r\n"), "www.example"},
    {"all of a server", PAYLOAD("OPTIONS * HTTP/1.1\r\nHost: www.example\r\n\r\n"), "www.example"},
    {"octets for letters", PAYLOAD("GET / HTTP/1.1\r\nHost: a\x1b]0;x\r\n\r\n"), "a\\027]0;x"},
    {"another protocol", PAYLOAD("GET / RTSP/1.0\r\nHost: www.example\r\n\r\n"), NULL},
    {"no protocol", PAYLOAD("GET /\r\nHost: www.example\r\n\r\n"), NULL},
    {"small letters", PAYLOAD("get / HTTP/1.1\r\nHost: www.example\r\n\r\n"), NULL},
    {"a status, posted",
        PAYLOAD("POST / HTTP/1.1\r\nHost: r3.example\r\nContent-Type: "
                "application/ocsp-request\r\n\r\n"),
        "r3.example status"},
    {"a status, got", PAYLOAD("GET /" BASE64 " HTTP/1.1\r\nHost: ocsp.example\r\n\r\n"),
        "ocsp.example status"},
    {"a long path of another", PAYLOAD("GET /" BASE64 " HTTP/1.1\r\nHost: www.example\r\n\r\n"),
        "www.example"},
    {"a page of such a host", PAYLOAD("GET /index.html HTTP/1.1\r\nHost: ocsp.example\r\n\r\n"),
        "ocsp.example"},
    {"a name too long", PAYLOAD("GET / HTTP/1.1\r\nHost: " FIFTY FIFTY ".example\r\n\r\n"), NULL},
    {"nothing", PAYLOAD(""), NULL},
};

static const char *told(const struct fact *fact)
{
    static char line[2 * NAME_TEXT_MAX];
    char name[NAME_TEXT_MAX] = "", address[ADDRESS_TEXT] = "";
    if (fact->name_length > 0)
        name_format(fact->name, fact->name_length, name);
    if (fact->address_count > 0)
        address_format(&fact->addresses[0], address);
    if (fact->kind == FACT_HTTP)
        snprintf(line, sizeof line, "%s%s", name, fact->flags & FACT_STATUS ? " status" : "");
    else
        snprintf(
            line, sizeof line, "%u %u %u %s%s", fact->class, fact->id, fact->type, name, address);
    return line;
}

/* Each as it is, and cut everywhere: of octets that are not there nothing is read. */
static void table(const struct request *requests, size_t count,
    bool (*read)(const struct cursor *payload, struct fact *fact))
{
    for (size_t i = 0; i < count; i++) {
        const struct request *request = &requests[i];
        for (size_t held = 0; held <= request->length; held++) {
            uint8_t *copy = malloc(held ? held : 1); /* so that a reader past the end is caught */
            memcpy(copy, request->payload, held);
            struct cursor payload = cursor_over(copy, held, request->length - held);
            struct fact fact = {0};
            bool is = read(&payload, &fact);
            if (held == request->length && is != (request->says != NULL))
                fail_msg("%s: %s", request->what, is ? told(&fact) : "nothing");
            if (is && (fact.name_length > 0 && !name_valid(fact.name, fact.name_length)))
                fail_msg("%s, %zu octets: no name", request->what, held);
            if (is && held == request->length)
                assert_string_equal(told(&fact), request->says);
            free(copy);
        }
    }
}

static void socks_requests(void **state)
{
    (void)state;
    table(socks, LENGTH(socks), socks_read);
}

static void web_requests(void **state)
{
    (void)state;
    table(http, LENGTH(http), http_read);
}

/* What a server says is no request, whatever it looks like; on the loopback interface each packet
 * is both. */
static void only_what_leaves(void **state)
{
    static struct bytes bytes;
    static struct seen seen;
    (void)state;
    seen_begin(&seen);
    bytes_clear(&bytes);
    append(&bytes, http[0].payload, http[0].length);
    wrap_tcp(&bytes, 40000, 80, 1000, 0x18);
    wrap_ipv4(&bytes, 6);
    decode(&seen, RAW, &bytes, 1);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.facts[0].kind, FACT_HTTP);
    seen_end(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(socks_requests),
        cmocka_unit_test(web_requests),
        cmocka_unit_test(only_what_leaves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
