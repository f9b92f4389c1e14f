/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_DECODE_SOCKS_H
#define LEAKTOP_DECODE_SOCKS_H

#include <stdbool.h>

#include "base/fact.h"
#include "decode/cursor.h"

/* Requests of SOCKS4 and SOCKS4A, and of SOCKS5 (RFC 1928), with the commands that Tor adds
 * (socks-extensions.txt): CONNECT, RESOLVE and RESOLVE_PTR; others are passed over, for Tor knows
 * none. The greeting of SOCKS5 may stand before the request in one segment; where authentication
 * does, too, the request is not found.
 *
 * True where payload, what one TCP segment holds, is one as a whole: then kind, class (the
 * version), id (the command), type (the port asked for) and either the name or addresses[0] are
 * set. What a request means depends on who listens: octets alone are nobody's verdict. */
bool socks_read(const struct cursor *payload, struct fact *fact);

#endif
