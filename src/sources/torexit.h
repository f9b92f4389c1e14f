/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_TOREXIT_H
#define LEAKTOP_SOURCES_TOREXIT_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "model/model.h"

struct budget;

/* Asks the Tor project's service, through the SOCKS port of the Tor client that the model knows,
 * whether it was asked by an exit of Tor, and by which: one HTTPS request of tables/publicip's row
 * of that provider. It goes inside Tor and nowhere else. */

struct torexit;

/* 0, or -errno. clock gives the wall clock in ns. budget is not owned, and may be NULL: no limit.
 */
int torexit_open(struct torexit **out, uv_loop_t *loop, struct model *model, struct budget *budget,
    uint64_t (*clock)(void));
/* Cancels what is under way. NULL allowed. */
void torexit_close(struct torexit *torexit);
/* Ask, unless it is being asked; the answer goes into the model. False where nothing is sent: no
 * port is known, or the budget holds it: *next_ms of the loop's clock is when it may be asked. */
bool torexit_ask(struct torexit *torexit, uint64_t *next_ms);
void torexit_cancel(struct torexit *torexit);
/* Called whenever an answer, or none, was posted. */
void torexit_on_result(struct torexit *torexit, void (*hook)(void *context), void *context);

#endif
