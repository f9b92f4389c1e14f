/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_WATCH_HELD_H
#define LEAKTOP_WATCH_HELD_H

#include <stdbool.h>

#include "model/model.h"

/* What may not be sent now, and why: a probe that nobody watches over must not become the leak that
 * it looks for. What is sent takes the way that the system gives it, as an application's would; so
 * nothing is sent while an expected tunnel is down, and of two families that were in it nothing by
 * the one that lost it. A family that never was in the tunnel goes outside it with every program of
 * this machine, and is asked about: that it does is what the person must learn. Pure. */

/* Why nothing may be sent; NULL where something may. */
const char *held_all(const struct model *model, bool passive);
/* Why no look-up may be sent: also where a family has lost the tunnel, and a resolver of it that is
 * configured would be asked outside it. */
const char *held_names(const struct model *model, bool passive);
/* Why no web service may be asked over that family: also where its name may not be looked up. */
const char *held_address(const struct model *model, bool passive, enum family family);

#endif
