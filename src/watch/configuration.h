/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_WATCH_CONFIGURATION_H
#define LEAKTOP_WATCH_CONFIGURATION_H

struct watch;

/* What this machine's look-ups are set to: files, and systemd-resolved over its bus; each resolver
 * with the way that the kernel would send to it now. Live only. */

/* Without the bus the files are read all the same. */
void configuration_open(struct watch *watch);
void configuration_close(struct watch *watch);
/* Read the files, ask the kernel for the ways, tell the model. */
void configuration_read(struct watch *watch);
/* The network changed: systemd-resolved is asked again, too. */
void configuration_changed(struct watch *watch);

#endif
