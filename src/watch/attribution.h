/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_WATCH_ATTRIBUTION_H
#define LEAKTOP_WATCH_ATTRIBUTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fact.h"

struct guard;
struct keeper_message;
struct model;

/* Who asked: socket owner by sock_diag at the moment the packet is seen, then the process by the
 * keeper. A more exact source (cgroup BPF) would be asked here first. */

struct attribution;

struct attribution *attribution_new(struct model *model, struct guard *guard);
void attribution_free(struct attribution *attribution);

/* Find out who sent this question (serial in the model) or began this connection (serial 0).
 * Settles at once where nobody can be asked. */
void attribution_ask(
    struct attribution *attribution, const struct fact *fact, uint64_t serial, uint64_t now);
/* The keeper's answer. */
void attribution_answer(
    struct attribution *attribution, const struct keeper_message *message, uint64_t now);
/* Settle what has waited too long; all: everything. True while some still wait. */
bool attribution_expire(struct attribution *attribution, uint64_t now, bool all);

#endif
