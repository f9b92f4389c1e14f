/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/publicip_tally.h"

#include <string.h>

#include "base/text.h"

static bool spoke(const struct publicip_vote *vote)
{
    return vote->done && vote->said.address.family != FAMILY_NONE;
}

/* How many say what this one says, itself included. */
static size_t support(const struct publicip_vote *votes, size_t count, size_t at)
{
    size_t same = 0;
    for (size_t i = 0; i < count; i++)
        if (spoke(&votes[i]) && address_equal(&votes[i].said.address, &votes[at].said.address))
            same++;
    return same;
}

/* The vote with most support, the first one on a tie; count where nobody spoke. */
static size_t best_of(const struct publicip_vote *votes, size_t count, size_t *most)
{
    size_t best = count;
    *most = 0;
    for (size_t i = 0; i < count; i++) {
        size_t same = spoke(&votes[i]) ? support(votes, count, i) : 0;
        if (same > *most) {
            *most = same;
            best = i;
        }
    }
    return best;
}

size_t publicip_tally_wanted(const struct publicip_vote *votes, size_t count)
{
    size_t most, waiting = 0, spoken = 0, wanted = 0;
    best_of(votes, count, &most);
    for (size_t i = 0; i < count; i++) {
        waiting += !votes[i].done;
        spoken += spoke(&votes[i]);
    }
    if (spoken + waiting < PUBLICIP_VOTES_WANTED)
        wanted = PUBLICIP_VOTES_WANTED - spoken - waiting;
    else if (most + waiting < PUBLICIP_VOTES_NEEDED)
        wanted = PUBLICIP_VOTES_NEEDED - most - waiting;
    size_t room = PUBLICIP_VOTES_MAX > count ? PUBLICIP_VOTES_MAX - count : 0;
    return wanted < room ? wanted : room;
}

static void add_network(struct public_address *out, const struct claim_network *network)
{
    if (out->network.asn < 0)
        out->network.asn = network->asn;
    if (!out->network.org[0])
        text_format(out->network.org, sizeof out->network.org, "%s", network->org);
    if (!out->network.country[0])
        text_format(out->network.country, sizeof out->network.country, "%s", network->country);
}

void publicip_tally(const struct publicip_vote *votes, size_t count, struct public_address *out)
{
    size_t most;
    size_t best = best_of(votes, count, &most);
    out->address = out->other = (struct address){0};
    out->interface = 0;
    out->asked = (uint32_t)count;
    out->agree = (uint32_t)most;
    out->network.asn = -1;
    out->network.org[0] = out->network.country[0] = '\0';
    for (size_t i = 0; i < count && best < count; i++) {
        if (!spoke(&votes[i]))
            continue;
        if (!address_equal(&votes[i].said.address, &votes[best].said.address)) {
            if (out->other.family == FAMILY_NONE)
                out->other = votes[i].said.address;
            continue;
        }
        out->address = votes[i].said.address;
        if (out->interface == 0)
            out->interface = votes[i].interface;
        add_network(out, &votes[i].said.network);
    }
}

void publicip_tally_said(
    const struct publicip_vote *votes, size_t count, struct public_address *out)
{
    out->said_count = 0;
    for (size_t i = count; i-- > 0 && out->said_count < SAID_MAX;) {
        const struct publicip_vote *vote = &votes[i];
        struct said *said = &out->said[out->said_count++];
        *said = (struct said){.asked_ns = vote->asked_ns,
            .done_ns = vote->done_ns,
            .outcome = !vote->done   ? SAID_PENDING
                       : spoke(vote) ? SAID_ADDRESS
                                     : SAID_FAILED,
            .address = vote->said.address,
            .interface = vote->interface,
            .using = vote->said.using};
        text_format(said->service, sizeof said->service, "%s", vote->service->host);
        text_format(said->reason, sizeof said->reason, "%s", vote->reason);
        text_format(said->provider, sizeof said->provider, "%s", vote->service->provider);
    }
}

void publicip_tally_error(
    const struct publicip_vote *votes, size_t count, struct public_address *out)
{
    const struct publicip_vote *last = NULL;
    for (size_t i = 0; i < count; i++)
        if (votes[i].reason[0] && (!last || votes[i].done_ns >= last->done_ns))
            last = &votes[i];
    if (last)
        text_format(out->error, sizeof out->error, "%s: %s", last->service->host, last->reason);
}

void publicip_tally_proxy(const struct publicip_vote *votes, size_t count, const char *variable,
    struct public_address *out)
{
    const char *via = NULL;
    size_t same = 0, spoken = 0;
    for (size_t i = 0; i < count; i++) {
        if (!spoke(&votes[i]))
            continue;
        spoken++;
        via = via ? via : votes[i].via;
        same += via[0] && strcmp(via, votes[i].via) == 0;
    }
    if (spoken >= PUBLICIP_VOTES_WANTED && same == spoken)
        text_format(out->proxy, sizeof out->proxy, "%s passed every answer on (Via)", via);
    else if (variable)
        text_format(out->proxy, sizeof out->proxy,
            "%s is set: programs may go by a proxy, this question did not", variable);
}
