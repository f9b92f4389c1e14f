/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/torexit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/name.h"
#include "base/text.h"
#include "sources/budget.h"
#include "sources/fetch.h"
#include "sources/publicip_parse.h"
#include "tables/publicip.h"

/* An HTTPS request inside Tor is some cells: packets of the Tor client. */
#define PACKETS 40

struct torexit {
    struct model *model;
    struct budget *budget;
    uv_loop_t *loop;
    uint64_t (*clock)(void);
    void (*hook)(void *context);
    void *hook_context;
    const struct publicip_service *service;
    struct fetcher *fetcher;
    struct fetch *fetch; /* NULL: nothing is under way */
};

static const struct publicip_service *service_of_tor(void)
{
    size_t count;
    const struct publicip_service *services = publicip_services(&count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(services[i].provider, "Tor") == 0)
            return &services[i];
    return NULL;
}

int torexit_open(struct torexit **out, uv_loop_t *loop, struct model *model, struct budget *budget,
    uint64_t (*clock)(void))
{
    *out = NULL;
    struct torexit *torexit = calloc(1, sizeof *torexit);
    if (!torexit)
        return -ENOMEM;
    torexit->service = service_of_tor();
    int error = torexit->service ? fetch_open(&torexit->fetcher, loop) : -ENOENT;
    if (error != 0) {
        free(torexit);
        return error;
    }
    torexit->model = model;
    torexit->budget = budget;
    torexit->loop = loop;
    torexit->clock = clock;
    *out = torexit;
    return 0;
}

void torexit_close(struct torexit *torexit)
{
    if (!torexit)
        return;
    torexit_cancel(torexit);
    fetch_close(torexit->fetcher);
    free(torexit);
}

/* That exits have other families than the one of which the answer's form is known, is no fault. */
static bool parse(struct torexit *torexit, const struct fetch_result *result,
    struct publicip_said *said, const char **why)
{
    return publicip_parse(torexit->service, FAMILY_IPV4, result->body, result->length, said, why) ||
           publicip_parse(torexit->service, FAMILY_IPV6, result->body, result->length, said, why);
}

static void on_done(void *context, const struct fetch_result *result)
{
    struct torexit *torexit = context;
    struct publicip_said said = {0};
    const char *why = result->why;
    char reason[96] = "";
    torexit->fetch = NULL;
    enum exit_state state = EXIT_FAILED;
    if (!why && parse(torexit, result, &said, &why)) {
        state = said.using == TERNARY_YES  ? EXIT_TOR
                : said.using == TERNARY_NO ? EXIT_NOT_TOR
                                           : EXIT_FAILED;
        why = "it does not say whether it was Tor";
    }
    if (state == EXIT_FAILED && why)
        text_escape(why, strlen(why), reason, sizeof reason);
    model_tor_exit(torexit->model, state, &said.address, reason, torexit->clock());
    if (torexit->hook)
        torexit->hook(torexit->hook_context);
}

bool torexit_ask(struct torexit *torexit, uint64_t *next_ms)
{
    const struct tor *tor = model_tor(torexit->model);
    const struct publicip_service *service = torexit->service;
    *next_ms = 0;
    if (torexit->fetch)
        return true;
    if (tor->socks.family == FAMILY_NONE)
        return false;
    struct budget_terms terms = {service->host, service->seconds_between, 1, PACKETS};
    if (torexit->budget && !budget_take(torexit->budget, &terms, uv_now(torexit->loop), next_ms))
        return false;
    uint8_t wire[NAME_WIRE_MAX];
    size_t length = name_parse(service->host, wire);
    model_own_name(torexit->model, wire, length, torexit->clock());
    model_tor_exit(torexit->model, EXIT_ASKED, NULL, NULL, torexit->clock());
    torexit->fetch = fetch_begin_socks(torexit->fetcher, service->host, service->path, &tor->socks,
        tor->socks_port, on_done, torexit);
    if (!torexit->fetch)
        model_tor_exit(torexit->model, EXIT_FAILED, NULL, "out of memory", torexit->clock());
    return true;
}

void torexit_cancel(struct torexit *torexit)
{
    if (!torexit->fetch)
        return;
    fetch_cancel(torexit->fetch);
    torexit->fetch = NULL;
    model_tor_exit(torexit->model, EXIT_FAILED, NULL, "given up", torexit->clock());
}

void torexit_on_result(struct torexit *torexit, void (*hook)(void *context), void *context)
{
    torexit->hook = hook;
    torexit->hook_context = context;
}
