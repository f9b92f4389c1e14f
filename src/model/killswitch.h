/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_MODEL_KILLSWITCH_H
#define LEAKTOP_MODEL_KILLSWITCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What looks like a kill switch, by what is laid and not by what it did: no proof of anything. */

#define KILLSWITCH_ROWS 8
#define KILLSWITCH_TEXT 240

enum killswitch_rules {
    KILLSWITCH_NOT_ASKED, /* a capture file */
    KILLSWITCH_NO_RIGHTS, /* the firewall's rules could not be read */
    KILLSWITCH_LOST,      /* changes of them were lost: what was read may be old */
    KILLSWITCH_READ,
};

struct killswitch_row {
    unsigned families;          /* 1 << enum family: what it would hold */
    bool gap;                   /* it lets an uplink pass */
    char text[KILLSWITCH_TEXT]; /* what drops what, escaped */
};

struct killswitch_info {
    enum killswitch_rules rules;
    size_t count;
    struct killswitch_row rows[KILLSWITCH_ROWS]; /* what is not used is all zero */
};

#endif
