/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/publicip_tally.h"

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
