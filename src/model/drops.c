/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/private.h"

#include <string.h>

#include "base/text.h"

/* Drops: from the moment the tunnel stopped being the web route until it is again, and by what each
 * was recognised. And a tunnel that is still the web route, but through which nothing answers. */

/* So many look-ups in a row, over so long, without any answer by the tunnel. */
#define SILENT_LOOKUPS 4
#define SILENT_NS (2500ULL * 1000000ULL)
/* A handshake that is begun again so soon was not answered: WireGuard tries anew after five seconds
 * and some (REKEY_TIMEOUT), OpenVPN and IKE after one, two, four; a session that lives is renewed
 * after minutes. */
#define RETRY_NS (12ULL * 1000000000ULL)
/* What follows so soon belongs to it. */
#define CAUSE_NS (500ULL * 1000000ULL)
/* IKE may begin anew at once, with a cookie or another group; a packet is seen on a bridge and on
 * its port. */
#define RETRY_LEAST_NS (900ULL * 1000000ULL)

static const char *const family_words[FAMILY_INDEXES] = {"IPv4", "IPv6"};

/* Those of `families` whose packets now leave by something else than the tunnel. */
static unsigned families_outside(const struct model *model, unsigned families)
{
    unsigned outside = 0;
    for (size_t f = 0; f < FAMILY_INDEXES; f++)
        if ((families & (1u << f)) && model->routes[f].state == ROUTE_PRESENT)
            outside |= 1u << f;
    return outside & ~settle_families(model);
}

static struct drop *present_drop(struct model *model)
{
    if (model->drop_count == 0)
        return NULL;
    struct drop *last = &model->drops[model->drop_count - 1];
    return last->end_ns == 0 ? last : NULL;
}

/* The real network is there: a link that had a gateway is up. */
static bool uplink_there(const struct model *model)
{
    for (size_t i = 0; i < model->interface_count; i++) {
        const struct interface *interface = &model->interfaces[i];
        if (interface->present && interface->up && interface->role == ROLE_UPLINK)
            return true;
    }
    return false;
}

/* What became of the tunnel, in words. lost: the families that lost it. */
static void say_cause(const struct model *model, unsigned lost, char *out, size_t size)
{
    static const char *const makers[] = {
        [MAKER_OTHER] = "", [MAKER_DHCP] = ", set by DHCP", [MAKER_RA] = ", set by a router"};
    const struct interface *tunnel =
        model->tunnel == IPSEC_TUNNEL ? NULL : model_interface(model, model->tunnel);
    if (model->tunnel == IPSEC_TUNNEL) {
        text_format(out, size, "its policies are gone");
        return;
    }
    if (!tunnel || !tunnel->present) {
        text_format(out, size, "its interface was deleted, as when its client ends");
        return;
    }
    if (!tunnel->up) {
        text_format(out, size, "its interface is down");
        return;
    }
    for (size_t f = 0; f < FAMILY_INDEXES; f++) {
        const struct web_route *route = &model->routes[f];
        const struct interface *by = model_interface(model, route->interface);
        if (!(lost & (1u << f)) || route->state != ROUTE_PRESENT || !by)
            continue;
        text_format(out, size, "its %s route gave way to one by %s%s", family_words[f], by->name,
            by->gateways[f].family != FAMILY_NONE ? makers[by->gateway_makers[f]] : "");
        return;
    }
    text_format(out, size, uplink_there(model) ? "its route was removed" : "the uplink was lost");
}

static void drop_begin(struct model *model, unsigned families, uint64_t now)
{
    if (model->drop_count == DROPS_KEPT) {
        memmove(&model->drops[0], &model->drops[1], (DROPS_KEPT - 1) * sizeof(model->drops[0]));
        model->drop_count--;
    }
    struct drop *drop = &model->drops[model->drop_count++];
    *drop = (struct drop){.start_ns = now, .held_known = model->held_known};
    text_format(
        drop->tunnel, sizeof(drop->tunnel), "%s", model_interface_name(model, model->tunnel));
    memcpy(model->held_base, model->held_totals, sizeof(model->held_base));
    model->dropped_families = model->protected_families;
    /* The kernel's word comes a moment after the deed: what left just before it belongs here too.
     */
    for (uint64_t serial = model->lookup_serial; serial != 0; serial--) {
        const struct lookup *lookup = model_lookup(model, serial);
        if (!lookup || lookup->time_ns + DROP_GRACE_NS < now)
            break;
        if (!lookup->own && model_exposure_leaks(lookup->exposure))
            drop->lookups_left++;
    }
    drop->partial = families != 0;
    if (drop->partial) {
        drop->family = families & (1u << FAMILY_INDEX_4) ? FAMILY_INDEX_6 : FAMILY_INDEX_4;
        say_cause(model, 1u << drop->family, drop->cause, sizeof(drop->cause));
        model_event(model, now, "tunnel", drop->tunnel, "%s leaves outside %s now: a drop (%s)",
            family_words[drop->family], drop->tunnel, drop->cause);
    } else {
        say_cause(model, model->protected_families, drop->cause, sizeof(drop->cause));
        model_event(model, now, "tunnel", drop->tunnel,
            "%s is no longer the web route: a drop (%s)", drop->tunnel, drop->cause);
    }
    model_event_mark(model, STATE_WARN);
}

static void drop_end(struct model *model, struct drop *drop, uint64_t now)
{
    char span[TIME_TEXT];
    drop->end_ns = now > drop->start_ns ? now : drop->start_ns + 1;
    model_event(model, now, "tunnel", model_interface_name(model, model->tunnel),
        "%s is the web route again after %s; %u look-ups left meanwhile",
        model_interface_name(model, model->tunnel),
        time_format_span(drop->end_ns - drop->start_ns, span), (unsigned)drop->lookups_left);
    model_event_mark(model, drop->lookups_left > 0 ? STATE_WARN : STATE_OK);
}

void drops_settle(struct model *model, unsigned families, uint64_t now)
{
    struct drop *drop = present_drop(model);
    if (drop) {
        /* A program's interface is set down before it is deleted. */
        const struct interface *tunnel = model_interface(model, model->tunnel);
        if (now < drop->start_ns + CAUSE_NS && tunnel && !tunnel->present)
            say_cause(model, drop->partial ? 1u << drop->family : model->dropped_families,
                drop->cause, sizeof(drop->cause));
        if (families != 0 && families_outside(model, model->dropped_families) == 0)
            drop_end(model, drop, now);
        return;
    }
    unsigned before = model->protected_families;
    if (before != 0 && (families == 0 || families_outside(model, before) != 0) &&
        model->expectation.expectation != EXPECT_NONE)
        drop_begin(model, families, now);
}

void drops_dismiss(struct model *model, uint64_t now)
{
    struct drop *drop = present_drop(model);
    if (drop)
        drop->end_ns = now;
}

/* ---- a tunnel through which nothing comes ---- */

static void silent_begin(struct model *model, uint64_t since, uint64_t now, const char *why)
{
    if (model->silent.since_ns != 0 || !model_tunnel_up(model))
        return;
    char when[TIME_TEXT];
    const char *name = model_interface_name(model, model->tunnel);
    model->silent.since_ns = since;
    model_event(model, now, "tunnel", name, "nothing answers through %s since %s: %s", name,
        time_format_clock(since, when), why);
    model_event_mark(model, STATE_WARN);
}

void drops_answered(struct model *model, const struct lookup *lookup, uint64_t now)
{
    if (lookup->exposure != EXPOSURE_TUNNELLED)
        return;
    if (model->silent.since_ns != 0) {
        char span[TIME_TEXT];
        const char *name = model_interface_name(model, model->tunnel);
        model_event(model, now, "tunnel", name, "%s answers again after %s", name,
            time_format_span(now - model->silent.since_ns, span));
        model_event_mark(model, STATE_OK);
    }
    model->silent = (struct silence){.answered = true};
}

void drops_asked(struct model *model, const struct lookup *lookup)
{
    struct silence *silent = &model->silent;
    if (lookup->exposure != EXPOSURE_TUNNELLED || lookup->transport == TRANSPORT_STUN ||
        (lookup->transport != TRANSPORT_UDP && lookup->transport != TRANSPORT_TCP))
        return;
    if (silent->unanswered++ == 0)
        silent->asked_ns = lookup->time_ns;
    if (silent->answered && silent->unanswered > SILENT_LOOKUPS &&
        lookup->time_ns >= silent->asked_ns + SILENT_NS)
        silent_begin(
            model, silent->asked_ns, lookup->time_ns, "no look-up in the tunnel was answered");
}

void drops_handshake(struct model *model, uint64_t before_ns, uint64_t now)
{
    if (before_ns != 0 && now >= before_ns + RETRY_LEAST_NS && now < before_ns + RETRY_NS)
        silent_begin(model, before_ns, now, "its handshake was begun again, unanswered");
}

uint64_t model_silent_ns(const struct model *model)
{
    return model->silent.since_ns;
}

/* Only the families that were in the tunnel count: a refused try of another proves nothing about
 * what the tunnel's loss let out. */
void model_held(struct model *model, const uint64_t totals[static FAMILY_INDEXES], uint64_t now)
{
    struct drop *drop = present_drop(model);
    memcpy(model->held_totals, totals, sizeof(model->held_totals));
    model->held_known = true;
    if (!drop)
        return;
    if (!drop->held_known) {
        drop->held_known = true;
        memcpy(model->held_base, totals, sizeof(model->held_base));
    }
    uint64_t held = 0;
    for (size_t f = 0; f < FAMILY_INDEXES; f++)
        if (model->dropped_families & (1u << f))
            held += totals[f] - model->held_base[f];
    if (held != drop->held) {
        drop->held = held;
        model_touch(model, now);
    }
}

size_t model_drop_count(const struct model *model)
{
    return model->drop_count;
}

const struct drop *model_drop_at(const struct model *model, size_t position)
{
    return position < model->drop_count ? &model->drops[position] : NULL;
}
