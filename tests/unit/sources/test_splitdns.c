/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/splitdns.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/name.h"
#include "base/text.h"
#include "sources/splitdns_formats.h"
#include "sources/textfile.h"

#define FOUND 64

/* What was found: "domain address interface" of each, joined by commas. */
static const char *spell(const struct split_domain *list, size_t count)
{
    static char out[FOUND * 400];
    out[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        char name[NAME_TEXT_MAX], address[ADDRESS_TEXT];
        size_t used = strlen(out);
        name_format(list[i].domain, list[i].length, name);
        text_format(out + used, sizeof out - used, "%s%s %s %u", i ? "," : "", name,
            address_format(&list[i].resolver, address), list[i].interface);
    }
    return out;
}

/* ---- which domains count ---- */

static void counts(void **state)
{
    (void)state;
    static const struct {
        const char *domain;
        bool counts;
    } cases[] = {
        {".", false},
        {"com", false},
        {"de", false},
        {"box", false},
        {"xn--p1ai", false},
        {"lan", true},
        {"LAN", true},
        {"lan2", false},
        {"corp", true},
        {"local", true},
        {"internal", true},
        {"localdomain", true},
        {"fritz.box", true},
        {"corp.example", true},
        {"home.arpa", true},
        {"co.uk", false},
        {"Com.Br", false},
        {"corp.co.uk", true},
        {"co.example", true},
        {"arpa", false},
        {"in-addr.arpa", false},
        {"ip6.arpa", false},
        {"10.in-addr.arpa", true},
        {"1.2.10.in-addr.arpa", true},
        {"11.in-addr.arpa", false},
        {"192.in-addr.arpa", false},
        {"168.192.in-addr.arpa", true},
        {"169.192.in-addr.arpa", false},
        {"16.172.in-addr.arpa", true},
        {"32.172.in-addr.arpa", false},
        {"64.100.in-addr.arpa", true},
        {"128.100.in-addr.arpa", false},
        {"8.8.in-addr.arpa", false},
        {"x.in-addr.arpa", false},
        {"0010.in-addr.arpa", false},
        {"d.f.ip6.arpa", true},
        {"8.b.d.f.ip6.arpa", true},
        {"f.ip6.arpa", false},
        {"8.e.f.ip6.arpa", true},
        {"c.e.f.ip6.arpa", false},
        {"8.b.d.0.1.0.0.2.ip6.arpa", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t wire[NAME_WIRE_MAX];
        size_t length = name_parse(cases[i].domain, wire);
        assert_true(length > 0);
        if (splitdns_counts(wire, length) != cases[i].counts)
            fail_msg("%s: expected %d", cases[i].domain, cases[i].counts);
        for (size_t cut = 0; cut < length; cut++)
            assert_false(splitdns_counts(wire, cut));
    }
}

/* ---- formats ---- */

enum format { DNSMASQ, UNBOUND, LINK, RESOLVED };

static const struct {
    const char *name;
    enum format format;
    const char *text, *expected;
} cases[] = {
    {"dnsmasq", DNSMASQ, "server=/corp.example/10.0.0.53\n", "corp.example 10.0.0.53 0"},
    {"several domains", DNSMASQ, "server=/a.example/B.example/10.0.0.53\n",
        "a.example 10.0.0.53 0,B.example 10.0.0.53 0"},
    {"port and interface", DNSMASQ, "server=/a.example/10.0.0.53#5353@eth0\n",
        "a.example 10.0.0.53 0"},
    {"blanks and a comment", DNSMASQ, "\t server = /a.example/10.0.0.53   # ours\n",
        "a.example 10.0.0.53 0"},
    {"IPv6", DNSMASQ, "server=/a.example/2001:db8::53#53\n", "a.example 2001:db8::53 0"},
    {"leading dot and star", DNSMASQ, "server=/.a.example/*.b.example/10.0.0.53",
        "a.example 10.0.0.53 0,b.example 10.0.0.53 0"},
    {"for everything", DNSMASQ, "server=10.0.0.53\nserver=/#/10.0.0.53\nserver=//10.0.0.53\n", ""},
    {"its own, and the usual servers", DNSMASQ,
        "server=/lan/\nlocal=/lan/\nserver=/lan/#\naddress=/lan/10.0.0.1\n", ""},
    {"commented", DNSMASQ, "#server=/lan/10.0.0.1\n # server=/lan/10.0.0.1\n", ""},
    {"top-level domain", DNSMASQ, "server=/com/10.0.0.53\nserver=/./10.0.0.53\n", ""},
    {"other keys", DNSMASQ, "servers=/lan/10.0.0.1\nserver/lan/10.0.0.1\nXserver=/lan/10.0.0.1\n",
        ""},
    {"twice", DNSMASQ, "server=/lan/10.0.0.1\nserver=/LAN/10.0.0.1\n", "lan 10.0.0.1 0"},
    {"reverse", DNSMASQ, "rev-server=192.168.7.0/24,192.168.7.1\n",
        "7.168.192.in-addr.arpa 192.168.7.1 0"},
    {"reverse with a port", DNSMASQ, "rev-server=10.0.0.0/8,10.0.0.53#5353\n",
        "10.in-addr.arpa 10.0.0.53 0"},
    {"reverse within a label", DNSMASQ, "rev-server=172.16.0.0/14,10.0.0.53\n",
        "16.172.in-addr.arpa 10.0.0.53 0,17.172.in-addr.arpa 10.0.0.53 0,"
        "18.172.in-addr.arpa 10.0.0.53 0,19.172.in-addr.arpa 10.0.0.53 0"},
    {"reverse IPv6", DNSMASQ, "rev-server=fd00:1::/32,10.0.0.53\n",
        "1.0.0.0.0.0.d.f.ip6.arpa 10.0.0.53 0"},
    {"reverse IPv6 within a label", DNSMASQ, "rev-server=fd00::/11,10.0.0.53\n",
        "0.d.f.ip6.arpa 10.0.0.53 0,1.d.f.ip6.arpa 10.0.0.53 0"},
    {"reverse of public addresses, of all, of none", DNSMASQ,
        "rev-server=8.0.0.0/8,10.0.0.53\nrev-server=0.0.0.0/0,10.0.0.53\n"
        "rev-server=10.0.0.0/33,10.0.0.53\nrev-server=10.0.0.0/x,10.0.0.53\n"
        "rev-server=,10.0.0.53\nrev-server=10.0.0.0/8\nrev-server=10.0.0.0/8,\n",
        ""},

    {"unbound", UNBOUND,
        "server:\n  interface: 127.0.0.1\nforward-zone:\n  name: \"corp.example.\"\n"
        "  forward-addr: 10.0.0.53@53#dns.corp.example # ours\n  forward-addr: 2001:db8::53\n",
        "corp.example 10.0.0.53 0,corp.example 2001:db8::53 0"},
    {"address before the name", UNBOUND, "stub-zone:\nstub-addr: 10.0.0.53\nname: lan\n",
        "lan 10.0.0.53 0"},
    {"on one line", UNBOUND, "forward-zone: name: a.example forward-addr: 10.0.0.1", //
        "a.example 10.0.0.1 0"},
    {"two zones", UNBOUND,
        "forward-zone:\nname: 'a.example'\nforward-addr: 10.0.0.1\n"
        "forward-zone:\nname: b.example\nforward-addr: 10.0.0.2\nserver:\nname: c.example\n",
        "a.example 10.0.0.1 0,b.example 10.0.0.2 0"},
    {"the root", UNBOUND, "forward-zone:\nname: \".\"\nforward-addr: 9.9.9.9@853#dns.quad9.net\n",
        ""},
    {"commented, no zone, no address", UNBOUND,
        "#forward-zone:\n#name: lan\n# forward-addr: 10.0.0.1\nname: lan\nforward-addr: 10.0.0.1\n"
        "forward-zone:\nname: lan\nforward-host: ns.lan\nauth-zone:\nforward-addr: 10.0.0.1\n",
        ""},
    {"quote that does not end", UNBOUND, "forward-zone:\nname: \"lan\nforward-addr: 10.0.0.1\n",
        "lan 10.0.0.1 0"},

    {"resolved's link", LINK,
        "# This is private data. Do not parse.\nLLMNR=yes\nSERVERS=10.0.0.53 2001:db8::53\n"
        "DOMAINS=corp.example ~lan ~. ~com\n",
        "corp.example 10.0.0.53 7,corp.example 2001:db8::53 7,lan 10.0.0.53 7,"
        "lan 2001:db8::53 7"},
    {"networkd's link", LINK,
        "DNS=10.0.0.53%eth0 [2001:db8::53]:853#dns.example 10.0.0.54:5353\nDOMAINS=corp.example\n"
        "ROUTE_DOMAINS=10.in-addr.arpa .\n",
        "corp.example 10.0.0.53 7,corp.example 2001:db8::53 7,corp.example 10.0.0.54 7,"
        "10.in-addr.arpa 10.0.0.53 7,10.in-addr.arpa 2001:db8::53 7,10.in-addr.arpa 10.0.0.54 7"},
    {"a link without servers", LINK, "DOMAINS=corp.example\n", ""},
    {"a link without domains", LINK, "DNS=10.0.0.1\nDOMAINS=\nROUTE_DOMAINS=~.\n", ""},

    {"resolved.conf", RESOLVED, "[Resolve]\nDNS=10.0.0.53\n#DNS=10.0.0.9\nDomains=~corp.example\n",
        "corp.example 10.0.0.53 0"},
    {"another section", RESOLVED, "DNS=10.0.0.53\n[Other]\nDNS=10.0.0.53\nDomains=lan\n", ""},
    {"taken back", RESOLVED,
        "[Resolve]\nDNS=10.0.0.1\nDNS=\nDNS=10.0.0.2\nDomains=a.example\nDomains=\nDomains=lan\n",
        "lan 10.0.0.2 0"},
    {"FallbackDNS is no DNS", RESOLVED, "[Resolve]\nFallbackDNS=10.0.0.1\nDomains=lan\n", ""},
};

static size_t parse(enum format format, const char *text, size_t length, struct split_domain *out)
{
    struct splits splits = {.out = out, .max = FOUND, .source = "test"};
    struct split_scope scope = {0};
    switch (format) {
    case DNSMASQ:
        splitdns_dnsmasq(text, length, &splits);
        break;
    case UNBOUND:
        splitdns_unbound(text, length, &splits);
        break;
    case LINK:
        splitdns_link(text, length, &scope);
        splits_add_scope(&splits, &scope, 7);
        break;
    case RESOLVED:
        splitdns_resolved(text, length, &scope);
        splits_add_scope(&splits, &scope, 0);
        break;
    }
    return splits.count;
}

static void formats(void **state)
{
    (void)state;
    static struct split_domain found[FOUND];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t length = strlen(cases[i].text);
        size_t count = parse(cases[i].format, cases[i].text, length, found);
        if (strcmp(spell(found, count), cases[i].expected) != 0)
            fail_msg("%s: %s", cases[i].name, spell(found, count));
        /* Cut anywhere, and read as each format: without a NUL behind it, for the sanitizer. */
        for (size_t cut = 0; cut <= length; cut++) {
            char *copy = malloc(cut + 1);
            assert_non_null(copy);
            copy = realloc(copy, cut ? cut : 1);
            memcpy(copy, cases[i].text, cut);
            for (enum format format = DNSMASQ; format <= RESOLVED; format++)
                assert_true(parse(format, copy, cut, found) <= FOUND);
            free(copy);
        }
    }
}

/* More than there is room for, lines without an end, octets that no file has. */
static void floods(void **state)
{
    (void)state;
    static struct split_domain found[FOUND];
    static char text[TEXTFILE_MAX];
    size_t used = 0;
    for (unsigned i = 0; used + 64 < sizeof text; i++)
        used += (size_t)snprintf(
            text + used, sizeof text - used, "server=/h%u.example/10.0.0.%u\n", i, i % 256);
    assert_int_equal(parse(DNSMASQ, text, used, found), FOUND);
    unsigned seed = 1;
    for (size_t round = 0; round < 300; round++) {
        static const char octets[] = "server=/:.# \n\t\"'\\~@[]%0123456789abf";
        for (used = 0; used < 4096; used++)
            text[used] = round % 2 ? octets[rand_r(&seed) % (int)sizeof octets] /* NUL too */
                                   : (char)rand_r(&seed);
        for (enum format format = DNSMASQ; format <= RESOLVED; format++)
            assert_true(parse(format, text, used, found) <= FOUND);
    }
    memset(text, 'a', sizeof text);
    for (enum format format = DNSMASQ; format <= RESOLVED; format++)
        assert_int_equal(parse(format, text, sizeof text, found), 0);
}

/* ---- the files of a system ---- */

static char root[] = "/tmp/leaktop-splitdns-XXXXXX";

static const char *path_of(const char *name)
{
    static char path[512];
    (void)snprintf(path, sizeof path, "%s%s", root, name);
    return path;
}

static const char *const folders[] = {"/run", "/run/systemd", "/run/systemd/resolve",
    "/run/systemd/resolve/netif", "/run/systemd/netif", "/run/systemd/netif/links",
    "/run/systemd/resolved.conf.d", "/run/NetworkManager", "/etc", "/etc/systemd",
    "/etc/systemd/resolved.conf.d", "/etc/dnsmasq.d", "/etc/NetworkManager",
    "/etc/NetworkManager/dnsmasq.d", "/etc/unbound", "/etc/unbound/unbound.conf.d"};

static int make_root(void **state)
{
    (void)state;
    strcpy(root + strlen(root) - 6, "XXXXXX");
    if (!mkdtemp(root))
        return -1;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (mkdir(path_of(folders[i]), 0755) != 0)
            return -1;
    return 0;
}

static int remove_root(void **state)
{
    (void)state;
    char command[600];
    (void)snprintf(command, sizeof command, "rm -rf '%s'", root);
    return system(command);
}

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(path_of(name), "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0 && fclose(file) == 0);
}

static void files(void **state)
{
    (void)state;
    static struct split_domain found[FOUND];
    assert_int_equal(splitdns_read(root, NULL, found, FOUND), 0);
    assert_int_equal(splitdns_read("/nonexistent", NULL, found, FOUND), 0);

    write_file("/run/systemd/resolve/netif/3", "SERVERS=10.3.0.53\nDOMAINS=~three.example\n");
    write_file("/run/systemd/netif/links/3", "DNS=10.3.0.54\nDOMAINS=\n");
    write_file("/run/systemd/netif/links/4", "DNS=10.4.0.53\nDOMAINS=four.example\n");
    write_file("/run/systemd/netif/links/x", "DNS=10.5.0.53\nDOMAINS=five.example\n");
    write_file("/run/systemd/netif/links/.#4", "DNS=10.5.0.53\nDOMAINS=five.example\n");
    write_file("/etc/systemd/resolved.conf", "[Resolve]\nDNS=10.6.0.53\n");
    write_file("/run/systemd/resolved.conf.d/10.conf", "[Resolve]\nDomains=~six.example\n");
    write_file("/etc/systemd/resolved.conf.d/20.conf~", "[Resolve]\nDomains=~old.example\n");
    write_file("/etc/dnsmasq.conf", "server=/a.example/10.7.0.1\n");
    write_file("/etc/dnsmasq.d/b.conf", "server=/b.example/10.7.0.2\n");
    write_file("/etc/dnsmasq.d/README", "server=/no.example/10.7.0.9\n");
    write_file("/etc/NetworkManager/dnsmasq.d/c.conf", "server=/c.example/10.7.0.3\n");
    write_file("/run/NetworkManager/dnsmasq.conf", "server=/d.example/10.7.0.4\n");
    write_file("/etc/unbound/unbound.conf", "stub-zone:\nname: e.example\nstub-addr: 10.7.0.5\n");
    write_file("/etc/unbound/unbound.conf.d/f.conf",
        "forward-zone:\nname: f.example\nforward-addr: 10.7.0.6\n");
    size_t count = splitdns_read(root, NULL, found, FOUND);
    assert_string_equal(spell(found, count),
        "three.example 10.3.0.53 3,three.example 10.3.0.54 3,four.example 10.4.0.53 4,"
        "six.example 10.6.0.53 0,a.example 10.7.0.1 0,b.example 10.7.0.2 0,c.example 10.7.0.3 0,"
        "d.example 10.7.0.4 0,e.example 10.7.0.5 0,f.example 10.7.0.6 0");
    assert_string_equal(found[0].source, "/run/systemd/resolve/netif/3");
    assert_string_equal(found[5].source, "/etc/dnsmasq.d/b.conf");
    assert_int_equal(splitdns_read(root, NULL, found, 4), 4);

    /* The same again is the same to the octet, so that it is no change. */
    static struct split_domain again[FOUND];
    memset(found, 0x55, sizeof found);
    count = splitdns_read(root, NULL, found, FOUND);
    assert_int_equal(splitdns_read(root, NULL, again, FOUND), count);
    assert_memory_equal(found, again, count * sizeof *found);
}

static int open_file(const char *path, const char *text)
{
    write_file(path, text);
    int fd = open(path_of(path), O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

/* What the keeper opened counts like a file that was readable; each link has one. */
static void passed(void **state)
{
    (void)state;
    static struct split_domain found[FOUND];
    struct splitdns_links links = {0};
    splitdns_link_put(&links, 3, open_file("/old", "SERVERS=10.9.0.1\nDOMAINS=~old.example\n"));
    splitdns_link_put(&links, 4, open_file("/four", "DOMAINS=~four.example\n"));
    int replaced = links.each[0].fd;
    splitdns_link_put(&links, 3, open_file("/new", "SERVERS=10.3.0.1\nDOMAINS=~new.example\n"));
    assert_int_equal(fcntl(replaced, F_GETFD), -1);
    write_file("/run/systemd/netif/links/4", "DNS=10.4.0.1\n");
    for (int twice = 0; twice < 2; twice++) {
        size_t count = splitdns_read(root, &links, found, FOUND);
        assert_string_equal(spell(found, count), "four.example 10.4.0.1 4,new.example 10.3.0.1 3");
        assert_string_equal(found[1].source, "/run/systemd/resolve/netif/3");
    }
    splitdns_link_put(&links, 3, -1);
    splitdns_link_put(&links, 77, -1);
    assert_string_equal(
        spell(found, splitdns_read(root, &links, found, FOUND)), "four.example 10.4.0.1 4");
    for (uint32_t i = 100; i < 100 + 2 * SPLITDNS_LINKS; i++)
        splitdns_link_put(&links, i, open_file("/one", "SERVERS=10.3.0.1\n"));
    assert_int_equal(links.count, SPLITDNS_LINKS);
    int last = links.each[SPLITDNS_LINKS - 1].fd;
    splitdns_links_clear(&links);
    assert_int_equal(links.count, 0);
    assert_int_equal(fcntl(last, F_GETFD), -1);
}

/* Where all other names go: servers without a domain, the forward zone of the root. */
static void forwards(void **state)
{
    static const struct {
        const char *program, *file, *text, *expected;
    } list[] = {
        {"dnsmasq", "/etc/dnsmasq.conf",
            "server=192.0.2.1\nserver=192.0.2.2#5353\nserver=192.0.2.3@eth0 # x\n"
            "server=192.0.2.1\n",
            "192.0.2.1 192.0.2.2 192.0.2.3 "},
        {"dnsmasq", "/etc/dnsmasq.conf",
            "server=/corp.example/192.0.2.9\nserver=/corp.example/\nserver=#\nserver=\n"
            "server=name.example\n#server=192.0.2.8\n",
            ""},
        {"dnsmasq", "/etc/dnsmasq.d/a.conf", "server=2001:db8::53\n", "2001:db8::53 "},
        {"unbound", "/etc/unbound/unbound.conf",
            "forward-zone:\n name: \".\"\n forward-addr: 192.0.2.1@853#x.example\n"
            " forward-addr: 2001:db8::1\n",
            "192.0.2.1 2001:db8::1 "},
        {"unbound", "/etc/unbound/unbound.conf",
            "forward-zone:\n name: \"corp.example\"\n forward-addr: 192.0.2.1\n"
            "server:\n interface: 192.0.2.7\n",
            ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        struct configured_resolver found[4];
        char got[256] = "", text[ADDRESS_TEXT];
        write_file(list[i].file, list[i].text);
        size_t count = splitdns_forwards(root, list[i].program, found, 4);
        for (size_t j = 0; j < count; j++) {
            size_t used = strlen(got);
            (void)snprintf(
                got + used, sizeof got - used, "%s ", address_format(&found[j].address, text));
            assert_string_equal(found[j].source, list[i].file);
            assert_string_equal(found[j].manager, list[i].program);
        }
        if (strcmp(got, list[i].expected) != 0)
            fail_msg("%s: %s", list[i].text, got);
        assert_int_equal(unlink(path_of(list[i].file)), 0);
    }
}

/* A FIFO, a folder, a link to a file that is none of ours, ten million octets: read past. */
static void hostile(void **state)
{
    (void)state;
    static struct split_domain found[FOUND];
    assert_int_equal(mkfifo(path_of("/etc/dnsmasq.conf"), 0644), 0);
    assert_int_equal(mkdir(path_of("/etc/systemd/resolved.conf"), 0755), 0);
    assert_int_equal(symlink("/etc/shadow", path_of("/etc/unbound/unbound.conf")), 0);
    assert_int_equal(symlink("/dev/zero", path_of("/etc/dnsmasq.d/zero.conf")), 0);
    assert_int_equal(symlink("loop.conf", path_of("/etc/dnsmasq.d/loop.conf")), 0);
    FILE *file = fopen(path_of("/etc/dnsmasq.d/big.conf"), "we");
    assert_non_null(file);
    fputs("server=/first.example/10.0.0.1\n", file);
    for (size_t i = 0; i < 10000; i++)
        fprintf(file, "%01023d\n", 0);
    fputs("server=/late.example/10.0.0.1\n", file);
    assert_int_equal(fclose(file), 0);
    write_file("/etc/dnsmasq.d/good.conf", "server=/good.example/10.0.0.2\n");
    size_t count = splitdns_read(root, NULL, found, FOUND);
    assert_string_equal(spell(found, count), "first.example 10.0.0.1 0,good.example 10.0.0.2 0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts),
        cmocka_unit_test(formats),
        cmocka_unit_test(floods),
        cmocka_unit_test_setup_teardown(files, make_root, remove_root),
        cmocka_unit_test_setup_teardown(passed, make_root, remove_root),
        cmocka_unit_test_setup_teardown(forwards, make_root, remove_root),
        cmocka_unit_test_setup_teardown(hostile, make_root, remove_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
