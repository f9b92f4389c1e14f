/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/publicip.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/name.h"
#include "base/text.h"
#include "model/model.h"
#include "sources/budget.h"
#include "sources/fetch.h"
#include "sources/publicip_tally.h"
#include "tables/vpn.h"

_Static_assert(FETCH_BODY_MAX == PUBLICIP_BODY_MAX, "what is fetched can be read");
_Static_assert(PUBLICIP_VOTES_MAX <= SAID_MAX, "each word has a row");

#define SERVICES_MAX 64
/* A look-up and an HTTPS request with its handshake, both ways, as measured. */
#define PACKETS 30
/* No further service is asked later than this: what hangs ends a round at most once as late. */
#define ASK_MS (FETCH_TOTAL_MS + 250)

struct round;

/* One service being asked; its vote has the same place in the round. */
struct request {
    struct round *round;
    struct fetch *fetch; /* NULL: ended */
};

/* One family being asked. */
struct round {
    struct publicip *publicip;
    enum family family;
    bool busy;
    size_t count; /* of requests and votes */
    bool withheld;
    bool spared; /* a service was left out because it was asked a moment ago */
    /* There is no IPv4 here: services that have no IPv6 are asked over IPv6, which a NAT64 and its
     * DNS64 make possible (RFC 6146, RFC 6147) and nothing else does. */
    bool nat64;
    uint64_t begun_ms;
    struct request requests[PUBLICIP_VOTES_MAX];
    struct publicip_vote votes[PUBLICIP_VOTES_MAX];
    size_t next; /* where in the order the next service stands */
};

struct publicip {
    struct model *model;
    uint64_t (*clock)(void);
    void (*hook)(void *context);
    void *hook_context;
    struct fetcher *fetcher;
    struct budget *budget; /* NULL: none */
    uv_timer_t told;       /* calls the hook from the loop */
    struct round rounds[FAMILY_INDEXES];
    uint8_t order[SERVICES_MAX]; /* shuffled positions in the table */
    size_t order_count;
};

static void advance(struct round *round);

static enum address_family address_family_of(const struct round *round)
{
    return round->family == FAMILY_INDEX_6 ? FAMILY_IPV6 : FAMILY_IPV4;
}

/* The hook may ask anew, or close: never from within what is still being worked on. */
static void on_told(uv_timer_t *timer)
{
    struct publicip *publicip = timer->data;
    if (publicip->hook)
        publicip->hook(publicip->hook_context);
}

static void post(struct round *round, const struct public_address *value)
{
    struct publicip *publicip = round->publicip;
    model_public_set(publicip->model, round->family, value, publicip->clock());
    uv_timer_start(&publicip->told, on_told, 0, 0);
}

/* The look-up of the service's name is our own: told before it goes out, and again at the end, for
 * the C library may still repeat it. */
static void own_name(struct publicip *publicip, const struct publicip_service *service)
{
    uint8_t wire[NAME_WIRE_MAX];
    size_t length = name_parse(service->host, wire);
    model_own_name(publicip->model, wire, length, publicip->clock());
}

static uint32_t interface_of(const struct model *model, const char *text)
{
    struct address local;
    if (!text || !address_parse(text, &local))
        return 0;
    for (size_t i = 0; i < model_interface_count(model); i++) {
        const struct interface *interface = model_interface_at(model, i);
        for (size_t j = 0; interface->present && j < interface->address_count; j++)
            if (address_equal(&interface->addresses[j].address, &local))
                return interface->index;
    }
    return 0;
}

static void end_request(struct request *request, const char *why)
{
    struct round *round = request->round;
    struct publicip_vote *vote = &round->votes[request - round->requests];
    vote->done = true;
    request->fetch = NULL;
    vote->done_ns = round->publicip->clock();
    if (why)
        text_escape(why, strlen(why), vote->reason, sizeof vote->reason);
}

static void on_done(void *context, const struct fetch_result *result)
{
    struct request *request = context;
    struct round *round = request->round;
    struct publicip_vote *vote = &round->votes[request - round->requests];
    const char *why = result->why;
    bool good = !why && publicip_parse(vote->service, address_family_of(round), result->body,
                            result->length, &vote->said, &why);
    vote->interface = interface_of(round->publicip->model, result->local);
    text_format(vote->via, sizeof vote->via, "%s", result->via);
    end_request(request, good ? NULL : why);
    own_name(round->publicip, vote->service);
    advance(round);
}

static struct budget_terms terms_of(const struct publicip_service *service)
{
    return (struct budget_terms){service->host, service->seconds_between, 1, PACKETS};
}

static bool may_ask(struct round *round, const struct publicip_service *service)
{
    unsigned needed = round->family == FAMILY_INDEX_6 ? PUBLICIP_IPV6 : PUBLICIP_IPV4;
    if (!((unsigned)service->families & needed) ||
        (round->nat64 && service->families != PUBLICIP_IPV4))
        return false;
    /* Where a Tor client runs, its project is asked through it, and not past it. */
    if (strcmp(service->provider, "Tor") == 0 && model_tor(round->publicip->model)->seen_ns != 0)
        return false;
    for (size_t i = 0; i < round->count; i++)
        if (strcmp(round->votes[i].service->run_by, service->run_by) == 0)
            return false;
    const struct budget *budget = round->publicip->budget;
    struct budget_terms terms = terms_of(service);
    uint64_t now_ms = uv_now(round->publicip->told.loop);
    bool within = !budget || budget_would(budget, &terms, now_ms, NULL);
    round->spared |= !within;
    return within;
}

/* The provider whose tunnel this is: its own word is heard each time, whoever else is asked. */
static const struct publicip_service *provider_service(struct round *round)
{
    const struct interface *tunnel = model_tunnel(round->publicip->model);
    const char *provider = tunnel ? vpn_by_interface(tunnel->name) : NULL;
    size_t count;
    const struct publicip_service *services = publicip_services(&count);
    for (size_t i = 0; provider && i < count; i++)
        if (strcmp(services[i].provider, provider) == 0 && may_ask(round, &services[i]))
            return &services[i];
    return NULL;
}

static const struct publicip_service *next_service(struct round *round)
{
    const struct publicip *publicip = round->publicip;
    const struct publicip_service *preferred = round->count == 0 ? provider_service(round) : NULL;
    if (preferred)
        return preferred;
    size_t count;
    const struct publicip_service *services = publicip_services(&count);
    for (size_t tried = 0; tried < publicip->order_count; tried++) {
        size_t at = publicip->order[round->next++ % publicip->order_count];
        if (may_ask(round, &services[at]))
            return &services[at];
    }
    return NULL;
}

/* False where no service is left to ask. */
static bool ask_one(struct round *round)
{
    struct publicip *publicip = round->publicip;
    const struct publicip_service *service = next_service(round);
    if (!service)
        return false;
    struct budget_terms terms = terms_of(service);
    if (publicip->budget)
        (void)budget_take(publicip->budget, &terms, uv_now(publicip->told.loop), NULL);
    size_t at = round->count++;
    struct request *request = &round->requests[at];
    round->votes[at] = (struct publicip_vote){.service = service, .asked_ns = publicip->clock()};
    *request = (struct request){.round = round};
    own_name(publicip, service);
    request->fetch = fetch_begin(publicip->fetcher, service->host, service->path,
        round->nat64 ? FAMILY_IPV6 : address_family_of(round), on_done, request);
    if (!request->fetch)
        end_request(request, "out of memory");
    return true;
}

/* ---- what is told ---- */

/* A proxy of which only the surroundings tell; NULL: none. */
static const char *proxy_variable(void)
{
    static const char *const variables[] = {
        "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "http_proxy"};
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *set = getenv(variables[i]);
        if (set && set[0])
            return variables[i];
    }
    return NULL;
}

static void tell_error(const struct round *round, struct public_address *value)
{
    publicip_tally_error(round->votes, round->count, value);
    if (value->error[0])
        return;
    text_format(value->error, sizeof value->error, "%s",
        round->spared ? "not asked: each service was, a moment ago" : "no service is left to ask");
}

static void tell_network(struct round *round, const struct public_address *value)
{
    struct network network = value->network;
    network.source = NETWORK_SAID;
    if (value->agree >= PUBLICIP_VOTES_NEEDED && (network.asn >= 0 || network.org[0]))
        model_network_set(
            round->publicip->model, &value->address, &network, round->publicip->clock());
}

/* What is there so far is shown as soon as two agree: one that hangs holds up nobody. */
static void tell_progress(struct round *round)
{
    struct public_address value = {
        .asked_ever = true, .checked_ns = round->publicip->clock(), .network = {.asn = -1}};
    publicip_tally(round->votes, round->count, &value);
    if (value.agree < PUBLICIP_VOTES_NEEDED) {
        value = *model_public(round->publicip->model, round->family);
        if (!value.asked_ever)
            value.network.asn = -1;
    } else {
        value.nat64 = round->nat64;
        publicip_tally_proxy(round->votes, round->count, proxy_variable(), &value);
    }
    value.pending = true;
    publicip_tally_said(round->votes, round->count, &value);
    post(round, &value);
}

static void end_round(struct round *round)
{
    struct public_address value = {
        .asked_ever = true, .checked_ns = round->publicip->clock(), .network = {.asn = -1}};
    publicip_tally(round->votes, round->count, &value);
    round->busy = false;
    if (value.agree == 0 && round->nat64) {
        value.asked = 0;
        text_format(value.error, sizeof value.error, "no route, and no NAT64 either");
        post(round, &value);
        return;
    }
    if (value.agree == 0)
        tell_error(round, &value);
    value.nat64 = round->nat64;
    publicip_tally_said(round->votes, round->count, &value);
    publicip_tally_proxy(round->votes, round->count, proxy_variable(), &value);
    tell_network(round, &value);
    post(round, &value);
}

/* Where nobody answers in the place of a NAT64, there is none. */
static bool may_go_on(const struct round *round)
{
    if (uv_now(round->publicip->told.loop) > round->begun_ms + ASK_MS)
        return false;
    bool spoken = !round->nat64 || round->count < PUBLICIP_VOTES_WANTED;
    for (size_t i = 0; i < round->count; i++)
        spoken |= round->votes[i].said.address.family != FAMILY_NONE;
    return spoken;
}

static void advance(struct round *round)
{
    while (
        publicip_tally_wanted(round->votes, round->count) > 0 && may_go_on(round) && ask_one(round))
        ;
    for (size_t i = 0; i < round->count; i++)
        if (!round->votes[i].done) {
            tell_progress(round);
            return;
        }
    end_round(round);
}

static void begin_round(struct round *round)
{
    struct publicip *publicip = round->publicip;
    const struct round *other = &publicip->rounds[FAMILY_INDEX_6];
    enum route_state route = model_route(publicip->model, round->family)->state;
    round->nat64 = round->family == FAMILY_INDEX_4 && route == ROUTE_NONE && !other->withheld &&
                   model_route(publicip->model, FAMILY_INDEX_6)->state == ROUTE_PRESENT;
    if ((route == ROUTE_NONE || route == ROUTE_BLOCKED) && !round->nat64) {
        struct public_address none = {.asked_ever = true,
            .checked_ns = publicip->clock(),
            .network = {.asn = -1},
            .error = "no route"};
        post(round, &none);
        return;
    }
    round->busy = true;
    round->count = 0;
    round->spared = false;
    /* The loop's own idea of now may be from before a long wait. */
    uv_update_time(publicip->told.loop);
    round->begun_ms = uv_now(publicip->told.loop);
    advance(round);
}

/* Whose turn it is differs from start to start, so that no service sees all users all the time. */
static void shuffle(struct publicip *publicip)
{
    uint32_t random[SERVICES_MAX] = {0};
    size_t count;
    publicip_services(&count);
    publicip->order_count = count < SERVICES_MAX ? count : SERVICES_MAX;
    if (getrandom(random, sizeof random, GRND_NONBLOCK) < 0)
        random[0] = (uint32_t)publicip->clock();
    for (size_t i = 0; i < publicip->order_count; i++)
        publicip->order[i] = (uint8_t)i;
    for (size_t i = publicip->order_count; i > 1; i--) {
        size_t other = random[i - 1] % i;
        uint8_t kept = publicip->order[i - 1];
        publicip->order[i - 1] = publicip->order[other];
        publicip->order[other] = kept;
    }
}

int publicip_open(
    struct publicip **out, uv_loop_t *loop, struct model *model, uint64_t (*clock)(void))
{
    *out = NULL;
    struct publicip *publicip = calloc(1, sizeof *publicip);
    if (!publicip)
        return -ENOMEM;
    int error = fetch_open(&publicip->fetcher, loop);
    if (error) {
        free(publicip);
        return error;
    }
    publicip->model = model;
    publicip->clock = clock;
    for (size_t i = 0; i < FAMILY_INDEXES; i++)
        publicip->rounds[i] = (struct round){.publicip = publicip, .family = (enum family)i};
    shuffle(publicip);
    uv_timer_init(loop, &publicip->told);
    publicip->told.data = publicip;
    *out = publicip;
    return 0;
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void publicip_close(struct publicip *publicip)
{
    if (!publicip)
        return;
    publicip_cancel(publicip);
    fetch_close(publicip->fetcher);
    uv_timer_stop(&publicip->told);
    uv_close((uv_handle_t *)&publicip->told, on_closed);
}

static void cancel(struct round *round)
{
    if (!round->busy)
        return;
    for (size_t i = 0; i < round->count; i++) {
        fetch_cancel(round->requests[i].fetch);
        round->requests[i].fetch = NULL;
    }
    round->busy = false;
    struct public_address before = *model_public(round->publicip->model, round->family);
    before.pending = false;
    for (size_t i = 0; i < before.said_count; i++)
        if (before.said[i].outcome == SAID_PENDING) {
            before.said[i].outcome = SAID_FAILED;
            text_format(before.said[i].reason, sizeof before.said[i].reason, "given up");
        }
    post(round, &before);
}

void publicip_cancel(struct publicip *publicip)
{
    for (size_t i = 0; i < FAMILY_INDEXES; i++)
        cancel(&publicip->rounds[i]);
}

void publicip_withhold(struct publicip *publicip, enum family family, bool withheld)
{
    publicip->rounds[family].withheld = withheld;
    if (withheld)
        cancel(&publicip->rounds[family]);
    if (withheld && family == FAMILY_INDEX_6 && publicip->rounds[FAMILY_INDEX_4].nat64)
        cancel(&publicip->rounds[FAMILY_INDEX_4]);
}

void publicip_budget(struct publicip *publicip, struct budget *budget)
{
    publicip->budget = budget;
}

void publicip_ask(struct publicip *publicip)
{
    if (publicip_busy(publicip))
        return;
    for (size_t i = 0; i < FAMILY_INDEXES; i++)
        if (!publicip->rounds[i].withheld)
            begin_round(&publicip->rounds[i]);
}

bool publicip_busy(const struct publicip *publicip)
{
    for (size_t i = 0; i < FAMILY_INDEXES; i++)
        if (publicip->rounds[i].busy)
            return true;
    return false;
}

void publicip_on_result(struct publicip *publicip, void (*hook)(void *context), void *context)
{
    publicip->hook = hook;
    publicip->hook_context = context;
}
