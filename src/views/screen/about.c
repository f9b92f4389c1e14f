/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/screen/about.h"

#include <string.h>

#include "base/name.h"
#include "base/text.h"
#include "views/screen/intend.h"

static bool leaks(const struct lookup *lookup)
{
    return lookup->exposure == EXPOSURE_EXPOSED || lookup->exposure == EXPOSURE_BYPASS;
}

static const char *stun_means(const struct lookup *lookup)
{
    if (leaks(lookup))
        return "a browser or call program asked outside the tunnel: the server learns your real "
               "address, and so does a page that uses WebRTC";
    if (lookup->exposure == EXPOSURE_LAN)
        return "a check between two peers on the same network, which know these addresses";
    return lookup->exposure == EXPOSURE_TUNNELLED
               ? "asked by the tunnel: the server learns the VPN's address"
               : "no leak: nothing else was expected of it";
}

static const char *open_means(const struct lookup *lookup)
{
    bool excused = lookup->excuse != EXCUSE_NONE;
    if (picture_encrypted(lookup))
        return excused ? "left encrypted outside the tunnel, and was meant to: the resolver learns "
                         "the names with your real address"
                       : "left encrypted, and nothing else is expected: the resolver learns the "
                         "names with your real address";
    return excused ? "left outside the tunnel, and was meant to: who stands beside the way can "
                     "still read it"
                   : "left in the open, and nothing else is expected: no leak, and no protection";
}

static const char *exposure_means(const struct lookup *lookup)
{
    if (lookup->transport == TRANSPORT_STUN)
        return stun_means(lookup);
    switch (lookup->exposure) {
    case EXPOSURE_INTERNAL:
        return "between a program and a resolver on this machine; nothing left yet";
    case EXPOSURE_TUNNELLED:
        return "left by the tunnel: only the VPN and the resolver behind it learn the name";
    case EXPOSURE_EXPOSED:
        return "left in plain text outside the tunnel: local network, ISP and resolver learn name "
               "and time";
    case EXPOSURE_BYPASS:
        return "left encrypted, but outside the tunnel: the resolver learns the names with your "
               "real address, the ISP only that it is used";
    case EXPOSURE_LAN:
        return "broadcast on the local link: neighbours learn the name";
    case EXPOSURE_BOOTSTRAP:
        return "the VPN client asking for its own server, before the tunnel is there; fine";
    case EXPOSURE_OPEN:
        return open_means(lookup);
    case EXPOSURE_UNKNOWN:
    case EXPOSURE_COUNT:
        break;
    }
    return "not known by which kind of interface it left";
}

static const char *certainty_means(enum certainty certainty)
{
    switch (certainty) {
    case CERTAINTY_NAME:
        return "the server's name in the handshake is a known resolver's";
    case CERTAINTY_ADDRESS:
        return "it is a known resolver's; the handshake names none, or something else";
    case CERTAINTY_BEHAVIOUR:
        return "a port or protocol that only resolvers use, or a resolver's name was looked up "
               "and its answer connected to";
    case CERTAINTY_PLAIN:
    case CERTAINTY_COUNT:
        break;
    }
    return "the protocol says so itself";
}

/* ---- what was asked ---- */

static void add_subject(
    struct page *page, const struct picture *picture, const struct lookup *lookup)
{
    char name[NAME_TEXT_MAX], type[RRTYPE_TEXT], text[PICTURE_TEXT];
    if (lookup->transport == TRANSPORT_STUN) {
        page_add(page, "Asks", PAINT_STRONG, "which address it comes from (STUN, for WebRTC)");
    } else if (picture_encrypted(lookup)) {
        bool known = lookup->certainty == CERTAINTY_NAME || lookup->name_length == 0;
        page_add(page, known ? "Resolver" : "Server", PAINT_STRONG,
            lookup->name_length ? picture_name(picture, lookup, name) : "its name was not seen");
        page_add(page, "Names", PAINT_PLAIN, "not seen: the connection to it is encrypted");
        text_format(text, sizeof(text), "%s%s%s", certainty_word(lookup->certainty),
            lookup->certainty == CERTAINTY_PLAIN ? "" : ": ", certainty_means(lookup->certainty));
        page_add(page, "Known by", PAINT_PLAIN, text);
    } else {
        page_add(page, "Name", PAINT_STRONG, picture_name(picture, lookup, name));
        text_format(text, sizeof(text), "%s, class %u, message id %04x", picture_type(lookup, type),
            lookup->class, lookup->id);
        page_add(page, "Type", PAINT_PLAIN, text);
    }
    page_add(page, "Means", PAINT_PLAIN, exposure_means(lookup));
}

/* ---- why it is no leak ---- */

static const struct split_domain *split_of(const struct model *model, const struct lookup *lookup)
{
    const struct split_domain *found = NULL;
    for (size_t i = 0; i < model_split_count(model); i++) {
        const struct split_domain *split = model_split_at(model, i);
        if ((split->interface == 0 || split->interface == lookup->interface) &&
            (split->resolver.family == FAMILY_NONE ||
                address_equal(&split->resolver, &lookup->resolver)) &&
            name_below(lookup->name, lookup->name_length, split->domain, split->length) &&
            (!found || split->length > found->length))
            found = split;
    }
    return found;
}

static void split_words(
    const struct picture *picture, const struct lookup *lookup, char *out, size_t size)
{
    char domain[NAME_TEXT_MAX];
    const struct split_domain *split = split_of(picture->model, lookup);
    if (!split) {
        text_format(out, size, "%s", excuse_word(EXCUSE_SPLIT));
        return;
    }
    name_format(split->domain, split->length, domain);
    text_format(out, size, "%s (%s by %s, says %s)", excuse_word(EXCUSE_SPLIT),
        picture->mask ? picture_hidden : domain,
        model_interface_name(picture->model, lookup->interface), split->source);
}

static void intended_words(
    const struct picture *picture, const struct lookup *lookup, char *out, size_t size)
{
    char rule[2 * PICTURE_TEXT];
    for (size_t i = 0; i < model_intended_count(picture->model); i++) {
        const struct intended *each = model_intended_at(picture->model, i);
        if (!model_rule_fits(picture->model, each, lookup))
            continue;
        text_format(out, size, "%s (%s)", excuse_word(EXCUSE_INTENDED),
            intend_words(picture, each, SIZE_MAX, rule, sizeof(rule)));
        return;
    }
    text_format(out, size, "%s", excuse_word(EXCUSE_INTENDED));
}

static void add_excuse(
    struct page *page, const struct picture *picture, const struct lookup *lookup)
{
    char text[3 * PICTURE_TEXT];
    if (lookup->excuse == EXCUSE_NONE)
        return;
    if (lookup->excuse == EXCUSE_SPLIT)
        split_words(picture, lookup, text, sizeof(text));
    else if (lookup->excuse == EXCUSE_INTENDED)
        intended_words(picture, lookup, text, sizeof(text));
    else
        text_format(text, sizeof(text), "%s%s", excuse_word(lookup->excuse),
            lookup->excuse == EXCUSE_CONNECTIVITY
                ? ": the system asks by each link whether there is a network"
                : "");
    page_add(page, "No leak", PAINT_STRONG, text);
}

/* ---- which way ---- */

static void add_way(struct page *page, const struct picture *picture, const struct lookup *lookup)
{
    char text[PICTURE_TEXT], source[ENDPOINT_TEXT], resolver[ENDPOINT_TEXT];
    text_format(text, sizeof(text), "%s (%s)%s",
        model_interface_name(picture->model, lookup->interface), role_word(lookup->role),
        lookup->by_ipsec ? ", inside IPsec: only its answer was seen in the clear" : "");
    page_add(page, "Left by", PAINT_PLAIN, text);
    bool stun = lookup->transport == TRANSPORT_STUN;
    text_format(text, sizeof(text), "%s%s%s", picture_resolver(picture, lookup, resolver),
        stun ? "" : " over ", stun ? "" : transport_word(lookup->transport));
    page_add(page, "To", PAINT_PLAIN, text);
    page_add(page, "From", PAINT_PLAIN, picture_source(picture, lookup, source));
}

/* ---- what came back ---- */

/* Addresses of an answer tell as much as the name. */
static void addresses(
    const struct picture *picture, const struct lookup *lookup, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < FACT_ADDRESSES && lookup->answers[i].family != FAMILY_NONE; i++) {
        char address[ADDRESS_TEXT];
        text_format(out + used, size - used, "%s%s", i ? ", " : "",
            address_format(&lookup->answers[i], address));
        used += strlen(out + used);
    }
    if (picture->mask && out[0])
        text_format(out, size, "%s", picture_hidden);
}

static void add_answer(
    struct page *page, const struct picture *picture, const struct lookup *lookup)
{
    char text[PICTURE_TEXT], found[4 * ADDRESS_TEXT + 8], rcode[RRTYPE_TEXT], span[TIME_TEXT];
    bool stun = lookup->transport == TRANSPORT_STUN;
    if (picture_encrypted(lookup))
        return;
    addresses(picture, lookup, found, sizeof(found));
    if (lookup->answered && stun)
        text_format(text, sizeof(text), "after %s", time_format_span(lookup->rtt_ns, span));
    else if (lookup->answered)
        text_format(text, sizeof(text), "%s after %s%s%s", rcode_format(lookup->rcode, rcode),
            time_format_span(lookup->rtt_ns, span), found[0] ? ": " : "", found);
    else
        text_format(text, sizeof(text), "none seen%s",
            leaks(lookup) && !stun ? "; a question that left has leaked all the same" : "");
    page_add(page, "Answer", PAINT_PLAIN, text);
    if (stun && found[0])
        page_add(page, "Learned", leaks(lookup) ? PAINT_LEAK : PAINT_PLAIN, found);
    if (lookup->answered_by.family != FAMILY_NONE) {
        char address[ADDRESS_TEXT];
        text_format(text, sizeof(text), "also by %s, who was not asked%s",
            picture_address(picture, &lookup->answered_by, address),
            lookup->answered ? "" : ": not believed");
        page_add(page, "", PAINT_WARN, text);
    }
    if (lookup->answered_twice)
        page_add(page, "", PAINT_WARN, "answered twice, the second time with other addresses");
}

/* ---- who asked ---- */

static void who(const struct picture *picture, const struct lookup *lookup, char *out, size_t size)
{
    char by[2 * PROCESS_NAME + 16], via[PROCESS_NAME + 8] = "";
    const struct process *process = &lookup->process;
    picture_by(picture, lookup, false, by, sizeof(by));
    if (lookup->via[0])
        text_format(via, sizeof(via), " via %s", lookup->via);
    if (lookup->own)
        text_format(out, size, "leaktop's own probe: counted nowhere");
    else if (lookup->forwarded)
        text_format(out, size, "%s: forwarded for a container, a virtual machine or a neighbour",
            by + strlen("from "));
    else if (!by[0])
        text_format(out, size, "being found out");
    else if (strcmp(by, "?") == 0)
        text_format(out, size, "not known: its socket was gone%s", via);
    else if (process->pid > 0)
        text_format(out, size, "%s (pid %d, %s)%s%s", by, (int)process->pid,
            process->user[0] ? process->user : "user not known", via,
            process->vpn_client ? ", a VPN client" : "");
    else
        text_format(out, size, "%s%s", by, via);
}

static void add_who(struct page *page, const struct picture *picture, const struct lookup *lookup)
{
    char text[PICTURE_TEXT];
    who(picture, lookup, text, sizeof(text));
    page_add(page, "Asked by", PAINT_PLAIN, text);
    const char *command = model_command_of(picture->model, &lookup->process);
    if (command[0] && !lookup->own && !lookup->forwarded)
        page_add(page, "Command", PAINT_PLAIN, picture->mask ? picture_hidden : command);
}

void about_lookup(struct page *page, const struct area *screen, const struct picture *picture,
    const struct lookup *lookup)
{
    char word[EXPOSURE_WORDS], clock[TIME_TEXT], text[PICTURE_TEXT];
    page_start(page, page_popup_width(screen));
    text_format(page->title, sizeof(page->title), "%s: %c %s",
        lookup->transport == TRANSPORT_STUN ? "STUN"
        : picture_encrypted(lookup)         ? "encrypted DNS"
                                            : "look-up",
        exposure_symbol(lookup->exposure), picture_exposure(lookup, EXPOSURE_WORDS, word));
    text_format(page->right, sizeof(page->right), "%s", time_format_millis(lookup->time_ns, clock));
    add_subject(page, picture, lookup);
    add_excuse(page, picture, lookup);
    page_add(page, "", PAINT_PLAIN, "");
    add_way(page, picture, lookup);
    add_answer(page, picture, lookup);
    page_add(page, "", PAINT_PLAIN, "");
    add_who(page, picture, lookup);
    if (lookup->copies > 1) {
        text_format(text, sizeof(text), "seen on %u interfaces, counted once", lookup->copies);
        page_add(page, "Copies", PAINT_PLAIN, text);
    }
}
