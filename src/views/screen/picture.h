/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_VIEWS_SCREEN_PICTURE_H
#define LEAKTOP_VIEWS_SCREEN_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "judge/compare.h"
#include "judge/judge.h"
#include "model/model.h"
#include "views/screen/routes.h"

struct screen_progress;

/* What is to be shown: the model as it is, or as it was when the view was paused; with names and
 * the person's addresses, or without. Views draw from here, so that no view can forget either. */

struct frozen; /* what a pause keeps */

struct picture {
    const struct model *model;
    const struct verdict *verdict; /* as it is now: the verdict line never freezes */
    const struct screen_progress *progress;
    bool mask;
    const char *host;
    const struct verdict *shown; /* the checks that the views show */
    const struct routes *routes;
    const struct frozen *frozen; /* NULL: live */
};

/* Keep the present state. NULL without memory. */
struct frozen *frozen_take(const struct model *model, const struct verdict *verdict, uint64_t now);
void frozen_free(struct frozen *frozen);
const struct verdict *frozen_verdict(const struct frozen *frozen);
const struct routes *frozen_routes(const struct frozen *frozen);
uint64_t frozen_since_ns(const struct frozen *frozen);
/* Look-ups that came since, own ones not counted. */
uint64_t frozen_new(const struct frozen *frozen, const struct model *model);

/* The rows of before and after; how many. */
size_t picture_compare(const struct picture *picture, struct compare_row rows[static COMPARE_ROWS]);

/* Programs, in the model's order. */
size_t picture_app_count(const struct picture *picture);
const struct app *picture_app(const struct picture *picture, size_t position);

/* Rows of names and who learned them, in the model's order. */
size_t picture_observed_count(const struct picture *picture);
const struct observed *picture_observed(const struct picture *picture, size_t position);

/* Events that are there at most. */
#define PICTURE_EVENTS 512
const struct history *picture_history(const struct picture *picture);

uint64_t picture_newest(const struct picture *picture);
uint64_t picture_oldest(const struct picture *picture);
const struct lookup *picture_lookup(const struct picture *picture, uint64_t serial);
uint64_t picture_seen(const struct picture *picture); /* look-ups counted so far */
uint64_t picture_event_newest(const struct picture *picture);
const struct event *picture_event(const struct picture *picture, uint64_t serial);
/* Serial of the newest event of kind "note", 0: none is kept. */
uint64_t picture_note_newest(const struct picture *picture);

/* Texts ready to be drawn; each returns out. */
#define PICTURE_TEXT 320
/* Any text of model or judge: marks taken out; masked names and the person's addresses hidden. */
const char *picture_text(const struct picture *picture, const char *text, char *out, size_t size);
/* The name that was asked for; of an encrypted connection the resolver's; of a STUN request the
 * server's address. */
const char *picture_name(
    const struct picture *picture, const struct lookup *lookup, char out[static NAME_TEXT_MAX]);
const char *picture_address(
    const struct picture *picture, const struct address *address, char out[static ADDRESS_TEXT]);
/* An address that is this machine's own, whatever interface has it now. */
const char *picture_own(
    const struct picture *picture, const struct address *address, char out[static ADDRESS_TEXT]);
/* Address and port: "192.0.2.53:53", "[2001:db8::53]:53". */
#define ENDPOINT_TEXT (ADDRESS_TEXT + 10)
const char *picture_source(
    const struct picture *picture, const struct lookup *lookup, char out[static ENDPOINT_TEXT]);
const char *picture_resolver(
    const struct picture *picture, const struct lookup *lookup, char out[static ENDPOINT_TEXT]);
/* The exposure in a word; of what is no leak for some reason that reason, in at most so many cells:
 * "split DNS", where there is room "open, split DNS". Returns out. */
#define EXPOSURE_WORDS 16
const char *picture_exposure(
    const struct lookup *lookup, int width, char out[static EXPOSURE_WORDS]);
/* That reason alone: "split DNS", "" where there is none. */
const char *picture_excuse(enum excuse excuse);
/* "AAAA", "STUN", "-" where an encrypted connection hides it. Returns out. */
const char *picture_type(const struct lookup *lookup, char out[static RRTYPE_TEXT]);
/* An encrypted connection to a resolver: neither the names that are asked nor their types show. */
bool picture_encrypted(const struct lookup *lookup);
/* Who asked: "firefox", with more "firefox 4211 ana", "from 172.17.0.2", "leaktop probe", "?". */
const char *picture_by(
    const struct picture *picture, const struct lookup *lookup, bool more, char *out, size_t size);

/* What stands where something is masked. */
extern const char picture_hidden[];

#endif
