/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/budget.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define HOUR_US 3600000000ULL
#define SECOND_US 1000000ULL
#define MS_US 1000ULL
#define SERVICE_MAX 63 /* octets of a name that tell it apart */

/* The account is one moment (GCRA, as in ATM's traffic shaping): until then all that was taken is
 * paid for. It lies at most `at_once` questions ahead of now. */
struct account {
    char service[SERVICE_MAX + 1]; /* "" free */
    uint64_t paid_us;
    uint64_t last_us;
};

struct budget {
    uint64_t packet_us; /* what one packet costs */
    uint64_t ahead_us;
    uint64_t paid_us;
    struct account accounts[BUDGET_SERVICES];
};

struct price {
    uint64_t own_us, ahead_us; /* of the service's account */
    uint64_t all_us;           /* of the common one */
};

struct budget *budget_new(unsigned packets_an_hour, unsigned at_once)
{
    struct budget *budget = calloc(1, sizeof *budget);
    if (!budget)
        return NULL;
    budget->packet_us = HOUR_US / (packets_an_hour ? packets_an_hour : 1);
    budget->ahead_us = budget->packet_us * at_once;
    return budget;
}

void budget_free(struct budget *budget)
{
    free(budget);
}

static struct price price_of(const struct budget *budget, const struct budget_terms *terms)
{
    uint64_t own = SECOND_US * (terms->seconds ? terms->seconds : 1);
    return (struct price){.own_us = own,
        .ahead_us = own * (terms->at_once ? terms->at_once : 1),
        .all_us = budget->packet_us * terms->packets};
}

/* Its position, or BUDGET_SERVICES. */
static size_t find(const struct budget *budget, const char *service)
{
    size_t at = 0;
    while (at < BUDGET_SERVICES && strncmp(budget->accounts[at].service, service, SERVICE_MAX) != 0)
        at++;
    return at;
}

/* A free place: an unused one, or that of a service of which nothing needs to be remembered. */
static size_t place(const struct budget *budget, uint64_t now_us)
{
    size_t at = 0;
    while (at < BUDGET_SERVICES && budget->accounts[at].service[0])
        at++;
    if (at == BUDGET_SERVICES)
        for (at = 0; at < BUDGET_SERVICES && budget->accounts[at].paid_us > now_us;)
            at++;
    return at;
}

/* How long until `price` more does not lie farther ahead than allowed. */
static uint64_t wait_us(uint64_t paid_us, uint64_t price, uint64_t ahead_us, uint64_t now_us)
{
    uint64_t then = (paid_us > now_us ? paid_us : now_us) + price;
    return then > now_us + ahead_us ? then - now_us - ahead_us : 0;
}

bool budget_would(const struct budget *budget, const struct budget_terms *terms, uint64_t now_ms,
    uint64_t *wait_ms)
{
    uint64_t now_us = now_ms * MS_US;
    struct price price = price_of(budget, terms);
    size_t at = find(budget, terms->service);
    uint64_t wait = 0;
    if (at < BUDGET_SERVICES)
        wait = wait_us(budget->accounts[at].paid_us, price.own_us, price.ahead_us, now_us);
    if (terms->packets) {
        uint64_t all = wait_us(budget->paid_us, price.all_us, budget->ahead_us, now_us);
        wait = all > wait ? all : wait;
    }
    if (wait_ms)
        *wait_ms = (wait + MS_US - 1) / MS_US;
    return wait == 0;
}

static void pay(uint64_t *paid_us, uint64_t price, uint64_t now_us)
{
    *paid_us = (*paid_us > now_us ? *paid_us : now_us) + price;
}

bool budget_take(
    struct budget *budget, const struct budget_terms *terms, uint64_t now_ms, uint64_t *wait_ms)
{
    if (!budget_would(budget, terms, now_ms, wait_ms))
        return false;
    uint64_t now_us = now_ms * MS_US;
    size_t at = find(budget, terms->service);
    if (at == BUDGET_SERVICES) {
        at = place(budget, now_us);
        if (at == BUDGET_SERVICES) { /* whom we cannot count we do not ask */
            if (wait_ms)
                *wait_ms = SECOND_US / MS_US;
            return false;
        }
        budget->accounts[at] = (struct account){0};
        text_format(budget->accounts[at].service, SERVICE_MAX + 1, "%s", terms->service);
    }
    struct account *account = &budget->accounts[at];
    struct price price = price_of(budget, terms);
    pay(&account->paid_us, price.own_us, now_us);
    account->last_us = now_us;
    pay(&budget->paid_us, price.all_us, now_us);
    return true;
}

bool budget_last(
    const struct budget *budget, const char *service, uint64_t now_ms, uint64_t *ago_ms)
{
    size_t at = find(budget, service);
    if (at == BUDGET_SERVICES)
        return false;
    *ago_ms = now_ms - budget->accounts[at].last_us / MS_US;
    return true;
}
