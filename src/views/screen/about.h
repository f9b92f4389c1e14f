/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_VIEWS_SCREEN_ABOUT_H
#define LEAKTOP_VIEWS_SCREEN_ABOUT_H

#include "views/screen/page.h"
#include "views/screen/picture.h"

/* All that is known of one look-up, STUN request or encrypted connection to a resolver, as a page.
 */
void about_lookup(struct page *page, const struct area *screen, const struct picture *picture,
    const struct lookup *lookup);

#endif
