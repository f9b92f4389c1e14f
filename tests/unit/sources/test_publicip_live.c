/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/publicip.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "model/model.h"
#include "mounts.h"
#include "namespace.h"
#include "tables/publicip.h"

/* Real HTTPS against services that behave as they are told (web_services.py), in a namespace of our
 * own, with an authority of our own. */

#define OWN_INTERFACE 7

static char directory[] = "/tmp/leaktop-web-XXXXXX";
static pid_t server = -1;
static int server_lifeline = -1;

static uint64_t wall_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static const char *file(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

static bool write_file(const char *name, const char *text)
{
    FILE *out = fopen(file(name), "w");
    bool good = out && fputs(text, out) >= 0;
    return out && fclose(out) == 0 && good;
}

/* How many lines of the log begin with prefix and hold part. */
static size_t logged(const char *prefix, const char *part)
{
    static char line[16384];
    size_t count = 0;
    FILE *in = fopen(file("log"), "r");
    while (in && fgets(line, sizeof line, in))
        count += strncmp(line, prefix, strlen(prefix)) == 0 && strstr(line, part);
    if (in)
        fclose(in);
    return count;
}

/* ---- the surroundings ---- */

static bool command(const char *text)
{
    if (system(text) == 0)
        return true;
    printf("skipped: failed: %s\n", text);
    return false;
}

static bool make_certificates(void)
{
    static char text[4096];
    size_t count, used;
    const struct publicip_service *rows = publicip_services(&count);
    used = (size_t)snprintf(text, sizeof text,
        "cd %s && for name in cert bad; do openssl req -x509 -newkey ec -pkeyopt "
        "ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=$name -keyout $name.key -out "
        "$name.pem -addext subjectAltName=",
        directory);
    for (size_t i = 0; i < count; i++)
        used += (size_t)snprintf(
            text + used, sizeof text - used, "%sDNS:%s", i ? "," : "", rows[i].host);
    /* The expired one is of the authority that is trusted. */
    snprintf(text + used, sizeof text - used,
        " 2>/dev/null || exit 1; done; openssl req -new -key cert.key -subj /CN=old -out old.csr "
        "2>/dev/null && openssl x509 -req -in old.csr -CA cert.pem -CAkey cert.key -set_serial 7 "
        "-days -1 -out old.pem 2>/dev/null && cp cert.key old.key");
    return command(text);
}

static bool write_services(void)
{
    static const char *const forms[] = {"text", "json", "lines"};
    static char text[4096];
    size_t count, used = 0;
    const struct publicip_service *rows = publicip_services(&count);
    for (size_t i = 0; i < count; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s\t%s\t%s\n", rows[i].host,
            forms[rows[i].form], rows[i].address);
    return write_file("services", text) && write_file("manners", "4 close\n6 close\n");
}

/* The server ends when its standard input does, that is with this process at the latest. */
static bool start_server(void)
{
    int in[2], out[2];
    char ready[8] = "", path[512];
    snprintf(path, sizeof path, "%s", __FILE__);
    char *slash = strrchr(path, '/');
    snprintf(slash ? slash + 1 : path, sizeof path - (size_t)(slash ? slash + 1 - path : 0), "%s",
        "web_services.py");
    if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
        return false;
    server = fork();
    if (server == 0) {
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        execlp("python3", "python3", path, directory, (char *)NULL);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    server_lifeline = in[1];
    bool good = server > 0 && read(out[0], ready, 5) == 5;
    close(out[0]);
    if (!good)
        printf("skipped: web_services.py does not start\n");
    return good;
}

static bool surroundings(void)
{
    char text[256];
    if (!namespace_enter() || !mounts_enter() || !loopback_up() || !mkdtemp(directory) ||
        !command("ip addr add 192.0.2.1/32 dev lo && ip addr add 2001:db8::1/128 dev lo nodad") ||
        !make_certificates() || !write_services() || !start_server())
        return false;
    snprintf(
        text, sizeof text, "mount --bind %s /etc/ssl/certs/ca-certificates.crt", file("cert.pem"));
    /* The names are absolute, whatever stands here; and no proxy is used, whatever stands there. */
    setenv("https_proxy", "http://192.0.2.1:9", 1);
    setenv("ALL_PROXY", "http://192.0.2.1:9", 1);
    return command(text) && mounts_replace("/etc/nsswitch.conf", "hosts: files dns\n") &&
           mounts_replace(
               "/etc/resolv.conf", "nameserver 192.0.2.1\nsearch corp.example\noptions ndots:5\n");
}

static void clear_up(void)
{
    char text[64];
    if (server > 0) {
        close(server_lifeline);
        waitpid(server, NULL, 0);
    }
    snprintf(text, sizeof text, "rm -rf %s", directory);
    if (strchr(directory, 'X') == NULL && system(text) != 0)
        printf("%s stays\n", directory);
}

/* ---- one asking ---- */

struct fixture {
    uv_loop_t loop;
    struct model *model;
    struct publicip *publicip;
    unsigned told;
};

static void on_told(void *context)
{
    struct fixture *fixture = context;
    fixture->told++;
}

static void set_route(struct fixture *fixture, enum family family, enum route_state state)
{
    const struct web_route route = {.state = state, .interface = OWN_INTERFACE};
    model_route_set(fixture->model, family, &route, wall_clock());
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    if (!fixture || uv_loop_init(&fixture->loop) != 0)
        return -1;
    fixture->model = model_new(1, wall_clock());
    struct interface interface = {
        .index = OWN_INTERFACE, .name = "own0", .up = true, .present = true, .address_count = 2};
    address_parse("192.0.2.1", &interface.addresses[0].address);
    address_parse("2001:db8::1", &interface.addresses[1].address);
    model_interface_set(fixture->model, &interface, wall_clock());
    set_route(fixture, FAMILY_INDEX_4, ROUTE_PRESENT);
    set_route(fixture, FAMILY_INDEX_6, ROUTE_PRESENT);
    if (publicip_open(&fixture->publicip, &fixture->loop, fixture->model, wall_clock) != 0)
        return -1;
    publicip_on_result(fixture->publicip, on_told, fixture);
    unlink(file("log"));
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    publicip_close(fixture->publicip);
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    int error = uv_loop_close(&fixture->loop);
    model_free(fixture->model);
    free(fixture);
    return error;
}

static void ask(struct fixture *fixture, const char *manners)
{
    assert_true(write_file("manners", manners));
    publicip_ask(fixture->publicip);
    /* It ends by itself, for nothing keeps a loop alive that has nothing to do. */
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    assert_false(publicip_busy(fixture->publicip));
}

static void check(struct fixture *fixture, enum family family, const char *situation,
    const char *address, const char *other, uint32_t agree, uint32_t asked)
{
    const struct public_address *value = model_public(fixture->model, family);
    char got[ADDRESS_TEXT], got_other[ADDRESS_TEXT];
    address_format(&value->address, got);
    address_format(&value->other, got_other);
    if (strcmp(got, address) != 0 || strcmp(got_other, other) != 0 || value->agree != agree ||
        value->asked != asked || value->pending || !value->asked_ever)
        fail_msg("%s: %s, other %s, %u of %u, pending %d, '%s'", situation, got, got_other,
            value->agree, value->asked, value->pending, value->error);
    if ((value->agree == 0) != (value->error[0] != '\0'))
        fail_msg("%s: %u agree, error '%s'", situation, value->agree, value->error);
}

static void agreed(void **state)
{
    struct fixture *fixture = *state;
    assert_true(write_file("manners", "4 203.0.113.7\n6 2001:db8:7::7\n"));
    publicip_ask(fixture->publicip);
    assert_true(publicip_busy(fixture->publicip));
    assert_true(model_public(fixture->model, FAMILY_INDEX_4)->pending);
    assert_true(model_public(fixture->model, FAMILY_INDEX_6)->pending);
    assert_false(model_public(fixture->model, FAMILY_INDEX_4)->asked_ever);
    publicip_ask(fixture->publicip); /* nothing: one is under way */
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    check(fixture, FAMILY_INDEX_4, "IPv4", "203.0.113.7", "-", 3, 3);
    check(fixture, FAMILY_INDEX_6, "IPv6", "2001:db8:7::7", "-", 3, 3);
    assert_int_equal(model_public(fixture->model, FAMILY_INDEX_4)->interface, OWN_INTERFACE);
    assert_int_equal(model_public(fixture->model, FAMILY_INDEX_6)->interface, OWN_INTERFACE);
    assert_true(fixture->told >= 2);
    /* How it looks from there. */
    assert_int_equal(logged("4 GET /", "User-Agent: leaktop/"), 3);
    assert_int_equal(logged("6 GET /", "User-Agent: leaktop/"), 3);
    assert_int_equal(logged("", "Cookie") + logged("", "Referer") + logged("4", ".|"), 0);
    assert_true(logged("dns", "") >= 6);
    assert_int_equal(logged("dns", "corp.example"), 0);
    /* The next time others are asked. */
    char first[3][16384];
    FILE *in = fopen(file("log"), "r");
    size_t kept = 0;
    static char line[16384];
    while (in && kept < 3 && fgets(line, sizeof line, in))
        if (line[0] == '4')
            strcpy(first[kept++], line);
    fclose(in);
    assert_int_equal(kept, 3);
    unlink(file("log"));
    ask(fixture, "4 203.0.113.7\n6 2001:db8:7::7\n");
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(logged(first[i], ""), 0);
}

static void votes(void **state)
{
    struct fixture *fixture = *state;
    ask(fixture, "4 203.0.113.7 203.0.113.8 203.0.113.7\n6 2001:db8::8 2001:db8::9 2001:db8::9\n");
    const struct public_address *value = model_public(fixture->model, FAMILY_INDEX_4);
    check(fixture, FAMILY_INDEX_4, "one is outvoted", "203.0.113.7", "203.0.113.8", 2, 3);
    check(fixture, FAMILY_INDEX_6, "another is", "2001:db8::9", "2001:db8::8", 2, 3);
    ask(fixture, "4 203.0.113.7 203.0.113.8 203.0.113.9 203.0.113.10 203.0.113.11 203.0.113.12\n"
                 "6 close close close close close 2001:db8::9\n");
    assert_int_equal(value->agree, 1);
    assert_int_equal(value->asked, 6);
    assert_int_not_equal(value->other.family, FAMILY_NONE);
    check(fixture, FAMILY_INDEX_6, "the only word", "2001:db8::9", "-", 1, 6);
    ask(fixture, "4 close 203.0.113.7\n6 close close 2001:db8::9\n");
    check(fixture, FAMILY_INDEX_4, "one failed", "203.0.113.7", "-", 3, 4);
    check(fixture, FAMILY_INDEX_6, "two failed", "2001:db8::9", "-", 3, 5);
}

/* Each has a row, the newest first, each of another operator. */
static void rows(void **state)
{
    struct fixture *fixture = *state;
    ask(fixture, "4 html 203.0.113.7\n6 2001:db8::9\n");
    const struct public_address *value = model_public(fixture->model, FAMILY_INDEX_4);
    size_t failed = 0;
    assert_int_equal(value->said_count, 4);
    for (size_t i = 0; i < value->said_count; i++) {
        const struct said *said = &value->said[i];
        assert_true(said->service[0] && said->asked_ns > 0 && said->done_ns >= said->asked_ns);
        assert_true(i == 0 || said->asked_ns <= value->said[i - 1].asked_ns);
        assert_int_equal(said->interface, OWN_INTERFACE);
        failed += said->outcome == SAID_FAILED;
        if (said->outcome == SAID_FAILED)
            assert_string_equal(said->reason, "a web page instead of an address");
        else
            assert_true(said->outcome == SAID_ADDRESS && said->address.bytes[3] == 7);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(said->service, value->said[j].service);
    }
    assert_int_equal(failed, 1);
}

/* What a service may do to us; over IPv4 by one, over IPv6 by all. */
static void manners(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *manner, *reason; /* a part of it */
    } cases[] = {
        {"html", "a web page"},
        {"redirect", "a redirect that is not followed"},
        {"limited", "status 429"},
        {"claim", "too long"},
        {"huge", "too long"},
        {"headers", "too long"},
        {"bad", "TLS: the certificate is not trusted"},
        {"old", "TLS: the certificate has expired"},
        {"192.168.1.1", ""},
        {"close", ""},
        {"127.0.0.1", ""},
        {"203.0.113.99", "other family"}, /* over IPv6 */
        {"\x1b[2Jhello", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[128];
        bool good = strcmp(cases[i].manner, "203.0.113.99") == 0;
        snprintf(text, sizeof text, "4 %s 203.0.113.7\n6 %s\n", cases[i].manner, cases[i].manner);
        ask(fixture, text);
        check(fixture, FAMILY_INDEX_4, cases[i].manner, "203.0.113.7", good ? "203.0.113.99" : "-",
            good ? 2 : 3, good ? 3 : 4);
        check(fixture, FAMILY_INDEX_6, cases[i].manner, "-", "-", 0, 6);
        const char *error = model_public(fixture->model, FAMILY_INDEX_6)->error;
        if (!strstr(error, cases[i].reason) || !strstr(error, ": ") || strchr(error, '\x1b'))
            fail_msg("%s: '%s'", cases[i].manner, error);
    }
}

static void no_route(void **state)
{
    struct fixture *fixture = *state;
    set_route(fixture, FAMILY_INDEX_4, ROUTE_BLOCKED);
    set_route(fixture, FAMILY_INDEX_6, ROUTE_NONE);
    ask(fixture, "4 203.0.113.7\n6 2001:db8::7\n");
    check(fixture, FAMILY_INDEX_4, "blocked", "-", "-", 0, 0);
    check(fixture, FAMILY_INDEX_6, "none", "-", "-", 0, 0);
    assert_string_equal(model_public(fixture->model, FAMILY_INDEX_4)->error, "no route");
    assert_int_equal(fixture->told, 1);
    assert_int_equal(logged("", ""), 0);
}

struct ticker {
    uv_timer_t timer;
    uint64_t last_ns, worst_ns, shown_ns;
    struct fixture *fixture;
};

static void on_tick(uv_timer_t *timer)
{
    struct ticker *ticker = timer->data;
    uint64_t now = wall_clock(), gap = now - ticker->last_ns;
    if (gap > ticker->worst_ns)
        ticker->worst_ns = gap;
    ticker->last_ns = now;
    const struct public_address *four = model_public(ticker->fixture->model, FAMILY_INDEX_4);
    if (ticker->shown_ns == 0 && four->agree >= 2 && four->pending)
        ticker->shown_ns = now;
    if (!publicip_busy(ticker->fixture->publicip))
        uv_close((uv_handle_t *)timer, NULL);
}

/* An octet a second, and a resolver that says nothing: each ends in its time, and the loop, which
 * is the screen's as well, never stands still for it. */
static void patience(void **state)
{
    struct fixture *fixture = *state;
    assert_true(write_file("manners", "4 slow 203.0.113.7\n6 2001:db8::7\ndns silent\n"));
    struct ticker ticker = {.last_ns = wall_clock(), .fixture = fixture};
    ticker.timer.data = &ticker;
    uv_timer_init(&fixture->loop, &ticker.timer);
    uint64_t begun = wall_clock();
    publicip_ask(fixture->publicip);
    uv_timer_start(&ticker.timer, on_tick, 20, 20);
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    assert_true(wall_clock() - begun < 12500000000U);
    if (ticker.worst_ns > 400000000U)
        fail_msg("the loop stood still for %u ms", (unsigned)(ticker.worst_ns / 1000000));
    if (ticker.shown_ns == 0 || ticker.shown_ns - begun > 1500000000U)
        fail_msg(
            "what two said was shown after %u ms", (unsigned)((ticker.shown_ns - begun) / 1000000));
    check(fixture, FAMILY_INDEX_4, "slow", "203.0.113.7", "-", 3, 4);
    check(fixture, FAMILY_INDEX_6, "no resolver", "-", "-", 0, 6);
}

static void cancelled(void **state)
{
    struct fixture *fixture = *state;
    ask(fixture, "4 203.0.113.7\n6 2001:db8::7\n");
    assert_true(write_file("manners", "4 mute\n6 mute\ndns silent\n"));
    publicip_ask(fixture->publicip);
    for (int i = 0; i < 20; i++) {
        uv_run(&fixture->loop, UV_RUN_NOWAIT);
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    assert_true(model_public(fixture->model, FAMILY_INDEX_4)->pending);
    uint64_t begun = wall_clock();
    publicip_cancel(fixture->publicip);
    assert_true(wall_clock() - begun < 100000000U);
    assert_false(publicip_busy(fixture->publicip));
    fixture->told = 0;
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    assert_int_equal(fixture->told, 1);
    assert_true(wall_clock() - begun < 200000000U);
    check(fixture, FAMILY_INDEX_4, "as before", "203.0.113.7", "-", 3, 3);
    check(fixture, FAMILY_INDEX_6, "as before", "2001:db8::7", "-", 3, 3);
    /* Closing in the middle is the same. */
    publicip_ask(fixture->publicip);
    uv_run(&fixture->loop, UV_RUN_NOWAIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(agreed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(votes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(manners, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_route, set_up, tear_down),
        cmocka_unit_test_setup_teardown(patience, set_up, tear_down),
        /* Last: connections that were given up may reach the services later. */
        cmocka_unit_test_setup_teardown(cancelled, set_up, tear_down),
    };
    int failed = 0;
    if (surroundings())
        failed = cmocka_run_group_tests(tests, NULL, NULL);
    clear_up();
    return failed;
}
