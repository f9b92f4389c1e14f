/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/private.h"

#include "base/name.h"
#include "base/text.h"

/* What answers look-ups and STUN requests, and who else answers. */

static uint64_t median(const uint64_t *samples, size_t n)
{
    uint64_t sorted[RTT_SAMPLES];
    for (size_t i = 0; i < n; i++) {
        size_t j = i;
        for (; j > 0 && sorted[j - 1] > samples[i]; j--)
            sorted[j] = sorted[j - 1];
        sorted[j] = samples[i];
    }
    return n == 0 ? 0 : sorted[n / 2];
}

static void resolver_answered(struct model *model, const struct lookup *lookup)
{
    struct resolver_slot *slot = lookups_resolver(model, lookup);
    slot->rtt[slot->used.answers % RTT_SAMPLES] = lookup->rtt_ns;
    slot->used.answers++;
    size_t n = slot->used.answers < RTT_SAMPLES ? (size_t)slot->used.answers : RTT_SAMPLES;
    if (n < RTT_SAMPLES || slot->used.answers % RTT_SAMPLES == 0)
        slot->used.rtt_median_ns = median(slot->rtt, n);
}

static void keep_addresses(struct lookup *lookup, const struct fact *fact)
{
    for (size_t i = 0; i < fact->address_count && i < FACT_ADDRESSES; i++)
        lookup->answers[i] = fact->addresses[i];
}

static bool other_addresses(const struct lookup *lookup, const struct fact *fact)
{
    for (size_t i = 0; i < fact->address_count && i < FACT_ADDRESSES; i++) {
        bool known = false;
        for (size_t j = 0; j < FACT_ADDRESSES; j++)
            known |= address_equal(&lookup->answers[j], &fact->addresses[i]);
        if (!known)
            return true;
    }
    return false;
}

static void answered(struct model *model, struct lookup *lookup, const struct fact *fact)
{
    lookup->answered = true;
    drops_answered(model, lookup, fact->time_ns);
    lookup->rcode = fact->rcode;
    lookup->rtt_ns = fact->time_ns - lookup->time_ns;
    keep_addresses(lookup, fact);
    if (lookup->transport == TRANSPORT_STUN) {
        if (lookup->settled && model_exposure_leaks(lookup->exposure))
            ledger_learned(model, lookup);
    } else if (!lookup->own) {
        model->totals.answers++;
        resolver_answered(model, lookup);
    }
    model_touch(model, fact->time_ns);
}

/* A question without copy of its name in the answer is answered all the same (RFC 1035, 7.3 wants
 * ID and addresses; servers that refuse may leave the question out). */
static bool names_agree(const struct lookup *lookup, const struct fact *fact)
{
    return fact->name_length == 0 ||
           name_equal(lookup->name, lookup->name_length, fact->name, fact->name_length);
}

/* The second answer to one question: from a cache's other member the same; where it says something
 * else, somebody on the way answered too. */
static void answered_again(struct model *model, struct lookup *lookup, const struct fact *fact)
{
    if (lookup->answered_twice || lookup->rcode != 0 || !other_addresses(lookup, fact) ||
        lookup->answers[0].family == FAMILY_NONE || lookup->transport == TRANSPORT_MDNS ||
        lookup->transport == TRANSPORT_LLMNR || lookup->transport == TRANSPORT_NBNS)
        return;
    char resolver[ADDRESS_TEXT];
    lookup->answered_twice = true;
    model_event(model, fact->time_ns, "resolver", model_interface_name(model, lookup->interface),
        "one question to %s was answered twice, differently: somebody on the way answers too",
        address_format(&lookup->resolver, resolver));
}

static void note_foreign(struct model *model, struct lookup *lookup, const struct fact *fact)
{
    char asked[ADDRESS_TEXT], came[ADDRESS_TEXT];
    if (lookup->answered_by.family != FAMILY_NONE || lookup->exposure == EXPOSURE_INTERNAL)
        return;
    lookup->answered_by = fact->source;
    model->totals.foreign_answers++;
    model_event(model, fact->time_ns, "resolver", model_interface_name(model, lookup->interface),
        "a question to %s was answered by %s, who was not asked",
        address_format(&lookup->resolver, asked), address_format(&fact->source, came));
}

/* An answer to a question that was put to somebody else: same asker, port, ID and name. It is
 * noted, and the one who was asked may still answer. What went to a group is answered by whoever
 * knows. */
static bool foreign_answer(struct model *model, const struct fact *fact)
{
    if (fact->name_length == 0)
        return false;
    unsigned walk = 0;
    for (uint64_t serial = model->lookup_serial; serial != 0 && walk < FOREIGN_WALK;
         serial--, walk++) {
        struct lookup_slot *slot = lookups_slot(model, serial);
        if (!slot)
            break;
        struct lookup *lookup = &slot->lookup;
        bool group = address_is_multicast(&lookup->resolver) || lookup->transport == TRANSPORT_NBNS;
        if (lookup->id != fact->id || lookup->source_port != fact->destination_port ||
            lookup->answered || lookup->transport != (enum transport)fact->transport ||
            fact->time_ns < lookup->time_ns ||
            (!group && !address_equal(&lookup->source, &fact->destination)) ||
            !names_agree(lookup, fact))
            continue;
        if (group)
            answered(model, lookup, fact);
        else
            note_foreign(model, lookup, fact);
        return true;
    }
    return false;
}

bool model_answer(struct model *model, const struct fact *fact)
{
    enum transport transport =
        fact->kind == FACT_STUN_ANSWER ? TRANSPORT_STUN : (enum transport)fact->transport;
    uint64_t key = lookups_key(model, &fact->destination, fact->destination_port, &fact->source,
        fact->source_port, fact->id);
    unsigned walk = 0;
    struct lookup *before = NULL;
    for (struct lookup_slot *slot =
             lookups_slot(model, model->lookup_buckets[key % LOOKUP_BUCKETS]);
         slot && walk < 32; slot = lookups_slot(model, slot->next), walk++) {
        struct lookup *lookup = &slot->lookup;
        if (slot->key != key || lookup->transport != transport || fact->time_ns < lookup->time_ns ||
            !names_agree(lookup, fact))
            continue;
        if (lookup->answered) {
            before = lookup;
            continue;
        }
        answered(model, lookup, fact);
        return true;
    }
    if (before) {
        answered_again(model, before, fact);
        return true;
    }
    return transport != TRANSPORT_STUN && foreign_answer(model, fact);
}
