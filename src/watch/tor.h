/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_WATCH_TOR_H
#define LEAKTOP_WATCH_TOR_H

struct watch;

/* Is there a Tor client on this machine, and does what goes through it come out of Tor? Its ports
 * are looked at when leaktop starts, when the network changes and when the person asks; at other
 * times the first request to it tells. The exit is asked for once the port is known, after a change
 * and on key, never where --passive holds everything or an expected VPN is down. */

void tor_open(struct watch *watch);
void tor_close(struct watch *watch);
/* Look who listens on Tor's usual ports. */
void tor_look(struct watch *watch);
/* The network changed, or the person asks. */
void tor_recheck(struct watch *watch);
/* What became known of the client may call for a question. */
void tor_follow(struct watch *watch);
/* What may not be sent any more is given up. */
void tor_check_held(struct watch *watch);

#endif
