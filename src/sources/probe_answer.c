/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/probe_private.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <string.h>

#include "base/text.h"
#include "sources/whoami_parse.h"

/* What came back, or did not: into the model. */

/* What a status that is not success means, in words, and whether the world answered. */
static const char *status_words(const struct way *way, int status, bool *answered)
{
    *answered = status == ARES_ENOTFOUND || status == ARES_ENODATA;
    switch (status) {
    case ARES_ENOTFOUND:
        return "NXDOMAIN";
    case ARES_ENODATA:
        return "the answer is empty";
    case ARES_ETIMEOUT:
        return "timed out";
    case ARES_ESERVFAIL:
        return "SERVFAIL";
    case ARES_EREFUSED:
        return "REFUSED";
    case ARES_ENOTIMP:
        return "NOTIMP";
    case ARES_EFORMERR:
        return "FORMERR";
    case ARES_EBADRESP:
        return "malformed answer";
    case ARES_ECONNREFUSED:
        return way->default_only ? "no resolver configured" : "no resolver can be reached";
    default:
        return ares_strerror(status);
    }
}

static void post_egress(struct question *question, const struct whoami_said *said)
{
    struct prober *prober = question->prober;
    struct egress_resolver came = {.address = said->egress,
        .paths = 1U << question->way->plan.path,
        .asked = question->way->asked,
        .rtt_ns = prober->clock() - question->own.asked_ns,
        .minimises = said->minimises,
        .mixes_case = said->mixes_case};
    struct network network = {.source = NETWORK_SAID, .asn = said->network.asn};
    text_format(came.subnet, sizeof came.subnet, "%s", said->subnet);
    text_format(network.org, sizeof network.org, "%s", said->network.org);
    text_format(network.country, sizeof network.country, "%s", said->network.country);
    probe_post_egress(prober, &question->own, &came, &network);
    question->way->told++;
    if (question->row == &prober->own_zone[1] || question->row == &prober->own_zone[2])
        prober->zone_by_address = true;
}

/* Of the other uses: what it tells, in words. */
static const char *note_trait(
    struct question *question, const struct whoami_said *said, char *text, size_t size)
{
    struct way *way = question->way;
    switch (question->row->use) {
    case WHOAMI_SITE:
        text_format(text, size, "it calls itself %s", said->site);
        if (!way->traits.site[0] && question->row->run_by[0] == '\0')
            text_format(way->traits.site, sizeof way->traits.site, "%s", said->site);
        return text;
    case WHOAMI_VALIDATES:
        way->traits.validates = said->validates;
        return said->validates == TERNARY_YES ? "a bad signature is refused: DNSSEC is validated"
                                              : "a bad signature is taken: DNSSEC is not validated";
    case WHOAMI_THROUGH:
        text_format(text, size, "%s %s%s%s",
            said->through == TERNARY_YES ? "asked by way of" : "not by way of",
            question->row->means, said->site[0] ? ", site " : "", said->site);
        return text;
    case WHOAMI_ABSENT:
        return "NXDOMAIN, as it should be";
    case WHOAMI_EGRESS:
        break;
    }
    return "";
}

/* Whether the failed question is worth asking elsewhere: of a service that tells the same. */
static bool can_be_elsewhere(const struct question *question)
{
    return question->times < AGAIN_EACH &&
           (question->row->use == WHOAMI_EGRESS || question->row->use == WHOAMI_SITE);
}

static void read_answer(struct question *question, int status, const uint8_t *answer, size_t length)
{
    struct prober *prober = question->prober;
    struct whoami_said said;
    char text[96];
    enum whoami_outcome outcome = whoami_parse(question->row, answer, length, &said);
    if (outcome == WHOAMI_SAID) {
        question->way->answered++;
        bool egress = question->row->use == WHOAMI_EGRESS;
        if (egress)
            post_egress(question, &said);
        probe_finish(prober, &question->own, PROBE_ANSWERED,
            note_trait(question, &said, text, sizeof text), egress ? &said.egress : NULL);
        return;
    }
    if (question->row->use == WHOAMI_ABSENT && outcome == WHOAMI_INVENTED)
        question->way->invents = true;
    question->silent = outcome == WHOAMI_SILENT;
    bool answered = outcome == WHOAMI_SILENT || outcome == WHOAMI_INVENTED;
    const char *words = whoami_outcome_word(outcome);
    if (status != ARES_SUCCESS) {
        bool world;
        words = status_words(question->way, status, &world);
    }
    if (outcome == WHOAMI_REFUSED && question->row->only == 6 && said.rcode == ns_r_servfail)
        words = "SERVFAIL: this resolver may have no way by IPv6";
    else
        question->again = can_be_elsewhere(question);
    question->way->answered += answered;
    probe_finish(prober, &question->own, answered ? PROBE_ANSWERED : PROBE_FAILED, words, NULL);
}

void probe_on_answer(void *context, int status, const uint8_t *answer, size_t length)
{
    struct question *question = context;
    if (!question->own.waiting)
        return; /* timed out or cancelled before */
    if (answer && status != ARES_ECONNREFUSED && status != ARES_ETIMEOUT) {
        read_answer(question, status, answer, length);
        return;
    }
    bool answered;
    const char *words = status_words(question->way, status, &answered);
    if (status == ARES_ETIMEOUT || status == ARES_ECONNREFUSED)
        question->way->lost++;
    /* Cancelled by ourselves, or without memory: nothing that another service could mend. */
    question->again =
        status != ARES_EDESTRUCTION && status != ARES_ENOMEM && can_be_elsewhere(question);
    probe_finish(
        question->prober, &question->own, answered ? PROBE_ANSWERED : PROBE_FAILED, words, NULL);
}

static bool way_waits(const struct prober *prober, const struct way *way)
{
    for (size_t i = 0; i < prober->asked; i++)
        if (prober->questions[i].way == way && prober->questions[i].own.waiting)
            return true;
    return false;
}

void probe_post_traits(struct prober *prober)
{
    for (size_t i = 0; i < prober->way_count; i++) {
        struct way *way = &prober->ways[i];
        if (way->posted || way_waits(prober, way))
            continue;
        way->posted = true;
        struct egress_resolver *traits = &way->traits;
        /* A refusal tells of DNSSEC only where other names are answered; and who invents answers
         * has not looked at signatures. */
        if (way->told == 0 || way->invents)
            traits->validates = TERNARY_UNKNOWN;
        if (way->alone && way->told > 0 && (traits->validates || traits->site[0]))
            model_egress_traits(
                prober->model, way->plan.path, &way->asked, traits, prober->clock());
    }
}
