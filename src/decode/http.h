/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_DECODE_HTTP_H
#define LEAKTOP_DECODE_HTTP_H

#include <stdbool.h>

#include "base/fact.h"
#include "decode/cursor.h"

/* An unencrypted web request (RFC 9112, 3): the name of its host, from the request's target where
 * that is a whole URI (as proxies are asked) or that of CONNECT, else from its Host field. Whether
 * it asks for a certificate's status (RFC 6960, appendix A) is told by the type of its content, or
 * by a target that is nothing but one long base64 word to a host that calls itself "ocsp".
 *
 * True where payload, what one TCP segment holds, begins with one: then kind, name and flags are
 * set. A Host field that does not stand in the first segment is not found. */
bool http_read(const struct cursor *payload, struct fact *fact);

#endif
