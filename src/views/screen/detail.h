/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_VIEWS_SCREEN_DETAIL_H
#define LEAKTOP_VIEWS_SCREEN_DETAIL_H

#include "views/screen/page.h"
#include "views/screen/picture.h"

/* Pages: what stands behind a check, the help, and two questions. A look-up: about.h. */

void detail_check(
    struct page *page, const struct area *screen, const struct picture *picture, enum check_id id);
/* Keys, filter and symbols, and the rules that hold. */
void detail_help(struct page *page, const struct area *screen, const struct picture *picture);
/* What c will do. */
void detail_clear(struct page *page, const struct area *screen, const struct picture *picture);
/* What v will do; proposed EXPECT_COUNT is auto. */
void detail_expect(struct page *page, const struct area *screen, const struct picture *picture,
    enum expectation proposed);
/* The evidence of a check as lines, for the panel beside the checks. */
void detail_evidence(const struct area *area, const struct picture *picture, enum check_id id);

#endif
