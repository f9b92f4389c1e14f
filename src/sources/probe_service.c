/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/probe_service.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/text.h"
#include "sources/budget.h"
#include "sources/fetch.h"
#include "sources/leaktest_parse.h"
#include "sources/probe_private.h"

#define NAMES_MAX 8
/* A look-up, a connection with TLS, and its end. */
#define PACKETS 40

struct request {
    struct probe_service *service;
    struct own_question own;
    struct fetch *fetch; /* NULL: none under way */
};

struct probe_service {
    struct prober *prober;
    const struct leaktest *row;
    struct fetcher *fetcher;
    struct stub *stub; /* LEAKTEST_RESULT: by which the names are looked up */
    enum address_family family;
    struct request names[NAMES_MAX];
    unsigned count, open;
    struct request paper; /* LEAKTEST_RESULT: the ID, then the result */
    char id[LEAKTEST_ID_MAX];
    char session[41];
};

/* By the family whose web route is the tunnel, where one is expected. */
static enum address_family family_of(const struct model *model)
{
    bool expected = model_expectation(model)->expectation != EXPECT_NONE;
    for (enum family f = 0; f < FAMILY_INDEXES; f++)
        if (model_route(model, f)->state == ROUTE_PRESENT &&
            (!expected || model_family_in_tunnel(model, f)))
            return f == FAMILY_INDEX_6 ? FAMILY_IPV6 : FAMILY_IPV4;
    return FAMILY_NONE;
}

static bool random_letters(char *out, size_t count)
{
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz012345";
    uint8_t random[64];
    if (count > sizeof random || getrandom(random, count, 0) != (ssize_t)count)
        return false;
    for (size_t i = 0; i < count; i++)
        out[i] = digits[random[i] % 32];
    out[count] = '\0';
    return true;
}

static bool make_host(struct probe_service *service, unsigned number, char *host, size_t size)
{
    const struct leaktest *row = service->row;
    if (row->wire == LEAKTEST_RESULT) {
        text_format(host, size, "%u.%s.%s", number + 1, service->id, row->zone);
        return true;
    }
    if (row->wire == LEAKTEST_SESSION) {
        text_format(host, size, "%s-%u.%s", service->session, number + 1, row->zone);
        return true;
    }
    if (row->label == 0) {
        const struct whoami uuid = {.name = row->zone, .label = WHOAMI_UUID};
        uint8_t wire[NAME_WIRE_MAX];
        size_t length;
        if (!plan_label(&uuid, wire, &length))
            return false;
        char text[NAME_TEXT_MAX];
        name_format(wire, length, text);
        text_format(host, size, "%s", text);
        return true;
    }
    char label[64];
    if (!random_letters(label, row->label))
        return false;
    text_format(host, size, "%s.%s", label, row->zone);
    return true;
}

/* One of its requests is over. */
static void leave(struct probe_service *service)
{
    service->open--;
}

static void fail(struct request *request, const char *why)
{
    char text[96], message[96];
    text_format(message, sizeof message, "%s: %s", request->service->row->key, why);
    text_escape(message, strlen(message), text, sizeof text);
    probe_finish(request->service->prober, &request->own, PROBE_FAILED, text, NULL);
}

static void post(struct probe_service *service, const struct own_question *own,
    const struct leaktest_came *list, size_t count)
{
    struct prober *prober = service->prober;
    for (size_t i = 0; i < count; i++) {
        const struct egress_resolver came = {.address = list[i].address,
            .paths = 1U << PROBE_SERVICE,
            .minimises = list[i].minimises};
        struct network network = {.source = NETWORK_SAID, .asn = list[i].network.asn};
        text_format(network.org, sizeof network.org, "%s", list[i].network.org);
        text_format(network.country, sizeof network.country, "%s", list[i].network.country);
        probe_post_egress(prober, own, &came, &network);
    }
}

static void on_fetched(void *context, const struct fetch_result *result)
{
    struct request *request = context;
    struct probe_service *service = request->service;
    struct leaktest_came came[LEAKTEST_CAME_MAX];
    size_t count = 0;
    const char *why = result->why;
    request->fetch = NULL;
    /* The C library may still repeat the look-up. */
    model_own_name(
        service->prober->model, request->own.wire, request->own.length, service->prober->clock());
    if (why || !leaktest_parse(service->row, result->body, result->length, came, &count, &why)) {
        fail(request, why);
    } else {
        post(service, &request->own, came, count);
        probe_finish(service->prober, &request->own, PROBE_ANSWERED, "",
            count == 1 ? &came[0].address : NULL);
    }
    leave(service);
}

static bool announce(struct request *request, const char *host, bool control)
{
    struct prober *prober = request->service->prober;
    request->own.length = name_parse(host, request->own.wire);
    if (request->own.length == 0)
        return false;
    const struct probe begin = {.path = PROBE_SERVICE, .control = control};
    probe_announce(prober, &request->own, &begin);
    request->service->open++;
    return true;
}

static void fetch(struct request *request, const char *host, const char *path, fetch_done *done)
{
    struct probe_service *service = request->service;
    if (service->family != FAMILY_NONE)
        request->fetch =
            fetch_begin_json(service->fetcher, host, path, service->family, done, request);
    if (request->fetch)
        return;
    fail(request, service->family == FAMILY_NONE ? "not asked: the web has no way in the tunnel"
                                                 : "out of memory");
    leave(service);
}

/* ---- LEAKTEST_RESULT: an ID, look-ups, a result ---- */

static void fetch_result_of(struct probe_service *service)
{
    const char *star = strchr(service->row->path, '*');
    char path[128];
    text_format(path, sizeof path, "%.*s%s%s", (int)(star - service->row->path), service->row->path,
        service->id, star + 1);
    if (announce(&service->paper, service->row->zone, false))
        fetch(&service->paper, service->row->zone, path, on_fetched);
}

static void on_looked_up(void *context, int status, const uint8_t *answer, size_t length)
{
    struct request *request = context;
    struct probe_service *service = request->service;
    (void)answer, (void)length;
    if (!request->own.waiting || status == ARES_EDESTRUCTION)
        return;
    bool came = status == ARES_SUCCESS || status == ARES_ENODATA || status == ARES_ENOTFOUND;
    if (came)
        probe_finish(service->prober, &request->own, PROBE_ANSWERED, "see its result", NULL);
    else
        fail(request, "its name was not answered");
    leave(service);
    if (service->open == 0)
        fetch_result_of(service);
}

static void on_id(void *context, const struct fetch_result *result)
{
    struct request *request = context;
    struct probe_service *service = request->service;
    request->fetch = NULL;
    if (result->why || !leaktest_id(result->body, result->length, service->id)) {
        fail(request, result->why ? result->why : "what it gives is no ID");
        leave(service);
        return;
    }
    probe_finish(service->prober, &request->own, PROBE_ANSWERED, "an ID for its names", NULL);
    if (!service->stub && stub_open(&service->stub, service->prober->loop) < 0)
        service->stub = NULL;
    model_test_more(service->prober->model, service->prober->test, service->count + 1);
    for (unsigned i = 0; i < service->count && service->stub; i++) {
        struct request *name = &service->names[i];
        char host[NAME_TEXT_MAX];
        if (make_host(service, i, host, sizeof host) && announce(name, host, true))
            stub_ask(service->stub, host, ns_c_in, ns_t_a, on_looked_up, name);
    }
    leave(service);
    if (service->open == 0)
        fetch_result_of(service);
}

/* ---- begin and end ---- */

static bool may_ask(struct prober *prober, const struct leaktest *row, unsigned names)
{
    const struct budget_terms terms = {row->key, row->seconds_between, 4 * NAMES_MAX, PACKETS};
    uint64_t now = uv_now(prober->loop);
    if (prober->budget && !budget_would(prober->budget, &terms, now, NULL))
        return false;
    for (unsigned i = 0; i < names && prober->budget; i++)
        budget_take(prober->budget, &terms, now, NULL);
    return true;
}

struct probe_service *probe_service_begin(
    struct prober *prober, const struct leaktest *row, unsigned names)
{
    if (names > NAMES_MAX)
        names = NAMES_MAX;
    if (!may_ask(prober, row, names))
        return NULL;
    struct probe_service *service = calloc(1, sizeof *service);
    if (!service || !random_letters(service->session, sizeof service->session - 1) ||
        fetch_open(&service->fetcher, prober->loop) < 0) {
        free(service);
        return NULL;
    }
    service->prober = prober;
    service->row = row;
    service->count = names;
    service->family = family_of(prober->model);
    service->paper.service = service;
    for (unsigned i = 0; i < names; i++)
        service->names[i].service = service;
    if (row->wire == LEAKTEST_RESULT) {
        model_test_more(prober->model, prober->test, 1);
        if (announce(&service->paper, row->zone, false))
            fetch(&service->paper, row->zone, row->id_path, on_id);
        return service;
    }
    model_test_more(prober->model, prober->test, names);
    for (unsigned i = 0; i < names; i++) {
        char host[NAME_TEXT_MAX];
        if (make_host(service, i, host, sizeof host) && announce(&service->names[i], host, true))
            fetch(&service->names[i], host, row->path, on_fetched);
    }
    return service;
}

bool probe_service_busy(const struct probe_service *service)
{
    return service && service->open > 0;
}

static void cancel(struct request *request)
{
    fetch_cancel(request->fetch);
    request->fetch = NULL;
    if (request->service)
        probe_finish(request->service->prober, &request->own, PROBE_FAILED, "cancelled", NULL);
}

void probe_service_end(struct probe_service *service)
{
    if (!service)
        return;
    for (unsigned i = 0; i < service->count; i++)
        cancel(&service->names[i]);
    cancel(&service->paper);
    stub_close(service->stub);
    fetch_close(service->fetcher);
    free(service);
}
