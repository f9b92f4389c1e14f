/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/private.h"

#include <string.h>

#include "base/text.h"

/* IPsec whose policies encrypt packets without any interface for them: the tunnel that no route
 * shows. */

void model_ipsec_set(struct model *model, enum family family, enum ipsec_cover cover, uint64_t now)
{
    static const char *const words[] = {
        "cannot be read any more", "encrypt nothing", "encrypt a part", "encrypt all"};
    static const char *const families[FAMILY_INDEXES] = {"IPv4", "IPv6"};
    if (model->ipsec[family] == cover)
        return;
    /* Without rights, or without any policy, there is nothing to tell. */
    if (model->ipsec[family] > IPSEC_NONE || cover > IPSEC_NONE)
        model_event(model, now, "tunnel", "", "IPsec policies: for public %s addresses they %s",
            families[family], words[cover]);
    model->ipsec[family] = cover;
    model->links_changed = true;
    model_touch(model, now);
}

enum ipsec_cover model_ipsec(const struct model *model, enum family family)
{
    return model->ipsec[family];
}

bool ipsec_is_tunnel(const struct model *model, enum family family)
{
    return model->routes[family].state == ROUTE_PRESENT && model->ipsec[family] == IPSEC_ALL;
}

void ipsec_esp_seen(struct model *model, const struct fact *fact)
{
    struct esp_contact *contact = NULL;
    for (size_t i = 0; i < ESP_KEPT && !contact; i++)
        if (model->esp[i].time_ns != 0 && model->esp[i].interface == fact->interface)
            contact = &model->esp[i];
    if (!contact)
        contact = &model->esp[model->esp_next++ % ESP_KEPT];
    *contact = (struct esp_contact){fact->time_ns, fact->interface};
}

/* ---- what comes out of ESP ---- */

bool model_esp_lately(const struct model *model, uint32_t interface, uint64_t now)
{
    for (size_t i = 0; i < ESP_KEPT; i++)
        if (model->esp[i].time_ns != 0 && model->esp[i].interface == interface &&
            now <= model->esp[i].time_ns + ESP_NS)
            return true;
    return false;
}

/* A question that the capture lost would look the same as one inside ESP. */
static bool capture_saw_all(const struct model *model, uint64_t now)
{
    const struct capture_info *capture = &model->capture;
    return capture->running && now >= capture->since_ns + UNASKED_FRESH_NS &&
           capture->dropped <= model->recent.dropped_before;
}

static bool came_out_of_esp(const struct model *model, const struct fact *answer)
{
    const struct interface *interface = model_interface(model, answer->interface);
    enum ipsec_cover cover = model->ipsec[model_family_of(&answer->source)];
    return answer->kind == FACT_ANSWER && answer->direction == DIRECTION_IN &&
           answer->name_length != 0 &&
           (answer->transport == TRANSPORT_UDP || answer->transport == TRANSPORT_TCP) &&
           interface && interface->present && interface->role == ROLE_UPLINK &&
           model_is_local(model, &answer->destination) && !model_is_local(model, &answer->source) &&
           !address_is_multicast(&answer->source) &&
           (cover == IPSEC_ALL || cover == IPSEC_SOME ||
               model_esp_lately(model, answer->interface, answer->time_ns)) &&
           capture_saw_all(model, answer->time_ns);
}

bool model_all_inside_ipsec(const struct model *model, const struct fact *answer)
{
    const struct interface *interface = model_interface(model, answer->interface);
    return answer->direction == DIRECTION_IN && interface && interface->present &&
           interface->role == ROLE_UPLINK &&
           model->ipsec[model_family_of(&answer->source)] == IPSEC_ALL &&
           address_is_public(&answer->source) && model_is_local(model, &answer->destination);
}

static bool allowed(struct model *model, uint64_t now)
{
    const uint64_t step = 1000000000ULL / UNASKED_A_SECOND;
    if (now < model->unasked_ns)
        model->unasked_ns = now; /* the clock was set back */
    uint64_t gained = (now - model->unasked_ns) / step;
    if (gained >= UNASKED_BURST - model->unasked_left) {
        model->unasked_left = UNASKED_BURST;
        model->unasked_ns = now;
    } else {
        model->unasked_left += (unsigned)gained;
        model->unasked_ns += gained * step;
    }
    if (model->unasked_left == 0)
        return false;
    model->unasked_left--;
    return true;
}

bool model_answer_unasked(struct model *model, const struct fact *answer)
{
    if (!came_out_of_esp(model, answer) || !allowed(model, answer->time_ns))
        return false;
    struct lookup lookup;
    memset(&lookup, 0, sizeof(lookup));
    lookup.time_ns = answer->time_ns; /* when it was asked is not known */
    lookup.interface = answer->interface;
    lookup.transport = (enum transport)answer->transport;
    bool tor = model->expectation.expectation == EXPECT_TOR;
    lookup.exposure = tor ? EXPOSURE_EXPOSED : EXPOSURE_TUNNELLED;
    lookup.source = answer->destination;
    lookup.resolver = answer->source;
    lookup.source_port = answer->destination_port;
    lookup.resolver_port = answer->source_port;
    lookup.id = answer->id;
    lookup.type = answer->type;
    lookup.class = answer->class;
    lookup.rcode = answer->rcode;
    lookup.answered = true;
    lookup.settled = true;
    lookup.by_ipsec = true;
    for (size_t i = 0; i < answer->address_count && i < FACT_ADDRESSES; i++)
        lookup.answers[i] = answer->addresses[i];
    lookup.name_length = answer->name_length;
    memcpy(lookup.name, answer->name, answer->name_length);
    uint64_t before = model->lookup_serial;
    uint64_t serial = model_lookup_add(model, &lookup);
    const struct lookup *kept = model_lookup(model, serial);
    if (serial > before && kept && !kept->own) {
        model->totals.answers++;
        lookups_resolver(model, kept)->used.answers++;
    }
    return true;
}
