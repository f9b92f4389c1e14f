/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_WATCH_ATTRIBUTION_H
#define LEAKTOP_WATCH_ATTRIBUTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fact.h"

struct guard;
struct keeper_flows;
struct keeper_message;
struct model;

/* Who asked. First what the kernel noted when the packet left (the keeper reads it,
 * sources/flows.h), where it does so; else, at the moment the packet is seen, the socket's owner by
 * sock_diag, and then the process by the keeper. What a resolver on this machine asks for somebody
 * is his (stubs.h). Below certainty it is unknown. */

struct attribution;

/* exact: false where the kernel's notes are not wanted. */
struct attribution *attribution_new(
    struct model *model, struct guard *guard, bool exact, uint64_t seed);
void attribution_free(struct attribution *attribution);

/* What is asked about. */
enum asked_for {
    ASKED_LOOKUP,  /* who sent this question, a look-up of the model's */
    ASKED_CONNECT, /* who began this connection; there is no serial */
    ASKED_SITE,    /* whose connection told this name, a row of the model's observed names */
    ASKED_SOCKS,   /* who sent this request of the model's, and who listens there */
    ASKED_LISTENER /* who listens at that port */
};

/* Find out who sent this packet; serial is that of the model. Settles at once where nobody can be
 * asked. */
void attribution_ask(struct attribution *attribution, const struct fact *fact,
    enum asked_for asked_for, uint64_t serial, uint64_t now);
/* Who listens for TCP there? Where it is a Tor client, the model is told. */
void attribution_ask_listener(
    struct attribution *attribution, const struct address *address, uint16_t port, uint64_t now);
/* Send what was gathered by attribution_ask, unless that was done a moment ago. True where it is to
 * be called again, soon. */
bool attribution_flush(struct attribution *attribution, uint64_t now);

/* The keeper's messages. */
void attribution_source(
    struct attribution *attribution, const struct keeper_message *message, uint64_t now);
void attribution_flows(
    struct attribution *attribution, const struct keeper_flows *flows, uint64_t now);
void attribution_owner(
    struct attribution *attribution, const struct keeper_message *message, uint64_t now);
void attribution_command(struct attribution *attribution, const struct keeper_message *message);

/* Settle what has waited too long; all: everything. True while some still wait. */
bool attribution_expire(struct attribution *attribution, uint64_t now, bool all);

#endif
