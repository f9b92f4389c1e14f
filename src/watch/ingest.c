/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watch/ingest.h"

#include <net/if_arp.h>
#include <string.h>

#include "base/frame.h"
#include "base/text.h"
#include "guard/frames.h"
#include "judge/judge.h"
#include "model/model.h"
#include "options.h"
#include "watch/attribution.h"
#include "watch/encrypted.h"
#include "watch/filelinks.h"

/* A burst of leaks is one event; the ledger and the list of look-ups have each of them. */
#define LEAK_EVENT_NS (5ULL * 1000000000ULL)

void ingest_links_changed(struct ingest *ingest)
{
    ingest->local_known = false;
}

static bool is_local(struct ingest *ingest, const struct address *address)
{
    if (!ingest->local_known || !address_equal(address, &ingest->local_address)) {
        ingest->local_address = *address;
        ingest->local = model_is_local(ingest->model, address);
        ingest->local_known = true;
    }
    return ingest->local;
}

/* A file does not tell which addresses are its machine's: direction alone does. */
static bool may_be_local(struct ingest *ingest, const struct address *address)
{
    return !ingest->attribution || is_local(ingest, address);
}

static bool wanted_interface(const struct ingest *ingest, uint32_t index)
{
    if (ingest->options->interface_count == 0)
        return true;
    const char *name = model_interface_name(ingest->model, index);
    for (size_t i = 0; i < ingest->options->interface_count; i++)
        if (strcmp(ingest->options->interfaces[i], name) == 0)
            return true;
    return false;
}

static bool is_unspecified(const struct address *address)
{
    for (size_t i = 0; i < sizeof(address->bytes); i++)
        if (address->bytes[i])
            return false;
    return true;
}

static void leak_event(struct ingest *ingest, const struct lookup *lookup)
{
    if (ingest->leak_event_ns && lookup->time_ns < ingest->leak_event_ns + LEAK_EVENT_NS)
        return;
    char resolver[ADDRESS_TEXT];
    const char *name = model_interface_name(ingest->model, lookup->interface);
    ingest->leak_event_ns = lookup->time_ns;
    model_event(ingest->model, lookup->time_ns, "leak", name,
        "a %s left by %s to %s over %s, outside %s",
        lookup->transport == TRANSPORT_STUN ? "STUN request"
        : lookup->onion                     ? "look-up for an onion name"
                                            : "look-up",
        name, address_format(&lookup->resolver, resolver), transport_word(lookup->transport),
        lookup->onion || model_expectation(ingest->model)->expectation == EXPECT_TOR
            ? "Tor"
            : "the tunnel");
}

static void lookup_begin(struct lookup *lookup, const struct fact *fact)
{
    memset(lookup, 0, offsetof(struct lookup, name));
    lookup->time_ns = fact->time_ns;
    lookup->interface = fact->interface;
    lookup->transport = (enum transport)fact->transport;
    lookup->source = fact->source;
    lookup->resolver = fact->destination;
    lookup->source_port = fact->source_port;
    lookup->resolver_port = fact->destination_port;
    lookup->id = fact->id;
    lookup->type = fact->type;
    lookup->class = fact->class;
    lookup->name_length = fact->name_length;
    memcpy(lookup->name, fact->name, fact->name_length);
}

/* What looks like a leak takes its packet with it, before the capture overwrites that. */
static void hold_packet(struct ingest *ingest, struct lookup *lookup, const struct fact *fact)
{
    struct frame frame;
    if (ingest->frames && frames_take(ingest->frames, fact->frame, &frame))
        lookup->packet = model_hold_packet(ingest->model, &frame);
}

/* Judge it, keep it, and ask who sent it. */
static void lookup_post(
    struct ingest *ingest, struct lookup *lookup, const struct fact *fact, uint64_t now)
{
    judge_exposure(ingest->model, lookup);
    if (lookup->exposure == EXPOSURE_EXPOSED || lookup->exposure == EXPOSURE_BYPASS)
        hold_packet(ingest, lookup, fact);
    if (!ingest->attribution) {
        lookup->settled = true;
    } else if (lookup->exposure != EXPOSURE_INTERNAL && !is_unspecified(&lookup->source)) {
        lookup->forwarded = !is_local(ingest, &lookup->source);
        lookup->settled = lookup->forwarded;
    }
    uint64_t before = model_lookup_newest(ingest->model);
    uint64_t serial = model_lookup_add(ingest->model, lookup);
    const struct lookup *kept = model_lookup(ingest->model, serial);
    if (kept && !kept->own &&
        (kept->exposure == EXPOSURE_EXPOSED || kept->exposure == EXPOSURE_BYPASS))
        leak_event(ingest, kept);
    if (serial > before && !lookup->settled)
        attribution_ask(ingest->attribution, fact, ASKED_LOOKUP, serial, now);
}

static void question(struct ingest *ingest, const struct fact *fact, uint64_t now)
{
    struct lookup lookup;
    lookup_begin(&lookup, fact);
    lookup_post(ingest, &lookup, fact, now);
}

static void stun(struct ingest *ingest, const struct fact *fact, uint64_t now)
{
    struct lookup lookup;
    lookup_begin(&lookup, fact);
    lookup.transport = TRANSPORT_STUN;
    lookup.type = 0;
    lookup.stun_check = (fact->flags & FACT_ICE) != 0;
    lookup_post(ingest, &lookup, fact, now);
}

/* Only the answers of a DNSCrypt server can be told from other packets: each stands for the
 * question that left a moment before, by the same way. */
static void dnscrypt_answer(struct ingest *ingest, const struct fact *fact, uint64_t now)
{
    if (fact->direction == DIRECTION_OUT || !may_be_local(ingest, &fact->destination))
        return;
    /* A file does not tell of policies: where ESP left too, the question may have been inside. */
    if (!ingest->attribution && model_esp_lately(ingest->model, fact->interface, fact->time_ns))
        return;
    struct fact asked = *fact;
    asked.source = fact->destination;
    asked.destination = fact->source;
    asked.source_port = fact->destination_port;
    asked.destination_port = fact->source_port;
    struct lookup lookup;
    lookup_begin(&lookup, &asked);
    lookup.certainty = CERTAINTY_BEHAVIOUR;
    lookup.answered = true;
    lookup.by_ipsec = model_all_inside_ipsec(ingest->model, fact);
    lookup_post(ingest, &lookup, &asked, now);
}

static bool is_multicast_dns(const struct fact *fact)
{
    return fact->transport == TRANSPORT_MDNS || fact->transport == TRANSPORT_LLMNR ||
           fact->transport == TRANSPORT_NBNS;
}

static void answer(struct ingest *ingest, const struct fact *fact, uint64_t now)
{
    if (fact->kind == FACT_ANSWER && fact->transport == TRANSPORT_DNSCRYPT &&
        fact->name_length == 0) {
        dnscrypt_answer(ingest, fact, now);
        return;
    }
    if (fact->kind == FACT_ANSWER && fact->direction == DIRECTION_OUT && is_multicast_dns(fact)) {
        const struct interface *interface = model_interface(ingest->model, fact->interface);
        if (interface && interface->role == ROLE_UPLINK && may_be_local(ingest, &fact->source))
            model_told_add(ingest->model, fact);
        return;
    }
    if (!model_answer(ingest->model, fact))
        model_answer_unasked(ingest->model, fact);
    if (ingest->encrypted && fact->address_count > 0)
        encrypted_learn(ingest->encrypted, fact);
}

static bool leaves_machine(enum role role)
{
    return role == ROLE_UPLINK || role == ROLE_TUNNEL || role == ROLE_OVERLAY;
}

/* Private, shared and link-local destinations are no web sites. */
static bool leaves_site(const struct address *to)
{
    const uint8_t *b = to->bytes;
    if (address_is_loopback(to) || address_is_multicast(to) || address_is_link_local(to))
        return false;
    if (to->family == FAMILY_IPV4)
        return !(b[0] == 0 || b[0] == 10 || (b[0] == 172 && (b[1] & 0xf0) == 16) ||
                 (b[0] == 192 && b[1] == 168) || (b[0] == 100 && (b[1] & 0xc0) == 64));
    return (b[0] & 0xfe) != 0xfc;
}

/* A connection to a web site. With Tor a VPN's tunnel is outside as well. */
static void connection(struct ingest *ingest, const struct fact *fact, uint64_t now)
{
    const struct interface *interface = model_interface(ingest->model, fact->interface);
    if (!ingest->attribution || !interface || !leaves_machine(interface->role) ||
        model_covers(ingest->model, interface) ||
        model_expectation(ingest->model)->expectation == EXPECT_NONE ||
        !leaves_site(&fact->destination) || !is_local(ingest, &fact->source))
        return;
    struct connect connect = {.time_ns = fact->time_ns,
        .interface = fact->interface,
        .source = fact->source,
        .destination = fact->destination,
        .source_port = fact->source_port,
        .port = fact->destination_port};
    model_connect_add(ingest->model, &connect);
    attribution_ask(ingest->attribution, fact, ASKED_CONNECT, 0, now);
}

/* A web site's name in the clear. */
static void site(struct ingest *ingest, const struct fact *fact, uint64_t now)
{
    const struct interface *interface = model_interface(ingest->model, fact->interface);
    uint64_t serial = model_site_add(ingest->model, fact);
    if (serial != 0 && ingest->attribution && interface && interface->role == ROLE_UPLINK &&
        is_local(ingest, &fact->source))
        attribution_ask(ingest->attribution, fact, ASKED_SITE, serial, now);
}

static void hello(struct ingest *ingest, const struct fact *fact, uint64_t now)
{
    struct lookup lookup;
    lookup_begin(&lookup, fact);
    if (encrypted_classify(ingest->encrypted, fact, &lookup)) {
        lookup_post(ingest, &lookup, fact, now);
        return;
    }
    /* QUIC's connections begin with their hello; those of TCP were told before it. */
    if (fact->transport == TRANSPORT_UDP)
        connection(ingest, fact, now);
    site(ingest, fact, now);
}

/* Who listens can be asked for on this machine alone: elsewhere it may be anything. */
static void socks(struct ingest *ingest, const struct fact *fact, uint64_t now)
{
    if (!ingest->attribution || !is_local(ingest, &fact->destination))
        return;
    uint64_t serial = model_socks_add(ingest->model, fact);
    attribution_ask(ingest->attribution, fact, ASKED_SOCKS, serial, now);
}

/* The far end of a tunnel, where the outer packets leave by the real network. */
static void peer(struct ingest *ingest, const struct fact *fact)
{
    const struct interface *interface = model_interface(ingest->model, fact->interface);
    if (interface && interface->role == ROLE_UPLINK && may_be_local(ingest, &fact->source))
        model_peer_seen(ingest->model, fact);
}

void ingest_fact(struct ingest *ingest, struct fact *fact, uint64_t now)
{
    if (ingest->filelinks)
        fact->interface = filelinks_see(ingest->filelinks, fact, ingest->link_type);
    if (!wanted_interface(ingest, fact->interface))
        return;
    if (fact->kind == FACT_ANSWER || fact->kind == FACT_STUN_ANSWER) {
        answer(ingest, fact, now);
        return;
    }
    /* A look-up counts where it leaves. What comes in from a container is seen again on its way
     * out; what neighbours ask is theirs. On the loopback interface each packet is both, and
     * libpcap shows the second half alone. */
    if (fact->direction == DIRECTION_IN && fact->link_type != ARPHRD_LOOPBACK)
        return;
    switch ((enum fact_kind)fact->kind) {
    case FACT_QUESTION:
        question(ingest, fact, now);
        break;
    case FACT_CONNECT:
        connection(ingest, fact, now);
        break;
    case FACT_HELLO:
        hello(ingest, fact, now);
        break;
    case FACT_STUN:
        stun(ingest, fact, now);
        break;
    case FACT_PEER:
        peer(ingest, fact);
        break;
    case FACT_SOCKS:
        socks(ingest, fact, now);
        break;
    case FACT_HTTP:
        site(ingest, fact, now);
        break;
    case FACT_NONE:
    case FACT_ANSWER:
    case FACT_STUN_ANSWER:
    case FACT_KIND_COUNT:
        break;
    }
}
