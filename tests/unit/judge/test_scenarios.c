/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs the scenarios of tests/data/scenarios: facts in with their times, verdicts out. A line is
 * one step:
 *   at MS                            the clock, ms since the start
 *   link INDEX NAME KIND HARDWARE [down] [gateway] [server] [master=INDEX] [lower=INDEX]
 *                                    [ADDRESS/PREFIX ...]
 *                                    KIND "-" is none; HARDWARE ether, none, ppp, loopback
 *   gone INDEX
 *   route 4|6 NAME|none|blocked|unknown [mixed]
 *   settle                           after a batch of the above
 *   force NAME ROLE                  -t, -u
 *   expect none|vpn|tor|auto
 *   capture works|blind|dead|none|file
 *   lookup INDEX TRANSPORT RESOLVER NAME [from=ADDRESS] [id=N] [client] [by=PROGRAM] [forwarded]
 *   stun INDEX SERVER [check] [by=PROGRAM]
 *   answer [ADDRESS ...]             to the newest look-up or STUN request, 20 ms later
 *   peer INDEX ADDRESS               outer packets of a tunnel
 *   esp INDEX ADDRESS                ESP packets to it left
 *   ipsec 4|6 none|some|all|unknown  what policies without an interface encrypt
 *   unasked INDEX RESOLVER NAME [to=ADDRESS] [out]    an answer without a question
 *   intend [name:N] [resolver:A] [interface:I] [program:P]     marked as intended
 *   split DOMAIN RESOLVER|- INDEX    split DNS
 *   server NAME                      the person's own VPN server
 *   told INDEX TRANSPORT NAME        announced to the neighbours; host NAME: this machine's own
 *   connect INDEX ADDRESS [own] [client] [nobody] [by=PROGRAM]
 *   socks tor|other NAME|ADDRESS by=PROGRAM    a SOCKS request, and who listens there
 *   totor                            the newest look-up was asked of a Tor client
 *   site INDEX tls|http|status NAME [by=PROGRAM]    a connection told its server's name
 *   learned NAME OBSERVER COUNT UNASKED [presumed]  OBSERVER is network, isp, resolver, tunnel
 *   probe NAME [failed|REASON|came ADDRESS]  asked, and its answer: who asked the world for it
 *   probed INDEX RESOLVER NAME       the probe's name seen leaving
 *   public 4|6 ADDRESS AGREE ASKED NAME [disagree] [nat64] [said=SERVICE] [asked=SECONDS-AGO]
 *     [by=NAME] [PROVIDER:yes|no] [why=TEXT-WITH-_]   the last ones: of one service's own word
 *   before 4|6 ADDRESS               the public address of the baseline
 *   resolver ADDRESS INDEX           named by /etc/resolv.conf, reached by that interface
 *   held N [N]                       packets discarded so far, of IPv4 and of IPv6
 *   clear                            the person clears the latch
 *   is CHECK STATE                   expected from here on
 *   verdict STATE
 *   exposure WORD                    of the newest look-up
 *   excuse WORD...                   of the newest look-up; "none"
 *   role INDEX ROLE
 *   lookups N                        kept so far
 *   leaks N                          lines in the ledger that still count
 *   says CHECK TEXT...               its summary contains this
 *   shows CHECK TEXT...              a line of its evidence contains each of these
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/name.h"
#include "judge/judge.h"
#include "model/model.h"

#define FOLDER "tests/data/scenarios"
#define START 1700000000000000000ULL
#define WORDS 16

struct run {
    struct model *model;
    struct verdict verdict;
    uint64_t now;
    const char *file;
    int line;
    uint16_t next_id;
    char *words[WORDS];
    size_t count;
};

static void fail_at(const struct run *run, const char *wanted, const char *got)
{
    fail_msg("%s:%d: expected %s, got %s", run->file, run->line, wanted, got);
}

static bool has(const struct run *run, const char *word)
{
    for (size_t i = 1; i < run->count; i++)
        if (strcmp(run->words[i], word) == 0)
            return true;
    return false;
}

static const char *value_of(const struct run *run, const char *key)
{
    size_t length = strlen(key);
    for (size_t i = 1; i < run->count; i++)
        if (strncmp(run->words[i], key, length) == 0 && run->words[i][length] == '=')
            return run->words[i] + length + 1;
    return NULL;
}

static const char *word(const struct run *run, size_t i)
{
    if (i >= run->count)
        fail_at(run, "one more word", "the end of the line");
    return run->words[i];
}

static struct address address_of(const struct run *run, const char *text)
{
    struct address address;
    if (!address_parse(text, &address))
        fail_at(run, "an address", text);
    return address;
}

static uint32_t index_of(const struct run *run, const char *name)
{
    for (size_t i = 0; i < model_interface_count(run->model); i++)
        if (strcmp(model_interface_at(run->model, i)->name, name) == 0 &&
            model_interface_at(run->model, i)->present)
            return model_interface_at(run->model, i)->index;
    fail_at(run, "an interface", name);
    return 0;
}

static void step_link(struct run *run)
{
    static const struct {
        const char *word;
        uint16_t type;
    } hardware[] = {{"ether", 1}, {"none", 65534}, {"ppp", 512}, {"loopback", 772}};
    struct interface interface = {.index = (uint32_t)atoi(word(run, 1)), .up = !has(run, "down")};
    snprintf(interface.name, sizeof(interface.name), "%s", word(run, 2));
    if (strcmp(word(run, 3), "-") != 0)
        snprintf(interface.kind, sizeof(interface.kind), "%s", word(run, 3));
    for (size_t i = 0; i < 4; i++)
        if (strcmp(word(run, 4), hardware[i].word) == 0)
            interface.link_type = hardware[i].type;
    interface.gateway_route = has(run, "gateway") || has(run, "server");
    interface.host_route = has(run, "server");
    if (value_of(run, "master"))
        interface.master = (uint32_t)atoi(value_of(run, "master"));
    if (value_of(run, "lower"))
        interface.lower = (uint32_t)atoi(value_of(run, "lower"));
    for (size_t i = 5; i < run->count; i++) {
        char *slash = strchr(run->words[i], '/');
        if (!slash)
            continue;
        *slash = '\0';
        interface.addresses[interface.address_count++] = (struct interface_address){
            .address = address_of(run, run->words[i]), .prefix = (uint8_t)atoi(slash + 1)};
    }
    model_interface_set(run->model, &interface, run->now);
}

static void step_route(struct run *run)
{
    struct web_route route = {.mixed = has(run, "mixed")};
    const char *name = word(run, 2);
    if (strcmp(name, "none") == 0) {
        route.state = ROUTE_NONE;
    } else if (strcmp(name, "blocked") == 0) {
        route.state = ROUTE_BLOCKED;
    } else if (strcmp(name, "unknown") != 0) {
        route.state = ROUTE_PRESENT;
        route.interface = index_of(run, name);
    }
    model_route_set(
        run->model, word(run, 1)[0] == '6' ? FAMILY_INDEX_6 : FAMILY_INDEX_4, &route, run->now);
}

static enum transport transport_of(const struct run *run, const char *name)
{
    for (size_t i = 0; i < TRANSPORT_COUNT; i++)
        if (strcmp(transport_word((enum transport)i), name) == 0)
            return (enum transport)i;
    fail_at(run, "a transport", name);
    return TRANSPORT_UDP;
}

static void add_lookup(struct run *run, uint32_t interface, enum transport transport,
    const char *resolver, const char *name)
{
    struct lookup lookup = {.time_ns = run->now,
        .interface = interface,
        .transport = transport,
        .resolver = address_of(run, resolver),
        .resolver_port = 53,
        .source_port = 40000,
        .type = 1,
        .class = 1,
        .id = run->next_id++,
        .forwarded = has(run, "forwarded"),
        .settled = true};
    if (value_of(run, "id"))
        lookup.id = (uint16_t)atoi(value_of(run, "id"));
    lookup.source = address_of(run, value_of(run, "from")                   ? value_of(run, "from")
                                    : lookup.resolver.family == FAMILY_IPV6 ? "2001:db8::7"
                                                                            : "10.0.0.7");
    if (has(run, "client")) {
        lookup.process = (struct process){.pid = 77, .vpn_client = true};
        snprintf(lookup.process.name, sizeof(lookup.process.name), "openvpn");
    }
    if (value_of(run, "by")) {
        lookup.process.pid = 78;
        snprintf(lookup.process.name, sizeof(lookup.process.name), "%s", value_of(run, "by"));
    }
    lookup.stun_check = has(run, "check");
    if (name)
        lookup.name_length = (uint8_t)name_parse(name, lookup.name);
    if (name && lookup.name_length == 0)
        fail_at(run, "a name", name);
    judge_exposure(run->model, &lookup);
    model_lookup_add(run->model, &lookup);
}

static void step_lookup(struct run *run)
{
    add_lookup(run, (uint32_t)atoi(word(run, 1)), transport_of(run, word(run, 2)), word(run, 3),
        word(run, 4));
}

static void step_answer(struct run *run)
{
    const struct lookup *lookup = model_lookup(run->model, model_lookup_newest(run->model));
    struct fact fact = {.time_ns = run->now + 20000000,
        .kind = lookup->transport == TRANSPORT_STUN ? FACT_STUN_ANSWER : FACT_ANSWER,
        .transport =
            lookup->transport == TRANSPORT_STUN ? TRANSPORT_UDP : (uint8_t)lookup->transport,
        .source = lookup->resolver,
        .destination = lookup->source,
        .source_port = lookup->resolver_port,
        .destination_port = lookup->source_port,
        .id = lookup->id,
        .name_length = lookup->name_length};
    memcpy(fact.name, lookup->name, lookup->name_length);
    for (size_t i = 1; i < run->count && i <= FACT_ADDRESSES; i++)
        fact.addresses[fact.address_count++] = address_of(run, run->words[i]);
    if (!model_answer(run->model, &fact))
        fail_at(run, "a look-up that waits", "none");
}

static void step_peer(struct run *run)
{
    struct fact fact = {.time_ns = run->now,
        .kind = FACT_PEER,
        .interface = (uint32_t)atoi(word(run, 1)),
        .destination = address_of(run, word(run, 2))};
    model_peer_seen(run->model, &fact);
}

static void step_intend(struct run *run)
{
    struct intended rule = {0};
    for (size_t i = 1; i < run->count; i++) {
        const char *value = strchr(run->words[i], ':');
        if (!value)
            fail_at(run, "PART:VALUE", run->words[i]);
        value++;
        if (run->words[i][0] == 'n')
            snprintf(rule.name, sizeof(rule.name), "%s", value);
        else if (run->words[i][0] == 'r')
            rule.resolver = address_of(run, value);
        else if (run->words[i][0] == 'i')
            snprintf(rule.interface, sizeof(rule.interface), "%s", value);
        else
            snprintf(rule.program, sizeof(rule.program), "%s", value);
    }
    if (!model_intend(run->model, &rule))
        fail_at(run, "a rule", run->words[1]);
}

static void step_split(struct run *run)
{
    struct split_domain split = {.interface = (uint32_t)atoi(word(run, 3)), .source = "test"};
    split.length = (uint8_t)name_parse(word(run, 1), split.domain);
    if (strcmp(word(run, 2), "-") != 0)
        split.resolver = address_of(run, word(run, 2));
    model_split_domains(run->model, &split, 1, run->now);
}

static void step_told(struct run *run)
{
    struct fact fact = {.time_ns = run->now,
        .interface = (uint32_t)atoi(word(run, 1)),
        .transport = (uint8_t)transport_of(run, word(run, 2))};
    fact.name_length = (uint8_t)name_parse(word(run, 3), fact.name);
    model_told_add(run->model, &fact);
}

static unsigned leaks_that_count(const struct run *run)
{
    unsigned count = 0;
    for (size_t i = 0; i < model_leak_count(run->model); i++)
        count += !model_leak_at(run->model, i)->intended;
    return count;
}

static bool line_has_all(const struct run *run, const char *line)
{
    for (size_t i = 2; i < run->count; i++)
        if (!strstr(line, run->words[i]))
            return false;
    return true;
}

static void step_shows(struct run *run, const struct check *check)
{
    for (size_t i = 0; i < check->evidence_count; i++)
        if (line_has_all(run, check->evidence[i]))
            return;
    fail_at(run, run->words[2], check->evidence_count ? check->evidence[0] : "no evidence");
}

static void step_excuse(struct run *run)
{
    const struct lookup *lookup = model_lookup(run->model, model_lookup_newest(run->model));
    const char *got = lookup->excuse == EXCUSE_NONE ? "none" : excuse_word(lookup->excuse);
    for (size_t i = 1; i < run->count; i++)
        if (!strstr(got, run->words[i]))
            fail_at(run, run->words[i], got);
}

static void step_esp(struct run *run)
{
    struct fact fact = {.time_ns = run->now,
        .kind = FACT_PEER,
        .type = PEER_ESP,
        .direction = DIRECTION_OUT,
        .interface = (uint32_t)atoi(word(run, 1)),
        .destination = address_of(run, word(run, 2))};
    model_peer_seen(run->model, &fact);
}

static void step_ipsec(struct run *run)
{
    static const char *const words[] = {"unknown", "none", "some", "all"};
    for (size_t i = 0; i < 4; i++)
        if (strcmp(words[i], word(run, 2)) == 0)
            model_ipsec_set(run->model, word(run, 1)[0] == '6' ? FAMILY_INDEX_6 : FAMILY_INDEX_4,
                (enum ipsec_cover)i, run->now);
}

static void step_unasked(struct run *run)
{
    struct fact fact = {.time_ns = run->now,
        .kind = FACT_ANSWER,
        .direction = has(run, "out") ? DIRECTION_OUT : DIRECTION_IN,
        .interface = (uint32_t)atoi(word(run, 1)),
        .source = address_of(run, word(run, 2)),
        .destination = address_of(run, value_of(run, "to") ? value_of(run, "to") : "10.0.0.7"),
        .source_port = 53,
        .destination_port = 40000,
        .id = run->next_id++,
        .type = 1,
        .class = 1};
    fact.name_length = (uint8_t)name_parse(word(run, 3), fact.name);
    /* As watch/ingest.c does. */
    if (!model_answer(run->model, &fact))
        model_answer_unasked(run->model, &fact);
}

static void step_connect(struct run *run)
{
    struct connect connect = {.time_ns = run->now,
        .interface = (uint32_t)atoi(word(run, 1)),
        .destination = address_of(run, word(run, 2)),
        .source_port = run->next_id++,
        .port = 443};
    model_connect_add(run->model, &connect);
    if (has(run, "nobody"))
        return;
    const char *by = value_of(run, "by");
    struct process process = {.pid = 99, .vpn_client = has(run, "client")};
    snprintf(process.name, sizeof(process.name), "%s", by ? by : "curl");
    model_connect_process(run->model, connect.source_port, &process, has(run, "own"));
}

static void step_socks(struct run *run)
{
    struct fact fact = {.time_ns = run->now,
        .kind = FACT_SOCKS,
        .source = address_of(run, "127.0.0.1"),
        .destination = address_of(run, "127.0.0.1"),
        .source_port = run->next_id++,
        .destination_port = 9050,
        .id = SOCKS_CONNECT,
        .type = 443,
        .class = 5};
    if (address_parse(word(run, 2), &fact.addresses[0]))
        fact.address_count = 1;
    else
        fact.name_length = (uint8_t)name_parse(word(run, 2), fact.name);
    struct process client = {.pid = 78}, server = {.pid = 9, .tor = true};
    snprintf(client.name, sizeof(client.name), "%s", value_of(run, "by"));
    if (strcmp(word(run, 1), "tor") != 0)
        server.tor = false;
    uint64_t serial = model_socks_add(run->model, &fact);
    model_socks_server(run->model, serial, &server);
    model_socks_client(run->model, serial, &client);
}

static void step_site(struct run *run)
{
    const char *how = word(run, 2);
    struct fact fact = {.time_ns = run->now,
        .kind = strcmp(how, "tls") == 0 ? FACT_HELLO : FACT_HTTP,
        .flags = strcmp(how, "status") == 0 ? FACT_STATUS : 0,
        .interface = (uint32_t)atoi(word(run, 1)),
        .source = address_of(run, "10.0.0.7"),
        .destination = address_of(run, "192.0.2.80")};
    fact.name_length = (uint8_t)name_parse(word(run, 3), fact.name);
    uint64_t serial = model_site_add(run->model, &fact);
    struct process process = {.pid = 78};
    snprintf(
        process.name, sizeof(process.name), "%s", value_of(run, "by") ? value_of(run, "by") : "");
    if (serial != 0)
        model_site_process(run->model, serial, &process);
}

static void step_learned(struct run *run)
{
    static const char *const words[OBSERVER_COUNT] = {"network", "isp", "resolver", "tunnel"};
    struct learned learned = {0};
    uint8_t name[NAME_WIRE_MAX];
    size_t length = name_parse(word(run, 1), name), observer = 0;
    while (observer < OBSERVER_COUNT && strcmp(words[observer], word(run, 2)) != 0)
        observer++;
    if (observer == OBSERVER_COUNT)
        fail_at(run, "an observer", word(run, 2));
    for (size_t i = 0; i < model_observed_count(run->model); i++) {
        const struct observed *row = model_observed_at(run->model, i);
        if (name_equal(row->name, row->name_length, name, length))
            learned = row->by[observer];
    }
    char got[60], wanted[60];
    snprintf(got, sizeof(got), "%u %u%s", learned.count, learned.unasked,
        learned.presumed ? " presumed" : "");
    snprintf(wanted, sizeof(wanted), "%s %s%s", word(run, 3), word(run, 4),
        has(run, "presumed") ? " presumed" : "");
    if (strcmp(wanted, got) != 0)
        fail_at(run, wanted, got);
}

static void step_capture(struct run *run)
{
    struct capture_info info = {.possible = true,
        .running = true,
        .control = CONTROL_SEEN,
        .packets = model_capture(run->model)->packets + 1};
    const char *state = word(run, 1);
    if (strcmp(state, "blind") == 0)
        info.control = CONTROL_MISSED;
    else if (strcmp(state, "dead") == 0)
        info.running = false;
    else if (strcmp(state, "fresh") == 0)
        info.control = CONTROL_NONE;
    else if (strcmp(state, "none") == 0)
        info.possible = info.running = false;
    else if (strcmp(state, "file") == 0)
        info.file = info.ended = true;
    else if (strcmp(state, "drops") == 0)
        info.dropped = model_capture(run->model)->dropped + 10;
    else if (strcmp(state, "works") != 0)
        fail_at(run, "a state of the capture", state);
    model_capture_set(run->model, &info, run->now);
}

static void step_probe(struct run *run)
{
    uint8_t wire[NAME_WIRE_MAX];
    size_t length = name_parse(word(run, 1), wire);
    struct probe begin = {.path = PROBE_CONFIGURED, .control = true};
    uint64_t serial = model_probe_start(run->model, &begin, wire, length, run->now);
    bool failed = has(run, "failed"), came = has(run, "came");
    struct address egress = came ? address_of(run, word(run, 3)) : (struct address){0};
    model_probe_done(run->model, serial, failed ? PROBE_FAILED : PROBE_ANSWERED,
        failed                   ? "timed out"
        : came || run->count < 3 ? ""
                                 : word(run, 2),
        came ? &egress : NULL, run->now + 1000000);
}

/* One row of a service, where the line names one. */
static void step_said(const struct run *run, struct public_address *seen)
{
    const char *service = value_of(run, "said"), *by = value_of(run, "by");
    const char *why = value_of(run, "why"), *ago = value_of(run, "asked");
    if (!service)
        return;
    struct said *said = &seen->said[seen->said_count++];
    *said = (struct said){.outcome = why ? SAID_FAILED : SAID_ADDRESS,
        .address = seen->address,
        .interface = by ? index_of(run, by) : seen->interface,
        .asked_ns = run->now - (ago ? strtoull(ago, NULL, 10) : 0) * 1000000000U,
        .done_ns = run->now};
    snprintf(said->service, sizeof(said->service), "%s", service);
    snprintf(said->reason, sizeof(said->reason), "%s", why ? why : "");
    for (char *at = said->reason; *at; at++)
        *at = *at == '_' ? ' ' : *at;
    for (size_t i = 5; i < run->count; i++) {
        const char *colon = strchr(run->words[i], ':');
        if (!colon || strchr(run->words[i], '='))
            continue;
        snprintf(said->provider, sizeof(said->provider), "%.*s", (int)(colon - run->words[i]),
            run->words[i]);
        said->using = strcmp(colon, ":yes") == 0 ? TERNARY_YES : TERNARY_NO;
    }
}

static void step_before(struct run *run)
{
    struct baseline baseline = {.taken_ns = run->now};
    if (model_baseline(run->model))
        baseline = *model_baseline(run->model);
    baseline.public_addresses[word(run, 1)[0] == '6'].address = address_of(run, word(run, 2));
    model_baseline_set(run->model, &baseline, run->now);
}

static void step_public(struct run *run)
{
    struct public_address seen = {.asked_ever = true,
        .checked_ns = run->now,
        .address = address_of(run, word(run, 2)),
        .agree = (uint32_t)atoi(word(run, 3)),
        .asked = (uint32_t)atoi(word(run, 4)),
        .interface = index_of(run, word(run, 5)),
        .network = {.asn = -1}};
    if (has(run, "disagree"))
        seen.other = address_of(run, "198.51.100.99");
    seen.nat64 = has(run, "nat64");
    step_said(run, &seen);
    model_public_set(
        run->model, word(run, 1)[0] == '6' ? FAMILY_INDEX_6 : FAMILY_INDEX_4, &seen, run->now);
}

static void step_resolver(struct run *run)
{
    struct configured_resolver resolver = {.address = address_of(run, word(run, 1)),
        .interface = (uint32_t)atoi(word(run, 2)),
        .route_known = true,
        .source = "/etc/resolv.conf:1"};
    model_configured_resolvers(run->model, &resolver, 1, run->now);
}

static void step_expect(struct run *run)
{
    const char *what = word(run, 1);
    enum expectation expectation = EXPECT_NONE;
    for (size_t i = 0; i < EXPECT_COUNT; i++)
        if (strcmp(expectation_word((enum expectation)i), what) == 0)
            expectation = (enum expectation)i;
    model_expect(run->model, expectation, strcmp(what, "auto") == 0, run->now);
}

static void step_force(struct run *run)
{
    for (size_t i = 0; i < ROLE_COUNT; i++)
        if (strcmp(role_word((enum role)i), word(run, 2)) == 0)
            model_force_role(run->model, word(run, 1), (enum role)i);
}

static const struct check *check_of(struct run *run, const char *id)
{
    judge_all(run->model, run->now, &run->verdict);
    for (size_t i = 0; i < CHECK_COUNT; i++)
        if (strcmp(check_word((enum check_id)i), id) == 0)
            return &run->verdict.checks[i];
    fail_at(run, "a check", id);
    return NULL;
}

static void expect_word(const struct run *run, const char *wanted, const char *got, const char *why)
{
    char text[300];
    snprintf(text, sizeof(text), "%s (%s)", got, why);
    if (strcmp(wanted, got) != 0)
        fail_at(run, wanted, text);
}

static void step(struct run *run)
{
    const char *what = run->words[0];
    char number[24];
    if (strcmp(what, "at") == 0) {
        run->now = START + (uint64_t)atoll(word(run, 1)) * 1000000ULL;
    } else if (strcmp(what, "link") == 0) {
        step_link(run);
    } else if (strcmp(what, "gone") == 0) {
        model_interface_gone(run->model, (uint32_t)atoi(word(run, 1)), run->now);
    } else if (strcmp(what, "route") == 0) {
        step_route(run);
    } else if (strcmp(what, "settle") == 0) {
        model_settle(run->model, run->now);
    } else if (strcmp(what, "force") == 0) {
        step_force(run);
    } else if (strcmp(what, "expect") == 0) {
        step_expect(run);
    } else if (strcmp(what, "capture") == 0) {
        step_capture(run);
    } else if (strcmp(what, "lookup") == 0) {
        step_lookup(run);
    } else if (strcmp(what, "stun") == 0) {
        add_lookup(run, (uint32_t)atoi(word(run, 1)), TRANSPORT_STUN, word(run, 2), NULL);
    } else if (strcmp(what, "answer") == 0) {
        step_answer(run);
    } else if (strcmp(what, "peer") == 0) {
        step_peer(run);
    } else if (strcmp(what, "esp") == 0) {
        step_esp(run);
    } else if (strcmp(what, "ipsec") == 0) {
        step_ipsec(run);
    } else if (strcmp(what, "unasked") == 0) {
        step_unasked(run);
    } else if (strcmp(what, "lookups") == 0) {
        snprintf(
            number, sizeof(number), "%llu", (unsigned long long)model_lookup_newest(run->model));
        expect_word(run, word(run, 1), number, "look-ups so far");
    } else if (strcmp(what, "intend") == 0) {
        step_intend(run);
    } else if (strcmp(what, "split") == 0) {
        step_split(run);
    } else if (strcmp(what, "server") == 0) {
        model_vpn_server(run->model, word(run, 1));
    } else if (strcmp(what, "host") == 0) {
        model_host_name(run->model, word(run, 1));
    } else if (strcmp(what, "told") == 0) {
        step_told(run);
    } else if (strcmp(what, "excuse") == 0) {
        step_excuse(run);
    } else if (strcmp(what, "shows") == 0) {
        step_shows(run, check_of(run, word(run, 1)));
    } else if (strcmp(what, "connect") == 0) {
        step_connect(run);
    } else if (strcmp(what, "socks") == 0) {
        step_socks(run);
    } else if (strcmp(what, "totor") == 0) {
        model_lookup_to_tor(run->model, model_lookup_newest(run->model));
    } else if (strcmp(what, "site") == 0) {
        step_site(run);
    } else if (strcmp(what, "learned") == 0) {
        step_learned(run);
    } else if (strcmp(what, "probe") == 0) {
        step_probe(run);
    } else if (strcmp(what, "probed") == 0) {
        add_lookup(run, (uint32_t)atoi(word(run, 1)), TRANSPORT_UDP, word(run, 2), word(run, 3));
    } else if (strcmp(what, "public") == 0) {
        step_public(run);
    } else if (strcmp(what, "before") == 0) {
        step_before(run);
    } else if (strcmp(what, "resolver") == 0) {
        step_resolver(run);
    } else if (strcmp(what, "held") == 0) {
        uint64_t totals[FAMILY_INDEXES] = {
            (uint64_t)atoll(word(run, 1)), run->count > 2 ? (uint64_t)atoll(run->words[2]) : 0};
        model_held(run->model, totals, run->now);
    } else if (strcmp(what, "clear") == 0) {
        model_clear_latch(run->model, run->now);
    } else if (strcmp(what, "is") == 0) {
        const struct check *check = check_of(run, word(run, 1));
        expect_word(run, word(run, 2), state_word(check->state), check->summary);
    } else if (strcmp(what, "says") == 0) {
        const struct check *check = check_of(run, word(run, 1));
        for (size_t i = 2; i < run->count; i++)
            if (!strstr(check->summary, run->words[i]))
                fail_at(run, run->words[i], check->summary);
    } else if (strcmp(what, "verdict") == 0) {
        judge_all(run->model, run->now, &run->verdict);
        expect_word(run, word(run, 1), state_word(run->verdict.state), run->verdict.summary);
    } else if (strcmp(what, "exposure") == 0) {
        const struct lookup *lookup = model_lookup(run->model, model_lookup_newest(run->model));
        expect_word(run, word(run, 1), exposure_word(lookup->exposure), "newest look-up");
    } else if (strcmp(what, "role") == 0) {
        const struct interface *interface =
            model_interface(run->model, (uint32_t)atoi(word(run, 1)));
        expect_word(run, word(run, 2), role_word(interface->role), interface->name);
    } else if (strcmp(what, "leaks") == 0) {
        snprintf(number, sizeof(number), "%u", leaks_that_count(run));
        expect_word(run, word(run, 1), number, "lines in the ledger");
    } else {
        fail_at(run, "a step", what);
    }
}

static void scenario(void **state)
{
    char path[300], text[512];
    struct run run = {.file = *state, .now = START, .next_id = 1};
    snprintf(path, sizeof(path), FOLDER "/%s", run.file);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    run.model = model_new(7, START);
    assert_non_null(run.model);
    unsigned judged = 0;
    while (fgets(text, sizeof(text), file)) {
        run.line++;
        run.count = 0;
        for (char *part = strtok(text, " \t\n"); part && run.count < WORDS && part[0] != '#';
             part = strtok(NULL, " \t\n"))
            run.words[run.count++] = part;
        if (run.count == 0)
            continue;
        judged += strcmp(run.words[0], "is") == 0 || strcmp(run.words[0], "learned") == 0 ||
                  strcmp(run.words[0], "verdict") == 0 || strcmp(run.words[0], "exposure") == 0 ||
                  strcmp(run.words[0], "role") == 0;
        step(&run);
    }
    fclose(file);
    model_free(run.model);
    assert_true(judged > 0); /* a scenario that judges nothing proves nothing */
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_scenario(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return dot && strcmp(dot, ".scn") == 0;
}

int main(void)
{
    struct dirent **list;
    int count = scandir(FOLDER, &list, is_scenario, by_name);
    if (count <= 0) {
        fprintf(stderr, "no scenarios in " FOLDER "\n");
        return 1;
    }
    struct CMUnitTest *tests = calloc((size_t)count, sizeof(*tests));
    for (int i = 0; i < count; i++)
        tests[i] = (struct CMUnitTest){
            .name = list[i]->d_name, .test_func = scenario, .initial_state = list[i]->d_name};
    int failed = _cmocka_run_group_tests("scenarios", tests, (size_t)count, NULL, NULL);
    for (int i = 0; i < count; i++)
        free(list[i]);
    free(list);
    free(tests);
    return failed;
}
