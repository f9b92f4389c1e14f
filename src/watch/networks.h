/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_WATCH_NETWORKS_H
#define LEAKTOP_WATCH_NETWORKS_H

struct watch;

/* The networks of the addresses that are shown: from a database on this machine, from what was told
 * earlier, else from Team Cymru over DNS, and that only where look-ups are known to leave by the
 * tunnel. */

struct networks;

void networks_open(struct watch *watch);
void networks_close(struct watch *watch);
/* Something changed: look for what is not known yet. Cheap where nothing is. */
void networks_update(struct watch *watch);
/* Give up what is under way where it may not be sent any more. */
void networks_check_held(struct watch *watch);
/* The person asks again: databases are read anew. */
void networks_recheck(struct watch *watch);

#endif
