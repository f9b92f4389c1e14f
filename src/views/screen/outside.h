/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_VIEWS_SCREEN_OUTSIDE_H
#define LEAKTOP_VIEWS_SCREEN_OUTSIDE_H

#include "views/screen/page.h"
#include "views/screen/picture.h"

/* What the outside sees, what is set, and what leaktop sends, as sections of a page: behind the
 * checks that rest on them, and all together under a key of their own. Each adds nothing where
 * nothing is known. */

/* Who came to ask the world for our names, what they give away, and how the tests went. */
void outside_egress(struct page *page, const struct picture *picture);
/* The newest names that leaktop asked for, each from both ends. */
void outside_probes(struct page *page, const struct picture *picture, size_t most);
/* What each service said about the public address, and what kind of address it is. */
void outside_services(struct page *page, const struct picture *picture);
/* Configured resolvers, and the way to each; then what else is set. */
void outside_settings(struct page *page, const struct picture *picture);
/* What runs, since when, and what comes next. */
void outside_schedule(struct page *page, const struct picture *picture);
#define OUTSIDE_LINE 320
/* The same in one line of at most size octets; "" where nothing is sent by itself. */
const char *outside_schedule_line(const struct picture *picture, char *out, size_t size);

/* All of it. */
void outside_page(struct page *page, const struct area *screen, const struct picture *picture);
/* What x and X will send, and to whom. */
void outside_send_page(struct page *page, const struct area *screen, const struct picture *picture,
    enum test_kind kind);

#endif
