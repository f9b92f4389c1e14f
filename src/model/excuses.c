/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/private.h"

#include <string.h>

#include "base/name.h"
#include "base/text.h"

/* What makes a look-up outside the tunnel no leak: the tunnel that came up to its answer, the
 * person's word, split DNS. */

/* ---- the tunnel's far end ---- */

static bool answered_with(const struct lookup *lookup, const struct address *address)
{
    for (size_t i = 0; i < FACT_ADDRESSES && lookup->answers[i].family != FAMILY_NONE; i++)
        if (address_equal(&lookup->answers[i], address))
            return true;
    return false;
}

static void excuse_answers(struct model *model, const struct address *peer, uint64_t up_ns)
{
    unsigned found = 0;
    for (uint64_t serial = model->lookup_serial; serial != 0; serial--) {
        struct lookup_slot *slot = &model->lookups[serial % LOOKUPS_KEPT];
        const struct lookup *lookup = &slot->lookup;
        if (lookup->serial != serial || lookup->time_ns + PEER_NS < up_ns)
            break;
        if (lookup->time_ns > up_ns || lookup->own || lookup->transport == TRANSPORT_STUN ||
            !model_exposure_leaks(lookup->exposure) || !answered_with(lookup, peer))
            continue;
        lookups_rejudge(model, slot, EXPOSURE_BOOTSTRAP, EXCUSE_PEER);
        found++;
    }
    if (found > 0) {
        char text[ADDRESS_TEXT];
        model_event(model, up_ns, "tunnel", model_interface_name(model, model->tunnel),
            "the tunnel came up to %s: %u look-up%s of that address %s its bootstrap",
            address_format(peer, text), found, found == 1 ? "" : "s", found == 1 ? "was" : "were");
    }
}

void excuses_followed(struct model *model, uint64_t now)
{
    uint64_t up_ns = model->tunnel_up_ns;
    if (up_ns == 0 || now > up_ns + PEER_NS)
        return;
    for (size_t i = 0; i < PEERS_KEPT; i++) {
        const struct peer_contact *peer = &model->peers[i];
        if (peer->time_ns != 0 && peer->time_ns + PEER_NS >= up_ns &&
            peer->time_ns <= up_ns + PEER_NS)
            excuse_answers(model, &peer->address, up_ns);
    }
}

bool model_peer_newest(const struct model *model, struct address *address)
{
    uint64_t newest = 0;
    for (size_t i = 0; i < PEERS_KEPT; i++) {
        if (model->peers[i].time_ns <= newest)
            continue;
        newest = model->peers[i].time_ns;
        *address = model->peers[i].address;
    }
    return newest != 0;
}

uint32_t model_peer_serial(const struct model *model)
{
    return model->peer_serial;
}

/* before: that far end's own last contact, 0 never. */
static void follow_peer(struct model *model, const struct peer_contact *contact, uint64_t before)
{
    struct peer_contact was = model->peer_now;
    model->peer_now = *contact;
    bool during = model->tunnel_up_ns != 0 && was.time_ns >= model->tunnel_up_ns;
    bool turns =
        before != 0 && before >= model->tunnel_up_ns && contact->time_ns < before + PEER_TURN_NS;
    if (!during || turns || address_equal(&was.address, &contact->address))
        return;
    char from[ADDRESS_TEXT], to[ADDRESS_TEXT];
    model->peer_serial++;
    model_event(model, contact->time_ns, "tunnel", model_interface_name(model, model->tunnel),
        "the tunnel's far end is %s now; it was %s", address_format(&contact->address, to),
        address_format(&was.address, from));
    model_touch(model, contact->time_ns);
}

void model_peer_seen(struct model *model, const struct fact *fact)
{
    struct peer_contact *peer = NULL;
    if (fact->kind == FACT_PEER && fact->type == PEER_ESP)
        ipsec_esp_seen(model, fact);
    for (size_t i = 0; i < PEERS_KEPT && !peer; i++)
        if (model->peers[i].time_ns != 0 &&
            address_equal(&model->peers[i].address, &fact->destination))
            peer = &model->peers[i];
    if (!peer)
        peer = &model->peers[model->peer_next++ % PEERS_KEPT];
    uint64_t before = address_equal(&peer->address, &fact->destination) ? peer->time_ns : 0;
    bool handshake = fact->kind == FACT_PEER && fact->type != PEER_ESP;
    uint64_t begun = before ? peer->handshake_ns : 0;
    *peer =
        (struct peer_contact){fact->time_ns, handshake ? fact->time_ns : begun, fact->destination};
    if (handshake)
        drops_handshake(model, begun, fact->time_ns);
    follow_peer(model, peer, before);
    excuses_followed(model, fact->time_ns);
}

bool excuses_is_peer(const struct model *model, const struct address *address)
{
    for (size_t i = 0; i < PEERS_KEPT; i++)
        if (model->peers[i].time_ns != 0 && address_equal(&model->peers[i].address, address))
            return true;
    return false;
}

bool model_vpn_server(struct model *model, const char *name)
{
    if (model->vpn_server_count == VPN_SERVERS_MAX)
        return false;
    struct vpn_server *server = &model->vpn_servers[model->vpn_server_count];
    server->length = (uint8_t)name_parse(name, server->name);
    if (server->length <= 1)
        return false;
    model->vpn_server_count++;
    return true;
}

bool model_is_vpn_server(const struct model *model, const uint8_t *wire, size_t length)
{
    for (size_t i = 0; i < model->vpn_server_count; i++)
        if (name_equal(model->vpn_servers[i].name, model->vpn_servers[i].length, wire, length))
            return true;
    return false;
}

/* ---- the person's word ---- */

static bool name_fits(const struct intended_rule *rule, const uint8_t *name, size_t length)
{
    if (rule->rule.name[0] == '\0')
        return true;
    if (length == 0)
        return false;
    return rule->below ? name_below(name, length, rule->name, rule->name_length)
                       : name_equal(name, length, rule->name, rule->name_length);
}

/* The parts that a look-up and a line of the ledger have in common. */
struct seen {
    const uint8_t *name;
    size_t name_length;
    const struct address *resolver;
    const char *interface;
    const char *program;
};

static bool fits(const struct intended_rule *rule, const struct seen *seen)
{
    const struct intended *given = &rule->rule;
    return name_fits(rule, seen->name, seen->name_length) &&
           (given->resolver.family == FAMILY_NONE ||
               address_equal(&given->resolver, seen->resolver)) &&
           (given->interface[0] == '\0' || strcmp(given->interface, seen->interface) == 0) &&
           (given->program[0] == '\0' || strcmp(given->program, seen->program) == 0);
}

static struct seen seen_of(const struct model *model, const struct lookup *lookup)
{
    return (struct seen){lookup->name, lookup->name_length, &lookup->resolver,
        model_interface_name(model, lookup->interface), lookup->process.name};
}

/* False where the name is none, or nothing at all is given: such a rule would excuse everything. */
static bool compile(const struct intended *rule, struct intended_rule *out)
{
    *out = (struct intended_rule){.rule = *rule};
    if (rule->name[0] == '\0' && rule->resolver.family == FAMILY_NONE &&
        rule->interface[0] == '\0' && rule->program[0] == '\0')
        return false;
    if (rule->name[0] == '\0')
        return true;
    out->below = strncmp(rule->name, "*.", 2) == 0;
    out->name_length = (uint8_t)name_parse(rule->name + (out->below ? 2 : 0), out->name);
    return out->name_length > 1 || (out->name_length == 1 && !out->below);
}

bool model_rule_fits(
    const struct model *model, const struct intended *rule, const struct lookup *lookup)
{
    struct intended_rule compiled;
    struct seen seen = seen_of(model, lookup);
    return compile(rule, &compiled) && fits(&compiled, &seen);
}

bool model_is_intended(const struct model *model, const struct lookup *lookup)
{
    if (model->intended_count == 0)
        return false;
    struct seen seen = seen_of(model, lookup);
    for (size_t i = 0; i < model->intended_count; i++)
        if (fits(&model->intended[i], &seen))
            return true;
    return false;
}

/* What the list of leaks still counts after the look-ups that are kept were judged anew. */
static void take_back_lines(struct model *model, const struct intended_rule *rule)
{
    for (size_t i = 0; i < model->ledger_count; i++) {
        struct leak *leak = &model->ledger[i].leak;
        struct seen seen = {
            leak->name, leak->name_length, &leak->resolver, leak->interface, leak->process.name};
        if (leak->intended || !fits(rule, &seen))
            continue;
        leak->intended = true;
        if (leak->last_ns <= model->cleared_ns)
            continue;
        uint64_t *sum =
            leak->transport == TRANSPORT_STUN ? &model->latched.stun : &model->latched.leaks;
        uint64_t *family = &model->latched.by_family[model_family_of(&leak->resolver)];
        *sum -= leak->count < *sum ? leak->count : *sum;
        if (leak->transport != TRANSPORT_STUN)
            *family -= leak->count < *family ? leak->count : *family;
    }
}

bool model_intend(struct model *model, const struct intended *rule)
{
    struct intended_rule compiled;
    if (model->intended_count == INTENDED_MAX || !compile(rule, &compiled))
        return false;
    model->intended[model->intended_count++] = compiled;
    for (uint64_t serial = model_lookup_oldest(model);
         serial != 0 && serial <= model->lookup_serial; serial++) {
        struct lookup_slot *slot = &model->lookups[serial % LOOKUPS_KEPT];
        struct seen seen = seen_of(model, &slot->lookup);
        if (slot->lookup.serial == serial && model_exposure_leaks(slot->lookup.exposure) &&
            fits(&compiled, &seen))
            lookups_rejudge(model, slot, EXPOSURE_OPEN, EXCUSE_INTENDED);
    }
    take_back_lines(model, &compiled);
    model_touch(model, 0);
    return true;
}

size_t model_intended_count(const struct model *model)
{
    return model->intended_count;
}

const struct intended *model_intended_at(const struct model *model, size_t position)
{
    return position < model->intended_count ? &model->intended[position].rule : NULL;
}

/* ---- split DNS ---- */

void model_split_domains(
    struct model *model, const struct split_domain *list, size_t count, uint64_t now)
{
    if (count > SPLIT_MAX)
        count = SPLIT_MAX;
    if (count == model->split_count &&
        (count == 0 || memcmp(model->splits, list, count * sizeof(*list)) == 0))
        return;
    if (count > 0)
        memcpy(model->splits, list, count * sizeof(*list));
    model->split_count = count;
    model_touch(model, now);
}

size_t model_split_count(const struct model *model)
{
    return model->split_count;
}

const struct split_domain *model_split_at(const struct model *model, size_t position)
{
    return position < model->split_count ? &model->splits[position] : NULL;
}
